"""The frame `surveys`: who was asked, who answered, and how content they were with wait and answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.datasets.shop.columns import stamps, text
from wfm.datasets.shop.contact_log import Names
from wfm.datasets.shop.course import Course
from wfm.datasets.shop.journey import Journey
from wfm.datasets.shop.profiles import KINDS, PROFILES
from wfm.domain.centre import Centre
from wfm.domain.targets import Deadline, LongestWait, ServiceLevel

__all__ = ["surveys_frame"]

_MINUTE = 60_000
_ASKED = 0.4
_RESPONSE = 0.2
_CONTENT = 4.75  # latent score on the scale of 1 to 5 of an average agent without a wait
_SPREAD = 0.9
_AGENTS = 0.15
_UNSOLVED, _COMPLAINING = 0.9, 0.4
_PER_WAIT = 0.35  # for each e-fold of the wait over what is promised


def surveys_frame(
    course: Course, journey: Journey, names: Names, centre: Centre, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the frame `surveys`: satisfaction from 1 to 5, asked a minute after some of the answered contacts."""
    asked = np.flatnonzero(course.is_answered)
    asked = asked[rng.random(len(asked)) < _ASKED]
    size = len(asked)
    promised = np.array([_promise(centre, name) for name in PROFILES])[course.work.queue[asked]]
    wait_s = (course.answered[asked] - course.arrived[asked]) / 1000
    agents = rng.normal(0.0, _AGENTS, size=len(course.employees))
    latent = _CONTENT + agents[course.employee[asked]] - _PER_WAIT * np.log1p(wait_s / promised)
    latent = latent - _UNSOLVED * (journey.following[asked] >= 0)
    latent = latent - _COMPLAINING * (course.work.kind[asked] == KINDS.index("complaint"))
    latent = latent + rng.normal(0.0, _SPREAD, size=size)
    score = 1 + np.searchsorted([1.5, 2.5, 3.5, 4.5], latent)
    offered = course.ended[asked] + _MINUTE
    answered = offered + (rng.standard_exponential(size) * 120 * _MINUTE).astype(np.int64)
    # The unhappy are a little keener to say so.
    responds = (rng.random(size) < _RESPONSE * np.where(score <= 2, 1.5, 1.0)) & (answered <= course.until)
    return pd.DataFrame(
        {
            "survey_id": "S" + names.contact.iloc[asked].str.slice(1).reset_index(drop=True),
            "ticket": text(names.ticket, journey.ticket[asked]),
            "employee": text(course.employees, course.employee[asked]),
            "offered_at": stamps(offered, centre.tz),
            "answered_at": stamps(answered, centre.tz, responds),
            "kind": text(["csat"], np.zeros(size, dtype=np.int64)),
            "score": np.where(responds, score, np.nan),
            "scale": 5,
        }
    )


def _promise(centre: Centre, name: str) -> float:
    """Return the wait that a queue promises, in seconds: the shortest of its targets."""
    kinds = (ServiceLevel, LongestWait, Deadline)
    return min(target.within_s for target in centre.queue(name).targets if isinstance(target, kinds))
