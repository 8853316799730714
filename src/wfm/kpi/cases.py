"""The measures of tickets: times, promises, complaints, and whether one contact was enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wfm.domain.duration import as_duration, format_duration
from wfm.kpi.contacts import ANSWERED
from wfm.kpi.making import Of, built, column, count_of, flag, measure_of, one
from wfm.kpi.measure import Attribution, Clock, Direction, Form, Measure, Source, Unit

__all__ = ["first_contact_measures", "ticket_measures"]

_LOWER, _HIGHER, _NEITHER = Direction.LOWER, Direction.HIGHER, Direction.NEITHER


def ticket_measures() -> tuple[Measure, ...]:
    """Return the measures of tickets."""
    return (*_times(), *_counts(), *_promises(), *first_contact_measures())


def _mean(name: str, title: str, has: str, name_s: str, pitfalls: str, direction: Direction = _LOWER) -> Measure:
    """Return the mean of a time over the tickets that have it."""
    of: Of = lambda nw: nw.when(nw.col(has) == 1).then(nw.col(name_s))  # noqa: E731
    return measure_of(
        name,
        title,
        count_of(Source.TICKETS, title, of),
        count_of(Source.TICKETS, f"tickets with {title.split(' (')[0]}", column(has)),
        Form.MEAN,
        direction,
        pitfalls,
        unit=Unit.SECONDS,
        clock=Clock.ELAPSED,
        value=built(of),
    )


def _time(name: str, title: str, what: str, has: str, name_s: str, fraction: float) -> Measure:
    """Return the time by which a share of all tickets has something, open tickets being censored."""
    return measure_of(
        name,
        title,
        count_of(Source.TICKETS, what, column(has)),
        count_of(Source.TICKETS, "tickets", one),
        Form.REACHED_BY,
        _LOWER,
        "Open tickets count as long as they were seen, so a backlog does not flatter it.",
        unit=Unit.SECONDS,
        clock=Clock.ELAPSED,
        fraction=fraction,
        value=built(column(name_s)),
        event=built(column(has)),
    )


def _times() -> tuple[Measure, ...]:
    created = count_of(Source.TICKETS, "tickets", one)
    solved = count_of(Source.TICKETS, "solved tickets", column("has_solved"))
    open_only = "Only tickets that have it count; the slow ones that are still open are not in it. See the percentile."
    total = {"unit": Unit.ROWS, "minimum": 0}
    return (
        measure_of("tickets", "tickets created", created, None, Form.TOTAL, _NEITHER, "By the creation.", **total),
        measure_of(
            "solved",
            "tickets solved",
            solved,
            None,
            Form.TOTAL,
            _NEITHER,
            "By the last solution, which may be undone by a reopening.",
            attribution=Attribution.END,
            **total,
        ),
        _mean("first_response", "first response", "has_reply", "reply_s", open_only),
        _time("first_response_p90", "first response, 90th percentile", "a first response", "has_reply", "reply_s", 0.9),
        _mean("first_resolution", "first resolution", "has_first_solved", "first_solved_s", open_only),
        _mean("full_resolution", "full resolution", "has_solved", "solved_s", open_only),
        _time("full_resolution_p50", "full resolution, median", "a solution", "has_solved", "solved_s", 0.5),
        _time("full_resolution_p90", "full resolution, 90th percentile", "a solution", "has_solved", "solved_s", 0.9),
        _mean(
            "requester_wait",
            "requester wait",
            "has_solved",
            "requester_wait_s",
            "Time in new, open, on hold and reopened: the customer waits for the centre.",
        ),
        _mean(
            "agent_wait",
            "agent wait",
            "has_solved",
            "pending_s",
            "Time in pending: the centre waits for the customer.",
            _NEITHER,
        ),
        _mean(
            "on_hold",
            "on hold",
            "has_solved",
            "on_hold_s",
            "Waiting for somebody else; the customer waits all the same.",
        ),
    )


def _counts() -> tuple[Measure, ...]:
    source = Source.TICKETS
    created = count_of(source, "tickets", one)
    complaint: Of = lambda nw: nw.col("kind") == "complaint"  # noqa: E731
    complaints = count_of(source, "complaints", flag(complaint))
    total = {"unit": Unit.ROWS, "minimum": 0}
    return (
        measure_of(
            "reopen_rate",
            "reopened",
            count_of(
                source,
                "solved tickets reopened at least once",
                flag(lambda nw: (nw.col("has_first_solved") == 1) & (nw.col("reopens") > 0)),
            ),
            count_of(source, "tickets solved at least once", column("has_first_solved")),
            Form.PROPORTION,
            _LOWER,
            "Young solutions have had less time to be reopened.",
        ),
        measure_of(
            "ticket_transfer_rate",
            "tickets transferred",
            count_of(source, "tickets transferred at least once", flag(lambda nw: nw.col("transfers") > 0)),
            created,
            Form.PROPORTION,
            _LOWER,
            "Counts tickets, not transfers.",
        ),
        measure_of(
            "complaints",
            "complaints",
            complaints,
            None,
            Form.TOTAL,
            _LOWER,
            "More contacts bring more complaints: see the rate.",
            **total,
        ),
        measure_of(
            "complaint_rate",
            "complaint rate",
            complaints,
            created,
            Form.PROPORTION,
            _LOWER,
            "Of tickets. A centre that makes complaining hard has few.",
        ),
        measure_of(
            "complaints_per_contact",
            "complaints per handled contact",
            complaints,
            ANSWERED,
            Form.RATIO,
            _LOWER,
            "The two are of different frames: the ticket belongs to its creation, the contact to its arrival.",
        ),
        measure_of(
            "backlog",
            "backlog",
            count_of(source, "tickets open at the end of the log", column("is_open")),
            None,
            Form.TOTAL,
            _LOWER,
            "As of the last event; by span it shows when the open ones were created.",
            **total,
        ),
        measure_of(
            "backlog_age",
            "age of the backlog",
            count_of(source, "age of open tickets", lambda nw: nw.when(nw.col("is_open") == 1).then(nw.col("age_s"))),
            count_of(source, "open tickets", column("is_open")),
            Form.MEAN,
            _LOWER,
            "A few very old tickets make the mean.",
            unit=Unit.SECONDS,
            clock=Clock.ELAPSED,
            value=built(lambda nw: nw.when(nw.col("is_open") == 1).then(nw.col("age_s"))),
        ),
    )


def _promises() -> tuple[Measure, ...]:
    source = Source.CLOCKS
    met: Of = lambda nw: nw.when(nw.col("met")).then(nw.lit(1)).otherwise(nw.lit(0))  # noqa: E731
    judged: Of = lambda nw: nw.when(~nw.col("met").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))  # noqa: E731
    above, below = count_of(source, "promises kept", met), count_of(source, "promises kept or broken", judged)
    pitfalls = (
        "By the due date. A promise that is neither kept nor broken yet is in neither count; one that is too late and "
        "still open is broken."
    )
    more: dict[str, Any] = {"attribution": Attribution.END, "clock": Clock.POLICY}
    solving = ["resolution", "closure"]
    late = (
        "kind = complaint, measure = resolution or closure",
        built(lambda nw: (nw.col("kind") == "complaint") & nw.col("measure").is_in(solving)),
    )
    return (
        measure_of("sla_attainment", "SLA attainment", above, below, Form.PROPORTION, _HIGHER, pitfalls, **more),
        measure_of(
            "complaints_in_time",
            "complaints handled in time",
            above,
            below,
            Form.PROPORTION,
            _HIGHER,
            pitfalls,
            where=late,
            **more,
        ),
    )


def first_contact_measures(window: timedelta | str = "7d") -> tuple[Measure, ...]:
    """Return first-contact resolution and repeat contact within a window.

    A contact that was watched for less than the window is censored, by Kaplan-Meier: neither a success nor left out.

    Parameters
    ----------
    window
        A customer who comes back with the same matter within it was not helped; default 7 days.
    """
    limit = as_duration("window", window)
    text = format_duration(limit)
    source = Source.RETURNS
    rows = count_of(source, "answered contacts of known customers", one, "customer")
    came = column("returned")
    shared: dict[str, Any] = {
        "clock": Clock.ELAPSED,
        "value": built(column("seen_s")),
        "event": built(came),
        "limit": limit.total_seconds(),
    }
    pitfalls = (
        "A return for another reason counts where the log has no reasons; a customer who gave up for good does not."
    )
    return (
        measure_of(
            "fcr",
            "first-contact resolution",
            count_of(source, f"no return within {text}", came),
            rows,
            Form.SURVIVED,
            _HIGHER,
            pitfalls,
            **shared,
        ),
        measure_of(
            "repeat_contact",
            "repeat contact",
            count_of(source, f"a return within {text}", came),
            rows,
            Form.REACHED,
            _LOWER,
            pitfalls,
            **shared,
        ),
    )
