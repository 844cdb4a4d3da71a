"""The requests and streams that run no workflow: what the matrix does to those who publish, read and follow."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Message

from functions.routes.table import STREAM_ROUTES
from functions.store import keys, table, workflows
from functions.store.counters import totals
from functions.stream import Stream
from functions.watch import Pace
from local.function_url import with_context
from tests.event_stream import Event, Reader
from tests.faults import reference
from tests.faults.calls import Place
from tests.faults.injection import Invocation
from tests.faults.scenarios import Scenario, asked
from tests.faults.world import Reply, World
from tests.integration.service import ACME, WORKFLOWS, tasks

PACE = Pace(soonest=0.005, latest=0.01, heartbeat=0.1, opening=0.5, patience=1.0, response=20)
"""Everything as it is, in less time."""

CONNECTIONS = 3
"""How often a client that follows a stream connects, at most."""

Request = tuple[str, str, Any]
"""The method, path and body of a request."""


@dataclass
class Asked(Scenario):
    """One request, which is asked again while it is not served. `found` says what there is of it afterwards."""

    request: Callable[[World, str], Request]
    found: Callable[[World, str, Reply], str] = lambda world, name, reply: "served"
    before: Callable[[World, str], None] = lambda world, name: None
    reply: Reply = field(default_factory=lambda: Reply(0, None, 0))
    asks: Request = ("", "", None)

    def rows(self, places: Sequence[Place]) -> list[Place]:
        """Each call; of a read that is made again and again, which does nothing, the first."""
        return [place for place in super().rows(places) if place.number == 1 or "Query" not in place.call]

    def prepare(self, world: World, name: str) -> None:
        self.before(world, name)
        self.asks = self.request(world, name)

    def act(self, world: World, name: str) -> None:
        self.reply = self._ask(world, name)

    def finish(self, world: World, name: str) -> str:
        words = asked(self.reply)
        if not self.reply.is_served:
            self.reply = self._ask(world, name)
        assert self.reply.status in (200, 201), self.reply
        return words + self.found(world, name, self.reply)

    def _ask(self, world: World, name: str) -> Reply:
        method, path, body = self.asks
        return world.ask(method, path, body, **{"Idempotency-Key": name} if "execute" in path else {})


@dataclass
class Followed(Scenario):
    """Somebody follows a run by its stream, and it is cancelled meanwhile; `by` a key, or a ticket."""

    by: str = "key"
    workflow_id: str = ""
    url: str = ""
    execution_id: str = ""
    reader: Reader = field(default_factory=Reader)
    events: list[Event] = field(default_factory=list)
    connections: int = 0
    cancelling: threading.Timer = field(default_factory=lambda: threading.Timer(0, print))
    """What cancels the run a moment after its first step was told: a poll or two later."""

    def rows(self, places: Sequence[Place]) -> list[Place]:
        """Each kind of call once: how often it polls depends on the time."""
        return [place for place in super().rows(places) if place.number == 1]

    def prepare(self, world: World, name: str) -> None:
        self.workflow_id = self.workflow_id or world.publish(reference.an_hour())
        execution = world.execute(self.workflow_id, name).body["execution"]
        world.quiet()
        self.url, self.execution_id = execution["streamUrl"], execution["id"]
        self.reader, self.events, self.connections = Reader(), [], 0
        self.cancelling = threading.Timer(0.03, self._cancel, (world,))

    def act(self, world: World, name: str) -> None:
        self._follow(world)

    def finish(self, world: World, name: str) -> str:
        before = self.connections
        self._follow(world)
        self.cancelling.join()
        world.quiet()
        told = [(event.type, event.data.get("actionId")) for event in self.events if event.type != "connected"]
        assert told == [("step", "first"), ("progress", None), ("step", "hour"), ("progress", None), ("complete", None)]
        if before == CONNECTIONS:
            return "cut off, then told all"
        return "told all" + (", connecting again" if before > 1 else "")

    def _cancel(self, world: World) -> None:
        world.handlers.request("DELETE", f"{WORKFLOWS}/executions/{self.execution_id}")

    def _follow(self, world: World) -> None:
        """Connects, and again where that ends before the execution has, as an EventSource does."""
        left = CONNECTIONS
        while left and not (self.events and self.events[-1].type == "complete"):
            left -= 1
            self.connections += 1
            with world.injector.invocation("stream", "stream") as made:
                asyncio.run(self._connect(made))

    async def _connect(self, made: Invocation) -> None:
        self.reader.open()
        chunks: list[bytes] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != 200:
                chunks.append(b"")
            elif not chunks and message["type"] == "http.response.body" and not made.died:
                self.events.extend(self.reader.feed(message["body"]))
                if len(self.events) > 1 and self.cancelling.ident is None:
                    self.cancelling.start()

        serving = asyncio.create_task(Stream(PACE)(self._scope(), _receive(), send))
        while not serving.done() and not made.died:
            await asyncio.wait({serving}, timeout=0.005)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    def _scope(self) -> dict[str, Any]:
        url = urlsplit(self.url)
        route = STREAM_ROUTES["workspaces"]
        path = route.path.format(slug=ACME.slug, execution_id=self.execution_id) if self.by == "key" else url.path
        headers = [(b"last-event-id", self.reader.last_event_id.encode())] if self.reader.last_event_id else []
        query = b"" if self.by == "key" else url.query.encode()
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers}
        identity = {"apiKeyId": "key_admin"} if self.by == "key" else {}
        return dict(with_context(scope, {"requestId": "request-1", "identity": identity}))


def _receive() -> Any:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return receive


# -- what is asked, and what there is of it afterwards ----------------------------------------------------------------


def publishing(world: World, name: str) -> Request:
    return "POST", WORKFLOWS, {**reference.an_hour(), "name": name}


def workflows_named(world: World, name: str, reply: Reply) -> str:
    rows = table.query("listing = :all", {":all": workflows.listing(ACME.id, "ACTIVE")}, index="listing")
    found = [row for row in rows if row["name"] == name]
    assert all(workflows.read_current(row["workflow_id"]) for row in found)
    return "one workflow" if len(found) == 1 else f"{len(found)} workflows"


class Fixed:
    """A workflow and an execution of it that are there for every request of one kind."""

    workflow_id = ""
    execution_id = ""

    def prepare(self, world: World, name: str) -> None:
        if not self.workflow_id:
            self.workflow_id = world.publish(reference.reference(world.outside.url))
            reply = world.execute(self.workflow_id, name, {"customer": "user_1"})
            self.execution_id = reply.body["execution"]["id"]
            world.quiet()
        found = workflows.read(self.workflow_id)
        assert found
        self.version = found.version

    @property
    def path(self) -> str:
        return f"{WORKFLOWS}/wf_{self.workflow_id}"

    def changing(self, world: World, name: str) -> Request:
        return "PUT", self.path, {**reference.reference(world.outside.url), "name": name}

    def versions_made(self, world: World, name: str, reply: Reply) -> str:
        head = workflows.read(self.workflow_id)
        made = [each.number for each in workflows.versions(self.workflow_id) if each.number > self.version]
        assert head
        assert (head.version, head.name) == (max(made), name)
        return "one version" if len(made) == 1 else f"{len(made)} versions"

    def archiving(self, world: World, name: str) -> Request:
        return "DELETE", self.path, None

    def granting(self, world: World, name: str) -> Request:
        return (
            "PUT",
            f"{self.path}/permissions",
            {"grants": [{"userId": name, "canView": True, "canExecute": False, "canEdit": False}]},
        )

    def granted(self, world: World, name: str, reply: Reply) -> str:
        head = workflows.read(self.workflow_id)
        assert head
        assert head.grants == {name: {"can_view"}}
        return "granted"

    def testing(self, world: World, name: str) -> Request:
        return (
            "POST",
            f"{self.path}/execute",
            {"dryRun": True, "triggerData": {"customer": "user_1"}, "note": "x" * 5000},
        )

    def tested(self, world: World, name: str, reply: Reply) -> str:
        count = totals(self.workflow_id, "0000", "9999", tests=True).by_status["completed"]
        listed = world.handlers.request("GET", f"{self.path}/executions", query={"includeTests": "true", "limit": "1"})
        assert listed[1]["pagination"]["total"] == count + 1, "the counters of tests are not those of their records"
        return "tested once"

    def reading(self, world: World, name: str) -> Request:
        return "GET", f"{WORKFLOWS}/executions/{self.execution_id}", None

    def read(self, world: World, name: str, reply: Reply) -> str:
        assert reply.body["execution"]["status"] == "COMPLETED"
        return "read"

    def listing(self, world: World, name: str) -> Request:
        return "GET", f"{self.path}/executions?includeTests=true", None

    def doing(self, world: World, name: str) -> Request:
        self.task = next(item["sk"] for item in tasks())
        return "PATCH", f"/api/workspaces/{ACME.slug}/tasks/{self.task}", {"status": "DONE"}

    def done(self, world: World, name: str, reply: Reply) -> str:
        item = table.get(keys.task(ACME.id, self.task))
        assert item
        assert item["status"] == "DONE"
        return "done"
