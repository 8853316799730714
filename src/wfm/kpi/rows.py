"""Rows that measures are counted on and that must be made first, in pandas: returns, tickets, adherence, staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_date
from wfm.errors import DataError, Faults, Problem
from wfm.schema import as_frame, frame_of
from wfm.tickets import outcomes_of, ticket_facts
from wfm.tickets.engines import Engine, check_columns, engine_of, lazy, to_pandas, zone_of
from wfm.tickets.states import check_creation
from wfm.timegrid import day_starts, floor_to_interval

__all__ = [
    "accuracy_rows",
    "adherence_rows",
    "check_spells",
    "cut_spells",
    "return_rows",
    "staff_month_rows",
    "ticket_rows",
    "training_rows",
]

Ints = npt.NDArray[np.int64]

_DAY_S = 86_400
_SPELL_NAMES = {"employee_states": ("a state", "states"), "activities": ("an activity", "activities")}


def return_rows(data: Mapping[str, Any]) -> pd.DataFrame:
    """Return answered contacts of known customers, with the time until the customer came back with the same matter.

    A matter is the customer and, where the log has it, the reason. A contact after which nobody came back is censored
    at the last arrival of the log: `seen_s` is then the time that it was watched.
    """
    log = as_frame(data["contacts"], "contacts")
    if "customer" not in log.columns:
        what = "first-contact resolution needs the column 'customer'"
        raise DataError(Problem(what, where="frame 'contacts'", remedy="add who each contact is from"))
    fate = outcomes_of(log)
    matter = ["customer", *(["reason"] if "reason" in log.columns else [])]
    known = log["customer"].notna().to_numpy()
    rows = log.assign(answered=fate.answered)[known].sort_values([*matter, "arrived_at"], kind="stable")
    following = rows.groupby(matter, dropna=False, sort=False)["arrived_at"].shift(-1)
    end = log["arrived_at"].max()
    rows["returned"] = following.notna().astype("int64")
    rows["seen_s"] = (following.fillna(end) - rows["arrived_at"]).dt.total_seconds()
    return rows[rows["answered"]].drop(columns="answered").reset_index(drop=True)


def ticket_rows(data: Mapping[str, Any]) -> pd.DataFrame:
    """Return tickets with their times from `wfm.tickets.ticket_facts`; open ones last until the log ends."""
    tickets = as_frame(data["tickets"], "tickets")
    events = frame_of(data["ticket_events"])
    check_creation(as_frame(events, "ticket_events"), tickets)
    facts = ticket_facts(events)  # it checks their steps
    lost = ~tickets["ticket"].isin(facts["ticket"])
    if lost.any():
        remedy = "add the event that created each of them"
        what = f"{int(lost.sum()):,} tickets have no event"
        raise DataError(Problem(what, rows=tuple(tickets.loc[lost, "ticket"]), remedy=remedy))
    # What the events tell is not taken from columns of the same name; the creation and the group are the ticket's own.
    own = [c for c in tickets.columns if c in ("ticket", "created_at", "employee") or c not in facts.columns]
    told = [c for c in facts.columns if c == "ticket" or c not in own]
    rows = tickets[own].merge(facts[told], on="ticket", how="left")
    until = events["at"].max()
    created = rows["created_at"]
    solved = rows["solved_at"].notna()
    for name, column in (("reply", "first_reply_at"), ("first_solved", "first_solved_at"), ("solved", "solved_at")):
        rows[f"has_{name}"] = rows[column].notna().astype("int64")
        rows[f"{name}_s"] = (rows[column].fillna(until) - created).dt.total_seconds()
    rows["is_open"] = (~solved).astype("int64")
    rows["age_s"] = (until - created).dt.total_seconds()
    rows["requester_wait_s"] = rows[["new_s", "open_s", "on_hold_s", "reopened_s"]].sum(axis=1)
    return rows


def check_spells(spells: pd.DataFrame, name: str) -> None:
    """Refuse spells that end before they start or overlap, of a sorted frame: their time would count twice.

    Raises
    ------
    DataError
        With the employees concerned.
    """
    one, many = _SPELL_NAMES[name]
    backwards = (spells["end"] < spells["start"]).to_numpy(dtype=bool)
    same = (spells["employee"] == spells["employee"].shift(1)).to_numpy(dtype=bool)
    overlap = same & (spells["start"] < spells["end"].shift(1)).to_numpy(dtype=bool)
    faults = Faults(f"frame {name!r}")
    for wrong, what in ((backwards, f"{one} ends before it starts"), (overlap, f"{many} of an employee overlap")):
        if wrong.any():
            who = spells.loc[wrong, "employee"].unique()
            faults.add(what, where=faults.subject, rows=who, remedy="correct start or end")
    faults.raise_if_any()


def cut_spells(frame: object, name: str, length_s: int, tz: str | None) -> pd.DataFrame:
    """Return the checked frame of spells from `start` to `end`, cut where an interval or a local day begins.

    The time of a shift then counts in each of its hours, not all of it in the first.
    """
    place = engine_of(frame)
    if place.engine is not Engine.PANDAS:
        check_columns(place, name, {"start": True, "end": True}, {})
        tz = zone_of(place, "start", tz)
    spells = as_frame(to_pandas(lazy(place.native)), name, tz=tz)
    if not len(spells):
        return spells
    begin, end = (spells[column].dt.as_unit("ns").astype("int64").to_numpy() for column in ("start", "end"))
    edges = _edges(spells, length_s)
    first = np.searchsorted(edges, begin, side="right") - 1
    count = np.maximum(np.searchsorted(edges, end, side="left") - first, 1)
    row = np.repeat(np.arange(len(spells)), count)
    piece = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    start = np.where(piece == 0, begin[row], edges[first[row] + piece])
    stop = np.where(piece == count[row] - 1, end[row], edges[first[row] + piece + 1])
    zone = spells["start"].dt.tz
    cut = spells.take(row).reset_index(drop=True)
    for column, instants in (("start", start), ("end", stop)):
        cut[column] = pd.DatetimeIndex(instants.astype("datetime64[ns]"), tz="UTC").tz_convert(zone)
    return cut


def _edges(spells: pd.DataFrame, length_s: int) -> Ints:
    """Return where the intervals or days of the zone begin, from before the first spell until after the last one."""
    zone, width = str(spells["start"].dt.tz), pd.Timedelta(seconds=length_s)
    if length_s == _DAY_S:
        days = pd.date_range(spells["start"].min().date(), spells["end"].max().date() + pd.Timedelta(days=1))
        starts = day_starts(days.date, zone)
    else:
        floored = floor_to_interval(spells["start"], width)
        starts = pd.date_range(floored.min(), spells["end"].max() + width, freq=width)
    edges: Ints = starts.as_unit("ns").asi8
    return edges


def adherence_rows(data: Mapping[str, Any]) -> pd.DataFrame:
    """Return planned work with the part that was worked, and all productive time, as rows that add up.

    A row of the plan (activity `work`) has `scheduled_s` and `adherent_s`, the part in which the employee was in a
    productive state; a row of a productive state has `worked_s`.
    """
    plan = as_frame(data["activities"], "activities")
    states = as_frame(data["employee_states"], "employee_states")
    plan = plan[plan["activity"] == "work"].reset_index(drop=True)
    work = states[states["productive"].astype(bool)].reset_index(drop=True)
    check_spells(plan, "activities")
    check_spells(work, "employee_states")
    names = pd.Index(pd.concat([plan["employee"], work["employee"]]).unique())
    begin, end = (_microseconds(work[column]) for column in ("start", "end"))
    zero = int(min(begin.min(initial=2**62), _microseconds(plan["start"]).min(initial=2**62)))
    width = int(max(end.max(initial=0), _microseconds(plan["end"]).max(initial=0))) - zero + 1
    # Each employee has a stretch of one long line of time, so one search serves all.
    shift = names.get_indexer(work["employee"]).astype(np.int64) * width - zero
    begin, end = begin + shift, end + shift
    done = np.append(0, np.cumsum(end - begin))

    def worked_until(stamps: pd.Series) -> Ints:
        """Return the productive time of the employee and all before in the line, up to each stamp."""
        at = _microseconds(stamps) + names.get_indexer(plan["employee"]).astype(np.int64) * width - zero
        place = np.searchsorted(begin, at, side="right")
        last_end = np.append(-1, end)[place]
        return np.asarray(done[place] - np.maximum(last_end - at, 0))

    scheduled = _microseconds(plan["end"]) - _microseconds(plan["start"])
    adherent = worked_until(plan["end"]) - worked_until(plan["start"])
    extra = [c for c in plan.columns if c not in ("end", "activity")]
    planned = plan[extra].assign(scheduled_s=scheduled / 1e6, adherent_s=adherent / 1e6, worked_s=0.0)
    real = work[["employee", "start"]].assign(scheduled_s=0.0, adherent_s=0.0, worked_s=(end - begin) / 1e6)
    return pd.concat([planned, real], ignore_index=True)


def _microseconds(stamps: pd.Series) -> Ints:
    values: Ints = stamps.dt.as_unit("us").astype("int64").to_numpy()
    return values


def _staff(data: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.Timestamp]:
    """Return the checked staff, its days as stamps, and the first day that was not seen."""
    if "as_of" not in data:
        what = "nobody knows until when the staff was seen"
        remedy = "give data={'as_of': date(2026, 11, 1), ...}"
        raise DataError(Problem(what, where="frame 'staff'", remedy=remedy))
    end = pd.Timestamp(check_date("as_of", data["as_of"]))
    staff = as_frame(data["staff"], "staff")
    staff = staff.assign(**{column: pd.to_datetime(staff[column]) for column in ("joined_on", "left_on")})
    faults = Faults("frame 'staff'")
    wrong = staff["left_on"] < staff["joined_on"]
    # Nobody is employed twice at once; who comes back has a row of their own.
    same = staff["employee"] == staff["employee"].shift(1)
    twice = same & ~(staff["joined_on"] > staff["left_on"].shift(1))
    for mask, what in ((wrong, "left before joining"), (twice, "joined again before leaving")):
        if mask.any():
            faults.add(what, where=faults.subject, rows=staff.loc[mask, "employee"].unique(), remedy="correct a day")
    if not (staff["joined_on"] < end).any():
        faults.add(f"nobody had joined before as_of, {end:%Y-%m-%d}", remedy="give a later as_of")
    faults.raise_if_any()
    return staff, end


def staff_month_rows(data: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each employee and month: the share of the month employed, and whether they left in it.

    `month` stands on the 15th at noon, so that its month is the same in every zone. The day of leaving is the last day
    at work; the month of `as_of`, the first day not seen, counts as far as it was seen.
    """
    staff, end = _staff(data)
    months = pd.period_range(staff["joined_on"].min().to_period("M"), (end - pd.Timedelta(days=1)).to_period("M"))
    spare = [c for c in staff.columns if c not in ("joined_on", "left_on")]
    parts = []
    for month in months:
        first, past = month.start_time, (month + 1).start_time
        gone = (staff["left_on"] + pd.Timedelta(days=1)).fillna(past)
        begin = staff["joined_on"].where(staff["joined_on"] > first, first)
        until = gone.where(gone < min(past, end), min(past, end))
        days = (until - begin).dt.days.clip(lower=0)
        left = staff["left_on"].between(first, min(past, end) - pd.Timedelta(days=1))
        here = (days > 0).to_numpy()
        stamp = (first + pd.Timedelta(days=14, hours=12)).tz_localize("UTC")
        rows = staff.loc[here, spare].assign(
            month=stamp, employed=days[here] / (past - first).days, left=left[here].astype("int64")
        )
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def training_rows(data: Mapping[str, Any]) -> pd.DataFrame:
    """Return the staff employed on the last day seen, with `trained`."""
    staff, end = _staff(data)
    if "trained" not in staff.columns:
        what = "column 'trained' is missing"
        raise DataError(Problem(what, where="frame 'staff'", remedy="add True or False for each employee"))
    last = end - pd.Timedelta(days=1)
    here = (staff["joined_on"] <= last) & (staff["left_on"].isna() | (staff["left_on"] >= last))
    spare = [c for c in staff.columns if c not in ("joined_on", "left_on")]
    stamp = (last + pd.Timedelta(hours=12)).tz_localize("UTC")
    rows = staff.loc[here, spare].reset_index(drop=True)
    return rows.assign(month=stamp, trained=rows["trained"].astype("int64"))


def accuracy_rows(data: Mapping[str, Any]) -> pd.DataFrame:
    """Return what was forecast beside what came, and the error that chance alone would make.

    That floor is the mean absolute deviation of a Poisson number from its mean m, 2 m^(k+1) exp(-m) / k! with k the
    whole part of m (A. de Moivre, 1730; N. L. Johnson, "A note on the mean deviation of the binomial distribution",
    Biometrika 44 (1957), 532-533).
    """
    from scipy.special import gammaln, xlogy

    history = as_frame(data["history"], "history")
    forecast = as_frame(data["forecast"], "forecast")[["queue", "start", "offered"]]
    both = history.rename(columns={"offered": "actual"}).merge(
        forecast.rename(columns={"offered": "forecast"}), on=["queue", "start"]
    )
    if both.empty:
        remedy = "forecast a span that has happened"
        raise DataError(Problem("history and forecast have no interval in common", remedy=remedy))
    mean = both["forecast"].to_numpy(dtype=float)
    whole = np.floor(mean)
    both["noise"] = 2 * np.exp(xlogy(whole + 1, mean) - mean - gammaln(whole + 1))
    return both
