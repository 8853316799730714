"""What `import wfm` costs against `import pandas`, in processor time of fresh processes.

`python benchmarks/imports.py` prints the ratio and asserts that it is at most 0.15.
"""

from __future__ import annotations

import subprocess
import sys

_RUNS = 9
_CODE = "import time; t = time.process_time(); import {name}; print(time.process_time() - t)"


def seconds(name: str) -> float:
    """Return the least processor time of several imports of a module."""
    words = [sys.executable, "-c", _CODE.format(name=name)]
    return min(float(subprocess.run(words, capture_output=True, text=True, check=True).stdout) for _ in range(_RUNS))


if __name__ == "__main__":
    ratio = seconds("wfm") / seconds("pandas")
    assert ratio <= 0.15, ratio
    print(f"import wfm takes {ratio:.3f} x the processor time of import pandas")
