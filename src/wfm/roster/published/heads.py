"""Heads wanted by shift and day, as a roster that changes has them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wfm.domain.shift import WORK
from wfm.roster.duties import Duty, day_of
from wfm.roster.problem import Case, Floats

__all__ = ["Heads"]


class Heads:
    """Who counts as a head, and what heads missing and too many cost.

    Parameters
    ----------
    case
        The problem.
    """

    def __init__(self, case: Case) -> None:
        self._wanted, self._tz = case.wanted, case.centre.tz
        self._templates = case.shifts.templates
        names = [template.name for template in self._templates]
        places = zip(self._wanted.template.tolist(), self._wanted.day.tolist(), strict=True)
        self._rows = {(names[t], case.horizon.dates[d]): row for row, (t, d) in enumerate(places)}

    def row(self, duty: Duty | None) -> int:
        """Return the row of `wanted` that a shift is a head of, -1 for none; who is away all through it is none."""
        if duty is None or not duty.parts_of(WORK.name):
            return -1
        return self._rows.get((duty.template, day_of(duty.start_s, self._tz)), -1)

    def missing_h(self, there: Floats) -> float:
        """Return the hours of heads missing, each as long as the shortest shift of its template."""
        hours = np.array([template.min_length_s for template in self._templates])[self._wanted.template] / 3600
        return float((hours * np.maximum(self._wanted.heads - there, 0.0)).sum())

    def there(self, duties: Iterable[Duty]) -> Floats:
        """Return the heads by row of `wanted`."""
        rows = np.array([self.row(duty) for duty in duties], dtype=np.int64)
        return np.bincount(rows[rows >= 0], minlength=len(self._wanted.heads)).astype(float)
