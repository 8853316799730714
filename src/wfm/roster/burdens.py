"""What people bear that nobody likes, and what they bore before the horizon."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.errors import Faults
from wfm.schema import FrameLike, as_frame
from wfm.shifts import Floats

__all__ = ["BURDENS", "read_history", "spread_frame"]

BURDENS = ("nights", "weekends", "unpopular", "hours")


def read_history(history: FrameLike | None, centre: Centre) -> Floats:
    """Return the burdens borne before by each person, in the order of their identifiers, as people x burdens.

    Raises
    ------
    DataError
        If the frame has faults, names somebody unknown, or leaves somebody out.
    """
    ids = sorted(employee.id for employee in centre.employees)
    if history is None:
        return np.zeros((len(ids), len(BURDENS)))
    faults, frame = Faults("the history of burdens"), pd.DataFrame()
    with faults.collecting("history"):
        frame = as_frame(history, "burdens", known={"employee": ids})
    faults.raise_if_any()
    borne = frame.set_index("employee")
    for name in ids:
        if name not in borne.index:
            remedy = "give a row, for a newcomer with the mean of the people alike"
            faults.add(f"employee {name!r} has no row", where="history", remedy=remedy)
    faults.raise_if_any()
    table: Floats = borne.loc[ids, list(BURDENS)].to_numpy(dtype=float)
    return table


def spread_frame(fairness: pd.DataFrame) -> pd.DataFrame:
    """Return how unevenly those alike bear each burden.

    One row for each contract and burden: `contract, burden, mean, least, most, range, deviation`; `range` is the most
    less the least, `deviation` the standard deviation of all of them.

    Examples
    --------
    >>> table = pd.DataFrame({"employee": ["A", "B"], "contract": "full", "nights": [1.0, 3.0]})
    >>> table[["weekends", "unpopular", "hours"]] = 0.0
    >>> spread_frame(table).loc[0, "mean":].astype(float).tolist()
    [2.0, 1.0, 3.0, 2.0, 1.0]
    """
    rows = [
        (contract, name, found.mean(), found.min(), found.max(), found.max() - found.min(), found.std())
        for contract, alike in fairness.groupby("contract", sort=True)
        for name in BURDENS
        for found in [alike[name].to_numpy(dtype=float)]
    ]
    columns = ["contract", "burden", "mean", "least", "most", "range", "deviation"]
    return pd.DataFrame(rows, columns=columns).astype({"contract": "str", "burden": "str"})
