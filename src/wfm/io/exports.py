"""Exports of other systems, read by column map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.checks import check_zone
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.io.formats import read_cells, suffix_of
from wfm.io.mapping import ColumnMap, mapped
from wfm.io.records import read_text
from wfm.io.vendors import VENDORS

__all__ = ["read_export"]


def read_export(path: str | Path, form: str | ColumnMap, *, tz: str | None = None) -> dict[str, pd.DataFrame]:
    r"""Read the export of a help desk or a telephone system.

    ============================ ============================== ============================================
    form                         file                           frames
    ============================ ============================== ============================================
    `zendesk_tickets`            tickets (JSON, or CSV of it)   `tickets`
    `zendesk_metric_events`      ticket metric events           `ticket_events`
    `amazon_contacts`            Amazon Connect contact records `contacts`
    `amazon_forecast`            Amazon Connect history import  `history`
    `genesys_intervals`          conversation aggregates        `history`
    `assembled_conversations`    conversations                  `contacts`
    `servicenow_incidents`       incident register, snapshots   `tickets`, `ticket_events`
    `nyc_311`                    New York's service requests    `tickets`, `ticket_events`
    a `ColumnMap`                anything else                  its frame
    ============================ ============================== ============================================

    Only the columns that a map names are read; the others are left out.

    Parameters
    ----------
    path
        The file: `.csv`, `.parquet`, `.xlsx` (first sheet) or `.json`. In JSON, a list of records, or an object with
        one list of records in it, as the vendors answer; what is nested is named with dots, such as `Agent.Username`.
    form
        One of the names above, or a column map of your own.
    tz
        Zone that stamps are turned to. Stamps without an offset are read in it, unless the vendor's documentation says
        what they are; without a zone for them they are refused. Where the clock is put back, an hour that occurs
        twice is read as the first, and a `DataWarning` says so. Default none.

    Returns
    -------
    dict of DataFrame
        The checked frames, by name.

    Raises
    ------
    DataError
        With every fault of the file.
    MissingExtraError
        If it is an Excel file and `openpyxl` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "import.csv"
    >>> head = "QueueName,QueueId,ChannelType,TimeStamp,IncomingContactVolume,AverageHandleTime"
    >>> _ = path.write_text(head + "\nBilling,a1,VOICE,2026-11-02T09:00:00Z,12,240\n")
    >>> read_export(path, "amazon_forecast", tz="Europe/Berlin")["history"][["queue", "offered"]].to_numpy().tolist()
    [['Billing', 12.0]]
    """
    path, where = Path(path), str(path)
    if isinstance(form, str) and form not in VENDORS:
        raise DataError(Problem(f"unknown form {form!r}", remedy=did_you_mean(form, VENDORS)))
    if tz is not None:
        check_zone(tz)
    faults = Faults(where)
    cells = pd.DataFrame()
    with faults.collecting(where):
        cells = _cells(path)
    faults.raise_if_any()
    if isinstance(form, ColumnMap):
        return {form.frame: mapped(cells, form, tz=tz, where=where)}
    found: dict[str, pd.DataFrame] = {}
    with faults.collecting():
        found = VENDORS[form].frames(cells, tz=tz, where=where)
    faults.raise_if_any()
    return found


def _cells(path: Path) -> pd.DataFrame:
    if suffix_of(path) != ".json":
        return read_cells(path)
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(Problem(f"not JSON: {error}", remedy="correct it there")) from None
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        data = lists[0] if len(lists) == 1 else None
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise DataError(Problem("not a list of records", remedy="give a list, or an object with one list in it"))
    rows = [flat for row in data for flat in _rows(row)]
    cells = pd.DataFrame([_flat(row) for row in rows], dtype=object)
    cells.index = range(1, len(cells) + 1)
    return cells


def _rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a record: one for each interval of a group of aggregates, else itself."""
    if not isinstance(row.get("group"), dict) or not isinstance(row.get("data"), list):
        return [row]
    found = []
    for part in row["data"]:
        start, _, _ = str(part.get("interval", "")).partition("/")
        metrics = {metric["metric"]: metric.get("stats", {}) for metric in part.get("metrics", [])}
        found.append({**row["group"], "interval_start": start, **metrics})
    return found


def _flat(row: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return a record with the names of what is nested joined by dots."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
