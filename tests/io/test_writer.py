"""Writing a centre: what is read again is the same centre."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm.domain import (
    Break,
    CalendarSpec,
    CarryOver,
    Centre,
    Contract,
    Deadline,
    Employee,
    Event,
    EventKind,
    Fairness,
    Lock,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    OpeningHours,
    Pair,
    Preference,
    Prices,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Shrinkage,
    Skill,
    Unavailability,
    presets,
)
from wfm.errors import DataError
from wfm.io import read_centre, write_centre

# Text of any script, without what a name cannot hold (spaces at its ends) and what separates skills.
NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=";"), min_size=1, max_size=8)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
CLOCKS = st.integers(0, 1439).map(lambda minutes: timedelta(minutes=minutes))
FRACTIONS = st.floats(0.001, 0.999)


def lengths(low: float, high: float) -> st.SearchStrategy[timedelta]:
    """Lengths of time in whole seconds."""
    return st.integers(int(low), int(high)).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def hours(draw: st.DrawFn) -> OpeningHours:
    weekly = draw(st.sampled_from(["24x7", "Mon-Fri 07:00-21:00; Sat 09:00-13:00,14:00-18:00", "Fri 22:00-06:00"]))
    return OpeningHours(weekly, exceptions=draw(st.dictionaries(DAYS, st.sampled_from(["closed", "10:00-14:00"]))))


@st.composite
def events(draw: st.DrawFn, name: str) -> Event:
    days = draw(st.sets(DAYS, min_size=1, max_size=3))
    return Event(name=name, dates=tuple(days), kind=draw(st.sampled_from(EventKind)), before=draw(st.integers(0, 9)))


@st.composite
def queues(draw: st.DrawFn, name: str) -> Queue:
    targets = st.one_of(
        st.builds(ServiceLevel, FRACTIONS, lengths(0, 7200)),
        st.builds(
            ServiceLevel,
            FRACTIONS,
            lengths(0, 7200),
            basis=st.just("short_abandons_met"),
            short_abandon=lengths(1, 60),
        ),
        st.builds(MeanAnswer, lengths(1, 7200)),
        st.builds(LongestWait, lengths(1, 7200), breach=FRACTIONS),
        st.builds(MaxAbandonment, FRACTIONS),
        st.builds(MaxOccupancy, FRACTIONS),
    )
    deadlines = st.builds(Deadline, lengths(60, 864000), fraction=FRACTIONS)
    is_live = draw(st.booleans())
    concurrency = draw(st.integers(1, 20)) if is_live else 1
    shares = st.lists(st.floats(0, 10), min_size=concurrency - 1, max_size=concurrency - 1).map(sorted)
    return Queue(
        name=name,
        channel="chat" if is_live else "email",
        targets=tuple(draw(st.lists(targets if is_live else deadlines, min_size=1, max_size=3))),
        aht=draw(st.none() | lengths(1, 7200)),
        hours=draw(st.none() | hours()),
        concurrency=concurrency,
        slowdown=draw(st.floats(0, 10) | shares),
        patience=draw(lengths(1, 7200)),
        priority=draw(st.integers(0, 9)),
        min_agents=draw(st.integers(0, 9)),
    )


@st.composite
def shifts(draw: st.DrawFn, name: str) -> ShiftTemplate:
    step = draw(st.sampled_from([timedelta(minutes=15), timedelta(minutes=30), timedelta(seconds=90)]))
    start, length = draw(lengths(0, 40000)), draw(lengths(14400, 28800))
    names = draw(
        st.lists(NAMES.filter(lambda text: text not in ("work", "meeting", "training")), unique=True, max_size=1)
    )
    return ShiftTemplate(
        name=name,
        earliest_start=start,
        latest_start=start + step * draw(st.integers(0, 9)),
        step=step,
        min_length=length,
        max_length=length + step * draw(st.integers(0, 9)),
        breaks=tuple(
            Break(
                name=text,
                length=draw(lengths(60, 3600)),
                earliest="1h",
                latest="2h",
                paid=draw(st.booleans()),
                min_gap=draw(lengths(0, 3600)),
            )
            for text in names
        ),
        not_after=(name,) if draw(st.booleans()) else (),
        weekdays=tuple(draw(st.sets(st.integers(0, 6), min_size=1))),
    )


@st.composite
def people(draw: st.DrawFn, who: str, contracts: list[str], names: list[str], templates: list[str]) -> Employee:
    extra = draw(st.lists(st.sampled_from(names), unique=True))
    skills = [Skill(name, draw(st.floats(0.001, 2))) for name in extra] or [Skill(names[0])]
    day = draw(DAYS)
    instant = datetime(2026, 10, 24, 22, tzinfo=UTC) + draw(lengths(0, 40000))
    away = [
        Unavailability(start=day, end=day + timedelta(days=draw(st.integers(1, 20)))),
        Unavailability(start=instant, end=instant + timedelta(hours=2), reason="training"),
        Unavailability(
            start=instant.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=9),
            end=instant.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=10),
            reason="sick",
        ),
    ]
    wishes = [
        Preference(day=day, wish="off", rank=draw(st.integers(1, 9))),
        Preference(day=day + timedelta(days=1), wish="template", template=templates[0]),
        Preference(
            day=day + timedelta(days=2), wish="not template", template=templates[0], price=draw(st.floats(0, 9))
        ),
    ]
    held = [
        Lock(day=day, off=True),
        Lock(day=day + timedelta(days=1), template=templates[0], start=draw(CLOCKS)),
        Lock(day=day + timedelta(days=2), length=draw(lengths(60, 80000))),
    ]
    before = CarryOver(
        last_end=draw(st.none() | st.just(instant.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=9))),
        last_template=draw(st.sampled_from([None, templates[0]])),
        days_in_a_row=3,
        nights_in_a_row=draw(st.integers(0, 3)),
        week_paid=draw(lengths(0, 80000)),
        week_days=draw(st.integers(2, 6)),
        week_starts=tuple(draw(st.lists(CLOCKS, max_size=2))),
        weekend_worked_saturday=draw(st.booleans()),
        weekends=draw(st.integers(0, 4)),
        shifts={templates[0]: draw(st.integers(0, 4))},
        known_from=draw(st.none() | st.just(day - timedelta(days=30))),
    )
    return Employee(
        id=who,
        contract=draw(st.sampled_from(contracts)),
        skills=tuple(skills),
        team=draw(st.none() | NAMES),
        unavailable=tuple(draw(st.lists(st.sampled_from(away), unique=True))),
        preferences=tuple(draw(st.lists(st.sampled_from(wishes), unique=True))),
        locks=tuple(draw(st.lists(st.sampled_from(held), unique=True))),
        before=draw(st.none() | st.just(before)),
        rotation_week=draw(st.integers(0, 3)),
    )


@st.composite
def centres(draw: st.DrawFn) -> Centre:
    names = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    templates = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    contracts = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    ids = draw(st.lists(NAMES, max_size=3, unique=True))
    staff = [draw(people(who, contracts, names, templates)) for who in ids]
    if staff:
        staff[0] = replace(staff[0], skills=tuple(Skill(name) for name in names))
    return Centre(
        name=draw(NAMES),
        tz=draw(st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/New_York"])),
        interval=draw(st.sampled_from(["15min", "30min", "1h"])),
        queues=tuple(draw(queues(name)) for name in names),
        calendar=CalendarSpec(
            hours=draw(hours()),
            country=draw(st.sampled_from(["CN", "DE"])),
            closed_on_holidays=draw(st.booleans()),
            makeup_days=tuple(draw(st.sets(DAYS, max_size=3))),
            events=tuple(draw(events(name)) for name in draw(st.lists(NAMES, max_size=2, unique=True))),
        ),
        shifts=tuple(draw(shifts(name)) for name in templates),
        contracts=tuple(
            Contract(
                name=name,
                min_day=draw(lengths(0, 7200)),
                max_day=timedelta(hours=24),
                max_week=draw(lengths(36000, 500000)),
                max_period=draw(st.none() | lengths(36000, 5000000)),
                max_weekends=draw(st.none() | st.integers(0, 9)),
                templates=draw(st.none() | st.just(tuple(templates))),
                whole_weekends=draw(st.booleans()),
                min_free_week=draw(st.none() | lengths(3600, 500000)),
                max_start_spread=draw(st.none() | lengths(0, 80000)),
                min_days_off_in_a_row=draw(st.integers(1, 14)),
                max_shifts=draw(st.none() | st.dictionaries(st.sampled_from(templates), st.integers(0, 9))),
                **draw(st.sampled_from([{}, {"rotation": (tuple(templates), ()), "rotation_from": date(2026, 11, 2)}])),
                cost_per_shift=draw(st.floats(0, 9)),
                cost_per_hour=draw(st.floats(0.01, 1000)),
            )
            for name in contracts
        ),
        employees=tuple(staff),
        shrinkage=tuple(
            Shrinkage(name=name, fraction=draw(st.floats(0, 0.2)), whole_shift=draw(st.booleans()))
            for name in draw(st.lists(NAMES, max_size=3, unique=True))
        ),
        prices=Prices(
            shortage_per_hour=draw(st.none() | st.floats(0.01, 1e6)),
            wish=draw(st.none() | st.floats(0, 9)),
            shortage_steps=draw(st.sampled_from([(), ((0.1, 2.0), (0.5, 3.0))])),
            surplus_steps=draw(st.sampled_from([(), ((0.5, 1.5),)])),
            floor_factor=draw(st.floats(1, 1000)),
        ),
        pairs=tuple(Pair(first=one, second=two, together=draw(st.booleans()), price=2.0) for one, two in pairwise(ids)),
        fairness=draw(
            st.none()
            | st.builds(
                Fairness,
                nights=st.floats(0, 9),
                unpopular=st.floats(0, 9),
                unpopular_starts=st.just((("22:00", "05:30"), ("12:00", "12:30"))),
            )
        ),
        currency=draw(st.sampled_from(["EUR", "CNY"])),
    )


@given(centre=centres())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_the_same(centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("centre") / "centre.toml"
    write_centre(centre, path)
    assert read_centre(path) == centre


def bank(**changes: object) -> Centre:
    plain = Centre(
        name="bank",
        tz="Europe/Berlin",
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),), aht="3min"),),
        shifts=(ShiftTemplate(name="day", earliest_start="08:00", min_length="8h"),),
        contracts=(Contract(name="full"),),
        employees=(Employee(id="A1", contract="full", skills=(Skill("calls"),)),),
    )
    return replace(plain, **changes)


def test_the_files_are_such_as_a_person_would_write(tmp_path: Path) -> None:
    leave = Unavailability(start=date(2026, 11, 2), end=date(2026, 11, 9))
    wish = Preference(day=date(2026, 12, 24), wish="off")
    who = Employee(
        id="A1", contract="full", skills=(Skill("calls", 0.8),), team="red", unavailable=(leave,), preferences=(wish,)
    )
    write_centre(bank(employees=(who,)), tmp_path / "bank.toml")

    rows = {path.name: list(csv.reader(path.read_text().splitlines())) for path in tmp_path.glob("*.csv")}
    assert rows == {
        "bank.people.csv": [["employee", "contract", "skills", "team"], ["A1", "full", "calls:0.8", "red"]],
        "bank.unavailability.csv": [
            ["employee", "start", "end", "reason"],
            ["A1", "2026-11-02", "2026-11-09", "leave"],
        ],
        "bank.preferences.csv": [["employee", "day", "wish", "rank"], ["A1", "2026-12-24", "off", "1"]],
    }
    text = (tmp_path / "bank.toml").read_text(encoding="utf-8")
    assert text.startswith('[centre]\nname = "bank"\ntz = "Europe/Berlin"\ninterval = "30min"\n')
    assert 'max_week = "40h"' in text
    assert 'earliest_start = "08:00"' in text


def test_a_start_with_seconds_and_the_end_of_a_day_are_kept(tmp_path: Path) -> None:
    odd = ShiftTemplate(name="odd", earliest_start=time(7, 30, 15), min_length="8h")
    centre = bank(shifts=(odd,))
    write_centre(centre, tmp_path / "bank.toml")
    assert read_centre(tmp_path / "bank.toml") == centre


def test_an_instant_in_the_hour_that_occurs_twice_is_kept(tmp_path: Path) -> None:
    zone = ZoneInfo("Europe/Berlin")
    away = Unavailability(
        start=datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=1), end=datetime(2026, 10, 25, 9, tzinfo=zone)
    )
    who = Employee(id="A1", contract="full", skills=(Skill("calls"),), unavailable=(away,))
    write_centre(bank(employees=(who,)), tmp_path / "bank.toml")
    again = read_centre(tmp_path / "bank.toml").employees[0].unavailable[0]
    assert again.start.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_presets_can_be_written(tmp_path: Path) -> None:
    write_centre(presets.ecommerce(), tmp_path / "shop.toml")
    assert read_centre(tmp_path / "shop.toml") == presets.ecommerce()


def test_what_the_files_cannot_hold_is_refused_and_nothing_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    write_centre(bank(), path)
    before = path.read_bytes()

    who = Employee(id="A1", contract="full", skills=(Skill("a;b"),))
    queue = Queue(name="a;b", targets=(ServiceLevel(0.8, "30s"),))
    with pytest.raises(DataError, match="unknown queue 'a'; "):
        write_centre(bank(queues=(queue,), employees=(who,)), path)
    with pytest.raises(DataError, match=r"would not be the same when read again: employees hold .* team=' red'"):
        write_centre(bank(employees=(replace(bank().employees[0], team=" red"),)), path)
    assert path.read_bytes() == before


def test_a_path_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unknown suffix '\.json'; known: \.toml"):
        write_centre(bank(), tmp_path / "bank.json")
    with pytest.raises(DataError, match=r"there is no folder .*; make it first"):
        write_centre(bank(), tmp_path / "nowhere" / "bank.toml")


def test_an_event_like_another_is_written_and_read(tmp_path: Path) -> None:
    sale = Event(name="11.11", dates=(date(2025, 11, 11),), kind="promotion")
    live = Event(name="Live sale", dates=(date(2026, 12, 1),), kind="promotion", like="11.11 2025", strength=1.25)
    centre = presets.ecommerce()
    centre = replace(centre, calendar=replace(centre.calendar, events=(sale, live)))
    write_centre(centre, tmp_path / "shop.toml")
    assert read_centre(tmp_path / "shop.toml") == centre
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    (tmp_path / "shop.toml").write_text(text.replace('"11.11 2025"', '"11.12"'), encoding="utf-8")
    with pytest.raises(DataError, match=r"is like '11\.12', which is not an event of this calendar; did you mean"):
        read_centre(tmp_path / "shop.toml")


def test_locks_of_breaks_are_kept(tmp_path: Path) -> None:
    lunch = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    day = ShiftTemplate(name="day", earliest_start="08:00", min_length="8h", breaks=(lunch,))
    lock = Lock(day=date(2026, 11, 2), template="day", length="8h", breaks={"lunch": "12:00"})
    who = Employee(id="A1", contract="full", skills=(Skill("calls"),), locks=(lock,))
    centre = bank(employees=(who,), shifts=(day,))
    write_centre(centre, tmp_path / "bank.toml")
    assert (tmp_path / "bank.locks.csv").read_text().splitlines() == [
        "employee,day,template,length,breaks",
        "A1,2026-11-02,day,8h,lunch=12:00",
    ]
    assert read_centre(tmp_path / "bank.toml") == centre


def test_what_was_worked_before_is_a_row_of_what_is_not_zero(tmp_path: Path) -> None:
    before = CarryOver(
        last_end=datetime(2026, 11, 3, 6, tzinfo=ZoneInfo("Europe/Berlin")),
        days_in_a_row=2,
        week_days=2,
        week_paid="16h",
        week_starts=("07:00", "09:30"),
        shifts={"day": 2},
    )
    who = Employee(id="A1", contract="full", skills=(Skill("calls"),), before=before)
    write_centre(bank(employees=(who,)), tmp_path / "bank.toml")
    assert (tmp_path / "bank.before.csv").read_text().splitlines() == [
        "employee,last_end,days_in_a_row,week_days,week_paid,week_starts,shifts",
        "A1,2026-11-03T06:00:00+01:00,2,2,16h,07:00; 09:30,day=2",
    ]
