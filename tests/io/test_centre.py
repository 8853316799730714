"""Reading a centre: what its files may hold, and how a fault is kept from hiding another."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest

from wfm.domain import (
    Absence,
    CarryOver,
    Centre,
    Deadline,
    EventKind,
    Fairness,
    Lock,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    Pair,
    ServiceLevel,
    ServiceLevelBasis,
    Skill,
    Wish,
)
from wfm.errors import DataError
from wfm.io import read_centre

SHOP = """
[centre]
name = "shop"
tz = "Europe/Berlin"

[[queues]]
name = "chat"
channel = "chat"
aht = "6min"
targets = [{ type = "service_level", fraction = 0.8, within = "30s" }]

[[queues]]
name = "phone"
aht = "4min"
targets = [{ type = "mean_answer", within = "30s" }]

[[shifts]]
name = "day"
earliest_start = "08:00"
min_length = "8h"

[[contracts]]
name = "full"
"""


def read(folder: Path, text: str, **files: str) -> Centre:
    (folder / "centre.toml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return read_centre(folder / "centre.toml")


def faults_of(folder: Path, text: str, **files: str) -> list[str]:
    """Return every fault, told from the folder on."""
    with pytest.raises(DataError) as error:
        read(folder, text, **files)
    return [str(problem).replace(f"{folder}/", "") for problem in error.value.problems]


def with_files(*names: str) -> str:
    lines = "".join(f'{name} = "{name}.csv"\n' for name in names)
    return SHOP.replace('tz = "Europe/Berlin"\n', f'tz = "Europe/Berlin"\n{lines}')


def test_every_part_of_a_centre_is_read(tmp_path: Path) -> None:
    centre = read(
        tmp_path,
        """
        [centre]
        name = "shop"
        tz = "Europe/Berlin"
        interval = "15min"
        currency = "USD"

        [calendar]
        hours = "Mon-Fri 07:00-21:00"
        exceptions = { 2026-12-24 = "07:00-13:00", "2026-12-25" = "closed" }
        country = "US"
        subdivision = "CA"
        closed_on_holidays = true
        makeup_days = [2026-02-14, "2026-02-28"]

        [[calendar.events]]
        name = "11.11"
        dates = [2026-11-11]
        kind = "promotion"
        before = 10
        after = 7

        [[queues]]
        name = "chat"
        channel = "chat"
        targets = [
            { type = "service_level", fraction = 0.8, within = "30s", basis = "virtual" },
            { type = "mean_answer", within = "20s" },
            { type = "longest_wait", within = "2min", breach = 0.02 },
            { type = "max_abandonment", fraction = 0.03 },
            { type = "max_occupancy", fraction = 0.85 },
        ]
        aht = "6min"
        hours = "24x7"
        exceptions = { 2026-12-24 = "closed" }
        concurrency = 3
        slowdown = 0.2
        patience = "4min"
        priority = 1
        min_agents = 2

        [[queues]]
        name = "mail"
        channel = "email"
        targets = [{ type = "deadline", within = "4h" }]

        [[shrinkage]]
        name = "sickness"
        fraction = 0.04
        whole_shift = true

        [prices]
        shortage_per_hour = 400
        wish = 3.5

        [[shifts]]
        name = "night"
        earliest_start = 22:00:00
        latest_start = "23:00"
        step = "1h"
        min_length = "8h"
        max_length = "9h"
        breaks = [{ name = "lunch", length = "30min", earliest = "3h", latest = "5h", paid = true }]
        weekdays = [0, 1, 2]

        [[contracts]]
        name = "part"
        kind = "part"
        max_week = "24h"
        templates = ["night"]
        cost_per_hour = 21

        [[people]]
        employee = "A1"
        contract = "part"
        skills = ["chat:0.9", "mail"]
        team = "red"

        [[unavailability]]
        employee = "A1"
        start = 2026-11-02
        end = 2026-11-09
        reason = "training"

        [[preferences]]
        employee = "A1"
        day = 2026-12-24
        wish = "template"
        template = "night"
        rank = 2
        """,
    )
    assert (centre.interval_s, centre.currency) == (900.0, "USD")
    calendar = centre.calendar
    assert calendar.hours.on(date(2026, 12, 24))[0].closes == timedelta(hours=13)
    assert (calendar.hours.on(date(2026, 12, 25)), calendar.subdivision) == ((), "CA")
    assert calendar.makeup_days == (date(2026, 2, 14), date(2026, 2, 28))
    assert (calendar.events[0].kind, calendar.events[0].before) == (EventKind.PROMOTION, 10)
    chat = centre.queue("chat")
    assert chat.targets == (
        ServiceLevel(0.8, "30s", basis=ServiceLevelBasis.VIRTUAL),
        MeanAnswer("20s"),
        LongestWait("2min", breach=0.02),
        MaxAbandonment(0.03),
        MaxOccupancy(0.85),
    )
    assert centre.queue("mail").targets == (Deadline("4h"),)
    assert chat.hours is not None
    assert chat.hours.on(date(2026, 12, 24)) == ()
    assert (chat.concurrency, chat.slowdown, chat.patience_s, chat.priority, chat.min_agents) == (3, 0.2, 240.0, 1, 2)
    assert (centre.shrinkage[0].whole_shift, centre.prices.shortage_per_hour, centre.prices.wish) == (True, 400, 3.5)
    night = centre.shift("night")
    assert (night.earliest_start_s, night.latest_start_s, night.weekdays) == (79200.0, 82800.0, (0, 1, 2))
    assert night.breaks[0].paid
    assert centre.contract("part").templates == ("night",)
    who = centre.employee("A1")
    assert (who.skills, who.team) == ((Skill("chat", 0.9), Skill("mail")), "red")
    assert who.unavailable[0].reason is Absence.TRAINING
    assert (who.unavailable[0].start, who.preferences[0].wish) == (date(2026, 11, 2), Wish.TEMPLATE)


def test_people_leave_and_wishes_come_from_csv_or_excel_alike(tmp_path: Path) -> None:
    tables = {
        "people": [["employee", "contract", "skills", "team"], ["1001", "full", "chat; phone:0.8", ""]],
        "unavailability": [
            ["employee", "start", "end", "reason", "credit"],
            ["1001", "2026-11-02", "2026-11-09", "", ""],
            ["1001", "2026-11-12 08:00", "2026-11-12 12:00", "training", "4h"],
        ],
        "preferences": [["employee", "day", "wish"], ["1001", "2026-12-24", "off"]],
    }
    texts = {name: "\n".join(",".join(row) for row in rows) + "\n\n" for name, rows in tables.items()}
    from_csv = read(tmp_path, with_files(*tables), **texts)

    for name, rows in tables.items():
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([_as_typed_into_a_sheet(cell) for cell in row])
        book.save(tmp_path / f"{name}.xlsx")
    assert read(tmp_path, with_files(*tables).replace(".csv", ".xlsx")) == from_csv
    assert from_csv.employee("1001").skills == (Skill("chat"), Skill("phone", 0.8))
    assert [away.credit_s for away in from_csv.employee("1001").unavailable] == [None, 4 * 3600]
    assert from_csv.employee("1001").unavailable[1].start == datetime(
        2026, 11, 12, 8, tzinfo=timezone(timedelta(hours=1))
    )


def _as_typed_into_a_sheet(cell: str) -> object:
    """Return a cell as a spreadsheet would store what somebody types."""
    if cell.isdecimal():
        return int(cell)
    try:
        return date.fromisoformat(cell)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return cell or None


def test_a_file_is_looked_for_beside_the_centre(tmp_path: Path) -> None:
    (tmp_path / "staff").mkdir()
    (tmp_path / "staff" / "people.csv").write_text("employee,contract,skills\nA1,full,chat; phone\n")
    text = with_files("people").replace('"people.csv"', '"staff/people.csv"')
    assert [who.id for who in read(tmp_path, text).employees] == ["A1"]


def test_leave_in_hours_that_a_change_of_the_clock_touches_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "wfm.io"):
        centre = read(
            tmp_path,
            with_files("people", "unavailability"),
            people="employee,contract,skills\nA1,full,chat; phone\n",
            unavailability="employee,start,end\nA1,2026-10-25 02:30,2026-10-25 02:15\n"
            "A1,2026-03-29 02:30,2026-03-29 09:00\n",
        )
    first, second = centre.employee("A1").unavailable
    # From the first 02:30 to the second 02:15: three quarters of an hour.
    assert second.start.isoformat() == "2026-03-29T03:30:00+02:00"
    assert (first.start.isoformat(), first.end.isoformat()) == (
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:15:00+01:00",
    )
    where = f"{tmp_path}/unavailability.csv, row 2"
    assert caplog.messages[:2] == [
        f"{where}: 2026-10-25 02:30:00 in Europe/Berlin is read as 2026-10-25 02:30:00+02:00 (first occurrence)",
        f"{where}: 2026-10-25 02:15:00 in Europe/Berlin is read as 2026-10-25 02:15:00+01:00 (second occurrence)",
    ]


def test_a_fault_of_one_part_hides_none_of_another_and_brings_no_other_with_it(tmp_path: Path) -> None:
    text = with_files("people", "unavailability", "preferences")
    text = text.replace('aht = "6min"', "aht = 6").replace('min_length = "8h"', 'min_length = "8"')
    text = text.replace('within = "30s" }]', 'within = "30s" }, { fraction = 0.9 }, { type = 7 }]', 1)
    text += 'max_day = 9\ntemplates = ["dya"]\n\n[prices]\nwish = "3"\n\n[[shrinkage]]\nfraction = 4\n'
    assert faults_of(
        tmp_path,
        text,
        people="employee,contract,skills\nA1,full,chat; phone\nA2,full,phone:fast\n,full,chat\nA4,,\n",
        unavailability="employee,start,end,reason\nA1,2026-11-09,2026-11-02,\nA2,2026-11-09,soon,leaf\n,2026-11-09,,\n",
        preferences="employee,day,wish,template,rank\nA1,2026-12-24,of,,\nA1,2026-12-24,template,day,0\nA1,x,off,,\n",
    ) == [
        "centre.toml, queue 'chat', target number 2: type is missing; give one of: service_level, mean_answer, "
        "longest_wait, max_abandonment, max_occupancy, deadline",
        "centre.toml, queue 'chat': unknown target type 7; known: deadline, longest_wait, max_abandonment, "
        "max_occupancy, mean_answer, service_level",
        "centre.toml, queue 'chat': aht has no unit: 6; write '6s', '6min' or '6h'",
        "centre.toml, shift 'day': min_length is not a length of time: '8'; use s, min, h, d or w, such as '30s', "
        "'15min', '1h30min'",
        "centre.toml, contract 'full': max_day has no unit: 9; write '9s', '9min' or '9h'",
        "centre.toml, [prices]: wish must be a number in [0, inf), got '3'",
        "centre.toml, shrinkage number 1: name is missing; this table takes: name, fraction, planned, whole_shift, "
        "in_roster",
        "people.csv, row 4: no employee; fill the cell",
        "people.csv, row 5: no contract; fill the cell",
        "people.csv, row 5: no skills; fill the cell",
        "people.csv, row 3, employee 'A2': the proficiency of skill 'phone' is not a number: 'fast'; write 'phone:0.8'",
        "unavailability.csv, row 4: no employee; fill the cell",
        "unavailability.csv, row 4: no end; fill the cell",
        "unavailability.csv, row 2, employee 'A1': an unavailability ends at 2026-11-02, not after its start "
        "2026-11-09; give the first day or instant back at work as its end",
        "unavailability.csv, row 3, employee 'A2': end is neither a date nor a local time: 'soon'; write it as "
        "2026-11-02 or 2026-11-02 14:00",
        "unavailability.csv, row 3, employee 'A2': unknown reason 'leaf'; did you mean 'leave'? Known: leave, other, "
        "sick, training",
        "preferences.csv, row 2, employee 'A1': unknown wish 'of'; did you mean 'off'? Known: not template, off, "
        "template, work",
        "preferences.csv, row 3, employee 'A1': rank must be a whole number from 1 to 9, got 0",
        "preferences.csv, row 4, employee 'A1': day is not a date: 'x'; write it as 2026-11-02",
        "centre.toml, contract 'full': unknown shift template 'dya'; did you mean 'day'? Known: day",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('name = "shop"', "name = 5", '[centre]: name must be text, got 5; put it in quotes: name = "5"'),
        ('name = "shop"', "", "[centre]: name is missing; this table takes: name, tz, interval, currency, people, "
         "unavailability, preferences, locks, before"),
        ('tz = "Europe/Berlin"', "tz = [1]", "[centre]: tz must be a single value, got a list; give one value"),
        ('channel = "chat"', 'channel = "chat"\nconcurrency = "3"', "queue 'chat': concurrency must be a whole number "
         "from 1 to 20, got '3'"),
        ('channel = "chat"', 'exceptions = { 2026-12-24 = "closed" }', "queue 'chat': exceptions without hours; give "
         "the hours too"),
        ('channel = "chat"', 'hours = "24x7"\nexceptions = { "24.12" = "closed" }', "queue 'chat': exception is not a "
         "date: '24.12'; write it as 2026-11-02"),
        ('channel = "chat"', 'hours = "24x7"\nexceptions = "closed"', "queue 'chat': exceptions must be a table, got "
         "'closed'; write [exceptions] once"),
        ('channel = "chat"', 'hours = 24', "queue 'chat': opening hours must be text, got 24; write 'Mon-Fri "
         "08:00-18:00'"),
        ('earliest_start = "08:00"', 'earliest_start = "08:00"\nweekdays = ["Mon"]', "shift 'day': weekdays must be a "
         "list of whole numbers, got ['Mon']; such as [0, 1, 2]"),
        ('earliest_start = "08:00"', 'earliest_start = "08:00"\nbreaks = { name = "lunch" }', "shift 'day': breaks "
         "must be a list of tables, got a table; write [[breaks]] above each"),
        ('name = "full"', 'name = "full"\ntemplates = "day"', "contract 'full': templates must be a list, got 'day'; "
         'write templates = ["day"]'),
        ('name = "full"', 'name = "full"\n[[shrinkage]]\nname = "a"\nfraction = 0.1\nplanned = "yes"', "shrinkage 'a': "
         "planned must be true or false, got 'yes'; write planned = true"),
        ('name = "full"', 'name = "full"\n[prices]\nwish = { a = 1 }', "[prices]: wish must be a single value, got a "
         "table; give one value"),
        ('name = "full"', 'name = "full"\n[[calendar]]\nhours = "24x7"\n[[calendar]]', "calendar must be a table, got "
         "a list; write [calendar] once"),
        ('name = "full"', 'name = "full"\n[calendar]\nmakeup_days = [2026-11-02T09:00:00]', "[calendar]: makeup_days "
         "is not a date: '2026-11-02 09:00:00'; write it as 2026-11-02"),
        ('name = "full"', 'name = "full"\n[[people]]\nemployee = 7\ncontract = "full"\nskills = "chat; phone"',
         'people number 1: employee must be text, got 7; put it in quotes: employee = "7"'),
        ('name = "full"', 'name = "full"\n[[people]]\nemployee = "A1"\nskills = "chat; phone"',
         "people number 1: no contract; give it: this table takes employee, contract, skills, team, "
            "rotation_week"),
        ('name = "full"', 'name = "full"\n[[people]]\nemployee = "A1"\nskils = "chat; phone"\ncontract = "full"',
         "people number 1: unknown key 'skils'; did you mean 'skills'? Known: contract, employee, "
            "rotation_week, skills, team"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in SHOP
    place = "centre.toml: " if fault.startswith("calendar") else "centre.toml, "
    assert faults_of(tmp_path, SHOP.replace(old, new, 1)) == [place + fault]


def test_people_in_two_places_are_refused(tmp_path: Path) -> None:
    text = with_files("people") + '[[people]]\nemployee = "A1"\ncontract = "full"\nskills = "chat; phone"\n'
    assert faults_of(tmp_path, text, people="employee,contract,skills\nA1,full,chat; phone\n") == [
        "centre.toml: people are given here and in the file 'people.csv'; keep one"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("employee;contract;skills\nA1;full;chat\n", "the columns are separated by semicolons: "
         "'employee;contract;skills'; separate them by commas"),
        ("employee,contract,skills,skills\nA1,full,chat; phone,chat\n", "two columns are named 'skills'; keep one"),
        ("employee,contract\nA1,full\n", "column 'skills' is missing; the file has: employee, contract"),
        ('employee,contract,skills\nA1,full,"chat\n', "not CSV: unexpected end of data; look at the quotes"),
        ("\n", "the file is empty; its first row names the columns"),
    ],
)  # fmt: skip
def test_a_file_of_people_of_another_form_is_named_once(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, with_files("people"), people=text) == [f"people.csv: {fault}"]


def test_a_wish_with_several_faults_has_them_all_named(tmp_path: Path) -> None:
    assert faults_of(
        tmp_path,
        with_files("people", "unavailability", "preferences"),
        people="employee,contract,skills\nA1,full,chat; phone; chat\n",
        unavailability="employee,start,end\nA1,2026-11-31 10:00,2026-12-01 10:00\n",
        preferences="employee,day,wish,template,rank\nA1,2026-12-24,template,nite,first\nA1,2026-12-24,off,,\n"
        "A1,2026-12-24,work,,\n",
    ) == [
        "people.csv, row 2, employee 'A1': skill 'chat' is given twice; keep one",
        "unavailability.csv, row 2, employee 'A1': start is neither a date nor a local time: '2026-11-31 10:00'; write "
        "it as 2026-11-02 or 2026-11-02 14:00",
        "preferences.csv, row 2, employee 'A1': unknown shift template 'nite'; known: day",
        "preferences.csv, row 2, employee 'A1': rank must be a whole number from 1 to 9, got 'first'; 1 is the "
        "dearest wish",
        "preferences.csv, employee 'A1': two wishes for 2026-12-24 (rows 3, 4); keep one",
    ]


def test_targets_that_are_no_list_are_named_once(tmp_path: Path) -> None:
    text = SHOP.replace('targets = [{ type = "mean_answer", within = "30s" }]', 'targets = "30s"')
    assert faults_of(tmp_path, text) == [
        "centre.toml, queue 'phone': targets must be a list of tables, got '30s'; write [[targets]] above each"
    ]


def test_a_path_that_is_no_file_of_people_is_named(tmp_path: Path) -> None:
    (tmp_path / "people.csv").mkdir()
    assert faults_of(tmp_path, with_files("people")) == ["people.csv: this is a folder; name a file in it"]
    text = with_files("people").replace("people.csv", "people.txt")
    assert faults_of(tmp_path, text) == ["people.txt: unknown suffix '.txt'; known: .csv, .xlsx"]


def test_leave_of_people_who_could_not_be_read_blames_nobody(tmp_path: Path) -> None:
    text = with_files("people", "unavailability")
    leave = "employee,start,end\nA1,2026-11-02,2026-11-09\n"
    assert faults_of(tmp_path, text, unavailability=leave) == ["people.csv: no such file; check the path"]


def test_a_centre_without_people_is_legal(tmp_path: Path) -> None:
    assert read(tmp_path, SHOP).employees == ()


def test_reading_a_centre_from_csv_needs_no_heavy_library() -> None:
    code = "import sys, wfm.io.centre; sys.exit('openpyxl' in sys.modules or 'ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


RULED = """
[centre]
name = "desk"
tz = "Europe/Berlin"

[[queues]]
name = "calls"
targets = [{ type = "service_level", fraction = 0.8, within = "30s" }]

[[shifts]]
name = "day"
earliest_start = "08:00"
min_length = "8h"
not_after = ["night"]
breaks = [{ name = "lunch", length = "30min", earliest = "3h", latest = "5h", min_gap = "1h" }]

[[shifts]]
name = "night"
earliest_start = "22:00"
min_length = "8h"

[[contracts]]
name = "full"
max_shifts = { night = 4 }
rotation = [["day"], ["night"], []]
rotation_from = 2026-11-02
whole_weekends = true
min_free_week = "36h"

[prices]
shortage_steps = [[0.1, 2.0], [0.3, 5.0]]

[fairness]
nights = 2.0
unpopular = 1.0
unpopular_starts = [["22:00", "05:30"]]

[[people]]
employee = "A1"
contract = "full"
skills = "calls"
rotation_week = 1

[[people]]
employee = "A2"
contract = "full"
skills = ["calls"]

[[pairs]]
first = "A1"
second = "A2"
together = false
price = 3.0

[[preferences]]
employee = "A1"
day = 2026-11-04
wish = "not template"
template = "night"
price = 12.5

[[locks]]
employee = "A1"
day = 2026-11-02
off = true

[[locks]]
employee = "A2"
day = 2026-11-02
template = "day"
breaks = { lunch = "12:00" }

[[before]]
employee = "A2"
last_end = "2026-11-01 16:00"
days_in_a_row = 2
shifts = { day = 2 }
"""


def test_the_rules_of_a_roster_are_read(tmp_path: Path) -> None:
    path = tmp_path / "centre.toml"
    path.write_text(RULED)
    centre = read_centre(path)
    assert centre.shift("day").not_after == ("night",)
    assert centre.shift("day").breaks[0].min_gap_s == 3600
    full = centre.contract("full")
    assert full.max_shifts == (("night", 4),)
    assert (full.rotation, full.rotation_from) == ((("day",), ("night",), ()), date(2026, 11, 2))
    assert centre.prices.shortage_steps == ((0.1, 2.0), (0.3, 5.0))
    assert centre.fairness == Fairness(nights=2.0, unpopular=1.0, unpopular_starts=(("22:00", "05:30"),))
    assert centre.pairs == (Pair(first="A1", second="A2", together=False, price=3.0),)
    one, two = centre.employees
    assert one.rotation_week == 1
    assert (one.preferences[0].wish, one.preferences[0].price) == ("not template", 12.5)
    assert one.locks == (Lock(day=date(2026, 11, 2), off=True),)
    assert two.locks == (Lock(day=date(2026, 11, 2), template="day", breaks={"lunch": "12:00"}),)
    berlin = datetime(2026, 11, 1, 16, tzinfo=timezone(timedelta(hours=1)))
    assert two.before == CarryOver(last_end=berlin, days_in_a_row=2, shifts={"day": 2})


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("max_shifts = { night = 4 }", "max_shifts = 4", "contract 'full': max_shifts must be a table, got 4; "
         "write max_shifts = { early = 1 }"),
        ("max_shifts = { night = 4 }", "max_shifts = { nigth = 4 }", "contract 'full': unknown shift template 'nigth'; "
         "did you mean 'night'? Known: day, night"),
        ("off = true", "off = 3", 'locks number 1: off must be text, got 3; put it in quotes: off = "3"'),
        ("off = true", 'off = "on"', "locks number 1, employee 'A1': off must be yes or no, got 'on'; write off yes, "
         "or leave it out"),
        ('template = "day"\nbreaks', 'template = "dya"\nbreaks', "locks number 2, employee 'A2': unknown shift "
         "template 'dya'; did you mean 'day'? Known: day, night"),
        ('{ lunch = "12:00" }', '"lunch"', "locks number 2, employee 'A2': breaks cannot be read: 'lunch'; write "
         "breaks lunch=12:00"),
        ('last_end = "2026-11-01 16:00"', "last_end = 2026-11-01", "before number 1, employee 'A2': last_end is a day, "
         "not a time: '2026-11-01'; write it as 2026-11-01 22:00"),
        ("days_in_a_row = 2", "days_in_a_row = -2", "before number 1, employee 'A2': days_in_a_row must be a whole "
         "number, 0 or more, got '-2'; write days_in_a_row 1"),
        ('employee = "A2"\nlast_end', 'employee = "A3"\nlast_end', "before number 1: unknown employee 'A3'; "
         "known: A1, A2"),
        ("price = 12.5", 'price = "dear"', "preferences number 1, employee 'A1': price is not a number: 'dear'; write "
         "it as 12.5"),
        ('second = "A2"', 'second = "A1"', "pair 'A1': a pair of 'A1' and the same person; name two people"),
        ("nights = 2.0", "nights = -2.0", "[fairness]: nights must be a number in [0, inf), got -2.0"),
    ],
)  # fmt: skip
def test_a_fault_of_a_rule_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in RULED
    assert faults_of(tmp_path, RULED.replace(old, new, 1)) == [f"centre.toml, {fault}"]
