"""`python -m tests.permissions <folder>`: whether a run's calls are those of `calls.json`; `--update` makes them so.

The folder is the one that the run's environment named in CALLS.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.permissions.calls import UNMAPPED
from tests.permissions.recording import KEPT, Call, read_kept, read_lines, write_kept


def main() -> int:
    """Answers the exit code: 1 where the calls differ, or where some are not understood."""
    parser = argparse.ArgumentParser(prog="python -m tests.permissions", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    seen = read_lines(arguments.folder)
    faults = [*_faults(seen)] if arguments.update else [*_faults(seen), *_differences(seen)]
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    if arguments.update:
        write_kept(seen)
    print(f"{len(seen)} different calls of {len({call.role for call in seen})} roles, as in {KEPT.name}")
    return 0


def _faults(seen: Mapping[Call, str]) -> Iterator[str]:
    if not seen:
        yield "no call was recorded: run the end-to-end and the integration tests with CALLS=<folder>"
    for call, test in seen.items():
        if call.need.action == UNMAPPED:
            yield f"not understood: {call.role} in {test}: {call.need.resource}"


def _differences(seen: Mapping[Call, str]) -> Iterator[str]:
    kept = set(read_kept())
    new, gone = sorted(seen.keys() - kept), sorted(kept - seen.keys())
    for call in new:
        yield f"new: {_text(call)}, first in {seen[call]}"
    for call in gone:
        yield f"no test makes this call any more: {_text(call)}"
    if new or gone:
        yield f"If that is meant, `make calls` writes {KEPT.name} anew; what is new must be allowed, and gone is gone."


def _text(call: Call) -> str:
    action, resource, conditions = call.need
    return f"{call.role} calls {action} on {resource}" + "".join(f", {key} = {value}" for key, value in conditions)


if __name__ == "__main__":
    sys.exit(main())
