"""A measure as an object: what is summed, over what, of whom, when, and how far to trust it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from wfm.checks import check_fraction, check_int, check_name
from wfm.errors import DataError, Problem

__all__ = ["Attribution", "Clock", "Count", "Direction", "Form", "Measure", "Source", "Unit"]

# A number of each row, as an expression of narwhals: made when it is needed, so that no engine is loaded for a name.
Build: TypeAlias = Callable[[], Any]


class Source(StrEnum):
    """Frame whose rows a count sums."""

    CONTACTS = "contacts"
    RETURNS = "returns"
    TICKETS = "ticket_times"
    CLOCKS = "sla_clocks"
    SURVEYS = "surveys"
    STATES = "employee_states"
    ADHERENCE = "adherence"
    QUALITY = "quality_scores"
    STAFF = "staff_months"
    TRAINING = "training"
    ACCURACY = "accuracy"
    COVERAGE = "coverage"
    COSTS = "costs"
    LOST = "lost_customers"


class Attribution(StrEnum):
    """Instant that decides to which interval, day or month a row belongs."""

    ARRIVAL = "arrival"
    END = "end"
    EVENT = "event"


class Clock(StrEnum):
    """Clock that durations run on."""

    NONE = "no duration"
    ELAPSED = "elapsed time, nights and holidays included"
    POLICY = "the clock of the service standard: business or calendar time, without its pauses"


class Unit(StrEnum):
    """What a value is counted in; a share is 0 to 1."""

    SHARE = "share"
    SECONDS = "s"
    ROWS = "count"
    POINTS = "points"
    MONEY = "money"
    RATIO = "ratio"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    NEITHER = "neither end is good"


class Form(StrEnum):
    """How the value comes from the sums, and what its interval is."""

    PROPORTION = "numerator / denominator, with Wilson's interval"
    MEAN = "numerator / denominator, with a bootstrap interval over the rows"
    RATIO = "numerator / denominator; its parts are amounts and no trials, so it has no interval"
    TOTAL = "the sum; it has no interval"
    PERCENTILE = "percentile of the values, with a bootstrap interval"
    LONGEST = "the largest value; it has no interval"
    REACHED = "Kaplan-Meier share that has reached the event by the limit, with Wilson's interval"
    SURVIVED = "Kaplan-Meier share that has not reached the event by the limit, with Wilson's interval"
    REACHED_BY = "Kaplan-Meier time by which the fraction has reached the event; it has no interval"

    @property
    def needs_values(self) -> bool:
        """Whether it needs the values of the rows, as a histogram, beside the sums."""
        return self not in (Form.PROPORTION, Form.RATIO, Form.TOTAL)

    @property
    def is_of_sums(self) -> bool:
        """Whether the value is numerator / denominator or a sum: those of days make that of a month."""
        return self in (Form.PROPORTION, Form.MEAN, Form.RATIO, Form.TOTAL)

    @property
    def is_censored(self) -> bool:
        """Whether rows without the event count as long as they were seen."""
        return self in (Form.REACHED, Form.SURVIVED, Form.REACHED_BY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A sum over the rows of a source: the only thing that is ever aggregated.

    Parameters
    ----------
    words
        What is summed, such as `"answered within 30s"`.
    source
        Frame whose rows are summed.
    build
        Makes the narwhals expression of the number that a row adds; a missing number adds nothing.
    needs
        Columns that the frame may lack and that this sum needs; default none.
    """

    words: str
    source: Source
    build: Build = field(compare=False, repr=False)
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A name that no other sum has."""
        return f"{self.source.value}: {self.words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure, defined once for every engine and every grouping.

    Parameters
    ----------
    name
        Its name in code, such as `"service_level"`.
    title
        Its name in a report.
    numerator
        What is summed above the line.
    denominator
        What is summed below it; none for a total. Where it is 0 the measure is missing.
    form
        How the value comes from the sums.
    unit, direction, clock, attribution
        What it is counted in, which way is better, the clock of its durations, and the instant a row belongs to.
    pitfalls
        How it is misread.
    where
        The rows that count, in words and as an expression; default all.
    value
        Of a mean, percentile or censored share: what it is of, as an expression that is missing where a row has none.
    event
        Of a censored share: whether the row reached the event.
    resolution
        Width of the histogram that percentiles and intervals come from, in its unit; default 1. Values are rounded up
        to it, so whole numbers are exact.
    fraction
        Of a percentile, in (0, 1).
    limit
        Of a censored share, in seconds; whole steps of the resolution.
    minimum
        Denominator below which the value says little; results mark it. Default 30.

    Raises
    ------
    DataError
        If a value is outside its range, or the form lacks what it needs.
    """

    name: str
    title: str
    numerator: Count
    denominator: Count | None
    form: Form
    unit: Unit
    direction: Direction
    pitfalls: str
    clock: Clock = Clock.NONE
    attribution: Attribution = Attribution.ARRIVAL
    where: tuple[str, Build] | None = field(default=None, compare=False, repr=False)
    value: Build | None = field(default=None, compare=False, repr=False)
    event: Build | None = field(default=None, compare=False, repr=False)
    resolution: float = 1.0
    fraction: float | None = None
    limit: float | None = None
    minimum: int = 30

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_int("minimum", self.minimum, 0)
        if self.fraction is not None:
            check_fraction("fraction", self.fraction, include_one=False)
        lacking = (
            ((self.denominator is None) != (self.form in (Form.TOTAL, Form.LONGEST)), "denominator"),
            (self.form.needs_values and self.value is None, "value"),
            (self.form.is_censored and self.event is None, "event"),
            (self.form in (Form.PERCENTILE, Form.REACHED_BY) and self.fraction is None, "fraction"),
            (self.form in (Form.REACHED, Form.SURVIVED) and self.limit is None, "limit"),
        )
        wrong = [what for is_wrong, what in lacking if is_wrong]
        if self.limit is not None and not (self.limit / self.resolution).is_integer():
            what = f"measure {self.name!r} has the limit {self.limit:g} s, but counts in steps of {self.resolution:g} s"
            raise DataError(Problem(what, remedy="give a limit of whole steps"))
        if wrong:
            what = f"measure {self.name!r} of the form {self.form.name} does not go with its {', '.join(wrong)}"
            raise DataError(Problem(what, remedy="give what the form needs, and a denominator unless it is a total"))

    @property
    def filter(self) -> str:
        """The rows that count, in words."""
        return "all" if self.where is None else self.where[0]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Frames that it needs."""
        both = [self.numerator.source, *([] if self.denominator is None else [self.denominator.source])]
        return tuple(dict.fromkeys(both))

    @property
    def formula(self) -> str:
        """The formula in words."""
        above = self.numerator.words
        if self.form is Form.PERCENTILE:
            return f"{100 * (self.fraction or 0):g}th percentile of {above}"
        if self.form is Form.LONGEST:
            return f"longest of {above}"
        if self.denominator is None:
            return above
        below = self.denominator.words
        if self.form is Form.REACHED_BY:
            return f"time by which {100 * (self.fraction or 0):g} % of {below} have {above} (Kaplan-Meier)"
        if self.form.is_censored:
            return f"share of {below} with {above} (Kaplan-Meier)"
        return f"{_bracketed(above)} / {_bracketed(below)}"

    def __str__(self) -> str:
        return f"{self.title} = {self.formula}"


def _bracketed(words: str) -> str:
    return f"({words})" if " + " in words or " - " in words else words
