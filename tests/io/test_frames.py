"""Every public frame, through every format and back."""

from __future__ import annotations

import builtins
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm.errors import DataError, MissingExtraError
from wfm.io import read_frame, write_frame
from wfm.schema import FRAMES, Column, Kind, check

SUFFIXES = (".csv", ".parquet", ".xlsx", ".json")
TZ = "Europe/Berlin"
# Both nights of a change of the clock are among the stamps.
FIRST = pd.Timestamp("2026-03-28", tz=TZ).value
LAST = pd.Timestamp("2026-10-27", tz=TZ).value
TEXTS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=6)


def values_of(rule: Column) -> st.SearchStrategy[object]:
    plain: dict[Kind, st.SearchStrategy[object]] = {
        Kind.TEXT: TEXTS | st.sampled_from(["NA", "nan", "007", "=1+1", "true", "2026-11-02", 'a "b", c']),
        Kind.STAMP: st.integers(FIRST, LAST) | st.integers(FIRST // 10**9, LAST // 10**9).map(lambda s: s * 10**9),
        Kind.NUMBER: st.floats(max(rule.low, -1e15), 1e15, exclude_min=rule.above),
        Kind.FRACTION: st.floats(0, 1),
        Kind.FLAG: st.booleans(),
        Kind.DAY: st.dates(date(1990, 1, 1), date(2050, 12, 31)),
    }
    return plain[rule.kind] | st.none() if rule.nullable else plain[rule.kind]


@st.composite
def frames(draw: st.DrawFn, name: str) -> pd.DataFrame:
    """A legal frame: keys occur once, all columns are there, counts are whole numbers or not."""
    spec = FRAMES[name]
    size = draw(st.integers(0, 5))
    columns = {}
    for title, rule in spec.columns.items():
        unique = title == spec.key[-1] and rule.kind is not Kind.FRACTION
        drawn = draw(st.lists(values_of(rule), min_size=size, max_size=size, unique=unique))
        if rule.kind is Kind.STAMP:
            columns[title] = pd.to_datetime(pd.Series(drawn, dtype="Int64"), utc=True).dt.tz_convert(TZ)
        elif rule.kind is Kind.TEXT:
            columns[title] = pd.Series(drawn, dtype="str")
        elif rule.kind is Kind.DAY:
            columns[title] = pd.Series(drawn, dtype=object)
        elif rule.kind is Kind.FLAG:
            columns[title] = pd.Series(drawn, dtype="boolean" if None in drawn else "bool")
        else:
            columns[title] = pd.Series(drawn, dtype="float64")
    return check(pd.DataFrame(columns), name)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_frame_comes_back_exactly(suffix: str, data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(sorted(FRAMES)))
    frame = data.draw(frames(name))
    write_frame(frame, tmp_path / f"{name}{suffix}")
    again = read_frame(tmp_path / f"{name}{suffix}", name, tz=TZ)
    if suffix == ".json" and frame.empty:
        # A list without records names no columns.
        frame = frame[[title for title, rule in FRAMES[name].columns.items() if rule.required]]
    # Without a row there is nothing to tell whole numbers from others.
    pd.testing.assert_frame_equal(again, frame, check_dtype=len(frame) > 0)


@pytest.fixture
def history() -> pd.DataFrame:
    starts = pd.date_range("2026-10-24", "2026-10-26", freq="30min", tz=TZ, unit="ns", inclusive="left")
    return pd.DataFrame(
        {
            "queue": pd.Series("calls", index=range(len(starts)), dtype="str"),
            "start": starts,
            "offered": np.arange(len(starts)),
            "aht_s": np.random.default_rng(0).random(len(starts)) * 200,
        }
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_whole_numbers_stay_whole_and_columns_of_no_known_name_are_let_through(
    suffix: str, history: pd.DataFrame, tmp_path: Path
) -> None:
    frame = history.assign(
        load=np.arange(len(history)) / 7,
        rank=range(len(history)),
        code=pd.Series("007", index=history.index, dtype="str"),
        seen=history["start"],
        late=history["offered"] > 3,
    )
    write_frame(frame, tmp_path / f"a{suffix}")
    pd.testing.assert_frame_equal(read_frame(tmp_path / f"a{suffix}", "history", tz=TZ), frame)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_frame_gives_the_same_bytes(suffix: str, history: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_frame(history, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_stamps_are_turned_to_the_zone_asked_for(history: pd.DataFrame, tmp_path: Path) -> None:
    write_frame(history, tmp_path / "a.csv")
    again = read_frame(tmp_path / "a.csv", "history", tz="Asia/Shanghai")
    assert str(again["start"].dt.tz) == "Asia/Shanghai"
    assert (again["start"] == history["start"]).all()


def test_a_stamp_in_a_csv_file_is_iso_with_its_offset(history: pd.DataFrame, tmp_path: Path) -> None:
    write_frame(history[["queue", "start", "offered"]].iloc[:1], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "queue,start,offered\ncalls,2026-10-24T00:00:00+02:00,0\n"


def test_stamps_before_time_zones_are_written_in_utc(tmp_path: Path) -> None:
    old = pd.Timestamp("1890-01-01 12:00", tz="Europe/Berlin")
    frame = pd.DataFrame({"queue": ["calls"], "start": pd.DatetimeIndex([old]), "offered": [1]})
    write_frame(frame, tmp_path / "a.csv")
    assert read_frame(tmp_path / "a.csv", "history", tz="Europe/Berlin")["start"][0] == old


def test_text_in_a_sheet_is_never_a_formula(tmp_path: Path) -> None:
    start = pd.Timestamp("2026-11-02 09:00", tz=TZ)
    write_frame(pd.DataFrame({"queue": ["=1+1"], "start": [start], "offered": [1.5]}), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [cell.value for cell in book.active[2]] == ["=1+1", "2026-11-02T09:00:00+01:00", 1.5]
    assert book.active["A2"].data_type == "s"


def test_numbers_keep_all_their_digits_in_a_sheet(tmp_path: Path) -> None:
    third = 0.1 + 0.2  # 0.30000000000000004, which 16 digits cannot tell from 0.3
    start = pd.Timestamp("2026-11-02 09:00", tz=TZ)
    frame = pd.DataFrame({"queue": ["calls"], "start": [start], "offered": [third], "count": [2**53 + 1]})
    write_frame(frame, tmp_path / "a.xlsx")
    again = read_frame(tmp_path / "a.xlsx", "history", tz=TZ)
    assert again["offered"][0] == third
    assert again["count"][0] == 2**53 + 1


def test_a_result_is_written_by_its_frame(history: pd.DataFrame, tmp_path: Path) -> None:
    class Result:
        def to_frame(self) -> pd.DataFrame:
            return history

    write_frame(Result(), tmp_path / "a.json")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "a.json", "history", tz=TZ), history)


def test_dates_are_written_as_iso_text(history: pd.DataFrame, tmp_path: Path) -> None:
    write_frame(history.assign(day=date(2026, 10, 24)), tmp_path / "a.json")
    assert read_frame(tmp_path / "a.json", "history", tz=TZ)["day"][0] == "2026-10-24"


def test_a_file_that_cannot_be_written_leaves_the_old_one(history: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_frame(history, path)
    before = path.read_bytes()
    wrong = history.assign(
        start=history["start"].dt.tz_localize(None),
        note="",
        span=pd.Timedelta("1h"),
        mixed=[1, "a"] * 49,
    )
    with pytest.raises(DataError) as error:
        write_frame(wrong.set_index("queue"), path)
    assert [problem.what for problem in error.value.problems] == ["the index holds queue"]
    with pytest.raises(DataError) as error:
        write_frame(wrong, path)
    assert [problem.what for problem in error.value.problems] == [
        "column 'start' has stamps without a zone",
        "column 'note' holds empty text, which .csv cannot tell from no value",
        "column 'span' holds timedelta64[us]",
        "column 'mixed' holds int, str",
    ]
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_empty_text_is_kept_where_the_format_has_it(history: pd.DataFrame, tmp_path: Path) -> None:
    frame = history.assign(note=pd.Series("", index=history.index, dtype="str"))
    for suffix in (".json", ".parquet"):
        write_frame(frame, tmp_path / f"a{suffix}")
        pd.testing.assert_frame_equal(read_frame(tmp_path / f"a{suffix}", "history", tz=TZ), frame)


@pytest.mark.parametrize("suffix", [".json", ".xlsx"])
def test_an_infinite_number_is_refused_where_the_format_has_none(
    suffix: str, history: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=f"column 'load' holds an infinite number, which {suffix} cannot"):
        write_frame(history.assign(load=np.inf), tmp_path / f"a{suffix}")


def test_a_path_that_cannot_be_written_says_why(history: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        write_frame(history, tmp_path / "nowhere" / "a.cvs")
    assert [problem.what for problem in error.value.problems] == [
        "unknown suffix '.cvs'",
        f"there is no folder {str(tmp_path / 'nowhere')!r}",
    ]
    with pytest.raises(DataError, match="cannot write a dict; give a "):
        write_frame({"queue": ["calls"]}, tmp_path / "a.csv")
    with pytest.raises(DataError, match="two columns are named 'queue'; keep one"):
        write_frame(history.rename(columns={"aht_s": "queue"}), tmp_path / "a.csv")


def test_a_sheet_with_too_many_rows_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"offered": np.zeros(1_048_576)})
    with pytest.raises(DataError, match="1048576 rows and a header are more than the 1048576 of a sheet"):
        write_frame(frame, tmp_path / "a.xlsx")


@pytest.mark.parametrize(("package", "call"), [("openpyxl", "read"), ("xlsxwriter", "write")])
def test_a_missing_package_is_named_with_its_extra(
    package: str, call: str, history: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    write_frame(history, path)
    found = builtins.__import__

    def missing(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError) as error:
        read_frame(path, "history", tz=TZ) if call == "read" else write_frame(history, path)
    assert str(error.value) == f"{package} is not installed; run: pip install 'wfm[excel]'"
