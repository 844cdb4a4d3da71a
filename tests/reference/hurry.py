"""A local AWS in a hurry: time passes many times as fast, for every wait and by every clock alike."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from functions import action, clock

SCALE = 0.001
"""A second takes a millisecond: Wait states, pauses before attempts, and what a function sleeps of a wait."""


@contextmanager
def hurried() -> Iterator[None]:
    """While this lasts, the functions' clock runs and their waits pass by `SCALE`.

    The engines scale what they wait for themselves. Time limits are as they are: nothing here is to run into one.
    """
    began, at = datetime.now(UTC), time.monotonic_ns()

    def now() -> datetime:
        return began + timedelta(microseconds=(time.monotonic_ns() - at) / 1000 / SCALE)

    hurried_time = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * SCALE), monotonic=time.monotonic)
    with ExitStack() as stack:
        stack.enter_context(patch.object(clock, "now", now))
        stack.enter_context(patch.object(action, "time", hurried_time))
        yield
