"""The catalogue of measures, and the words that explain one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wfm.kpi.contacts import contact_measures
from wfm.kpi.measure import Measure
from wfm.kpi.work import work_measures

__all__ = ["CATALOGUE"]

CATALOGUE: Mapping[str, Measure] = MappingProxyType(
    {measure.name: measure for measure in (*contact_measures(), *work_measures())}
)
