"""State machines written by hand, in `machines/`, on the same local Step Functions as the service's own."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.client import Unexpected
from functions import aws
from functions.settings import settings
from local.emulator import executions, functions
from local.emulator.functions import Function, Handler

MACHINES = Path(__file__).with_name("machines")

_FAILURES = 2
"""How often an effect that is told to be flaky fails."""


class Unavailable(Exception):
    """Raised by an effect that fails at first."""


def record_step(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The floor's function: one PutItem, one UpdateItem, and nothing else."""
    client, table = aws.dynamodb(), settings().table_name
    pk = {"S": f"FLOOR#{event['id']}"}
    client.put_item(TableName=table, Item={"pk": pk, "sk": {"S": event["step"]}, "body": {"S": "{}"}})
    client.update_item(
        TableName=table,
        Key={"pk": pk, "sk": {"S": "META"}},
        UpdateExpression="SET #last = :step",
        ExpressionAttributeNames={"#last": "last"},
        ExpressionAttributeValues={":step": {"S": event["step"]}},
    )
    return {}


def effect(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What `create_task` does: keeps a task, and answers with it. Its data come and go in the payload."""
    if event.get("attempt", _FAILURES) < _FAILURES:
        raise Unavailable("try again")
    task_id = str(uuid.uuid4())
    key = {"pk": {"S": "HAND#tasks"}, "sk": {"S": task_id}}
    aws.dynamodb().put_item(TableName=settings().table_name, Item=key | {"title": {"S": event["title"]}})
    return {"taskId": task_id, "title": event["title"], "status": "TODO", "priority": event.get("priority", "MEDIUM")}


class Machine:
    """A state machine by hand. Its end is told by the engine in this process, without polling."""

    def __init__(self, name: str) -> None:
        definition = (MACHINES / f"{name}.asl.json").read_text()
        answer = aws.stepfunctions().create_state_machine(
            name=f"by-hand-{name}", definition=definition, roleArn=settings().machine_role_arn
        )
        self._arn = answer["stateMachineArn"]

    def run(self, data: Any = None) -> str:
        """Starts an execution and waits until it has succeeded; its ARN. Raises Unexpected."""
        name = str(uuid.uuid4())
        ended = _ends[name] = threading.Event()
        text = json.dumps(data or {})
        arn = aws.stepfunctions().start_execution(stateMachineArn=self._arn, name=name, input=text)["executionArn"]
        if not ended.wait(30) or _statuses.pop(name, None) != "SUCCEEDED":
            raise Unexpected(f"the machine by hand did not succeed: {executions.current().get(arn).error}")
        return arn


_ends: dict[str, threading.Event] = {}
_statuses: dict[str, str] = {}


@contextmanager
def installed() -> Iterator[None]:
    """Lets machines by hand call their functions, and tells when they end."""
    _add("floor", record_step)
    _add("effect", effect)
    running = executions.current()
    before = running.listener

    def tell(detail: dict[str, Any]) -> None:
        before(detail)
        _tell(detail)

    running.listener = tell
    try:
        yield
    finally:
        running.listener = before


def _add(name: str, handler: Handler) -> None:
    arn = settings().action_function_arn.rpartition(":")[0]
    functions.current().add(Function(name, handler, f"{arn}:{name}"))


def _tell(detail: dict[str, Any]) -> None:
    if detail["status"] != "RUNNING" and (ended := _ends.pop(detail["name"], None)):
        _statuses[detail["name"]] = detail["status"]
        ended.set()
