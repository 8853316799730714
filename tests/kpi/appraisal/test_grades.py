"""Grades, places and their chances, streaks: ties are never split, and order is kept."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.kpi.appraisal import (
    Basis,
    Cycle,
    ForcedDistribution,
    Grade,
    GradeBand,
    Grades,
    GradeTable,
    appraise,
    grade_scores,
    streaks,
)
from wfm.kpi.appraisal.places import among_best, places

FIVE = {"excellent": 90, "good": 80, "medium": 70, "qualified": 60, "unqualified": 0}
SHARES = {"excellent": 0.1, "good": 0.2, "medium": 0.4, "qualified": 0.2, "unqualified": 0.1}


def grades_of(scores, by):
    return [list(Grade)[n].value for n in by.places_of(np.array(scores, dtype=float))]


def test_a_threshold_belongs_to_the_better_grade():
    table = GradeTable.of(FIVE)
    scores = [100, 90, 89.99, 80, 70, 60, 59.99, 0]
    expected = ["excellent", "excellent", "good", "good", "medium", "qualified", "unqualified", "unqualified"]
    assert grades_of(scores, table) == expected
    assert [table.grade_of(score).value for score in scores] == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: GradeTable((GradeBand("excellent", 90, 100), GradeBand("good", 0, 85))),
            "no grade for the scores from 85 to 90; let 'good' reach up to 90",
        ),
        (
            lambda: GradeTable((GradeBand("excellent", 90, 100), GradeBand("good", 0, 95))),
            "two grades for the scores from 90 to 95; let 'good' end at 90",
        ),
        (
            lambda: GradeTable((GradeBand("good", 10, 100),)),
            "no grade for the scores from 0 to 10; let 'good' begin at 0",
        ),
        (
            lambda: GradeTable((GradeBand("good", 0, 90),)),
            "no grade for the scores from 90 to 100; let 'good' reach up to 100",
        ),
        (
            lambda: GradeTable.of({"good": 80, "excellent": 0}),
            "'excellent' stands below 'good'; give better grades to higher scores",
        ),
        (
            lambda: GradeTable((GradeBand("good", 0, 50), GradeBand("good", 50, 100))),
            "grade 'good' has two bands; join them",
        ),
        (lambda: GradeTable(()), "a grade table without bands; give at least one from 0 to 100"),
        (lambda: GradeBand("good", 90, 80), "the band of 'good' goes from 90 to 80; give the lower end first"),
        (
            lambda: GradeBand("god", 80, 90),
            "unknown grade 'god'; did you mean 'good'? Known: excellent, good, medium, qualified, unqualified",
        ),
        (lambda: GradeTable.of(FIVE).grade_of(101), "score must be a number in [0, 100], got 101"),
        (
            lambda: ForcedDistribution({"excellent": 0.1, "good": 0.8}),
            "the shares of the grades sum to 0.9, not 1: excellent 0.1 + good 0.8; divide each by their sum",
        ),
        (lambda: ForcedDistribution({"excellent": 10, "good": 90}), None),
        (lambda: streaks(graded([]), ("good",), length=1), "length must be a whole number at least 2, got 1"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    if message is None:
        message = (
            "2 problems in shares:\n  1. share of 'excellent' must be a number in (0, 1], got 10; write 0.1 for 10 %\n"
            "  2. share of 'good' must be a number in (0, 1], got 90; write 0.9 for 90 %"
        )
    assert str(error.value) == message


def test_shares_are_met_and_ties_are_not_split():
    forced = ForcedDistribution(SHARES)
    counts = pd.Series(grades_of(range(100), forced)).value_counts()
    assert counts.to_dict() == {"excellent": 10, "good": 20, "medium": 40, "qualified": 20, "unqualified": 10}
    # The first two share the place that is the only excellent one.
    assert grades_of([50, 50, 40, 30, 20, 10, 9, 8, 7, 6], forced)[:3] == ["excellent", "excellent", "good"]
    assert set(grades_of([50] * 10, forced)) == {"excellent"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=60),
    st.sampled_from([0.25, 1.0, 4.0]),
    st.floats(0, 20),
    st.randoms(),
)
def test_grades_keep_the_order_and_are_kept_by_rescaling_and_shuffling(scores, factor, shift, random):
    forced = ForcedDistribution(SHARES)
    values = np.array(scores, dtype=float)
    found = forced.places_of(values)
    for a in range(len(values)):
        assert ((values > values[a]) <= (found <= found[a])).all()
        assert (found[values == values[a]] == found[a]).all()
    moved = np.round(values * factor + shift, 9)
    assert forced.places_of(moved).tolist() == found.tolist()
    mixed = list(range(len(values)))
    random.shuffle(mixed)
    assert forced.places_of(values[mixed]).tolist() == found[mixed].tolist()
    # No more than asked for are in the best grade, but for those tied with the last of them.
    best = found == 0
    if best.any():
        assert (values > values[best].min()).sum() < max(1, round(0.1 * len(values)) + 1)


def test_the_chance_of_a_place_is_that_of_many_rankings():
    rng = np.random.default_rng(2)
    scores, sd = rng.normal(70, 6, 25), rng.uniform(2, 8, 25)
    drawn = scores + sd * rng.standard_normal((40_000, 25))
    for count in (1, 5, 24):
        ranked = np.argsort(np.argsort(-drawn, axis=1), axis=1) < count
        found = among_best(scores, sd, count)
        assert np.abs(found - ranked.mean(axis=0)).max() < 0.015
        assert found.sum() == pytest.approx(count, abs=0.02 * 25)
    assert among_best(scores, sd, 0).sum() == 0
    assert (among_best(scores, sd, 25) == 1).all()


def test_places_share_the_better_one():
    assert places(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [1, 4, 1, 3]


def test_grades_of_an_appraisal(card, made):
    counts, people, _ = made(employees=40, months=2, talent=0.3)
    found = appraise(counts, card, people=people, mix=("shift", "queue"))
    for by in (GradeTable.of(FIVE), ForcedDistribution(SHARES)):
        graded_ = grade_scores(found, by, basis="adjusted")
        frame = graded_.frame
        assert len(frame) == 80
        assert frame["grade"].notna().all()
        assert frame[["p_top", "p_bottom"]].apply(lambda c: c.between(0, 1).all()).all()
        assert (frame["score"] == found.frame["adjusted"]).all()
        assert "80 grades by adjusted, by month" in str(graded_)
    # Who is surely at the top is there, and the chances add up to the places there are.
    january = frame[frame["period"] == date(2026, 1, 1)]
    assert january["p_top"].sum() == pytest.approx(4, abs=0.1)
    assert january["p_bottom"].sum() == pytest.approx(4, abs=0.1)
    assert january.sort_values("place")["p_top"].iloc[0] > january.sort_values("place")["p_top"].iloc[-1]
    assert frame["team_score"].isin(found.team_frame["adjusted"]).all()
    plain = grade_scores(appraise(counts, card, people=people), GradeTable.of(FIVE))
    assert plain.basis is Basis.SCORE
    with pytest.raises(DataError) as error:
        grade_scores(appraise(counts, card), GradeTable.of(FIVE), basis="adjusted")
    assert str(error.value) == "the appraisal has no adjusted score; appraise with mix=('shift', 'queue')"


def test_a_table_of_one_grade_gives_it_for_certain(card, made):
    counts, people, _ = made(employees=12, months=1)
    frame = grade_scores(appraise(counts, card, people=people), GradeTable.of({"good": 0})).frame
    assert frame["grade"].unique().tolist() == ["good"]
    assert (frame["p_top"] == 1).all()
    only = grade_scores(appraise(counts, card, people=people), ForcedDistribution({"good": 1.0})).frame
    assert (only["p_top"] == 1).all()
    assert (only["p_bottom"] == 1).all()


def test_who_has_no_score_has_no_grade(card, made):
    counts, _, _ = made(employees=12, months=1)
    counts.loc[counts["employee"] == "E004", ["numerator", "denominator", "squares"]] = [[1, 1, 1]] * 6
    few = counts[(counts["employee"] != "E004") | (counts["indicator"] == "csat")]
    frame = grade_scores(appraise(few, card), ForcedDistribution(SHARES)).frame.set_index("employee")
    assert pd.isna(frame.loc["E004", "grade"])
    assert pd.isna(frame.loc["E004", "place"])
    assert frame["place"].max() <= 11


def graded(rows, cycle=Cycle.MONTH):
    frame = pd.DataFrame(rows, columns=["employee", "period", "grade"])
    return Grades(cycle, Basis.SCORE, frame.assign(score=1.0))


def test_streaks_are_flags_of_the_length_that_was_asked_for():
    letters = {"A": "eeeggeee", "B": "eegeeege", "C": "ee.eeeee"}
    rows = [
        (name, date(2025 + (n + 8) // 12, (n + 8) % 12 + 1, 1), {"e": "excellent", "g": "good"}[letter])
        for name, line in letters.items()
        for n, letter in enumerate(line)
        if letter != "."
    ]
    found = streaks(graded(rows), ("excellent",), length=3)
    assert found.to_numpy().tolist() == [
        ["A", date(2025, 9, 1), date(2025, 11, 1), 3],
        ["A", date(2026, 2, 1), date(2026, 4, 1), 3],
        ["B", date(2025, 12, 1), date(2026, 2, 1), 3],
        ["C", date(2025, 12, 1), date(2026, 4, 1), 5],
    ]
    assert streaks(graded(rows), ("excellent", Grade.GOOD), length=8)["employee"].tolist() == ["A", "B"]
    quarters = [("A", date(2026, month, 1), "excellent") for month in (1, 4, 7)]
    assert streaks(graded(quarters, Cycle.QUARTER), ("excellent",), length=3)["length"].tolist() == [3]


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        ({}, "a grade table without bands"),
        ({"excellent": "90", "unqualified": 0}, "start of 'excellent' must be a number"),
    ],
)
def test_tables_that_cannot_be(starts, message):
    with pytest.raises(DataError, match=message):
        GradeTable.of(starts)
