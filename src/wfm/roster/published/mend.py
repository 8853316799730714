"""Repair of a published roster with as few changes as it takes: breaks, skills, hours, calls, then shifts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd

from wfm.checks import check_each, check_int, check_kind
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.errors import DataError, Problem
from wfm.roster.checking.case import RosterLike
from wfm.roster.checking.checker import check
from wfm.roster.checking.violations import Violation
from wfm.roster.coverage.loss import Loss, present
from wfm.roster.duties import Duty, as_frames, day_of
from wfm.roster.frames import roster_of
from wfm.roster.problem import build_case
from wfm.roster.published.changes import RepairPrices, changes_between
from wfm.roster.published.events import Event, LateArrival, Reforecast, SickCall, TrainingMoved
from wfm.roster.published.floor import Floor
from wfm.roster.published.happened import Happened, apply_events
from wfm.roster.published.heads import Heads
from wfm.roster.published.keep import opened
from wfm.roster.published.legality import Judge
from wfm.roster.published.options import Option, Options
from wfm.roster.result import Roster
from wfm.roster.tree import tree
from wfm.schema import FrameLike
from wfm.timegrid import Horizon

__all__ = ["Repair", "repair"]

_BATCH = 16  # options judged at once
_ROUNDS = 3  # times that each person touched may be exchanged for another
_NONE = 1e-6


@dataclass(frozen=True, eq=False)
class Repair:
    """A roster after events, repaired, with every change and what it recovers.

    Parameters
    ----------
    roster
        The repaired roster. Who is away keeps the shift, with `absent` in place of work.
    changes
        Frame `changes`: `employee, day, change, before, after, reason, price, pay`: what is done beyond the events.
        `price` is that of the change by `RepairPrices`, `pay` what it adds to wages, overtime and missed wishes, given
        once for a person and day.
    touched
        People changed, beside those of the events.
    requirement
        The requirement with the events entered.
    loss_event, loss_left
        Price of shortage and surplus beyond that of the published plan, after the events and after the repair.
    violations
        Rules that the repaired roster breaks; where the published one broke none, none.
    currency
        Code of the currency.
    """

    roster: Roster
    changes: pd.DataFrame
    touched: tuple[str, ...]
    requirement: pd.DataFrame = field(repr=False)
    loss_event: float
    loss_left: float
    violations: tuple[Violation, ...]
    currency: str

    @property
    def recovered(self) -> float | None:
        """Share of the loss that is recovered, at most 1; none if the events cost nothing."""
        return None if self.loss_event <= _NONE else 1.0 - self.loss_left / self.loss_event

    @property
    def price(self) -> float:
        """Price of the changes with the pay that they add."""
        return float(self.changes["price"].sum() + self.changes["pay"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `changes`."""
        return self.changes

    def _lines(self) -> list[tuple[str, str]]:
        share = "nothing was lost" if self.recovered is None else f"{100 * self.recovered:.1f} % recovered"
        lost = f"{self.loss_event:,.2f} {self.currency} by the events, {self.loss_left:,.2f} left, {share}"
        rows = [
            ("loss", lost),
            ("price", f"{self.price:,.2f} {self.currency}"),
            ("touched", ", ".join(self.touched) or "nobody"),
            ("legal", "yes" if not self.violations else f"no: {self.violations[0]}"),
        ]
        told = (
            (str(row.employee), f"{row.day} {row.change}: {row.before} -> {row.after}; {row.reason}")
            for row in self.changes.itertuples()
        )
        return [*rows, *told]

    def __str__(self) -> str:
        lines = self._lines()
        width = max(len(name) for name, _ in lines)
        return tree("Repair", [f"{name:<{width}} {text}" for name, text in lines])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><caption>Repair</caption>{rows}</table>"


def repair(
    roster: RosterLike,
    events: Iterable[Event] | Event,
    requirement: FrameLike | None,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
    now: datetime | None = None,
    prices: RepairPrices | None = None,
    max_touched: int = 3,
    notice: timedelta | str = "1h",
) -> Repair:
    """Repair a published roster after events by the fewest and cheapest changes.

    Lost is what the events add to the price of shortage and surplus, interval by interval, and to that of heads wanted
    by shift and day; a repair earns what it takes
    off that, and nothing by improving the plan elsewhere. Every change has a price, so that a break is moved before a
    skill is switched, before somebody stays longer or is called in, before others' shifts are moved. A change is made
    where it recovers more than it costs.

    Parameters
    ----------
    roster
        The published roster, or any object with the frames `shifts` and `activities`. What it holds of the days before
        the horizon counts for rests and runs.
    events
        `SickCall`, `LateArrival`, `Reforecast` and `TrainingMoved`, one or more.
    requirement
        Frame `requirement` that was rostered; none where `wanted` alone said what is to be covered.
    centre
        The centre.
    horizon
        The days of the roster, where they are more than those of the requirement.
    wanted
        Frame `wanted` that was rostered; default none. Who is away all through a shift is no head of it.
    history
        Frame `burdens` of before the horizon, as in `solve`: it enters the fairness and its cost in the result.
    now
        What lies before stays as it is, an instant with a zone; default the first instant of the events.
    prices
        Prices of changes; default `RepairPrices()`.
    max_touched
        Most people changed beside those of the events, 0 or more; default 3.
    notice
        Least time from now to a shift that somebody did not have; default 1 hour.

    Returns
    -------
    Repair
        The roster, every change with its reason and price, and the share recovered.

    Raises
    ------
    DataError
        With every fault: an unknown person, a person without a shift at the time, stamps off the grid, a cyclic
        horizon.

    Notes
    -----
    The search takes the best single change that the checker finds legal until none pays, then tries to exchange each
    person touched for another. It is fast and no proof: fewer people may do in rare cases.

    Examples
    --------
    >>> from wfm import roster, testing
    >>> centre = testing.make_centre(people=6)
    >>> start = pd.date_range("2026-11-02 09:00", periods=12, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 2, "scheduled": 2})
    >>> plan = roster.solve(need, centre, work_limit=1)
    >>> sick = plan.shifts["employee"].iloc[0]
    >>> mended = repair(plan, SickCall(sick, date(2026, 11, 2)), need, centre)
    >>> mended.recovered > 0.85, len(mended.touched) <= 3, mended.violations
    (True, True, ())
    """
    happenings = check_each("events", (events,) if isinstance(events, Event) else events, object)
    _check(happenings, horizon, prices, now)
    check_int("max_touched", max_touched, 0)
    planned, duties = opened(roster, requirement, centre, horizon, wanted=wanted, history=history)
    centre = planned.centre
    happened = apply_events(happenings, planned, duties)
    case = planned
    if happened.requirement is not None:
        case = build_case(happened.requirement, centre, planned.horizon, wanted, history)
    coverage = present(planned, duties)
    loss = Loss(planned)
    floor = Floor(
        case,
        happened.duties,
        planned_short=loss.short(coverage),
        planned_over=loss.over(coverage),
        planned_surplus=np.where(planned.is_open, np.maximum(coverage - planned.demand, 0.0), 0.0),
        planned_heads=planned.wanted.prices(Heads(planned).there(duty for mine in duties.values() for duty in mine)),
        now_s=happened.first_s if now is None else int(now.timestamp()),
    )
    tz = centre.tz
    published = {name: {day_of(d.start_s, tz): d for d in mine} for name, mine in happened.duties.items()}
    given = RepairPrices() if prices is None else prices
    unit = min(contract.cost_per_hour for contract in centre.contracts)
    told_s = int(as_duration("notice", notice).total_seconds())
    options = Options(floor, published, prices=given, unit=unit, notice_s=told_s)
    search = _Search(floor, options, Judge(centre, planned.horizon, happened.duties), happened, max_touched)
    lost = floor.total()
    search.run()
    shifts, activities = as_frames(floor.duties(), tz)
    mended = roster_of(case, shifts, activities, bound=None)
    return Repair(
        roster=mended,
        changes=_changes(floor, options, published, given, unit, happened),
        touched=tuple(sorted(search.touched)),
        requirement=case.requirement,
        loss_event=lost,
        loss_left=floor.total(),
        violations=tuple(check(mended, centre, case.requirement, horizon=planned.horizon)),
        currency=centre.currency,
    )


def _check(
    events: tuple[object, ...], horizon: Horizon | None, prices: RepairPrices | None, now: datetime | None
) -> None:
    if not events:
        raise DataError(Problem("no events", remedy="give at least one, such as SickCall('A17', date(2026, 11, 3))"))
    for event in events:
        if not isinstance(event, SickCall | LateArrival | Reforecast | TrainingMoved):
            what = f"a {type(event).__name__} is no event"
            raise DataError(Problem(what, remedy="give SickCall, LateArrival, Reforecast or TrainingMoved"))
    if horizon is not None and horizon.cyclic:
        raise DataError(Problem("the horizon is cyclic", remedy="repair dated days; a typical week has no today"))
    if prices is not None:
        check_kind("prices", prices, RepairPrices)
    if now is not None and (not isinstance(now, datetime) or now.tzinfo is None):
        remedy = "give a datetime or pandas.Timestamp with a zone"
        raise DataError(Problem(f"now must be an instant with a zone, got {now!r}", remedy=remedy))


class _Touch(NamedTuple):
    """A person and day that was changed."""

    name: str
    day: date


class _Search:
    """Takes the best legal option until none pays, then exchanges people."""

    def __init__(self, floor: Floor, options: Options, judge: Judge, happened: Happened, most: int) -> None:
        self._floor = floor
        self._options = options
        self._judge = judge
        self._happened = happened
        self._most = most
        self._before = {name: dict(mine) for name, mine in floor.lines.items()}
        self._days = happened.days

    @property
    def touched(self) -> set[str]:
        """People changed, beside those of the events."""
        return {t.name for t in self._changed() if t.name not in self._happened.people}

    def run(self) -> None:
        """Repair."""
        while self._step():
            pass
        for _ in range(_ROUNDS):
            if not any(self._exchange(name) for name in sorted(self.touched)):
                return

    def _changed(self) -> list[_Touch]:
        lines, before = self._floor.lines, self._before
        return [
            _Touch(name, day)
            for name, mine in lines.items()
            for day in self._days
            if mine.get(day) != before[name].get(day)
        ]

    def _step(self, barred: str | None = None) -> bool:
        """Take the best legal option; false if none pays."""
        touched = self.touched
        names = set(self._floor.lines) - {barred}
        if len(touched) >= self._most:
            names &= touched | set(self._happened.people)
        ready: list[Option] = []
        for lead in self._options.leads(sorted(names), self._days):
            if self._take(ready, lead.promise):
                return True
            ready += self._options.of(lead)
        return self._take(ready, 0.0)

    def _take(self, ready: list[Option], least: float) -> bool:
        """Enter the best legal option that is worth so much at least; those found illegal are struck out."""
        ready.sort(key=lambda option: (-option.net, option.employee, option.day))
        while ready and ready[0].net >= least:
            batch = ready[:_BATCH]
            lines = [(o.employee, self._floor.line(o.employee, o.day, o.duty)) for o in batch]
            for option, broken in zip(batch, self._judge.broken_by(lines), strict=True):
                if not broken:
                    self._floor.set(option.employee, option.day, option.duty)
                    return True
            del ready[:_BATCH]
        return False

    def _exchange(self, name: str) -> bool:
        """Take a person's changes back if others recover more, or nobody is needed."""
        kept = {n: dict(mine) for n, mine in self._floor.lines.items()}
        was = self._value()
        for touch in [t for t in self._changed() if t.name == name]:
            self._floor.set(name, touch.day, self._before[name].get(touch.day))
        while self._step(barred=name):
            pass
        if self._value() < was - _NONE:
            return True
        for n, mine in kept.items():
            for day in self._days:
                if mine.get(day) != self._floor.lines[n].get(day):
                    self._floor.set(n, day, mine.get(day))
        return False

    def _value(self) -> float:
        """Return the loss with the price of all changes."""
        paid = 0.0
        for name, day in self._changed():
            paid += self._options.price(name, day, self._floor.lines[name].get(day))
            paid += self._options.pay(name, day, self._before[name].get(day))
        return self._floor.total() + paid


def _changes(
    floor: Floor,
    options: Options,
    published: dict[str, dict[date, Duty]],
    prices: RepairPrices,
    unit: float,
    happened: Happened,
) -> pd.DataFrame:
    """Return every change beyond the events, with its reason and price."""
    case = floor.case
    rows: list[tuple[str, date, str, str, str, str, float, float]] = []
    for name in sorted(floor.lines):
        for day in happened.days:
            old, new = published[name].get(day), floor.lines[name].get(day)
            found = changes_between(
                old,
                new,
                contract=floor.contract_kind(name),
                is_overtime=floor.is_overtime(name, day, floor.line(name, day, new)),
                tz=case.centre.tz,
            )
            pay = options.pay(name, day, old) if found else 0.0
            why = _reason(floor, name, old, new, happened) if found else ""
            for change in found:
                price = unit * prices.of(change.kind)
                rows.append((name, day, str(change.kind), change.before, change.after, why, price, pay))
                pay = 0.0
    frame = pd.DataFrame(rows, columns=["employee", "day", "change", "before", "after", "reason", "price", "pay"])
    text = ("employee", "change", "before", "after", "reason")
    return frame.astype(dict.fromkeys(text, "str") | {"price": float, "pay": float})


def _reason(floor: Floor, name: str, old: Duty | None, new: Duty | None, happened: Happened) -> str:
    """Say what a change covers that would be short without it."""
    case = floor.case
    change = floor.presence(name, new) - floor.presence(name, old)
    rows = np.flatnonzero(change.any(axis=1))
    here = floor.rostered[rows]
    short = np.maximum(case.demand[rows] - here, 0.0)
    without = np.maximum(case.demand[rows] - (here - change[rows]), 0.0)
    saved = np.maximum(without - short, 0.0)
    parts = []
    head = floor.heads.row(new)
    if head >= 0 and head != floor.heads.row(old) and floor.there[head] <= case.wanted.heads[head]:
        parts.append(f"a head of {new.template!r}" if new is not None else "")
    for queue in np.flatnonzero(saved.sum(axis=0) > _NONE).tolist():
        at = rows[np.flatnonzero(saved[:, queue] > _NONE)]
        first = pd.Timestamp(int(case.starts_s[at[0]]), unit="s", tz="UTC").tz_convert(case.centre.tz)
        last = pd.Timestamp(int(case.starts_s[at[-1]]) + case.interval_s, unit="s", tz="UTC").tz_convert(case.centre.tz)
        hours = float(saved[:, queue].sum()) * case.interval_h
        parts.append(f"{hours:g} h of {case.queues[queue]} from {first:%H:%M} to {last:%H:%M}")
    covered = f"covers {' and '.join(parts)}" if parts else "leaves fewer people idle"
    return f"{covered} after {happened.words}"
