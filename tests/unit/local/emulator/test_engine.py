"""The states of the machines that the translator writes, run by the local Step Functions."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.parse import asl_parser

from functions import aws
from local.aws import LocalAws
from local.emulator import engine
from tests.unit.local.emulator.machines import ENDED, Gate, Steps, create, ended, eventually, raising, run, start, task

DONE = {"Type": "Succeed"}
ONCE = {"ErrorEquals": ["ExecutionEnded"], "MaxAttempts": 0}
THRICE = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}
TO_ENDED = {"ErrorEquals": ["ExecutionEnded"], "Next": "Ended"}


class ExecutionEnded(Exception):
    """What a function raises that finds its record ended."""


class Broken(Exception):
    """What a task raises here."""


@pytest.fixture(autouse=True)
def _quick(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh data, and waits that take a hundredth of their time."""
    monkeypatch.setattr(engine, "time_scale", 0.01)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.go.set()


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made = [{"StartAt": next(iter(states)), "States": states} for states in branches]
    return {"Type": "Parallel", "Branches": made, **fields}


def test_a_machine_of_the_translators_shape_runs(cloud: LocalAws) -> None:
    steps = Steps(
        cloud,
        p1={"next": "join"},
        p2={"next": "w", "waits": {"w": 1}},
        p2b={"next": "join"},
        flaky=raising(Broken(), times=2),
    )
    states = {
        "a": task("a", Next="fork", Retry=[ONCE], Catch=[TO_ENDED]),
        "fork": parallel(
            {"p1": task("p1", Retry=[ONCE])},
            {
                "p2": task("p2", Next="w"),
                "w": {"Type": "Wait", "SecondsPath": "$.waits['w']", "Next": "p2b"},
                "p2b": task("p2b"),
            },
            ResultSelector={"next.$": "States.ArrayContains($[*].next, 'join')"},
            Catch=[TO_ENDED],
            Next="fork joined",
        ),
        "fork joined": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.next", "BooleanEquals": True, "Next": "flaky"}],
            "Default": "Done",
        },
        "flaky": task("flaky", Retry=[ONCE, {**THRICE, "JitterStrategy": "FULL"}], Catch=[TO_ENDED], Next="after"),
        "after": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.next", "StringEquals": "last", "Next": "last"}],
            "Default": "Done",
        },
        "last": task("last"),
        "Done": DONE,
        "Ended": ENDED,
    }
    found = run(states, TimeoutSeconds=86_400)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"next": "done"})
    assert (steps.nodes[0], set(steps.nodes[1:3]), steps.nodes[3:]) == ("a", {"p1", "p2"}, ["p2b", *["flaky"] * 3])
    assert [payload["attempt"] for payload in steps.payloads if payload["node"] == "flaky"] == [0, 1, 2]
    assert {payload["execution_id"] for payload in steps.payloads} == {"run"}


@pytest.mark.parametrize(
    ("words", "joins"),
    [(["join", "join"], True), (["x", "join"], True), (["x", "y"], False), (["x"], False)],
)
def test_a_join_is_decided_by_the_words_of_the_branches(words: list[str], joins: bool) -> None:
    branches = [{f"b{n}": {"Type": "Pass", "Result": {"next": word}, "End": True}} for n, word in enumerate(words)]
    selector = {"next.$": "States.ArrayContains($[*].next, 'join')"}
    found = run({"fork": parallel(*branches, ResultSelector=selector, End=True)})
    assert json.loads(found["output"]) == {"next": joins}


@pytest.mark.parametrize(
    ("path", "value"),
    [("$.a[0].v", 1), ("$.a[1]", {"v": [2]}), ("$.waits['x.y-z']", 3), ("$.a[1].v[0]", 2), ("$.a[*].v", [1, [2]])],
)
def test_a_path_to_one_place_gives_its_value(path: str, value: Any) -> None:
    text = json.dumps({"a": [{"v": 1}, {"v": [2]}], "waits": {"x.y-z": 3}})
    found = run({"p": {"Type": "Pass", "Parameters": {"got.$": path}, "End": True}}, text)
    assert json.loads(found["output"]) == {"got": value}


def test_a_path_to_nothing_fails_the_execution() -> None:
    found = run({"p": {"Type": "Pass", "Parameters": {"got.$": "$.nope"}, "End": True}})
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")


class TestErrors:
    def test_an_error_is_caught_by_the_name_of_its_class(self, cloud: LocalAws) -> None:
        Steps(cloud, a=raising(ExecutionEnded("it ended")))
        states = {"a": task("a", Retry=[ONCE, THRICE], Catch=[TO_ENDED]), "Ended": ENDED}
        found = run(states)
        assert (found["status"], found["error"]) == ("FAILED", "ExecutionEnded")

    def test_an_error_that_must_not_be_retried_is_not(self, cloud: LocalAws) -> None:
        steps = Steps(cloud, a=raising(ExecutionEnded()))
        run({"a": task("a", Retry=[ONCE, THRICE], Catch=[TO_ENDED]), "Ended": ENDED})
        assert steps.attempts == [0]

    def test_a_task_is_tried_four_times_and_fails_with_its_own_error(self, cloud: LocalAws) -> None:
        steps = Steps(cloud, a=raising(Broken()))
        found = run({"a": task("a", Retry=[ONCE, THRICE])})
        assert (found["error"], steps.attempts) == ("Broken", [0, 1, 2, 3])

    def test_attempts_are_counted_apart_where_one_machine_runs_often(self, cloud: LocalAws) -> None:
        steps = Steps(cloud, a=raising(Broken()))
        machine = create({"a": task("a", Retry=[THRICE])})
        with ThreadPoolExecutor(8) as threads:
            arns = list(threads.map(lambda n: start(machine, f"r{n}"), range(20)))
        assert {ended(arn)["status"] for arn in arns} == {"FAILED"}
        assert sorted(steps.attempts) == sorted([0, 1, 2, 3] * 20)

    def test_an_error_in_a_branch_keeps_its_name(self, cloud: LocalAws) -> None:
        Steps(cloud, a=raising(Broken()))
        found = run({"fork": parallel({"a": task("a")}, {"b": task("b")}, End=True)})
        assert (found["status"], found["error"]) == ("FAILED", "Broken")

    def test_a_time_out_in_a_branch_can_be_caught(self, cloud: LocalAws, gate: Gate) -> None:
        Steps(cloud, a=gate)
        catch = [{"ErrorEquals": ["States.Timeout"], "Next": "late"}]
        fork = parallel({"a": task("a", TimeoutSeconds=1)}, Catch=catch, End=True)
        found = run({"fork": fork, "late": {"Type": "Pass", "Result": "late", "End": True}})
        assert found["output"] == '"late"'

    def test_a_task_that_takes_too_long_is_timed_out(self, cloud: LocalAws, gate: Gate) -> None:
        Steps(cloud, a=gate)
        found = run({"a": task("a", TimeoutSeconds=1)})
        assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")

    def test_a_failing_branch_ends_the_waits_of_the_others(self, cloud: LocalAws) -> None:
        Steps(cloud, a=raising(Broken()))
        long = {"w": {"Type": "Wait", "Seconds": 100_000, "End": True}}
        before = threading.active_count()
        run({"fork": parallel({"a": task("a")}, long, End=True)})
        assert eventually(lambda: threading.active_count() <= before)

    def test_an_unknown_function_is_an_error_of_lambda(self) -> None:
        parameters = {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:nope", "Payload": {}}
        found = run({"a": task("a", Parameters=parameters)})
        assert (found["status"], found["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")

    def test_errors_are_not_dumped_to_the_log(self, cloud: LocalAws, caplog: pytest.LogCaptureFixture) -> None:
        Steps(cloud, a=raising(Broken("secret")))
        with caplog.at_level(logging.DEBUG):
            run({"a": task("a")})
        assert not [record for record in caplog.records if record.name.startswith("moto.stepfunctions")]


class TestWaits:
    def test_a_wait_takes_its_time_also_in_fractions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "time_scale", 0.35)
        began, used = time.monotonic(), time.process_time()
        run({"w": {"Type": "Wait", "Seconds": 1, "End": True}})
        assert 0.35 <= time.monotonic() - began < 0.95
        assert time.process_time() - used < 0.3

    def test_retries_wait_longer_each_time(self, cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "time_scale", 0.05)
        times: list[float] = []

        def fail(event: Any) -> None:
            times.append(time.monotonic())
            raise Broken

        Steps(cloud, a=fail)
        run({"a": task("a", Retry=[THRICE])})
        waits = [later - earlier for earlier, later in pairwise(times)]
        assert [wait >= least for wait, least in zip(waits, (0.05, 0.1, 0.2), strict=True)] == [True] * 3
        assert sum(waits) < 3.5


def test_the_history_tells_the_states(cloud: LocalAws) -> None:
    Steps(cloud)
    arn = run({"a": task("a")})["executionArn"]
    events = aws.stepfunctions().get_execution_history(executionArn=arn)["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_a_definition_is_read_once(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    Steps(cloud)
    machine = create({"once": task("a")})

    def refuse(*arguments: Any) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(asl_parser, "ASLLexer", refuse)
    assert [ended(start(machine, f"r{n}"))["status"] for n in range(3)] == ["SUCCEEDED"] * 3


def test_a_definition_that_is_none_is_refused() -> None:
    with pytest.raises(aws.stepfunctions().exceptions.InvalidDefinition):
        create({"a": {"Type": "Nonsense", "End": True}})
