"""Forecast of contacts and handle time, with its uncertainty, its baselines and its backtest."""

from wfm.forecast.model import Forecaster
from wfm.forecast.result import Forecast

__all__ = ["Forecast", "Forecaster"]
