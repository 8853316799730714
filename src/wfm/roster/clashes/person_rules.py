"""The rules of one person as switches: each can be left out, or loosened by as little as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from wfm.domain.people import Contract, ContractKind, Employee, Unavailability

__all__ = ["PersonRule", "Terms", "rules_of_person"]

_HOUR_S = 3600.0
_STEP_H = 0.25


@dataclass(frozen=True, slots=True)
class Terms:
    """A person and the contract that holds for them."""

    person: Employee
    contract: Contract


Turn = Callable[[Terms], Terms]


@dataclass(frozen=True, eq=False)
class PersonRule:
    """One rule.

    Parameters
    ----------
    words
        The rule in words, with its limit.
    off
        Leaves it out.
    steps
        Ways to loosen it, from the least to leaving it out: in words, with the price.
    """

    words: str
    off: Turn
    steps: tuple[tuple[str, float, Turn], ...]

    def least(self, feasible: Callable[[Turn], bool]) -> tuple[str, float, Turn]:
        """Return the least loosening that is feasible; each one that is looser than a feasible one is so too."""
        low, high = 0, len(self.steps) - 1
        while low < high:
            middle = (low + high) // 2
            if feasible(self.steps[middle][2]):
                high = middle
            else:
                low = middle + 1
        return self.steps[low]


def rules_of_person(terms: Terms) -> list[PersonRule]:
    """Return the rules that bind a person, in the order of the fields of the contract, then absences and locks."""
    contract = terms.contract
    return [
        *_least_hours(contract),
        *_most_hours(contract),
        *_counts(contract),
        *_others(contract),
        *_of_person(terms),
    ]


def _least_hours(contract: Contract) -> Iterator[PersonRule]:
    for name in ("min_day", "min_week", "min_period", "min_rest", "min_free_week"):
        value_s = getattr(contract, f"{name}_s")
        if not value_s:
            continue
        hours = value_s / _HOUR_S
        values = [_STEP_H * n for n in reversed(range(int(hours / _STEP_H - 1e-9) + 1))] or [0.0]
        steps = tuple(
            (f"lower {name} to {value:g} h", (hours - value) * contract.cost_per_hour, _set(name, f"{value * 60:g}min"))
            for value in values
        )
        yield PersonRule(f"{name} {hours:g} h", steps[-1][2], steps)


def _most_hours(contract: Contract) -> Iterator[PersonRule]:
    dear = contract.cost_per_hour * contract.overtime_factor
    for name, most in (("max_day", 24.0), ("max_week", 168.0), ("max_period", 168.0 * 12), ("max_start_spread", 24.0)):
        value_s = getattr(contract, f"{name}_s")
        if value_s is None:
            continue
        hours = value_s / _HOUR_S
        values = [hours + _STEP_H * n for n in range(1, int((most - hours) / _STEP_H) + 1)]
        if not values:
            continue
        steps = tuple(
            (f"raise {name} to {value:g} h", (value - hours) * dear, _set(name, f"{value * 60:g}min"))
            for value in values
        )
        yield PersonRule(f"{name} {hours:g} h", steps[-1][2], steps)


def _counts(contract: Contract) -> Iterator[PersonRule]:
    day = contract.max_day_s / _HOUR_S * contract.cost_per_hour * contract.overtime_factor
    most = {"max_days_per_week": 7, "max_days_in_a_row": 14, "max_weekends": 54, "max_nights_in_a_row": 84}
    for name, top in most.items():
        value = getattr(contract, name)
        if value is None or value >= top:
            continue
        steps = tuple(
            (f"raise {name} to {new}", (new - value) * day, _set(name, new)) for new in range(value + 1, top + 1)
        )
        yield PersonRule(f"{name} {value}", steps[-1][2], steps)
    for name in ("min_days_in_a_row", "min_days_off_in_a_row"):
        value = getattr(contract, name)
        if value > 1:
            steps = tuple(
                (f"lower {name} to {new}", (value - new) * day, _set(name, new)) for new in reversed(range(1, value))
            )
            yield PersonRule(f"{name} {value}", steps[-1][2], steps)
    for template, value in dict(contract.max_shifts or ()).items():
        others = {name: number for name, number in dict(contract.max_shifts or ()).items() if name != template}
        steps = tuple(
            (
                f"raise max_shifts of {template!r} to {new}",
                (new - value) * day,
                _set("max_shifts", {**others, template: new}),
            )
            for new in range(value + 1, 85)
        )
        yield PersonRule(f"max_shifts {template!r} {value}", partial(_one_more, template=template), steps)


def _one_more(terms: Terms, *, template: str) -> Terms:
    """Leave out the limit of one template, whatever became of the others."""
    others = {name: number for name, number in dict(terms.contract.max_shifts or ()).items() if name != template}
    return _with(terms, max_shifts=others or None)


def _others(contract: Contract) -> Iterator[PersonRule]:
    day = contract.max_day_s / _HOUR_S * contract.cost_per_hour
    if contract.templates is not None:
        off = _set("templates", None)
        words = f"templates {', '.join(contract.templates)}"
        yield PersonRule(words, off, (("allow every shift template", day, off),))
    if contract.whole_weekends:
        off = _set("whole_weekends", False)
        yield PersonRule("whole_weekends", off, (("allow half weekends", day, off),))
    if contract.rotation is not None:
        off = partial(_with, rotation=None, rotation_from=None)
        yield PersonRule("rotation", off, (("take the person out of the rotation", day, off),))


def _of_person(terms: Terms) -> Iterator[PersonRule]:
    person, contract = terms.person, terms.contract
    day = contract.max_day_s / _HOUR_S * contract.cost_per_hour
    for away in person.unavailable:
        off = partial(_drop, field="unavailable", item=away)
        days = max(_days(away), 1.0)
        words = f"{away.reason} from {away.start} to {away.end}"
        yield PersonRule(words, off, ((f"refuse the {words}", days * day, off),))
    for lock in person.locks:
        off = partial(_drop, field="locks", item=lock)
        words = f"the lock of {lock.day}" + (" to a day off" if lock.off else f" to {lock.template or 'a shift'}")
        yield PersonRule(words, off, ((f"take out {words}", day, off),))
    if person.before is not None:
        words = "leave what was worked before out of account"
        yield PersonRule("what was worked before the horizon", _forget, ((words, day, _forget),))


def _set(name: str, value: Any) -> Turn:
    return partial(_with, **{name: value})


def _with(terms: Terms, **fields: Any) -> Terms:
    """Return the terms with other fields of the contract."""
    # A part-time contract may not have 40 hours, nor one on call a minimum; neither is a rule of the roster.
    return replace(terms, contract=replace(terms.contract, kind=ContractKind.FULL, **fields))


def _days(away: Unavailability) -> float:
    """Return the length of an absence in days."""
    if isinstance(away.start, datetime) and isinstance(away.end, datetime):
        return (away.end - away.start) / timedelta(days=1)
    return float(away.end.toordinal() - away.start.toordinal())


def _drop(terms: Terms, *, field: str, item: object) -> Terms:
    kept: Any = tuple(one for one in getattr(terms.person, field) if one != item)
    return replace(terms, person=replace(terms.person, **{field: kept}))


def _forget(terms: Terms) -> Terms:
    return replace(terms, person=replace(terms.person, before=None))
