"""Which contacts belong together: customers who come back, and the complaints that a contact leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wfm.datasets.shop.course import Course
from wfm.datasets.shop.profiles import KINDS, PROFILES

__all__ = ["Journey", "link_contacts"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_COMPLAINTS = list(PROFILES).index("complaints")
_HOUR = 3_600_000
# Share of the contacts after which the customer comes back, by kind of request, and of those who gave up.
_UNSOLVED = {"inquiry": 0.07, "after_sales": 0.13, "complaint": 0.10, "suggestion": 0.02}
_AGAIN = 0.5
# They come back after these hours in the median: 12 minutes after giving up, 20 hours after an answer that did not do.
_SOON, _LATER = 0.2, 20.0
_ESCALATED = 0.7  # share of complaints that grow out of an earlier contact
_CUSTOMERS = 300_000  # at scale 1


@dataclass(frozen=True, eq=False)
class Journey:
    """Contacts, by their place in the course, as tickets.

    `previous` is the contact before it on the same ticket, and `following` the one after, -1 for none. `root` is the
    first contact of its ticket. `escalated_from` is, for the first contact of a complaint, the contact that it grew
    out of, else -1. `customer` is a number.
    """

    previous: Ints
    following: Ints
    root: Ints
    escalated_from: Ints
    customer: Ints

    @cached_property
    def roots(self) -> Ints:
        """First contacts, one for each ticket."""
        return np.flatnonzero(self.previous < 0)

    @cached_property
    def ticket(self) -> Ints:
        """Number of the ticket of each contact; tickets count in order of their first contacts."""
        return np.searchsorted(self.roots, self.root)


def link_contacts(course: Course, *, rng: np.random.Generator, scale: float) -> Journey:
    """Link contacts so that each follows one that was over before it began."""
    previous = _returns(course, rng)
    count = len(previous)
    following = np.full(count, -1)
    linked = np.flatnonzero(previous >= 0)
    following[previous[linked]] = linked
    root = np.where(previous >= 0, previous, np.arange(count))
    while (root != root[root]).any():  # the distance to the root doubles with each round
        root = root[root]
    escalated_from = _escalations(course, previous, rng)
    customer = rng.integers(0, max(1, round(_CUSTOMERS * scale)), size=count)
    child = np.flatnonzero(escalated_from >= 0)
    customer[child] = customer[root[escalated_from[child]]]
    return Journey(previous, following, root, escalated_from, customer[root])


def _returns(course: Course, rng: np.random.Generator) -> Ints:
    """Return the contact that each follows, on the same queue; none is followed twice."""
    count = len(course.arrived)
    unsolved = np.array([_UNSOLVED[kind] for kind in KINDS])[course.work.kind]
    back = rng.random(count) < np.where(course.is_answered, unsolved, np.where(course.is_abandoned, _AGAIN, 0.0))
    hours = np.where(course.is_answered, _LATER, _SOON) * np.exp(rng.standard_normal(count))
    settled = np.where(course.is_answered, course.ended, course.abandoned)
    wanted = settled + (hours * _HOUR).astype(np.int64)
    previous = np.full(count, -1)
    for queue in range(len(PROFILES)):
        here = np.flatnonzero(course.work.queue == queue)
        who = here[back[here]]
        place = np.searchsorted(course.arrived[here], wanted[who])
        who, place = who[place < len(here)], place[place < len(here)]
        # Two who come back as the same contact: the first does, the other stays away.
        place, first = np.unique(place, return_index=True)
        previous[here[place]] = who[first]
    return previous


def _escalations(course: Course, previous: Ints, rng: np.random.Generator) -> Ints:
    """Return for each complaint the answered contact it grew out of; no contact grows two."""
    grown = np.full(len(previous), -1)
    new = np.flatnonzero((course.work.queue == _COMPLAINTS) & (previous < 0))
    new = new[rng.random(len(new)) < _ESCALATED]
    since = course.arrived[new] - (rng.standard_exponential(len(new)) * 5 * _HOUR).astype(np.int64)
    sources = np.flatnonzero(course.is_answered & (course.work.queue != _COMPLAINTS))
    sources = sources[np.argsort(course.ended[sources], kind="stable")]
    place = np.searchsorted(course.ended[sources], since, side="right") - 1
    new, place = new[place >= 0], place[place >= 0]
    place, first = np.unique(place, return_index=True)
    grown[new[first]] = sources[place]
    return grown
