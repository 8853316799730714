"""Where frames live: pandas, polars, DuckDB or Spark, and the three expressions that differ between them.

Everything else is written once through `narwhals`. What narwhals lacks on some engine - the time between two stamps,
the instant of a stamp as a number, and the clock on the wall of a zone - is added to the native frame first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.checks import check_zone
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FRAMES, HasFrame, Kind

if TYPE_CHECKING:
    import narwhals as nw

__all__ = [
    "Engine",
    "Place",
    "Times",
    "check_columns",
    "check_types",
    "engine_of",
    "lazy",
    "narwhals",
    "to_pandas",
    "with_times",
    "zone_of",
]


class Engine(StrEnum):
    """What holds a frame and does the counting."""

    PANDAS = "pandas"
    POLARS = "polars"
    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True, slots=True)
class Place:
    """A frame and the engine that holds it."""

    engine: Engine
    native: Any


@dataclass(frozen=True, slots=True)
class Times:
    """Columns of time to add to a frame.

    Parameters
    ----------
    micros
        By the name of the new column, the later and the earlier stamp: the microseconds between, missing where one is.
        They are whole, so their sum is the same in any order.
    instant
        By the name of the new column, a stamp: whole seconds since 1970 in UTC, rounded down.
    wall
        By the name of the new column, a stamp: the same of the clock on the wall of the zone.
    """

    micros: Mapping[str, tuple[str, str]]
    instant: Mapping[str, str]
    wall: Mapping[str, str]


def engine_of(frame: object) -> Place:
    """Return the frame and its engine: a pandas or polars frame, a DuckDB relation, a Spark frame, or a result.

    Raises
    ------
    DataError
        If it is none of these.

    Examples
    --------
    >>> engine_of(pd.DataFrame({"queue": ["calls"]})).engine
    <Engine.PANDAS: 'pandas'>
    """
    if isinstance(frame, pd.DataFrame):
        return Place(Engine.PANDAS, frame)
    # The names of the classes are compared, so that no engine is imported that the caller does not use.
    module = type(frame).__module__.partition(".")[0]
    name = type(frame).__name__
    if module == "polars" and name in ("DataFrame", "LazyFrame"):
        return Place(Engine.POLARS, frame)
    if name == "DuckDBPyRelation":
        return Place(Engine.DUCKDB, frame)
    if module == "pyspark" and name == "DataFrame":
        return Place(Engine.SPARK, frame)
    if isinstance(frame, HasFrame):
        return Place(Engine.PANDAS, frame.to_frame())
    remedy = "give a pandas or polars frame, a DuckDB relation, a Spark frame, or a result with to_frame()"
    shown = f": {frame!r}" if isinstance(frame, str) else ""
    raise DataError(Problem(f"a {type(frame).__name__} is no frame{shown}", remedy=remedy))


def narwhals() -> Any:
    """Return the module `narwhals`: loaded when something is counted, not before."""
    import narwhals as module

    return module


def lazy(native: Any) -> nw.LazyFrame[Any]:
    """Return the frame as narwhals sees it; nothing is computed yet where the engine can wait."""
    frame: nw.LazyFrame[Any] = narwhals().from_native(native).lazy()
    return frame


def zone_of(place: Place, column: str, tz: str | None) -> str:
    """Return the zone asked for, or that of the column.

    Raises
    ------
    DataError
        If the stamps have no zone, or the engine keeps none (DuckDB and Spark hold instants) and none was asked for.
    """
    if tz is not None:
        check_zone(tz)
    zone = _zones(place)[column]
    if zone is None:
        what = f"column {column!r} has stamps without a zone"
        if place.engine in (Engine.DUCKDB, Engine.SPARK):
            raise DataError(Problem(what, remedy="make it a timestamp with time zone"))
        raise DataError(Problem(what, remedy="localize it, such as to 'Europe/Berlin'"))
    if tz is None and place.engine in (Engine.DUCKDB, Engine.SPARK):
        what = f"{place.engine.value} keeps instants and no zone"
        raise DataError(Problem(what, remedy="give tz, such as tz='Europe/Berlin'"))
    return tz or zone


def _zones(place: Place) -> dict[str, str | None]:
    """Return the zone of each column, none where it holds no zoned stamps.

    narwhals reads the zone of a pandas column from its text, and does not know those with an underscore, a hyphen or a
    digit, such as that of New York.
    """
    if place.engine is Engine.PANDAS:
        kinds = place.native.dtypes.items()
        return {column: str(kind.tz) if isinstance(kind, pd.DatetimeTZDtype) else None for column, kind in kinds}
    return {column: getattr(kind, "time_zone", None) for column, kind in lazy(place.native).collect_schema().items()}


def check_columns(place: Place, name: str, stamps: Mapping[str, bool], others: Mapping[str, bool]) -> None:
    """Check that columns are there and that stamps have a zone; the flag says whether the frame must have it.

    Raises
    ------
    DataError
        With every column that is missing or is no zoned stamp.
    """
    schema, zones = lazy(place.native).collect_schema(), _zones(place)
    faults = Faults(f"frame {name!r}")
    for column, required in {**stamps, **others}.items():
        if column not in schema:
            if required:
                faults.add(f"column {column!r} is missing", remedy=f"the frame has: {', '.join(schema)}")
        elif column in stamps and zones[column] is None:
            what = f"column {column!r} holds {schema[column]}, not stamps with a zone"
            faults.add(what, remedy="make it a timestamp with time zone")
    faults.raise_if_any()


def check_types(place: Place, name: str) -> None:
    """Check that columns of numbers and flags hold them; a pandas frame is checked by `wfm.schema.as_frame`.

    Raises
    ------
    DataError
        With every column that holds text for numbers, or what is no flag.
    """
    if name not in FRAMES or place.engine is Engine.PANDAS:
        return
    nw = narwhals()
    schema = lazy(place.native).collect_schema()
    faults = Faults(f"frame {name!r}")
    for column, rule in FRAMES[name].columns.items():
        found = schema.get(column)
        if rule.kind is Kind.NUMBER and found in (nw.String, nw.Boolean):
            faults.add(f"column {column!r} holds {found}, not numbers", remedy="cast it to numbers")
        if rule.kind is Kind.FLAG and found not in (None, nw.Boolean):
            faults.add(f"column {column!r} holds {found}, not true and false", remedy="cast it to booleans")
    faults.raise_if_any()


def with_times(place: Place, times: Times, tz: str) -> nw.LazyFrame[Any]:
    """Return the frame with the columns of time added: the seam between the engines.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:44:10"]).tz_localize("Asia/Shanghai"))
    >>> frame = pd.DataFrame({"a": at, "b": at + pd.Timedelta("9s")})
    >>> times = Times(micros={"wait": ("b", "a")}, instant={}, wall={"clock": "a"})
    >>> found = to_pandas(with_times(engine_of(frame), times, "Asia/Shanghai"))
    >>> found["wait"].tolist(), found["clock"].tolist()[0] % 86400 == 9 * 3600 + 44 * 60 + 10
    ([9000000], True)
    """
    if place.engine is Engine.DUCKDB:
        return _known(lazy(place.native.project(", ".join(["*", *_duckdb(times, tz)]))))
    if place.engine is Engine.SPARK:
        return _known(lazy(place.native.selectExpr("*", *_spark(times, tz))))
    if place.engine is Engine.PANDAS:
        return lazy(place.native.assign(**_pandas(place.native, times, tz)))
    columns = _polars(times, tz)
    frame = lazy(place.native)
    return _known(frame.with_columns(**columns) if columns else frame)


def _pandas(frame: pd.DataFrame, times: Times, tz: str) -> dict[str, pd.Series]:
    found = {name: _micros(frame[b]) - _micros(frame[a]) for name, (b, a) in times.micros.items()}
    found |= {name: _micros(frame[stamp]) // 1_000_000 for name, stamp in times.instant.items()}
    local = {name: frame[stamp].dt.tz_convert(tz).dt.tz_localize(None) for name, stamp in times.wall.items()}
    return found | {name: _micros(stamps) // 1_000_000 for name, stamps in local.items()}


def _micros(stamps: pd.Series) -> pd.Series:
    """Return whole microseconds since 1970, missing where the stamp is."""
    whole = stamps.dt.as_unit("us").astype("int64")
    return whole.where(stamps.notna()) if stamps.hasnans else whole


def _polars(times: Times, tz: str) -> dict[str, Any]:
    nw = narwhals()
    # The duration itself would be turned to microseconds by way of a float of seconds.
    found = {name: nw.col(b).dt.timestamp("us") - nw.col(a).dt.timestamp("us") for name, (b, a) in times.micros.items()}
    for name, stamp in times.instant.items():
        found[name] = nw.col(stamp).dt.convert_time_zone("UTC").dt.timestamp("us") // 1_000_000
    for name, stamp in times.wall.items():
        local = nw.col(stamp).dt.convert_time_zone(tz).dt.replace_time_zone(None)
        found[name] = local.dt.timestamp("us") // 1_000_000
    return found


def _known(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return the frame with missing values for NaN, which other engines than pandas take for the largest number."""
    real = [column for column, kind in frame.collect_schema().items() if kind.is_float()]
    return frame.with_columns(narwhals().col(*real).fill_nan(None)) if real else frame


def _duckdb(times: Times, tz: str) -> list[str]:
    found = [f'epoch_us("{b}") - epoch_us("{a}") AS "{name}"' for name, (b, a) in times.micros.items()]
    found += [f'epoch_us("{stamp}") // 1000000 AS "{name}"' for name, stamp in times.instant.items()]
    zoned = {name: f"epoch_us(timezone('{tz}', \"{stamp}\"))" for name, stamp in times.wall.items()}
    return [*found, *(f'{local} // 1000000 AS "{name}"' for name, local in zoned.items())]


def _spark(times: Times, tz: str) -> list[str]:
    found = [f"unix_micros(`{b}`) - unix_micros(`{a}`) AS `{name}`" for name, (b, a) in times.micros.items()]
    found += [f"unix_micros(`{stamp}`) div 1000000 AS `{name}`" for name, stamp in times.instant.items()]
    zoned = {name: f"unix_micros(from_utc_timestamp(`{stamp}`, '{tz}'))" for name, stamp in times.wall.items()}
    return [*found, *(f"{local} div 1000000 AS `{name}`" for name, local in zoned.items())]


def to_pandas(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Return the rows, computed by their engine, as a pandas frame."""
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        return native.reset_index(drop=True)
    collected = frame.collect(backend="pyarrow").to_native()
    rows: pd.DataFrame = collected.to_pandas()
    return rows
