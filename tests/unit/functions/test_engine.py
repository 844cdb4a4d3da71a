"""The engine: names that make every order safe to repeat, and what its refusals mean."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions import aws, engine
from functions.engine import MachineGone, MachineRun, StartRefused
from functions.errors import EngineUnavailable
from local.aws import LocalAws

WORKFLOW = "f" * 32
MACHINE = {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}
RUN = "e" * 32


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins without machines."""


def fail(monkeypatch: pytest.MonkeyPatch, verb: str, error: Exception | str) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": error}}, verb) if isinstance(error, str) else error

    monkeypatch.setattr(aws.stepfunctions(), verb, refuse)


def test_an_equal_definition_has_the_same_machine_and_another_one_another() -> None:
    arn = engine.machine_for(WORKFLOW, MACHINE)
    assert arn == engine.machine_for(WORKFLOW, {**MACHINE})
    assert arn != engine.machine_for(WORKFLOW, {**MACHINE, "Comment": "another"})
    assert arn.rpartition(":")[2].startswith(f"{WORKFLOW}-")
    assert len(arn.rpartition(":")[2]) <= 80


def test_a_machine_that_is_not_taken_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, "create_state_machine", "TooManyRequestsException")
    with pytest.raises(EngineUnavailable, match="try again"):
        engine.machine_for(WORKFLOW, MACHINE)


def test_a_machine_runs_once_under_its_name() -> None:
    arn = engine.machine_for(WORKFLOW, MACHINE)
    engine.start(arn, RUN, "{}")
    engine.start(arn, RUN, "{}")
    assert engine.describe(arn, RUN) == MachineRun(engine.MachineStatus.RUNNING)
    assert engine.stop(arn, RUN)
    assert engine.stop(arn, RUN)


def test_a_run_is_stopped_as_cancelled_and_described_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(aws.stepfunctions(), "stop_execution", lambda **given: asked.append(given))
    said = {"status": "FAILED", "error": "Lambda.Unknown", "cause": "It is gone"}

    def describe(**given: str) -> dict[str, str]:
        asked.append(given)
        return said

    monkeypatch.setattr(aws.stepfunctions(), "describe_execution", describe)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    run = f"arn:aws:states:us-east-1:123456789012:execution:m:{RUN}"
    assert engine.stop(machine, RUN)
    assert engine.describe(machine, RUN) == MachineRun(engine.MachineStatus.FAILED, "Lambda.Unknown", "It is gone")
    assert asked == [{"executionArn": run, "error": "Cancelled"}, {"executionArn": run}]


def test_a_run_that_never_was_is_none_and_needs_no_stop() -> None:
    arn = engine.machine_for(WORKFLOW, MACHINE)
    assert engine.describe(arn, RUN) is None
    assert engine.stop(arn, RUN)


def test_a_machine_that_is_gone_is_told_from_one_that_does_not_start_now(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = engine.machine_for(WORKFLOW, MACHINE)
    with pytest.raises(MachineGone):
        engine.start(f"{arn}-other", RUN, "{}")
    for error in ("ThrottlingException", EndpointConnectionError(endpoint_url="x")):
        fail(monkeypatch, "start_execution", error)
        with pytest.raises(StartRefused):
            engine.start(arn, RUN, "{}")
    fail(monkeypatch, "stop_execution", "ThrottlingException")
    assert not engine.stop(arn, RUN)
