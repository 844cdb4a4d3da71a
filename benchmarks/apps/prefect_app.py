"""`python -m benchmarks.apps.prefect_app PORT`: a Prefect flow of five tasks, which a POST runs to its end."""

import sys
from importlib import import_module

from benchmarks.apps.http_front import serve

# Loaded by name: it is no requirement of this project.
library = import_module("prefect")


def trivial(number: int) -> int:
    return number + 1


task = library.task(trivial)


def five() -> int:
    number = 0
    for _ in range(5):
        number = task(number)
    return number


if __name__ == "__main__":
    flow = library.flow(five)
    serve(int(sys.argv[1]), lambda path: (200, flow()))
