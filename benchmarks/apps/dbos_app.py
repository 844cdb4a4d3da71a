"""`python -m benchmarks.apps.dbos_app PORT DATABASE_URL`: a DBOS workflow of five steps, which a POST runs."""

import sys
from importlib import import_module

from benchmarks.apps.http_front import serve

# Loaded by name: it is no requirement of this project.
library = import_module("dbos")


def trivial(number: int) -> int:
    return number + 1


step = library.DBOS.step()(trivial)


def five() -> int:
    number = 0
    for _ in range(5):
        number = step(number)
    return number


def main(port: int, database: str) -> None:
    library.DBOS(config={"name": "five", "system_database_url": database, "run_admin_server": False})
    workflow = library.DBOS.workflow()(five)
    library.DBOS.launch()
    serve(port, lambda path: (200, workflow()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
