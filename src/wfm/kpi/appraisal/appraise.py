"""Scores of employees from raw counts: as counted, with small samples pulled to the team, and adjusted for the mix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice, check_fraction
from wfm.errors import DataError, Faults, Problem
from wfm.kpi.appraisal.card import AppraisalCard, Indicator, Sample, card_for, cards_of
from wfm.kpi.appraisal.counts import Cube, Rows, cube_of, rows_of
from wfm.kpi.appraisal.cycles import Cycle, period_of
from wfm.kpi.appraisal.mix import Expected, carried_over, expected_of
from wfm.kpi.appraisal.result import Appraisal, Slab
from wfm.kpi.appraisal.small_samples import Pulled, pull
from wfm.schema import FrameLike, frame_of

__all__ = ["appraise"]

Floats: TypeAlias = npt.NDArray[np.float64]
_ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class _Teams:
    """The team of each employee, as a number and by name."""

    names: tuple[str, ...]
    codes: npt.NDArray[np.int64]


def appraise(
    counts: FrameLike,
    cards: AppraisalCard | Iterable[AppraisalCard],
    *,
    cycle: Cycle | str = Cycle.MONTH,
    people: FrameLike | None = None,
    mix: Sequence[str] = (),
    confidence: float = 0.95,
) -> Appraisal:
    """Score employees by a card, from raw counts; nobody is judged, graded or paid here.

    Each indicator of an employee and period is one sum above and one below the line. Its value is pulled towards the
    mean of the team as far as the sample is small, and earns 0 to 100 points between floor and cap. The score is the
    mean of the points by weight, over the indicators with the least sample; `known` is the weight that those have.

    Parameters
    ----------
    counts
        Frame `indicator_counts`: `employee, month` (its first day), `indicator, numerator, denominator`, and `squares`
        (the sum of the squared values) for means; beside them the columns of the mix. Several rows of one key are
        added.
    cards
        The card, or its versions: a period is scored with the one that was in force on its first day.
    cycle
        `month`, `quarter` or `year`; default the month. Counts are summed, never scores averaged.
    people
        Frame with `employee` and `team`; default one team.
    mix
        Columns of the counts that tell what work it was, such as `("shift", "queue")`. With them there is an adjusted
        score beside the other one: what is expected of that mix of work (`wfm.kpi.appraisal.mix`) takes the place of
        the team's mean, and the difference to it is carried over to the mean of all. Default none.
    confidence
        Coverage of the intervals, in (0, 1); default 0.95.

    Returns
    -------
    Appraisal
        Scores by employee and period, each line down to its counts, teams, and the effects of the mix.

    Raises
    ------
    DataError
        With every fault of the counts; if an indicator has no data in a period, an employee has no team, or a card
        starts inside a period.

    Notes
    -----
    The adjustment takes all that goes with the mix: where the better employees are sent to the harder queue, it takes
    a part of their merit too. Intervals of the score take the indicators as independent. The effects of the mix and the
    spread of single values are those of all periods of the call: the same months give the same scores.

    Examples
    --------
    >>> from datetime import date
    >>> csat = Indicator(name="csat", group="satisfaction", weight=1.0, sample="rate", floor=0.6, cap=1.0)
    >>> card = AppraisalCard(name="2026", since=date(2026, 1, 1), indicators=(csat,))
    >>> rows = [("A", 45, 50), ("B", 4, 4), ("C", 60, 80), ("D", 30, 40), ("E", 39, 50)]
    >>> counts = pd.DataFrame(rows, columns=["employee", "numerator", "denominator"])
    >>> found = appraise(counts.assign(month=date(2026, 3, 1), indicator="csat"), card)
    >>> found.frame[["employee", "raw", "score"]].round(1).values.tolist()
    [['A', 75.0, 61.1], ['B', 100.0, 52.9], ['C', 37.5, 42.3], ['D', 37.5, 43.9], ['E', 45.0, 46.9]]
    """
    check_fraction("confidence", confidence, include_one=False)
    chosen = check_choice("cycle", cycle, Cycle)
    versions = cards_of(cards)
    indicators = _lines(versions)
    rows = rows_of(counts, indicators, chosen)
    _check_versions(versions, rows, chosen)
    teams = _teams(people, rows)
    cube = cube_of(rows, indicators)
    expected = expected_of(rows, indicators, mix) if mix else None
    slabs = []
    for place, period in enumerate(rows.periods):
        card = card_for(versions, period)
        lines = [rows.indicators.index(each.name) for each in card.indicators]
        _check_data(card, cube, lines, place, rows)
        slabs.append(_slab(card, cube, lines, place, teams, expected))
    return Appraisal(
        cycle=chosen,
        cards=versions,
        employees=rows.employees,
        teams=teams.names,
        team_codes=teams.codes,
        periods=rows.periods,
        slabs=tuple(slabs),
        confidence=confidence,
        effects=None if expected is None else expected.coefficients,
    )


def _lines(versions: Sequence[AppraisalCard]) -> tuple[Indicator, ...]:
    """Return the indicators of all versions, once each; what one is a sample of cannot change."""
    found: dict[str, Indicator] = {}
    for card in versions:
        for each in card.indicators:
            if found.setdefault(each.name, each).sample is not each.sample:
                what = f"indicator {each.name!r} is a sample of another kind on card {card.name!r} than before"
                raise DataError(Problem(what, remedy="give one of them another name"))
    return tuple(found.values())


def _check_versions(versions: Sequence[AppraisalCard], rows: Rows, cycle: Cycle) -> None:
    faults = Faults("cards")
    for card in versions[1:]:  # before the first there is none, which is told where a period needs it
        first = period_of(card.since, cycle)
        if first != card.since and first in rows.periods:
            what = f"card {card.name!r} starts on {card.since}, inside the period from {first}"
            faults.add(what, remedy="let it start on the first day of a period, or appraise shorter ones")
    faults.raise_if_any()


def _teams(people: FrameLike | None, rows: Rows) -> _Teams:
    if people is None:
        return _Teams((_ALL,), np.zeros(len(rows.employees), dtype=np.int64))
    frame = frame_of(people)
    faults = Faults("frame 'people'")
    for column in ("employee", "team"):
        if column not in frame.columns:
            faults.add(f"column {column!r} is missing", where="frame 'people'", remedy="add it")
    faults.raise_if_any()
    again = frame["employee"].duplicated()
    if again.any():
        labels = frame.index[again].tolist()
        faults.add("an employee occurs twice", where="frame 'people'", rows=labels, remedy="keep one team for each")
    faults.raise_if_any()
    team = frame.set_index("employee")["team"].reindex(list(rows.employees))
    if team.isna().any():
        who = team.index[team.isna()].tolist()
        faults.add("an employee of the counts has no team", where="frame 'people'", rows=who, remedy="add them")
    faults.raise_if_any()
    codes, names = pd.factorize(team.astype(str), sort=True)
    return _Teams(tuple(map(str, names)), codes.astype(np.int64))


def _check_data(card: AppraisalCard, cube: Cube, lines: Sequence[int], period: int, rows: Rows) -> None:
    faults = Faults("counts")
    for each, line in zip(card.indicators, lines, strict=True):
        if not (cube.denominator[line, period] > 0).any():
            what = (
                f"indicator {each.name!r} of card {card.name!r} has no data in the period from {rows.periods[period]}"
            )
            faults.add(what, remedy="count it, or use a card without it")
    faults.raise_if_any()


def _slab(
    card: AppraisalCard, cube: Cube, lines: Sequence[int], period: int, teams: _Teams, expected: Expected | None
) -> Slab:
    """Return all that is known of one period."""
    above, below = cube.numerator[lines, period], cube.denominator[lines, period]
    plain = [
        pull(Sample(each.sample), above[n], below[n], teams=teams.codes, within=float(cube.within[line]))
        for n, (each, line) in enumerate(zip(card.indicators, lines, strict=True))
    ]
    adjusted = None
    due = np.full(above.shape, np.nan)
    if expected is not None:
        seen = below > 0
        due = np.divide(expected.numerator[lines, period], below, out=due, where=seen)
        adjusted = [
            _adjusted(
                Sample(each.sample), above[n], below[n], due[n], teams, expected.parameters[line], cube.within[line]
            )
            for n, (each, line) in enumerate(zip(card.indicators, lines, strict=True))
        ]
    return Slab(card, above, below, tuple(plain), None if adjusted is None else tuple(adjusted), due)


def _adjusted(
    sample: Sample, above: Floats, below: Floats, due: Floats, teams: _Teams, parameters: int, within: float
) -> Pulled:
    """Return the value that an employee would have with the mix of all."""
    found = pull(sample, above, below, teams=teams.codes, toward=due, parameters=parameters, within=float(within))
    value, slope = carried_over(sample, found.value, due, float(above.sum() / below.sum()))
    return Pulled(value, found.sd * slope, found.own, found.size, found.toward, found.between)
