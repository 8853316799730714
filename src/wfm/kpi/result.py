"""What was measured: values with their counts, over everything and by group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from wfm.errors import DataError, Problem, did_you_mean
from wfm.kpi.measure import Measure, Unit

__all__ = ["Scores", "shown"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scores:
    """Measures with their counts and intervals.

    Parameters
    ----------
    measures
        The measures, in the order of the rows.
    by
        What they are grouped by.
    groups
        One row for each group and measure: the grouping, `measure, numerator, denominator, value, low, high, unit,
        enough` (whether the denominator reaches the minimum sample). A value is missing where the denominator is 0.
    total
        The same over everything.
    confidence
        Coverage of the intervals; none if there are none.
    absent
        Measures of the catalogue that the frames do not tell, with the reason.
    """

    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    groups: pd.DataFrame
    total: pd.DataFrame
    confidence: float | None
    absent: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> float | None:
        """Return the value of a measure over everything; `None` where it is missing.

        Raises
        ------
        DataError
            If it was not measured.
        """
        names = [measure.name for measure in self.measures]
        if name not in names:
            reason = self.absent.get(name)
            remedy = f"the frames do not tell it: {reason}" if reason else did_you_mean(name, names)
            raise DataError(Problem(f"measure {name!r} was not computed", remedy=remedy))
        found = float(self.total["value"].iloc[names.index(name)])
        return None if math.isnan(found) else found

    def to_frame(self) -> pd.DataFrame:
        """Return the groups."""
        return self.groups

    def __str__(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        lines = [f"{len(self.measures)} measures{by}"]
        width = max(len(measure.title) for measure in self.measures)
        for measure, row in zip(self.measures, self.total.itertuples(index=False), strict=True):
            value = shown(row.value, measure.unit)
            span = "" if math.isnan(row.low) else f"  [{shown(row.low, measure.unit)}, {shown(row.high, measure.unit)}]"
            few = "" if row.enough else f"  (fewer than {measure.minimum})"
            lines.append(f"├─ {measure.title:<{width}}  {value}{span}{few}")
        if self.absent:
            lines.append(f"└─ not told by the frames: {len(self.absent)} measures, see .absent")
        else:
            lines[-1] = lines[-1].replace("├", "└", 1)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def shown(value: float, unit: Unit) -> str:
    """Return a value as a reader wants it.

    Examples
    --------
    >>> shown(0.8113, Unit.SHARE), shown(float("nan"), Unit.SECONDS), shown(12.34, Unit.SECONDS)
    ('81.1 %', 'missing', '12.3 s')
    """
    if math.isnan(value):
        return "missing"
    if unit is Unit.SHARE:
        return f"{100 * value:.1f} %"
    if unit is Unit.SECONDS:
        return f"{value:,.1f} s"
    if unit is Unit.ROWS:
        return f"{value:,.0f}"
    return f"{value:,.2f}"
