"""Theory against simulation, as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

import wfm
from wfm.errors import DataError


@pytest.fixture(scope="module")
def found():
    return wfm.selfcheck(replications=10)


def test_theory_and_simulation_agree(found):
    frame = found.to_frame()
    assert found.passed
    assert set(frame["case"]) >= {"Erlang B", "Erlang C", "Erlang A", "chat, 3 sessions", "SIPP, a day"}
    # Blocking of 10 agents at 8 erlangs, as in any table of Erlang B.
    row = frame[(frame["case"] == "Erlang B") & (frame["figure"] == "blocking")].iloc[0]
    assert row["theory"] == pytest.approx(0.1217, abs=1e-4)
    assert row["low"] <= row["simulated"] <= row["high"]
    assert str(found).startswith("theory and simulation agree: 10 replications each, seed 0, ")
    assert "<table" in found._repr_html_()


def test_a_figure_far_off_fails(found):
    wrong = found.to_frame()
    wrong.loc[0, "z"] = -5.0
    other = replace(found, frame=wrong)
    assert not other.passed
    assert "DISAGREE" in str(other)


def test_too_few_replications():
    with pytest.raises(DataError, match="replications must be a whole number at least 5"):
        wfm.selfcheck(replications=2)


def test_the_name_costs_nothing_until_it_is_used():
    code = "import sys, wfm; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
