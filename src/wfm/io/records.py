"""Small tables of people and their days, from CSV or Excel, row by row: every cell is text, as it was written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from wfm.errors import DataError, Faults, MissingExtraError, Problem, did_you_mean
from wfm.io.fields import known_names

__all__ = ["Record", "check_header", "read_bytes", "read_records", "read_text", "workbook_rows"]

_SUFFIXES = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file or one table of a list.

    Parameters
    ----------
    file
        The file, such as `"people.csv"`.
    row
        Number of the row as a spreadsheet shows it, the header being row 1; number of the table in a list.
    where
        Its place, such as `"people.csv, row 4"`.
    cells
        What it holds as text, by column; empty cells are left out.
    """

    file: str
    row: int
    where: str
    cells: Mapping[str, str]


def read_records(path: Path, *, required: Sequence[str], optional: Sequence[str], faults: Faults) -> list[Record]:
    """Return the rows of a CSV or Excel file; every fault of its form is noted.

    Parameters
    ----------
    path
        The file; its suffix tells the format.
    required, optional
        Columns that must and that may be there. A row without a value in a required column is a fault, and is
        returned all the same.
    faults
        Takes the faults.

    Raises
    ------
    MissingExtraError
        If an Excel file is read and `openpyxl` is not installed.
    """
    rows: list[list[str]] = []
    with faults.collecting(str(path)):
        rows = _rows(path)
    if not rows:
        return []
    header, *lines = rows
    known = [*required, *optional]
    names = known_names(header, known, kind="column", where=str(path), faults=faults)
    for name in required:
        if name not in names.values():
            remedy = f"the file has: {', '.join(header)}"
            faults.add(f"column {name!r} is missing", where=str(path), remedy=remedy)
    records = []
    for number, line in enumerate(lines, 2):
        if not any(line):
            continue
        where = f"{path}, row {number}"
        if len(line) != len(header):
            what = f"the row has {len(line)} cells, the header {len(header)}"
            faults.add(what, where=where, remedy="give every column a cell, empty where there is nothing to say")
        cells = {names[name]: cell for name, cell in zip(header, line, strict=False) if cell and name in names}
        if len(line) != len(header):
            # Which cell is which is not known, but whom the row speaks of most likely is.
            records.append(Record(str(path), number, where, {k: v for k, v in cells.items() if k == required[0]}))
            continue
        for name in required:
            if name in names.values() and name not in cells:
                faults.add(f"no {name}", where=where, remedy="fill the cell")
        records.append(Record(str(path), number, where, cells))
    return records


def check_header(header: Sequence[str]) -> None:
    """Raise `DataError` if a first row is of another form than names between commas, each there once."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            what = f"the columns are separated by {name}: {header[0]!r}"
            raise DataError(Problem(what, remedy="separate them by commas"))
    for name in header:
        if header.count(name) > 1:
            raise DataError(Problem(f"two columns are named {name!r}", remedy="keep one"))


def _rows(path: Path) -> list[list[str]]:
    if path.suffix.lower() not in _SUFFIXES:
        what = f"unknown suffix {path.suffix!r}"
        raise DataError(Problem(what, remedy=did_you_mean(path.suffix, _SUFFIXES)))
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _excel_rows(path)
    if not any(any(row) for row in rows):
        raise DataError(Problem("the file is empty", remedy="its first row names the columns"))
    check_header(rows[0])
    return rows


def _csv_rows(path: Path) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(read_text(path), newline=""), strict=True))
    except csv.Error as error:
        raise DataError(Problem(f"not CSV: {error}", remedy="look at the quotes")) from None
    return [[cell.strip() for cell in row] for row in rows]


def _excel_rows(path: Path) -> list[list[str]]:
    from openpyxl.styles.numbers import is_datetime

    with workbook_rows(path) as rows:
        cells = [[_cell_text(cell.value, is_datetime(cell.number_format or "")) for cell in row] for row in rows]
    width = max((len(row) for row in cells), default=0)
    return [row + [""] * (width - len(row)) for row in cells]


def _cell_text(value: object, moment: str | None) -> str:
    """Return a cell as it would stand in a CSV; a date is told from an instant by the cell's format."""
    if value is None:
        return ""
    if isinstance(value, datetime) and moment == "date" and value.time() == time(0):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@contextmanager
def workbook_rows(path: Path) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Give the rows of the first sheet of an Excel file, as cells.

    Raises
    ------
    DataError
        If the file is missing or is no workbook.
    MissingExtraError
        If `openpyxl` is not installed.
    """
    from zipfile import BadZipFile

    try:
        import openpyxl
    except ModuleNotFoundError:
        raise MissingExtraError("openpyxl", "excel") from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(read_bytes(path)), data_only=True)
    except (BadZipFile, KeyError, OSError):
        raise DataError(Problem("not an Excel workbook", remedy="save it as .xlsx")) from None
    try:
        yield book.worksheets[0].iter_rows()
    finally:
        book.close()


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, with or without a byte-order mark.

    Raises
    ------
    DataError
        If there is no such file or it is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 text: byte {error.start + 1}"
        raise DataError(Problem(what, remedy="save the file as UTF-8")) from None


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, or raise `DataError` if there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(Problem("no such file", remedy="check the path")) from None
    except IsADirectoryError:
        raise DataError(Problem("this is a folder", remedy="name a file in it")) from None
