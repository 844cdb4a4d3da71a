"""`python -m tests.reference`: thousands of random workflows, each as a dry run and on two engines.

Ends with 1 where one did not come to the same everywhere, having printed the smallest that did not and how to run it
again. `make soak` is this with its defaults: 20 seeds of 500 workflows.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tests.reference.features import EVERY
from tests.reference.search import Found, case_of, compare, search_alone
from tests.reference.world import World

_COUNTED = ("ran: completed", "ran: failed", "ran: retried and completed", "ran: retried in vain", "ran: a branch died")


def main() -> int:
    arguments = _arguments()
    if arguments.case:
        return _run_one(arguments.case)
    began, tally, agreed, ran, machines = time.monotonic(), Counter[str](), True, 0, 0
    for found in _searches(range(arguments.seed, arguments.seed + arguments.seeds), arguments.cases, arguments.workers):
        ran, machines = ran + found.cases, machines + found.machines
        tally.update(found.tally)
        passed = time.monotonic() - began
        print(f"seed {found.seed}: {found.cases} workflows, {ran:,} in all after {passed:,.0f} s", flush=True)
        if found.smallest:
            agreed = False
            print(found.report(), flush=True)
    print(f"\n{ran:,} workflows, {machines:,} of them with a machine, in {time.monotonic() - began:,.0f} s")
    print(f"{tally['nodes']:,} nodes, {tally['a fork']:,} forks, {tally['branches']:,} branches")
    for name in EVERY:
        print(f"{tally[name]:>8,}  {name}")
    print("All agree." if agreed else "Not all agree: see above.")
    return 0 if agreed else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds")
    parser.add_argument("--cases", type=int, default=500, help="workflows of each seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--case", type=Path, help="a file with one case, to be run alone; - reads it from the terminal")
    return parser.parse_args()


def _run_one(file: Path) -> int:
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    with World() as world:
        sentences = compare(world, case_of(text), Found(0))
    print("\n".join(sentences) or "It agrees.")
    return 1 if sentences else 0


def _searches(seeds: range, count: int, workers: int) -> Iterator[Found]:
    """Each seed's search, as they end; every process has a world of its own."""
    context = get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(seeds)), mp_context=context) as pool:
        searches = [pool.submit(search_alone, number, count) for number in seeds]
        for done in as_completed(searches):
            yield done.result()


if __name__ == "__main__":
    sys.exit(main())
