"""The command line as a scheduling script meets it: what is printed, what is written, and the exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from wfm import io, testing
from wfm.forecast import Forecaster
from wfm.timegrid import Horizon


def _run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from wfm.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a centre and its history."""
    folder = tmp_path_factory.mktemp("site")
    io.write_centre(testing.make_centre(), folder / "centre.toml")
    io.write_frame(testing.make_history(weeks=8), folder / "history.csv")
    return folder


@pytest.fixture(scope="module")
def planned(site: Path) -> subprocess.CompletedProcess[str]:
    return _run("plan", "centre.toml", "--history", "history.csv", "--weeks", 1, "--replications", 5, cwd=site)


def test_plan_exits_with_0_and_prints_one_screen(planned: subprocess.CompletedProcess[str]) -> None:
    assert planned.returncode == 0, planned.stderr
    for stage in ("forecast", "requirement", "roster", "simulation", "written"):
        assert stage in planned.stdout


def test_plan_writes_the_page_and_a_file_for_each_frame(site: Path, planned: subprocess.CompletedProcess[str]) -> None:
    assert planned.returncode == 0
    centre = io.read_centre(site / "centre.toml")
    page = (site / "out" / "plan.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    shifts = io.read_frame(site / "out" / "shifts.csv", "shifts", tz=centre.tz)
    assert set(shifts["employee"]) <= {employee.id for employee in centre.employees}
    assert len(pd.read_csv(site / "out" / "simulation.csv")) == len(pd.read_csv(site / "out" / "requirement.csv"))


def test_a_plan_that_is_short_beyond_the_limit_exits_with_3(site: Path) -> None:
    busy = io.read_history(site / "history.csv", tz=testing.make_centre().tz)
    for column in busy.columns.difference(["queue", "start", "within_s", "aht_s"]):
        busy[column] = busy[column] * 20
    io.write_frame(busy, site / "busy.csv")
    words = ("plan", "centre.toml", "--history", "busy.csv", "--weeks", 1, "--replications", 2, "--max-short", 0.1)
    run = _run(*words, "--out", "busy", cwd=site)
    assert run.returncode == 3
    assert "above --max-short 10.00%" in run.stderr
    assert (site / "busy" / "plan.html").exists()


def test_bad_input_exits_with_2_and_names_every_fault(site: Path) -> None:
    text = (site / "centre.toml").read_text(encoding="utf-8")
    assert "0.8" in text
    (site / "wrong.toml").write_text(text.replace("fraction = 0.8", "fraction = 80"), encoding="utf-8")
    run = _run("plan", "wrong.toml", "--history", "history.csv", cwd=site)
    assert run.returncode == 2
    assert "write 0.8 for 80 %" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_file_exits_with_2(site: Path) -> None:
    run = _run("plan", "nowhere.toml", "--history", "history.csv", cwd=site)
    assert run.returncode == 2
    assert "nowhere.toml" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_percentage_for_max_short_is_refused(site: Path) -> None:
    run = _run("plan", "centre.toml", "--history", "history.csv", "--max-short", 5, cwd=site)
    assert run.returncode == 2
    assert "write 0.05 for 5 %" in run.stderr


def test_versions_names_the_library_and_its_solver(site: Path) -> None:
    run = _run("versions", cwd=site)
    assert run.returncode == 0
    assert "wfm" in run.stdout
    assert "ortools" in run.stdout


def test_a_directory_that_cannot_be_written_is_found_before_the_work(site: Path) -> None:
    run = _run("plan", "centre.toml", "--history", "history.csv", "--out", "history.csv", cwd=site)
    assert run.returncode == 2
    assert run.stderr.strip() == (
        "wfm: history.csv: this is a file, not a directory; name a directory that can be made and written to"
    )
    run = _run("plan", "centre.toml", "--history", "history.csv", "--out", "history.csv/out", cwd=site)
    assert run.returncode == 2
    assert "the directory cannot be made: Not a directory" in run.stderr


@pytest.fixture(scope="module")
def rostered(site: Path) -> Path:
    """The directory with a day's forecast and roster beside the centre."""
    start = pd.Timestamp("2026-03-02 08:00", tz="Europe/Berlin")
    starts = pd.date_range(start, periods=8, freq="30min")
    io.write_frame(pd.DataFrame({"queue": "calls", "start": starts, "offered": 40.0}), site / "forecast.csv")
    people = [employee.id for employee in testing.make_centre().employees[:9]]
    rows = {"start": start, "end": start + pd.Timedelta(hours=4), "activity": "work", "queue": "calls"}
    io.write_frame(pd.DataFrame({"employee": people}).assign(**rows), site / "roster.csv")
    return site


def test_simulate_prints_the_result_and_writes_its_frames(rostered: Path) -> None:
    words = ("simulate", "centre.toml", "--forecast", "forecast.csv", "--roster", "roster.csv", "--replications", 10)
    done = _run(*words, "--out", "simulated", cwd=rostered)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("simulation: 10 replications, seed 0\n")
    names = {path.stem for path in (rostered / "simulated").glob("*.csv")}
    assert names == {
        "intervals", "days", "summary", "targets", "groups", "group_intervals", "bases", "by_replication"
    }  # fmt: skip
    assert len(pd.read_csv(rostered / "simulated" / "intervals.csv")) == 8


def test_simulate_until_precise_or_under_stress(rostered: Path) -> None:
    words = ("simulate", "centre.toml", "--forecast", "forecast.csv", "--roster", "roster.csv")
    precise = _run(*words, "--replications", "auto", "--precision", 0.03, cwd=rostered)
    assert "stopped: precise enough" in precise.stdout
    drill = _run(*words, "--replications", 3, "--stress", cwd=rostered)
    assert drill.returncode == 0, drill.stderr
    assert drill.stdout.startswith("drill\n")
    assert "volume x5" in drill.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--replications", "many"), "--replications must be a number or 'auto', got 'many'"),
        (("--precision", "0.01"), "a precision with a fixed number of replications"),
        (("--stress", "--replications", "auto"), "a drill has a fixed number of replications"),
    ],
)
def test_simulate_refuses_what_does_not_go_together(rostered: Path, more: tuple[str, ...], said: str) -> None:
    words = ("simulate", "centre.toml", "--forecast", "forecast.csv", "--roster", "roster.csv")
    done = _run(*words, *more, cwd=rostered)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_selfcheck_prints_theory_beside_simulation(tmp_path: Path) -> None:
    done = _run("selfcheck", "--replications", 5, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "theory and simulation agree" in done.stdout
    assert "Erlang B" in done.stdout


def test_forecast_writes_the_frame_by_the_suffix_and_what_was_found(site: Path) -> None:
    words = ("forecast", "history.csv", "--centre", "centre.toml", "--weeks", 1, "--audit", "audit.csv")
    run = _run(*words, "--out", "new/forecast.parquet", cwd=site)
    assert run.returncode == 0, run.stderr
    assert "Forecast" in run.stdout
    assert "new/forecast.parquet" in run.stdout
    centre = testing.make_centre()
    made = io.read_frame(site / "new" / "forecast.parquet", "forecast", tz=centre.tz)
    testing.assert_frame_valid(made, "forecast")
    history = io.read_history(site / "history.csv", tz=centre.tz)
    assert set(made["queue"]) == set(history["queue"])
    # From the Monday after the history, for a week.
    end = history["start"].max()
    assert end < made["start"].min() <= end + pd.Timedelta(days=8)
    assert made["start"].max() - made["start"].min() < pd.Timedelta(days=7)
    assert list(pd.read_csv(site / "audit.csv").columns) == ["queue", "start", "end", "finding", "action"]


def test_the_forecast_of_the_command_is_that_of_the_library(site: Path) -> None:
    run = _run("forecast", "history.csv", "--centre", "centre.toml", "--weeks", 1, "--out", "one.csv", cwd=site)
    assert run.returncode == 0, run.stderr
    centre = io.read_centre(site / "centre.toml")
    history = io.read_history(site / "history.csv", tz=centre.tz)
    made = io.read_frame(site / "one.csv", "forecast", tz=centre.tz)
    horizon = Horizon(made["start"].min().date(), weeks=1, interval=centre.interval, tz=centre.tz)
    said = Forecaster(calendar=centre).fit(history).predict(horizon).to_frame()
    pd.testing.assert_frame_equal(made[said.columns], said, check_dtype=False)


def test_a_stale_history_is_refused_with_the_remedy_for_every_queue(site: Path) -> None:
    words = ("forecast", "history.csv", "--centre", "centre.toml", "--start", "2027-03-01", "--out", "late.csv")
    run = _run(*words, cwd=site)
    assert run.returncode == 2
    assert "days before the horizon" in run.stderr
    assert "bring it up to date, or give stale_after_days=" in run.stderr
    for queue in testing.make_history(weeks=2)["queue"].unique():
        assert f"the history of queue '{queue}' ends" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (site / "late.csv").exists()
    assert _run(*words, "--stale-after-days", 400, "--weeks", 1, cwd=site).returncode == 0
    assert (site / "late.csv").exists()


def test_a_suffix_without_a_format_is_found_before_the_work(site: Path) -> None:
    run = _run("forecast", "history.csv", "--centre", "centre.toml", "--out", "forecast.txt", cwd=site)
    assert run.returncode == 2
    assert "unknown suffix '.txt'" in run.stderr


def test_a_negative_volume_is_refused_with_its_rows(site: Path) -> None:
    rows = pd.read_csv(site / "history.csv").astype({"offered": float})
    rows.loc[[3, 5], "offered"] = -1.0
    rows.to_csv(site / "faulty.csv", index=False)
    run = _run("forecast", "faulty.csv", "--centre", "centre.toml", cwd=site)
    assert run.returncode == 2
    assert "column 'offered' must be a finite number of at least 0, got -1 (rows 5, 7)" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_queue_without_history_is_named_beside_the_forecast_and_once(site: Path) -> None:
    shop = testing.make_centre(cross_skilled=True)
    io.write_centre(shop, site / "two.toml")
    words = ("history.csv", "--centre", "two.toml", "--weeks", 1, "--out", "two.csv", "--audit", "found.csv")
    run = _run("forecast", *words, cwd=site)
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines() == ["not forecast: orders; see the audit"]
    found = pd.read_csv(site / "found.csv")
    assert found.loc[found["queue"] == "orders", "finding"].tolist() == ["queue of the centre without any history"]
    refused = _run("plan", "two.toml", "--history", "history.csv", "--out", "two", cwd=site)
    assert refused.returncode == 2
    assert "queue 'orders' of the centre has no history: nobody would be planned for it" in refused.stderr


def test_a_horizon_in_the_past_is_named_once_for_all_queues(site: Path) -> None:
    io.write_centre(testing.make_centre(cross_skilled=True), site / "both.toml")
    past = testing.make_history(weeks=8)
    io.write_frame(pd.concat([past, past.assign(queue="orders")]), site / "both.csv")
    run = _run("forecast", "both.csv", "--centre", "both.toml", "--start", "2026-01-05", cwd=site)
    assert run.returncode == 2
    assert run.stderr.count("the horizon starts on 2026-01-05, the history ends at") == 1
    assert run.stderr.startswith("wfm: ")
