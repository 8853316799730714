"""A year's appraisal of a seeded centre: scores, grades, payouts, an appeal's dates and one employee's statement.

200 employees in ten teams, twelve months, the 16 indicators of the standard card. The employees differ, and so does
their work: by night and on complaints everything goes worse for anybody.
"""

from __future__ import annotations

import argparse
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar, makeup_days
from wfm.domain import CalendarSpec
from wfm.kpi import appraisal
from wfm.kpi.appraisal import (
    APPRAISAL_APPEAL,
    REWARD_AND_PENALTY_APPEAL,
    STANDARD,
    Appraisal,
    AppraisalCard,
    BestOfMonth,
    ContributionOfQuarter,
    ForcedDistribution,
    Grades,
    GradeTable,
    IndividualTiers,
    Payouts,
    PoolByScore,
    Sample,
    Scheme,
    TeamBonus,
    YearEnd,
)

YEAR = 2025
MIX = ("shift", "queue")
SHIFTS, QUEUES = ("day", "evening", "night"), ("complaints", "orders", "returns")
# What the shift and the queue do to anybody's results, in steps of talent.
BY_SHIFT, BY_QUEUE = np.array([0.3, 0.0, -0.6]), np.array([-1.0, 0.4, 0.2])
# Usual value of each indicator, and its work by month: reviews, surveys, contacts, lost customers.
USUAL = {
    "courtesy": (0.90, 8),
    "initiative": (0.78, 8),
    "emotional_control": (0.90, 8),
    "expression": (0.82, 8),
    "product_knowledge": (0.82, 8),
    "operation": (0.90, 8),
    "problem_solving": (0.80, 8),
    "teamwork": (0.84, 8),
    "mean_response": (55.0, 300),
    "survey_reply": (0.22, 300),
    "handling_speed": (360.0, 300),
    "entry_accuracy": (0.94, 40),
    "csat": (0.82, 60),
    "complaint_rate": (0.012, 300),
    "repeat_inquiry": (0.15, 300),
    "win_back": (0.20, 10),
}
WEIGHTS = dict.fromkeys(STANDARD, 0.05) | {"csat": 0.15, "problem_solving": 0.10, "repeat_inquiry": 0.10}


def centre(
    employees: int = 200, *, talent: float = 0.35, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, npt.NDArray[np.float64]]:
    """Return counts by employee, month, shift, queue and indicator; people with teams; and everybody's talent."""
    rng = np.random.default_rng(seed)
    card = standard()
    names = np.array([f"E{n:03d}" for n in range(employees)])
    shift = rng.choice(3, employees, p=[0.5, 0.3, 0.2])
    # Nights handle complaints more often.
    share = np.array([[0.15, 0.50, 0.35], [0.25, 0.45, 0.30], [0.50, 0.30, 0.20]])[shift]
    able = talent * rng.standard_normal(employees)
    luck = able[:, None, None] + BY_SHIFT[shift][:, None, None] + BY_QUEUE
    parts = []
    for each in card.indicators:
        usual, volume = USUAL[each.name]
        n = rng.poisson(volume * share[:, None, :], (employees, 12, 3)).astype(float)
        step = np.broadcast_to(luck, n.shape)
        squares = np.full(n.shape, np.nan)
        if each.sample is Sample.RATE:
            way = 1 if each.cap > each.floor else -1
            x = rng.binomial(n.astype(int), 1 / (1 + (1 / usual - 1) * np.exp(-0.6 * way * step))).astype(float)
        elif each.sample is Sample.COUNT:
            x = rng.poisson(n * usual * np.exp(-0.6 * step)).astype(float)
        else:
            mean, spread = usual * np.exp(-0.15 * step), 0.7 * usual
            x = np.maximum(n * mean + spread * np.sqrt(n) * rng.standard_normal(n.shape), 0.0)
            squares = x**2 / np.maximum(n, 1) + spread**2 * 2 * rng.standard_gamma(np.maximum(n - 1, 0) / 2)
        who, month, queue = np.nonzero(n > 0)
        parts.append(
            pd.DataFrame(
                {
                    "employee": names[who],
                    "month": pd.Series(pd.date_range(f"{YEAR}-01-01", periods=12, freq="MS"))[month].to_numpy(),
                    "shift": np.array(SHIFTS)[shift[who]],
                    "queue": np.array(QUEUES)[queue],
                    "indicator": each.name,
                    "numerator": x[who, month, queue],
                    "denominator": n[who, month, queue],
                    "squares": squares[who, month, queue],
                }
            )
        )
    people = pd.DataFrame(
        {
            "employee": names,
            "team": [f"T{n % 10}" for n in range(employees)],
            "shift": np.array(SHIFTS)[shift],
        }
    )
    return pd.concat(parts, ignore_index=True), people, able


def standard(since: date = date(YEAR, 1, 1)) -> AppraisalCard:
    return appraisal.standard_card(WEIGHTS, name=str(since.year), since=since)


def appraised(counts: pd.DataFrame, people: pd.DataFrame) -> dict[str, Appraisal]:
    cycles = ("month", "quarter", "year")
    return {cycle: appraisal.appraise(counts, standard(), cycle=cycle, people=people, mix=MIX) for cycle in cycles}


def graded(found: dict[str, Appraisal]) -> dict[str, Grades]:
    """Grade months and quarters by thresholds, the year by shares."""
    table = GradeTable.of({"unqualified": 0, "qualified": 52, "medium": 55, "good": 59, "excellent": 62})
    forced = ForcedDistribution(
        {"excellent": 0.10, "good": 0.25, "medium": 0.40, "qualified": 0.20, "unqualified": 0.05}
    )
    return {
        cycle: appraisal.grade_scores(each, forced if cycle == "year" else table, basis="adjusted")
        for cycle, each in found.items()
    }


def paid(grades: dict[str, Grades], counts: pd.DataFrame) -> Payouts:
    contacts = counts[counts["indicator"] == "handling_speed"]
    quarter = pd.to_datetime(contacts["month"]).dt.to_period("Q").dt.start_time.dt.date
    work = contacts.assign(period=quarter).groupby(["employee", "period"], as_index=False)["denominator"].sum()
    schemes: list[Scheme] = [
        IndividualTiers(tiers={59: "200", 62: "400"}),
        PoolByScore(pool="20000.01", floor=50),
        TeamBonus(bonus="1000", target=57.5),
        BestOfMonth(prize="500"),
        ContributionOfQuarter(pool="6000", places=10),
        YearEnd(pool="100000", points={"excellent": 4, "good": 3, "medium": 2, "qualified": 1}),
    ]
    return appraisal.pay(grades.values(), schemes, work=work.rename(columns={"denominator": "work"}))


def appeals() -> None:
    calendar = Calendar(CalendarSpec(country="CN", makeup_days=makeup_days("CN", YEAR)), "Asia/Shanghai")
    events = pd.DataFrame(
        [
            ("1", "E017", "filed", date(YEAR, 9, 24), None),
            ("1", "E017", "acknowledged", date(YEAR, 9, 29), None),
            ("2", "E101", "filed", date(YEAR, 9, 8), None),
            ("2", "E101", "acknowledged", date(YEAR, 9, 12), None),
            ("2", "E101", "reviewed", date(YEAR, 9, 29), None),
            ("2", "E101", "notified", date(YEAR, 9, 30), "partly upheld"),
        ],
        columns=["appeal", "employee", "step", "day", "outcome"],
    )
    found = appraisal.track_appeals(events, APPRAISAL_APPEAL, calendar, as_of=date(YEAR, 10, 20))
    print(found)
    print(found.steps[["appeal", "step", "from", "due", "done", "state"]].to_string(index=False, na_rep="-"))
    notice = pd.DataFrame({"appeal": ["3"], "step": ["decided"], "day": [date(YEAR, 9, 30)]})
    soon = appraisal.track_appeals(notice, REWARD_AND_PENALTY_APPEAL, calendar, as_of=date(YEAR, 10, 9))
    print(f"a penalty of 30 September can be appealed against until {soon.frame['due'].iloc[0]}")


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def main(employees: int) -> None:
    counts, people, able = centre(employees)
    heading("Scores")
    found = appraised(counts, people)
    print(standard())
    for each in found.values():
        print(each)
    year = found["year"].frame.merge(people[["employee", "shift"]], on="employee")
    print(year.groupby("shift")[["raw", "score", "adjusted"]].mean().round(1).to_string())
    for name in ("raw", "score", "adjusted"):
        print(f"{name}: correlation with the talent that made the data {np.corrcoef(year[name], able)[0, 1]:.2f}")

    heading("Grades")
    grades = graded(found)
    for graded_cycle in grades.values():
        print(graded_cycle)
    best = grades["year"].frame.sort_values("place").head(5)
    print(best[["employee", "place", "score", "grade", "p_top", "p_bottom"]].round(2).to_string(index=False))
    flags = appraisal.streaks(grades["month"], ("excellent",), length=3)
    print(f"{len(flags)} streaks of three excellent months or more")

    heading("Payouts")
    payouts = paid(grades, counts)
    print(payouts)

    heading("Appeals")
    appeals()

    heading("One employee")
    name = str(best["employee"].iloc[0])
    print(payouts.statement(name))
    page = appraisal.employee_page(
        found["quarter"],
        name,
        period=date(YEAR, 4, 1),
        grades=grades["quarter"],
        payouts=payouts,
        language="zh-Hans",
    )
    print(page)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--employees", type=int, default=200)
    main(parser.parse_args().employees)
