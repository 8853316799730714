"""The checker on a legal roster, and on copies of it that break one rule each."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import (
    Break,
    CalendarSpec,
    Centre,
    Contract,
    Employee,
    Lock,
    OpeningHours,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Skill,
    Unavailability,
)
from wfm.domain.duration import as_duration
from wfm.errors import DataError
from wfm.roster.checking import checker
from wfm.roster.checking.checker import Rule, Violation, check, violations_frame
from wfm.timegrid import Horizon, day_starts

TZ = "Europe/Berlin"
MONDAYS = {
    "plain": date(2026, 11, 2),
    "clock put back": date(2026, 10, 19),  # on Sunday 25 October
    "clock put forward": date(2026, 3, 23),  # on Sunday 29 March
}
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
NEXT = 7  # NEXT + MON is the Monday of the second week

PAUSE = Break(name="pause", length="15min", earliest="1h30min", latest="2h45min", paid=True)
LUNCH = Break(name="lunch", length="30min", earliest="3h", latest="5h")
LUNCH_APART = replace(LUNCH, min_gap="1h15min")


def a_centre(monday: date, **changes: object) -> Centre:
    """A full-timer by day, one by night, a part-timer with two days of leave, a temporary, and one of many rules."""
    friday = datetime(monday.year, monday.month, monday.day, tzinfo=ZoneInfo(TZ)) + timedelta(days=NEXT + FRI)
    full = {
        "min_day": "8h",
        "max_day": "9h",
        "min_week": "32h",
        "max_week": "40h",
        "max_days_in_a_row": 5,
        "templates": ("early", "night"),
    }
    return Centre(
        **{
            "name": "desk",
            "tz": TZ,
            "queues": tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("calls", "chat")),
            "contracts": (
                Contract(name="full", kind="full", **full),
                Contract(
                    name="part",
                    kind="part",
                    min_week="12h",
                    max_week="20h",
                    max_day="5h",
                    max_days_per_week=4,
                    templates=("short",),
                ),
                Contract(
                    name="temporary",
                    kind="temporary",
                    max_day="9h",
                    min_period="8h",
                    max_period="40h",
                    max_weekends=1,
                    min_rest="2h",
                ),
                Contract(
                    name="ruled",
                    max_day="9h",
                    min_rest="9h",
                    max_nights_in_a_row=1,
                    min_free_week="57h",
                    whole_weekends=True,
                    max_start_spread="7h",
                    min_days_in_a_row=2,
                    min_days_off_in_a_row=2,
                    max_shifts={"late": 3},
                    rotation=(("early", "late", "night"), ("early", "late", "short")),
                    rotation_from=monday,
                ),
            ),
            "shifts": (
                ShiftTemplate(
                    name="early",
                    earliest_start="06:00",
                    latest_start="08:00",
                    min_length="8h",
                    max_length="9h",
                    breaks=(PAUSE, LUNCH),
                ),
                ShiftTemplate(name="late", earliest_start="13:00", min_length="8h30min", breaks=(PAUSE, LUNCH_APART)),
                ShiftTemplate(
                    name="night",
                    earliest_start="22:00",
                    latest_start="23:00",
                    min_length="8h30min",
                    breaks=(LUNCH, PAUSE),
                ),
                ShiftTemplate(
                    name="short",
                    earliest_start="08:00",
                    latest_start="18:00",
                    min_length="4h",
                    max_length="6h",
                    breaks=(PAUSE,),
                    weekdays=(MON, TUE, WED, THU, FRI),
                    not_after=("night",),
                ),
            ),
            "employees": (
                Employee(id="Ann", contract="full", skills=(Skill("calls"), Skill("chat", 0.8))),
                Employee(id="Bob", contract="full", skills=(Skill("calls"),)),
                Employee(
                    id="Cleo",
                    contract="part",
                    skills=(Skill("calls"),),
                    unavailable=(
                        Unavailability(
                            start=monday + timedelta(days=NEXT + MON), end=monday + timedelta(days=NEXT + WED)
                        ),
                    ),
                ),
                Employee(
                    id="Dora",
                    contract="temporary",
                    skills=(Skill("chat"), Skill("calls")),
                    unavailable=(
                        Unavailability(start=friday.replace(hour=12), end=friday.replace(hour=18), reason="training"),
                    ),
                ),
                Employee(
                    id="Eve",
                    contract="ruled",
                    skills=(Skill("calls"),),
                    locks=(
                        Lock(day=monday + timedelta(days=NEXT + MON), template="late", start="13:00", length="8h30min"),
                        Lock(day=monday + timedelta(days=TUE), off=True),
                    ),
                ),
            ),
            **changes,
        }
    )


def as_counted(coverage: pd.DataFrame) -> pd.DataFrame:
    return coverage


@dataclass
class Draft:
    """A roster by rows, easy to change; its coverage is counted anew in steps of five minutes."""

    monday: date
    shifts: list[dict[str, object]] = field(default_factory=list)
    activities: list[dict[str, object]] = field(default_factory=list)
    spoil_coverage: Callable[[pd.DataFrame], pd.DataFrame] = as_counted

    def at(self, day: int, clock: str) -> pd.Timestamp:
        return pd.Timestamp(f"{self.monday + timedelta(days=day)} {clock}", tz=TZ)

    def add(
        self,
        employee: str,
        day: int,
        clock: str,
        template: str,
        length: str = "8h30min",
        *,
        pause: str = "2h",
        queues: tuple[str, str] = ("calls", "calls"),
    ) -> Draft:
        start = self.at(day, clock)
        end = start + as_duration("length", length)
        breaks = [(start + as_duration("pause", pause), timedelta(minutes=15), "pause")]
        unpaid = timedelta(0)
        if template != "short":
            breaks.append((start + timedelta(hours=4), timedelta(minutes=30), "lunch"))
            unpaid = timedelta(minutes=30)
        paid_h = (end - start - unpaid) / timedelta(hours=1)
        shift = {"shift_start": start, "shift_end": end, "template": template, "paid_h": paid_h}
        self.shifts.append({"employee": employee, **shift})
        begin, queue = start, queues[0]
        for break_start, break_length, name in breaks:
            self.stretch(employee, begin, break_start, "work", queue)
            begin = break_start + break_length
            self.stretch(employee, break_start, begin, name, None)
            queue = queues[1]
        self.stretch(employee, begin, end, "work", queue)
        return self

    def stretch(self, employee: str, start: pd.Timestamp, end: pd.Timestamp, activity: str, queue: str | None) -> None:
        row = {"employee": employee, "start": start, "end": end, "activity": activity, "queue": queue}
        self.activities.append(row)

    def drop(self, employee: str, day: int) -> Draft:
        for row in self.stretches_of(employee, day):
            self.activities.remove(row)
        self.shifts.remove(self.shift_of(employee, day))
        return self

    def shift_of(self, employee: str, day: int) -> dict[str, object]:
        when = self.monday + timedelta(days=day)
        (shift,) = (s for s in self.shifts if s["employee"] == employee and s["shift_start"].date() == when)
        return shift

    def stretches_of(self, employee: str, day: int, activity: str | None = None) -> list[dict[str, object]]:
        shift = self.shift_of(employee, day)
        return [
            row
            for row in self.activities
            if row["employee"] == employee
            and shift["shift_start"] <= row["start"] < shift["shift_end"]
            and activity in (None, row["activity"])
        ]

    def roster(self, need: pd.DataFrame) -> SimpleNamespace:
        shifts, activities = pd.DataFrame(self.shifts), pd.DataFrame(self.activities)
        coverage = self.spoil_coverage(count_coverage(activities, need))
        return SimpleNamespace(shifts=shifts, activities=activities, coverage=coverage)


# Ann answers chats at 0.8 of the standard speed, so her time on them counts as so much.
SPEED = {("Ann", "chat"): 0.8}


def count_coverage(activities: pd.DataFrame, need: pd.DataFrame) -> pd.DataFrame:
    counted: dict[tuple[str, int], float] = {}
    for row in activities[activities["activity"] == "work"].itertuples():
        for second in range(int(row.start.timestamp()), int(row.end.timestamp()), 300):
            key = (row.queue, second // 1800 * 1800)
            counted[key] = counted.get(key, 0) + SPEED.get((row.employee, row.queue), 1.0) * 300 / 1800
    seconds = need["start"].dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[s]").astype("int64")
    rostered = [counted.get(key, 0.0) for key in zip(need["queue"], seconds, strict=True)]
    coverage = need[["queue", "start"]].assign(required=need["scheduled"], rostered=rostered)
    short = coverage["required"] - coverage["rostered"]
    return coverage.assign(under=short.clip(lower=0), over=(-short).clip(lower=0))


@cache
def a_requirement(monday: date, days: int = 14) -> pd.DataFrame:
    starts = Horizon(monday, days=days, tz=TZ).starts
    busy = (starts.hour >= 7) & (starts.hour < 20)
    frames = [
        pd.DataFrame({"queue": queue, "start": starts, "load_erl": 0.5, "agents": 1, "scheduled": busy * scheduled})
        for queue, scheduled in (("calls", 2.0), ("chat", 1.25))
    ]
    return pd.concat(frames, ignore_index=True)


def a_legal_draft(monday: date) -> Draft:
    draft = Draft(monday)
    for week in (0, NEXT):
        for day in (MON, TUE, WED, THU, FRI):
            draft.add("Ann", week + day, "07:00", "early", queues=("calls", "chat"))
        for day in (WED, THU, FRI, SAT, SUN):
            draft.add("Bob", week + day, "22:00", "night")
    for day in (MON, TUE, WED, THU, NEXT + WED, NEXT + THU):
        draft.add("Cleo", day, "09:00", "short", "4h")
    draft.add("Dora", TUE, "07:00", "early", queues=("chat", "calls"))
    for day in (WED, THU, FRI, NEXT + SAT, NEXT + SUN):
        draft.add("Eve", day, "07:00", "early")
    for day in (NEXT + MON, NEXT + TUE, NEXT + WED):
        draft.add("Eve", day, "13:00", "late")
    return draft.add("Dora", NEXT + THU, "09:00", "short", "4h", queues=("chat", "chat"))


@pytest.fixture(params=MONDAYS.values(), ids=MONDAYS.keys())
def monday(request: pytest.FixtureRequest) -> date:
    return request.param


def test_legal_roster_breaks_nothing(monday: date) -> None:
    need = a_requirement(monday)
    assert check(a_legal_draft(monday).roster(need), a_centre(monday), need) == []


def test_legal_roster_breaks_nothing_without_a_requirement(monday: date) -> None:
    roster = a_legal_draft(monday).roster(a_requirement(monday))
    assert check(SimpleNamespace(shifts=roster.shifts, activities=roster.activities), a_centre(monday)) == []


# Mutations: each takes the legal draft and breaks one rule once.

Mutation = Callable[[Draft], object]
MUTATIONS: list[tuple[Rule, Mutation]] = []


def breaks(rule: Rule) -> Callable[[Mutation], Mutation]:
    def register(mutation: Mutation) -> Mutation:
        MUTATIONS.append((rule, mutation))
        return mutation

    return register


@breaks(Rule.UNKNOWN_EMPLOYEE)
def stranger(draft: Draft) -> None:
    draft.add("Dorah", WED, "07:00", "early")


@breaks(Rule.UNKNOWN_TEMPLATE)
def misspelt_template(draft: Draft) -> None:
    draft.shift_of("Dora", TUE)["template"] = "earli"


@breaks(Rule.UNKNOWN_QUEUE)
def misspelt_queue(draft: Draft) -> None:
    draft.stretches_of("Ann", MON)[0]["queue"] = "cals"


@breaks(Rule.UNKNOWN_ACTIVITY)
def misspelt_activity(draft: Draft) -> None:
    draft.stretches_of("Ann", MON)[0].update(activity="wrok", queue=None)


@breaks(Rule.UNKNOWN_ACTIVITY)
def break_of_another_template(draft: Draft) -> None:
    draft.stretches_of("Cleo", MON)[0].update(activity="lunch", queue=None)


@breaks(Rule.TEMPLATE_NOT_ALLOWED)
def late_by_a_contract_of_early_and_night(draft: Draft) -> None:
    draft.drop("Ann", FRI).add("Ann", FRI, "13:00", "late")


@breaks(Rule.WEEKDAY_NOT_ALLOWED)
def short_on_a_saturday(draft: Draft) -> None:
    draft.add("Dora", SAT, "09:00", "short", "4h")


@breaks(Rule.START_OUTSIDE_WINDOW)
def starts_late(draft: Draft) -> None:
    draft.drop("Dora", TUE).add("Dora", TUE, "08:30", "early")


@breaks(Rule.START_OFF_STEP)
def starts_ten_past(draft: Draft) -> None:
    draft.drop("Dora", TUE).add("Dora", TUE, "07:10", "early")


@breaks(Rule.LENGTH_OUTSIDE_RANGE)
def lasts_too_long(draft: Draft) -> None:
    draft.drop("Dora", TUE).add("Dora", TUE, "07:00", "early", "9h30min")


@breaks(Rule.LENGTH_OUTSIDE_RANGE)
def lasts_too_short(draft: Draft) -> None:
    draft.add("Dora", WED, "07:00", "early", "7h30min")


@breaks(Rule.LENGTH_OFF_STEP)
def lasts_between_steps(draft: Draft) -> None:
    draft.drop("Dora", TUE).add("Dora", TUE, "07:00", "early", "8h20min")


@breaks(Rule.SHIFT_OVERLAP)
def night_into_early(draft: Draft) -> None:
    draft.add("Dora", WED, "22:00", "night").add("Dora", THU, "06:00", "early")


@breaks(Rule.TWO_SHIFTS_ON_DAY)
def morning_and_afternoon(draft: Draft) -> None:
    draft.add("Dora", NEXT + THU, "16:00", "short", "4h")


@breaks(Rule.UNAVAILABLE)
def works_on_leave(draft: Draft) -> None:
    draft.add("Cleo", NEXT + MON, "09:00", "short", "4h")


@breaks(Rule.UNAVAILABLE)
def runs_into_training(draft: Draft) -> None:
    draft.add("Dora", NEXT + FRI, "08:30", "short", "4h")


@breaks(Rule.STRETCH_EMPTY)
def stretch_without_length(draft: Draft) -> None:
    moment = draft.at(MON, "08:00")
    draft.stretch("Ann", moment, moment, "work", "calls")


@breaks(Rule.STRETCH_OUTSIDE_SHIFT)
def works_on_a_day_off(draft: Draft) -> None:
    draft.stretch("Ann", draft.at(SAT, "10:00"), draft.at(SAT, "11:00"), "work", "calls")


@breaks(Rule.STRETCH_OUTSIDE_SHIFT)
def works_past_the_end(draft: Draft) -> None:
    draft.stretches_of("Ann", MON)[-1]["end"] += timedelta(minutes=30)


@breaks(Rule.STRETCH_OUTSIDE_SHIFT)
def works_before_the_start(draft: Draft) -> None:
    draft.stretches_of("Bob", SAT)[0]["start"] -= timedelta(minutes=30)


@breaks(Rule.STRETCH_OVERLAP)
def works_into_the_lunch(draft: Draft) -> None:
    draft.stretches_of("Ann", MON, "work")[1]["end"] += timedelta(minutes=10)


@breaks(Rule.STRETCH_GAP)
def nothing_before_the_lunch(draft: Draft) -> None:
    draft.stretches_of("Ann", MON, "work")[1]["end"] -= timedelta(minutes=10)


@breaks(Rule.STRETCH_GAP)
def nothing_at_the_start(draft: Draft) -> None:
    draft.stretches_of("Bob", SAT)[0]["start"] += timedelta(minutes=10)


@breaks(Rule.STRETCH_GAP)
def nothing_at_the_end(draft: Draft) -> None:
    draft.activities.remove(draft.stretches_of("Bob", SAT)[-1])


@breaks(Rule.WORK_WITHOUT_QUEUE)
def works_on_nothing(draft: Draft) -> None:
    draft.stretches_of("Cleo", MON)[0]["queue"] = None


@breaks(Rule.SERVES_WITHOUT_SKILL)
def chats_without_the_skill(draft: Draft) -> None:
    draft.stretches_of("Cleo", MON)[0]["queue"] = "chat"


@breaks(Rule.QUEUE_OFF_WORK)
def lunches_on_a_queue(draft: Draft) -> None:
    draft.stretches_of("Ann", MON, "lunch")[0]["queue"] = "calls"


@breaks(Rule.BREAK_MISSING)
def works_through_the_pause(draft: Draft) -> None:
    draft.stretches_of("Ann", MON, "pause")[0].update(activity="work", queue="calls")


@breaks(Rule.BREAK_TWICE)
def takes_the_pause_twice(draft: Draft) -> None:
    work = draft.stretches_of("Ann", MON, "work")[1]
    begin = draft.at(MON, "09:30")
    resume = begin + timedelta(minutes=15)
    draft.stretch("Ann", begin, resume, "pause", None)
    draft.stretch("Ann", resume, work["end"], "work", "calls")
    work["end"] = begin


@breaks(Rule.BREAK_WRONG_LENGTH)
def takes_a_long_pause(draft: Draft) -> None:
    draft.stretches_of("Ann", MON, "pause")[0]["end"] += timedelta(minutes=15)
    draft.stretches_of("Ann", MON, "work")[1]["start"] += timedelta(minutes=15)


@breaks(Rule.BREAK_OUTSIDE_WINDOW)
def takes_the_pause_early(draft: Draft) -> None:
    draft.drop("Ann", MON).add("Ann", MON, "07:00", "early", pause="1h15min")


@breaks(Rule.BREAK_OUTSIDE_WINDOW)
def takes_the_pause_late(draft: Draft) -> None:
    draft.drop("Bob", SAT).add("Bob", SAT, "22:00", "night", pause="3h")


@breaks(Rule.PAID_HOURS_WRONG)
def pays_the_lunch(draft: Draft) -> None:
    draft.shift_of("Ann", MON)["paid_h"] = 8.5


@breaks(Rule.DAY_HOURS)
def day_too_long(draft: Draft) -> None:
    draft.drop("Cleo", MON).add("Cleo", MON, "09:00", "short", "6h")


@breaks(Rule.DAY_HOURS)
def day_too_short(draft: Draft) -> None:
    draft.drop("Ann", MON).add("Ann", MON, "07:00", "early", "8h")


@breaks(Rule.WEEK_HOURS_ABOVE)
def week_too_long(draft: Draft) -> None:
    draft.drop("Ann", FRI).add("Ann", FRI, "07:00", "early", "9h")


@breaks(Rule.WEEK_HOURS_BELOW)
def week_too_short(draft: Draft) -> None:
    draft.drop("Ann", THU).drop("Ann", FRI)


@breaks(Rule.WEEK_HOURS_BELOW)
def week_with_leave_too_short(draft: Draft) -> None:
    draft.drop("Cleo", NEXT + THU)


@breaks(Rule.PERIOD_HOURS_ABOVE)
def period_too_long(draft: Draft) -> None:
    for day in (WED, THU, NEXT + MON, NEXT + TUE):
        draft.add("Dora", day, "07:00", "early")


@breaks(Rule.PERIOD_HOURS_BELOW)
def period_too_short(draft: Draft) -> None:
    draft.drop("Dora", TUE)


@breaks(Rule.DAYS_PER_WEEK)
def fifth_day_of_a_four_day_contract(draft: Draft) -> None:
    draft.add("Cleo", FRI, "09:00", "short", "4h")


@breaks(Rule.DAYS_IN_A_ROW)
def six_nights_in_a_row(draft: Draft) -> None:
    draft.drop("Bob", NEXT + WED).add("Bob", NEXT + MON, "22:00", "night")


@breaks(Rule.REST)
def early_after_night(draft: Draft) -> None:
    draft.drop("Ann", MON).add("Ann", MON, "22:00", "night")


@breaks(Rule.WEEKENDS)
def second_weekend(draft: Draft) -> None:
    draft.add("Dora", SAT, "07:00", "early").add("Dora", NEXT + SUN, "07:00", "early")


@breaks(Rule.TEMPLATE_AFTER)
def short_after_night(draft: Draft) -> None:
    draft.add("Dora", WED, "22:00", "night").add("Dora", THU, "09:00", "short", "4h")


@breaks(Rule.ROTATION)
def short_in_a_week_without_it(draft: Draft) -> None:
    draft.drop("Eve", WED).add("Eve", WED, "09:00", "short", "4h")


@breaks(Rule.TEMPLATE_TOO_OFTEN)
def fourth_late(draft: Draft) -> None:
    draft.drop("Eve", WED).add("Eve", WED, "13:00", "late")


@breaks(Rule.LOCK)
def off_on_a_day_locked_to_a_shift(draft: Draft) -> None:
    draft.drop("Eve", NEXT + MON)


@breaks(Rule.LOCK)
def works_on_a_day_locked_off(draft: Draft) -> None:
    draft.add("Eve", TUE, "07:00", "early")


@breaks(Rule.BREAK_TOO_CLOSE)
def pause_an_hour_before_lunch(draft: Draft) -> None:
    draft.drop("Eve", NEXT + TUE).add("Eve", NEXT + TUE, "13:00", "late", pause="2h45min")


@breaks(Rule.DAYS_IN_A_ROW_BELOW)
def works_a_single_day(draft: Draft) -> None:
    draft.drop("Eve", WED).drop("Eve", THU)


@breaks(Rule.DAYS_OFF_IN_A_ROW_BELOW)
def has_a_single_day_off(draft: Draft) -> None:
    draft.add("Eve", MON, "07:00", "early")


@breaks(Rule.WEEKEND_SPLIT)
def works_on_half_a_weekend(draft: Draft) -> None:
    draft.drop("Eve", NEXT + WED).drop("Eve", NEXT + SUN).add("Eve", NEXT + FRI, "07:00", "early")


@breaks(Rule.NIGHTS_IN_A_ROW)
def works_three_nights(draft: Draft) -> None:
    for day in (WED, THU, FRI):
        draft.drop("Eve", day).add("Eve", day, "22:00", "night")


@breaks(Rule.FREE_STRETCH)
def is_free_for_two_days_only(draft: Draft) -> None:
    draft.drop("Eve", NEXT + SAT).add("Eve", NEXT + SAT, "06:00", "early")


@breaks(Rule.START_SPREAD)
def starts_early_and_late(draft: Draft) -> None:
    draft.drop("Eve", NEXT + TUE).add("Eve", NEXT + TUE, "15:00", "short", "4h")


@breaks(Rule.COVERAGE_WRONG)
def coverage_requires_more(draft: Draft) -> None:
    draft.spoil_coverage = lambda coverage: spoil(coverage, "required")


@breaks(Rule.COVERAGE_WRONG)
def coverage_counts_a_head_twice(draft: Draft) -> None:
    draft.spoil_coverage = lambda coverage: spoil(coverage, "rostered")


@breaks(Rule.COVERAGE_WRONG)
def coverage_hides_a_shortage(draft: Draft) -> None:
    draft.spoil_coverage = lambda coverage: spoil(coverage, "under")


@breaks(Rule.COVERAGE_WRONG)
def coverage_adds_a_surplus(draft: Draft) -> None:
    draft.spoil_coverage = lambda coverage: spoil(coverage, "over")


@breaks(Rule.COVERAGE_WRONG)
def coverage_leaves_a_row_out(draft: Draft) -> None:
    draft.spoil_coverage = lambda coverage: coverage.drop(index=40)


def spoil(coverage: pd.DataFrame, column: str) -> pd.DataFrame:
    coverage.loc[40, column] += 1.0
    return coverage


@pytest.mark.parametrize(("rule", "mutation"), MUTATIONS, ids=[f"{r.value}-{m.__name__}" for r, m in MUTATIONS])
@pytest.mark.parametrize("weeks", ["plain", "clock put back"])
def test_mutation_is_named_and_nothing_else(rule: Rule, mutation: Mutation, weeks: str) -> None:
    monday = MONDAYS[weeks]
    draft, need = a_legal_draft(monday), a_requirement(monday)
    mutation(draft)
    found = check(draft.roster(need), a_centre(monday), need)
    assert [violation.rule for violation in found] == [rule], "\n".join(map(str, found))


def test_every_rule_has_a_mutation() -> None:
    assert {rule for rule, _ in MUTATIONS} == set(Rule)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(range(len(MUTATIONS))), st.integers(0, 2**32 - 1))
def test_order_of_rows_changes_nothing(place: int, seed: int) -> None:
    monday = MONDAYS["clock put back"]
    centre, need, draft = a_centre(monday), a_requirement(monday), a_legal_draft(monday)
    MUTATIONS[place][1](draft)
    roster = draft.roster(need)
    mixed = SimpleNamespace(
        shifts=roster.shifts.sample(frac=1, random_state=seed),
        activities=roster.activities.sample(frac=1, random_state=seed),
        coverage=roster.coverage.sample(frac=1, random_state=seed),
    )
    backwards = replace(centre, employees=centre.employees[::-1], shifts=centre.shifts[::-1])
    assert check(mixed, backwards, need.sample(frac=1, random_state=seed)) == check(roster, centre, need)


# How single rules are read.


def one_person(**changes: object) -> Centre:
    """A centre with Ann alone, whose contract takes the changes that begin with `contract_`."""
    contract = {k.removeprefix("contract_"): v for k, v in changes.items() if k.startswith("contract_")}
    employee = {k.removeprefix("employee_"): v for k, v in changes.items() if k.startswith("employee_")}
    rest = {k: v for k, v in changes.items() if not k.startswith(("contract_", "employee_"))}
    return a_centre(
        MONDAYS["plain"],
        contracts=(Contract(name="own", **contract),),
        employees=(Employee(id="Ann", contract="own", skills=(Skill("calls"), Skill("chat")), **employee),),
        **rest,
    )


def rules_of(draft: Draft, centre: Centre, need: pd.DataFrame | None = None) -> list[str]:
    roster = draft.roster(a_requirement(draft.monday) if need is None else need)
    return [str(violation) for violation in check(roster, centre, need)]


def test_minimum_of_a_week_does_not_bind_where_the_horizon_cuts_it() -> None:
    wednesday = date(2026, 11, 4)
    draft = Draft(date(2026, 11, 2)).add("Ann", WED, "07:00", "early")
    need = a_requirement(wednesday, days=12)  # to Sunday of the second week
    assert rules_of(draft, one_person(contract_min_week="16h"), need) == [
        "week_hours_below: Ann, 2026-11-09: 0 h paid in the week, at least 16 h"
    ]


def test_week_is_whole_where_the_days_outside_the_horizon_are_closed() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", WED, "07:00", "early")
    need = a_requirement(date(2026, 11, 2), days=5)
    weekdays = CalendarSpec(hours=OpeningHours("Mon-Fri 07:00-20:00"))
    assert rules_of(draft, one_person(contract_min_week="16h"), need) == []
    assert rules_of(draft, one_person(contract_min_week="16h", calendar=weekdays), need) == [
        "week_hours_below: Ann, 2026-11-02: 8 h paid in the week, at least 16 h"
    ]


def test_leave_lowers_the_minimum_by_a_fifth_for_each_weekday_whatever_its_form() -> None:
    monday = date(2026, 11, 2)
    midnight = [stamp.to_pydatetime() for stamp in day_starts([monday + timedelta(days=n) for n in range(3)], TZ)]
    away = (
        Unavailability(start=midnight[0], end=midnight[1] + timedelta(hours=12), reason="sick"),
        Unavailability(start=midnight[1] + timedelta(hours=12), end=midnight[2], reason="other"),
        Unavailability(start=date(2026, 11, 6), end=date(2026, 11, 9)),
        Unavailability(start=date(2026, 11, 12), end=date(2026, 11, 13)),
        Unavailability(start=midnight[0] + timedelta(days=8, hours=1), end=midnight[0] + timedelta(days=9)),
    )
    draft = Draft(monday).add("Ann", WED, "07:00", "early").add("Ann", THU, "07:00", "early")
    draft.add("Ann", NEXT + WED, "07:00", "early").add("Ann", NEXT + MON, "07:00", "early")
    centre = one_person(contract_min_week="40h", employee_unavailable=away)
    assert rules_of(draft, centre, a_requirement(monday)) == [
        "week_hours_below: Ann, 2026-11-09: 16 h paid in the week, at least 32 h (40 h less 1 of 5 days of leave)"
    ]


def test_leave_counts_for_its_credit_in_the_week_in_which_it_begins() -> None:
    monday = date(2026, 11, 2)
    away = (
        Unavailability(start=date(2026, 11, 8), end=date(2026, 11, 10), credit="8h"),  # Sunday and Monday
        Unavailability(start=date(2026, 11, 13), end=date(2026, 11, 14)),
    )
    draft = Draft(monday).add("Ann", WED, "07:00", "early").add("Ann", NEXT + WED, "07:00", "early")
    centre = one_person(contract_min_week="20h", employee_unavailable=away)
    assert rules_of(draft, centre, a_requirement(monday)) == [
        "week_hours_below: Ann, 2026-11-02: 8 h paid in the week, at least 12 h (8 h credited)",
        "week_hours_below: Ann, 2026-11-09: 8 h paid in the week, at least 16 h (20 h less 1 of 5 days of leave)",
    ]


def test_overtime_raises_the_maximum_of_a_week() -> None:
    draft = Draft(date(2026, 11, 2))
    for day in (MON, TUE, WED):
        draft.add("Ann", day, "07:00", "early")
    assert rules_of(draft, one_person(contract_max_week="20h", contract_max_overtime_week="4h")) == []
    assert rules_of(draft, one_person(contract_max_week="20h", contract_max_overtime_week="3h")) == [
        "week_hours_above: Ann, 2026-11-02: 24 h paid in the week, at most 23 h, 3 h of it overtime"
    ]


def test_hours_belong_to_the_week_of_the_start() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", SUN, "22:00", "night").add("Ann", NEXT + MON, "22:00", "night")
    assert rules_of(draft, one_person(contract_max_week="8h")) == []


def test_person_without_a_shift_is_judged() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", MON, "07:00", "early")
    centre = one_person(contract_min_period="8h")
    idle = replace(centre, employees=(*centre.employees, replace(centre.employees[0], id="Idle")))
    assert rules_of(draft, idle) == ["period_hours_below: Idle: 0 h paid in the period, at least 8 h"]


@pytest.mark.parametrize(("first", "lasts"), [(date(2026, 10, 24), "9h30min"), (date(2026, 3, 28), "7h30min")])
def test_night_of_a_clock_change_lasts_as_long_as_it_is_paid(first: date, lasts: str) -> None:
    draft = Draft(first).add("Ann", 0, "22:00", "night")
    assert rules_of(draft, one_person()) == []
    by_the_wall = Draft(first).add("Ann", 0, "22:00", "night", lasts)
    assert by_the_wall.shifts[0]["shift_end"].strftime("%H:%M") == "06:30"
    assert rules_of(by_the_wall, one_person(contract_max_day="9h")) == [
        f"length_outside_range: Ann, {first}T22:00:00{by_the_wall.shifts[0]['shift_start'].isoformat()[-6:]}: "
        f"lasts {lasts}, 'night' only from 8h30min to 8h30min"
    ]


def test_start_that_the_clock_skips_is_read_as_localize_reads_it() -> None:
    small = ShiftTemplate(name="small", earliest_start="02:00", latest_start="02:30", min_length="4h")
    centre = one_person(shifts=(small,), contract_max_weekends=None)
    draft = Draft(date(2026, 3, 29))
    start = draft.at(0, "03:30")
    shift = {"employee": "Ann", "shift_start": start, "template": "small", "paid_h": 4.0}
    draft.shifts.append({**shift, "shift_end": start + timedelta(hours=4)})
    draft.stretch("Ann", start, start + timedelta(hours=4), "work", "calls")
    assert rules_of(draft, centre) == []
    for row, key in ((draft.shifts[0], "shift"), (draft.activities[0], "")):
        for bound in ("start", "end"):
            row[f"{key}_{bound}".strip("_")] += timedelta(hours=1)
    assert rules_of(draft, centre) == [
        "start_outside_window: Ann, 2026-03-29T04:30:00+02:00: starts at 04:30, 'small' only from 02:00 to 02:30"
    ]


def test_rest_is_elapsed_time() -> None:
    draft = Draft(date(2026, 10, 24)).add("Ann", 0, "13:00", "late").add("Ann", 1, "07:30", "early")
    assert rules_of(draft, one_person(contract_min_rest="11h")) == []  # 21:30 to 07:30 holds 11 hours that night
    assert rules_of(draft, one_person(contract_min_rest="12h")) == [
        "rest: Ann, 2026-10-25T07:30:00+01:00: 11h after the end of the shift before, at least 12h"
    ]


def test_night_that_ends_in_leave_is_named() -> None:
    away = (Unavailability(start=date(2026, 11, 3), end=date(2026, 11, 4)),)
    draft = Draft(date(2026, 11, 2)).add("Ann", MON, "22:00", "night")
    assert rules_of(draft, one_person(employee_unavailable=away)) == [
        "unavailable: Ann, 2026-11-02T22:00:00+01:00: a shift from 2026-11-02 22:00 to 2026-11-03 06:30 "
        "falls into leave 2026-11-03 to 2026-11-04"
    ]


def test_leave_without_an_end_in_sight_and_a_midnight_that_the_clock_skips() -> None:
    cairo = "Africa/Cairo"  # on Friday 24 April 2026 the clock goes from 00:00 to 01:00
    away = (Unavailability(start=date(2026, 4, 24), end=date(9999, 12, 31)),)
    start = pd.Timestamp("2026-04-23 15:30", tz=cairo)
    for hours, found in ((8.5, []), (9.0, [Rule.UNAVAILABLE])):
        end = start + timedelta(hours=hours)
        shift = {"employee": "Ann", "shift_start": start, "shift_end": end, "template": "eve", "paid_h": hours}
        work = {"employee": "Ann", "start": start, "end": end, "activity": "work", "queue": "calls"}
        eve = ShiftTemplate(name="eve", earliest_start="15:30", min_length="8h30min", max_length="9h")
        centre = replace(one_person(shifts=(eve,), contract_max_day="9h", employee_unavailable=away), tz=cairo)
        roster = SimpleNamespace(shifts=pd.DataFrame([shift]), activities=pd.DataFrame([work]))
        assert [violation.rule for violation in check(roster, centre)] == found


def test_break_cut_in_two_without_a_gap_is_one() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", MON, "07:00", "early")
    lunch = draft.stretches_of("Ann", MON, "lunch")[0]
    half = lunch["start"] + timedelta(minutes=10)
    draft.stretch("Ann", half, lunch["end"], "lunch", None)
    lunch["end"] = half
    assert rules_of(draft, one_person()) == []


def test_meeting_is_paid_and_has_no_queue() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", MON, "07:00", "early")
    draft.stretches_of("Ann", MON)[0].update(activity="meeting", queue=None)
    assert rules_of(draft, one_person()) == []


def test_all_that_is_wrong_is_named_at_once() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", MON, "06:15", "early", "10h", pause="30min")
    assert [line.split(":")[0] for line in rules_of(draft, one_person())] == [
        "start_off_step",
        "length_outside_range",
        "break_outside_window",
        "day_hours",
    ]


def test_activities_of_a_stranger_alone_are_named() -> None:
    draft = Draft(date(2026, 11, 2)).add("Ann", MON, "07:00", "early")
    draft.stretch("Zoe", draft.at(MON, "07:00"), draft.at(MON, "08:00"), "work", "calls")
    assert rules_of(draft, one_person()) == [
        "unknown_employee: Zoe, 2026-11-02T07:00:00+01:00: nobody of the centre bears this identifier; known: Ann",
        "stretch_outside_shift: Zoe, 2026-11-02T07:00:00+01:00: 'work' to 2026-11-02 08:00 lies in no shift "
        "of the person",
    ]


def test_frames_in_another_zone_are_judged_on_the_wall_clock_of_the_centre(monday: date) -> None:
    need = a_requirement(monday).copy()
    roster = a_legal_draft(monday).roster(need)
    for frame in (roster.shifts, roster.activities, roster.coverage, need):
        for column in frame.columns[frame.columns.str.contains("start|end")]:
            frame[column] = frame[column].dt.tz_convert("Asia/Shanghai")
    assert check(roster, a_centre(monday), need) == []


def test_empty_roster_of_typed_frames() -> None:
    legal = Draft(date(2026, 11, 2)).add("Ann", MON, "07:00", "early").roster(a_requirement(date(2026, 11, 2)))
    empty = SimpleNamespace(shifts=legal.shifts[:0], activities=legal.activities[:0])
    assert check(empty, one_person()) == []
    need = a_requirement(date(2026, 11, 2))
    assert {v.rule for v in check(empty, one_person(contract_min_week="8h"), need)} == {Rule.WEEK_HOURS_BELOW}


def test_checker_shares_no_code_with_the_solver() -> None:
    allowed = {"calendar", "checks", "domain", "errors", "schema", "timegrid"}
    for path in Path(checker.__file__).parent.glob("*.py"):
        imported = [node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        own = [module.split(".")[1:] for module in imported if module.startswith("wfm.")]
        assert all(parts[0] in allowed or parts[:2] == ["roster", "checking"] for parts in own), own


def test_what_is_no_roster_is_refused() -> None:
    with pytest.raises(DataError, match="a dict is not a roster; give an object with the frames shifts and activities"):
        check({}, one_person())


def test_requirement_of_an_unknown_queue_is_refused() -> None:
    monday = date(2026, 11, 2)
    need = a_requirement(monday).replace({"queue": {"chat": "chatt"}})
    with pytest.raises(DataError, match="unknown queue 'chatt'"):
        check(a_legal_draft(monday).roster(a_requirement(monday)), a_centre(monday), need)


def test_violations_as_a_frame() -> None:
    found = [
        Violation(Rule.COVERAGE_WRONG, None, pd.Timestamp("2026-11-02 07:00", tz=TZ), "under is 1, 0 by the rest"),
        Violation(Rule.WEEKENDS, "Ann", None, "works on 2 weekends, at most 1"),
    ]
    assert violations_frame(found).fillna("-").to_numpy().tolist() == [
        ["coverage_wrong", "-", "2026-11-02T07:00:00+01:00", "under is 1, 0 by the rest"],
        ["weekends", "Ann", "-", "works on 2 weekends, at most 1"],
    ]
    assert violations_frame([]).empty
    assert str(found[1]) == "weekends: Ann: works on 2 weekends, at most 1"
