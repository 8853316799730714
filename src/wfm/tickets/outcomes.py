"""What became of each contact, and how long it waited: read from a log once, for every measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar.spans import NOT_A_TIME
from wfm.errors import Faults

__all__ = ["Outcomes", "outcomes_of"]

_TIMES = ("arrived_at", "queued_at", "answered_at", "abandoned_at", "ended_at")


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The fate of each contact of a log, in the order of its rows.

    Parameters
    ----------
    answered, abandoned
        Whether it was answered, or given up by the customer while waiting; never both.
    blocked
        Whether it never entered the queue; none where the log has no column `queued_at`.
    wait_ns
        Time from entering the queue to the answer or to giving up, in nanoseconds; 0 for the others.
    handle_s
        Handle time of the answered, in seconds; NaN where the log does not hold it, 0 for the others.
    """

    answered: npt.NDArray[np.bool_]
    abandoned: npt.NDArray[np.bool_]
    blocked: npt.NDArray[np.bool_] | None
    wait_ns: npt.NDArray[np.int64]
    handle_s: npt.NDArray[np.float64]

    @property
    def waiting(self) -> npt.NDArray[np.bool_]:
        """Whether it is still open: neither answered nor abandoned nor blocked when the log was taken."""
        settled = self.answered | self.abandoned
        return ~settled if self.blocked is None else ~(settled | self.blocked)


def outcomes_of(contacts: pd.DataFrame) -> Outcomes:
    """Return the outcomes of a checked frame `contacts`.

    A contact waits from `queued_at`, or from `arrived_at` where the log has no column `queued_at`. Where the log has
    that column, a contact without it is blocked: it never entered the queue. The handle time is `talk_s + hold_s +
    wrap_s` (a missing hold or wrap counts 0); without `talk_s` it is the time from answer to `ended_at`, plus `wrap_s`.

    Parameters
    ----------
    contacts
        Frame `contacts`, as `wfm.schema.as_frame` returns it.

    Raises
    ------
    DataError
        With every contact that was answered and abandoned too, or whose times run backwards.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:00"]).tz_localize("UTC"))
    >>> times = {"arrived_at": at, "answered_at": at + pd.Timedelta("9s"), "abandoned_at": at.where([False])}
    >>> contacts = pd.DataFrame({"contact_id": ["a"], "queue": ["calls"], **times, "talk_s": [60.0]})
    >>> outcomes_of(contacts).wait_ns.tolist()
    [9000000000]
    """
    given = [column for column in _TIMES if column in contacts.columns]
    times = {column: _ns(contacts[column]) for column in given}
    begin = times["queued_at" if "queued_at" in times else "arrived_at"]
    answered, abandoned, queued = (
        values != NOT_A_TIME for values in (times["answered_at"], times["abandoned_at"], begin)
    )
    _check_order(contacts["contact_id"], times, answered & abandoned, ~queued & (answered | abandoned))
    blocked = ~queued & ~answered & ~abandoned if "queued_at" in times else None
    # A missing time is the least of all numbers, so the greater of the two is the one that is there.
    wait = np.maximum(times["answered_at"], times["abandoned_at"])
    wait -= begin
    wait *= answered | abandoned
    return Outcomes(answered, abandoned, blocked, wait, _handle_s(contacts, times, answered))


def _check_order(
    ids: pd.Series, times: dict[str, npt.NDArray[np.int64]], both: npt.NDArray[np.bool_], lone: npt.NDArray[np.bool_]
) -> None:
    faults = Faults("frame 'contacts'")

    def add(what: str, wrong: npt.NDArray[np.bool_], remedy: str) -> None:
        if wrong.any():
            faults.add(what, rows=ids[wrong], remedy=remedy)

    add("answered and abandoned too", both, "keep the one that came first")
    remedy = "give queued_at, or leave out the time of the answer or the abandonment"
    add("answered or abandoned without entering the queue", lone, remedy)
    order = (
        ("queued_at", "arrived_at", "queued before it arrived"),
        ("answered_at", "arrived_at", "answered before it arrived"),
        ("abandoned_at", "arrived_at", "abandoned before it arrived"),
        ("answered_at", "queued_at", "answered before it was queued"),
        ("abandoned_at", "queued_at", "abandoned before it was queued"),
        ("ended_at", "answered_at", "ended before it was answered"),
    )
    for later, earlier, what in order:
        if later in times and earlier in times:
            # A missing time is the least of all numbers: as the earlier one it is never above the later one.
            wrong = (times[later] < times[earlier]) & (times[later] != NOT_A_TIME)
            add(what, wrong, f"correct {later} or {earlier}")
    faults.raise_if_any()


def _handle_s(
    contacts: pd.DataFrame, times: dict[str, npt.NDArray[np.int64]], answered: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    talk = _number(contacts, "talk_s") if "talk_s" in contacts.columns else np.full(len(contacts), np.nan)
    core = talk + _or_zero(_number(contacts, "hold_s")) if "hold_s" in contacts.columns else talk
    if "ended_at" in times:
        ended = np.isnan(core) & answered & (times["ended_at"] != NOT_A_TIME)
        core = core.copy()
        core[ended] = (times["ended_at"][ended] - times["answered_at"][ended]) / 1e9
    if "wrap_s" in contacts.columns:
        core = core + _or_zero(_number(contacts, "wrap_s"))
    return np.where(answered, core, 0.0)


def _or_zero(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.isnan(values), 0.0, values)


def _number(contacts: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = contacts[column].to_numpy(dtype=float, na_value=np.nan)
    return values


def _ns(stamps: pd.Series) -> npt.NDArray[np.int64]:
    """Return stamps as nanoseconds of UTC, `NOT_A_TIME` for missing ones."""
    values: npt.NDArray[np.int64] = stamps.dt.as_unit("ns").array.asi8
    return values
