"""The plan of deferred work judged by a replay on the clock: nights, a weekend and the hour that comes twice."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
import pytest

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Centre, Deadline, OpeningHours, Queue, ServiceLevel
from wfm.errors import DataError
from wfm.staffing import requirement
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
STEP = 1800.0


def centre_of(hours, *queues):
    return Centre(name="mail", tz=TZ, queues=queues, calendar=CalendarSpec(hours=OpeningHours(hours)))


def volumes(starts, mean):
    """Return a wave over the local day whose peak comes late, so that much is left in the evening."""
    hour = starts.hour + starts.minute / 60
    return mean * (1.0 + 0.8 * np.sin((np.asarray(hour) - 11.0) / 12.0 * np.pi))


def replay(frame, centre, within, seed, backlog=()):
    """Return the share done in time of all that is due by the end: the earliest due first, on the real clock."""
    rng = np.random.default_rng(seed)
    calendar = Calendar.of(centre)
    origin = frame["start"].iloc[0]
    opened = ((frame["start"] - origin) / pd.Timedelta(seconds=1)).to_numpy()
    came = np.concatenate(
        [start + rng.uniform(0, STEP, rng.poisson(mean)) for start, mean in zip(opened, frame["offered"], strict=True)]
    )
    came.sort()
    stamps = origin + pd.to_timedelta(np.floor(came), unit="s")
    due = calendar.add_business_time(stamps, np.full(len(came), within))
    due = np.asarray((due - origin) / pd.Timedelta(seconds=1))
    lengths = rng.exponential(frame["aht_s"].iloc[0], len(came))
    events = list(zip(due.tolist(), came.tolist(), lengths.tolist(), strict=True))
    events += [(instant, 0.0, length) for instant, length in backlog]
    events.sort(key=lambda event: event[1])
    waiting, busy, met, place, ends = [], [], 0, 0, opened[-1] + STEP
    for interval, (start, agents) in enumerate(zip(opened, frame["agents"], strict=True)):
        now = start
        # What is in hand at closing time is put down and taken up again at the opening.
        closed = start - (opened[interval - 1] + STEP) if interval else 0.0
        busy = [end + closed for end in busy]
        heapq.heapify(busy)
        while now < start + STEP:
            while busy and busy[0] <= now:
                heapq.heappop(busy)
            while place < len(events) and events[place][1] <= now:
                heapq.heappush(waiting, events[place])
                place += 1
            while waiting and len(busy) < agents:
                limit, _, length = heapq.heappop(waiting)
                end = now + length
                heapq.heappush(busy, end)
                met += limit <= ends and _clock_end(end, interval, opened) <= limit
            following = [start + STEP]
            if busy:
                following.append(busy[0])
            if place < len(events):
                following.append(events[place][1])
            now = min(max(min(following), now + 1e-9), start + STEP)
    return met / sum(event[0] <= ends for event in events)


def _clock_end(end, interval, opened):
    """Return when work ends on the clock that would end at `end` if the centre stayed open."""
    while end > opened[interval] + STEP and interval + 1 < len(opened):
        end += opened[interval + 1] - (opened[interval] + STEP)
        interval += 1
    return end


CASES = [
    # hours, first day, days, deadline, mean contacts, AHT
    ("Mon-Fri 08:00-18:00", "2026-10-19", 14, "4h", 25.0, "8min"),
    ("24x7", "2026-10-22", 7, "2h", 20.0, "5min"),
    ("Mon-Sat 07:00-23:00; Sun 00:00-24:00", "2026-03-23", 14, "24h", 6.0, "15min"),
]


@pytest.mark.parametrize(("hours", "first", "days", "within", "mean", "aht"), CASES)
def test_the_deadline_is_kept_on_the_clock(hours, first, days, within, mean, aht):
    queue = Queue(name="mail", channel="email", targets=(Deadline(within),), aht=aht)
    centre = centre_of(hours, queue)
    starts = Calendar.of(centre).open_starts(Horizon(first, days=days, tz=TZ))
    forecast = pd.DataFrame({"queue": "mail", "start": starts, "offered": volumes(starts, mean)})
    need = requirement(forecast, centre)
    frame = need.to_frame()
    shares = [replay(frame, centre, queue.targets[0].within_s, seed) for seed in range(4)]
    assert np.mean(shares) >= 0.95
    bound = need.bounds.iloc[0]
    assert bound["bound_h"] == pytest.approx((frame["offered"] * frame["aht_s"]).sum() / 3600, rel=1e-6)
    assert bound["agents_h"] <= 1.10 * bound["bound_h"]


def test_the_days_of_the_clock_change_have_their_own_length():
    queue = Queue(name="mail", channel="email", targets=(Deadline("4h"),), aht="8min")
    centre = centre_of("24x7", queue)
    for first, intervals in (("2026-10-25", 50), ("2026-03-29", 46)):
        starts = Calendar.of(centre).open_starts(Horizon(first, days=1, tz=TZ))
        need = requirement(pd.DataFrame({"queue": "mail", "start": starts, "offered": 30.0}), centre)
        backlog = need.backlog
        assert len(backlog) == intervals
        change = backlog["arrived_erl"] - backlog["done_erl"]
        assert np.diff(backlog["backlog_erl"]) == pytest.approx(change.to_numpy()[1:], abs=1e-9)


def test_work_fills_the_gaps_of_live_queues_first():
    calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min")
    mail = Queue(name="mail", channel="email", targets=(Deadline("4h"),), aht="6min")
    centre = centre_of("Mon-Fri 08:00-18:00", calls, mail)
    starts = Calendar.of(centre).open_starts(Horizon("2026-11-02", days=5, tz=TZ))
    frames = [pd.DataFrame({"queue": name, "start": starts, "offered": 40.0}) for name in ("calls", "mail")]
    alone = requirement(pd.concat(frames), centre)
    both = requirement(pd.concat(frames), centre, blend={"mail": ("calls",)})
    hours = {name: need.to_frame().groupby("queue")["agents"].sum() * 0.5 for name, need in
             (("alone", alone), ("both", both))}  # fmt: skip
    assert hours["alone"]["calls"] == hours["both"]["calls"]
    # 40 calls of 3 minutes take 7 agents: 57.1 % busy. Up to 85 % that leaves 1.95 agents for mail in 100 intervals.
    rows = both.to_frame().query("queue == 'calls'")
    assert rows["agents"].unique().tolist() == [7]
    assert hours["alone"]["mail"] - hours["both"]["mail"] == pytest.approx(97.5, abs=3)
    lent = both.backlog["lent_erl"]
    assert (lent <= 7 * (0.85 - rows["occupancy"].to_numpy()) + 1e-9).all()
    assert "in the idle time of calls" in str(both.explain("mail", "2026-11-03 10:00"))


MAIL = Queue(name="mail", channel="email", targets=(Deadline("4h"),), aht="8min")


def mail_forecast(days=5, mean=25.0):
    centre = centre_of("Mon-Fri 08:00-18:00", MAIL)
    starts = Calendar.of(centre).open_starts(Horizon("2026-10-19", days=days, tz=TZ))
    return centre, starts, pd.DataFrame({"queue": "mail", "start": starts, "offered": volumes(starts, mean)})


def backlog_of(starts, hours_due, tickets):
    due = [starts[0] + pd.Timedelta(hours=hours) for hours in hours_due]
    frame = pd.DataFrame({"queue": "mail", "due": pd.DatetimeIndex(due).floor("30min"), "tickets": tickets})
    return frame.assign(load_erl=frame["tickets"] * 480 / STEP)


@pytest.mark.parametrize(("hours", "tickets"), [((2.0,), 90), ((1.0, 3.5, 4.0), 40), ((30.0,), 60)])
def test_a_backlog_is_done_before_it_is_due(hours, tickets):
    centre, starts, forecast = mail_forecast()
    need = requirement(forecast, centre, backlog=backlog_of(starts, hours, tickets))
    frame = need.to_frame()
    shares = []
    for seed in range(4):
        lengths = np.random.default_rng(100 + seed).exponential(480.0, tickets * len(hours))
        due = np.repeat([3600.0 * hour for hour in hours], tickets)
        shares.append(replay(frame, centre, 4 * 3600.0, seed, zip(due.tolist(), lengths.tolist(), strict=True)))
    assert np.mean(shares) >= 0.95
    # Nothing is lost: what waits, and what comes in, is done or waits at the end.
    plan = need.backlog
    total = len(hours) * tickets * 480 / STEP + plan["arrived_erl"].sum()
    assert plan["done_erl"].sum() + plan["backlog_erl"].iloc[-1] == pytest.approx(total)
    assert need.bounds["bound_h"].iloc[0] <= need.bounds["agents_h"].iloc[0] + 1e-9


def test_more_backlog_asks_for_more_hours_and_an_empty_one_for_fewer_than_the_usual():
    centre, starts, forecast = mail_forecast()
    usual = requirement(forecast, centre)
    found = [
        requirement(forecast, centre, backlog=backlog_of(starts, (2.0,), tickets)).to_frame()["agents"].sum()
        for tickets in (0, 50, 200)
    ]
    # 150 more tickets of 8 minutes are 40 half-hours of work.
    assert found[2] - found[1] == pytest.approx(40.0, abs=2.0)
    assert found[0] <= usual.to_frame()["agents"].sum() < found[2]
    assert "as the backlog says" not in str(usual.explain("mail", starts[0]))
    with_backlog = requirement(forecast, centre, backlog=backlog_of(starts, (2.0,), 50))
    assert "begins with 6.67 h of work from before it" in str(with_backlog.explain("mail", starts[0]))


def test_what_is_late_already_is_due_at_once_and_what_is_due_after_the_plan_is_left():
    centre, starts, forecast = mail_forecast(days=1, mean=0.0)
    late = requirement(forecast, centre, backlog=backlog_of(starts, (-5.0,), 15)).to_frame()["agents"].tolist()
    assert late[0] >= 4  # 15 tickets of 8 minutes are 4 half-hours of work
    assert sum(late[1:]) == 0
    later = requirement(forecast, centre, backlog=backlog_of(starts, (100.0,), 15))
    assert later.bounds["bound_h"].iloc[0] == 0.0


def test_a_backlog_that_fits_no_queue_is_refused():
    calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min")
    centre = centre_of("Mon-Fri 08:00-18:00", calls, MAIL)
    starts = Calendar.of(centre).open_starts(Horizon("2026-11-02", days=1, tz=TZ))
    forecast = pd.concat([pd.DataFrame({"queue": name, "start": starts, "offered": 4.0}) for name in ("calls", "mail")])
    waiting = backlog_of(starts, (2.0,), 5)
    with pytest.raises(DataError, match=r"a backlog of queue 'calls', which is answered live and has no deadline"):
        requirement(forecast, centre, backlog=waiting.assign(queue="calls"))
    with pytest.raises(DataError, match=r"a backlog of queue 'mail', which is done in the idle time of others"):
        requirement(forecast, centre, backlog=waiting, blend={"mail": ("calls",)})
    with pytest.raises(DataError, match=r"mial"):
        requirement(forecast, centre, backlog=waiting.assign(queue="mial"))
