"""Forecast of contacts and handle time, with its uncertainty, its baselines and its backtest."""

from wfm.forecast.backtesting import TRAINING_DAYS, Backtest, Model, backtest
from wfm.forecast.baselines import SeasonalNaive, WeeklyMean
from wfm.forecast.model import Forecaster
from wfm.forecast.result import Forecast
from wfm.forecast.scenario import ChannelShift, Containment, Growth, HandleTimeChange, what_if
from wfm.forecast.scoring import measures

__all__ = [
    "TRAINING_DAYS",
    "Backtest",
    "ChannelShift",
    "Containment",
    "Forecast",
    "Forecaster",
    "Growth",
    "HandleTimeChange",
    "Model",
    "SeasonalNaive",
    "WeeklyMean",
    "backtest",
    "measures",
    "what_if",
]
