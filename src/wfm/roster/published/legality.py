"""Many changed lines of work judged at once by the independent checker.

Each line to be judged is given to a copy of its person under a name of its own, so that one call of `check` answers for
all of them, and a rule that the checker learns is at once a rule here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wfm.domain.centre import Centre
from wfm.roster.checking.checker import check
from wfm.roster.checking.violations import Rule, Violation
from wfm.roster.duties import Duties, Duty, as_frames
from wfm.timegrid import Horizon

__all__ = ["Judge"]


@dataclass(frozen=True)
class _Frames:
    shifts: object
    activities: object


class Judge:
    """Says which rules a changed line breaks that the person's line did not break before.

    Parameters
    ----------
    centre
        The centre.
    horizon
        The days of the roster.
    before
        Everybody's line before any change.
    """

    def __init__(self, centre: Centre, horizon: Horizon, before: Duties) -> None:
        self._centre = centre
        self._horizon = horizon
        self._before = before
        self._employees = {employee.id: employee for employee in centre.employees}
        self._known: dict[tuple[str, tuple[Duty, ...]], tuple[Violation, ...]] = {}

    def broken(self, employee: str, line: Iterable[Duty]) -> tuple[Violation, ...]:
        """Return the rules that a line breaks anew."""
        return self.broken_by([(employee, tuple(line))])[0]

    def broken_by(self, lines: Sequence[tuple[str, tuple[Duty, ...]]]) -> list[tuple[Violation, ...]]:
        """Return for each line of a person the rules that it breaks anew."""
        asked = list(dict.fromkeys(lines))
        plain = list(dict.fromkeys((name, tuple(self._before[name])) for name, _ in asked))
        new = [key for key in dict.fromkeys((*plain, *asked)) if key not in self._known]
        if new:
            self._judge(new)
        result = []
        for name, line in lines:
            was = {_sign(v) for v in self._known[name, tuple(self._before[name])]}
            result.append(tuple(v for v in self._known[name, line] if _sign(v) not in was))
        return result

    def _judge(self, lines: Sequence[tuple[str, tuple[Duty, ...]]]) -> None:
        copies = {f"{name} #{number}": (name, line) for number, (name, line) in enumerate(lines)}
        people = tuple(replace(self._employees[name], id=copy) for copy, (name, _) in copies.items())
        # The people themselves stay, or a queue might be served by nobody; without a shift nothing of theirs is read.
        centre = replace(self._centre, employees=(*self._centre.employees, *people))
        shifts, activities = as_frames({copy: line for copy, (_, line) in copies.items()}, self._centre.tz)
        found: dict[str, list[Violation]] = {copy: [] for copy in copies}
        for violation in check(_Frames(shifts, activities), centre, horizon=self._horizon):
            if violation.employee in found:
                found[violation.employee].append(replace(violation, employee=copies[violation.employee][0]))
        for copy, key in copies.items():
            self._known[key] = tuple(found[copy])


def _sign(violation: Violation) -> tuple[Rule, str]:
    """Return what makes a violation the same before and after: a week that is short stays short by another figure."""
    return violation.rule, violation.when_text
