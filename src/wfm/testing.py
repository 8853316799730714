"""Small centres, histories and checks for tests: ours, and those of people who replace a stage by their own.

Everything here is deterministic and small enough to be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_in_range, check_int
from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.domain.people import Contract, ContractKind, Employee, Skill
from wfm.domain.queue import Queue
from wfm.domain.shift import Break, ShiftTemplate
from wfm.domain.targets import ServiceLevel
from wfm.errors import DataError
from wfm.schema import FRAMES, FrameLike, as_frame
from wfm.timegrid import Horizon

__all__ = ["assert_frame_valid", "make_centre", "make_history"]

_WEEKDAYS = (1.2, 1.05, 1.0, 0.95, 0.9, 0.6, 0.45)
_ABANDONED = 0.04


def assert_frame_valid(frame: FrameLike, name: str) -> None:
    """Assert that a frame is what the design says of the frame of that name.

    Beside the columns, their types and the key: the rows are sorted by key and the index counts them from 0.

    Parameters
    ----------
    frame
        A frame, or a result with `.to_frame()`.
    name
        Name of the frame, such as `"history"`.

    Raises
    ------
    AssertionError
        With every fault.

    Examples
    --------
    >>> assert_frame_valid(make_history(weeks=1), "history")
    >>> assert_frame_valid(make_history(weeks=1).drop(columns="offered"), "history")
    Traceback (most recent call last):
    ...
    AssertionError: column 'offered' is missing; the frame has: queue, start, handled, abandoned, handle_s
    """
    given = frame if isinstance(frame, pd.DataFrame) else frame.to_frame()
    try:
        checked = as_frame(given, name)
    except DataError as error:
        raise AssertionError(str(error)) from None
    keys = list(FRAMES[name].key)
    same = all(given[key].reset_index(drop=True).eq(checked[key]).all() for key in keys)
    assert same, f"frame {name!r} is not sorted by {', '.join(keys)}"
    counted = pd.RangeIndex(len(given)).equals(given.index)
    assert counted, f"the index of frame {name!r} does not count its rows from 0"


def make_history(
    *,
    start: date | str = "2026-01-05",
    weeks: int = 8,
    tz: str = "Europe/Berlin",
    interval: timedelta | str = "30min",
    hours: OpeningHours | str = "Mon-Fri 08:00-20:00",
    per_day: Mapping[str, float] | None = None,
    aht_s: float = 240.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the interval history of a small centre, the same for the same arguments.

    Volumes are Poisson around a weekday mean (Monday 1.2, Sunday 0.45) times a shape of the day with a peak in the late
    morning and a lower one in the afternoon. 4 % abandon.

    Parameters
    ----------
    start
        First day; default 5 January 2026, a Monday.
    weeks
        Length, 1 or more; default 8.
    tz
        Time zone; default Europe/Berlin.
    interval
        Length of an interval; default 30 minutes.
    hours
        Opening hours; default those of `make_centre`.
    per_day
        Mean contacts of a Wednesday by queue; default 400 in the queue `"calls"`.
    aht_s
        Mean handle time in seconds, more than 0; default 240.
    seed
        Default 0.

    Returns
    -------
    pandas.DataFrame
        Frame `history`: `queue, start, offered, handled, abandoned, handle_s`.

    Raises
    ------
    DataError
        If an argument is out of its range.

    Examples
    --------
    >>> history = make_history(weeks=2)
    >>> len(history), history["start"].iloc[0].isoformat()
    (240, '2026-01-05T08:00:00+01:00')
    """
    check_in_range("aht_s", aht_s, 0.0, include_low=False)
    check_int("seed", seed, 0)
    horizon = Horizon(start, weeks=weeks, interval=interval, tz=tz)
    calendar = Calendar(CalendarSpec(hours=OpeningHours(hours) if isinstance(hours, str) else hours), tz)
    starts = calendar.open_starts(horizon)
    rng = np.random.default_rng(seed)
    parts = []
    for queue, mean in sorted(({"calls": 400.0} if per_day is None else per_day).items()):
        check_in_range(f"per_day of {queue!r}", mean, 0.0)
        offered = rng.poisson(mean * _shape(starts))
        abandoned = rng.binomial(offered, _ABANDONED)
        handled = offered - abandoned
        handle_s = np.round(rng.gamma(np.maximum(handled, 1), aht_s) * (handled > 0), 1)
        parts.append(
            pd.DataFrame(
                {
                    "queue": queue,
                    "start": starts,
                    "offered": offered,
                    "handled": handled,
                    "abandoned": abandoned,
                    "handle_s": handle_s,
                }
            )
        )
    return as_frame(pd.concat(parts, ignore_index=True), "history")


def _shape(starts: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
    """Return the share of a Wednesday's contacts that each interval expects."""
    hour = starts.hour + starts.minute / 60
    level = 0.35 + np.exp(-((hour - 10.5) ** 2) / 6) + 0.6 * np.exp(-((hour - 16) ** 2) / 8)
    day_total = pd.Series(level).groupby(starts.normalize()).transform("sum").to_numpy()
    return np.asarray(np.array(_WEEKDAYS)[starts.day_of_week] * level / day_total)


def make_centre(*, people: int = 20, cross_skilled: bool = False, shrinkage: float = 0.0) -> Centre:
    """Return a small phone centre with full- and part-time people, open Mon-Fri 08:00-20:00 in Europe/Berlin.

    Seven people in ten work full time, in day shifts of 8 paid hours with a lunch; the others part time, in shifts
    of 4 to 5 hours.

    Parameters
    ----------
    people
        Number of employees, 3 or more; default 20. They are named `"A01"` and so on.
    cross_skilled
        Whether there are two queues, `"calls"` and `"orders"`, and one person in three serves both; default one queue,
        `"calls"`.
    shrinkage
        Share of paid time lost to sickness, which the roster does not place, in [0, 1); default 0.

    Raises
    ------
    DataError
        If an argument is out of its range.

    Examples
    --------
    >>> centre = make_centre(people=6, cross_skilled=True)
    >>> [(employee.id, employee.contract, employee.queues) for employee in centre.employees[:3]]
    [('A01', 'full', ('calls',)), ('A02', 'part', ('orders',)), ('A03', 'full', ('calls', 'orders'))]
    """
    check_int("people", people, 3)
    names = ("calls", "orders") if cross_skilled else ("calls",)
    lunch = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    pause = Break(name="break", length="15min", earliest="1h30min", latest="2h45min", paid=True)
    return Centre(
        name="two queues" if cross_skilled else "one queue",
        tz="Europe/Berlin",
        queues=tuple(
            Queue(name=name, targets=(ServiceLevel(0.80, "30s"),), aht="4min", patience="3min") for name in names
        ),
        calendar=CalendarSpec(hours=OpeningHours("Mon-Fri 08:00-20:00")),
        contracts=(
            Contract(name="full", min_week="24h", max_week="40h", templates=("day",), cost_per_hour=20.0),
            Contract(
                name="part",
                kind=ContractKind.PART,
                max_day="5h",
                min_week="8h",
                max_week="25h",
                templates=("short",),
                cost_per_hour=18.0,
            ),
        ),
        shifts=(
            ShiftTemplate(
                name="day", earliest_start="08:00", latest_start="11:30", min_length="8h30min", breaks=(lunch, pause)
            ),
            ShiftTemplate(
                name="short",
                earliest_start="08:00",
                latest_start="15:00",
                min_length="4h",
                max_length="5h",
                breaks=(pause,),
            ),
        ),
        employees=tuple(
            Employee(id=f"A{number + 1:02d}", contract=_contract(number), skills=_skills(number, cross_skilled))
            for number in range(people)
        ),
        shrinkage=(Shrinkage(name="sickness", fraction=shrinkage, whole_shift=True),) if shrinkage else (),
    )


def _contract(number: int) -> str:
    return "part" if number % 10 in (1, 5, 9) else "full"


def _skills(number: int, cross_skilled: bool) -> tuple[Skill, ...]:
    if not cross_skilled or number % 3 == 0:
        return (Skill("calls"),)
    return (Skill("orders"),) if number % 3 == 1 else (Skill("calls"), Skill("orders", 0.9))
