"""From sums and histograms to values and their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from wfm.kpi.measure import Count, Form, Measure
from wfm.stats import bootstrap_mean, bootstrap_percentile, kaplan_meier, wilson

__all__ = ["COLUMNS", "Histogram", "sum_key", "values_of"]

COLUMNS = ("measure", "numerator", "denominator", "value", "low", "high", "unit", "enough")
Triple: TypeAlias = tuple[float, float, float]
_NOTHING = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of the values of a measure by group: columns of the grouping, `bin, event, count`."""

    table: pd.DataFrame


def sum_key(measure: Measure, count: Count) -> str:
    """Return the name of a sum: the same for every measure that shares it."""
    return f"{count.key} | {measure.filter} | {measure.attribution.value}"


def values_of(
    measures: Sequence[Measure],
    sums: Mapping[str, pd.DataFrame],
    histograms: Mapping[str, Histogram],
    by: tuple[str, ...],
    *,
    confidence: float | None,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Return one row for each group and measure: the grouping and `COLUMNS`."""
    parts = []
    for measure in measures:
        table = _joined(measure, sums, by)
        bins = _bins(measure, histograms, by)
        found = [
            _value(measure, above, below, bins.get(key), confidence, resamples, seed)
            for key, above, below in zip(_keys(table, by), table["numerator"], table["denominator"], strict=True)
        ]
        values = pd.DataFrame(found, columns=["value", "low", "high"], index=table.index, dtype=float)
        if measure.form in (Form.REACHED, Form.SURVIVED):
            # Of censored rows only the share is known: the count that it stands for.
            table["numerator"] = values["value"] * table["denominator"]
        table = pd.concat([table, values], axis=1).assign(measure=measure.name, unit=measure.unit.value)
        sample = table["numerator"] if measure.denominator is None else table["denominator"]
        table["enough"] = (sample >= measure.minimum).to_numpy()
        parts.append(table)
    whole = pd.concat(parts, ignore_index=True)
    order = {measure.name: place for place, measure in enumerate(measures)}
    if by:
        ranked = whole.assign(_order=whole["measure"].map(order))
        whole = ranked.sort_values([*by, "_order"], kind="stable", ignore_index=True, na_position="last")
    return whole[[*by, *COLUMNS]]


def _joined(measure: Measure, sums: Mapping[str, pd.DataFrame], by: tuple[str, ...]) -> pd.DataFrame:
    """Return numerator and denominator of every group that has either; what is absent there is 0."""
    above = _grouped(sums[sum_key(measure, measure.numerator)], by).rename(columns={"sum": "numerator"})
    if measure.denominator is None:
        return above.assign(denominator=math.nan)
    below = _grouped(sums[sum_key(measure, measure.denominator)], by).rename(columns={"sum": "denominator"})
    if not by:
        return pd.concat([above, below], axis=1)
    if above.empty and below.empty:  # pandas cannot join two frames without rows
        return above.assign(denominator=0.0)
    both = above.merge(below, on=list(by), how="outer")
    both[["numerator", "denominator"]] = both[["numerator", "denominator"]].fillna(0.0)
    return both


def _grouped(table: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    if by:
        return table
    return pd.DataFrame({"sum": [float(table["sum"].sum())]})


def _keys(table: pd.DataFrame, by: tuple[str, ...]) -> list[tuple[object, ...]]:
    if not by:
        return [()] * len(table)
    return [tuple(None if pd.isna(v) else v for v in row) for row in table[list(by)].itertuples(index=False, name=None)]


def _bins(
    measure: Measure, histograms: Mapping[str, Histogram], by: tuple[str, ...]
) -> dict[tuple[object, ...], pd.DataFrame]:
    if measure.name not in histograms:
        return {}
    table = histograms[measure.name].table
    if not by:
        return {(): table.groupby(["bin", "event"], as_index=False, sort=True)["count"].sum()}
    parts = table.groupby(list(by), dropna=False, sort=False)
    return {tuple(None if pd.isna(v) else v for v in key): part for key, part in parts}


def _value(
    measure: Measure,
    above: float,
    below: float,
    bins: pd.DataFrame | None,
    confidence: float | None,
    resamples: int,
    seed: int,
) -> Triple:
    """Return the value and its bounds; missing where there is nothing to divide by."""
    form = measure.form
    if form is Form.TOTAL:
        return (above, math.nan, math.nan)
    if form is Form.LONGEST:
        return (float(bins["bin"].max()) if bins is not None and len(bins) else math.nan, math.nan, math.nan)
    if not below > 0 and form is not Form.RATIO:
        return _NOTHING
    if form is Form.RATIO:
        return (above / below if below > 0 else math.nan, math.nan, math.nan)
    if form is Form.PROPORTION:
        if confidence is None:
            return (above / below, math.nan, math.nan)
        share = wilson(above, below, confidence=confidence)
        return (share.value, share.low, share.high)
    if bins is None or not len(bins):
        return _NOTHING
    if form.is_censored:
        return _censored(measure, bins, confidence)
    if form is Form.MEAN:
        value, spread = above / below, _spread(measure, bins, confidence, resamples, seed)
        # The bins round up; the interval is moved to the exact mean.
        return (value, value + spread[1] - spread[0], value + spread[2] - spread[0])
    return _spread(measure, bins, confidence, resamples, seed)


def _spread(measure: Measure, bins: pd.DataFrame, confidence: float | None, resamples: int, seed: int) -> Triple:
    """Return the statistic of the bins and its bootstrap interval."""
    values, counts = bins["bin"].to_numpy(dtype=float), bins["count"].to_numpy(dtype=np.int64)
    total = int(counts.sum())
    fraction = measure.fraction
    if confidence is None or total < 2:
        order = np.argsort(values, kind="stable")
        point = values @ counts / total if fraction is None else _quantile(values[order], counts[order], fraction)
        return (float(point), math.nan, math.nan)
    if fraction is None:
        found = bootstrap_mean(values, counts=counts, confidence=confidence, resamples=resamples, seed=seed)
    else:
        found = bootstrap_percentile(
            values, fraction, counts=counts, confidence=confidence, resamples=resamples, seed=seed
        )
    return (found.value, found.low, found.high)


def _quantile(values: np.ndarray, counts: np.ndarray, fraction: float) -> float:
    """Return the quantile of sorted values with their counts, linear between neighbours."""
    reached = counts.cumsum()
    place = (reached[-1] - 1) * fraction
    low = values[np.searchsorted(reached, math.floor(place), side="right")]
    high = values[np.searchsorted(reached, min(math.floor(place) + 1, reached[-1] - 1), side="right")]
    return float(low + (high - low) * (place - math.floor(place)))


def _censored(measure: Measure, bins: pd.DataFrame, confidence: float | None) -> Triple:
    """Return a Kaplan-Meier share or time.

    The interval is Wilson's with the effective number S(1 - S) / var(S) (F. J. Dorey and E. L. Korn, "Effective sample
    sizes for confidence intervals for survival probabilities", Statistics in Medicine 6 (1987), 679-687).
    """
    waits = bins["bin"].to_numpy(dtype=float)
    happened = bins["event"].to_numpy(dtype=float) > 0
    counts = bins["count"].to_numpy(dtype=np.int64)
    curve = kaplan_meier(waits, happened, counts=counts)
    if measure.form is Form.REACHED_BY:
        assert measure.fraction is not None
        found = curve.quantile(measure.fraction)
        return (math.nan if found is None else found, math.nan, math.nan)
    assert measure.limit is not None
    survival = float(curve.at(measure.limit))
    if math.isnan(survival):
        return _NOTHING
    share = 1 - survival if measure.form is Form.REACHED else survival
    if confidence is None:
        return (share, math.nan, math.nan)
    place = int(np.searchsorted(curve.times, measure.limit, side="right")) - 1
    variance = float(curve.standard_error[place]) ** 2 if place >= 0 else 0.0
    # At the ends of the scale the estimate has no variance; those censored before the limit say nothing there.
    unseen = int(counts[~happened & (waits < measure.limit)].sum())
    number = survival * (1 - survival) / variance if variance else float(counts.sum() - unseen)
    _, low, high = wilson(share * number, number, confidence=confidence)
    return (share, low, high)
