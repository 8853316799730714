"""A search of OR-Tools that is under way is ended from another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

__all__ = ["halting"]

_LOOK_S = 0.1  # between two looks at the time


@contextmanager
def halting(left_s: Callable[[], float], halt: Callable[[], object]) -> Iterator[None]:
    """While a block runs, call `halt` from another thread as soon as no time is left.

    Parameters
    ----------
    left_s
        Seconds left, infinity without a limit; 0 or less once the search shall end.
    halt
        What ends it.
    """
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            if left_s() <= 0:
                halt()
                return

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
