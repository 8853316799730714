"""The judge of forecasts: errors on past days of real series, against baselines, peers and bars.

`python benchmarks/forecast.py --series FILE.csv --tz ZONE [--country CC] --origins D1,D2,... --weeks 4`
prints one JSON object: errors of the default model and of the baselines on this series (columns `start_local,offered`,
the clock on the wall), pooled over the origins, in percent; CPU seconds of a fit and a forecast; and the error that is
left to chance (Poisson) in the first week.

`python benchmarks/forecast.py [--data DIR]` runs the whole set and prints each figure beside its bar, writes
`benchmarks/results/forecast.json` and the table in `docs/forecast.md`. The data folder (or the variable `WFM_DATA`)
holds `technion1999_jan_aug_30min.csv.gz` and `reservation_calls_to_2015_06.csv`; what is not there is said not to have
been run. With `--export DIR` the series are written for `benchmarks/forecast_peers.py` instead.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

# Times are those of one thread. This must be set before numpy is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))

import pandas as pd  # noqa: E402
from benchmarks.forecast_series import Series, figures, judged, parse_origins, read_series, tested  # noqa: E402

from benchmarks import forecast_bars as bars  # noqa: E402
from benchmarks import forecast_features as features  # noqa: E402
from wfm.errors import DataError  # noqa: E402

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "forecast.json"
PAGE = ROOT / "docs" / "forecast.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def one(asked: argparse.Namespace) -> None:
    """Judge one series, as JSON on the standard output and nothing else."""
    history, notes = read_series(asked.series, asked.tz)
    for note in notes:
        print(f"clock change: {note}", file=sys.stderr)
    series = Series(asked.series.name, history, asked.tz, parse_origins(asked.origins), asked.country)
    print(json.dumps(judged(series, asked.weeks), allow_nan=False))


def everything(asked: argparse.Namespace) -> None:
    """Judge the set, print every figure beside its bar, and store both."""
    running = bars.start_many(asked.queues) if asked.queues else None
    series, absent = bars.series_set(asked.data)
    found: list[bars.Bar] = []
    results, errors = {}, {}
    for each in series:
        results[each.name] = result = tested(each, bars.WEEKS)
        told = tested(replace(each, country=bars.COUNTRIES[each.name]), bars.WEEKS)
        errors[each.name] = figures(result)
        errors[each.name]["default, with holidays"] = figures(told)["default"]
        found += [*bars.accuracy(each.name, result), *features.day_totals(each)]
        if each.origins != bars.EARLIER:
            found += bars.robustness(each)
    peers, against = bars.against_peers(results)
    found += peers
    if not peers:
        absent.append(f"peers: {bars.NEVER}, no {bars.PEERS.name} (benchmarks/forecast_peers.py makes it)")
    found += features.rest_of_day(series[0])
    driven, missed = features.reservations(asked.data)
    absent += missed
    found += driven
    fast = bars.speed(asked.queues, running) if running else []
    for bar in [*found, *fast]:
        print(f"{'holds' if bar.holds else 'MISSED':<6}  {bar.series}: {bar.what}: {bar.shown}, asked {bar.asked}")
    for what in absent:
        print(what)
    for model, each in against.get("ratio_1w", {}).items():
        print(f"ratio to {model}, 1w:", ", ".join(f"{name} {ratio:.3f}" for name, ratio in each.items()))
    if absent or asked.queues == 0:
        print("nothing is stored, since not everything was run")
        return
    rows = [bar.as_row() for bar in found]
    # Times depend on the machine, so only whether they hold is stored.
    rows += [{"bar": bar.what, "series": bar.series, "asked": bar.asked, "holds": bar.holds} for bar in fast]
    stored = {"bars": rows, "errors": errors, "peers": against}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(stored, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    write_page([*found, *fast], errors, against)


def write_page(found: list[bars.Bar], errors: dict[str, Any], against: dict[str, Any]) -> None:
    """Put the tables into the page, between their marks."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    tables = [bars.errors_table(errors, against), bars.bars_table(found)]
    PAGE.write_text(head + "\n\n".join([BEGIN, *tables, END]) + tail, encoding="utf-8")


def export(asked: argparse.Namespace) -> None:
    """Write the series and their origins for the peers."""
    series, absent = bars.series_set(asked.data)
    asked.export.mkdir(parents=True, exist_ok=True)
    listed = {}
    for each in series:
        file = f"{each.name.replace(',', '').replace(' ', '_')}.csv.gz"
        local = each.history["start"].dt.tz_localize(None)
        rows = pd.DataFrame({"start_local": local, "offered": each.history["offered"]})
        rows.to_csv(asked.export / file, index=False)
        origins = [day.isoformat() for day in each.origins]
        country = bars.COUNTRIES[each.name]
        listed[each.name] = {"file": file, "origins": origins, "weeks": bars.WEEKS, "country": country}
    (asked.export / "series.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    for what in absent:
        print(what)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=Path, help="CSV file, also gzipped, with the columns start_local and offered")
    parser.add_argument("--tz", help="time zone of the stamps, such as America/New_York")
    parser.add_argument("--country", help="ISO code for public holidays; without it no day is special")
    parser.add_argument("--origins", help="first days of the forecasts, such as 2003-08-18,2003-08-26")
    parser.add_argument("--weeks", type=int, default=4, help="length of each forecast (default 4)")
    parser.add_argument("--data", type=Path, default=os.environ.get("WFM_DATA"), help="folder with the data of the set")
    parser.add_argument("--queues", type=int, default=1000, help="queues of the speed test (default 1000; 0: no times)")
    parser.add_argument("--export", type=Path, help="write the series of the set for the peers, and do nothing else")
    asked = parser.parse_args()
    asked.data = None if asked.data is None else Path(asked.data)
    if asked.series is not None and not (asked.tz and asked.origins):
        parser.error("--series needs --tz and --origins")
    try:
        if asked.series is not None:
            one(asked)
        elif asked.export is not None:
            export(asked)
        else:
            everything(asked)
    except DataError as error:
        print(f"forecast.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
