"""What people share: burdens that are spread evenly, and colleagues who work together or apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from wfm.checks import check_flag, check_in_range, check_name
from wfm.domain.duration import time_of_day
from wfm.errors import DataError, Faults, Problem

__all__ = ["Fairness", "Pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two people who should work at the same time, such as a trainer and a trainee, or should not.

    Parameters
    ----------
    first, second
        Identifiers of two employees.
    together
        Whether they should work together (default) or apart.
    price
        Price of an hour in which one of them works without the other, or in which both work if they should be apart;
        more than 0.

    Raises
    ------
    DataError
        If both are the same person, or the price is outside its range.

    Examples
    --------
    >>> Pair(first="A1", second="A2", together=False, price=5.0).together
    False
    """

    first: str
    second: str
    together: bool = True
    price: float

    def __post_init__(self) -> None:
        check_name("first", self.first)
        check_name("second", self.second)
        check_flag("together", self.together)
        check_in_range("price", self.price, 0.0, include_low=False)
        if self.first == self.second:
            what = f"a pair of {self.first!r} and the same person"
            raise DataError(Problem(what, remedy="name two people"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Prices of an uneven share of burdens among people under the same contract.

    Each price is for one unit of squared distance from the mean of the people under the same contract, history
    included: nights, weekends and unpopular starts by number, hours by the paid hour.

    Parameters
    ----------
    nights, weekends, unpopular, hours
        Prices, 0 or more; default 0.
    unpopular_starts
        Windows of starts on the wall clock that nobody likes, such as `(("05:00", "06:30"),)`, both ends included; a
        window may pass midnight. Default none.

    Raises
    ------
    DataError
        If a price is outside its range, or unpopular starts have a price and no window.

    Examples
    --------
    >>> Fairness(nights=2.0, unpopular=1.0, unpopular_starts=(("22:00", "05:30"),)).unpopular_starts
    ((datetime.timedelta(seconds=79200), datetime.timedelta(seconds=19800)),)
    """

    nights: float = 0.0
    weekends: float = 0.0
    unpopular: float = 0.0
    hours: float = 0.0
    unpopular_starts: tuple[tuple[time | timedelta | str, time | timedelta | str], ...] = ()

    def __post_init__(self) -> None:
        faults = Faults("fairness")
        for name in ("nights", "weekends", "unpopular", "hours"):
            with faults.collecting():
                check_in_range(name, getattr(self, name), 0.0)
        with faults.collecting():
            object.__setattr__(self, "unpopular_starts", tuple(_window(pair) for pair in self.unpopular_starts))
        faults.raise_if_any()
        if self.unpopular and not self.unpopular_starts:
            what = f"unpopular starts cost {self.unpopular:g}, and no start is unpopular"
            raise DataError(Problem(what, remedy="give unpopular_starts=(('05:00', '06:30'),)"))


def _window(pair: object) -> tuple[timedelta, timedelta]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        what = f"unpopular_starts must be pairs of times of day, got {pair!r}"
        raise DataError(Problem(what, remedy="write (('05:00', '06:30'),)"))
    first, last = (time_of_day("unpopular_starts", moment) for moment in pair)
    return first, last
