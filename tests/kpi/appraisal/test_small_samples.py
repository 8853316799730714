"""Small samples against published examples, closed forms and repeated draws from a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wfm.errors import DataError
from wfm.kpi.appraisal import shrink_counts, shrink_means, shrink_rates

# B. Efron and C. Morris, "Stein's paradox in statistics", Scientific American 236/5 (1977), 119-127: hits of 18 players
# in their first 45 times at bat in 1970, and the James-Stein estimates of their table.
HITS = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
STEIN = [0.294, 0.289, 0.285, 0.280, 0.275, 0.275, 0.270, 0.266, 0.261, 0.261, *[0.256] * 5, 0.252, 0.247, 0.242]

# C. A. Hachemeister, "Credibility for regression models" (1975), five states; the Bühlmann-Straub estimates are those
# of M. J. Goovaerts and W. J. Hoogstad, "Credibility Theory" (1987), as shown for the package actuar.
CLAIMS = np.array([100155.0, 19895.0, 13735.0, 4152.0, 36110.0])
SEVERITY = np.array([2060.921, 1511.224, 1805.843, 1352.976, 1599.829])
WITHIN, BETWEEN = 139_120_026.0, 89_638.73
CREDIBILITY = [0.9847, 0.9276, 0.8985, 0.7279, 0.9588]


def test_the_batting_averages_of_efron_and_morris():
    share = np.array(HITS) / 45
    found = shrink_means(share, [share.mean() * (1 - share.mean()) / 45] * 18)
    assert found.value.round(3).tolist() == STEIN
    assert found.own == pytest.approx(np.full(18, 0.212), abs=5e-4)


def test_the_batting_averages_by_the_beta_binomial_are_near_to_those_of_the_normal():
    found = shrink_rates(HITS, [45] * 18)
    assert np.abs(found.value - STEIN).max() < 0.005


def test_the_credibility_of_hachemeisters_states():
    found = shrink_means(SEVERITY, WITHIN / CLAIMS)
    assert found.between == pytest.approx(BETWEEN, rel=1e-5)
    assert (1 / (1 + WITHIN / CLAIMS / found.between)).round(4).tolist() == CREDIBILITY


def test_a_rate_is_the_posterior_of_its_prior():
    rng = np.random.default_rng(1)
    n = rng.integers(5, 60, 40)
    x = rng.binomial(n, rng.beta(12, 4, 40))
    found = shrink_rates(x, n, confidence=0.9)
    assert 0 < found.between < 1
    for k in range(0, 40, 7):
        strength = n[k] * (1 - found.own[k]) / found.own[k]
        prior = stats.beta(strength * found.toward[k], strength * (1 - found.toward[k]))
        grid = (np.arange(40_000) + 0.5) / 40_000
        mass = prior.pdf(grid) * stats.binom.pmf(x[k], n[k], grid)
        mass /= mass.sum()
        assert found.value[k] == pytest.approx(float(mass @ grid), abs=1e-5)
        # The interval is that of the posterior, and a little wider, since the prior was estimated.
        low, high = np.interp([0.05, 0.95], np.cumsum(mass), grid)
        assert found.low[k] <= low + 1e-4
        assert found.high[k] >= high - 1e-4
        assert found.high[k] - found.low[k] < 1.3 * (high - low)


def test_a_count_is_the_posterior_of_its_prior():
    rng = np.random.default_rng(2)
    t = rng.uniform(50, 400, 60)
    x = rng.poisson(t * 0.05 * rng.gamma(3, 1 / 3, 60))
    found = shrink_counts(x, t, confidence=0.9)
    assert found.between == pytest.approx(1 / 3, abs=0.2)
    for k in range(0, 60, 11):
        strength = t[k] * (1 - found.own[k]) / found.own[k]
        posterior = stats.gamma(strength * found.toward[k] + x[k], scale=1 / (strength + t[k]))
        assert found.value[k] == pytest.approx(posterior.mean(), rel=1e-9)
        low, high = posterior.ppf([0.05, 0.95])
        assert found.low[k] <= low
        assert found.high[k] >= high
        assert found.high[k] - found.low[k] < 1.3 * (high - low)


@pytest.mark.parametrize("kind", ["rate", "count", "mean"])
def test_estimates_are_nearer_to_the_truth_and_intervals_hold_it_as_often_as_they_say(kind):
    rng = np.random.default_rng(3)
    raw_off, off, inside, size = 0.0, 0.0, 0, 0
    for _ in range(25):
        n = rng.integers(8, 80, 120).astype(float)
        team = rng.integers(0, 6, 120)
        if kind == "rate":
            truth = rng.beta(14, 6, 120)
            x = rng.binomial(n.astype(int), truth)
            found = shrink_rates(x, n, teams=team)
        elif kind == "count":
            truth = 0.1 * rng.gamma(8, 1 / 8, 120)
            x = rng.poisson(n * truth)
            found = shrink_counts(x, n, teams=team)
        else:
            truth = 300 + 25 * rng.standard_normal(120)
            found = shrink_means(truth + 150 / np.sqrt(n) * rng.standard_normal(120), 150**2 / n, teams=team)
        raw_off += float(((found.raw - truth) ** 2).sum())
        off += float(((found.value - truth) ** 2).sum())
        inside += int(((found.low <= truth) & (truth <= found.high)).sum())
        size += 120
    assert off < 0.75 * raw_off
    assert 0.93 < inside / size < 0.97


def test_each_is_pulled_to_the_mean_of_the_own_team():
    rng = np.random.default_rng(4)
    team = np.repeat(["low", "high"], 30)
    truth = np.where(team == "low", 0.6, 0.9)
    n = np.full(60, 20)
    found = shrink_rates(rng.binomial(n, truth), n, teams=list(team))
    assert len(set(found.toward[:30])) == 1
    assert found.toward[0] == pytest.approx(0.6, abs=0.05)
    assert found.toward[59] == pytest.approx(0.9, abs=0.05)
    # Within a team all are equal, so nearly all of what is seen is chance.
    assert found.own.max() < 0.2


def test_no_sample_is_missing_and_no_event_is_not_certain():
    found = shrink_rates([0, 0, 0, 5, 0, 0], [0, 10, 10, 5, 10, 4])
    assert np.isnan([found.value[0], found.low[0], found.high[0]]).all()
    assert (found.high[1:] > 0.01).all()
    nothing = shrink_counts([0, 0, 0, 0, 0], [10, 20, 30, 40, 50])
    assert (nothing.value > 0).all()
    assert (nothing.low <= nothing.value).all()
    assert shrink_rates([3, 2], [4, 2]).value.tolist() == [0.75, 1.0]  # two people tell nothing of people
    assert list(found.to_frame().columns) == ["raw", "value", "low", "high", "sd", "own", "toward"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=25), st.randoms())
def test_order_of_employees_does_not_matter_and_values_lie_between_own_and_team(pairs, random):
    x, n = [min(a, b) for a, b in pairs], [max(a, b) for a, b in pairs]
    found = shrink_rates(x, n)
    mixed = list(range(len(pairs)))
    random.shuffle(mixed)
    again = shrink_rates([x[k] for k in mixed], [n[k] for k in mixed])
    assert again.value == pytest.approx(found.value[mixed], nan_ok=True)
    seen = np.array(n) > 0
    ends = np.sort(np.array([found.raw[seen], found.toward[seen]]), axis=0)
    assert (found.value[seen] >= ends[0] - 1e-12).all()
    assert (found.value[seen] <= ends[1] + 1e-12).all()
    assert ((found.low[seen] <= found.value[seen]) & (found.value[seen] <= found.high[seen])).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shrink_rates([5, 1], [4, 2]), "more successes than trials (row 0); correct the counts"),
        (lambda: shrink_rates([1], [2, 3]), "1 successes and 2 trials; give one number of each for every employee"),
        (lambda: shrink_counts([-1], [2]), "events must be finite numbers of at least 0 (row 0); correct the counts"),
        (lambda: shrink_counts([1], [0]), "events without exposure (row 0); correct the counts"),
        (lambda: shrink_means([1.0], [0.0]), "a variance is not a number above 0 (row 0); give that of the mean"),
        (lambda: shrink_means([1.0], [1.0, 2.0]), "1 means and 2 variances; give one variance for each mean"),
        (lambda: shrink_rates([1, 1], [2, 2], teams=["a"]), "1 teams for 2 employees; give one team for each"),
        (lambda: shrink_rates([1, 1], [2, 2], teams=["a", None]), "a team is missing (row 1); name it"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: shrink_rates(["1", "2"], [3, 4]), "successes are no numbers"),
        (lambda: shrink_counts([1, 2], np.array(["3", "x"], dtype=object)), "exposure are no numbers"),
        (lambda: shrink_means([1.0, np.inf], [1.0, 1.0]), r"a mean is not finite \(row 1\)"),
    ],
)
def test_numbers_that_are_none(ask, message):
    with pytest.raises(DataError, match=message):
        ask()
