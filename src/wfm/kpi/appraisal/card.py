"""The card that an appraisal is made by: indicators with weight, scale and least sample, in versions by date."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from wfm.checks import check_choice, check_date, check_each, check_fraction, check_in_range, check_int, check_name
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.catalogue import CATALOGUE
from wfm.kpi.making import built, count_of, flag, measure_of, one
from wfm.kpi.measure import Attribution, Direction, Form, Measure, Source

__all__ = ["STANDARD", "AppraisalCard", "Group", "Indicator", "Sample", "card_for", "cards_of", "standard_card"]

_TOLERANCE = 1e-9


class Sample(StrEnum):
    """What an indicator is a sample of, which decides how a small one is judged."""

    RATE = "share of trials that succeeded"
    COUNT = "events by exposure"
    MEAN = "mean of measured values"


class Group(StrEnum):
    """The four groups of the standard card."""

    ATTITUDE = "attitude"
    ABILITY = "ability"
    EFFICIENCY = "efficiency"
    SATISFACTION = "satisfaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One line of a card.

    Parameters
    ----------
    name
        Its name in the frame of counts.
    group
        The group that it is shown in, such as `"attitude"`.
    weight
        Its share in the score, in (0, 1]; the weights of a card sum to 1.
    sample
        A share of trials, events by exposure, or a mean of values.
    floor
        Value that earns 0 points.
    cap
        Value that earns 100 points; between them the points are linear. Which of the two is greater says which way is
        better.
    minimum
        Denominator below which the indicator is not scored for an employee; its weight then goes to the others and the
        result says so. Default 1.
    measure
        Measure that counts it in the records of the centre, by name or as an object; default none.

    Raises
    ------
    DataError
        With every value that is outside its range.

    Examples
    --------
    >>> late = Indicator(name="response", group="efficiency", weight=0.1, sample="mean", floor=120, cap=20)
    >>> late.direction.value, late.points(70)
    ('lower is better', 50.0)
    """

    name: str
    group: str
    weight: float
    sample: Sample | str
    floor: float
    cap: float
    minimum: int = 1
    measure: str | Measure | None = None

    def __post_init__(self) -> None:
        faults = Faults(f"indicator {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            check_name("group", self.group)
        where = f"indicator {self.name!r}"
        with faults.collecting(where):
            check_fraction("weight", self.weight)
        with faults.collecting(where):
            check_in_range("floor", self.floor, -math.inf)
        with faults.collecting(where):
            check_in_range("cap", self.cap, -math.inf)
        with faults.collecting(where):
            check_int("minimum", self.minimum, 1)
        with faults.collecting(where):
            object.__setattr__(self, "sample", _sample(self.sample))
        if isinstance(self.measure, str) and self.measure not in CATALOGUE:
            faults.add(f"unknown measure {self.measure!r}", where=where, remedy=did_you_mean(self.measure, CATALOGUE))
        faults.raise_if_any()
        if self.floor == self.cap:
            what = f"floor and cap are both {self.floor:g}"
            raise DataError(Problem(what, where=where, remedy="give the value of 0 points and that of 100 points"))
        if self.sample is Sample.RATE and not (0 <= self.floor <= 1 and 0 <= self.cap <= 1):
            what = f"floor {self.floor:g} and cap {self.cap:g} of a share are not in [0, 1]"
            raise DataError(Problem(what, where=where, remedy="write 0.8 for 80 %"))

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return Direction.HIGHER if self.cap > self.floor else Direction.LOWER

    @property
    def of(self) -> Measure | None:
        """The measure that counts it; none where the counts come from elsewhere."""
        return CATALOGUE[self.measure] if isinstance(self.measure, str) else self.measure

    def points(self, value: float) -> float:
        """Return the points of a value, 0 to 100."""
        return 100 * min(1.0, max(0.0, (value - self.floor) / (self.cap - self.floor)))


def _sample(value: Sample | str) -> Sample:
    """Return the kind of sample: by its value, or by its short name in lower case."""
    short = {each.name.lower(): each for each in Sample}
    if isinstance(value, str) and value in short:
        return short[value]
    if value in list(Sample):
        return check_choice("sample", value, Sample)
    raise DataError(Problem(f"unknown sample {value!r}", remedy=did_you_mean(str(value), short)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisalCard:
    """A version of the card: what is judged from a day on, and how much each line weighs.

    Parameters
    ----------
    name
        Name of the version, such as `"2026"`.
    since
        First day on which it is in force. It must be the first day of a period of every cycle that it is used with.
    indicators
        The lines; their names differ and their weights sum to 1.

    Raises
    ------
    DataError
        If a name occurs twice or the weights do not sum to 1.

    Examples
    --------
    >>> csat = Indicator(name="csat", group="satisfaction", weight=0.6, sample="rate", floor=0.7, cap=0.95)
    >>> speed = Indicator(name="speed", group="efficiency", weight=0.3, sample="mean", floor=600, cap=240)
    >>> AppraisalCard(name="2026", since=date(2026, 1, 1), indicators=(csat, speed))
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: the weights of card '2026' sum to 0.9, not 1: csat 0.6 + speed 0.3; divide each by their sum
    """

    name: str
    since: date
    indicators: tuple[Indicator, ...]

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_date("since", self.since)
        object.__setattr__(self, "indicators", check_each("indicators", self.indicators, Indicator))
        faults = Faults(f"card {self.name!r}")
        if not self.indicators:
            faults.add(f"card {self.name!r} has no indicators", remedy="give at least one")
            faults.raise_if_any()
        names = self.names
        for again in sorted({name for name in names if names.count(name) > 1}):
            faults.add(f"indicator {again!r} stands on card {self.name!r} twice", remedy="leave one out")
        total = math.fsum(each.weight for each in self.indicators)
        if abs(total - 1) > _TOLERANCE:
            parts = " + ".join(f"{each.name} {each.weight:g}" for each in self.indicators)
            what = f"the weights of card {self.name!r} sum to {total:g}, not 1: {parts}"
            faults.add(what, remedy="divide each by their sum")
        faults.raise_if_any()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the indicators, in order."""
        return tuple(each.name for each in self.indicators)

    @property
    def groups(self) -> dict[str, float]:
        """The groups with their weights, in the order of the card."""
        found: dict[str, float] = {}
        for each in self.indicators:
            found[each.group] = found.get(each.group, 0.0) + each.weight
        return found

    def __str__(self) -> str:
        width = max(len(name) for name in self.names)
        lines = [f"card {self.name!r} since {self.since}"]
        for group, share in self.groups.items():
            lines.append(f"├─ {group} [{100 * share:g} %]")
            lines += [
                f"│  ├─ {each.name:<{width}} {100 * each.weight:5.1f} %  {each.floor:g} to {each.cap:g}, "
                f"from a sample of {each.minimum}"
                for each in self.indicators
                if each.group == group
            ]
        return "\n".join(lines)


def cards_of(cards: AppraisalCard | Iterable[AppraisalCard]) -> tuple[AppraisalCard, ...]:
    """Return one card or several as versions in the order of their days.

    Raises
    ------
    DataError
        If there is none, or two share a name or a day.
    """
    listed = (cards,) if isinstance(cards, AppraisalCard) else check_each("cards", cards, AppraisalCard)
    faults = Faults("cards")
    if not listed:
        faults.add("no card", remedy="give at least one AppraisalCard")
    for what, values in (("name", [card.name for card in listed]), ("first day", [str(card.since) for card in listed])):
        for again in sorted({value for value in values if values.count(value) > 1}):
            faults.add(f"two cards have the {what} {again!r}", remedy="give one another")
    faults.raise_if_any()
    return tuple(sorted(listed, key=lambda card: card.since))


def card_for(cards: AppraisalCard | Iterable[AppraisalCard], day: date) -> AppraisalCard:
    """Return the card that was in force on a day.

    Raises
    ------
    DataError
        If none was.

    Examples
    --------
    >>> def card(name, since):
    ...     csat = Indicator(name="csat", group="satisfaction", weight=1.0, sample="rate", floor=0.7, cap=0.95)
    ...     return AppraisalCard(name=name, since=since, indicators=(csat,))
    >>> versions = [card("new", date(2026, 7, 1)), card("old", date(2025, 1, 1))]
    >>> card_for(versions, date(2026, 6, 30)).name
    'old'
    """
    listed = cards_of(cards)
    found = [card for card in listed if card.since <= day]
    if not found:
        what = f"no card was in force on {day}; the first is {listed[0].name!r} since {listed[0].since}"
        raise DataError(Problem(what, remedy="give the card of that time, or leave the earlier counts out"))
    return found[-1]


def _criterion(name: str, title: str) -> Measure:
    """Return the share of quality reviews of a criterion with full marks."""
    source = Source.QUALITY
    return measure_of(
        f"criterion_{name}",
        title,
        count_of(source, "reviews with full marks", flag(lambda nw: nw.col("score") >= nw.col("scale"))),
        count_of(source, "reviews", one),
        Form.PROPORTION,
        Direction.HIGHER,
        "Reviewed work is a small sample, and not a random one if reviewers choose it.",
        where=(f"criterion = {name}", built(lambda nw: nw.col("criterion") == name)),
        attribution=Attribution.EVENT,
    )


def _standard() -> dict[str, tuple[Group, Sample, float, float, int, str | Measure]]:
    """Return group, sample, floor, cap, least sample and measure of each of the 16 indicators."""
    rate, mean = Sample.RATE, Sample.MEAN
    attitude, ability, efficiency, satisfaction = Group
    return {
        "courtesy": (attitude, rate, 0.70, 0.98, 5, "courtesy_rate"),
        "initiative": (attitude, rate, 0.50, 0.95, 5, _criterion("initiative", "initiative")),
        "emotional_control": (attitude, rate, 0.70, 0.98, 5, _criterion("emotional_control", "emotional control")),
        "expression": (attitude, rate, 0.60, 0.95, 5, _criterion("expression", "expression")),
        "product_knowledge": (ability, rate, 0.60, 0.95, 5, _criterion("product_knowledge", "product knowledge")),
        "operation": (ability, rate, 0.70, 0.98, 5, _criterion("operation", "operation")),
        "problem_solving": (ability, rate, 0.60, 0.95, 5, _criterion("problem_solving", "problem solving")),
        "teamwork": (ability, rate, 0.60, 0.95, 5, _criterion("teamwork", "teamwork")),
        "mean_response": (efficiency, mean, 120.0, 20.0, 20, "first_response"),
        "survey_reply": (efficiency, rate, 0.05, 0.40, 20, "survey_response"),
        "handling_speed": (efficiency, mean, 600.0, 240.0, 20, "aht"),
        "entry_accuracy": (efficiency, rate, 0.80, 0.99, 5, "data_entry_accuracy"),
        "csat": (satisfaction, rate, 0.60, 0.95, 5, "csat"),
        "complaint_rate": (satisfaction, Sample.COUNT, 0.03, 0.0, 20, "complaints_per_contact"),
        "repeat_inquiry": (satisfaction, rate, 0.30, 0.05, 20, "repeat_contact"),
        "win_back": (satisfaction, rate, 0.05, 0.40, 5, "win_back"),
    }


STANDARD: tuple[str, ...] = tuple(_standard())
"""The names of the 16 indicators of the standard card, in order."""


def standard_card(
    weights: Mapping[str, float],
    *,
    name: str,
    since: date,
    scales: Mapping[str, tuple[float, float]] | None = None,
    minimum: Mapping[str, int] | None = None,
) -> AppraisalCard:
    """Return the card of 16 indicators in four groups: attitude, ability, efficiency, satisfaction.

    Attitude is courtesy phrases, initiative, emotional control and expression; ability is product knowledge, operation,
    problem solving and teamwork; efficiency is mean response, survey reply, handling speed and entry accuracy;
    satisfaction is CSAT, complaint rate, repeat inquiry and win-back. The criteria of attitude and ability are shares
    of quality reviews with full marks.

    Parameters
    ----------
    weights
        Weight of each of the 16, for no weighing suits two centres; they sum to 1.
    name, since
        Of this version of the card.
    scales
        Floor and cap by indicator, in place of those of the preset, which are examples and no standard: what a good
        value is depends on the trade.
    minimum
        Least sample by indicator, in place of that of the preset.

    Raises
    ------
    DataError
        If a weight is missing or a name is unknown, beside the faults of `AppraisalCard`.

    Examples
    --------
    >>> card = standard_card(dict.fromkeys(STANDARD, 1 / 16), name="2026", since=date(2026, 1, 1))
    >>> {group: round(share, 2) for group, share in card.groups.items()}
    {'attitude': 0.25, 'ability': 0.25, 'efficiency': 0.25, 'satisfaction': 0.25}
    """
    known = _standard()
    faults = Faults(f"card {name!r}")
    given: Sequence[tuple[str, Mapping[str, object]]] = (
        ("weights", weights),
        ("scales", scales or {}),
        ("minimum", minimum or {}),
    )
    for what, names in given:
        for each in names:
            if each not in known:
                faults.add(f"unknown indicator {each!r} in {what}", remedy=did_you_mean(str(each), known))
    lacking = [each for each in known if each not in weights]
    if lacking:
        remedy = "give each its weight; they have no default"
        faults.add(f"no weight of {', '.join(map(repr, lacking))}", remedy=remedy)
    faults.raise_if_any()
    lines = []
    for each, (group, sample, floor, cap, least, measure) in known.items():
        low, high = (scales or {}).get(each, (floor, cap))
        lines.append(
            Indicator(
                name=each,
                group=group.value,
                weight=weights[each],
                sample=sample,
                floor=low,
                cap=high,
                minimum=(minimum or {}).get(each, least),
                measure=measure,
            )
        )
    return AppraisalCard(name=name, since=since, indicators=tuple(lines))
