"""What a row of a frame cannot be, on any engine: each fault is a column of 0 and 1 that is summed with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from wfm.kpi.making import Of
from wfm.kpi.measure import Source
from wfm.schema import FRAMES, Column, Kind
from wfm.tickets.engines import Engine, narwhals

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["with_faults"]

_SCALE = "correct the score or the scale"
# What a row cannot be, by source: its words, the cure, and the expression that tells.
_CROSSED: Mapping[Source, tuple[tuple[str, str, Of], ...]] = {
    Source.SURVEYS: (
        ("surveys scored above their scale", _SCALE, lambda nw: nw.col("score") > nw.col("scale")),
        (
            "surveys answered before they were offered",
            "correct one of the times",
            lambda nw: nw.col("answered_at") < nw.col("offered_at"),
        ),
        (
            "surveys with a score and no answer, or an answer and no score",
            "give both or neither",
            lambda nw: nw.col("score").is_null() != nw.col("answered_at").is_null(),
        ),
        (
            "surveys of the kind nps that are not on a scale of 10",
            "score them from 0 to 10, or give them another kind",
            lambda nw: (nw.col("kind") == "nps") & (nw.col("scale") != 10),
        ),
    ),
    Source.QUALITY: (("quality scores above their scale", _SCALE, lambda nw: nw.col("score") > nw.col("scale")),),
}


def with_faults(
    rows: nw.LazyFrame[Any], source: Source, engine: Engine
) -> tuple[nw.LazyFrame[Any], dict[str, tuple[str, str]]]:
    """Return the rows with a column for each fault that a row of the source can have, and the words of each.

    Beside what cannot go together these are numbers below the lowest or without end, and values that are missing:
    a checked pandas frame has none of these.
    """
    module = narwhals()
    found = {f"fault_{n}": fault for n, fault in enumerate(_CROSSED.get(source, ()))}
    if engine is not Engine.PANDAS and source.value in FRAMES:
        found |= _of_columns(source.value, rows.collect_schema())
    if not found:
        return rows, {}
    masks = {name: tell(module).fill_null(False).cast(module.Int64) for name, (_, _, tell) in found.items()}
    return rows.with_columns(**masks), {name: (what, remedy) for name, (what, remedy, _) in found.items()}


def _of_columns(name: str, schema: Mapping[str, Any]) -> dict[str, tuple[str, str, Of]]:
    """Return the faults of single values."""
    found: dict[str, tuple[str, str, Of]] = {}
    for column, rule in FRAMES[name].columns.items():
        if column not in schema:
            continue
        if rule.kind is Kind.NUMBER and schema[column].is_numeric():
            what = f"rows of {name!r} with {column!r} out of range"
            found[f"fault_{column}_range"] = (what, "correct the value", partial(_outside, column, rule))
        if not rule.nullable:
            what = f"rows of {name!r} without {column!r}"
            found[f"fault_{column}"] = (what, "fill it or leave the row out", partial(_missing, column))
    return found


def _outside(column: str, rule: Column, module: Any) -> Any:
    """Return whether a number is below the lowest allowed one, or has no end."""
    value = module.col(column)
    low = value <= rule.low if rule.above else value < rule.low
    return low | (value == float("inf")) | (value == -float("inf"))


def _missing(column: str, module: Any) -> Any:
    return module.col(column).is_null()
