"""Everything that the synthetic shop logs over some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from wfm.datasets.shop.contact_log import Names, contacts_frame, tickets_frame
from wfm.datasets.shop.course import Course, run_course
from wfm.datasets.shop.duty import shift_numbers
from wfm.datasets.shop.journey import link_contacts
from wfm.datasets.shop.state_log import employee_states_frame
from wfm.datasets.shop.survey_log import surveys_frame
from wfm.datasets.shop.ticket_log import ticket_events_frame
from wfm.domain.centre import Centre
from wfm.timegrid import day_starts

__all__ = ["ShopEvents", "make_events"]


@dataclass(frozen=True, eq=False)
class ShopEvents:
    """The logs of some days; made by `Shop.events`.

    Contacts and tickets are those that began in the days; what followed from them is logged until a few days later. A
    customer who came back is one whose earlier contact lies in the days too.

    Parameters
    ----------
    first_day, end_day
        The days, half-open.
    contacts
        Frame `contacts`, in order of arrival. Chats overlap: `sessions` is how many the agent held from the answer on.
    tickets
        Frame `tickets`. `parent` is the ticket that a complaint grew out of.
    ticket_events
        Frame `ticket_events`; every ticket goes by `wfm.tickets.TRANSITIONS`.
    surveys
        Frame `surveys`: satisfaction (`csat`) from 1 to 5.
    employee_states
        Frame `employee_states` of the shifts that begin in the days: available, break, lunch, coaching, sick.
    shifts, activities
        Frames of the roster: the shifts that begin in the days.
    """

    first_day: date
    end_day: date
    contacts: pd.DataFrame
    tickets: pd.DataFrame
    ticket_events: pd.DataFrame
    surveys: pd.DataFrame
    employee_states: pd.DataFrame
    shifts: pd.DataFrame
    activities: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `contacts`."""
        return self.contacts

    def __str__(self) -> str:
        answered, lost = self.contacts["answered_at"].notna().sum(), self.contacts["abandoned_at"].notna().sum()
        back = len(self.contacts) - len(self.tickets)
        responses = self.surveys["score"].notna().sum()
        return "\n".join(
            [
                f"Events of {self.first_day} to {self.end_day - timedelta(days=1)}",
                f"├─ contacts         {len(self.contacts):,}: {answered:,} answered, {lost:,} abandoned",
                f"├─ tickets          {len(self.tickets):,}; {back:,} contacts of customers who came back",
                f"├─ ticket events    {len(self.ticket_events):,}",
                f"├─ surveys          {len(self.surveys):,}, {responses:,} answered",
                f"└─ employee states  {len(self.employee_states):,} of {len(self.shifts):,} shifts",
            ]
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def make_events(centre: Centre, first_day: date, days: int, *, seed: int, scale: float) -> ShopEvents:
    """Run the course of events and write its logs."""
    asked = tuple(first_day + timedelta(days=n) for n in range(days))
    course = run_course(centre, asked, seed=seed, scale=scale)
    rng = np.random.default_rng([seed, first_day.toordinal(), days, 1])
    journey = link_contacts(course, rng=rng, scale=scale)
    names = Names(course, journey)
    contacts = contacts_frame(course, journey, names, centre, rng)
    bounds = day_starts([first_day, first_day + timedelta(days=days)], centre.tz)
    first_ms, end_ms = (int(stamp.value) // 10**6 for stamp in bounds)
    shifts, activities = _within(course, bounds)
    return ShopEvents(
        first_day=first_day,
        end_day=first_day + timedelta(days=days),
        contacts=contacts,
        tickets=tickets_frame(course, journey, names, contacts),
        ticket_events=ticket_events_frame(course, journey, names, centre, rng),
        surveys=surveys_frame(course, journey, names, centre, rng),
        employee_states=employee_states_frame(course, centre.tz, first_ms, end_ms),
        shifts=shifts,
        activities=activities,
    )


def _within(course: Course, bounds: pd.DatetimeIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the shifts that begin within the bounds, and their activities."""
    inside = (course.shifts["shift_start"] >= bounds[0]) & (course.shifts["shift_start"] < bounds[1])
    # Shifts stand in the order in which their activities do.
    kept = inside.to_numpy()[shift_numbers(course.activities)]
    return course.shifts[inside].reset_index(drop=True), course.activities[kept].reset_index(drop=True)
