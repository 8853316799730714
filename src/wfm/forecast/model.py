"""The default model: day level × intraday profile, with quantiles from forecasts made inside the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_in_range, check_int
from wfm.errors import DataError, Faults, NotFittedError, Problem, did_you_mean
from wfm.forecast.days import DayFeatures, as_date
from wfm.forecast.drivers import KnownDays, QueueDrivers, check_lags
from wfm.forecast.grid import DAY_NAMES, BoolArray, FloatArray, wall_clock
from wfm.forecast.handle_time import HandleTime, fit_handle_time
from wfm.forecast.inputs import Told, audit_of, known_later, told, with_told
from wfm.forecast.inside import calibrate_inside
from wfm.forecast.level import DayLevel, fit_level
from wfm.forecast.many import check_workers, for_each
from wfm.forecast.marks import Book, names_of
from wfm.forecast.opening import SeenHours
from wfm.forecast.prepare import (
    AuditRow,
    OwnHours,
    Place,
    Prepared,
    QueueHistory,
    check_horizon,
    early_ends,
    prepare,
)
from wfm.forecast.profile import Profile, day_levels, fit_courses, fit_profile, likeness
from wfm.forecast.result import Forecast, audit_frame
from wfm.forecast.special import Looks
from wfm.forecast.spread import Spread
from wfm.forecast.uncertainty import (
    Calibration,
    Dispersion,
    fit_correlation,
    fit_dispersion,
    quantiles,
)
from wfm.schema import QUANTILES, FrameLike
from wfm.timegrid import Horizon, day_starts

if TYPE_CHECKING:
    from wfm.forecast.auto import Auto

__all__ = ["Forecaster", "QueueModel"]

_LEAST_COVERED = 0.5  # share of a day's open time that must be recorded for its level to count
_PROFILE_DAYS = 371  # days that the weekday profiles are fitted to


@dataclass(frozen=True, slots=True)
class QueueModel:
    """What was fitted for one queue.

    `level` is the day level (None where no contact was ever recorded), `profile` the shares by weekday and interval,
    `correlation` that of neighbouring intervals, `handle_time` the handle time (None where there
    is none), `idle` the weekdays without any contact, `nearest` the recorded interval of the day to use for each one,
    `whole` whether contacts are whole numbers, `drivers` what is known of its days beforehand.
    """

    history: QueueHistory
    level: DayLevel | None
    profile: Profile
    dispersion: Dispersion
    correlation: float
    calibration: Calibration
    handle_time: HandleTime | None
    idle: BoolArray
    nearest: np.ndarray
    whole: bool
    drivers: QueueDrivers | None


class Forecaster:
    """Forecast of contacts and handle time by queue and interval.

    The level of a day is the sum (in logarithms) of a level that moves fast and returns, one that moves slowly,
    weekdays, the phase of the month, the day after a closed one, public holidays and events of the calendar with the
    days around them, and with more than 400 days of history, the season and growth; see `wfm.forecast.level`. It is
    spread over the day by the profile of its weekday, or of what makes it special. Days far from all others count less
    and are listed in the audit; nothing is replaced.

    Parameters
    ----------
    calendar
        The centre, which brings its calendar and the hours of each of its queues; or a calendar alone, by which every
        queue is open: opening hours, public holidays, make-up days and events. Without one (default) opening hours are
        read from the last eight weeks of the history, no day is special, and the audit says so.
    hours
        Opening hours by queue, or text such as `"Mon-Fri 09:00-17:00"`, in place of the calendar's and of the centre's;
        `None` for the calendar's. Default none.
    weeks
        Most recent weeks of history that are used, 2 to 520; default 156. Ordinary days older than a year count by
        weeks, for season and growth; special days of all years count.
    half_life_days
        Age at which a day counts half in the profile and in handle time, more than 0; default 42.
    stale_after_days
        Days between the end of a queue's history and the horizon from which `predict` refuses; 0 or more, default 42.
    lags
        Days that contacts come behind a driver, by its name: one or several from 0 to 365, such as
        `{"orders": (0, 1, 2)}`. Default 0 for every driver. A lag as long as the horizon needs no value of the future.
    workers
        Processes that the queues are spread over: 1 or more, or -1 for one for each core. Default what
        `joblib.parallel_config` says, which without it is this process alone. The numbers are the same either way.
    model
        `"default"`: the model described here. `"auto"`: a mean of it and of others, weighed by past forecasts as long
        as the horizon (see `wfm.forecast.Auto`); it takes seconds.

    Attributes
    ----------
    queues_
        Names of the queues.
    models_
        What was fitted, by queue.
    interval_s_, tz_, end_
        Interval, zone and first instant after the history.
    audit_
        Frame of what was found in the history: `queue, start, end, finding, action`.
    auto_
        With `model="auto"`: the `Auto` that weighs, with its `weights_` and `tried_` after `predict`.

    Examples
    --------
    >>> starts = pd.date_range("2026-10-05", periods=28 * 48, freq="30min", tz="Asia/Shanghai")
    >>> history = pd.DataFrame({"queue": "chat", "start": starts, "offered": 10 + starts.hour})
    >>> forecast = Forecaster().fit(history).predict(Horizon("2026-11-02", days=1, tz="Asia/Shanghai"))
    >>> forecast.to_frame()["offered"].round(6).tolist()[:4]
    [10.0, 10.0, 11.0, 11.0]
    """

    def __init__(
        self,
        *,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        weeks: int = 156,
        half_life_days: float = 42.0,
        stale_after_days: int = 42,
        lags: Mapping[str, int | Iterable[int]] | None = None,
        workers: int | None = None,
        model: Literal["default", "auto"] = "default",
    ) -> None:
        if model not in ("default", "auto"):
            raise DataError(Problem(f"unknown model {model!r}", remedy=did_you_mean(str(model), ("default", "auto"))))
        self.model = model
        self.calendar = calendar
        self.hours = hours
        self.weeks = check_int("weeks", weeks, 2, 520)
        self.half_life_days = check_in_range("half_life_days", half_life_days, 0.0, include_low=False)
        self.stale_after_days = check_int("stale_after_days", stale_after_days, 0)
        self.lags = check_lags(lags)
        self.workers = check_workers(workers)

    def __repr__(self) -> str:
        state = f"fitted to {', '.join(self.queues_)} up to {self.end_}" if hasattr(self, "models_") else "not fitted"
        return (
            f"Forecaster(weeks={self.weeks}, half_life_days={self.half_life_days:g}, "
            f"stale_after_days={self.stale_after_days}): {state}"
        )

    def fit(self, history: FrameLike, drivers: FrameLike | None = None, flags: FrameLike | None = None) -> Forecaster:
        """Fit every queue of a history.

        Parameters
        ----------
        history
            Frame `history`: `queue, start, offered`, and for handle times `handle_s` with `handled`, or `aht_s`. At
            least two weeks of each queue.
        drivers
            Frame `drivers`: `day`, a column of numbers for each driver, and `queue` where they are not those of all
            queues. Each is something that is known of a day beforehand, such as orders, bookings, shipments or a
            campaign; see `wfm.forecast.drivers` for how it acts. It may reach beyond the history. Days of the history
            without a value, such as those before a driver began, keep a level of their own.
        flags
            Frame `flags`: `start, end`, and where wanted `queue`, `action` and `reason`: stretches of the history to
            `"leave out"` (default) of the fit, or to `"keep"` in it against what would be found in them.

        Raises
        ------
        DataError
            With every fault of the history.
        """
        prepared = prepare(history, self.calendar, self.hours, self.weeks)
        audit = list(prepared.audit)
        self._prepared: Prepared = prepared
        beside = told(prepared, drivers, flags, self.lags, audit)
        work = partial(_fit_one, prepared=replace(prepared, queues=(), audit=()), half_life_days=self.half_life_days)
        fitted = for_each(work, list(zip(prepared.queues, beside, strict=True)), self.workers)
        self.models_: dict[str, QueueModel] = {model.history.name: model for model, _ in fitted}
        audit.extend(line for _, lines in fitted for line in lines)
        self.queues_: tuple[str, ...] = tuple(self.models_)
        self.interval_s_: int = prepared.interval_s
        self.tz_: str = prepared.tz
        self.end_: pd.Timestamp = prepared.end
        self.audit_: pd.DataFrame = audit_frame(audit, prepared.tz)
        self._rows: list[AuditRow] = audit
        if self.model == "auto":
            self.auto_: Auto = self._weighing().fit(history, drivers, flags)
        return self

    def _weighing(self) -> Auto:
        """Return what weighs this model with others."""
        from wfm.forecast.auto import Auto, usual_models

        alone = Forecaster(
            calendar=self.calendar,
            hours=self.hours,
            weeks=self.weeks,
            half_life_days=self.half_life_days,
            stale_after_days=self.stale_after_days,
            lags=self.lags,
            workers=self.workers,
        )
        return Auto(models=usual_models(alone), calendar=self.calendar, hours=self.hours)

    def predict(self, horizon: Horizon, drivers: FrameLike | None = None) -> Forecast:
        """Forecast the open intervals of a horizon.

        Parameters
        ----------
        horizon
            The days, in the history's zone and interval.
        drivers
            Frame `drivers` with the values of the horizon that `fit` was not given; where both were, these count.

        Raises
        ------
        NotFittedError
            Before `fit`.
        DataError
            If the horizon has another interval or zone, begins before the history ends, or the history is stale; or if
            a driver has no value on one of its days.
        """
        if not hasattr(self, "models_"):
            raise NotFittedError("the forecaster is not fitted; call fit(history) first")
        check_horizon(horizon, self._prepared, self.stale_after_days)
        if self.model == "auto":
            return self.auto_.predict(horizon, drivers)
        later = known_later(drivers, {name: model.drivers for name, model in self.models_.items()})
        work = partial(_predict_one, horizon=horizon, calendar=self._prepared.calendar)
        models = [(model, later.get(name)) for name, model in self.models_.items()]
        said = dict(zip(self.models_, for_each(work, models, self.workers), strict=True))
        faults = Faults("the drivers")
        faults.problems.extend(problem for one in said.values() for problem in one.problems)
        faults.raise_if_any()
        audit = [*self._rows, *early_ends(horizon, self._prepared)]
        audit.extend(line for one in said.values() for line in one.audit)
        frame = pd.concat([one.rows for one in said.values()], ignore_index=True)
        if "aht_s" in frame:
            frame.insert(frame.columns.get_loc("offered") + 1, "aht_s", frame.pop("aht_s"))
            start, end = self.end_ - pd.Timedelta(weeks=self.weeks), self.end_
            finding, action = (
                "no handle time in the history",
                "aht_s is missing: the queue's own aht holds, if it has one",
            )
            without = [name for name, model in self.models_.items() if model.handle_time is None]
            audit.extend((name, start, end, finding, action) for name in without)
        words = {name: _in_words(model) for name, model in self.models_.items()}
        return Forecast(
            frame,
            tz=self.tz_,
            interval_s=float(self.interval_s_),
            audit=audit_frame(audit, self.tz_) if len(audit) > len(self._rows) else self.audit_.copy(),
            models=words,
            as_of=self.end_,
            spread={name: one.spread for name, one in said.items()},
        )


def _in_words(model: QueueModel) -> str:
    if model.level is None:
        return "no contact in the history: 0"
    days = len(model.level.weights)
    checked = f"bands checked on {model.calibration.days} days" if model.calibration.days else "bands unchecked"
    return f"day level × weekday profile, {days} days, noise of a day {model.level.noise:.1%}, {checked}"


def _fit_one(
    one: tuple[QueueHistory, Told], prepared: Prepared, half_life_days: float
) -> tuple[QueueModel, list[AuditRow]]:
    """Fit a queue, perhaps in a process of its own, which has no audit to write into."""
    audit: list[AuditRow] = []
    return _fit_queue(*one, prepared, half_life_days, audit), audit


def _fit_queue(
    queue: QueueHistory, beside: Told, prepared: Prepared, half_life_days: float, audit: list[AuditRow]
) -> QueueModel:
    queue, features, kept = with_told(queue, prepared, beside, half_life_days, audit)
    grid = queue.grid
    discount = 0.5 ** ((grid.days[-1] - grid.days) / half_life_days)
    ordinary = discount * ~features.special
    first = _weekday_profile(queue, features, ordinary)
    levels, covered = day_levels(grid.volume, first[features.weekday])
    covered = covered / _open_share(queue, features, first, covered)
    idle = np.array([_is_idle(levels[(features.weekday == n) & (covered > 0)]) for n in range(7)])
    used = (covered >= _LEAST_COVERED) & ~idle[features.weekday]
    _note_days(queue, features, (covered > 0) & (covered < _LEAST_COVERED), idle, prepared, audit)
    known = features.take(used)
    volume = grid.volume[~np.isnan(grid.volume)]
    whole = bool(np.mean(volume == np.rint(volume)) > 0.99)
    alike = likeness(grid.volume[used], first)
    level = fit_level(levels[used], known, alike, kept[used], counted=whole) if used.sum() > 1 else None
    weight = np.zeros(len(discount))
    if level is not None:
        weight[used] = ordinary[used] * level.weights * ~level.unusual
        _note_unusual(queue, level, levels[used], prepared, audit)
    shares = _weekday_profile(queue, features, weight if weight.any() else ordinary)
    levels, _ = day_levels(grid.volume, shares[features.weekday])
    mean = levels[:, None] * shares[features.weekday]
    dispersion = fit_dispersion(grid.volume, mean, weight)
    looks = Looks({}, None) if level is None else level.looks
    profile = fit_courses(grid.volume[used], known, Profile(shares, queue.usual, looks, {}), dispersion)
    handle_time = None
    if grid.handle_s is not None and grid.handled is not None:
        handle_time = fit_handle_time(grid.handle_s, grid.handled, features.weekday, ordinary)
    recorded = np.flatnonzero(~np.isnan(grid.volume).all(axis=0))
    slots = np.arange(grid.volume.shape[1])
    return QueueModel(
        queue,
        level,
        profile,
        dispersion,
        fit_correlation(grid.volume, mean, weight, dispersion),
        calibrate_inside(grid.volume, grid.days, level, profile.shares(features), dispersion, whole=whole),
        handle_time,
        idle,
        recorded[np.abs(slots[:, None] - recorded).argmin(axis=1)],
        whole,
        beside.drivers,
    )


def _weekday_profile(queue: QueueHistory, features: DayFeatures, weight: FloatArray) -> FloatArray:
    """Fit the shares of the weekdays to the last year, beyond which days hardly count."""
    grid = queue.grid
    late = grid.days > grid.days[-1] - _PROFILE_DAYS
    late = late if weight[late].any() else np.ones(len(late), dtype=bool)
    return fit_profile(grid.volume[late], features.weekday[late], queue.usual, weight[late])


def _open_share(queue: QueueHistory, features: DayFeatures, profile: FloatArray, covered: FloatArray) -> FloatArray:
    """Return which share of each day, by its weekday's profile, was open: less than 1 where hours were shorter."""
    share = np.ones(len(covered))
    if isinstance(queue.hours, SeenHours):
        return share
    slots = profile.shape[1]
    for n in np.flatnonzero((covered > 0) & (covered < _LEAST_COVERED)):
        opened = np.zeros(slots, dtype=bool)
        for opens, closes in queue.hours.calendar.hours_on(as_date(features.number[n]), queue.hours.hours):
            opened[int(opens.total_seconds() * slots // 86_400) : int(closes.total_seconds() * slots // 86_400)] = True
        share[n] = max(float(profile[features.weekday[n], opened].sum()), float(covered[n]))
    return share


def _is_idle(levels: FloatArray) -> bool:
    """Return whether days were recorded, and none of them had a contact."""
    return len(levels) > 0 and not levels.any()


def _note_days(
    queue: QueueHistory,
    features: DayFeatures,
    partial: BoolArray,
    idle: BoolArray,
    prepared: Prepared,
    audit: list[AuditRow],
) -> None:
    for number in features.number[partial]:
        start, end = day_starts([as_date(number), as_date(number + 1)], prepared.tz)
        finding = "partial day: less than half of it is recorded"
        audit.append((queue.name, start, end, finding, "left out of the day level"))
    empty = idle & np.isin(np.arange(7), features.weekday[queue.opened])
    if empty.any():
        start, end = day_starts([as_date(features.number[0]), as_date(features.number[-1] + 1)], prepared.tz)
        names = "any day" if idle.all() else ", ".join(DAY_NAMES[n] for n in np.flatnonzero(empty))
        audit.append((queue.name, start, end, f"no contact at all: on {names}", "forecast as 0"))


def _note_unusual(
    queue: QueueHistory, level: DayLevel, levels: FloatArray, prepared: Prepared, audit: list[AuditRow]
) -> None:
    if level.step is not None:
        start, end = day_starts([as_date(level.step), as_date(int(level.days.number[-1]) + 1)], prepared.tz)
        finding = f"level shift: × {level.step_ratio:.2f} from {as_date(level.step)} on"
        audit.append((queue.name, start, end, finding, "forecast at the new level"))
    for n in np.flatnonzero(level.unusual):
        number = int(level.days.number[n])
        start, end = day_starts([as_date(number), as_date(number + 1)], prepared.tz)
        finding = f"unusual day: {levels[n]:.0f} contacts, {levels[n] / level.expected[n]:.2f} of what was expected"
        action = f"counted with weight {level.weights[n]:.2f} in the level, not at all in the profile"
        audit.append((queue.name, start, end, finding, action))


class _Said(NamedTuple):
    """What was forecast for a queue, what is to be said of it, and what is missing for it."""

    rows: pd.DataFrame
    spread: Spread
    audit: list[AuditRow]
    problems: list[Problem]


def _predict_one(one: tuple[QueueModel, KnownDays | None], horizon: Horizon, calendar: Calendar | None) -> _Said:
    """Forecast a queue, perhaps in a process of its own."""
    model, later = one
    audit: list[AuditRow] = []
    faults = Faults()
    if model.drivers is not None:
        known = model.drivers.with_known(later)
        model = replace(model, drivers=known)
        day, _ = wall_clock(model.history.hours.open_starts(horizon), int(horizon.interval_s))
        days = np.unique(day)
        known.note_missing(model.history.name, days, faults)
        audit.extend(audit_of(model.history.name, finding, horizon.tz) for finding in known.beyond(days))
    rows, spread = _predict_queue(model, horizon, calendar, audit)
    return _Said(rows, spread, audit, faults.problems)


def _predict_queue(
    model: QueueModel, horizon: Horizon, calendar: Calendar | None, audit: list[AuditRow]
) -> tuple[pd.DataFrame, Spread]:
    queue = model.history
    starts = queue.hours.open_starts(horizon)
    day, slot = wall_clock(starts, int(horizon.interval_s))
    number, row = np.unique(day, return_inverse=True)
    features = queue.features(int(day.max()) if len(day) else 0, calendar, model.drivers)
    features = features.take(np.isin(features.number, number))
    level, joint = np.zeros(len(number)), np.zeros((len(number), len(number)))
    if model.level is not None and len(number):
        level, joint = model.level.predict(features)
        joint = model.calibration.day_variance * joint
        level = np.where(model.idle[features.weekday], 0.0, level)
        _note_analogies(queue, features, calendar, horizon, audit)
        _note_new_days(queue, model.level, features.take(~model.idle[features.weekday]), horizon, audit)
    weekday = features.weekday[row]
    mean = level[row] * model.profile.shares(features)[row, model.nearest[slot]]
    variance = model.dispersion.variance(mean, np.diag(joint)[row], slot)
    recorded = np.asarray(queue.ever.any(axis=1))
    new = recorded[weekday] & ~queue.ever[weekday, slot]
    if new.any():
        step = pd.Timedelta(seconds=horizon.interval_s)
        finding = f"open intervals that the history never has: {int(new.sum())}"
        action = "forecast as other weekdays or the nearest interval of the day: "
        action += f"{mean[new].sum():,.0f} of the {mean.sum():,.0f} contacts"
        audit.append((queue.name, starts[new][0], starts[new][-1] + step, finding, action))
    columns: dict[str, object] = {"queue": queue.name, "start": starts, "offered": mean}
    if model.handle_time is not None:
        columns["aht_s"] = model.handle_time.at(weekday, model.nearest[slot])
    values = quantiles(mean, variance, model.calibration, whole=model.whole)
    columns |= {name: values[:, n] for n, name in enumerate(QUANTILES)}
    spread = Spread(number, joint, model.dispersion, model.correlation, model.calibration, model.whole)
    return pd.DataFrame(columns).astype({"queue": "str"}), spread


def _note_analogies(
    queue: QueueHistory, features: DayFeatures, calendar: Calendar | None, horizon: Horizon, audit: list[AuditRow]
) -> None:
    """Name the events that are forecast like another one, by the days of the horizon that they touch."""
    if calendar is None or not any(event.like for event in calendar.spec.events):
        return
    book = Book.of(calendar, as_date(queue.grid.days[0]), as_date(queue.grid.days[-1]))
    found: dict[tuple[str, str, float], list[int]] = {}
    for number in features.number[features.special].tolist():
        for event in book.analogies(as_date(number)):
            found.setdefault((event.name, str(event.like), event.strength), []).append(number)
    for (name, like, strength), days in found.items():
        start, end = day_starts([as_date(days[0]), as_date(days[-1] + 1)], horizon.tz)
        action = f"forecast as {like}, strength × {strength:g}"
        audit.append((queue.name, start, end, f"event by analogy: {name}", action))


def _note_new_days(
    queue: QueueHistory, level: DayLevel, features: DayFeatures, horizon: Horizon, audit: list[AuditRow]
) -> None:
    known = {name for marks in level.days.marks for name in names_of(marks)}
    sorts = {mark.sort for marks in level.days.marks for mark in marks}
    for n in np.flatnonzero(features.special):
        names = names_of(features.marks[n])
        if names and not known & set(names):
            start, end = day_starts([as_date(features.number[n]), as_date(features.number[n] + 1)], horizon.tz)
            finding = f"special day never seen: {', '.join(sorted(names))}"
            others = any(mark.sort in sorts for mark in features.marks[n])
            like = "as others of its sort were" if others else "as an ordinary day"
            audit.append((queue.name, start, end, finding, f"forecast {like}, with a wide band"))
    for weekday in sorted(set(features.weekday.tolist()) - set(level.days.weekday.tolist())):
        number = features.number[features.weekday == weekday]
        start, end = day_starts([as_date(number[0]), as_date(number[-1] + 1)], horizon.tz)
        finding = f"weekday never recorded: {DAY_NAMES[weekday]}"
        audit.append((queue.name, start, end, finding, "forecast as the mean of the other days, with a wide band"))
