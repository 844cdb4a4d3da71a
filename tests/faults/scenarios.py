"""What the matrix does to the service while one of its calls meets a fault, and what came of it.

Each has three parts: what is prepared before, unhurt; what is done under the fault; and the end, when the fault is
over: what is not yet as it should be is asked for again, or repaired by the schedule.
"""

import contextlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from functions import engine
from functions.store.executions import Execution
from tests.faults import judge
from tests.faults.calls import Place
from tests.faults.world import Reply, World
from tests.integration.service import WORKFLOWS, read

Definition = Callable[[str], dict[str, Any]]
"""A definition, given where the outside is."""

ROUNDS = 5
"""How often the schedule comes by, at most, until everything is repaired."""


@dataclass
class Scenario(ABC):
    """One use of the service. Of its calls, those of `functions` are rows of the matrix."""

    name: str
    functions: Sequence[str]
    trials: int = field(default=0, init=False)

    def begin(self, world: World) -> str:
        """Prepares a trial, and names it."""
        self.trials += 1
        world.forget()
        name = f"{self.name} {self.trials}"
        self.prepare(world, name)
        return name

    def rows(self, places: Sequence[Place]) -> list[Place]:
        """The calls that are rows, of those that were seen."""
        return [place for place in places if place.function in self.functions]

    def prepare(self, world: World, name: str) -> None:
        """Brings about what must be before; nothing is hurt yet."""
        return

    @abstractmethod
    def act(self, world: World, name: str) -> None:
        """What is done while the fault is there."""

    @abstractmethod
    def finish(self, world: World, name: str) -> str:
        """What came of it, when the fault is over and everything was repaired. Fails where a promise is broken."""


@dataclass
class OfOneWorkflow(Scenario):
    """Executions of one workflow, whose counters are compared with its records after each."""

    definition: Definition
    trigger: dict[str, Any] = field(default_factory=lambda: {"customer": "user_1"})
    workflow_id: str = ""
    ended: Counter[str] = field(default_factory=Counter)

    def published(self, world: World) -> str:
        self.workflow_id = self.workflow_id or world.publish(self.definition(world.outside.url))
        return self.workflow_id

    def settled(self, world: World, execution_id: str) -> str:
        """What an execution came to, once everything was repaired."""
        world.quiet()
        execution, rounds = read(execution_id), 0
        while not world.is_settled(execution) and rounds < ROUNDS:
            world.repair()
            rounds += 1
        self.ended[str(read(execution_id).status)] += 1
        execution = judge.judge(world, execution_id)
        judge.counted(world, self.workflow_id, self.ended)
        return judge.outcome(execution) + (" after repair" if rounds else "")


@dataclass
class Executed(OfOneWorkflow):
    """A client executes the workflow with an Idempotency-Key, and asks again while it is not answered."""

    reply: Reply = field(default_factory=lambda: Reply(0, None, 0))

    def prepare(self, world: World, name: str) -> None:
        self.published(world)

    def act(self, world: World, name: str) -> None:
        self.reply = world.execute(self.workflow_id, name, self.trigger)
        world.quiet()

    def finish(self, world: World, name: str) -> str:
        words = asked(self.reply)
        if not self.reply.is_served:
            self.reply = world.execute(self.workflow_id, name, self.trigger)
        assert self.reply.status in (200, 202), self.reply
        return words + self.settled(world, self.reply.body["execution"]["id"].removeprefix("exec_"))


@dataclass
class Cancelled(OfOneWorkflow):
    """A client cancels a run that waits for an hour."""

    execution: Execution | None = None
    reply: Reply = field(default_factory=lambda: Reply(0, None, 0))

    def prepare(self, world: World, name: str) -> None:
        reply = world.execute(self.published(world), name)
        world.quiet()
        self.execution = read(reply.body["execution"]["id"].removeprefix("exec_"))

    def act(self, world: World, name: str) -> None:
        self.reply = self.cancel(world)
        world.quiet()

    def cancel(self, world: World) -> Reply:
        assert self.execution
        return world.ask("DELETE", f"{WORKFLOWS}/executions/exec_{self.execution.id}")

    def finish(self, world: World, name: str) -> str:
        assert self.execution
        words = asked(self.reply)
        if not self.reply.is_served:
            self.reply = self.cancel(world)
        told = {200: "", 400: "told that it had ended: "}[self.reply.status]
        return words + told + self.settled(world, self.execution.id)


@dataclass
class Scheduled(OfOneWorkflow):
    """The schedule finds what others left: `left` says what."""

    left: str = "a start that was lost"
    execution_id: str = ""

    def prepare(self, world: World, name: str) -> None:
        workflow_id = self.published(world)
        with contextlib.ExitStack() as lost:
            if self.left == "a start that was lost":
                lost.enter_context(patch.object(engine, "start", lambda *_: None))
            if self.left == "an end whose event was lost":
                lost.enter_context(patch.object(world.cloud.queue, "send", lambda event: None))
            reply = world.execute(workflow_id, name, self.trigger)
            world.quiet()
            self.execution_id = reply.body["execution"]["id"].removeprefix("exec_")
            if self.left == "a stop that was lost":
                lost.enter_context(patch.object(engine, "stop", lambda *_: False))
                world.ask("DELETE", f"{WORKFLOWS}/executions/exec_{self.execution_id}")

    def act(self, world: World, name: str) -> None:
        world.repair()

    def finish(self, world: World, name: str) -> str:
        return self.settled(world, self.execution_id).removesuffix(" after repair")


def asked(reply: Reply) -> str:
    """How a client came to its answer, where that was not at once."""
    if not reply.is_served:
        return "refused, then "
    return "asked again: " if reply.asked > 1 else ""
