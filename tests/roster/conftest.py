"""Small centres and requirements for the tests of the roster."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from wfm.domain import Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]


@pytest.fixture
def need() -> Need:
    """Return a maker of requirement frames: a constant number of heads by queue, from start for so many intervals."""

    def make(start: str, periods: int, *, tz: str = "Europe/Berlin", **heads: float) -> pd.DataFrame:
        begin = pd.Timestamp(start, tz=tz).tz_convert("UTC")
        starts = pd.date_range(begin, periods=periods, freq="30min").tz_convert(tz)
        frames = [
            pd.DataFrame({"queue": queue, "start": starts, "load_erl": 0.8 * n, "agents": n, "scheduled": n})
            for queue, n in heads.items()
        ]
        return pd.concat(frames, ignore_index=True)

    return make


@pytest.fixture
def make_centre() -> Make:
    """Return a maker of centres: `skills` gives the queues of each person, in order."""

    def make(
        skills: list[tuple[str, ...]],
        *,
        shifts: tuple[ShiftTemplate, ...] | None = None,
        contract: Contract | None = None,
        tz: str = "Europe/Berlin",
        **changes: object,
    ) -> Centre:
        contract = contract or Contract(name="full", cost_per_hour=20.0)
        names = sorted({name for some in skills for name in some})
        people = tuple(
            Employee(id=f"A{n:02d}", contract=contract.name, skills=tuple(map(Skill, some)))
            for n, some in enumerate(skills)
        )
        values: dict[str, object] = {
            "name": "desk",
            "tz": tz,
            "queues": tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in names),
            "contracts": (contract,),
            "shifts": shifts or (ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),),
            "employees": people,
        }
        return Centre(**{**values, **changes})  # type: ignore[arg-type]

    return make
