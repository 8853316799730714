from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.schema import FRAMES, QUANTILES, Kind, as_frame, check

NINE, TEN = pd.DatetimeIndex(["2026-11-02 09:00", "2026-11-02 10:00"], tz="Europe/Berlin")


def history(**changes: Any) -> pd.DataFrame:
    columns = {"queue": ["calls", "chat"], "start": [NINE, NINE], "offered": [12, 3], **changes}
    return pd.DataFrame({name: values for name, values in columns.items() if values is not None})


def contacts(**changes: Any) -> pd.DataFrame:
    columns = {
        "contact_id": ["c1", "c2"],
        "queue": ["calls", "calls"],
        "arrived_at": [NINE, NINE],
        "answered_at": pd.DatetimeIndex([NINE, None]),
        "abandoned_at": pd.DatetimeIndex([None, TEN]),
    }
    return pd.DataFrame({**columns, **changes})


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


def test_a_good_frame_is_returned_sorted_and_counted_from_0() -> None:
    given_ = pd.DataFrame(
        {
            "queue": ["chat", "calls", "calls"],
            "start": [NINE, TEN, NINE],
            "offered": [1, 2, 3],
            "note": ["a", "b", "c"],
        },
        index=[7, 7, 9],
    )
    before = given_.copy()
    found = check(given_, "history")
    assert found["note"].tolist() == ["c", "b", "a"]
    assert found.index.tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(given_, before)


def test_columns_get_one_type_whatever_they_were() -> None:
    for text in ("object", "string", "category", "str"):
        found = check(history().astype({"queue": text}), "history")
        assert found["queue"].dtype == "str"
    seconds = history(start=pd.DatetimeIndex([NINE, NINE]).as_unit("s"))
    assert str(check(seconds, "history")["start"].dtype) == "datetime64[ns, Europe/Berlin]"


def test_categories_are_sorted_as_text() -> None:
    frame = history(queue=pd.Categorical(["calls", "chat"], categories=["chat", "calls"]))
    assert check(frame, "history")["queue"].tolist() == ["calls", "chat"]


def test_stamps_are_turned_to_the_zone_that_is_asked_for() -> None:
    found = check(history(), "history", tz="Asia/Shanghai")
    assert found["start"].iloc[0].isoformat() == "2026-11-02T16:00:00+08:00"


def test_missing_text_stays_missing() -> None:
    frame = pd.DataFrame({"employee": ["A1"], "start": [NINE], "end": [TEN], "activity": ["break"], "queue": [None]})
    assert check(frame, "activities")["queue"].isna().all()


def test_an_empty_frame_is_a_frame() -> None:
    assert check(history().iloc[:0], "history").empty


class Result:
    def to_frame(self) -> pd.DataFrame:
        return history()


def test_a_result_gives_its_frame() -> None:
    assert as_frame(Result(), "history")["offered"].tolist() == [12, 3]
    assert as_frame(history(), "history", known={"queue": ["calls", "chat"]}, tz="UTC").shape == (2, 3)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (
            [1],
            "frame 'history' is a list; give a pandas.DataFrame or a result with to_frame()",
        ),
        (history(offered=None), "column 'offered' is missing; the frame has: queue, start"),
        (
            history().rename(columns={"offered": "Offered"}),
            "column 'offered' is missing; rename 'Offered'?",
        ),
        (history().set_index("queue"), "column 'queue' is missing; it is in the index: call frame.reset_index()"),
        (
            history().set_index(["queue", "start"]),
            "2 problems in frame 'history':\n"
            "  1. column 'queue' is missing; it is in the index: call frame.reset_index()\n"
            "  2. column 'start' is missing; it is in the index: call frame.reset_index()",
        ),
        (
            pd.concat([history(), history()[["offered"]]], axis=1),
            "column 'offered' occurs twice; drop or rename one",
        ),
        (
            history(queue=[1, 2]),
            "column 'queue' is not text: np.int64(1) (rows 0, 1); call frame['queue'].astype(str)",
        ),
        (
            history(queue=["calls", None]),
            "column 'queue' has no value (row 1); fill it or leave the row out",
        ),
        (
            history(start=["2026-11-02 09:00", "2026-11-02 10:00"]),
            "column 'start' holds text, not stamps; "
            "call pd.to_datetime(frame['start']).dt.tz_localize('Europe/Berlin') with your zone",
        ),
        (
            history(start=["2026-11-02T09:00:00Z", "2026-11-02T09:00:00+01:00"]),
            "column 'start' holds text, not stamps; call pd.to_datetime(frame['start'], utc=True)",
        ),
        (
            history(start=pd.Series([NINE, NINE.tz_convert("UTC")], dtype=object)),
            "column 'start' holds object, not stamps; call pd.to_datetime(frame['start'], utc=True)",
        ),
        (
            history(start=[1, 2]),
            "column 'start' holds int64, not stamps; "
            "call pd.to_datetime(frame['start']).dt.tz_localize('Europe/Berlin') with your zone",
        ),
        (
            history(start=pd.DatetimeIndex(["2026-11-02 09:00", "2026-11-02 09:00"])),
            "column 'start' has stamps without a zone; "
            "call frame['start'].dt.tz_localize('Europe/Berlin') with your zone",
        ),
        (
            history(start=pd.DatetimeIndex([NINE, None])),
            "column 'start' has no value (row 1); fill it or leave the row out",
        ),
        (
            history(offered=["12", "3"]),
            "column 'offered' holds str, not numbers; call pd.to_numeric(frame['offered'])",
        ),
        (
            history(offered=[True, False]),
            "column 'offered' holds bool, not numbers; call pd.to_numeric(frame['offered'])",
        ),
        (
            history(offered=[1j, 2]),
            "column 'offered' holds complex128, not numbers; call pd.to_numeric(frame['offered'])",
        ),
        (
            history(offered=[1, -3]),
            "column 'offered' must be a finite number of at least 0, got -3 (row 1); correct the value",
        ),
        (
            history(offered=[np.inf, 3]),
            "column 'offered' must be a finite number of at least 0, got inf (row 0); correct the value",
        ),
        (
            history(offered=[1, np.nan]),
            "column 'offered' has no value (row 1); fill it or leave the row out",
        ),
        (
            history(offered=pd.Series([1, None], dtype="Int64")),
            "column 'offered' has no value (row 1); fill it or leave the row out",
        ),
        (
            history(wait_s=[np.nan, -1]),
            "column 'wait_s' must be a finite number of at least 0, got -1 (row 1); correct the value",
        ),
        (
            history(queue=["calls", "calls"]),
            "the key occurs twice: queue calls, start 2026-11-02 09:00:00+01:00 (row 1); keep one row for each key",
        ),
    ],
)
def test_each_fault_of_a_history_has_its_message(frame: Any, text: str) -> None:
    assert message(lambda: check(frame, "history")) == text


def test_rows_are_told_by_their_labels_the_first_five_of_them() -> None:
    frame = pd.concat([history(offered=[-1, -1])] * 4).set_axis(list("abcdefgh"))
    told = message(lambda: check(frame, "history"))
    assert "(rows a, b, c, d, e, … (8 in total))" in told


def test_every_fault_is_told_at_once() -> None:
    frame = history(queue=["calls", None], offered=[1, -1], aht_s=["x", "y"])
    told = message(lambda: check(frame, "history", known={"queue": ["chat"]}))
    assert told.splitlines() == [
        "4 problems in frame 'history':",
        "  1. column 'queue' has no value (row 1); fill it or leave the row out",
        "  2. unknown queue 'calls' (row 0); known: chat",
        "  3. column 'offered' must be a finite number of at least 0, got -1 (row 1); correct the value",
        "  4. column 'aht_s' holds str, not numbers; call pd.to_numeric(frame['aht_s'])",
    ]


def test_unknown_values_are_told_one_by_one() -> None:
    told = message(lambda: check(history(queue=["cals", "chat"]), "history", known={"queue": ["calls", "chat"]}))
    assert told == "unknown queue 'cals' (row 0); did you mean 'calls'? Known: calls, chat"


def test_an_unknown_frame_is_told_the_nearest() -> None:
    told = message(lambda: check(history(), "histroy"))
    assert told.startswith("unknown frame 'histroy'; did you mean 'history'? Known: activities, burdens, contacts, ")


def requirement(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"queue": ["calls"], "start": [NINE], "load_erl": [4.0], "agents": [6], "scheduled": [7], **changes}
    )


@pytest.mark.parametrize(
    ("value", "remedy"),
    [(80.0, "write 0.8 for 80 %"), (101.0, "correct the value"), (-0.1, "correct the value")],
)
def test_a_share_is_a_fraction(value: float, remedy: str) -> None:
    told = message(lambda: check(requirement(service_level=[value]), "requirement"))
    assert told == f"column 'service_level' must be a fraction from 0 to 1, got {value:g} (row 0); {remedy}"


def test_a_share_may_be_missing_and_touch_its_ends() -> None:
    for value in (0.0, 1.0, np.nan):
        assert len(check(requirement(service_level=[value]), "requirement")) == 1


def test_a_forecast_handle_time_is_above_0() -> None:
    forecast = pd.DataFrame({"queue": ["calls"], "start": [NINE], "offered": [1.0], "aht_s": [0.0]})
    told = message(lambda: check(forecast, "forecast"))
    assert told == "column 'aht_s' must be a finite number above 0, got 0 (row 0); correct the value"


def test_a_flag_is_true_or_false() -> None:
    states = pd.DataFrame({"employee": ["A1"], "start": [NINE], "end": [TEN], "state": ["talk"], "productive": ["yes"]})
    told = message(lambda: check(states, "employee_states"))
    assert told == "column 'productive' must be true or false, got 'yes' (row 0); write True or False"
    assert len(check(states.assign(productive=True), "employee_states")) == 1


def test_an_end_that_no_contact_has_still_needs_a_zone() -> None:
    told = message(lambda: check(contacts(answered_at=[None, None]), "contacts"))
    assert told == (
        "column 'answered_at' holds no stamp at all and has no zone; "
        "call pd.to_datetime(frame['answered_at'], utc=True), or leave the column out"
    )
    assert len(check(contacts(answered_at=pd.to_datetime([None, None], utc=True)), "contacts")) == 2


def test_two_events_of_a_ticket_may_fall_together_and_keep_their_order() -> None:
    events = pd.DataFrame(
        {"ticket": ["t1"] * 3, "at": [TEN, NINE, NINE], "kind": ["c", "b", "a"], "actor": ["agent"] * 3}
    )
    assert check(events, "ticket_events")["kind"].tolist() == ["b", "a", "c"]


def test_keys_are_required_columns() -> None:
    for name, frame in FRAMES.items():
        for column in frame.key:
            assert frame.columns[column].required, (name, column)
            assert not frame.columns[column].nullable, (name, column)


def test_the_thirteen_quantiles_name_their_level() -> None:
    assert len(QUANTILES) == 13
    for name, level in QUANTILES.items():
        digits = name.removeprefix("offered_q")
        assert int(digits) / 10 ** len(digits) == pytest.approx(level)
        assert FRAMES["forecast"].columns[name].kind is Kind.NUMBER
    assert list(QUANTILES.values()) == sorted(QUANTILES.values())


@given(st.permutations(list(range(8))), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_the_order_of_rows_changes_nothing(order: list[int], tz: str) -> None:
    starts = pd.date_range(NINE, periods=4, freq="30min")
    frame = pd.DataFrame({"queue": ["calls", "chat"] * 4, "start": np.repeat(starts, 2), "offered": range(8)})
    expected = check(frame, "history", tz=tz)
    pd.testing.assert_frame_equal(check(frame.iloc[order], "history", tz=tz), expected)
    pd.testing.assert_frame_equal(check(expected, "history", tz=tz), expected)


def test_a_requirement_of_heads_alone_needs_no_load() -> None:
    assert check(requirement().drop(columns="load_erl"), "requirement")["scheduled"].tolist() == [7]


def test_a_wrong_number_does_not_hide_a_missing_one() -> None:
    start = pd.date_range("2026-11-02", periods=3, freq="1h", tz="UTC")
    frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [1.0, -1.0, np.nan]})
    with pytest.raises(DataError) as caught:
        as_frame(frame, "history")
    assert [str(problem) for problem in caught.value.problems] == [
        "column 'offered' must be a finite number of at least 0, got -1 (row 1); correct the value",
        "column 'offered' has no value (row 2); fill it or leave the row out",
    ]
