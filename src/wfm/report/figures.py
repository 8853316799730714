"""The pictures of a plan, each an SVG text made by matplotlib.

Time runs over the open intervals only, so that a closed night takes no room; days are set apart by lines.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["forecast_fan", "over_under", "roster_gantt", "service_band", "staff_against_demand"]

INK, GRID, STAFF, SHORT, ACTUAL, BREAK = "#1f2937", "#e5e7eb", "#0f766e", "#c2410c", "#94a3b8", "#f59e0b"
QUEUE_COLOURS = ("#0f766e", "#2563eb", "#9333ea", "#db2777", "#65a30d", "#0891b2", "#b45309", "#475569")
_WIDTH = 11.0
_MOST_NAMED = 60


def forecast_fan(history: pd.DataFrame, forecast: pd.DataFrame, queue: str) -> str:
    """Draw the forecast of a queue with its 80 % and 95 % bands, and the same weekday a week or more before."""
    ahead = forecast[forecast["queue"] == queue].reset_index(drop=True)
    past = history[history["queue"] == queue].set_index("start")["offered"]
    with _figure(3.2) as (figure, axes):
        x = np.arange(len(ahead))
        for low, high, alpha in (("offered_q025", "offered_q975", 0.14), ("offered_q10", "offered_q90", 0.28)):
            if {low, high} <= set(ahead.columns):
                name = "95 % band" if low == "offered_q025" else "80 % band"
                axes.fill_between(x, ahead[low], ahead[high], color=STAFF, alpha=alpha, linewidth=0, label=name)
        axes.plot(x, _same_weekday(past, ahead["start"]), color=ACTUAL, linewidth=1, label="last same weekday")
        axes.plot(x, ahead["offered"], color=STAFF, linewidth=1.6, label="forecast")
        _days(axes, ahead["start"])
        axes.set_ylim(bottom=0)
        _finish(axes, "contacts per interval")
        return _svg(figure)


def _same_weekday(past: pd.Series, starts: pd.Series) -> np.ndarray:
    """Return the latest known value at the same weekday and time of day, for each start."""
    tz = starts.dt.tz
    known = past.copy()
    known.index = known.index.tz_convert(tz)
    by_slot = known.groupby([known.index.day_of_week, known.index.hour, known.index.minute]).last()
    slots = list(zip(starts.dt.day_of_week, starts.dt.hour, starts.dt.minute, strict=True))
    return np.asarray(by_slot.reindex(pd.MultiIndex.from_tuples(slots)))


def staff_against_demand(coverage: pd.DataFrame, queue: str) -> str:
    """Draw the heads rostered for a queue against the heads required; what is short is filled."""
    rows = coverage[coverage["queue"] == queue].reset_index(drop=True)
    with _figure(2.8) as (figure, axes):
        x = np.arange(len(rows))
        axes.fill_between(x, rows["rostered"], step="mid", color=STAFF, alpha=0.22, linewidth=0, label="rostered")
        axes.step(x, rows["required"], where="mid", color=INK, linewidth=1.3, label="required")
        axes.fill_between(
            x,
            rows["rostered"],
            rows["required"],
            where=(rows["required"] > rows["rostered"]).to_numpy(),
            step="mid",
            color=SHORT,
            linewidth=0,
            label="short",
        )
        _days(axes, rows["start"])
        axes.set_ylim(bottom=0)
        _finish(axes, "heads")
        return _svg(figure)


def over_under(coverage: pd.DataFrame) -> str:
    """Draw a heat map of heads above and below the requirement, day by time of day, all queues together."""
    net = coverage.assign(net=coverage["over"] - coverage["under"]).groupby("start", as_index=False)["net"].sum()
    local = net["start"].dt
    # In the hour that a clock change repeats, the two passes share a cell: their mean is shown.
    table = net.assign(
        day=local.strftime("%a %d %b"), order=local.normalize(), time=local.strftime("%H:%M")
    ).pivot_table(index=["order", "day"], columns="time", values="net", aggfunc="mean")
    with _figure(0.9 + 0.27 * len(table)) as (figure, axes):
        most = max(1.0, float(np.nanmax(np.abs(table.to_numpy()))))
        image = axes.imshow(table.to_numpy(), aspect="auto", cmap="RdBu", vmin=-most, vmax=most)
        axes.set_yticks(range(len(table)), [day for _, day in table.index], fontsize=8)
        step = max(1, len(table.columns) // 14)
        axes.set_xticks(range(0, len(table.columns), step), table.columns[::step], fontsize=8)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.03)
        bar.set_label("heads over (blue) and under (red)", fontsize=8)
        bar.ax.tick_params(labelsize=8)
        return _svg(figure)


def roster_gantt(activities: pd.DataFrame, day: pd.Timestamp, queues: Sequence[str]) -> str:
    """Draw who works when on one day: a row a person, by start of shift, coloured by planned queue."""
    next_day = (day + pd.Timedelta(hours=36)).normalize()
    today = activities[(activities["start"] < next_day) & (activities["end"] > day)]
    order = today.groupby("employee")["start"].min().sort_values(kind="stable").index
    row_of = {employee: row for row, employee in enumerate(order)}
    colours = {queue: QUEUE_COLOURS[n % len(QUEUE_COLOURS)] for n, queue in enumerate(queues)}
    height = min(9.0, 1.0 + len(order) * (0.2 if len(order) <= _MOST_NAMED else 0.03))
    with _figure(height) as (figure, axes):
        begin = (today["start"] - day) / pd.Timedelta(hours=1)
        length = (today["end"] - today["start"]) / pd.Timedelta(hours=1)
        rows = today["employee"].map(row_of)
        for name, chosen in _kinds(today, colours):
            colour = colours.get(name, BREAK)
            axes.barh(
                rows[chosen],
                length[chosen],
                left=begin[chosen],
                height=0.9,
                color=colour,
                linewidth=0,
                label=name,
                rasterized=True,
            )
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.set_yticks(range(len(order)), order, fontsize=6) if len(order) <= _MOST_NAMED else axes.set_yticks([])
        hours = np.arange(np.floor(begin.min()), np.ceil((begin + length).max()) + 1)
        axes.set_xlim(hours[0], hours[-1])
        ticks = hours[:: max(1, len(hours) // 14)]
        labels = [(day + pd.Timedelta(hours=float(hour))).strftime("%H:%M") for hour in ticks]
        axes.set_xticks(ticks, labels, fontsize=8)
        _finish(axes, f"{len(order)} people")
        return _svg(figure)


def _kinds(today: pd.DataFrame, colours: dict[str, str]) -> Iterator[tuple[str, pd.Series]]:
    for queue in colours:
        chosen = (today["activity"] == "work") & (today["queue"] == queue)
        if chosen.any():
            yield queue, chosen
    rest = today["activity"] != "work"
    if rest.any():
        yield "break", rest


def service_band(simulation: pd.DataFrame, queue: str, target: float | None) -> str:
    """Draw the simulated service level of a queue with its 95 % interval, and the target."""
    rows = simulation[simulation["queue"] == queue].reset_index(drop=True)
    with _figure(2.6) as (figure, axes):
        x = np.arange(len(rows))
        low, high = (100 * rows[f"service_level_{side}"] for side in ("low", "high"))
        axes.fill_between(x, low, high, color=STAFF, alpha=0.28, linewidth=0, label="95 % interval of the mean")
        axes.plot(x, 100 * rows["service_level"], color=STAFF, linewidth=1.2, label="simulated")
        if target is not None:
            axes.axhline(100 * target, color=SHORT, linewidth=1, linestyle="--", label=f"target {target:.0%}")
        _days(axes, rows["start"])
        _finish(axes, "% in time")
        axes.set_ylim(0, 103)
        return _svg(figure)


@contextmanager
def _figure(height: float) -> Iterator[tuple[Figure, Axes]]:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure as NewFigure
    except ImportError:
        raise MissingExtraError("matplotlib", "report") from None
    # The salt fixes the names inside the SVG, so that the same plan gives the same bytes.
    settings: Any = {
        "svg.hashsalt": "wfm",
        "svg.fonttype": "none",
        "font.family": ["DejaVu Sans", "sans-serif"],
        "axes.edgecolor": "#9ca3af",
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with rc_context(settings):
        figure = NewFigure(figsize=(_WIDTH, height), layout="constrained")
        yield figure, figure.add_subplot()


def _days(axes: Axes, starts: pd.Series) -> None:
    """Mark each day on the axis of open intervals."""
    day = starts.dt.strftime("%Y-%m-%d")
    first = np.flatnonzero((day != day.shift()).to_numpy())
    ends = np.append(first[1:], len(starts))
    for position in first[1:]:
        axes.axvline(position - 0.5, color=GRID, linewidth=0.8, zorder=0)
    form = "%a %d %b" if len(first) <= 14 else "%d %b"
    step = max(1, len(first) // 14)
    centres = ((first + ends - 1) / 2)[::step]
    axes.set_xticks(centres, [starts[position].strftime(form) for position in first[::step]], fontsize=8)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, len(starts) - 0.5)


def _finish(axes: Axes, label: str) -> None:
    axes.set_ylabel(label, fontsize=9)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=8, fontsize=8, frameon=False, borderaxespad=0.2)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, dpi=130)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
