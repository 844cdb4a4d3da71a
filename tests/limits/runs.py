"""One run, and what it really came to: from Step Functions' history, the calls of functions, and DynamoDB's writes."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from benchmarks import in_process
from benchmarks.meter import Meter
from benchmarks.units import Units
from functions import aws, engine
from functions.store.executions import Execution
from tests.integration.service import WORKFLOWS, Handlers, Json, until_ended


@dataclass(frozen=True)
class Counted:
    """What one run came to."""

    execution: Execution
    history: list[Json]
    calls: int
    writes: int

    @property
    def kinds(self) -> Counter[str]:
        return Counter(event["type"] for event in self.history)

    @property
    def transitions(self) -> int:
        """The states that were entered, and the retries, which are billed alike."""
        entered = sum(count for kind, count in self.kinds.items() if kind.endswith("StateEntered"))
        return entered + self.kinds["TaskScheduled"] - self.kinds["TaskStateEntered"]


def run(handlers: Handlers, definition: Json, trigger: Json = None, seconds: float = 60) -> Counted:
    """Publishes a workflow and runs it to its end, and the net behind that."""
    workflow_id = handlers.publish(definition)
    in_process.settle()
    with Units().running() as units, Meter().running() as meter:
        path, body = f"{WORKFLOWS}/wf_{workflow_id}/execute", {"triggerData": trigger or {}}
        _, answer = handlers.request("POST", path, body, headers={"Prefer": "wait=0"})
        execution = until_ended(answer["execution"]["id"].removeprefix("exec_"), seconds)
        in_process.settle()
    return Counted(execution, history_of(execution), sum(meter.calls.values()), units.written)


def history_of(execution: Execution) -> list[Json]:
    """Every event of the machine's run; none where there was none."""
    if execution.machine_arn is None:
        return []
    client: Any = aws.stepfunctions()
    arn = engine.run_arn(execution.machine_arn, execution.id)
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]
