"""State machines in these tests, in few words, and what became of their executions."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from functions import aws
from local.aws import LocalAws
from local.emulator.functions import Function

ROLE = "arn:aws:iam::123456789012:role/machine"
ENDED = {"Type": "Fail", "Error": "ExecutionEnded"}


def task(node: str, **fields: Any) -> dict[str, Any]:
    """A Task as the translator writes it; it ends the machine unless the fields say what follows."""
    payload = {
        "execution_id.$": "$$.Execution.Name",
        "node": node,
        "visit": 0,
        "attempt.$": "$$.State.RetryCount",
    }
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "action", "Payload": payload},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": 60,
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def create(states: dict[str, Any], name: str = "machine", **fields: Any) -> str:
    """A machine that begins at its first state; its ARN."""
    definition = json.dumps({"StartAt": next(iter(states)), **fields, "States": states})
    client = aws.stepfunctions()
    return client.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]


def start(machine: str, name: str = "run", text: str = "{}") -> str:
    return aws.stepfunctions().start_execution(stateMachineArn=machine, name=name, input=text)["executionArn"]


def described(arn: str) -> Any:
    return aws.stepfunctions().describe_execution(executionArn=arn)


def ended(arn: str, seconds: float = 10.0) -> Any:
    """The description of an execution once it is no longer running."""
    end = time.monotonic() + seconds
    while (found := described(arn))["status"] == "RUNNING":
        assert time.monotonic() < end, "it still runs"
        time.sleep(0.005)
    return found


def run(states: dict[str, Any], text: str = "{}", **fields: Any) -> Any:
    """The description of an execution of a machine of these states, ended."""
    return ended(start(create(states, **fields), text=text))


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether something comes to hold in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


class Steps:
    """A handler of `action` that keeps its payloads and does what its node is told to: give a value, or raise."""

    def __init__(self, cloud: LocalAws, **nodes: Any) -> None:
        self.payloads: list[dict[str, Any]] = []
        self._nodes = nodes
        cloud.functions.add(Function("action", self, "arn:aws:lambda:us-east-1:123456789012:function:action"))

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self.payloads.append(event)
        does = self._nodes.get(event["node"], {"next": "done"})
        return does(event) if isinstance(does, Callable) else does  # type: ignore[arg-type]

    @property
    def nodes(self) -> list[str]:
        return [payload["node"] for payload in self.payloads]

    @property
    def attempts(self) -> list[int]:
        return [payload["attempt"] for payload in self.payloads]


def raising(error: BaseException, times: int = 1_000) -> Callable[[Any], Any]:
    """What a node does that raises so many times and then succeeds."""
    left = iter(range(times))

    def does(event: Any) -> Any:
        if next(left, None) is not None:
            raise error
        return {"next": "done"}

    return does


class Gate:
    """What a node does that waits in the middle of its work."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.done = threading.Event()

    def __call__(self, event: Any) -> Any:
        self.begun.set()
        assert self.go.wait(10)
        self.done.set()
        return {"next": "done"}
