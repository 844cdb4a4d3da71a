"""Every protection of the record and of what it promises, and the tests that notice when it is gone.

`python -m tests.faults.protections` takes each out of a copy of the sources, in turn, and prints the test that fails;
with names as arguments, only those. It ends with 1 where one can be taken out and nothing notices, with 2 where a name
is unknown or the tests fail with everything in its place.
"""

import sys

from tests.faults.conditions import CONDITIONS
from tests.faults.guards import OF_THE_ENGINE, OF_THE_NET, OF_THE_RECORD, OF_THE_STREAM
from tests.faults.removal import Unproven, copied, noticed, prove

PROTECTIONS = [*CONDITIONS, *OF_THE_RECORD, *OF_THE_ENGINE, *OF_THE_NET, *OF_THE_STREAM]


def main(names: list[str]) -> int:
    if unknown := set(names) - {protection.name for protection in PROTECTIONS}:
        print(f"There is no protection called {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    chosen = [protection for protection in PROTECTIONS if not names or protection.name in names]
    survivors = []
    with copied() as copy:
        try:
            prove(copy, [test for protection in chosen for test in protection.tests])
        except Unproven as error:
            print(error, file=sys.stderr)
            return 2
        for protection in chosen:
            test = noticed(copy, protection)
            print(f"{protection.name}: {test or 'NOTHING NOTICES'}", flush=True)
            survivors += [] if test else [protection.name]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} are noticed.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
