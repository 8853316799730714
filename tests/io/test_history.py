"""Histories from files of users: local stamps, other formats, and what is said of them."""

from __future__ import annotations

import json
import logging
import warnings
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wfm.errors import DataError, DataWarning
from wfm.io import read_history

BERLIN = "Europe/Berlin"


def offsets(frame: pd.DataFrame) -> list[float]:
    return [stamp.utcoffset().total_seconds() / 3600 for stamp in frame["start"]]


def written(tmp_path: Path, text: str, name: str = "history.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_local_stamps_are_given_the_zone_and_rows_are_sorted(tmp_path: Path) -> None:
    path = written(tmp_path, "queue,start,offered\nb,2026-11-02 09:30,3\nb,2026-11-02T09:00:00,2\na,2026-11-02,1\n")
    frame = read_history(path, tz="Asia/Shanghai")
    assert frame["queue"].tolist() == ["a", "b", "b"]
    assert [stamp.isoformat() for stamp in frame["start"]] == [
        "2026-11-02T00:00:00+08:00",
        "2026-11-02T09:00:00+08:00",
        "2026-11-02T09:30:00+08:00",
    ]
    assert frame["offered"].tolist() == [1, 2, 3]


def test_stamps_with_offsets_are_turned_to_the_zone(tmp_path: Path) -> None:
    path = written(tmp_path, "queue,start,offered\na,2026-11-02T01:00:00Z,1\na,2026-11-02 10:00+09:00,2\n")
    with pytest.raises(DataError, match="the key occurs twice"):
        read_history(path, tz="Asia/Shanghai")
    path = written(tmp_path, "queue,start,offered\na,2026-11-02T01:00:00Z,1\na,2026-11-02 10:30+0900,2\n")
    assert [str(stamp) for stamp in read_history(path, tz="Asia/Shanghai")["start"]] == [
        "2026-11-02 09:00:00+08:00",
        "2026-11-02 09:30:00+08:00",
    ]


@pytest.mark.parametrize(
    "stamps",
    [
        ["02:00", "02:00", "03:00"],  # hours
        ["02:00", "02:30", "02:00", "02:30", "03:00"],  # half-hours as they came
        ["02:00", "02:00", "02:30", "02:30", "03:00"],  # half-hours sorted by the clock on the wall
    ],
)
def test_two_rows_of_one_local_stamp_are_its_first_and_second_occurrence(tmp_path: Path, stamps: list[str]) -> None:
    rows = "".join(f"2026-10-25 {stamp},{number}\n" for number, stamp in enumerate(stamps))
    with pytest.warns(DataWarning, match="second occurrence"):
        frame = read_history(written(tmp_path, "start,offered\n" + rows), tz=BERLIN, queue="calls")
    half = len(stamps) // 2
    assert offsets(frame) == [2.0] * half + [1.0] * (half + 1)
    # Within each occurrence the rows keep the order of the file, and so do the two occurrences of a stamp.
    first, second = frame[:half]["offered"].tolist(), frame[half : 2 * half]["offered"].tolist()
    assert all(a < b for a, b in zip(first, second, strict=True))


def test_each_queue_has_its_own_occurrences(tmp_path: Path) -> None:
    rows = "a,2026-10-25 02:00,1\nb,2026-10-25 02:00,2\na,2026-10-25 02:00,3\nb,2026-10-25 02:00,4\n"
    with pytest.warns(DataWarning):
        frame = read_history(written(tmp_path, "queue,start,offered\n" + rows), tz=BERLIN)
    assert frame["offered"].tolist() == [1, 3, 2, 4]
    assert offsets(frame) == [2.0, 1.0, 2.0, 1.0]


def test_every_resolved_stamp_is_listed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = "".join(f"2026-03-29 02:{minute:02},1\n" for minute in range(0, 60, 5))
    path = written(tmp_path, "start,offered\n2026-03-29 01:55,1\n" + rows)
    with caplog.at_level(logging.WARNING, "wfm.io"), pytest.warns(DataWarning) as warned:
        frame = read_history(path, tz=BERLIN, queue="calls")
    assert offsets(frame) == [1.0] + [2.0] * 12
    assert len(caplog.messages) == 12
    first = "row 3, 2026-03-29 02:00:00 is read as 2026-03-29 03:00:00+02:00 "
    first += "(does not exist: read before the clock is put forward)"
    assert caplog.messages[0] == f"{path}: {first}"
    text = str(warned[0].message)
    assert text.startswith(f"{path}: local stamps where the clock changes: {first}; row 4, ")
    assert text.endswith("; … (12 in total, all in the log wfm.io)")
    assert warned[0].filename == __file__


@given(
    first=st.dates(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-12-01").date()),
    minutes=st.sampled_from([15, 30, 60]),
    tz=st.sampled_from([BERLIN, "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
)
@example(first=date(2026, 4, 1), minutes=60, tz="Australia/Lord_Howe")  # the clock goes back by half an hour
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_full_history_in_local_time_comes_back(first: object, minutes: int, tz: str, tmp_path: Path) -> None:
    day = pd.Timestamp(first, tz=tz)
    starts = pd.date_range(day, day + pd.Timedelta(days=9), freq=f"{minutes}min", unit="ns")
    frame = pd.DataFrame({"start": starts.tz_localize(None), "offered": range(len(starts))})
    frame.to_csv(tmp_path / "a.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        again = read_history(tmp_path / "a.csv", tz=tz, queue="calls")
    assert (pd.DatetimeIndex(again["start"]) == starts).all()
    assert again["offered"].tolist() == list(range(len(starts)))


def test_a_sheet_holds_dates_as_such_and_identifiers_as_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["queue", "start", "offered"])
    book.active.append([1001, datetime.fromisoformat("2026-11-02 09:00"), 12])
    book.active.append([])
    book.active.append([1001, datetime.fromisoformat("2026-11-02 09:30"), 15.5])
    book.save(tmp_path / "history.xlsx")
    frame = read_history(tmp_path / "history.xlsx", tz=BERLIN)
    assert frame["queue"].tolist() == ["1001", "1001"]
    assert [str(stamp) for stamp in frame["start"]] == ["2026-11-02 09:00:00+01:00", "2026-11-02 09:30:00+01:00"]
    assert frame["offered"].tolist() == [12, 15.5]


def test_records_of_another_service_are_read(tmp_path: Path) -> None:
    records = [
        {"queue": "a", "start": "2026-11-02T09:00:00", "offered": 1},
        {"queue": "a", "start": "2026-11-02T10:00:00", "offered": 2, "note": "x"},
    ]
    frame = read_history(written(tmp_path, json.dumps(records), "history.json"), tz=BERLIN)
    assert frame["note"].tolist()[1] == "x"
    assert frame["offered"].tolist() == [1, 2]


def test_local_stamps_in_parquet_are_given_the_zone_and_an_index_is_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"start": pd.to_datetime(["2026-11-02 09:00"]), "offered": [1]}).set_index("start")
    frame.to_parquet(tmp_path / "a.parquet")
    again = read_history(tmp_path / "a.parquet", tz=BERLIN, queue="calls")
    assert again["start"][0].isoformat() == "2026-11-02T09:00:00+01:00"


def test_other_columns_are_let_through_and_blank_lines_hold_nothing(tmp_path: Path) -> None:
    text = "\ufeffqueue,start,offered,weather\n\ncalls,2026-11-02 09:00,12,fair\n\ncalls,2026-11-02 09:30,-1,fair\n\n"
    with pytest.raises(DataError) as error:
        read_history(written(tmp_path, text), tz=BERLIN)
    assert error.value.problems[0].rows == (5,)
    frame = read_history(written(tmp_path, text.replace(",-1,", ",1,")), tz=BERLIN)
    assert frame["weather"].tolist() == ["fair", "fair"]


@pytest.mark.parametrize("title", ["aht", "Offered", "abandonned", "within", "handle"])
def test_a_column_that_nearly_bears_a_known_name_is_refused(tmp_path: Path, title: str) -> None:
    path = written(tmp_path, f"queue,start,offered,{title}\ncalls,2026-11-02 09:00,12,3\n")
    if title == "Offered":
        # The column itself is there: this is another one.
        assert read_history(path, tz=BERLIN)["Offered"].tolist() == [3]
        return
    with pytest.raises(DataError, match=f"unknown column '{title}'; did you mean '.*'\\? Rename the column"):
        read_history(path, tz=BERLIN)


def test_a_zone_that_is_unknown_is_refused_before_the_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'"):
        read_history(tmp_path / "nothing.csv", tz="Europe/Berln")


def test_cells_of_a_sheet_that_are_of_another_sort_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["queue", "start", "offered", "handled", "note"])
    book.active.append([1.5, "2026-11-02 09:00", True, "nan", None])
    book.active.append(["a", 46000, datetime.fromisoformat("2026-11-02 09:00"), 12, None])
    book.save(tmp_path / "history.xlsx")
    with pytest.raises(DataError) as error:
        read_history(tmp_path / "history.xlsx", tz=BERLIN)
    assert [(problem.what, problem.rows) for problem in error.value.problems] == [
        ("column 'queue' holds what is not text: '1.5'", (2,)),
        ("column 'start' holds what is not a stamp: '46000'", (3,)),
        ("column 'offered' holds what is not a number: 'True'", (2, 3)),
        ("column 'handled' holds what is not a number: 'nan'", (2,)),
    ]


def test_a_file_without_a_queue_says_how_to_name_it(tmp_path):
    path = written(tmp_path, "start,offered\n2026-11-02 09:00,-1\n")
    with pytest.raises(DataError) as error:
        read_history(path, tz=BERLIN)
    first, second = error.value.problems
    assert first.what == "column 'queue' is missing"
    assert first.remedy == "name the queue of all rows: queue='calls', on the command line --queue calls"
    assert "'offered'" in second.what
