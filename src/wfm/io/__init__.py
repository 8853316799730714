"""Files: centres from TOML, frames from and to CSV, Parquet, Excel and JSON."""

from wfm.io.centre import read_centre
from wfm.io.exports import read_export
from wfm.io.frames import read_frame, write_frame
from wfm.io.history import read_history
from wfm.io.mapping import ColumnMap
from wfm.io.run import write_run
from wfm.io.writer import write_centre

__all__ = [
    "ColumnMap",
    "read_centre",
    "read_export",
    "read_frame",
    "read_history",
    "write_centre",
    "write_frame",
    "write_run",
]
