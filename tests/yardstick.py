"""Limits of computing time that mean the same on every machine.

A second is what a core of the machine computes that the limits were set on. Where another takes longer for the same
work, or this one because a neighbour computes beside it, a limit is as much longer.
"""

import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

QUIET = 0.17
"""Seconds that `_work` computes on a quiet core of the machine that the limits were set on."""


class TooLong(AssertionError):
    """Raised where something computes for longer than it may."""


@contextmanager
def computing_less_than(seconds: float) -> Iterator[None]:
    """Raises TooLong where what is done inside computes for longer, in all threads of this process together."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    # Only what seems too long is compared, for about as long as it took: so brief disturbances even out.
    allowed = seconds if took < seconds else seconds * slowness(rounds=ceil(took / QUIET))
    if took >= allowed:
        raise TooLong(f"it computed for {took:.2f} s, and {allowed:.2f} s are allowed here")


def slowness(rounds: int) -> float:
    """How much longer this machine takes now than the quiet one, on average; at least 1."""
    # What else is in this process is not this work's to go through.
    gc.disable()
    try:
        began = time.process_time()
        for _ in range(rounds):
            _work()
        return max(1.0, (time.process_time() - began) / rounds / QUIET)
    finally:
        gc.enable()


def _work() -> None:
    """What functions do most: build, sort, write and read JSON."""
    numbers = [{"name": str(n * 7919 % 30_011), "values": [n, [n], {"a": n}]} for n in range(25_000)]
    numbers.sort(key=lambda each: str(each["name"]))
    text = json.dumps(numbers)
    assert len(json.loads(text)) == len(numbers)
