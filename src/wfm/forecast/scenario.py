"""Scenarios: what a forecast becomes when contacts grow, move to another channel, or end with a bot.

Each change is a value. Contacts and work are followed: what leaves one queue comes to another or is counted as
contained, and the handle time of the rest is what is left of the work over what is left of the contacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from wfm.checks import check_fraction, check_in_range, check_name
from wfm.errors import DataError, Problem
from wfm.forecast.grid import BoolArray, FloatArray
from wfm.forecast.moving import changed, check_forecast, check_span, joined_spread, moved_quantiles, rows_of, span_text
from wfm.forecast.result import Forecast

__all__ = ["ChannelShift", "Containment", "Growth", "HandleTimeChange", "ScenarioChange", "what_if"]


class ScenarioChange(Protocol):
    """What can be done to a forecast."""

    def apply(self, forecast: Forecast) -> Forecast:
        """Return the forecast with the change."""
        ...


def what_if(forecast: Forecast, *changes: ScenarioChange) -> Forecast:
    """Apply changes to a forecast, one after another.

    Parameters
    ----------
    forecast
        The forecast; it stays as it is.
    changes
        `Growth`, `ChannelShift`, `Containment`, `HandleTimeChange`, or anything with `apply(forecast)`.

    Returns
    -------
    Forecast
        With quantiles that moved along (see `wfm.forecast.moving`), and a line of audit and words for each change.

    Raises
    ------
    DataError
        If a change does not fit the forecast.

    Examples
    --------
    >>> import pandas as pd
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [10.0, 30.0], "aht_s": 200.0})
    >>> plain = Forecast(frame, tz="Europe/Berlin", interval_s=1800)
    >>> with_bot = what_if(plain, Growth(factor=1.1), Containment(queue="calls", share=0.2, contained_aht_s=120))
    >>> with_bot.to_frame()[["offered", "aht_s"]].round(6).values.tolist()
    [[8.8, 220.0], [26.4, 220.0]]
    >>> print(with_bot.models["calls"])
    volume × 1.1, handle time unchanged; 20 % contained (AHT 120 s), 9 contacts leave, AHT of the rest 200 → 220 s
    """
    result = check_forecast(forecast)
    for change in changes:
        if not callable(getattr(change, "apply", None)):
            remedy = "give Growth(...), ChannelShift(...), Containment(...) or HandleTimeChange(...)"
            raise DataError(Problem(f"{change!r} is no change of a forecast", remedy=remedy))
        result = change.apply(result)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """More or fewer contacts.

    Parameters
    ----------
    factor
        Factor on the volume, 0 or more.
    queue
        Queue; default all.
    first, last
        First and last day of the change; default those of the forecast.
    """

    factor: float
    queue: str | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        check_in_range("factor", self.factor, 0.0)
        check_span(self.first, self.last)

    def apply(self, forecast: Forecast) -> Forecast:
        """Return the forecast with the volume times the factor."""
        rows = rows_of(forecast, self.queue, self.first, self.last)
        offered = _offered(forecast)
        offered = np.where(rows, offered * self.factor, offered)
        finding = f"volume × {self.factor:g}{span_text(self.first, self.last)}"
        notes = [(queue, part, finding, "handle time unchanged") for queue, part in _by_queue(forecast, rows)]
        return changed(forecast, moved_quantiles(forecast, offered), notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleTimeChange:
    """Longer or shorter contacts.

    Parameters
    ----------
    factor
        Factor on the average handle time, more than 0.
    queue
        Queue; default all.
    first, last
        First and last day of the change; default those of the forecast.
    """

    factor: float
    queue: str | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        check_in_range("factor", self.factor, 0.0, include_low=False)
        check_span(self.first, self.last)

    def apply(self, forecast: Forecast) -> Forecast:
        """Return the forecast with the handle time times the factor."""
        rows = rows_of(forecast, self.queue, self.first, self.last)
        aht = _handle_time(forecast, rows)
        finding = f"handle time × {self.factor:g}{span_text(self.first, self.last)}"
        notes = [(queue, part, finding, "volume unchanged") for queue, part in _by_queue(forecast, rows)]
        return changed(forecast, {"aht_s": np.where(rows, aht * self.factor, aht)}, notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """A bot, a page or a message solves a share of a queue's contacts, which no agent then sees.

    Parameters
    ----------
    queue
        Queue that the contacts leave.
    share
        Share of the queue's contacts that leaves, from 0 to 1.
    contained_aht_s
        Average handle time in seconds that these contacts would have had with an agent, more than 0: mostly the simple
        and short ones leave, so the handle time of the rest rises.
    first, last
        First and last day of the change; default those of the forecast.

    Notes
    -----
    With a share s, handle time a before and c of the contained, that of the rest is (a - s c) / (1 - s).
    """

    queue: str
    share: float
    contained_aht_s: float
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        check_name("queue", self.queue)
        check_fraction("share", self.share, include_zero=True)
        check_in_range("contained_aht_s", self.contained_aht_s, 0.0, include_low=False)
        check_span(self.first, self.last)

    def apply(self, forecast: Forecast) -> Forecast:
        """Return the forecast without the contained contacts."""
        rows = rows_of(forecast, self.queue, self.first, self.last)
        before, aht = _offered(forecast), _handle_time(forecast, rows)
        offered = np.where(rows, before * (1 - self.share), before)
        rest = _rest(forecast, rows, aht, self.share, self.contained_aht_s, "contained_aht_s")
        left = float((before - offered).sum())
        finding = f"{100 * self.share:g} % contained (AHT {self.contained_aht_s:g} s){span_text(self.first, self.last)}"
        action = (
            f"{left:,.0f} contacts leave, AHT of the rest {_said(aht, before, rows)} → {_said(rest, offered, rows)} s"
        )
        columns = moved_quantiles(forecast, offered) | {"aht_s": rest}
        return changed(forecast, columns, [(self.queue, rows, finding, action)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelShift:
    """A share of a queue's contacts comes by another channel.

    Parameters
    ----------
    source, target
        Queues that the contacts leave and come to.
    share
        Share of the source's contacts, from 0 to 1.
    moved_aht_s
        Average handle time in seconds that these contacts would have had in the source, more than 0; default that of
        the source, which then keeps its handle time.
    target_aht_s
        Their average handle time in the target, more than 0 (of one session alone, in a chat); default that of the
        target.
    contacts_each
        Contacts in the target for each one that left the source, more than 0; default 1.
    first, last
        First and last day of the change; default those of the forecast.

    Notes
    -----
    Where the target is closed, contacts stay in the source, and the audit says how many. The quantiles of the target
    are those of its own contacts and of those that come, added as if both ran high together: never too narrow.
    """

    source: str
    target: str
    share: float
    moved_aht_s: float | None = None
    target_aht_s: float | None = None
    contacts_each: float = 1.0
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        check_name("source", self.source)
        check_name("target", self.target)
        if self.source == self.target:
            raise DataError(Problem(f"contacts move from {self.source!r} to itself", remedy="name another target"))
        check_fraction("share", self.share, include_zero=True)
        check_in_range("contacts_each", self.contacts_each, 0.0, include_low=False)
        for name in ("moved_aht_s", "target_aht_s"):
            if getattr(self, name) is not None:
                check_in_range(name, getattr(self, name), 0.0, include_low=False)
        check_span(self.first, self.last)

    def apply(self, forecast: Forecast) -> Forecast:
        """Return the forecast with the contacts in the target."""
        rows = rows_of(forecast, self.source, self.first, self.last)
        frame, before = forecast.frame, _offered(forecast)
        target = rows_of(forecast, self.target)
        going = rows & frame["start"].isin(frame["start"][target]).to_numpy(dtype=bool)
        # Both parts are sorted by start, so the rows that go and those that they come to stand in the same order.
        coming = target & frame["start"].isin(frame["start"][going]).to_numpy(dtype=bool)
        offered, come = before.copy(), np.zeros(len(before))
        offered[going] = before[going] * (1 - self.share)
        come[coming] = before[going] * self.share * self.contacts_each
        columns = moved_quantiles(forecast, offered)
        arriving = moved_quantiles(forecast, np.where(going, before * self.share * self.contacts_each, before))
        for name, values in columns.items():
            values[coming] += arriving[name][going]
        columns |= self._handle_times(forecast, going, coming, before, come)
        spread = joined_spread(forecast, self.target, self.source, before[target], come[target])
        moved = float((before * going).sum() * self.share)
        finding = f"{100 * self.share:g} % to {self.target}{span_text(self.first, self.last)}"
        notes = [(self.source, rows, finding, f"{moved:,.0f} contacts leave")]
        if coming.any():
            action = f"{come.sum():,.0f} contacts come"
            notes.append((self.target, coming, f"{100 * self.share:g} % of {self.source}", action))
        closed = rows & ~going
        if closed.any():
            stay = float((before * closed).sum() * self.share)
            finding = f"{self.target} is closed: in {int(closed.sum())} intervals of {self.source}"
            notes.append((self.source, closed, finding, f"{stay:,.0f} contacts stay"))
        return changed(forecast, columns, notes, {} if spread is None else {self.target: spread})

    def _handle_times(
        self, forecast: Forecast, going: BoolArray, coming: BoolArray, before: FloatArray, come: FloatArray
    ) -> dict[str, FloatArray]:
        if "aht_s" not in forecast.frame and self.moved_aht_s is None and self.target_aht_s is None:
            return {}
        aht = _handle_time(forecast)
        result = aht
        if self.moved_aht_s is not None:
            result = _rest(forecast, going, aht, self.share, self.moved_aht_s, "moved_aht_s")
        if self.target_aht_s is not None:
            total = before + come
            mixed = (before * aht + come * self.target_aht_s) / np.where(total > 0, total, 1.0)
            result = np.where(coming & (total > 0), mixed, result)
        return {"aht_s": result}


def _offered(forecast: Forecast) -> FloatArray:
    return np.asarray(forecast.frame["offered"].to_numpy(dtype=float))


def _handle_time(forecast: Forecast, rows: BoolArray | None = None) -> FloatArray:
    """Return the handle time; refuse a forecast that has none, or none in these rows."""
    remedy = "give a history with handle_s and handled, or assign aht_s to the frame of the forecast"
    if "aht_s" not in forecast.frame:
        raise DataError(Problem("the forecast has no handle time, which this change needs", remedy=remedy))
    aht = np.asarray(forecast.frame["aht_s"].to_numpy(dtype=float))
    if rows is not None and np.isnan(aht[rows]).all():
        queues = ", ".join(repr(queue) for queue, _ in _by_queue(forecast, rows))
        raise DataError(Problem(f"queue {queues} has no handle time, which this change needs", remedy=remedy))
    return aht


def _by_queue(forecast: Forecast, rows: BoolArray) -> list[tuple[str, BoolArray]]:
    parts = [(queue, rows & rows_of(forecast, queue)) for queue in forecast.queues]
    return [(queue, part) for queue, part in parts if part.any()]


def _rest(
    forecast: Forecast, rows: BoolArray, aht: FloatArray, share: float, leaving_s: float, name: str
) -> FloatArray:
    """Return the handle time of what is left when a share with its own handle time has gone."""
    if share == 1:
        return aht  # nobody is left whose handle time could be told
    rest = (aht - share * leaving_s) / (1 - share)
    wrong = rows & (rest <= 0)
    if wrong.any():
        least = float(aht[rows].min())
        stamp = forecast.frame["start"][wrong].iloc[0].isoformat()
        what = (
            f"{name} {leaving_s:g} s of {100 * share:g} % is more work than the queue has at {stamp} (AHT {least:g} s)"
        )
        remedy = f"give less than {least / share:g} s, or a smaller share"
        raise DataError(Problem(what, remedy=remedy, rows=tuple(np.flatnonzero(wrong).tolist())))
    return np.where(rows, rest, aht)


def _said(aht: FloatArray, offered: FloatArray, rows: BoolArray) -> str:
    weight = offered[rows]
    return f"{(aht[rows] @ weight) / weight.sum():.0f}" if weight.sum() > 0 else "-"
