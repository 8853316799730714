"""Scores from raw counts: cycles, versions, the mix, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wfm.errors import DataError
from wfm.kpi.appraisal import AppraisalCard, Indicator, appraise, count_records, tenure_band


def counts_of(rows, indicator="csat"):
    frame = pd.DataFrame(rows, columns=["employee", "month", "numerator", "denominator"])
    return frame.assign(indicator=indicator)


def only(**more):
    given = {"sample": "rate", "floor": 0.5, "cap": 1.0, **more}
    line = Indicator(name="csat", group="satisfaction", weight=1.0, **given)
    return AppraisalCard(name="2026", since=date(2026, 1, 1), indicators=(line,))


JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


def test_a_quarter_is_counted_and_not_the_mean_of_its_months():
    rows = [("A", JANUARY, 10, 10), ("A", FEBRUARY, 60, 100), ("A", MARCH, 5, 10), ("A", APRIL, 8, 10)]
    rows += [("B", month, 8, 10) for month in (JANUARY, FEBRUARY, MARCH, APRIL)]
    months = appraise(counts_of(rows), only()).frame
    quarters = appraise(counts_of(rows), only(), cycle="quarter").frame
    mine = months[(months["employee"] == "A") & (months["period"] < APRIL)]["raw"]
    assert mine.tolist() == pytest.approx([100, 20, 0])
    assert mine.mean() == pytest.approx(40)
    of_quarter = quarters[(quarters["employee"] == "A") & (quarters["period"] == JANUARY)]["raw"].item()
    assert of_quarter == pytest.approx(100 * (75 / 120 - 0.5) / 0.5)  # 25, not 40
    assert quarters["period"].unique().tolist() == [JANUARY, APRIL]
    year = appraise(counts_of(rows), only(), cycle="year").frame
    assert year.loc[year["employee"] == "A", "raw"].item() == pytest.approx(100 * (83 / 130 - 0.5) / 0.5)


def test_an_old_period_keeps_the_card_of_its_time():
    rows = [(name, month, x, 10) for month in (MARCH, APRIL) for name, x in zip("ABCD", (6, 7, 8, 9), strict=True)]
    old = only()
    new = replace(
        only(cap=0.9),
        name="new",
        since=APRIL,
    )
    found = appraise(counts_of(rows), [new, old]).frame.set_index(["employee", "period"])
    assert found.loc[("C", MARCH), ["card", "raw"]].tolist() == ["2026", pytest.approx(60)]
    assert found.loc[("C", APRIL), ["card", "raw"]].tolist() == ["new", pytest.approx(75)]
    before = appraise(counts_of(rows[:4]), old).frame
    assert found.loc[(slice(None), MARCH), "score"].tolist() == before["score"].tolist()


def test_lines_add_up_to_the_score_and_show_their_counts(card, made):
    counts, people, _ = made()
    found = appraise(counts, card, people=people, mix=("shift", "queue"))
    lines = found.lines(period=JANUARY)
    sums = lines.groupby("employee")["share"].sum()
    frame = found.frame[found.frame["period"] == JANUARY].set_index("employee")
    assert sums.to_numpy() == pytest.approx(frame["score"].to_numpy())
    assert ((lines["low"] <= lines["value"]) & (lines["value"] <= lines["high"])).all()
    counted = counts[counts["month"] == JANUARY].groupby(["employee", "indicator"])[["numerator", "denominator"]].sum()
    for name in ("numerator", "denominator"):
        told = lines.set_index(["employee", "indicator"])[name].sort_index()
        assert told.to_numpy() == pytest.approx(counted[name].sort_index().to_numpy())
    one = found.lines(employee="E007", period=FEBRUARY)
    assert one["indicator"].tolist() == ["csat", "speed", "complaints"]
    teams = found.team_frame
    assert teams["employees"].sum() == 60 * 3
    north = counts.merge(people[["employee", "team"]], on="employee").query("team == 'T1' and month == @JANUARY")
    parts = north.groupby("indicator")[["numerator", "denominator"]].sum()
    values = parts["numerator"] / parts["denominator"]
    by_hand = sum(each.weight * each.points(values[each.name]) for each in card.indicators)
    assert teams.query("team == 'T1' and period == @JANUARY")["score"].item() == pytest.approx(by_hand)
    assert "60 employees in 4 teams, 3 months" in str(found)
    assert found._repr_html_().startswith("<pre>")


def test_too_small_a_sample_gives_its_weight_to_the_others(card, made):
    counts, people, _ = made(employees=20, months=1)
    few = (counts["employee"] == "E003") & (counts["indicator"] == "csat")
    counts.loc[few, ["numerator", "denominator"]] = [[2, 2], [1, 2]]
    found = appraise(counts, card, people=people)
    row = found.frame.set_index("employee").loc["E003"]
    assert row["known"] == pytest.approx(0.5)
    lines = found.lines(employee="E003")
    assert lines["enough"].tolist() == [False, True, True]
    assert row["score"] == pytest.approx(0.6 * lines["points"][1] + 0.4 * lines["points"][2])
    nothing = counts[(counts["employee"] != "E003") | few]
    alone = appraise(nothing, card, people=people).frame.set_index("employee").loc["E003"]
    assert alone["known"] == 0
    assert np.isnan(alone["score"])


def by_shift(frame, people, name):
    """Return the chance that shifts differ so much in their ranks if they do not."""
    joined = frame.merge(people[["employee", "shift"]], on="employee")
    return stats.kruskal(*(rows[name] for _, rows in joined.groupby("shift"))).pvalue


def test_where_all_are_equal_the_raw_ranking_is_of_the_shift_and_the_adjusted_one_is_not(card, made):
    significant = 0
    for seed in range(12):
        counts, people, _ = made(employees=90, months=1, seed=seed)
        found = appraise(counts, card, people=people, mix=("shift", "queue"))
        assert by_shift(found.frame, people, "raw") < 1e-4
        significant += by_shift(found.frame, people, "adjusted") < 0.05
    assert significant <= 3  # one in twenty by chance; more than 3 of 12 has a chance of 0.2 %


def test_the_effects_of_the_mix_are_those_that_made_the_data(card, made):
    counts, people, _ = made(employees=300, months=2, seed=5, talent=0.2)
    effects = appraise(counts, card, people=people, mix=("shift", "queue")).effects
    told = effects.set_index(["indicator", "column", "value"])
    truth = {("queue", "orders"): 1.3, ("shift", "evening"): -0.5, ("shift", "night"): -1.2}
    for (column, value), luck in truth.items():
        for indicator, scale, way in (
            ("csat", "log odds", 1.0),
            ("speed", "difference", -60.0),
            ("complaints", "log", -1.0),
        ):
            row = told.loc[(indicator, column, value)]
            assert row["scale"] == scale
            # Four standard errors, so that none of nine is outside by chance.
            assert abs(row["estimate"] - way * luck) < 2 * (row["high"] - row["low"])


def test_the_adjusted_score_finds_who_is_good_where_the_raw_one_finds_who_works_by_day(card, made):
    counts, people, able = made(employees=150, months=3, seed=6, talent=0.4)
    found = appraise(counts, card, cycle="quarter", people=people, mix=("shift", "queue")).frame
    assert stats.spearmanr(found["adjusted"], able).statistic > 0.85
    assert stats.spearmanr(found["raw"], able).statistic < 0.7


def test_of_equal_work_the_adjusted_score_keeps_the_order(card, made):
    counts, _, _ = made(employees=40, months=1, seed=7, talent=0.4, by_shift=(0, 0, 0), by_queue=(0, 0))
    counts = counts.assign(site=np.where(counts["employee"].str[-1].astype(int) < 5, "a", "b"))
    found = appraise(counts, card, mix=("site",)).frame
    assert stats.spearmanr(found["score"], found["adjusted"]).statistic > 0.9


def test_without_any_event_there_is_nothing_to_adjust(card, made):
    counts, people, _ = made(employees=12, months=1)
    counts.loc[counts["indicator"] == "complaints", "numerator"] = 0
    found = appraise(counts, card, people=people, mix=("shift",))
    assert found.frame["adjusted"].notna().all()
    assert (found.effects.query("indicator == 'complaints'")["estimate"] == 0).all()


@settings(max_examples=15, deadline=None)
@given(st.randoms(), st.sampled_from([1e-3, 7.0, 4096.0]))
def test_order_of_rows_and_units_of_values_change_nothing(card, made, random, unit):
    counts, people, _ = made(employees=15, months=1, seed=3)
    first = appraise(counts, card, people=people, mix=("queue",)).frame
    mixed = list(range(len(counts)))
    random.shuffle(mixed)
    other = counts.iloc[mixed].copy()
    slow = other["indicator"] == "speed"
    other.loc[slow, "numerator"] *= unit
    other.loc[slow, "squares"] *= unit**2
    line = replace(card.indicators[1], floor=600 * unit, cap=240 * unit)
    again = appraise(
        other, replace(card, indicators=(card.indicators[0], line, card.indicators[2])), people=people, mix=("queue",)
    ).frame
    for name in ("raw", "score", "low", "high", "adjusted", "adjusted_sd"):
        assert again[name].to_numpy() == pytest.approx(first[name].to_numpy(), rel=1e-6)
    assert again["employee"].tolist() == first["employee"].tolist()


def broken(change):
    rows = [(name, JANUARY, x, 10) for name, x in zip("ABCD", (6, 7, 8, 9), strict=True)]
    counts = counts_of(rows)
    return change(counts)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: appraise(broken(lambda c: c.assign(indicator="cast")), only()),
            "indicator 'cast' is on no card (rows 0, 1, 2, 3); did you mean 'csat'? Known: csat; or leave it out",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(numerator=11)), only()),
            "csat: more successes than trials (rows 0, 1, 2, 3); correct the counts, or say sample='count'",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(denominator=0.0)), only(sample="count")),
            "csat: a numerator without a denominator (rows 0, 1, 2, 3); correct the counts",
        ),
        (
            lambda: appraise(broken(lambda c: c), only(sample="mean", floor=0, cap=9)),
            "csat: a mean without squares (rows 0, 1, 2, 3); give the column 'squares': the sum of the squared values",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(squares=1.0)), only(sample="mean", floor=0, cap=9)),
            "csat: squares below what their mean needs (rows 0, 1, 2, 3); sum the squares of the values",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(month=date(2026, 1, 15))), only()),
            "month must be the first day of a month, got '2026-01-15' (rows 0, 1, 2, 3); write date(2026, 1, 1)",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(numerator=0, denominator=0)), only()),
            "indicator 'csat' of card '2026' has no data in the period from 2026-01-01; count it, or use a card "
            "without it",
        ),
        (
            lambda: appraise(
                broken(lambda c: c.assign(numerator=0, denominator=0, squares=0.0)),
                only(sample="mean", floor=0, cap=9),
            ),
            "indicator 'csat' of card '2026' has no data in the period from 2026-01-01; count it, or use a card "
            "without it",
        ),
        (
            lambda: appraise(broken(lambda c: c), only(), people=pd.DataFrame({"employee": ["A"], "team": ["x"]})),
            "frame 'people': an employee of the counts has no team (rows B, C, D); add them",
        ),
        (
            lambda: appraise(
                broken(lambda c: c), only(), people=pd.DataFrame({"employee": ["A", "A"], "team": ["x", "y"]})
            ),
            "frame 'people': an employee occurs twice (row 1); keep one team for each",
        ),
        (
            lambda: appraise(broken(lambda c: c), only(), people=pd.DataFrame({"employee": ["A"]})),
            "frame 'people': column 'team' is missing; add it",
        ),
        (
            lambda: appraise(
                broken(lambda c: c), [only(), replace(only(), name="new", since=FEBRUARY)], cycle="quarter"
            ),
            "card 'new' starts on 2026-02-01, inside the period from 2026-01-01; let it start on the first day of a "
            "period, or appraise shorter ones",
        ),
        (
            lambda: appraise(broken(lambda c: c), replace(only(), since=FEBRUARY)),
            "no card was in force on 2026-01-01; the first is '2026' since 2026-02-01; give the card of that time, or "
            "leave the earlier counts out",
        ),
        (
            lambda: appraise(broken(lambda c: c), [only(), replace(only(sample="count"), name="new", since=FEBRUARY)]),
            "indicator 'csat' is a sample of another kind on card 'new' than before; give one of them another name",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(queue="a")), only(), mix=("queu",)),
            "unknown column 'queu' of the mix; did you mean 'queue'? Known: queue",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(queue=[*"aab", None])), only(), mix=("queue",)),
            "column 'queue' of the mix has no value (row 3); write 'unknown'",
        ),
        (
            lambda: appraise(broken(lambda c: c.assign(queue=list("abcd"))), only(), mix=("queue",)),
            "the mix explains indicator 'csat' whole: 4 effects, 4 employees and cells; leave out a column of the mix, "
            "or give more employees",
        ),
        (
            lambda: appraise(
                broken(lambda c: c.merge(pd.DataFrame({"days": range(51)}), how="cross")), only(), mix=("days",)
            ),
            "column 'days' of the mix has 51 values; make bands, at most 50; tenure_band() makes those of tenure",
        ),
        (
            lambda: appraise(broken(lambda c: c), only(), cycle="week"),
            "unknown cycle 'week'; known: month, quarter, year",
        ),
        (
            lambda: appraise(broken(lambda c: c), only()).lines(employee="E"),
            "unknown employee 'E'; known: A, B, C, D",
        ),
        (
            lambda: appraise(
                broken(lambda c: c.assign(denominator=1, numerator=1.0, squares=1.0)),
                only(sample="mean", floor=0, cap=9),
            ),
            "indicator 'csat': no employee has two values that differ; give more values; a mean of one value each has "
            "no known spread",
        ),
        (lambda: tenure_band(APRIL, JANUARY), "joined on 2026-04-01, after the month 2026-01-01; correct one of them"),
        (
            lambda: count_records({}, only()),
            "no indicator of card '2026' has a measure; give measure='csat'",
        ),
        (
            lambda: count_records({}, only(measure="offered", sample="count")),
            "measure 'offered' of indicator 'csat' has no denominator; name one that is a share or a mean",
        ),
        (
            lambda: count_records({}, only(measure="csat", sample="mean")),
            "measure 'csat' of indicator 'csat' is no mean of values; name a mean, or give sample='rate' or 'count'",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == message


def test_tenure_in_bands():
    joined = date(2025, 1, 15)
    months = [date(2025, 2, 1), date(2025, 5, 1), date(2025, 8, 1), date(2026, 2, 1), date(2027, 2, 1)]
    assert [tenure_band(joined, month) for month in months] == [
        "under 3 months",
        "3 to 6 months",
        "6 to 12 months",
        "1 to 2 years",
        "2 years and more",
    ]


def test_the_records_of_the_centre_are_counted():
    rng = np.random.default_rng(8)
    size = 600
    at = pd.Series(pd.date_range("2026-01-05 08:00", periods=size, freq="2h", tz="Asia/Shanghai"))
    who = rng.choice(["A", "B", "C"], size)
    talk = rng.integers(60, 900, size).astype(float)
    contacts = pd.DataFrame({"contact_id": [f"c{n:04}" for n in range(size)], "queue": "calls", "employee": who})
    contacts = contacts.assign(arrived_at=at, answered_at=at, abandoned_at=at.where([False] * size), talk_s=talk)
    score = pd.Series(rng.choice([1.0, 4.0, 5.0], size)).where(rng.random(size) < 0.5)
    surveys = pd.DataFrame({"survey_id": contacts["contact_id"], "ticket": "t", "employee": who, "offered_at": at})
    surveys = surveys.assign(answered_at=at.where(score.notna()), kind="csat", score=score, scale=5.0)
    card = AppraisalCard(
        name="2026",
        since=JANUARY,
        indicators=(
            Indicator(name="happy", group="s", weight=0.4, sample="rate", floor=0, cap=1, measure="csat"),
            Indicator(name="replies", group="s", weight=0.3, sample="rate", floor=0, cap=1, measure="survey_response"),
            Indicator(name="speed", group="e", weight=0.3, sample="mean", floor=900, cap=60, measure="aht"),
        ),
    )
    people = pd.DataFrame({"employee": ["A", "B", "C"], "shift": ["day", "day", "night"]})
    found = count_records({"contacts": contacts, "surveys": surveys}, card, mix=("shift",), people=people)
    assert list(found.columns) == ["employee", "month", "shift", "indicator", "numerator", "denominator", "squares"]
    mine = found.query("employee == 'B' and indicator == 'speed'").set_index("month")
    february = (who == "B") & (at.dt.month == 2).to_numpy()
    row = mine.loc[FEBRUARY]
    assert row["denominator"] == february.sum()
    assert row["numerator"] == pytest.approx(talk[february].sum())
    assert row["squares"] == pytest.approx((talk[february] ** 2).sum())
    happy = found.query("employee == 'C' and indicator == 'happy'").set_index("month").loc[JANUARY]
    january = (who == "C") & (at.dt.month == 1).to_numpy() & score.notna().to_numpy()
    assert [happy["numerator"], happy["denominator"]] == [(score[january] >= 4).sum(), january.sum()]
    appraised = appraise(found, card)
    assert appraised.frame["raw"].between(0, 100).all()


def test_no_counts_are_no_appraisal(card):
    columns = ["employee", "month", "indicator", "numerator", "denominator"]
    nothing = pd.DataFrame(
        {name: pd.Series(dtype="float" if "ator" in name and name != "indicator" else "str") for name in columns}
    )
    nothing["month"] = pd.to_datetime(nothing["month"])
    with pytest.raises(DataError, match="no rows in frame 'indicator_counts'"):
        appraise(nothing, card)
