"""A store that fails for a while: what was not done yet is done later, and what was done is not done again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions import action
from functions.store import executions, table
from functions.store.executions import Execution, Status
from functions.store.table import StoreUnavailable
from local.emulator.functions import FunctionFailed
from state_machines.translate import TRANSIENT, UNAVAILABLE
from tests.integration.service import Handlers, Json, read, tasks
from tests.unit.functions.samples import chain, condition, graph, task

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Slow down"}}, "UpdateItem")
SILENT = ReadTimeoutError(endpoint_url="https://dynamodb")
LEFT = TimeoutError("DynamoDB left keys of a batch unread")


class Clock:
    """The function's: it sleeps without anybody waiting for it."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ahead += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(action, "time", made)
    return made


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines do not start: the test is the machine."""
    monkeypatch.setattr("functions.engine.start", lambda *_: None)


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The nodes whose effects happened, in their order."""
    perform, seen = action._effect, []

    def effect(node: Any, *arguments: Any) -> Json:
        seen.append(node.id)
        return perform(node, *arguments)

    monkeypatch.setattr(action, "_effect", effect)
    return seen


@contextmanager
def failing(owner: Any, name: str, error: Exception = THROTTLED, times: int = 1_000) -> Iterator[None]:
    """The first `times` calls of this function fail."""
    original: Callable[..., Any] = getattr(owner, name)
    left = [error] * times

    def call(*arguments: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return original(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, call)
        yield


def started(handlers: Handlers, definition: Json) -> Execution:
    execution = handlers.execute(handlers.publish(definition), wait=0)
    return read(execution["id"].removeprefix("exec_"))


def deliver(handlers: Handlers, execution: Execution, node: str, attempt: int = 0, **extra: Json) -> Json:
    event = {"execution_id": execution.id, "node": node, "visit": 0, "attempt": attempt, **extra}
    return handlers.cloud.invoke("action", event)


def fails(handlers: Handlers, execution: Execution, node: str, **extra: Json) -> str:
    """The name of the error that this Task fails with."""
    with pytest.raises(FunctionFailed) as failed:
        deliver(handlers, execution, node, **extra)
    return str(failed.value.document["errorType"])


def test_the_machine_knows_the_error_by_its_name() -> None:
    assert StoreUnavailable.__name__ == UNAVAILABLE
    assert UNAVAILABLE in TRANSIENT


@pytest.mark.parametrize("error", [THROTTLED, SILENT, LEFT], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("place", [(executions, "begin_attempt"), (action, "flow_of"), (action, "scope_for")], ids=str)
def test_before_its_effect_a_task_is_to_be_delivered_again(
    handlers: Handlers, stopped: None, effects: list[str], place: tuple[Any, str], error: Exception
) -> None:
    execution = started(handlers, chain(task("a")))
    with failing(*place, error):
        assert fails(handlers, execution, "a") == UNAVAILABLE
    assert effects == []
    assert deliver(handlers, execution, "a", attempt=1) == {"next": "(done)"}
    assert (read(execution.id).status, effects) == (Status.COMPLETED, ["a"])


def test_a_task_without_an_effect_is_to_be_delivered_again_wherever_the_store_fails(
    handlers: Handlers, stopped: None
) -> None:
    links = ["begin>a", "begin>b", "a>check", "b>check", "check.true>c"]
    execution = started(handlers, graph([task("a"), task("b"), condition("check"), task("c")], *links))
    for node in ("a", "b"):
        deliver(handlers, execution, node)
    with failing(executions, "commit"):
        assert fails(handlers, execution, "check", fold="from") == UNAVAILABLE
    assert deliver(handlers, execution, "check", fold="from") == {"next": "c"}
    assert read(execution.id).log[-1] == "check#0>true"


def test_a_task_for_a_person_that_could_not_be_kept_is_no_failure_of_its_node(
    handlers: Handlers, stopped: None
) -> None:
    execution = started(handlers, chain(task("a")))
    with failing(table, "put"):
        assert fails(handlers, execution, "a") == UNAVAILABLE
    assert deliver(handlers, execution, "a", attempt=1) == {"next": "(done)"}
    assert [found["title"] for found in tasks() if found["execution_id"] == execution.id] == ["a"]


def test_behind_its_effect_the_recording_alone_is_tried_again(
    handlers: Handlers, stopped: None, effects: list[str], clock: Clock
) -> None:
    execution = started(handlers, chain(task("a"), task("b")))
    with failing(executions, "commit", times=4):
        assert deliver(handlers, execution, "a") == {"next": "b"}
    assert (effects, clock.slept) == (["a"], [1.0, 2.0, 4.0, 8.0])
    with failing(table, "transact", SILENT, times=1):
        assert deliver(handlers, execution, "b") == {"next": "(done)"}
    assert (read(execution.id).status, effects, clock.slept[4:]) == (Status.COMPLETED, ["a", "b"], [1.0])


def test_a_recording_that_took_effect_although_it_failed_stands(
    handlers: Handlers, stopped: None, effects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = started(handlers, chain(task("a"), task("b")))
    commit = executions.commit

    def commit_and_lose_the_answer(*arguments: Any) -> Execution:
        monkeypatch.setattr(executions, "commit", commit)
        commit(*arguments)
        raise SILENT

    monkeypatch.setattr(executions, "commit", commit_and_lose_the_answer)
    assert deliver(handlers, execution, "a") == {"next": "b"}
    assert (read(execution.id).log, effects) == (("a#0",), ["a"])


def test_what_cannot_be_recorded_in_the_end_is_a_crash_and_is_not_done_again(
    handlers: Handlers, stopped: None, effects: list[str], clock: Clock
) -> None:
    execution = started(handlers, chain(task("a"), task("b")))
    with failing(executions, "commit"):
        assert fails(handlers, execution, "a") == "ActionCrashed"
    assert (effects, clock.slept, read(execution.id).log) == (["a"], [1.0, 2.0, 4.0, 8.0], ())


def test_no_attempt_to_record_begins_when_the_machine_may_wait_no_longer(clock: Clock) -> None:
    """A store that is silent takes its time for each refusal."""

    def be_silent() -> Json:
        clock.ahead += 16
        raise SILENT

    event = {"execution_id": "e", "node": "a", "visit": 0, "attempt": 0}
    with pytest.raises(action.ActionCrashed):
        action._patiently(action.Task.from_event(event), be_silent)
    assert (clock.slept, clock.ahead) == ([1.0], 33.0)


def test_a_run_outlasts_a_store_that_fails_for_seconds(handlers: Handlers, effects: list[str]) -> None:
    """Its machine tries again: no test is the machine here."""
    workflow = handlers.publish(chain(task("a"), task("b")))
    with failing(executions, "begin_attempt", times=5):
        execution = handlers.execute(workflow)
    assert (execution["status"], effects) == ("COMPLETED", ["a", "b"])
