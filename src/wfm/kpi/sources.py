"""The frames that measures are counted on, and which engines can prepare each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from wfm.errors import DataError, Problem
from wfm.kpi.faults import with_faults
from wfm.kpi.measure import Attribution, Source
from wfm.kpi.rows import (
    accuracy_rows,
    adherence_rows,
    check_spells,
    cut_spells,
    return_rows,
    staff_month_rows,
    ticket_rows,
    training_rows,
)
from wfm.schema import FRAMES, as_frame
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
from wfm.tickets.facts import FAULTS, contact_facts

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["SPECS", "Data", "Facts", "Spec", "facts_of"]

Data: TypeAlias = Mapping[str, Any]
_ALL = tuple(Engine)
_PANDAS = (Engine.PANDAS,)
# Rows that last: they are cut at the spans of time, in pandas, for they are few beside the contacts.
_SPELLS = (Source.STATES, Source.ADHERENCE)


@dataclass(frozen=True, slots=True)
class Spec:
    """How the rows of a source come from the frames given.

    Parameters
    ----------
    inputs
        Names of the frames that it is made from.
    stamps
        Column of each attribution.
    columns
        Columns that must be there.
    engines
        Engines that can make and count it.
    prepare
        Makes the rows of the frames given, in pandas; none where they are counted as they are.
    """

    inputs: tuple[str, ...]
    stamps: Mapping[Attribution, str]
    columns: tuple[str, ...] = ()
    engines: tuple[Engine, ...] = _ALL
    prepare: Callable[[Data], pd.DataFrame] | None = field(default=None, repr=False)


_EVENT, _ARRIVAL, _END = Attribution.EVENT, Attribution.ARRIVAL, Attribution.END

SPECS: Mapping[Source, Spec] = {
    Source.CONTACTS: Spec(("contacts",), {_ARRIVAL: "arrived_at", _END: "ended_at"}),
    Source.RETURNS: Spec(("contacts",), {_ARRIVAL: "arrived_at"}, engines=_PANDAS, prepare=return_rows),
    Source.TICKETS: Spec(
        ("tickets", "ticket_events"),
        {_ARRIVAL: "created_at", _END: "solved_at"},
        engines=_PANDAS,
        prepare=ticket_rows,
    ),
    Source.CLOCKS: Spec(
        ("sla_clocks",), {_END: "due_at", _ARRIVAL: "started_at"}, ("met", "measure", "kind"), engines=_PANDAS
    ),
    Source.SURVEYS: Spec(
        ("surveys",), {_EVENT: "offered_at", _END: "answered_at"}, ("kind", "score", "scale", "answered_at")
    ),
    Source.STATES: Spec(("employee_states",), {_EVENT: "start"}, ("employee", "end", "state", "productive")),
    Source.ADHERENCE: Spec(("activities", "employee_states"), {_EVENT: "start"}, (), _PANDAS, adherence_rows),
    Source.QUALITY: Spec(("quality_scores",), {_EVENT: "scored_at"}, ("employee", "criterion", "score", "scale")),
    Source.STAFF: Spec(("staff",), {_EVENT: "month"}, (), _PANDAS, staff_month_rows),
    Source.TRAINING: Spec(("staff",), {_EVENT: "month"}, (), _PANDAS, training_rows),
    Source.ACCURACY: Spec(("history", "forecast"), {_EVENT: "start"}, (), _PANDAS, accuracy_rows),
    Source.COVERAGE: Spec(("coverage",), {_EVENT: "start"}, ("required", "rostered", "under", "over")),
    Source.COSTS: Spec(("costs",), {_EVENT: "start"}, ("cost",)),
    Source.LOST: Spec(("lost_customers",), {_EVENT: "at"}, ("won_back",)),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of a source, ready to be summed; with `instant` and `wall` where a span of time was asked for.

    `faults` names the columns whose sum must be 0, each with what it counts and the cure.
    """

    frame: nw.LazyFrame[Any]
    columns: tuple[str, ...]
    tz: str | None
    faults: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def facts_of(
    source: Source,
    data: Data,
    prepared: dict[Source, pd.DataFrame],
    *,
    at: Attribution,
    keep: Sequence[str],
    tz: str | None,
    length_s: int | None,
    of: str,
) -> Facts:
    """Return the rows of a source with the columns to keep.

    Rows that must be made first are kept in `prepared`: another attribution counts the same ones. `length_s` is the
    length of the span of time that was asked for, a day for a day and more.

    Raises
    ------
    DataError
        If a frame is not given, its engine cannot make the rows, or a column is missing; `of` is the measure named.
    """
    spec = SPECS[source]
    for name in spec.inputs:
        if name not in data:
            what = f"measure {of!r} needs the frame {name!r}"
            raise DataError(Problem(what, remedy=f"give data={{{name!r}: ...}}; given: {', '.join(data) or 'nothing'}"))
    places = [engine_of(data[name]) for name in spec.inputs]
    for place in places:
        if place.engine not in spec.engines:
            able = ", ".join(engine.value for engine in spec.engines)
            what = f"measure {of!r} cannot be counted by {place.engine.value}"
            raise DataError(Problem(what, remedy=f"give the frame to {able}"))
    stamp = spec.stamps.get(at)
    if stamp is None:
        known = ", ".join(each.value for each in spec.stamps)
        raise DataError(Problem(f"{source.value} has no time of {at.value}", remedy=f"attribute to: {known}"))
    if source is Source.CONTACTS:
        return _contacts(places[0], stamp, keep, tz)
    timed = length_s is not None
    if length_s is not None and source in _SPELLS:
        data, tz = _cut(data, spec.inputs, length_s, tz)
    place = engine_of(data[spec.inputs[0]])
    if spec.prepare is not None:
        if source not in prepared:
            prepared[source] = spec.prepare(data)
        place = engine_of(prepared[source])
    if spec.prepare is None:
        place = _checked(source, place)
    check_columns(place, source.value, {stamp: timed}, dict.fromkeys(spec.columns, True))
    zone = zone_of(place, stamp, tz) if timed else tz
    micros = {"lasted_us": ("end", "start")} if source is Source.STATES else {}
    times = Times(micros=micros, instant={"instant": stamp} if timed else {}, wall={"wall": stamp} if timed else {})
    rows = with_times(place, times, zone or "UTC")
    rows, faults = with_faults(rows, source, place.engine)
    if timed and f"fault_{stamp}" not in faults:
        rows = rows.filter(~narwhals().col(stamp).is_null())
    return Facts(rows, tuple(rows.collect_schema()), zone, faults)


def _checked(source: Source, place: Place) -> Place:
    """Return a frame as it is counted, after a check: of pandas its rows, of other engines the types of its columns.

    States are few beside the contacts and must not overlap, so they are checked in pandas whoever holds them.
    """
    name = source.value
    if source is Source.STATES and place.engine is not Engine.PANDAS:
        check_columns(place, name, {"start": True, "end": True}, {})
        place = engine_of(to_pandas(lazy(place.native)))
    if place.engine is not Engine.PANDAS or name not in FRAMES:
        check_types(place, name)
        return place
    rows = as_frame(place.native, name)
    if source is Source.STATES:
        check_spells(rows, name)
    return engine_of(rows)


def _cut(data: Data, names: Sequence[str], length_s: int, tz: str | None) -> tuple[Data, str]:
    """Return the frames of spells cut where the spans begin, and their zone: that of the first one counts for all."""
    found = dict(data)
    for name in names:
        found[name] = cut_spells(data[name], name, length_s, tz)
        tz = tz or str(found[name]["start"].dt.tz)
    return found, str(tz)


def _contacts(place: Place, stamp: str, keep: Sequence[str], tz: str | None) -> Facts:
    """Return the rows of contacts, with the time that each took of its agent."""
    frame = place.native
    if place.engine is Engine.PANDAS:
        frame = as_frame(frame, "contacts")  # here faults are named by their rows
    has = set(lazy(frame).collect_schema())
    wanted = [c for c in (*keep, "sessions", "transferred_to", stamp) if c in has]
    found = contact_facts(frame, tz=tz, keep=wanted, at=stamp)
    nw = narwhals()
    # One agent's time: a chat that was handled beside two others took a third of its length.
    effort = nw.col("handle_s")
    if "sessions" in has:
        effort = effort / nw.when(nw.col("sessions") > 0).then(nw.col("sessions")).otherwise(nw.lit(1))
    rows = found.frame.with_columns(effort_s=effort)
    return Facts(rows, tuple(rows.collect_schema()), found.tz, FAULTS)
