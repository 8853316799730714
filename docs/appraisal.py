"""Compute the figures of `docs/appraisal.md`, and draw its picture.

Run `python docs/appraisal.py`; it takes about half a minute, prints the figures and writes `docs/appraisal.png`.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from wfm.kpi.appraisal import Appraisal, ForcedDistribution, appraise, grade_scores, shrink_means

DOCS = Path(__file__).parent
PICTURE = DOCS / "appraisal.png"
CENTRE: dict[str, Any] = runpy.run_path(str(DOCS.parent / "examples" / "appraisal.py"))
COLOURS = {"day": "#e0a030", "evening": "#1f4e79", "night": "#2b2b2b"}
BLUE, GREY, RED = "#1f4e79", "#8c8c8c", "#c0504d"
# Efron and Morris (1977): hits in the first 45 times at bat of 1970, and the average over the rest of the season.
HITS = (18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7)
SEASON = (346, 298, 276, 222, 273, 270, 263, 210, 269, 230, 264, 256, 303, 264, 226, 285, 316, 200)


def by_shift(found: Appraisal, people: pd.DataFrame, name: str) -> float:
    """Return the chance of such a difference in ranks between shifts if there were none."""
    joined = found.frame.merge(people[["employee", "shift"]], on="employee")
    return float(stats.kruskal(*(rows[name] for _, rows in joined.groupby("shift"))).pvalue)


def main() -> None:
    """Appraise, print and draw."""
    equal, equals, _ = CENTRE["centre"](talent=0.0, seed=1)
    month = equal[equal["month"] == pd.Timestamp("2025-03-01")]
    alike = appraise(month, CENTRE["standard"](), people=equals, mix=CENTRE["MIX"])
    sys.stdout.write("200 equal employees, one month: chance of such a relation of rank and shift if there were none\n")
    for name in ("raw", "score", "adjusted"):
        sys.stdout.write(f"  {name:<9} {by_shift(alike, equals, name):.2g}\n")
    counts, people, able = CENTRE["centre"]()
    year = appraise(counts, CENTRE["standard"](), people=people, mix=CENTRE["MIX"], cycle="year")
    sys.stdout.write("unequal employees, one year: correlation with the talent that made the data\n")
    for name in ("raw", "score", "adjusted"):
        sys.stdout.write(f"  {name:<9} {np.corrcoef(year.frame[name], able)[0, 1]:.2f}\n")
    share = np.array(HITS) / 45
    batting = shrink_means(share, [share.mean() * (1 - share.mean()) / 45] * len(HITS))
    off = [float(((guess - np.array(SEASON) / 1000) ** 2).sum()) for guess in (share, batting.value)]
    sys.stdout.write(f"batting averages: squared error {off[0]:.3f} as counted, {off[1]:.3f} pulled\n")
    march = counts[counts["month"] == pd.Timestamp("2025-03-01")]
    unequal = appraise(march, CENTRE["standard"](), people=people, mix=CENTRE["MIX"])
    forced = ForcedDistribution({"excellent": 0.1, "good": 0.25, "medium": 0.4, "qualified": 0.2, "unqualified": 0.05})
    graded = {
        "one month": grade_scores(unequal, forced, basis="adjusted").frame,
        "one year": grade_scores(year, forced, basis="adjusted").frame,
    }
    for name, frame in graded.items():
        top = frame[frame["grade"] == "excellent"]["p_top"]
        sys.stdout.write(f"{name}: mean chance of the excellent to be excellent {top.mean():.0%}\n")
    draw(alike, equals, batting.raw, batting.value, graded)


def draw(
    alike: Appraisal,
    people: pd.DataFrame,
    raw: np.ndarray[tuple[Any, ...], np.dtype[np.float64]],
    pulled: np.ndarray[tuple[Any, ...], np.dtype[np.float64]],
    graded: dict[str, pd.DataFrame],
) -> None:
    """Draw scores of equals by shift, batting averages before and after, and how sure a place is."""
    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.8), layout="constrained", width_ratios=(1, 1, 1.1, 1.2))
    frame = alike.frame.merge(people[["employee", "shift"]], on="employee")
    for pane, name, title in ((axes[0], "raw", "Equals, as counted"), (axes[1], "adjusted", "Equals, adjusted")):
        rng = np.random.default_rng(0)
        for place, (shift, rows) in enumerate(frame.groupby("shift", sort=True)):
            spread = place + rng.uniform(-0.25, 0.25, len(rows))
            pane.scatter(spread, rows[name], s=8, color=COLOURS[str(shift)], alpha=0.7, linewidths=0)
            pane.hlines(rows[name].mean(), place - 0.35, place + 0.35, color=RED, linewidth=1.5)
        pane.set_xticks(range(3), ["day", "evening", "night"])
        pane.set_ylim(0, 100)
        pane.set_title(title, loc="left", fontweight="bold")
    axes[0].set_ylabel("score")
    pane = axes[2]
    for before, after, truth in zip(raw, pulled, SEASON, strict=True):
        pane.plot([0, 1], [before, after], color=BLUE, linewidth=0.8)
        pane.plot([1, 2], [after, truth / 1000], color=GREY, linewidth=0.6, linestyle=":")
        pane.scatter(2, truth / 1000, s=10, color=RED, zorder=3)
    pane.set_xticks(range(3), ["first 45", "pulled", "season"])
    pane.set_title("Batting averages, 1970", loc="left", fontweight="bold")
    pane = axes[3]
    for name, colour in (("one month", GREY), ("one year", BLUE)):
        rows = graded[name].sort_values("place")
        pane.scatter(rows["place"], rows["p_top"], s=9, color=colour, label=name, linewidths=0)
    pane.axvline(20.5, color=RED, linewidth=1, linestyle="--", label="the best tenth ends")
    pane.set(xlabel="place", ylabel="chance to be in the best tenth", xlim=(0, 120), ylim=(-0.02, 1.02))
    pane.set_title("How sure a place is", loc="left", fontweight="bold")
    pane.legend(frameon=False)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
