"""`python -m benchmarks [NAME …]`: measures the service on this machine; without names, everything but `load`.

Answers 1 where a target of the project is missed.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import cold_start, console, costs, latency, memory, peers, stream, stream_costs, throughput
from benchmarks.load import measure as load
from benchmarks.report import Report

Measure = Callable[[argparse.Namespace], Report]

MEASUREMENTS: dict[str, Measure] = {
    "latency": lambda options: latency.measure(),
    "costs": lambda options: costs.measure(),
    "cold_start": lambda options: cold_start.measure(),
    "throughput": lambda options: throughput.measure(),
    "stream": lambda options: stream.measure(),
    "stream_costs": lambda options: stream_costs.measure(),
    "console": lambda options: console.measure(),
    "memory": lambda options: memory.measure(options.executions or 5_000),
    "peers": lambda options: peers.measure(),
}
BY_NAME: dict[str, Measure] = {"load": lambda options: load.measure(options.executions or load.WHOLE.runs)}
"""What takes many minutes, and is measured only where it is named."""

PAGE = """# Benchmarks

Measured with `{command}` on {date}: {cores} cores, {system}, Python {python}; load average at the start {load}.
The figures of one run are comparable with each other, and with nothing else; `benchmarks/README.md` says how to read
them.
"""


def main(arguments: list[str]) -> int:
    """Measures what `arguments` name, and prints each table. Answers the exit code."""
    options = _options(arguments)
    page = [_heading(arguments)]
    missed = 0
    for name in options.names or MEASUREMENTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        report = (MEASUREMENTS | BY_NAME)[name](options)
        print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        print(f"{report.markdown()}\n", flush=True)
        page.append(report.markdown())
        missed += len(report.missed)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text("\n\n".join(part.strip() for part in page) + "\n", encoding="utf-8")
    if missed:
        print(f"{missed} of the targets missed", file=sys.stderr)
    return 1 if missed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the service on this machine.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; or {', '.join(BY_NAME)}"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page there as well")
    parser.add_argument("--executions", type=int, metavar="N", help="of `memory` (5,000) and `load` (10,000)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in MEASUREMENTS | BY_NAME]:
        parser.error(f"there is no measurement {unknown[0]!r}")
    if options.executions is not None and options.executions < 1:
        parser.error("--executions must be at least 1")
    return options


def _heading(arguments: list[str]) -> str:
    given = " ".join(arguments)
    return PAGE.format(
        command=f'make bench ARGS="{given}"' if given else "make bench",
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load=f"{os.getloadavg()[0]:.1f}",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
