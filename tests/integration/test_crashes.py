"""A crash at any write loses nothing that was accepted, and doubles nothing.

The write of each number in turn fails: before it took effect, or after. The fault is a crash of the process, or what
Step Functions tries again, as when Lambda loses a function. Then the schedule looks at what is left.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, Literal

import pytest

from functions import aws
from functions.store.counters import totals
from functions.store.executions import Execution, Status
from local.emulator.functions import FunctionFailed
from state_machines.log import read_lines
from tests.integration.service import WORKFLOWS, Handlers, Json, notifications, read, tasks, until_ended

WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "StartExecution")
Moment = Literal["before-call", "after-call"]

WORKFLOW: Json = {
    "name": "Reference",
    "variables": {"pause": 20},
    "nodes": [
        {"id": "begin", "type": "trigger"},
        {"id": "first", "type": "create_task", "config": {"title": "first"}},
        {"id": "note", "type": "set_variables", "config": {"variables": {"seen": "{{steps.first.output.title}}"}}},
        {"id": "left", "type": "create_task", "config": {"title": "left of {{variables.seen}}"}},
        # A Wait state, since its length is a template; short, since the function behind it waits in real time.
        {"id": "pause", "type": "wait", "config": {"durationMs": "{{variables.pause}}"}},
        # Its step is too large for the head, and so is staged before it is committed.
        {"id": "right", "type": "send_notification", "config": {"message": "x" * 1500, "recipient": "user_1"}},
        {"id": "check", "type": "condition", "config": {"field": "steps.left.output.title", "operator": "exists"}},
        {"id": "last", "type": "create_task", "config": {"title": "last"}, "onError": "continue"},
    ],
    "connections": [
        {"from": "begin", "to": "first"},
        {"from": "first", "to": "note"},
        {"from": "note", "to": "left"},
        {"from": "note", "to": "pause"},
        {"from": "pause", "to": "right"},
        {"from": "left", "to": "check"},
        {"from": "right", "to": "check"},
        {"from": "check", "fromPort": "true", "to": "last"},
    ],
}


class Crash(BaseException):
    """The process is gone."""


class Lost(Exception):
    """Raised under the name by which Step Functions knows that Lambda lost a function."""


Lost.__name__ = "Lambda.ServiceException"
Fault = type[BaseException]


class Writes:
    """Counts the writes from now on, and makes one of them fail."""

    def __init__(self, fail_at: int | None, fault: type[BaseException]) -> None:
        self.seen = 0
        self.failed: str | None = None
        self._fail_at, self._fault, self._lock = fail_at, fault, Lock()

    def __call__(self, event_name: str = "", **_: Any) -> None:
        with self._lock:
            self.seen += 1
            fails = self.seen == self._fail_at
            if fails:
                self.failed = event_name
        if fails:
            raise self._fault


@contextmanager
def failing(fail_at: int | None, moment: Moment, fault: type[BaseException]) -> Iterator[Writes]:
    writes = Writes(fail_at, fault)
    places = [
        (client, f"{moment}.{client.meta.service_model.service_name}.{verb}")
        for client in (aws.dynamodb(), aws.stepfunctions())
        for verb in WRITES
    ]
    for client, event in places:
        client.meta.events.register(event, writes)
    try:
        yield writes
    finally:
        for client, event in places:
            client.meta.events.unregister(event, writes)


@pytest.fixture(scope="module")
def workflow_id(handlers: Handlers) -> str:
    return handlers.publish(WORKFLOW)


@pytest.fixture(scope="module")
def number_of_writes(handlers: Handlers, workflow_id: str) -> int:
    """How many writes an execution makes that nothing happens to."""
    with failing(None, "before-call", Crash) as writes:
        execution = handlers.execute(workflow_id)
        until_ended(execution["id"].removeprefix("exec_"))
    assert execution["status"] == "COMPLETED", execution
    assert writes.seen >= 15
    return writes.seen


def start(handlers: Handlers, workflow_id: str, key: str) -> str | None:
    """Asks for the execution of an Idempotency-Key; None where the answer was lost in a crash."""
    path = f"{WORKFLOWS}/wf_{workflow_id}/execute"
    headers = {"Prefer": "wait=0", "Idempotency-Key": key}
    try:
        status, answer = handlers.request("POST", path, {}, headers=headers)
    except FunctionFailed:
        return None
    return str(answer["execution"]["id"]).removeprefix("exec_") if status in (200, 202) else None


def run_through(handlers: Handlers, workflow_id: str, number: int, moment: Moment, fault: Fault) -> Execution:
    """An execution whose write of this number fails, when everything that can be repaired has been."""
    key = f"{fault.__name__}-{moment}-{number}"
    with failing(number, moment, fault) as writes:
        execution_id = start(handlers, workflow_id, key) or start(handlers, workflow_id, key)
        assert execution_id, "asking again with the same key gives the execution"
        deadline = time.monotonic() + 20
        while not read(execution_id).status.is_terminal and time.monotonic() < deadline:
            with suppress(FunctionFailed):
                handlers.repair()
            time.sleep(0.02)
    assert writes.failed, "the write of this number was never made"
    handlers.repair()
    return until_ended(execution_id)


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
@pytest.mark.parametrize("fault", [Crash, Lost])
def test_a_failure_at_any_write_leaves_every_accepted_execution_ended_once_and_nothing_done_twice(
    handlers: Handlers, workflow_id: str, number_of_writes: int, moment: Moment, fault: Fault
) -> None:
    before = totals(workflow_id, "0000", "9999").by_status
    ended: Counter[str] = Counter()
    done_without = 0
    for number in range(1, number_of_writes + 1):
        execution = run_through(handlers, workflow_id, number, moment, fault)
        ended[str(execution.status)] += 1
        lines = [line.node for line in read_lines(execution.log)]
        assert len(lines) == len(set(lines)), f"write {number}: a step is in the log twice"
        titles = [task["title"] for task in tasks() if task["execution_id"] == execution.id]
        assert len(titles) == len(set(titles)), f"write {number}: a task was created twice"
        kept = [note for note in notifications() if note["execution_id"] == execution.id]
        assert len(kept) == lines.count("right") or execution.status == Status.FAILED, f"write {number}"
        assert len(kept) <= 1, f"write {number}: a notification was kept twice"
        if execution.status == Status.COMPLETED:
            # The last one's own write may be the one that failed: it is recorded as failed, and the run goes on.
            assert {"first", "left of first"} <= set(titles) <= {"first", "left of first", "last"}, f"write {number}"
            done_without += "last" not in titles
    assert totals(workflow_id, "0000", "9999").by_status - before == ended
    assert ended["cancelled"] == 0
    assert done_without <= 3
    # A crash in a Task that is not retried fails the run, and so does an effect whose own write fails. What remains are
    # the three writes of the start; or all but the four effects' own. The branches' writes come in any order, so that
    # the same one may fail in two of the runs.
    assert ended["completed"] >= (number_of_writes - 6 if fault is Lost else 3), ended
