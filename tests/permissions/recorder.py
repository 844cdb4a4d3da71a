"""Notes every AWS call that a function makes in this process, and every one that the state machines make.

Who calls is known by whose handler runs, what by botocore's event before each call and each signed link. Each
different need is one line in a file of this process, in the folder that the environment names in CALLS.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.model import OperationModel
from starlette.types import Receive, Scope, Send

from functions.entries import STREAM
from functions.settings import settings
from functions.stream import Stream
from local.emulator import functions
from local.emulator.imports import without_batch
from local.usage_plans import ApiKey, ApiKeys
from tests.permissions.calls import UNMAPPED, Need, Unmapped, needs_of
from tests.permissions.recording import Call, write_line

MACHINE = "machine"
"""The role of the state machines, beside those of the functions, which have their names."""

_caller: ContextVar[str | None] = ContextVar("caller", default=None)
_listeners: list[Callable[[Call], None]] = []


@contextmanager
def recording(listener: Callable[[Call], None]) -> Iterator[None]:
    """Tells `listener` of every call of a function or a machine, while this lasts."""
    _install()
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def calls_as(role: str | None) -> Iterator[None]:
    """What is called inside is called by this role, or by nobody who needs one."""
    token = _caller.set(role)
    try:
        yield
    finally:
        _caller.reset(token)


class CallFile:
    """A listener that keeps each different call as a line of JSON, written at once: the process may be killed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{os.getpid()}.jsonl"
        self._seen: set[Call] = set()
        self._lock = Lock()

    def __call__(self, call: Call) -> None:
        with self._lock:
            if call in self._seen:
                return
            self._seen.add(call)
            with self._path.open("a") as file:
                file.write(write_line(call, os.environ.get("PYTEST_CURRENT_TEST", "the end-to-end tests")) + "\n")


def call_file() -> CallFile | None:
    """Where the calls are noted, or None where nobody asks for them."""
    folder = os.environ.get("CALLS")
    return CallFile(Path(folder)) if folder else None


def _install() -> None:
    """Hooks that stay, and do nothing while nobody listens: clients are made with them, and kept."""
    if ("provide-client-params", _note) in BUILTIN_HANDLERS:
        return
    BUILTIN_HANDLERS.append(("provide-client-params", _note))
    with without_batch():
        from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

        from local.emulator import engine
    # What the engine replaces in moto is replaced once: behind it comes this, whoever was first.
    engine.install()
    _wrap(lambda_eval_utils, "_invoke_lambda_function", _invoke_as_machine)
    _wrap(functions, "_run", _run_as_function)
    _wrap(Stream, "__call__", _serve_as_stream)
    _wrap(ApiKeys, "find", _find_as_nobody)


def _wrap(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    setattr(owner, name, make(getattr(owner, name)))


def _run_as_function(original: Any) -> Any:
    def run(function: functions.Function, payload: str) -> Any:
        with calls_as(function.name):
            return original(function, payload)

    return run


def _serve_as_stream(original: Any) -> Any:
    """Its threads and tasks take the caller over: they copy the context that they begin in."""

    async def serve(self: Stream, scope: Scope, receive: Receive, send: Send) -> None:
        with calls_as(STREAM.name):
            await original(self, scope, receive, send)

    return serve


def _find_as_nobody(original: Any) -> Any:
    """API Gateway's own look at its keys. A connection that once held a stream back goes on in the stream's context."""

    async def find(self: ApiKeys, value: str) -> ApiKey | None:
        with calls_as(None):
            found: ApiKey | None = await original(self, value)
            return found

    return find


def _invoke_as_machine(original: Any) -> Any:
    def invoke(parameters: dict[str, Any], **others: Any) -> Any:
        with calls_as(MACHINE):
            _tell("lambda", "Invoke", parameters)
        return original(parameters=parameters, **others)

    return invoke


def _note(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
    _tell(str(model.service_model.service_name), str(model.name), params)


def _tell(service: str, operation: str, params: dict[str, Any]) -> None:
    role = _caller.get()
    if role is None or not _listeners:
        return
    try:
        needs = needs_of(service, operation, params, settings())
    except Unmapped as error:
        _tell_all(Call(role, Need(UNMAPPED, str(error))))
        raise
    for need in needs:
        _tell_all(Call(role, need))


def _tell_all(call: Call) -> None:
    for listener in _listeners:
        listener(call)
