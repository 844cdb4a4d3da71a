"""What the functions of the local AWS cost while they run: their calls, and their DynamoDB requests."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from functions import aws
from functions.store import executions, steps, workflows
from functions.store.recent import Recent
from local.emulator import functions as emulated
from local.emulator.functions import Handler


@dataclass
class Meter:
    """Counts by function. `cold` empties what a process keeps in memory before each call, as for a new container."""

    cold: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    request_seconds: Counter[str] = field(default_factory=Counter)
    by_call: dict[str, list[int]] = field(default_factory=dict)
    """The requests of each call, by function."""
    _running: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator["Meter"]:
        """Meters the functions that the local AWS has now."""
        by_name = emulated.current().by_name
        before = dict(by_name)
        events = aws.dynamodb().meta.events
        events.register("before-parameter-build.dynamodb", self._asked)
        events.register("after-call.dynamodb", self._answered)
        for name, function in before.items():
            by_name[name] = replace(function, handler=self._metered(name, function.handler))
        try:
            yield self
        finally:
            by_name.update(before)
            events.unregister("before-parameter-build.dynamodb", self._asked)
            events.unregister("after-call.dynamodb", self._answered)

    @property
    def most(self) -> int:
        """The DynamoDB requests of the Task that made most of them."""
        return max([n for name in ("action", "effect") for n in self.by_call.get(name, [])], default=0)

    def _metered(self, name: str, handler: Handler) -> Handler:
        def call(event: Any, context: Any) -> Any:
            if self.cold:
                forget()
            self._running.name, self._running.requests = name, 0
            began = time.perf_counter()
            try:
                return handler(event, context)
            finally:
                self._note(name, time.perf_counter() - began)
                self._running.name = None

        return call

    def _note(self, name: str, seconds: float) -> None:
        with self._lock:
            self.calls[name] += 1
            self.seconds[name] += seconds
            self.requests[name] += self._running.requests
            self.by_call.setdefault(name, []).append(self._running.requests)

    def _asked(self, **_: Any) -> None:
        if getattr(self._running, "name", None):
            self._running.requests += 1
            self._running.began = time.perf_counter()

    def _answered(self, **_: Any) -> None:
        if name := getattr(self._running, "name", None):
            with self._lock:
                self.request_seconds[name] += time.perf_counter() - self._running.began


def forget() -> None:
    """Empties everything that the functions keep in memory from call to call."""
    executions._recent_inputs = Recent(512)
    steps._recent = Recent(512)
    workflows.read_version.cache_clear()
    workflows._flow.cache_clear()


def total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
