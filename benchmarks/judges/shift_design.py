"""Judge a shift design, apart from the library.

    python shift_design.py INSTANCE.dzn DESIGN.json

The design is `{"shifts": [{"day": 0, "start": 7, "length": 8, "heads": 3}, ...]}`, start and length in intervals of the
instance, the start counted from the midnight of the day. The week goes round: a shift that passes its end covers its
beginning. Over- and under-cover are counted in head-minutes: a head too many or too few for a minute costs the weight
of the instance, and each distinct shift, a start and a length, costs its weight once.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any


def read(path: str | Path) -> dict[str, Any]:
    """Return the names of an instance with their numbers and lists."""
    text = re.sub(r"%.*", "", Path(path).read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    for name, value in re.findall(r"(\w+)\s*=\s*(\[[^\]]*\]|[^;\[]*);", text):
        numbers = [int(number) for number in re.findall(r"-?\d+", value)]
        found[name] = numbers if "[" in value else numbers[0]
    return found


def faults(instance: dict[str, Any], design: dict[str, Any]) -> list[str]:
    """Return every fault of a design as text."""
    windows = list(
        zip(instance["minStart"], instance["maxStart"], instance["minLength"], instance["maxLength"], strict=True)
    )
    found: list[str] = []
    for shift in design["shifts"]:
        numbers = [shift.get(name) for name in ("day", "start", "length", "heads")]
        if not all(type(number) is int for number in numbers):
            found.append(f"{shift}: day, start, length and heads must be whole numbers")
            continue
        day, start, length, heads = numbers
        if not 0 <= day < instance["days"]:
            found.append(f"{shift}: day outside 0 to {instance['days'] - 1}")
        if heads < 0:
            found.append(f"{shift}: fewer than 0 heads")
        if not any(a <= start <= b and c <= length <= d for a, b, c, d in windows):
            found.append(f"{shift}: start and length lie in no window")
    return found


def price(instance: dict[str, Any], design: dict[str, Any]) -> dict[str, int]:
    """Return the objective and its parts: minutes over, minutes under, distinct shifts."""
    demand = instance["demand"]
    a_day = len(demand) // instance["days"]
    present = [0] * len(demand)
    kinds = set()
    for shift in design["shifts"]:
        if not shift["heads"]:
            continue
        kinds.add((shift["start"], shift["length"]))
        first = shift["day"] * a_day + shift["start"]
        for interval in range(first, first + shift["length"]):
            present[interval % len(demand)] += shift["heads"]
    minutes = instance["interval"]
    over = minutes * sum(max(there - need, 0) for there, need in zip(present, demand, strict=True))
    under = minutes * sum(max(need - there, 0) for there, need in zip(present, demand, strict=True))
    total = (
        instance["weightOverCover"] * over
        + instance["weightUnderCover"] * under
        + instance["weightShiftInstances"] * len(kinds)
    )
    return {"objective": total, "over_min": over, "under_min": under, "shifts": len(kinds)}


def main() -> None:
    instance = read(sys.argv[1])
    design = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    wrong = faults(instance, design)
    if wrong:
        print(json.dumps({"objective": None, "faults": wrong}))
        sys.exit(1)
    print(json.dumps({**price(instance, design), "faults": []}))


if __name__ == "__main__":
    main()
