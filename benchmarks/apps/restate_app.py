"""`python -m benchmarks.apps.restate_app HOST:PORT`: a Restate service whose handler runs five steps."""

import asyncio
import sys
from importlib import import_module
from typing import Any

# Loaded by name: they are no requirements of this project.
library = import_module("restate")
hypercorn_asyncio = import_module("hypercorn.asyncio")
hypercorn_config = import_module("hypercorn.config")

five = library.Service("Five")


def trivial() -> int:
    return 1


async def run(context: Any, request: dict[str, Any]) -> int:
    number = 0
    for step in range(5):
        number += await context.run_typed(f"step {step + 1}", trivial)
    return number


five.handler()(run)


def main(address: str) -> None:
    config = hypercorn_config.Config()
    config.bind = [address]
    asyncio.run(hypercorn_asyncio.serve(library.app([five]), config))


if __name__ == "__main__":
    main(sys.argv[1])
