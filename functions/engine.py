"""The engine: AWS Step Functions, which runs the machines and repeats what fails. Ids go in, ids come out."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from functions import aws
from functions.errors import EngineUnavailable
from functions.settings import settings
from state_machines.values import to_json


class MachineStatus(StrEnum):
    """The status of a machine's run, as Step Functions spells it."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


class MachineRun(NamedTuple):
    """How a machine's run stands, and the error it failed with."""

    status: MachineStatus
    error: str | None = None
    cause: str | None = None


class StartRefused(Exception):
    """Raised when a machine cannot be started now; starting it later may do."""


class MachineGone(Exception):
    """Raised when a machine does not exist and never will again."""


def machine_for(workflow_id: str, machine: Mapping[str, Any]) -> str:
    """The ARN of the state machine with the definition `machine`, created unless an equal one exists.

    Its name holds a digest of its definition, so creating it again changes nothing
    (https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html).
    Raises EngineUnavailable where Step Functions does not take it.
    """
    definition = to_json(machine)
    digest = hashlib.sha256(definition.encode()).hexdigest()[:16]
    try:
        answer = aws.stepfunctions().create_state_machine(
            name=f"{workflow_id}-{digest}",
            definition=definition,
            roleArn=settings().machine_role_arn,
            tags=[{"key": "workflow", "value": workflow_id}],
        )
    except (ClientError, BotoCoreError) as error:
        raise EngineUnavailable("The workflow engine did not take the workflow; try again") from error
    return answer["stateMachineArn"]


def start(machine_arn: str, execution_id: str, machine_input: str) -> None:
    """Starts a machine under the execution's id, so that it runs once however often this is called.

    Raises StartRefused, or MachineGone.
    """
    client = aws.stepfunctions()
    try:
        client.start_execution(stateMachineArn=machine_arn, name=execution_id, input=machine_input)
    except client.exceptions.ExecutionAlreadyExists:
        return
    except client.exceptions.StateMachineDoesNotExist as error:
        raise MachineGone(machine_arn) from error
    except (ClientError, BotoCoreError) as error:
        raise StartRefused(str(error)) from error


def stop(machine_arn: str, execution_id: str) -> bool:
    """Stops a machine's run; whether Step Functions took the order. One that it did not take, the schedule repeats."""
    client = aws.stepfunctions()
    try:
        client.stop_execution(executionArn=run_arn(machine_arn, execution_id), error="Cancelled")
    except client.exceptions.ExecutionDoesNotExist:
        return True
    except (ClientError, BotoCoreError):
        return False
    return True


def describe(machine_arn: str, execution_id: str) -> MachineRun | None:
    """How the run stands, or None where it was never started."""
    client = aws.stepfunctions()
    try:
        answer = client.describe_execution(executionArn=run_arn(machine_arn, execution_id))
    except client.exceptions.ExecutionDoesNotExist:
        return None
    return MachineRun(MachineStatus(answer["status"]), answer.get("error"), answer.get("cause"))


def run_arn(machine_arn: str, execution_id: str) -> str:
    """The ARN of a machine's run under its name."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{execution_id}"


def machine_input(answer: dict[str, Any]) -> str:
    """A machine's input: the routing words of the decisions before the first effect."""
    return json.dumps(answer)
