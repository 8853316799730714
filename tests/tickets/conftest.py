"""Random lives of tickets that take legal steps only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.tickets import TRANSITIONS, TicketState

_KINDS = {
    "new": "create",
    "open": "assign",
    "pending": "await",
    "on_hold": "hold",
    "solved": "solve",
    "closed": "close",
}


def random_events(seed: int, tickets: int = 8, tz: str = "Europe/Berlin", day: str = "2026-03-27") -> pd.DataFrame:
    """Return the events of some tickets around a change of the clock, shuffled; seconds are whole."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(tickets):
        at = pd.Timestamp(day, tz=tz) + pd.Timedelta(seconds=int(rng.integers(0, 2 * 86_400)))
        state: TicketState | None = None
        for step in range(int(rng.integers(1, 12))):
            if state is None:
                old, state = None, TicketState.NEW
                row = ("create", "customer", None, True)
            elif rng.random() < 0.45:
                old, state = state, sorted(TRANSITIONS[state])[int(rng.integers(len(TRANSITIONS[state])))]
                actor = "customer" if state == "reopened" or rng.random() < 0.2 else "agent"
                kind = "reopen" if state == "reopened" else _KINDS[state]
                row = (kind, actor, None if actor == "customer" else f"A{rng.integers(3)}", bool(rng.random() < 0.5))
            else:
                old = None
                actor = ("customer", "agent", "bot", "system")[int(rng.integers(4))]
                kind = ("reply", "comment", "note")[int(rng.integers(3))]
                row = (kind, actor, f"A{rng.integers(3)}" if actor == "agent" else None, bool(rng.random() < 0.7))
            kind, actor, employee, public = row
            moved = step == 0 or old is not None
            rows.append((f"T{number}", at, kind, actor, employee, public, old, state if moved else None))
            at += pd.Timedelta(seconds=int(rng.integers(0, 40_000)))
    columns = ["ticket", "at", "kind", "actor", "employee", "public", "from_state", "to_state"]
    frame = pd.DataFrame(rows, columns=columns)
    for column in ("ticket", "kind", "actor", "employee", "from_state", "to_state"):
        frame[column] = pd.Series([None if pd.isna(v) else str(v) for v in frame[column]], dtype="str")
    # Whole tickets change places; the events of one stay in order.
    order = rng.permutation(tickets)
    return pd.concat([frame[frame["ticket"] == f"T{number}"] for number in order], ignore_index=True)


@pytest.fixture(scope="session")
def lives():
    return random_events
