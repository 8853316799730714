"""The columns, types and keys of every public frame, and one check that collects all faults.

Keys are plain columns, never an index. Columns that a frame does not name are let through untouched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Faults, Problem, did_you_mean

__all__ = ["FRAMES", "QUANTILES", "Column", "Frame", "FrameLike", "Kind", "as_frame", "check", "frame_of"]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    STAMP = "stamp"
    NUMBER = "number"
    FRACTION = "fraction"
    FLAG = "flag"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a frame.

    Parameters
    ----------
    kind
        What it holds: text, a zoned stamp, a number, a fraction in [0, 1], a flag, or a day (a `datetime.date`).
    required
        Whether the frame must have it; default yes.
    nullable
        Whether values may be missing; default no.
    low
        Lowest allowed number; default 0.
    above
        Whether the lowest number itself is excluded; default no.
    """

    kind: Kind
    required: bool = True
    nullable: bool = False
    low: float = 0.0
    above: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A public frame: the columns it is sorted by, all its columns, and whether a key occurs only once."""

    key: tuple[str, ...]
    columns: Mapping[str, Column]
    unique: bool = True


@runtime_checkable
class HasFrame(Protocol):
    """A result that can give its frame."""

    def to_frame(self) -> pd.DataFrame:
        """Return the frame."""
        ...


FrameLike: TypeAlias = "pd.DataFrame | HasFrame"

# The design's 13 quantiles of a forecast, by column.
QUANTILES: Mapping[str, float] = {
    "offered_q025": 0.025,
    "offered_q05": 0.05,
    "offered_q10": 0.10,
    "offered_q20": 0.20,
    "offered_q30": 0.30,
    "offered_q40": 0.40,
    "offered_q50": 0.50,
    "offered_q60": 0.60,
    "offered_q70": 0.70,
    "offered_q80": 0.80,
    "offered_q90": 0.90,
    "offered_q95": 0.95,
    "offered_q975": 0.975,
}

# How a stamp in text, or one shown as text, ends if it has a zone.
_OFFSET = r"\d(?:Z|[+-]\d{2}:?\d{2})$"

# An odd number with its bits well mixed: the golden ratio in 64 bits.
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]
_ODD = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8  # letters of a word
_MASKS = np.array([256**kept - 1 for kept in range(_WORD + 1)], dtype=np.uint64)  # keep so many letters of a word
_ROWS = 1 << 16

_TEXT = Column(Kind.TEXT)
_STAMP = Column(Kind.STAMP)
_NUMBER = Column(Kind.NUMBER)
_MAYBE_TEXT = Column(Kind.TEXT, required=False, nullable=True)
_MAYBE_STAMP = Column(Kind.STAMP, required=False, nullable=True)
_MAYBE_NUMBER = Column(Kind.NUMBER, required=False, nullable=True)
_MAYBE_FLAG = Column(Kind.FLAG, required=False, nullable=True)
_MAYBE_FRACTION = Column(Kind.FRACTION, required=False, nullable=True)
_DAY = Column(Kind.DAY)

FRAMES: Mapping[str, Frame] = {
    "contacts": Frame(
        ("contact_id",),
        {
            "contact_id": _TEXT,
            "queue": _TEXT,
            "channel": _MAYBE_TEXT,
            "customer": _MAYBE_TEXT,
            "ticket": _MAYBE_TEXT,
            "reason": _MAYBE_TEXT,
            "employee": _MAYBE_TEXT,
            "arrived_at": _STAMP,
            "queued_at": _MAYBE_STAMP,
            "answered_at": Column(Kind.STAMP, nullable=True),
            "ended_at": _MAYBE_STAMP,
            "abandoned_at": Column(Kind.STAMP, nullable=True),
            "talk_s": _MAYBE_NUMBER,
            "hold_s": _MAYBE_NUMBER,
            "wrap_s": _MAYBE_NUMBER,
            "sessions": _MAYBE_NUMBER,
            "transferred_to": _MAYBE_TEXT,
        },
    ),
    "tickets": Frame(
        ("ticket",),
        {
            "ticket": _TEXT,
            "customer": _MAYBE_TEXT,
            "channel": _TEXT,
            "queue": _TEXT,
            "kind": _TEXT,
            "priority": _MAYBE_NUMBER,
            "segment": _MAYBE_TEXT,
            "created_at": _STAMP,
            "reason": _MAYBE_TEXT,
            "parent": _MAYBE_TEXT,
        },
    ),
    "ticket_events": Frame(
        ("ticket", "at"),
        {
            "ticket": _TEXT,
            "at": _STAMP,
            "kind": _TEXT,
            "actor": _TEXT,
            "employee": _MAYBE_TEXT,
            "queue": _MAYBE_TEXT,  # the one it is in from here on
            "public": _MAYBE_FLAG,
            "from_state": _MAYBE_TEXT,
            "to_state": _MAYBE_TEXT,
        },
        unique=False,  # two events of a ticket may fall on the same instant; their order in the frame counts
    ),
    "surveys": Frame(
        ("survey_id",),
        {
            "survey_id": _TEXT,
            "ticket": _TEXT,
            "employee": _MAYBE_TEXT,
            "offered_at": _STAMP,
            "answered_at": Column(Kind.STAMP, nullable=True),
            "kind": _TEXT,
            "score": Column(Kind.NUMBER, nullable=True),
            "scale": _NUMBER,
        },
    ),
    "quality_scores": Frame(
        ("score_id",),
        {
            "score_id": _TEXT,
            "ticket": _MAYBE_TEXT,
            "employee": _TEXT,
            "scored_at": _STAMP,
            "criterion": _TEXT,
            "score": _NUMBER,
            "scale": Column(Kind.NUMBER, above=True),
        },
    ),
    # `month` is its first day; beside these, columns of the mix.
    "indicator_counts": Frame(
        ("employee", "month", "indicator"),
        {
            "employee": _TEXT,
            "indicator": _TEXT,
            "month": _DAY,
            "numerator": _NUMBER,
            "denominator": _NUMBER,
            "squares": _MAYBE_NUMBER,  # the sum of the squared values, of a mean
        },
        unique=False,  # parts of the mix are rows of their own
    ),
    "ratings": Frame(
        ("employee", "rater", "role"),
        {
            "employee": _TEXT,
            "period": _DAY,
            "indicator": _MAYBE_TEXT,
            "rater": _TEXT,
            "role": _TEXT,
            "score": Column(Kind.NUMBER, low=-float("inf")),  # of the scale that the caller names
        },
        unique=False,  # so that a rater who stands there twice is named with the rows
    ),
    "appeal_events": Frame(
        ("appeal", "day"),
        {"appeal": _TEXT, "step": _TEXT, "day": _DAY, "employee": _MAYBE_TEXT, "outcome": _MAYBE_TEXT},
        unique=False,  # two steps may be taken on one day
    ),
    "employee_states": Frame(
        ("employee", "start"),
        {"employee": _TEXT, "start": _STAMP, "end": _STAMP, "state": _TEXT, "productive": Column(Kind.FLAG)},
    ),
    "costs": Frame(
        ("start",),
        {"start": _STAMP, "cost": Column(Kind.NUMBER, low=-float("inf"))},  # a credit is below 0
        unique=False,
    ),
    "lost_customers": Frame(("at",), {"at": _STAMP, "won_back": Column(Kind.FLAG)}, unique=False),
    "staff": Frame(
        ("employee", "joined_on"),
        {
            "employee": _TEXT,
            "joined_on": _DAY,
            "left_on": Column(Kind.DAY, nullable=True),
            "trained": Column(Kind.FLAG, required=False),
        },
    ),
    "backlog": Frame(
        ("queue", "due"),
        {
            "queue": _TEXT,
            "due": _STAMP,
            "load_erl": _NUMBER,
            "tickets": _MAYBE_NUMBER,
            "work_s": _MAYBE_NUMBER,
        },
    ),
    "history": Frame(
        ("queue", "start"),
        {
            "queue": _TEXT,
            "start": _STAMP,
            "offered": _NUMBER,
            "handled": _MAYBE_NUMBER,
            "abandoned": _MAYBE_NUMBER,
            "blocked": _MAYBE_NUMBER,
            "waiting": _MAYBE_NUMBER,
            "handle_s": _MAYBE_NUMBER,
            "wait_s": _MAYBE_NUMBER,
            "answered_within": _MAYBE_NUMBER,
            "within_s": _MAYBE_NUMBER,
            "aht_s": _MAYBE_NUMBER,
        },
    ),
    # Beside these, a column of numbers for each driver; without a column `queue` they are those of all queues.
    "drivers": Frame(("day",), {"day": _DAY, "queue": _MAYBE_TEXT}, unique=False),
    "flags": Frame(
        ("start", "end"),
        {
            "start": _STAMP,
            "end": _STAMP,
            "queue": _MAYBE_TEXT,  # none: all queues
            "action": _MAYBE_TEXT,
            "reason": _MAYBE_TEXT,
        },
        unique=False,
    ),
    "forecast": Frame(
        ("queue", "start"),
        {
            "queue": _TEXT,
            "start": _STAMP,
            "offered": _NUMBER,
            "aht_s": Column(Kind.NUMBER, required=False, nullable=True, above=True),
            **{name: Column(Kind.NUMBER, required=False) for name in QUANTILES},
        },
    ),
    "paths": Frame(("path", "queue", "start"), {"path": _NUMBER, "queue": _TEXT, "start": _STAMP, "offered": _NUMBER}),
    "requirement": Frame(
        ("queue", "start"),
        {
            "queue": _TEXT,
            "start": _STAMP,
            "load_erl": Column(Kind.NUMBER, required=False),  # a planner with heads of their own has none
            "agents": _NUMBER,
            "scheduled": _NUMBER,
            "service_level": _MAYBE_FRACTION,
            "asa_s": _MAYBE_NUMBER,
            "occupancy": _MAYBE_FRACTION,
            "abandonment": _MAYBE_FRACTION,
            "floor": _MAYBE_NUMBER,
            "shortage_price": Column(Kind.NUMBER, required=False, nullable=True, above=True),
            "surplus_price": _MAYBE_NUMBER,
        },
    ),
    "wanted": Frame(
        ("template", "day"),
        {
            "template": _TEXT,
            "day": _DAY,
            "heads": _NUMBER,
            "shortage_price": _NUMBER,
            "surplus_price": _MAYBE_NUMBER,
        },
    ),
    "burdens": Frame(
        ("employee",),
        {"employee": _TEXT, **dict.fromkeys(("nights", "weekends", "unpopular", "hours"), _NUMBER)},
    ),
    "level_curve": Frame(
        ("queue", "start", "agents"),
        {"queue": _TEXT, "start": _STAMP, "agents": _NUMBER, "service_level": Column(Kind.FRACTION)},
    ),
    "shifts": Frame(
        ("employee", "shift_start"),
        {
            "employee": _TEXT,
            "shift_start": _STAMP,
            "shift_end": _STAMP,
            "template": _TEXT,
            "paid_h": _NUMBER,
        },
    ),
    "activities": Frame(
        ("employee", "start"),
        {
            "employee": _TEXT,
            "start": _STAMP,
            "end": _STAMP,
            "activity": _TEXT,
            "queue": Column(Kind.TEXT, nullable=True),
        },
    ),
    "coverage": Frame(
        ("queue", "start"),
        {
            "queue": _TEXT,
            "start": _STAMP,
            "required": _NUMBER,
            "rostered": _NUMBER,
            "under": _NUMBER,
            "over": _NUMBER,
        },
    ),
}


def as_frame(
    value: FrameLike,
    name: str,
    *,
    tz: str | None = None,
    known: Mapping[str, Iterable[str]] | None = None,
    ordered: bool = True,
) -> pd.DataFrame:
    """Return the checked frame `name` of a frame or of any result with `.to_frame()`.

    Parameters
    ----------
    value
        A frame, or a result that gives one.
    name
        Name of the frame in the design, such as `"history"`.
    tz
        Zone that the stamps are turned to; default as they are.
    known
        Allowed values by column, such as `{"queue": ["calls"]}`; default all.
    ordered
        Whether to sort the rows by key; default yes. Sums need no order.

    Returns
    -------
    pandas.DataFrame
        A copy, sorted by key (in the order given, if that does not matter), with a fresh index.

    Raises
    ------
    DataError
        With every fault of the frame.

    Examples
    --------
    >>> start = pd.Timestamp("2026-11-02 09:00", tz="UTC")
    >>> as_frame(pd.DataFrame({"queue": ["calls"], "start": [start], "offered": [12]}), "history")["offered"].tolist()
    [12]
    """
    frame = value.to_frame() if isinstance(value, HasFrame) and not isinstance(value, pd.DataFrame) else value
    return check(frame, name, tz=tz, known=known, ordered=ordered)


def frame_of(value: FrameLike) -> pd.DataFrame:
    """Return the frame of a frame or of any result with `.to_frame()`, unchecked.

    Raises
    ------
    DataError
        If it is neither.

    Examples
    --------
    >>> frame_of("history.csv")
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: a str is no frame: 'history.csv'; give a pandas.DataFrame or a result with to_frame()
    """
    frame = value.to_frame() if isinstance(value, HasFrame) and not isinstance(value, pd.DataFrame) else value
    if not isinstance(frame, pd.DataFrame):
        shown = f": {frame!r}" if isinstance(frame, str) else ""
        what = f"a {type(frame).__name__} is no frame{shown}"
        raise DataError(Problem(what, remedy="give a pandas.DataFrame or a result with to_frame()"))
    return frame


def check(
    frame: pd.DataFrame,
    name: str,
    *,
    tz: str | None = None,
    known: Mapping[str, Iterable[str]] | None = None,
    ordered: bool = True,
) -> pd.DataFrame:
    """Check a frame against the design; return a sorted copy, or raise one `DataError` with every fault.

    Takes the parameters of `as_frame`, of a frame only. Rows in the messages are the labels of the frame's index.

    Examples
    --------
    >>> start = pd.Timestamp("2026-11-02 09:00", tz="UTC")
    >>> check(pd.DataFrame({"start": [start], "offerd": [1]}), "history")
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: 2 problems in frame 'history':
      1. column 'queue' is missing; the frame has: start, offerd
      2. column 'offered' is missing; rename 'offerd'?
    """
    if name not in FRAMES:
        raise DataError(Problem(f"unknown frame {name!r}", remedy=did_you_mean(name, FRAMES)))
    if not isinstance(frame, pd.DataFrame):
        what = f"frame {name!r} is a {type(frame).__name__}"
        raise DataError(Problem(what, remedy="give a pandas.DataFrame or a result with to_frame()"))
    spec = FRAMES[name]
    faults = Faults(f"frame {name!r}")
    twice = sorted({str(column) for column in frame.columns[frame.columns.duplicated()] if column in spec.columns})
    for column in twice:
        faults.add(f"column {column!r} occurs twice", remedy="drop or rename one")
    faults.raise_if_any()
    for column, rule in spec.columns.items():
        if column not in frame.columns:
            if rule.required:
                faults.add(f"column {column!r} is missing", remedy=_rename(column, frame, spec))
            continue
        with faults.collecting():
            _check_column(frame[column], column, rule)
        missing = frame[column].isna()
        if not rule.nullable and missing.any():
            faults.add(f"column {column!r} has no value", remedy="fill it or leave the row out", rows=_rows(missing))
        _check_known(frame[column], column, (known or {}).get(column), faults)
    faults.raise_if_any()
    rising = _rises(frame, spec)
    if not rising:
        _check_key(frame, spec, faults)
    faults.raise_if_any()
    result = _typed(frame, spec, tz)
    if rising or not ordered:
        return result.reset_index(drop=True)
    return result.sort_values(list(spec.key), kind="stable", ignore_index=True)


def _typed(frame: pd.DataFrame, spec: Frame, tz: str | None) -> pd.DataFrame:
    """Return a copy of a checked frame, with one type for each kind of column."""
    result = frame.copy(deep=False)  # pandas copies a column when it is written to
    for column, rule in spec.columns.items():
        if rule.kind is Kind.TEXT and column in result.columns:
            # Categories would be sorted in their own order.
            result[column] = result[column].astype("str")
        if rule.kind is Kind.STAMP and column in result.columns:
            zone = tz or result[column].dt.tz
            result[column] = result[column].dt.tz_convert(zone).dt.as_unit("ns")
        if rule.kind is Kind.FLAG and column in result.columns:
            # 0 and 1 are flags too, but numbers are not turned round by "not".
            result[column] = result[column].astype("boolean" if rule.nullable else "bool")
        if rule.kind is Kind.DAY and column in result.columns:
            result[column] = _as_days(result[column])
    return result


def _rises(frame: pd.DataFrame, spec: Frame) -> bool:
    """Return whether a frame is seen at a glance to be sorted by its key, with no key twice.

    Looked at are keys of one text, and of text and stamp; others may be sorted unseen.
    """
    if len(spec.key) == 1:
        return _text_rises(frame[spec.key[0]])
    if not spec.unique or [spec.columns[column].kind for column in spec.key] != [Kind.TEXT, Kind.STAMP]:
        return False
    text, stamp = (frame[column] for column in spec.key)
    codes, found = pd.factorize(text)
    names = [str(name) for name in found]
    if names != sorted(set(names)) or (codes < 0).any():
        return False
    steps, later = np.diff(codes), np.diff(pd.DatetimeIndex(stamp).asi8) > 0
    return bool(((steps > 0) | (steps == 0) & later).all()) and not stamp.isna().any()


def _rename(column: str, frame: pd.DataFrame, spec: Frame) -> str:
    import difflib

    spare = [str(name) for name in frame.columns if name not in spec.columns]
    if column in frame.index.names:
        return "it is in the index: call frame.reset_index()"
    close = difflib.get_close_matches(column, spare, n=1)
    if close:
        return f"rename {close[0]!r}?"
    return f"the frame has: {', '.join(map(str, frame.columns)) or 'no columns'}"


def _check_column(values: pd.Series, column: str, rule: Column) -> None:
    if rule.kind is Kind.TEXT:
        _check_text(values, column)
    elif rule.kind is Kind.STAMP:
        _check_stamp(values, column, nullable=rule.nullable)
    elif rule.kind is Kind.FLAG:
        _check_flag(values, column)
    elif rule.kind is Kind.DAY:
        _check_day(values, column)
    else:
        _check_number(values, column, rule)


def _check_text(values: pd.Series, column: str) -> None:
    if isinstance(values.dtype, pd.StringDtype):  # holds nothing but text; a look at each value would take long
        return
    wrong = ~values.isna() & ~values.map(lambda value: isinstance(value, str)).astype(bool)
    if wrong.any():
        shown = values[wrong].iloc[0]
        remedy = f"call frame[{column!r}].astype(str)"
        raise DataError(Problem(f"column {column!r} is not text: {shown!r}", remedy=remedy, rows=_rows(wrong)))


def _check_stamp(values: pd.Series, column: str, *, nullable: bool) -> None:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return
    if values.isna().all() and nullable and len(values):
        what = f"column {column!r} holds no stamp at all and has no zone"
        remedy = f"call pd.to_datetime(frame[{column!r}], utc=True), or leave the column out"
        raise DataError(Problem(what, remedy=remedy))
    if pd.api.types.is_datetime64_dtype(values.dtype):
        remedy = f"call frame[{column!r}].dt.tz_localize('Europe/Berlin') with your zone"
        raise DataError(Problem(f"column {column!r} has stamps without a zone", remedy=remedy))
    kind = "text" if pd.api.types.is_string_dtype(values) else f"{values.dtype}"
    remedy = f"call pd.to_datetime(frame[{column!r}]).dt.tz_localize('Europe/Berlin') with your zone"
    if values.astype(str).str.contains(_OFFSET).any():
        remedy = f"call pd.to_datetime(frame[{column!r}], utc=True)"
    raise DataError(Problem(f"column {column!r} holds {kind}, not stamps", remedy=remedy))


def _check_number(values: pd.Series, column: str, rule: Column) -> None:
    types = pd.api.types
    if not types.is_numeric_dtype(values.dtype) or types.is_bool_dtype(values.dtype) or values.dtype.kind == "c":
        remedy = f"call pd.to_numeric(frame[{column!r}])"
        raise DataError(Problem(f"column {column!r} holds {values.dtype}, not numbers", remedy=remedy))
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    low = (numbers <= rule.low) if rule.above else (numbers < rule.low)
    high = numbers > 1 if rule.kind is Kind.FRACTION else np.isinf(numbers)
    wrong = pd.Series(low | high | np.isinf(numbers), index=values.index)
    if wrong.any():
        shown = values[wrong].iloc[0]
        bound = "" if rule.low == -np.inf else f" {'above' if rule.above else 'of at least'} {rule.low:g}"
        allowed = "a fraction from 0 to 1" if rule.kind is Kind.FRACTION else f"a finite number{bound}"
        remedy = f"write {shown / 100:g} for {shown:g} %" if rule.kind is Kind.FRACTION and 1 < shown <= 100 else ""
        what = f"column {column!r} must be {allowed}, got {shown:g}"
        raise DataError(Problem(what, remedy=remedy or "correct the value", rows=_rows(wrong)))


def _check_flag(values: pd.Series, column: str) -> None:
    wrong = ~values.isna() & ~values.isin([True, False])
    if wrong.any():
        what = f"column {column!r} must be true or false, got {values[wrong].iloc[0]!r}"
        raise DataError(Problem(what, remedy="write True or False", rows=_rows(wrong)))


def _check_day(values: pd.Series, column: str) -> None:
    """Refuse what is not a day: text, and stamps with a zone or a time, of which nobody knows whose day is meant."""
    if pd.api.types.is_datetime64_dtype(values.dtype):
        wrong = ~values.isna() & (values != values.dt.normalize())
    else:
        # Each value is looked at once: there are few days, but perhaps millions of rows.
        codes, found = pd.factorize(values)
        good = [isinstance(value, date) and not isinstance(value, datetime) for value in found]
        wrong = pd.Series(~np.array([*good, True])[codes], index=values.index)
    wrong = wrong.astype(bool)
    if wrong.any():
        what = f"column {column!r} must hold days, got {str(values[wrong].iloc[0])!r}"
        remedy = f"call pd.to_datetime(frame[{column!r}]).dt.date"
        raise DataError(Problem(what, remedy=remedy, rows=_rows(wrong)))


def _as_days(values: pd.Series) -> pd.Series:
    """Return days as `datetime.date`, as every frame of the library has them."""
    if not pd.api.types.is_datetime64_dtype(values.dtype):
        return values.astype(object)
    codes, found = pd.factorize(values)
    days = np.array([*pd.DatetimeIndex(found).date, pd.NaT], dtype=object)
    return pd.Series(days[codes], index=values.index, name=values.name, dtype=object)


def _check_known(values: pd.Series, column: str, allowed: Iterable[str] | None, faults: Faults) -> None:
    if allowed is None:
        return
    names = set(allowed)
    unknown = ~values.isna() & ~values.isin(names)
    for value in values[unknown].unique():
        rows = _rows(values == value)
        faults.add(f"unknown {column} {value!r}", remedy=did_you_mean(str(value), names), rows=rows)


def _text_rises(values: pd.Series) -> bool:
    """Return whether texts rise from row to row."""
    if not isinstance(values.dtype, pd.StringDtype):
        return False
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(values)
    return bool(pc.all(pc.less(texts[:-1], texts[1:])).as_py() is not False)


def _surely_unique(values: pd.Series) -> bool:
    """Return whether texts are told apart by their fingerprints already; no says nothing."""
    import pyarrow as pa

    if not isinstance(values.dtype, pd.StringDtype) or not len(values):
        return False
    texts = pa.array(values).cast(pa.large_string())
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    bounds = np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)[: bounds[-1]]
    padded = np.concatenate((letters, np.zeros(_WORD, dtype=np.uint8)))
    words = np.ndarray((len(letters) + 1,), dtype="<u8", buffer=padded, strides=(1,))  # one begins at every letter
    prints = np.empty(len(texts), dtype=np.uint64)
    longest = int(np.diff(bounds).max())
    for first in range(0, len(texts), _ROWS):  # in pieces that stay in the processor's cache
        piece = bounds[first : first + _ROWS + 1]
        prints[first : first + _ROWS] = _fingerprints(words, piece[:-1], np.diff(piece), longest)
    prints.sort()
    return not bool((prints[1:] == prints[:-1]).any())


def _fingerprints(words: Words, begin: Ints, length: Ints, longest: int) -> Words:
    """Return a number for each text that its letters, its length and the longest length give."""
    prints = length.astype(np.uint64)
    for at in range(0, longest, _WORD):
        left = np.clip(length - at, 0, _WORD)
        word = words[np.minimum(begin + at, len(words) - 1)] & _MASKS[left]
        # Multiply and fold, so that every letter reaches every bit.
        prints = (prints ^ word) * _ODD
        prints ^= prints >> np.uint64(29)
    return prints


def _check_key(frame: pd.DataFrame, spec: Frame, faults: Faults) -> None:
    if not spec.unique or (len(spec.key) == 1 and _surely_unique(frame[spec.key[0]])):
        return
    again = frame.duplicated(list(spec.key), keep="first")
    if again.any():
        first = frame.loc[again, list(spec.key)].iloc[0]
        named = ", ".join(f"{column} {value}" for column, value in first.items())
        faults.add(f"the key occurs twice: {named}", remedy="keep one row for each key", rows=_rows(again))


def _rows(mask: pd.Series) -> tuple[object, ...]:
    return tuple(mask.index[mask.to_numpy(dtype=bool)].tolist())
