"""Rosters behind a service: people by pseudonym, and solves that can be cancelled.

A quote takes milliseconds and runs where it is asked. A roster takes seconds to minutes: it runs in one of a few
processes, which can be ended at once, and others wait in a line of bounded length. Names of people never leave the
caller: the solver sees pseudonyms, and the roster is named again on the way back.

`python examples/service/jobs.py` rosters a small centre, and cancels a second job.
"""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
from collections.abc import Mapping
from concurrent import futures
from concurrent.futures import Future
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Queue
from threading import Lock, Thread
from typing import Any

import pandas as pd

import wfm
from wfm.domain import Centre
from wfm.errors import WfmError


class JobError(WfmError):
    """A job was not taken, ran out of time, or lost its process."""


class CancelledError(JobError):
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


def _work(pipe: Connection) -> None:
    """Solve what comes, one roster after another, until the pool has no more or is gone."""
    while True:
        try:
            need, centre, options = pipe.recv()
        except EOFError:
            return
        try:
            found: Any = wfm.roster.solve(need, centre, **options)
        except WfmError as error:
            found = error
        pipe.send(found)


class Job:
    """A roster that waits for a worker, is being solved, or is done; `Pool.submit` makes it."""

    def __init__(self, task: tuple[pd.DataFrame, Centre, Mapping[str, Any]], limit_s: float | None) -> None:
        self.task, self.limit_s = task, limit_s
        self.future: Future[Any] = Future()
        self._lock = Lock()
        self._process: BaseProcess | None = None
        self._stopped = False

    def cancel(self) -> None:
        """End the job: taken out of the line, or its process ended at once. A job that is done stays done."""
        with self._lock:
            if self.future.cancel():
                return
            if self._process is not None and not self._stopped:
                self._stopped = True
                self._process.terminate()

    def result(self, timeout_s: float | None = None) -> Any:
        """Return the roster, or raise what the solver raised.

        Raises
        ------
        CancelledError
            If the job was cancelled, or the pool was closed.
        JobError
            If its own time limit was over, or its process died.
        TimeoutError
            If it is not done within `timeout_s`; it goes on.
        """
        try:
            return self.future.result(timeout_s)
        except futures.CancelledError:
            raise CancelledError("the job was ended before it was done") from None

    def run(self, process: BaseProcess, pipe: Connection) -> bool:
        """Solve in a process, and return whether the process can be used again."""
        with self._lock:
            if not self.future.set_running_or_notify_cancel():
                return True
            self._process = process
        found: Any = JobError(f"no roster within the job's time limit of {self.limit_s} s")
        late = True
        try:
            pipe.send(self.task)
            if pipe.poll(self.limit_s):
                found, late = pipe.recv(), False
        except (EOFError, OSError):
            found = JobError("the process of the job died; it may have run out of memory")
        with self._lock:
            self._process = None
        if self._stopped:
            found = CancelledError("the job was ended before it was done")
        if isinstance(found, WfmError):
            self.future.set_exception(found)
        else:
            self.future.set_result(found)
        return not late and not self._stopped


class Pool:
    """Some processes that solve rosters, and a line of bounded length before them.

    A process is started when it is first needed, kept for further jobs, and replaced after one that was cancelled, ran
    out of time or died. Each service, and each of its workers, has a pool of its own: nothing is shared, so that a
    service may be started twice.

    Parameters
    ----------
    workers
        Rosters solved at the same time, 1 or more.
    waiting
        Jobs that may wait; one more is refused, so that a crowd is told at once instead of served too late.
    """

    def __init__(self, workers: int = 2, waiting: int = 16) -> None:
        self._line: Queue[Job | None] = Queue()
        self._most, self._closed, self._lock = workers + waiting, False, Lock()
        self._jobs: list[Job] = []
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, need: pd.DataFrame, centre: Centre, *, limit_s: float | None = None, **options: Any) -> Job:
        """Put a roster in line.

        Parameters
        ----------
        need, centre, options
            As for `wfm.roster.solve`.
        limit_s
            Seconds of solving after which the process is ended; default none.

        Raises
        ------
        JobError
            If the line is full, or the pool is closed.
        """
        with self._lock:
            self._jobs = [job for job in self._jobs if not job.future.done()]
            if self._closed:
                raise JobError("the pool is closed")
            if len(self._jobs) >= self._most:
                raise JobError(f"{len(self._jobs)} jobs are in line; send it again later")
            job = Job((need, centre, options), limit_s)
            self._jobs.append(job)
            self._line.put(job)
        return job

    def close(self) -> None:
        """Cancel all jobs and end all processes."""
        with self._lock:
            self._closed = True
        while any(not job.future.done() for job in self._jobs):
            for job in self._jobs:
                job.cancel()
            futures.wait([job.future for job in self._jobs], timeout=0.1)
        for _ in self._threads:
            self._line.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        # A fresh process: threads of a service must not be copied into it.
        context = multiprocessing.get_context("spawn")
        process, pipe = None, None
        while (job := self._line.get()) is not None:
            if process is None or pipe is None:
                pipe, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs,), daemon=True)
                process.start()
                theirs.close()
            if not job.run(process, pipe):
                _ended(process, pipe)
                process = None
        _ended(process, pipe)


def _ended(process: BaseProcess | None, pipe: Connection | None) -> None:
    """End a process, and wait until it is gone."""
    if process is not None and pipe is not None:
        pipe.close()
        process.terminate()
        process.join()


def main() -> None:
    from wfm.testing import make_centre

    centre, names = pseudonymise(make_centre(people=10), key=b"keep this in a vault")
    starts = pd.date_range("2026-11-02 08:00", periods=24, freq="30min", tz=centre.tz)
    need = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 1.2, "agents": 2, "scheduled": 2})
    with Pool(workers=1) as pool:
        job, other = pool.submit(need, centre, work_limit=20), pool.submit(need, centre, work_limit=10**6)
        other.cancel()
        roster = job.result(timeout_s=300)
        print(named(roster.shifts, names).to_string(index=False))
        try:
            other.result()
        except CancelledError as error:
            print(f"the other job: {error}")


if __name__ == "__main__":
    main()
