"""The data of the live stream's events in v1: snake_case, seconds, UUIDs."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from functions import clock
from functions.finished import Finished
from functions.ids import as_uuid
from functions.record import Progress
from functions.routes.fields import Count, LowerStatus, NodeStatus, Seconds, Time, Uuid
from functions.routes.v1_models import seconds
from functions.store.executions import Execution, Status


class _Event(BaseModel):
    model_config = ConfigDict(defer_build=True)


class Connected(_Event):
    execution_id: Uuid
    timestamp: Time


class StepEvent(_Event):
    """A step that finished; `duration_seconds` is null where it was cancelled."""

    node_id: str
    node_type: str
    status: NodeStatus
    output: Any
    error: str | None
    duration_seconds: Seconds | None
    visit: Count


class ProgressEvent(_Event):
    """How far the execution was with the step before this event; it then ran, whatever has come of it since."""

    total_steps: Count
    completed_steps: Count
    successful_steps: Count
    failed_steps: Count
    skipped_steps: Count
    percentage: Count
    status: LowerStatus


class Complete(_Event):
    status: LowerStatus
    duration_seconds: Seconds
    completed_at: Time
    error: str | None


def connected(execution: Execution) -> dict[str, Any]:
    return Connected(execution_id=as_uuid(execution.id), timestamp=clock.now_iso()).model_dump()


def step(finished: Finished) -> dict[str, Any]:
    state, result = finished.state, finished.state.result
    return StepEvent(
        node_id=state.node,
        node_type=state.type,
        status=state.status,
        output=result.output if result else None,
        error=result.error if result else None,
        duration_seconds=None if state.duration_ms is None else seconds(state.duration_ms),
        visit=result.visit if result else 0,
    ).model_dump()


def progress(found: Progress) -> dict[str, Any]:
    return ProgressEvent(
        total_steps=found.total,
        completed_steps=found.completed,
        successful_steps=found.succeeded,
        failed_steps=found.failed,
        skipped_steps=found.skipped,
        percentage=found.percentage,
        status=Status.RUNNING,
    ).model_dump()


def complete(execution: Execution) -> dict[str, Any]:
    return Complete(
        status=execution.status,
        duration_seconds=seconds(execution.duration_ms or 0),
        completed_at=str(execution.ended_at),
        error=execution.error,
    ).model_dump()
