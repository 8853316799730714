"""The checker's rules over days: hours, runs, weekends, nights, starts, free stretches and counts of one person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from wfm.domain import CarryOver, Contract
from wfm.roster.checking.case import DAY, SLACK_S, Case, Person, Shift, hours_text, midnight_s, span_text
from wfm.roster.checking.violations import Rule, Violation

__all__ = ["RULES_OVER_DAYS"]

_CIRCLE_S = 86400.0
_NIGHT_S = 3 * 3600.0
_NOTHING = CarryOver()


def _before(person: Person) -> CarryOver:
    return (person.employee.before if person.employee else None) or _NOTHING


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _week_hours(case: Case, person: Person) -> Iterator[Violation]:
    contract, before = person.contract, _before(person)
    if contract is None:
        return
    weeks: defaultdict[date, float] = defaultdict(float)
    for shift in person.shifts:
        weeks[_monday(shift.day)] += shift.paid_s
    told = ""
    if case.first is not None and before.week_paid_s:
        weeks[_monday(case.first)] += before.week_paid_s
        told = f", {hours_text(before.week_paid_s)} of it before the horizon"
    most_s = contract.max_week_s + contract.max_overtime_week_s
    for monday, paid_s in weeks.items():
        if paid_s > most_s + SLACK_S:
            what = f"{hours_text(paid_s)} paid in the week, at most {hours_text(most_s)}"
            if contract.max_overtime_week_s:
                what += f", {hours_text(contract.max_overtime_week_s)} of it overtime"
            yield Violation(Rule.WEEK_HOURS_ABOVE, person.id, monday, what + _only(told, case, monday))
    told_of = person.employee is not None and person.employee.before is not None
    since = before.known_from or date.min
    begun = [monday for monday, opens in case.begun_weeks.items() if told_of and since <= opens]
    for monday in (*case.weeks, *begun) if contract.min_week_s else ():
        leave = _leave_days(case, person, monday)
        credit_s = _credit_s(case, person, monday)
        least_s = contract.min_week_s * (5 - leave) / 5 - credit_s
        if weeks[monday] < least_s - SLACK_S:
            what = f"{hours_text(weeks[monday])} paid in the week, at least {hours_text(least_s)}"
            if leave:
                what += f" ({hours_text(contract.min_week_s)} less {leave} of 5 days of leave)"
            if credit_s:
                what += f" ({hours_text(credit_s)} credited)"
            yield Violation(Rule.WEEK_HOURS_BELOW, person.id, monday, what + _only(told, case, monday))


def _only(told: str, case: Case, monday: date) -> str:
    """Return what is told of the time before the horizon for the week that it cuts."""
    return told if case.first is not None and monday == _monday(case.first) else ""


def _leave_days(case: Case, person: Person, monday: date) -> int:
    """Return on how many days from Monday to Friday the person is away all day."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s, _, credit_s in person.away:
        if credit_s is not None:
            continue
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    bounds = pairwise(midnight_s(monday + n * DAY, case.centre.tz) for n in range(6))
    return sum(any(start_s <= begin and end_s >= end for start_s, end_s in joined) for begin, end in bounds)


def _credit_s(case: Case, person: Person, monday: date) -> float:
    """Return the paid time that stretches which begin in a week stand for."""
    begin, end = (midnight_s(monday + n * DAY, case.centre.tz) for n in (0, 7))
    return sum(credit_s for start_s, _, _, credit_s in person.away if credit_s is not None and begin <= start_s < end)


def _period_hours(_: Case, person: Person) -> Iterator[Violation]:
    contract, before_s = person.contract, _before(person).paid_s
    if contract is None:
        return
    paid_s = sum(shift.paid_s for shift in person.shifts) + before_s
    told = f", {hours_text(before_s)} of it before the horizon" if before_s else ""
    if contract.max_period_s is not None and paid_s > contract.max_period_s + SLACK_S:
        what = f"{hours_text(paid_s)} paid in the period, at most {hours_text(contract.max_period_s)}{told}"
        yield Violation(Rule.PERIOD_HOURS_ABOVE, person.id, None, what)
    if paid_s < contract.min_period_s - SLACK_S:
        what = f"{hours_text(paid_s)} paid in the period, at least {hours_text(contract.min_period_s)}{told}"
        yield Violation(Rule.PERIOD_HOURS_BELOW, person.id, None, what)


def _days_per_week(case: Case, person: Person) -> Iterator[Violation]:
    if person.contract is None:
        return
    weeks = Counter(_monday(day) for day in {shift.day for shift in person.shifts})
    if case.first is not None:
        weeks[_monday(case.first)] += _before(person).week_days
    for monday, count in sorted(weeks.items()):
        if count > person.contract.max_days_per_week:
            what = f"works {count} days in the week, at most {person.contract.max_days_per_week}"
            yield Violation(Rule.DAYS_PER_WEEK, person.id, monday, what)


def _runs(case: Case, person: Person) -> Iterator[Violation]:
    """Judge runs of days worked and of days off; one at an edge of the horizon may be a part of a longer one."""
    contract = person.contract
    if contract is None or case.first is None or case.last is None:
        return
    worked = {shift.day for shift in person.shifts}
    before = _before(person)
    count = (case.last - case.first).days + 1
    marks = [case.first + n * DAY in worked for n in range(count)]
    runs: list[tuple[bool, int, bool, date]] = []  # worked, length, whether its begin is known, its first day
    if before.days_in_a_row or before.days_off_in_a_row:
        length = before.days_in_a_row or before.days_off_in_a_row
        runs.append((before.days_in_a_row > 0, length, not before.is_open_run(case.first), case.first))
    for number, mark in enumerate(marks):
        if runs and runs[-1][0] == mark:
            runs[-1] = (mark, runs[-1][1] + 1, *runs[-1][2:])
        else:
            runs.append((mark, 1, bool(runs), case.first + number * DAY))
    for number, (mark, length, is_known, first) in enumerate(runs):
        ends_inside = number + 1 < len(runs)
        # A run that was too long before the horizon is no fault of a roster that does not go on with it.
        goes_on = number > 0 or length > before.days_in_a_row
        if mark and goes_on and length > contract.max_days_in_a_row:
            what = f"works {length} days in a row, at most {contract.max_days_in_a_row}"
            yield Violation(Rule.DAYS_IN_A_ROW, person.id, first, what)
        if not (is_known and ends_inside):
            continue
        if mark and length < contract.min_days_in_a_row:
            what = f"works {length} days in a row, at least {contract.min_days_in_a_row}"
            yield Violation(Rule.DAYS_IN_A_ROW_BELOW, person.id, first, what)
        if not mark and length < contract.min_days_off_in_a_row:
            what = f"has {length} days off in a row, at least {contract.min_days_off_in_a_row}"
            yield Violation(Rule.DAYS_OFF_IN_A_ROW_BELOW, person.id, first, what)


def _weekends(case: Case, person: Person) -> Iterator[Violation]:
    contract, before = person.contract, _before(person)
    if contract is None:
        return
    days = {shift.day for shift in person.shifts}
    weekends = {_monday(day) for day in days if day.weekday() >= 5}
    if before.weekend_worked_saturday and case.first is not None:
        weekends.discard(_monday(case.first))
    count = len(weekends) + before.weekends
    if contract.max_weekends is not None and count > contract.max_weekends:
        what = f"works on {count} weekends, at most {contract.max_weekends}"
        yield Violation(Rule.WEEKENDS, person.id, None, what)
    if not contract.whole_weekends or case.first is None or case.last is None:
        return
    for monday in sorted(weekends | {_monday(case.first)}):
        saturday, sunday = monday + 5 * DAY, monday + 6 * DAY
        if not case.first <= sunday <= case.last:
            continue
        is_known = saturday >= case.first or (person.employee is not None and person.employee.before is not None)
        on_saturday = saturday in days if saturday >= case.first else before.weekend_worked_saturday
        if is_known and on_saturday != (sunday in days):
            off, on = ("Saturday", "Sunday") if not on_saturday else ("Sunday", "Saturday")
            what = f"works on the {on} and not on the {off} of a weekend"
            yield Violation(Rule.WEEKEND_SPLIT, person.id, saturday, what)


def night_s(shift: Shift, tz: str) -> float:
    """Return how much of a shift lies between 23:00 and 06:00 on the wall clock, as elapsed time."""
    zone, total = ZoneInfo(tz), 0.0
    for turn in (-1, 0, 1):
        evening = shift.day + turn * DAY
        begin = datetime.combine(evening, time(23), zone).timestamp()
        end = datetime.combine(evening + DAY, time(6), zone).timestamp()
        total += max(0.0, min(end, shift.end_s) - max(begin, shift.start_s))
    return total


def _nights(case: Case, person: Person) -> Iterator[Violation]:
    contract, before = person.contract, _before(person)
    if contract is None or contract.max_nights_in_a_row is None:
        return
    most, run = contract.max_nights_in_a_row, before.nights_in_a_row
    yesterday = None if case.first is None else case.first - DAY
    for day in sorted({shift.day for shift in person.shifts if night_s(shift, case.centre.tz) >= _NIGHT_S}):
        run = run + 1 if yesterday is not None and day - yesterday == DAY else 1
        yesterday = day
        if run == max(most, before.nights_in_a_row) + 1:
            what = f"works {run} nights in a row or more, at most {most}"
            yield Violation(Rule.NIGHTS_IN_A_ROW, person.id, day, what)


def _free_stretch(case: Case, person: Person) -> Iterator[Violation]:
    """Judge the longest stretch without work that begins in each whole week, from its Monday on."""
    contract = person.contract
    if contract is None or contract.min_free_week_s is None or case.end_s is None:
        return
    last_end = _before(person).last_end
    spans = [] if last_end is None else [(-float("inf"), last_end.timestamp())]
    spans += [(shift.start_s, shift.end_s) for shift in person.shifts]
    for monday in case.weeks:
        begin, end = (midnight_s(monday + n * DAY, case.centre.tz) for n in (0, 7))
        # Each moment of the week at which a free stretch may begin, and when the next shift ends it.
        moments = [begin, *(done for _, done in spans if begin < done < end)]
        longest = 0.0
        for moment in moments:
            if any(start < moment < done for start, done in spans):
                continue
            until = min((start for start, _ in spans if start >= moment), default=max(end, case.end_s))
            longest = max(longest, until - moment)
        if longest < contract.min_free_week_s:
            what = f"{span_text(longest)} without work in the week, at least {span_text(contract.min_free_week_s)}"
            yield Violation(Rule.FREE_STRETCH, person.id, monday, what)


def _start_spread(case: Case, person: Person) -> Iterator[Violation]:
    contract, before = person.contract, _before(person)
    if contract is None or contract.max_start_spread_s is None:
        return
    weeks: defaultdict[date, list[float]] = defaultdict(list)
    for shift in person.shifts:
        weeks[_monday(shift.day)].append(shift.walls_s[0])
    # A week that was spread too far before the horizon is no fault of a roster that does not go on with it.
    if case.first is not None and _monday(case.first) in weeks:
        clocks = [one.total_seconds() % _CIRCLE_S for one in before.week_starts if isinstance(one, timedelta)]
        weeks[_monday(case.first)].extend(clocks)
    for monday, clocks in sorted(weeks.items()):
        ordered = sorted(set(clocks))
        gaps = [after - one for one, after in pairwise([*ordered, ordered[0] + _CIRCLE_S])]
        spread_s = _CIRCLE_S - max(gaps)
        if spread_s > contract.max_start_spread_s:
            most = span_text(contract.max_start_spread_s)
            what = f"starts of the week lie {span_text(spread_s)} apart on the clock, at most {most}"
            yield Violation(Rule.START_SPREAD, person.id, monday, what)


def _templates(case: Case, person: Person) -> Iterator[Violation]:
    """Judge how often a template stands, its turn in the rotation, and what stands on the day before."""
    contract, before = person.contract, _before(person)
    counts = Counter(shift.name for shift in person.shifts) + Counter(dict(before.shifts))
    for name, most in dict(contract.max_shifts or ()).items() if contract else ():
        if counts[name] > most:
            what = f"{counts[name]} shifts of template {name!r}, at most {most}"
            yield Violation(Rule.TEMPLATE_TOO_OFTEN, person.id, None, what)
    stood: defaultdict[date, set[str]] = defaultdict(set)
    for shift in person.shifts:
        stood[shift.day].add(shift.name)
    if before.last_template is not None and case.first is not None:
        stood[case.first - DAY].add(before.last_template)
    for shift in person.shifts:
        barred = set(shift.template.not_after) if shift.template else set()
        for name in sorted(barred & stood[shift.day - DAY]):
            what = f"{shift.name!r} on the day after {name!r}"
            yield Violation(Rule.TEMPLATE_AFTER, person.id, case.at(shift.start_s), what)
        if (
            contract is not None
            and contract.rotation is not None
            and shift.name not in (due := _due(person, shift.day))
        ):
            named = ", ".join(due) or "none"
            what = f"template {shift.name!r} is not in the week of the rotation: {named}"
            yield Violation(Rule.ROTATION, person.id, case.at(shift.start_s), what)


def _due(person: Person, day: date) -> tuple[str, ...]:
    """Return the templates that the rotation has in the week of a day."""
    contract: Contract | None = person.contract
    if contract is None or contract.rotation is None or contract.rotation_from is None or person.employee is None:
        return ()
    weeks = (_monday(day) - contract.rotation_from) // (7 * DAY) + person.employee.rotation_week
    return contract.rotation[weeks % len(contract.rotation)]


RULES_OVER_DAYS = (
    _week_hours,
    _period_hours,
    _days_per_week,
    _runs,
    _weekends,
    _nights,
    _free_stretch,
    _start_spread,
    _templates,
)
