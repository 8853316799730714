"""The measures of contacts: level, waits, abandonment, handle time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from wfm.checks import check_choice, check_fraction
from wfm.domain.duration import as_duration, format_duration
from wfm.domain.targets import ServiceLevelBasis
from wfm.errors import DataError, Problem
from wfm.kpi.measure import Attribution, Build, Clock, Count, Direction, Form, Measure, Source, Unit
from wfm.tickets.engines import narwhals

__all__ = [
    "abandonment_measure",
    "amazon",
    "contact_measures",
    "genesys_default",
    "level_measure",
    "virtual_wait_measure",
    "wait_measure",
]

_LOWER, _HIGHER = Direction.LOWER, Direction.HIGHER


def count(words: str, of: Callable[[Any], Any], *needs: str) -> Count:
    """Return a sum over contacts; `of` makes its expression of the module narwhals."""
    return Count(words=words, source=Source.CONTACTS, build=lambda: of(narwhals()), needs=needs)


def _answered(nw: Any) -> Any:
    return nw.col("answered") == 1


def _within(flag: str, seconds: float, *, before: bool = False) -> Callable[[Any], Any]:
    """Return a flag of contacts whose wait is at most (or less than) so many seconds."""
    limit = round(seconds * 1e6)

    def build(nw: Any) -> Any:
        in_time = (nw.col("wait_us") < limit) if before else (nw.col("wait_us") <= limit)
        return nw.when((nw.col(flag) == 1) & in_time).then(nw.lit(1)).otherwise(nw.lit(0))

    return build


def _less(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda nw: first(nw) - second(nw)


def _plus(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda nw: first(nw) + second(nw)


def _settled(nw: Any) -> Any:
    return nw.col("answered") + nw.col("abandoned")


def _wait_s(nw: Any) -> Any:
    return nw.col("wait_us") / 1e6


# Measures with the same values share one histogram.
_WAIT: Build = lambda: _wait_s(narwhals())  # noqa: E731
_ANSWERED_WAIT: Build = lambda: _when(_answered, _wait_s)(narwhals())  # noqa: E731
_IS_ANSWERED: Build = lambda: narwhals().col("answered")  # noqa: E731

ANSWERED = count("answered", lambda nw: nw.col("answered"))
ABANDONED = count("abandoned", lambda nw: nw.col("abandoned"))
SETTLED = count("answered + abandoned", _settled)
OFFERED = count("offered", lambda nw: nw.lit(1))


def level_measure(
    *,
    within: timedelta | str = "30s",
    basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED,
    short_abandon: timedelta | str | None = None,
    name: str = "service_level",
) -> Measure:
    """Return the service level on one of its seven bases.

    Parameters
    ----------
    within
        Acceptable wait, 0 or more, itself included; default 30 seconds.
    basis
        Which contacts are counted; default `offered`.
    short_abandon
        An abandonment before this is short; for the two short-abandon bases only.
    name
        Name of the measure; default `service_level`.

    Examples
    --------
    >>> print(level_measure(within="20s", basis="abandons_within_met"))
    service level = (answered within 20s + abandoned within 20s) / (answered + abandoned)
    """
    limit = as_duration("within", within, allow_zero=True)
    chosen = check_choice("basis", basis, ServiceLevelBasis)
    short = checked_short(chosen, short_abandon)
    limit_s, text = limit.total_seconds(), format_duration(limit)
    in_time = _within("answered", limit_s)
    left = _within("abandoned", limit_s)
    met = count(f"answered within {text}", in_time)
    shared: dict[str, Any] = {
        "name": name,
        "title": _level_title(name),
        "unit": Unit.SHARE,
        "direction": _HIGHER,
        "clock": Clock.ELAPSED,
        "pitfalls": _LEVEL_PITFALL,
    }
    if chosen is ServiceLevelBasis.VIRTUAL:
        reached = count(f"an answer within {text}, had they been infinitely patient", lambda nw: nw.col("answered"))
        return Measure(
            numerator=reached,
            denominator=SETTLED,
            form=Form.REACHED,
            value=_WAIT,
            event=_IS_ANSWERED,
            limit=limit_s,
            **shared,
        )
    above, below = met, SETTLED
    if short is None:
        soon, soon_text = left, f"abandoned within {text}"
    else:
        soon = _within("abandoned", short.total_seconds(), before=True)
        soon_text = f"abandoned before {format_duration(short)}"
    if chosen is ServiceLevelBasis.ANSWERED:
        below = ANSWERED
    elif chosen in (ServiceLevelBasis.ABANDONS_WITHIN_MET, ServiceLevelBasis.SHORT_ABANDONS_MET):
        above = count(f"answered within {text} + {soon_text}", _plus(in_time, soon))
    elif chosen is not ServiceLevelBasis.OFFERED:
        below = count(f"answered + abandoned - {soon_text}", _less(_settled, soon))
    return Measure(numerator=above, denominator=below, form=Form.PROPORTION, **shared)


def _level_title(name: str) -> str:
    prefix, _, rest = name.partition("service_level")
    other = prefix or rest.strip("_")
    return "service level" + (f" ({other.replace('_', ' ')})" if other else "")


_LEVEL_PITFALL = (
    "Two centres with the same percentage and another basis do not serve alike: name the basis and the wait. "
    "Contacts still waiting when the log was taken, and blocked ones, are in neither count. A day's level is not the "
    "mean of its intervals."
)


def checked_short(basis: ServiceLevelBasis, short_abandon: timedelta | str | None) -> timedelta | None:
    """Return the threshold of short abandons, which two bases need and the others refuse."""
    if basis.needs_short_abandon != (short_abandon is not None):
        remedy = "give short_abandon, such as '5s'" if basis.needs_short_abandon else "leave short_abandon out"
        raise DataError(Problem(f"short_abandon is {short_abandon!r} with basis {basis.value!r}", remedy=remedy))
    return None if short_abandon is None else as_duration("short_abandon", short_abandon)


def genesys_default(within: timedelta | str = "20s") -> Measure:
    """Return the service level as Genesys Cloud shows it without options: answered in time of answered + abandoned.

    Its options can take out short or all abandons and put in flow-outs (Genesys Cloud Resource Center, "Configure the
    service level calculation"); a level without abandons is the basis `answered`.

    Examples
    --------
    >>> print(genesys_default())
    service level (genesys default) = answered within 20s / (answered + abandoned)
    """
    return level_measure(within=within, name="genesys_default")


def amazon(within: timedelta | str = "20s") -> Measure:
    """Return the service level X of Amazon Connect: contacts removed from the queue in time, abandons included.

    Amazon Connect Administrator Guide, "Service level X".

    Examples
    --------
    >>> print(amazon())
    service level (amazon) = (answered within 20s + abandoned within 20s) / (answered + abandoned)
    """
    return level_measure(within=within, basis=ServiceLevelBasis.ABANDONS_WITHIN_MET, name="amazon")


def _built(of: Callable[[Any], Any]) -> Build:
    return lambda: of(narwhals())


def wait_measure(fraction: float, *, name: str | None = None) -> Measure:
    """Return a percentile of the waits of the answered.

    Examples
    --------
    >>> print(wait_measure(0.9))
    wait of the answered, 90th percentile = 90th percentile of wait of the answered
    """
    check_fraction("fraction", fraction, include_one=False)
    percent = f"{100 * fraction:g}"
    return Measure(
        name=name or f"wait_p{percent}",
        title=f"wait of the answered, {percent}th percentile",
        numerator=count("wait of the answered", _when(_answered, _wait_s)),
        denominator=ANSWERED,
        form=Form.PERCENTILE,
        fraction=fraction,
        unit=Unit.SECONDS,
        direction=_LOWER,
        clock=Clock.ELAPSED,
        value=_ANSWERED_WAIT,
        pitfalls="Those who gave up are left out, so it flatters a centre that many abandon: see the virtual wait.",
    )


def virtual_wait_measure(fraction: float, *, name: str | None = None) -> Measure:
    """Return the time by which that share would have been answered, had they been infinitely patient.

    Examples
    --------
    >>> virtual_wait_measure(0.9).form.name
    'REACHED_BY'
    """
    check_fraction("fraction", fraction, include_one=False)
    percent = f"{100 * fraction:g}"
    return Measure(
        name=name or f"virtual_wait_p{percent}",
        title=f"virtual wait, {percent}th percentile",
        numerator=count("an answer, had they been infinitely patient", lambda nw: nw.col("answered")),
        denominator=SETTLED,
        form=Form.REACHED_BY,
        fraction=fraction,
        unit=Unit.SECONDS,
        direction=_LOWER,
        clock=Clock.ELAPSED,
        value=_WAIT,
        event=_IS_ANSWERED,
        pitfalls="Missing where the waits do not reach far enough. It takes patience and wait for independent.",
    )


def abandonment_measure(*, short_abandon: timedelta | str | None = None, name: str = "abandonment") -> Measure:
    """Return the share that gave up, with or without those that gave up before a threshold.

    Examples
    --------
    >>> print(abandonment_measure(short_abandon="5s"))
    abandonment without short ones = (abandoned - abandoned before 5s) / (answered + abandoned - abandoned before 5s)
    """
    above, below = ABANDONED, SETTLED
    if short_abandon is not None:
        short = as_duration("short_abandon", short_abandon)
        text = f"abandoned before {format_duration(short)}"
        soon = _within("abandoned", short.total_seconds(), before=True)
        above = count(f"abandoned - {text}", _less(lambda nw: nw.col("abandoned"), soon))
        below = count(f"answered + abandoned - {text}", _less(_settled, soon))
    return Measure(
        name=name,
        title="abandonment" if short_abandon is None else "abandonment without short ones",
        numerator=above,
        denominator=below,
        form=Form.PROPORTION,
        unit=Unit.SHARE,
        direction=_LOWER,
        pitfalls="With a threshold, short abandons are in neither count: misdials are no verdict on the service.",
    )


def _when(condition: Callable[[Any], Any], of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda nw: nw.when(condition(nw)).then(of(nw))


def _mean(
    name: str,
    title: str,
    words: str,
    of: Callable[[Any], Any],
    below: Count,
    direction: Direction,
    pitfalls: str,
    needs: tuple[str, ...] = (),
    value: Build | None = None,
) -> Measure:
    return Measure(
        name=name,
        title=title,
        numerator=count(words, of, *needs),
        denominator=below,
        form=Form.MEAN,
        unit=Unit.SECONDS,
        direction=direction,
        clock=Clock.ELAPSED,
        value=value or _built(of),
        pitfalls=pitfalls,
    )


def _share(name: str, title: str, above: Count, below: Count, direction: Direction, pitfalls: str) -> Measure:
    return Measure(
        name=name,
        title=title,
        numerator=above,
        denominator=below,
        form=Form.PROPORTION,
        unit=Unit.SHARE,
        direction=direction,
        pitfalls=pitfalls,
    )


def _total(name: str, title: str, of: Count, pitfalls: str, attribution: Attribution = Attribution.ARRIVAL) -> Measure:
    return Measure(
        name=name,
        title=title,
        numerator=of,
        denominator=None,
        form=Form.TOTAL,
        unit=Unit.ROWS,
        direction=Direction.NEITHER,
        attribution=attribution,
        pitfalls=pitfalls,
        minimum=0,
    )


def _timed(nw: Any) -> Any:
    return nw.when(~nw.col("handle_s").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))


def contact_measures(*, within: timedelta | str = "30s", short_abandon: timedelta | str = "5s") -> tuple[Measure, ...]:
    """Return the measures of contacts, with one acceptable wait and one threshold of short abandons.

    Parameters
    ----------
    within
        Acceptable wait of every service level; default 30 seconds.
    short_abandon
        An abandonment before this is short, where that is asked; default 5 seconds.
    """
    levels = [
        level_measure(
            within=within,
            basis=basis,
            short_abandon=short_abandon if basis.needs_short_abandon else None,
            name=f"service_level_{basis.value}",
        )
        for basis in ServiceLevelBasis
        if basis is not ServiceLevelBasis.OFFERED
    ]
    return (
        level_measure(within=within),
        *levels,
        genesys_default(within),
        amazon(within),
        *_waits(),
        abandonment_measure(),
        abandonment_measure(short_abandon=short_abandon, name="abandonment_without_short"),
        *_handling(),
        *_volumes(),
    )


def _waits() -> tuple[Measure, ...]:
    return (
        _mean(
            "asa",
            "average speed of answer",
            "wait of the answered",
            _when(_answered, _wait_s),
            ANSWERED,
            _LOWER,
            "Of the answered only. It says nothing of the tail: 20 s may be 10 s for most and minutes for some.",
            value=_ANSWERED_WAIT,
        ),
        _mean(
            "mean_wait",
            "mean wait",
            "wait of the answered and the abandoned",
            _wait_s,
            SETTLED,
            _LOWER,
            "It falls when more customers give up early.",
            value=_WAIT,
        ),
        wait_measure(0.5),
        wait_measure(0.9),
        wait_measure(0.95),
        virtual_wait_measure(0.5),
        virtual_wait_measure(0.9),
        Measure(
            name="longest_wait",
            title="longest wait",
            numerator=count("wait of the answered and the abandoned", _wait_s),
            denominator=None,
            form=Form.LONGEST,
            unit=Unit.SECONDS,
            direction=_LOWER,
            clock=Clock.ELAPSED,
            value=_WAIT,
            pitfalls="It grows with the number of contacts; compare spans of like volume. Rounded up to whole seconds.",
            minimum=0,
        ),
        _share("answer_rate", "answer rate", ANSWERED, SETTLED, _HIGHER, "One less the abandonment, on the same rows."),
    )


def _handling() -> tuple[Measure, ...]:
    timed = count("handled with a known handle time", _timed)
    aht = (
        "Contacts whose handle time is not known yet are in neither sum, so the last hours are cut off, not too short."
    )
    handled = Measure(
        name="concurrency",
        title="concurrency",
        numerator=count("session time", _when(_with_sessions, _session_s), "sessions"),
        denominator=count(
            "effort time (session time / sessions at once)", _when(_with_sessions, _effort_s), "sessions"
        ),
        form=Form.RATIO,
        unit=Unit.RATIO,
        direction=Direction.NEITHER,
        clock=Clock.ELAPSED,
        pitfalls="Sessions at once are those of the log; more at once lengthen each session.",
    )
    sessions = count("handled with known sessions", _when(_with_sessions, lambda nw: nw.lit(1)), "sessions")
    parts = [
        _mean(
            f"{part}_time",
            f"mean {part} time",
            f"{part} time of the answered",
            _when(_answered, _part(part)),
            count(f"answered with a known {part} time", _known(f"{part}_s"), f"{part}_s"),
            Direction.NEITHER,
            "A part of the handle time; its mean is over the contacts whose part is known.",
            (f"{part}_s",),
        )
        for part in ("talk", "hold", "wrap")
    ]
    return (
        _mean(
            "aht",
            "average handle time",
            "talk + hold + wrap time",
            lambda nw: nw.col("handle_s"),
            timed,
            Direction.NEITHER,
            aht,
        ),
        *parts,
        _mean(
            "effort_time",
            "mean effort time",
            "effort time (session time / sessions at once)",
            _when(_with_sessions, _effort_s),
            sessions,
            Direction.NEITHER,
            "For chats handled at once: the agent's time. The session time is what the customer lives through.",
            ("sessions",),
        ),
        handled,
        _share(
            "transfer_rate",
            "transfer rate",
            count("answered and transferred", _known("transferred_to"), "transferred_to"),
            ANSWERED,
            _LOWER,
            "A transfer to the right place is better than a wrong answer.",
        ),
    )


def _part(name: str) -> Callable[[Any], Any]:
    return lambda nw: nw.col(f"{name}_s")


def _with_sessions(nw: Any) -> Any:
    return ~nw.col("handle_s").is_null() & (nw.col("sessions") > 0)


def _session_s(nw: Any) -> Any:
    return nw.col("handle_s")


def _effort_s(nw: Any) -> Any:
    return nw.col("effort_s")


def _known(column: str) -> Callable[[Any], Any]:
    return lambda nw: nw.when(_answered(nw) & ~nw.col(column).is_null()).then(nw.lit(1)).otherwise(nw.lit(0))


def _volumes() -> tuple[Measure, ...]:
    return (
        _total("offered", "offered contacts", OFFERED, "It counts blocked and waiting contacts too."),
        _total(
            "handled", "handled contacts", ANSWERED, "By the arrival, also where the answer fell into the next day."
        ),
        _total(
            "completed",
            "completed contacts",
            count("answered, by their end", lambda nw: nw.col("answered"), "ended_at"),
            "By the end: the work done in a span. It is no share of what arrived in the same span.",
            Attribution.END,
        ),
        _total("abandoned", "abandoned contacts", ABANDONED, "Blocked contacts never waited and are not in it."),
        _total(
            "waiting",
            "contacts still waiting",
            count("neither answered nor abandoned", lambda nw: nw.col("waiting")),
            "As of the moment at which the log was taken.",
        ),
        _share(
            "blocked_rate",
            "blocked",
            count("blocked", lambda nw: nw.col("blocked"), "queued_at"),
            OFFERED,
            _LOWER,
            "The log must hold contacts that never entered the queue; many do not.",
        ),
    )
