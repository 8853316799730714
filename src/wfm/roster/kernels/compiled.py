"""The inner loops of the search and of the programme of one line, compiled by numba where it is installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from wfm.logs import logger
from wfm.roster.kernels import anneal, line, rules, together

__all__ = ["anneal_function", "can_compile", "line_function"]

_LOG = logger("roster")
_COPIES = "wfm.roster._compiled_"
_PARTS = rules, together  # what the search calls


def can_compile() -> bool:
    """Whether numba is installed and not switched off by `NUMBA_DISABLE_JIT`."""
    return find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


@cache
def anneal_function() -> Callable[..., float]:
    """Return `anneal.anneal`, compiled where it can be.

    Its machine code is kept on disk; the first call on a machine takes half a minute.
    """
    if not can_compile():
        _LOG.info("the search is not compiled, which makes it some 300 times slower: pip install 'wfm[fast]'")
        return anneal.anneal
    return _compiled(anneal, "anneal", _PARTS)


@cache
def line_function() -> Callable[..., float]:
    """Return `line.best_line`, compiled where it can be."""
    if not can_compile():
        return line.best_line
    return _compiled(line, "best_line", (), {"lift": "lift_by_loop"})


def _compiled(
    module: ModuleType, name: str, called: tuple[ModuleType, ...], stand_ins: Mapping[str, str] = MappingProxyType({})
) -> Callable[..., float]:
    """Return a function of a module compiled, with the functions of the modules it calls.

    A function of the module that has a stand-in is replaced by it.
    """
    import numba

    # The types of numba do not know all of its switches.
    njit: Any = numba.njit
    parts = {part.__name__: _copy(part) for part in called}
    search = _copy(module)
    outer = getattr(search, name)
    outer.__qualname__ = f"{name}_{_digest(*called, module)}"
    # Nobody calls the inner functions from Python; the wrappers for that, which unpack the whole world, would take two
    # thirds of the time to compile.
    inner = njit(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
    for part in parts.values():
        for known, value in list(vars(part).items()):
            if isinstance(value, FunctionType) and value.__module__ == part.__name__:
                setattr(part, known, inner(value))
    for known, value in list(vars(search).items()):
        if isinstance(value, FunctionType) and value.__module__ == search.__name__ and known != name:
            setattr(search, known, inner(value))
        elif isinstance(value, FunctionType) and value.__module__ in parts:
            setattr(search, known, getattr(parts[value.__module__], known))
    for known, other in stand_ins.items():
        setattr(search, known, getattr(search, other))
    try:
        function: Callable[..., float] = njit(cache=True, nogil=True, no_cfunc_wrapper=True, _nrt=False)(outer)
    except RuntimeError as error:
        _LOG.warning("the compiled search is not kept on disk: %s", error)
        function = njit(nogil=True, no_cfunc_wrapper=True, _nrt=False)(outer)
    return function


def _copy(module: ModuleType) -> ModuleType:
    """Return a second copy of a module, in which the functions shall call each other compiled."""
    name = _COPIES + module.__name__.rpartition(".")[2]
    spec = spec_from_file_location(name, module.__file__)
    if spec is None or spec.loader is None:
        raise ImportError(f"the source {module.__file__} cannot be loaded")
    copy = module_from_spec(spec)
    sys.modules[name] = copy
    spec.loader.exec_module(copy)
    return copy


def _digest(*modules: ModuleType) -> str:
    """Return a key of the sources: numba looks only at that of the outermost function to tell stale machine code."""
    total = sha256()
    for module in modules:
        total.update(Path(str(module.__file__)).read_bytes())
    return total.hexdigest()[:16]
