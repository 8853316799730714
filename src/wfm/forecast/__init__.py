"""Forecast of contacts and handle time, with its uncertainty, its baselines and its backtest."""

from wfm.forecast.absence import AbsenceForecast, forecast_shrinkage
from wfm.forecast.accuracy import Accuracy, accuracy_by_lead, value_added
from wfm.forecast.auto import Auto
from wfm.forecast.backtesting import TRAINING_DAYS, Backtest, Model, backtest
from wfm.forecast.baselines import SeasonalNaive, WeeklyMean
from wfm.forecast.borrowed import NewQueue, add_queue
from wfm.forecast.hierarchy import Hierarchy, Reconciled, reconcile
from wfm.forecast.intraday import Reforecast, reforecast
from wfm.forecast.members import PoissonGLM, RootSVD, UnobservedComponents
from wfm.forecast.model import Forecaster
from wfm.forecast.overrides import Effect, Override, Overrides
from wfm.forecast.result import Forecast
from wfm.forecast.scenario import ChannelShift, Containment, Growth, HandleTimeChange, what_if
from wfm.forecast.scoring import measures
from wfm.forecast.splitting import period_totals, split
from wfm.forecast.trigger import Trigger
from wfm.forecast.watch import breach_probability, control_limits, drift

__all__ = [
    "TRAINING_DAYS",
    "AbsenceForecast",
    "Accuracy",
    "Auto",
    "Backtest",
    "ChannelShift",
    "Containment",
    "Effect",
    "Forecast",
    "Forecaster",
    "Growth",
    "HandleTimeChange",
    "Hierarchy",
    "Model",
    "NewQueue",
    "Override",
    "Overrides",
    "PoissonGLM",
    "Reconciled",
    "Reforecast",
    "RootSVD",
    "SeasonalNaive",
    "Trigger",
    "UnobservedComponents",
    "WeeklyMean",
    "accuracy_by_lead",
    "add_queue",
    "backtest",
    "breach_probability",
    "control_limits",
    "drift",
    "forecast_shrinkage",
    "measures",
    "period_totals",
    "reconcile",
    "reforecast",
    "split",
    "value_added",
    "what_if",
]
