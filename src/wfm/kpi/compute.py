"""Every measure from additive counts and histograms: sums are aggregated, never ratios averaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import pandas as pd

from wfm.checks import check_fraction, check_int
from wfm.domain.duration import as_duration
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.catalogue import CATALOGUE
from wfm.kpi.measure import Attribution, Count, Measure, Source
from wfm.kpi.result import Scores
from wfm.kpi.sources import SPECS, Data, Facts, facts_of
from wfm.kpi.values import COLUMNS, Histogram, sum_key, values_of
from wfm.schema import FrameLike, frame_of
from wfm.tickets.engines import engine_of, narwhals, to_pandas
from wfm.tickets.facts import raise_faults
from wfm.timegrid import check_interval

__all__ = ["Span", "compute"]

_DAY_S = 86_400
_EPOCH = pd.Timestamp("1970-01-01")
# Columns that are made while counting: a column of the user's of that name would be overwritten.
_MADE = (
    *("answered", "abandoned", "blocked", "waiting", "wait_us", "answer_us", "abandon_us", "queue_us", "end_us"),
    *("handle_s", "effort_s", "lasted_us", "instant", "wall", "span_begin", "bin", "event", "count", "sum"),
)


class Span(StrEnum):
    """A span of time to group by, beside columns of the frame."""

    INTERVAL = "interval"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class _Request:
    """What to group by and how."""

    by: tuple[str, ...]
    span: Span | None
    step_s: int
    tz: str | None
    people: pd.DataFrame | None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in self.by if name != self.span)

    @property
    def length_s(self) -> int | None:
        """Length of the spans that rows are counted by first: days make weeks and months; none without a span."""
        if self.span is None:
            return None
        return self.step_s if self.span in (Span.INTERVAL, Span.HOUR) else _DAY_S


def compute(
    data: Data | FrameLike | Any,
    measures: Iterable[str | Measure] | str | Measure | None = None,
    *,
    by: str | Sequence[str] = (),
    interval: timedelta | str = "30min",
    tz: str | None = None,
    people: FrameLike | None = None,
    confidence: float | None = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Scores:
    """Measure the service: the same numbers from pandas, polars, DuckDB and Spark.

    The engine that holds a frame sums its rows by group, and counts values in histograms; every measure is computed
    from those, over everything and by group.

    Parameters
    ----------
    data
        Frames by name, such as `{"contacts": ..., "surveys": ...}`, or contacts alone. The frames that each measure
        needs are in the glossary.
    measures
        Names from `wfm.kpi.CATALOGUE` or measures; default all that the frames tell.
    by
        Columns to group by, and at most one span of time: `interval`, `hour`, `day`, `week` (its Monday), `month`,
        `quarter` or `year`. A row belongs to the span of its measure's attribution; time in a state or on the plan is
        cut where the spans begin. `team` and other columns of
        `people` are found by employee. Default none.
    interval
        Length of the span `interval`; default 30 minutes.
    tz
        Zone of the spans; default that of the stamps. DuckDB and Spark keep none, so they need it.
    people
        Frame with `employee` and columns to group by, such as `team` and `department`.
    confidence
        Coverage of the intervals, in (0, 1); `None` for none, which saves time with many groups. Default 0.95.
    resamples, seed
        Of the bootstrap; default 1000 and 0.

    Returns
    -------
    Scores
        `.to_frame()` has one row for each group and measure, `.total` one for each measure over everything.

    Raises
    ------
    DataError
        With every fault of a frame (keys that occur twice are looked for in pandas frames only); if a measure asked for
        by name cannot be told, or its engine cannot count it.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:05", "2026-11-02 09:07"]).tz_localize("Asia/Shanghai"))
    >>> contacts = pd.DataFrame(
    ...     {
    ...         "contact_id": ["a", "b"],
    ...         "queue": "calls",
    ...         "arrived_at": at,
    ...         "answered_at": (at + pd.Timedelta("10s")).where([True, False]),
    ...         "abandoned_at": (at + pd.Timedelta("40s")).where([False, True]),
    ...     }
    ... )
    >>> compute(contacts, ["service_level", "asa"], confidence=None).total[["measure", "value"]].values.tolist()
    [['service_level', 0.5], ['asa', 10.0]]
    """
    frames: Data = data if isinstance(data, Mapping) else {"contacts": data}
    request = _request(by, interval, tz, people)
    if confidence is not None:
        check_fraction("confidence", confidence, include_one=False)
    check_int("resamples", resamples, 100)
    wanted, absent = _chosen(frames, measures, request)
    sums, histograms = _counted(frames, wanted, request)
    tell = partial(values_of, wanted, sums, histograms, confidence=confidence, resamples=resamples, seed=seed)
    groups = tell(by=request.by)
    total = tell(by=()) if request.by else groups
    return Scores(
        measures=tuple(wanted), by=request.by, groups=groups, total=total, confidence=confidence, absent=absent
    )


def _request(by: str | Sequence[str], interval: timedelta | str, tz: str | None, people: FrameLike | None) -> _Request:
    keys = (by,) if isinstance(by, str) else tuple(by)
    spans = [key for key in keys if key in list(Span)]
    if len(spans) > 1:
        raise DataError(Problem(f"two spans of time: {', '.join(spans)}", remedy="group by one"))
    if len(set(keys)) < len(keys):
        raise DataError(Problem(f"a column occurs twice in by: {', '.join(keys)}", remedy="leave one out"))
    taken = [key for key in keys if key in (*COLUMNS, *_MADE) or key.startswith("sum_")]
    if taken:
        what = f"cannot group by {taken[0]!r}: a column of the result or of its making has that name"
        raise DataError(Problem(what, remedy="rename the column"))
    span = Span(spans[0]) if spans else None
    step = check_interval(as_duration("interval", interval)) if span is Span.INTERVAL else timedelta(hours=1)
    staff = None if people is None else frame_of(people)
    if staff is not None and "employee" not in staff.columns:
        raise DataError(Problem("column 'employee' is missing", where="frame 'people'", remedy="add it"))
    if staff is not None and not staff["employee"].map(lambda name: isinstance(name, str)).all():
        rows = staff.index[~staff["employee"].map(lambda name: isinstance(name, str)).astype(bool)]
        what = "column 'employee' holds what is no name"
        raise DataError(Problem(what, where="frame 'people'", rows=tuple(rows), remedy="give each a name, as text"))
    if staff is not None and staff["employee"].duplicated().any():
        rows = staff.index[staff["employee"].duplicated()]
        raise DataError(Problem("an employee occurs twice", where="frame 'people'", rows=tuple(rows)))
    return _Request(keys, span, int(step.total_seconds()), tz, staff)


def _chosen(
    data: Data, measures: Iterable[str | Measure] | str | Measure | None, request: _Request
) -> tuple[list[Measure], dict[str, str]]:
    """Return the measures to compute and, of all, those that the frames do not tell, with the reason."""
    if measures is not None:
        listed = [measures] if isinstance(measures, str | Measure) else list(measures)
        faults = Faults("measures")
        for each in listed:
            if isinstance(each, str) and each not in CATALOGUE:
                faults.add(f"unknown measure {each!r}", remedy=did_you_mean(each, CATALOGUE))
        faults.raise_if_any()
        chosen = [CATALOGUE[each] if isinstance(each, str) else each for each in listed]
        if not chosen:
            raise DataError(Problem("no measures", remedy="name at least one, or leave measures out for all"))
        _check_distinct(chosen)
        return chosen, {}
    found, absent = [], {}
    for measure in CATALOGUE.values():
        reason = _missing(measure, data, request)
        if reason:
            absent[measure.name] = reason
        else:
            found.append(measure)
    if not found:
        raise DataError(Problem("the frames tell no measure", remedy="give data={'contacts': ...}"))
    return found, absent


def _check_distinct(chosen: Sequence[Measure]) -> None:
    names = [measure.name for measure in chosen]
    again = sorted({name for name in names if names.count(name) > 1})
    if again:
        raise DataError(Problem(f"two measures are called {again[0]!r}", remedy="give one another name"))


def _missing(measure: Measure, data: Data, request: _Request) -> str:
    """Return why the frames do not tell a measure, or nothing."""
    for count in _counts(measure):
        spec = SPECS[count.source]
        for name in spec.inputs:
            if name not in data:
                return f"no frame {name!r}"
            place = engine_of(data[name])
            if place.engine not in spec.engines:
                able = ", ".join(engine.value for engine in spec.engines)
                return f"{place.engine.value} cannot count it, but {able} can"
        columns = set(narwhals().from_native(engine_of(data[spec.inputs[0]]).native).lazy().collect_schema())
        grouping = _raw(request, columns) if spec.prepare is None else []
        lacking = [column for column in (*count.needs, *grouping) if column not in columns]
        if lacking:
            return f"no column {lacking[0]!r} in {spec.inputs[0]!r}"
    return ""


def _raw(request: _Request, columns: Iterable[str]) -> list[str]:
    """Return the columns of the frame that the grouping needs: the employee stands for columns of `people`."""
    has = set(columns)
    known = set() if request.people is None else set(request.people.columns)
    return list(dict.fromkeys("employee" if c not in has and c in known else c for c in request.columns))


def _counts(measure: Measure) -> tuple[Count, ...]:
    return (measure.numerator, *([] if measure.denominator is None else [measure.denominator]))


def _counted(
    data: Data, measures: Sequence[Measure], request: _Request
) -> tuple[dict[str, pd.DataFrame], dict[str, Histogram]]:
    """Return the sums of each count and the histogram of each measure that needs one, by group."""
    passes: dict[tuple[Source, Attribution], list[Measure]] = {}
    for measure in measures:
        for source in measure.sources:
            own = source is measure.numerator.source
            at = measure.attribution if own else _default_attribution(source, measure.attribution)
            passes.setdefault((source, at), []).append(measure)
    sums: dict[str, pd.DataFrame] = {}
    histograms: dict[str, Histogram] = {}
    prepared: dict[Source, pd.DataFrame] = {}
    for (source, at), concerned in passes.items():
        facts = facts_of(
            source,
            data,
            prepared,
            at=at,
            keep=_keep(source, data, request),
            tz=request.tz,
            length_s=request.length_s,
            of=concerned[0].name,
        )
        raw = _raw(request, facts.columns)
        _check_grouping(facts, raw, concerned, request)
        sums |= _sums(source, facts, raw, concerned, request)
        made: dict[tuple[object, ...], Histogram] = {}
        for measure in concerned:
            if measure.form.needs_values and measure.numerator.source is source:
                key = (measure.value, measure.event, measure.resolution, measure.filter)
                if key not in made:
                    made[key] = _histogram(facts, raw, measure, request)
                histograms[measure.name] = made[key]
    return sums, histograms


def _default_attribution(source: Source, asked: Attribution) -> Attribution:
    stamps = SPECS[source].stamps
    return asked if asked in stamps else next(iter(stamps))


def _keep(source: Source, data: Data, request: _Request) -> list[str]:
    spec = SPECS[source]
    if spec.prepare is not None or spec.inputs[0] not in data:  # the latter is refused with the measure's name
        return []
    columns = narwhals().from_native(engine_of(data[spec.inputs[0]]).native).lazy().collect_schema()
    return [column for column in _raw(request, columns) if column in columns]


def _check_grouping(facts: Facts, raw: Sequence[str], measures: Sequence[Measure], request: _Request) -> None:
    faults = Faults("measures")
    for column in raw:
        if column not in facts.columns:
            what = f"measure {measures[0].name!r} has no column {column!r} to group by"
            remedy = did_you_mean(column, [*facts.columns, *Span])
            faults.add(what, remedy=remedy if request.people is not None else f"{remedy}; or give people")
    for measure in measures:
        for count in _counts(measure):
            for column in count.needs:
                if column not in facts.columns and SPECS[count.source].prepare is None:
                    faults.add(f"measure {measure.name!r} needs the column {column!r}", remedy="add it")
    faults.raise_if_any()


def _sums(
    source: Source, facts: Facts, raw: Sequence[str], measures: Sequence[Measure], request: _Request
) -> dict[str, pd.DataFrame]:
    """Sum every count of one source in one pass."""
    built = {
        sum_key(measure, count): _restricted(measure, count.build())
        for measure in measures
        for count in _counts(measure)
        if count.source is source
    }
    names = {f"sum_{n}": key for n, key in enumerate(built)}
    faults = [column for column in facts.faults if column in facts.columns]
    frame, keys = _keyed(facts, raw, request)
    frame = frame.with_columns(**{name: built[key] for name, key in names.items()})
    columns = [*names, *faults]
    table = _aggregate(frame, keys, columns)
    if faults:
        table = raise_faults(table, facts.faults, SPECS[source].inputs[0])
    table[list(names)] = table[list(names)].astype(float).fillna(0.0)
    rolled = _rolled_up(table, list(names), facts, request)
    return {key: rolled[[*request.by, name]].rename(columns={name: "sum"}) for name, key in names.items()}


def _restricted(measure: Measure, expression: Any) -> Any:
    if measure.where is None:
        return expression
    return narwhals().when(measure.where[1]()).then(expression)


def _keyed(facts: Facts, raw: Sequence[str], request: _Request) -> tuple[Any, list[str]]:
    """Return the rows with the key of their span, and the columns to group by."""
    nw = narwhals()
    keys, frame = list(raw), facts.frame
    if request.span is None:
        return frame, keys
    if request.span in (Span.INTERVAL, Span.HOUR):
        begin = nw.col("instant") - nw.col("wall") % request.step_s
    else:
        begin = nw.col("wall") // _DAY_S
    return frame.with_columns(span_begin=begin), [*keys, "span_begin"]


def _aggregate(frame: Any, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    nw = narwhals()
    sums = [nw.col(column).sum() for column in columns]
    summed = frame.group_by(*keys).agg(*sums) if keys else frame.select(*sums)
    # One plain type: sums of whole numbers come wider from some engines, which is slow to turn over.
    return to_pandas(summed.with_columns(*(nw.col(column).cast(nw.Float64) for column in columns)))


def _rolled_up(table: pd.DataFrame, columns: Sequence[str], facts: Facts, request: _Request) -> pd.DataFrame:
    """Return the table by the groups asked for: teams of employees, and weeks and months of days."""
    if request.people is not None and "employee" in table.columns:
        names = [c for c in request.columns if c not in table.columns]
        table = table.merge(request.people[["employee", *names]], on="employee", how="left")
    if request.span is not None:
        table[request.span.value] = _labels(table.pop("span_begin"), request.span, facts.tz or "UTC")
    for column in request.columns:
        if table[column].dtype == object or isinstance(table[column].dtype, pd.StringDtype):
            table[column] = table[column].astype("str")
    if not request.by:
        return table[list(columns)].sum().to_frame().T
    rolled: pd.DataFrame = table.groupby(list(request.by), dropna=False, as_index=False, sort=True)[list(columns)].sum()
    return rolled


def _labels(begin: pd.Series, span: Span, tz: str) -> Any:
    if span in (Span.INTERVAL, Span.HOUR):
        stamps = pd.to_datetime(begin.to_numpy(dtype="int64"), unit="s", utc=True)
        return stamps.as_unit("ns").tz_convert(tz)
    days = pd.Series(_EPOCH + pd.to_timedelta(begin.to_numpy(dtype="int64"), unit="D"))
    if span is Span.DAY:
        return days.dt.date.to_numpy()
    letter = {Span.WEEK: "W-SUN", Span.MONTH: "M", Span.QUARTER: "Q", Span.YEAR: "Y"}[span]
    return days.dt.to_period(letter).dt.start_time.dt.date.to_numpy()


def _histogram(facts: Facts, raw: Sequence[str], measure: Measure, request: _Request) -> Histogram:
    """Count the values of a measure by group; each is rounded up to the resolution."""
    nw = narwhals()
    assert measure.value is not None
    frame, keys = _keyed(facts, raw, request)
    value = (_restricted(measure, measure.value()) / measure.resolution).ceil()
    event = nw.lit(1) if measure.event is None else measure.event()
    frame = frame.with_columns(bin=value, event=event, count=nw.lit(1)).filter(~nw.col("bin").is_null())
    table = _aggregate(frame, [*keys, "bin", "event"], ["count"])
    table["count"] = table["count"].astype("int64")
    inner = _Request((*request.by, "bin", "event"), request.span, request.step_s, request.tz, request.people)
    rolled = _rolled_up(table, ["count"], facts, inner)
    rolled["bin"] = rolled["bin"].astype(float) * measure.resolution
    return Histogram(rolled[[*request.by, "bin", "event", "count"]])
