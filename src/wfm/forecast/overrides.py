"""What people changed in a forecast: who, why, when and by how much, in layers that can be listed and taken away."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from wfm.checks import check_choice, check_in_range, check_int, check_name
from wfm.errors import DataError, Faults, Problem
from wfm.forecast.grid import BoolArray, FloatArray
from wfm.forecast.moving import changed, check_forecast, moved_quantiles, rows_of
from wfm.forecast.result import Forecast
from wfm.timegrid import day_starts

__all__ = ["Effect", "Override", "Overrides"]

_SPAN = ("queue", "start", "end", "intervals")
_COLUMNS = ("number", "made_at", "author", "reason", "effect", "value", *_SPAN, "before", "after", "change")


class Effect(StrEnum):
    """What an override does with the contacts of its span."""

    SET = "set"
    ADD = "add"
    MULTIPLY = "multiply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One change of a forecast by a person.

    Parameters
    ----------
    author
        Who made it.
    reason
        Why; not empty.
    made_at
        When it was made, with a zone.
    effect
        `"set"` makes the total of the span equal to the value, `"add"` raises it by the value, both along the shape
        that the forecast has (evenly where it is 0); `"multiply"` is a factor on each interval.
    value
        Contacts, or the factor; 0 or more, for `"add"` any number.
    queue
        Queue; for `"multiply"` alone it may be left out: all queues.
    start, end
        First instant of the span and first instant after it: a stamp with a zone, or a date for its midnight. Default
        the beginning and the end of the forecast.

    Raises
    ------
    DataError
        With every fault of the override.
    """

    author: str
    reason: str
    made_at: pd.Timestamp
    effect: Effect | str
    value: float
    queue: str | None = None
    start: pd.Timestamp | date | None = None
    end: pd.Timestamp | date | None = None

    def __post_init__(self) -> None:
        faults = Faults("the override")
        for name in ("author", "reason"):
            with faults.collecting():
                check_name(name, getattr(self, name))
        with faults.collecting():
            object.__setattr__(self, "effect", check_choice("effect", self.effect, Effect))
        with faults.collecting():
            check_in_range("value", self.value, -np.inf if self.effect == Effect.ADD else 0.0)
        if self.effect != Effect.MULTIPLY and self.queue is None:
            faults.add(f"{self.effect} without a queue", remedy="name the queue whose total is meant")
        for name in ("made_at", "start", "end"):
            value = getattr(self, name)
            stamp = isinstance(value, pd.Timestamp)
            if stamp and value.tz is None:
                remedy = "call .tz_localize('Europe/Berlin') with your zone"
                faults.add(f"{name} {value} has no zone", remedy=remedy)
            if not stamp and (name == "made_at" or not (value is None or isinstance(value, date))):
                remedy = "write pd.Timestamp('2026-11-02 09:00', tz='Europe/Berlin')"
                faults.add(f"{name} must be a stamp, got {value!r}", remedy=remedy)
        faults.raise_if_any()

    def rows(self, forecast: Forecast) -> BoolArray:
        """Return which rows of a forecast the override is about; raises `DataError` where there is none."""
        starts = forecast.frame["start"]
        begin, end = (_instant(bound, forecast.tz) for bound in (self.start, self.end))
        chosen = rows_of(forecast, self.queue)
        if begin is not None:
            chosen = chosen & (starts >= begin).to_numpy(dtype=bool)
        if end is not None:
            chosen = chosen & (starts < end).to_numpy(dtype=bool)
        if not chosen.any():
            what = f"the override of {self.author!r} ({self.reason}) meets no open interval of the forecast"
            remedy = f"give a span inside {starts.min().isoformat()} to {starts.max().isoformat()}"
            raise DataError(Problem(what, remedy=remedy))
        return chosen

    def apply(self, forecast: Forecast) -> Forecast:
        """Return the forecast with the override, made from what was known when it was made."""
        rows = self.rows(check_forecast(forecast))
        before = np.asarray(forecast.frame["offered"].to_numpy(dtype=float))
        offered = np.where(rows, self._moved(before, rows), before)
        finding = f"override by {self.author}: {self.reason}"
        notes = []
        for queue in forecast.queues:
            part = rows & rows_of(forecast, queue)
            if part.any():
                action = f"{self.in_words()}, {before[part].sum():,.0f} → {offered[part].sum():,.0f} contacts"
                notes.append((queue, part, finding, action))
        result = changed(forecast, moved_quantiles(forecast, offered), notes)
        made_at = self.made_at.tz_convert(forecast.tz)
        return replace(result, as_of=made_at if forecast.as_of is None else max(forecast.as_of, made_at))

    def in_words(self) -> str:
        """Return the effect in words."""
        signs = {Effect.SET: "set to ", Effect.ADD: "" if self.value < 0 else "+", Effect.MULTIPLY: "× "}
        return f"{signs[Effect(self.effect)]}{self.value:g}"

    def _moved(self, before: FloatArray, rows: BoolArray) -> FloatArray:
        if self.effect == Effect.MULTIPLY:
            return before * self.value
        total = float(before[rows].sum())
        wanted = self.value if self.effect == Effect.SET else total + self.value
        if wanted < 0:
            what = f"the override of {self.author!r} takes {-self.value:g} of {total:,.1f} contacts"
            raise DataError(Problem(what, remedy="take no more than there are, or set the total to 0"))
        return before * (wanted / total) if total > 0 else np.full(len(before), wanted / rows.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Overrides:
    """A forecast and the overrides on top of it, in order.

    Parameters
    ----------
    base
        The forecast as it was made.
    listed
        Overrides, applied one after another; default none.

    Attributes
    ----------
    layers
        The base, then the forecast after each override.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [10.0, 30.0]})
    >>> base = Forecast(frame, tz="Europe/Berlin", interval_s=1800)
    >>> news = Override(
    ...     author="Li",
    ...     reason="mailing",
    ...     made_at=pd.Timestamp("2026-10-30 16:00", tz="Europe/Berlin"),
    ...     effect="add",
    ...     value=20,
    ...     queue="calls",
    ... )
    >>> layers = Overrides(base).added(news)
    >>> layers.forecast.to_frame()["offered"].tolist()
    [15.0, 45.0]
    >>> print(layers)
    Overrides: 1, 40 → 60 contacts
    └─ 1  2026-10-30 16:00  Li  +20  calls  40 → 60  mailing
    """

    base: Forecast
    listed: tuple[Override, ...] = ()
    layers: tuple[Forecast, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        layers = [check_forecast(self.base)]
        for override in self.listed:
            if not isinstance(override, Override):
                raise DataError(Problem(f"{override!r} is no override", remedy="write Override(...)"))
            layers.append(override.apply(layers[-1]))
        object.__setattr__(self, "listed", tuple(self.listed))
        object.__setattr__(self, "layers", tuple(layers))

    @property
    def forecast(self) -> Forecast:
        """The forecast after all overrides."""
        return self.layers[-1]

    def added(self, override: Override) -> Overrides:
        """Return the same with one more override on top."""
        return Overrides(self.base, (*self.listed, override))

    def removed(self, number: int) -> Overrides:
        """Return the same without the override of that number (the first is 1); those after it are applied anew."""
        check_int("number", number, 1, len(self.listed), remedy=f"there are {len(self.listed)} overrides")
        return Overrides(self.base, (*self.listed[: number - 1], *self.listed[number:]))

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each override.

        Columns are `number, made_at, author, reason, effect, value, queue` (`"all"` without one), `start, end` of its
        span, `intervals` in it, and its contacts `before` and `after`, with the difference `change`.
        """
        step = pd.Timedelta(seconds=self.base.interval_s)
        rows = []
        for n, override in enumerate(self.listed):
            chosen = override.rows(self.layers[n])
            starts = self.base.frame["start"][chosen]
            before, after = (float(layer.frame["offered"][chosen].sum()) for layer in self.layers[n : n + 2])
            rows.append(
                {
                    "number": n + 1,
                    "made_at": override.made_at.tz_convert(self.base.tz),
                    "author": override.author,
                    "reason": override.reason,
                    "effect": str(override.effect),
                    "value": float(override.value),
                    "queue": override.queue or "all",
                    "start": starts.min(),
                    "end": starts.max() + step,
                    "intervals": int(chosen.sum()),
                    "before": before,
                    "after": after,
                    "change": after - before,
                }
            )
        columns = [
            "number",
            "made_at",
            "author",
            "reason",
            "effect",
            "value",
            "queue",
            "start",
            "end",
            "intervals",
            "before",
            "after",
            "change",
        ]
        return pd.DataFrame(rows, columns=columns)

    def effect(self) -> pd.DataFrame:
        """Return the total effect of all overrides: `queue, before, after, change` in contacts."""
        before, after = (layer.frame.groupby("queue")["offered"].sum() for layer in (self.base, self.forecast))
        return pd.DataFrame({"before": before, "after": after, "change": after - before}).reset_index()

    def __str__(self) -> str:
        total = self.effect()
        head = f"Overrides: {len(self.listed)}, {total['before'].sum():,.0f} → {total['after'].sum():,.0f} contacts"
        rows = list(self.to_frame().itertuples())
        cells = [
            (
                str(row.number),
                f"{row.made_at:%Y-%m-%d %H:%M}",
                row.author,
                override.in_words(),
                row.queue,
                f"{row.before:,.0f} → {row.after:,.0f}",
                row.reason,
            )
            for row, override in zip(rows, self.listed, strict=True)
        ]
        widths = [max(len(line[n]) for line in cells) for n in range(7)] if cells else []
        lines = [head]
        for n, line in enumerate(cells):
            text = "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
            lines.append(f"{'└─' if n == len(cells) - 1 else '├─'} {text.rstrip()}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown: str = self.to_frame().to_html(index=False, float_format="{:.1f}".format)
        return f"<pre>{html.escape(str(self).splitlines()[0])}</pre>{shown}"


def _instant(bound: pd.Timestamp | date | None, tz: str) -> pd.Timestamp | None:
    if bound is None or isinstance(bound, pd.Timestamp):
        return bound
    return day_starts([bound], tz)[0]
