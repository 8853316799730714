"""The event-driven kernel: plain Python on lists of records, compiled by numba where it is installed.

One source, both ways. The functions draw no random number and call nothing outside this package, so that both ways
give the same numbers to the bit. `wfm.simulate.engine` builds the lists and reads them.
"""

from wfm.simulate.kernel import choice, events, hands, heaps, waits
from wfm.simulate.kernel.events import simulate

__all__ = ["PARTS", "RARE", "simulate"]

# In the order in which they are compiled: each calls those before it, and the last one has `simulate`.
PARTS = (heaps, hands, choice, waits, events)

# Called seldom: to compile them apart keeps the rest small.
RARE = (
    "turn",
    "share_of",
    "ring",
    "refuse",
    "release",
    "resume",
    "set_timers",
    "set_overflow",
    "interrupt",
    "put_aside",
    "offer",
    "rank_for",
)
