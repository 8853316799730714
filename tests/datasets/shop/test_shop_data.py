"""The shop's history: reproducible, as random as it says it is, with its special days in sight."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.calendar import Calendar
from wfm.datasets import ecommerce
from wfm.domain.people import ContractKind
from wfm.errors import DataError
from wfm.schema import as_frame
from wfm.testing import assert_frame_valid


@pytest.fixture(scope="module")
def shop():
    return ecommerce(seed=0)


@pytest.fixture(scope="module")
def by_day(shop):
    day = shop.history["start"].dt.date
    return shop.history.assign(day=day).pivot_table(index="day", columns="queue", values="offered", aggfunc="sum")


def test_it_is_a_history_of_every_half_hour(shop):
    assert_frame_valid(shop, "history")
    assert len(shop.history) == 6 * 48 * 730
    assert str(shop.history["start"].iloc[0]) == "2024-11-01 00:00:00+08:00"
    assert str(shop.history["start"].iloc[-1]) == "2026-10-31 23:30:00+08:00"
    assert (shop.history["aht_s"].isna() == (shop.history["offered"] == 0)).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    one, same, other = (ecommerce(seed=seed, scale=0.1, years=1) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one.history, same.history, check_exact=True)
    pd.testing.assert_frame_equal(one.intensity, same.intensity, check_exact=True)
    assert one.centre == same.centre
    assert not one.history["offered"].equals(other.history["offered"])


def test_a_day_is_the_same_in_a_shorter_span(shop):
    short = ecommerce(seed=0, years=1)
    longer = shop.history[shop.history["start"] >= short.history["start"].min()].reset_index(drop=True)
    pd.testing.assert_frame_equal(short.history, longer, check_exact=True)


def randomness(shop, queue, first="2026-06-29", end="2026-09-28"):
    """Index of dispersion and lag-1 correlation within the day about the mean by weekday and time: 13 plain weeks."""
    history = shop.history[shop.history["queue"] == queue]
    history = history[(history["start"] >= f"{first} 00:00+08:00") & (history["start"] < f"{end} 00:00+08:00")]
    offered = history["offered"].to_numpy().reshape(13, 7, 48)
    mean = offered.mean(axis=0)
    rest = offered - mean
    dispersion = (rest**2).sum() / (13 - 1) / mean.sum()
    correlation = np.corrcoef(rest[:, :, :-1].ravel(), rest[:, :, 1:].ravel())[0, 1]
    return dispersion, correlation


# Issue: index of dispersion near 4, lag-1 correlation near .6. The bands are those of 13 weeks, which are random.
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_phone_and_chat_are_as_random_as_real_series(seed):
    shop = ecommerce(seed=seed, years=1)
    for queue in ("phone", "chat"):
        dispersion, correlation = randomness(shop, queue)
        assert 3.2 < dispersion < 4.8, (queue, dispersion)
        assert 0.5 < correlation < 0.7, (queue, correlation)


def test_counts_are_poisson_about_their_rate(shop):
    truth = shop.intensity["rate"].to_numpy()
    known = truth > 5
    chi = ((shop.history["offered"].to_numpy() - truth) ** 2 / truth)[known]
    # The mean of (N - r)^2 / r is 1, with variance 2 + 1 / r.
    assert abs(chi.mean() - 1) < 5 * np.sqrt(2.2 / known.sum())


def test_the_random_factors_have_mean_1(shop):
    total = shop.intensity.groupby("queue")[["mean", "rate"]].sum()
    assert (abs(total["rate"] / total["mean"] - 1) < 0.03).all()


@pytest.mark.parametrize("year", [2025, 2026])
def test_618_peaks_and_its_returns_follow(by_day, year):
    plain = by_day.loc[date(year, 4, 20) : date(year, 5, 18)].drop(date(2026, 5, 1), errors="ignore").median()
    assert by_day.loc[date(year, 6, 18), ["phone", "chat"]].sum() > 1.4 * plain[["phone", "chat"]].sum()
    returns = by_day.loc[date(year, 6, 20) : date(year, 6, 24)].mean()
    assert returns["inquiries"] > 1.3 * plain["inquiries"]


@pytest.mark.parametrize("year", [2024, 2025])
def test_the_eleventh_of_november_peaks_after_a_presale_and_before_its_returns(by_day, year):
    live = by_day[["phone", "chat"]].sum(axis=1)
    plain = live.loc[date(year, 11, 23) : date(year, 12, 7)].median()
    assert live[date(year, 11, 11)] > 1.6 * plain
    assert live.loc[date(year, 11, 1) : date(year, 11, 2)].mean() > 1.15 * plain
    quiet = by_day["inquiries"].loc[date(year, 11, 23) : date(year, 12, 7)].median()
    assert by_day["inquiries"].loc[date(year, 11, 14) : date(year, 11, 18)].mean() > 1.3 * quiet


def test_the_sale_opens_at_midnight(shop):
    chat = shop.history[shop.history["queue"] == "chat"].set_index("start")["offered"]
    first_hours = chat.loc["2025-11-11 00:00+08:00":"2025-11-11 01:30+08:00"].sum()
    assert first_hours > 3 * chat.loc["2025-12-02 00:00+08:00":"2025-12-02 01:30+08:00"].sum()


@pytest.mark.parametrize("first", [date(2025, 1, 29), date(2026, 2, 17)])
def test_the_new_year_is_quiet_and_late(by_day, shop, first):
    total = by_day.sum(axis=1)
    before = total.loc[: first - pd.Timedelta(days=9)].tail(14).median()
    assert total[first] < 0.55 * before
    chat = shop.intensity[shop.intensity["queue"] == "chat"]
    day, hour = chat["start"].dt.date, chat["start"].dt.hour
    plain = first + pd.Timedelta(days=21)
    morning = [
        chat["mean"][(day == d) & hour.between(8, 10)].sum() / chat["mean"][day == d].sum() for d in (first, plain)
    ]
    assert morning[0] < 0.9 * morning[1]


def test_the_outage_silences_phone_and_chat_and_fills_the_rest(by_day, shop):
    day = shop.history[shop.history["start"].dt.date == date(2026, 4, 14)]
    down = day[(day["start"].dt.hour >= 10) & (day["start"].dt.hour < 15)].groupby("queue")["offered"].sum()
    usual = shop.history[shop.history["start"].dt.date == date(2026, 4, 21)]
    usual = usual[(usual["start"].dt.hour >= 10) & (usual["start"].dt.hour < 15)].groupby("queue")["offered"].sum()
    assert (down[["phone", "chat"]] < 0.05 * usual[["phone", "chat"]]).all()
    assert (down[["social", "messages"]] > 1.2 * usual[["social", "messages"]]).all()


def test_it_grows(by_day):
    plain = (
        by_day.loc[date(2025, 7, 6) : date(2025, 9, 27)].sum(),
        by_day.loc[date(2026, 7, 5) : date(2026, 9, 26)].sum(),
    )
    assert plain[1]["chat"] > 1.08 * plain[0]["chat"]


def test_handle_times_are_those_of_the_queues(shop):
    history = shop.history.dropna()
    work = (history["offered"] * history["aht_s"]).groupby(history["queue"]).sum()
    mean = work / history.groupby("queue")["offered"].sum()
    for queue in shop.centre.queues:
        assert mean[queue.name] == pytest.approx(queue.aht_s, rel=0.02)


def test_the_centre_is_as_the_issue_says(shop):
    centre = shop.centre
    assert len(centre.employees) == 120
    kinds = pd.Series([centre.contract(person.contract).kind for person in centre.employees]).value_counts()
    assert kinds[ContractKind.PART] == 42
    assert kinds[ContractKind.TEMPORARY] == 12
    assert len({person.queues for person in centre.employees}) == 5
    assert sum(len(person.queues) > 1 for person in centre.employees) > 40
    assert len({skill.proficiency for person in centre.employees for skill in person.skills}) > 20
    assert sum(bool(person.unavailable) for person in centre.employees) > 80
    wishes = [wish.day for person in centre.employees for wish in person.preferences]
    assert len(wishes) > 60
    assert min(wishes) >= shop.end_day
    assert Calendar.of(centre).events_on(date(2026, 4, 14))[0].name == "platform outage"


@pytest.mark.parametrize(("scale", "heads"), [(0.01, 14), (0.05, 18), (0.2, 34), (1.5, 173)])
def test_a_centre_of_any_size_serves_every_queue(scale, heads):
    centre = ecommerce(scale=scale, years=1).centre
    assert len(centre.employees) == heads
    assert {queue for person in centre.employees for queue in person.queues} == {q.name for q in centre.queues}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed must be a whole number at least 0, got -1"),
        ({"scale": 0}, r"scale must be a number in \(0, 10\], got 0"),
        ({"years": 5}, "years must be a whole number from 1 to 4, got 5"),
    ],
)
def test_parameters_out_of_range_are_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        ecommerce(**arguments)


def test_it_prints_itself(shop):
    assert "120 people, 6 queues, Asia/Shanghai" in str(shop)
    assert shop._repr_html_().startswith("<pre>")
    assert as_frame(shop, "history").equals(shop.history)
