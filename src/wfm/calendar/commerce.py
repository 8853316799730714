"""The sales and festivals that move the contacts of a shop."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from wfm.calendar.days import as_years, check_country, public_holidays
from wfm.calendar.events import runs
from wfm.domain.hours import Event, EventKind

__all__ = ["commerce_events"]

_DAY = timedelta(days=1)

# Single-day sales of the large platforms: month, day, days before and after that they touch, and where they are held.
# Pre-sales begin on about 24 May and 21 October; goods go back within seven days of receipt.
_CHINA = frozenset({"CN"})
_PLATFORMS = frozenset({"CN", "HK", "ID", "MO", "MY", "PH", "SG", "TH", "TW", "VN"})
_SALES = (
    ("618", 6, 18, 25, 7, _CHINA),
    ("11.11", 11, 11, 21, 10, _PLATFORMS),
    ("12.12", 12, 12, 3, 7, _PLATFORMS),
)


def commerce_events(country: str, years: Iterable[int] | int) -> tuple[Event, ...]:
    """Return the days that move the contacts of a shop, as events for a `CalendarSpec`.

    ======================== ======================= ============= ============== ================================
    event                    dates                   days before   days after     where
    ======================== ======================= ============= ============== ================================
    618                      18 June                 25 (pre-sale) 7 (returns)    China
    11.11                    11 November             21 (pre-sale) 10 (returns)   China, South-East Asia
    12.12                    12 December             3             7 (returns)    as 11.11
    Black Friday             Friday to Cyber Monday  4             7 (returns)    everywhere but China
    Chinese New Year         its public holidays     21            14             where its first day is a holiday
    Ramadan                  the month               7             0              where Eid al-Fitr is a holiday
    Eid al-Fitr, Eid al-Adha their public holidays   3             3              where they are holidays
    ======================== ======================= ============= ============== ================================

    The windows are what is usual; change them with `dataclasses.replace`. Lunar dates come from the package
    `holidays`; the sighting of the moon may move Ramadan and Eid by a day. Prime Day has no rule: write it as an
    `Event` with its dates.

    Parameters
    ----------
    country
        ISO code, such as `"CN"`.
    years
        One year or several. A run that begins or ends in them is given whole.

    Raises
    ------
    DataError
        If the country is unknown.

    Examples
    --------
    >>> [event.name for event in commerce_events("CN", [2025, 2026])]
    ['618', '11.11', '12.12', 'Chinese New Year']
    >>> [str(day) for day in commerce_events("US", 2026)[0].dates]
    ['2026-11-27', '2026-11-28', '2026-11-29', '2026-11-30']
    """
    check_country(country, None)
    wanted = as_years(years)
    around = {year + offset for year in wanted for offset in (-1, 0, 1)}
    listed = public_holidays(country, around)
    festivals = (
        ("Chinese New Year", _new_year_days(listed, around), 21, 14),
        ("Ramadan", _ramadan_days(listed, around), 7, 0),
        ("Eid al-Fitr", _named_days(listed, "Fitr"), 3, 3),
        ("Eid al-Adha", _named_days(listed, "Adha"), 3, 3),
    )
    events = [
        Event(
            name=name,
            dates=tuple(date(year, month, day) for year in wanted),
            kind=EventKind.PROMOTION,
            before=before,
            after=after,
        )
        for name, month, day, before, after, where in _SALES
        if country in where and wanted
    ]
    if country not in _CHINA and wanted:
        fridays = tuple(_black_friday(year) + n * _DAY for year in wanted for n in range(4))
        events.append(Event(name="Black Friday", dates=fridays, kind=EventKind.PROMOTION, before=4, after=7))
    for name, days, before, after in festivals:
        touched = _touching(days, wanted)
        if touched:
            events.append(Event(name=name, dates=touched, kind=EventKind.HOLIDAY, before=before, after=after))
    return tuple(events)


def _black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21 + 1)


def _new_year_days(listed: dict[date, str], years: set[int]) -> list[date]:
    """Return the days from the first to the last public holiday around each lunar new year that is one itself."""
    firsts: dict[int, date] = {}
    for day, name in public_holidays("CN", years).items():
        if name.startswith("Chinese New Year (Spring Festival)"):
            firsts.setdefault(day.year, day)
    found: list[date] = []
    for first in firsts.values():
        near = [first + timedelta(days=n) for n in range(-1, 7) if first + timedelta(days=n) in listed]
        if first in near:
            found += [near[0] + timedelta(days=n) for n in range((near[-1] - near[0]).days + 1)]
    return found


def _named_days(listed: dict[date, str], feast: str) -> list[date]:
    pattern = re.compile(rf"Eid[ -][au]l-{feast}")
    return [day for day, name in listed.items() if pattern.search(name)]


def _ramadan_days(listed: dict[date, str], years: set[int]) -> list[date]:
    """Return the days of the month before each Eid al-Fitr."""
    if not _named_days(listed, "Fitr"):
        return []
    from holidays import HolidayBase
    from holidays.groups.islamic import IslamicHolidays

    class Month(HolidayBase, IslamicHolidays):
        """The bounds of Ramadan, as an entity of the package `holidays`."""

        country = "Ramadan"

        def __init__(self, years: set[int]) -> None:
            IslamicHolidays.__init__(self, show_estimated=False)
            super().__init__(years=years)

        def _populate_public_holidays(self) -> None:
            self._add_ramadan_beginning_day("begin")
            self._add_eid_al_fitr_day("end")

    days: list[date] = []
    begin: date | None = None
    for day, name in sorted(Month(years).items()):
        if name == "begin":
            begin = day
        elif begin is not None:
            days += [begin + timedelta(days=n) for n in range((day - begin).days)]
            begin = None
    return days


def _touching(days: Iterable[date], years: set[int]) -> tuple[date, ...]:
    """Return the runs with at least one day in the years."""
    near = [run for run in runs(sorted(set(days))) if {run[0].year, run[1].year} & years]
    return tuple(first + timedelta(days=n) for first, last in near for n in range((last - first).days + 1))
