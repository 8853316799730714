"""Public frames from and to files, exactly."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from wfm.checks import check_zone
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.files import replacing
from wfm.io.columns import to_types
from wfm.io.formats import read_cells, suffix_of, write_cells
from wfm.schema import FRAMES, FrameLike, HasFrame, check

__all__ = ["read_frame", "write_frame"]

_EXCEL_ROWS = 1_048_576


def read_frame(path: str | Path, name: str, *, tz: str) -> pd.DataFrame:
    """Read a public frame from CSV, Parquet, Excel or JSON, told apart by suffix.

    Columns that the frame does not name are let through. In CSV their type is told by their look: stamps with an
    offset, numbers (without leading zeros), `True` and `False`, else text. A list without records in JSON has the
    columns that the frame must have.

    Parameters
    ----------
    path
        The file, `.csv`, `.parquet`, `.xlsx` (first sheet) or `.json` (list of records).
    name
        Name of the frame in the design, such as `"requirement"`.
    tz
        Time zone that the stamps are turned to. The stamps in the file have an offset; `read_history` reads those
        that have none.

    Returns
    -------
    pandas.DataFrame
        The checked frame, sorted by its key.

    Raises
    ------
    DataError
        With every fault of the file.
    MissingExtraError
        If it is an Excel file and `openpyxl` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "history.csv"
    >>> start = pd.Timestamp("2026-11-02 09:00", tz="Europe/Berlin")
    >>> write_frame(pd.DataFrame({"queue": ["calls"], "start": [start], "offered": [12]}), path)
    >>> print(read_frame(path, "history", tz="Europe/Berlin"))
       queue                     start  offered
    0  calls 2026-11-02 09:00:00+01:00       12
    """
    path, where = Path(path), str(path)
    if name not in FRAMES:
        raise DataError(Problem(f"unknown frame {name!r}", remedy=did_you_mean(name, FRAMES)))
    check_zone(tz)
    faults = Faults(where)
    cells = pd.DataFrame()
    with faults.collecting(where):
        cells = read_cells(path)
    faults.raise_if_any()
    if cells.empty and not len(cells.columns):
        # A list without records names no columns.
        cells = pd.DataFrame(columns=[title for title, rule in FRAMES[name].columns.items() if rule.required])
    typed = to_types(cells, name, tz=tz, untyped=suffix_of(path) == ".csv", local=False, where=where, faults=faults)
    result = typed.frame
    with faults.collecting(where):
        result = check(typed.frame[typed.good], name, tz=tz)
    faults.raise_if_any()
    return result


def write_frame(frame: FrameLike, path: str | Path) -> None:
    """Write a frame to CSV, Parquet, Excel or JSON, told apart by suffix; the file is replaced whole or not at all.

    Reading it back by `read_frame` gives the same values. CSV, Excel and JSON hold no zones: stamps are ISO text with
    their offset there (also in Excel), and the reader names the zone. Parquet holds the zone.

    Parameters
    ----------
    frame
        A frame, or a result with `.to_frame()`. Its index is left out, so it must hold nothing: call `reset_index()`
        on a frame with a named one.
    path
        The file, `.csv`, `.parquet`, `.xlsx` or `.json`; its folder must exist.

    Raises
    ------
    DataError
        If the suffix is unknown, the folder is missing, or the frame holds what the format cannot: a named index,
        stamps without a zone, infinite numbers, values of mixed or unknown types, empty text in CSV and Excel.
    MissingExtraError
        If it is an Excel file and `xlsxwriter` is not installed.
    """
    path, where = Path(path), str(path)
    table = frame.to_frame() if isinstance(frame, HasFrame) and not isinstance(frame, pd.DataFrame) else frame
    if not isinstance(table, pd.DataFrame):
        remedy = "give a pandas.DataFrame or a result with to_frame()"
        raise DataError(Problem(f"cannot write a {type(frame).__name__}", where=where, remedy=remedy))
    faults = Faults(where)
    with faults.collecting(where):
        suffix_of(path)
    if not path.parent.is_dir():
        faults.add(f"there is no folder {str(path.parent)!r}", where=where, remedy="make it first")
    _check_form(table, where, faults)
    faults.raise_if_any()
    suffix = suffix_of(path)
    for title, values in table.items():
        if problem := _unwritable(values, suffix):
            faults.add(f"column {title!r} {problem[0]}", where=where, remedy=problem[1])
    if suffix == ".xlsx" and len(table) >= _EXCEL_ROWS:
        what = f"{len(table)} rows and a header are more than the {_EXCEL_ROWS} of a sheet"
        faults.add(what, where=where, remedy="write .parquet or .csv")
    faults.raise_if_any()
    plain = table if suffix == ".parquet" else _with_text(table)
    with replacing(path) as draft:
        write_cells(plain.reset_index(drop=True), draft, suffix=suffix)


def _check_form(frame: pd.DataFrame, where: str, faults: Faults) -> None:
    named = [str(name) for name in frame.index.names if name is not None]
    if named:
        faults.add(f"the index holds {', '.join(named)}", where=where, remedy="call frame.reset_index()")
    titles = [str(title) for title in frame.columns]
    for title in sorted({title for title in titles if titles.count(title) > 1}):
        faults.add(f"two columns are named {title!r}", where=where, remedy="keep one")


def _unwritable(values: pd.Series, suffix: str) -> tuple[str, str] | None:
    """Return what a column holds that the format could not give back, and what to do."""
    kind = values.dtype
    if pd.api.types.is_datetime64_dtype(kind):
        return "has stamps without a zone", "call .dt.tz_localize('Europe/Berlin') with your zone"
    if pd.api.types.is_numeric_dtype(kind):
        infinite = suffix in (".json", ".xlsx") and values.isin([float("inf"), float("-inf")]).any()
        return (f"holds an infinite number, which {suffix} cannot", "write .parquet or .csv") if infinite else None
    given = values[values.notna()]
    sorts = set(given.map(type)) if pd.api.types.is_object_dtype(kind) else set()
    text = isinstance(kind, pd.StringDtype) or (bool(sorts) and all(issubclass(sort, str) for sort in sorts))
    if text:
        empty = suffix in (".csv", ".xlsx") and (given == "").any()
        remedy = "leave the value missing, or write .parquet or .json"
        return (f"holds empty text, which {suffix} cannot tell from no value", remedy) if empty else None
    alike = any(sorts <= family for family in ({bool}, {int, float}, {date}))
    if isinstance(kind, pd.DatetimeTZDtype) or (pd.api.types.is_object_dtype(kind) and alike):
        return None
    shown = ", ".join(sorted(sort.__name__ for sort in sorts)) or str(kind)
    return f"holds {shown}", "turn it to text or numbers"


def _with_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose stamps and dates are ISO text."""
    plain = frame.copy()
    for title, values in frame.items():
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            plain[title] = _iso(values)
        elif pd.api.types.is_object_dtype(values.dtype) and values.map(lambda value: isinstance(value, date)).any():
            plain[title] = values.astype("str")
    return plain


def _iso(stamps: pd.Series) -> pd.Series:
    """Return stamps as text such as `2026-11-02T09:00:00+08:00`, with nine digits of a second where they need any."""
    utc = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    local = stamps.dt.tz_localize(None)
    offsets = (local - utc).dt.total_seconds()
    if (offsets % 60).any():
        # Offsets of the time before time zones have seconds, which ISO text has not.
        local, offsets = utc, offsets.where(offsets.isna(), 0)
    nanoseconds = local.dt.as_unit("ns")
    whole = (nanoseconds.dt.floor("s") == nanoseconds)[utc.notna()].all()
    unit: Literal["s", "ns"] = "s" if whole else "ns"
    text = pd.Series(np.datetime_as_string(nanoseconds.to_numpy(), unit=unit), index=stamps.index, dtype="str")
    signs = {
        offset: f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02.0f}:{abs(offset) % 3600 // 60:02.0f}"
        for offset in offsets.dropna().unique()
    }
    return text.str.cat(offsets.map(signs).astype("str")).where(utc.notna())
