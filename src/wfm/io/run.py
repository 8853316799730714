"""The output of a run as a directory: all of its files or none, and a manifest of what made them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from wfm.errors import DataError, Problem
from wfm.files import make_folder
from wfm.io.frames import write_frame
from wfm.schema import FrameLike
from wfm.versions import show_versions

__all__ = ["MANIFEST", "write_run"]

MANIFEST = "manifest.json"


def write_run(
    directory: str | Path,
    frames: Mapping[str, FrameLike],
    *,
    texts: Mapping[str, str] | None = None,
    inputs: Iterable[str | Path] = (),
    about: Mapping[str, object] | None = None,
) -> tuple[Path, ...]:
    """Write frames as CSV files, texts, and a manifest into a directory.

    Everything is written beside first, so that a fault leaves the directory as it was. Then the files are moved in one
    by one, each whole, the manifest last: where it holds the hashes of the files, they belong together.

    Parameters
    ----------
    directory
        Where to write; it is made if need be. Files of the same names are replaced, others stay.
    frames
        Frames by name; each becomes a file `NAME.csv`.
    texts
        Texts by name of their file; default none.
    inputs
        Files that the run read; the manifest holds their SHA-256.
    about
        What else the manifest says, such as the command and the seed; values that JSON can hold.

    Returns
    -------
    tuple of pathlib.Path
        The files written, the manifest last.

    Raises
    ------
    DataError
        If there can be no such directory, an input cannot be read, or a frame cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> folder = Path(tempfile.mkdtemp()) / "out"
    >>> written = write_run(folder, {"heads": pd.DataFrame({"n": [1]})}, about={"seed": 0})
    >>> [path.name for path in written], json.loads(written[-1].read_text())["seed"]
    (['heads.csv', 'manifest.json'], 0)
    """
    folder = make_folder(directory)
    read = {str(path): _hash(Path(path)) for path in inputs}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".run-") as name:
        draft = Path(name)
        for title, frame in frames.items():
            write_frame(frame, draft / f"{title}.csv")
        for title, text in (texts or {}).items():
            (draft / title).write_text(f"{text}\n", encoding="utf-8")
        made = sorted(path.name for path in draft.iterdir())
        manifest = {
            **(about or {}),
            "versions": show_versions().as_dict(),
            "inputs": read,
            "outputs": {title: _hash(draft / title) for title in made},
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for title in (*made, MANIFEST):
            (draft / title).replace(folder / title)
    return tuple(folder / title for title in (*made, MANIFEST))


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(Problem(f"cannot be read: {error.strerror}", where=str(path))) from None
