"""`python -m tests.faults` hurts every call in every way, prints what came of it, and writes it into the document."""

import logging
import sys
import time

from tests.faults.disorder import table
from tests.faults.document import keep, rendered
from tests.faults.matrix import PARTS, CellFailed, rows


def main() -> int:
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    for part, scenarios in PARTS.items():
        try:
            content = rendered(rows(scenarios()))
        except CellFailed as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1
        print(content, end="\n\n")
        keep(part, content)
    content = table()
    print(content)
    keep("disorder", content)
    print(f"Every cell holds, after {time.monotonic() - began:.0f} s.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
