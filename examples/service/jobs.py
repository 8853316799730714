"""Rosters behind a service: people by pseudonym, and solves that can be cancelled.

A quote takes milliseconds and runs where it is asked. A roster takes seconds to minutes: each runs in a process of its
own, so that it can be ended at once and its memory given back. Names of people never leave the caller: the solver sees
pseudonyms, and the roster is named again on the way back.

`python examples/service/jobs.py` rosters a small centre, and cancels a second job.
"""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import pandas as pd

import wfm
from wfm.domain import Centre
from wfm.errors import WfmError


class CancelledError(WfmError):
    """A job was ended before it was done."""


def pseudonymise(centre: Centre, key: bytes) -> tuple[Centre, dict[str, str]]:
    """Return a centre whose people bear pseudonyms, and the name behind each.

    The pseudonym is a keyed hash of the name: the same key gives the same one, so that rosters of two weeks fit
    together, and without the key nobody can try names.
    """
    names = {}
    people = []
    for employee in centre.employees:
        pseudonym = "P" + hmac.new(key, employee.id.encode(), hashlib.sha256).hexdigest()[:16]
        names[pseudonym] = employee.id
        people.append(replace(employee, id=pseudonym))
    return replace(centre, employees=tuple(people)), names


def named(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame of a roster with the people's own names."""
    return frame.assign(employee=frame["employee"].map(names))


def _solve(out: Connection, need: pd.DataFrame, centre: Centre, options: Mapping[str, Any]) -> None:
    try:
        out.send(wfm.roster.solve(need, centre, **options))
    except WfmError as error:
        out.send(error)
    finally:
        out.close()


class Job:
    """A roster that is being solved in a process of its own.

    Parameters
    ----------
    need, centre
        As for `wfm.roster.solve`.
    options
        Its keyword arguments.
    """

    def __init__(self, need: pd.DataFrame, centre: Centre, **options: Any) -> None:
        # A fresh process: threads of a service must not be copied into it.
        context = multiprocessing.get_context("spawn")
        self._in, out = context.Pipe(duplex=False)
        self._process = context.Process(target=_solve, args=(out, need, centre, options), daemon=True)
        self._process.start()
        out.close()

    def cancel(self) -> None:
        """End the job at once."""
        self._process.terminate()
        self._process.join()

    @property
    def is_running(self) -> bool:
        """Whether the job is still at work."""
        return self._process.is_alive()

    def result(self, timeout_s: float | None = None) -> Any:
        """Return the roster, or raise what the solver raised.

        Raises
        ------
        CancelledError
            If the job was cancelled, or its process died.
        TimeoutError
            If it is not done in time; it goes on.
        """
        if not self._in.poll(timeout_s):
            raise TimeoutError(f"no roster within {timeout_s} s")
        try:
            found = self._in.recv()
        except EOFError:
            raise CancelledError("the job was ended before it was done") from None
        self._process.join()
        if isinstance(found, WfmError):
            raise found
        return found


def main() -> None:
    from wfm.testing import make_centre

    centre, names = pseudonymise(make_centre(people=10), key=b"keep this in a vault")
    starts = pd.date_range("2026-11-02 08:00", periods=24, freq="30min", tz=centre.tz)
    need = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 1.2, "agents": 2, "scheduled": 2})
    job, other = Job(need, centre, work_limit=20), Job(need, centre, work_limit=10**6)
    other.cancel()
    roster = job.result(timeout_s=300)
    print(named(roster.shifts, names).to_string(index=False))
    try:
        other.result()
    except CancelledError as error:
        print(f"the other job: {error}")


if __name__ == "__main__":
    main()
