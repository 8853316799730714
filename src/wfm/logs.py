"""Loggers of the rooms: nothing is printed unless the program that uses the library asks for it."""

from __future__ import annotations

import logging

__all__ = ["logger"]

# Without a handler of its own Python would print warnings; `import wfm` alone need not load `logging` for it.
logging.getLogger("wfm").addHandler(logging.NullHandler())


def logger(room: str) -> logging.Logger:
    """Return the logger of a room of the library.

    Parameters
    ----------
    room
        Its name, such as `"roster"`.

    Examples
    --------
    >>> logger("roster").name
    'wfm.roster'
    """
    return logging.getLogger(f"wfm.{room}")
