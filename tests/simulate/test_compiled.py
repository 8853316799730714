"""The compiled kernel: said in the log, kept on disk, and never needed."""

from __future__ import annotations

import logging
from importlib import util
from pathlib import Path

import numpy as np
import pytest

from wfm.errors import MissingExtraError
from wfm.simulate import Demand, Lines, Staff, compiled, kernel, play, records


@pytest.fixture
def one_contact():
    staff = Staff(
        speed=np.ones((1, 1)),
        agent=np.array([0]),
        start=np.array([0.0]),
        end=np.array([900.0]),
        shift=np.array([0]),
        shift_end=np.array([900.0]),
    )
    demand = Demand(time=np.array([5.0]), queue=np.array([0]), service=np.array([60.0]))
    return demand, Lines(rank=np.array([0])), staff


@pytest.fixture
def fresh():
    compiled.compiled_simulate.cache_clear()
    yield
    compiled.compiled_simulate.cache_clear()


def test_without_numba_the_kernel_is_interpreted(monkeypatch, fresh, one_contact):
    monkeypatch.setattr(compiled, "find_spec", lambda name: None if name == "numba" else util.find_spec(name))
    assert not compiled.can_compile()
    assert play(*one_contact, interval_s=900.0, intervals=1).ended.tolist() == [65.0]
    with pytest.raises(MissingExtraError, match=r"numba is not installed; run: pip install 'wfm\[fast\]'"):
        play(*one_contact, interval_s=900.0, intervals=1, compiled=True)


def test_numba_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert not compiled.can_compile()


@pytest.mark.parametrize("part", [*kernel.PARTS, records])
def test_what_is_kept_on_disk_is_named_after_every_source(monkeypatch, tmp_path, part):
    before = compiled.digest()
    changed = tmp_path / "changed.py"
    changed.write_bytes(Path(part.__file__).read_bytes() + b"\n")
    monkeypatch.setattr(part, "__file__", str(changed))
    assert compiled.digest() != before


@pytest.mark.skipif(not compiled.can_compile(), reason="not run: no numba")
def test_first_call_says_so_in_the_log(caplog, fresh, one_contact):
    caplog.set_level(logging.INFO, logger="wfm.simulate")
    for _ in range(2):
        assert play(*one_contact, interval_s=900.0, intervals=1, compiled=True).ended.tolist() == [65.0]
    messages = [record.message for record in caplog.records]
    assert len(messages) == 2
    assert messages[0].startswith("loading the compiled kernel; the first call on a machine compiles it")
    assert messages[1].startswith(("the kernel was read from disk in", "the kernel was compiled in"))


@pytest.mark.skipif(not compiled.can_compile(), reason="not run: no numba")
def test_folder_that_cannot_be_written(monkeypatch, caplog, fresh, one_contact):
    import numba

    njit = numba.njit

    def refuses_to_keep(*given, **options):
        if options.get("cache"):

            def decorate(function):
                raise RuntimeError(f"cannot cache function {function.__name__!r}: no locator available")

            return decorate
        return njit(*given, **options)

    monkeypatch.setattr(numba, "njit", refuses_to_keep)
    caplog.set_level(logging.WARNING, logger="wfm.simulate")
    compiled.compiled_simulate()
    assert caplog.messages == [
        "the compiled kernel is not kept on disk: cannot cache function 'simulate': no locator available"
    ]
