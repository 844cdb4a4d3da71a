"""The data of the live stream's events in workspaces: camelCase, milliseconds, prefixed ids."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions import clock
from functions.finished import Finished
from functions.ids import as_prefixed
from functions.record import Progress
from functions.routes.fields import Count, ExecutionId, Milliseconds, StepStatus, Time, UpperStatus
from functions.routes.workspaces_models import STEP_STATUS
from functions.store.executions import Execution, Status


class _Event(BaseModel):
    model_config = ConfigDict(defer_build=True, alias_generator=to_camel, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)


class Connected(_Event):
    execution_id: ExecutionId
    timestamp: Time


class StepEvent(_Event):
    """A step that finished; `durationMs` is null where it was cancelled."""

    action_id: str
    action_type: str
    status: StepStatus
    output: Any
    error: str | None
    duration_ms: Milliseconds | None
    visit: Count


class ProgressEvent(_Event):
    """How far the execution was with the step before this event; it then ran, whatever has come of it since."""

    total_steps: Count
    completed_steps: Count
    successful_steps: Count
    failed_steps: Count
    skipped_steps: Count
    percentage: Count
    status: UpperStatus


class Complete(_Event):
    status: UpperStatus
    duration_ms: Milliseconds
    completed_at: Time
    error: str | None


def connected(execution: Execution) -> dict[str, Any]:
    return Connected(execution_id=as_prefixed("exec", execution.id), timestamp=clock.now_iso()).document()


def step(finished: Finished) -> dict[str, Any]:
    state, result = finished.state, finished.state.result
    return StepEvent(
        action_id=state.node,
        action_type=state.type,
        status=STEP_STATUS.get(state.status, state.status),
        output=result.output if result else None,
        error=result.error if result else None,
        duration_ms=state.duration_ms,
        visit=result.visit if result else 0,
    ).document()


def progress(found: Progress) -> dict[str, Any]:
    return ProgressEvent(
        total_steps=found.total,
        completed_steps=found.completed,
        successful_steps=found.succeeded,
        failed_steps=found.failed,
        skipped_steps=found.skipped,
        percentage=found.percentage,
        status=Status.RUNNING.upper(),
    ).document()


def complete(execution: Execution) -> dict[str, Any]:
    return Complete(
        status=execution.status.upper(),
        duration_ms=execution.duration_ms or 0,
        completed_at=str(execution.ended_at),
        error=execution.error,
    ).document()
