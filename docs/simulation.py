"""Compute the figures of `docs/simulation.md`, and draw its pictures.

Run `python docs/simulation.py`; it takes about a minute, prints the figures and writes `docs/simulation.png`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from wfm import simulate
from wfm.domain import Centre, Employee, Queue, ServiceLevel, Skill
from wfm.domain.people import Contract

PICTURE = Path(__file__).parent / "simulation.png"
DAY = pd.Timestamp("2026-11-02 08:00", tz="Europe/Berlin")
BLUE, GREY, RED, GREEN = "#1f4e79", "#8c8c8c", "#c0504d", "#2e8b57"
REPLICATIONS = 400
EXTRA = (-2, -1, 0, 1, 2, 3)
HEADS = (6, 8, 10, 11, 11, 10, 10, 12, 12, 11, 10, 10, 9, 8, 6, 5, 5, 4, 4, 4)


def centre(people: int) -> Centre:
    """Return one phone queue, 80 % within 20 s."""
    calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="4min", patience="3min")
    staff = tuple(Employee(id=f"E{n:02d}", contract="any", skills=(Skill("calls"),)) for n in range(people))
    return Centre(name="a day", tz="Europe/Berlin", queues=(calls,), contracts=(Contract(name="any"),), employees=staff)


def forecast() -> pd.DataFrame:
    """Return a day of half-hours with a peak before noon."""
    hour = np.arange(20) / 2 + 8
    volume = 18 + 42 * np.exp(-((hour - 10.5) ** 2) / 5) + 34 * np.exp(-((hour - 13.5) ** 2) / 4)
    return pd.DataFrame({"queue": "calls", "start": pd.date_range(DAY, periods=20, freq="30min"), "offered": volume})


def roster(more: int = 0) -> pd.DataFrame:
    """Return the people of `HEADS`, and some more all day."""
    rows = []
    for member in range(max(HEADS) + more):
        there = [0, *(int(heads + more > member) for heads in HEADS), 0]
        change = np.diff(there)
        for first, last in zip(np.flatnonzero(change > 0), np.flatnonzero(change < 0), strict=True):
            half = pd.Timedelta(minutes=30)
            rows.append((f"E{member:02d}", DAY + int(first) * half, DAY + int(last) * half, "work", "calls"))
    return pd.DataFrame(rows, columns=["employee", "start", "end", "activity", "queue"])


def waiting(course: int, grid: pd.DatetimeIndex) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how many wait at each instant of one course of the day."""
    contacts = simulate.trace(forecast(), roster(), centre(len(set(roster()["employee"]))), seed=course)
    gone = contacts["answered_at"].fillna(contacts["abandoned_at"]).fillna(contacts["ended_at"])
    came = np.sort(contacts["arrived_at"].to_numpy())
    left = np.sort(gone.dropna().to_numpy())
    at = grid.to_numpy()
    return np.asarray(np.searchsorted(came, at, side="right") - np.searchsorted(left, at, side="right"), dtype=float)


def main() -> None:
    """Simulate, print and draw."""
    people = max(HEADS) + 3
    proof = simulate.run(forecast(), roster(), centre(people), replications=REPLICATIONS)
    sys.stdout.write(f"{proof}\n\n")
    frame = proof.to_frame()
    grid = pd.date_range(DAY, DAY + pd.Timedelta(hours=10), freq="2min")
    lines = np.array([waiting(course, grid) for course in range(150)])
    steps = [simulate.run(forecast(), roster(more), centre(people), replications=REPLICATIONS) for more in EXTRA]
    sys.stdout.write("| agents | service level | ASA | abandoned | days on target |\n" + "| --- " * 5 + "|\n")
    for more, result in zip(EXTRA, steps, strict=True):
        row = result.summary.iloc[0]
        sys.stdout.write(
            f"| {more:+d} "
            f"| {row['service_level']:.1%} [{row['service_level_low']:.1%}, {row['service_level_high']:.1%}] "
            f"| {row['asa_s']:.0f} s | {row['abandonment']:.1%} | {row['probability_met']:.0%} |\n"
        )
    draw(frame, grid, lines, steps)


def draw(
    frame: pd.DataFrame,
    grid: pd.DatetimeIndex,
    lines: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    steps: list[simulate.SimulationResult],
) -> None:
    """Draw the line over a day, the level with its band, and what one more agent buys."""
    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, panes = plt.subplots(3, 1, figsize=(8, 9.5), layout="constrained")
    hour = 8 + np.arange(len(grid)) / 30
    for course in lines[:2]:
        panes[0].plot(hour, course, color=GREY, linewidth=0.6, alpha=0.8)
    panes[0].plot([], [], color=GREY, linewidth=0.6, label="two single days")
    panes[0].fill_between(
        hour, *np.quantile(lines, [0.0, 0.95], axis=0), color=BLUE, alpha=0.2, linewidth=0, label="19 days in 20"
    )
    panes[0].plot(hour, lines.mean(axis=0), color=BLUE, linewidth=1.6, label="mean of 150 days")
    panes[0].set(ylabel="customers in line", xlim=(8, 18), ylim=(0, None))
    panes[0].set_title("The line over a day", loc="left", fontweight="bold")
    panes[0].legend(frameon=False, loc="upper right")
    middle = 8.25 + np.arange(len(frame)) / 2
    panes[1].axhline(80, color=RED, linewidth=1, linestyle="--", label="target")
    panes[1].fill_between(
        middle, 100 * frame["service_level_low"], 100 * frame["service_level_high"], color=BLUE, alpha=0.3, linewidth=0,
        label=f"95 % interval of the mean, {REPLICATIONS} days",
    )  # fmt: skip
    panes[1].plot(middle, 100 * frame["service_level"], color=BLUE, linewidth=1.4, label="service level")
    panes[1].set(ylabel="answered within 20 s, %", xlim=(8, 18), ylim=(40, 100))
    panes[1].set_title("Service level by half-hour", loc="left", fontweight="bold")
    panes[1].legend(frameon=False, loc="lower right", ncols=3)
    number = np.array(EXTRA)
    rows = [result.summary.iloc[0] for result in steps]
    level = np.array([100 * row["service_level"] for row in rows])
    around = np.array([[100 * row["service_level_low"], 100 * row["service_level_high"]] for row in rows])
    panes[2].errorbar(
        number - 0.03, level, yerr=np.abs(around.T - level), color=BLUE, marker="o", capsize=4, label="service level"
    )
    panes[2].plot(
        number + 0.03, [100 * row["probability_met"] for row in rows], color=GREEN, marker="s", label="days on target"
    )
    panes[2].axhline(80, color=RED, linewidth=1, linestyle="--", label="target")
    panes[2].set(xticks=number, xlabel="agents more or fewer, all day", ylabel="%", ylim=(0, 102))
    panes[2].set_title("What one more agent buys", loc="left", fontweight="bold")
    panes[2].legend(frameon=False, loc="lower right", ncols=3)
    for pane in panes[:2]:
        pane.set_xlabel("hour of the day")
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    mpl.use("Agg")
    main()
