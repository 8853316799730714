"""Repair after events: legal, minimal, priced in order, fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import Break, Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.errors import DataError
from wfm.roster import check
from wfm.roster.published.changes import RepairPrices
from wfm.roster.published.events import Event, LateArrival, Reforecast, SickCall, TrainingMoved
from wfm.roster.published.mend import Repair, repair

TZ = "Europe/Berlin"
MONDAY = date(2026, 11, 2)
Cut = list[tuple[str, str, str, str | None]]  # activity, start, end, queue
Row = tuple[str, date, str, str, str, Cut]


@dataclass(frozen=True)
class Frames:
    shifts: pd.DataFrame
    activities: pd.DataFrame


def at(clock: str, day: date = MONDAY) -> pd.Timestamp:
    return pd.Timestamp(f"{day} {clock}", tz=TZ)


def frames(rows: list[Row]) -> Frames:
    """Make a roster of rows of employee, day, template, start, end and the parts that are not plain work."""
    shifts, parts = [], []
    for who, day, template, start, end, cut in rows:
        begin, stop = at(start, day), at(end, day)
        unpaid = sum((at(b, day) - at(a, day)).total_seconds() for name, a, b, _ in cut if name == "lunch")
        paid = ((stop - begin).total_seconds() - unpaid) / 3600
        shifts.append((who, begin, stop, template, paid))
        parts += [(who, at(a, day), at(b, day), name, queue) for name, a, b, queue in cut]
    return Frames(
        pd.DataFrame(shifts, columns=["employee", "shift_start", "shift_end", "template", "paid_h"]),
        pd.DataFrame(parts, columns=["employee", "start", "end", "activity", "queue"]).astype({"queue": "str"}),
    )


def needed(start: str, periods: int, day: date = MONDAY, **heads: float) -> pd.DataFrame:
    starts = pd.date_range(at(start, day), periods=periods, freq="30min")
    return pd.concat(
        [pd.DataFrame({"queue": q, "start": starts, "agents": n, "scheduled": n}) for q, n in heads.items()],
        ignore_index=True,
    )


LUNCH = Break(name="lunch", length="30min", earliest="2h", latest="5h")
DAY = ShiftTemplate(name="day", earliest_start="08:00", latest_start="10:00", min_length="8h30min", breaks=(LUNCH,))


def desk(
    skills: dict[str, tuple[str, ...]], *, contracts: tuple[Contract, ...] = (), of: dict[str, str] | None = None
) -> Centre:
    queues = sorted({name for some in skills.values() for name in some})
    full = Contract(name="full", cost_per_hour=20.0)
    return Centre(
        name="desk",
        tz=TZ,
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in queues),
        contracts=(full, *contracts),
        shifts=(DAY,),
        employees=tuple(
            Employee(id=name, contract=(of or {}).get(name, "full"), skills=tuple(map(Skill, some)))
            for name, some in skills.items()
        ),
    )


def day_shift(who: str, queue: str, lunch: str = "12:00", start: str = "08:00", end: str = "16:30") -> Row:
    after = (at(lunch) + timedelta(minutes=30)).strftime("%H:%M")
    cut: Cut = [("work", start, lunch, queue), ("lunch", lunch, after, None), ("work", after, end, queue)]
    return (who, MONDAY, "day", start, end, cut)


def kinds(mended: Repair) -> list[str]:
    return [str(kind) for kind in mended.changes["change"]]


def test_a_break_is_moved_before_anything_dearer() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",), "C": ("calls",)})
    roster = frames([day_shift("A", "calls", "11:00"), day_shift("B", "calls", "12:00")])
    need = needed("08:00", 17, calls=1.0)
    # B comes at 11:30, while A is at lunch from 11:00: only that half-hour is short.
    mended = repair(roster, LateArrival("B", at("11:30")), need, centre)
    assert mended.loss_event == pytest.approx(0.5 * 200)
    assert kinds(mended) == ["break moved"]
    assert mended.recovered == pytest.approx(1.0)
    assert mended.touched == ("A",)
    assert mended.violations == ()
    assert mended.roster.activities.query("activity == 'absent'")["end"].tolist() == [at("11:30")]


def test_somebody_idle_switches_skill() -> None:
    centre = desk({"A": ("calls",), "B": ("mail", "calls"), "C": ("mail",)})
    roster = frames([day_shift("A", "calls"), day_shift("B", "mail"), day_shift("C", "mail", "12:30")])
    need = pd.concat([needed("08:00", 8, calls=1.0), needed("08:00", 8, mail=1.0)])
    mended = repair(roster, SickCall("A", MONDAY), need, centre)
    assert kinds(mended) == ["skill switch"]
    assert mended.changes["before"].tolist() == ["08:00-12:00 on mail"]
    assert mended.changes["reason"].tolist() == ["covers 4 h of calls from 08:00 to 12:00 after the sick call of A"]
    assert mended.recovered == pytest.approx(1.0)
    assert mended.violations == ()


def test_who_is_on_call_comes_before_a_day_off_is_worked() -> None:
    call = Contract(name="call", kind="on call", cost_per_hour=20.0, cost_per_shift=10.0)
    centre = desk({"A": ("calls",), "B": ("calls",), "C": ("calls",)}, contracts=(call,), of={"C": "call"})
    roster = frames([day_shift("A", "calls")])
    need = needed("10:00", 8, calls=1.0)
    mended = repair(roster, SickCall("A", at("07:00")), need, centre)
    assert kinds(mended) == ["called in"]
    assert mended.touched == ("C",)
    assert mended.changes["pay"].tolist() == [8 * 20 + 10]
    assert mended.violations == ()
    assert check(mended.roster, centre, need) == []


def test_heads_wanted_by_shift_alone_are_replaced() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",)})
    roster = frames([day_shift("A", "calls")])
    heads = pd.DataFrame({"template": ["day"], "day": [MONDAY], "heads": [1.0], "shortage_price": [500.0]})
    alone = repair(roster, SickCall("A", MONDAY), None, centre, wanted=heads, max_touched=0)
    assert (alone.loss_event, alone.loss_left, alone.roster.cost["wanted"]) == (500.0, 500.0, 500.0)
    mended = repair(roster, SickCall("A", MONDAY), None, centre, wanted=heads)
    assert (mended.loss_event, mended.loss_left, mended.roster.cost["wanted"]) == (500.0, 0.0, 0.0)
    assert kinds(mended) == ["day off worked"]
    assert mended.changes["reason"].tolist() == ["covers a head of 'day' after the sick call of A"]
    assert (mended.touched, mended.violations) == (("B",), ())
    # Nobody is called for a head that is worth less than the day off and its pay.
    cheap = repair(roster, SickCall("A", MONDAY), None, centre, wanted=heads.assign(shortage_price=150.0))
    assert (cheap.touched, cheap.loss_left) == ((), 150.0)


def test_nobody_else_is_touched_where_none_may_be() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",)})
    roster = frames([day_shift("A", "calls")])
    mended = repair(roster, SickCall("A", MONDAY), needed("08:00", 8, calls=1.0), centre, max_touched=0)
    assert mended.changes.empty
    assert mended.recovered == 0
    assert mended.loss_left == mended.loss_event == 8 * 0.5 * 200


def test_shortage_that_the_plan_had_is_left_alone() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",), "C": ("calls",)})
    roster = frames([day_shift("A", "calls"), day_shift("B", "calls", "12:30")])
    mended = repair(roster, LateArrival("A", at("08:30")), needed("08:00", 8, calls=3.0), centre)
    # One half-hour of one agent is lost, which is cheaper than a shift for C, though the plan is short all morning.
    assert mended.loss_event == pytest.approx(100)
    assert mended.changes.empty


def test_the_past_stays() -> None:
    centre = desk({"A": ("calls",), "B": ("mail", "calls")})
    roster = frames([day_shift("A", "calls"), day_shift("B", "mail")])
    need = pd.concat([needed("08:00", 8, calls=1.0), needed("08:00", 1, mail=0.0)])
    mended = repair(roster, SickCall("A", at("09:00")), need, centre, now=at("10:15"))
    assert kinds(mended) == ["skill switch"]
    assert mended.changes["after"].tolist() == ["10:15-12:00 on calls"]


def test_days_before_the_requirement_are_let_be() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",), "C": ("calls",)})
    sunday = MONDAY - timedelta(days=1)
    eve: Row = ("C", sunday, "day", "08:00", "16:30", [])
    roster = frames([day_shift("A", "calls", "11:00"), day_shift("B", "calls", "12:00"), eve])
    past = [("C", at("08:00", sunday), at("16:30", sunday), "work", "calls")]
    more = pd.DataFrame(past, columns=["employee", "start", "end", "activity", "queue"]).astype({"queue": "str"})
    roster = Frames(roster.shifts, pd.concat([roster.activities, more], ignore_index=True))
    mended = repair(roster, LateArrival("B", at("11:30")), needed("08:00", 17, calls=1.0), centre)
    assert mended.loss_event == pytest.approx(0.5 * 200)
    assert mended.recovered == pytest.approx(1.0)
    assert mended.roster.shifts["shift_start"].min() == at("08:00")
    assert mended.violations == ()


def test_a_reforecast_below_the_plan_lets_people_go_only_where_that_pays() -> None:
    short = ShiftTemplate(name="day", earliest_start="08:00", min_length="4h", max_length="8h")
    centre = desk({"A": ("calls",), "B": ("calls",)})
    centre = Centre(
        name="desk",
        tz=TZ,
        queues=centre.queues,
        contracts=centre.contracts,
        shifts=(short,),
        employees=centre.employees,
    )
    whole: Cut = [("work", "08:00", "16:00", "calls")]
    roster = frames([("A", MONDAY, "day", "08:00", "16:00", whole), ("B", MONDAY, "day", "08:00", "16:00", whole)])
    need = needed("08:00", 16, calls=2.0)
    quiet = needed("13:00", 6, calls=1.0)
    mended = repair(roster, Reforecast(quiet), need, centre)
    assert kinds(mended) == ["early leave"]
    assert mended.changes["after"].tolist() == ["08:00-13:00 day"]
    assert mended.changes["pay"].tolist() == [-60.0]
    assert repair(roster, Reforecast(quiet), need, centre, prices=RepairPrices(early_leave=9.0)).changes.empty


def test_a_training_is_moved_and_its_time_covered() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",)})
    cut: Cut = [
        ("training", "08:00", "09:00", None),
        ("work", "09:00", "12:00", "calls"),
        ("lunch", "12:00", "12:30", None),
    ]
    trained: Row = ("A", MONDAY, "day", "08:00", "16:30", [*cut, ("work", "12:30", "16:30", "calls")])
    roster = frames([trained, day_shift("B", "calls", "10:00")])
    need = needed("08:00", 8, calls=1.0)
    mended = repair(roster, TrainingMoved(("A",), at("08:00"), at("10:00")), need, centre)
    # B is at lunch at 10:00, when A is now in training.
    assert kinds(mended) == ["break moved"]
    assert mended.touched == ("B",)
    assert mended.recovered == pytest.approx(1.0)
    assert mended.violations == ()


def test_every_fault_of_the_events_is_named() -> None:
    centre = desk({"A": ("calls",), "B": ("calls",)})
    roster = frames([day_shift("A", "calls")])
    events: list[Event] = [
        SickCall("X", MONDAY),
        SickCall("B", MONDAY),
        LateArrival("A", at("17:00")),
        TrainingMoved(("A",), at("08:00"), at("09:00")),
    ]
    with pytest.raises(DataError) as error:
        repair(roster, events, needed("08:00", 8, calls=1.0), centre)
    assert [str(problem) for problem in error.value.problems] == [
        "sick call: unknown employee 'X'; known: A, B",
        "sick call: B has no work from 2026-11-02 on; give the day or instant of a shift",
        "late arrival: A has no shift at 2026-11-02 17:00:00+01:00; give an instant inside a shift",
        "training moved: A has no training or meeting that begins at 2026-11-02 08:00:00+01:00; "
        "give the start of one as it stands in the roster",
    ]


def big_centre() -> tuple[Centre, Frames, pd.DataFrame]:
    """Return 200 people on two queues over a week, covered to the head: 20 of them on call, 40 in part time."""
    long = ShiftTemplate(
        name="long",
        earliest_start="07:00",
        latest_start="12:00",
        min_length="8h30min",
        max_length="9h30min",
        breaks=(
            Break(name="break 1", length="15min", earliest="1h30min", latest="2h30min", paid=True),
            Break(name="lunch", length="30min", earliest="3h", latest="5h"),
            Break(name="break 2", length="15min", earliest="6h", latest="7h", paid=True),
        ),
    )
    short = ShiftTemplate(name="short", earliest_start="07:00", latest_start="16:00", min_length="4h", max_length="6h")
    contracts = (
        Contract(
            name="full", min_week="32h", max_week="40h", max_day="9h", max_overtime_week="4h", templates=("long",),
            cost_per_hour=22.0,
        ),
        Contract(
            name="part", kind="part", min_week="10h", max_week="25h", max_day="6h", templates=("short",),
            cost_per_hour=19.0,
        ),
        Contract(
            name="call", kind="on call", max_week="20h", max_day="6h", templates=("short",), cost_per_hour=21.0,
            cost_per_shift=15.0,
        ),
    )  # fmt: skip
    people, rows = [], []
    for number in range(200):
        sort = "call" if number >= 180 else "part" if number % 9 in (4, 8) else "full"
        skills = (("chat",), ("phone",), ("chat", "phone"), ("phone", "chat"))[number % 4]
        name = f"A{number:03d}"
        people.append(Employee(id=name, contract=sort, skills=tuple(map(Skill, skills))))
        for n in range(5 if sort == "full" else 3 if sort == "part" else 0):
            day = MONDAY + timedelta(days=(n + number) % 7 if sort == "part" else n + (number % 3 == 0))
            begin = at("07:00", day) + timedelta(minutes=30 * (number * 7 % 11))
            rows.append((name, begin, sort, skills[0], number))
    shifts: list[tuple[object, ...]] = []
    parts: list[tuple[object, ...]] = []
    for name, begin, sort, queue, number in rows:
        hours = 8.5 if sort == "full" else 5.0
        stop = begin + timedelta(hours=hours)
        shifts.append((name, begin, stop, "long" if sort == "full" else "short", hours - 0.5 * (sort == "full")))
        rests = []
        if sort == "full":
            lunch = 3 + 0.5 * (number % 4)
            rests = [(1.5 + 0.25 * (number % 5), 0.25, "break 1"), (lunch, 0.5, "lunch"), (6.5, 0.25, "break 2")]
        clock = begin
        for offset, length, what in rests:
            start = begin + timedelta(hours=offset)
            parts.append((name, clock, start, "work", queue))
            clock = start + timedelta(hours=length)
            parts.append((name, start, clock, what, None))
        parts.append((name, clock, stop, "work", queue))
    roster = Frames(
        pd.DataFrame(shifts, columns=["employee", "shift_start", "shift_end", "template", "paid_h"]),
        pd.DataFrame(parts, columns=["employee", "start", "end", "activity", "queue"]).astype({"queue": "str"}),
    )
    centre = Centre(
        name="big",
        tz=TZ,
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("chat", "phone")),
        contracts=contracts,
        shifts=(long, short),
        employees=tuple(people),
    )
    starts = pd.date_range(at("07:00"), at("22:00", MONDAY + timedelta(days=6)), freq="30min", inclusive="left")
    need = []
    for queue in ("chat", "phone"):
        mine = roster.activities[roster.activities["queue"] == queue]
        begins, ends = (pd.DatetimeIndex(mine[name]).asi8 for name in ("start", "end"))
        step = pd.DatetimeIndex([at("07:00"), at("07:30")]).as_unit(mine["start"].dt.unit).asi8
        size = int(step[1] - step[0])
        grid = starts.as_unit(mine["start"].dt.unit).asi8
        low, high = np.maximum.outer(begins, grid), np.minimum.outer(ends, grid + size)
        heads = np.floor(np.clip(high - low, 0, None).sum(axis=0) / size + 1e-9)
        need.append(pd.DataFrame({"queue": queue, "start": starts, "agents": heads, "scheduled": heads}))
    return centre, roster, pd.concat(need, ignore_index=True)


@pytest.mark.parametrize("sick", ["A000", "A001", "A101"])
def test_a_sick_call_among_200_touches_three_at_most_and_recovers_most(sick: str) -> None:
    centre, roster, need = big_centre()
    assert check(roster, centre, need) == []
    mended = repair(roster, SickCall(sick, MONDAY + timedelta(days=1)), need, centre)
    assert mended.loss_event > 0
    assert len(mended.touched) <= 3
    assert mended.recovered is not None
    assert mended.recovered >= 0.85
    assert mended.violations == ()


BIG = big_centre()


@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    sick=st.integers(0, 179),
    late=st.integers(0, 179),
    hour=st.integers(8, 15),
    more=st.floats(0.8, 1.3),
    most=st.integers(0, 4),
)
def test_whatever_happens_the_repair_is_legal_minimal_and_leaves_the_past(
    sick: int, late: int, hour: int, more: float, most: int
) -> None:
    centre, roster, need = BIG
    day = MONDAY + timedelta(days=2)
    now = at(f"{hour:02d}:00", day)
    today = set(roster.shifts[roster.shifts["shift_start"].dt.date == day]["employee"])
    events: list[Event] = []
    if f"A{sick:03d}" in today:
        events.append(SickCall(f"A{sick:03d}", day))
    starts = roster.shifts.set_index(["employee"])["shift_start"].loc[[f"A{late:03d}"]] if late != sick else []
    events += [LateArrival(f"A{late:03d}", start + timedelta(hours=1)) for start in starts if start.date() == day]
    quiet = need[(need["start"] >= now) & (need["start"].dt.date == day)].copy()
    quiet["scheduled"] = np.round(quiet["scheduled"] * more)
    if (quiet["scheduled"] != need.loc[quiet.index, "scheduled"]).any():
        events.append(Reforecast(quiet))
    if not events:
        return
    mended = repair(roster, events, need, centre, now=now, max_touched=most)
    assert mended.violations == ()
    assert len(mended.touched) <= most
    assert mended.loss_left <= mended.loss_event + 1e-6
    whole, work = roster.activities, mended.roster.activities
    was, new = (one[one["end"] <= now].reset_index(drop=True) for one in (whole, work))
    away = {event.employee for event in events if isinstance(event, SickCall | LateArrival)}
    kept = [one[~one["employee"].isin(away)] for one in (was, new)]
    before, after = (set(one.astype("str").itertuples(index=False, name=None)) for one in kept)
    assert before <= after
