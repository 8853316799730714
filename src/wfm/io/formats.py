"""Tables of cells from and to CSV, Parquet, Excel and JSON, told apart by suffix; what they mean is not known here."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, Faults, MissingExtraError, Problem, did_you_mean
from wfm.io.records import check_header, read_bytes, read_text, workbook_rows

__all__ = ["SUFFIXES", "read_cells", "suffix_of", "write_cells"]


def suffix_of(path: Path) -> str:
    """Return the suffix of a path in lower case, or raise `DataError` if no format has it."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return suffix
    raise DataError(Problem(f"unknown suffix {path.suffix!r}", remedy=did_you_mean(suffix, SUFFIXES)))


def read_cells(path: Path) -> pd.DataFrame:
    """Return the cells of a file as they stand there: text in CSV, values of their own kind in the other formats.

    The index numbers the rows: as a spreadsheet shows them in CSV and Excel, where the header is row 1; from 1 in
    JSON and Parquet.

    Raises
    ------
    DataError
        If there is no such file, it is empty, its suffix is unknown, or it is not what its suffix says.
    MissingExtraError
        If it is an Excel file and `openpyxl` is not installed.
    """
    return _READERS[suffix_of(path)](path)


def write_cells(frame: pd.DataFrame, path: Path, *, suffix: str) -> None:
    """Write a frame of plain values, whose stamps are text except in Parquet, in the format of a suffix.

    Raises
    ------
    MissingExtraError
        If it is the Excel format and `xlsxwriter` is not installed.
    """
    _WRITERS[suffix](frame, path)


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        rows = list(csv.reader(io.StringIO(read_text(path), newline=""), strict=True))
    except csv.Error as error:
        raise DataError(Problem(f"not CSV: {error}", remedy="look at the quotes")) from None
    return _frame(rows)


def _read_excel(path: Path) -> pd.DataFrame:
    with workbook_rows(path) as cells:
        rows = [[cell.value for cell in row] for row in cells]
    return _frame([row if any(cell is not None for cell in row) else [] for row in rows])


def _frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return the frame of rows under a header; rows without any cell are blank lines and hold nothing."""
    if not rows or not rows[0]:
        raise DataError(Problem("the file is empty", remedy="its first row names the columns"))
    header = [str(name).strip() for name in rows[0]]
    check_header(header)
    numbers = [number for number, row in enumerate(rows[1:], 2) if row]
    faults = Faults()
    wrong = [number for number in numbers if len(rows[number - 1]) != len(header)]
    if wrong:
        count = len(rows[wrong[0] - 1])
        remedy = "give every column a cell, empty where there is nothing to say"
        faults.add(f"a row has {count} cells, the header {len(header)}", remedy=remedy, rows=wrong)
    faults.raise_if_any()
    columns = zip(*(row for row in rows[1:] if row), strict=True) if numbers else ([] for _ in header)
    cells = {position: [None if cell == "" else cell for cell in column] for position, column in enumerate(columns)}
    frame = pd.DataFrame(cells, index=numbers, dtype=object)
    frame.columns = header
    return frame


def _read_json(path: Path) -> pd.DataFrame:
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(Problem(f"not JSON: {error}", remedy="correct it there")) from None
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        remedy = 'write [{"queue": "calls", "start": …}, …]'
        raise DataError(Problem("not a list of records", remedy=remedy))
    names = list(dict.fromkeys(name for row in data for name in row))
    columns = {name: [row.get(name) for row in data] for name in names}
    return pd.DataFrame(columns, index=range(1, len(data) + 1), dtype=object)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(read_bytes(path)))
    except DataError:
        raise
    except ValueError:
        raise DataError(Problem("not a Parquet file", remedy="write it with wfm.io.write_frame")) from None
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame.index = range(1, len(frame) + 1)
    return frame


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _write_excel(frame: pd.DataFrame, path: Path) -> None:
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise MissingExtraError("xlsxwriter", "excel") from None
    from datetime import UTC, datetime

    # Text is never read as a formula or a link, and the same frame gives the same bytes.
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, (title, values) in enumerate(frame.items()):
            sheet.write_string(0, column, str(title))
            for row, value in enumerate(_plain(values), 1):
                if isinstance(value, bool):
                    sheet.write_boolean(row, column, value)
                elif isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif value is not None:
                    sheet.write_number(row, column, _Exact(value) if isinstance(value, float) else _ExactWhole(value))


class _Exact(float):
    """A number that is written with all its digits, where xlsxwriter would keep 16."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


class _ExactWhole(int):
    """A whole number that is written with all its digits."""

    def __format__(self, spec: str) -> str:
        return int.__repr__(self)


def _write_json(frame: pd.DataFrame, path: Path) -> None:
    columns = [_plain(values) for _, values in frame.items()]
    titles = [str(title) for title in frame.columns]
    records = (dict(zip(titles, row, strict=True)) for row in zip(*columns, strict=True))
    lines = ",\n".join(json.dumps(record, ensure_ascii=False, allow_nan=False) for record in records)
    path.write_text(f"[\n{lines}\n]\n" if lines else "[]\n", encoding="utf-8")


def _plain(values: pd.Series) -> list[Any]:
    """Return values of Python's own types, `None` where there is none."""
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".json": _read_json,
    ".parquet": _read_parquet,
    ".xlsx": _read_excel,
}
_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
    ".xlsx": _write_excel,
}
SUFFIXES = tuple(_READERS)
