"""What the commands of rosters read: frames to be covered, a published roster, and moments in words."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wfm.errors import DataError, Faults, Problem

if TYPE_CHECKING:
    import pandas as pd

    from wfm.domain import Centre

__all__ = [
    "Asked",
    "Published",
    "as_instant",
    "files_of",
    "read_asked",
    "read_day",
    "read_moment",
    "read_named",
    "read_published",
]


class Asked(NamedTuple):
    """What is to be covered, and what was borne before."""

    requirement: pd.DataFrame | None
    wanted: pd.DataFrame | None
    history: pd.DataFrame | None

    @property
    def first_day(self) -> date:
        """The first day that is rostered."""
        days = [] if self.wanted is None else self.wanted["day"].tolist()
        if self.requirement is not None:
            days = self.requirement["start"].dt.date.tolist()
        return min(days, default=date.max)


def read_asked(place: Centre, requirement: Path | None, wanted: Path | None, history: Path | None) -> Asked:
    """Read the files, one of the first two at least, and name the faults of all of them."""
    from wfm import io

    if requirement is None and wanted is None:
        raise DataError(Problem("neither --requirement nor --wanted", remedy="give one of them, or both"))
    faults = Faults("the input")
    frames: list[pd.DataFrame | None] = [None, None, None]
    for number, (path, name) in enumerate(((requirement, "requirement"), (wanted, "wanted"), (history, "burdens"))):
        if path is not None:
            with faults.collecting():
                frames[number] = io.read_frame(path, name, tz=place.tz)
    faults.raise_if_any()
    return Asked(*frames)


class Published(NamedTuple):
    """A roster as it was read."""

    shifts: pd.DataFrame
    activities: pd.DataFrame

    def since(self, day: date) -> Published:
        """Return it from a day on."""
        return self._replace(shifts=self.shifts[self.shifts["shift_start"].dt.date >= day])


def read_published(folder: Path, place: Centre) -> Published:
    """Read the roster in a directory."""
    from wfm import io

    faults, frames = Faults("the published roster"), []
    for path in files_of(folder):
        with faults.collecting():
            frames.append(io.read_frame(path, path.stem, tz=place.tz))
    faults.raise_if_any()
    return Published(*frames)


def files_of(folder: Path | None) -> list[Path]:
    """Return the files of a published roster, none without a directory."""
    return [] if folder is None else [folder / "shifts.csv", folder / "activities.csv"]


def read_named(option: str, text: str, tz: str) -> tuple[str, date]:
    """Return the name and the day or instant that `NAME@MOMENT` says."""
    name, mark, moment = text.rpartition("@")
    if not mark or not name:
        raise DataError(Problem(f"{option} must be EMPLOYEE@MOMENT, got {text!r}", remedy="write A17@2026-11-03"))
    return name, read_moment(option, moment, tz)


def read_moment(option: str, text: str, tz: str) -> date:
    """Return a day, or an instant on the clock of the centre."""
    from zoneinfo import ZoneInfo

    try:
        if "T" not in text and " " not in text:
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        what = f"{option}: not a day or an instant: {text!r}"
        raise DataError(Problem(what, remedy="write 2026-11-03, or 2026-11-03T09:30")) from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=ZoneInfo(tz))


def as_instant(option: str, moment: date) -> datetime:
    """Return a moment that must not be a whole day."""
    if not isinstance(moment, datetime):
        raise DataError(Problem(f"{option}: {moment} is a day", remedy=f"write an instant, such as {moment}T09:30"))
    return moment


def read_day(option: str, text: str) -> date:
    """Return a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(Problem(f"{option}: not a day: {text!r}", remedy="write 2026-11-04")) from None
