"""Splits against published apportionments; every pool is paid to the cent, whatever the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.kpi.appraisal import (
    Basis,
    BestOfMonth,
    ContributionOfQuarter,
    Cycle,
    ForcedDistribution,
    Grades,
    IndividualTiers,
    PoolByScore,
    TeamBonus,
    YearEnd,
    largest_remainder,
    pay,
)

MARCH = date(2026, 3, 1)

# Populations of the census of 1790 and the 120 seats of Hamilton's bill of 1792, which Washington vetoed:
# M. L. Balinski and H. P. Young, "Fair Representation", 2nd ed. (2001), chapter 2.
HAMILTON = {
    "Virginia": (630_560, 21),
    "Massachusetts": (475_327, 16),
    "Pennsylvania": (432_879, 14),
    "North Carolina": (353_523, 12),
    "New York": (331_589, 11),
    "Maryland": (278_514, 9),
    "Connecticut": (236_841, 8),
    "South Carolina": (206_236, 7),
    "New Jersey": (179_570, 6),
    "New Hampshire": (141_822, 5),
    "Vermont": (85_533, 3),
    "Georgia": (70_835, 2),
    "Kentucky": (68_705, 2),
    "Rhode Island": (68_446, 2),
    "Delaware": (55_540, 2),
}


def test_hamiltons_apportionment():
    found = largest_remainder(120, {state: people for state, (people, _) in HAMILTON.items()})
    assert found == {state: seats for state, (_, seats) in HAMILTON.items()}


def test_whole_numbers_of_numpy_do_not_overflow():
    weights = {"A": np.int64(4 * 10**18), "B": np.int64(2 * 10**18), "C": np.int64(10**18)}
    assert largest_remainder(700, weights) == {"A": 400, "B": 200, "C": 100}


def test_the_usual_example_of_votes():
    # The example of "Largest remainders method" in the encyclopaedia: 10 seats, Hare quota of 10,000.
    votes = {"Yellow": 47_000, "White": 16_000, "Red": 15_900, "Green": 12_000, "Blue": 6_000, "Pink": 3_100}
    found = largest_remainder(10, votes)
    assert list(found.values()) == [5, 2, 1, 1, 1, 0]


WEIGHTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=4),
    st.one_of(st.integers(0, 10**6), st.floats(0, 1e6), st.fractions(0, 100, max_denominator=999)),
    min_size=1,
    max_size=40,
).filter(lambda weights: any(weights.values()))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), WEIGHTS, st.randoms(), st.sampled_from([2, 1024, Fraction(1, 4)]))
def test_a_split_sums_to_the_whole_and_keeps_the_order(total, weights, random, factor):
    found = largest_remainder(total, weights)
    assert sum(found.values()) == total
    whole = sum(Fraction(weight) for weight in weights.values())
    for name, units in found.items():
        assert abs(units - total * Fraction(weights[name]) / whole) < 1
    by_weight = sorted(weights, key=lambda name: (Fraction(weights[name]), found[name]))
    assert [found[name] for name in by_weight] == sorted(found.values())
    names = list(weights)
    random.shuffle(names)
    assert largest_remainder(total, {name: weights[name] for name in names}) == found
    assert largest_remainder(total, {name: Fraction(weights[name]) * factor for name in weights}) == found


def rows_of(scores, *, period=MARCH, cycle=Cycle.MONTH, **more):
    frame = pd.DataFrame({"employee": list(scores), "score": list(scores.values())})
    frame = frame.assign(period=period, team="north", known=1.0, place=1, grade="good", team_score=75.0, **more)
    return Grades(cycle, Basis.SCORE, frame)


SCORES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), st.floats(1, 100), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(SCORES, st.integers(0, 10**7), st.randoms())
def test_every_pool_is_paid_to_the_cent_and_more_points_are_never_less_money(scores, cents, random):
    pool = f"{cents // 100}.{cents % 100:02d}"
    schemes = [PoolByScore(pool=pool), BestOfMonth(prize=pool), TeamBonus(bonus=pool, target=75)]
    paid = pay(rows_of(scores), schemes)
    assert paid.frame.groupby("scheme")["cents"].sum().tolist() == [cents] * 3
    assert (paid.frame["cents"] >= 0).all()
    by_score = paid.frame[paid.frame["scheme"] == "pool by score"].set_index("employee")["cents"]
    ordered = sorted(scores, key=lambda name: (round(scores[name] * 1e6), by_score[name]))
    assert [by_score[name] for name in ordered] == sorted(by_score)
    names = list(scores)
    random.shuffle(names)
    again = pay(rows_of({name: scores[name] for name in names}), schemes)
    pd.testing.assert_frame_equal(again.frame, paid.frame)


def test_terms_of_each_scheme():
    scores = {"A": 92.0, "B": 85.0, "C": 85.0, "D": 40.0}
    month = rows_of(scores)
    month.frame.loc[3, ["team", "team_score"]] = ["south", 60.0]
    tiers = IndividualTiers(tiers={80: "300", 90: "600.50"})
    paid = pay(
        month, [tiers, TeamBonus(bonus="100", target=70), PoolByScore(pool="10", floor=80), BestOfMonth(prize="50")]
    )
    table = paid.frame.pivot_table(index="employee", columns="scheme", values="cents", aggfunc="sum").fillna(0)
    assert table["individual tier"].tolist() == [60050, 30000, 30000, 0]
    assert table["team bonus"].tolist() == [3334, 3333, 3333, 0]
    assert table["pool by score"].tolist() == [546, 227, 227, 0]
    assert table["employee of the month"].tolist() == [5000, 0, 0, 0]
    assert paid.total_cents == 120050 + 10000 + 1000 + 5000
    statement = paid.statement("A")
    assert (
        statement.total_cents
        == 60050 + 3334 + 546 + 5000
        == int(paid.by_employee().set_index("employee")["cents"]["A"])
    )
    assert "600.50  individual tier: score 92.00: tier from 90" in str(statement)
    assert "5.46  pool by score: 12.00 of 22.00 points above 80, of a pool of 10.00" in str(statement)
    assert "team north 75.00, target 70: 100.00 among 3" in str(statement)
    assert "team south 60.00, target 70: not reached" in str(paid.statement("D"))
    assert "score 40.00: below the first tier, 80" in str(paid.statement("D"))
    assert "689.30" in str(statement)
    assert "payouts 1,360.50 to 4 employees" in str(paid)


def test_a_pool_of_nothing_is_paid_as_nothing():
    assert pay(rows_of({"A": 50.0, "B": 40.0}), [PoolByScore(pool=0, floor=90)]).frame["cents"].tolist() == [0, 0]


def test_a_scheme_may_be_copied_with_another_name():
    tiers = IndividualTiers(tiers={90: "600", 80: "300"})
    again = replace(tiers, name="tiers of spring")
    assert [term.cents for term in again.terms(rows_of({"A": 85.0}).frame)] == [30000]
    forced = ForcedDistribution({"good": 0.5, "excellent": 0.5})
    assert replace(forced) == forced
    points = YearEnd(pool="1", points={"good": 1, "excellent": 2})
    assert replace(points, name="x").points == points.points


def test_the_quarter_pays_contribution_and_the_year_the_grade():
    scores = {"A": 90.0, "B": 60.0, "C": 80.0}
    quarter = rows_of(scores, period=date(2026, 1, 1), cycle=Cycle.QUARTER)
    year = rows_of(scores, period=date(2026, 1, 1), cycle=Cycle.YEAR)
    year.frame["grade"] = ["excellent", "medium", "good"]
    work = pd.DataFrame({"employee": ["A", "B"], "period": date(2026, 1, 1), "work": [100, 300]})
    schemes = [ContributionOfQuarter(pool="900", places=2), YearEnd(pool="1000", points={"excellent": 3, "good": 1})]
    paid = pay([quarter, year], schemes, work=work)
    by_hand = {"A": 90 * 100 / (9000 + 18000) * 90000, "B": 18000 / 27000 * 90000}
    found = paid.frame[paid.frame["scheme"] == "contribution of the quarter"].set_index("employee")
    assert found["cents"].to_dict() == pytest.approx(by_hand)
    assert "score 60.00 x work 300 = 18000.00 of 27000.00" in found.loc["B", "basis"]
    found = paid.frame[paid.frame["scheme"] == "year-end"].set_index("employee")
    assert found["cents"].to_dict() == {"A": 75000, "B": 0, "C": 25000}
    assert found.loc["C", "basis"] == "grade good: 1 of 4 points"


def test_the_employee_of_the_month_is_known_in_large_part():
    month = rows_of({"A": 99.0, "B": 80.0})
    month.frame["known"] = [0.2, 1.0]
    assert pay(month, [BestOfMonth(prize="1")]).frame["employee"].tolist() == ["B"]
    month.frame["known"] = 0.2
    with pytest.raises(DataError) as error:
        pay(month, [BestOfMonth(prize="1")])
    assert str(error.value) == (
        "period from 2026-03-01: nobody has 50 % of the card known, so 'employee of the month' has no winner; lower "
        "known, or leave the prize out of this month"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PoolByScore(pool="-5"), "pool is below 0: -5; give 0 or more, for nothing is taken from anybody here"),
        (lambda: PoolByScore(pool="much"), "pool is no amount: 'much'; write '1200.50'"),
        (lambda: PoolByScore(pool=True), "pool is no amount: True; write '1200.50'"),
        (lambda: PoolByScore(pool=0.001), "pool has a part of a cent: 0.001; round it to two decimals"),
        (
            lambda: IndividualTiers(tiers={80: "-1"}),
            "tier 80 is below 0: -1; give 0 or more, for nothing is taken from anybody here",
        ),
        (
            lambda: IndividualTiers(tiers={80: "5", 90: "4"}),
            "a higher tier pays less than a lower one; let amounts grow with the score",
        ),
        (lambda: IndividualTiers(tiers={}), "no tiers; write tiers={80: '300', 90: '600'}"),
        (lambda: IndividualTiers(tiers={101: "5"}), "tier must be a number in [0, 100], got 101"),
        (
            lambda: YearEnd(pool="1", points={"good": 1, "medium": 2}),
            "a better grade has fewer points; give better grades no fewer points",
        ),
        (
            lambda: largest_remainder(10, {"a": 0}),
            "nobody to split among: every weight is 0; give one of them a weight",
        ),
        (lambda: largest_remainder(10, {}), "nobody to split among: every weight is 0; give one of them a weight"),
        (
            lambda: largest_remainder(1.5, {"a": 1}),
            "the total must be a whole number of at least 0, got 1.5; give it in cents",
        ),
        (
            lambda: largest_remainder(1, {"a": -1}),
            "the weight of 'a' must be a finite number of at least 0, got -1; give one that is",
        ),
        (
            lambda: pay(rows_of({"A": 50.0}), [PoolByScore(pool="100", floor=60)]),
            "period from 2026-03-01: nobody is above 60 points, so 'pool by score' has nobody to pay 100.00; lower the "
            "floor, or leave the pool out of this period",
        ),
        (
            lambda: pay(rows_of({"A": 50.0}), [YearEnd(pool="1", points={"excellent": 1})]),
            "'year-end' pays by year, of which there are no grades; appraise with cycle='year' and give those grades "
            "too",
        ),
        (
            lambda: pay(rows_of({"A": 50.0}), [PoolByScore(pool="1"), PoolByScore(pool="2")]),
            "two schemes are called 'pool by score'; write name='...' of one of them",
        ),
        (
            lambda: pay([rows_of({"A": 50.0})] * 2, [PoolByScore(pool="1")]),
            "grades of the month are given twice; give each cycle once",
        ),
        (
            lambda: pay(rows_of({"A": 50.0}, cycle=Cycle.QUARTER), [ContributionOfQuarter(pool="1", places=1)]),
            "period from 2026-03-01: 'contribution of the quarter' needs the work done; write pay(..., work=frame) "
            "with employee, period and work",
        ),
        (
            lambda: pay(
                rows_of({"A": 50.0}, cycle=Cycle.QUARTER),
                [ContributionOfQuarter(pool="1", places=1)],
                work=pd.DataFrame({"employee": ["A"], "period": MARCH, "work": [-1]}),
            ),
            "frame 'work': work must be 0 or more (row 0); correct it",
        ),
        (
            lambda: pay(
                rows_of({"A": 50.0}, cycle=Cycle.QUARTER),
                [ContributionOfQuarter(pool="1", places=1)],
                work=pd.DataFrame({"employee": ["B"], "period": MARCH, "work": [1]}),
            ),
            "period from 2026-03-01: nobody contributed to 'contribution of the quarter'; check scores and work",
        ),
        (
            lambda: pay(rows_of({"A": 50.0}, cycle=Cycle.YEAR), [YearEnd(pool="1", points={"excellent": 1})]),
            "period from 2026-03-01: nobody has a point, so 'year-end' has nobody to pay 1.00; give points to a grade "
            "that occurs",
        ),
        (
            lambda: pay(rows_of({"A": 50.0}), [PoolByScore(pool="1")], work=pd.DataFrame({"employee": ["A"]})),
            "2 problems in frame 'work':\n  1. frame 'work': column 'period' is missing; add it\n"
            "  2. frame 'work': column 'work' is missing; add it",
        ),
        (
            lambda: pay(
                rows_of({"A": 50.0}),
                [PoolByScore(pool="1")],
                work=pd.DataFrame({"employee": ["A", "A"], "period": MARCH, "work": 1}),
            ),
            "frame 'work': an employee and period twice (row 1); add them up",
        ),
        (
            lambda: pay(rows_of({"Ann": 50.0}), [PoolByScore(pool="1")]).statement("Anna"),
            "no payout knows employee 'Anna'; did you mean 'Ann'? Known: Ann",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == message
