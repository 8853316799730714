"""The page of a plan: that it says what the stages found, and that a browser shows it whole."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm import planning, testing
from wfm.report import figures, page, tables


@pytest.fixture(scope="module")
def made() -> planning.Plan:
    history = testing.make_history(weeks=8)
    centre = replace(testing.make_centre(), name="desk <b>&</b> phone")
    first = history["start"].max().tz_convert(centre.tz).date() + timedelta(days=1)
    horizon = wfm.Horizon(first, weeks=1, interval=centre.interval, tz=centre.tz)
    return wfm.plan(history, centre, horizon, replications=5)


@pytest.fixture(scope="module")
def html(made: planning.Plan) -> str:
    return made.report().html


def test_the_page_loads_nothing_from_elsewhere(html: str) -> None:
    assert not re.search(r"""(src|href)=["'](https?:)?//""", html)
    assert "<script" not in html


def test_names_are_escaped(html: str) -> None:
    assert "desk &lt;b&gt;&amp;&lt;/b&gt; phone" in html
    assert "desk <b>" not in html


def test_the_headline_is_what_the_stages_found(made: planning.Plan, html: str) -> None:
    row = made.simulation.summary.set_index("queue").iloc[0]
    assert f"{100 * row['service_level']:.1f} % in time" in html
    assert f"<b>{made.forecast.to_frame()['offered'].sum():,.0f}</b>" in html
    assert f"<b>{made.roster.headcount:,}</b>" in html
    assert f"<b>{made.roster.paid_h:,.0f}</b>" in html


def test_a_missed_target_is_marked_and_all_queues_are_judged_together() -> None:
    names = ["queue", "service_level", "target_fraction", "asa_s", "target"]
    rows = [
        ["a", 0.9, 0.95, 5468.0, "95 % done within 1d"],
        ["b", 0.9, 0.8, 20.0, "80 %"],
        ["all", 0.9, None, None, None],
    ]
    summary = pd.DataFrame(rows, columns=names).astype({"target_fraction": float, "asa_s": float})
    found = page._proofs(SimpleNamespace(summary=summary))
    assert [row["missed"] for row in found] == [True, False, False]
    assert [row["waited"] for row in found] == ["91 min", "20 s", None]
    assert found[-1]["target"] == "all targets of all queues at once"


def test_there_is_a_picture_for_each_thing_to_look_at(made: planning.Plan, html: str) -> None:
    queues = made.forecast.to_frame()["queue"].nunique()
    assert html.count("<svg") == 3 * queues + 2  # fan, staff and level by queue; heat map and Gantt


def test_an_assumed_handle_time_is_named(made: planning.Plan) -> None:
    bare = made.history[["queue", "start", "offered"]]
    assert any("is an assumption" in line for line in tables.assumptions(made.centre, bare))
    measured = bare.assign(aht_s=180.0)
    assert not any("is an assumption" in line for line in tables.assumptions(made.centre, measured))


def test_the_level_of_a_day_is_weighted_by_contacts() -> None:
    start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="UTC")
    rows = pd.DataFrame({"start": start, "offered": [90.0, 10.0], "service_level": [0.9, 0.4]})
    level = tables._weighted_level(rows, start.tz)
    assert level.iloc[0] == pytest.approx((90 * 0.9 + 10 * 0.4) / 100)


def test_hours_by_contract_add_up_to_the_roster(made: planning.Plan) -> None:
    table = tables.by_contract(made.roster, made.centre)
    assert table["Shifts"].str.replace(",", "").astype(int).sum() == len(made.roster.shifts)
    assert table["People"].sum() == len(made.centre.employees)


def test_cost_terms_add_up_to_the_objective(made: planning.Plan) -> None:
    table = tables.cost_terms(made.roster, "EUR")
    assert table.iloc[-1].tolist() == ["Sum", f"{made.roster.objective:,.0f}"]


def test_shortages_are_listed_the_worst_first() -> None:
    start = pd.date_range("2026-11-02 09:00", periods=3, freq="30min", tz="UTC")
    coverage = pd.DataFrame(
        {
            "queue": "calls",
            "start": start,
            "required": [5.0, 5.0, 5.0],
            "rostered": [4.0, 5.0, 2.0],
            "under": [1.0, 0.0, 3.0],
            "over": [0.0, 0.0, 0.0],
        }
    )
    table = tables.shortages(coverage, 0.5)
    assert table["Short"].tolist() == ["3.0", "1.0"]
    assert table["Hours"].tolist() == ["1.5", "0.5"]
    assert table["Interval"].tolist() == ["Mon 02 Nov 10:00", "Mon 02 Nov 09:00"]


def test_the_fan_compares_with_the_latest_same_weekday() -> None:
    past = pd.date_range("2026-10-19", periods=14 * 48, freq="30min", tz="UTC")
    offered = pd.Series(np.arange(len(past), dtype=float), index=past)
    ahead = pd.Series(pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="UTC"))
    assert figures._same_weekday(offered, ahead).tolist() == [7 * 48 + 18, 7 * 48 + 19]


def test_a_plan_for_which_nobody_is_there_is_refused(made: planning.Plan) -> None:
    away = wfm.Unavailability(start=made.horizon.dates[0], end=made.horizon.dates[-1] + timedelta(days=1))
    people = tuple(replace(person, unavailable=(away,)) for person in made.centre.employees)
    with pytest.raises(wfm.DataError, match="nobody works"):
        wfm.plan(made.history, replace(made.centre, employees=people), made.horizon, replications=2)


def test_a_browser_shows_the_page_without_sideways_scrolling(html: str, chromium: str, tmp_path: Path) -> None:
    probe = "<script>document.title = [innerWidth, document.documentElement.scrollWidth].join(' ')</script>"
    shown_page = tmp_path / "plan.html"
    shown_page.write_text(html.replace("</body>", f"{probe}</body>"), encoding="utf-8")
    words = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--window-size=1200,900",
        "--dump-dom",
        shown_page.as_uri(),
    ]
    shown = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r"<title>(\d+) (\d+)</title>", shown)
    assert found is not None
    width, scrolled = map(int, found.groups())
    assert width > 800
    assert scrolled <= width


def test_a_forecast_and_a_requirement_of_ones_own_are_reported_too(made: planning.Plan, html: str) -> None:
    own = wfm.report.plan(
        made.history,
        made.forecast.to_frame()[["queue", "start", "offered"]],
        made.requirement.to_frame()[["queue", "start", "agents", "scheduled"]].sample(frac=1.0, random_state=1),
        made.roster,
        made.simulation,
        centre=made.centre,
    )
    headline = r"[\d,]+ contacts"
    assert re.findall(headline, own.html) == re.findall(headline, html)
