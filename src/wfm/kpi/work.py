"""The measures of tickets, customers, quality, people, plans and money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from wfm.domain.duration import as_duration, format_duration
from wfm.kpi.contacts import ANSWERED
from wfm.kpi.measure import Attribution, Build, Clock, Count, Direction, Form, Measure, Source, Unit
from wfm.tickets.engines import narwhals

__all__ = ["first_contact_measures", "work_measures"]

_LOWER, _HIGHER, _NEITHER = Direction.LOWER, Direction.HIGHER, Direction.NEITHER
_EVENT = Attribution.EVENT
Of = Callable[[Any], Any]


def _count(source: Source, words: str, of: Of, *needs: str) -> Count:
    return Count(words=words, source=source, build=lambda: of(narwhals()), needs=needs)


def _built(of: Of) -> Build:
    return lambda: of(narwhals())


def _flag(condition: Of) -> Of:
    return lambda nw: nw.when(condition(nw)).then(nw.lit(1)).otherwise(nw.lit(0))


def _column(name: str) -> Of:
    return lambda nw: nw.col(name)


def _one(nw: Any) -> Any:
    return nw.lit(1)


def _measure(
    name: str,
    title: str,
    above: Count,
    below: Count | None,
    form: Form,
    direction: Direction,
    pitfalls: str,
    **more: Any,
) -> Measure:
    unit = more.pop("unit", Unit.SHARE)
    return Measure(
        name=name,
        title=title,
        numerator=above,
        denominator=below,
        form=form,
        unit=unit,
        direction=direction,
        pitfalls=pitfalls,
        **more,
    )


def work_measures() -> tuple[Measure, ...]:
    """Return all measures that are not of contacts alone."""
    return (
        *_tickets(),
        *_promises(),
        *first_contact_measures(),
        *_surveys(),
        *_quality(),
        *_people(),
        *_plans(),
        *_money(),
    )


def _tickets() -> tuple[Measure, ...]:
    source = Source.TICKETS
    created = _count(source, "tickets", _one)
    solved = _count(source, "solved tickets", _column("has_solved"))
    complaint: Of = lambda nw: nw.col("kind") == "complaint"  # noqa: E731
    complaints = _count(source, "complaints", _flag(complaint))

    def mean(name: str, title: str, flag: str, column: str, pitfalls: str, direction: Direction = _LOWER) -> Measure:
        of: Of = lambda nw: nw.when(nw.col(flag) == 1).then(nw.col(column))  # noqa: E731
        below = _count(source, f"tickets with {title.split(' (')[0]}", _column(flag))
        above = _count(source, title, of)
        return _measure(
            name,
            title,
            above,
            below,
            Form.MEAN,
            direction,
            pitfalls,
            unit=Unit.SECONDS,
            clock=Clock.ELAPSED,
            value=_built(of),
        )

    def time(name: str, title: str, what: str, flag: str, column: str, fraction: float) -> Measure:
        return _measure(
            name,
            title,
            _count(source, what, _column(flag)),
            created,
            Form.REACHED_BY,
            _LOWER,
            "Open tickets count as long as they were seen, so a backlog does not flatter it.",
            unit=Unit.SECONDS,
            clock=Clock.ELAPSED,
            fraction=fraction,
            value=_built(_column(column)),
            event=_built(_column(flag)),
        )

    open_only = "Only tickets that have it count; the slow ones that are still open are not in it. See the percentile."
    total = {"unit": Unit.ROWS, "minimum": 0}
    return (
        _measure("tickets", "tickets created", created, None, Form.TOTAL, _NEITHER, "By the creation.", **total),
        _measure(
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
        mean("first_response", "first response", "has_reply", "reply_s", open_only),
        time("first_response_p90", "first response, 90th percentile", "a first response", "has_reply", "reply_s", 0.9),
        mean("first_resolution", "first resolution", "has_first_solved", "first_solved_s", open_only),
        mean("full_resolution", "full resolution", "has_solved", "solved_s", open_only),
        time("full_resolution_p50", "full resolution, median", "a solution", "has_solved", "solved_s", 0.5),
        time("full_resolution_p90", "full resolution, 90th percentile", "a solution", "has_solved", "solved_s", 0.9),
        mean(
            "requester_wait",
            "requester wait",
            "has_solved",
            "requester_wait_s",
            "Time in new, open, on hold and reopened: the customer waits for the centre.",
        ),
        mean(
            "agent_wait",
            "agent wait",
            "has_solved",
            "pending_s",
            "Time in pending: the centre waits for the customer.",
            _NEITHER,
        ),
        mean(
            "on_hold",
            "on hold",
            "has_solved",
            "on_hold_s",
            "Waiting for somebody else; the customer waits all the same.",
        ),
        _measure(
            "reopen_rate",
            "reopened",
            _count(
                source,
                "solved tickets reopened at least once",
                _flag(lambda nw: (nw.col("has_first_solved") == 1) & (nw.col("reopens") > 0)),
            ),
            _count(source, "tickets solved at least once", _column("has_first_solved")),
            Form.PROPORTION,
            _LOWER,
            "Young solutions have had less time to be reopened.",
        ),
        _measure(
            "ticket_transfer_rate",
            "tickets transferred",
            _count(source, "tickets transferred at least once", _flag(lambda nw: nw.col("transfers") > 0)),
            created,
            Form.PROPORTION,
            _LOWER,
            "Counts tickets, not transfers.",
        ),
        _measure(
            "complaints",
            "complaints",
            complaints,
            None,
            Form.TOTAL,
            _LOWER,
            "More contacts bring more complaints: see the rate.",
            **total,
        ),
        _measure(
            "complaint_rate",
            "complaint rate",
            complaints,
            created,
            Form.PROPORTION,
            _LOWER,
            "Of tickets. A centre that makes complaining hard has few.",
        ),
        _measure(
            "complaints_per_contact",
            "complaints per handled contact",
            complaints,
            ANSWERED,
            Form.RATIO,
            _LOWER,
            "The two are of different frames: the ticket belongs to its creation, the contact to its arrival.",
        ),
        _measure(
            "backlog",
            "backlog",
            _count(source, "tickets open at the end of the log", _column("is_open")),
            None,
            Form.TOTAL,
            _LOWER,
            "As of the last event; by span it shows when the open ones were created.",
            **total,
        ),
        _measure(
            "backlog_age",
            "age of the backlog",
            _count(source, "age of open tickets", lambda nw: nw.when(nw.col("is_open") == 1).then(nw.col("age_s"))),
            _count(source, "open tickets", _column("is_open")),
            Form.MEAN,
            _LOWER,
            "A few very old tickets make the mean.",
            unit=Unit.SECONDS,
            clock=Clock.ELAPSED,
            value=_built(lambda nw: nw.when(nw.col("is_open") == 1).then(nw.col("age_s"))),
        ),
    )


def _promises() -> tuple[Measure, ...]:
    source = Source.CLOCKS
    met: Of = lambda nw: nw.when(nw.col("met")).then(nw.lit(1)).otherwise(nw.lit(0))  # noqa: E731
    judged: Of = lambda nw: nw.when(~nw.col("met").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))  # noqa: E731
    above, below = _count(source, "promises kept", met), _count(source, "promises kept or broken", judged)
    pitfalls = (
        "By the due date. A promise that is neither kept nor broken yet is in neither count; one that is too late and "
        "still open is broken."
    )
    more: dict[str, Any] = {"attribution": Attribution.END, "clock": Clock.POLICY}
    solving = ["resolution", "closure"]
    late = (
        "kind = complaint, measure = resolution or closure",
        _built(lambda nw: (nw.col("kind") == "complaint") & nw.col("measure").is_in(solving)),
    )
    return (
        _measure("sla_attainment", "SLA attainment", above, below, Form.PROPORTION, _HIGHER, pitfalls, **more),
        _measure(
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
    rows = _count(source, "answered contacts of known customers", _one, "customer")
    came = _column("returned")
    shared: dict[str, Any] = {
        "clock": Clock.ELAPSED,
        "value": _built(_column("seen_s")),
        "event": _built(came),
        "limit": limit.total_seconds(),
    }
    pitfalls = (
        "A return for another reason counts where the log has no reasons; a customer who gave up for good does not."
    )
    return (
        _measure(
            "fcr",
            "first-contact resolution",
            _count(source, f"no return within {text}", came),
            rows,
            Form.SURVIVED,
            _HIGHER,
            pitfalls,
            **shared,
        ),
        _measure(
            "repeat_contact",
            "repeat contact",
            _count(source, f"a return within {text}", came),
            rows,
            Form.REACHED,
            _LOWER,
            pitfalls,
            **shared,
        ),
    )


def _surveys() -> tuple[Measure, ...]:
    source = Source.SURVEYS
    answered: Of = lambda nw: ~nw.col("score").is_null()  # noqa: E731
    replies = _count(source, "answered surveys", _flag(answered))

    def only(kind: str) -> tuple[str, Build]:
        return (f"kind = {kind}", _built(lambda nw: nw.col("kind") == kind))

    def points(nw: Any) -> Any:
        """Return 1 for a promoter (9 or 10 of 10), -1 for a detractor (0 to 6)."""
        score = nw.col("score")
        rest = nw.when(score <= 6).then(nw.lit(-1)).otherwise(nw.lit(0))
        return nw.when(~score.is_null()).then(nw.when(score >= 9).then(nw.lit(1)).otherwise(rest))

    top: Of = lambda nw: answered(nw) & (nw.col("score") >= nw.col("scale") - 1)  # noqa: E731
    kept: dict[str, Any] = {"attribution": _EVENT}
    return (
        _measure(
            "csat",
            "CSAT",
            _count(source, "answers of one of the two top scores", _flag(top)),
            replies,
            Form.PROPORTION,
            _HIGHER,
            "The share of the two top scores, not the mean score. Few answer, and the "
            "unhappy rather than the content: see the response rate.",
            where=only("csat"),
            **kept,
        ),
        _measure(
            "nps",
            "NPS",
            _count(source, "promoters (9-10) - detractors (0-6)", points),
            replies,
            Form.MEAN,
            _HIGHER,
            "From -1 to 1; often shown times 100. For a scale of 0 to 10 only. Small samples swing widely.",
            unit=Unit.POINTS,
            where=only("nps"),
            value=_built(points),
            **kept,
        ),
        _measure(
            "ces",
            "CES",
            _count(source, "sum of the effort scores", _column("score")),
            replies,
            Form.MEAN,
            _NEITHER,
            "Read which end of the scale is easy; compare only the same question and scale.",
            unit=Unit.POINTS,
            where=only("ces"),
            value=_built(_column("score")),
            **kept,
        ),
        _measure(
            "survey_response",
            "survey response rate",
            replies,
            _count(source, "offered surveys", _one),
            Form.PROPORTION,
            _HIGHER,
            "Surveys offered lately may still be answered.",
            **kept,
        ),
    )


def _quality() -> tuple[Measure, ...]:
    source = Source.QUALITY
    score = _count(source, "points given", _column("score"))
    possible = _count(source, "points possible", _column("scale"))
    full = _count(source, "reviews with full marks", _flag(lambda nw: nw.col("score") >= nw.col("scale")))
    reviews = _count(source, "reviews", _one)

    def only(criterion: str) -> tuple[str, Build]:
        return (f"criterion = {criterion}", _built(lambda nw: nw.col("criterion") == criterion))

    few = "Reviewed work is a small sample, and not a random one if reviewers choose it."
    return (
        _measure("quality_score", "quality score", score, possible, Form.RATIO, _HIGHER, few, attribution=_EVENT),
        _measure(
            "data_entry_accuracy",
            "data-entry accuracy",
            full,
            reviews,
            Form.PROPORTION,
            _HIGHER,
            few,
            where=only("data_entry"),
            attribution=_EVENT,
        ),
        _measure(
            "courtesy_rate",
            "courtesy phrases used",
            full,
            reviews,
            Form.PROPORTION,
            _HIGHER,
            "Said is not meant.",
            where=only("courtesy"),
            attribution=_EVENT,
        ),
    )


def _people() -> tuple[Measure, ...]:
    states, plan, staff = Source.STATES, Source.ADHERENCE, Source.STAFF
    lasted: Of = lambda nw: nw.col("lasted_us") / 1e6  # noqa: E731
    paid = _count(states, "paid time", lambda nw: nw.when(nw.col("state") != "offline").then(lasted(nw)))
    productive = _count(states, "productive time", lambda nw: nw.when(nw.col("productive")).then(lasted(nw)))
    absent = _count(
        states,
        "paid time that is not productive",
        lambda nw: nw.when(~nw.col("productive") & (nw.col("state") != "offline")).then(lasted(nw)),
    )
    busy = _count(Source.CONTACTS, "handle time (of chats, by sessions at once)", _column("effort_s"))
    scheduled = _count(plan, "time scheduled for work", _column("scheduled_s"))
    ratio, when = Form.RATIO, {"attribution": _EVENT}
    months = _count(staff, "person-months employed", _column("employed"))
    leavers = _count(staff, "leavers", _column("left"))
    years = _count(staff, "person-years employed", lambda nw: nw.col("employed") / 12)
    return (
        _measure(
            "occupancy",
            "occupancy",
            busy,
            productive,
            ratio,
            _NEITHER,
            "Of logged-in productive time. Above 85 to "
            "90 % people tire; small teams cannot reach it. A contact counts where it arrived.",
            attribution=Attribution.ARRIVAL,
        ),
        _measure(
            "utilisation",
            "utilisation",
            busy,
            paid,
            ratio,
            _NEITHER,
            "Of paid time; never above the occupancy.",
            attribution=Attribution.ARRIVAL,
        ),
        _measure(
            "shrinkage",
            "shrinkage",
            absent,
            paid,
            ratio,
            _LOWER,
            "Divide by 1 - shrinkage to get the heads to schedule. Offline time is not paid and in neither.",
            **when,
        ),
        _measure(
            "adherence",
            "adherence",
            _count(plan, "scheduled time worked", _column("adherent_s")),
            scheduled,
            ratio,
            _HIGHER,
            "At the times planned. Who comes 15 min late and stays 15 min longer loses 25 % of an hour.",
            **when,
        ),
        _measure(
            "conformance",
            "conformance",
            _count(plan, "productive time", _column("worked_s")),
            scheduled,
            ratio,
            _NEITHER,
            "The amount of time, whenever worked; above 1 is overtime. It hides lateness.",
            **when,
        ),
        _measure(
            "attrition_monthly",
            "attrition, monthly",
            leavers,
            months,
            ratio,
            _LOWER,
            "Leavers over the mean headcount, in months. A small team's rate jumps with one leaver.",
            minimum=100,
            **when,
        ),
        _measure(
            "attrition_annual",
            "attrition, annualised",
            leavers,
            years,
            ratio,
            _LOWER,
            "Twelve times the monthly rate; it is above the share of people who leave in a year.",
            **when,
        ),
        _measure(
            "training_coverage",
            "training coverage",
            _count(Source.TRAINING, "trained employees", _column("trained"), "trained"),
            _count(Source.TRAINING, "employees", _one),
            Form.PROPORTION,
            _HIGHER,
            "Of those employed on the last day.",
            **when,
        ),
    )


def _plans() -> tuple[Measure, ...]:
    errors, cover = Source.ACCURACY, Source.COVERAGE
    came = _count(errors, "contacts that came", _column("actual"))
    gap: Of = lambda nw: nw.col("forecast") - nw.col("actual")  # noqa: E731
    required = _count(cover, "required heads", _column("required"))
    when = {"attribution": _EVENT}
    ratio = Form.RATIO
    return (
        _measure(
            "forecast_wape",
            "forecast WAPE",
            _count(errors, "absolute errors", lambda nw: gap(nw).abs()),
            came,
            ratio,
            _LOWER,
            "By interval; errors of a day are smaller. No forecast is better than the noise floor.",
            **when,
        ),
        _measure(
            "forecast_bias",
            "forecast bias",
            _count(errors, "forecast - came", gap),
            came,
            ratio,
            _NEITHER,
            "Above 0 too much was forecast. Opposite errors of two queues cancel.",
            **when,
        ),
        _measure(
            "forecast_noise",
            "forecast noise floor",
            _count(errors, "absolute error of a Poisson number", _column("noise")),
            came,
            ratio,
            _NEITHER,
            "What chance leaves of a perfect forecast.",
            **when,
        ),
        _measure(
            "over",
            "overstaffing",
            _count(cover, "heads over", _column("over")),
            required,
            ratio,
            _LOWER,
            "It does not make up for heads under at other times.",
            **when,
        ),
        _measure(
            "under",
            "understaffing",
            _count(cover, "heads under", _column("under")),
            required,
            ratio,
            _LOWER,
            "The mean hides the one interval that hurts.",
            **when,
        ),
        _measure(
            "net_staffing",
            "net staffing",
            _count(cover, "rostered - required", lambda nw: nw.col("rostered") - nw.col("required")),
            required,
            ratio,
            _NEITHER,
            "0 may be much too much and much too little.",
            **when,
        ),
    )


def _money() -> tuple[Measure, ...]:
    cost = _count(Source.COSTS, "cost", _column("cost"))
    won = _count(Source.LOST, "customers won back", _flag(lambda nw: nw.col("won_back")))
    return (
        _measure(
            "cost_per_contact",
            "cost per contact",
            cost,
            ANSWERED,
            Form.RATIO,
            _LOWER,
            "Cheap contacts that come back are not cheap: read it beside first-contact resolution.",
            unit=Unit.MONEY,
            attribution=_EVENT,
        ),
        _measure(
            "win_back",
            "win-back rate",
            won,
            _count(Source.LOST, "lost customers approached", _one),
            Form.PROPORTION,
            _HIGHER,
            "Of those approached, not of all lost.",
            attribution=_EVENT,
        ),
    )
