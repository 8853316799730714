"""The measures of tickets, customers, quality, people, plans and money."""

from __future__ import annotations

from typing import Any

from wfm.kpi.cases import ticket_measures
from wfm.kpi.contacts import ANSWERED
from wfm.kpi.making import Of, built, column, count_of, flag, measure_of, one
from wfm.kpi.measure import Attribution, Build, Direction, Form, Measure, Source, Unit

__all__ = ["work_measures"]

_LOWER, _HIGHER, _NEITHER = Direction.LOWER, Direction.HIGHER, Direction.NEITHER
_EVENT = Attribution.EVENT


def work_measures() -> tuple[Measure, ...]:
    """Return all measures that are not of contacts alone."""
    return (
        *ticket_measures(),
        *_surveys(),
        *_quality(),
        *_people(),
        *_staff(),
        *_plans(),
        *_money(),
    )


def _surveys() -> tuple[Measure, ...]:
    source = Source.SURVEYS
    answered: Of = lambda nw: ~nw.col("score").is_null()  # noqa: E731
    replies = count_of(source, "answered surveys", flag(answered))

    def only(kind: str) -> tuple[str, Build]:
        return (f"kind = {kind}", built(lambda nw: nw.col("kind") == kind))

    def points(nw: Any) -> Any:
        """Return 1 for a promoter (9 or 10 of 10), -1 for a detractor (0 to 6)."""
        score = nw.col("score")
        rest = nw.when(score <= 6).then(nw.lit(-1)).otherwise(nw.lit(0))
        return nw.when(~score.is_null()).then(nw.when(score >= 9).then(nw.lit(1)).otherwise(rest))

    top: Of = lambda nw: answered(nw) & (nw.col("score") >= nw.col("scale") - 1)  # noqa: E731
    kept: dict[str, Any] = {"attribution": _EVENT}
    return (
        measure_of(
            "csat",
            "CSAT",
            count_of(source, "answers of one of the two top scores", flag(top)),
            replies,
            Form.PROPORTION,
            _HIGHER,
            "The share of the two top scores, not the mean score. Few answer, and the "
            "unhappy rather than the content: see the response rate.",
            where=only("csat"),
            **kept,
        ),
        measure_of(
            "nps",
            "NPS",
            count_of(source, "promoters (9-10) - detractors (0-6)", points),
            replies,
            Form.MEAN,
            _HIGHER,
            "From -1 to 1; often shown times 100. For a scale of 0 to 10 only. Small samples swing widely.",
            unit=Unit.POINTS,
            where=only("nps"),
            value=built(points),
            **kept,
        ),
        measure_of(
            "ces",
            "CES",
            count_of(source, "sum of the effort scores", column("score")),
            replies,
            Form.MEAN,
            _NEITHER,
            "Read which end of the scale is easy; compare only the same question and scale.",
            unit=Unit.POINTS,
            where=only("ces"),
            value=built(column("score")),
            **kept,
        ),
        measure_of(
            "survey_response",
            "survey response rate",
            replies,
            count_of(source, "offered surveys", one),
            Form.PROPORTION,
            _HIGHER,
            "Surveys offered lately may still be answered.",
            **kept,
        ),
    )


def _quality() -> tuple[Measure, ...]:
    source = Source.QUALITY
    score = count_of(source, "points given", column("score"))
    possible = count_of(source, "points possible", column("scale"))
    full = count_of(source, "reviews with full marks", flag(lambda nw: nw.col("score") >= nw.col("scale")))
    reviews = count_of(source, "reviews", one)

    def only(criterion: str) -> tuple[str, Build]:
        return (f"criterion = {criterion}", built(lambda nw: nw.col("criterion") == criterion))

    few = "Reviewed work is a small sample, and not a random one if reviewers choose it."
    return (
        measure_of("quality_score", "quality score", score, possible, Form.RATIO, _HIGHER, few, attribution=_EVENT),
        measure_of(
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
        measure_of(
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
    states, plan = Source.STATES, Source.ADHERENCE
    lasted: Of = lambda nw: nw.col("lasted_us") / 1e6  # noqa: E731
    paid = count_of(states, "paid time", lambda nw: nw.when(nw.col("state") != "offline").then(lasted(nw)))
    productive = count_of(states, "productive time", lambda nw: nw.when(nw.col("productive")).then(lasted(nw)))
    absent = count_of(
        states,
        "paid time that is not productive",
        lambda nw: nw.when(~nw.col("productive") & (nw.col("state") != "offline")).then(lasted(nw)),
    )
    busy = count_of(Source.CONTACTS, "handle time (of chats, by sessions at once)", column("effort_s"))
    scheduled = count_of(plan, "time scheduled for work", column("scheduled_s"))
    ratio, when = Form.RATIO, {"attribution": _EVENT}
    return (
        measure_of(
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
        measure_of(
            "utilisation",
            "utilisation",
            busy,
            paid,
            ratio,
            _NEITHER,
            "Of paid time; never above the occupancy.",
            attribution=Attribution.ARRIVAL,
        ),
        measure_of(
            "shrinkage",
            "shrinkage",
            absent,
            paid,
            ratio,
            _LOWER,
            "Divide by 1 - shrinkage to get the heads to schedule. Offline time is not paid and in neither.",
            **when,
        ),
        measure_of(
            "adherence",
            "adherence",
            count_of(plan, "scheduled time worked", column("adherent_s")),
            scheduled,
            ratio,
            _HIGHER,
            "At the times planned. Who comes 15 min late and stays 15 min longer loses 25 % of an hour.",
            **when,
        ),
        measure_of(
            "conformance",
            "conformance",
            count_of(plan, "productive time", column("worked_s")),
            scheduled,
            ratio,
            _NEITHER,
            "The amount of time, whenever worked; above 1 is overtime. It hides lateness.",
            **when,
        ),
    )


def _staff() -> tuple[Measure, ...]:
    staff, ratio, when = Source.STAFF, Form.RATIO, {"attribution": _EVENT}
    months = count_of(staff, "person-months employed", column("employed"))
    leavers = count_of(staff, "leavers", column("left"))
    years = count_of(staff, "person-years employed", lambda nw: nw.col("employed") / 12)
    return (
        measure_of(
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
        measure_of(
            "attrition_annual",
            "attrition, annualised",
            leavers,
            years,
            ratio,
            _LOWER,
            "Twelve times the monthly rate; it is above the share of people who leave in a year.",
            **when,
        ),
        measure_of(
            "training_coverage",
            "training coverage",
            count_of(Source.TRAINING, "trained employees", column("trained"), "trained"),
            count_of(Source.TRAINING, "employees", one),
            Form.PROPORTION,
            _HIGHER,
            "Of those employed on the last day.",
            **when,
        ),
    )


def _plans() -> tuple[Measure, ...]:
    errors, cover = Source.ACCURACY, Source.COVERAGE
    came = count_of(errors, "contacts that came", column("actual"))
    gap: Of = lambda nw: nw.col("forecast") - nw.col("actual")  # noqa: E731
    required = count_of(cover, "required heads", column("required"))
    when = {"attribution": _EVENT}
    ratio = Form.RATIO
    return (
        measure_of(
            "forecast_wape",
            "forecast WAPE",
            count_of(errors, "absolute errors", lambda nw: gap(nw).abs()),
            came,
            ratio,
            _LOWER,
            "Of intervals in history and forecast; errors of a day are smaller. None is better than the noise floor.",
            **when,
        ),
        measure_of(
            "forecast_bias",
            "forecast bias",
            count_of(errors, "forecast - came", gap),
            came,
            ratio,
            _NEITHER,
            "Above 0 too much was forecast. Opposite errors of two queues cancel.",
            **when,
        ),
        measure_of(
            "forecast_noise",
            "forecast noise floor",
            count_of(errors, "absolute error of a Poisson number", column("noise")),
            came,
            ratio,
            _NEITHER,
            "What chance leaves of a perfect forecast.",
            **when,
        ),
        measure_of(
            "over",
            "overstaffing",
            count_of(cover, "heads over", column("over")),
            required,
            ratio,
            _LOWER,
            "It does not make up for heads under at other times.",
            **when,
        ),
        measure_of(
            "under",
            "understaffing",
            count_of(cover, "heads under", column("under")),
            required,
            ratio,
            _LOWER,
            "The mean hides the one interval that hurts.",
            **when,
        ),
        measure_of(
            "net_staffing",
            "net staffing",
            count_of(cover, "rostered - required", lambda nw: nw.col("rostered") - nw.col("required")),
            required,
            ratio,
            _NEITHER,
            "0 may be much too much and much too little.",
            **when,
        ),
    )


def _money() -> tuple[Measure, ...]:
    cost = count_of(Source.COSTS, "cost", column("cost"))
    won = count_of(Source.LOST, "customers won back", flag(lambda nw: nw.col("won_back")))
    return (
        measure_of(
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
        measure_of(
            "win_back",
            "win-back rate",
            won,
            count_of(Source.LOST, "lost customers approached", one),
            Form.PROPORTION,
            _HIGHER,
            "Of those approached, not of all lost.",
            attribution=_EVENT,
        ),
    )
