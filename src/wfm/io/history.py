"""The contact history of a centre, from any of the formats, with local stamps given their zone."""

from __future__ import annotations

import difflib
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_zone
from wfm.errors import DataWarning, Faults
from wfm.io.columns import to_types
from wfm.io.formats import read_cells, suffix_of
from wfm.logs import logger
from wfm.schema import FRAMES, check
from wfm.timegrid import localize

__all__ = ["read_history"]

_LOG = logger("io")
_SHOWN = 5


def read_history(path: str | Path, *, tz: str, queue: str | None = None) -> pd.DataFrame:
    r"""Read a contact history from CSV, Parquet, Excel or JSON, told apart by suffix.

    The columns are those of the frame `history`; others are let through, unless one is a near miss of a column that is
    not there. Stamps are ISO, and either all have an offset or none has. Those without are local to `tz`: of two rows
    of a queue with the same stamp in an hour that occurs twice, the first in the file is the first occurrence; a row
    that is alone there is the first; a stamp that does not exist is read as if the clock had not yet been put forward.
    Each stamp that had to be resolved is listed in the log `wfm.io`, the first five in a `DataWarning`.

    Parameters
    ----------
    path
        The file, `.csv`, `.parquet`, `.xlsx` (first sheet) or `.json` (list of records).
    tz
        Time zone of the centre. Local stamps are read in it, and all stamps are returned in it.
    queue
        Name of the queue of all rows, where the file has no column `queue`; default none.

    Returns
    -------
    pandas.DataFrame
        The checked frame `history`, sorted by `queue, start`.

    Raises
    ------
    DataError
        With every fault of the file: missing or misspelt columns, cells that cannot be read, negative numbers, rows
        that occur twice.
    MissingExtraError
        If it is an Excel file and `openpyxl` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "history.csv"
    >>> _ = path.write_text("start,offered\n2026-11-02 09:00,12\n2026-11-02 09:30,15\n")
    >>> read_history(path, tz="Asia/Shanghai", queue="calls")["start"].iloc[0].isoformat()
    '2026-11-02T09:00:00+08:00'
    """
    path, where = Path(path), str(path)
    check_zone(tz)
    faults = Faults(where)
    cells = pd.DataFrame()
    with faults.collecting(where):
        cells = read_cells(path)
    faults.raise_if_any()
    cells = _with_queue(_renamed(cells, where, faults), queue, where, faults)
    typed = to_types(cells, "history", tz=tz, untyped=suffix_of(path) == ".csv", local=True, where=where, faults=faults)
    frame, resolved = _zoned(typed.frame, tz)
    # Rows that could not be read are noted already; the others are checked in full.
    result = frame
    with faults.collecting(where):
        result = check(frame[typed.good], "history", tz=tz)
    for line in resolved:
        _LOG.warning("%s: %s", where, line)
    faults.raise_if_any()
    if resolved:
        more = f"; … ({len(resolved)} in total, all in the log wfm.io)" if len(resolved) > _SHOWN else ""
        listed = "; ".join(resolved[:_SHOWN])
        warnings.warn(f"{where}: local stamps where the clock changes: {listed}{more}", DataWarning, stacklevel=2)
    return result


def _renamed(cells: pd.DataFrame, where: str, faults: Faults) -> pd.DataFrame:
    """Note each column that nearly bears the name of one that is not there, and read it as that one from here on."""
    known = FRAMES["history"].columns
    names: dict[str, str] = {}
    for title in map(str, cells.columns):
        spare = [name for name in known if name not in cells.columns and name not in names.values()]
        if title not in known and (close := difflib.get_close_matches(title.lower(), spare, n=1, cutoff=0.75)):
            faults.add(f"unknown column {title!r}", where=where, remedy=f"did you mean {close[0]!r}? Rename the column")
            names[title] = close[0]
    return cells.rename(columns=names)


def _with_queue(cells: pd.DataFrame, queue: str | None, where: str, faults: Faults) -> pd.DataFrame:
    if queue is None:
        if "queue" not in cells.columns and "start" in cells.columns:
            remedy = "name the queue of all rows: queue='calls', on the command line --queue calls"
            faults.add("column 'queue' is missing", where=where, remedy=remedy)
            # The rest is checked as if it were there.
            return cells.assign(queue=pd.Series("-", index=cells.index, dtype="str"))
        return cells
    if "queue" in cells.columns:
        what = f"queue {queue!r} is given, and the file has a column 'queue'"
        faults.add(what, where=where, remedy="leave one of them out")
        return cells
    return cells.assign(queue=pd.Series(queue, index=cells.index, dtype="str"))


def _second_by_step(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Mark stamps that, read as their second occurrence alone, lie a step of the file from another one.

    Hourly rows meet a clock that goes back by half an hour once in the half that occurs twice.
    """
    known = np.unique(first)
    if len(known) < 2 or not (first != second).any():
        return np.zeros(len(first), dtype=bool)
    steps, counts = np.unique(np.diff(known), return_counts=True)
    step = steps[counts.argmax()]
    near_first, near_second = (
        np.isin(stamps - step, known) | np.isin(stamps + step, known) for stamps in (first, second)
    )
    found: npt.NDArray[np.bool_] = (first != second) & near_second & ~near_first
    return found


def _zoned(frame: pd.DataFrame, tz: str) -> tuple[pd.DataFrame, list[str]]:
    """Give local stamps their zone; return a line for each one that had to be resolved."""
    if "start" not in frame.columns or not pd.api.types.is_datetime64_dtype(frame["start"].dtype):
        return frame, []
    local = frame["start"]
    first, second = (localize(local, tz, ambiguous=rule) for rule in ("first", "second"))
    by = [local] if "queue" not in frame.columns else [frame["queue"], local]
    again = local.groupby(by, dropna=False).cumcount().to_numpy() > 0
    is_second = again & (first.stamps != second.stamps)
    lone = ~local.groupby(by, dropna=False).transform("size").gt(1).to_numpy() & local.notna().to_numpy()
    groups = [np.arange(len(local))] if "queue" not in frame.columns else frame.groupby("queue").indices.values()
    for rows in groups:
        rows = rows[lone[rows]]
        is_second[rows] = _second_by_step(first.stamps[rows].asi8, second.stamps[rows].asi8)
    stamps = first.stamps.where(~is_second, second.stamps)
    lines = []
    for row in first.resolved.itertuples():
        rule = "second occurrence" if is_second[row.position] else row.rule
        lines.append(f"row {frame.index[row.position]}, {row.local} is read as {stamps[row.position]} ({rule})")
    return frame.assign(start=pd.Series(stamps, index=frame.index)), lines
