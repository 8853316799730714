from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import wfm

HEAVY = ("numpy", "pandas", "scipy", "ortools", "pydantic", "matplotlib")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def loaded_by(statement: str) -> list[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    found: list[str] = json.loads(run(code))
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "import wfm",
        "import wfm.domain",
        "import wfm; wfm.presets.ecommerce()",
        "import wfm; wfm.DataError, wfm.ServiceLevel(0.8, '30s')",
        "import wfm; wfm.show_versions()",
        "import wfm; dir(wfm)",
        "import wfm.erlang",
    ],
)
def test_light_imports_load_nothing_heavy(statement: str) -> None:
    assert loaded_by(statement) == []


def test_importing_costs_little_beside_pandas() -> None:
    def cpu(module: str) -> float:
        code = f"import time\nstart = time.process_time()\nimport {module}\nprint(time.process_time() - start)"
        return min(float(run(code)) for _ in range(5))

    assert cpu("wfm") <= 0.15 * cpu("pandas")


def test_importing_prints_nothing_and_loads_no_logging() -> None:
    assert run("import wfm, sys\nassert 'logging' not in sys.modules") == ""


def test_the_library_logs_to_those_who_listen_alone() -> None:
    told = "from wfm.logs import logger\nlogger('io').warning('a line')"
    listen = "import logging, sys\nlogging.basicConfig(stream=sys.stdout, format='%(name)s: %(message)s')\n"
    assert run("import sys\nsys.stderr = sys.stdout\n" + told) == ""
    assert run(listen + told) == "wfm.io: a line"


def test_every_logger_is_made_in_one_place() -> None:
    source = Path(wfm.__file__).parent
    users = {path.name for path in source.rglob("*.py") if "import logging" in path.read_text(encoding="utf-8")}
    assert users == {"logs.py"}


def home(name: str) -> str:
    """Return the module that a public name of the package comes from."""
    if name in wfm._SUBMODULES:
        return f"wfm.{name}"
    return "wfm.domain.presets" if name == "presets" else wfm._HOME[name]


@pytest.mark.parametrize("name", wfm.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert importlib.util.find_spec(home(name)) is not None
    assert getattr(wfm, name) is not None


def test_the_lists_of_names_agree() -> None:
    assert len(set(wfm.__all__)) == len(wfm.__all__)
    assert set(wfm.__all__) == {*wfm._SUBMODULES, *wfm._HOME, "presets"}


def test_no_exported_function_bears_the_name_of_a_module() -> None:
    assert not {name for name in wfm._HOME if importlib.util.find_spec(f"wfm.{name}")}


def test_no_formula_bears_the_name_of_its_module() -> None:
    assert set(wfm.erlang.__all__) == set(wfm.erlang._HOME)
    assert not {name for name in wfm.erlang.__all__ if importlib.util.find_spec(f"wfm.erlang.{name}")}
    assert all(getattr(wfm.erlang, name) is not None for name in dir(wfm.erlang))


def test_a_formula_loads_its_own_module_only() -> None:
    code = "import sys, wfm; wfm.erlang.erlang_c; print('wfm.erlang.chat' in sys.modules)"
    assert run(code) == "False"


def test_dir_lists_the_public_names() -> None:
    assert set(wfm.__all__) <= set(dir(wfm))
    assert "__version__" in dir(wfm)


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'wfm' has no attribute 'forcast'$"):
        wfm.forcast  # noqa: B018
    assert not hasattr(wfm, "forcast")
    with pytest.raises(ImportError):
        exec("from wfm import forcast")
