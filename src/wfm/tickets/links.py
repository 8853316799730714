"""Surveys and scores checked against the tickets that they are about."""

from __future__ import annotations

import pandas as pd

from wfm.errors import Faults
from wfm.schema import FrameLike, as_frame

__all__ = ["check_surveys"]


def check_surveys(surveys: FrameLike, tickets: FrameLike) -> pd.DataFrame:
    """Return the checked frame `surveys`, each about a known ticket, with a score that its scale and its answer allow.

    Parameters
    ----------
    surveys
        Frame `surveys`.
    tickets
        Frame `tickets`.

    Raises
    ------
    DataError
        With every survey whose ticket is not known, that was answered before it was offered, whose score is above its
        scale, or that has a score without an answer or an answer without a score.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:00"]).tz_localize("UTC"))
    >>> tickets = pd.DataFrame(
    ...     {"ticket": ["T1"], "channel": "chat", "queue": "chat", "kind": "inquiry", "created_at": at}
    ... )
    >>> surveys = pd.DataFrame(
    ...     {"survey_id": ["S1"], "ticket": ["T1"], "offered_at": at, "answered_at": at, "kind": "csat",
    ...      "score": [4], "scale": [5]}
    ... )
    >>> len(check_surveys(surveys, tickets))
    1
    """
    frame = as_frame(surveys, "surveys")
    known = as_frame(tickets, "tickets")["ticket"]
    faults = Faults("frame 'surveys'")
    checks = (
        ("ticket is not known", ~frame["ticket"].isin(known), "add it to the frame 'tickets', or leave the survey out"),
        ("answered before it was offered", frame["answered_at"] < frame["offered_at"], "correct one of the times"),
        ("the score is above its scale", frame["score"] > frame["scale"], "correct the score or the scale"),
        (
            "a score and the time of the answer go together",
            frame["score"].isna() != frame["answered_at"].isna(),
            "give both or neither",
        ),
    )
    for what, wrong, remedy in checks:
        if wrong.any():
            faults.add(what, where=faults.subject, rows=frame.loc[wrong, "survey_id"], remedy=remedy)
    faults.raise_if_any()
    return frame
