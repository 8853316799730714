"""The versions that a report of a fault should name."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Versions", "show_versions"]


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of Python, the platform, `wfm` and its dependencies.

    `items` holds name and version in the order shown; `"not installed"` stands for what is missing.
    """

    items: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, str]:
        """Return the versions by name."""
        return dict(self.items)

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.items)
        return "\n".join(f"{name:<{width}}  {version}" for name, version in self.items)

    def __repr__(self) -> str:
        return str(self)


def show_versions() -> Versions:
    """Return the versions of Python, the platform, `wfm` and every dependency, extras included.

    They are read from the installed metadata: no package is imported.

    Examples
    --------
    >>> print(show_versions())
    python  ...
    platform  ...
    wfm  ...
    """
    import platform
    from importlib import metadata

    items = [("python", platform.python_version()), ("platform", platform.platform()), ("wfm", _version("wfm"))]
    required = metadata.requires("wfm") or []
    names = {_name(line) for line in required} - {"wfm"}
    return Versions((*items, *((name, _version(name)) for name in sorted(names))))


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _name(requirement: str) -> str:
    """Return the name in a requirement such as `"wfm[plot]; extra == 'report'"`."""
    import re

    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match[0].lower() if match else requirement
