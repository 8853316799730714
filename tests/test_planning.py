"""The stages chained: what one stage gives is what the next one takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import wfm
from wfm import planning, roster, schema, testing
from wfm.errors import DataError


@pytest.fixture(scope="module")
def made() -> planning.Plan:
    return _plan()


def _plan(**options: object) -> planning.Plan:
    history, centre = testing.make_history(weeks=8), testing.make_centre()
    first = history["start"].max().tz_convert(centre.tz).date() + timedelta(days=1)
    options = {"replications": 5, **options}
    return wfm.plan(history, centre, wfm.Horizon(first, weeks=1, interval=centre.interval, tz=centre.tz), **options)


def test_each_frame_is_valid(made: planning.Plan) -> None:
    frames = made.frames()
    for name in ("forecast", "requirement", "shifts", "activities", "coverage"):
        schema.check(frames[name], name)


def test_the_stages_speak_of_the_same_intervals(made: planning.Plan) -> None:
    key = ["queue", "start"]
    forecast = made.forecast.to_frame()[key]
    pd.testing.assert_frame_equal(made.requirement.to_frame()[key], forecast)
    pd.testing.assert_frame_equal(made.roster.coverage[key], forecast)
    pd.testing.assert_frame_equal(made.simulation.to_frame()[key], forecast)


def test_the_roster_covers_what_the_requirement_schedules(made: planning.Plan) -> None:
    coverage, need = made.roster.coverage, made.requirement.to_frame()
    assert (coverage["required"].to_numpy() == need["scheduled"].to_numpy()).all()


def test_the_roster_breaks_no_rule(made: planning.Plan) -> None:
    assert roster.check(made.roster, made.centre, made.requirement) == []


def test_the_same_input_and_seed_give_the_same_bytes(made: planning.Plan) -> None:
    again = _plan()
    assert str(again) == str(made)
    for name, frame in made.frames().items():
        assert again.frames()[name].to_csv() == frame.to_csv(), name
    assert again.report().html == made.report().html


def test_progress_names_every_stage_in_order() -> None:
    seen: list[str] = []
    _plan(progress=seen.append)
    assert tuple(seen) == planning.STAGES


def test_write_puts_the_page_first(made: planning.Plan, tmp_path: Path) -> None:
    written = made.write(tmp_path / "out")
    assert written[0].name == "plan.html"
    assert written[1].read_text(encoding="utf-8") == f"{made}\n"
    assert {path.stem for path in written[2:]} == set(made.frames())
    assert all(path.stat().st_size for path in written)


def test_every_misfit_of_centre_and_horizon_is_named() -> None:
    history = testing.make_history(weeks=8)
    centre = replace(testing.make_centre(), employees=())
    with pytest.raises(DataError) as caught:
        wfm.plan(history, centre, wfm.Horizon("2030-01-07", weeks=1, interval="15min", tz="UTC"))
    text = str(caught.value)
    assert "the centre has no employees" in text
    assert f"the horizon is in UTC, the centre in {centre.tz}" in text
    assert "the horizon has intervals of 15 min, the centre of 30" in text


def test_a_queue_that_the_centre_does_not_have_is_named() -> None:
    history = testing.make_history(weeks=8).assign(queue="cals")
    centre = testing.make_centre()
    with pytest.raises(DataError, match="unknown queue 'cals'"):
        wfm.plan(history, centre, wfm.Horizon("2030-01-07", weeks=1, interval=centre.interval, tz=centre.tz))


def test_a_queue_without_history_is_refused_and_not_left_without_a_seat() -> None:
    history, centre = testing.make_history(weeks=8), testing.make_centre(cross_skilled=True)
    horizon = wfm.Horizon("2026-03-02", weeks=1, interval=centre.interval, tz=centre.tz)
    with pytest.raises(DataError) as caught:
        wfm.plan(history[history["queue"] == "calls"], centre, horizon)
    (problem,) = caught.value.problems
    assert problem.what == "queue 'orders' of the centre has no history: nobody would be planned for it"
    assert problem.remedy.startswith("give its history, take it out of the centre")


def test_wrong_options_are_found_before_the_first_stage() -> None:
    seen: list[str] = []
    with pytest.raises(DataError) as caught:
        _plan(replications=1, seed=-1, work_limit=-1, time_limit="60", progress=seen.append)
    assert [problem.what.split()[0] for problem in caught.value.problems] == [
        "replications",
        "seed",
        "work_limit",
        "time_limit",
    ]
    assert seen == []


def test_arguments_in_another_order_are_named() -> None:
    history, centre = testing.make_history(weeks=8), testing.make_centre()
    horizon = wfm.Horizon("2026-03-02", weeks=1, tz=centre.tz)
    with pytest.raises(DataError, match=r"a plan of a Horizon and a Centre; write plan\(history, centre, horizon\)"):
        wfm.plan(history, horizon, centre)


def test_a_plan_shows_its_screen_in_a_notebook(made: planning.Plan) -> None:
    assert made._repr_html_().startswith("<pre>Plan of one queue\n")


def test_a_stale_history_is_refused_until_told_otherwise() -> None:
    history, centre = testing.make_history(weeks=8), testing.make_centre(people=6)  # to 2026-02-27, a Friday
    late = wfm.Horizon("2026-05-04", weeks=1, tz=centre.tz)
    with pytest.raises(DataError, match="give stale_after_days=65 or more"):
        wfm.plan(history, centre, late, replications=2)
    made = wfm.plan(history, centre, late, replications=2, stale_after_days=65)
    assert made.forecast.queues == ("calls",)
    with pytest.raises(DataError, match="stale_after_days must be a whole number at least 0, got -1"):
        wfm.plan(history, centre, late, stale_after_days=-1)
