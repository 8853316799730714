"""The search's inner loop, compiled by numba where it is installed."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from types import FunctionType
from typing import Any

from wfm.roster import anneal_kernel

__all__ = ["anneal_function", "can_compile"]

_LOG = logging.getLogger("wfm.roster")
_COPY = "wfm.roster._compiled_anneal_kernel"


def can_compile() -> bool:
    """Whether numba is installed and not switched off by `NUMBA_DISABLE_JIT`."""
    return find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


@cache
def anneal_function() -> Callable[..., float]:
    """Return `anneal_kernel.anneal`, compiled where it can be.

    Its machine code is kept on disk; the first call on a machine takes some seconds.
    """
    if not can_compile():
        _LOG.info("the search is not compiled, which makes it some 300 times slower: pip install 'wfm[fast]'")
        return anneal_kernel.anneal
    import numba

    # The types of numba do not know all of its switches.
    njit: Any = numba.njit
    # A second copy of the source, in which the functions call each other compiled.
    spec = spec_from_file_location(_COPY, anneal_kernel.__file__)
    if spec is None or spec.loader is None:
        raise ImportError(f"the source {anneal_kernel.__file__} cannot be loaded")
    module = module_from_spec(spec)
    sys.modules[_COPY] = module
    spec.loader.exec_module(module)
    for name, value in list(vars(module).items()):
        if isinstance(value, FunctionType) and value.__module__ == _COPY and name != "anneal":
            setattr(module, name, njit(forceinline=True, _nrt=False)(value))
    try:
        function: Callable[..., float] = njit(cache=True, nogil=True, _nrt=False)(module.anneal)
    except RuntimeError as error:
        _LOG.warning("the compiled search is not kept on disk: %s", error)
        function = njit(nogil=True, _nrt=False)(module.anneal)
    return function
