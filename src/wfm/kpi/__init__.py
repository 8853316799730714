"""Measures of the service: each with its numerator, its denominator and its interval."""

from wfm.kpi import appraisal
from wfm.kpi.cases import first_contact_measures
from wfm.kpi.catalogue import CATALOGUE
from wfm.kpi.change import Effect, Trend, effect, trend
from wfm.kpi.compute import Span, compute
from wfm.kpi.contacts import (
    abandonment_measure,
    amazon,
    contact_measures,
    genesys_default,
    level_measure,
    virtual_wait_measure,
    wait_measure,
)
from wfm.kpi.explain import Explanation, engines_of, explain
from wfm.kpi.level import service_level
from wfm.kpi.measure import Attribution, Clock, Count, Direction, Form, Measure, Source, Unit
from wfm.kpi.ratio import Ratio
from wfm.kpi.result import Scores
from wfm.kpi.scorecard import Goal, Scorecard, scorecard
from wfm.kpi.shrinkage import ShrinkageTree, shrinkage_tree
from wfm.kpi.watch import EarlyWarning, Level, Replay, Warned
from wfm.kpi.work import work_measures

__all__ = [
    "CATALOGUE",
    "Attribution",
    "Clock",
    "Count",
    "Direction",
    "EarlyWarning",
    "Effect",
    "Explanation",
    "Form",
    "Goal",
    "Level",
    "Measure",
    "Ratio",
    "Replay",
    "Scorecard",
    "Scores",
    "ShrinkageTree",
    "Source",
    "Span",
    "Trend",
    "Unit",
    "Warned",
    "abandonment_measure",
    "amazon",
    "appraisal",
    "compute",
    "contact_measures",
    "effect",
    "engines_of",
    "explain",
    "first_contact_measures",
    "genesys_default",
    "level_measure",
    "scorecard",
    "service_level",
    "shrinkage_tree",
    "trend",
    "virtual_wait_measure",
    "wait_measure",
    "work_measures",
]
