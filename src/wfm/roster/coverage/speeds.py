"""People's speeds by queue, and those who are nearly alike taken together where a model can hold only so many."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from wfm.roster.problem import Floats

__all__ = ["STEPS", "Speeds", "fastest_alike"]

Speeds: TypeAlias = tuple[float, ...]  # by queue, 0 where it is not served

STEPS = (0.0, 0.05, 0.1, 0.2, 0.4, np.inf)  # between the logarithms of speeds: exact, then coarser and coarser
_EPSILON = 1e-9


def fastest_alike(speeds: list[Speeds], most: int) -> list[Speeds]:
    """Return each person's speeds, or those of the fastest of people nearly alike, so that at most so many differ.

    Speeds are alike between the same steps, which are as fine as they can be; people who serve different queues never
    are, however many there are of them.
    """
    for step in STEPS:
        labels = [_label(one, step) for one in speeds]
        if len(set(labels)) <= most:
            break
    fastest: dict[Speeds, Floats] = {}
    for label, one in zip(labels, speeds, strict=True):
        fastest[label] = np.maximum(fastest.get(label, np.zeros(len(one))), one)
    return [tuple(fastest[label].tolist()) for label in labels]


def _label(speeds: Speeds, step: float) -> Speeds:
    """Return what people have in common who serve the same queues, each at a speed between the same steps."""
    if step == 0:
        return speeds
    return tuple(float(np.ceil(np.log(one) / step - _EPSILON)) if one else -np.inf for one in speeds)
