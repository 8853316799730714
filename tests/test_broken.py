"""One small file for each fault, and the exact words that meet it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import wfm

BROKEN = Path(__file__).parent / "data" / "broken"
ZONE = "Europe/Berlin"


def centre(name: str) -> Callable[[], object]:
    return lambda: wfm.io.read_centre(name)


def history(name: str) -> Callable[[], object]:
    return lambda: wfm.io.read_history(name, tz=ZONE)


def rostered(name: str, horizon: wfm.Horizon | None = None) -> Callable[[], object]:
    """Return a call that meets the contradictions of a roster problem, as the command line does."""

    def call() -> None:
        place = wfm.io.read_centre(name)
        need = wfm.io.read_frame(Path(name).parent / "need.csv", "requirement", tz=place.tz)
        raise wfm.DataError(wfm.roster.explain(need, place, horizon=horizon))

    return call


# What is wrong -> the call that meets it -> what it says.
CENTRES = [
    pytest.param(
        centre("break_that_does_not_fit.toml"),
        "break_that_does_not_fit.toml, shift 'day': break 'lunch' does not fit into the shortest shift of "
        "9h; widen its window or lengthen the shift",
        id="break that does not fit",
    ),
    pytest.param(
        centre("duration_without_unit.toml"),
        "duration_without_unit.toml, queue 'billing': aht has no unit: 240; write '240s', '240min' or '240h'",
        id="duration without unit",
    ),
    pytest.param(
        centre("empty.toml"),
        'empty.toml: the file is empty; start it with [centre], name = "…" and tz = "…"',
        id="empty",
    ),
    pytest.param(
        centre("list_where_a_table_stands.toml"),
        "list_where_a_table_stands.toml: centre must be a table, got a list; write [centre] once",
        id="list where a table stands",
    ),
    pytest.param(
        centre("no_targets.toml"),
        "no_targets.toml, queue 'billing': no targets; give at least one, such as ServiceLevel(0.8, '30s')",
        id="no targets",
    ),
    pytest.param(
        centre("nobody_has_the_skill.toml"),
        "nobody_has_the_skill.toml: nobody has the skill of queue 'technical'; give it to at least one employee",
        id="nobody has the skill",
    ),
    pytest.param(
        centre("not_toml.toml"),
        "not_toml.toml: not TOML: Expected '=' after a key in a key/value pair (at line 2, column 5); correct it there",
        id="not toml",
    ),
    pytest.param(
        centre("not_utf8.toml"),
        "not_utf8.toml: not UTF-8 text: byte 19; save the file as UTF-8",
        id="not utf8",
    ),
    pytest.param(
        centre("part_timer_with_60_h.toml"),
        "part_timer_with_60_h.toml, contract 'full': a part-time contract with max_week 60 h; write kind = "
        "'full', or give less than '40h'",
        id="part timer with 60 h",
    ),
    pytest.param(
        centre("patience_missing.toml"),
        "patience_missing.toml, queue 'billing': target 'at most 3 % abandon' without a patience; give "
        "patience, such as '2min'",
        id="patience missing",
    ),
    pytest.param(
        centre("people_file_missing.toml"),
        "people.csv: no such file; check the path",
        id="people file missing",
    ),
    pytest.param(
        centre("shift_longer_than_the_day.toml"),
        "shift_longer_than_the_day.toml, contract 'full': no shift fits its day of 0-8 h: day 9 h paid; "
        "change max_day or min_day, or allow another template",
        id="shift longer than the day",
    ),
    pytest.param(
        centre("target_80.toml"),
        "target_80.toml, queue 'billing', target 'service_level': fraction must be a number in (0, 1), got "
        "80; write 0.8 for 80 %",
        id="target 80",
    ),
    pytest.param(
        centre("unknown_key.toml"),
        "unknown_key.toml, queue 'billing': unknown key 'patence'; did you mean 'patience'? Known: aht, "
        "channel, concurrency, exceptions, hours, min_agents, name, patience, priority, slowdown, targets",
        id="unknown key",
    ),
    pytest.param(
        centre("unknown_table.toml"),
        "unknown_table.toml: unknown table 'contract'; did you mean 'contracts'? Known: before, calendar, centre, "
        "contracts, fairness, locks, pairs, people, preferences, prices, queues, shifts, shrinkage, unavailability",
        id="unknown table",
    ),
    pytest.param(
        centre("unknown_target.toml"),
        "unknown_target.toml, queue 'billing': unknown target type 'servicelevel'; did you mean "
        "'service_level'? Known: deadline, longest_wait, max_abandonment, max_occupancy, mean_answer, "
        "service_level",
        id="unknown target",
    ),
    pytest.param(
        centre("unknown_template.toml"),
        "unknown_template.toml, contract 'full': unknown shift template 'dya'; did you mean 'day'? Known: day",
        id="unknown template",
    ),
    pytest.param(
        centre("duplicated_employee/centre.toml"),
        "duplicated_employee/people.csv: employee 'A1' stands there 2 times (rows 2, 4); keep one row",
        id="duplicated employee (files)",
    ),
    pytest.param(
        centre("leave_on_a_date_of_another_form/centre.toml"),
        "leave_on_a_date_of_another_form/leave.csv, row 2, employee 'A1': start is not a date: "
        "'02.11.2026'; write it as 2026-11-02",
        id="leave on a date of another form (files)",
    ),
    pytest.param(
        centre("many_faults/centre.toml"),
        "5 problems in many_faults/centre.toml:\n"
        "  1. many_faults/centre.toml, queue 'billing', target 'service_level': fraction must be a number "
        "in (0, 1), got 80; write 0.8 for 80 %\n"
        "  2. many_faults/centre.toml, shift 'day': unknown key 'minlength'; did you mean 'min_length'? "
        "Known: breaks, earliest_start, latest_start, max_length, min_length, name, not_after, step, weekdays\n"
        "  3. many_faults/people.csv, row 2, employee 'A1': unknown queue 'biling'; did you mean "
        "'billing'? Known: billing, technical\n"
        "  4. many_faults/people.csv, row 3, employee 'A2': proficiency must be a number in (0, 2], got 0.0\n"
        "  5. many_faults/centre.toml: interval has no unit: 30; write '30s', '30min' or '30h'",
        id="many faults (files)",
    ),
    pytest.param(
        centre("misspelt_column/centre.toml"),
        "misspelt_column/people.csv: unknown column 'skils'; did you mean 'skills'? Known: contract, "
        "employee, rotation_week, skills, team",
        id="misspelt column (files)",
    ),
    pytest.param(
        centre("no_people/centre.toml"),
        "no_people/people.csv: no people; give each a row, or leave the file out",
        id="no people (files)",
    ),
    pytest.param(
        centre("overlapping_leave/centre.toml"),
        "overlapping_leave/leave.csv, employee 'A1': leave 2026-11-02 to 2026-11-09 overlaps training "
        "2026-11-07 to 2026-11-10 (rows 2, 4); join them or move one",
        id="overlapping leave (files)",
    ),
    pytest.param(
        centre("proficiency_0/centre.toml"),
        "proficiency_0/people.csv, row 2, employee 'A1': proficiency must be a number in (0, 2], got 0.0",
        id="proficiency 0 (files)",
    ),
    pytest.param(
        centre("row_too_short/centre.toml"),
        "row_too_short/people.csv, row 4: the row has 3 cells, the header 4; give every column a cell, "
        "empty where there is nothing to say",
        id="row too short (files)",
    ),
    pytest.param(
        centre("unknown_contract/centre.toml"),
        "unknown_contract/people.csv, row 3, employee 'A2': unknown contract 'ful'; did you mean 'full'? Known: full",
        id="unknown contract (files)",
    ),
    pytest.param(
        centre("unknown_employee/centre.toml"),
        "unknown_employee/leave.csv, row 3: unknown employee 'A11'; did you mean 'A1'? Known: A1, A2",
        id="unknown employee (files)",
    ),
    pytest.param(
        centre("unknown_queue/centre.toml"),
        "unknown_queue/people.csv, row 2, employee 'A1': unknown queue 'biling'; did you mean 'billing'? "
        "Known: billing, technical",
        id="unknown queue (files)",
    ),
]

HISTORIES = [
    pytest.param(
        history("column_missing.csv"),
        "column_missing.csv: column 'offered' is missing; the frame has: queue, start, note",
        id="column missing",
    ),
    pytest.param(
        history("duplicate_rows.csv"),
        "duplicate_rows.csv: the key occurs twice: queue calls, start 2026-11-02 09:00:00+01:00 (row 4); "
        "keep one row for each key",
        id="duplicate rows",
    ),
    pytest.param(
        history("empty.csv"),
        "empty.csv: the file is empty; its first row names the columns",
        id="empty",
    ),
    pytest.param(
        history("history.txt"),
        "history.txt: unknown suffix '.txt'; known: .csv, .json, .parquet, .xlsx",
        id="history (.txt)",
    ),
    pytest.param(
        history("many_faults.csv"),
        "4 problems in many_faults.csv:\n"
        "  1. many_faults.csv: unknown column 'handeld'; did you mean 'handled'? Rename the column\n"
        "  2. many_faults.csv: column 'start' holds what is not a stamp: 'yesterday' (row 4); write it as "
        "2026-11-02 09:00, or with its offset 2026-11-02 09:00+08:00\n"
        "  3. many_faults.csv: column 'offered' holds what is not a number: 'many' (row 3); write it as "
        "1234.5\n"
        "  4. many_faults.csv: column 'aht_s' must be a finite number of at least 0, got -5 (row 5); "
        "correct the value",
        id="many faults",
    ),
    pytest.param(
        history("missing.csv"),
        "missing.csv: no such file; check the path",
        id="missing",
    ),
    pytest.param(
        history("misspelt_column.csv"),
        "2 problems in misspelt_column.csv:\n"
        "  1. misspelt_column.csv: unknown column 'offerd'; did you mean 'offered'? Rename the column\n"
        "  2. misspelt_column.csv: unknown column 'handld'; did you mean 'handled'? Rename the column",
        id="misspelt column",
    ),
    pytest.param(
        history("negative_volume.csv"),
        "negative_volume.csv: column 'offered' must be a finite number of at least 0, got -15 (row 3); "
        "correct the value",
        id="negative volume",
    ),
    pytest.param(
        history("no_records.json"),
        'no_records.json: not a list of records; write [{"queue": "calls", "start": …}, …]',
        id="no records (.json)",
    ),
    pytest.param(
        history("no_value.csv"),
        "no_value.csv: column 'queue' has no value (row 3); fill it or leave the row out",
        id="no value",
    ),
    pytest.param(
        history("not_excel.xlsx"),
        "not_excel.xlsx: not an Excel workbook; save it as .xlsx",
        id="not excel (.xlsx)",
    ),
    pytest.param(
        history("not_json.json"),
        "not_json.json: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char "
        "1); correct it there",
        id="not json (.json)",
    ),
    pytest.param(
        history("not_parquet.parquet"),
        "not_parquet.parquet: not a Parquet file; write it with wfm.io.write_frame",
        id="not parquet (.parquet)",
    ),
    pytest.param(
        history("row_too_long.csv"),
        "row_too_long.csv: a row has 4 cells, the header 3 (row 3); give every column a cell, empty where "
        "there is nothing to say",
        id="row too long",
    ),
    pytest.param(
        history("semicolons.csv"),
        "semicolons.csv: the columns are separated by semicolons: 'queue;start;offered'; separate them by commas",
        id="semicolons",
    ),
    pytest.param(
        history("some_naive_stamps.csv"),
        "some_naive_stamps.csv: column 'start' has some stamps without a zone: '2026-11-02 09:30' (row 3); "
        "write the offset too, such as 2026-11-02 09:00+08:00",
        id="some naive stamps",
    ),
    pytest.param(
        history("stamp_of_another_form.csv"),
        "stamp_of_another_form.csv: column 'start' holds what is not a stamp: '02.11.2026 09:00' (row 2); "
        "write it as 2026-11-02 09:00, or with its offset 2026-11-02 09:00+08:00",
        id="stamp of another form",
    ),
    pytest.param(
        history("text_for_a_number.csv"),
        "text_for_a_number.csv: column 'offered' holds what is not a number: '1,500' (row 3); write it as 1234.5",
        id="text for a number",
    ),
    pytest.param(
        history("three_rows_in_the_hour_that_occurs_twice.csv"),
        "three_rows_in_the_hour_that_occurs_twice.csv: the key occurs twice: queue calls, start 2026-10-25 "
        "02:00:00+01:00 (row 4); keep one row for each key",
        id="three rows in the hour that occurs twice",
    ),
    pytest.param(
        history("two_columns_of_one_name.csv"),
        "two_columns_of_one_name.csv: two columns are named 'offered'; keep one",
        id="two columns of one name",
    ),
]


def contacts(name: str) -> Callable[[], object]:
    """Return a call that counts a log of contacts for a centre of two queues."""
    return lambda: wfm.tickets.interval_history(
        wfm.io.read_frame(name, "contacts", tz=ZONE), calendar=wfm.io.read_centre("nothing.toml")
    )


def events(name: str) -> Callable[[], object]:
    """Return a call that checks the events of ticket T1, created at nine."""
    return lambda: wfm.tickets.check_transitions(wfm.io.read_frame(name, "ticket_events", tz=ZONE), one_ticket())


def one_ticket() -> object:
    at = pd.Timestamp("2026-11-02 09:00", tz=ZONE)
    ticket = wfm.tickets.Ticket(ticket="T1", channel="chat", queue="billing", kind="inquiry", created_at=at)
    return wfm.tickets.records_frame([ticket], tz=ZONE)


LOGS = [
    pytest.param(
        contacts("unknown_queue_of_a_contact.csv"),
        "unknown queue 'biling'; did you mean 'billing'? Known: billing, technical",
        id="unknown queue",
    ),
    pytest.param(
        contacts("answered_before_arrival.csv"),
        "answered before it arrived (row c1); correct answered_at or arrived_at",
        id="answered before arrival",
    ),
    pytest.param(
        contacts("two_answers.csv"),
        "two_answers.csv: the key occurs twice: contact_id c1 (row 3); keep one row for each key",
        id="two answers",
    ),
    pytest.param(
        contacts("naive_stamp.csv"),
        "naive_stamp.csv: column 'arrived_at' has stamps without a zone: '2026-11-02T09:00:00' (rows 2, 3); write the "
        "offset too, such as 2026-11-02 09:00+08:00",
        id="naive stamp",
    ),
    pytest.param(
        contacts("mixed_zones.csv"),
        "mixed_zones.csv: column 'arrived_at' has stamps without a zone: '2026-11-02T09:10:00' (row 3); write the "
        "offset too, such as 2026-11-02 09:00+08:00",
        id="mixed zones",
    ),
    pytest.param(
        contacts("negative_talk.csv"),
        "negative_talk.csv: column 'talk_s' must be a finite number of at least 0, got -60 (row 2); correct the value",
        id="negative talk",
    ),
    pytest.param(
        lambda: wfm.io.read_frame("duplicate_id.csv", "tickets", tz=ZONE),
        "duplicate_id.csv: the key occurs twice: ticket T1 (row 3); keep one row for each key",
        id="duplicate id",
    ),
    pytest.param(
        lambda: wfm.tickets.check_surveys(
            wfm.io.read_frame("survey_without_ticket.csv", "surveys", tz=ZONE), one_ticket()
        ),
        "frame 'surveys': ticket is not known (row S1); add it to the frame 'tickets', or leave the survey out",
        id="survey without ticket",
    ),
    pytest.param(
        events("event_before_creation.csv"),
        "frame 'ticket_events': event 'create' of 2026-11-02 08:00 is before the ticket was created, 2026-11-02 09:00 "
        "(row T1); correct 'at' or created_at; look at their zones",
        id="event before creation",
    ),
    pytest.param(
        events("state_that_cannot_follow.csv"),
        "frame 'ticket_events': event 'close' of 2026-11-02 10:00 after 'assign' of 2026-11-02 09:10 goes from 'open' "
        "to 'closed' (row T1); allowed: on_hold, pending, solved",
        id="state that cannot follow",
    ),
]


ROSTERS = [
    pytest.param(
        rostered("locks_that_clash/centre.toml"),
        "2 problems:\n"
        "  1. employee 'A1': 3 days of the week of 2026-11-02 are locked to work: 2026-11-02, 2026-11-03, 2026-11-04; "
        "unlock one, or raise max_days_per_week above 2\n"
        "  2. employee 'A1': the locked shifts of the week of 2026-11-02 pay at least 24 h, the week may have 16 h; "
        "unlock one, shorten it, or raise max_week",
        id="locks that clash",
    ),
    pytest.param(
        rostered("overlapping_locks/centre.toml"),
        "overlapping_locks/centre.toml, employee 'A1': two locks of 2026-11-02 (rows 1, 2); keep one",
        id="overlapping locks",
    ),
    pytest.param(
        rostered("lock_that_nothing_can_hold/centre.toml"),
        "employee 'A1': the lock of 2026-11-02 cannot be held: no shift of the centre's templates is as it says; "
        "change the lock, or what forbids it",
        id="lock that nothing can hold",
    ),
    pytest.param(
        rostered("lock_on_leave/centre.toml"),
        "employee 'A1': the lock of 2026-11-02 cannot be held: the contract or an unavailability forbids it; "
        "change the lock, or what forbids it",
        id="lock on leave",
    ),
    pytest.param(
        rostered("nothing_to_roster/centre.toml"),
        "the requirement is empty; give at least one row with queue, start and scheduled",
        id="nothing to roster",
    ),
    pytest.param(
        rostered("minimum_above_maximum/centre.toml"),
        "2 problems in minimum_above_maximum/centre.toml:\n"
        "  1. minimum_above_maximum/centre.toml, contract 'full': min_week 45 h is above max_week 40 h; lower the "
        "minimum or raise the maximum\n"
        "  2. minimum_above_maximum/centre.toml, contract 'full': min_week 45 h cannot be reached in 5 days; they hold "
        "at most 40 h: lower it, or raise max_day or max_days_per_week",
        id="minimum above maximum",
    ),
    pytest.param(
        rostered("minimum_that_no_shift_reaches/centre.toml"),
        "contract 'full': min_week 40 h cannot be reached: 4 shifts of at most 8 h paid hold 32 h; lower min_week to "
        "'32h', or allow a longer shift",
        id="minimum that no shift reaches",
    ),
    pytest.param(
        rostered("days_off_that_make_the_hours_impossible/centre.toml"),
        "employee 'A1': the week of 2026-11-02 needs at least 32 h paid, and the 3 days on which a shift may begin "
        "beside leave 2026-11-02 08:30:00+01:00 to 2026-11-02 09:00:00+01:00, leave 2026-11-03 08:30:00+01:00 to "
        "2026-11-03 09:00:00+01:00 hold at most 24 h; lower min_week to '24h', give the time away a credit, or free "
        "a day",
        id="days off that make the hours impossible",
    ),
    pytest.param(
        rostered("requirement_of_a_queue_unknown/centre.toml"),
        "requirement: unknown queue 'mail' (row 0); known: billing",
        id="requirement of a queue unknown",
    ),
    pytest.param(
        rostered("requirement_off_the_grid/centre.toml"),
        "requirement: 2026-11-02 08:10:00+01:00 is not the start of an interval of 30min of the centre (row 0); make "
        "the requirement on intervals of 30min, or change the interval of the centre",
        id="requirement off the grid",
    ),
    pytest.param(
        rostered("requirement_of_other_days/centre.toml", wfm.Horizon("2026-11-09", days=5, tz=ZONE)),
        "it runs from 2026-11-09 to 2026-11-13, the requirement from 2026-11-02 to 2026-11-06; "
        "make both for the same days",
        id="requirement of other days",
    ),
]

OTHERS = [
    pytest.param(
        lambda: wfm.io.read_frame("naive_stamps.csv", "history", tz=ZONE),
        "naive_stamps.csv: column 'start' has stamps without a zone: '2026-11-02 09:00' (rows 2, 3); write "
        "the offset too, such as 2026-11-02 09:00+08:00",
        id="naive stamps",
    ),
    pytest.param(
        lambda: wfm.io.read_frame("naive_stamps.csv", "histry", tz=ZONE),
        "unknown frame 'histry'; did you mean 'history'?",
        id="unknown frame",
    ),
    pytest.param(
        lambda: wfm.io.read_history("naive_stamps.csv", tz=ZONE, queue="calls"),
        "naive_stamps.csv: queue 'calls' is given, and the file has a column 'queue'; leave one of them out",
        id="queue given twice",
    ),
    pytest.param(
        lambda: wfm.Horizon("2026-11-02", end="2026-11-02", tz=ZONE),
        "the horizon is empty: it starts on 2026-11-02 and ends before 2026-11-02; give an end after the start",
        id="empty horizon",
    ),
    pytest.param(
        lambda: wfm.Horizon("2026-11-02", days=0, tz=ZONE),
        "days must be a whole number at least 1, got 0",
        id="horizon of no days",
    ),
]


@pytest.mark.parametrize(("call", "message"), [*CENTRES, *HISTORIES, *LOGS, *ROSTERS, *OTHERS])
def test_a_fault_is_named_exactly(call: Callable[[], object], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(wfm.DataError) as error:
        call()
    assert str(error.value) == message


def test_an_unknown_zone_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(wfm.DataError) as error:
        wfm.io.read_centre("unknown_zone.toml")
    assert str(error.value) == "unknown_zone.toml: unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"


def test_an_unknown_country_is_found_when_the_centre_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(wfm.DataError) as error:
        wfm.io.read_centre("unknown_country.toml")
    assert str(error.value).startswith("unknown_country.toml, [calendar]: unknown country 'DX'; ")


@pytest.mark.parametrize("name", ["nothing.toml", "nothing/centre.toml"])
def test_what_the_faults_were_put_into_is_sound(name: str) -> None:
    assert wfm.io.read_centre(BROKEN / name).queue("billing").aht_s == 240.0


def test_every_broken_file_is_met_by_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    text = Path(__file__).read_text(encoding="utf-8")
    names = [path.name + ("/centre.toml" if path.is_dir() else "") for path in BROKEN.iterdir()]
    assert [name for name in names if f'"{name}"' not in text] == []
