"""Queue < channel < site < total: forecasts of all of them that add up.

Each is forecast on its own, and the forecasts are then made coherent: by the sum of the queues (bottom-up), or by
minimum trace (MinT), which moves every forecast as little as their errors say it deserves.

Sources: Wickramasuriya, Athanasopoulos & Hyndman, "Optimal forecast reconciliation for hierarchical and grouped time
series through trace minimization" (JASA 2019), eq. 9; Schäfer & Strimmer, "A shrinkage approach to large-scale
covariance matrix estimation" (2005), section 2.4 (target D, on correlations); Wickramasuriya, Turlach & Hyndman,
"Optimal non-negative forecast reconciliation" (2020).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

from wfm.checks import check_name
from wfm.domain import Centre
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.backtesting import Backtest
from wfm.forecast.grid import BoolArray, FloatArray
from wfm.forecast.moving import check_forecast, moved_quantiles
from wfm.forecast.result import Forecast, audit_frame
from wfm.schema import QUANTILES, FrameLike, as_frame, frame_of

__all__ = ["Hierarchy", "Reconciled", "reconcile", "shrunk_covariance"]

_TOTAL = "total"
_FEWEST_ERRORS = 20
_SUMMED = ("offered", "handled", "abandoned", "blocked", "handle_s", "wait_s", "answered_within")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Which queues add up to which groups.

    Parameters
    ----------
    groups
        For each queue the groups that it belongs to, from the nearest up, such as
        `{"calls": ("phone", "Berlin"), "orders": ("phone", "Berlin")}`; all of the same depth, 1 or more. The total of
        all is added. A group is named by its path from the top: `"Berlin"`, `"Berlin/phone"`.

    Raises
    ------
    DataError
        With every fault: no queue, groups of different depth, a queue with the name of a group.

    Examples
    --------
    >>> hierarchy = Hierarchy({"calls": ("phone", "Berlin"), "orders": ("phone", "Berlin"), "chat": ("chat", "Berlin")})
    >>> hierarchy.nodes
    ('total', 'Berlin', 'Berlin/chat', 'Berlin/phone', 'calls', 'chat', 'orders')
    """

    groups: Mapping[str, tuple[str, ...]]
    nodes: tuple[str, ...] = field(init=False)
    queues: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        faults = Faults("the hierarchy")
        if not self.groups:
            faults.add("no queue", remedy="give at least one, such as {'calls': ('phone', 'Berlin')}")
        depths = {}
        for queue, path in self.groups.items():
            with faults.collecting():
                check_name("queue", queue)
            if isinstance(path, str) or not path:
                faults.add(f"the groups of {queue!r} are {path!r}", remedy="write a tuple, such as ('phone', 'Berlin')")
                continue
            depths[queue] = len(path)
            for name in path:
                with faults.collecting(f"queue {queue!r}"):
                    check_name("group", name)
        if len(set(depths.values())) > 1:
            told = ", ".join(f"{queue!r} in {depth}" for queue, depth in depths.items())
            faults.add(f"queues are in groups of different depth: {told}", remedy="give each as many groups")
        faults.raise_if_any()
        paths = {queue: _paths(path) for queue, path in self.groups.items()}
        named = {name for path in paths.values() for name in path}
        for queue in sorted(set(self.groups) & (named | {_TOTAL})):
            faults.add(f"queue {queue!r} has the name of a group", remedy="rename one")
        if _TOTAL in named:
            faults.add(f"a group is named {_TOTAL!r}", remedy="rename it; the total is added")
        faults.raise_if_any()
        levels = [sorted({path[n] for path in paths.values()}) for n in range(max(depths.values()))]
        queues = tuple(sorted(self.groups))
        object.__setattr__(self, "groups", dict(self.groups))
        object.__setattr__(self, "queues", queues)
        object.__setattr__(self, "nodes", (_TOTAL, *(name for level in levels for name in level), *queues))

    @classmethod
    def of(cls, *centres: Centre) -> Hierarchy:
        """Return the hierarchy of one centre or several: queue < channel < site (the centre) < total.

        Examples
        --------
        >>> from wfm.testing import make_centre
        >>> Hierarchy.of(make_centre(cross_skilled=True)).nodes
        ('total', 'two queues', 'two queues/phone', 'calls', 'orders')
        """
        faults = Faults("the hierarchy")
        groups: dict[str, tuple[str, ...]] = {}
        for centre in centres:
            for queue in centre.queues:
                if queue.name in groups:
                    faults.add(f"two centres have a queue {queue.name!r}", remedy="rename one")
                groups[queue.name] = (str(queue.channel), centre.name)
        faults.raise_if_any()
        return cls(groups)

    @property
    def summing(self) -> FloatArray:
        """The summing matrix: a row for each of `nodes`, a column for each of `queues`, 1 where it belongs to it."""
        above = {queue: {_TOTAL, queue, *_paths(self.groups[queue])} for queue in self.queues}
        rows = [[node in above[queue] for queue in self.queues] for node in self.nodes]
        return np.array(rows, dtype=float)

    def sums(self, history: FrameLike) -> pd.DataFrame:
        """Return a history of every node: the queues, and the sums of their groups.

        Parameters
        ----------
        history
            Frame `history` of the queues. A group has a row where one of its queues has one.

        Returns
        -------
        pandas.DataFrame
            Frame `history`; of the columns that add up, those that the history has. `aht_s` becomes `handle_s` and
            `handled`.

        Raises
        ------
        DataError
            If the history is faulty, or has not exactly the queues of the hierarchy.
        """
        frame = as_frame(history, "history", known={"queue": self.queues})
        missing = sorted(set(self.queues) - set(frame["queue"].unique()))
        if missing:
            remedy = "give their history, or a hierarchy without them"
            raise DataError(Problem(f"queues without a history: {', '.join(missing)}", remedy=remedy))
        if "aht_s" in frame and "handle_s" not in frame:
            contacts = frame["handled"] if "handled" in frame else frame["offered"]
            frame = frame.assign(handled=contacts.where(frame["aht_s"].notna()), handle_s=frame["aht_s"] * contacts)
        columns = [column for column in _SUMMED if column in frame]
        parts = [frame[["queue", "start", *columns]]]
        for node, row in zip(self.nodes, self.summing, strict=True):
            if node not in self.queues:
                own = frame[frame["queue"].isin(np.array(self.queues)[row > 0])]
                parts.append(own.groupby("start", as_index=False)[columns].sum(min_count=1).assign(queue=node))
        return as_frame(pd.concat(parts, ignore_index=True)[["queue", "start", *columns]], "history")


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """Forecasts that add up.

    Parameters
    ----------
    forecast
        Forecast of the queues.
    groups
        Forecast of the groups and of the total.
    method
        `"mint"` or `"bottom_up"`.
    shrinkage
        Weight of the diagonal in the covariance of the errors, 0 to 1; none for bottom-up.

    Notes
    -----
    Means add up in every interval. Quantiles do not and must not: queues seldom run high together. Each keeps the
    uncertainty of its own forecast, moved to its new mean; a group without a forecast of its own gets the sums of its
    queues' quantiles, as if they all ran high together, and the audit says so.
    """

    forecast: Forecast
    groups: Forecast
    method: str
    shrinkage: float | None

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `forecast` of queues and groups."""
        both = pd.concat([self.forecast.frame, self.groups.frame], ignore_index=True)
        return as_frame(both, "forecast")

    def __str__(self) -> str:
        shrunk = "" if self.shrinkage is None else f", covariance of the errors shrunk by {self.shrinkage:.0%}"
        return f"Reconciled by {self.method}{shrunk}\n{self.groups}\n{self.forecast}"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def reconcile(
    forecast: Forecast,
    hierarchy: Hierarchy,
    *,
    method: Literal["mint", "bottom_up"] = "mint",
    errors: Backtest | pd.DataFrame | None = None,
) -> Reconciled:
    """Make the forecasts of queues and groups add up.

    Parameters
    ----------
    forecast
        A forecast whose queues are the nodes of the hierarchy, as made from `hierarchy.sums(history)`. Bottom-up needs
        those of the queues only. Closed intervals are absent.
    hierarchy
        What adds up to what.
    method
        `"mint"` (default): the coherent forecast with the least total error variance; `"bottom_up"`: the queues stay
        as they are.
    errors
        For MinT, past errors of all nodes: a backtest of one model on `hierarchy.sums(history)` (the first model of
        it that is no baseline), or a frame `queue, start, actual, offered`.

    Returns
    -------
    Reconciled

    Raises
    ------
    DataError
        If a node has no forecast, or MinT has too few errors.

    Notes
    -----
    Where MinT would make a queue negative, that interval is solved again with none allowed below 0 (non-negative
    least squares); the audit says how often.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> one = pd.DataFrame({"queue": "calls", "start": start, "offered": [4.0, 6.0]})
    >>> both = pd.concat([one, one.assign(queue="orders")])
    >>> base = Forecast(both, tz="Europe/Berlin", interval_s=1800)
    >>> hierarchy = Hierarchy({"calls": ("phone",), "orders": ("phone",)})
    >>> reconcile(base, hierarchy, method="bottom_up").groups.to_frame().query("queue == 'total'")["offered"].tolist()
    [8.0, 12.0]
    """
    check_forecast(forecast)
    if method not in ("mint", "bottom_up"):
        raise DataError(Problem(f"unknown method {method!r}", remedy=did_you_mean(str(method), ("mint", "bottom_up"))))
    if method == "bottom_up" and errors is not None:
        raise DataError(Problem("errors for bottom_up, which uses none", remedy="leave them out"))
    _check_nodes(forecast, hierarchy, hierarchy.nodes if method == "mint" else hierarchy.queues)
    said = forecast.frame.pivot_table(index="start", columns="queue", values="offered").reindex(
        columns=list(hierarchy.nodes)
    )
    covariance, shrinkage = None, None
    if method == "mint":
        covariance, shrinkage = shrunk_covariance(_errors(errors, hierarchy))
    base = said.to_numpy(dtype=float)
    queues, repaired = _coherent(base, hierarchy, covariance)
    means = np.nan_to_num(queues) @ hierarchy.summing.T
    is_open = (~np.isnan(queues)).astype(float) @ hierarchy.summing.T > 0
    table = _Table(said.index, means, is_open, base)
    notes = [("total", said.index[repaired], "queues below 0 by minimum trace", "solved again with none below 0")]
    return Reconciled(
        _queue_part(forecast, hierarchy, table, method),
        _group_part(forecast, hierarchy, table, method, notes),
        method,
        shrinkage,
    )


def shrunk_covariance(errors: FloatArray) -> tuple[FloatArray, float]:
    """Return the covariance of errors, its correlations shrunk towards 0, and the weight of 0.

    Parameters
    ----------
    errors
        A row for each observation, a column for each series.

    Examples
    --------
    >>> same = np.array([[1.0, 1.0], [-1.0, -1.0], [2.0, 2.0], [-2.0, -2.0]])
    >>> shrunk_covariance(same)[1]  # products .4, .4, 1.6, 1.6 around 1: 1.44 x 4 / 3 ** 3
    0.21333333333333335
    """
    count = len(errors)
    scale = np.sqrt((errors**2).mean(axis=0))
    safe = np.where(scale > 0, scale, 1.0)
    unit = errors / safe
    products = unit[:, :, None] * unit[:, None, :]
    correlation = products.mean(axis=0)
    # Variance of each correlation's estimate, over the squared correlations: how much of them is chance.
    variance = ((products - correlation) ** 2).sum(axis=0) * count / (count - 1) ** 3
    off = ~np.eye(errors.shape[1], dtype=bool)
    squares = float((correlation[off] ** 2).sum())
    weight = float(np.clip(variance[off].sum() / squares, 0.0, 1.0)) if squares > 0 else 1.0
    shrunk = np.where(off, (1 - weight) * correlation, 1.0)
    return np.asarray(shrunk * np.outer(safe, safe)), weight


class _Table(NamedTuple):
    """Means by start (rows) and node (columns), which of them are open, and what was said before."""

    starts: pd.DatetimeIndex
    means: FloatArray
    is_open: BoolArray
    base: FloatArray


def _paths(groups: tuple[str, ...]) -> list[str]:
    """Return the names of a queue's groups, from the top down: 'Berlin', 'Berlin/phone'."""
    down = groups[::-1]
    return ["/".join(down[: n + 1]) for n in range(len(down))]


def _check_nodes(forecast: Forecast, hierarchy: Hierarchy, needed: tuple[str, ...]) -> None:
    faults = Faults("the forecast")
    for node in sorted(set(needed) - set(forecast.queues)):
        faults.add(f"no forecast of {node!r}", remedy="forecast hierarchy.sums(history), or use method='bottom_up'")
    for queue in sorted(set(forecast.queues) - set(hierarchy.nodes)):
        faults.add(f"{queue!r} is not in the hierarchy", remedy=did_you_mean(queue, hierarchy.nodes))
    faults.raise_if_any()


def _errors(errors: Backtest | pd.DataFrame | None, hierarchy: Hierarchy) -> FloatArray:
    """Return complete rows of errors, a column for each node."""
    if errors is None:
        remedy = "give errors=backtest(hierarchy.sums(history)), or use method='bottom_up'"
        raise DataError(Problem("minimum trace without errors", remedy=remedy))
    frame = errors.compared if isinstance(errors, Backtest) else frame_of(errors)
    if isinstance(errors, Backtest):
        models = frame["model"].unique()
        frame = frame[
            frame["model"] == next((m for m in models if m not in ("SeasonalNaive", "WeeklyMean")), models[0])
        ]
    absent = [column for column in ("queue", "start", "actual", "offered") if column not in frame]
    if absent:
        what = f"errors without column {', '.join(map(repr, absent))}"
        raise DataError(Problem(what, remedy="give a backtest, or a frame queue, start, actual, offered"))
    keys = ["origin", "start"] if "origin" in frame else ["start"]
    off = frame.assign(off=frame["actual"] - frame["offered"])
    if off.duplicated([*keys, "queue"]).any():
        raise DataError(Problem("errors with a key that occurs twice", remedy="give those of one model"))
    table = off.pivot_table(index=keys, columns="queue", values="off").reindex(columns=list(hierarchy.nodes)).dropna()
    if len(table) < _FEWEST_ERRORS:
        what = f"{len(table)} intervals have an error of every node"
        raise DataError(Problem(what, remedy=f"give at least {_FEWEST_ERRORS}, or use method='bottom_up'"))
    return np.asarray(table.to_numpy(dtype=float))


def _coherent(base: FloatArray, hierarchy: Hierarchy, covariance: FloatArray | None) -> tuple[FloatArray, BoolArray]:
    """Return the means of the queues, NaN where closed, and the intervals that had to be kept from going below 0."""
    size = len(hierarchy.nodes) - len(hierarchy.queues)
    queues, repaired = base[:, size:].copy(), np.zeros(len(base), dtype=bool)
    if covariance is None:
        return queues, repaired
    summing = hierarchy.summing
    patterns, which = np.unique(~np.isnan(base), axis=0, return_inverse=True)
    for n, known in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == n)
        own = known[size:]
        use = known & (summing[:, own].sum(axis=1) > 0)  # a group whose queues are all closed has nothing to say
        if not own.any():
            continue
        factor = np.linalg.cholesky(_regular(covariance[np.ix_(use, use)]))
        design = solve_triangular(factor, summing[np.ix_(use, own)], lower=True)
        response = solve_triangular(factor, base[np.ix_(rows, use)].T, lower=True)
        solved = np.linalg.lstsq(design, response, rcond=None)[0].T
        for k in np.flatnonzero((solved < 0).any(axis=1)):
            solved[k] = nnls(design, response[:, k])[0]
            repaired[rows[k]] = True
        queues[np.ix_(rows, own)] = solved
    return queues, repaired


def _regular(covariance: FloatArray) -> FloatArray:
    """Return the covariance with a diagonal that keeps it invertible: without shrinkage, sums are exact copies."""
    own = np.diag(covariance)
    return np.asarray(covariance + np.diag(1e-9 * np.maximum(own, own.max() * 1e-6 + 1e-12)))


def _queue_part(forecast: Forecast, hierarchy: Hierarchy, table: _Table, method: str) -> Forecast:
    kept = forecast.frame["queue"].isin(hierarchy.queues)
    part = replace(
        forecast,
        frame=forecast.frame[kept],
        audit=forecast.audit[forecast.audit["queue"].isin(hierarchy.queues)].reset_index(drop=True),
        models={name: words for name, words in forecast.models.items() if name in hierarchy.queues},
        spread={name: spread for name, spread in forecast.spread.items() if name in hierarchy.queues},
    )
    row = table.starts.get_indexer(pd.DatetimeIndex(part.frame["start"]))
    column = pd.Index(hierarchy.nodes).get_indexer(part.frame["queue"])
    columns = moved_quantiles(part, table.means[row, column])
    words = {name: f"{words}; reconciled by {method}" for name, words in part.models.items()}
    return replace(part, frame=part.frame.assign(**columns), models=words)


def _group_part(
    forecast: Forecast,
    hierarchy: Hierarchy,
    table: _Table,
    method: str,
    notes: list[tuple[str, pd.DatetimeIndex, str, str]],
) -> Forecast:
    frame, step = forecast.frame, pd.Timedelta(seconds=forecast.interval_s)
    names = [name for name in QUANTILES if name in frame]
    parts, spread, words = [], {}, {}
    for n, (node, summing) in enumerate(zip(hierarchy.nodes, hierarchy.summing, strict=True)):
        if node in hierarchy.queues:
            continue
        starts = table.starts[table.is_open[:, n]]
        own = frame[frame["queue"] == node].set_index("start").reindex(starts)
        lacking = own["offered"].isna().to_numpy()
        members = frame[frame["queue"].isin(np.array(hierarchy.queues)[summing > 0])]
        summed = members.groupby("start")[["offered", *names]].sum().reindex(starts)
        said = np.where(lacking[:, None], summed.to_numpy(dtype=float), own[["offered", *names]].to_numpy(dtype=float))
        part = pd.DataFrame(said, columns=["offered", *names]).assign(queue=node, start=starts)
        if not lacking.any() and node in forecast.spread:
            spread[node] = forecast.spread[node]
        if lacking.any() and names:
            action = "quantiles added up, as if all its queues ran high together"
            notes.append((node, starts[lacking], "group without a forecast of its own", action))
        base = Forecast(part, tz=forecast.tz, interval_s=forecast.interval_s, spread=spread)
        part = base.frame.assign(**moved_quantiles(base, table.means[table.is_open[:, n], n]))
        if "aht_s" in frame:
            part["aht_s"] = _handle_time(members, table, hierarchy, starts)
        parts.append(part)
        words[node] = f"sum of {int(summing.sum())} queues, by {method}"
    rows = [
        tuple(row) for row in forecast.audit[~forecast.audit["queue"].isin(hierarchy.queues)].itertuples(index=False)
    ]
    rows += [
        (node, starts[0], starts[-1] + step, f"{finding}: {len(starts)} intervals", action)
        for node, starts, finding, action in notes
        if len(starts)
    ]
    return replace(
        forecast,
        frame=pd.concat(parts, ignore_index=True),
        audit=audit_frame(rows, forecast.tz),
        models=words,
        spread=spread,
    )


def _handle_time(members: pd.DataFrame, table: _Table, hierarchy: Hierarchy, starts: pd.DatetimeIndex) -> FloatArray:
    """Return the handle time of a group: the work of its queues over their contacts, of those that have one."""
    row = table.starts.get_indexer(pd.DatetimeIndex(members["start"]))
    column = pd.Index(hierarchy.nodes).get_indexer(members["queue"])
    offered = np.where(members["aht_s"].notna(), table.means[row, column], np.nan)
    work = pd.DataFrame({"start": members["start"], "offered": offered, "work": offered * members["aht_s"]})
    # Where nobody is expected, the plain mean stands for what a contact would take.
    plain = members.groupby("start")["aht_s"].mean().reindex(starts)
    total = work.groupby("start")[["offered", "work"]].sum().reindex(starts)
    return np.asarray(
        (total["work"] / total["offered"].where(total["offered"] > 0)).fillna(plain).to_numpy(dtype=float)
    )
