"""Files: centres from TOML, frames from and to CSV, Parquet, Excel and JSON."""

from wfm.io.centre import read_centre

__all__ = ["read_centre"]
