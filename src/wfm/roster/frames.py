"""From lines of work to the public frames, and from the frames to the cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from math import gcd

import numpy as np
import pandas as pd

from wfm.domain.shift import WORK
from wfm.roster.coverage.allocation import Queues, allocate
from wfm.roster.coverage.loss import Loss
from wfm.roster.problem import Case, Floats, Ints, Person
from wfm.roster.reports import is_honoured, shortage_frame, wish_price, wishes_frame
from wfm.roster.result import Roster, Status
from wfm.roster.search.lines import Plan, Rostered
from wfm.roster.search.together import fairness_frame, together_terms
from wfm.shifts import stamps

__all__ = ["activities_frame", "cost_by_term", "coverage_frame", "person_cost", "roster_of", "shifts_frame"]

_HOUR_S, _MINUTE_S = 3600, 60
_OPTIMAL = 1e-6
_SHIFT = ["shift_start", "template"]


def shifts_frame(case: Case, lines: list[Rostered]) -> pd.DataFrame:
    """Return the frame `shifts`."""
    owners = [number for number, line in enumerate(lines) for _ in line.shifts]
    chosen = np.array([candidate for line in lines for candidate in line.shifts], dtype=np.int64)
    names = [case.shifts.templates[position].name for position in case.shifts.template[chosen]]
    return pd.DataFrame(
        {
            "employee": pd.Series([case.people[number].employee.id for number in owners], dtype="str"),
            "shift_start": stamps(case.shifts.start_s[chosen], case.centre.tz),
            "shift_end": stamps(case.shifts.end_s[chosen], case.centre.tz),
            "template": pd.Series(names, dtype="str"),
            "paid_h": case.shifts.paid_s[chosen] / _HOUR_S,
        }
    ).sort_values(["employee", "shift_start"], ignore_index=True)


def _part_s(plan: Plan) -> int:
    """Return the length of the parts in which people may change queue: a minute, if cells are whole minutes."""
    return gcd(plan.cell_s, _MINUTE_S)


def _planned_queues(plan: Plan) -> Queues:
    """Return the queue of each person in each part of the axis, as people x parts; -1 where they are not at work."""
    case, cell = plan.case, plan.cell_s
    per_interval = case.interval_s // cell
    origin = int(case.starts_s[0])
    table = np.zeros((len(plan.lines), len(case.starts_s) * per_interval), dtype=bool)
    for number, line in enumerate(plan.lines):
        for candidate, breaks in zip(line.shifts, line.breaks, strict=True):
            for begin, end, activity in _stretches(case, candidate, breaks):
                table[number, (begin - origin) // cell : (end - origin) // cell] = activity == WORK.name
    count = len(case.demand) * per_interval
    owners, parts = np.arange(len(table)), cell // _part_s(plan)
    tail = table[:, count:]
    if not tail.any():
        return allocate(case, table[:, :count], owners, per_interval, parts=parts, width=table.shape[1])
    # What passes the end of a cyclic horizon works at its beginning, beside the shifts that begin there.
    late = np.flatnonzero(tail.any(axis=1))
    wrapped = np.zeros((len(late), count), dtype=bool)
    wrapped[:, : tail.shape[1]] = tail[late]
    both = np.concatenate((table[:, :count], wrapped))
    twice = np.concatenate((owners, late))
    planned = allocate(case, both, twice, per_interval, parts=parts, width=table.shape[1])
    planned[late, count * parts :] = planned[len(owners) :, : tail.shape[1] * parts]
    return planned[: len(owners)]


def activities_frame(plan: Plan) -> pd.DataFrame:
    """Return the frame `activities`, each stretch of work on its planned queue."""
    case = plan.case
    planned, origin = _planned_queues(plan), int(case.starts_s[0])
    rows: list[tuple[str, int, int, str, str | None]] = []
    for number, line in enumerate(plan.lines):
        name = case.people[number].employee.id
        for candidate, breaks in zip(line.shifts, line.breaks, strict=True):
            for begin, end, activity in _stretches(case, candidate, breaks):
                if activity != WORK.name:
                    rows.append((name, begin, end, activity, None))
                    continue
                for low, high, queue in _by_queue(planned[number], _part_s(plan), begin - origin, end - origin):
                    rows.append((name, origin + low, origin + high, activity, case.queues[queue]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    return pd.DataFrame(
        {
            "employee": pd.Series(columns[0], dtype="str"),
            "start": stamps(np.array(columns[1], dtype=np.int64), case.centre.tz),
            "end": stamps(np.array(columns[2], dtype=np.int64), case.centre.tz),
            "activity": pd.Series(columns[3], dtype="str"),
            "queue": pd.Series(columns[4], dtype="str"),
        }
    ).sort_values(["employee", "start"], ignore_index=True)


def _stretches(case: Case, candidate: int, breaks: tuple[int, ...]) -> list[tuple[int, int, str]]:
    """Cut a shift into work and breaks, without gap."""
    template = case.shifts.templates[case.shifts.template[candidate]]
    rests = sorted(
        (start, start + int(rest.length_s), rest.name) for start, rest in zip(breaks, template.breaks, strict=True)
    )
    stretches, clock = [], int(case.shifts.start_s[candidate])
    for begin, end, name in rests:
        if begin > clock:
            stretches.append((clock, begin, WORK.name))
        stretches.append((begin, end, name))
        clock = end
    finish = int(case.shifts.end_s[candidate])
    if finish > clock:
        stretches.append((clock, finish, WORK.name))
    return stretches


def _by_queue(planned: Queues, part: int, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Cut a stretch of work where its planned queue changes; times are from the start of the axis."""
    queues = planned[begin // part : end // part]
    edges = [0, *(np.flatnonzero(np.diff(queues)) + 1).tolist(), len(queues)]
    return [(begin + low * part, begin + high * part, int(queues[low])) for low, high in pairwise(edges)]


def coverage_frame(case: Case, activities: pd.DataFrame) -> pd.DataFrame:
    """Return the frame `coverage`, counted from the frame `activities` alone."""
    table = np.zeros((len(case.queues), len(case.starts_s)))
    work = activities[activities["queue"].notna()]
    step, origin = case.interval_s, int(case.starts_s[0])
    numbers = {name: position for position, name in enumerate(case.queues)}
    begins = work["start"].dt.tz_convert("UTC").dt.tz_localize(None).dt.as_unit("s").astype("int64").to_numpy()
    ends = work["end"].dt.tz_convert("UTC").dt.tz_localize(None).dt.as_unit("s").astype("int64").to_numpy()
    names = zip(work["employee"].tolist(), work["queue"].tolist(), strict=True)
    speeds = np.array([case.speed(name, queue) for name, queue in names])
    for name, queue in numbers.items():
        here = (work["queue"] == name).to_numpy()
        for speed in np.unique(speeds[here]):
            mine = here & (speeds == speed)
            time = _time_in_intervals(begins[mine] - origin, ends[mine] - origin, step, table.shape[1])
            table[queue] += speed * time / step
    required = case.demand[case.row_interval, case.row_queue]
    rostered = case.fold(table)[case.row_queue, case.row_interval]
    return pd.DataFrame(
        {
            "queue": case.requirement["queue"],
            "start": case.requirement["start"],
            "required": required,
            "rostered": rostered,
            "under": np.maximum(required - rostered, 0.0),
            "over": np.maximum(rostered - required, 0.0),
        }
    )


def _time_in_intervals(begins: Ints, ends: Ints, step: int, count: int) -> Floats:
    """Return the seconds of all stretches in each interval: the difference of how much time lies before each edge."""
    edges = step * np.arange(count + 1)
    starts, stops = np.sort(begins), np.sort(ends)
    return np.diff(_time_before(starts, edges) - _time_before(stops, edges))


def _time_before(moments: Ints, edges: Ints) -> Floats:
    """Return for each edge the sum of its distances to the moments before it."""
    passed = np.searchsorted(moments, edges, side="right")
    sums = np.concatenate(([0], np.cumsum(moments)))
    before: Floats = (passed * edges - sums[passed]).astype(float)
    return before


def cost_by_term(
    case: Case, shifts: pd.DataFrame, activities: pd.DataFrame, coverage: pd.DataFrame
) -> dict[str, float]:
    """Return the price of the roster by term, from its frames alone."""
    total = dict.fromkeys(("wages", "overtime", "shortage", "surplus", "wishes"), 0.0)
    worked: defaultdict[str, list[tuple[date, str, float]]] = defaultdict(list)
    columns = (shifts[name] for name in ("employee", "shift_start", "template", "paid_h"))
    for name, start, template, paid_h in zip(*columns, strict=True):
        worked[str(name)].append((start.date(), str(template), float(paid_h)))
    for person in case.people:
        for term, value in person_cost(case, person, worked[person.employee.id]).items():
            total[term] += value
    loss, rostered = Loss(case), np.zeros(case.demand.shape)
    rostered[case.row_interval, case.row_queue] = coverage["rostered"].to_numpy(dtype=float)
    total["shortage"] = float(loss.short(rostered).sum())
    total["surplus"] = float(loss.over(rostered).sum())
    total["wanted"] = _price_of_heads(case, shifts, activities)
    return {**total, **together_terms(case, shifts)}


def _price_of_heads(case: Case, shifts: pd.DataFrame, activities: pd.DataFrame) -> float:
    """Return the price of shifts missing, or too many, where heads are wanted by template and day.

    A shift without any work, such as that of somebody sick, is no head.
    """
    wanted = case.wanted
    if not len(wanted.heads):
        return 0.0
    work = activities.loc[activities["activity"] == WORK.name, ["employee", "start"]].sort_values("start")
    begun = shifts[["employee", *_SHIFT]].sort_values("shift_start")
    owned = pd.merge_asof(work, begun, left_on="start", right_on="shift_start", by="employee")
    there = owned.drop_duplicates(["employee", "shift_start"])
    worked = Counter((start.date(), str(name)) for start, name in zip(*(there[c] for c in _SHIFT), strict=True))
    days, templates = case.horizon.dates, case.shifts.templates
    heads = np.array([worked[days[d], templates[t].name] for d, t in zip(wanted.day, wanted.template, strict=True)])
    return float(wanted.prices(heads).sum())


def person_cost(case: Case, person: Person, worked: list[tuple[date, str, float]]) -> dict[str, float]:
    """Return the wages, overtime and missed wishes of one person, from the day, template and paid hours of each shift.

    A fee for each shift counts as wages.
    """
    contract = person.contract
    paid = [0.0] * len(case.weeks)
    mondays = {week.monday: number for number, week in enumerate(case.weeks)}
    for day, _, paid_h in worked:
        paid[mondays[day - timedelta(days=day.weekday())]] += paid_h
    above = [max(0.0, paid_h - plain_s / _HOUR_S) for paid_h, plain_s in zip(paid, person.plain_s, strict=True)]
    templates = {day: template for day, template, _ in worked}
    days = set(case.horizon.dates)
    missed = [
        wish_price(case, wish)
        for wish in person.employee.preferences
        if wish.day in days and not is_honoured(wish, templates.get(wish.day))
    ]
    return {
        "wages": (sum(paid) - sum(above)) * contract.cost_per_hour + len(worked) * contract.cost_per_shift,
        "overtime": sum(above) * contract.cost_per_hour * contract.overtime_factor,
        "wishes": sum(missed),
    }


def roster_of(case: Case, shifts: pd.DataFrame, activities: pd.DataFrame, *, bound: float | None) -> Roster:
    """Return the roster of two frames: its coverage, its cost, and how near the bound it is."""
    coverage = coverage_frame(case, activities)
    cost = cost_by_term(case, shifts, activities, coverage)
    total = sum(cost.values())
    # A linear programme is solved to a tolerance, so its bound may pass an optimal cost by a rounding error.
    kept = None if bound is None else min(bound, total)
    proven = kept is not None and total - kept <= _OPTIMAL * max(abs(total), 1.0)
    return Roster(
        shifts=shifts,
        activities=activities,
        coverage=coverage,
        shortage=shortage_frame(case, shifts, coverage),
        wishes=wishes_frame(case, shifts),
        fairness=fairness_frame(case, shifts),
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        cost=cost,
        bound=kept,
        headcount=int(shifts["employee"].nunique()),
        currency=case.centre.currency,
        interval_s=case.centre.interval_s,
    )
