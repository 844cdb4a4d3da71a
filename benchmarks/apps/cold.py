"""`python -I cold.py ROOT`: calls one function as a new container does; how long the first call took, and what memory.

Reads from standard input `{"handler": "module.attribute", "events": […]}`, or `{"handler": null}` for the least that a
function of boto3's can do: import it and make a client for DynamoDB. Answers with one line on standard error, since
functions write their log to standard output. It is run as a file, so that the clock starts before any package is
imported, and after the few modules that Lambda's runtime has imported itself.
"""

import json
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any


class Context:
    """What the Lambda runtime passes to a handler beside the event, as far as the handlers ask."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def main(root: str) -> None:
    asked = json.load(sys.stdin)
    sys.path.insert(0, root)
    found = _function(**asked) if asked["handler"] else _least()
    print(json.dumps(found), file=sys.stderr)


def _least() -> Mapping[str, Any]:
    began = time.perf_counter()
    boto3 = import_module("boto3")
    boto3.client("dynamodb")
    return {"seconds": time.perf_counter() - began}


def _function(handler: str, events: list[Any]) -> Mapping[str, Any]:
    module, _, attribute = handler.rpartition(".")
    first, *others = events
    began = time.perf_counter()
    call = getattr(import_module(module), attribute)
    answers = [call(first, Context())]
    seconds, modules, first_mb = time.perf_counter() - began, sorted(sys.modules), _resident_mb()
    began = time.process_time()
    answers += [call(event, Context()) for event in others]
    later = {"cpu_seconds": time.process_time() - began, "last_mb": _resident_mb()}
    return later | {"seconds": seconds, "first_mb": first_mb, "modules": modules, "answers": [answers[0], answers[-1]]}


def _resident_mb() -> float | None:
    """The most memory that this process has had at a time, in MB; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1])
