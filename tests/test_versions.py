from __future__ import annotations

import platform
from importlib import metadata

import pytest

import wfm
from wfm.versions import show_versions


def test_every_dependency_has_its_version() -> None:
    versions = show_versions().as_dict()
    assert list(versions)[:3] == ["python", "platform", "wfm"]
    assert versions["python"] == platform.python_version()
    assert versions["wfm"] == wfm.__version__
    for name in ("numpy", "pandas", "ortools", "numba", "pytest"):
        assert versions[name] == metadata.version(name)
    assert list(versions)[3:] == sorted(list(versions)[3:])


def test_what_is_missing_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    known = metadata.version

    def version(name: str) -> str:
        if name == "numba":
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    versions = show_versions().as_dict()
    assert versions["numba"] == "not installed"
    assert versions["numpy"] == known("numpy")


def test_a_requirement_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["numpy>=2.0", "wfm[plot]; extra == 'report'", "Some-Thing[fast]<3; python_version > '3'"]
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    assert list(show_versions().as_dict())[3:] == ["numpy", "some-thing"]


def test_the_text_is_aligned() -> None:
    versions = show_versions()
    lines = str(versions).splitlines()
    assert repr(versions) == str(versions)
    assert len(lines) == len(versions.items)
    start = lines[0].index(platform.python_version())
    assert all(line[start - 1] == " " and line[start] != " " for line in lines)


def test_it_is_offered_by_the_package() -> None:
    assert wfm.show_versions is show_versions
