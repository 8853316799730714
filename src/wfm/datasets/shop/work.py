"""What each contact of the synthetic shop asks for: its kind, its handle time, its moment, its customer's patience."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt

from wfm.datasets.shop.profiles import KINDS, PROFILES
from wfm.datasets.shop.volume import SLOTS, Volume, returns_factor
from wfm.domain.presets import ecommerce_queues
from wfm.domain.queue import Queue

__all__ = ["Work", "draw_work", "mean_work"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SERVICE, _MOMENT = 1, 2  # streams of a day, beside that of its counts
_SLOT_S = 86400 / SLOTS


@dataclass(frozen=True, eq=False)
class Work:
    """Contacts in order of arrival.

    `time_s` counts from the midnight that begins the first day. `queue` and `kind` are places in `PROFILES` and
    `KINDS`. `service_s` is the work of one agent of proficiency 1 who does nothing else. `patience_s` is infinite where
    nobody waits on the line.
    """

    time_s: Floats
    queue: Ints
    kind: Ints
    service_s: Floats
    patience_s: Floats


def draw_work(volume: Volume, *, seed: int) -> Work:
    """Draw every contact of the volume; its counts are those of the volume to the contact."""
    patience_s = np.array([np.inf if queue.patience_s is None else queue.patience_s for queue in _queues()])
    parts = []
    for position, day in enumerate(volume.days):
        queue, slot, kind, service = _draw_service(day, volume.offered[position], seed)
        rng = np.random.default_rng([seed, day.toordinal(), _MOMENT])
        time = position * 86400 + (slot + rng.random(len(queue))) * _SLOT_S
        # An infinite mean times a draw is infinite: nobody waits on that line.
        parts.append((time, queue, kind, service, rng.standard_exponential(len(queue)) * patience_s[queue]))
    time, queue, kind, service, patience = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(time, kind="stable")
    return Work(time[order], queue[order], kind[order], service[order], patience[order])


def mean_work(volume: Volume, *, seed: int) -> Floats:
    """Return the mean handle time of the contacts of each day, queue and half-hour; NaN where there is none."""
    means = np.full(volume.offered.shape, np.nan)
    for position, day in enumerate(volume.days):
        offered = volume.offered[position]
        queue, slot, _, service = _draw_service(day, offered, seed)
        total = np.bincount(queue * SLOTS + slot, weights=service, minlength=offered.size).reshape(offered.shape)
        np.divide(total, offered, out=means[position], where=offered > 0)
    return means


def _draw_service(day: date, offered: Ints, seed: int) -> tuple[Ints, Ints, Ints, Floats]:
    """Return queue, half-hour, kind and handle time of each contact of a day, by queue and half-hour."""
    rng = np.random.default_rng([seed, day.toordinal(), _SERVICE])
    cell = np.repeat(np.arange(offered.size), offered.ravel())
    queue, slot = cell // SLOTS, cell % SLOTS
    share, factor = _kind_tables(returns_factor(day))
    kind = (rng.random(len(cell))[:, None] >= np.cumsum(share, axis=1)[queue, :-1]).sum(axis=1)
    spread = np.array([profile.spread for profile in PROFILES.values()])[queue]
    aht_s = np.array([queue.aht_s for queue in _queues()])
    service = aht_s[queue] * factor[queue, kind] * np.exp(spread * rng.standard_normal(len(cell)) - spread**2 / 2)
    return queue, slot, kind, service


def _kind_tables(returns: float) -> tuple[Floats, Floats]:
    """Return share and relative handle time by queue and kind; returns of a sale bring more after-sales requests."""
    share, factor = np.zeros((len(PROFILES), len(KINDS))), np.ones((len(PROFILES), len(KINDS)))
    for row, profile in enumerate(PROFILES.values()):
        for kind, (part, ratio) in profile.kinds.items():
            share[row, KINDS.index(kind)], factor[row, KINDS.index(kind)] = part, ratio
    # On a plain day the handle times of a queue average to its own.
    factor /= (share * factor).sum(axis=1, keepdims=True)
    share[:, KINDS.index("after_sales")] *= returns
    return share / share.sum(axis=1, keepdims=True), factor


@cache
def _queues() -> tuple[Queue, ...]:
    return tuple(queue for queue in ecommerce_queues() if queue.name in PROFILES)
