"""The function behind every Task: performs one effect, folds the decisions behind it, and records both exactly once.

In order: note the attempt (which needs a running record); resolve and perform; fold; *stage* the step, unless it is
small; *commit* it to the log, or end the record with it. A step that is staged and not in the log does not exist for
readers; another delivery of its Task only commits it.

Where the store fails before the effect, the machine tries the Task again (`StoreUnavailable`). Behind it that would
repeat the effect, so the recording alone is tried again, here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from functions import clock, endings
from functions.actions import registry
from functions.actions.context import ActionContext
from functions.actions.errors import ActionFailed
from functions.scope import Variables, flow_of, scope_for
from functions.secrets import Secrets
from functions.store import executions, steps, table
from functions.store.additions import Addition
from functions.store.executions import AlreadyDone, Ending, Execution, ExecutionEnded, Status
from functions.store.steps import Step
from functions.store.table import StoreUnavailable
from functions.timers import due_of, ended_waits, timer_ending
from state_machines.dry_run import ATTEMPTS
from state_machines.errors import NodeFailed, TooMuchKept
from state_machines.expressions import render
from state_machines.flow import Flow
from state_machines.fold import Folded, Result, Scope, failed_result, fold, too_much_kept
from state_machines.log import leader_name, leaders_of, ports_of, read_starts, write_timer
from state_machines.translate import answer_of
from state_machines.values import check_size
from state_machines.workflow import Node

Answer = dict[str, Any]

_RESERVE_SECONDS = 5
"""What is kept of the function's own time to record the step."""

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between the attempts to record what an effect came to."""
PATIENCE = 20.0
"""Seconds after which no other attempt to record begins: its machine waits `OVERHEAD_SECONDS` beside the effect."""


class ActionCrashed(ActionFailed):
    """Raised when the function died or ran out of time before it could record what its action came to."""


@dataclass(frozen=True)
class Task:
    """What a machine asks for: constants of its definition, and ids of the context object."""

    execution_id: str
    node: str
    visit: int
    attempt: int
    fold: str | None = None
    """`from`: fold from this node on; `behind`: this wait is over, fold what is behind it."""
    crashed: bool = False
    after_waits: tuple[str, ...] = ()

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Task":
        return cls(**{**event, "after_waits": tuple(event.get("after_waits", ()))})

    @property
    def leader(self) -> str:
        return leader_name(self.node, self.visit)

    @property
    def is_effect(self) -> bool:
        return self.fold is None and not self.crashed


def handler(event: Mapping[str, Any], context: Any) -> Answer:
    """Performs one Task and answers the routing words that its machine goes on by.

    Raises ExecutionEnded where the record is terminal, StoreUnavailable where the Task is to be delivered again, and
    the action's own error for the machine to fail or retry by.
    """
    try:
        return _do(Task.from_event(event), context)
    except table.FAULTS as error:
        raise StoreUnavailable from error


def _do(task: Task, context: Any) -> Answer:
    execution = _begin(task)
    flow = flow_of(execution)
    if (recorded := _recorded(task, execution, flow)) is not None:
        return recorded
    staged = _staged_before(task, execution)
    step = staged or _perform(task, execution, flow, context)
    return _patiently(task, lambda: _conclude(task, execution, flow, step, staged is not None))


# -- beginning ------------------------------------------------------------------------------------------------------


def _begin(task: Task) -> Execution:
    """Notes that this Task begins, and the ends of the waits before it; returns the record as it then is."""
    if not task.after_waits:
        return _note(task, ())
    execution = _running(task)
    ended, due = ended_waits(flow_of(execution), execution, task.after_waits)
    _sleep_until(due)
    try:
        return _note(task, [write_timer(node) for node in ended])
    except AlreadyDone:
        # Another function noted some of these ends, and maybe not all of them: look again.
        return _begin(task)


def _note(task: Task, ended: list[str] | tuple[()]) -> Execution:
    if task.is_effect:
        return executions.begin_attempt(task.execution_id, task.node, task.visit, task.attempt, ended)
    return executions.note_ended_waits(task.execution_id, ended) if ended else _running(task)


def _running(task: Task) -> Execution:
    execution = executions.read(task.execution_id)
    if execution is None or execution.status != Status.RUNNING:
        raise ExecutionEnded("The execution has ended")
    return execution


def _sleep_until(due: str | None) -> None:
    """Sleeps what a Wait state, which counts whole seconds, left of a wait."""
    if due:
        time.sleep(min(1.0, clock.ms_between(clock.now_iso(), due) / 1000))


def _recorded(task: Task, execution: Execution, flow: Flow) -> Answer | None:
    """The answer of this Task where an earlier delivery of it was recorded."""
    leader = dict(leaders_of(execution.log)).get(task.node)
    if leader and (step := _read_step(execution, leader)):
        return step.answer
    if task.fold == "from" and (timer := execution.timers.get(task.node)):
        return answer_of(flow, Folded(next=task.node, timers={task.node: timer}))
    return None


def _read_step(execution: Execution, leader: str) -> Step | None:
    return steps.in_head(execution.small_steps, [leader]).get(leader) or steps.read(execution.id, leader)


def _staged_before(task: Task, execution: Execution) -> Step | None:
    """What an earlier delivery staged and did not commit: that stands, failure or success."""
    tries = sum((start.node, start.visit) == (task.node, task.visit) for start in read_starts(execution.started))
    return steps.read(execution.id, task.leader) if tries > 1 or task.crashed else None


# -- performing -----------------------------------------------------------------------------------------------------


def _perform(task: Task, execution: Execution, flow: Flow, context: Any) -> Step:
    """Performs the Task and folds what is behind it; the step that came of it, not yet recorded."""
    node = flow.nodes[task.node]
    scope = scope_for(execution, flow, node.id)
    if task.fold == "from":
        folded, results = fold(scope, node.id, flow.stop_of(node.id), clock.now_iso()), []
    else:
        result = _result(task, execution, scope, node, context)
        folded, results = _fold_behind(scope, flow, node, result), [result]
    return Step([*results, *folded.results], answer_of(flow, folded), folded.timers)


def _result(task: Task, execution: Execution, scope: Scope, node: Node, context: Any) -> Result:
    at = clock.now_iso()
    if task.fold == "behind":
        timer = execution.timers.get(node.id) or timer_ending(scope.flow, node.id)
        _sleep_until(due := due_of(timer))
        return timer.result(node.id, due)
    if task.crashed:
        error = ActionCrashed("The action crashed, or ran out of time")
        return failed_result(node, error, _first_start(task, execution) or at, at, [], _tries(task, execution))
    result = _run(task, execution, scope, node, context)
    if result.failed and node.on_error == "retry" and task.attempt + 1 < ATTEMPTS:
        raise _named(result)
    return result


def _run(task: Task, execution: Execution, scope: Scope, node: Node, context: Any) -> Result:
    """One attempt of an effect. Whatever it fails with is its result: the boundary to what others wrote."""
    began = _first_start(task, execution) or clock.now_iso()
    logs: list[str] = []
    secrets = Secrets(execution.workspace_id)
    action_context = _context(task, execution, scope, node, secrets, context)
    try:
        config = render(node.config, {**scope.document(node.id), "secrets": secrets}, logs.append)
        check_size(config, f"The config of {node.id!r}")
        output = secrets.blot(_effect(node, config, action_context))
    except StoreUnavailable:
        # No fault of the action's, which has done nothing yet.
        raise
    except Exception as error:  # noqa: BLE001 - see above
        failed = failed_result(node, error, began, _now_behind(began), [], task.attempt)
        blotted = secrets.blot({"error": failed.error, "logs": [*logs, *action_context.logs]})
        return Result(**{**vars(failed), **blotted})
    return Result(
        node=node.id,
        output=output,
        started_at=began,
        ended_at=_now_behind(began),
        logs=secrets.blot([*logs, *action_context.logs]),
        attempt=task.attempt if node.on_error == "retry" else 0,
        visit=task.visit,
    )


def _now_behind(began: str) -> str:
    """The time; never before that of an earlier attempt, which may have had another clock."""
    return max(began, clock.now_iso())


def _effect(node: Node, config: dict[str, Any], context: ActionContext) -> Any:
    if node.type == "wait":
        if config["durationMs"]:
            time.sleep(config["durationMs"] / 1000)
        return config
    action = registry.find(node.type)
    if action is None:
        raise NodeFailed(f"There is no action {node.type!r} any more")
    return registry.run(action, config, context)


def _context(
    task: Task, execution: Execution, scope: Scope, node: Node, secrets: Secrets, context: Any
) -> ActionContext:
    seconds = min(node.timeout, context.get_remaining_time_in_millis() - 1000 * _RESERVE_SECONDS) / 1000
    return ActionContext(
        execution_id=execution.id,
        workflow_id=execution.workflow_id,
        workspace_id=execution.workspace_id,
        node=node.id,
        visit=task.visit,
        attempt=task.attempt,
        user=execution.triggered_by,
        variables=Variables(execution, scope.flow, node.id),
        idempotency_token=f"{execution.id}:{node.id}:{task.visit}",
        deadline=time.monotonic() + seconds,
        secret=secrets.__getitem__,
    )


def _fold_behind(scope: Scope, flow: Flow, node: Node, result: Result) -> Folded:
    """Folds what is behind a result; nothing is, where its failure stops the execution."""
    if result.failed and node.on_error != "continue":
        return Folded(failure=result)
    scope.results[node.id] = result
    return fold(scope, flow.after(node.id, result.port), flow.stop_of(node.id), clock.now_iso())


def _first_start(task: Task, execution: Execution) -> str | None:
    starts = read_starts(execution.started)
    return next((start.at for start in starts if (start.node, start.visit) == (task.node, task.visit)), None)


def _tries(task: Task, execution: Execution) -> int:
    attempts = [start.attempt for start in read_starts(execution.started) if start.node == task.node]
    return max(attempts, default=0)


# -- recording ------------------------------------------------------------------------------------------------------


def _patiently(task: Task, conclude: Callable[[], Answer]) -> Answer:
    """What `conclude` gives; behind an effect tried again while the store fails. Raises ActionCrashed in the end."""
    began = time.monotonic()
    for pause in (*PAUSES, None):
        try:
            return conclude()
        except table.FAULTS as error:
            if not task.is_effect:
                raise
            if pause is None or time.monotonic() - began + pause > PATIENCE:
                raise ActionCrashed("What the action came to could not be recorded") from error
            time.sleep(pause)
    raise AssertionError("unreachable")


def _conclude(task: Task, execution: Execution, flow: Flow, step: Step, is_staged: bool) -> Answer:
    """Records a step and commits it to the log, and ends the record where the run is over; returns the step's answer.

    A small step goes into the head, by the write that commits it; a larger one is staged as an item before.
    """
    in_head = False
    if step.results and not is_staged:
        in_head = execution.room_for(step.body())
        if not in_head:
            step = steps.stage(execution.id, step, execution.expires_at)
    failure = _failure(flow, step)
    try:
        _commit(execution, flow, Addition.of(step, in_head=in_head), failure)
    except TooMuchKept:
        _overflow(execution, flow, step)
    except AlreadyDone:
        # Another delivery of this Task was recorded meanwhile: the machine goes by what that one came to.
        return _recorded(task, _running(task), flow) or step.answer
    if failure:
        raise _named(failure)
    return step.answer


def _commit(execution: Execution, flow: Flow, addition: Addition, failure: Result | None) -> None:
    """Puts a step into the log, and ends the record where the run is over. Raises what `executions.end` does."""
    if failure:
        endings.end(execution, Ending.by_failure(failure), addition)
    elif not flow.frontier(ports_of([*execution.log, *addition.lines])):
        endings.end(execution, Ending(status=Status.COMPLETED, at=clock.now_iso()), addition)
    elif addition.lines or addition.timers:
        _end_if_over(flow, executions.commit(execution, addition))


def _overflow(execution: Execution, flow: Flow, step: Step) -> NoReturn:
    """Ends an execution that has no room for a step: the failure is recorded, in the step's place."""
    failure = too_much_kept(flow.nodes[step.results[0].node], step.results[0])
    # Its own few bytes are beyond what there is room for.
    addition = replace(Addition.of(Step([failure]), in_head=True), size=0)
    endings.end(execution, Ending.by_failure(failure), addition)
    raise ExecutionEnded("The execution may keep no more")


def _end_if_over(flow: Flow, execution: Execution) -> None:
    """Ends the record where this commit was the last that parallel branches were waiting for."""
    if not flow.frontier(ports_of(execution.log)):
        endings.end(execution, Ending(status=Status.COMPLETED, at=clock.now_iso()))


def _failure(flow: Flow, step: Step) -> Result | None:
    """The result, of those of a step, that stops the execution."""
    return next(
        (result for result in step.results if result.failed and flow.nodes[result.node].on_error != "continue"), None
    )


def _named(result: Result) -> Exception:
    """An error named like the one that a node failed with, for Step Functions; its message stays in the record."""
    error: type[Exception] = type(result.error_type or "ActionFailed", (Exception,), {})
    return error(f"The node {result.node} failed")
