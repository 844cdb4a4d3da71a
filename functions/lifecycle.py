"""The net under everything: ends the records that nobody else could end, and repairs what a crash left half done.

Status events of Step Functions come by SQS, late, repeated and in any order; a schedule looks at what is in flight
whether events came or not. Both compare the record with the machine and make the record, or the machine, follow.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import audit, clock, endings, engine
from functions.engine import MachineGone, MachineRun, MachineStatus, StartRefused
from functions.scope import flow_of
from functions.store import executions
from functions.store.additions import Addition
from functions.store.executions import Ending, Execution, ExecutionEnded, Status
from functions.store.table import Item
from functions.timers import ended_waits, waits_in
from state_machines.flow import Flow
from state_machines.log import ports_of, read_lines, read_starts, write_timer

_LONGEST_PAUSE_MINUTES = 60
_RESERVE_MS = 10_000
"""What the schedule leaves of the function's time: it stops early and goes on where it was, next time."""


def handler(event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
    """Answers SQS with the messages to deliver again; anything without records is the schedule's."""
    if "Records" in event:
        failed = [record["messageId"] for record in event["Records"] if not _followed(record)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
    return {"checked": check_in_flight(context)}


def _followed(record: Mapping[str, Any]) -> bool:
    """Whether a message is done with; one that cannot be followed now must not take the others with it."""
    try:
        follow_event(json.loads(record["body"])["detail"])
    except Exception as error:  # noqa: BLE001 - the boundary between one message and the next
        audit.logger.error("The event could not be followed", extra=audit.trace(error))
        return False
    return True


def follow_event(detail: Mapping[str, Any]) -> None:
    """Follows one status event of a machine's run."""
    run = MachineRun(MachineStatus(detail["status"]), detail.get("error"), detail.get("cause"))
    execution = executions.read(detail["name"])
    if execution and run.status != MachineStatus.RUNNING:
        settle(execution, run)


def check_in_flight(context: Any) -> int:
    """Compares what is in flight and due for a look with Step Functions; returns how many it looked at."""
    checked = 0
    for item in executions.in_flight(clock.now_iso()):
        if context.get_remaining_time_in_millis() < _RESERVE_MS:
            break
        _repair_or_put_off(item)
        checked += 1
    return checked


def _repair_or_put_off(item: Item) -> None:
    """Repairs an execution; one that cannot be repaired now, or not even read, must not keep the others waiting."""
    execution_id = item["execution_id"]
    try:
        if execution := executions.read(execution_id):
            repair(execution)
    except Exception as error:  # noqa: BLE001 - the boundary between one execution and the next
        audit.record("ERROR", action="repair_execution", outcome="FAILURE", execution_id=execution_id)
        audit.logger.error("The repair failed", extra=audit.trace(error))
        with suppress(BotoCoreError, ClientError):
            _put_off(execution_id, item.get("checks", 0))


def repair(execution: Execution) -> None:
    """Brings a record and its machine together again."""
    arn = execution.machine_arn or ""
    run = engine.describe(arn, execution.id)
    if run is None:
        _start_again(execution) if execution.status == Status.RUNNING else executions.landed(execution.id)
    elif run.status != MachineStatus.RUNNING:
        # The record may have moved on before the machine ended.
        settle(executions.read(execution.id) or execution, run)
    else:
        if execution.status != Status.RUNNING:
            engine.stop(arn, execution.id)
        _put_off(execution.id, execution.checks)


def settle(execution: Execution, run: MachineRun) -> None:
    """Ends the record of a machine's run that is over, unless it has ended, and takes it out of what is in flight."""
    if execution.status == Status.RUNNING:
        flow = flow_of(execution)
        waits, _ = ended_waits(flow, execution, waits_in(flow) if run.status == MachineStatus.SUCCEEDED else ())
        lines = [write_timer(node) for node in waits]
        _end(execution, _ending(execution, flow, run, lines), lines)
    executions.landed(execution.id)


def _start_again(execution: Execution) -> None:
    """Starts a machine whose start was lost between the claim and Step Functions."""
    try:
        engine.start(execution.machine_arn or "", execution.id, execution.machine_input)
    except StartRefused:
        pass
    except MachineGone:
        message = "The workflow engine no longer has this workflow's state machine"
        _end(execution, Ending(status=Status.FAILED, at=clock.now_iso(), error=message), [])
        executions.landed(execution.id)
        return
    _put_off(execution.id, execution.checks)


def _put_off(execution_id: str, checks: int) -> None:
    """Looks again in 1, 2, 4 … minutes, at most an hour."""
    pause = timedelta(minutes=min(2**checks, _LONGEST_PAUSE_MINUTES))
    executions.put_off_check(execution_id, min(checks + 1, 10), clock.iso(clock.now() + pause))


def _end(execution: Execution, ending: Ending, lines: list[str]) -> None:
    """Ends a record, unless that was done. Raises AlreadyDone where it went on meanwhile: whoever asked looks again."""
    with suppress(ExecutionEnded):
        endings.end(execution, ending, Addition(lines=lines))


def _ending(execution: Execution, flow: Flow, run: MachineRun, lines: list[str]) -> Ending:
    at = clock.now_iso()
    if not flow.frontier(ports_of([*execution.log, *lines])):
        # However the machine ended: who committed the last step came no further.
        return Ending(status=Status.COMPLETED, at=at)
    if run.status == MachineStatus.ABORTED:
        return Ending(status=Status.CANCELLED, at=at, error="Stopped from outside")
    if run.status == MachineStatus.TIMED_OUT:
        limit = flow.workflow.timeout_seconds
        return Ending(status=Status.FAILED, at=at, error=f"The workflow ran longer than its timeoutSeconds ({limit})")
    if run.status == MachineStatus.SUCCEEDED:
        return Ending(status=Status.FAILED, at=at, error="The state machine ended before the workflow did")
    error = "Node execution failed: the action crashed, or ran out of time"
    return Ending(status=Status.FAILED, at=at, error=error, error_node=_unfinished(execution))


def _unfinished(execution: Execution) -> str | None:
    """The node that began last of those that have not ended."""
    ended = {line.node for line in read_lines(execution.log)}
    starts = [start.node for start in read_starts(execution.started) if start.node not in ended]
    return starts[-1] if starts else None
