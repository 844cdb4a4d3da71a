"""`python -m benchmarks.load.clients`: the clients of the load, in a process of their own, each with its connection.

Reads an Order as JSON from standard input and writes a Harvest to standard output when every run was started and has
ended as it must, or the time is up.
"""

import itertools
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from benchmarks.client import WAITING, Connection, Json, Unexpected
from benchmarks.load.mix import Kind, in_order, trigger

KEY = {"X-API-Key": "local-acme-admin-premium-key"}
WORKFLOWS = "/api/workspaces/acme/workflows"
V1 = "/api/v1/workflows"
COMMUNITY = 123

_LOOK_EVERY = 10
"""After so many runs a client looks at a list."""
_PAUSE, _PATIENCE = 0.1, 120.0
"""Seconds between two looks at a run, and for which it is looked at."""
_FAULTS = 50


@dataclass(frozen=True)
class Order:
    """What is to be done: `workflows` has their ids by the names of their kinds, `seconds` is the time for all of it.

    The runs have the numbers from `first` on.
    """

    url: str
    workflows: dict[str, str]
    runs: int
    clients: int
    seconds: float
    first: int = 0


class Request(NamedTuple):
    """One request: what for, when it was sent (seconds since the epoch), how long its answer took, and its status."""

    what: str
    at: float
    seconds: float
    status: int


class Run(NamedTuple):
    """One run that was accepted: its execution's id, and when it was known to have ended."""

    n: int
    kind: str
    id: str
    ended: float


@dataclass
class Harvest:
    """What came of it; `faults` are answers that should have been others."""

    requests: list[Request] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, text: str) -> "Harvest":
        given = json.loads(text)
        requests, runs = (Request(*each) for each in given["requests"]), (Run(*each) for each in given["runs"])
        return cls(list(requests), list(runs), given["faults"])


class Client:
    """One client. Every answer that is not what it should be is a fault, and ends the run that it belongs to."""

    def __init__(self, order: Order, harvest: Harvest) -> None:
        self._order, self._harvest = order, harvest
        self._connection = Connection(order.url, KEY)
        self._done = 0

    def run(self, n: int, kind: Kind) -> None:
        """Starts one run and follows it to its end."""
        try:
            execution = _WAYS[kind.way](self, n, kind)
            self._harvest.runs.append(Run(n, kind.name, _hex(execution), time.time()))
            self._done += 1
            if self._done % _LOOK_EVERY == 0:
                self.asked("a list", 200, self._connection.get, f"{self._path(kind)}/executions?limit=20")
        except (Unexpected, OSError) as error:
            if len(self._harvest.faults) < _FAULTS:
                self._harvest.faults.append(f"run {n} ({kind.name}): {error!r}"[:500])

    def close(self) -> None:
        self._connection.close()

    def waited_for(self, n: int, kind: Kind) -> str:
        answer = self._execute("a run to its end", 200, n, kind, WAITING)
        return self._as_it_must(answer["execution"], n, kind)

    def polled(self, n: int, kind: Kind) -> str:
        answer = self._execute("a start", 202, n, kind, {"Prefer": "wait=0"})
        return self._followed(answer["execution"]["id"], n, kind)

    def in_v1(self, n: int, kind: Kind) -> str:
        place = f"{V1}/{uuid.UUID(_hex(self._order.workflows[kind.name]))}/execute"
        body = {"community_id": COMMUNITY, "trigger_data": trigger(n)}
        answer = self.asked("a start", 202, self._connection.post, place, body)
        execution_id = answer["data"]["execution_id"]
        found = self._until_ended(lambda: self._read(f"{V1}/executions/{execution_id}")["data"])
        if (found["status"].upper(), found["final_output"]) != (kind.ends, {"n": n}):
            raise Unexpected(f"it ended as {found['status']} with {found['final_output']}")
        return str(execution_id)

    def cancelled(self, n: int, kind: Kind) -> str:
        """Once its first effect is over."""
        answer = self._execute("a start", 202, n, kind, {"Prefer": "wait=0"})
        place = f"{WORKFLOWS}/executions/{answer['execution']['id']}"
        self._until(lambda: self._read(place)["execution"], lambda found: _finished(found, "begin"))
        self.asked("a cancellation", 200, self._connection.post, place, None)
        self.asked("a second cancellation", 400, self._connection.post, place, None)
        return self._as_it_must(self._read(place)["execution"], n, kind)

    def dry(self, n: int, kind: Kind) -> str:
        body = {"triggerData": trigger(n), "dryRun": True}
        answer = self.asked("a dry run", 200, self._connection.post, f"{self._path(kind)}/execute", body)
        return self._as_it_must(answer["execution"], n, kind)

    def repeated(self, n: int, kind: Kind) -> str:
        """Twice with one body, which is one execution, and once with another one, which is refused."""
        key = {"Idempotency-Key": f"load-{n}", "Prefer": "wait=0"}
        first = self._execute("a start", 202, n, kind, key)["execution"]["id"]
        place, body = f"{self._path(kind)}/execute", {"triggerData": trigger(n)}
        again = self.asked("a repeated start", (200, 202), self._connection.post, place, body, key)["execution"]["id"]
        if again != first:
            raise Unexpected(f"the same key started {first} and {again}")
        other = {"triggerData": trigger(n + 1)}
        self.asked("a start under a used key", 409, self._connection.post, place, other, key)
        return self._followed(first, n, kind)

    def asked(self, what: str, wanted: int | tuple[int, ...], send: Callable[..., Any], *arguments: Any) -> Json:
        """The document of an answer, whose time is noted. Raises Unexpected where its status is not as wanted."""
        at, began = time.time(), time.perf_counter()
        status, answer = send(*arguments)
        self._harvest.requests.append(Request(what, at, time.perf_counter() - began, status))
        if status not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            raise Unexpected(f"{what} was answered {status}: {str(answer)[:300]}")
        document: Json = answer
        return document

    def _execute(self, what: str, wanted: int, n: int, kind: Kind, headers: Mapping[str, str]) -> Json:
        # Without effects it has ended before it is answered.
        statuses = (wanted, 200) if "Prefer" in headers else (wanted,)
        place, body = f"{self._path(kind)}/execute", {"triggerData": trigger(n)}
        return self.asked(what, statuses, self._connection.post, place, body, headers)

    def _read(self, place: str) -> Json:
        return self.asked("a read", 200, self._connection.get, place)

    def _followed(self, execution_id: str, n: int, kind: Kind) -> str:
        place = f"{WORKFLOWS}/executions/{execution_id}"
        return self._as_it_must(self._until_ended(lambda: self._read(place)["execution"]), n, kind)

    def _until_ended(self, read: Callable[[], Json]) -> Json:
        return self._until(read, lambda found: found["status"].upper() not in ("PENDING", "RUNNING"))

    def _until(self, read: Callable[[], Json], holds: Callable[[Json], bool]) -> Json:
        until = time.monotonic() + _PATIENCE
        while not holds(found := read()):
            if time.monotonic() > until:
                raise Unexpected(f"it is still {found['status']}")
            time.sleep(_PAUSE)
        return found

    def _as_it_must(self, execution: Json, n: int, kind: Kind) -> str:
        """The id of an execution that ended as its kind does. Raises Unexpected."""
        if execution["status"] != kind.ends or (kind.ends == "COMPLETED" and execution["output"] != {"n": n}):
            raise Unexpected(f"it ended as {execution['status']} with {str(execution['output'])[:200]}")
        return str(execution["id"])

    def _path(self, kind: Kind) -> str:
        return f"{WORKFLOWS}/{self._order.workflows[kind.name]}"


_WAYS: Mapping[str, Callable[[Client, int, Kind], str]] = {
    "waited for": Client.waited_for,
    "polled": Client.polled,
    "in v1": Client.in_v1,
    "cancelled": Client.cancelled,
    "dry": Client.dry,
    "repeated": Client.repeated,
}


def work(order: Order) -> Harvest:
    """Lets all clients work at once until the runs are used up, or the time is."""
    harvest, kind_of = Harvest(), in_order()
    numbers = itertools.count(order.first)
    until = time.monotonic() + order.seconds

    def one() -> None:
        with closing(Client(order, harvest)) as client:
            while (n := next(numbers)) < order.first + order.runs and time.monotonic() < until:
                client.run(n, kind_of(n))

    threads = [threading.Thread(target=one) for _ in range(order.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return harvest


def _finished(execution: Json, node: str) -> bool:
    return any(step["actionId"] == node and step["status"] == "success" for step in execution["steps"])


def _hex(text: str) -> str:
    return text.rpartition("_")[2].replace("-", "")


if __name__ == "__main__":
    json.dump(asdict(work(Order(**json.load(sys.stdin)))), sys.stdout)
