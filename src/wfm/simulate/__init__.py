"""The discrete-event simulation of a centre: the judge of every other stage.

`run` simulates a roster many times and says how well it answers; `trace` gives the contacts of one course of events;
`play` is the same on arrays, without frames or a centre.
"""

from wfm.simulate.engine import Demand, Lines, Log, Staff, play
from wfm.simulate.replicate import run, trace
from wfm.simulate.result import SimulationResult
from wfm.simulate.service import Exponential, Lognormal

__all__ = ["Demand", "Exponential", "Lines", "Log", "Lognormal", "SimulationResult", "Staff", "play", "run", "trace"]
