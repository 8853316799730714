"""Checks of what is asked: every bad element is named with its value before anything is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from wfm.errors import DataError, Faults, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "MAX_LOAD",
    "Number",
    "Rule",
    "as_scalars",
    "asked_options",
    "broadcast",
    "check_loads",
    "check_places",
    "is_zero",
    "rows",
]

Number: TypeAlias = "float | npt.ArrayLike"

# Loads above this are refused: no centre is so large, and the sums would take seconds.
MAX_LOAD = 1e7


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be: a finite number from (or above) 0, perhaps whole or below 1; and what to do otherwise."""

    positive: bool = False
    whole: bool = False
    share: bool = False
    remedy: str = "correct the value"

    @property
    def text(self) -> str:
        """The rule in words."""
        if self.share:
            return "a number in [0, 1)"
        kind = "a whole number" if self.whole else "a finite number"
        return f"{kind} above 0" if self.positive else f"{kind} of at least 0"

    def allows(self, value: float) -> bool:
        """Whether a plain number follows the rule."""
        above = value > 0 if self.positive else value >= 0
        top = 1.0 if self.share else math.inf
        return above and value < top and not (self.whole and value != math.floor(value))


_RULES = {
    "offered": Rule(remedy="give the number of contacts in the interval"),
    "aht_s": Rule(positive=True, remedy="give the mean handle time in seconds"),
    "interval_s": Rule(positive=True, remedy="give the length of the interval in seconds"),
    "agents": Rule(whole=True, remedy="give the number of agents on seat"),
    "load_erl": Rule(remedy="give offered * aht_s / interval_s"),
    "within_s": Rule(remedy="give the acceptable wait in seconds"),
    "patience_s": Rule(positive=True, remedy="give the mean patience in seconds, or leave it out if nobody abandons"),
    "short_abandon_s": Rule(positive=True, remedy="give the threshold in seconds"),
    "places": Rule(whole=True, remedy="give the contacts that fit in, those with an agent included; or leave it out"),
    "balking": Rule(share=True, remedy="give the share that leave at once when nobody is free; write 0.1 for 10 %"),
    "redial": Rule(share=True, remedy="give the share of the lost that try again; write 0.3 for 30 %"),
}


def _rule(name: str) -> Rule:
    """Return the rule of a value; `aht_s[2]`, the third of a list, follows that of `aht_s`."""
    return _RULES[name.partition("[")[0]]


def is_zero(value: Number) -> bool:
    """Whether an option is the plain number 0: not used."""
    return isinstance(value, int | float) and value == 0


def asked_options(patience_s: Number | None, places: Number | None, balking: Number, redial: Number) -> dict[str, Any]:
    """Return the options that are used, by name.

    Raises
    ------
    DataError
        If contacts are to redial although none is ever lost.
    """
    options = {"patience_s": patience_s, "places": places, "balking": balking, "redial": redial}
    used = {name: value for name, value in options.items() if value is not None}
    for name in ("balking", "redial"):
        if is_zero(used[name]):
            del used[name]
    if "redial" in used and len(used) == 1:
        remedy = "give patience_s, places or balking, or leave redial out"
        raise DataError(Problem("redial where no contact is ever lost", remedy=remedy))
    return used


def as_scalars(values: dict[str, Any]) -> dict[str, float] | None:
    """Return the values as checked floats, or nothing if one of them is an array.

    Raises
    ------
    DataError
        With every value that breaks its rule.
    """
    for value in values.values():
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
    bad = [name for name, value in values.items() if not (_RULES.get(name) or _rule(name)).allows(value)]
    if bad:
        faults = Faults()
        for name in bad:
            rule = _rule(name)
            faults.add(f"{name} must be {rule.text}, got {values[name]!r}", remedy=rule.remedy)
        faults.raise_if_any()
    return {name: float(value) for name, value in values.items()}


def broadcast(values: dict[str, Any]) -> tuple[dict[str, npt.NDArray[np.float64]], tuple[int, ...]]:
    """Return the values as flat float arrays of one length, and their common shape.

    Raises
    ------
    DataError
        With every value that breaks its rule, the number of its element beside it, or with the shapes that clash.
    """
    import numpy as np

    faults = Faults()
    arrays = {}
    for name, value in values.items():
        try:
            array = np.asarray(value)
        except ValueError:
            faults.add(f"{name} has rows of unlike length", remedy=_rule(name).remedy)
            continue
        if array.dtype.kind not in "iuf":
            what = f"{name} holds {array.dtype if array.dtype.kind != 'O' else type(value).__name__}, not numbers"
            faults.add(what, remedy=_rule(name).remedy)
            continue
        arrays[name] = array.astype(float)
        _check_array(name, arrays[name], faults)
    faults.raise_if_any()
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        problem = Problem(f"the shapes do not go together: {shapes}", remedy="give arrays that broadcast")
        raise DataError(problem) from None
    return {name: array.ravel() for name, array in zip(arrays, together, strict=True)}, together[0].shape


def _check_array(name: str, array: npt.NDArray[np.float64], faults: Faults) -> None:
    import numpy as np

    rule = _rule(name)
    good = np.isfinite(array) & ((array > 0) if rule.positive else (array >= 0))
    if rule.share:
        good &= array < 1.0
    if rule.whole:
        good &= array == np.floor(array)
    if not good.all():
        shown = array[~good].ravel()[0]
        what = f"{name} must be {rule.text}, got {shown:g}"
        faults.add(what, remedy=rule.remedy, rows=rows(~good))


def rows(mask: npt.NDArray[np.bool_]) -> tuple[object, ...]:
    """Return the positions of the marked elements: numbers in one dimension, tuples in more."""
    import numpy as np

    if mask.ndim <= 1:
        return tuple(np.flatnonzero(mask).tolist()) if mask.ndim else ()
    return tuple(map(tuple, np.argwhere(mask).tolist()))


def check_loads(load: Any, shape: tuple[int, ...] | None = None) -> None:
    """Refuse loads that are too large to be meant, for a float or for a flat array of the given shape."""
    remedy = "check offered, aht_s and interval_s: the load is offered * aht_s / interval_s"
    if shape is None:
        if load > MAX_LOAD:
            raise DataError(Problem(f"a load of {load:g} erlangs is above 10 million", remedy=remedy))
        return
    wrong = load > MAX_LOAD
    if wrong.any():
        what = f"a load of {load[wrong][0]:g} erlangs is above 10 million"
        raise DataError(Problem(what, remedy=remedy, rows=rows(wrong.reshape(shape))))


def check_places(places: Any, held: Any, shape: tuple[int, ...] | None = None) -> None:
    """Refuse fewer places than the agents (or their sessions) take; floats, or flat arrays of the given shape."""
    if places is None:
        return
    remedy = "places counts the contacts with an agent, too: give at least as many, or leave it out"
    if shape is None:
        if places < held:
            raise DataError(Problem(f"{places:g} places for {held:g} at the agents", remedy=remedy))
        return
    wrong = places < held
    if wrong.any():
        what = f"{places[wrong][0]:g} places for {held[wrong][0]:g} at the agents"
        raise DataError(Problem(what, remedy=remedy, rows=rows(wrong.reshape(shape))))
