from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from wfm.domain.lock import Lock
from wfm.errors import DataError

MONDAY = date(2026, 11, 2)


def test_a_lock_fixes_as_much_as_is_given() -> None:
    free = Lock(day=MONDAY)
    assert (free.off, free.template, free.start_s, free.length_s, free.breaks) == (False, None, None, None, ())
    full = Lock(day=MONDAY, template="early", start="07:00", length="8h", breaks={"pause": "09:00", "lunch": "11:30"})
    assert (full.start_s, full.length_s) == (25200, 28800)
    assert full.breaks == (("lunch", timedelta(hours=11, minutes=30)), ("pause", timedelta(hours=9)))
    assert Lock(day=MONDAY, template="early", start="07:00", length="8h", breaks=full.breaks) == full


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"day": "2026-11-02"}, "day must be a date, got '2026-11-02'; write date(2026, 11, 2)"),
        ({"off": 1}, "off must be True or False, got 1"),
        ({"start": "7"}, "start is not a time of day: '7'; write it as '07:30'"),
        ({"length": 8}, "length has no unit: 8; write '8s', '8min' or '8h'"),
        (
            {"template": "early", "breaks": 3},
            "breaks must give a start by name, got 3; write breaks={'lunch': '12:00'}",
        ),
        (
            {"off": True, "start": "07:00"},
            "a lock of 2026-11-02 asks for a day off and for a shift; "
            "leave out off, or template, start, length and breaks",
        ),
        (
            {"breaks": {"lunch": "12:00"}},
            "a lock of 2026-11-02 fixes breaks of a shift without a template; give the template too",
        ),
    ],
)
def test_each_fault_of_a_lock_has_its_message(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as caught:
        Lock(**{"day": MONDAY, **changes})
    assert str(caught.value) == text
