"""One page for an employee and one for a team, in three languages: text, HTML and frames."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.checks import check_choice
from wfm.errors import DataError, Problem, did_you_mean
from wfm.files import make_folder, replacing
from wfm.kpi.appraisal.grades import Grade, Grades
from wfm.kpi.appraisal.incentives import Payouts
from wfm.kpi.appraisal.labels import Language, label
from wfm.kpi.appraisal.raters import Rated
from wfm.kpi.appraisal.result import Appraisal

__all__ = ["Page", "Section", "employee_page", "team_page"]

_SHARES = ("weight", "known", "p_top", "p_bottom")
_POINTS = ("points", "share", "score", "adjusted", "team_score", "adjusted_points")
_COUNTS = ("numerator", "denominator")
_WORDS = ("group", "indicator", "grade", "role", "scheme")
_STYLE = (
    "body{font-family:sans-serif;max-width:60em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;font-size:.85em}"
    "th,td{padding:.2em .6em;border-bottom:1px solid #ddd;text-align:right}"
    "th:first-child,td:first-child{text-align:left}h1{font-size:1.4em}h2{font-size:1.1em}"
)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of a page: its name (`"lines"`) and its frame, with the columns as the library names them."""

    name: str
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page of a report.

    Parameters
    ----------
    title
        Its title, in its language.
    language
        Language of the labels; numbers, names of one's own and the sums in words are not translated.
    sections
        Its parts.
    notes
        Names of the notes below them.
    """

    title: str
    language: Language
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frame of each section, with the columns as the library names them."""
        return {section.name: section.frame for section in self.sections}

    def _table(self, frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
        head = [label(str(column), self.language) for column in frame.columns]
        rows = [
            [_cell(str(column), value, self.language) for column, value in zip(frame.columns, row, strict=True)]
            for row in frame.itertuples(index=False, name=None)
        ]
        return head, rows

    def __str__(self) -> str:
        lines = [self.title, "=" * _width(self.title)]
        for section in self.sections:
            head, rows = self._table(section.frame)
            lines += ["", label(section.name, self.language)]
            widths = [max(_width(row[n]) for row in [head, *rows]) for n in range(len(head))]
            for row in [head, *rows]:
                lines.append("  ".join(_padded(text, widths[n], left=n == 0) for n, text in enumerate(row)).rstrip())
        return "\n".join([*lines, "", *(label(note, self.language) for note in self.notes)])

    @property
    def html(self) -> str:
        """The page as one HTML file."""
        parts = [f"<h1>{escape(self.title)}</h1>"]
        for section in self.sections:
            head, rows = self._table(section.frame)
            parts.append(f"<h2>{escape(label(section.name, self.language))}</h2><table>")
            parts.append("<tr>" + "".join(f"<th>{escape(text)}</th>" for text in head) + "</tr>")
            parts += ["<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows]
            parts.append("</table>")
        parts += [f"<p>{escape(label(note, self.language))}</p>" for note in self.notes]
        head_part = f"<head><meta charset='utf-8'><title>{escape(self.title)}</title><style>{_STYLE}</style></head>"
        body = "\n".join(parts)
        return f"<!doctype html>\n<html lang='{self.language.value}'>{head_part}\n<body>{body}</body></html>\n"

    def write(self, path: str | Path) -> Path:
        """Write the page as one HTML file, whole or not at all, and return its path.

        Raises
        ------
        DataError
            If its directory cannot be made or written to.
        """
        target = Path(path)
        make_folder(target.parent)
        with replacing(target) as draft:
            draft.write_text(self.html, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def _width(text: str) -> int:
    """Return the columns that a text takes; letters of Chinese take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text


def _cell(column: str, value: Any, language: Language) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if column in _WORDS:
        return label(str(value), language)
    if column == "missing":
        return ", ".join(label(part, language) for part in str(value).split(", ") if part) or "–"
    if isinstance(value, float):
        if column in _SHARES:
            return f"{100 * value:.1f} %"
        if column == "amount":
            return f"{value:,.2f}"
        if column in _COUNTS:
            return f"{value:,.6g}"
        return f"{value:,.1f}" if column in _POINTS or abs(value) >= 10 else f"{value:.3f}"
    return str(value)


def _only(appraisal: Appraisal, grades: Grades | None, period: date) -> None:
    if period not in appraisal.periods:
        remedy = did_you_mean(str(period), map(str, appraisal.periods))
        raise DataError(Problem(f"unknown period {str(period)!r}", remedy=remedy))
    if grades is not None and grades.cycle is not appraisal.cycle:
        what = f"the grades are by {grades.cycle.value}, the appraisal is by {appraisal.cycle.value}"
        raise DataError(Problem(what, remedy="give those of one cycle"))


def _notes(appraisal: Appraisal) -> tuple[str, ...]:
    return ("small_samples", *(["mix_note"] if appraisal.is_adjusted else []), "no_decision")


def _scores(appraisal: Appraisal, grades: Grades | None, rows: pd.DataFrame) -> pd.DataFrame:
    wanted = ["employee", "period", "card", "known", "raw", "score", "low", "high"]
    table = rows[[*wanted, *(["adjusted"] if appraisal.is_adjusted else [])]]
    if grades is not None:
        graded = grades.frame[["employee", "period", "place", "grade", "p_top", "p_bottom", "team_score"]]
        table = table.merge(graded, on=["employee", "period"], how="left")
    return table.reset_index(drop=True)


def employee_page(
    appraisal: Appraisal,
    employee: str,
    *,
    period: date,
    grades: Grades | None = None,
    payouts: Payouts | None = None,
    rated: Rated | None = None,
    language: Language | str = Language.ENGLISH,
) -> Page:
    """Return the page of one employee and period: score, groups, every line with its counts, ratings and payouts.

    Parameters
    ----------
    appraisal
        Scores of employees.
    employee, period
        Whose page, and the first day of the period.
    grades, payouts, rated
        What else is shown; default nothing. Of the payouts, those of this period (of every cycle that starts on its
        first day).
    language
        `en`, `zh-Hans` or `zh-Hant`; default English.

    Raises
    ------
    DataError
        If the employee, the period or the language is unknown, or the grades are of another cycle.
    """
    chosen = check_choice("language", language, Language)
    _only(appraisal, grades, period)
    lines = appraisal.lines(employee=employee, period=period)
    mine = appraisal.frame[(appraisal.frame["employee"] == employee) & (appraisal.frame["period"] == period)]
    groups = lines.groupby("group", sort=False).agg(weight=("weight", "sum"), share=("share", "sum")).reset_index()
    columns = ["indicator", "weight", "numerator", "denominator", "raw", "toward", "value", "low", "high"]
    extra = ["expected"] if appraisal.is_adjusted else []
    shown = lines[[*columns, *extra, "points", "share", *(["adjusted_points"] if extra else [])]]
    sections = [
        Section("scores", _scores(appraisal, grades, mine)),
        Section("groups", groups),
        Section("lines", shown.reset_index(drop=True)),
    ]
    if rated is not None:
        rows = rated.roles[(rated.roles["employee"] == employee) & (rated.roles["period"] == period)]
        sections.append(Section("ratings", rows[["role", "weight", "raters", "score"]].reset_index(drop=True)))
    if payouts is not None:
        rows = payouts.frame[(payouts.frame["employee"] == employee) & (payouts.frame["period"] == period)]
        total = pd.DataFrame({"scheme": [label("sum", chosen)], "basis": [""], "amount": [rows["amount"].sum()]})
        paid = pd.concat([rows[["scheme", "basis", "amount"]], total], ignore_index=True)
        sections.append(Section("statement", paid))
    title = f"{label('employee_page', chosen)}: {employee}, {period}"
    return Page(title, chosen, tuple(sections), _notes(appraisal))


def team_page(
    appraisal: Appraisal,
    team: str,
    *,
    period: date,
    grades: Grades | None = None,
    language: Language | str = Language.ENGLISH,
) -> Page:
    """Return the page of one team and period: its own score, its grades, and its members by name.

    Members are in the order of their names, not of their scores: places close together say little.

    Parameters
    ----------
    appraisal
        Scores of employees.
    team, period
        Whose page, and the first day of the period.
    grades
        Grades of the same cycle; default none.
    language
        `en`, `zh-Hans` or `zh-Hant`; default English.

    Raises
    ------
    DataError
        If the team, the period or the language is unknown, or the grades are of another cycle.
    """
    chosen = check_choice("language", language, Language)
    _only(appraisal, grades, period)
    if team not in appraisal.teams:
        raise DataError(Problem(f"unknown team {team!r}", remedy=did_you_mean(team, appraisal.teams)))
    frame = appraisal.frame
    members = frame[(frame["team"] == team) & (frame["period"] == period)]
    whole = appraisal.team_frame
    own = whole[(whole["team"] == team) & (whole["period"] == period)].reset_index(drop=True)
    table = _scores(appraisal, grades, members)
    sections = [Section("scores", own)]
    if grades is not None:
        counts = table["grade"].value_counts()
        order: Sequence[str] = [grade.value for grade in Grade if grade.value in counts.index]
        rows = pd.DataFrame({"grade": order, "employees": [int(counts[name]) for name in order]})
        sections.append(Section("grade", rows))
    shown = table.drop(columns=[name for name in ("period", "card", "team_score") if name in table.columns])
    sections.append(Section("members", shown))
    title = f"{label('team_page', chosen)}: {team}, {period}"
    return Page(title, chosen, tuple(sections), _notes(appraisal))
