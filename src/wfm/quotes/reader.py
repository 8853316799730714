"""From a plain mapping or JSON text to a checked request, with every fault and every default that was used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from wfm.domain.hours import OpeningHours
from wfm.domain.queue import Channel
from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    Target,
)
from wfm.errors import DataError, Problem, did_you_mean
from wfm.quotes.fields import Fields
from wfm.quotes.refusal import Refusal, RequestError
from wfm.quotes.request import (
    KINDS,
    QuoteContract,
    QuoteQueue,
    QuoteRequest,
    Shape,
    Spread,
    Uncertainty,
    Volume,
    leaves,
    seconds_of,
)
from wfm.quotes.shapes import SHAPES, WEEKS, closed_share

__all__ = ["TARGETS", "Read", "read", "read_request", "read_volume"]

_PERIODS = ("day", "week", "month", "year")
_VOLUME = re.compile(r"\s*(\d+(?:\.\d+)?(?:[eE]\+?\d+)?)\s*(?:/|per)\s*([A-Za-z]+)\s*")
_MOST_CONTACTS = 1e12
_YEAR_S = 366 * 86400.0
_MOST_SHRINKAGE = 0.9
TARGETS: Mapping[str, tuple[type[Target], tuple[str, ...]]] = {
    "service_level": (ServiceLevel, ("fraction", "within", "basis", "short_abandon")),
    "mean_answer": (MeanAnswer, ("within",)),
    "longest_wait": (LongestWait, ("within", "breach")),
    "max_abandonment": (MaxAbandonment, ("fraction",)),
    "max_occupancy": (MaxOccupancy, ("fraction",)),
    "deadline": (Deadline, ("within", "fraction")),
}
# Dicts, for their order and since a name is found at once.
_QUEUE = dict.fromkeys(
    (
        *("name", "volume", "forecast", "aht", "channel", "shape", "weekdays", "concurrency", "slowdown", "patience"),
        *("targets", "hours", "min_agents", "containment"),
    )
)
_CONTRACT = dict.fromkeys(("name", "kind", "share", "week", "shift", "unpaid_break", "wage"))
_REQUEST = dict.fromkeys(
    (
        *("schema", "queues", "hours", "interval", "multi_skilled", "shrinkage", "contracts", "overhead", "attrition"),
        *("training", "training_cost", "growth", "years", "uncertainty", "currency", "seed", "range_points"),
        *("tornado", "pareto", "exact"),
    )
)


class Read(NamedTuple):
    """A request, and the paths of the fields that were left out."""

    request: QuoteRequest
    defaults: tuple[str, ...]


def read_request(value: QuoteRequest | Mapping[str, Any] | str | bytes) -> QuoteRequest:
    """Return a request, checked throughout; see `QuoteRequest.of`."""
    return read(value).request


def read(value: QuoteRequest | Mapping[str, Any] | str | bytes) -> Read:
    """Return a request and the paths of the fields that were left out.

    Raises
    ------
    RequestError
        With every fault.
    """
    if isinstance(value, QuoteRequest):
        value = value.to_dict()
    data = _parse(value) if isinstance(value, str | bytes) else value
    faults: list[Refusal] = []
    defaults: list[str] = []
    fields = Fields(data, "", _REQUEST, faults, defaults)
    request = _request(fields)
    if faults or request is None:
        raise RequestError(faults)
    return Read(request, tuple(defaults))


def _parse(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        what = f"not JSON: {error}"
        raise RequestError([Refusal("", what, "", "send one JSON object in UTF-8")]) from None


def _request(fields: Fields) -> QuoteRequest | None:
    faults, defaults = fields.faults, fields.defaults
    version = fields.text("schema", "1")
    if version != "1":
        fields.refuse("schema", f"unknown version {version!r} of the contract", version, 'write "1"')
    hours = fields.checked("hours", "24x7", _hours)
    rows = fields.rows("queues", 20)
    if "queues" not in fields.data:
        fields.refuse("queues", "no queues", None, "give at least one, with name, volume and aht")
    parts = [Fields(row, f"queues[{n}]", _QUEUE, faults, defaults) for n, row in enumerate(rows)]
    queues = [_queue(part) for part in parts]
    for part, queue in zip(parts, queues, strict=True):
        if queue is not None:
            _check_closed(part, queue, hours)
    _unique(fields, "queues", [queue.name for queue in queues if queue is not None])
    contracts = [
        _contract(Fields(row, f"contracts[{n}]", _CONTRACT, faults, defaults), len(fields.data["contracts"]))
        for n, row in enumerate(fields.rows("contracts", 10))
    ]
    _unique(fields, "contracts", [contract.name for contract in contracts])
    total = math.fsum(contract.share for contract in contracts)
    if contracts and not math.isclose(total, 1.0, abs_tol=1e-6):
        fields.refuse("contracts", f"the shares add up to {total:g}", total, "make them add up to 1")
    values: dict[str, Any] = {
        "schema": "1",
        "hours": hours,
        "interval": _interval(fields),
        "multi_skilled": fields.number("multi_skilled", 0.0, 0.0, 1.0),
        "shrinkage": _shrinkage(fields),
        "contracts": tuple(contracts) or (QuoteContract(name="full"),),
        "overhead": fields.number("overhead", 0.0, 0.0, 10.0),
        "attrition": fields.number("attrition", 0.0, 0.0, 5.0),
        "training": fields.duration("training", "0s", high_s=_YEAR_S, open_low=False),
        "training_cost": fields.number("training_cost", 0.0, 0.0, 1e9),
        "growth": fields.number("growth", 0.0, -0.9, 10.0),
        "years": fields.whole("years", 0, 0, 10),
        "uncertainty": _uncertainty(fields),
        "currency": fields.text("currency", "EUR", longest=10),
        "seed": fields.whole("seed", 0, 0, 2**32 - 1),
        "range_points": fields.whole("range_points", 256, 0, 4096),
        "tornado": fields.flag("tornado", True),
        "pareto": fields.flag("pareto", True),
        "exact": fields.flag("exact", False),
    }
    if faults:
        return None
    return QuoteRequest(queues=tuple(queue for queue in queues if queue is not None), **values)


def _queue(fields: Fields) -> QuoteQueue | None:
    known = len(fields.faults)
    for name in ("name", "aht"):
        if name not in fields.data:
            fields.refuse(name, f"no {name}", None, f"give {name}, such as {'chat' if name == 'name' else '5min'!r}")
    if ("volume" in fields.data) == ("forecast" in fields.data):
        fields.refuse("volume", "volume or forecast, one of them", None, "give a volume such as '3200/day'")
    channel = fields.choice("channel", Channel.PHONE, Channel)
    concurrency = fields.whole("concurrency", 1, 1, 20)
    if concurrency > 1 and channel is not Channel.CHAT:
        fields.refuse("concurrency", f"concurrency {concurrency} on channel {channel}", concurrency, "only a chat")
    volume, shape = _volume_and_shape(fields)
    patience = fields.duration("patience", "", high_s=86400.0) if fields.data.get("patience") is not None else None
    values: dict[str, Any] = {
        "name": fields.text("name", "queue"),
        "volume": volume,
        "channel": channel,
        "aht": _aht(fields, concurrency),
        "shape": shape,
        "weekdays": _shape(fields, "weekdays", "even", WEEKS, (7,)),
        "concurrency": concurrency,
        "slowdown": fields.number("slowdown", 0.0, 0.0, 10.0),
        "patience": patience,
        "hours": fields.checked("hours", None, _hours) if fields.data.get("hours") is not None else None,
        "min_agents": fields.whole("min_agents", 0, 0, 10_000),
        "containment": fields.number("containment", 0.0, 0.0, 1.0, open_="high"),
    }
    if not isinstance(values["aht"], str) and fields.data.get("slowdown"):
        fields.refuse("slowdown", "a slowdown beside a length for each number of sessions", None, "leave one out")
    for name in ("patience", "hours"):
        if name not in fields.data:
            fields.defaults.append(fields.at(name))
    targets = _targets(fields)
    _check_targets(fields, targets, channel, patience)
    return None if len(fields.faults) > known else QuoteQueue(targets=targets, **values)


def _check_closed(fields: Fields, queue: QuoteQueue, hours: str) -> None:
    """Refuse contacts forecast for closed hours, and a shape that has nothing in opening hours."""
    outside = closed_share(queue, hours)
    if "forecast" in fields.data and outside.share > 0.0:
        what = (
            f"{outside.share:.2%} of the forecast are in closed hours: {outside.places} numbers, first {outside.first}"
        )
        remedy = "make those numbers 0, or open then; contacts are not moved to other hours"
        fields.refuse("forecast", what, outside.first, remedy)
    elif outside.share == 1.0:
        name = "shape" if isinstance(queue.shape, tuple) else "weekdays"
        what = f"the {name} has nothing in opening hours: {queue.hours or hours}"
        fields.refuse(name, what, None, "give numbers above 0 while it is open, or other hours")


def _aht(fields: Fields, concurrency: int) -> str | tuple[str, ...]:
    value = fields.data.get("aht")
    if isinstance(value, list | tuple):
        lengths = tuple(fields.as_duration(f"aht[{n}]", one, "1min", 1.0, 86400.0) for n, one in enumerate(value[:20]))
        if len(value) != concurrency:
            what = f"{len(value)} lengths for a concurrency of {concurrency}"
            fields.refuse("aht", what, len(value), "give one for each number of sessions held, from 1")
        return lengths
    return "1min" if value is None else fields.as_duration("aht", value, "1min", 1.0, 86400.0)


def _volume_and_shape(fields: Fields) -> tuple[Volume, Shape | None]:
    if "forecast" in fields.data:
        numbers = _shape(fields, "forecast", (), {}, (168, 336))
        if "shape" in fields.data or "weekdays" in fields.data:
            fields.refuse("forecast", "a forecast beside shape or weekdays", None, "leave those out: it has its own")
        return Volume(math.fsum(numbers) if isinstance(numbers, tuple) else 0.0, "week"), numbers
    volume = fields.checked("volume", Volume(1.0), read_volume)
    shape = None
    if fields.data.get("shape") is not None:
        shape = fields.checked("shape", None, lambda value: _numbers(value, "shape", SHAPES, (24, 48, 168, 336)))
    else:
        fields.defaults.append(fields.at("shape"))
    return volume, shape


def read_volume(value: object) -> Volume:
    """Return a volume from `"3200/day"` or an object with `contacts` and `per`.

    Raises
    ------
    DataError
        If it cannot be read, or is not above 0 and at most 1e12.
    """
    remedy = "write a number and day, week, month or year, such as '3200/day'"
    if isinstance(value, str) and len(value) <= 50 and (match := _VOLUME.fullmatch(value)):
        contacts, per = float(match[1]), match[2].lower()
    elif isinstance(value, Mapping) and set(value) == {"contacts", "per"}:
        contacts, per = value["contacts"], value["per"]
    else:
        raise DataError(Problem("cannot read the volume", remedy=remedy))
    if not isinstance(per, str) or per not in _PERIODS:
        raise DataError(Problem(f"unknown period {str(per)[:40]!r}", remedy=did_you_mean(str(per), _PERIODS)))
    if isinstance(contacts, bool) or not isinstance(contacts, int | float) or not 0 < contacts <= _MOST_CONTACTS:
        raise DataError(Problem("contacts must be a number above 0, at most 1e12", remedy=remedy))
    return Volume(float(contacts), per)


def _shape(fields: Fields, name: str, default: Shape, named: Mapping[str, object], sizes: tuple[int, ...]) -> Shape:
    return fields.checked(name, default, lambda value: _numbers(value, name, named, sizes))


def _numbers(value: object, name: str, named: Mapping[str, object], sizes: tuple[int, ...]) -> Shape:
    wanted = " or ".join(str(size) for size in sizes) + " numbers of 0 or more, not all 0"
    if isinstance(value, str) and named:
        if value in named:
            return value
        raise DataError(Problem(f"unknown {name} {value[:60]!r}", remedy=did_you_mean(value, named)))
    if isinstance(value, list | tuple) and len(value) in sizes:
        plain = all(
            isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= _MOST_CONTACTS for one in value
        )
        if plain and sum(value) > 0:
            return tuple(float(one) for one in value)
    raise DataError(Problem(f"{name} must be {'a name or ' if named else ''}{wanted}", remedy=f"give {wanted}"))


def _hours(value: object) -> str:
    if not isinstance(value, str) or len(value) > 500:
        raise DataError(Problem("hours must be a text", remedy="write 'Mon-Fri 08:00-18:00' or '24x7'"))
    _parse_hours(value)
    return value


@lru_cache(maxsize=256)
def _parse_hours(text: str) -> OpeningHours:
    """Return opening hours, or raise with what is wrong in them."""
    return OpeningHours(text)


def _interval(fields: Fields) -> str:
    text = fields.duration("interval", "30min", high_s=3600.0)
    if seconds_of("interval", text) in (900.0, 1800.0, 3600.0):
        return text
    fields.refuse("interval", "interval must be 15min, 30min or 1h", text, "write '30min'")
    return "30min"


def _targets(fields: Fields) -> tuple[Target, ...]:
    found = []
    for number, row in enumerate(fields.rows("targets", 10)):
        path = fields.at(f"targets[{number}]")
        kind = row.get("kind") if isinstance(row, Mapping) else None
        if not isinstance(kind, str) or kind not in TARGETS:
            message = "a target must be an object with its kind"
            fields.faults.append(Refusal(f"{path}.kind", message, kind, did_you_mean(str(kind), TARGETS)))
            continue
        made, names = TARGETS[kind]
        inner = Fields(row, path, ("kind", *names), fields.faults, [])
        values = {name: row[name] for name in names if row.get(name) is not None}
        if any(name not in values for name in names if name in ("fraction", "within") and kind != "deadline"):
            inner.refuse("", f"{kind} without {' or '.join(n for n in names[:2] if n not in values)}", None, "add it")
        elif any(not isinstance(values.get(n, ""), str) for n in ("basis", "within", "short_abandon")):
            inner.refuse("", "within, basis and short_abandon are texts", None, "write '30s'")
        else:
            try:
                found.append(made(**values))
            except DataError as error:
                for problem in error.problems:
                    fields.faults.append(Refusal(path, problem.what, None, problem.remedy))
            except TypeError:
                inner.refuse("", f"{kind} without {', '.join(names[:2])}", None, "add it")
    return tuple(found)


def _check_targets(fields: Fields, targets: tuple[Target, ...], channel: Channel, patience: str | None) -> None:
    deferred = [target for target in targets if isinstance(target, Deadline)]
    if deferred and (len(deferred) < len(targets) or channel.is_live):
        what = "a deadline beside live targets, or on phone or chat"
        fields.refuse("targets", what, None, "make two queues, one live and one of channel message, email or case")
    if patience is not None and (deferred or not channel.is_live):
        fields.refuse("patience", "a patience where nobody waits on the line", patience, "leave it out")
    for number, target in enumerate(targets):
        if isinstance(target, MaxAbandonment) and patience is None:
            fields.refuse(f"targets[{number}]", f"'{target}' without a patience", None, "give patience, such as '2min'")
        short = target.short_abandon_s if isinstance(target, ServiceLevel) else None
        if isinstance(target, ServiceLevel) and short is not None and short > target.within_s:
            fields.refuse(f"targets[{number}]", "short_abandon above within", None, "give at most the wait")
        waits = getattr(target, "within_s", 1.0)
        if waits > _YEAR_S or (waits == 0.0 and not isinstance(target, ServiceLevel)):
            fields.refuse(f"targets[{number}]", "within must be at most a year", None, "give less")
        if isinstance(target, ServiceLevel | Deadline) and target.fraction > 0.99999 and channel.is_live:
            fields.refuse(f"targets[{number}]", "a fraction above 0.99999", target.fraction, "give at most 0.99999")
    lengths = fields.data.get("aht")
    if deferred and isinstance(lengths, str):
        _check_deadlines(fields, deferred, lengths)
    bounded = [t for t in targets if not isinstance(t, MaxOccupancy) or t.fraction < 1.0]
    if targets and not bounded and patience is not None:
        fields.refuse("targets", "an occupancy of 1 bounds nothing where contacts give up", None, "add a target")


def _check_deadlines(fields: Fields, deadlines: list[Deadline], aht: str) -> None:
    from wfm.domain.duration import as_duration

    try:
        longest = as_duration("aht", aht).total_seconds()
    except DataError:
        return
    if any(deadline.within_s <= longest for deadline in deadlines):
        fields.refuse("targets", f"the handle time {aht} is not below the deadline", aht, "give a longer deadline")


def _contract(fields: Fields, count: int) -> QuoteContract:
    if "name" not in fields.data:
        fields.refuse("name", "no name", None, "give a name, such as 'full'")
    if count > 1 and "share" not in fields.data:
        fields.refuse("share", "no share beside other contracts", None, "give the share of the paid hours")
    made = QuoteContract(
        name=fields.text("name", "contract"),
        kind=fields.member("kind", "full", KINDS),
        share=fields.number("share", 1.0, 0.0, 1.0, open_="low"),
        week=fields.duration("week", "40h", low_s=3600.0, high_s=60 * 3600.0),
        shift=fields.duration("shift", "8h", low_s=3600.0, high_s=12 * 3600.0),
        unpaid_break=fields.duration("unpaid_break", "0s", high_s=7200.0, open_low=False),
        wage=fields.number("wage", 1.0, 0.0, 1e9, open_="low"),
    )
    if made.shift_s > made.week_s:
        fields.refuse("shift", f"a shift of {made.shift} in a week of {made.week}", made.shift, "give a shorter shift")
    return made


def _shrinkage(fields: Fields) -> Mapping[str, Any]:
    if not fields.given("shrinkage"):
        return {}
    value = fields.data["shrinkage"]
    before = len(fields.faults)
    tree = value
    if isinstance(value, int | float) and not isinstance(value, bool):
        tree = {"all": fields.number("shrinkage", 0.0, 0.0, 1.0, open_="high")}
    if isinstance(tree, Mapping):
        _check_tree(fields, "shrinkage", tree, 1)
    else:
        fields.refuse("shrinkage", "shrinkage must be a share or a tree of shares", value, "write {'sickness': 0.05}")
    if len(fields.faults) > before:
        return {}
    total = math.fsum([share for _, share in leaves(tree)])
    if total >= _MOST_SHRINKAGE:
        remedy = f"make it less than {_MOST_SHRINKAGE:g}: the parts are shares of paid time, 0.3 for 30 %"
        fields.refuse("shrinkage", f"the parts add up to {total:g}", total, remedy)
        return {}
    return dict(tree)


def _check_tree(fields: Fields, place: str, tree: Mapping[str, Any], depth: int) -> None:
    if depth > 5 or len(tree) > 50:
        fields.refuse(place, "more than 5 levels or 50 parts", None, "join some")
        return
    for name, part in tree.items():
        here = f"{place}.{name}"
        if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
            fields.refuse(place, "a part without a name of 1 to 100 characters", name, "name it")
        elif isinstance(part, (int, float)) and not isinstance(part, bool) and 0 <= part < 1:
            continue
        elif isinstance(part, Mapping):
            _check_tree(fields, here, part, depth + 1)
        else:
            fields.refuse(here, "must be a share in [0, 1)", part, "write 0.05 for 5 %")


def _uncertainty(fields: Fields) -> Uncertainty:
    if not fields.given("uncertainty"):
        return Uncertainty()
    inner = Fields(fields.data["uncertainty"], "uncertainty", ("volume", "aht"), fields.faults, fields.defaults)
    found = {}
    for name in ("volume", "aht"):
        if not inner.given(name):
            continue
        one = Fields(inner.data[name], inner.at(name), ("cv", "low", "high"), fields.faults, [])
        if not isinstance(inner.data[name], Mapping):
            continue
        given = {key for key in one.data if one.data[key] is not None}
        if given not in ({"cv"}, {"low", "high"}):
            one.refuse("", "an uncertainty is cv, or low and high", None, "write {'cv': 0.1}")
            continue
        low, high = one.number("low", 1.0, 0.01, 1.0), one.number("high", 1.0, 1.0, 100.0)
        spread = one.number("cv", 0.0, 0.0, 1.0)
        found[name] = Spread(cv=spread) if "cv" in given else Spread(low=low, high=high)
    return Uncertainty(**found)


def _unique(fields: Fields, name: str, names: list[str]) -> None:
    if len(set(names)) == len(names):
        return
    for twice in sorted({one for one in names if names.count(one) > 1}):
        fields.refuse(name, f"two {name} are named {twice!r}", twice, "name them apart")
