"""Starting: the record is claimed first, then the machine is started under the execution's id, so that it runs once.

Any crash between the two is healed: by the same Idempotency-Key when it comes again, and by `lifecycle`'s schedule.
"""

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

from functions import clock, endings, engine, ids
from functions.auth import Caller
from functions.engine import MachineGone, StartRefused
from functions.errors import IdempotencyConflict, WorkflowInactive
from functions.scope import new_scope
from functions.store import executions, keys, table
from functions.store.executions import AlreadyClaimed, Ending, Execution, Input, Status
from functions.store.steps import Step
from functions.store.table import ConditionFailed
from functions.store.workflows import Version, Workflow
from state_machines.fold import Folded, fold
from state_machines.translate import answer_of

ACTIVE = "ACTIVE"

_SOONEST, _SHORTEST_PAUSE = 0.012, 0.004
"""Seconds before which no machine ends, and between two looks at its record."""


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """What an execution is to be started with, in either dialect."""

    trigger: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    digest: str = ""
    """Of the body that the key came with."""


def start(caller: Caller, workflow: Workflow, version: Version, request: StartRequest) -> Execution:
    """Starts an execution of the current version, or returns the one that the same Idempotency-Key started.

    Raises WorkflowInactive, IdempotencyConflict.
    """
    if workflow.status != ACTIVE:
        return _started_before(caller, workflow, request)
    execution = new_execution(caller, workflow, version)
    if request.idempotency_key is not None:
        execution_id = id_for_key(caller, execution, request)
        if found := executions.read(execution_id):
            return _started(found)
        execution = new_execution(caller, workflow, version, execution_id=execution_id)
    try:
        return _started(_claim(execution, version, request))
    except AlreadyClaimed:
        # By another request with the key, or by this one, whose first answer was lost. A second start does nothing.
        return _started(executions.read(execution.id) or execution)


def _started_before(caller: Caller, workflow: Workflow, request: StartRequest) -> Execution:
    """The execution that the request's key started while the workflow was still ACTIVE. Raises WorkflowInactive."""
    item = table.get(_place_of_key(caller, workflow.id, request)) if request.idempotency_key is not None else None
    found = executions.read(item["execution_id"]) if item and item["digest"] == request.digest else None
    if found is None:
        raise WorkflowInactive(f"The workflow is {workflow.status}: only ACTIVE workflows execute")
    return found


def _place_of_key(caller: Caller, workflow_id: str, request: StartRequest) -> keys.Key:
    digest = hashlib.sha256((request.idempotency_key or "").encode()).hexdigest()
    return keys.idempotency(workflow_id, caller.user, digest)


def wait_for_end(execution: Execution, seconds: float) -> Execution:
    """The execution as it is when it has ended, or after `seconds`. Looks again after a tenth of what has passed."""
    began = time.monotonic()
    while not execution.status.is_terminal and (passed := time.monotonic() - began) < seconds:
        pause = max(_SHORTEST_PAUSE, passed / 10) if passed > _SOONEST else _SOONEST
        time.sleep(min(pause, seconds - passed))
        execution = executions.read(execution.id) or execution
    return execution


def new_execution(
    caller: Caller, workflow: Workflow, version: Version, *, execution_id: str | None = None, is_test: bool = False
) -> Execution:
    """The head of an execution that begins now; nothing is written."""
    at = clock.now_iso()
    definition = version.flow.workflow
    return Execution(
        id=execution_id or ids.new_id(),
        workflow_id=workflow.id,
        workspace_id=workflow.workspace_id,
        version=version.number,
        is_test=is_test,
        triggered_by=caller.user,
        trigger_type=definition.trigger_type,
        started_at=at,
        machine_arn=version.machine_arn,
        expires_at=executions.expiry(at, definition.timeout_seconds),
    )


def input_of(version: Version, request: StartRequest) -> Input:
    """What the execution is given: the workflow's variables, overlaid by the request's."""
    variables = {**version.flow.workflow.variables, **request.variables}
    return Input(trigger=request.trigger, variables=variables, metadata=request.metadata)


def _claim(execution: Execution, version: Version, request: StartRequest) -> Execution:
    """Takes the decisions before the first effect, and writes the record with them."""
    flow, given = version.flow, input_of(version, request)
    folded = fold(new_scope(execution, flow, given), flow.entry, None, execution.started_at)
    answer = answer_of(flow, folded)
    execution = Execution(**{**vars(execution), "machine_input": engine.machine_input(answer)})
    is_over = folded.failure is not None or folded.next not in (*flow.nodes, *flow.forks)
    step = Step(folded.results, answer, folded.timers)
    claimed = executions.claim(execution, given, step, _ending(folded) if is_over else None)
    if is_over:
        endings.note(claimed)
    return claimed


def _ending(folded: Folded) -> Ending:
    if folded.failure:
        return Ending.by_failure(folded.failure)
    return Ending(status=Status.COMPLETED, at=clock.now_iso())


def _started(execution: Execution) -> Execution:
    """Starts the machine of a running record; what cannot be started now, the schedule starts."""
    if execution.status == Status.RUNNING and execution.machine_arn:
        try:
            engine.start(execution.machine_arn, execution.id, execution.machine_input)
        except (StartRefused, MachineGone):
            return execution
    return execution


def id_for_key(caller: Caller, execution: Execution, request: StartRequest) -> str:
    """The id of the execution that belongs to the request's Idempotency-Key: the first one to come claims it.

    Raises IdempotencyConflict.
    """
    item = _place_of_key(caller, execution.workflow_id, request) | {
        "execution_id": execution.id,
        "digest": request.digest,
        "expires_at": execution.expires_at,
    }
    free = "attribute_not_exists(pk) OR expires_at < :now"
    try:
        table.put(item, condition=free, values={":now": int(clock.now().timestamp())})
    except ConditionFailed as error:
        claimed = error.item or item
        if claimed["digest"] != request.digest:
            raise IdempotencyConflict("This Idempotency-Key was used with another body") from None
        return str(claimed["execution_id"])
    return execution.id
