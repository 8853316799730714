from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm.domain.hours import CalendarSpec, Event, EventKind, OpeningHours, OpenPeriod
from wfm.errors import DataError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONDAY = date(2026, 11, 2)
ALL_DAY = OpenPeriod(timedelta(0), timedelta(days=1))


def spans(hours: OpeningHours, day: date = MONDAY) -> list[tuple[float, float]]:
    return [(period.opens / timedelta(hours=1), period.closes / timedelta(hours=1)) for period in hours.on(day)]


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["24x7", "24/7", " 24X7 ", "24x7;", "Mon-Sun 24h", "Mon-Sun 00:00-24:00", "Wed-Tue 24h"]
)
def test_open_round_the_clock(text: str) -> None:
    hours = OpeningHours(text)
    assert hours.is_always
    assert all(hours.on(MONDAY + timedelta(days=n)) == (ALL_DAY,) for n in range(7))


@pytest.mark.parametrize(
    ("text", "by_day"),
    [
        ("Mon-Fri 08:00-18:00", {0: [(8, 18)], 4: [(8, 18)], 5: []}),
        ("Mon 8:00-12:00,13:00-17:30", {0: [(8, 12), (13, 17.5)], 1: []}),
        ("Mon 13:00-17:00 , 08:00-12:00", {0: [(8, 12), (13, 17)]}),
        ("Mon-Fri 08:00-18:00; Sat 09:00-13:00", {4: [(8, 18)], 5: [(9, 13)], 6: []}),
        ("Fri 22:00-06:00", {4: [(22, 30)], 5: []}),
        ("Fri 08:00-08:00", {4: [(8, 32)]}),
        ("Sat-Mon 09:00-10:00", {5: [(9, 10)], 6: [(9, 10)], 0: [(9, 10)], 1: []}),
        ("monday - Friday 08:00 - 18:00", {0: [(8, 18)], 4: [(8, 18)]}),
        ("Tues 08:00-09:00; Thurs 10:00-11:00", {1: [(8, 9)], 3: [(10, 11)]}),
        ("Mon-Fri 08:00-12:00; Mon 13:00-14:00", {0: [(8, 12), (13, 14)], 1: [(8, 12)]}),
    ],
)
def test_rules_are_read(text: str, by_day: dict[int, list[tuple[float, float]]]) -> None:
    hours = OpeningHours(text)
    assert not hours.is_always
    assert {day: spans(hours, MONDAY + timedelta(days=day)) for day in by_day} == by_day


@pytest.mark.parametrize(
    ("weekly", "text"),
    [
        ("", "opening hours must be text, got ''; write 'Mon-Fri 08:00-18:00'"),
        (";", "opening hours must be text, got ';'; write 'Mon-Fri 08:00-18:00'"),
        (None, "opening hours must be text, got None; write 'Mon-Fri 08:00-18:00'"),
        ("08:00-18:00", "cannot read the opening rule '08:00-18:00'; write 'Mon-Fri 08:00-18:00'"),
        ("Mon 8-18", "cannot read the hours '8-18'; write '08:00-18:00'"),
        ("Mon 08:00-25:00", "closes is outside the day: '25:00'; write a time from 00:00 to 24:00"),
        ("Mon 08:00-17:75", "closes is not a time of day: '17:75'; write it as '07:30'"),
        (
            "Monkey 08:00-18:00",
            "unknown weekday 'Monkey'; did you mean 'Mon'? Known: Fri, Mon, Sat, Sun, Thu, Tue, Wed",
        ),
        ("Mo-Fr 08:00-18:00", "unknown weekday 'Mo'; did you mean 'Mon'? Known: Fri, Mon, Sat, Sun, Thu, Tue, Wed"),
        ("Sun closed", "a weekday is never written as closed; leave out the days that are closed"),
        ("Mon 08:00-12:00,11:00-14:00", "the opening hours of Mon overlap; join the spans or move one"),
        ("Mon-Fri 08:00-18:00; Wed 17:00-19:00", "the opening hours of Wed overlap; join the spans or move one"),
    ],
)
def test_a_rule_that_cannot_be_read_is_told(weekly: str, text: str) -> None:
    assert message(lambda: OpeningHours(weekly)) == text


def test_every_rule_that_cannot_be_read_is_told() -> None:
    told = message(lambda: OpeningHours("Mon 8-9; Xyz 08:00-09:00; Tue", exceptions={MONDAY: "noon"}))
    assert told == (
        "4 problems in opening hours:\n"
        "  1. cannot read the hours '8-9'; write '08:00-18:00'\n"
        "  2. unknown weekday 'Xyz'; known: Fri, Mon, Sat, Sun, Thu, Tue, Wed\n"
        "  3. cannot read the opening rule 'Tue'; write 'Mon-Fri 08:00-18:00'\n"
        "  4. exception 2026-11-02: cannot read the hours 'noon'; write '08:00-18:00'"
    )


def test_exceptions_replace_the_weekly_hours() -> None:
    hours = OpeningHours(
        "Mon-Fri 08:00-18:00",
        exceptions={
            date(2026, 11, 3): "closed",
            date(2026, 11, 4): "24h",
            date(2026, 11, 7): "10:00-12:00,22:00-02:00",
        },
    )
    assert spans(hours) == [(8, 18)]
    assert spans(hours, date(2026, 11, 3)) == []
    assert spans(hours, date(2026, 11, 4)) == [(0, 24)]
    assert spans(hours, date(2026, 11, 7)) == [(10, 12), (22, 26)]
    assert str(hours) == "Mon-Fri 08:00-18:00 (3 exceptions)"
    assert not OpeningHours("24x7", exceptions={MONDAY: "closed"}).is_always


def test_opening_hours_are_values_whatever_the_form_of_their_exceptions() -> None:
    first, second = date(2026, 12, 24), date(2026, 12, 31)
    as_mapping = OpeningHours("24x7", exceptions={second: "closed", first: "24h"})
    as_pairs = OpeningHours("24x7", exceptions=((first, "24h"), (second, "closed")))
    assert as_mapping == as_pairs
    assert hash(as_mapping) == hash(as_pairs)
    assert as_mapping.dated == ((first, (ALL_DAY,)), (second, ()))


@pytest.mark.parametrize(
    ("exceptions", "text"),
    [
        (
            {"2026-12-24": "closed"},
            "exception 2026-12-24: its day must be a date, got '2026-12-24'; write date(2026, 12, 24)",
        ),
        (
            {datetime(2026, 12, 24): "closed"},  # noqa: DTZ001
            "exception 2026-12-24 00:00:00: its day must be a date, got '2026-12-24 00:00:00'; "
            "write date(2026, 12, 24)",
        ),
        ({MONDAY: 8}, "exception 2026-11-02: its hours must be text, got 8; write '09:00-13:00' or 'closed'"),
        (((MONDAY, "24h"), (MONDAY, "closed")), "exception 2026-11-02: the day is given twice; keep one"),
        (
            {MONDAY: "09:00-12:00,11:00-13:00"},
            "exception 2026-11-02: the opening hours of the day overlap; join the spans or move one",
        ),
    ],
)
def test_an_exception_that_would_never_apply_is_refused(exceptions: Any, text: str) -> None:
    assert message(lambda: OpeningHours(exceptions=exceptions)) == text


@st.composite
def weekly_hours(draw: st.DrawFn) -> dict[int, list[tuple[int, int]]]:
    """Draw spans in minutes by weekday; the last of a day may pass midnight."""
    found: dict[int, list[tuple[int, int]]] = {}
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        cuts = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        if draw(st.booleans()):
            opens = pairs[-1][1]
            pairs.append((opens, 1440 + draw(st.integers(0, opens))))
        found[day] = pairs
    return found


@given(weekly_hours())
def test_what_is_written_in_the_grammar_is_read_back(week: dict[int, list[tuple[int, int]]]) -> None:
    def clock(minute: int) -> str:
        return f"{minute // 60 % 24:02d}:{minute % 60:02d}"

    text = "; ".join(
        f"{DAYS[day]} " + ",".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in pairs)
        for day, pairs in week.items()
    )
    hours = OpeningHours(text)
    for day in range(7):
        read = [(o / timedelta(minutes=1), c / timedelta(minutes=1)) for o, c in hours.on(MONDAY + timedelta(days=day))]
        assert read == week.get(day, [])


def test_events_keep_their_dates_in_order() -> None:
    event = Event(name="sale", dates=(date(2026, 6, 18), date(2025, 6, 18), date(2026, 6, 18)), kind="promotion")
    assert event.dates == (date(2025, 6, 18), date(2026, 6, 18))
    assert (event.kind, event.before, event.after) == (EventKind.PROMOTION, 0, 0)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": " "}, "name must be a name, got ' '; give a non-empty text without spaces at its ends"),
        ({"dates": ()}, "event 'sale' has no dates; give at least one date"),
        ({"dates": ("2026-06-18",)}, "a date must be a date, got '2026-06-18'; write date(2026, 6, 18)"),
        (
            {"kind": "promo"},
            "unknown kind 'promo'; did you mean 'promotion'? Known: campaign, holiday, other, outage, promotion",
        ),
        ({"before": -1}, "before must be a whole number at least 0, got -1"),
        ({"after": 1.5}, "after must be a whole number at least 0, got 1.5"),
    ],
)
def test_events_out_of_range_are_refused(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: Event(**{"name": "sale", "dates": (MONDAY,), **changes})) == text


def test_a_calendar_is_open_round_the_clock_by_default() -> None:
    spec = CalendarSpec()
    assert spec.hours.is_always
    assert (spec.country, spec.makeup_days, spec.events) == (None, (), ())


def test_a_calendar_takes_hours_as_text() -> None:
    assert CalendarSpec(hours="Mon 08:00-09:00").hours == OpeningHours("Mon 08:00-09:00")


SALE = Event(name="sale", dates=(MONDAY,))
LIVE = Event(name="live", dates=(MONDAY,), like="sales")


def test_an_event_is_like_another_or_like_one_of_its_own_years() -> None:
    sale = replace(SALE, dates=(MONDAY.replace(year=MONDAY.year - 1), MONDAY), like=f"sale {MONDAY.year - 1}")
    live = replace(LIVE, like="sale", strength=1.2)
    spec = CalendarSpec(events=(sale, live))
    assert spec.analogue(live) == (sale, None)
    assert spec.analogue(sale) == (sale, MONDAY.year - 1)
    assert spec.analogue(SALE) is None


def test_a_strength_without_a_likeness_is_refused() -> None:
    what = "event 'sale' has a strength of 1.2 and nothing that it is like"
    remedy = 'give like="11.11 2025" too, with your event and year'
    assert message(lambda: replace(SALE, strength=1.2)) == f"{what}; {remedy}"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"subdivision": "CA"}, "subdivision 'CA' without a country; give the country too"),
        ({"closed_on_holidays": True}, "closed_on_holidays without a country; give the country's ISO code"),
        (
            {"makeup_days": ("2026-02-14",)},
            "a make-up day must be a date, got '2026-02-14'; write date(2026, 2, 14)",
        ),
        ({"events": (SALE, SALE)}, "two events are named 'sale'; join their dates, or rename one"),
        (
            {"events": (SALE, LIVE)},
            "event 'live' is like 'sales', which is not an event of this calendar; did you mean 'sale'? Known: sale",
        ),
        (
            {"events": (SALE, replace(LIVE, like="sale 1999"))},
            f"event 'live' is like 'sale 1999', but 'sale' has no dates in 1999; it has dates in {MONDAY.year}",
        ),
        (
            {"events": (replace(LIVE, like="live"),)},
            "event 'live' is like 'live', which is not an event of this calendar; add it to the events",
        ),
    ],
)
def test_calendars_that_contradict_themselves_are_refused(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: CalendarSpec(**changes)) == text
