"""`wfm roster` and `wfm repair` as a scheduling script meets them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from wfm import io, testing
from wfm.domain import Fairness, Unavailability
from wfm.roster import check


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
    """A directory with a centre and the requirement of two days."""
    folder = tmp_path_factory.mktemp("site")
    io.write_centre(testing.make_centre(people=8), folder / "centre.toml")
    starts = pd.date_range("2026-11-02 09:00", periods=12, freq="30min", tz="Europe/Berlin")
    both = starts.append(starts + pd.Timedelta(days=1))
    io.write_frame(
        pd.DataFrame({"queue": "calls", "start": both, "agents": 2.0, "scheduled": 2.0}), folder / "need.csv"
    )
    return folder


@pytest.fixture(scope="module")
def rostered(site: Path) -> subprocess.CompletedProcess[str]:
    return _run("roster", "centre.toml", "--requirement", "need.csv", "--work-limit", 1, cwd=site)


def test_roster_writes_its_frames_and_a_manifest_of_what_made_them(
    site: Path, rostered: subprocess.CompletedProcess[str]
) -> None:
    assert rostered.returncode == 0, rostered.stderr
    assert rostered.stdout.startswith("Roster\n├─ status")
    manifest = json.loads((site / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["command"], manifest["seed"], manifest["work_limit"]) == ("wfm roster", 0, 1)
    assert manifest["versions"]["ortools"]
    for place, names in (("inputs", ("centre.toml", "need.csv")), ("outputs", ("shifts.csv", "roster.txt"))):
        for name in names:
            path = site / name if place == "inputs" else site / "out" / name
            assert manifest[place][name] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sorted(path.name for path in (site / "out").iterdir()) == sorted([*manifest["outputs"], "manifest.json"])
    centre = io.read_centre(site / "centre.toml")
    need = io.read_frame(site / "need.csv", "requirement", tz=centre.tz)
    assert check(_read(site / "out"), centre, need) == []


def test_the_same_run_writes_the_same_bytes(site: Path, rostered: subprocess.CompletedProcess[str]) -> None:
    again = _run("roster", "centre.toml", "--requirement", "need.csv", "--work-limit", 1, "--out", "again", cwd=site)
    assert again.returncode == rostered.returncode == 0
    for path in (site / "out").iterdir():
        assert (site / "again" / path.name).read_bytes() == path.read_bytes()


def test_days_kept_stay_and_the_changes_are_told(site: Path, rostered: subprocess.CompletedProcess[str]) -> None:
    assert rostered.returncode == 0
    centre = io.read_centre(site / "centre.toml")
    before = _read(site / "out")
    tuesday = before.shifts[before.shifts["shift_start"].dt.day == 3]["employee"].iloc[0]
    away = Unavailability(start=date(2026, 11, 3), end=date(2026, 11, 4))
    people = tuple(replace(one, unavailable=(away,)) if one.id == tuesday else one for one in centre.employees)
    io.write_centre(replace(centre, employees=people), site / "later.toml")
    done = _run(
        "roster", "later.toml", "--requirement", "need.csv", "--work-limit", 1, "--out", "later",
        "--published", "out", "--keep-until", "2026-11-03", cwd=site,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    after = _read(site / "later")
    monday = [one.shifts[one.shifts["shift_start"].dt.day == 2].reset_index(drop=True) for one in (before, after)]
    pd.testing.assert_frame_equal(*monday)
    changes = pd.read_csv(site / "later" / "changes.csv")
    assert tuesday in set(changes["employee"])
    assert set(changes["day"]) == {"2026-11-03"}
    assert "shift dropped" in done.stdout


def test_a_sick_call_is_repaired_and_written(site: Path, rostered: subprocess.CompletedProcess[str]) -> None:
    assert rostered.returncode == 0
    sick = _read(site / "out").shifts["employee"].iloc[0]
    words = ("repair", "centre.toml", "--requirement", "need.csv", "--published", "out")
    done = _run(*words, "--sick", f"{sick}@2026-11-02", "--out", "mended", cwd=site)
    assert done.returncode == 0, done.stderr
    assert f"the sick call of {sick}" in done.stdout
    mended = _read(site / "mended")
    away = mended.activities[(mended.activities["employee"] == sick) & (mended.activities["activity"] == "absent")]
    assert not away.empty
    manifest = json.loads((site / "mended" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sick"] == [f"{sick}@2026-11-02"]
    assert manifest["loss_left"] < manifest["loss_event"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sick", "A01"], "--sick must be EMPLOYEE@MOMENT, got 'A01'; write A17@2026-11-03"),
        (["--sick", "A01@today"], "--sick: not a day or an instant: 'today'; write 2026-11-03, or 2026-11-03T09:30"),
        (["--late", "A01@2026-11-02"], "--late: 2026-11-02 is a day; write an instant, such as 2026-11-02T09:30"),
        (["--training", "A01@2026-11-02T10:00"], "--training must be EMPLOYEE@MOMENT, got 'A01'; write A17@2026-11-03"),
        (
            ["--training", "A01,A77@2026-11-02T10:00@2026-11-02T12:00"],
            "2 problems in the events:\n"
            "  1. training moved: A01 has no training or meeting that begins at 2026-11-02 10:00:00+01:00; "
            "give the start of one as it stands in the roster\n"
            "  2. training moved: unknown employee 'A77'; did you mean 'A07'? "
            "Known: A01, A02, A03, A04, A05, A06, A07, A08",
        ),
        ([], "no events; give at least one, such as SickCall('A17', date(2026, 11, 3))"),
    ],
)
def test_what_repair_cannot_read_is_named(
    site: Path, rostered: subprocess.CompletedProcess[str], words: list[str], message: str
) -> None:
    assert rostered.returncode == 0
    done = _run("repair", "centre.toml", "--requirement", "need.csv", "--published", "out", *words, cwd=site)
    assert (done.returncode, done.stderr) == (2, f"wfm: {message}\n")


def test_a_contradiction_stops_the_run_before_anything_is_written(site: Path) -> None:
    plain = ("roster", "centre.toml", "--requirement", "need.csv", "--out", "none")
    done = _run(*plain, "--keep-until", "2026-11-03", cwd=site)
    assert done.returncode == 2
    assert done.stderr == "wfm: --keep-until without --published; name the published roster's directory\n"
    assert not (site / "none").exists()


def test_heads_wanted_by_shift_are_rostered_and_repaired_without_a_requirement(site: Path) -> None:
    heads = "template,day,heads,shortage_price\nday,2026-11-02,2,500\nday,2026-11-03,1,500\n"
    (site / "heads.csv").write_text(heads, encoding="utf-8")
    plain = ("centre.toml", "--wanted", "heads.csv")
    done = _run("roster", *plain, "--work-limit", 1, "--out", "heads", cwd=site)
    assert done.returncode == 0, done.stderr
    shifts = _read(site / "heads").shifts
    assert shifts["template"].tolist() == ["day"] * 3
    assert sorted(shifts["shift_start"].dt.day) == [2, 2, 3]
    manifest = json.loads((site / "heads" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs"]) == {"centre.toml", "heads.csv"}
    sick = shifts["employee"].iloc[0]
    mended = _run("repair", *plain, "--published", "heads", "--sick", f"{sick}@2026-11-02", "--out", "m", cwd=site)
    assert mended.returncode == 0, mended.stderr
    assert "500.00 EUR by the events, 0.00 left" in mended.stdout


def test_who_bore_more_before_is_spared(site: Path) -> None:
    centre = io.read_centre(site / "centre.toml")
    io.write_centre(replace(centre, fairness=Fairness(hours=10.0)), site / "fair.toml")
    ids = [employee.id for employee in centre.employees]
    alike = [one.id for one in centre.employees if one.contract == centre.employees[0].contract]
    borne = pd.DataFrame({"employee": ids, "nights": 0, "weekends": 0, "unpopular": 0, "hours": 100})
    borne.loc[borne["employee"] == alike[0], "hours"] = 0
    borne.to_csv(site / "borne.csv", index=False)
    (site / "one.csv").write_text("template,day,heads,shortage_price\nday,2026-11-02,1,50000\n", encoding="utf-8")
    words = ("roster", "fair.toml", "--wanted", "one.csv", "--work-limit", 1)
    done = _run(*words, "--history", "borne.csv", "--out", "fair", cwd=site)
    assert done.returncode == 0, done.stderr
    assert _read(site / "fair").shifts["employee"].tolist() == alike[:1]
    # What the run tells is what the next one may be given.
    told = io.read_frame(site / "fair" / "fairness.csv", "burdens", tz=centre.tz).set_index("employee")["hours"]
    assert told[alike[0]] == 8
    assert set(told.drop(alike[0])) == {100}
    again = _run(*words, "--history", "fair/fairness.csv", "--out", "again2", cwd=site)
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("files", "words", "message"),
    [
        ({}, [], "neither --requirement nor --wanted; give one of them, or both"),
        (
            {"w.csv": "template,day,heads,shortage_price\ndya,2026-11-02,1,9\n"},
            ["--wanted", "w.csv"],
            "wanted: unknown template 'dya' (row 0); did you mean 'day'? Known: day, short",
        ),
        (
            {"w.csv": "template,day,head,shortage_price\nday,2026-11-02,1,9\n"},
            ["--wanted", "w.csv", "--history", "nowhere.csv"],
            "2 problems in the input:\n  1. w.csv: column 'heads' is missing; rename 'head'?\n"
            "  2. nowhere.csv: no such file; check the path",
        ),
        (
            {"w.csv": "template,day,heads,shortage_price\n"},
            ["--wanted", "w.csv"],
            "wanted: no rows; leave it out, or give template, day and heads",
        ),
        (
            {"h.csv": "employee,nights,weekends,unpopular,hours\nA77,0,0,0,0\n"},
            ["--requirement", "need.csv", "--history", "h.csv"],
            "history: unknown employee 'A77' (row 0); did you mean 'A07'? "
            "Known: A01, A02, A03, A04, A05, A06, A07, A08",
        ),
        (
            {"w.csv": "template,day,heads,shortage_price\nday,2026-11-02,1,9\n"},
            ["--wanted", "w.csv", "--max-short", "0.1"],
            "--max-short without --requirement: heads wanted by shift are no hours that could be short; "
            "leave it out, and look at the cost of `wanted` in the manifest",
        ),
    ],
)
def test_what_a_roster_cannot_read_is_named(site: Path, files: dict[str, str], words: list[str], message: str) -> None:
    for name, text in files.items():
        (site / name).write_text(text, encoding="utf-8")
    done = _run("roster", "centre.toml", *words, "--out", "none", cwd=site)
    assert (done.returncode, done.stderr) == (2, f"wfm: {message}\n")
    assert not (site / "none").exists()


class _Frames:
    def __init__(self, shifts: pd.DataFrame, activities: pd.DataFrame) -> None:
        self.shifts, self.activities = shifts, activities


def _read(folder: Path) -> _Frames:
    names = ("shifts", "activities")
    return _Frames(*(io.read_frame(folder / f"{name}.csv", name, tz="Europe/Berlin") for name in names))


def test_the_days_before_count_for_rests_and_runs(site: Path, rostered: subprocess.CompletedProcess[str]) -> None:
    assert rostered.returncode == 0
    centre = io.read_centre(site / "centre.toml")
    need = io.read_frame(site / "need.csv", "requirement", tz=centre.tz)
    worked = set(_read(site / "out").shifts.query("shift_start.dt.day == 2")["employee"])
    # Who worked on Monday has had their run of days.
    tight = tuple(replace(one, max_days_in_a_row=1, min_week="0h") for one in centre.contracts)
    io.write_centre(replace(centre, contracts=tight), site / "tight.toml")
    io.write_frame(need[need["start"].dt.day == 3], site / "tuesday.csv")
    done = _run(
        "roster", "tight.toml", "--requirement", "tuesday.csv", "--published", "out", "--out", "tuesday",
        "--work-limit", 1, cwd=site,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not worked & set(_read(site / "tuesday").shifts["employee"])
    assert set(pd.read_csv(site / "tuesday" / "changes.csv")["day"]) <= {"2026-11-03"}
