"""Short words for making measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from wfm.kpi.measure import Build, Count, Direction, Form, Measure, Source, Unit
from wfm.tickets.engines import narwhals

__all__ = ["Of", "built", "column", "count_of", "flag", "measure_of", "one"]

Of: TypeAlias = Callable[[Any], Any]


def count_of(source: Source, words: str, of: Of, *needs: str) -> Count:
    """Return a sum over the rows of a source."""
    return Count(words=words, source=source, build=lambda: of(narwhals()), needs=needs)


def built(of: Of) -> Build:
    """Return what makes an expression, of one that takes the module narwhals."""
    return lambda: of(narwhals())


def flag(condition: Of) -> Of:
    """Return 1 where a condition holds and 0 elsewhere."""
    return lambda nw: nw.when(condition(nw)).then(nw.lit(1)).otherwise(nw.lit(0))


def column(name: str) -> Of:
    """Return a column as it is."""
    return lambda nw: nw.col(name)


def one(nw: Any) -> Any:
    """Return 1 for every row."""
    return nw.lit(1)


def measure_of(
    name: str,
    title: str,
    above: Count,
    below: Count | None,
    form: Form,
    direction: Direction,
    pitfalls: str,
    **more: Any,
) -> Measure:
    """Return a measure; a share unless another unit is given."""
    unit = more.pop("unit", Unit.SHARE)
    return Measure(
        name=name,
        title=title,
        numerator=above,
        denominator=below,
        form=form,
        unit=unit,
        direction=direction,
        pitfalls=pitfalls,
        **more,
    )
