"""Service targets: distinct types, never one number with a loose meaning.

`within` is always the acceptable wait of a target. The mean wait of the answered, `asa_s`, is only ever an output.
A queue carries a tuple of targets, and all of them must hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from wfm.checks import check_choice, check_fraction
from wfm.domain.duration import format_duration, set_duration
from wfm.errors import DataError, Problem

__all__ = [
    "Deadline",
    "LongestWait",
    "MaxAbandonment",
    "MaxOccupancy",
    "MeanAnswer",
    "ServiceLevel",
    "ServiceLevelBasis",
    "Target",
]


class ServiceLevelBasis(StrEnum):
    """Which contacts a service level counts.

    With A answered, L abandoned, T the acceptable wait, s the short-abandon threshold, and a subscript for
    "within that time":

    ============================ =====================================================
    `offered`                    A_T / (A + L)
    `answered`                   A_T / A
    `virtual`                    share of contacts whose wait, had they been infinitely patient, is within T
    `abandons_within_met`        (A_T + L_T) / (A + L)
    `abandons_within_excluded`   A_T / (A + L - L_T)
    `short_abandons_met`         (A_T + L_s) / (A + L); needs `short_abandon`
    `short_abandons_excluded`    A_T / (A + L - L_s); needs `short_abandon`
    ============================ =====================================================
    """

    OFFERED = "offered"
    ANSWERED = "answered"
    VIRTUAL = "virtual"
    ABANDONS_WITHIN_MET = "abandons_within_met"
    ABANDONS_WITHIN_EXCLUDED = "abandons_within_excluded"
    SHORT_ABANDONS_MET = "short_abandons_met"
    SHORT_ABANDONS_EXCLUDED = "short_abandons_excluded"

    @property
    def needs_short_abandon(self) -> bool:
        """Whether this basis needs a threshold for short abandons."""
        return self in (ServiceLevelBasis.SHORT_ABANDONS_MET, ServiceLevelBasis.SHORT_ABANDONS_EXCLUDED)


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """At least `fraction` of the contacts are answered within `within`.

    Parameters
    ----------
    fraction
        Share of contacts, in (0, 1). A level of 1 is never reached by any finite staff with exponential handle times.
    within
        Acceptable wait, 0 or more: a `timedelta` or text such as `"30s"`.
    basis
        Which contacts are counted; default `offered`: answered in time over all that were offered.
    short_abandon
        Threshold below which an abandonment is called short. Required by the two short-abandon bases, refused by
        the others.

    Raises
    ------
    DataError
        If a value is outside its range, or `short_abandon` does not go with `basis`.

    Examples
    --------
    >>> print(ServiceLevel(0.80, "30s"))
    80 % of offered within 30s
    """

    fraction: float
    within: timedelta | str
    basis: ServiceLevelBasis | str = field(default=ServiceLevelBasis.OFFERED, kw_only=True)
    short_abandon: timedelta | str | None = field(default=None, kw_only=True)
    within_s: float = field(init=False, repr=False, compare=False)
    short_abandon_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fraction("fraction", self.fraction, include_one=False)
        set_duration(self, "within", allow_zero=True)
        basis = check_choice("basis", self.basis, ServiceLevelBasis)
        object.__setattr__(self, "basis", basis)
        object.__setattr__(self, "short_abandon_s", None)
        if basis.needs_short_abandon != (self.short_abandon is not None):
            remedy = "give short_abandon, such as '5s'" if basis.needs_short_abandon else "leave short_abandon out"
            what = f"short_abandon is {self.short_abandon!r} with basis {basis.value!r}"
            raise DataError(Problem(what, remedy=remedy))
        if self.short_abandon is not None:
            set_duration(self, "short_abandon")

    def __str__(self) -> str:
        return f"{100 * self.fraction:g} % of {self.basis} within {format_duration(self.within)}"


@dataclass(frozen=True, slots=True)
class MeanAnswer:
    """The mean wait of the answered contacts (`asa_s`) is at most `within`.

    Parameters
    ----------
    within
        Highest mean wait, more than 0: a `timedelta` or text such as `"30s"`.

    Raises
    ------
    DataError
        If `within` is a bare number or not positive.

    Examples
    --------
    >>> print(MeanAnswer("30s"))
    mean answer within 30s
    """

    within: timedelta | str
    within_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        set_duration(self, "within")

    def __str__(self) -> str:
        return f"mean answer within {format_duration(self.within)}"


@dataclass(frozen=True, slots=True)
class LongestWait:
    """At most a share `breach` of the contacts would wait longer than `within`.

    A longest wait is a probability: "never" (a breach of 0) is refused, since no finite staff can promise it.
    The wait is the virtual one, that of an infinitely patient contact.

    Parameters
    ----------
    within
        The longest acceptable wait, more than 0.
    breach
        Highest share of contacts above it, in (0, 1); default 0.01.

    Raises
    ------
    DataError
        If a value is outside its range.

    Examples
    --------
    >>> print(LongestWait("2min"))
    longest wait 2min, breached by at most 1 %
    """

    within: timedelta | str
    breach: float = field(default=0.01, kw_only=True)
    within_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        set_duration(self, "within")
        if self.breach == 0 and not isinstance(self.breach, bool):
            raise DataError(
                Problem(
                    "breach must be above 0, got 0: no staff can promise a longest wait",
                    remedy="write breach=0.01",
                )
            )
        check_fraction("breach", self.breach, include_one=False)

    def __str__(self) -> str:
        return f"longest wait {format_duration(self.within)}, breached by at most {100 * self.breach:g} %"


@dataclass(frozen=True, slots=True)
class MaxAbandonment:
    """At most `fraction` of the offered contacts abandon. Needs a patience.

    Parameters
    ----------
    fraction
        Highest share, in (0, 1).

    Raises
    ------
    DataError
        If `fraction` is outside its range.

    Examples
    --------
    >>> print(MaxAbandonment(0.03))
    at most 3 % abandon
    """

    fraction: float

    def __post_init__(self) -> None:
        check_fraction("fraction", self.fraction, include_one=False)

    def __str__(self) -> str:
        return f"at most {100 * self.fraction:g} % abandon"


@dataclass(frozen=True, slots=True)
class MaxOccupancy:
    """Agents are busy at most `fraction` of their logged-in time.

    Parameters
    ----------
    fraction
        Highest occupancy, in (0, 1].

    Raises
    ------
    DataError
        If `fraction` is outside its range.

    Examples
    --------
    >>> print(MaxOccupancy(0.85))
    occupancy at most 85 %
    """

    fraction: float

    def __post_init__(self) -> None:
        check_fraction("fraction", self.fraction)

    def __str__(self) -> str:
        return f"occupancy at most {100 * self.fraction:g} %"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Deferred work: at least `fraction` is done within `within` of business time.

    Parameters
    ----------
    within
        Time allowed, more than 0, such as `"4h"`.
    fraction
        Share of the work, in (0, 1]; default 0.95.

    Raises
    ------
    DataError
        If a value is outside its range.

    Examples
    --------
    >>> print(Deadline("4h"))
    95 % done within 4h
    """

    within: timedelta | str
    fraction: float = field(default=0.95, kw_only=True)
    within_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        set_duration(self, "within")
        check_fraction("fraction", self.fraction)

    def __str__(self) -> str:
        return f"{100 * self.fraction:g} % done within {format_duration(self.within)}"


Target: TypeAlias = ServiceLevel | MeanAnswer | LongestWait | MaxAbandonment | MaxOccupancy | Deadline
