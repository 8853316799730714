"""Errors and warnings: what is wrong, which value, what to do.

Everything `wfm` raises on purpose is a `WfmError`. Bad input is a `DataError`, which carries *all* problems that
were found, not the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

__all__ = [
    "DataError",
    "DataWarning",
    "Faults",
    "InfeasibleError",
    "MissingExtraError",
    "NotFittedError",
    "Problem",
    "WfmError",
    "WfmWarning",
    "did_you_mean",
]

_SHOWN = 5


class WfmError(Exception):
    """Base of every error that `wfm` raises on purpose."""


class WfmWarning(UserWarning):
    """Base of every warning that `wfm` gives."""


class DataWarning(WfmWarning):
    """The input is usable, but something in it deserves a look."""


class InfeasibleError(WfmError):
    """No answer exists for the demands as stated; the message names the ones that clash."""


class NotFittedError(WfmError):
    """A model was asked to predict before it was fitted."""


class MissingExtraError(WfmError, ImportError):
    """An optional dependency is not installed; the message holds the `pip install` line."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed; run: pip install 'wfm[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.package, self.extra)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the input.

    Parameters
    ----------
    what
        What is wrong, with the offending value in it.
    where
        Which file, frame, row, column or field. Empty where the caller knows.
    remedy
        What to do about it.
    rows
        Labels of all the rows concerned; the first five and their number are shown.

    Examples
    --------
    >>> print(Problem("unknown queue 'biling'", where="people.csv", remedy="did you mean 'billing'?", rows=(3, 8)))
    people.csv: unknown queue 'biling' (rows 3, 8); did you mean 'billing'?
    """

    what: str
    where: str = ""
    remedy: str = ""
    rows: tuple[object, ...] = ()

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:_SHOWN])
            more = f", … ({len(self.rows)} in total)" if len(self.rows) > _SHOWN else ""
            text += f" (row{'s' if len(self.rows) > 1 else ''} {shown}{more})"
        return f"{text}; {self.remedy}" if self.remedy else text


class DataError(WfmError, ValueError):
    """The input is wrong. Carries every problem found.

    Parameters
    ----------
    problems
        One or more problems. The message lists them all.
    subject
        What was being read or checked, for the headline of several problems.

    Examples
    --------
    >>> error = DataError([Problem("a"), Problem("b")], subject="centre.toml")
    >>> print(error)
    2 problems in centre.toml:
      1. a
      2. b
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Problem | Iterable[Problem], subject: str = "") -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.subject = subject
        super().__init__(self._message())

    def _message(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        head = f"{len(self.problems)} problems" + (f" in {self.subject}" if self.subject else "")
        return "\n".join([f"{head}:", *(f"  {i}. {p}" for i, p in enumerate(self.problems, 1))])

    def __reduce__(self) -> tuple[type[DataError], tuple[tuple[Problem, ...], str]]:
        return type(self), (self.problems, self.subject)


class Faults:
    """Collects problems so that one `DataError` can name them all.

    Parameters
    ----------
    subject
        What is being checked; it heads the message when there are several problems.

    Examples
    --------
    >>> faults = Faults("people.csv")
    >>> faults.add("part-timer with 60 h", remedy="lower max_week")
    >>> faults.raise_if_any()
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: part-timer with 60 h; lower max_week
    """

    def __init__(self, subject: str = "") -> None:
        self.subject = subject
        self.problems: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self.problems)

    def add(self, what: str, *, where: str = "", remedy: str = "", rows: Iterable[object] = ()) -> None:
        """Note one problem."""
        self.problems.append(Problem(what, where, remedy, tuple(rows)))

    @contextmanager
    def collecting(self, where: str = "") -> Iterator[None]:
        """Take over the problems of any `DataError` raised inside, prefixed with `where`."""
        try:
            yield
        except DataError as error:
            for problem in error.problems:
                place = ", ".join(part for part in (where, problem.where) if part)
                self.problems.append(replace(problem, where=place))

    def raise_if_any(self) -> None:
        """Raise one `DataError` with everything noted so far, if anything was."""
        if self.problems:
            raise DataError(self.problems, self.subject)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a remedy for a misspelt name: the nearest known one, or the list of them.

    Examples
    --------
    >>> did_you_mean("biling", ["billing", "technical"])
    "did you mean 'billing'? Known: billing, technical"
    >>> did_you_mean("x", [])
    'none is defined'
    """
    import difflib

    names = sorted(set(known))
    if not names:
        return "none is defined"
    listed = ", ".join(names[:20]) + (f", … ({len(names)} in total)" if len(names) > 20 else "")
    close = difflib.get_close_matches(name, names, n=1)
    if close and len(names) > 20:
        return f"did you mean {close[0]!r}?"  # a part of a long list helps nobody
    return f"did you mean {close[0]!r}? Known: {listed}" if close else f"known: {listed}"
