"""Shift design: which few shifts, worked by how many heads, cover a demand; for planners without names.

Sources: Musliu, Schaerf and Slany, "Local search for shift design" (2004); Di Gaspero, Gaertner, Kortsarz, Musliu,
Schaerf and Slany, "The minimum shift design problem" (2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import pairwise
from math import inf

import numpy as np
import pandas as pd

from wfm.checks import check_each, check_in_range, check_int, check_kind
from wfm.domain.duration import as_duration, format_duration
from wfm.domain.shift import ShiftTemplate
from wfm.errors import Faults, InfeasibleError, did_you_mean
from wfm.roster.design.model import Cover, ShiftType, Terms, build_cover, dated, shift_types
from wfm.roster.design.result import ShiftDesign
from wfm.roster.result import Status
from wfm.schema import FrameLike, as_frame
from wfm.shifts import Floats, Ints, overlap, seconds, stamps
from wfm.timegrid import Horizon

__all__ = ["design_shifts"]

_WORK = 10.0
_HOUR_S = 3600.0
_OPTIMAL = 1e-6


def design_shifts(
    requirement: FrameLike,
    templates: Iterable[ShiftTemplate],
    horizon: Horizon,
    *,
    shortage_per_hour: float | None = 1.0,
    surplus_per_hour: float = 1.0,
    per_type: float = 1.0,
    per_head: float | Mapping[str, float] = 0.0,
    most_types: int | None = None,
    seed: int = 0,
    work_limit: float | None = None,
    time_limit: timedelta | str | None = None,
) -> ShiftDesign:
    """Choose shift types and heads that cover a requirement at least price, without names.

    A type is a start on the wall clock with a length. The price is that of the agent-hours missing and spare, of each
    type that is used at all, and of each head on each day.

    Parameters
    ----------
    requirement
        Frame `requirement`; `scheduled` is what is to be covered. Its queues are summed, as if everybody served all of
        them: give the rows of one queue to design for it alone. An interval without a row needs nobody.
    templates
        Windows of start and length to choose from. Heads on a break are away; breaks of one template must lie in
        windows apart, since nobody is followed from one break to the next.
    horizon
        The days on which shifts may start, on the interval of the requirement. In a cyclic one (a typical week) what
        passes the end covers the beginning, else it counts nowhere.
    shortage_per_hour
        Price of a missing agent-hour, more than 0; default 1. None: nothing may be missing.
    surplus_per_hour
        Price of a spare agent-hour, 0 or more; default 1.
    per_type
        Price of each type used, 0 or more; default 1.
    per_head
        Price of a head on a day, 0 or more, for all templates or by name of the template; default 0.
    most_types
        Most types used, 1 or more; default no limit.
    seed
        Seed of the search, 0 or more; default 0.
    work_limit
        Limit in units of the solver's deterministic time, some seconds of one core each, more than 0; default 10, and
        none beside a time limit. The same input, seed and work limit give the same answer.
    time_limit
        Wall-clock limit, such as `"30s"`; default none. With it two runs may differ.

    Returns
    -------
    ShiftDesign
        The frames `shifts`, `types`, `breaks` and `coverage`, the cost by term, and the bound.

    Raises
    ------
    DataError
        With every fault: an empty requirement, stamps off the horizon's intervals or outside it, no or unknown
        templates, break windows that overlap, demand where no shift reaches though nothing may be missing.
    InfeasibleError
        If nothing may be missing and `most_types` types cannot cover the demand, or none was found in the limit.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 08:00", periods=12, freq="1h", tz="UTC")
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 0, "scheduled": [2] * 4 + [5] * 4 + [3] * 4})
    >>> shift = ShiftTemplate(name="day", earliest_start="08:00", latest_start="12:00", step="1h", min_length="8h")
    >>> design = design_shifts(need, [shift], Horizon("2026-11-02", days=1, interval="1h", tz="UTC"))
    >>> design.types[["type", "heads"]].to_numpy().tolist(), design.objective
    ([['day 08:00 8h', 2], ['day 12:00 8h', 3]], 2.0)
    """
    check_int("seed", seed, 0)
    if work_limit is not None:
        check_in_range("work_limit", work_limit, 0.0, include_low=False)
    limit = None if time_limit is None else as_duration("time_limit", time_limit)
    given = check_each("templates", templates, ShiftTemplate)
    check_kind("horizon", horizon, Horizon)
    terms = _terms(given, shortage_per_hour, surplus_per_hour, per_type, per_head, most_types)
    demand = _demand(requirement, horizon)
    types = shift_types(given)
    _check_reach(demand, horizon, types, terms)
    cover = build_cover(demand, horizon, types, terms)
    work = _WORK if work_limit is None and limit is None else work_limit
    found = cover.model.solve(seed=seed, work_limit=work, time_limit=limit)
    if found.numbers is None:
        why = (
            f"no {most_types} shift types cover it without shortage" if found.proven else "none was found in the limit"
        )
        remedy = "allow more types, or give shortage_per_hour a price" if found.proven else "raise the limit"
        raise InfeasibleError(f"no shift design: {why}; {remedy}")
    bound = None if found.bound is None else max(found.bound - cover.rounding, 0.0)
    return _design(demand, horizon, types, terms, cover, found.numbers, bound, proven=found.proven)


def _terms(
    templates: tuple[ShiftTemplate, ...],
    shortage: float | None,
    surplus: float,
    per_type: float,
    per_head: float | Mapping[str, float],
    most_types: int | None,
) -> Terms:
    faults = Faults("the shift design")
    names = [template.name for template in templates]
    if not templates:
        faults.add("no shift templates", remedy="give at least one")
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"two shift templates are named {name!r}", remedy="rename one")
    for template in templates:
        windows = sorted(template.breaks, key=lambda rest: (rest.earliest_s, rest.latest_s))
        for first, second in pairwise(windows):
            gap_s = max(first.min_gap_s, second.min_gap_s)
            if second.earliest_s < first.latest_s + first.length_s + gap_s:
                what = f"the windows of breaks {first.name!r} and {second.name!r} of template {template.name!r} overlap"
                faults.add(what, remedy="part them, or leave one of them to the shrinkage")
    if shortage is not None:
        with faults.collecting():
            check_in_range("shortage_per_hour", shortage, 0.0, include_low=False)
    for name, value in (("surplus_per_hour", surplus), ("per_type", per_type)):
        with faults.collecting():
            check_in_range(name, value, 0.0)
    prices = dict(per_head) if isinstance(per_head, Mapping) else dict.fromkeys(names, per_head)
    for name, value in prices.items():
        if name not in names:
            faults.add(f"per_head: unknown shift template {name!r}", remedy=did_you_mean(name, names))
        with faults.collecting():
            check_in_range("per_head", value, 0.0)
    with faults.collecting():
        if most_types is not None:
            check_int("most_types", most_types, 1)
    faults.raise_if_any()
    return Terms(inf if shortage is None else shortage, surplus, per_type, prices, most_types)


def _demand(requirement: FrameLike, horizon: Horizon) -> Floats:
    """Return the heads wanted by interval of the horizon, all queues together."""
    faults = Faults("the shift design")
    frame = as_frame(requirement, "requirement", tz=horizon.tz)
    if frame.empty:
        faults.add("the requirement is empty", remedy="give at least one row with queue, start and scheduled")
    if horizon.daily:
        faults.add("the horizon has intervals of a day", remedy="write Horizon(..., interval='30min')")
    faults.raise_if_any()
    starts = seconds(horizon.starts)
    places, step = seconds(pd.DatetimeIndex(frame["start"])) - starts[0], int(horizon.interval_s)
    outside = (places < 0) | (places >= step * len(starts))
    if outside.any():
        what = f"{frame['start'][outside].iloc[0]} lies outside the horizon {horizon}"
        faults.add(what, where="requirement", remedy="make both for the same days", rows=frame.index[outside])
    off = places % step != 0
    if off.any():
        what = f"{frame['start'][off].iloc[0]} is not the start of an interval of the horizon {horizon}"
        faults.add(what, where="requirement", remedy="make both on the same intervals", rows=frame.index[off])
    faults.raise_if_any()
    heads = frame["scheduled"].to_numpy(dtype=float)
    demand: Floats = np.bincount(places // step, weights=heads, minlength=len(starts)).astype(float)
    return demand


def _check_reach(demand: Floats, horizon: Horizon, types: tuple[ShiftType, ...], terms: Terms) -> None:
    """Refuse demand that no shift reaches, where nothing may be missing."""
    if np.isfinite(terms.shortage):
        return
    step, first = int(horizon.interval_s), int(seconds(horizon.starts)[0])
    reached = np.zeros(len(demand), dtype=bool)
    for number, _, start in dated(types, horizon):
        places = np.arange((start - first) // step, -((first - start - types[number].length_s) // step))
        reached[places % len(demand) if horizon.cyclic else places[places < len(demand)]] = True
    missed = np.flatnonzero((demand > 0) & ~reached)
    if len(missed):
        faults = Faults("the shift design")
        what = f"no shift covers {horizon.starts[missed[0]]} ({len(missed)} such intervals), and nothing may be missing"
        faults.add(what, remedy="widen a template, or give shortage_per_hour a price")
        faults.raise_if_any()


def _design(
    demand: Floats,
    horizon: Horizon,
    types: tuple[ShiftType, ...],
    terms: Terms,
    cover: Cover,
    values: Ints,
    bound: float | None,
    *,
    proven: bool,
) -> ShiftDesign:
    """Return the result; its cost is counted from its frames."""
    chosen = [one for one in cover.bought if values[one.column]]
    labels = {number: _label(types[number]) for number in sorted({one.type for one in chosen})}
    starts_s = np.array([one.start_s for one in chosen], dtype=np.int64)
    lengths_s = np.array([types[one.type].length_s for one in chosen], dtype=np.int64)
    heads = np.array([values[one.column] for one in chosen], dtype=np.int64)
    shifts = pd.DataFrame(
        {
            "type": pd.Series([labels[one.type] for one in chosen], dtype="str"),
            "template": pd.Series([types[one.type].template.name for one in chosen], dtype="str"),
            "day": pd.Series([horizon.dates[one.day] for one in chosen], dtype=object),
            "shift_start": stamps(starts_s, horizon.tz),
            "shift_end": stamps(starts_s + lengths_s, horizon.tz),
            "heads": heads,
        }
    ).sort_values(["shift_start", "shift_end", "type"], ignore_index=True)
    table = [
        (label, types[number].template.name, types[number].clock, types[number].length_s / _HOUR_S)
        for number, label in labels.items()
    ]
    kinds = pd.DataFrame(table, columns=["type", "template", "start", "length_h"]).astype(
        {"type": "str", "template": "str", "start": "str", "length_h": float}
    )
    kinds["heads"] = kinds["type"].map(shifts.groupby("type")["heads"].sum()).astype("int64")
    breaks = _breaks_frame(horizon, types, cover, values, labels)
    coverage = _coverage(demand, horizon, shifts, breaks)
    hours = horizon.interval_s / _HOUR_S
    short, over = float(coverage["under"].sum()) * hours, float(coverage["over"].sum()) * hours
    cost = {
        "shortage": short * terms.shortage if np.isfinite(terms.shortage) else 0.0,
        "surplus": over * terms.surplus,
        "types": len(kinds) * terms.per_type,
        "heads": float(sum(terms.per_head.get(row.template, 0.0) * row.heads for row in shifts.itertuples())),
    }
    total = sum(cost.values())
    kept = None if bound is None else min(bound, total)
    proven = proven and kept is not None and total - kept <= _OPTIMAL * max(total, 1.0)
    status = Status.OPTIMAL if proven else Status.FEASIBLE
    return ShiftDesign(shifts, kinds, breaks, coverage, status, cost, total if proven else kept, horizon.interval_s)


def _label(one: ShiftType) -> str:
    return f"{one.template.name} {one.clock} {format_duration(timedelta(seconds=one.length_s))}"


def _breaks_frame(
    horizon: Horizon, types: tuple[ShiftType, ...], cover: Cover, values: Ints, labels: Mapping[int, str]
) -> pd.DataFrame:
    rows = []
    for one in cover.bought:
        for number, start_s, column in one.rests:
            if values[column]:
                rest = types[one.type].template.breaks[number]
                rows.append((labels[one.type], one.start_s, rest.name, start_s, int(rest.length_s), values[column]))
    columns = list(zip(*sorted(rows, key=lambda row: (row[1], row[0], row[3])), strict=True)) if rows else [()] * 6
    begin, length = (np.array(columns[place], dtype=np.int64) for place in (3, 4))
    return pd.DataFrame(
        {
            "type": pd.Series(columns[0], dtype="str"),
            "shift_start": stamps(np.array(columns[1], dtype=np.int64), horizon.tz),
            "break": pd.Series(columns[2], dtype="str"),
            "start": stamps(begin, horizon.tz),
            "end": stamps(begin + length, horizon.tz),
            "heads": np.array(columns[5], dtype=np.int64),
        }
    )


def _coverage(demand: Floats, horizon: Horizon, shifts: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """Return heads wanted and present by interval, counted from the frames alone."""
    starts = seconds(horizon.starts)
    count, step = len(starts), int(horizon.interval_s)
    turns = (0, count * step) if horizon.cyclic else (0,)
    present = np.zeros(count)
    for frame, begin, end, sign in ((shifts, "shift_start", "shift_end", 1.0), (breaks, "start", "end", -1.0)):
        begins, ends = seconds(pd.DatetimeIndex(frame[begin])), seconds(pd.DatetimeIndex(frame[end]))
        for turn in turns:
            present += sign * (frame["heads"].to_numpy(dtype=float) @ overlap(begins - turn, ends - turn, starts, step))
    return pd.DataFrame(
        {
            "start": horizon.starts,
            "required": demand,
            "rostered": present,
            "under": np.maximum(demand - present, 0.0),
            "over": np.maximum(present - demand, 0.0),
        }
    )
