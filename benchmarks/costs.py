"""What a run is billed: state transitions, Lambda calls and DynamoDB requests, beside machines written by hand."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from benchmarks import by_hand, in_process, servers
from benchmarks.client import Json, Unexpected, Workspace
from benchmarks.meter import Meter, total
from benchmarks.report import Report
from functions import aws, engine
from functions.store import executions
from functions.store.executions import Execution, Status

MOST_REQUESTS = 4
CHAIN_LIMIT = 9

HOW = """The same workflows as definitions of ours and as machines by hand, both in `benchmarks/machines/`.
Transitions are the states that the engine's history says were entered, and the retries, which are billed alike.
Calls and requests count everything from `POST …/execute` to the end of the net behind it (`lifecycle`): by hand
there is neither an API nor a record, so these show what the record costs, and are not a comparison. *To record a
Task* is the most that one Task asks of DynamoDB beside what its effect is there for (creating a task); *cold* is
with empty memory before each call, as in a new container."""

CASES = {
    "chain of five effects and four decisions": ("chain", ("chain", "chain_without_pass")),
    "diamond": ("diamond", ("diamond",)),
    "two waits in parallel": ("waits", ("waits",)),
    "retry": ("retry", ("retry",)),
    "a condition first": ("condition", ("condition",)),
}
"""For each workflow its definition, and the machines by hand that do the same."""


@dataclass(frozen=True)
class Cost:
    """What one run came to."""

    transitions: int
    meter: Meter

    def cells(self, cold: "Cost | None" = None) -> list[str]:
        counts = [self.transitions, total(self.meter.calls), total(self.meter.requests)]
        return [*map(str, counts), str(self.to_record), str(cold.to_record) if cold else "–"]

    @property
    def to_record(self) -> int:
        """The DynamoDB requests of the Task that made most of them, beside the effect's own."""
        return max(self.meter.recording.get(name, 0) for name in ("action", "effect"))


def measure() -> Report:
    report = Report(
        "What a run is billed",
        HOW,
        ("workflow", "transitions", "Lambda calls", "DynamoDB requests", "to record a Task, warm", "… cold"),
    )
    with servers.echo() as echo, in_process.service(echo) as url, by_hand.installed():
        client = Workspace(url)
        for title, (name, machines) in CASES.items():
            _compare(report, client, echo, title, name, machines)
    return report


def _compare(report: Report, client: Workspace, echo: str, title: str, name: str, machines: tuple[str, ...]) -> None:
    workflow_id = client.publish(json.loads((by_hand.MACHINES / f"{name}.workflow.json").read_text()))
    _ours(client, workflow_id, echo, cold=False)
    warm, cold = (_ours(client, workflow_id, echo, cold=cold) for cold in (False, True))
    report.add(title, *warm.cells(cold))
    hands = {machine: _by_hand(machine) for machine in machines}
    for machine, cost in hands.items():
        report.add(f"– {machine}.asl.json by hand", *cost.cells())
    least = min(cost.transitions for cost in hands.values())
    report.promise(
        f"{title}: {warm.transitions} transitions, no more than the {least} by hand", warm.transitions <= least
    )
    if name == "chain":
        report.promise(f"… and at most {CHAIN_LIMIT}", warm.transitions <= CHAIN_LIMIT)
    most = warm.to_record
    report.promise(f"… {most} DynamoDB requests to record a Task, at most {MOST_REQUESTS}", most <= MOST_REQUESTS)


def _ours(client: Workspace, workflow_id: str, echo: str, *, cold: bool) -> Cost:
    trigger: Json = {"name": "Ada", "plan": "premium", "flaky": f"{echo}/flaky/{uuid.uuid4()}"}
    in_process.settle()
    with Meter(cold=cold).running() as meter:
        execution = _end_of(client.start(workflow_id, trigger).removeprefix("exec_"))
        time.sleep(0.1)
        in_process.settle()
    arn = engine.run_arn(execution.machine_arn or "", execution.id)
    return Cost(transitions(arn), meter)


def _end_of(execution_id: str) -> Execution:
    """The record once it has ended, read outside the functions and so not metered. Raises Unexpected."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        execution = executions.read(execution_id)
        if execution and execution.status == Status.COMPLETED:
            return execution
        time.sleep(0.02)
    raise Unexpected("the execution did not complete in time")


def _by_hand(name: str) -> Cost:
    machine = by_hand.Machine(name)
    in_process.settle()
    with Meter().running() as meter:
        arn = machine.run({"trigger": {"name": "Ada", "plan": "premium"}})
        in_process.settle()
    del meter.calls["lifecycle"], meter.requests["lifecycle"]
    return Cost(transitions(arn), meter)


def transitions(arn: str) -> int:
    """The states that an execution entered, and its retries."""
    kinds: list[str] = []
    client: Any = aws.stepfunctions()
    for page in client.get_paginator("get_execution_history").paginate(executionArn=arn):
        kinds += [event["type"] for event in page["events"]]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    retries = kinds.count("TaskScheduled") - kinds.count("TaskStateEntered")
    return entered + max(0, retries)
