"""What a measure is, in words, and the counts behind a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wfm.errors import DataError, Problem, did_you_mean
from wfm.kpi.catalogue import CATALOGUE
from wfm.kpi.compute import compute
from wfm.kpi.measure import Measure
from wfm.kpi.result import Scores, shown
from wfm.kpi.sources import SPECS, Data
from wfm.schema import FrameLike
from wfm.tickets.engines import Engine

__all__ = ["Explanation", "engines_of", "explain"]


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """A measure in words and, where data was given, its counts."""

    measure: Measure
    scores: Scores | None = None

    def __str__(self) -> str:
        measure = self.measure
        lines = [f"{measure.title} ({measure.name})"]
        told = {
            "formula": measure.formula,
            "of": measure.filter,
            "frames": ", ".join(inputs_of(measure)),
            "clock": measure.clock.value,
            "belongs to": f"the {measure.attribution.value}",
            "value": measure.form.value,
            "unit": measure.unit.value,
            "better": measure.direction.value,
            "minimum": f"{measure.minimum:,} below the line",
            "engines": ", ".join(engine.value for engine in engines_of(measure)),
            "pitfalls": measure.pitfalls,
        }
        if self.scores is not None:
            row = self.scores.total.iloc[0]
            above, below = float(row["numerator"]), float(row["denominator"])
            counts = f"{above:,.10g}" if measure.denominator is None else f"{above:,.10g} / {below:,.10g}"
            told["counts"] = f"{counts} -> {shown(float(row['value']), measure.unit)}"
        ends = ["├─"] * (len(told) - 1) + ["└─"]
        return "\n".join(
            [*lines, *(f"{end} {key}: {text}" for end, (key, text) in zip(ends, told.items(), strict=True))]
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def engines_of(measure: Measure) -> tuple[Engine, ...]:
    """Return the engines that can count a measure.

    Examples
    --------
    >>> [engine.value for engine in engines_of(CATALOGUE["asa"])]
    ['pandas', 'polars', 'duckdb', 'spark']
    """
    able = [SPECS[source].engines for source in measure.sources]
    return tuple(engine for engine in Engine if all(engine in each for each in able))


def inputs_of(measure: Measure) -> tuple[str, ...]:
    """Return the names of the frames that a measure needs."""
    return tuple(dict.fromkeys(name for source in measure.sources for name in SPECS[source].inputs))


def explain(measure: str | Measure, data: Data | FrameLike | Any = None, *, tz: str | None = None) -> Explanation:
    """Explain a measure: the formula, the filter and, with data, the counts.

    Parameters
    ----------
    measure
        A name of the catalogue, or a measure.
    data
        As for `compute`; default none, for the words alone.
    tz
        As for `compute`: DuckDB and Spark need it.

    Raises
    ------
    DataError
        If there is no such measure, or the data does not tell it.

    Examples
    --------
    >>> print(explain("answer_rate"))
    answer rate (answer_rate)
    ├─ formula: answered / (answered + abandoned)
    ├─ of: all
    ├─ frames: contacts
    ├─ clock: no duration
    ├─ belongs to: the arrival
    ├─ value: numerator / denominator, with Wilson's interval
    ├─ unit: share
    ├─ better: higher is better
    ├─ minimum: 30 below the line
    ├─ engines: pandas, polars, duckdb, spark
    └─ pitfalls: One less the abandonment, on the same rows.
    """
    if isinstance(measure, str) and measure not in CATALOGUE:
        raise DataError(Problem(f"unknown measure {measure!r}", remedy=did_you_mean(measure, CATALOGUE)))
    found = CATALOGUE[measure] if isinstance(measure, str) else measure
    return Explanation(found, None if data is None else compute(data, found, tz=tz))
