"""Executions of the local Step Functions: how they start, end, are told of, and are forgotten."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.utils import TMP_THREADS

from functions import aws
from local.aws import LocalAws
from local.emulator import executions
from local.emulator.functions import Function
from tests.unit.local.emulator.machines import (
    Gate,
    Steps,
    create,
    described,
    ended,
    eventually,
    raising,
    run,
    start,
    task,
)

WAIT = {"w": {"Type": "Wait", "Seconds": 300, "End": True}}
PASS = {"p": {"Type": "Pass", "End": True}}


class Broken(Exception):
    """What a task raises here."""


@pytest.fixture(autouse=True)
def told(cloud: LocalAws) -> list[dict[str, Any]]:
    """The details of the status events that reached `lifecycle`."""
    got: list[dict[str, Any]] = []

    def lifecycle(event: Any, context: Any) -> None:
        got.extend(json.loads(record["body"])["detail"] for record in event["Records"])

    cloud.functions.add(Function("lifecycle", lifecycle, "arn:aws:lambda:us-east-1:123456789012:function:lifecycle"))
    return got


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.go.set()


def stop(arn: str, **why: str) -> None:
    aws.stepfunctions().stop_execution(executionArn=arn, **why)


def last_event(arn: str) -> str:
    return aws.stepfunctions().get_execution_history(executionArn=arn)["events"][-1]["type"]


class TestStart:
    def test_the_same_name_and_input_is_the_same_execution_while_it_runs(self) -> None:
        machine = create(WAIT)
        assert start(machine) == start(machine)
        assert len(aws.stepfunctions().list_executions(stateMachineArn=machine)["executions"]) == 1

    def test_the_same_name_with_another_input_exists_already(self) -> None:
        machine = create(WAIT)
        start(machine)
        with pytest.raises(aws.stepfunctions().exceptions.ExecutionAlreadyExists):
            start(machine, text='{"other": 1}')

    def test_the_name_of_an_ended_execution_exists_already(self) -> None:
        machine = create(PASS)
        ended(start(machine))
        with pytest.raises(aws.stepfunctions().exceptions.ExecutionAlreadyExists):
            start(machine)

    def test_of_racing_starts_one_runs(self, cloud: LocalAws) -> None:
        steps = Steps(cloud)
        machine = create({"a": task("a", Next="w"), **WAIT})
        with ThreadPoolExecutor(8) as threads:
            arns = list(threads.map(lambda n: start(machine, f"run {n // 8}".replace(" ", "-")), range(80)))
        assert eventually(lambda: len(steps.payloads) >= 10)
        time.sleep(0.1)
        assert len(set(arns)) == len(steps.payloads) == 10

    def test_a_name_over_80_characters_is_refused(self) -> None:
        machine = create(WAIT)
        start(machine, "n" * 80)
        with pytest.raises(ClientError, match="less than or equal to 80"):
            start(machine, "n" * 81)

    def test_an_input_over_256_kib_is_refused(self) -> None:
        machine = create(WAIT)
        start(machine, "most", json.dumps("x" * 262_142))
        with pytest.raises(ClientError, match="less than or equal to 262144"):
            start(machine, "over", json.dumps("x" * 262_143))

    def test_an_input_that_is_not_json_is_refused(self) -> None:
        with pytest.raises(aws.stepfunctions().exceptions.InvalidExecutionInput):
            start(create(WAIT), text="{")

    def test_without_a_name_each_execution_has_its_own(self) -> None:
        machine = create(PASS)
        arns = {aws.stepfunctions().start_execution(stateMachineArn=machine)["executionArn"] for _ in range(2)}
        assert len(arns) == 2

    def test_an_unknown_machine_does_not_exist(self) -> None:
        with pytest.raises(aws.stepfunctions().exceptions.StateMachineDoesNotExist):
            start("arn:aws:states:us-east-1:123456789012:stateMachine:nope")


class TestEnd:
    def test_success_is_told_with_the_output(self, cloud: LocalAws, told: list[dict[str, Any]]) -> None:
        before = int(time.time() * 1000)
        found = run(PASS, '{"a": 1}')
        assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"a": 1})
        assert cloud.drain()
        (detail,) = told
        assert before <= detail.pop("startDate") <= detail.pop("stopDate") <= time.time() * 1000
        assert detail == {
            "executionArn": "arn:aws:states:us-east-1:123456789012:execution:machine:run",
            "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:machine",
            "name": "run",
            "status": "SUCCEEDED",
            "input": '{"a": 1}',
            "output": '{"a":1}',
            "inputDetails": {"included": True},
            "outputDetails": {"included": True},
            "error": None,
            "cause": None,
        }

    @pytest.mark.parametrize("value", ["null", '"text"', "[]"])
    def test_any_output_is_described_as_json(self, value: str) -> None:
        assert run(PASS, value)["output"] == value

    def test_failure_is_told_with_the_name_of_the_error(self, cloud: LocalAws, told: list[dict[str, Any]]) -> None:
        Steps(cloud, a=raising(Broken("why")))
        found = run({"a": task("a")})
        assert (found["status"], found["error"]) == ("FAILED", "Broken")
        assert json.loads(found["cause"])["errorMessage"] == "why"
        assert cloud.drain()
        assert [(d["status"], d["error"], d["output"], d["outputDetails"]) for d in told] == [
            ("FAILED", "Broken", None, None)
        ]

    def test_a_machine_that_takes_too_long_is_timed_out(
        self, cloud: LocalAws, told: list[dict[str, Any]], gate: Gate
    ) -> None:
        Steps(cloud, a=gate)
        began = time.monotonic()
        found = run({"a": task("a")}, TimeoutSeconds=1)
        assert 0.9 < time.monotonic() - began < 5
        assert (found["status"], found["stopDate"] > found["startDate"]) == ("TIMED_OUT", True)
        gate.go.set()
        assert gate.done.wait(5)
        assert cloud.drain()
        assert [detail["status"] for detail in told] == ["TIMED_OUT"]
        assert described(found["executionArn"])["status"] == "TIMED_OUT"

    def test_every_end_is_told_once(self, cloud: LocalAws, told: list[dict[str, Any]]) -> None:
        machine = create({"a": task("a")})
        with ThreadPoolExecutor(8) as threads:
            arns = list(threads.map(lambda n: start(machine, f"r{n}"), range(100)))
        for arn in arns:
            ended(arn)
        assert cloud.drain()
        assert sorted(detail["executionArn"] for detail in told) == sorted(arns)


class TestStop:
    def test_a_waiting_execution_is_aborted_at_once(self, cloud: LocalAws, told: list[dict[str, Any]]) -> None:
        arn = start(create(WAIT))
        threads = threading.active_count()
        stop(arn, error="Cancelled", cause="by the user")
        found = described(arn)
        assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Cancelled", "by the user")
        assert found["stopDate"]
        assert cloud.drain()
        assert [(d["status"], d["error"], d["cause"]) for d in told] == [("ABORTED", "Cancelled", "by the user")]
        assert eventually(lambda: threading.active_count() < threads)

    def test_who_comes_to_wait_after_the_stop_does_not_wait(self, cloud: LocalAws) -> None:
        arn = start(create(WAIT))
        environment = cloud.executions.get(arn).exec_worker.env
        stop(arn)
        assert environment.program_state_event.wait(0)

    def test_an_execution_in_a_task_is_aborted_at_once_and_goes_no_further(self, cloud: LocalAws, gate: Gate) -> None:
        steps = Steps(cloud, a=gate)
        arn = start(create({"a": task("a", Next="b"), "b": task("b")}))
        assert gate.begun.wait(5)
        stop(arn)
        assert described(arn)["status"] == "ABORTED"
        gate.go.set()
        assert gate.done.wait(5)
        time.sleep(0.1)
        assert steps.nodes == ["a"]

    def test_a_task_that_raises_after_the_stop_changes_nothing(self, cloud: LocalAws, gate: Gate) -> None:
        def late(event: Any) -> None:
            gate(event)
            raise Broken

        steps = Steps(cloud, a=late)
        retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}]
        arn = start(create({"a": task("a", Retry=retry)}))
        assert gate.begun.wait(5)
        stop(arn)
        gate.go.set()
        assert gate.done.wait(5)
        assert eventually(lambda: last_event(arn) in ("ExecutionAborted", "ExecutionFailed"))
        assert (described(arn)["status"], last_event(arn), steps.nodes) == ("ABORTED", "ExecutionAborted", ["a"])

    def test_a_stop_ends_the_wait_for_the_next_attempt(self, cloud: LocalAws) -> None:
        failed = threading.Event()

        def fail(event: Any) -> None:
            failed.set()
            raise Broken

        steps = Steps(cloud, a=fail)
        retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 300, "MaxAttempts": 3}]
        arn = start(create({"a": task("a", Retry=retry)}))
        assert failed.wait(5)
        time.sleep(0.05)
        threads = threading.active_count()
        stop(arn)
        assert eventually(lambda: threading.active_count() < threads)
        assert (described(arn)["status"], steps.nodes) == ("ABORTED", ["a"])

    def test_a_stop_right_after_the_start_is_never_lost(self) -> None:
        branch = {"StartAt": "w", "States": {"w": {"Type": "Wait", "Seconds": 300, "End": True}}}
        machine = create({"fork": {"Type": "Parallel", "Branches": [branch, branch], "End": True}})
        before = threading.active_count()
        for n in range(100):
            arn = start(machine, f"r{n}")
            stop(arn)
            assert described(arn)["status"] == "ABORTED"
        assert eventually(lambda: threading.active_count() <= before)

    def test_a_stop_of_an_ended_execution_changes_nothing(self) -> None:
        arn = run(PASS)["executionArn"]
        before = described(arn)
        stop(arn, error="Late")
        after = described(arn)
        assert (after["status"], after["stopDate"], after.get("error")) == ("SUCCEEDED", before["stopDate"], None)

    def test_an_unknown_execution_does_not_exist(self) -> None:
        with pytest.raises(aws.stepfunctions().exceptions.ExecutionDoesNotExist):
            stop("arn:aws:states:us-east-1:123456789012:execution:machine:nope")

    def test_a_deleted_machine_takes_its_executions_along(self) -> None:
        machine = create(WAIT)
        arn = start(machine)
        aws.stepfunctions().delete_state_machine(stateMachineArn=machine)
        assert described(arn)["status"] == "ABORTED"


class TestMemory:
    def test_of_old_executions_only_the_name_is_kept(self, cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(executions, "KEPT", 3)
        machine = create(PASS)
        arns = [start(machine, f"r{n}") for n in range(10)]
        assert eventually(lambda: not cloud.executions.running())
        with pytest.raises(aws.stepfunctions().exceptions.ExecutionDoesNotExist):
            described(arns[0])
        with pytest.raises(aws.stepfunctions().exceptions.ExecutionAlreadyExists):
            start(machine, "r0")
        listed = aws.stepfunctions().list_executions(stateMachineArn=machine)["executions"]
        assert len(listed) == len(cloud.executions.by_arn) == 3
        assert len(TMP_THREADS) < 5

    def test_names_are_forgotten_in_the_end(self, cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(executions, "KEPT", 0)
        monkeypatch.setattr(executions, "NAMES", 2)
        machine = create(PASS)
        for n in range(4):
            start(machine, f"r{n}")
            assert eventually(lambda: not cloud.executions.by_arn)
        assert [arn.rsplit(":", 1)[1] for arn in cloud.executions.forgotten] == ["r2", "r3"]

    def test_the_deadlines_of_the_forgotten_are_forgotten(
        self, cloud: LocalAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(executions, "KEPT", 3)
        machine = create(PASS, TimeoutSeconds=86_400)
        waiting = start(create(WAIT, "waits", TimeoutSeconds=86_400), "waits")
        for n in range(60):
            ended(start(machine, f"r{n}"))
        left = [arn for _, arn in cloud.executions._deadlines]
        assert len(left) < 20
        assert waiting in left
