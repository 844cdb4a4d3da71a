"""Puts faults between the functions and AWS, and notes every call they make and every delivery they get.

Who calls is known by whose handler runs. Each invocation has a memory of its own, as if each came to a new container:
so every run makes the same calls, and as many as there can be.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs

import botocore.endpoint
from botocore.model import OperationModel
from moto.core.botocore_stubber import BotocoreStubber

from functions import action, aws, clock, tickets
from functions.store import steps, table, workflows
from local.emulator import events, functions
from tests.faults.calls import Place, name_of, work_of
from tests.faults.faults import Fault, ProcessDied, ProcessLost, meet

FASTER = 0.002
"""What botocore's waits between attempts are multiplied with."""

_now = clock.now


@dataclass
class Invocation:
    """One call of a function: what it is about, what it has in memory, and what it died of."""

    function: str
    work: str
    skew: float = 0.0
    memory: dict[Any, Any] = field(default_factory=dict)
    died: BaseException | None = None


@dataclass
class _Call:
    place: Place
    service: str
    operation: str
    is_hit: bool
    attempts: int = 0


_invocation: ContextVar[Invocation | None] = ContextVar("invocation", default=None)
_call: ContextVar[_Call | None] = ContextVar("call", default=None)


class Injector:
    """Records from the beginning; hurts the call that it is armed with, until it is disarmed."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.deliveries: list[dict[str, Any]] = []
        """Every event that a Task was delivered with."""
        self.outside: list[tuple[str, dict[str, str]]] = []
        """What took effect at SES and SNS: the operation and its parameters."""
        self.skews: Mapping[str, tuple[float, ...]] = {}
        """Seconds by which a function's clock is ahead, in turn from one invocation to the next."""
        self.deliver = "once"
        """How Tasks are delivered: `once`, `twice` one after the other, or twice `at once`."""
        self.side_by_side: dict[str, str] = {}
        """Tasks that do not take turns, by their node, and the one name that their calls have."""
        self.was_hit = False
        self._aim: tuple[Place, Fault] | None = None
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._numbers = count()
        self._lock = threading.RLock()
        self._turns = threading.RLock()

    def arm(self, place: Place | None = None, fault: Fault = Fault.THROTTLE) -> None:
        """Counts calls anew and, where a place is given, lets that one meet `fault`."""
        self.places.clear()
        self._seen.clear()
        self.was_hit = False
        self._aim = (place, fault) if place else None

    def disarm(self) -> None:
        self._aim = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Between the functions of the local AWS that runs and that AWS."""
        with ExitStack() as stack:
            for owner, name, value in self._replacements():
                stack.enter_context(patch.object(owner, name, value))
            for client in (aws.dynamodb(), aws.s3(), aws.sns(), aws.ses(), aws.secretsmanager(), aws.stepfunctions()):
                client.meta.events.register_first("provide-client-params", self._note)
            aws.dynamodb().meta.events.register_first("before-call.dynamodb", self._take_the_long_way)
            yield
        aws.forget()

    def _replacements(self) -> list[tuple[Any, str, Any]]:
        return [
            (functions, "_run", self._as_invocation(functions._run)),
            (BotocoreStubber, "__call__", self._hurting(BotocoreStubber.__call__)),
            (botocore.endpoint, "time", SimpleNamespace(sleep=_sleep_less)),
            (table, "_pause", lambda attempt: None),
            (action, "PAUSES", tuple(pause * FASTER for pause in action.PAUSES)),
            (events, "BACKOFF", 0.01),
            (events, "WINDOW", 0.005),
            (workflows, "read_version", _remembered(workflows.read_version.__wrapped__)),
            (steps, "_recent", _Memory()),
            (clock, "now", self._skewed_now),
        ]

    # -- invocations ------------------------------------------------------------------------------------------------

    @contextmanager
    def invocation(self, function: str, work: str) -> Iterator[Invocation]:
        """What is called inside is called by this invocation."""
        skews = self.skews.get(function) or (0.0,)
        made = Invocation(function, work, skews[next(self._numbers) % len(skews)])
        token = _invocation.set(made)
        tickets.forget()
        try:
            yield made
        finally:
            _invocation.reset(token)

    def _as_invocation(self, original: Any) -> Any:
        def run(function: functions.Function, payload: str) -> functions.Answer:
            if function.name != "action" or self.deliver == "once":
                return self._deliver(original, function, payload)
            with ThreadPoolExecutor(2 if self.deliver == "at once" else 1) as threads:
                answers = [threads.submit(self._deliver, original, function, payload) for _ in range(2)]
                return answers[-1].result()

        return run

    def _deliver(self, original: Any, function: functions.Function, payload: str) -> functions.Answer:
        event = json.loads(payload or "{}")
        work = work_of(function.name, event)
        if function.name == "action":
            self.deliveries.append(event)
        # Tasks take turns: which of two branches makes its calls first would differ from run to run.
        in_turn = function.name == "action" and not self.side_by_side and self.deliver != "at once"
        turn = self._turns if in_turn else ExitStack()
        with turn, self.invocation(function.name, self.side_by_side.get(work, work)) as made:
            answer: functions.Answer = original(function, payload)
        if made.died:
            return functions._failure(type(made.died).__name__, "gone", "request", [])
        return answer

    def _skewed_now(self) -> datetime:
        made = _invocation.get()
        return _now() + timedelta(seconds=made.skew if made else 0)

    # -- calls ------------------------------------------------------------------------------------------------------

    def _note(self, params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        made = _invocation.get()
        _call.set(None)
        if made is None:
            return
        if made.died:
            raise made.died
        service, operation = str(model.service_model.service_name), str(model.name)
        kind = (made.function, made.work, name_of(service, operation, params))
        with self._lock:
            self._seen[kind] += 1
            place = Place(*kind, self._seen[kind])
            self.places.append(place)
            _call.set(_Call(place, service, operation, self._hits(place)))

    def _hits(self, place: Place) -> bool:
        if self._aim is None:
            return False
        aim, fault = self._aim
        follows = fault == Fault.THROTTLE_LASTS and place[:3] == aim[:3] and place.number > aim.number
        return place == aim or follows

    def _take_the_long_way(self, params: dict[str, Any], **_: Any) -> None:
        """A call that is to meet a fault goes by botocore's own way to send it, and to try again."""
        call = _call.get()
        if call and call.is_hit:
            params["url"] += "?"

    def _hurting(self, original: Any) -> Any:
        def answer(stubber: BotocoreStubber, event_name: str, request: Any, **named: Any) -> Any:
            call, made = _call.get(), _invocation.get()

            def send() -> Any:
                answered = original(stubber, event_name, request, **named)
                if call and call.operation in ("SendEmail", "Publish") and answered.status_code == 200:
                    self.outside.append((call.operation, _parameters(request)))
                return answered

            if call is None or made is None or not call.is_hit or self._aim is None:
                return send()
            self.was_hit = True
            call.attempts += 1
            try:
                return meet(self._aim[1], call.attempts, call.service, call.operation, request, send)
            except (ProcessDied, ProcessLost) as error:
                made.died = error
                raise

        return answer


class _Memory:
    """In the place of what a process remembers of steps: what an invocation remembers."""

    def keep(self, name: Any, value: Any) -> None:
        if made := _invocation.get():
            made.memory[name] = value

    def find(self, name: Any) -> Any:
        made = _invocation.get()
        return made.memory.get(name) if made else None


def _remembered(read: Any) -> Any:
    def read_version(*place: Any) -> Any:
        made = _invocation.get()
        if made is None:
            return read(*place)
        if place not in made.memory:
            made.memory[place] = read(*place)
        return made.memory[place]

    return read_version


def _sleep_less(seconds: float) -> None:
    time.sleep(seconds * FASTER)


def _parameters(request: Any) -> dict[str, str]:
    text = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    return {name: values[0] for name, values in parse_qs(text).items()}
