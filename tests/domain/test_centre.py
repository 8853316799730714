from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from wfm.domain.centre import Centre, Prices, Shrinkage
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.domain.lock import Lock
from wfm.domain.people import Contract, Employee, Preference, Skill
from wfm.domain.queue import Queue
from wfm.domain.shift import ShiftTemplate
from wfm.domain.targets import ServiceLevel
from wfm.domain.together import Pair
from wfm.errors import DataError

CALLS = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),), aht="3min")
CHAT = Queue(name="chat", channel="chat", targets=(ServiceLevel(0.8, "30s"),), aht="6min")
FULL = Contract(name="full")
DAY = ShiftTemplate(name="day", earliest_start="08:00", min_length="8h")
ANNA = Employee(id="A1", contract="full", skills=(Skill("calls"),))


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


def centre(**changes: Any) -> Centre:
    given = {"name": "bank", "tz": "Europe/Berlin", "queues": (CALLS,), "contracts": (FULL,), "shifts": (DAY,)}
    return Centre(**{**given, "employees": (ANNA,), **changes})


def test_a_centre_needs_a_name_a_zone_and_a_queue() -> None:
    plain = Centre(name="bank", tz="UTC", queues=[CALLS])
    assert (plain.queues, plain.employees, plain.interval_s, plain.currency) == ((CALLS,), (), 1800, "EUR")
    assert plain.calendar.hours.is_always


def test_parts_are_found_by_name() -> None:
    bank = centre()
    assert bank.queue("calls") is CALLS
    assert bank.contract("full") is FULL
    assert bank.shift("day") is DAY
    assert bank.employee("A1") is ANNA


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (lambda: centre().queue("cals"), "unknown queue 'cals'; did you mean 'calls'? Known: calls"),
        (lambda: centre().contract("fulltime"), "unknown contract 'fulltime'; did you mean 'full'? Known: full"),
        (lambda: centre().shift("night"), "unknown shift template 'night'; known: day"),
        (lambda: centre().employee("A2"), "unknown employee 'A2'; known: A1"),
        (lambda: centre(employees=()).employee("A1"), "unknown employee 'A1'; none is defined"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(find: Callable[[], Any], text: str) -> None:
    assert message(find).replace("did you mean 'A1'? Known: A1", "known: A1") == text


def test_a_contract_takes_the_templates_that_fit_its_day() -> None:
    long = ShiftTemplate(name="long", earliest_start="08:00", min_length="10h")
    short = ShiftTemplate(name="short", earliest_start="08:00", min_length="4h")
    part = Contract(name="part", kind="part", max_week="20h", min_day="5h")
    bank = centre(shifts=(DAY, long, short), contracts=(FULL, part))
    assert [shift.name for shift in bank.templates_of(FULL)] == ["day", "short"]
    assert [shift.name for shift in bank.templates_of(part)] == ["day"]
    assert bank.templates_of(replace(FULL, templates=("short",))) == (short,)


def test_only_shrinkage_outside_the_roster_raises_the_requirement() -> None:
    parts = (
        Shrinkage(name="sickness", fraction=0.04),
        Shrinkage(name="coaching", fraction=0.05),
        Shrinkage(name="breaks", fraction=0.1, in_roster=True),
    )
    assert centre(shrinkage=parts).unrostered_shrinkage == pytest.approx(0.09)
    assert centre().unrostered_shrinkage == 0


def part(fraction: float) -> Shrinkage:
    return Shrinkage(name="sickness", fraction=fraction)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: part(4), "fraction must be a number in [0, 1), got 4; write 0.04 for 4 %"),
        (lambda: part(1), "fraction must be a number in [0, 1), got 1"),
        (lambda: Prices(shortage_per_hour=0), "shortage_per_hour must be a number in (0, inf), got 0"),
        (lambda: Prices(surplus_per_hour=-1), "surplus_per_hour must be a number in [0, inf), got -1"),
        (lambda: Prices(wish=-1), "wish must be a number in [0, inf), got -1"),
    ],
)
def test_shares_and_prices_out_of_range_are_refused(make: Callable[[], Any], text: str) -> None:
    assert message(make) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": ""}, "name must be a name, got ''; give a non-empty text without spaces at its ends"),
        ({"interval": "25min"}, "interval 25 min is not supported; "),
        ({"interval": 30}, "interval has no unit: 30; write '30s', '30min' or '30h'"),
        ({"queues": (), "employees": ()}, "no queues; give at least one"),
        (
            {"shrinkage": (part(0.6), Shrinkage(name="coaching", fraction=0.4))},
            "the shrinkage parts add up to 1; they must stay below 1",
        ),
        ({"queues": (CALLS, CALLS)}, "two queues are named 'calls'; rename one"),
        ({"contracts": (FULL, FULL)}, "two contracts are named 'full'; rename one"),
        ({"shifts": (DAY, DAY, DAY)}, "two shift templates are named 'day'; rename one"),
        ({"employees": (ANNA, ANNA)}, "two employees are named 'A1'; rename one"),
        ({"shrinkage": (part(0.1), part(0.2))}, "two shrinkage parts are named 'sickness'; rename one"),
        (
            {"contracts": (replace(FULL, templates=("dya",)),)},
            "contract 'full': unknown shift template 'dya'; did you mean 'day'? Known: day",
        ),
        (
            {"contracts": (replace(FULL, max_day="6h"),)},
            "contract 'full': no shift fits its day of 0-6 h: day 8 h paid; "
            "change max_day or min_day, or allow another template",
        ),
        (
            {"employees": (replace(ANNA, contract="ful"),)},
            "employee 'A1': unknown contract 'ful'; did you mean 'full'? Known: full",
        ),
        (
            {"employees": (ANNA, Employee(id="A2", contract="full", skills=(Skill("cals"),)))},
            "employee 'A2': unknown queue 'cals'; did you mean 'calls'? Known: calls",
        ),
        (
            {
                "employees": (
                    replace(ANNA, preferences=(Preference(day=date(2026, 11, 2), wish="template", template="x"),)),
                )
            },
            "employee 'A1': unknown shift template 'x'; known: day",
        ),
        (
            {"queues": (CALLS, CHAT)},
            "nobody has the skill of queue 'chat'; give it to at least one employee",
        ),
        (
            {"calendar": CalendarSpec(hours=OpeningHours("Mon-Fri 08:15-18:00"))},
            "calendar: opens or closes at 08:15, inside an interval; "
            "give hours on a grid of 30min, or a shorter interval",
        ),
        (
            {"queues": (replace(CALLS, hours=OpeningHours(exceptions={date(2026, 12, 24): "22:00-01:10"})),)},
            "queue 'calls': opens or closes at 01:10, inside an interval; "
            "give hours on a grid of 30min, or a shorter interval",
        ),
    ],
)
def test_each_fault_of_a_centre_has_its_message(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: centre(**changes)).startswith(text)


def test_an_unknown_zone_is_told_the_nearest() -> None:
    told = message(lambda: centre(tz="Europe/Berln"))
    assert told.startswith("unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?")


def test_a_shorter_interval_follows_odd_hours() -> None:
    spec = CalendarSpec(hours=OpeningHours("Mon-Fri 08:15-18:00"))
    assert centre(interval="15min", calendar=spec).interval_s == 900


def test_every_fault_of_a_centre_is_told_at_once() -> None:
    told = message(
        lambda: Centre(
            name="bank",
            tz="Berlin",
            queues=(CALLS, CALLS, CHAT),
            contracts=(replace(FULL, templates=("night",)),),
            employees=(replace(ANNA, contract="half", skills=(Skill("phone"),)),),
            interval="1s",
        )
    )
    lines = told.splitlines()
    assert lines[0] == "8 problems in centre 'bank':"
    assert [line.split(";")[0] for line in lines[1:]] == [
        "  1. unknown time zone 'Berlin'",
        "  2. interval 0.0166667 min is not supported",
        "  3. two queues are named 'calls'",
        "  4. contract 'full': unknown shift template 'night'",
        "  5. employee 'A1': unknown contract 'half'",
        "  6. employee 'A1': unknown queue 'phone'",
        "  7. nobody has the skill of queue 'calls'",
        "  8. nobody has the skill of queue 'chat'",
    ]


def test_a_centre_is_a_value_that_travels() -> None:
    bank = centre()
    assert bank == centre()
    assert pickle.loads(pickle.dumps(bank)) == bank
    assert replace(bank, name="other").queues == bank.queues


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: centre(queues="calls"),
            "queues must be a list of Queue, got 'calls'; write queues=(Queue(...),)",
        ),
        (lambda: centre(employees=("A1",)), "employees must be a list of Employee, got 'A1' in it"),
        (lambda: centre(shrinkage=0.3), "shrinkage must be a list of Shrinkage, got 0.3"),
        (lambda: centre(calendar="24x7"), "calendar must be a CalendarSpec, got '24x7'"),
        (lambda: centre(prices={"wish": 3}), "prices must be a Prices, got {'wish': 3}"),
        (lambda: Shrinkage(name="leave", fraction=0.1, in_roster="no"), "in_roster must be True or False, got 'no'"),
        (lambda: CalendarSpec(country="DE", closed_on_holidays="no"), "closed_on_holidays must be True or False"),
        (lambda: CalendarSpec(hours=24), "hours must be an OpeningHours, got 24"),
        (lambda: CalendarSpec(events=("11.11",)), "events must be a list of Event, got '11.11' in it"),
        (lambda: Queue(name="q", targets=(ServiceLevel(0.8, "30s"),), hours=24), "hours must be an OpeningHours"),
        (lambda: Contract(name="full", templates="day"), "templates must be a list of str, got 'day'"),
        (
            lambda: Employee(id="A1", contract="full", skills=Skill("calls")),
            "skills must be a list of Skill, got Skill(queue='calls', proficiency=1.0)",
        ),
        (
            lambda: Employee(id="A1", contract="full", skills=(Skill("calls"),), preferences=("off",)),
            "preferences must be a list of Preference, got 'off' in it",
        ),
        (
            lambda: ShiftTemplate(name="day", earliest_start="07:00", min_length="8h", weekdays="Mon-Fri"),
            "weekdays 'Mon-Fri'; give numbers from 0 (Monday) to 6 (Sunday)",
        ),
        (
            lambda: ShiftTemplate(name="day", earliest_start="07:00", min_length="8h", breaks=("30min",)),
            "breaks must be a list of Break, got '30min' in it",
        ),
    ],
)
def test_a_value_of_another_kind_is_refused(make: Callable[[], Any], said: str) -> None:
    assert said in message(make)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"shifts": (replace(DAY, not_after=("nigth",)),)},
            "shift template 'day': unknown shift template 'nigth'; known: day",
        ),
        (
            {"contracts": (replace(FULL, max_shifts={"nigth": 2}),)},
            "contract 'full': unknown shift template 'nigth'; known: day",
        ),
        (
            {"employees": (replace(ANNA, locks=(Lock(day=date(2026, 11, 2), template="dya"),)),)},
            "employee 'A1': unknown shift template 'dya'; did you mean 'day'? Known: day",
        ),
        (
            {
                "employees": (
                    replace(ANNA, locks=(Lock(day=date(2026, 11, 2), template="day", breaks={"lunch": "12:00"}),)),
                )
            },
            "employee 'A1': the lock of 2026-11-02 fixes an unknown break 'lunch' of 'day'; none is defined",
        ),
        (
            {"pairs": (Pair(first="A1", second="A2", price=1.0),)},
            "pair of 'A1' and 'A2': unknown employee 'A2'; known: A1",
        ),
    ],
)
def test_names_in_rules_must_be_known(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: centre(**changes)) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"shortage_steps": ((0.3, 2.0), (0.1, 3.0))},
            "shortage_steps ((0.3, 2.0), (0.1, 3.0)) do not rise; give share and factor in rising order",
        ),
        ({"shortage_steps": ((1.0, 2.0),)}, "share of shortage_steps must be a number in (0, 1), got 1.0"),
        ({"surplus_steps": ((0.5, 1.0),)}, "factor of surplus_steps must be a number in (1, inf), got 1.0"),
        ({"shortage_steps": ((0.5,),)}, "shortage_steps must be pairs of share and factor, got (0.5,); ((0.1, 2.0),)"),
        ({"floor_factor": 0.5}, "floor_factor must be a number in [1, inf), got 0.5"),
    ],
)
def test_steps_of_prices_rise(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: Prices(**changes)) == text


def test_steps_of_prices_are_kept() -> None:
    assert Prices(surplus_steps=[[0.5, 2.0], [2.0, 3.0]]).surplus_steps == ((0.5, 2.0), (2.0, 3.0))
