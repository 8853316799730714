"""Many replications of a case: in blocks, in order, by any number of workers, until there are enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np

from wfm.checks import check_flag, check_fraction, check_int
from wfm.domain.duration import as_duration
from wfm.errors import DataError, Problem
from wfm.logs import logger
from wfm.simulate.case import Case, Drawn
from wfm.simulate.engine import Log
from wfm.simulate.frames import half_widths
from wfm.simulate.measure import Measured, measure
from wfm.simulate.result import Stop
from wfm.simulate.streams import Streams, mirrored, plain
from wfm.simulate.tally import Layout, Sums

__all__ = ["Effort", "Replications", "play_once", "replicate", "seeds_of"]

Replications = int | Literal["auto"]

_LOG = logger("simulate")

# Replications are summed in blocks of this size, in order, however many workers there are.
_BLOCK = 10
# Blocks of a worker between two looks at the clock.
_WAVE = 4
# The interval of a handful of replications is no guide to when to stop.
_FEWEST = 20
_MOST = 10_000
_PRECISION = 0.005


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effort:
    """How many replications, by whom, and when to stop.

    Parameters
    ----------
    replications
        Number, 1 or more, or `"auto"`.
    precision
        With `"auto"`: half the width of the 95 % interval of the service level of each queue to stop at; default .005.
    seed, workers
        Seed of the random numbers; processes.
    antithetic
        Whether replications come in pairs of opposite random numbers.
    time_limit
        Wall-clock time after which no replication is begun.
    cancel
        Asked after each block; true ends the simulation.
    """

    replications: Replications = 100
    precision: float | None = None
    seed: int = 0
    workers: int = 1
    antithetic: bool = False
    time_limit: timedelta | str | None = None
    cancel: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if self.replications != "auto":
            check_int("replications", self.replications, 1, remedy="or write 'auto'")
            if self.precision is not None:
                remedy = "write replications='auto', or leave precision out"
                raise DataError(Problem("a precision with a fixed number of replications", remedy=remedy))
        elif self.precision is not None:
            check_fraction("precision", self.precision, include_one=False)
        check_int("seed", self.seed, 0)
        check_int("workers", self.workers, 1)
        check_flag("antithetic", self.antithetic)
        if self.antithetic and self.replications != "auto" and self.replications % 2:
            remedy = "antithetic replications come in pairs: give an even number"
            raise DataError(Problem(f"antithetic replications are {self.replications}", remedy=remedy))
        if self.time_limit is not None:
            as_duration("time_limit", self.time_limit)

    @property
    def items(self) -> int:
        """Replications or pairs of them, at most."""
        most = _MOST if self.replications == "auto" else self.replications
        return most // 2 if self.antithetic else most


def replicate(case: Case, layout: Layout, effort: Effort) -> tuple[Sums, Stop]:
    """Simulate a case as often as asked for, and return the sums and why they ended.

    Raises
    ------
    KeyboardInterrupt
        If it came before anything was simulated.
    """
    until = None
    if effort.time_limit is not None:
        until = time.monotonic() + as_duration("time_limit", effort.time_limit).total_seconds()
    blocks = [range(first, min(first + _BLOCK, effort.items)) for first in range(0, effort.items, _BLOCK)]
    sums, stop = Sums.empty(layout), Stop.MOST if effort.replications == "auto" else Stop.COMPLETE
    made = _blocks(case, layout, effort, blocks, until)
    try:
        for expected, block in zip(blocks, made, strict=False):
            sums.add(block)
            if block.replications < len(expected) * (2 if effort.antithetic else 1):
                stop = Stop.TIME_LIMIT
                break
            if effort.cancel is not None and effort.cancel():
                stop = Stop.CANCELLED if len(sums.tables) < effort.items else stop
                break
            if effort.replications == "auto" and _precise(sums, effort.precision or _PRECISION):
                stop = Stop.PRECISE
                break
    except KeyboardInterrupt:
        if not sums.tables:
            raise
        stop = Stop.CANCELLED
    finally:
        made.close()
    _LOG.info("%d replications, %.0f contacts: %s", sums.replications, sums.contacts, stop)
    return sums, stop


def _precise(sums: Sums, precision: float) -> bool:
    return sums.replications >= _FEWEST and bool((half_widths(sums) < precision).all())


def _blocks(
    case: Case, layout: Layout, effort: Effort, blocks: list[range], until: float | None
) -> Generator[Sums, None, None]:
    if effort.workers == 1:
        yield from (_block(case, layout, effort.seed, block, effort.antithetic, until) for block in blocks)
        return
    from joblib import Parallel, delayed

    # In waves, so that little is simulated in vain when there is enough, and nothing has to be called back.
    size = effort.workers * (1 if effort.replications == "auto" else _WAVE)
    with Parallel(n_jobs=effort.workers) as pool:
        for first in range(0, len(blocks), size):
            yield from pool(
                delayed(_block)(case, layout, effort.seed, block, effort.antithetic, until)
                for block in blocks[first : first + size]
            )


def _block(case: Case, layout: Layout, seed: int, block: range, antithetic: bool, until: float | None) -> Sums:
    sums = Sums.empty(layout)
    for number in block:
        # The first is always simulated: nothing at all is no answer.
        if number > 0 and until is not None and time.monotonic() > until:
            break
        streams = [mirrored(flipped=flipped) for flipped in (False, True)] if antithetic else [plain]
        sums.take([_measured(case, layout, seeds_of(seed, number), stream) for stream in streams])
    return sums


def seeds_of(seed: int, number: int) -> np.random.SeedSequence:
    """Return the seed of a replication: the same as the child of that number of the whole."""
    return np.random.SeedSequence(seed, spawn_key=(number,))


def _measured(case: Case, layout: Layout, seed: np.random.SeedSequence, streams: Streams) -> Measured:
    drawn, log = play_once(case, seed, streams)
    return measure(case, drawn, log, layout.thresholds)


def play_once(case: Case, seed: np.random.SeedSequence, streams: Streams = plain) -> tuple[Drawn, Log]:
    """Draw one course of events and play it."""
    return case.play(seed, streams)
