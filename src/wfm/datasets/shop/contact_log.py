"""The frames `contacts` and `tickets` of the course of events."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.shop.columns import stamps, text
from wfm.datasets.shop.course import Course
from wfm.datasets.shop.journey import Journey
from wfm.datasets.shop.profiles import KINDS, PROFILES
from wfm.domain.centre import Centre

__all__ = ["Names", "contacts_frame", "tickets_frame"]

Ints = npt.NDArray[np.int64]

_REASONS = {
    "inquiry": ("product", "order status", "promotion", "account"),
    "after_sales": ("return", "exchange", "refund", "delivery damage", "invoice"),
    "complaint": ("late delivery", "quality", "service", "refund delay"),
    "suggestion": ("app", "assortment"),
}
_SEGMENTS = ("regular", "new", "vip")
_WRAP = {"phone": 0.16, "chat": 0.06, "social": 0.10, "messages": 0.10, "inquiries": 0.15, "complaints": 0.20}
_HELD = 0.18  # share of calls with the customer on hold


class Names:
    """Identifiers: contacts and tickets by the day and place of their (first) contact, customers by number."""

    def __init__(self, course: Course, journey: Journey) -> None:
        day = (course.work.time_s // 86400).astype(np.int64)
        first = np.concatenate([[0], np.flatnonzero(np.diff(day)) + 1]) if len(day) else np.empty(0, np.int64)
        place = np.arange(len(day)) - np.repeat(first, np.diff(np.append(first, len(day))))
        dates = (course.origin.tz_localize(None) + pd.to_timedelta(day, unit="D")).strftime("%Y%m%d")
        number = dates.to_numpy(dtype="int64") * 1_000_000 + place
        self.contact = "C" + pd.Series(number).astype("str")
        self.ticket = "T" + pd.Series(number[journey.roots]).astype("str")
        self.customer = "U" + pd.Series(journey.customer).astype("str").str.zfill(7)


def contacts_frame(
    course: Course, journey: Journey, names: Names, centre: Centre, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the frame `contacts`, in order of arrival."""
    queue, tz = course.work.queue, centre.tz
    handle_ms = np.where(course.is_answered, course.ended - course.answered, 0)
    wrap = np.array([_WRAP[name] for name in PROFILES])[queue] * rng.uniform(0.5, 1.5, size=len(queue))
    on_phone = queue == list(PROFILES).index("phone")
    hold = np.where(on_phone & (rng.random(len(queue)) < _HELD), rng.uniform(0.1, 0.3, size=len(queue)), 0.0)
    wrap_ms, hold_ms = (handle_ms * wrap).astype(np.int64), (handle_ms * hold).astype(np.int64)

    def seconds(milliseconds: Ints) -> npt.NDArray[np.float64]:
        return np.where(course.is_answered, milliseconds / 1000, np.nan)

    channels = [str(centre.queue(name).channel) for name in PROFILES]
    return pd.DataFrame(
        {
            "contact_id": names.contact,
            "queue": text(list(PROFILES), queue),
            "channel": text(channels, queue),
            "customer": names.customer,
            "ticket": text(names.ticket, journey.ticket),
            "reason": _reasons(course, journey, rng)[journey.ticket],
            "employee": text(course.employees, course.employee),
            "arrived_at": stamps(course.arrived, tz),
            "answered_at": stamps(course.answered, tz, course.is_answered),
            # The customer leaves when the agent begins to wrap up.
            "ended_at": stamps(course.ended - wrap_ms, tz, course.is_answered),
            "abandoned_at": stamps(course.abandoned, tz, course.is_abandoned),
            "talk_s": seconds(handle_ms - wrap_ms - hold_ms),
            "hold_s": seconds(hold_ms),
            "wrap_s": seconds(wrap_ms),
            "sessions": np.where(course.is_answered, course.sessions, np.nan),
        }
    )


def tickets_frame(course: Course, journey: Journey, names: Names, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the frame `tickets`, in order of creation."""
    roots = journey.roots
    first = contacts.iloc[roots]
    kind = course.work.kind[roots]
    source = journey.escalated_from[roots]
    parent = np.where(source >= 0, journey.ticket[source], -1)
    priority = np.where(kind == KINDS.index("complaint"), 1, np.where(kind == KINDS.index("after_sales"), 2, 3))
    # A customer's segment does not change: it is read off the number.
    segment = np.searchsorted([70, 92], journey.customer[roots] * 7919 % 100, side="right")
    return pd.DataFrame(
        {
            "ticket": names.ticket,
            "customer": first["customer"].array,
            "channel": first["channel"].array,
            "queue": first["queue"].array,
            "kind": text(list(KINDS), kind),
            "priority": priority,
            "segment": text(list(_SEGMENTS), segment),
            "created_at": first["arrived_at"].array,
            "reason": first["reason"].array,
            "parent": text(names.ticket, parent),
        }
    )


def _reasons(course: Course, journey: Journey, rng: np.random.Generator) -> pd.api.extensions.ExtensionArray:
    """Return the reason of each ticket, from those of its kind."""
    names = [reason for kind in KINDS for reason in _REASONS[kind]]
    sizes = np.array([len(_REASONS[kind]) for kind in KINDS])
    kind = course.work.kind[journey.roots]
    place = (rng.random(len(kind)) * sizes[kind]).astype(np.int64)
    return text(names, np.concatenate([[0], np.cumsum(sizes)])[kind] + place)
