"""Which shifts may be bought, and the programme in whole numbers that chooses among them.

A type is a start on the wall clock and a length. The heads of a type on a day are one whole number; a type is paid for
once. The rows are written as differences from one interval to the next: a shift then stands in two of them instead of
one for each interval, which makes a network of the rows and lets the solver prove what it could not otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, gcd, isinf

import numpy as np
import pandas as pd

from wfm.domain.shift import ShiftTemplate
from wfm.roster.columns.integer import IntegerModel
from wfm.shifts import Floats, Ints, break_starts, overlap, seconds
from wfm.timegrid import Horizon, localize

__all__ = ["Cover", "ShiftType", "Terms", "build_cover", "shift_types"]

_FINEST = 1000  # parts of a head that a requirement is read to
_NONE = 2**40  # an upper limit that is none


@dataclass(frozen=True, slots=True)
class Terms:
    """Prices of the cover: of a missing agent-hour (infinite: none may be missing), a spare one, a type and a head."""

    shortage: float
    surplus: float
    per_type: float
    per_head: Mapping[str, float]
    most_types: int | None


@dataclass(frozen=True, slots=True)
class ShiftType:
    """A start on the wall clock, in seconds since midnight, with a length in seconds, of a template."""

    template: ShiftTemplate
    offset_s: int
    length_s: int

    @property
    def clock(self) -> str:
        """The start as the wall clock shows it."""
        return f"{self.offset_s // 3600:02d}:{self.offset_s % 3600 // 60:02d}"


@dataclass(frozen=True, slots=True)
class Bought:
    """The column of the heads of a type on a day, with the start of the shift; `rests` holds those of its breaks.

    A break of `rests` is its number in the template, its start, and the column of the heads who take it then.
    """

    type: int
    day: int
    start_s: int
    column: int
    rests: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """The programme, its columns, and what its rounding of the requirement may cost."""

    model: IntegerModel
    bought: tuple[Bought, ...]
    used: Mapping[int, int]
    rounding: float


def shift_types(templates: tuple[ShiftTemplate, ...]) -> tuple[ShiftType, ...]:
    """Return every start and length of some templates, by template, start and length."""
    return tuple(
        ShiftType(template, offset, length)
        for template in templates
        for offset in range(int(template.earliest_start_s), int(template.latest_start_s) + 1, int(template.step_s))
        for length in range(int(template.min_length_s), int(template.max_length_s) + 1, int(template.step_s))
    )


def dated(types: tuple[ShiftType, ...], horizon: Horizon) -> Iterator[tuple[int, int, int]]:
    """Give the type, day and start of every shift that may start in a horizon."""
    found = [
        (number, day)
        for number, one in enumerate(types)
        for day, label in enumerate(horizon.dates)
        if label.weekday() in one.template.weekdays
    ]
    if not found:
        return
    local = [pd.Timestamp(horizon.dates[day]) + timedelta(seconds=types[number].offset_s) for number, day in found]
    starts = seconds(localize(pd.DatetimeIndex(local).as_unit("ns"), horizon.tz, ambiguous="first").stamps)
    for (number, day), start in zip(found, starts.tolist(), strict=True):
        yield number, day, start


class _Axis:
    """The intervals of the horizon; what passes the end of a cyclic one covers its beginning, else nothing."""

    def __init__(self, horizon: Horizon) -> None:
        self.step = int(horizon.interval_s)
        self.starts = seconds(horizon.starts)
        self.cyclic = horizon.cyclic

    def share(self, begin_s: int, end_s: int) -> tuple[Ints, Floats]:
        """Return the intervals that a stretch touches and the share of each that it covers."""
        first = (begin_s - int(self.starts[0])) // self.step
        last = -((int(self.starts[0]) - end_s) // self.step)
        numbers = np.arange(first, last)
        begins = int(self.starts[0]) + self.step * numbers
        shares = overlap(np.array([begin_s]), np.array([end_s]), begins, self.step)[0]
        count = len(self.starts)
        if self.cyclic:
            return numbers % count, shares
        inside = (numbers >= 0) & (numbers < count)
        return numbers[inside], shares[inside]


def build_cover(demand: Floats, horizon: Horizon, types: tuple[ShiftType, ...], terms: Terms) -> Cover:
    """Return the programme for heads wanted by interval of a horizon."""
    axis = _Axis(horizon)
    parts = _parts(demand, axis.step, types)
    wanted = np.round(demand * parts).astype(np.int64)
    hours = axis.step / 3600
    model = IntegerModel()
    used: dict[int, int] = {}
    bought: list[Bought] = []
    entries: list[tuple[int, Ints, Ints]] = []  # column, intervals, parts of a head
    for number, day, start_s in dated(types, horizon):
        one = types[number]
        where, share = axis.share(start_s, start_s + one.length_s)
        price = terms.per_head.get(one.template.name, 0.0)
        most = _most_heads(demand[where], share, hours, terms, price, rests=bool(one.template.breaks))
        if not most:
            continue
        if number not in used:
            used[number] = model.column(1, price=terms.per_type)
        column = model.column(most, price=price)
        model.row([column, used[number]], [1, -most], low=-_NONE, high=0)
        entries.append((column, where, np.round(share * parts).astype(np.int64)))
        rests = tuple(_rests(model, axis, one, start_s, column, most, parts, entries))
        bought.append(Bought(number, day, start_s, column, rests))
    if terms.most_types is not None and used:
        model.row(list(used.values()), [1] * len(used), low=0, high=terms.most_types)
    _balance(model, entries, wanted, hours / parts, terms)
    dearest = max(terms.surplus, 0.0 if isinf(terms.shortage) else terms.shortage)
    rounding = float(np.abs(demand - wanted / parts).sum()) * hours * dearest
    return Cover(model, tuple(bought), used, rounding)


def _parts(demand: Floats, step: int, types: tuple[ShiftType, ...]) -> int:
    """Return into how many parts a head is cut, so that demand and presence are whole numbers of them."""
    cell = step
    for one in types:
        cell = gcd(cell, one.offset_s, one.length_s)
        for rest in one.template.breaks:
            cell = gcd(cell, int(rest.length_s), *break_starts(one.template, rest, one.length_s, step).tolist())
    base = step // cell
    for more in (1, 2, 4, 5, 10, 20, 100):
        if np.allclose(demand * base * more, np.round(demand * base * more), rtol=0, atol=1e-9):
            return base * more
    return base * max(_FINEST // base, 1)


def _most_heads(demand: Floats, share: Floats, hours: float, terms: Terms, price: float, *, rests: bool) -> int:
    """Return above how many heads of one shift another one never pays, whatever else is bought.

    What a further head saves falls with the heads already there. With breaks the others may all be away at once: then
    every head has an interval that would be short without it, so there are no more heads than demand in all.
    """
    if not demand.any():
        return 0
    if rests:
        return int(np.ceil(demand).sum())
    if isinf(terms.shortage):
        return ceil(float((demand / share).max()) - 1e-9)
    heads = np.arange(ceil((demand / share).max()) + 1)[:, None] * share[None, :]
    short, spare = np.maximum(demand - heads, 0.0), np.maximum(heads - demand, 0.0)
    cost = hours * (terms.shortage * short + terms.surplus * spare).sum(axis=1)
    return int((np.diff(cost) + price < -1e-9).sum())


def _rests(
    model: IntegerModel,
    axis: _Axis,
    one: ShiftType,
    start_s: int,
    column: int,
    most: int,
    parts: int,
    entries: list[tuple[int, Ints, Ints]],
) -> Iterator[tuple[int, int, int]]:
    """Share the heads of a shift among the starts of each of its breaks."""
    for number, rest in enumerate(one.template.breaks):
        takers = []
        for after in break_starts(one.template, rest, one.length_s, axis.step).tolist():
            taker = model.column(most)
            where, share = axis.share(start_s + after, start_s + after + int(rest.length_s))
            entries.append((taker, where, -np.round(share * parts).astype(np.int64)))
            takers.append(taker)
            yield number, start_s + after, taker
        model.row([column, *takers], [-1, *[1] * len(takers)], low=0, high=0)


def _balance(
    model: IntegerModel, entries: list[tuple[int, Ints, Ints]], wanted: Ints, part_hours: float, terms: Terms
) -> None:
    """Add shortage and surplus: presence + shortage - surplus = wanted, written as differences between intervals."""
    count = len(wanted)
    rows: list[dict[int, int]] = [{} for _ in range(count)]
    for column, where, values in entries:
        for interval, value in zip(where.tolist(), values.tolist(), strict=True):
            rows[interval][column] = rows[interval].get(column, 0) + value
    spare = int(max(wanted.max(), 1)) * max(len(entries), 1)
    for interval in range(count):
        rows[interval][model.column(spare, price=terms.surplus * part_hours)] = -1
        if not isinf(terms.shortage):
            rows[interval][model.column(int(wanted[interval]), price=terms.shortage * part_hours)] = 1
    before: dict[int, int] = {}
    for interval, row in enumerate(rows):
        change = {column: row.get(column, 0) - before.get(column, 0) for column in {**before, **row}}
        kept = {column: value for column, value in change.items() if value}
        due = int(wanted[interval] - (wanted[interval - 1] if interval else 0))
        model.row(list(kept), list(kept.values()), low=due, high=due)
        before = row
