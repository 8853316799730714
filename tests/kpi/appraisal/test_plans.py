"""Improvement plans: a known change is found, and what says too little is not called a success."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.kpi import CATALOGUE, Scores
from wfm.kpi.appraisal import ImprovementPlan

SINCE = date(2026, 4, 1)


def scores_of(change, *, volume=40, seed=1):
    rng = np.random.default_rng(seed)
    days = pd.date_range("2026-01-01", "2026-06-30").date
    size = rng.poisson(volume, len(days))
    rate = 0.2 * np.where(days >= SINCE, 1 + change, 1.0)
    rows = pd.DataFrame({"day": days, "measure": "transfer_rate", "numerator": rng.binomial(size, rate)})
    rows = rows.assign(denominator=size, low=np.nan, high=np.nan, unit="share", enough=True)
    rows["value"] = rows["numerator"] / rows["denominator"]
    total = rows.iloc[:1].drop(columns="day")
    return Scores(measures=(CATALOGUE["transfer_rate"],), by=("day",), groups=rows, total=total, confidence=0.95)


def plan(**more):
    given = {"who": "E1", "measure": "transfer_rate", "goal": -0.2, "since": SINCE, "baseline": "January to March"}
    return ImprovementPlan(**{**given, "actions": ("a tandem with a colleague",), **more})


def test_a_plan_that_worked_one_that_did_not_and_one_that_is_not_sure():
    worked = plan().review(scores_of(-0.5))
    assert worked.reached is True
    assert worked.before == pytest.approx(0.2, abs=0.02)
    assert worked.after == pytest.approx(0.1, abs=0.02)
    assert worked.effect.low < -0.5 < worked.effect.high
    assert plan().review(scores_of(0.1)).reached is False
    unsure = plan().review(scores_of(-0.2, volume=8))
    assert unsure.reached is None
    assert "not sure yet" in str(unsure)
    text = str(worked)
    assert "plan of E1 since 2026-04-01: transfer_rate -20 %, reached" in text
    assert "├─ a tandem with a colleague" in text
    assert "against January to March" in text
    frame = worked.to_frame()
    assert frame[["who", "goal", "reached"]].to_numpy().tolist() == [["E1", -0.2, True]]
    assert unsure.to_frame()["reached"].isna().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plan(goal=0.2),
            "a goal of +20 % for 'transfer_rate' is worse than the baseline; transfer rate: lower is better",
        ),
        (lambda: plan(actions=()), "a plan without actions; say what is done for the goal"),
        (
            lambda: plan(baseline=""),
            "baseline must be a name, got ''; give a non-empty text without spaces at its ends",
        ),
        (lambda: plan(goal=-1.0), "goal must be a number in (-1, inf), got -1.0"),
        (lambda: plan(measure="transfer"), "unknown measure 'transfer'; did you mean 'transfer_rate'?"),
        (
            lambda: plan(since=date(2026, 6, 25)).review(scores_of(0.0)),
            "6 days after the change; give at least 14 on either side",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == message
