"""A share with its counts: sums are aggregated, never ratios averaged."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

__all__ = ["Ratio"]


@dataclass(frozen=True, eq=False)
class Ratio:
    """A share of contacts, over all of them and by group.

    Parameters
    ----------
    name
        Name of the measure, such as `"service level"`.
    formula
        Its definition in words.
    numerator, denominator
        Counts over everything.
    low, high
        Confidence interval of `value`; `None` where that is.
    confidence
        Coverage of the interval, such as 0.95.
    by
        Names of the grouping columns; none gives one group of everything.
    groups
        One row for each group: the grouping columns, `numerator, denominator, value, low, high`; value and interval
        are missing where the denominator is 0.
    estimate
        The share itself where it is an estimate that no division of counts gives; default none.

    Examples
    --------
    >>> ratio = Ratio(name="answer rate", formula="answered / offered", numerator=3, denominator=4, low=0.3, high=0.95,
    ...               confidence=0.95, by=(), groups=pd.DataFrame())
    >>> print(ratio)
    answer rate 75.0 % (95 % interval 30.0 to 95.0 %)
    └─ answered / offered = 3 / 4
    """

    name: str
    formula: str
    numerator: float
    denominator: float
    low: float | None
    high: float | None
    confidence: float
    by: tuple[str, ...]
    groups: pd.DataFrame
    estimate: float | None = None

    @property
    def value(self) -> float | None:
        """The share over everything; `None` where the denominator is 0 or the estimate has no value there."""
        if self.denominator == 0 or math.isnan(self.numerator):
            return None
        return self.numerator / self.denominator if self.estimate is None else self.estimate

    def to_frame(self) -> pd.DataFrame:
        """Return the groups."""
        return self.groups

    def __str__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            head = f"{self.name} missing: these contacts do not tell it"
        else:
            span = f"{100 * self.confidence:g} % interval {100 * self.low:.1f} to {100 * self.high:.1f} %"
            head = f"{self.name} {100 * self.value:.1f} % ({span})"
        lines = [head, f"└─ {self.formula} = {self.numerator:,.10g} / {self.denominator:,.10g}"]
        if self.by:
            counts = dict.fromkeys(("numerator", "denominator"), "{:,.10g}".format)
            table = self.groups.to_string(
                index=False, na_rep="missing", float_format="{:.4f}".format, formatters=counts
            )
            lines += [f"   {line}" for line in table.splitlines()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
