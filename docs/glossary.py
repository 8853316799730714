"""Write `docs/glossary.md` from the measures themselves: `python docs/glossary.py`."""

from __future__ import annotations

from pathlib import Path

from wfm.kpi import CATALOGUE, Measure, engines_of
from wfm.kpi.explain import inputs_of
from wfm.tickets.engines import Engine

PAGE = Path(__file__).parent / "glossary.md"

HEAD = """# Glossary of measures

Made by `python docs/glossary.py` from the objects in `wfm.kpi.CATALOGUE`; a test holds the two together.

Sums are added and then divided, never ratios averaged. A measure whose denominator is 0 is missing, not 0 or 100 %. A
proportion has Wilson's interval, a mean and a percentile a bootstrap one. Percentiles, the longest wait and shares by
Kaplan-Meier come from histograms of whole seconds (values are rounded up): exact for stamps in whole seconds.
`explain(name, data)` prints the formula, the filter and the counts.
"""


def row(measure: Measure) -> str:
    """Return the lines of one measure."""
    below = "none: a total" if measure.denominator is None else measure.denominator.words
    minimum = f"; says little below {measure.minimum:,}" if measure.minimum else ""
    told = {
        "formula": measure.formula,
        "rows": measure.filter,
        "denominator": below + minimum,
        "unit": f"{measure.unit.value}; {measure.direction.value}",
        "belongs to": f"the {measure.attribution.value}",
        "clock": measure.clock.value,
        "interval": measure.form.value,
        "frames": ", ".join(f"`{name}`" for name in inputs_of(measure)),
        "pitfalls": measure.pitfalls,
    }
    lines = [f"### {measure.title}", "", f"`{measure.name}`", ""]
    return "\n".join([*lines, *(f"- **{key}**: {text}" for key, text in told.items()), ""])


def engine_table() -> str:
    """Return which measure runs on which engine."""
    head = [
        "## Which engine counts what",
        "",
        "An engine that cannot count a measure says so and names one that can.",
        "",
    ]
    names = [engine.value for engine in Engine]
    lines = [f"| measure | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for measure in CATALOGUE.values():
        able = engines_of(measure)
        lines.append(f"| `{measure.name}` | {' | '.join('yes' if engine in able else 'no' for engine in Engine)} |")
    return "\n".join([*head, *lines, ""])


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, engine_table(), "## Measures", "", *(row(measure) for measure in CATALOGUE.values())])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
