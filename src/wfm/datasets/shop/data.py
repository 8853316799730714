"""The synthetic shop: its centre, its two years of history, and its events on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from wfm.checks import check_in_range, check_int
from wfm.datasets.shop.events import ShopEvents, make_events
from wfm.datasets.shop.people import make_centre
from wfm.datasets.shop.profiles import PROFILES
from wfm.datasets.shop.volume import draw_volume
from wfm.datasets.shop.work import mean_work
from wfm.domain.centre import Centre
from wfm.errors import DataError, Problem
from wfm.timegrid import Horizon

__all__ = ["Shop", "ecommerce"]

_END = date(2026, 11, 1)


@dataclass(frozen=True, eq=False)
class Shop:
    """A synthetic centre with its history; made by `ecommerce`.

    Parameters
    ----------
    seed, scale
        What it was made with.
    first_day, end_day
        Days of the history, half-open.
    centre
        The centre with its people, for plans from `end_day` on.
    history
        Frame `history`: `queue, start, offered, aht_s`, every half-hour of every queue. `aht_s` is the mean work of the
        contacts that came, at proficiency 1 and alone with the agent; missing where none came.
    intensity
        The truth behind it: `queue, start, mean, rate`. `mean` is the expected number of contacts before the random
        factors of the day, which is the best that a forecast can know; `rate` is that after them.
    """

    seed: int
    scale: float
    first_day: date
    end_day: date
    centre: Centre
    history: pd.DataFrame
    intensity: pd.DataFrame

    @property
    def tz(self) -> str:
        """Time zone of the centre."""
        return self.centre.tz

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `history`."""
        return self.history

    def events(self, first_day: date | str | None = None, *, days: int = 28) -> ShopEvents:
        """Play the contacts of some days through the staffed roster, and return everything that is logged.

        The roster is one typical week, fitted to the mean requirement and repeated, less leave; in the weeks of sales
        full-timers and temporaries work a sixth day. Sickness and coaching are drawn as the centre's shrinkage says.
        Who waits how long, who gives up and who handles what comes from the simulation. It begins a day before and
        goes on for three days after the days asked for, so that the centre is not empty when they begin and their
        work is done; the counts of contacts are those of the history in any span.

        Takes some 20 s for a year at scale 1 where numba is installed.

        Parameters
        ----------
        first_day
            First day, from the first of the history; default so that the days end with the history.
        days
            How many, 1 to 366; default 28.

        Returns
        -------
        ShopEvents
            The frames `contacts`, `tickets`, `ticket_events`, `surveys`, `employee_states`, `shifts`, `activities`.

        Raises
        ------
        DataError
            If the days do not lie within the history.

        Examples
        --------
        >>> events = ecommerce(scale=0.05, years=1).events("2026-03-02", days=2)
        >>> events.contacts["arrived_at"].dt.date.nunique()
        2
        """
        check_int("days", days, 1, 366)
        if first_day is None:
            first = self.end_day - timedelta(days=days)
        else:
            first = first_day if isinstance(first_day, date) else date.fromisoformat(first_day)
        if first < self.first_day or first + timedelta(days=days) > self.end_day:
            last = first + timedelta(days=days - 1)
            what = f"the days {first} to {last} are not all within the history"
            remedy = f"it goes from {self.first_day} to {self.end_day - timedelta(days=1)}"
            raise DataError(Problem(what, remedy=remedy))
        return make_events(self.centre, first, days, seed=self.seed, scale=self.scale)

    def __str__(self) -> str:
        offered = self.history.groupby("queue")["offered"].sum()
        years = (self.end_day - self.first_day).days / 365.25
        share = ", ".join(f"{name} {offered[name] / offered.sum():.0%}" for name in PROFILES)
        return "\n".join(
            [
                f"Synthetic shop centre (seed {self.seed}, scale {self.scale:g})",
                f"├─ centre   {len(self.centre.employees)} people, {len(self.centre.queues)} queues, {self.tz}",
                f"├─ history  {len(self.history):,} rows of 30min, {self.first_day} to "
                f"{self.end_day - timedelta(days=1)}",
                f"├─ offered  {offered.sum():,} contacts, {offered.sum() / years:,.0f} a year",
                f"└─ shares   {share}",
            ]
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def ecommerce(seed: int = 0, scale: float = 1.0, years: int = 2) -> Shop:
    """Make a synthetic e-commerce centre that is open round the clock in Asia/Shanghai, up to 31 October 2026.

    Phone, chat (three sessions at once), social media, messages, inquiries and complaints have their own shapes of week
    and day, growth, and random factors: a gamma for each day times an AR(1) within it. Sales (618, 11.11 with pre-sale
    and returns wave, 12.12), holidays, Chinese New Year and one day with a failure of the telephone and chat platform
    (14 April 2026) stand out. All figures are made up; `wfm.datasets.shop.profiles` holds them.

    The history is what came to the centre: it needs no roster. What became of the contacts does: `Shop.events` plays
    the contacts of any days through a staffed roster.

    Parameters
    ----------
    seed
        0 or more; default 0. A day is the same in every span of years of the same seed and scale.
    scale
        Volume against a centre of 120 agents, in (0, 10]; default 1. A small centre has more people for its volume: 13
        and 107 times the scale. The random factors stay as they are, so the index of dispersion of a small centre is
        nearer to 1: it is 1 plus the mean times the squared variation of the factors.
    years
        Length of the history, 1 to 4; default 2, from 1 November 2024.

    Raises
    ------
    DataError
        If a parameter is outside its range.

    Examples
    --------
    >>> shop = ecommerce(scale=0.1, years=1)
    >>> len(shop.centre.employees), len(shop.history), str(shop.history["start"].iloc[0])
    (24, 105120, '2025-11-01 00:00:00+08:00')
    """
    check_int("seed", seed, 0)
    check_in_range("scale", scale, 0.0, 10.0, include_low=False)
    check_int("years", years, 1, 4)
    first_day = _END.replace(year=_END.year - years)
    centre = make_centre(first_day, _END, seed=seed, scale=scale)
    horizon = Horizon(first_day, _END, interval=centre.interval, tz=centre.tz)
    volume = draw_volume(horizon.dates, seed=seed, scale=scale)
    history = _long(horizon, offered=volume.offered, aht_s=mean_work(volume, seed=seed))
    intensity = _long(horizon, mean=volume.mean, rate=volume.rate)
    return Shop(seed, scale, first_day, _END, centre, history, intensity)


def _long(horizon: Horizon, **values: np.ndarray) -> pd.DataFrame:
    """Return one row for each queue and half-hour of arrays by day, queue and half-hour."""
    columns = {name: array.transpose(1, 0, 2).reshape(-1) for name, array in values.items()}
    queues = pd.Series(list(PROFILES), dtype="str").repeat(len(horizon)).reset_index(drop=True)
    starts = pd.DatetimeIndex(np.tile(horizon.starts.asi8, len(PROFILES))).tz_localize("UTC").tz_convert(horizon.tz)
    table = pd.DataFrame({"queue": queues, "start": starts, **columns})
    return table.sort_values(["queue", "start"], ignore_index=True)
