"""`python -m benchmarks.scaling`: measures what a start takes, and writes the tables of docs/scaling.md."""

import sys

from benchmarks.scaling.demand import measure
from benchmarks.scaling.pages import sections
from benchmarks.sections import put_section
from benchmarks.servers import ROOT

PAGE = ROOT / "docs" / "scaling.md"


def main() -> int:
    for name, text in sections(measure()).items():
        put_section(PAGE, name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
