"""The kernel compiled by numba, where it is installed."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from wfm.errors import MissingExtraError
from wfm.logs import logger
from wfm.simulate import kernel, records

__all__ = ["can_compile", "compiled_simulate", "digest"]

_LOG = logger("simulate")
_COPY = "wfm.simulate._compiled_"


def can_compile() -> bool:
    """Whether numba is installed and not switched off by `NUMBA_DISABLE_JIT`."""
    return find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


@cache
def compiled_simulate() -> Callable[[Any], None]:
    """Return `kernel.simulate` compiled; its machine code is kept on disk, in `__pycache__` or numba's own folder.

    Raises
    ------
    MissingExtraError
        If numba is not installed.
    """
    if find_spec("numba") is None:
        raise MissingExtraError("numba", "fast")
    import numba

    # The types of numba do not know the switch for reference counts.
    njit: Any = numba.njit
    compiled: dict[str, Any] = {}
    for part in kernel.PARTS:
        module = _second_copy(part)
        for name, value in list(vars(module).items()):
            if not isinstance(value, FunctionType) or name == "simulate":
                continue
            if value.__module__ == module.__name__:
                # Without forced inlining every call hands over the whole world. The kernel neither makes nor keeps an
                # array, so that reference counts, which cost nine tenths of the time, are not needed.
                # Nor are the wrappers that would let Python call it: they double the time to compile.
                inline = name not in kernel.RARE
                compiled[name] = njit(forceinline=inline, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)(
                    value
                )
            setattr(module, name, compiled.get(name, value))
    simulate = module.simulate
    # What is kept on disk has this name, and numba looks at the file of this function alone.
    simulate.__qualname__ = f"simulate_{digest()}"
    try:
        function = njit(cache=True, no_cfunc_wrapper=True, _nrt=False)(simulate)
    except RuntimeError as error:
        _LOG.warning("the compiled kernel is not kept on disk: %s", error)
        function = njit(no_cfunc_wrapper=True, _nrt=False)(simulate)
    return _logged(function)


def _second_copy(part: ModuleType) -> ModuleType:
    """Load a source of the kernel under another name: there the functions call each other compiled."""
    name = _COPY + part.__name__.rpartition(".")[2]
    spec = spec_from_file_location(name, part.__file__)
    if spec is None or spec.loader is None:
        raise ImportError(f"the source {part.__file__} cannot be loaded")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def digest() -> str:
    """Return what changes with any of the sources."""
    sources = [Path(str(part.__file__)).read_bytes() for part in (*kernel.PARTS, records)]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:12]


def _logged(function: Any) -> Callable[[Any], None]:
    first = True

    def run(world: Any) -> None:
        nonlocal first
        if not first:
            function(world)
            return
        _LOG.info("loading the compiled kernel; the first call on a machine compiles it, which takes half a minute")
        begin = time.perf_counter()
        function(world)
        first = False
        source = "read from disk" if any(function.stats.cache_hits.values()) else "compiled"
        _LOG.info("the kernel was %s in %.1f s", source, time.perf_counter() - begin)

    return run
