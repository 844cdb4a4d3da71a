"""Looks for canaries in everything that this process writes, answers and keeps, while the tests use it as always.

Machines are told and answer what functions are: all that is in their inputs, outputs and histories passes there.
"""

import io
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import ModuleType
from typing import Any, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions import aws
from local.aws import LocalAws
from local.emulator.functions import Functions
from local.server import Server
from tests.attacks.canary import ANSWER, LOG, MACHINE, PAYLOAD_CANARY, SECRET_CANARY, STORE, Canary, Notes, found_in

_STORES = ("dynamodb", "s3", "sns", "sqs", "ses", "stepfunctions", "events", "logs", "lambda")
"""moto's services that hold what the functions give them."""

_ELSEWHERE = ("moto.secretsmanager", "moto.apigateway", "tests.", "botocore", "logging", "threading")
"""Modules of objects that are no part of what is kept, or hold secrets by trade."""

_LONGEST_FORM = 400
"""Bytes of an answer that are looked at again with its next piece."""

_SHORTEST_SECRET = 12


def folder() -> Path | None:
    """Where the notes go, or None where nobody asks for them."""
    return Path(os.environ["CANARY"]) if "CANARY" in os.environ else None


class Watch:
    """What is looked for, and what was found."""

    def __init__(self, path: Path) -> None:
        self._notes = Notes(path / f"{os.getpid()}.jsonl")
        self._counts = Counter[str]()
        self._lock = threading.Lock()
        self._canaries = frozenset({SECRET_CANARY, PAYLOAD_CANARY})

    def add(self, canaries: Iterable[Canary]) -> None:
        """Looks for these too, from now on."""
        with self._lock:
            self._canaries |= frozenset(canaries)

    def remove(self, canaries: Iterable[Canary]) -> None:
        """Looks for these no longer."""
        with self._lock:
            self._canaries -= frozenset(canaries)

    def look(self, place: str, *texts: str | bytes) -> None:
        """Looks through texts: through all at once, since most of them are short and there are many canaries."""
        octets = b"\n".join(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for text in texts)
        with self._lock:
            self._counts[place] += len(texts)
            for finding in found_in(octets, place, self._canaries):
                self._notes.found(finding, os.environ.get("PYTEST_CURRENT_TEST", "a service"))

    def sum_up(self) -> None:
        """Notes how much was looked through since this was last called."""
        with self._lock:
            self._notes.looked(self._counts)
            self._counts.clear()


@contextmanager
def watching(path: Path) -> Iterator[Watch]:
    """Everything in this process from here on."""
    watch = Watch(path)
    patched = [
        _patched(Functions, "invoke", lambda original: _invoke(watch, original)),
        _patched(Server, "__init__", lambda original: _serve(watch, original)),
        _patched(LocalAws, "_open", lambda original: _open(watch, original)),
        _patched(LocalAws, "_close", lambda original: _close(watch, original)),
    ]
    try:
        yield watch
    finally:
        for undo in patched:
            undo()
        watch.sum_up()


class _Tee(io.TextIOBase):
    """A stream whose lines are looked through, before they go on to another."""

    def __init__(self, watch: Watch, stream: TextIO) -> None:
        self._watch, self._stream, self._began = watch, stream, ""

    def write(self, text: str) -> int:
        *lines, self._began = (self._began + text).split("\n")
        for line in lines:
            # The welcome shows the demo's keys, as it is meant to; every record is an object.
            if line.startswith("{"):
                self._watch.look(LOG, line)
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()


def _patched(owner: type, name: str, make: Callable[[Any], Any]) -> Callable[[], None]:
    original = getattr(owner, name)
    setattr(owner, name, make(original))
    return lambda: setattr(owner, name, original)


def _invoke(watch: Watch, original: Any) -> Any:
    def invoke(self: Functions, name_or_arn: str, payload: str) -> Any:
        answer = original(self, name_or_arn, payload)
        if name_or_arn.rpartition(":")[2] == "api":
            watch.look(ANSWER, answer.payload)
        else:
            watch.look(MACHINE, payload)
            watch.look(MACHINE, answer.payload)
        return answer

    return invoke


def _serve(watch: Watch, original: Any) -> Any:
    def init(self: Server, app: ASGIApp, *args: Any, **kwargs: Any) -> None:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            before = b""

            async def look(message: Message) -> None:
                nonlocal before
                heads = b"\n".join(value for _, value in message.get("headers", ()))
                piece = before + heads + message.get("body", b"")
                watch.look(ANSWER, piece)
                before = piece[-_LONGEST_FORM:]
                await send(message)

            await app(scope, receive, look)

        original(self, watched, *args, **kwargs)

    return init


def _open(watch: Watch, original: Any) -> Any:
    def open_(self: LocalAws) -> None:
        original(self)
        watch.add([_of_tickets(self)])

    return open_


def _close(watch: Watch, original: Any) -> Any:
    def close(self: LocalAws) -> None:
        found = {Canary("an API key", key, frozenset((STORE,))) for key in _keys()}
        found |= {Canary("a secret of a workspace", secret, frozenset((STORE,))) for secret in _secrets()}
        watch.add(found)
        watch.look(STORE, *_texts(_kept(self)))
        # Nobody has them any more: hundreds of a local AWS's are made in a run.
        watch.remove([*found, _of_tickets(self)])
        watch.sum_up()
        original(self)

    return close


def _of_tickets(local: LocalAws) -> Canary:
    secret = aws.secretsmanager().get_secret_value(SecretId=local.outputs["TicketSecret"])["SecretString"]
    return Canary("the secret of stream tickets", secret, frozenset((LOG, MACHINE, STORE, ANSWER)))


def _keys() -> Iterator[str]:
    for page in aws.apigateway().get_paginator("get_api_keys").paginate(includeValues=True):
        yield from (key["value"] for key in page["items"] if len(key["value"]) >= _SHORTEST_SECRET)


def _secrets() -> Iterator[str]:
    for page in aws.secretsmanager().get_paginator("list_secrets").paginate():
        for listed in page["SecretList"]:
            value = aws.secretsmanager().get_secret_value(SecretId=listed["ARN"]).get("SecretString", "")
            if len(value) >= _SHORTEST_SECRET:
                yield value


def _kept(local: LocalAws) -> list[Any]:
    """What the local AWS keeps: moto's own objects, and those that stand in for them."""
    from moto.backends import get_backend

    return [local.functions, local.queue, *(get_backend(name) for name in _STORES)]  # type: ignore[call-overload]


def _texts(roots: Iterable[Any]) -> Iterator[str | bytes]:
    """Every text that can be reached from some objects, once."""
    waiting, seen = list(roots), set[int]()
    while waiting:
        item = waiting.pop()
        if isinstance(item, str | bytes):
            yield item
        elif id(item) not in seen and not _is_no_data(item):
            seen.add(id(item))
            waiting.extend(_parts(item))


def _is_no_data(item: Any) -> bool:
    is_code = isinstance(item, type | ModuleType | int | float) or callable(item)
    return is_code or type(item).__module__.startswith(_ELSEWHERE)


def _parts(item: Any) -> Iterator[Any]:
    if isinstance(item, dict):
        yield from [*item.keys(), *item.values()]
    elif isinstance(item, list | tuple | set | frozenset):
        yield from list(item)
    elif isinstance(item, SpooledTemporaryFile | io.BytesIO):
        # An object of S3's.
        item.seek(0)
        yield item.read()
    if hasattr(item, "__dict__"):
        yield from list(vars(item).values())


def watch_output(watch: Watch) -> None:
    """What this process prints from here on, to either stream."""
    sys.stdout, sys.stderr = _Tee(watch, sys.stdout), _Tee(watch, sys.stderr)
