from __future__ import annotations

from typing import Any

import pytest

BARE = {"range_points": 0, "tornado": False, "pareto": False}


@pytest.fixture
def bare() -> dict[str, Any]:
    """What leaves range, levers and Pareto curve out."""
    return dict(BARE)


@pytest.fixture
def calls() -> dict[str, Any]:
    """A request for one phone queue with everything named."""
    return {
        "queues": [{"name": "calls", "volume": "3200/day", "aht": "5min", "weekdays": "shop", "patience": "2min"}],
        "shrinkage": {"planned": {"leave": 0.1, "training": 0.03}, "sickness": 0.05},
        "contracts": [
            {"name": "full", "share": 0.7, "wage": 20},
            {"name": "part", "kind": "part", "share": 0.3, "shift": "4h", "week": "20h", "wage": 18},
        ],
        "attrition": 0.3,
        "training": "120h",
        "overhead": 0.2,
    }
