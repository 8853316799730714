"""A user's script under a strict type checker: what the docstrings show must be accepted. `make test` checks it."""

from __future__ import annotations

from datetime import date

import wfm


def centre() -> wfm.Centre:
    """Return a centre written the way the documentation writes one."""
    lunch = wfm.Break(name="lunch", length="30min", earliest="3h", latest="5h")
    return wfm.Centre(
        name="desk",
        tz="Europe/Berlin",
        interval="15min",
        calendar=wfm.CalendarSpec(hours="Mon-Fri 08:00-18:00", country="DE"),
        queues=(
            wfm.Queue(
                name="chat",
                channel="chat",
                targets=(wfm.ServiceLevel(0.8, "30s", basis="virtual"), wfm.LongestWait("2min")),
                aht="6min",
                concurrency=3,
                hours="Mon-Fri 09:00-17:00",
            ),
        ),
        contracts=(wfm.Contract(name="part", kind="part", max_week="20h"),),
        shifts=(wfm.ShiftTemplate(name="day", earliest_start="08:00", min_length="8h30min", breaks=(lunch,)),),
        employees=(
            wfm.Employee(
                id="A1",
                contract="part",
                skills=(wfm.Skill("chat", 0.9),),
                unavailable=(wfm.Unavailability(start=date(2026, 11, 2), end=date(2026, 11, 3), reason="sick"),),
                preferences=(wfm.Preference(day=date(2026, 12, 24), wish="off"),),
            ),
        ),
    )


def heads() -> float:
    """Return heads for one interval."""
    return float(wfm.erlang.agents_required(120, 240.0, 1800.0, wfm.ServiceLevel(0.8, "30s")))
