"""Appraisal and incentives: a fair score from the same raw counts, with its working shown.

Nothing in here decides about a person. What it returns are scores, places, grades, payouts of rules that were written
down first, and the days on which an appeal is due; never a dismissal, a fine or a demotion. The page of the
documentation on appraisal says why.
"""

from wfm.kpi.appraisal.appeals import (
    APPRAISAL_APPEAL,
    REWARD_AND_PENALTY_APPEAL,
    Appeals,
    Procedure,
    State,
    Step,
    track_appeals,
)
from wfm.kpi.appraisal.appraise import appraise
from wfm.kpi.appraisal.card import STANDARD, AppraisalCard, Group, Indicator, Sample, card_for, standard_card
from wfm.kpi.appraisal.counts import count_records
from wfm.kpi.appraisal.cycles import Cycle, period_of
from wfm.kpi.appraisal.deadlines import add_working_days, working_days_between
from wfm.kpi.appraisal.grades import (
    Basis,
    ForcedDistribution,
    Grade,
    GradeBand,
    Grades,
    GradeTable,
    grade_scores,
    streaks,
)
from wfm.kpi.appraisal.incentives import (
    BestOfMonth,
    ContributionOfQuarter,
    IndividualTiers,
    Payouts,
    PoolByScore,
    Scheme,
    Statement,
    TeamBonus,
    Term,
    YearEnd,
    pay,
)
from wfm.kpi.appraisal.labels import Language, label
from wfm.kpi.appraisal.mix import tenure_band
from wfm.kpi.appraisal.plans import ImprovementPlan, PlanReview
from wfm.kpi.appraisal.raters import Agreement, Rated, Role, agreement, combine_ratings, leniency
from wfm.kpi.appraisal.reports import Page, Section, employee_page, team_page
from wfm.kpi.appraisal.result import Appraisal
from wfm.kpi.appraisal.shares import largest_remainder
from wfm.kpi.appraisal.small_samples import Shrunk, shrink_counts, shrink_means, shrink_rates

__all__ = [
    "APPRAISAL_APPEAL",
    "REWARD_AND_PENALTY_APPEAL",
    "STANDARD",
    "Agreement",
    "Appeals",
    "Appraisal",
    "AppraisalCard",
    "Basis",
    "BestOfMonth",
    "ContributionOfQuarter",
    "Cycle",
    "ForcedDistribution",
    "Grade",
    "GradeBand",
    "GradeTable",
    "Grades",
    "Group",
    "ImprovementPlan",
    "Indicator",
    "IndividualTiers",
    "Language",
    "Page",
    "Payouts",
    "PlanReview",
    "PoolByScore",
    "Procedure",
    "Rated",
    "Role",
    "Sample",
    "Scheme",
    "Section",
    "Shrunk",
    "State",
    "Statement",
    "Step",
    "TeamBonus",
    "Term",
    "YearEnd",
    "add_working_days",
    "agreement",
    "appraise",
    "card_for",
    "combine_ratings",
    "count_records",
    "employee_page",
    "grade_scores",
    "label",
    "largest_remainder",
    "leniency",
    "pay",
    "period_of",
    "shrink_counts",
    "shrink_means",
    "shrink_rates",
    "standard_card",
    "streaks",
    "team_page",
    "tenure_band",
    "track_appeals",
    "working_days_between",
]
