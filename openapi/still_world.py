"""A world that is the same in every run: its time moves from request to request only, and ids come in one order.

So the answers of a journey, real as they are, are equal to the last byte whenever it is made.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from functions import action, clock, ids

BEGINNING = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
BETWEEN_REQUESTS = timedelta(seconds=1)
A_MOMENT = timedelta(milliseconds=1)

_execution: ContextVar[str | None] = ContextVar("execution", default=None)
"""The execution that the action function runs for, in this thread."""


class World:
    """The time: that of the request, and within an execution's actions a moment later at each look."""

    def __init__(self) -> None:
        self._requests = 0
        self._looks: defaultdict[str, int] = defaultdict(int)
        self._ids = count(1)
        self._act: Callable[[Any, Any], Any] = action.handler

    def next_request(self) -> None:
        self._requests += 1

    def now(self) -> datetime:
        moment = BEGINNING + self._requests * BETWEEN_REQUESTS
        if (execution := _execution.get()) is None:
            return moment
        self._looks[execution] += 1
        return moment + self._looks[execution] * A_MOMENT

    def new_id(self) -> str:
        """A UUIDv7 of this world: made of its time, and of a number where others are random."""
        number = next(self._ids)
        milliseconds = int(self.now().timestamp() * 1000)
        rest = int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:8]) >> 2
        return f"{milliseconds << 80 | 0x7 << 76 | (number & 0xFFF) << 64 | 0b10 << 62 | rest:032x}"

    def act(self, event: Any, context: Any) -> Any:
        """The action function, whose looks at the clock are those of its execution."""
        token = _execution.set(event["execution_id"])
        try:
            return self._act(event, context)
        finally:
            _execution.reset(token)


@contextmanager
def still_world() -> Iterator[World]:
    """While this lasts, the functions of this process live in a still world."""
    world = World()
    with (
        patch.object(clock, "now", world.now),
        patch.object(ids, "new_id", world.new_id),
        patch.object(action, "handler", world.act),
    ):
        yield world
