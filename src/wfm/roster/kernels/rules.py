"""What one person's line of days costs, and whether it is legal: every rule that looks beyond a single day.

What concerns one shift alone (contract, availability, rotation, rest before the horizon, locks) is held by the
candidates that a person is allowed.

Plain Python on numpy arrays, which numba compiles with the search that calls it: one source.

The functions here use a short notation: `r` are the `Rules`, `a` is a person, `d` a day, `c` a candidate (-1: day off).
"""

from __future__ import annotations

from typing import NamedTuple

from wfm.roster.problem import Flags, Floats, Ints

__all__ = ["Rules", "own_cost"]

_DAY_S = 86400


class Rules(NamedTuple):
    """The rules and prices of single people as arrays; times are in seconds.

    Limits of people are what is left of them after the carry-over; a limit that nothing can reach stands for none.
    Built by `wfm.roster.search.rules.rules_of`.
    """

    # Candidates
    start_s: Ints
    end_s: Ints
    paid_s: Ints
    template: Ints
    clock_s: Ints  # start on the wall clock, since midnight
    night: Flags
    # Templates
    barred: Flags  # templates of a day x templates of the next
    # People
    wage: Floats  # price of a paid second
    overtime: Floats  # price of an overtime second beside the wage
    per_shift: Floats
    plain_s: Ints  # people x weeks: paid time from which overtime begins
    low_s: Ints  # people x weeks
    high_s: Ints
    most_days: Ints  # people x weeks
    period_low_s: Ints
    period_high_s: Ints
    rest_s: Ints
    must: Flags  # people x days: must be worked
    least_run: Ints
    most_run: Ints
    least_off: Ints
    most_nights: Ints  # in a row
    most_weekends: Ints
    whole_weekends: Flags
    free_s: Ints  # least free stretch of a week, 0 for none
    spread_s: Ints  # most distance of the starts of a week
    limited: Flags  # whether some template has a limit
    most_shifts: Ints  # people x templates
    wish: Ints  # row of `wish_worked` and `wish_off`
    wish_worked: Floats
    wish_off: Floats
    # Before the horizon
    known: Flags  # whether it is known at all
    last_end_s: Ints
    run: Ints  # days worked in a row
    off: Ints  # days off in a row
    began: Flags  # whether it is known how that run began
    nights: Ints
    saturday: Flags  # whether the Saturday before a first day that is a Sunday was worked
    starts: Ints  # people x most: starts of the week on the wall clock, -1 for none
    # Days and weeks
    week: Ints
    weekday: Ints
    whole: Flags  # weeks
    week_begin_s: Ints
    week_end_s: Ints
    week_limit_s: Ints  # until when a stretch is free if no shift follows


def own_cost(r: Rules, a: int, line: Ints) -> float:
    """Return wages, overtime, fees and missed wishes of a line of days; -1 if a rule forbids it."""
    # Hours first: they are what a change breaks most.
    cost = _paid(r, a, line)
    if cost < 0.0 or not (_sequence(r, a, line) and _runs(r, a, line) and _weekends(r, a, line)):
        return -1.0
    if r.limited[a] and not _templates(r, a, line):
        return -1.0
    if r.free_s[a] > 0 and not _free_stretches(r, a, line):
        return -1.0
    if r.spread_s[a] < _DAY_S and not _starts(r, a, line):
        return -1.0
    return cost


def _paid(r: Rules, a: int, line: Ints) -> float:
    """Return the cost of a line; -1 if hours or days of a week, or hours of the period, are out of bounds."""
    cost = 0.0
    period = 0
    wish = r.wish[a]
    week, paid, days = r.week[0], 0, 0
    for d in range(len(line) + 1):
        if d == len(line) or r.week[d] != week:
            if paid < r.low_s[a, week] or paid > r.high_s[a, week] or days > r.most_days[a, week]:
                return -1.0
            cost += r.overtime[a] * max(paid - r.plain_s[a, week], 0)
            period += paid
            if d == len(line):
                break
            week, paid, days = r.week[d], 0, 0
        c = line[d]
        if c < 0:
            cost += r.wish_off[wish, d]
        else:
            paid += r.paid_s[c]
            days += 1
            cost += r.wage[a] * r.paid_s[c] + r.wish_worked[wish, c] + r.per_shift[a]
    if period < r.period_low_s[a] or period > r.period_high_s[a]:
        return -1.0
    return float(cost)


def _sequence(r: Rules, a: int, line: Ints) -> bool:
    """Whether shifts that follow each other leave the rest and stand in an order that their templates allow."""
    free_s = r.last_end_s[a]
    for d in range(len(line)):
        c = line[d]
        if c < 0:
            if r.must[a, d]:
                return False
            continue
        if r.start_s[c] < free_s:
            return False
        if d > 0 and line[d - 1] >= 0 and r.barred[r.template[line[d - 1]], r.template[c]]:
            return False
        free_s = r.end_s[c] + r.rest_s[a]
    return True


def _runs(r: Rules, a: int, line: Ints) -> bool:
    """Whether runs of working days, days off and nights are neither too long nor too short.

    A run that touches the edge of the horizon is not too short unless it is known how it began and it ends inside.
    """
    run, off, nights = r.run[a], r.off[a], r.nights[a]
    began = r.began[a]
    for d in range(len(line)):
        c = line[d]
        if c < 0:
            if run > 0 and began and run < r.least_run[a]:
                return False
            began = began or run > 0
            off += 1
            run = nights = 0
            continue
        if off > 0 and began and off < r.least_off[a]:
            return False
        began = began or off > 0
        off = 0
        run += 1
        nights = nights + 1 if r.night[c] else 0
        if run > r.most_run[a] or nights > r.most_nights[a]:
            return False
    return True


def _weekends(r: Rules, a: int, line: Ints) -> bool:
    """Whether weekends with work are few enough, and whole where they must be."""
    count = 0
    saturday, known = r.saturday[a], r.known[a]
    for d in range(len(line)):
        if r.weekday[d] == 5:
            saturday, known = line[d] >= 0, True
            count += saturday
        elif r.weekday[d] == 6:
            sunday = line[d] >= 0
            if r.whole_weekends[a] and known and sunday != saturday:
                return False
            if sunday and not saturday:
                count += 1
    return bool(count <= r.most_weekends[a])


def _templates(r: Rules, a: int, line: Ints) -> bool:
    """Whether no template stands more often than it may."""
    for t in range(r.most_shifts.shape[1]):
        left = r.most_shifts[a, t]
        if left >= len(line):
            continue
        for d in range(len(line)):
            if line[d] >= 0 and r.template[line[d]] == t:
                left -= 1
        if left < 0:
            return False
    return True


def _free_stretches(r: Rules, a: int, line: Ints) -> bool:
    """Whether every whole week has a free stretch: from its begin or a shift's end to the start of the next shift."""
    for w in range(len(r.whole)):
        if not r.whole[w]:
            continue
        free_from, longest = max(r.week_begin_s[w], r.last_end_s[a]), 0
        for d in range(len(line)):
            c = line[d]
            if c < 0:
                continue
            if free_from >= r.week_end_s[w]:
                break
            longest = max(longest, r.start_s[c] - free_from)
            free_from = max(free_from, r.end_s[c])
        if free_from < r.week_end_s[w]:
            longest = max(longest, r.week_limit_s[w] - free_from)
        if longest < r.free_s[a]:
            return False
    return True


def _starts(r: Rules, a: int, line: Ints) -> bool:
    """Whether an arc of the clock no longer than the spread holds all starts of each week."""
    first = 0
    for d in range(len(line)):
        if d + 1 < len(line) and r.week[d + 1] == r.week[d]:
            continue
        if not _arc(r, a, line, first, d + 1):
            return False
        first = d + 1
    return True


def _arc(r: Rules, a: int, line: Ints, first: int, last: int) -> bool:
    """Whether a gap of the clock between two starts is long enough for the rest to lie within the spread.

    A week that was spread too far before the horizon is no fault of a line that does not go on with it.
    """
    before = r.starts.shape[1] if first == 0 else 0
    widest = 0
    some = False
    for i in range(-before, last - first):
        one = _clock(r, a, line, first, i)
        if one < 0:
            continue
        some = some or i >= 0
        gap = _DAY_S  # to the next other start
        for j in range(-before, last - first):
            two = _clock(r, a, line, first, j)
            if two >= 0 and two != one:
                gap = min(gap, (two - one) % _DAY_S)
        widest = max(widest, gap)
    return not some or _DAY_S - widest <= r.spread_s[a]


def _clock(r: Rules, a: int, line: Ints, first: int, i: int) -> int:
    """Return the start of a day of the week on the clock, of a day before the horizon if `i` is negative; or -1."""
    if i < 0:
        return int(r.starts[a, -i - 1])
    c = line[first + i]
    return int(r.clock_s[c]) if c >= 0 else -1
