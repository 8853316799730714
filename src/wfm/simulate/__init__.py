"""The discrete-event simulation of a centre: the judge of every other stage.

`run` simulates a roster many times and says how well it answers; `trace` gives the contacts of one course of events;
`play` is the same on arrays, without frames or a centre.
"""

from wfm.simulate.engine import Demand, Lines, Log, Routes, Staff, play
from wfm.simulate.heads import Heads, staff
from wfm.simulate.laws import Empirical, Exponential, Gamma, Lognormal, Weibull
from wfm.simulate.model import Lateness, Model, Redial, Route, Routing
from wfm.simulate.patience import PatienceCurve, fit_patience
from wfm.simulate.replicate import run, trace
from wfm.simulate.result import SimulationResult, Stop
from wfm.simulate.teams import Group

__all__ = [
    "Demand",
    "Empirical",
    "Exponential",
    "Gamma",
    "Group",
    "Heads",
    "Lateness",
    "Lines",
    "Log",
    "Lognormal",
    "Model",
    "PatienceCurve",
    "Redial",
    "Route",
    "Routes",
    "Routing",
    "SimulationResult",
    "Staff",
    "Stop",
    "Weibull",
    "fit_patience",
    "play",
    "run",
    "staff",
    "trace",
]
