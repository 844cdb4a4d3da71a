"""The second engine runs what Step Functions would, with its Tasks answered from here."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.engine import MachineStatus
from tests.reference import second_engine
from tests.reference.second_engine import EngineLost, SecondEngine, TaskFailed

Json = dict[str, Any]


class Tasks:
    """What the Tasks were asked, and what each is to answer: an answer, or an error."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.answers: dict[str, Any] = {}

    def __call__(self, payload: Mapping[str, Any]) -> Any:
        self.asked.append(payload)
        answer = self.answers.get(payload["node"], {"next": "done"})
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[SecondEngine, Tasks]]:
    tasks = Tasks()
    with SecondEngine(tasks, scale=0.001) as engine:
        yield engine, tasks


@pytest.fixture
def engine(running: tuple[SecondEngine, Tasks]) -> SecondEngine:
    return running[0]


@pytest.fixture
def tasks(running: tuple[SecondEngine, Tasks]) -> Tasks:
    running[1].__init__()  # type: ignore[misc]
    return running[1]


def task(node: str, **fields: Any) -> Json:
    payload = {"execution_id.$": "$$.Execution.Name", "node": node, "attempt.$": "$$.State.RetryCount"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "action", "Payload": payload},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": 60,
        **fields,
    }


def machine(**states: Json) -> Json:
    return {"StartAt": next(iter(states)), "TimeoutSeconds": 86_400, "States": states}


def test_a_task_is_told_the_context_object_and_answers_what_the_next_state_reads(
    engine: SecondEngine, tasks: Tasks
) -> None:
    tasks.answers["a"] = {"next": "b", "waits": {"b": 20}}
    wait = {"Type": "Wait", "SecondsPath": "$.waits['b']", "End": True}
    began = time.monotonic()
    run, states = engine.run(machine(a=task("a", Next="b"), b=wait), "an-execution", {})
    assert (run.status, states) == (MachineStatus.SUCCEEDED, ["a"])
    assert tasks.asked == [{"execution_id": "an-execution", "node": "a", "attempt": 0}]
    assert 0.02 <= time.monotonic() - began < 10


def test_each_attempt_is_told_how_often_the_state_was_tried_before(engine: SecondEngine, tasks: Tasks) -> None:
    tasks.answers["a"] = TaskFailed("Boom", "it failed")
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "JitterStrategy": "FULL"}]
    run, _ = engine.run(machine(a=task("a", Retry=retry, End=True)), "x", {})
    assert run == (MachineStatus.FAILED, "Boom", "it failed")
    assert [asked["attempt"] for asked in tasks.asked] == [0, 1, 2, 3]


def test_an_error_is_caught_by_its_name_and_fails_the_parallel_branches_beside_it(
    engine: SecondEngine, tasks: Tasks
) -> None:
    tasks.answers["b"] = TaskFailed("ExecutionEnded", "it has ended")
    branches = [machine(a=task("a", End=True)), machine(b=task("b", End=True))]
    catch = [{"ErrorEquals": ["ExecutionEnded"], "Next": "over"}]
    over = {"Type": "Fail", "Error": "Over", "Cause": "it is over"}
    fork = {"Type": "Parallel", "Branches": branches, "ResultPath": None, "Catch": catch, "End": True}
    run, states = engine.run(machine(fork=fork, over=over), "x", {})
    assert run == (MachineStatus.FAILED, "Over", "it is over")
    assert sorted(states) == ["a", "b"]


def test_time_limits_are_not_scaled(engine: SecondEngine, tasks: Tasks) -> None:
    slow = {**machine(a=task("a", End=True)), "TimeoutSeconds": 31_536_000}
    assert engine.run(slow, "x", {}).run.status == MachineStatus.SUCCEEDED


def test_a_run_that_does_not_end_is_given_up(
    engine: SecondEngine, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_engine, "RUN_SECONDS", 0.1)
    tasks.answers["a"] = {"seconds": 30}
    with pytest.raises(EngineLost, match="did not end"):
        engine.run(machine(a={"Type": "Wait", "Seconds": 31, "End": True}), "x", {})
