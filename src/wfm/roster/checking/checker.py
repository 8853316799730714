"""The independent checker: it judges a roster by its frames alone and shares no code with the solver.

The rules are read off `wfm.domain`; how each one is read stands at `wfm.roster.checking.violations.Rule`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_kind
from wfm.domain import WORK, Break, Centre, Lock, ShiftTemplate
from wfm.errors import did_you_mean
from wfm.roster.checking.case import (
    DAY,
    SLACK_S,
    Case,
    Person,
    RosterLike,
    Shift,
    Stretch,
    hours_text,
    read_case,
    seconds,
    span_text,
    wall_text,
)
from wfm.roster.checking.days import RULES_OVER_DAYS
from wfm.roster.checking.violations import Rule, Violation, violations_frame
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import Horizon

__all__ = ["RosterLike", "Rule", "Violation", "check", "violations_frame"]

_SLACK_AGENTS = 1e-6


def check(
    roster: RosterLike, centre: Centre, requirement: FrameLike | None = None, *, horizon: Horizon | None = None
) -> list[Violation]:
    """Return every rule that a roster breaks, in the order of `Rule`, then by person and time; none if it is legal.

    Parameters
    ----------
    roster
        A roster, or any object with the frames `shifts` and `activities`, and perhaps `coverage`.
    centre
        The centre with its people, contracts and shift templates.
    requirement
        The requirement that was rostered: its days are the horizon, and the coverage of the roster is held against
        it. Default none: the horizon runs from the day of the first shift to that of the last, and the coverage is
        not judged.
    horizon
        The days of the roster, where they are more than those of the requirement or cyclic: then what passes the end
        covers the beginning. Default those of the requirement.

    Raises
    ------
    DataError
        If a frame has faults of form, such as a missing column or stamps without a zone, or if the centre or the
        horizon is of another kind.

    Notes
    -----
    A week is cut by the horizon if a day of it lies outside on which a queue is open by the calendar; so a week from
    Monday to Friday is whole where the weekend is closed.

    Shifts of one person that overlap leave open which shift a stretch belongs to: their stretches are not judged for
    tiling and breaks, and their paid time is taken as stated. So is that of a shift with an unknown template.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from wfm.domain import Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
    >>> centre = Centre(
    ...     name="desk",
    ...     tz="Europe/Berlin",
    ...     queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
    ...     contracts=(Contract(name="full"),),
    ...     shifts=(ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),),
    ...     employees=(Employee(id="A1", contract="full", skills=(Skill("calls"),)),),
    ... )
    >>> start, end = (pd.Timestamp(f"2026-11-02 {clock}", tz="Europe/Berlin") for clock in ("08:00", "16:00"))
    >>> shift = {"employee": "A1", "shift_start": start, "shift_end": end, "template": "early", "paid_h": 8.0}
    >>> work = {"employee": "A1", "start": start, "end": end, "activity": "work", "queue": "calls"}
    >>> roster = SimpleNamespace(shifts=pd.DataFrame([shift]), activities=pd.DataFrame([work]))
    >>> print(*check(roster, centre))
    start_outside_window: A1, 2026-11-02T08:00:00+01:00: starts at 08:00, 'early' only from 07:00 to 07:00
    """
    check_kind("centre", centre, Centre)
    if horizon is not None:
        check_kind("horizon", horizon, Horizon)
    need = None
    if requirement is not None:
        queues = [queue.name for queue in centre.queues]
        need = as_frame(requirement, "requirement", tz=centre.tz, known={"queue": queues})
    case = read_case(roster, centre, need, horizon)
    found = [violation for person in case.people.values() for rules in _RULES for violation in rules(case, person)]
    coverage = getattr(roster, "coverage", None)
    if need is not None and coverage is not None:
        found.extend(_coverage(case, as_frame(coverage, "coverage", tz=centre.tz), need))
    places = {rule: place for place, rule in enumerate(Rule)}
    return sorted(found, key=lambda v: (places[v.rule], v.employee or "", v.when_text, v.message))


def _names(case: Case, person: Person) -> Iterator[Violation]:
    if person.employee is None:
        first_s = min([shift.start_s for shift in person.shifts] + [stretch.start_s for stretch in person.loose])
        what = f"nobody of the centre bears this identifier; {did_you_mean(person.id, _ids(case))}"
        yield Violation(Rule.UNKNOWN_EMPLOYEE, person.id, case.at(first_s), what)
    for shift in person.shifts:
        if shift.template is None:
            templates = [template.name for template in case.centre.shifts]
            what = f"unknown shift template {shift.name!r}; {did_you_mean(shift.name, templates)}"
            yield Violation(Rule.UNKNOWN_TEMPLATE, person.id, case.at(shift.start_s), what)


def _ids(case: Case) -> list[str]:
    return [employee.id for employee in case.centre.employees]


def _by_template(case: Case, person: Person) -> Iterator[Violation]:
    """Judge every shift against its template, and that against the contract."""
    for shift in person.shifts:
        if shift.template is not None:
            allowed = person.contract.templates if person.contract else None
            if allowed is not None and shift.name not in allowed:
                what = f"template {shift.name!r} is not allowed by the contract, only {', '.join(allowed)}"
                yield Violation(Rule.TEMPLATE_NOT_ALLOWED, person.id, case.at(shift.start_s), what)
            for rule, what in (*_start(shift, shift.template), *_length(shift, shift.template)):
                yield Violation(rule, person.id, case.at(shift.start_s), what)


def _start(shift: Shift, template: ShiftTemplate) -> Iterator[tuple[Rule, str]]:
    if shift.day.weekday() not in template.weekdays:
        days = ", ".join(f"{date(2026, 11, 2) + n * DAY:%a}" for n in template.weekdays)  # 2 November 2026: a Monday
        yield Rule.WEEKDAY_NOT_ALLOWED, f"starts on a {shift.day:%a}, {shift.name!r} only on {days}"
    early_s, late_s, step_s = template.earliest_start_s, template.latest_start_s, template.step_s
    # Midnight is the end of a window that does not begin with it.
    walls_s = [86400.0 if wall_s == 0 < early_s else wall_s for wall_s in shift.walls_s]
    inside = [wall_s for wall_s in walls_s if early_s <= wall_s <= late_s]
    if not inside:
        window = f"from {wall_text(early_s)} to {wall_text(late_s)}"
        yield Rule.START_OUTSIDE_WINDOW, f"starts at {wall_text(shift.walls_s[0])}, {shift.name!r} only {window}"
    elif all((wall_s - early_s) % step_s for wall_s in inside):
        begins = f"starts at {wall_text(shift.walls_s[0])}, {shift.name!r} only every {span_text(step_s)}"
        yield Rule.START_OFF_STEP, f"{begins} from {wall_text(early_s)}"


def _length(shift: Shift, template: ShiftTemplate) -> Iterator[tuple[Rule, str]]:
    low_s, high_s, step_s = template.min_length_s, template.max_length_s, template.step_s
    if not low_s <= shift.length_s <= high_s:
        what = f"lasts {span_text(shift.length_s)}, {shift.name!r} only from {span_text(low_s)} to {span_text(high_s)}"
        yield Rule.LENGTH_OUTSIDE_RANGE, what
    elif (shift.length_s - low_s) % step_s:
        steps = f"{span_text(low_s)} and steps of {span_text(step_s)}"
        yield Rule.LENGTH_OFF_STEP, f"lasts {span_text(shift.length_s)}, {shift.name!r} only {steps}"


def _between_shifts(case: Case, person: Person) -> Iterator[Violation]:
    """Judge overlap, rest and second shifts of a day; a shift that overlaps is not judged for rest too."""
    if not person.shifts:
        return
    yield from _after_the_last(case, person, person.shifts[0])
    latest = person.shifts[0]
    for before, shift in pairwise(person.shifts):
        rest_s = shift.start_s - latest.end_s
        if rest_s < 0:
            what = f"starts before the shift of {case.text(latest.start_s)} ends at {case.text(latest.end_s)}"
            yield Violation(Rule.SHIFT_OVERLAP, person.id, case.at(shift.start_s), what)
        elif person.contract and rest_s < person.contract.min_rest_s:
            least = span_text(person.contract.min_rest_s)
            what = f"{span_text(rest_s)} after the end of the shift before, at least {least}"
            yield Violation(Rule.REST, person.id, case.at(shift.start_s), what)
        if shift.day == before.day:
            what = f"a second shift on {shift.day}, after that of {case.text(before.start_s)}"
            yield Violation(Rule.TWO_SHIFTS_ON_DAY, person.id, case.at(shift.start_s), what)
        latest = max(latest, shift, key=lambda one: one.end_s)


def _after_the_last(case: Case, person: Person, first: Shift) -> Iterator[Violation]:
    """Judge the rest between the last shift before the horizon and the first one in it."""
    before = person.employee.before if person.employee else None
    if before is None or before.last_end is None or person.contract is None:
        return
    rest_s = first.start_s - before.last_end.timestamp()
    if rest_s < 0:
        what = f"starts before the last shift before the horizon ends at {case.text(before.last_end.timestamp())}"
        yield Violation(Rule.SHIFT_OVERLAP, person.id, case.at(first.start_s), what)
    elif rest_s < person.contract.min_rest_s:
        least = span_text(person.contract.min_rest_s)
        what = f"{span_text(rest_s)} after the end of the last shift before the horizon, at least {least}"
        yield Violation(Rule.REST, person.id, case.at(first.start_s), what)


def _locks(case: Case, person: Person) -> Iterator[Violation]:
    locks = person.employee.locks if person.employee else ()
    for lock in locks:
        if case.first is None or case.last is None or not case.first <= lock.day <= case.last:
            continue
        shifts = [shift for shift in person.shifts if shift.day == lock.day]
        wrong = [what for shift in shifts for what in _unlike(case, lock, shift)]
        if lock.off:
            wrong = ["a shift stands on a day that is locked off"] if shifts else []
        elif not shifts:
            wrong = ["no shift stands on a day that is locked to one"]
        for what in wrong:
            yield Violation(Rule.LOCK, person.id, lock.day, what)


def _unlike(case: Case, lock: Lock, shift: Shift) -> Iterator[str]:
    """Tell in what a shift is not as a lock says."""
    if lock.template is not None and shift.name != lock.template:
        yield f"template {shift.name!r}, locked to {lock.template!r}"
    if lock.start_s is not None and lock.start_s not in shift.walls_s:
        yield f"starts at {wall_text(shift.walls_s[0])}, locked to {wall_text(lock.start_s)}"
    if lock.length_s is not None and shift.length_s != lock.length_s:
        yield f"lasts {span_text(shift.length_s)}, locked to {span_text(lock.length_s)}"
    taken = _taken(shift)
    zone = ZoneInfo(case.centre.tz)
    for name, start in dict(lock.breaks).items():
        if not isinstance(start, timedelta):
            continue
        midnights = (datetime.combine(shift.day + n * DAY, time(), zone) for n in (0, 1))
        turns = ((midnight + start).timestamp() for midnight in midnights)
        due_s = min(at_s for at_s in turns if at_s >= shift.start_s)
        if [begin for begin, _ in taken[name]] != [due_s]:
            yield f"break {name!r} does not start at {wall_text(start.total_seconds())}, to which it is locked"


def _unavailable(case: Case, person: Person) -> Iterator[Violation]:
    for start_s, end_s, named, _ in person.away:
        for shift in person.shifts:
            if shift.start_s < end_s and shift.end_s > start_s:
                what = f"a shift from {case.text(shift.start_s)} to {case.text(shift.end_s)} falls into {named}"
                yield Violation(Rule.UNAVAILABLE, person.id, case.at(shift.start_s), what)


def _stretches(case: Case, person: Person) -> Iterator[Violation]:
    """Judge every stretch by itself: its place, its activity, its queue."""
    for shift in person.shifts:
        for stretch in shift.stretches:
            names = case.activity_names[shift.template.name if shift.template else None]
            for rule, what in (*_place(case, stretch, shift), *_activity(case, stretch, names, person)):
                yield Violation(rule, person.id, case.at(stretch.start_s), what)
    for stretch in person.loose:
        what = f"{stretch.activity!r} to {case.text(stretch.end_s)} lies in no shift of the person"
        yield Violation(Rule.STRETCH_OUTSIDE_SHIFT, person.id, case.at(stretch.start_s), what)
        for rule, what in _activity(case, stretch, case.activity_names[None], person):
            yield Violation(rule, person.id, case.at(stretch.start_s), what)


def _place(case: Case, stretch: Stretch, shift: Shift) -> Iterator[tuple[Rule, str]]:
    if stretch.end_s <= stretch.start_s:
        yield Rule.STRETCH_EMPTY, f"{stretch.activity!r} ends at {case.text(stretch.end_s)}, not after its start"
    elif stretch.start_s < shift.start_s or stretch.end_s > shift.end_s:
        span = f"{case.text(shift.start_s)} to {case.text(shift.end_s)}"
        yield Rule.STRETCH_OUTSIDE_SHIFT, f"{stretch.activity!r} to {case.text(stretch.end_s)} passes the shift {span}"


def _activity(case: Case, stretch: Stretch, names: Iterable[str], person: Person) -> Iterator[tuple[Rule, str]]:
    if stretch.activity not in names:
        yield Rule.UNKNOWN_ACTIVITY, f"unknown activity {stretch.activity!r}; {did_you_mean(stretch.activity, names)}"
    elif stretch.activity != WORK.name:
        if stretch.queue is not None:
            yield Rule.QUEUE_OFF_WORK, f"{stretch.activity!r} has the queue {stretch.queue!r}; only work has one"
    elif stretch.queue is None:
        yield Rule.WORK_WITHOUT_QUEUE, "a stretch of work has no queue"
    elif stretch.queue not in case.queues:
        yield Rule.UNKNOWN_QUEUE, f"unknown queue {stretch.queue!r}; {did_you_mean(stretch.queue, case.queues)}"
    elif person.employee and stretch.queue not in person.employee.queues:
        skills = ", ".join(person.employee.queues)
        yield Rule.SERVES_WITHOUT_SKILL, f"is planned on {stretch.queue!r} and has the skills {skills}"


def _tiling(case: Case, person: Person) -> Iterator[Violation]:
    """Judge whether the stretches of a shift leave gaps or overlap; what passes the shift is judged elsewhere."""
    for shift in person.shifts:
        if shift.clashes:
            continue
        filled_s = shift.start_s
        for stretch in (stretch for stretch in shift.stretches if stretch.end_s > stretch.start_s):
            if stretch.start_s > filled_s:
                what = f"nothing is planned from {case.text(filled_s)} to {case.text(stretch.start_s)}"
                yield Violation(Rule.STRETCH_GAP, person.id, case.at(filled_s), what)
            elif shift.start_s <= stretch.start_s < filled_s:
                what = f"{stretch.activity!r} starts before the stretch before it ends at {case.text(filled_s)}"
                yield Violation(Rule.STRETCH_OVERLAP, person.id, case.at(stretch.start_s), what)
            filled_s = max(filled_s, stretch.end_s)
        if filled_s < shift.end_s:
            what = f"nothing is planned from {case.text(filled_s)} to {case.text(shift.end_s)}"
            yield Violation(Rule.STRETCH_GAP, person.id, case.at(filled_s), what)


def _breaks(case: Case, person: Person) -> Iterator[Violation]:
    for shift in person.shifts:
        if shift.template is None or shift.clashes:
            continue
        taken = _taken(shift)
        for rest in shift.template.breaks:
            for at_s, rule, what in _break(shift, rest, taken[rest.name]):
                yield Violation(rule, person.id, case.at(at_s), what)
        for at_s, what in _gaps(shift, shift.template, taken):
            yield Violation(Rule.BREAK_TOO_CLOSE, person.id, case.at(at_s), what)


def _gaps(
    shift: Shift, template: ShiftTemplate, taken: defaultdict[str, list[tuple[float, float]]]
) -> Iterator[tuple[float, str]]:
    """Judge how far breaks lie from the start and the end of the shift, and from each other."""
    rests = [(begin, end, rest) for rest in template.breaks for begin, end in taken[rest.name]]
    rests.sort(key=lambda item: item[:2])
    for begin, end, rest in rests:
        gap_s = min(begin - shift.start_s, shift.end_s - end)
        if gap_s < rest.min_gap_s:
            edge = "start" if gap_s == begin - shift.start_s else "end"
            what = f"break {rest.name!r} is {span_text(gap_s)} from the {edge} of the shift"
            yield begin, f"{what}, at least {span_text(rest.min_gap_s)}"
    for (_, end, one), (begin, _, other) in pairwise(rests):
        least_s = max(one.min_gap_s, other.min_gap_s)
        if begin - end < least_s:
            what = f"break {other.name!r} starts {span_text(begin - end)} after {one.name!r}"
            yield begin, f"{what}, at least {span_text(least_s)}"


def _taken(shift: Shift) -> defaultdict[str, list[tuple[float, float]]]:
    """Return when each activity is taken; stretches of one activity that touch are one."""
    taken: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for stretch in shift.stretches:
        spans = taken[stretch.activity]
        if spans and spans[-1][1] == stretch.start_s:
            spans[-1] = (spans[-1][0], stretch.end_s)
        else:
            spans.append((stretch.start_s, stretch.end_s))
    return taken


def _break(shift: Shift, rest: Break, spans: list[tuple[float, float]]) -> Iterator[tuple[float, Rule, str]]:
    """Judge one break of the template; one that is taken twice is not judged for length and window too."""
    if not spans:
        yield shift.start_s, Rule.BREAK_MISSING, f"break {rest.name!r} of {shift.name!r} is not in the shift"
        return
    if len(spans) > 1:
        yield spans[1][0], Rule.BREAK_TWICE, f"break {rest.name!r} is taken {len(spans)} times, once by {shift.name!r}"
        return
    start_s, end_s = spans[0]
    if end_s - start_s != rest.length_s:
        what = f"break {rest.name!r} lasts {span_text(end_s - start_s)}, {span_text(rest.length_s)} by {shift.name!r}"
        yield start_s, Rule.BREAK_WRONG_LENGTH, what
    if not rest.earliest_s <= start_s - shift.start_s <= rest.latest_s:
        window = f"{span_text(rest.earliest_s)} to {span_text(rest.latest_s)}"
        what = f"break {rest.name!r} starts {span_text(start_s - shift.start_s)} into the shift, only from {window}"
        yield start_s, Rule.BREAK_OUTSIDE_WINDOW, what


def _day_hours(case: Case, person: Person) -> Iterator[Violation]:
    days: defaultdict[date, float] = defaultdict(float)
    for shift in person.shifts:
        days[shift.day] += shift.paid_s
        if abs(shift.stated_paid_s - shift.paid_s) > SLACK_S:
            due = f"{hours_text(shift.paid_s)} by its length and unpaid breaks"
            what = f"paid_h is {hours_text(shift.stated_paid_s)}, {due}"
            yield Violation(Rule.PAID_HOURS_WRONG, person.id, case.at(shift.start_s), what)
    if person.contract is None:
        return
    low_s, high_s = person.contract.min_day_s, person.contract.max_day_s
    for day, paid_s in days.items():
        if not low_s - SLACK_S <= paid_s <= high_s + SLACK_S:
            limits = f"from {hours_text(low_s)} to {hours_text(high_s)} by the contract"
            yield Violation(Rule.DAY_HOURS, person.id, day, f"{hours_text(paid_s)} paid on the day, {limits}")


_RULES = (
    _names,
    _by_template,
    _between_shifts,
    _unavailable,
    _locks,
    _stretches,
    _tiling,
    _breaks,
    _day_hours,
    *RULES_OVER_DAYS,
)


def _coverage(case: Case, coverage: pd.DataFrame, need: pd.DataFrame) -> Iterator[Violation]:
    """Hold every row of the coverage against the requirement and the stretches of work."""
    key = ["queue", "start"]
    columns = [*key, "required", "rostered", "under", "over"]
    both = need[[*key, "scheduled"]].merge(coverage[columns], on=key, how="outer", indicator="side")
    both["scheduled"] = both["scheduled"].fillna(0.0)
    both["worked"] = _worked(case, both)
    expected = {
        "required": both["scheduled"],
        "rostered": both["worked"],
        "under": (both["scheduled"] - both["worked"]).clip(lower=0.0),
        "over": (both["worked"] - both["scheduled"]).clip(lower=0.0),
    }
    for row in both[both["side"] == "left_only"].itertuples():
        yield Violation(Rule.COVERAGE_WRONG, None, row.start, f"queue {row.queue!r}: the coverage has no such row")
    for name, right in expected.items():
        wrong = (both["side"] != "left_only") & ((both[name] - right).abs() > _SLACK_AGENTS)
        for queue, start, found, due in zip(
            *(v[wrong] for v in (both["queue"], both["start"], both[name], right)), strict=True
        ):
            what = f"queue {queue!r}: {name} is {found:g}, {due:g} by the requirement and the activities"
            yield Violation(Rule.COVERAGE_WRONG, None, start, what)


def _worked(case: Case, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the agents at work on the queue of each row.

    It is the time of the stretches in the interval over its length, each as often as the proficiency of the person on
    the queue says, once where they lack the skill.
    """
    work = case.activities[case.activities["activity"] == WORK.name]
    starts_s, ends_s = seconds(work["start"]), seconds(work["end"])
    begins_s = seconds(rows["start"])
    origin_s = begins_s.min(initial=np.inf)
    speed_of = {(who.id, skill.queue): skill.proficiency for who in case.centre.employees for skill in who.skills}
    pairs = zip(work["employee"], work["queue"], strict=True)
    speeds = np.array([speed_of.get(pair, 1.0) for pair in pairs], dtype=float)
    agents = np.zeros(len(rows))
    for queue in rows["queue"].unique():
        mine, here = (work["queue"] == queue).to_numpy(dtype=bool), (rows["queue"] == queue).to_numpy(dtype=bool)
        at = begins_s[here] - origin_s
        for speed in np.unique(speeds[mine]):
            forward = mine & (speeds == speed) & (ends_s > starts_s)
            begun, ended = (np.sort(values[forward]) - origin_s for values in (starts_s, ends_s))
            for turn_s in (0.0, case.cycle_s) if case.cycle_s else (0.0,):
                low_s, high_s = at + turn_s, at + turn_s + case.centre.interval_s
                there_s = _elapsed(begun, ended, high_s) - _elapsed(begun, ended, low_s)
                agents[here] += speed * there_s / case.centre.interval_s
    return agents


def _elapsed(
    begun: npt.NDArray[np.float64], ended: npt.NDArray[np.float64], until: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the person-time before each moment: the time since each start, less that since each end."""
    total = np.zeros(len(until))
    for moments, sign in ((begun, 1.0), (ended, -1.0)):
        sums = np.concatenate(([0.0], np.cumsum(moments)))
        passed = np.searchsorted(moments, until, side="right")
        total += sign * (passed * until - sums[passed])
    return total
