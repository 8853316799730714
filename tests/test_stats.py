from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.stats import bootstrap_mean, bootstrap_percentile, kaplan_meier, mean_interval, wilson

# Survival times of mice after surgery: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), table 2.1.
TREATED = (94, 197, 16, 38, 99, 141, 23)

# Weeks of remission under 6-MP; True for a relapse, False for a censored patient: Freireich et al., Blood 21 (1963).
REMISSION = (
    *((week, True) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
    *((week, False) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
)
PLACEBO = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


# --- Wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
        # table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(successes: int, trials: int, low: float, high: float) -> None:
    share = wilson(successes, trials)
    assert share.value == successes / trials
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_against_statsmodels(successes: int, trials: int, confidence: float) -> None:
    from statsmodels.stats.proportion import proportion_confint

    successes = min(successes, trials)
    share = wilson(successes, trials, confidence=confidence)
    expected = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
    assert (share.low, share.high) == pytest.approx(expected, abs=1e-12)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_wilson_of_arrays_is_that_of_numbers() -> None:
    met, tried = pd.Series([0, 5, 10], index=[3, 4, 5]), pd.Series([0, 10, 10], index=[3, 4, 5])
    shares = wilson(met, tried)
    for n in (1, 2):
        one = wilson(int(met.iloc[n]), int(tried.iloc[n]))
        assert (shares.value[n], shares.low[n], shares.high[n]) == tuple(one)
    assert type(wilson(1, 2).low) is float


def test_without_trials_nothing_is_known() -> None:
    share = wilson(0, 0)
    assert math.isnan(share.value)
    assert (share.low, share.high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: wilson(3, 2), "3 successes in 2 trials; give counts with 0 <= successes <= trials"),
        (lambda: wilson([1, -1, 4], [2, 2, 3]), "-1 successes in 2 trials (rows 1, 2); give counts with 0 <= "),
        (lambda: wilson(math.nan, 2), "nan successes in 2 trials; "),
        (lambda: wilson(1, math.inf), "1 successes in inf trials; "),
        (lambda: wilson(1, 2, confidence=95), "confidence must be a number in (0, 1), got 95; write 0.95 for 95 %"),
    ],
)
def test_counts_that_cannot_be_are_refused(make: Callable[[], Any], text: str) -> None:
    assert message(make).startswith(text)


# --- means of replications


def test_a_mean_of_replications_as_published() -> None:
    # A. M. Law, "Simulation Modeling and Analysis", 5th ed. (2015), example 4.26: 1.34 ± 0.24 at 90 %.
    mean = mean_interval([1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], confidence=0.90)
    assert (round(float(mean.value), 2), round(float(mean.high - mean.value), 2)) == (1.34, 0.24)
    assert mean.high - mean.value == pytest.approx(mean.value - mean.low)


def test_a_mean_against_scipy() -> None:
    from scipy import stats

    values = np.random.default_rng(0).normal(size=(12, 3))
    mean = mean_interval(values, confidence=0.99)
    low, high = stats.t.interval(0.99, 11, loc=values.mean(axis=0), scale=stats.sem(values, axis=0))
    assert mean.low == pytest.approx(low)
    assert mean.high == pytest.approx(high)
    across = mean_interval(values.T, confidence=0.99, axis=1)
    assert across.low == pytest.approx(mean.low)


def test_replications_without_the_measure_are_left_out() -> None:
    values = np.array([[1.0, np.nan, np.nan], [2.0, 5.0, np.nan], [np.nan, 7.0, 4.0]])
    mean = mean_interval(values)
    assert mean.value.tolist() == [1.5, 6.0, 4.0]
    assert mean.low[:2] == pytest.approx(mean_interval([[1.0, 5.0], [2.0, 7.0]]).low)
    assert np.isnan(mean.low[2])
    assert np.isnan(mean.high[2])
    assert np.isnan(mean_interval([math.nan]).value)


def test_an_infinite_replication_is_refused() -> None:
    assert message(lambda: mean_interval([1.0, math.inf])) == (
        "a replication is infinite; give NaN for a measure that does not exist"
    )


# --- bootstrap


def test_a_bootstrap_mean_has_the_published_standard_error() -> None:
    # Efron and Tibshirani (1993), table 2.2: the standard error of the mean is 23.36 with all resamples.
    mean = bootstrap_mean(TREATED, confidence=0.6826894921370859, resamples=20_000)
    assert mean.value == pytest.approx(86.857, abs=1e-3)
    assert (mean.high - mean.low) / 2 == pytest.approx(23.36, rel=0.03)


def test_a_bootstrap_against_every_resample_there_is() -> None:
    five = TREATED[:5]
    means = np.array([np.mean(sample) for sample in itertools.product(five, repeat=5)])
    medians = np.array([np.median(sample) for sample in itertools.product(five, repeat=5)])
    mean, median = bootstrap_mean(five, resamples=50_000), bootstrap_percentile(five, 0.5, resamples=50_000)
    assert (mean.low, mean.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), rel=0.02)
    assert (median.low, median.high) == tuple(np.quantile(medians, [0.025, 0.975]))


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(1).exponential(size=500)
    assert bootstrap_percentile(values, 0.9, seed=4) == bootstrap_percentile(pd.Series(values), 0.9, seed=4)
    assert bootstrap_percentile(values, 0.9, seed=4) != bootstrap_percentile(values, 0.9, seed=5)
    assert bootstrap_percentile(values, 0.9).value == np.quantile(values, 0.9)


def test_a_bootstrap_of_many_values_has_the_spread_of_theory() -> None:
    # The mean of a resample has the standard error s / sqrt(n); the rank of its 90th percentile is binomial
    # in the sample, with variance n * 0.9 * 0.1.
    values = np.random.default_rng(2).exponential(size=200_000)
    one_sd = 0.6826894921370859
    mean = bootstrap_mean(values, confidence=one_sd, resamples=20_000)
    assert mean.value == pytest.approx(values.mean(), rel=1e-12)
    assert (mean.high - mean.low) / 2 == pytest.approx(values.std() / math.sqrt(len(values)), rel=0.03)
    tail = bootstrap_percentile(values, 0.9, confidence=one_sd, resamples=20_000)
    ranks = 180_000 + np.array([-1, 1]) * math.sqrt(18_000)
    assert (tail.low, tail.high) == pytest.approx(tuple(np.sort(values)[ranks.round().astype(int)]), rel=2e-4)


@pytest.mark.parametrize("seed", range(3))
def test_a_mean_that_hangs_on_a_few_values_has_the_spread_of_plain_resamples(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lone = np.append(np.zeros(9_999), 1e6)  # how often it is drawn is Poisson: 0 to 3 times in 95 %
    found = bootstrap_mean(lone)
    assert (found.low, found.high) == (0.0, 300.0)
    for values in (rng.pareto(1.1, 2_000), rng.lognormal(0, 3, 2_000), rng.normal(0, 1, 500)):
        means = [rng.choice(values, len(values)).mean() for _ in range(4_000)]
        low, high = np.quantile(means, [0.025, 0.975])
        found = bootstrap_mean(values, resamples=10_000)
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.08 * (high - low))


def test_equal_values_have_no_spread() -> None:
    assert bootstrap_mean([3.0] * 10) == (3.0, 3.0, 3.0)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: bootstrap_mean([1.0]), "a bootstrap of 1 values; give at least two finite numbers"),
        (
            lambda: bootstrap_mean([1.0, math.nan]),
            "a bootstrap of 2 values, of which some are not finite; give at least two finite numbers",
        ),
        (
            lambda: bootstrap_mean(np.ones((2, 2))),
            "a bootstrap of an array of 2 dimensions; give at least two finite numbers",
        ),
        (lambda: bootstrap_mean([1, 2], resamples=10), "resamples must be a whole number at least 100, got 10"),
        (lambda: bootstrap_mean([1, 2], seed=-1), "seed must be a whole number at least 0, got -1"),
        (
            lambda: bootstrap_percentile([1, 2], 90),
            "fraction must be a number in (0, 1), got 90; write 0.9 for 90 %",
        ),
        (
            lambda: bootstrap_mean([1, 2], confidence=95),
            "confidence must be a number in (0, 1), got 95; write 0.95 for 95 %",
        ),
    ],
)
def test_what_cannot_be_resampled_is_refused(make: Callable[[], Any], text: str) -> None:
    assert message(make) == text


# --- Kaplan-Meier


def test_a_survival_curve_as_published() -> None:
    # D. G. Kleinbaum and M. Klein, "Survival Analysis", 3rd ed. (2012), table 2.1 of group 1.
    weeks, relapsed = zip(*REMISSION, strict=True)
    curve = kaplan_meier(weeks, relapsed)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.events.tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert curve.survival.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.quantile(0.5) == 23
    assert curve.quantile(0.6) is None


def test_the_mean_of_a_curve_is_restricted() -> None:
    # R's survfit(Surv(time, relapse) ~ group, gehan): the restricted mean up to week 35 is 23.3 under 6-MP; under
    # placebo nobody is censored, and it is the plain mean.
    weeks, relapsed = zip(*REMISSION, strict=True)
    assert kaplan_meier(weeks, relapsed).restricted_mean(35) == pytest.approx(23.3, abs=0.05)
    placebo = kaplan_meier(PLACEBO, [True] * len(PLACEBO))
    assert placebo.quantile(0.5) == 8
    assert placebo.restricted_mean() == pytest.approx(np.mean(PLACEBO))
    assert placebo.restricted_mean(100) == pytest.approx(np.mean(PLACEBO))
    assert placebo.restricted_mean(10) == pytest.approx(np.minimum(PLACEBO, 10).mean())


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60))
def test_a_survival_curve_against_statsmodels(rows: list[tuple[int, bool]]) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    waits, gone = (np.array(column) for column in zip(*rows, strict=True))
    curve = kaplan_meier(waits, gone)
    if not gone.any():
        assert not len(curve.times)
        return
    expected = SurvfuncRight(waits.astype(float), gone.astype(int))
    assert curve.times.tolist() == expected.surv_times.tolist()
    assert curve.survival == pytest.approx(expected.surv_prob, abs=1e-12)
    assert curve.at_risk.tolist() == expected.n_risk.tolist()
    assert curve.events.tolist() == expected.n_events.tolist()
    some_left = curve.survival > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        assert curve.standard_error[some_left] == pytest.approx(np.asarray(expected.surv_prob_se)[some_left], abs=1e-12)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.floats(0.01, 1.0))
def test_without_censoring_the_curve_is_the_sample(waits: list[int], fraction: float) -> None:
    curve = kaplan_meier(waits, [True] * len(waits))
    moments = np.arange(0, 32)
    assert curve.at(moments) == pytest.approx([np.mean(np.array(waits) > moment) for moment in moments])
    quantile = curve.quantile(fraction)
    assert quantile is not None
    assert np.mean(np.array(waits) <= quantile) >= fraction - 1e-9
    assert np.mean(np.array(waits) < quantile) < fraction


def test_a_curve_is_not_known_beyond_the_last_censored() -> None:
    curve = kaplan_meier([2, 4, 6], [True, False, False])
    assert curve.at([5, 6, 7, math.nan]).tolist() == pytest.approx([2 / 3, 2 / 3, math.nan, math.nan], nan_ok=True)
    assert message(lambda: curve.restricted_mean(7)) == (
        "the survival curve ends at 6, before the limit 7; give at most 6"
    )
    assert curve.restricted_mean() == pytest.approx(2 + 4 * 2 / 3)


def test_a_curve_gives_its_frame() -> None:
    frame = kaplan_meier([2, 4, 4, 6], [1, 1, 0, 1]).to_frame()
    assert frame.columns.tolist() == ["time", "at_risk", "events", "survival", "standard_error"]
    assert frame["at_risk"].tolist() == [4, 3, 1]


@pytest.mark.parametrize(
    ("waits", "gone", "text"),
    [
        ([], [], "no durations; give at least one"),
        ([1, 2], [True], "2 durations and 1 flags; give one flag for each duration"),
        ([1, 2], [True, 2], "a flag is neither true nor false; write True or False"),
        (
            [1, -2, math.nan],
            [True, True, False],
            "a duration must be a finite number of at least 0, got -2 (rows 1, 2); correct it or leave it out",
        ),
    ],
)
def test_each_fault_of_durations_has_its_message(waits: list[float], gone: list[Any], text: str) -> None:
    assert message(lambda: kaplan_meier(waits, gone)) == text


VALUES, COUNTS = [1.0, 2.0, 5.0, 9.0], [4, 3, 2, 6]


def test_counts_stand_for_values_that_occur_often():
    spread = np.repeat(VALUES, COUNTS)
    for one, other in (
        (bootstrap_mean(VALUES, counts=COUNTS), bootstrap_mean(spread)),
        (bootstrap_percentile(VALUES, 0.4, counts=COUNTS), bootstrap_percentile(spread, 0.4)),
    ):
        assert one.value == pytest.approx(other.value)
        # The same resamples in law, drawn otherwise.
        assert one.low == pytest.approx(other.low, abs=0.3)
        assert one.high == pytest.approx(other.high, abs=0.3)


@settings(max_examples=30, deadline=None)
@given(
    counts=st.lists(st.integers(1, 5), min_size=4, max_size=4).filter(lambda often: sum(often) > 1),
    fraction=st.floats(0.01, 0.99),
)
def test_a_percentile_of_counts_is_that_of_the_values(counts, fraction):
    found = bootstrap_percentile(VALUES, fraction, counts=counts, resamples=100)
    assert found.value == pytest.approx(np.quantile(np.repeat(VALUES, counts), fraction))


def test_a_survival_curve_of_counts_is_that_of_the_durations():
    seen = [True, False, True, False]
    one = kaplan_meier(VALUES, seen, counts=COUNTS)
    other = kaplan_meier(np.repeat(VALUES, COUNTS), np.repeat(seen, COUNTS))
    for name in ("times", "survival", "standard_error", "at_risk", "events"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


@pytest.mark.parametrize("counts", [[1, 2, 3], [1, 2, 3, 0], [1, 2, 3, 1.5]])
def test_counts_that_are_none_are_refused(counts):
    for ask in (
        lambda: kaplan_meier(VALUES, [True] * 4, counts=counts),
        lambda: bootstrap_mean(VALUES, counts=counts),
    ):
        with pytest.raises(DataError, match="counts must be whole numbers of at least 1, one for each value"):
            ask()
    with pytest.raises(DataError, match="a bootstrap of 1 values; give at least two finite numbers"):
        bootstrap_mean([2.0], counts=[1])
