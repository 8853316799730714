"""A quote loads neither frames nor solvers, and nothing of the quotes is loaded before it is asked."""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import json, sys, wfm
asked = {"queues": [{"name": "calls", "volume": "900/day", "aht": "4min", "patience": "2min"},
                    {"name": "mail", "channel": "email", "volume": "90/day", "aht": "4min"}]}
wfm.quote(asked).to_json()
wfm.quotes.compare(asked, asked)
print(json.dumps([name for name in ("pandas", "scipy", "ortools", "pydantic", "numba") if name in sys.modules]))
"""


def test_a_quote_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_bare_quote_loads_only_what_it_answers() -> None:
    asked = {"queues": [{"name": "calls", "volume": "900/day", "aht": "4min"}]}
    bare = asked | {"range_points": 0, "tornado": False, "pareto": False}
    names = ["wfm.quotes.levers", "wfm.quotes.ranges", "wfm.quotes.surface", "wfm.erlang.chat", "wfm.erlang.required"]
    names += ["wfm.erlang.arrays", "wfm.erlang.gamma_arrays", "wfm.quotes.whatif", "wfm.quotes.json_schema"]
    code = f"import json, sys, wfm; wfm.quote({bare!r}); print(json.dumps([n for n in {names!r} if n in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
