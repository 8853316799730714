"""Ready-made specifications, to start from and to change with `dataclasses.replace`."""

from __future__ import annotations

from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.domain.people import Contract, ContractKind
from wfm.domain.queue import Channel, Queue
from wfm.domain.shift import Break, ShiftTemplate
from wfm.domain.standards import Objective, Standard
from wfm.domain.targets import Deadline, LongestWait, ServiceLevel

__all__ = [
    "ecommerce",
    "ecommerce_contracts",
    "ecommerce_goals",
    "ecommerce_queues",
    "ecommerce_shifts",
    "ecommerce_standards",
]

_HANDBOOK = "service standard of the e-commerce centre that the library was written for; no law or published norm"


def ecommerce(name: str = "shop", tz: str = "Asia/Shanghai", country: str = "CN") -> Centre:
    """Return an e-commerce centre without people: queues with their standards, contracts, shifts, shrinkage.

    Parameters
    ----------
    name
        Name of the centre.
    tz
        Its time zone.
    country
        ISO code for the public holidays.

    Examples
    --------
    >>> [queue.name for queue in ecommerce().queues]
    ['phone', 'chat', 'social', 'messages', 'inquiries', 'complaints']
    """
    return Centre(
        name=name,
        tz=tz,
        queues=ecommerce_queues(),
        calendar=CalendarSpec(hours=OpeningHours("24x7"), country=country),
        contracts=ecommerce_contracts(),
        shifts=ecommerce_shifts(),
        shrinkage=(
            Shrinkage(name="sickness", fraction=0.04, whole_shift=True),
            Shrinkage(name="coaching", fraction=0.05, planned=True),
        ),
        currency="CNY",
    )


def ecommerce_queues() -> tuple[Queue, ...]:
    """Return the queues of an e-commerce centre with the service standards of the trade.

    Chat is answered within 30 s; phone within 30 s with no wait above 2 minutes; social media within 1 hour and
    messages within 2 hours; an inquiry is solved in 4 hours and a complaint closed in 24. Chat and phone are
    answered round the clock.
    """
    return (
        Queue(
            name="phone",
            channel=Channel.PHONE,
            targets=(ServiceLevel(0.80, "30s"), LongestWait("2min", breach=0.05)),
            aht="4min",
            patience="3min",
            priority=0,
        ),
        Queue(
            name="chat",
            channel=Channel.CHAT,
            targets=(ServiceLevel(0.80, "30s"),),
            aht="6min",
            patience="4min",
            concurrency=3,
            slowdown=0.2,
            priority=0,
        ),
        Queue(name="social", channel=Channel.SOCIAL, targets=(Deadline("1h"),), aht="4min", priority=1),
        Queue(name="messages", channel=Channel.MESSAGE, targets=(Deadline("2h"),), aht="5min", priority=2),
        Queue(name="inquiries", channel=Channel.CASE, targets=(Deadline("4h"),), aht="8min", priority=2),
        Queue(name="complaints", channel=Channel.CASE, targets=(Deadline("24h"),), aht="15min", priority=3),
    )


def ecommerce_contracts() -> tuple[Contract, ...]:
    """Return full-time, part-time and temporary contracts."""
    return (
        Contract(
            name="full",
            kind=ContractKind.FULL,
            min_week="32h",
            max_week="40h",
            max_day="8h",
            templates=("early", "day", "late", "night"),
            cost_per_hour=40.0,
        ),
        Contract(
            name="part",
            kind=ContractKind.PART,
            min_week="12h",
            max_week="24h",
            max_day="5h",
            templates=("short",),
            cost_per_hour=36.0,
        ),
        Contract(
            name="temporary",
            kind=ContractKind.TEMPORARY,
            max_week="40h",
            max_day="8h",
            templates=("early", "day", "late", "short"),
            cost_per_hour=48.0,
        ),
    )


def ecommerce_shifts() -> tuple[ShiftTemplate, ...]:
    """Return early, day, late and night shifts of 8 paid hours, and short shifts of 4 to 5."""
    meal = Break(name="lunch", length="1h", earliest="3h", latest="5h")
    first = Break(name="break 1", length="15min", earliest="1h30min", latest="2h45min", paid=True)
    second = Break(name="break 2", length="15min", earliest="6h30min", latest="7h45min", paid=True)
    pause = Break(name="break 1", length="15min", earliest="1h30min", latest="3h", paid=True)
    return (
        *(
            ShiftTemplate(
                name=name,
                earliest_start=first_start,
                latest_start=last_start,
                min_length="9h",
                breaks=(first, meal, second),
            )
            for name, first_start, last_start in (
                ("early", "06:00", "08:30"),
                ("day", "09:00", "12:00"),
                ("late", "13:00", "16:00"),
                ("night", "22:00", "23:30"),
            )
        ),
        ShiftTemplate(
            name="short",
            earliest_start="07:00",
            latest_start="19:00",
            min_length="4h",
            max_length="5h",
            breaks=(pause,),
        ),
    )


def ecommerce_standards() -> tuple[Standard, ...]:
    """Return what an e-commerce centre promises its customers, each promise with where it comes from.

    Chat and phone keep their promise round the clock. The longest waits are staffed for as targets of the queues
    `ecommerce_queues`; here they are the clocks of a ticket, for `wfm.tickets.policies_of`.

    Examples
    --------
    >>> for standard in ecommerce_standards():
    ...     print(standard.name, standard.within)
    inquiries and complaints are answered 0:00:30
    longest wait on chat 0:00:30
    longest wait on the phone 0:02:00
    answers on social media 1:00:00
    replies to messages 2:00:00
    inquiries are solved 4:00:00
    complaints are closed 1 day, 0:00:00
    """
    live = (Channel.PHONE, Channel.CHAT)
    rows = (
        ("inquiries and complaints are answered", "answer", "30s", live, ("inquiry", "complaint")),
        ("longest wait on chat", "answer", "30s", (Channel.CHAT,), ()),
        ("longest wait on the phone", "answer", "2min", (Channel.PHONE,), ()),
        ("answers on social media", "answer", "1h", (Channel.SOCIAL,), ()),
        ("replies to messages", "reply", "2h", (Channel.MESSAGE,), ()),
        ("inquiries are solved", "solution", "4h", (), ("inquiry",)),
        ("complaints are closed", "closing", "24h", (), ("complaint",)),
    )
    return tuple(
        Standard(name=name, promise=promise, within=within, channels=channels, kinds=kinds, source=_HANDBOOK)
        for name, promise, within, channels, kinds in rows
    )


def ecommerce_goals(baseline: str = "the year before") -> tuple[Objective, ...]:
    """Return the goals of an e-commerce centre, each with where it comes from.

    Parameters
    ----------
    baseline
        What the complaint rate is compared with; default the year before.

    Examples
    --------
    >>> [(goal.measure, goal.value) for goal in ecommerce_goals()]
    [('csat', 0.9), ('mean_response', 30.0), ('complaint_rate', -0.2), ('attrition', 0.1), ('training_coverage', 1.0)]
    """
    return (
        Objective(measure="csat", value=0.9, unit="share", direction="at_least", source=_HANDBOOK),
        Objective(measure="mean_response", value=30.0, unit="s", direction="at_most", source=_HANDBOOK),
        Objective(
            measure="complaint_rate",
            value=-0.2,
            unit="change",
            direction="at_most",
            baseline=baseline,
            source=_HANDBOOK,
        ),
        Objective(measure="attrition", value=0.1, unit="share", direction="at_most", source=_HANDBOOK),
        Objective(measure="training_coverage", value=1.0, unit="share", direction="at_least", source=_HANDBOOK),
    )
