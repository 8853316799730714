"""Files written whole or not at all, in directories that can take them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wfm.errors import DataError, Problem

__all__ = ["make_folder", "replacing"]


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and move it there when the block ends without an error.

    A reader sees the old file or the new one, never half of it; after an error the old one stands.

    Parameters
    ----------
    path
        The file to write; its directory must exist.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "a.txt") as draft:
    ...     _ = draft.write_text("whole")
    >>> [file.name for file in folder.iterdir()]
    ['a.txt']
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        # A file made by mkstemp is its owner's alone; the new file is as open as any other the process makes.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def make_folder(path: str | Path) -> Path:
    """Return the directory, made with its parents if need be, or raise `DataError` if files cannot be put there.

    Examples
    --------
    >>> import tempfile
    >>> make_folder(Path(tempfile.mkdtemp()) / "out" / "today").is_dir()
    True
    """
    folder = Path(path)
    remedy = "name a directory that can be made and written to"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise DataError(Problem("this is a file, not a directory", where=str(folder), remedy=remedy)) from None
    except OSError as error:
        what = f"the directory cannot be made: {error.strerror}"
        raise DataError(Problem(what, where=str(folder), remedy=remedy)) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataError(Problem("nothing can be written to the directory", where=str(folder), remedy=remedy))
    return folder
