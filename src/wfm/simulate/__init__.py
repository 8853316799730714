"""The discrete-event simulation of a centre: the judge of every other stage.

`run` simulates a roster many times and says how well it answers; `trace` gives the contacts of one course of events;
`play` is the same on arrays, without frames or a centre.
"""

from wfm.simulate.calibration import Calibration, calibrate
from wfm.simulate.crossing import CrossTraining, cross_training_value
from wfm.simulate.engine import Demand, Lines, Log, Routes, Staff, play
from wfm.simulate.heads import Heads, staff
from wfm.simulate.laws import Empirical, Exponential, Gamma, Lognormal, Weibull
from wfm.simulate.model import Lateness, Model, Redial, Route, Routing
from wfm.simulate.now import State
from wfm.simulate.paired import Comparison, compare
from wfm.simulate.patience import PatienceCurve, fit_patience
from wfm.simulate.replicate import run, trace
from wfm.simulate.result import SimulationResult, Stop, Volume
from wfm.simulate.scenarios import Drill, Move, Scenario, standard_scenarios, stress
from wfm.simulate.teams import Group

__all__ = [
    "Calibration",
    "Comparison",
    "CrossTraining",
    "Demand",
    "Drill",
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
    "Move",
    "PatienceCurve",
    "Redial",
    "Route",
    "Routes",
    "Routing",
    "Scenario",
    "SimulationResult",
    "Staff",
    "State",
    "Stop",
    "Volume",
    "Weibull",
    "calibrate",
    "compare",
    "cross_training_value",
    "fit_patience",
    "play",
    "run",
    "staff",
    "standard_scenarios",
    "stress",
    "trace",
]
