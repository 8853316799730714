"""Ratings: weights, missing raters, agreement against a published example, and leniency that is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.kpi.appraisal import AppraisalCard, Indicator, agreement, appraise, combine_ratings, leniency

MARCH = date(2026, 3, 1)

# K. Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), section E: four observers, twelve units; alpha
# of interval data is 0.849.
OBSERVERS = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""

# P. E. Shrout and J. L. Fleiss, "Intraclass correlations", Psychological Bulletin 86 (1979), 420-428, table 2: four
# judges, six targets; ICC(1,1) is 0.17.
JUDGES = """
9 6 8 7 10 6
2 1 4 1 5 2
5 3 6 2 6 4
8 2 8 6 9 7
"""


def ratings_of(text):
    rows = [
        (f"u{unit:02}", f"r{rater}", "peer", float(score))
        for rater, line in enumerate(text.split("\n")[1:-1])
        for unit, score in enumerate(line.split())
        if score != "."
    ]
    return pd.DataFrame(rows, columns=["employee", "rater", "role", "score"]).assign(period=MARCH)


def ratings(*rows, period=MARCH):
    return pd.DataFrame(rows, columns=["employee", "rater", "role", "score"]).assign(period=period)


def test_the_agreement_of_krippendorffs_example():
    found = agreement(ratings_of(OBSERVERS))
    assert round(found.alpha, 3) == 0.849
    assert (found.units, found.ratings, found.alone) == (11, 40, 1)
    assert found.low < found.alpha < found.high <= 1
    assert agreement(ratings_of(OBSERVERS)) == found
    assert "agreement of raters 0.85" in str(found)
    assert found.to_frame()["alpha"].item() == found.alpha


def test_the_agreement_of_shrout_and_fleiss_is_their_one_way_correlation_nearly():
    # Of n units with all m ratings alpha is 1 - MSW / (total variance), ICC(1,1) is 0.166 of the same mean squares.
    found = agreement(ratings_of(JUDGES))
    between, within, m, n = 11.24, 6.26, 4, 6
    assert round((between - within) / (between + (m - 1) * within), 2) == 0.17
    total = (between * (n - 1) + within * n * (m - 1)) / (n * m - 1)
    assert found.alpha == pytest.approx(1 - within / total, abs=1e-3)


def test_raters_who_agree_and_raters_by_chance():
    same = ratings(*((f"e{n}", f"r{k}", "peer", 10.0 * n) for n in range(8) for k in range(3)))
    assert agreement(same).alpha == pytest.approx(1)
    rng = np.random.default_rng(1)
    noise = ratings(*((f"e{n}", f"r{k}", "peer", rng.uniform(0, 100)) for n in range(400) for k in range(3)))
    assert abs(agreement(noise).alpha) < 0.1


def test_a_missing_rater_gives_the_weight_to_the_others_and_is_named():
    weights = {"self": 0.1, "superior": 0.4, "peer": 0.2, "subordinate": 0.1, "company": 0.2}
    rows = [("A", "A", "self", 100), ("A", "M", "superior", 80), ("A", "P", "peer", 70), ("A", "Q", "peer", 90)]
    rows += [
        ("A", "S", "subordinate", 60),
        ("A", "C", "company", 50),
        ("B", "M", "superior", 40),
        ("B", "P", "peer", 70),
    ]
    found = combine_ratings(ratings(*rows), weights).frame.set_index("employee")
    assert found.loc["A", "score"] == pytest.approx(0.1 * 100 + 0.4 * 80 + 0.2 * 80 + 0.1 * 60 + 0.2 * 50)
    assert found.loc["A", ["known", "missing", "raters"]].tolist() == [1.0, "", 6]
    assert found.loc["B", "score"] == pytest.approx((0.4 * 40 + 0.2 * 70) / 0.6)
    assert found.loc["B", "known"] == pytest.approx(0.6)
    assert found.loc["B", "missing"] == "self, subordinate, company"
    assert found.loc["A", ["low_role", "high_role"]].tolist() == [50, 100]
    combined = combine_ratings(ratings(*rows), weights)
    assert combined.roles.query("employee == 'B'")["weight"].sum() == pytest.approx(1)
    assert "1 with a role missing" in str(combined)


def test_ratings_become_counts_of_an_indicator_of_the_card():
    rng = np.random.default_rng(2)
    rows = [(f"E{n:02}", f"r{k}", "peer", rng.normal(50 + n, 8)) for n in range(30) for k in range(3)]
    rows += [(f"E{n:02}", "boss", "superior", rng.normal(50 + n, 8)) for n in range(30)]
    combined = combine_ratings(ratings(*rows), {"superior": 0.5, "peer": 0.5})
    line = Indicator(name="attitude", group="attitude", weight=1.0, sample="mean", floor=0, cap=100)
    card = AppraisalCard(name="x", since=MARCH, indicators=(line,))
    found = appraise(combined.to_counts("attitude"), card).frame
    assert found["raw"].to_numpy() == pytest.approx(combined.frame["score"].to_numpy())
    assert found["score"].std() < found["raw"].std()
    named = ratings(*rows).assign(indicator="attitude")
    again = combine_ratings(named, {"superior": 0.5, "peer": 0.5}).to_counts()
    pd.testing.assert_frame_equal(again, combined.to_counts("attitude"), check_dtype=False)


def test_the_lenient_rater_is_found():
    rng = np.random.default_rng(3)
    bias = {"kind": 8.0, "strict": -8.0, "a": 0.0, "b": 0.0, "c": 0.0}
    truth = rng.normal(70, 5, 200)
    rows = [
        (f"E{n:03}", rater, "peer", truth[n] + bias[rater] + rng.normal(0, 4))
        for n in range(200)
        for rater in rng.choice(list(bias), 3, replace=False)
    ]
    found = leniency(ratings(*rows)).set_index("rater")
    # Beside two of the other four, whose mean bias is -2 and 2.
    assert found.loc["kind", "leniency"] == pytest.approx(10, abs=1.5)
    assert found.loc["strict", "leniency"] == pytest.approx(-10, abs=1.5)
    assert found["differs"].to_dict() == {"a": False, "b": False, "c": False, "kind": True, "strict": True}
    alone = leniency(ratings(("A", "M", "superior", 50.0), ("B", "P", "peer", 60.0)))
    assert alone["compared"].tolist() == [0, 0]
    assert alone["differs"].isna().all()


ONE = ("A", "M", "superior", 50.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: combine_ratings(ratings(ONE), {"superior": 0.5, "peer": 0.4}),
            "the weights of the raters sum to 0.9, not 1: superior 0.5 + peer 0.4; divide each by their sum",
        ),
        (
            lambda: combine_ratings(ratings(ONE, ONE), {"superior": 1.0}),
            "a rater rated an employee twice in one period (row A by M); keep one rating, in one role",
        ),
        (
            lambda: combine_ratings(ratings(ONE, ("A", "M", "peer", 40.0)), {"superior": 0.5, "peer": 0.5}),
            "a rater rated an employee twice in one period (row A by M); keep one rating, in one role",
        ),
        (
            lambda: combine_ratings(ratings(("A", "M", "superior", 101.0)), {"superior": 1.0}),
            "a score of 101 is outside its scale from 0 to 100 (row A by M); correct it, or give "
            "scale=(lowest, highest)",
        ),
        (
            lambda: combine_ratings(ratings(("A", "M", "superior", 0.0)), {"superior": 1.0}, scale=(1, 5)),
            "a score of 0 is outside its scale from 1 to 5 (row A by M); correct it, or give scale=(lowest, highest)",
        ),
        (
            lambda: combine_ratings(ratings(("A", "M", "superor", 50.0)), {"superior": 1.0}),
            "role 'superor' has no weight (row A by M); did you mean 'superior'? Known: superior",
        ),
        (
            lambda: combine_ratings(ratings(ONE, ("A", "P", "peer", 1.0)), {"superior": 1.0}),
            "role 'peer' has no weight (row A by P); give it one, 0 if it shall not count",
        ),
        (
            lambda: combine_ratings(ratings(("A", "M", "self", 50.0)), {"self": 1.0}),
            "the role 'self' is not that of the employee's own rating (row A by M); name the employee as the rater, or "
            "another role",
        ),
        (
            lambda: combine_ratings(ratings(("A", "P", "peer", 1.0)), {"superior": 1.0, "peer": 0.0}),
            "an employee was rated by roles of weight 0 only (row A); give one of these roles a weight",
        ),
        (
            lambda: combine_ratings(ratings(ONE), {"boss": 1.0}),
            "unknown role 'boss'; known: company, department, peer, self, subordinate, superior",
        ),
        (
            lambda: combine_ratings(ratings(ONE), {"superior": 1.0}).to_counts(),
            "the ratings name no indicator; write to_counts('attitude')",
        ),
        (
            lambda: combine_ratings(ratings(ONE).assign(indicator="x"), {"superior": 1.0}).to_counts("y"),
            "the ratings name their indicators; leave it out",
        ),
        (
            lambda: agreement(ratings(ONE)),
            "nobody was rated by two raters; agreement needs two ratings of one employee",
        ),
        (
            lambda: agreement(ratings(ONE, ("A", "P", "peer", 50.0))),
            "all scores are the same; agreement needs scores that differ",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == message


def test_agreement_about_one_employee_alone_is_none():
    one = pd.DataFrame(
        {"employee": "A", "period": date(2026, 1, 1), "rater": ["P", "Q"], "role": "peer", "score": [80.0, 90.0]}
    )
    with pytest.raises(DataError, match="only one employee was rated by two raters"):
        agreement(one)
