"""The long-run figures of a staff, and how they are gathered from a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wfm.checks import check_choice, check_fraction
from wfm.domain.targets import ServiceLevelBasis
from wfm.erlang import scalar
from wfm.erlang.models import Model, settled
from wfm.erlang.station import DEEP, State, Station, met_levels, missed_levels, occupancy
from wfm.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wfm.erlang.model_arrays import Models

__all__ = ["Measures", "of_model", "of_models", "shaped"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measures:
    """What a staff achieves in the long run; floats, or arrays of the shape of what was asked.

    Parameters
    ----------
    load_erl
        Offered load in erlangs, of first attempts.
    wait_probability
        Share of contacts that find nobody free, but a place to wait.
    asa_s
        Mean wait of the answered contacts, in seconds.
    mean_wait_s
        Mean wait of all contacts that are not blocked, in seconds, the abandoned ones included.
    abandonment
        Share of contacts that abandon, those that balk included; 0 without patience and balking.
    balked
        Share of contacts that leave at once because nobody is free.
    blocking
        Share of contacts that find every place taken; 0 without `places`.
    attempts
        Attempts per contact, redials included; 1 without `redial`. All shares above are of attempts.
    occupancy
        Share of their time that agents are busy.
    queue_length
        Mean number of contacts waiting.
    within_s
        The acceptable wait that the service levels are about.
    met, missed
        Service level and 1 - service level by basis, each exact to the last digits where it is near 0.
    station, state
        The waiting room that the figures were computed from, flat where they are arrays.
    shape
        Shape of the figures; none for floats.
    """

    load_erl: Any
    wait_probability: Any
    asa_s: Any
    mean_wait_s: Any
    abandonment: Any
    balked: Any
    blocking: Any
    attempts: Any
    occupancy: Any
    queue_length: Any
    within_s: Any
    met: Mapping[ServiceLevelBasis, Any] = field(repr=False)
    missed: Mapping[ServiceLevelBasis, Any] = field(repr=False)
    station: Station = field(repr=False)
    state: State = field(repr=False)
    shape: tuple[int, ...] | None = field(repr=False)

    def service_level(self, basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED) -> Any:
        """Return the service level on a basis; default `offered`.

        Raises
        ------
        DataError
            If the basis is unknown, or needs a `short_abandon_s` that was not given.

        Examples
        --------
        >>> from wfm.erlang import measures
        >>> round(measures(100, 180, 1800, 14, within_s=20).service_level(), 7)
        0.88835
        """
        return self.met[self._known(basis)]

    def missed_level(self, basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED) -> Any:
        """Return 1 - service level on a basis, exact where the level is near 1; default `offered`."""
        return self.missed[self._known(basis)]

    def _known(self, basis: ServiceLevelBasis | str) -> ServiceLevelBasis:
        known = check_choice("basis", basis, ServiceLevelBasis)
        if known not in self.missed:
            raise DataError(Problem(f"basis {known.value!r} without a threshold", remedy="give short_abandon_s"))
        return known

    def longest_wait_s(self, breach: float = 0.01) -> Any:
        """Return the wait in seconds that a share `breach` of contacts would exceed, were they endlessly patient.

        Parameters
        ----------
        breach
            Share of contacts, in (0, 1); default 0.01.

        Raises
        ------
        DataError
            If the share is outside its range.

        Examples
        --------
        >>> from wfm.erlang import measures
        >>> round(measures(100, 180, 1800, 14, within_s=20).longest_wait_s(0.1), 1)
        25.0
        """
        check_fraction("breach", breach, include_one=False)
        if self.shape is None:
            return scalar.longest_wait(self.station, self.state, breach)
        import numpy as np

        from wfm.erlang import arrays

        size = len(self.station.rate)
        return shaped(arrays.longest_wait(self.station, self.state, np.full(size, breach)), self.shape)

    def __str__(self) -> str:
        names = [
            "load_erl",
            "wait_probability",
            "asa_s",
            "mean_wait_s",
            "abandonment",
            "balked",
            "blocking",
            "attempts",
        ]
        names += ["occupancy", "queue_length"]
        lines = [f"within {self.within_s} s:"]
        lines += [f"  {name:<40}{getattr(self, name)}" for name in names]
        lines += [f"  service level, {basis.value:<25}{self.service_level(basis)}" for basis in self.missed]
        return "\n".join(lines)


def of_model(load: float, model: Model, agents: float, within: float, short: float | None) -> Measures:
    """Return the measures of a model on plain floats."""
    attempts, station, state = settled(model, agents)
    late = scalar.beyond(station, state, within)
    before = None if short is None else scalar.beyond(station, state, short)
    # Shares that are 1 come out a rounding error above it now and then; no more is cut off than that.
    missed = {basis: min(value, 1.0) for basis, value in missed_levels(state, late, before).items()}
    met = {basis: 1.0 - value for basis, value in missed.items()}
    early = scalar.in_time(station, state, within) if max(missed.values()) > DEEP else None
    if early is not None:
        direct = met_levels(state, early, late, before)
        met = {basis: direct[basis] if missed[basis] > DEEP else value for basis, value in met.items()}
    arriving = station.rate / station.keep
    return Measures(
        load_erl=load,
        wait_probability=state.wait_probability,
        asa_s=state.asa_s,
        mean_wait_s=state.mean_wait_s,
        abandonment=state.abandonment,
        balked=state.balked,
        blocking=state.blocking,
        attempts=attempts,
        occupancy=min(occupancy(station, state), 1.0) if station.rate else 0.0,
        queue_length=state.mean_wait_s * arriving * (1.0 - state.blocking) if station.rate else 0.0,
        within_s=within,
        met=met,
        missed=missed,
        station=station,
        state=state,
        shape=None,
    )


def of_models(
    load: npt.NDArray[np.float64],
    models: Models,
    agents: npt.NDArray[np.float64],
    within: npt.NDArray[np.float64],
    short: npt.NDArray[np.float64] | None,
    shape: tuple[int, ...],
) -> Measures:
    """Return the measures of flat models, in a shape."""
    import numpy as np

    from wfm.erlang import arrays, model_arrays

    attempts, station, state = model_arrays.settled(models, agents)
    late = arrays.beyond(station, state, within)
    before = None if short is None else arrays.beyond(station, state, short)
    missed = {basis: np.minimum(value, 1.0) for basis, value in missed_levels(state, late, before).items()}
    met = {basis: 1.0 - value for basis, value in missed.items()}
    if any((value > DEEP).any() for value in missed.values()):
        known, early = arrays.in_time(station, state, within)
        direct = met_levels(state, early, late, before)
        met = {basis: np.where(known & (missed[basis] > DEEP), direct[basis], met[basis]) for basis in met}
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(station.rate > 0, np.minimum(occupancy(station, state), 1.0), 0.0)
    arriving = station.rate / station.keep
    figures = {
        "load_erl": load,
        "wait_probability": state.wait_probability,
        "asa_s": state.asa_s,
        "mean_wait_s": state.mean_wait_s,
        "abandonment": state.abandonment,
        "balked": state.balked,
        "blocking": state.blocking,
        "attempts": np.broadcast_to(attempts, load.shape),
        "occupancy": busy,
        "queue_length": state.mean_wait_s * arriving * (1.0 - state.blocking),
        "within_s": within,
    }
    return Measures(
        **{name: shaped(values, shape) for name, values in figures.items()},
        met={basis: shaped(value, shape) for basis, value in met.items()},
        missed={basis: shaped(value, shape) for basis, value in missed.items()},
        station=station,
        state=state,
        shape=shape,
    )


def shaped(values: npt.NDArray[np.float64], shape: tuple[int, ...]) -> Any:
    """Return flat values in a shape; a float where it is that of a number."""
    return values.reshape(shape) if shape else float(values[0])
