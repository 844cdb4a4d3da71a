"""What no single call can show: events lost, doubled and out of order, Tasks delivered twice, clocks that differ, and
crashes between two calls."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from functions.record import Record, read_record
from local.emulator.events import status_event
from state_machines.errors import NodeFailed
from tests.faults import reference
from tests.faults.calls import Place
from tests.faults.faults import Fault
from tests.faults.scenarios import Cancelled, Executed, Scenario
from tests.faults.world import World, world
from tests.integration.service import read

SKEW = 5.0
"""Seconds by which a clock is ahead or behind."""

Disorder = Callable[[World], AbstractContextManager[Any]]


@dataclass
class Disordered(Executed):
    """The reference workflow, executed in some disorder."""

    disorder: Disorder = lambda world: nullcontext()

    def act(self, world: World, name: str) -> None:
        with self.disorder(world):
            super().act(world, name)

    def finish(self, world: World, name: str) -> str:
        outcome = super().finish(world, name)
        _follows_its_order(read_record(read(self.reply.body["execution"]["id"].removeprefix("exec_"))))
        return outcome


def _follows_its_order(record: Record) -> None:
    """Fails unless the path is one that the workflow allows, and no node ended before it began."""
    place = {node: i for i, node in enumerate(record.path)}
    for node in record.path:
        late = [earlier for earlier in record.flow.earlier_nodes(node) if place.get(earlier, -1) > place[node]]
        assert not late, f"{node} stands before {late}, which ran before it"
        state = record.states[node]
        assert state.ended_at is None or state.ended_at >= (state.started_at or ""), f"{node} ended before it began"


# -- disorders --------------------------------------------------------------------------------------------------------


def sending(change: Callable[[World, Callable[[Any], None], Any], None]) -> Disorder:
    """Status events on their way to the queue are in the hands of `change`."""

    def disorder(world: World) -> AbstractContextManager[Any]:
        send = world.cloud.queue.send
        return patch.object(world.cloud.queue, "send", lambda event: change(world, send, event))

    return disorder


def lose(world: World, send: Callable[[Any], None], event: Any) -> None:
    """It never arrives."""


def _double(world: World, send: Callable[[Any], None], event: Any) -> None:
    for _ in range(3):
        send(event)


def _reverse(world: World, send: Callable[[Any], None], event: Any) -> None:
    """The end comes first, and then what is older: that it had started, and a failure that was not one."""
    send(event)
    for status in ("RUNNING", "SUCCEEDED"):
        send(status_event({**event["detail"], "status": status}))


def _delivering(how: str) -> Disorder:
    @contextmanager
    def disorder(world: World) -> Iterator[None]:
        world.injector.deliver = how
        try:
            yield
        finally:
            world.injector.deliver = "once"

    return disorder


def _skewed(**seconds: tuple[float, ...]) -> Disorder:
    """Each function's clock is ahead by these seconds, of several in turn: each invocation comes to another machine."""

    @contextmanager
    def disorder(world: World) -> Iterator[None]:
        world.injector.skews = seconds
        try:
            yield
        finally:
            world.injector.skews = {}

    return disorder


# -- crashes between two calls ----------------------------------------------------------------------------------------


@dataclass
class CrashedBetween:
    """A crash right before a call, which is right behind another."""

    scenario: Scenario
    place: Place
    fault: Fault

    def run(self, hurt: World) -> str:
        name = self.scenario.begin(hurt)
        hurt.injector.arm(self.place, self.fault)
        self.scenario.act(hurt, name)
        assert hurt.injector.was_hit, f"{self.place} was not made"
        hurt.injector.disarm()
        return self.scenario.finish(hurt, name)


def overtaken(hurt: World) -> str:
    """A Task's first delivery fails and stages that; before it commits, a second one is delivered and answers."""
    scenario = Executed("A delivery that comes back", ("action",), lambda url: reference.large_failure())
    with _overtaking(hurt) as order:
        name = scenario.begin(hurt)
        hurt.injector.side_by_side = {"big": "big"}
        scenario.act(hurt, name)
        hurt.injector.side_by_side = {}
        assert order == ["first staged", "second answered", "first committed"], order
        return scenario.finish(hurt, name)


@contextmanager
def _overtaking(hurt: World) -> Iterator[list[str]]:
    from functions import action
    from functions.store import executions, steps

    order: list[str] = []
    stage, commit, effect = steps.stage, executions.commit, action._effect

    def staging(execution_id: str, step: Any, *rest: Any) -> Any:
        stood = stage(execution_id, step, *rest)
        if not order:
            order.append("first staged")
            event = next(e for e in hurt.injector.deliveries if e["execution_id"] == execution_id)
            hurt.cloud.functions.call("action", {**event, "attempt": event["attempt"] + 1})
            order.append("second answered")
        return stood

    def committing(*arguments: Any) -> Any:
        if order[-1] == "second answered":
            order.append("first committed")
        return commit(*arguments)

    def performing(node: Any, *arguments: Any) -> Any:
        if node.id == "big" and not order:
            raise NodeFailed("no" * 1000)
        return effect(node, *arguments)

    with (
        patch.object(steps, "stage", staging),
        patch.object(executions, "commit", committing),
        patch.object(action, "_effect", performing),
    ):
        yield order


def disorders() -> Mapping[str, Callable[[World], str]]:
    """What is done to the service, and what came of it, by what is written in the document."""
    orders: dict[str, Disorder] = {
        "every status event is lost": sending(lose),
        "every status event comes three times": sending(_double),
        "status events come late, and in the wrong order": sending(_reverse),
        "every Task is delivered twice, one after the other": _delivering("twice"),
        "every Task is delivered twice, at once": _delivering("at once"),
        "api is 5 s ahead, action 5 s behind": _skewed(api=(SKEW,), action=(-SKEW,), lifecycle=(SKEW,)),
        "api is 5 s behind, action 5 s ahead": _skewed(api=(-SKEW,), action=(SKEW,), lifecycle=(-SKEW,)),
        "each Task's clock differs from the one before by 10 s": _skewed(action=(SKEW, -SKEW)),
    }
    found: dict[str, Callable[[World], str]] = {
        words: _trial(Disordered(words, ("action",), reference.reference, disorder=disorder))
        for words, disorder in orders.items()
    }
    runs, hour = (Executed(n, ("api",), reference.reference) for n in ("a", "b", "c")), reference.an_hour
    commit, start = (
        Place("action", "right", "UpdateItem head: commit", 1),
        Place("api", "execute_workflow", "StartExecution", 1),
    )
    stop = Place("api", "cancel_execution", "StopExecution", 1)
    return found | {
        "a first delivery commits a failure after the second one succeeded": overtaken,
        "a crash between staging a step and committing it": CrashedBetween(next(runs), commit, Fault.CRASH_BEFORE).run,
        "the same, and Lambda says that it lost it": CrashedBetween(next(runs), commit, Fault.LOST_BEFORE).run,
        "a crash between claim and start": CrashedBetween(next(runs), start, Fault.CRASH_BEFORE).run,
        "a crash between cancel and StopExecution": CrashedBetween(
            Cancelled("d", ("api",), lambda url: hour()), stop, Fault.CRASH_BEFORE
        ).run,
    }


def table() -> str:
    """The outcomes as a table."""
    with world() as hurt:
        rows = [line(words, trial(hurt)) for words, trial in disorders().items()]
    return "\n".join(["| what happens | what came of it |", "| --- | --- |", *rows])


def line(words: str, outcome: str) -> str:
    return f"| {words} | {outcome} |"


def _trial(scenario: Scenario) -> Callable[[World], str]:
    def run(hurt: World) -> str:
        name = scenario.begin(hurt)
        hurt.injector.arm()
        scenario.act(hurt, name)
        return scenario.finish(hurt, name)

    return run
