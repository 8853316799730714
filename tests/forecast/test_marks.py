from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Event
from wfm.forecast.marks import Book, Part, Sort, names_of, own_variance, shared

TZ = "Asia/Shanghai"
SALE = Event(
    name="11.11",
    dates=(date(2024, 11, 11), date(2025, 11, 11), date(2026, 11, 11)),
    kind="promotion",
    before=3,
    after=2,
)
VARIANCE = {(sort, part): 0.05 if part is Part.RUN else 0.5 for sort in Sort for part in Part}


def book(*events, country=None, first=date(2024, 1, 1), last=date(2026, 10, 31)):
    return Book.of(Calendar(CalendarSpec(events=events, country=country), TZ), first, last)


def names(marks, part):
    return {mark.name for mark in marks if mark.part is part}


def test_an_ordinary_day_has_no_mark():
    assert book(SALE).marks(date(2025, 6, 3)) == ()
    assert book(SALE, country="US").marks(date(2025, 6, 3)) == ()


def test_a_holiday_and_the_days_beside_it():
    known = book(country="US")
    holiday, before, after = (known.marks(date(2025, 7, day)) for day in (4, 3, 5))
    assert names_of(holiday) == ["Independence Day"]
    assert names(holiday, Part.COMMON) == {"holiday"}
    assert names(before, Part.NAME) == {"day before Independence Day"}
    assert names(after, Part.COMMON) == {"day after a holiday"}
    assert names_of(before) == names_of(after) == []
    assert {mark.sort for mark in before} == {Sort.NEAR_HOLIDAY}
    assert names(known.marks(date(2026, 7, 4)), Part.NAME) == names(holiday, Part.NAME)
    assert names(known.marks(date(2026, 7, 4)), Part.RUN) != names(holiday, Part.RUN)


def test_days_of_one_event_share_what_they_have_in_common():
    known = book(SALE)
    last, this = known.marks(date(2024, 11, 11)), known.marks(date(2025, 11, 11))
    same = float(shared([last], [this], VARIANCE)[0, 0])
    own = own_variance(this, VARIANCE)
    assert 0.9 * own < same < own
    before = known.marks(date(2025, 11, 10))
    assert shared([before], [this], VARIANCE) is None  # the evening before is another thing than the day
    two, three = known.marks(date(2025, 11, 9)), known.marks(date(2025, 11, 8))
    far = known.marks(date(2025, 11, 8))
    near = float(shared([before], [two], VARIANCE)[0, 0])
    assert near > float(shared([before], [three], VARIANCE)[0, 0])
    assert names(far, Part.NAME) == {"11.11 before"}


def test_days_after_a_run_count_from_its_end():
    long = Event(name="week", dates=tuple(date(2025, 3, day) for day in range(3, 8)), kind="promotion", after=2)
    short = Event(name="day", dates=(date(2025, 5, 5),), kind="promotion", after=2)
    known = book(long, short)
    after = [names(known.marks(day), Part.COMMON_PLACE) for day in (date(2025, 3, 8), date(2025, 5, 6))]
    assert after[0] == after[1] == {f"promotion after {place}" for place in (0, 1, 2)}


def test_covariance_is_positive_and_has_its_diagonal():
    known = book(SALE, country="CN")
    marks = [known.marks(date(2025, month, day)) for month in (10, 11) for day in range(1, 31)]
    matrix = shared(marks, marks, VARIANCE)
    np.testing.assert_allclose(np.diag(matrix), [own_variance(one, VARIANCE) for one in marks])
    assert np.linalg.eigvalsh(matrix).min() > -1e-9


def test_a_long_festival_changes_days_and_a_short_one_is_a_holiday():
    month = Event(name="Ramadan", dates=tuple(date(2025, 3, day) for day in range(1, 30)), kind="holiday")
    feast = Event(name="Eid", dates=(date(2025, 3, 30), date(2025, 3, 31)), kind="holiday")
    known = book(month, feast)
    assert {mark.sort for mark in known.marks(date(2025, 3, 10))} == {Sort.EVENT}
    assert {mark.sort for mark in known.marks(date(2025, 3, 30))} == {Sort.HOLIDAY}


@pytest.mark.parametrize(("like", "runs"), [("11.11", set()), ("11.11 2024", {"11.11 during 2024-11-11"})])
def test_an_event_like_another_bears_its_marks_from_the_end_of_the_history_on(like, runs):
    live = Event(name="live", dates=(date(2026, 12, 1),), kind="promotion", before=1, like=like, strength=1.2)
    known = book(SALE, live)
    marks = known.marks(date(2026, 12, 1))
    assert names_of(marks) == ["11.11 during"]
    assert names(marks, Part.RUN) == {"live during 2026-12-01"} | runs
    assert {mark.strength for mark in marks if mark.part is Part.NAME} == {1.2}
    assert names_of(known.marks(date(2026, 11, 30))) == ["11.11 before"]
    late = book(SALE, live, last=date(2026, 12, 5))
    assert names_of(late.marks(date(2026, 12, 1))) == ["live during"]


def test_an_event_that_was_seen_is_itself_unless_it_names_one_of_its_own_years():
    dates = (date(2025, 12, 1), date(2026, 12, 1))
    seen = book(SALE, Event(name="live", dates=dates, kind="promotion", like="11.11"))
    assert names_of(seen.marks(dates[1])) == ["live during"]
    year = book(Event(name="live", dates=dates, kind="promotion", like="live 2025"))
    assert "live during 2025-12-01" in names(year.marks(dates[1]), Part.RUN)
