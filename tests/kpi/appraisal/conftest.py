"""Cards, and counts of a small centre whose truth is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.kpi.appraisal import AppraisalCard, Indicator


@pytest.fixture(scope="session")
def card():
    """Three lines: a share, a mean, and a count by exposure."""
    return AppraisalCard(
        name="2026",
        since=date(2026, 1, 1),
        indicators=(
            Indicator(name="csat", group="satisfaction", weight=0.5, sample="rate", floor=0.5, cap=1.0, minimum=5),
            Indicator(name="speed", group="efficiency", weight=0.3, sample="mean", floor=600, cap=240, minimum=10),
            Indicator(name="complaints", group="satisfaction", weight=0.2, sample="count", floor=0.05, cap=0.0),
        ),
    )


@pytest.fixture(scope="session")
def made():
    """Return a maker of counts: equal or unequal employees, whose shift and queue move the results of anybody."""

    def make(employees=60, months=3, *, talent=0.0, seed=0, by_shift=(0.5, 0.0, -0.7), by_queue=(0.5, -0.8)):
        rng = np.random.default_rng(seed)
        shift = rng.integers(0, 3, employees)
        # Nights have more of the queue of complaints.
        hard = np.array([0.2, 0.4, 0.6])[shift]
        able = talent * rng.standard_normal(employees)
        rows = []
        for who in range(employees):
            for month in range(months):
                for queue, part in enumerate((1 - hard[who], hard[who])):
                    luck = able[who] + by_shift[shift[who]] + by_queue[queue]
                    key = {"employee": f"E{who:03d}", "month": date(2026, month + 1, 1)}
                    key |= {"shift": ("day", "evening", "night")[shift[who]], "queue": ("orders", "complaints")[queue]}
                    n = int(rng.poisson(60 * part)) + 1
                    x = rng.binomial(n, 1 / (1 + np.exp(-1.4 - luck)))
                    rows.append({**key, "indicator": "csat", "numerator": x, "denominator": n})
                    times = np.maximum(rng.normal(400 - 60 * luck, 120, n), 20)
                    told = {"numerator": times.sum(), "denominator": n, "squares": (times**2).sum()}
                    rows.append({**key, "indicator": "speed", **told})
                    x = rng.poisson(0.02 * n * np.exp(-luck))
                    rows.append({**key, "indicator": "complaints", "numerator": x, "denominator": n})
        people = pd.DataFrame({"employee": [f"E{n:03d}" for n in range(employees)]})
        people["team"] = [f"T{n % 4}" for n in range(employees)]
        people["shift"] = np.array(["day", "evening", "night"])[shift]
        return pd.DataFrame(rows), people, able

    return make
