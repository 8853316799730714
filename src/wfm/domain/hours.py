"""Opening hours and the specification of a calendar: what days and times mean to a centre.

These are specifications only. `wfm.calendar` computes with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from wfm.checks import (
    check_choice,
    check_date,
    check_each,
    check_flag,
    check_in_range,
    check_int,
    check_kind,
    check_name,
)
from wfm.domain.duration import time_of_day
from wfm.errors import DataError, Faults, Problem, did_you_mean

__all__ = ["CalendarSpec", "Event", "EventKind", "OpenPeriod", "OpeningHours"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RULE = re.compile(r"([A-Za-z]+)(?:\s*-\s*([A-Za-z]+))?\s+(.+)")
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")
_DAY = timedelta(days=1)


class OpenPeriod(NamedTuple):
    """One stretch of opening time, as offsets from local midnight; `closes` passes 24 h across midnight."""

    opens: timedelta
    closes: timedelta


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a centre or a queue is open.

    Parameters
    ----------
    weekly
        `"24x7"`, or rules separated by `;` such as `"Mon-Fri 07:00-21:00; Sat 09:00-13:00,14:00-18:00"`. A span
        that ends at or before its start passes midnight: `"Fri 22:00-06:00"`. Days not named are closed.
    exceptions
        Hours of single dates, which replace the weekly ones: spans such as `"09:00-13:00"`, `"24h"`, or `"closed"`.

    Raises
    ------
    DataError
        With every rule that cannot be read.

    Examples
    --------
    >>> hours = OpeningHours("Mon-Fri 07:00-21:00", exceptions={date(2026, 12, 24): "07:00-13:00"})
    >>> hours.on(date(2026, 12, 24))[0].closes
    datetime.timedelta(seconds=46800)
    >>> hours.on(date(2026, 12, 26))
    ()
    """

    weekly: str = "24x7"
    exceptions: Mapping[date, str] | tuple[tuple[date, str], ...] = field(default=(), kw_only=True)
    periods: tuple[tuple[OpenPeriod, ...], ...] = field(init=False, repr=False, compare=False)
    dated: tuple[tuple[date, tuple[OpenPeriod, ...]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("opening hours")
        given = tuple(self.exceptions.items() if isinstance(self.exceptions, Mapping) else self.exceptions)
        periods = _weekly(self.weekly, faults)
        dated: dict[date, tuple[OpenPeriod, ...]] = {}
        for day, text in given:
            with faults.collecting(f"exception {day}"):
                check_date("its day", day)
                if day in dated:
                    raise DataError(Problem("the day is given twice", remedy="keep one"))
                dated[day] = _exception(text)
        faults.raise_if_any()
        object.__setattr__(self, "exceptions", tuple(sorted(given)))
        object.__setattr__(self, "periods", periods)
        object.__setattr__(self, "dated", tuple(sorted(dated.items())))

    @classmethod
    def of(cls, value: OpeningHours | str) -> OpeningHours:
        """Return opening hours as they are, or read from text."""
        if isinstance(value, str):
            return cls(value)
        check_kind("hours", value, OpeningHours)
        return value

    def on(self, day: date) -> tuple[OpenPeriod, ...]:
        """Return the stretches that start on `day`, in order."""
        return dict(self.dated).get(day, self.periods[day.weekday()])

    @property
    def is_always(self) -> bool:
        """Whether this is open round the clock on every day."""
        return not self.dated and all(day == (OpenPeriod(timedelta(0), _DAY),) for day in self.periods)

    def __str__(self) -> str:
        count = len(self.exceptions)
        return self.weekly + (f" ({count} exception{'s' if count > 1 else ''})" if count else "")


def _weekly(text: str, faults: Faults) -> tuple[tuple[OpenPeriod, ...], ...]:
    """Return the stretches of each weekday; every rule that cannot be read goes to the faults."""
    rules = [part.strip() for part in text.split(";") if part.strip()] if isinstance(text, str) else []
    if not rules:
        faults.add(f"opening hours must be text, got {text!r}", remedy="write 'Mon-Fri 08:00-18:00'")
    if [rule.lower() for rule in rules] in (["24x7"], ["24/7"]):
        return ((OpenPeriod(timedelta(0), _DAY),),) * 7
    days: list[list[OpenPeriod]] = [[] for _ in _DAYS]
    for rule in rules:
        with faults.collecting():
            for day, spans in _rule(rule):
                days[day].extend(spans)
    periods: list[tuple[OpenPeriod, ...]] = []
    for given, name in zip(days, _DAYS, strict=True):
        with faults.collecting():
            periods.append(_in_order(given, name))
    return tuple(periods)


def _rule(text: str) -> list[tuple[int, list[OpenPeriod]]]:
    match = _RULE.fullmatch(text)
    if not match:
        raise DataError(Problem(f"cannot read the opening rule {text!r}", remedy="write 'Mon-Fri 08:00-18:00'"))
    first, last = _weekday(match[1]), _weekday(match[2] or match[1])
    spans = _spans(match[3])
    return [((first + offset) % 7, spans) for offset in range((last - first) % 7 + 1)]


def _weekday(text: str) -> int:
    for number, name in enumerate(_FULL_DAYS):
        if len(text) >= 3 and name.startswith(text.lower()):
            return number
    raise DataError(Problem(f"unknown weekday {text!r}", remedy=did_you_mean(text, _DAYS)))


def _spans(text: str) -> list[OpenPeriod]:
    if text.strip().lower() == "closed":
        raise DataError(Problem("a weekday is never written as closed", remedy="leave out the days that are closed"))
    if text.strip().lower() in ("24h", "00:00-24:00"):
        return [OpenPeriod(timedelta(0), _DAY)]
    spans = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        if not match:
            raise DataError(Problem(f"cannot read the hours {part.strip()!r}", remedy="write '08:00-18:00'"))
        opens, closes = time_of_day("opens", match[1]), time_of_day("closes", match[2])
        spans.append(OpenPeriod(opens, closes if closes > opens else closes + _DAY))
    return spans


def _in_order(spans: Iterable[OpenPeriod], day: str) -> tuple[OpenPeriod, ...]:
    ordered = sorted(spans)
    for before, after in pairwise(ordered):
        if after.opens < before.closes:
            raise DataError(Problem(f"the opening hours of {day} overlap", remedy="join the spans or move one"))
    return tuple(ordered)


def _exception(text: str) -> tuple[OpenPeriod, ...]:
    if not isinstance(text, str):
        raise DataError(Problem(f"its hours must be text, got {text!r}", remedy="write '09:00-13:00' or 'closed'"))
    return () if text.strip().lower() == "closed" else _in_order(_spans(text), "the day")


class EventKind(StrEnum):
    """What sort of special day an event is; events of one kind may borrow from each other."""

    HOLIDAY = "holiday"
    PROMOTION = "promotion"
    CAMPAIGN = "campaign"
    OUTAGE = "outage"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A named run of special days, as data: a promotion, a festival, an outage.

    Parameters
    ----------
    name
        Name shared by all occurrences, such as `"11.11"`.
    dates
        The days of the event, in all years known.
    kind
        Sort of event; default `other`.
    before, after
        Days before the first and after the last day of each run that are affected too (pre-sale, returns wave);
        0 or more, default 0.
    like
        The event of the same calendar that a future run will resemble: a name, for all its runs, or a name and a year
        such as `"11.11 2025"`, for the run that began in that year. A forecast takes level and course of the day from
        it, day by day, for as long as the history holds no run of this event itself; with this event's own name and a
        year, it prefers that year to the others. Default none.
    strength
        How much stronger than the one it is like: 1.2 turns twice the contacts of an ordinary day (+100 %) into 2.2
        times (+120 %); of an event that lowers the contacts, the factor is raised to this power. More than 0, at most
        10; default 1. Anything but 1 needs `like`.

    Raises
    ------
    DataError
        If there is no date or a value is outside its range; a calendar without the event named by `like` is refused by
        `CalendarSpec`.

    Examples
    --------
    >>> Event(name="11.11", dates=(date(2026, 11, 11),), kind="promotion", before=10, after=7).kind
    <EventKind.PROMOTION: 'promotion'>
    >>> Event(name="Live sale", dates=(date(2026, 12, 1),), kind="promotion", like="11.11 2025", strength=0.5).strength
    0.5
    """

    name: str
    dates: tuple[date, ...]
    kind: EventKind | str = EventKind.OTHER
    before: int = 0
    after: int = 0
    like: str | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_name("name", self.name)
        object.__setattr__(self, "dates", _dates("a date", self.dates))
        if not self.dates:
            raise DataError(Problem(f"event {self.name!r} has no dates", remedy="give at least one date"))
        object.__setattr__(self, "kind", check_choice("kind", self.kind, EventKind))
        check_int("before", self.before, 0)
        check_int("after", self.after, 0)
        if self.like is not None:
            check_name("like", self.like)
        check_in_range("strength", self.strength, 0.0, 10.0, include_low=False)
        if self.strength != 1 and self.like is None:
            what = f"event {self.name!r} has a strength of {self.strength:g} and nothing that it is like"
            raise DataError(Problem(what, remedy='give like="11.11 2025" too, with your event and year'))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSpec:
    """What the days of a centre are: hours, public holidays, make-up days, events.

    Parameters
    ----------
    hours
        Opening hours of the centre; a queue may have its own. Default 24x7.
    country, subdivision
        ISO codes for the public holidays, such as `"CN"` or `"US"` and `"CA"`; default none.
    closed_on_holidays
        Whether the centre is closed on public holidays that have no exception of their own; default no.
    makeup_days
        Weekend dates worked in place of a holiday (China's adjusted working days): they count as working days and have
        Monday's hours, unless they have an exception of their own.
    events
        Special days.

    Raises
    ------
    DataError
        If a value is outside its range; an unknown country is found by `wfm.calendar`, which knows the list.

    Examples
    --------
    >>> CalendarSpec(hours="Mon-Fri 07:00-21:00", country="US").hours.weekly
    'Mon-Fri 07:00-21:00'
    """

    hours: OpeningHours | str = field(default_factory=OpeningHours)
    country: str | None = None
    subdivision: str | None = None
    closed_on_holidays: bool = False
    makeup_days: tuple[date, ...] = ()
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "hours", OpeningHours.of(self.hours))
        check_flag("closed_on_holidays", self.closed_on_holidays)
        if self.subdivision is not None and self.country is None:
            raise DataError(
                Problem(f"subdivision {self.subdivision!r} without a country", remedy="give the country too")
            )
        if self.closed_on_holidays and self.country is None:
            raise DataError(Problem("closed_on_holidays without a country", remedy="give the country's ISO code"))
        object.__setattr__(self, "makeup_days", _dates("a make-up day", self.makeup_days))
        object.__setattr__(self, "events", check_each("events", self.events, Event))
        names = [event.name for event in self.events]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise DataError(Problem(f"two events are named {name!r}", remedy="join their dates, or rename one"))
        faults = Faults("the events of the calendar")
        for event in self.events:
            with faults.collecting():
                self.analogue(event)
        faults.raise_if_any()

    def analogue(self, event: Event) -> tuple[Event, int | None] | None:
        """Return the event that `event` is said to be like and the year, if one is named; nothing if it is like none.

        Raises
        ------
        DataError
            If the calendar has no such event, or none of it in that year.

        Examples
        --------
        >>> sale = Event(name="11.11", dates=(date(2025, 11, 11),), kind="promotion")
        >>> live = Event(name="Live sale", dates=(date(2026, 12, 1),), like="11.11 2025")
        >>> known, year = CalendarSpec(events=(sale, live)).analogue(live)
        >>> known.name, year
        ('11.11', 2025)
        """
        if event.like is None:
            return None
        name, _, year = event.like.rpartition(" ")
        for other in self.events:
            if other.name == event.like and other is not event:
                return other, None
            if other.name == name and year.isdigit():
                years = sorted({day.year for day in other.dates})
                if int(year) in years:
                    return other, int(year)
                what = f"event {event.name!r} is like {event.like!r}, but {name!r} has no dates in {year}"
                raise DataError(Problem(what, remedy=f"it has dates in {', '.join(map(str, years))}"))
        known = [other.name for other in self.events if other is not event]
        what = f"event {event.name!r} is like {event.like!r}, which is not an event of this calendar"
        raise DataError(Problem(what, remedy=did_you_mean(event.like, known) if known else "add it to the events"))


def _dates(name: str, values: Iterable[date]) -> tuple[date, ...]:
    return tuple(sorted({check_date(name, value) for value in values}))
