"""Appeals on a calendar whose working days are known; dates counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendar import Calendar, makeup_days
from wfm.domain import CalendarSpec
from wfm.errors import DataError
from wfm.kpi.appraisal import (
    APPRAISAL_APPEAL,
    REWARD_AND_PENALTY_APPEAL,
    Procedure,
    Step,
    add_working_days,
    track_appeals,
    working_days_between,
)

CHINA = Calendar(CalendarSpec(country="CN", makeup_days=makeup_days("CN", 2025)), "Asia/Shanghai")
PLAIN = Calendar(CalendarSpec(), "UTC")

# The State Council's notice for 2025 (12 November 2024): 28 January to 4 February and 1 to 8 October are days off;
# Sunday 26 January, Saturday 8 February, Sunday 28 September and Saturday 11 October are worked.
BY_HAND = [
    (date(2025, 1, 24), 1, date(2025, 1, 26)),
    (date(2025, 1, 24), 3, date(2025, 2, 5)),
    (date(2025, 1, 27), 4, date(2025, 2, 8)),
    (date(2025, 9, 26), 1, date(2025, 9, 28)),
    (date(2025, 9, 26), 3, date(2025, 9, 30)),
    (date(2025, 9, 30), 3, date(2025, 10, 11)),
    (date(2025, 9, 30), 5, date(2025, 10, 14)),
]


@pytest.mark.parametrize(("day", "count", "due"), BY_HAND)
def test_holidays_do_not_count_and_make_up_days_do(day, count, due):
    assert add_working_days(CHINA, day, count) == due
    assert working_days_between(CHINA, day, due) == count


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2025, 1, 1), date(2025, 10, 31)), st.integers(1, 20))
def test_due_days_are_worked_and_count_back(day, count):
    due = add_working_days(CHINA, day, count)
    assert working_days_between(CHINA, day, due) == count
    assert working_days_between(CHINA, day, due - timedelta(days=1)) == count - 1
    assert due >= add_working_days(CHINA, day, max(1, count - 1))


def events(*rows):
    return pd.DataFrame(rows, columns=["appeal", "step", "day"])


def test_the_deadlines_of_the_two_procedures():
    told = {p.name: [(s.name, s.days) for s in p.steps] for p in (REWARD_AND_PENALTY_APPEAL, APPRAISAL_APPEAL)}
    assert told == {
        "reward or penalty": [("filed", 3), ("answered", 5)],
        "appraisal": [
            ("acknowledged", 5),
            ("reviewed", 10),
            ("notified", 5),
            ("appealed again", 5),
            ("written feedback", 5),
        ],
    }


def test_an_appraisal_over_the_october_holidays():
    log = events(
        ("1", "filed", date(2025, 9, 24)),
        ("1", "acknowledged", date(2025, 9, 30)),  # 5 working days: 25, 26, 28 (made up), 29, 30
        ("1", "reviewed", date(2025, 10, 22)),  # due 21 October: 9, 10, 11 (made up), 13-17, 20, 21
    ).assign(employee="E1")
    found = track_appeals(log, APPRAISAL_APPEAL, CHINA, as_of=date(2025, 10, 23))
    steps = found.steps.set_index("step")
    assert steps["due"].tolist()[:3] == [date(2025, 9, 30), date(2025, 10, 21), date(2025, 10, 29)]
    assert steps["state"].tolist() == ["done", "done late", "open", "not yet begun", "not yet begun"]
    assert steps["breach"].tolist() == [False, True, False, False, False]
    assert steps["working_days"].tolist()[:3] == [5, 11, 1]
    head = found.frame.iloc[0]
    assert head[["employee", "state", "waiting_for", "waiting_by"]].tolist() == [
        "E1",
        "reviewed",
        "notified",
        "human resources",
    ]
    assert (head["due"], head["overdue"], head["breaches"], head["ended"]) == (date(2025, 10, 29), False, 1, False)
    late = track_appeals(log, APPRAISAL_APPEAL, CHINA, as_of=date(2025, 10, 30)).frame.iloc[0]
    assert (late["overdue"], late["breaches"]) == (True, 2)


def test_a_second_appeal_may_be_left_out_and_then_it_has_ended():
    day = date(2026, 3, 2)  # a Monday
    log = events(
        *(("1", name, day + timedelta(weeks=n)) for n, name in enumerate(APPRAISAL_APPEAL.names[:4])),
    ).assign(outcome=[None, None, None, "upheld"])
    before = track_appeals(log, APPRAISAL_APPEAL, PLAIN, as_of=date(2026, 3, 30)).frame.iloc[0]
    assert (before["waiting_for"], before["due"], before["ended"]) == ("appealed again", date(2026, 3, 30), False)
    found = track_appeals(log, APPRAISAL_APPEAL, PLAIN, as_of=date(2026, 3, 31))
    head = found.frame.iloc[0]
    assert (head["ended"], head["breaches"], head["outcome"]) == (True, 0, "upheld")
    assert found.steps["state"].tolist()[3:] == ["not taken up in time", "not yet begun"]
    assert found.outcomes().to_numpy().tolist() == [["upheld", 1, 1.0]]


def test_what_was_not_known_on_the_day_of_the_report_does_not_count():
    log = events(("1", "decided", date(2026, 3, 2)), ("1", "filed", date(2026, 3, 6)))
    early = track_appeals(log, REWARD_AND_PENALTY_APPEAL, PLAIN, as_of=date(2026, 3, 5))
    assert early.frame[["waiting_for", "due", "overdue"]].to_numpy().tolist() == [["filed", date(2026, 3, 5), False]]
    late = track_appeals(log, REWARD_AND_PENALTY_APPEAL, PLAIN, as_of=date(2026, 3, 6))
    # Filed a day late is shown and not decided upon: the answer is due in any case.
    assert late.steps["state"].tolist() == ["done late", "open"]
    assert late.frame["due"].item() == date(2026, 3, 13)


def test_no_appeals_are_a_result_too():
    events = pd.DataFrame({"appeal": [], "step": [], "day": []}).astype({"appeal": "str", "step": "str", "day": object})
    found = track_appeals(events, APPRAISAL_APPEAL, PLAIN, as_of=date(2026, 5, 20))
    assert found.frame.empty
    assert found.statistics()["begun"].tolist() == [0] * 5


def test_the_statistics_of_the_archive():
    start = date(2026, 3, 2)
    rows = []
    for number, took in enumerate([1, 2, 3, 5]):
        rows += [(str(number), "decided", start), (str(number), "filed", add_working_days(PLAIN, start, took))]
    rows += [("0", "answered", add_working_days(PLAIN, rows[1][2], 5)), ("9", "decided", date(2026, 3, 27))]
    found = track_appeals(events(*rows), REWARD_AND_PENALTY_APPEAL, PLAIN, as_of=date(2026, 3, 30))
    table = found.statistics().set_index("step")
    told = ["days", "begun", "done", "late", "overdue", "lapsed", "open", "median_days", "longest_days"]
    assert table.loc["filed", told].tolist() == [3, 5, 4, 1, 0, 0, 1, 2.5, 5]
    assert table.loc["answered", told].tolist() == [5, 4, 1, 0, 3, 0, 0, 5, 5]
    assert "5 appeals (reward or penalty) as of 2026-03-30: 1 ended, 3 overdue" in str(found)
    assert found.outcomes()["outcome"].tolist() == ["not recorded"]


MONDAY = date(2026, 3, 2)


class Idle(Calendar):
    """A calendar of nothing but Sundays."""

    __slots__ = ()

    def day_types(self, dates):
        return ["Sun" for _ in dates]


IDLE = Idle(CalendarSpec(), "UTC")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: track_appeals(events(("1", "file", MONDAY)), APPRAISAL_APPEAL, PLAIN, as_of=MONDAY),
            "unknown step 'file' (row 0); did you mean 'filed'? Known: acknowledged, appealed again, filed, notified, "
            "reviewed, written feedback",
        ),
        (
            lambda: track_appeals(
                events(("1", "filed", MONDAY), ("1", "filed", MONDAY)), APPRAISAL_APPEAL, PLAIN, as_of=MONDAY
            ),
            "a step was taken twice (row 1); keep the first of them",
        ),
        (
            lambda: track_appeals(
                events(("1", "filed", MONDAY), ("1", "reviewed", MONDAY)), APPRAISAL_APPEAL, PLAIN, as_of=MONDAY
            ),
            "appeal '1' has no 'acknowledged', but a later step; give the day of every step up to the last one",
        ),
        (
            lambda: track_appeals(
                events(("1", "filed", MONDAY), ("1", "acknowledged", date(2026, 3, 1))),
                APPRAISAL_APPEAL,
                PLAIN,
                as_of=MONDAY,
            ),
            "the steps of appeal '1' are not in the order of the procedure; correct a day",
        ),
        (
            lambda: add_working_days(IDLE, MONDAY, 1),
            "the calendar has no working day for 60 days before 2026-05-02; check its holidays and make-up days",
        ),
        (lambda: add_working_days(PLAIN, MONDAY, 0), "count must be a whole number at least 1, got 0"),
        (
            lambda: add_working_days(PLAIN, "2026-03-02", 1),
            "day must be a date, got '2026-03-02'; write date(2026, 3, 2)",
        ),
        (lambda: Procedure(name="x", start="a", steps=()), "procedure 'x' has no steps; give at least one"),
        (
            lambda: Procedure(name="x", start="a", steps=(Step(name="a", days=1, by="b"),)),
            "procedure 'x' has the step 'a' twice; give one another name",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == message
