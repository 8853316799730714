"""What became of each contact, on any engine: the twin of `outcomes_of` for frames that do not fit into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.errors import Faults
from wfm.tickets.engines import (
    Engine,
    Place,
    Times,
    check_columns,
    check_types,
    engine_of,
    lazy,
    narwhals,
    to_pandas,
    with_times,
    zone_of,
)

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["FAULTS", "ContactFacts", "contact_facts", "count_intervals", "raise_faults"]

# Sums of these columns of the facts are faults of the log.
FAULTS: Mapping[str, tuple[str, str]] = {
    "fault_both": ("contacts answered and abandoned too", "keep the one that came first"),
    "fault_unqueued": ("contacts answered or abandoned without entering the queue", "give queued_at"),
    "fault_backwards": ("contacts answered, abandoned or queued before they arrived or were queued", "correct a stamp"),
    "fault_ended": ("contacts ended before they were answered", "correct ended_at or answered_at"),
    "fault_negative": ("contacts with a negative talk, hold or wrap time", "correct the value"),
    "fault_unnamed": ("contacts without queue or arrival", "fill it or leave the row out"),
}
_STAMPS = {
    "arrived_at": True,
    "answered_at": True,
    "abandoned_at": True,
    "queued_at": False,
    "ended_at": False,
}
_OTHERS = {"queue": True}
_PARTS = ("talk_s", "hold_s", "wrap_s")


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Contacts with what became of each.

    Parameters
    ----------
    frame
        The columns of the log that were asked for, `answered, abandoned, blocked, waiting` (0 or 1), `wait_us`
        (microseconds until the answer or the abandonment, else missing), `handle_s` (of the answered, missing where
        the log does not tell), `instant` and `wall` (whole seconds of the stamp of attribution), and the columns of
        `FAULTS`.
    tz
        Zone of the clock on the wall.
    engine
        What holds the frame.
    has_queued
        Whether the log tells who was blocked.
    """

    frame: nw.LazyFrame[Any]
    tz: str
    engine: Engine
    has_queued: bool


def contact_facts(
    contacts: object, *, tz: str | None = None, keep: Sequence[str] = (), at: str = "arrived_at"
) -> ContactFacts:
    """Return contacts with what became of each, by the rules of `outcomes_of`; nothing is computed yet.

    Parameters
    ----------
    contacts
        Frame `contacts` of any engine.
    tz
        Zone of the wall clock; default that of the stamps, where the engine keeps one.
    keep
        Columns of the log to keep beside `queue`.
    at
        Stamp to which a contact is attributed; contacts without it are left out. Default its arrival.

    Raises
    ------
    DataError
        If a column is missing or its stamps have no zone. Faults of rows are columns to be summed: see `raise_faults`.
    """
    place = engine_of(contacts)
    check_columns(place, "contacts", _STAMPS, _OTHERS | dict.fromkeys(keep, True))
    check_types(place, "contacts")
    zone = zone_of(place, "arrived_at", tz)
    nw = narwhals()
    schema = lazy(place.native).collect_schema()
    has_queued = "queued_at" in schema
    entered = "queued_at" if has_queued else "arrived_at"
    wanted = {"queue", at, *keep, *(c for c in (*_STAMPS, *_PARTS) if c in schema)}
    place = Place(place.engine, lazy(place.native).select(*sorted(wanted)).to_native())
    frame = with_times(place, _times(entered, has_queued, "ended_at" in schema, at), zone)
    if at != "arrived_at":
        frame = frame.filter(~nw.col(at).is_null())
    flag = {name: ~nw.col(f"{name}_at").is_null() for name in ("answered", "abandoned")}
    settled = flag["answered"] | flag["abandoned"]
    unqueued = nw.col(entered).is_null()
    blocked = ~settled & unqueued if has_queued else nw.col(at).is_null()
    frame = frame.with_columns(
        answered=flag["answered"].cast(nw.Int64),
        abandoned=flag["abandoned"].cast(nw.Int64),
        blocked=blocked.cast(nw.Int64),
        waiting=(~settled & ~blocked).cast(nw.Int64),
        wait_us=nw.when(flag["answered"]).then(nw.col("answer_us")).otherwise(nw.col("abandon_us")),
        handle_s=_handle_s(schema),
        **_faults(schema, flag, unqueued, has_queued),
    )
    return ContactFacts(frame, zone, place.engine, has_queued)


def _times(entered: str, has_queued: bool, has_ended: bool, at: str) -> Times:
    micros = {"answer_us": ("answered_at", entered), "abandon_us": ("abandoned_at", entered)}
    if has_queued:
        micros["queue_us"] = ("queued_at", "arrived_at")
    if has_ended:
        micros["end_us"] = ("ended_at", "answered_at")
    return Times(micros=micros, instant={"instant": at}, wall={"wall": at})


def _handle_s(schema: Mapping[str, Any]) -> Any:
    """Return talk, hold and wrap of the answered, or answer to end and wrap; missing where neither is known."""
    nw = narwhals()
    core = nw.col("end_us") / 1e6 if "ended_at" in schema else None
    if "talk_s" in schema:
        held = nw.col("hold_s").fill_null(0.0) if "hold_s" in schema else nw.lit(0.0)
        talk = nw.col("talk_s") + held
        core = talk if core is None else nw.when(~nw.col("talk_s").is_null()).then(talk).otherwise(core)
    if core is None:
        return nw.lit(None, dtype=nw.Float64)
    wrapped = core + nw.col("wrap_s").fill_null(0.0) if "wrap_s" in schema else core
    return nw.when(~nw.col("answered_at").is_null()).then(wrapped)


def _faults(schema: Mapping[str, Any], flag: Mapping[str, Any], unqueued: Any, has_queued: bool) -> dict[str, Any]:
    nw = narwhals()
    settled = flag["answered"] | flag["abandoned"]

    def below(column: str) -> Any:
        return (nw.col(column) < 0).fill_null(False)

    backwards = below("answer_us") | below("abandon_us")
    if has_queued:
        backwards = backwards | below("queue_us")
    negative = nw.any_horizontal(*(below(part) for part in _PARTS if part in schema), nw.lit(False), ignore_nulls=True)
    found = {
        "fault_both": flag["answered"] & flag["abandoned"],
        "fault_unqueued": settled & unqueued,
        "fault_backwards": backwards,
        "fault_negative": negative,
        "fault_unnamed": nw.col("queue").is_null() | nw.col("arrived_at").is_null(),
    }
    if "ended_at" in schema:
        found["fault_ended"] = below("end_us")
    return {name: mask.cast(nw.Int64) for name, mask in found.items()}


def raise_faults(
    sums: pd.DataFrame, known: Mapping[str, tuple[str, str]] = FAULTS, frame: str = "contacts"
) -> pd.DataFrame:
    """Return a table of sums without its columns of faults, or raise with every fault in it.

    Raises
    ------
    DataError
        If a sum of a known fault of the frame is above 0.
    """
    faults = Faults(f"frame {frame!r}")
    for name, (what, remedy) in known.items():
        count = int(sums[name].sum()) if name in sums.columns else 0
        if count:
            faults.add(f"{count:,} {what}", remedy=remedy)
    faults.raise_if_any()
    return sums.drop(columns=[name for name in known if name in sums.columns])


def count_intervals(contacts: object, step: timedelta, limit: timedelta, tz: str | None) -> tuple[pd.DataFrame, str]:
    """Return the sums of each queue and interval of arrival, and the zone: the counting of `interval_history`.

    The table has the index `queue, start`, the columns of a history, and `untimed`: the handled without handle time.
    """
    nw = narwhals()
    facts = contact_facts(contacts, tz=tz)
    length, within_us = int(step.total_seconds()), round(limit.total_seconds() * 1e6)
    answered = nw.col("answered") == 1
    frame = facts.frame.with_columns(
        begin=nw.col("instant") - nw.col("wall") % length,
        offered=nw.lit(1),
        wait_sum=nw.when(answered).then(nw.col("wait_us")).otherwise(nw.lit(0)),
        answered_within=(answered & (nw.col("wait_us") <= within_us)).fill_null(False).cast(nw.Int64),
        untimed=(answered & nw.col("handle_s").is_null()).cast(nw.Int64),
    )
    columns = ["offered", "answered", "abandoned", "waiting", "blocked", "handle_s", "wait_sum", "answered_within"]
    columns += ["untimed", *(name for name in FAULTS if name in frame.collect_schema())]
    summed = frame.group_by("queue", "begin").agg(*(nw.col(column).sum() for column in columns))
    # Sums of whole numbers come as wider types from some engines, which are slow to turn over.
    whole = [nw.col(column).cast(nw.Int64) for column in columns if column not in ("handle_s", "wait_sum")]
    sums = to_pandas(summed.with_columns(*whole, nw.col("wait_sum").cast(nw.Float64)))
    table = raise_faults(sums)
    numbers = [column for column in table.columns if column not in ("queue", "handle_s", "wait_sum")]
    table[numbers] = table[numbers].astype("int64")
    table["wait_s"] = table.pop("wait_sum").astype(float) / 1e6
    table["handle_s"] = table["handle_s"].astype(float).fillna(0.0).round(6)
    begin = pd.to_datetime(table.pop("begin").to_numpy(dtype=np.int64), unit="s", utc=True)
    table["start"] = begin.as_unit("ns").tz_convert(facts.tz)
    table["queue"] = table["queue"].astype("str")
    if not facts.has_queued:
        table = table.drop(columns="blocked")
    order = ["offered", "answered", "abandoned", "waiting", *(["blocked"] if facts.has_queued else [])]
    table = table.set_index(["queue", "start"]).sort_index()
    table = table[[*order, "handle_s", "wait_s", "answered_within", "untimed"]]
    return table.rename(columns={"answered": "handled"}), facts.tz
