"""The calendar of a centre: opening hours, business time, day types, events."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar.days import as_years, check_country, public_holidays
from wfm.calendar.events import EventDay, event_on
from wfm.calendar.spans import NOT_A_TIME, Instants, Stamps, as_instants, elapsed, instants_of, joined, pair, refuse
from wfm.domain.duration import format_duration
from wfm.domain.hours import CalendarSpec, OpeningHours, OpenPeriod
from wfm.errors import DataError, Faults, Problem
from wfm.timegrid import Horizon, check_zone

if TYPE_CHECKING:
    from wfm.domain.centre import Centre

__all__ = ["Calendar"]

_DAY = timedelta(days=1)
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# What `holidays` adds to a name when a day off was moved or its date is not yet announced.
_MOVED = re.compile(r" \((?:observed|estimated|observed, estimated|in lieu|substitute day|substituted from [\d/.-]+)\)")
_FARTHEST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days and hours of a centre, computed.

    Times are read off the wall clock of the zone: a centre opens and closes at the first instant at which its clock
    shows that time or a later one. So a night from 22:00 to 06:00 lasts 7 or 9 hours when the clock changes.

    Parameters
    ----------
    spec
        Hours, holidays, make-up days and events.
    tz
        Time zone of the centre.

    Raises
    ------
    DataError
        If the zone, the country or its subdivision is unknown.

    Notes
    -----
    `hours` of every method are the opening hours to use, such as those of a queue, in place of the centre's; default
    the centre's. They bring their own exceptions; public holidays and make-up days are the centre's in any case.

    On each day, the first of these that applies gives the hours: an exception of that date; a make-up day, which has
    Monday's hours; a public holiday of a centre that is closed on them; the weekday.

    Examples
    --------
    >>> from wfm.domain import OpeningHours
    >>> spec = CalendarSpec(hours=OpeningHours("Mon-Fri 08:00-18:00"), country="DE", closed_on_holidays=True)
    >>> calendar = Calendar(spec, "Europe/Berlin")
    >>> calendar.holidays(2026)[date(2026, 10, 3)]
    'German Unity Day'
    >>> friday, monday = pd.Timestamp("2026-10-23 17:00", tz="Europe/Berlin"), pd.Timestamp("2026-10-26 09:00+01:00")
    >>> calendar.business_seconds(friday, monday) / 3600
    array([2.])
    """

    spec: CalendarSpec
    tz: str
    _known: dict[int, dict[date, str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("calendar")
        with faults.collecting():
            check_zone(self.tz)
        with faults.collecting():
            if self.spec.country is not None:
                check_country(self.spec.country, self.spec.subdivision)
        faults.raise_if_any()

    @classmethod
    def of(cls, centre: Centre) -> Calendar:
        """Return the calendar of a centre."""
        return cls(centre.calendar, centre.tz)

    def holidays(self, years: Iterable[int] | int) -> dict[date, str]:
        """Return the public holidays of the years, by date, in English where `holidays` has it; none without a country.

        Make-up days are not holidays. The names are those of the package `holidays`, with "(observed)" and the like.
        """
        found: dict[date, str] = {}
        for year in as_years(years):
            if year not in self._known:
                country = self.spec.country
                self._known[year] = {} if country is None else public_holidays(country, year, self.spec.subdivision)
            found.update(self._known[year])
        return {day: name for day, name in sorted(found.items()) if day not in self.spec.makeup_days}

    def day_types(self, dates: Iterable[date] | pd.DatetimeIndex) -> list[str]:
        """Return the type of each day: `"Mon"` to `"Sun"`, or `"holiday:<name>"`.

        A make-up day counts as a Monday. Names lose "(observed)", "(estimated)" and the date of a day off that was
        moved, so that one holiday has one type in all years.

        Parameters
        ----------
        dates
            Dates, or stamps with a zone, which are read in the zone of the calendar.

        Examples
        --------
        >>> calendar = Calendar(CalendarSpec(country="US"), "America/New_York")
        >>> calendar.day_types([date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 5)])
        ['holiday:Independence Day', 'holiday:Independence Day', 'Sun']
        """
        return [self._day_type(self._day(value)) for value in dates]

    def _day_type(self, day: date) -> str:
        if day in self.spec.makeup_days:
            return "Mon"
        name = self._holiday(day)
        return _NAMES[day.weekday()] if name is None else f"holiday:{_MOVED.sub('', name)}"

    def _holiday(self, day: date) -> str | None:
        if self.spec.country is None:
            return None
        if day.year not in self._known:
            self.holidays(day.year)
        return self._known[day.year].get(day)

    def _day(self, value: date) -> date:
        if not isinstance(value, datetime):
            return value
        return value.date() if value.tzinfo is None else value.astimezone(ZoneInfo(self.tz)).date()

    def events_on(self, day: date) -> tuple[EventDay, ...]:
        """Return the events that touch a day, in the order of the specification, with their phase.

        A run is a stretch of consecutive dates of an event. A day inside a run is in no phase before or after another
        run of the same event; between two runs, the nearer one counts (the later one where both are as near).

        Examples
        --------
        >>> from wfm.domain import Event
        >>> sale = Event(name="11.11", dates=(date(2026, 11, 11),), kind="promotion", before=10, after=7)
        >>> calendar = Calendar(CalendarSpec(events=(sale,)), "Asia/Shanghai")
        >>> [(e.name, e.phase.value, e.day) for e in calendar.events_on(date(2026, 11, 8))]
        [('11.11', 'before', -3)]
        """
        day = self._day(day)
        found = (event_on(event, day) for event in self.spec.events)
        return tuple(event for event in found if event is not None)

    def hours_on(self, day: date, hours: OpeningHours | None = None) -> tuple[OpenPeriod, ...]:
        """Return the stretches that start on a day, as offsets from its midnight on the wall clock.

        Exceptions, make-up days and closed holidays are applied.

        Examples
        --------
        >>> spec = CalendarSpec(hours="Mon-Fri 08:00-18:00", makeup_days=(date(2026, 2, 14),))
        >>> Calendar(spec, "Asia/Shanghai").hours_on(date(2026, 2, 14))[0].opens
        datetime.timedelta(seconds=28800)
        """
        chosen = OpeningHours.of(self.spec.hours if hours is None else hours)
        for dated, periods in chosen.dated:
            if dated == day:
                return periods
        if day in self.spec.makeup_days:
            return chosen.periods[0]
        if self.spec.closed_on_holidays and self._holiday(day) is not None:
            return ()
        return chosen.periods[day.weekday()]

    def open_periods(
        self, first_day: date, last_day: date, hours: OpeningHours | None = None
    ) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Return the stretches of opening time that fall into the days from `first_day` to `last_day`, both included.

        Stretches that touch are joined, and the ones that pass the first or last midnight are cut there.

        Returns
        -------
        list of (Timestamp, Timestamp)
            Half-open, in order, in the zone of the calendar.

        Examples
        --------
        >>> night = Calendar(CalendarSpec(hours="Sat 22:00-06:00"), "Europe/Berlin")
        >>> start, end = night.open_periods(date(2026, 10, 19), date(2026, 10, 25))[0]
        >>> (end - start).total_seconds() / 3600  # summer time ends in this night
        9.0
        """
        opens, closes = self._table(first_day, last_day, hours)
        midnights = instants_of([first_day, last_day + _DAY], [timedelta(0)] * 2, self.tz)
        inside = (closes > midnights[0]) & (opens < midnights[1])
        begin, end = np.maximum(opens[inside], midnights[0]), np.minimum(closes[inside], midnights[1])
        return list(zip(self._stamps(begin), self._stamps(end), strict=True))

    def is_open(self, starts: Stamps, hours: OpeningHours | None = None) -> npt.NDArray[np.bool_]:
        """Return whether the centre is open at each instant.

        Parameters
        ----------
        starts
            Stamps with a zone.
        hours
            Opening hours; default the centre's.

        Raises
        ------
        DataError
            If a stamp has no zone or is missing.

        Examples
        --------
        >>> calendar = Calendar(CalendarSpec(hours="Mon-Fri 08:00-18:00"), "Europe/Berlin")
        >>> calendar.is_open(pd.DatetimeIndex(["2026-11-02 07:59", "2026-11-02 08:00"], tz="Europe/Berlin"))
        array([False,  True])
        """
        instants = as_instants("starts", starts)
        refuse("starts", "has no value", instants == NOT_A_TIME, "leave it out")
        if not len(instants):
            return np.zeros(0, dtype=bool)
        opens, closes = self._around(instants, hours)
        place = np.searchsorted(opens, instants, side="right") - 1
        return (place >= 0) & (instants < np.append(closes, 0)[place])

    def open_starts(self, horizon: Horizon, hours: OpeningHours | None = None) -> pd.DatetimeIndex:
        """Return the starts of the intervals of a horizon in which the centre is open.

        Raises
        ------
        DataError
            If an interval is open in part only: such time would be staffed too much or not at all.

        Examples
        --------
        >>> calendar = Calendar(CalendarSpec(hours="Mon-Fri 08:00-18:00"), "Europe/Berlin")
        >>> len(calendar.open_starts(Horizon("2026-10-19", weeks=1, tz="Europe/Berlin")))
        100
        """
        starts = horizon.starts
        if horizon.tz != self.tz:
            what = f"the horizon is in {horizon.tz}, the calendar in {self.tz}"
            raise DataError(Problem(what, remedy=f"write Horizon(..., tz={self.tz!r})"))
        periods = self.open_periods(horizon.dates[0], horizon.dates[-1], hours)
        bounds = pd.DatetimeIndex([bound for period in periods for bound in period], tz=self.tz).as_unit("ns")
        inside = bounds[(bounds > starts[0]) & (bounds <= starts[-1]) & ~bounds.isin(starts)]
        if len(inside):
            what = f"the opening hours change inside an interval of {format_duration(horizon.interval)}"
            remedy = "give hours that begin and end on intervals, or shorter intervals"
            raise DataError(Problem(what, remedy=remedy, rows=tuple(stamp.isoformat() for stamp in inside)))
        return starts[self.is_open(starts, hours)]

    def business_seconds(
        self, start: Stamps, end: Stamps, hours: OpeningHours | None = None
    ) -> npt.NDArray[np.float64]:
        """Return the opening time between each start and end, in seconds.

        Parameters
        ----------
        start, end
            Stamps with a zone; one single stamp goes with many. A missing stamp gives NaN.
        hours
            Opening hours; default the centre's.

        Raises
        ------
        DataError
            If a stamp has no zone, an end is before its start, or the lengths differ.

        Examples
        --------
        >>> calendar = Calendar(CalendarSpec(hours="Mon-Fri 08:00-18:00"), "Europe/Berlin")
        >>> friday, monday = pd.to_datetime(["2026-11-06 17:30", "2026-11-09 08:30"]).tz_localize("Europe/Berlin")
        >>> calendar.business_seconds(friday, monday)
        array([3600.])
        """
        first, last = pair(("start", as_instants("start", start)), ("end", as_instants("end", end)))
        missing = (first == NOT_A_TIME) | (last == NOT_A_TIME)
        refuse("end", "is before its start", ~missing & (last < first), "swap them or leave the row out")
        result = np.full(len(first), np.nan)
        if missing.all():
            return result
        table = self._around(np.concatenate([first[~missing], last[~missing]]), hours)
        result[~missing] = (elapsed(table, last[~missing]) - elapsed(table, first[~missing])) / 1e9
        return result

    def add_business_time(
        self, start: Stamps, seconds: npt.ArrayLike, hours: OpeningHours | None = None
    ) -> pd.DatetimeIndex:
        """Return the first instant at which so much opening time has passed since each start.

        Parameters
        ----------
        start
            Stamps with a zone.
        seconds
            Opening time in seconds, from 0 to 1e9; one number goes with many stamps. A missing stamp or number
            gives NaT.
        hours
            Opening hours; default the centre's.

        Returns
        -------
        pandas.DatetimeIndex
            In the zone of the calendar. Time that ends with the opening hours gives the closing time; 0 seconds give
            the start itself.

        Raises
        ------
        DataError
            If a stamp has no zone, a number is out of range, the lengths differ, or the centre is not open for
            that long within ten years.

        Examples
        --------
        >>> calendar = Calendar(CalendarSpec(hours="Mon-Fri 08:00-18:00"), "Europe/Berlin")
        >>> friday = pd.Timestamp("2026-11-06 17:30", tz="Europe/Berlin")
        >>> calendar.add_business_time(friday, 4 * 3600)[0].isoformat()
        '2026-11-09T11:30:00+01:00'
        """
        wanted = np.atleast_1d(np.asarray(seconds, dtype=float))
        refuse("seconds", "must be a number from 0 to 1e9", (wanted < 0) | (wanted > 1e9), "correct it")
        whole = np.full(len(wanted), NOT_A_TIME, dtype=np.int64)
        whole[~np.isnan(wanted)] = np.round(wanted[~np.isnan(wanted)] * 1e9).astype(np.int64)
        first, added = pair(("start", as_instants("start", start)), ("seconds", whole))
        result = np.full(len(first), NOT_A_TIME, dtype=np.int64)
        known = (first != NOT_A_TIME) & (added != NOT_A_TIME)
        if known.any():
            result[known] = self._advance(first[known], added[known], hours)
        what = f"do not pass within {_FARTHEST_DAYS // 366} years of opening hours '{hours or self.spec.hours}'"
        refuse("seconds", what, known & (result == NOT_A_TIME), "give less time or longer hours")
        return self._stamps(result)

    def _advance(self, start: Instants, added: Instants, hours: OpeningHours | None) -> Instants:
        """Return the instants reached, `NOT_A_TIME` where there is not enough opening time within ten years."""
        days = 14 + int(added.max() // 86_400_000_000_000)
        while True:
            opens, closes = table = self._around(start, hours, days_after=days)
            passed = np.cumsum(closes - opens)
            goal = elapsed(table, start) + added
            short = goal > (passed[-1] if len(passed) else 0)
            if not short.any() or days >= _FARTHEST_DAYS:
                break
            days = min(4 * days, _FARTHEST_DAYS)
        place = np.searchsorted(passed, np.where(short, 0, goal), side="left")
        last = np.append(closes, 0)[place] - (np.append(passed, 0)[place] - goal)
        return np.where(added == 0, start, np.where(short, NOT_A_TIME, last))

    def _around(
        self, instants: Instants, hours: OpeningHours | None, *, days_after: int = 0
    ) -> tuple[Instants, Instants]:
        """Return the joined stretches that matter for these instants."""
        bounds = self._stamps(np.array([instants.min(), instants.max()]))
        return self._table(bounds[0].date(), bounds[1].date() + timedelta(days=days_after), hours)

    def _table(self, first_day: date, last_day: date, hours: OpeningHours | None) -> tuple[Instants, Instants]:
        """Return when joined stretches open and close, as UTC nanoseconds; those of the night before included."""
        days: list[date] = []
        opens: list[timedelta] = []
        closes: list[timedelta] = []
        for number in range(-1, (last_day - first_day).days + 1):
            day = first_day + timedelta(days=number)
            for period in self.hours_on(day, hours):
                days.append(day)
                opens.append(period.opens)
                closes.append(period.closes)
        begin, end = instants_of(days, opens, self.tz), instants_of(days, closes, self.tz)
        return joined(begin, end)

    def _stamps(self, instants: Instants) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(instants.astype("datetime64[ns]"), tz="UTC").tz_convert(self.tz)
