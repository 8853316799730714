"""A quote as a page of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm.quotes.answer import QueueAnswer, Quote, RangeOf

__all__ = ["page"]


def page(quote: Quote) -> str:
    """Return the page: the staff, people and money, then queue by queue, then what else was asked."""
    money = quote.currency
    rows = [
        ("agents at the peak", f"{quote.peak_agents:,}  (scheduled {quote.peak_scheduled:,})"),
        ("FTE", f"{quote.fte:,.1f}{_between(quote, 'fte')}"),
        ("headcount", f"{quote.headcount:,}  " + ", ".join(f"{one.name} {one.headcount:,}" for one in quote.contracts)),
        ("paid hours a month", f"{quote.paid_hours_per_month:,.0f}  (shifts x {quote.efficiency.factor:.3f})"),
        (f"cost a month ({money})", f"{quote.cost_per_month:,.0f}"),
        (f"cost a year ({money})", f"{quote.cost_per_year:,.0f}{_between(quote, 'cost_per_year')}"),
        (f"cost a contact ({money})", f"{quote.cost_per_contact:,.2f}"),
    ]
    if quote.service_level is not None:
        rows.append(("service level", f"{quote.service_level:.1%}"))
        rows.append(("mean answer", f"{quote.asa_s or 0.0:.1f} s"))
        rows.append(("abandon", f"{quote.abandonment or 0.0:.1%}"))
        rows.append(("occupancy", f"{quote.occupancy or 0.0:.1%}"))
    lines = ["Quote", *(f"├─ {name:<24}{value}" for name, value in rows)]
    for queue in quote.queues:
        lines += _queue(queue)
    if quote.pareto:
        lines.append("├─ level and cost a year")
        lines += [
            f"│  ├─ {one.target:.0%} in every interval{one.service_level:>9.1%}{one.cost_per_year:>16,.0f}"
            + ("  <- knee" if one.is_knee else "")
            for one in quote.pareto
        ]
    if quote.tornado:
        lines.append("├─ what moves the cost")
        lines += [
            f"│  ├─ {one.input:<18}{one.low:>12} {one.cost_low:>14,.0f}{one.high:>12} {one.cost_high:>14,.0f}"
            for one in quote.tornado
        ]
    notes = [*(f"warning: {word}" for word in quote.warnings), *(f"assumed: {word}" for word in quote.assumptions)]
    lines += [f"{'└─' if place == len(notes) - 1 else '├─'} {note}" for place, note in enumerate(notes)]
    return "\n".join(lines)


def _between(quote: Quote, name: str) -> str:
    if quote.range is None:
        return ""
    found: RangeOf = getattr(quote.range, name)
    shown = ".1f" if name == "fte" else ".0f"
    return f"  (80 %: {found.low:,{shown}} to {found.high:,{shown}})"


def _queue(queue: QueueAnswer) -> list[str]:
    head = f"├─ {queue.name}: {queue.model}, {queue.contacts_per_week:,.0f} contacts a week, {queue.peak_agents} agents"
    lines = [head]
    for one in queue.readings:
        reached = f"{one.achieved:.1%}" if one.kind == "service_level" else f"{one.achieved:.1f} s"
        lines.append(f"│  ├─ {one.target:<46}{reached:>9}  as target: {one.peak_agents} agents, {one.fte:,.1f} FTE")
    return lines
