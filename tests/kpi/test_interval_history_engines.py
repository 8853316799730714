"""The history of a forecast is the same to the row from pandas, polars, DuckDB and Spark."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm.tickets import interval_history

BERLIN = "Europe/Berlin"


@pytest.fixture
def parquet(week, tmp_path):
    path = tmp_path / "contacts.parquet"
    table = week.copy()
    for column in table.columns[table.columns.str.endswith("_at")]:
        table[column] = table[column].dt.as_unit("us")
    table.to_parquet(path, index=False)
    return path


def by_polars(path, request):
    polars = pytest.importorskip("polars", reason="not run: no polars")
    return polars.scan_parquet(path)


def by_duckdb(path, request):
    duckdb = pytest.importorskip("duckdb", reason="not run: no DuckDB")
    return duckdb.connect().read_parquet(str(path))


def by_spark(path, request):
    return request.getfixturevalue("spark").read.parquet(str(path))


@pytest.mark.parametrize("place", [by_polars, by_duckdb, by_spark])
@pytest.mark.parametrize("minutes", [15, 60])
def test_every_engine_gives_the_same_rows(place, minutes, week, parquet, request):
    expected = interval_history(week, f"{minutes}min", tz=BERLIN)
    found = interval_history(place(parquet, request), f"{minutes}min", tz=BERLIN)
    pd.testing.assert_frame_equal(found, expected)
