"""Executions that a test moves on by itself, and the streaming application that tells of them."""

import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from starlette.types import Receive, Scope, Send

from functions import audit, aws
from functions.routes.table import STREAM_ROUTES
from functions.store import executions, keys, steps
from functions.store.additions import Addition
from functions.store.executions import Ending, Execution, Status
from functions.store.steps import Step
from functions.stream import Stream
from functions.watch import Pace
from local.function_url import with_context
from local.server import Server, listener
from state_machines.fold import Result
from tests.event_stream import Event, Reader, events_of
from tests.unit.functions.samples import chain, claimed, publish, task

QUICK = Pace(soonest=0.02, latest=0.05, heartbeat=0.15, opening=0.5, patience=0.8, response=20)
"""The pace of the tests: everything as it is, in less time."""

AT, LATER = "2026-11-22T14:00:00.000Z", "2026-11-22T14:00:01.000Z"


class Live:
    """A running execution of a chain of actions, which finish when the test says so."""

    def __init__(self, *names: str) -> None:
        self.workflow, _ = publish(chain(*map(task, names)))
        self.execution: Execution = claimed(self.workflow)

    @property
    def path(self) -> str:
        return STREAM_ROUTES["v1"].path.format(execution_id=self.execution.id)

    def finish(self, *names: str, output: Any = None, in_head: bool = True) -> None:
        """Commits these steps, each by itself: kept in the head, or as items of their own."""
        for name in names:
            step = Step([Result(node=name, output=output, started_at=AT, ended_at=LATER)])
            if not in_head:
                steps.stage(self.execution.id, step, self.execution.expires_at)
            self.execution = executions.commit(self.execution, Addition.of(step, in_head=in_head))

    def end(self, status: Status = Status.COMPLETED, error: str | None = None) -> None:
        self.execution = executions.end(self.execution, Ending(status=status, at=LATER, error=error))

    def delete(self) -> None:
        """What DynamoDB's TTL does to the head."""
        table = aws.dynamodb().list_tables()["TableNames"][0]
        key = {name: {"S": value} for name, value in keys.execution(self.execution.id).items()}
        aws.dynamodb().delete_item(TableName=table, Key=key)


class Streams:
    """The application on a port, with the requests of one key."""

    def __init__(self, pace: Pace = QUICK, key: str = "key_admin") -> None:
        self.app = Stream(pace)
        self._key = key
        self._server = Server(self, listener("127.0.0.1", 0))
        self._server.start()
        self._client = httpx.Client(base_url=self._server.url, timeout=10)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = {"requestId": str(uuid.uuid4()), "identity": {"apiKeyId": self._key}}
        await self.app(with_context(scope, context), receive, send)

    def __enter__(self) -> "Streams":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self.app.stop()
        self._server.stop()

    def get(self, live: Live) -> httpx.Response:
        """The answer, when it is over."""
        return self._client.get(live.path)

    @contextmanager
    def open(self, live: Live, last_event_id: str | None = None) -> Iterator["Open"]:
        """A response, as it comes."""
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        with self._client.stream("GET", live.path, headers=headers) as response:
            # Kept in a variable: when an iterator is let go of, httpx closes the response.
            opened = Open(response)
            yield opened

    def read(self, live: Live, last_event_id: str | None = None) -> list[Event]:
        """Every event of a response that ends by itself, but for what it begins with."""
        with self.open(live, last_event_id) as opened:
            return opened.rest()


class Open:
    """An open response. It has begun: `connected` is read."""

    def __init__(self, response: httpx.Response) -> None:
        self.reader = Reader()
        self._events = events_of(response, self.reader)
        self.connected = next(self._events)
        assert self.connected.type == "connected"

    def next(self) -> Event:
        return next(self._events)

    def rest(self) -> list[Event]:
        """What comes until the response ends; it fails where that is not in good order."""
        return list(self._events)


def shown(events: list[Event]) -> list[str]:
    """Events in a word each: `step a`, `progress 50`, `complete`, `error <message>`."""
    fields = {"step": "node_id", "progress": "percentage", "error": "message", "complete": "status"}
    return [f"{event.type} {event.data[fields[event.type]]}" for event in events]


class Calls:
    """The calls to AWS, which a test can count, and let fail for a while."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.fault: ClientError | BotoCoreError | None = None
        self._lock = threading.Lock()

    def __call__(self, event_name: str = "", **_: Any) -> None:
        with self._lock:
            self.made.append(event_name.rpartition(".")[2])
            if self.fault:
                raise self.fault

    @contextmanager
    def failing(self, fault: ClientError | BotoCoreError) -> Iterator[None]:
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None

    def during(self, seconds: float) -> list[str]:
        """What is called in that time."""
        before = len(self.made)
        time.sleep(seconds)
        return self.made[before:]


@contextmanager
def watched(*clients: Any) -> Iterator[Calls]:
    """The calls of these clients, by anybody."""
    calls = Calls()
    events = [(client, f"before-call.{client.meta.service_model.service_id.hyphenize()}") for client in clients]
    for client, event in events:
        client.meta.events.register_first(event, calls)
    try:
        yield calls
    finally:
        for client, event in events:
            client.meta.events.unregister(event, calls)


@contextmanager
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The records that the log has had from here on."""
    text = io.StringIO()
    with audit.written_to(text):
        yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]


def soon(probe: Callable[[], bool], seconds: float = 3.0) -> None:
    """Waits until something is true."""
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.01)
