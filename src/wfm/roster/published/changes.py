"""What tells two shifts of one person apart, named and priced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from wfm.checks import check_in_range
from wfm.domain.people import ContractKind
from wfm.errors import Faults
from wfm.roster.duties import Duty, Part

__all__ = ["Change", "ChangeKind", "RepairPrices", "changes_between", "duty_text"]


class ChangeKind(StrEnum):
    """A sort of change of a published roster, the cheapest first."""

    BREAK = "break moved"
    SWITCH = "skill switch"
    EXTENSION = "extension"
    OVERTIME = "overtime"
    EARLY_LEAVE = "early leave"
    CALLED = "called in"
    DAY_OFF = "day off worked"
    SHIFT = "shift moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPrices:
    """What it costs to change a published roster, in hours of the cheapest contract, beside the pay that changes.

    Parameters
    ----------
    break_moved
        For each break that moves; 0 or more, default 0.1.
    skill_switch
        For each stretch of work that goes to another queue; default 0.25.
    extension
        For a shift that begins earlier or ends later within the hours of the week; default 0.5.
    overtime
        The same, beyond the hours of the week; default 1.
    early_leave
        For a shift that is shortened or dropped; default 1.
    called_in
        For a shift of somebody on a temporary or on-call contract who had none on the day; default 2.
    day_off_worked
        The same for everybody else; default 4.
    shift_moved
        For a shift that is moved otherwise; default 4.

    Raises
    ------
    DataError
        If a price is below 0.

    Examples
    --------
    >>> RepairPrices(overtime=2.5).overtime
    2.5
    """

    break_moved: float = 0.1
    skill_switch: float = 0.25
    extension: float = 0.5
    overtime: float = 1.0
    early_leave: float = 1.0
    called_in: float = 2.0
    day_off_worked: float = 4.0
    shift_moved: float = 4.0

    def __post_init__(self) -> None:
        faults = Faults("the prices of a repair")
        for name in self.__dataclass_fields__:
            with faults.collecting():
                check_in_range(name, getattr(self, name), 0.0)
        faults.raise_if_any()

    def of(self, kind: ChangeKind) -> float:
        """Return the price of a change."""
        return {
            ChangeKind.BREAK: self.break_moved,
            ChangeKind.SWITCH: self.skill_switch,
            ChangeKind.EXTENSION: self.extension,
            ChangeKind.OVERTIME: self.overtime,
            ChangeKind.EARLY_LEAVE: self.early_leave,
            ChangeKind.CALLED: self.called_in,
            ChangeKind.DAY_OFF: self.day_off_worked,
            ChangeKind.SHIFT: self.shift_moved,
        }[kind]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one person's shift."""

    kind: ChangeKind
    before: str
    after: str


def changes_between(
    old: Duty | None, new: Duty | None, *, contract: ContractKind | str, is_overtime: bool, tz: str
) -> list[Change]:
    """Return what tells two shifts of a person on a day apart; none if nothing does."""
    if old == new:
        return []
    if old is None or new is None or not _is_lengthened(old, new):
        return [Change(_kind(old, new, contract, is_overtime), duty_text(old, tz), duty_text(new, tz))]
    found: list[Change] = []
    if (old.start_s, old.end_s) != (new.start_s, new.end_s):
        found.append(Change(_kind(old, new, contract, is_overtime), duty_text(old, tz), duty_text(new, tz)))
    for was, now in _breaks_moved(old, new):
        found.append(Change(ChangeKind.BREAK, _part_text(was, tz), _part_text(now, tz)))
    found.extend(
        Change(ChangeKind.SWITCH, f"{span} on {was}", f"{span} on {now}") for span, was, now in _switched(old, new, tz)
    )
    return found


def duty_text(duty: Duty | None, tz: str) -> str:
    """Return a shift in words.

    Examples
    --------
    >>> duty_text(None, "UTC")
    'off'
    """
    return "off" if duty is None else f"{_span(duty.start_s, duty.end_s, tz)} {duty.template}"


def _is_lengthened(old: Duty, new: Duty) -> bool:
    """Whether the new shift is the old one, perhaps longer or shorter at an end."""
    return old.template == new.template and (old.start_s == new.start_s or old.end_s == new.end_s)


def _kind(old: Duty | None, new: Duty | None, contract: ContractKind | str, is_overtime: bool) -> ChangeKind:
    if new is None:
        return ChangeKind.EARLY_LEAVE
    if old is None:
        paid_by_call = str(contract) in ("temporary", "on call")
        return ChangeKind.CALLED if paid_by_call else ChangeKind.DAY_OFF
    if not _is_lengthened(old, new):
        return ChangeKind.SHIFT
    if new.end_s - new.start_s < old.end_s - old.start_s:
        return ChangeKind.EARLY_LEAVE
    return ChangeKind.OVERTIME if is_overtime else ChangeKind.EXTENSION


def _breaks_moved(old: Duty, new: Duty) -> list[tuple[Part, Part]]:
    """Return the breaks that stand in both shifts, at different times."""
    names = dict.fromkeys(part.activity for part in new.parts if not part.is_work)
    moved = []
    for name in names:
        was, now = old.parts_of(name), new.parts_of(name)
        moved += [(a, b) for a, b in zip(was, now, strict=False) if a.start_s != b.start_s and name != "absent"]
    return moved


def _switched(old: Duty, new: Duty, tz: str) -> list[tuple[str, str, str]]:
    """Return the stretches that are worked before and after, on different queues."""
    found: list[tuple[int, int, str, str]] = []
    for was in old.parts:
        for now in new.parts:
            low, high = max(was.start_s, now.start_s), min(was.end_s, now.end_s)
            if low >= high or was.queue is None or now.queue is None or was.queue == now.queue:
                continue
            if found and found[-1][1:] == (low, was.queue, now.queue):
                found[-1] = (found[-1][0], high, was.queue, now.queue)
            else:
                found.append((low, high, was.queue, now.queue))
    return [(_span(low, high, tz), a, b) for low, high, a, b in found]


def _part_text(part: Part, tz: str) -> str:
    return f"{part.activity} {_span(part.start_s, part.end_s, tz)}"


def _span(begin_s: int, end_s: int, tz: str) -> str:
    zone = ZoneInfo(tz)
    return "-".join(f"{datetime.fromtimestamp(moment, zone):%H:%M}" for moment in (begin_s, end_s))
