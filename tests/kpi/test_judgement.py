"""Scorecards, trends, effects and early warnings on series whose truth is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.kpi import CATALOGUE, EarlyWarning, Goal, Scores, effect, scorecard, trend


def scores_of(name, days, numerator, denominator, by=("day",)):
    """Scores of one measure by day, as `compute` gives them."""
    rows = pd.DataFrame({"day": days, "measure": name, "numerator": numerator, "denominator": denominator})
    rows["value"] = rows["numerator"] / rows["denominator"].where(rows["denominator"] > 0)
    rows = rows.assign(low=np.nan, high=np.nan, unit="share", enough=True)
    total = (
        rows.drop(columns="day")
        .iloc[:1]
        .assign(numerator=rows["numerator"].sum(), denominator=rows["denominator"].sum())
    )
    total["value"] = total["numerator"] / total["denominator"]
    return Scores(measures=(CATALOGUE[name],), by=by, groups=rows, total=total, confidence=0.95)


def complaints(change, seed, years=2.0, since=date(2026, 6, 1)):
    """Complaints by day with weekdays, a season, days of unlike luck, and a change of the rate."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(date(2026, 8, 30) - pd.Timedelta(days=round(365 * years)), "2026-08-30")
    weekday = np.array([1.4, 1.1, 1.0, 1.0, 0.9, 0.7, 0.6])[days.day_of_week]
    season = 1 + 0.3 * np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365)
    volume = rng.poisson(500 * weekday)
    rate = 0.05 * season * np.where(days.date >= since, 1 + change, 1.0) * rng.gamma(25, 1 / 25, len(days))
    return scores_of("complaint_rate", days.date, rng.poisson(volume * rate), volume)


def test_the_effect_of_20_percent_is_found_where_the_bare_difference_is_wrong():
    found = effect(complaints(-0.2, 1), "complaint_rate", since=date(2026, 6, 1), baseline="the year before")
    assert found.adjusted_for == ("weekday", "season")
    assert found.low < -0.2 < found.high
    assert abs(found.relative + 0.2) < 0.06
    assert found.reaches(-0.05) is True
    assert found.reaches(-0.4) is False
    assert "against the year before" in str(found)
    # In summer the season lowers complaints by itself.
    assert abs(found.bare + 0.2) > 0.02


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    inside = 0
    for seed in range(40):
        found = effect(
            complaints(-0.2, seed), "complaint_rate", since=date(2026, 6, 1), baseline="before", confidence=0.9
        )
        inside += found.low <= -0.2 <= found.high
    assert inside >= 31  # 36 expected; below 31 has a chance of about 1 % at 90 %


def test_no_season_is_claimed_where_no_year_was_seen():
    found = effect(complaints(0.0, 3, years=0.5), "complaint_rate", since=date(2026, 6, 1), baseline="spring")
    assert found.adjusted_for == ("weekday",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"since": date(2026, 8, 25)}, "6 days after the change; give at least 14"),
        ({"baseline": ""}, "baseline must be a name"),
        ({"measure": "csat"}, "measure 'csat' was not computed"),
    ],
)
def test_an_effect_that_cannot_be_told_is_refused(arguments, message):
    known = {"measure": "complaint_rate", "since": date(2026, 6, 1), "baseline": "before", **arguments}
    with pytest.raises(DataError) as error:
        effect(complaints(0.0, 3, years=0.5), known.pop("measure"), **known)
    assert message in str(error.value)


def test_a_trend_is_not_turned_by_one_odd_day():
    days = pd.date_range("2026-06-01", periods=40).date
    level = 800 + 2 * np.arange(40) + np.where(np.arange(40) % 2, 3, -3)
    level[-1] = 0
    found = trend(scores_of("service_level", days, level, np.full(40, 1000)), "service_level")
    assert found.slope == pytest.approx(0.002, abs=2e-4)
    assert found.verdict == "better"
    assert "better" in str(found)
    flat = trend(scores_of("service_level", days, 800 + 5 * (-1) ** np.arange(40), np.full(40, 1000)), "service_level")
    assert flat.verdict == "unclear"
    with pytest.raises(DataError, match="a trend of 3 values"):
        trend(scores_of("service_level", days[:3], level[:3], np.full(3, 1000)), "service_level")


def levels(mean, seed, days=400):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-01", periods=days)
    share = np.clip(
        mean + np.array([-0.05, 0, 0.01, 0.01, 0.01, 0.01, 0.01])[dates.day_of_week] + rng.normal(0, 0.04, days), 0, 1
    )
    return scores_of("service_level", dates.date, np.round(1000 * share), np.full(days, 1000))


def test_a_centre_far_from_its_target_is_warned_and_one_far_above_is_not():
    watch = EarlyWarning(measure="service_level", target=0.8)
    low = watch.watch(levels(0.74, 1), as_of=date(2026, 6, 10))
    assert (low.level, low.probability > 0.95) == ("high", True)
    high = watch.watch(levels(0.88, 1), as_of=date(2026, 6, 10))
    assert (high.level, high.probability < 0.05) == ("low", True)
    assert high.control_low < 0.88 < high.control_high
    assert "low (" in str(high)


def test_the_warning_looks_at_no_day_to_come():
    watch, scores = EarlyWarning(measure="service_level", target=0.8), levels(0.8, 2)
    rows = scores.groups[scores.groups["day"] < date(2026, 6, 10)]
    cut = Scores(measures=scores.measures, by=scores.by, groups=rows, total=scores.total, confidence=None)
    one, other = (watch.watch(each, as_of=date(2026, 6, 10)) for each in (scores, cut))
    assert str(one) == str(other)


def test_probabilities_mean_what_they_say_and_false_alarms_are_counted():
    watch = EarlyWarning(measure="service_level", target=0.8, period="month", memory=56)
    parts = [watch.replay(levels(0.8, seed, days=700)).to_frame() for seed in range(4)]
    days = pd.concat(parts)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.001)):
        inside = days[(days["probability"] >= low) & (days["probability"] < high)]
        assert low - 0.15 <= inside["missed"].mean() <= high + 0.15
    replay = watch.replay(levels(0.8, 0, days=800))
    held = replay.frame[~replay.frame["missed"]].groupby("period")["level"].apply(lambda level: (level == "high").any())
    assert replay.false_alarms.value == pytest.approx(held.mean())
    assert replay.false_alarms.low <= replay.false_alarms.value <= replay.false_alarms.high
    assert "false alarms" in str(replay)


def test_a_day_outside_its_limits_is_told():
    scores = levels(0.85, 4)
    rows = scores.groups.copy()
    rows.loc[rows["day"] == date(2026, 6, 9), "numerator"] = 300.0
    odd = Scores(measures=scores.measures, by=scores.by, groups=rows, total=scores.total, confidence=None)
    found = EarlyWarning(measure="service_level", target=0.8).watch(odd, as_of=date(2026, 6, 10))
    assert found.outside
    assert found.last == 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"period": "year"}, "period is 'year'; give 'week' or 'month'"),
        ({"medium": 0.7}, "medium 0.7 is not below high 0.6"),
        ({"memory": 7}, "memory must be a whole number at least 28"),
    ],
)
def test_a_warning_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(DataError) as error:
        EarlyWarning(measure="service_level", target=0.8, **arguments)
    assert message in str(error.value)


def test_too_short_a_history_is_refused():
    watch = EarlyWarning(measure="service_level", target=0.8)
    with pytest.raises(DataError, match="9 days with a denominator before 2026-01-10; give at least 28"):
        watch.watch(levels(0.8, 1), as_of=date(2026, 1, 10))
    with pytest.raises(DataError, match="no whole month after a memory of 56 days"):
        watch.replay(levels(0.8, 1, days=60))


def test_only_one_span_and_a_ratio_can_be_watched_or_compared():
    days = pd.date_range("2026-06-01", periods=40).date
    scores = scores_of("aht", days, np.full(40, 9.0), np.full(40, 3.0))
    with pytest.raises(DataError, match="measure 'aht' cannot be watched; watch a ratio of sums"):
        EarlyWarning(measure="aht", target=3.0).watch(scores, as_of=date(2026, 7, 1))
    by_queue = scores_of("aht", days, np.full(40, 9.0), np.full(40, 3.0), by=("queue",))
    with pytest.raises(DataError, match="the scores are grouped by queue; group by one span of time"):
        trend(by_queue, "aht")
    none = scores_of("aht", days, np.zeros(40), np.full(40, 3.0))
    with pytest.raises(DataError, match="nothing was counted before the change"):
        effect(none, "aht", since=date(2026, 6, 20), baseline="before")
    assert trend(scores_of("aht", days, np.arange(40.0), np.full(40, 3.0)), "aht").verdict == "changing"


@pytest.mark.parametrize("name", ["wait_p90", "longest_wait", "virtual_wait_p90"])
def test_what_the_sums_of_days_do_not_tell_is_not_watched_and_has_no_effect(name):
    # Sums of the waits over the answered are their mean, which must not stand for the percentile.
    days = pd.date_range("2026-06-01", periods=40).date
    scores = scores_of(name, days, np.full(40, 900.0), np.full(40, 30.0))
    with pytest.raises(DataError, match=f"measure '{name}' cannot be watched; watch a ratio of sums"):
        EarlyWarning(measure=name, target=60.0).watch(scores, as_of=date(2026, 7, 1))
    with pytest.raises(DataError, match=f"measure '{name}' has no effect of this kind"):
        effect(scores, name, since=date(2026, 6, 20), baseline="before")


def test_the_whole_has_the_weight_of_one():
    goal = Goal(name="a", weight=0.5, measure="service_level", target=0.9, floor=0.5)
    with pytest.raises(DataError, match=r"the weight of the whole is 0\.5; leave it out"):
        scorecard(goal, card_scores(0.5, 0.5))


def tree():
    speed = Goal(name="speed", weight=0.75, measure="service_level", target=0.8, floor=0.5)
    calm = Goal(name="calm", weight=0.25, measure="abandonment", target=0.03, floor=0.13)
    return Goal(name="service", goals=(Goal(name="answer", goals=(speed, calm)),))


def card_scores(level, lost):
    rows = pd.DataFrame(
        {
            "measure": ["service_level", "abandonment"],
            "numerator": [level * 1000, lost * 1000],
            "denominator": [1000.0, 1000.0],
            "value": [level, lost],
            "low": np.nan,
            "high": np.nan,
            "unit": "share",
            "enough": True,
        }
    )
    measures = (CATALOGUE["service_level"], CATALOGUE["abandonment"])
    return Scores(measures=measures, by=(), groups=rows, total=rows, confidence=None)


def test_a_scorecard_weighs_its_goals_and_goes_down_to_the_counts():
    card = scorecard(tree(), card_scores(0.65, 0.05))
    assert card.score == pytest.approx(0.75 * 0.5 + 0.25 * 0.8)
    assert card.frame["weight"].tolist() == [1, 1, 0.75, 0.25]
    assert card.frame["met"].tolist()[2:] == [False, False]
    assert "counts: 650 / 1,000 -> 65.0 %" in str(card.drill("speed"))
    assert "speed [75 %] 50: 65.0 %, target 80.0 %" in str(card)
    assert scorecard(tree(), card_scores(0.9, 0.01)).score == 1.0
    with pytest.raises(DataError, match="unknown goal 'sped'; did you mean 'speed'"):
        card.drill("sped")
    with pytest.raises(DataError, match="goal 'answer' is a group"):
        card.drill("answer")


def test_a_missing_value_is_said_and_takes_no_weight():
    card = scorecard(tree(), card_scores(float("nan"), 0.03))
    assert card.score == 1.0
    assert card.frame["known"].tolist() == [0.25, 0.25, 0.0, 1.0]
    assert "(25 % of the weight is known)" in str(card)
    assert scorecard(tree(), card_scores(float("nan"), float("nan"))).score is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Goal(name="a", goals=(Goal(name="b", weight=0.5, measure="asa", target=1, floor=2),)),
            "the weights below goal 'a' sum to 0.5, not 1: 0.5; divide each by their sum",
        ),
        (
            lambda: Goal(name="a", measure="asa", target=20, floor=10),
            "floor 10 of goal 'a' is not worse than its target 20",
        ),
        (lambda: Goal(name="a", measure="asaa", target=20, floor=10), "unknown measure 'asaa'; did you mean 'asa'"),
        (lambda: Goal(name="a", measure="asa"), "goal 'a' lacks a measure, a target or a floor"),
        (lambda: Goal(name="a", weight=1.5, measure="asa", target=1, floor=2), "weight must be a number in (0, 1]"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert message in str(error.value)


def test_a_goal_whose_measure_was_not_computed_is_refused():
    goal = Goal(name="a", measure="csat", target=0.9, floor=0.5)
    with pytest.raises(DataError, match="goal 'a': 'csat' was not computed"):
        scorecard(goal, card_scores(0.5, 0.5))
