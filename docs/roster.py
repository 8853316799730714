"""Compute the figures of `docs/roster.md`, and draw its pictures.

Run `python docs/roster.py`; it takes some minutes, prints the figures and writes `docs/roster_gantt.png`,
`docs/roster_repair.png` and `docs/roster_gap.png`. With the extra `fast` it is many times faster.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

import matplotlib as mpl
import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np
import pandas as pd

from wfm import roster
from wfm.domain import Break, Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster.progress import Progress

HERE = Path(__file__).parent
ZONE = "Europe/Berlin"
WEDNESDAY = pd.Timestamp("2026-11-04", tz=ZONE)
BLUE, GREY, RED, GREEN, SAND = "#1f4e79", "#8c8c8c", "#c0504d", "#2e8b57", "#d9c58b"
COLOURS = {"chat": BLUE, "phone": GREEN}
WORK = 2000


def centre() -> Centre:
    """Return 48 people on two queues: full time, part time, and six on call."""
    rests = (
        Break(name="break 1", length="15min", earliest="1h30min", latest="2h45min", paid=True),
        Break(name="lunch", length="30min", earliest="3h", latest="5h"),
        Break(name="break 2", length="15min", earliest="6h", latest="7h15min", paid=True),
    )
    long = ShiftTemplate(
        name="long", earliest_start="07:00", latest_start="12:30", min_length="8h30min", max_length="9h30min",
        breaks=rests,
    )  # fmt: skip
    short = ShiftTemplate(name="short", earliest_start="07:00", latest_start="17:00", min_length="4h", max_length="6h")
    contracts = (
        Contract(name="full", min_week="32h", max_week="40h", max_day="9h", max_overtime_week="4h",
                 templates=("long",), cost_per_hour=22.0),
        Contract(name="part", kind="part", min_week="12h", max_week="25h", max_day="6h", templates=("short",),
                 cost_per_hour=20.0),
        Contract(name="call", kind="on call", max_week="20h", max_day="6h", templates=("short",), cost_per_hour=24.0,
                 cost_per_shift=40.0),
    )  # fmt: skip
    skills = (("chat",), ("phone",), ("chat", "phone"))
    sorts = ["full"] * 28 + ["part"] * 14 + ["call"] * 6
    return Centre(
        name="shop",
        tz=ZONE,
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in COLOURS),
        contracts=contracts,
        shifts=(long, short),
        employees=tuple(
            Employee(id=f"{sort[0].upper()}{n:02d}", contract=sort, skills=tuple(map(Skill, skills[n % 3])))
            for n, sort in enumerate(sorts, 1)
        ),
    )


def requirement() -> pd.DataFrame:
    """Return heads from 07:00 to 22:00 with a peak before noon, fewer at the weekend."""
    starts = pd.date_range(WEDNESDAY - pd.Timedelta(days=2), periods=7 * 48, freq="30min")
    starts = starts[(starts.hour >= 7) & (starts.hour < 22)]
    hour = np.asarray(starts.hour + starts.minute / 60)
    level = np.where(starts.day_of_week < 5, 1.0, 0.5)
    frames = []
    for queue, size, peak in (("chat", 9.0, 11.0), ("phone", 8.0, 10.0)):
        heads = size * level * (0.3 + 0.7 * np.exp(-((hour - peak) ** 2) / 12) + 0.35 * np.exp(-((hour - 17) ** 2) / 6))
        frames.append(pd.DataFrame({"queue": queue, "start": starts, "agents": np.round(heads)}))
    return pd.concat(frames, ignore_index=True).assign(scheduled=lambda frame: frame["agents"])


def main() -> None:
    """Solve, repair, print and draw."""
    place, need = centre(), requirement()
    roster.solve(need, place, work_limit=1)  # compiled before the clock starts
    seen: list[Progress] = []
    plan = roster.solve(need, place, work_limit=WORK, progress=seen.append)
    sys.stdout.write(f"{plan}\n\nbroken rules: {len(roster.check(plan, place, need))}\n\n")
    wednesday = plan.shifts[plan.shifts["shift_start"].dt.normalize() == WEDNESDAY]
    sick = wednesday[wednesday["template"] == "long"]["employee"].iloc[:2].tolist()
    events = [roster.SickCall(name, WEDNESDAY.date()) for name in sick]
    begin = process_time()
    mended = roster.repair(plan, events, need, place)
    sys.stdout.write(f"{mended}\nin {process_time() - begin:.1f} s of processor time\n")
    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    draw_gantt(plan)
    draw_repair(plan, mended, sick)
    draw_gap(seen, plan)


def draw_gantt(plan: roster.Roster) -> None:
    """Draw everybody's Wednesday."""
    today = plan.activities[plan.activities["start"].dt.normalize() == WEDNESDAY]
    order = today.groupby("employee")["start"].min().sort_values(kind="stable").index.tolist()[::-1]
    figure, pane = plt.subplots(figsize=(8, 0.17 * len(order) + 1.2), layout="constrained")
    for row in today.itertuples():
        colour = COLOURS.get(str(row.queue), SAND)
        left = (row.start - WEDNESDAY).total_seconds() / 3600
        pane.barh(order.index(row.employee), (row.end - row.start).total_seconds() / 3600, left=left, color=colour)
    for name, colour in {**COLOURS, "break": SAND}.items():
        pane.barh(0, 0, color=colour, label=name)
    pane.set(yticks=range(len(order)), xlim=(7, 22), ylim=(-0.6, len(order) - 0.4), xlabel="hour of the day")
    pane.set_yticklabels(order, fontsize=7)
    pane.set_title("Wednesday: who serves what", loc="left", fontweight="bold")
    pane.legend(frameon=False, loc="upper right")
    figure.savefig(HERE / "roster_gantt.png", dpi=110)
    plt.close(figure)


def draw_repair(plan: roster.Roster, mended: roster.Repair, sick: list[str]) -> None:
    """Draw what is required, planned, left by the sick calls, and repaired."""
    work = plan.activities[(plan.activities["activity"] == "work") & plan.activities["employee"].isin(sick)]
    figure, panes = plt.subplots(2, 1, figsize=(8, 6.5), layout="constrained", sharex=True)
    for pane, queue in zip(panes, COLOURS, strict=True):
        before, after = (_today(one.coverage, queue) for one in (plan, mended.roster))
        lost = sum(
            (row.start < before["start"] + pd.Timedelta("30min")) & (row.end > before["start"])
            for row in work[work["queue"] == queue].itertuples()
        )
        hour = np.append((before["start"] - WEDNESDAY).dt.total_seconds() / 3600, 22.0)
        pane.step(hour, _closed(before["required"]), where="post", color=GREY, linewidth=5, alpha=0.4, label="required")
        pane.step(hour, _closed(before["rostered"]), where="post", color=BLUE, linewidth=1.2, label="rostered")
        if isinstance(lost, pd.Series):
            left = before["rostered"] - lost
            pane.step(
                hour, _closed(left), where="post", color=RED, linewidth=1.2, linestyle=":", label="without the sick"
            )
        pane.step(
            hour, _closed(after["rostered"]), where="post", color=GREEN, linewidth=1.4, linestyle="--", label="repaired"
        )
        pane.set(ylabel=f"agents on {queue}", xlim=(7, 22), ylim=(0, None))
        pane.legend(frameon=False, loc="upper right", ncols=2)
    panes[0].set_title("Demand against staff, before and after two sick calls", loc="left", fontweight="bold")
    panes[1].set_xlabel("hour of the day")
    figure.savefig(HERE / "roster_repair.png", dpi=110)
    plt.close(figure)


def _closed(values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return values with the last one held to the end of its interval."""
    return np.append(values.to_numpy(dtype=float), float(values.iloc[-1]))


def _today(coverage: pd.DataFrame, queue: str) -> pd.DataFrame:
    chosen = (coverage["queue"] == queue) & (coverage["start"].dt.normalize() == WEDNESDAY)
    return coverage[chosen].reset_index(drop=True)


def draw_gap(seen: list[Progress], plan: roster.Roster) -> None:
    """Draw how the gap to the bound closes."""
    if plan.bound is None:
        return
    times = [one.elapsed_s for one in seen]
    gaps = [100 * max(one.incumbent / plan.bound - 1, 1e-4) for one in seen]
    figure, pane = plt.subplots(figsize=(8, 3), layout="constrained")
    pane.step(times, gaps, where="post", color=BLUE)
    pane.axhline(gaps[-1], color=GREY, linewidth=0.8, linestyle="--")
    pane.annotate(f"{gaps[-1]:.1f} %", (times[-1], gaps[-1]), textcoords="offset points", xytext=(-28, 5))
    pane.set(xlabel="seconds", ylabel="cost above the bound, %", yscale="log", xlim=(0, None))
    pane.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    pane.set_title("The gap over time", loc="left", fontweight="bold")
    figure.savefig(HERE / "roster_gap.png", dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    mpl.use("Agg")
    main()
