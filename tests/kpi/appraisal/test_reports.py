"""Pages in three languages, and a look at every public name: nothing decides about a person."""

from __future__ import annotations

import inspect
from dataclasses import fields
from datetime import date

import pandas as pd
import pytest

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec
from wfm.errors import DataError
from wfm.kpi import appraisal
from wfm.kpi.appraisal import (
    APPRAISAL_APPEAL,
    STANDARD,
    BestOfMonth,
    ContributionOfQuarter,
    ForcedDistribution,
    Grade,
    IndividualTiers,
    Language,
    PoolByScore,
    Role,
    TeamBonus,
    YearEnd,
    appraise,
    combine_ratings,
    employee_page,
    grade_scores,
    label,
    pay,
    team_page,
    track_appeals,
)
from wfm.kpi.appraisal.labels import LABELS
from wfm.kpi.appraisal.reports import _width

JANUARY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def found(card, made):
    counts, people, _ = made(employees=24, months=1, talent=0.3)
    scores = appraise(counts, card, people=people, mix=("shift", "queue"))
    grades = grade_scores(scores, ForcedDistribution({"excellent": 0.25, "medium": 0.75}), basis="adjusted")
    payouts = pay(grades, [PoolByScore(pool="1000")])
    rows = [("E002", "E002", "self", 90.0), ("E002", "E003", "peer", 70.0)]
    ratings = pd.DataFrame(rows, columns=["employee", "rater", "role", "score"]).assign(period=JANUARY)
    return scores, grades, payouts, combine_ratings(ratings, {"self": 0.2, "peer": 0.3, "superior": 0.5})


@pytest.mark.parametrize("language", list(Language))
def test_the_page_of_an_employee(found, language):
    scores, grades, payouts, rated = found
    page = employee_page(scores, "E002", period=JANUARY, grades=grades, payouts=payouts, rated=rated, language=language)
    assert list(page.frames()) == ["scores", "groups", "lines", "ratings", "statement"]
    text, html = str(page), page.html
    for name in ("scores", "lines", "grade", "csat", "statement", "no_decision", "mix_note", "peer"):
        assert label(name, language) in text
        assert label(name, language).replace("'", "&#x27;") in html
    assert html.startswith("<!doctype html>")
    assert f"lang='{language.value}'" in html
    paid = page.frames()["statement"]
    assert paid["amount"].iloc[-1] == pytest.approx(paid["amount"].iloc[:-1].sum())
    assert label("pool by score", language) in text
    assert ("pool by score" in text) == (language is Language.ENGLISH)
    assert page.frames()["lines"]["share"].sum() == pytest.approx(page.frames()["scores"]["score"].item())
    assert page.frames()["groups"]["share"].sum() == pytest.approx(page.frames()["scores"]["score"].item())
    # Counts are shown as they were counted: 6 and not 6.000.
    shown = {row[0]: row[2:4] for row in page._table(page.frames()["lines"])[1]}
    for row in page.frames()["lines"].itertuples():
        if row.numerator == round(row.numerator):
            counts = [f"{row.numerator:,.0f}", f"{row.denominator:,.0f}"]
            assert shown[label(row.indicator, language)] == counts
    # Columns stand in line though letters of Chinese are two columns wide.
    lines = text.splitlines()
    start = lines.index(label("lines", language)) + 1
    assert len({_width(line) for line in lines[start : start + 4]}) == 1


def test_a_page_is_written_whole_and_every_result_shows_itself(found, tmp_path):
    scores, grades, payouts, rated = found
    page = employee_page(scores, "E002", period=JANUARY, language="zh-Hant")
    path = page.write(tmp_path / "new" / "page.html")
    assert path.read_text(encoding="utf-8") == page.html
    assert "員工績效考核表" in page.html
    calendar = Calendar(CalendarSpec(), "UTC")
    events = pd.DataFrame({"appeal": ["1"], "step": ["filed"], "day": [JANUARY]})
    appeals = track_appeals(events, APPRAISAL_APPEAL, calendar, as_of=JANUARY)
    for each in (scores, grades, payouts, rated, page, payouts.statement("E002"), appeals):
        assert each._repr_html_().startswith("<pre>")
        assert "&lt;" not in str(each)
        assert isinstance(str(each), str)
    for each in (scores, grades, payouts, rated, payouts.statement("E002"), appeals):
        assert len(each.to_frame())


@pytest.mark.parametrize("language", list(Language))
def test_the_page_of_a_team(found, language):
    scores, grades, _, _ = found
    page = team_page(scores, "T1", period=JANUARY, grades=grades, language=language)
    members = page.frames()["members"]
    assert members["employee"].tolist() == sorted(members["employee"])
    assert len(members) == 6
    assert page.frames()["grade"]["employees"].sum() == 6
    assert label("members", language) in str(page)
    assert label("team_page", language) in page.html
    assert team_page(scores, "T1", period=JANUARY).frames().keys() == {"scores", "members"}


def test_every_word_has_three_labels_and_the_two_chinese_ones_are_in_their_letters():
    for words in LABELS.values():
        assert len(words) == len(Language)
        assert all(words)
    known = set(LABELS)
    assert known >= {*STANDARD, *(grade.value for grade in Grade), *(role.value for role in Role)}
    schemes = (IndividualTiers, PoolByScore, TeamBonus, BestOfMonth, ContributionOfQuarter, YearEnd)
    assert known >= {field.default for scheme in schemes for field in fields(scheme) if field.name == "name"}
    simplified, traditional = ("".join(words[n] for words in LABELS.values()) for n in (1, 2))
    # Letters that are written in one of the two only.
    for plain, full in ("绩績", "员員", "团團", "优優", "满滿", "诉訴", "应應", "标標", "权權", "级級", "间間"):
        assert plain in simplified
        assert plain not in traditional
        assert full in traditional
        assert full not in simplified
    assert [label("excellent", language) for language in Language] == ["excellent", "优秀", "優秀"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s, g: employee_page(s, "E999", period=JANUARY), "unknown employee 'E999'; known: E000, E001"),
        (
            lambda s, g: team_page(s, "T9", period=JANUARY),
            "unknown team 'T9'; known: T0, T1, T2, T3",
        ),
        (
            lambda s, g: team_page(s, "T1", period=date(2027, 1, 1)),
            "unknown period '2027-01-01'; did you mean '2026-01-01'?",
        ),
        (lambda s, g: team_page(s, "T1", period=JANUARY, language="zh"), "unknown language 'zh'; "),
    ],
)
def test_what_is_refused(found, call, message):
    with pytest.raises(DataError) as error:
        call(found[0], found[1])
    assert str(error.value).startswith(message)


def test_grades_of_another_cycle_are_refused(found, card, made):
    counts, people, _ = made(employees=24, months=1)
    year = appraise(counts, card, people=people, cycle="year")
    with pytest.raises(DataError) as error:
        team_page(year, "T1", period=JANUARY, grades=found[1])
    assert str(error.value) == "the grades are by month, the appraisal is by year; give those of one cycle"


FORBIDDEN = ("dismiss", "fire", "fine", "demot", "punish", "sack", "terminat", "deduct", "suspend")


def test_no_function_returns_a_dismissal_a_fine_or_a_demotion():
    """No public name, field, column, label or choice of the package is one."""
    names = set(appraisal.__all__) | set(LABELS)
    for each in map(vars(appraisal).__getitem__, appraisal.__all__):
        names |= set(getattr(each, "__dataclass_fields__", ()))
        if inspect.isclass(each):
            names |= {name for name in vars(each) if not name.startswith("_")}
            names |= {str(value) for value in getattr(each, "__members__", {}).values()}
        elif callable(each):
            names |= set(inspect.signature(each).parameters)
    wrong = [name for name in names for word in FORBIDDEN if word in str(name).lower()]
    assert not wrong
    assert "decides" in (appraisal.__doc__ or "")


def test_streaks_and_grades_carry_no_consequence(found):
    _, grades, payouts, _ = found
    assert set(grades.frame.columns) == {
        "employee",
        "team",
        "period",
        "score",
        "known",
        "place",
        "grade",
        "p_top",
        "p_bottom",
        "team_score",
    }
    flags = appraisal.streaks(grades, ("unqualified",), length=2)
    assert list(flags.columns) == ["employee", "since", "until", "length"]
    assert (payouts.frame["cents"] >= 0).all()
