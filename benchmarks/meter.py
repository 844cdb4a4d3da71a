"""What the functions of the local AWS cost while they run: their calls, and their DynamoDB requests."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from functions import aws
from functions.store.recent import Recent
from local.emulator import functions as emulated
from local.emulator.functions import Handler


@dataclass
class _Call:
    """One call of a function, and what it asked of DynamoDB, from whichever of its threads."""

    requests: int = 0
    own: int = 0
    seconds: float = 0.0
    asked_at: float = 0.0


_call: ContextVar[_Call | None] = ContextVar("call", default=None)


@dataclass
class Meter:
    """Counts by function. `cold` empties what a process keeps in memory before each call, as for a new container."""

    cold: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    request_seconds: dict[str, float] = field(default_factory=dict)
    recording: dict[str, int] = field(default_factory=dict)
    """By function, the most requests of a call beside those that its effect is there for."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator["Meter"]:
        """Meters the functions that the local AWS has now."""
        by_name = emulated.current().by_name
        before = dict(by_name)
        events = aws.dynamodb().meta.events
        events.register("before-parameter-build.dynamodb", _asked)
        events.register("after-call.dynamodb", _answered)
        for name, function in before.items():
            by_name[name] = replace(function, handler=self._metered(name, function.handler))
        try:
            yield self
        finally:
            by_name.update(before)
            events.unregister("before-parameter-build.dynamodb", _asked)
            events.unregister("after-call.dynamodb", _answered)

    def _metered(self, name: str, handler: Handler) -> Handler:
        def metered(event: Any, context: Any) -> Any:
            if self.cold:
                forget()
            call = _Call()
            token = _call.set(call)
            began = time.perf_counter()
            try:
                return handler(event, context)
            finally:
                _call.reset(token)
                self._note(name, call, time.perf_counter() - began)

        return metered

    def _note(self, name: str, call: _Call, seconds: float) -> None:
        with self._lock:
            self.calls[name] += 1
            self.seconds[name] = self.seconds.get(name, 0) + seconds
            self.requests[name] += call.requests
            self.request_seconds[name] = self.request_seconds.get(name, 0) + call.seconds
            self.recording[name] = max(self.recording.get(name, 0), call.requests - call.own)


def _asked(params: Any, **_: Any) -> None:
    if call := _call.get():
        call.requests += 1
        call.own += _is_own(params)
        call.asked_at = time.perf_counter()


def _answered(**_: Any) -> None:
    if call := _call.get():
        call.seconds += time.perf_counter() - call.asked_at


def _is_own(params: Any) -> bool:
    """Whether a request is what the effect is there for: keeping a task."""
    pk = params.get("Item", {}).get("pk", {})
    return str(pk.get("S", "")).startswith(("TASK#", "HAND#"))


@contextmanager
def requests_of_others() -> Iterator[Counter[str]]:
    """Counts, by operation, the DynamoDB requests that no metered function makes: those of the live stream."""
    found: Counter[str] = Counter()

    def asked(model: Any, **_: Any) -> None:
        if _call.get() is None:
            found[model.name] += 1

    events = aws.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", asked)
    try:
        yield found
    finally:
        events.unregister("before-parameter-build.dynamodb", asked)


def forget() -> None:
    """Empties whatever `functions.store` keeps in memory from call to call, as in a new container."""
    for name, module in list(sys.modules.items()):
        for kept in list(vars(module).values()) if name.startswith("functions.store") else ():
            if isinstance(kept, Recent):
                kept._values.clear()
            elif hasattr(kept, "cache_clear"):
                kept.cache_clear()


def total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
