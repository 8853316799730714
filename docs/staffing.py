"""Compute the tables of `docs/staffing.md`, and draw its picture.

Run `python docs/staffing.py`; it takes about a minute, prints the tables and writes `docs/staffing.png`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from wfm.domain import Centre, Deadline, Employee, Queue, ServiceLevel, Skill
from wfm.domain.people import Contract
from wfm.domain.shift import ShiftTemplate
from wfm.erlang import agents_required, chat_agents_required, chat_measures, measures
from wfm.schema import QUANTILES
from wfm.simulate import Lognormal, Model, run
from wfm.staffing import pooling, requirement

PICTURE = Path(__file__).parent / "staffing.png"
TZ = "Europe/Berlin"
TARGET = ServiceLevel(0.8, "30s")
STEP = 1800.0
LOADS = (2, 5, 10, 20, 50, 100, 200, 500)
COLOURS = {"C": "#1f4e79", "A": "#2e8b57", "chat": "#c0504d", "deferred": "#8064a2"}


def table(head: list[str], rows: list[list[object]]) -> None:
    """Write a table in Markdown."""
    lines: list[Sequence[object]] = [head, ["---"] * len(head), *rows]
    sys.stdout.write("".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines) + "\n")


def title(text: str) -> None:
    """Write a heading."""
    sys.stdout.write(f"\n## {text}\n\n")


def chat_agents(load: float) -> int:
    """Return the agents of a chat of three sessions, each 40 % longer for each further one, of `load` alone."""
    return int(chat_agents_required(load * STEP / 300, [300, 420, 540], STEP, TARGET, patience_s=180))


def by_model() -> None:
    """Write the agents of each model by load."""
    title("agents by model")
    rows: list[list[object]] = []
    for load in LOADS:
        volume = load * STEP / 180
        c = agents_required(volume, 180, STEP, TARGET)
        a = agents_required(volume, 180, STEP, TARGET, patience_s=120)
        rows.append([load, c, a, f"{100 * (a / c - 1):+.0f} %", chat_agents(load), f"{load / 3:.1f}"])
    table(["erlangs", "Erlang C", "Erlang A", "A against C", "chat, 3 sessions", "load / 3"], rows)


def chat_rules() -> None:
    """Compare the balanced model with the two usual shortcuts, at the staff of the model."""
    title("chat by rules of thumb")
    rows: list[list[object]] = []
    for agents, ahts, rate in (
        (10, [300, 420, 540], 0.050),
        (10, [300, 420, 540], 0.055),
        (30, [300, 360, 450, 600], 0.19),
        (5, [300, 480], 0.018),
    ):
        k = len(ahts)
        asked = {"within_s": 30, "patience_s": 180}
        model = chat_measures(rate, ahts, 1, agents, **asked).service_level()
        slots = measures(rate, ahts[-1], 1, agents * k, **asked).service_level()
        short = measures(rate, ahts[-1] / k, 1, agents, **asked).service_level()
        rows.append([f"{agents} agents, {k} sessions, {rate:g}/s", f"{model:.3f}", f"{slots:.3f}", f"{short:.3f}"])
    table(["chat", "balanced model", "agents x sessions places", "AHT / sessions"], rows)


def wave(mean: float, days: int = 5) -> pd.DataFrame:
    """Return a volume with a daily wave of half its mean, of contacts of four minutes, with its quantiles."""
    starts = pd.date_range("2026-11-02", periods=48 * days, freq="30min", tz=TZ)
    offered = mean * (1 + 0.5 * np.sin(2 * np.pi * (np.arange(len(starts)) - 18) / 48))
    # Half of the volumes lie within 10 % of the mean.
    spread = 0.1 / NormalDist().inv_cdf(0.75)
    quantiles = {name: offered * (1 + spread * NormalDist().inv_cdf(level)) for name, level in QUANTILES.items()}
    return pd.DataFrame({"queue": "work", "start": starts, "offered": offered, **quantiles})


def kinds() -> dict[str, Queue]:
    """Return one queue of each kind, all of the same work."""
    return {
        "phone, nobody abandons": Queue(name="work", targets=(TARGET,), aht="4min"),
        "phone, patience 2 min": Queue(name="work", targets=(TARGET,), aht="4min", patience="2min"),
        "chat, 3 sessions": Queue(
            name="work", targets=(TARGET,), aht="4min", patience="2min", channel="chat", concurrency=3, slowdown=0.4
        ),
        **{
            f"deferred, {within}": Queue(name="work", targets=(Deadline(within),), aht="4min", channel="email")
            for within in ("1h", "2h", "4h", "24h")
        },
    }


def centre_of(*queues: Queue) -> Centre:
    """Return a centre of nothing but queues."""
    return Centre(name="example", tz=TZ, queues=queues)


def same_work() -> None:
    """Write what the same work takes as each kind of queue."""
    title("the same work by kind")
    forecast = wave(75)
    rows: list[list[object]] = []
    work = (forecast["offered"] * 240).sum() / 3600 / 5
    for name, queue in kinds().items():
        frame = requirement(forecast, centre_of(queue)).to_frame()
        hours = frame["agents"].sum() / 2 / 5
        rows.append([name, f"{hours:.1f}", f"{100 * (hours / work - 1):+.0f} %", frame["agents"].max()])
    table(["kind", "agent-hours a day", f"over the work of {work:.0f} h", "peak"], rows)


def changing() -> None:
    """Write the staff-hours of a daily wave of 50 erlangs by method."""
    title("load that changes")
    rows: list[list[object]] = []
    for minutes in (5, 30, 60):
        interval = "1h" if minutes == 60 else "30min"
        hours_each = 1 if minutes == 60 else 0.5
        starts = pd.date_range("2026-11-02", periods=int(72 / hours_each), freq=interval, tz=TZ)
        edges = np.arange(len(starts) + 1) * hours_each * np.pi / 12
        load = 50 * (1 + 0.5 * -np.diff(np.cos(edges)) / (hours_each * np.pi / 12))
        frame = pd.DataFrame({"queue": "work", "start": starts, "offered": load * hours_each * 60 / minutes})
        queue = Queue(name="work", targets=(TARGET,), aht=f"{minutes}min")
        centre = Centre(name="wave", tz=TZ, queues=(queue,), interval=interval)
        found = {}
        for method in ("sipp", "lag_max", "mol"):
            need = requirement(frame, centre, method=method).to_frame()
            found[method] = need["agents"].iloc[len(starts) // 3 : 2 * len(starts) // 3].sum() * hours_each
        more = [f"{found[m]:.0f} ({100 * (found[m] / found['sipp'] - 1):+.1f} %)" for m in ("lag_max", "mol")]
        rows.append([f"{minutes} min, {interval}", f"{found['sipp']:.0f}", *more])
    table(["AHT, interval", "sipp", "lag_max", "mol"], rows)


def options() -> None:
    """Write what the scope of the target and the spread of the volume cost."""
    title("scope and uncertainty")
    forecast, queue = wave(75), kinds()["phone, patience 2 min"]
    rows: list[list[object]] = []
    base = None
    for name, asked in (
        ("each interval (default)", {}),
        ("the day", {"scope": "day"}),
        ("the week", {"scope": "week"}),
        ("in expectation over the volume", {"expected": True}),
        ("with a probability of 0.9", {"confidence": 0.9}),
    ):
        hours = requirement(forecast, centre_of(queue), **asked).to_frame()["agents"].sum() / 2 / 5
        base = base or hours
        rows.append([name, f"{hours:.1f}", f"{100 * (hours / base - 1):+.1f} %"])
    table(["80 % in 30 s over", "agent-hours a day", "against the default"], rows)


def together() -> None:
    """Write the bounds of pooling, and what idle time saves."""
    title("queues together")
    forecast = wave(75)
    calls = Queue(name="calls", targets=(TARGET,), aht="4min", patience="2min")
    orders = Queue(name="orders", targets=(TARGET,), aht="4min", patience="2min")
    mail = Queue(name="mail", targets=(Deadline("4h"),), aht="4min", channel="email")
    frame = pd.concat([forecast.assign(queue=name) for name in ("calls", "orders", "mail")])
    centre = centre_of(calls, orders, mail)
    need = requirement(frame, centre)
    bounds = pooling(need).to_frame()[["pooled", "separate"]].sum() / 2 / 5
    filled = requirement(frame, centre, blend={"mail": ("calls", "orders")})
    mails = [one.to_frame().query("queue == 'mail'")["agents"].sum() / 2 / 5 for one in (need, filled)]
    table(
        ["", "agent-hours a day"],
        [
            ["calls and orders, separate teams", f"{bounds['separate']:.1f}"],
            ["calls and orders, one team", f"{bounds['pooled']:.1f}"],
            ["mail (4 h) on its own", f"{mails[0]:.1f}"],
            ["mail beside idle time of calls and orders up to 85 % busy", f"{mails[1]:.1f}"],
        ],
    )


def simulated(queue: Queue, agents: int, volume: float, cv: float, replications: int) -> tuple[float, float]:
    """Return the simulated service level at a constant volume, two hours after the start, and its half-width."""
    shift = ShiftTemplate(name="day", earliest_start="00:00", latest_start="00:00", min_length="24h")
    contract = Contract(name="c", max_day="24h", max_week="168h", templates=("day",), cost_per_hour=1.0)
    people = tuple(Employee(id=f"E{n:04d}", contract="c", skills=(Skill("work"),)) for n in range(agents))
    centre = Centre(name="one", tz=TZ, queues=(queue,), shifts=(shift,), contracts=(contract,), employees=people)
    starts = pd.date_range("2026-11-02", periods=48, freq="30min", tz=TZ)
    forecast = pd.DataFrame({"queue": "work", "start": starts, "offered": volume})
    roster = pd.DataFrame(
        {
            "employee": [person.id for person in people],
            "start": starts[0],
            "end": starts[0] + pd.Timedelta(days=1),
            "activity": "work",
            "queue": "work",
        }
    )
    levels = []
    for seed in range(8):
        model = Model(service=Lognormal(cv=cv))
        found = run(forecast, roster, centre, replications=replications, seed=seed, model=model).to_frame()
        late = found.iloc[4:]
        levels.append((late["service_level"] * late["offered"]).sum() / late["offered"].sum())
    return float(np.mean(levels)), 2.36 * float(np.std(levels, ddof=1)) / np.sqrt(len(levels))


def lognormal() -> None:
    """Write the error of the formulas in points of the service level, against the simulation."""
    title("lognormal handle times")
    queues = kinds()
    calls, patient = queues["phone, nobody abandons"], queues["phone, patience 2 min"]
    rows: list[list[object]] = []
    for name, queue, volume, replications in (
        ("Erlang C, 10 erlangs", calls, 75.0, 60),
        ("Erlang C, 50 erlangs", calls, 375.0, 15),
        ("Erlang A, 10 erlangs", patient, 75.0, 60),
        ("Erlang A, 50 erlangs", patient, 375.0, 15),
        ("chat of 3, 10 erlangs", queues["chat, 3 sessions"], 75.0, 60),
    ):
        flat = pd.DataFrame(
            {"queue": "work", "start": pd.date_range("2026-11-02", periods=2, freq="30min", tz=TZ), "offered": volume}
        )
        row = requirement(flat, centre_of(queue)).to_frame().iloc[0]
        cells = []
        for cv in (0.5, 1.0, 1.5):
            level, half = simulated(queue, int(row["agents"]), volume, cv, replications)
            cells.append(f"{100 * (row['service_level'] - level):+.1f} ± {100 * half:.1f}")
        rows.append([name, row["agents"], f"{100 * row['service_level']:.1f} %", *cells])
    table(["model", "agents", "formula", "CV .5", "CV 1", "CV 1.5"], rows)


def picture() -> None:
    """Draw the agents by load and over a day."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), dpi=90, layout="constrained")
    loads = np.geomspace(1, 500, 60)
    curves = {
        "Erlang C": (agents_required(loads * 10, 180, STEP, TARGET), COLOURS["C"]),
        "Erlang A, patience 2 min": (agents_required(loads * 10, 180, STEP, TARGET, patience_s=120), COLOURS["A"]),
        "chat, 3 sessions": (np.array([chat_agents(load) for load in loads]), COLOURS["chat"]),
    }
    for name, (agents, colour) in curves.items():
        left.plot(loads, agents / loads, color=colour, label=name)
    left.axhline(1.0, color=COLOURS["deferred"], linestyle="--", label="deferred, in the limit")
    left.set(xscale="log", ylim=(0, 3), xlabel="load (erlangs)", ylabel="agents per erlang", title="80 % within 30 s")
    forecast = wave(75, days=3)
    shown = slice(48, 96)
    for name, colour in (
        ("phone, nobody abandons", COLOURS["C"]),
        ("phone, patience 2 min", COLOURS["A"]),
        ("chat, 3 sessions", COLOURS["chat"]),
        ("deferred, 4h", COLOURS["deferred"]),
        ("deferred, 24h", "#b1a0c7"),
    ):
        agents = requirement(forecast, centre_of(kinds()[name])).to_frame()["agents"].iloc[shown]
        right.step(np.arange(48) / 2, agents, where="post", color=colour, label=name)
    right.set(xlim=(0, 24), ylim=(0, None), xlabel="hour", ylabel="agents", title="the same work on one day")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    by_model()
    chat_rules()
    same_work()
    changing()
    options()
    together()
    lognormal()
    picture()
