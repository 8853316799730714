"""The forecast as a value: its frame, how it was made, what was found in the history."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_int
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.paths import course_of, draw_paths, total_quantiles
from wfm.forecast.spread import Spread
from wfm.schema import QUANTILES, check

__all__ = ["AUDIT_COLUMNS", "Forecast", "audit_frame"]

_LEVELS = np.array(list(QUANTILES.values()))
_MOST_ROWS = 100_000_000  # of a frame of paths: 1.7 GB

AUDIT_COLUMNS = ("queue", "start", "end", "finding", "action")


def audit_frame(rows: list[tuple[str, pd.Timestamp, pd.Timestamp, str, str]], tz: str) -> pd.DataFrame:
    """Return the audit as a frame, sorted by queue and start."""
    rows = sorted(rows, key=lambda row: (row[0], row[1], row[3]))
    frame = pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))
    for column in ("start", "end"):
        stamps = pd.DatetimeIndex(pd.to_datetime(frame[column], utc=True))
        frame[column] = stamps.as_unit("ns").tz_convert(tz)
    for column in ("queue", "finding", "action"):
        frame[column] = frame[column].astype("str")
    return frame


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Expected contacts by queue and interval, with their uncertainty.

    Parameters
    ----------
    frame
        Frame `forecast`: `queue, start, offered`, then `aht_s` where the history has handle times (missing for a queue
        without), then the 13 quantiles `offered_q025` to `offered_q975`. `offered` is the mean over days without
        anything unusual. Closed intervals are absent.
    tz
        Time zone.
    interval_s
        Length of an interval in seconds.
    audit
        What was found in the history and in the horizon, and what was done: `queue, start, end, finding, action`.
    models
        Model of each queue, in words.
    as_of
        First instant after everything that the forecast was made from; `None` where it is not known.
    spread
        How each queue's forecast may be off, from which sample paths are drawn; empty for a model that cannot say.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [12.0, 18.0]})
    >>> print(Forecast(frame, tz="Europe/Berlin", interval_s=1800))
    Forecast 2026-11-02 to 2026-11-02, 30 min, Europe/Berlin
    └─ calls  30 contacts in 2 intervals on 1 day
    """

    frame: pd.DataFrame = field(repr=False)
    tz: str = field(kw_only=True)
    interval_s: float = field(kw_only=True)
    audit: pd.DataFrame = field(kw_only=True, repr=False, default_factory=lambda: audit_frame([], "UTC"))
    models: dict[str, str] = field(kw_only=True, default_factory=dict)
    as_of: pd.Timestamp | None = field(kw_only=True, default=None)
    spread: Mapping[str, Spread] = field(kw_only=True, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", check(self.frame, "forecast", tz=self.tz))

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame `forecast`."""
        return self.frame.copy()

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues with an open interval, sorted."""
        return tuple(sorted(str(queue) for queue in self.frame["queue"].unique()))

    def days(self) -> pd.DataFrame:
        """Return the total by queue and day.

        Returns
        -------
        pandas.DataFrame
            `queue, day, offered`; `aht_s`, weighted by volume, where there is one; and the 13 quantiles of the total
            where every queue has a spread. They are not the sums of those of the intervals, which would be far too
            wide, nor those of independent intervals, which would be far too narrow.
        """
        return self._totals(self.frame["start"].dt.date.rename("day"))

    def weeks(self) -> pd.DataFrame:
        """Return the total by queue and week: as `days`, with `week`, the Monday on which it begins.

        A week that the horizon cuts has the total of its days inside.
        """
        local = self.frame["start"].dt.tz_localize(None).dt.normalize()
        monday = local - pd.to_timedelta(local.dt.day_of_week, unit="D")
        return self._totals(monday.dt.date.rename("week"))

    def _totals(self, label: pd.Series) -> pd.DataFrame:
        name = str(label.name)
        frame = self.frame.assign(**{name: label})
        if "aht_s" in frame:
            frame["work_s"] = frame["offered"] * frame["aht_s"]
        totals = frame.groupby(["queue", name], as_index=False)[[*_present(frame, ["offered", "work_s"])]].sum(
            min_count=1
        )
        if "work_s" in totals:
            totals["aht_s"] = totals["work_s"] / totals["offered"].where(totals["offered"] > 0)
        totals = totals[_present(totals, ["queue", name, "offered", "aht_s"])]
        if len(frame) and set(self.queues) <= set(self.spread):
            found = [self._total_quantiles(str(queue), rows, name) for queue, rows in frame.groupby("queue", sort=True)]
            totals = totals.assign(**dict(zip(QUANTILES, np.concatenate(found).T, strict=True)))
        return totals

    def _total_quantiles(self, queue: str, rows: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
        course = course_of(rows, self.interval_s, self.spread[queue])
        group = pd.factorize(rows[name], sort=True)[0].astype(np.int64)
        return total_quantiles(course, group, self.spread[queue], _LEVELS)

    def path_arrays(
        self, paths: int = 1000, *, seed: int = 0, queues: Iterable[str] | None = None
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Draw equally likely courses of the volume, as arrays.

        Intervals of a day go together as they did in the history, days as the day level says; each interval has the
        mean of the forecast and nearly its quantiles. Queues are drawn independently of each other, each from its own
        stream of random numbers, so that one queue's paths are the same whatever other queues there are.

        Parameters
        ----------
        paths
            Number of courses, 1 or more; default 1000.
        seed
            0 or more; default 0.
        queues
            Names of the queues; default all.

        Returns
        -------
        dict
            By queue, a row for each path and a column for each of its intervals in the order of the frame; whole
            numbers where contacts are.

        Raises
        ------
        DataError
            If a queue is not in the forecast, or its model cannot say how far it may be off.
        """
        check_int("paths", paths, 1)
        check_int("seed", seed, 0)
        result = {}
        for queue in self._known(queues):
            rows = self.frame[self.frame["queue"] == queue]
            course = course_of(rows, self.interval_s, self.spread[queue])
            rng = np.random.default_rng([seed, *queue.encode()])
            result[queue] = draw_paths(course, self.spread[queue], paths, rng)
        return result

    def sample_paths(self, paths: int = 1000, *, seed: int = 0, queues: Iterable[str] | None = None) -> pd.DataFrame:
        """Draw equally likely courses of the volume, as the frame `paths`.

        Takes the parameters of `path_arrays`, which draws the same courses in a quarter of the memory.

        Returns
        -------
        pandas.DataFrame
            `path` (from 0), `queue` (a category), `start` and `offered`, in 17 bytes a row: 230 MB for 1000 paths of
            ten queues over four weeks of half-hours around the clock.

        Raises
        ------
        DataError
            As `path_arrays`, and above 100 million rows.

        Examples
        --------
        >>> from wfm.forecast import Forecaster
        >>> from wfm.testing import make_history
        >>> from wfm.timegrid import Horizon
        >>> horizon = Horizon("2026-03-02", weeks=1, tz="Europe/Berlin")
        >>> drawn = Forecaster().fit(make_history()).predict(horizon).sample_paths(100)
        >>> len(drawn), list(drawn.columns)
        (12000, ['path', 'queue', 'start', 'offered'])
        """
        chosen = self._known(queues)
        rows = self.frame[self.frame["queue"].isin(chosen)]
        if check_int("paths", paths, 1) * len(rows) > _MOST_ROWS:
            what = f"{paths:,} paths of {len(rows):,} intervals are a frame of {paths * len(rows):,} rows"
            raise DataError(Problem(what, remedy="give fewer paths, or queues=[...] in turn, or call path_arrays()"))
        drawn = self.path_arrays(paths, seed=seed, queues=chosen)
        # Sorted by path, queue and start.
        offered = np.concatenate([drawn[queue] for queue in chosen] or [np.empty((paths, 0), np.float32)], axis=1)
        codes = np.repeat(np.arange(len(chosen), dtype=np.int16), [drawn[queue].shape[1] for queue in chosen])
        starts = pd.DatetimeIndex(rows["start"])
        return pd.DataFrame(
            {
                "path": np.repeat(np.arange(paths, dtype=np.int32), len(rows)),
                "queue": pd.Categorical.from_codes(np.tile(codes, paths), categories=chosen),
                "start": starts[np.tile(np.arange(len(rows)), paths)],
                "offered": offered.ravel(),
            }
        )

    def _known(self, queues: Iterable[str] | None) -> list[str]:
        """Return the queues asked for, sorted; all of them have a spread."""
        if isinstance(queues, str):
            raise DataError(Problem(f"queues is a text: {queues!r}", remedy=f"write queues=[{queues!r}]"))
        chosen = sorted(set(self.queues if queues is None else queues))
        faults = Faults("the sample paths")
        self.note_without_spread(chosen, faults)
        faults.raise_if_any()
        return chosen

    def note_without_spread(self, queues: Iterable[str], faults: Faults) -> None:
        """Note the queues that are not in the forecast, or whose model cannot say how far it may be off.

        Parameters
        ----------
        queues
            Names of queues.
        faults
            Takes a problem for each of them.
        """
        for queue in queues:
            if queue not in self.queues:
                faults.add(f"queue {queue!r} is not in the forecast", remedy=did_you_mean(queue, self.queues))
            elif queue not in self.spread:
                what = f"the forecast of queue {queue!r} does not say how far its days may be off together"
                faults.add(what, remedy="forecast it with Forecaster")

    def quantile(self, level: float) -> pd.Series:
        """Return the quantile of a level that the frame has, such as 0.9.

        Raises
        ------
        DataError
            If the level is none of the 13.
        """
        for column, value in QUANTILES.items():
            if np.isclose(level, value) and column in self.frame:
                return self.frame[column].copy()
        known = [f"{value:g}" for column, value in QUANTILES.items() if column in self.frame]
        raise DataError(Problem(f"no quantile {level!r} in the forecast", remedy=did_you_mean(f"{level}", known)))

    def __str__(self) -> str:
        minutes = f"{self.interval_s / 60:g} min"
        if self.frame.empty:
            return f"Forecast without an open interval, {minutes}, {self.tz}"
        first, last = self.frame["start"].min().date(), self.frame["start"].max().date()
        lines = [f"Forecast {first} to {last}, {minutes}, {self.tz}"]
        entries = [self._line(queue, rows) for queue, rows in self.frame.groupby("queue", sort=True)]
        if len(self.audit):
            counts = self.audit["finding"].str.split(":").str[0].value_counts(sort=False)
            entries.append("audit  " + ", ".join(f"{count} × {name}" for name, count in counts.items()))
        width = max(len(entry.split("  ", 1)[0]) for entry in entries)
        for n, entry in enumerate(entries):
            name, text = entry.split("  ", 1)
            lines.append(f"{'└─' if n == len(entries) - 1 else '├─'} {name:<{width}}  {text}")
        return "\n".join(lines)

    def _line(self, queue: object, rows: pd.DataFrame) -> str:
        days = rows["start"].dt.date.nunique()
        intervals = _counted(len(rows), "interval")
        text = f"{queue}  {rows['offered'].sum():,.0f} contacts in {intervals} on {_counted(days, 'day')}"
        if "aht_s" in rows and rows["offered"].sum() > 0 and rows["aht_s"].notna().all():
            aht = (rows["aht_s"] * rows["offered"]).sum() / rows["offered"].sum()
            text += f", AHT {aht:.0f} s"
        return text

    def _repr_html_(self) -> str:
        head = f"<pre>{html.escape(str(self))}</pre>"
        shown: str = self.frame.head(10).to_html(index=False, float_format="{:.1f}".format)
        more = f"<p>{len(self.frame) - 10:,} more intervals</p>" if len(self.frame) > 10 else ""
        return head + shown + more


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _present(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    return [column for column in columns if column in frame]
