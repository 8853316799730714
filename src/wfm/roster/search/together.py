"""Fairness and pairs: what they cost, and the table of who bears what.

The price of fairness is that of the sum of squared distances from the mean of those alike, the people under the same
contract: it falls with every burden that moves from somebody above another to that other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from wfm.domain.together import Fairness
from wfm.roster.burdens import BURDENS
from wfm.roster.kernels.together import Together, measure, pair_cost, together_delta, together_enter
from wfm.roster.nights import are_nights
from wfm.roster.problem import Case, wall_clock_s
from wfm.shifts import Floats, Ints, seconds

__all__ = ["fairness_frame", "prices_of_taking", "together_cost", "together_of", "together_terms"]

_CHANGED = 2  # people whom one change of the search touches at most
_HOUR_S = 3600


def together_of(case: Case) -> Together:
    """Return what people of a case share, nobody at work."""
    shifts = case.shifts
    ones = _loads(case, shifts.start_s, shifts.end_s, shifts.paid_s)
    return _together(case, shifts.start_s, shifts.end_s, ones)


def together_cost(t: Together, line: Ints) -> tuple[float, float]:
    """Return the price of all lines (people x days): of the burdens, and of the pairs. The state is not looked at."""
    tally = np.zeros(t.before.shape)
    for a in range(len(line)):
        measure(t, a, line[a], tally[a])
    burdens = 0.0
    for group in range(len(t.size)):
        members = tally[t.alike == group]
        burdens += float(t.price @ ((members - members.mean(axis=0)) ** 2).sum(axis=0))
    pairs = sum(pair_cost(t, p, line[t.first[p]], line[t.second[p]]) for p in range(len(t.first)))
    return burdens, float(pairs)


def together_terms(case: Case, shifts: pd.DataFrame) -> Mapping[str, float]:
    """Return the price of fairness and of pairs of a frame `shifts`."""
    asked = case.centre.fairness is not None or bool(case.centre.pairs)
    burdens, pairs = together_cost(*_of_frame(case, shifts)) if asked else (0.0, 0.0)
    return {"fairness": burdens, "pairs": pairs}


def prices_of_taking(case: Case, shifts: pd.DataFrame, row: int) -> dict[str, float]:
    """Return by employee what the shift in a row of a frame `shifts` would add were it theirs and nobody else's."""
    t, line = _of_frame(case, shifts)
    day = int(np.flatnonzero((line == row).any(axis=0))[0])
    line[line == row] = -1
    together_enter(t, line)
    added = {}
    for number, person in enumerate(case.people):
        theirs = line[[number]]
        theirs[0, day] = row
        added[person.employee.id] = together_delta(t, np.array([number]), theirs, line)
    return added


def fairness_frame(case: Case, shifts: pd.DataFrame) -> pd.DataFrame:
    """Return what each person bears by a frame `shifts`, what was before included.

    One row for each person: `employee, contract, nights, weekends, unpopular, hours`; hours are paid ones.
    """
    t, line = _of_frame(case, shifts)
    tally = np.zeros(t.before.shape)
    for a in range(len(line)):
        measure(t, a, line[a], tally[a])
    people = [(person.employee.id, person.contract.name) for person in case.people]
    frame = pd.DataFrame(people, columns=["employee", "contract"], dtype="str")
    for number, name in enumerate(BURDENS):
        frame[name] = tally[:, number]
    return frame


def _of_frame(case: Case, shifts: pd.DataFrame) -> tuple[Together, Ints]:
    """Return what people share with the shifts of a frame in place of candidates, and the line of each of them."""
    starts_s, ends_s = (seconds(pd.DatetimeIndex(shifts[name])) for name in ("shift_start", "shift_end"))
    paid_s = shifts["paid_h"].to_numpy(dtype=float) * _HOUR_S
    t = _together(case, starts_s, ends_s, _loads(case, starts_s, ends_s, paid_s))
    line = np.full((len(case.people), len(case.horizon.dates)), -1, dtype=np.int64)
    people = {person.employee.id: number for number, person in enumerate(case.people)}
    days = {day: number for number, day in enumerate(case.horizon.dates)}
    for row, (name, start) in enumerate(zip(shifts["employee"], shifts["shift_start"], strict=True)):
        line[people[name], days[start.date()]] = row
    return t, line


def _loads(case: Case, start_s: Ints, end_s: Ints, paid_s: Ints | Floats) -> Floats:
    """Return what single shifts load on people, as shifts x burdens; a weekend follows from the day instead."""
    fairness = case.centre.fairness or Fairness()
    clock = wall_clock_s(start_s, case.centre.tz)
    disliked = np.zeros(len(start_s), dtype=bool)
    for first, last in fairness.unpopular_starts:
        low, high = (int(moment.total_seconds()) for moment in (first, last) if isinstance(moment, timedelta))
        inside = (clock >= low, clock <= high)
        disliked |= (inside[0] & inside[1]) if low <= high else (inside[0] | inside[1])
    nights, none = are_nights(start_s, end_s, case.centre.tz), np.zeros(len(start_s))
    return np.stack([nights, none, disliked, paid_s / _HOUR_S], axis=1).astype(float)


def _together(case: Case, start_s: Ints, end_s: Ints, loads: Floats) -> Together:
    fairness = case.centre.fairness or Fairness()
    numbers = {person.employee.id: number for number, person in enumerate(case.people)}
    contracts = sorted({person.contract.name for person in case.people})
    alike = np.array([contracts.index(person.contract.name) for person in case.people], dtype=np.int64)
    pairs = case.centre.pairs
    first, second = (np.array([numbers[name] for name in names], dtype=np.int64) for names in _names(case))
    mine: list[list[int]] = [[] for _ in case.people]
    for number, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        mine[one].append(number)
        mine[other].append(number)
    table = np.full((len(case.people), max(map(len, mine), default=0)), -1, dtype=np.int64)
    for row, some in zip(table, mine, strict=True):
        row[: len(some)] = some
    price = np.array([getattr(fairness, name) for name in BURDENS], dtype=float)
    return Together(
        asked=bool(price.any() or pairs),
        start_s=start_s,
        end_s=end_s,
        burden=loads,
        weekday=np.array([day.weekday() for day in case.horizon.dates], dtype=np.int64),
        price=price,
        before=case.history,
        alike=alike,
        size=np.bincount(alike, minlength=len(contracts)).astype(float),
        first=first,
        second=second,
        joined=np.array([pair.together for pair in pairs], dtype=np.int64),
        worth=np.array([pair.price for pair in pairs], dtype=float),
        pairs=table,
        tally=case.history.copy(),
        total=np.zeros((len(contracts), len(BURDENS))),
        fresh=np.zeros((_CHANGED, len(BURDENS))),
    )


def _names(case: Case) -> tuple[list[str], list[str]]:
    return [pair.first for pair in case.centre.pairs], [pair.second for pair in case.centre.pairs]
