"""`python -m benchmarks.load.followers`: streams that are open while the load goes on, in a process of their own.

Reads a Watch as JSON from the first line of standard input. Each of its executions is followed by several streams, all
of which lose their connection now and then and go on where they were; when it is over, the next one is started, until
standard input ends. Then a Told is written to standard output.
"""

import http.client
import json
import random
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.client import Json, Unexpected, Workspace

CUTS = 2
"""The most connections that a stream loses on purpose."""
NODES = [f"{kind}-{n}" for n in range(4) for kind in ("wait", "note")]
_PATIENCE = 120.0
_FAULTS = 50


@dataclass(frozen=True)
class Watch:
    """`executions` are followed at any time, by `each` streams each."""

    url: str
    workflow: str
    executions: int
    each: int


@dataclass
class Told:
    """`runs` are the hex ids of the executions, `streams` is how many were read to their end.

    `first` has the seconds from the request to the first event, `steps` those from a step's end to its event.
    """

    runs: list[str] = field(default_factory=list)
    streams: int = 0
    cuts: int = 0
    first: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Event(NamedTuple):
    """One event, and when it came, in seconds since the epoch."""

    kind: str
    data: Json
    id: int | None
    at: float


def definition(pause_ms: int) -> Json:
    """The workflow that is followed: waits of a pause and up to three times that, and a notification after each."""
    actions: list[Json] = []
    for name in NODES:
        kind, n = name.split("-")
        waiting = {"durationMs": pause_ms * (1 + int(n) % 3)}
        config = waiting if kind == "wait" else {"recipient": "user", "message": name}
        actions.append({"id": name, "type": "wait" if kind == "wait" else "send_notification", "config": config})
    return {"name": "Load: followed", "actions": actions}


class Follower:
    """One stream of one execution, read to its end over as many connections as it takes."""

    def __init__(self, url: str, cuts: int, told: Told) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port, f"{parts.path}?{parts.query}"
        self._told = told
        # After so many events of a connection it is lost.
        self._until_cut = [random.randint(1, len(NODES)) for _ in range(cuts)]
        self.events: list[Event] = []

    def read(self) -> list[Event]:
        """Every event but `connected`, in order. Raises Unexpected."""
        until = time.monotonic() + _PATIENCE
        while not self.events or self.events[-1].kind != "complete":
            if time.monotonic() > until:
                raise Unexpected("the stream has not come to its end")
            cut = self._until_cut.pop() if self._until_cut else None
            self._connect(cut)
            self._told.cuts += cut is not None
        with closing(self._connection()) as connection:
            if (status := self._ask(connection).status) != 204:
                raise Unexpected(f"behind `complete` it was answered {status}")
        return self.events

    def _connect(self, cut: int | None) -> None:
        """Reads one connection to its end, or until it is cut."""
        with closing(self._connection()) as connection:
            began = time.perf_counter()
            response = self._ask(connection)
            if response.status != 200:
                raise Unexpected(f"it was answered {response.status}: {response.read(200)!r}")
            text, connected = b"", False
            while cut is None or cut > 0:
                piece = response.read1()
                if not piece:
                    return
                *blocks, text = (text + piece).split(b"\n\n")
                for event in (_event(block) for block in blocks if not block.startswith(b":")):
                    if not connected:
                        self._told.first.append(time.perf_counter() - began)
                        connected = self._begun(event)
                    else:
                        self._take(event)
                        cut = cut - 1 if cut is not None else None
                    if cut == 0:
                        return

    def _begun(self, event: Event) -> bool:
        """`connected` comes first, and repeats the resumed position. Raises Unexpected."""
        if event.kind != "connected" or event.id != self._position():
            raise Unexpected(f"a connection began with {event.kind} {event.id}, not at {self._position()}")
        return True

    def _take(self, event: Event) -> None:
        if event.id != (self._position() or 0) + 1:
            raise Unexpected(f"behind {self._position()} came {event.id}")
        self.events.append(event)

    def _position(self) -> int | None:
        return self.events[-1].id if self.events else None

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=60)

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        seen = {} if self._position() is None else {"Last-Event-ID": str(self._position())}
        connection.request("GET", self._path, headers={"Accept": "text/event-stream", **seen})
        if connection.sock:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection.getresponse()


def check(events: list[Event]) -> None:
    """Every step once and in order, with its progress, then one `complete`. Raises Unexpected."""
    told = [(event.kind, event.data.get("actionId")) for event in events]
    wanted = [entry for node in NODES for entry in (("step", node), ("progress", None))]
    if told != [*wanted, ("complete", None)] or events[-1].data["status"] != "COMPLETED":
        raise Unexpected(f"the stream told {told}")


def follow(watch: Watch, told: Told, over: threading.Event) -> None:
    """Starts executions one after the other, and follows each by several streams at once."""
    with ThreadPoolExecutor(watch.each) as threads, closing(Workspace(watch.url)) as client:
        while not over.is_set():
            try:
                _follow_one(watch, told, client, threads)
            except (Unexpected, OSError, http.client.HTTPException) as error:
                if len(told.faults) < _FAULTS:
                    told.faults.append(repr(error)[:500])
                over.wait(1)


def _follow_one(watch: Watch, told: Told, client: Workspace, threads: ThreadPoolExecutor) -> None:
    execution_id = client.start(watch.workflow)
    told.runs.append(execution_id.removeprefix("exec_"))
    url = client.execution(execution_id)["streamUrl"]
    followers = [Follower(url, random.randint(0, CUTS), told) for _ in range(watch.each)]
    all_events = list(threads.map(Follower.read, followers))
    ends = {step["actionId"]: step["completedAt"] for step in client.execution(execution_id)["steps"]}
    for events in all_events:
        check(events)
        if [event[:3] for event in events] != [event[:3] for event in all_events[0]]:
            raise Unexpected("two streams of one execution differ")
        told.streams += 1
        told.steps += [
            event.at - datetime.fromisoformat(ends[event.data["actionId"]]).timestamp()
            for event in events
            if event.kind == "step"
        ]


def _event(block: bytes) -> Event:
    fields = dict(line.split(": ", 1) for line in block.decode().splitlines())
    number = int(fields["id"]) if "id" in fields else None
    return Event(fields["event"], json.loads(fields["data"]), number, time.time())


def main() -> None:
    watch, told, over = Watch(**json.loads(sys.stdin.readline())), Told(), threading.Event()
    threads = [threading.Thread(target=follow, args=(watch, told, over)) for _ in range(watch.executions)]
    for thread in threads:
        thread.start()
        # Not all of them at once: they would go on in step.
        time.sleep(0.05)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    json.dump(asdict(told), sys.stdout)


if __name__ == "__main__":
    main()
