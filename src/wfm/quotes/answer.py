"""What is answered: frozen values that JSON can hold, and a page of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from wfm.errors import DataError, Problem

__all__ = [
    "ContractHeads",
    "Lever",
    "ParetoPoint",
    "QueueAnswer",
    "Quote",
    "QuoteRange",
    "RangeOf",
    "Reading",
    "ShiftEfficiency",
    "Year",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of "answered within": what the quoted staff reaches, and what it would take as the target.

    Parameters
    ----------
    kind
        `service_level`, `mean_answer` or `longest_wait`.
    target
        The reading in words.
    achieved
        By the quoted staff: a share, a mean wait in seconds, a wait in seconds.
    met
        Whether the quoted staff holds it over the week.
    peak_agents, fte, cost_per_year
        With this reading, in every interval, as the queue's only target.
    """

    kind: str
    target: str
    achieved: float
    met: bool
    peak_agents: int
    fte: float
    cost_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAnswer:
    """One queue. Levels and waits are means over its contacts of the week.

    Parameters
    ----------
    name, model
        The queue and the model it is staffed by.
    contacts_per_week
        Contacts that reach agents.
    peak_load_erl
        Highest load in erlangs of contacts held alone.
    agents
        Agents on seat by interval from Monday, were it a team of its own; `Quote.agents` has them as they are shared.
    peak_agents
        The most of them.
    service_level, asa_s, abandonment, occupancy
        What that team reaches; none for deferred work, where `service_level` is the share planned to be in time.
    readings
        The three readings of the target, beside each other; none for deferred work.
    """

    name: str
    model: str
    contacts_per_week: float
    peak_load_erl: float
    agents: tuple[int, ...]
    peak_agents: int
    service_level: float
    asa_s: float | None
    abandonment: float | None
    occupancy: float | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractHeads:
    """People under one contract, and the pay of their hours in a year."""

    name: str
    kind: str
    headcount: int
    paid_hours_per_year: float
    wages_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftEfficiency:
    """Paid hours of shifts over the hours of the curve, and how they were found: `bound` or `programme`."""

    factor: float
    method: str
    curve_hours_per_week: float
    paid_hours_per_week: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeOf:
    """A figure that 10 % of outcomes are below, half, and 90 %."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRange:
    """The 80 % range from what is uncertain, were staff each time that of the outcome."""

    points: int
    share: float
    peak_agents: RangeOf
    fte: RangeOf
    headcount: RangeOf
    paid_hours_per_year: RangeOf
    cost_per_year: RangeOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """What one input moves: the yearly cost at a low and a high value of it, all else as asked."""

    input: str
    low: str
    high: str
    cost_low: float
    cost_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoPoint:
    """The cost of a promise: the target's share, the level then reached over the week, and what it takes."""

    target: float
    service_level: float
    fte: float
    cost_per_year: float
    is_knee: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year of growth ahead."""

    year: int
    contacts_per_year: float
    peak_agents: int
    fte: float
    headcount: int
    cost_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A staffing quote.

    Parameters
    ----------
    request
        The request, every field named; `QuoteRequest.of` reads it back.
    interval_s
        Length of an interval; rows are from Monday 00:00.
    queues
        Queue by queue.
    agents
        Agents on seat of all teams by interval.
    scheduled
        Heads to schedule by interval: agents over 1 - shrinkage.
    peak_agents, peak_scheduled
        The most of them.
    efficiency
        What whole shifts add.
    paid_hours_per_week, paid_hours_per_month, paid_hours_per_year
        Paid hours of shifts and, by month and year, of training.
    fte
        Paid hours over full-time weeks of 40 hours.
    headcount, contracts
        People, in all and by contract.
    hires_per_year
        People to hire against attrition.
    cost_per_month, cost_per_year, cost_per_contact
        Wages, overhead, training; a contact is one that is answered.
    contacts_per_year
        Contacts that reach agents.
    service_level, asa_s, abandonment, occupancy
        Of all live queues together, weighted by contacts (occupancy by agents); none without a live queue.
    range, tornado, pareto, outlook
        As asked for; empty otherwise.
    defaults
        Paths of the fields that were left out.
    assumptions, warnings
        In words.
    schema
        Version of the contract.

    Examples
    --------
    >>> import wfm
    >>> quote = wfm.quote({"queues": [{"name": "chat", "volume": "3200/day", "aht": "7min"}], "range_points": 0})
    >>> quote.peak_agents, quote == Quote.of(quote.to_dict())
    (29, True)
    """

    request: Mapping[str, Any]
    interval_s: float
    queues: tuple[QueueAnswer, ...]
    agents: tuple[int, ...]
    scheduled: tuple[int, ...]
    peak_agents: int
    peak_scheduled: int
    efficiency: ShiftEfficiency
    paid_hours_per_week: float
    paid_hours_per_month: float
    paid_hours_per_year: float
    fte: float
    headcount: int
    contracts: tuple[ContractHeads, ...]
    hires_per_year: float
    cost_per_month: float
    cost_per_year: float
    cost_per_contact: float
    contacts_per_year: float
    currency: str
    service_level: float | None
    asa_s: float | None
    abandonment: float | None
    occupancy: float | None
    range: QuoteRange | None
    tornado: tuple[Lever, ...]
    pareto: tuple[ParetoPoint, ...]
    outlook: tuple[Year, ...]
    defaults: tuple[str, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    schema: str = "1"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON that `of` reads back."""
        import copy

        from wfm.quotes.writer import answer_to_dict

        return answer_to_dict(self) | {"request": copy.deepcopy(dict(self.request))}

    def to_json(self, *, indent: int | None = None) -> str:
        """Return JSON text, the same bytes for the same request."""
        from wfm.quotes.writer import answer_to_dict, dumps

        return dumps(answer_to_dict(self), indent=indent)

    @classmethod
    def of(cls, value: Mapping[str, Any] | str | bytes) -> Quote:
        """Return an answer from plain values or JSON text as `to_dict` and `to_json` make them.

        Raises
        ------
        DataError
            If it is not such an answer.
        """
        import json

        data = json.loads(value) if isinstance(value, str | bytes) else value
        names = {one.name for one in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            raise DataError(Problem("not a quote", remedy="give what Quote.to_dict or to_json made"))
        values = {name: _frozen(one) for name, one in data.items()}
        efficiency, spread = data["efficiency"], data["range"]
        parts = {name: RangeOf(**one) for name, one in (spread or {}).items() if isinstance(one, Mapping)}
        values |= {
            "request": data["request"],
            "queues": tuple(_queue(one) for one in data["queues"]),
            "contracts": tuple(ContractHeads(**one) for one in data["contracts"]),
            "efficiency": ShiftEfficiency(**efficiency),
            "range": None if spread is None else QuoteRange(**{**spread, **parts}),
            "tornado": tuple(Lever(**one) for one in data["tornado"]),
            "pareto": tuple(ParetoPoint(**one) for one in data["pareto"]),
            "outlook": tuple(Year(**one) for one in data["outlook"]),
        }
        return cls(**values)

    def to_frame(self) -> Any:
        """Return the typical week as a pandas frame (the only method that loads pandas).

        Returns
        -------
        pandas.DataFrame
            `day` ("Mon" ...), `time` ("00:00" ...), `agents`, `scheduled`, a row for each interval.
        """
        import pandas as pd

        from wfm.quotes.shapes import DAYS

        per_day = len(self.agents) // 7
        minutes = [int(place % per_day * self.interval_s // 60) for place in range(len(self.agents))]
        return pd.DataFrame(
            {
                "day": [DAYS[place // per_day] for place in range(len(self.agents))],
                "time": [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes],
                "agents": self.agents,
                "scheduled": self.scheduled,
            }
        )

    def __str__(self) -> str:
        from wfm.quotes.text import page

        return page(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _queue(data: Mapping[str, Any]) -> QueueAnswer:
    readings = tuple(Reading(**one) for one in data["readings"])
    return QueueAnswer(**{**data, "agents": tuple(data["agents"]), "readings": readings})
