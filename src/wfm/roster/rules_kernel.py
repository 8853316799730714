"""What one person's line of days costs, and whether it is legal: every rule of a contract in one pass over the days.

Plain Python on numpy arrays, which numba compiles with the search that calls it: one source.

The functions here use a short notation: `r` are the `Rules`, `a` is a person, `d` a day, `c` a candidate (-1: day off).
"""

from __future__ import annotations

from typing import NamedTuple

from wfm.roster.problem import Floats, Ints

__all__ = ["Rules", "own_cost"]


class Rules(NamedTuple):
    """The rules and prices of single people as arrays; times are in seconds.

    Built by `wfm.roster.rules.rules_of`.
    """

    # Candidates
    start_s: Ints
    end_s: Ints
    paid_s: Ints
    # People
    wage: Floats  # price of a paid second
    overtime: Floats  # price of an overtime second beside the wage
    plain_s: Ints  # paid time of a week from which overtime begins
    low_s: Ints  # people x weeks
    high_s: Ints
    period_low_s: Ints
    period_high_s: Ints
    rest_s: Ints
    most_days: Ints
    most_run: Ints
    most_weekends: Ints
    wish: Ints  # row of `wish_worked` and `wish_off`
    wish_worked: Floats
    wish_off: Floats
    # Days
    week: Ints
    weekday: Ints


def own_cost(r: Rules, a: int, line: Ints) -> float:
    """Return wages, overtime and missed wishes of a line of days; -1 if the contract forbids it."""
    cost = 0.0
    period = 0
    week, week_paid, week_days = r.week[0], 0, 0
    run, weekends, saturday, free_s = 0, 0, False, -(2**62)
    wish = r.wish[a]
    for d in range(len(line)):
        if r.week[d] != week:
            if week_paid < r.low_s[a, week] or week_paid > r.high_s[a, week] or week_days > r.most_days[a]:
                return -1.0
            cost += r.overtime[a] * max(week_paid - r.plain_s[a], 0)
            week, week_paid, week_days = r.week[d], 0, 0
        c = line[d]
        if r.weekday[d] == 5:
            saturday = c >= 0
        if c < 0:
            run = 0
            cost += r.wish_off[wish, d]
        else:
            if r.start_s[c] < free_s:
                return -1.0
            free_s = r.end_s[c] + r.rest_s[a]
            run += 1
            if run > r.most_run[a]:
                return -1.0
            week_paid += r.paid_s[c]
            week_days += 1
            period += r.paid_s[c]
            if r.weekday[d] == 5 or (r.weekday[d] == 6 and not saturday):
                weekends += 1
            cost += r.wage[a] * r.paid_s[c] + r.wish_worked[wish, c]
        if r.weekday[d] == 6:
            saturday = False
    if week_paid < r.low_s[a, week] or week_paid > r.high_s[a, week] or week_days > r.most_days[a]:
        return -1.0
    if period < r.period_low_s[a] or period > r.period_high_s[a] or weekends > r.most_weekends[a]:
        return -1.0
    return float(cost + r.overtime[a] * max(week_paid - r.plain_s[a], 0))
