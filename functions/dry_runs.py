"""Dry runs: the workflow proven without a side effect, and kept as a test beside the real executions."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from functions import clock
from functions.actions import registry
from functions.actions.context import ActionContext
from functions.auth import Caller
from functions.errors import BadRequest, DryRunTimeout, WorkflowInactive
from functions.publish import ARCHIVED, SHOWN_FAULTS
from functions.record import Record, read_record
from functions.scope import new_scope
from functions.start import StartRequest, id_for_key, input_of, new_execution
from functions.store import executions
from functions.store.executions import AlreadyClaimed, Ending, Execution, Status
from functions.store.steps import Step
from functions.store.workflows import Version, Workflow
from state_machines.dry_run import SECRET, Run, Simulator, dry_run, faults_of_mocks
from state_machines.flow import Flow
from state_machines.fold import Result
from state_machines.limits import DRY_RUN
from state_machines.workflow import Node

LONGEST_SECONDS = float(DRY_RUN.most)

BUSIEST_SECONDS = 1.2
"""Of computing alone. A real run does the same in many functions, this one must also keep and show what came of it."""


def run_dry(
    caller: Caller, workflow: Workflow, version: Version, request: StartRequest, mocks: Mapping[str, Any]
) -> Record:
    """Runs the current version with simulated effects; returns its record, which is kept.

    Raises WorkflowInactive, BadRequest for a mock that fits no node, IdempotencyConflict, DryRunTimeout.
    """
    if workflow.status == ARCHIVED:
        raise WorkflowInactive("The workflow is ARCHIVED: it can be read, and no longer run")
    flow = version.flow
    if faults := faults_of_mocks(mocks, flow):
        errors = [fault._asdict() for fault in faults[:SHOWN_FAULTS]]
        raise BadRequest("; ".join(f"{path}: {message}" for path, message in faults[:5]), errors=errors)
    execution = new_execution(caller, workflow, version, is_test=True)
    if request.idempotency_key is not None:
        execution = replace(execution, id=id_for_key(caller, execution, request))
        if found := executions.read(execution.id):
            return read_record(found)
    given = input_of(version, request)
    scope = new_scope(execution, flow, given)
    deadline = time.monotonic() + LONGEST_SECONDS
    run = dry_run(scope, _simulator(execution, scope.variables_at, deadline), mocks, _clock(deadline))
    finished = _as_steps(flow, run.results)
    try:
        kept = executions.keep_finished(execution, given, finished, _ending(run))
    except AlreadyClaimed:
        return read_record(executions.read(execution.id) or execution)
    return Record(kept, flow, given, {result.node: result for result in run.results})


def _clock(deadline: float) -> Callable[[], str]:
    busy_until = time.thread_time() + BUSIEST_SECONDS

    def tell() -> str:
        if time.monotonic() > deadline:
            raise DryRunTimeout(f"The test took longer than {LONGEST_SECONDS:g} seconds")
        if time.thread_time() > busy_until:
            raise DryRunTimeout(f"The test took more than {BUSIEST_SECONDS:g} seconds of computing: test it in parts")
        return clock.now_iso()

    return tell


def _simulator(execution: Execution, variables_at: Callable[[str], Mapping[str, Any]], deadline: float) -> Simulator:
    def simulate(node: Node, config: dict[str, Any], logs: list[str]) -> Any:
        context = ActionContext(
            execution_id=execution.id,
            workflow_id=execution.workflow_id,
            workspace_id=execution.workspace_id,
            node=node.id,
            visit=0,
            attempt=0,
            user=execution.triggered_by,
            variables=variables_at(node.id),
            idempotency_token=f"{execution.id}:{node.id}:0",
            deadline=min(deadline, time.monotonic() + node.timeout / 1000),
            secret=lambda _: SECRET,
        )
        output = registry.simulate(registry.actions()[node.type], config, context)
        logs.extend(context.logs)
        return output

    return simulate


def _ending(run: Run) -> Ending:
    if run.failure:
        return Ending.by_failure(run.failure)
    return Ending(status=Status.COMPLETED, at=run.results[-1].ended_at if run.results else clock.now_iso())


def _as_steps(flow: Flow, results: list[Result]) -> list[Step]:
    """The results as the steps that Tasks would have recorded: an effect, and the decisions behind it."""
    steps: list[Step] = []
    for result in results:
        if not steps or flow.nodes[result.node].is_effect:
            steps.append(Step([]))
        steps[-1].results.append(result)
    return steps
