"""What workspaces gives: camelCase, milliseconds, prefixed ids (`spec/workspace-execution-api.md`)."""

from collections.abc import Set
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.ids import as_prefixed
from functions.listings import Statistics
from functions.record import NodeState, Record
from functions.routes.fields import (
    Count,
    ExecutionId,
    Milliseconds,
    NotificationId,
    StepStatus,
    TaskId,
    TaskStatus,
    Time,
    UpperStatus,
    WorkflowId,
    WorkflowStatus,
    WorkspaceId,
)
from functions.routes.v1_models import flags_of, logs_of
from functions.store.executions import Execution
from functions.store.inbox import Notification, Task
from functions.store.table import Item
from functions.store.workflows import Version, Workflow

STEP_STATUS = {"completed": "success"}
"""How this dialect spells the statuses of steps that it spells in its own way."""


class _Out(BaseModel):
    model_config = ConfigDict(defer_build=True, alias_generator=to_camel, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)


class Step(_Out):
    """An action that ran or runs."""

    action_id: str
    action_type: str
    status: StepStatus
    output: Any
    error: str | None
    started_at: Time | None
    completed_at: Time | None
    duration_ms: Milliseconds | None
    retry_count: Count
    visit: Count


class LoggedStep(Step):
    """A step with its logs, and the output of the node that led to it."""

    input: Any
    logs: list[str]


class WorkflowName(_Out):
    id: WorkflowId
    name: str


class WorkflowSummary(WorkflowName):
    description: str
    trigger: dict[str, Any]
    status: WorkflowStatus


class Rights(_Out):
    """What the caller may do with a workflow, by their role, as its owner or by a grant."""

    can_view: bool
    can_execute: bool
    can_edit: bool


class WorkspaceRights(_Out):
    """What the caller may do in a workspace."""

    can_create: bool


class WorkflowOut(_Out):
    """A workflow, without its definition."""

    id: WorkflowId
    workspace_id: WorkspaceId
    name: str
    description: str
    status: WorkflowStatus
    version: int
    owner_id: str
    created_at: Time
    updated_at: Time
    permissions: Rights


class Row(_Out):
    """An execution in a list."""

    id: ExecutionId
    workflow_id: WorkflowId
    workspace_id: WorkspaceId
    status: UpperStatus
    version: int
    triggered_by: str
    trigger_type: str
    started_at: Time
    completed_at: Time | None
    duration_ms: Milliseconds | None
    error: str | None
    is_simulation: bool
    stream_url: str | None


class ListedRow(Row):
    workflow: WorkflowName


class ExecutionOut(Row):
    trigger_data: dict[str, Any]
    variables: dict[str, Any]
    output: Any
    error_action_id: str | None
    steps: list[Step]


class ProgressOut(_Out):
    total_steps: Count
    completed_steps: Count
    successful_steps: Count
    failed_steps: Count
    running_steps: Count
    skipped_steps: Count
    percentage: Count
    status: UpperStatus


class Timing(_Out):
    started_at: Time
    completed_at: Time | None
    duration_ms: Milliseconds
    is_running: bool


class ExecutionSummary(_Out):
    total_steps: Count
    successful_steps: Count
    failed_steps: Count
    skipped_steps: Count


class NotificationOut(_Out):
    id: NotificationId
    workspace_id: WorkspaceId
    recipient: str
    title: str | None
    message: str
    execution_id: ExecutionId
    action_id: str
    created_at: Time


class TaskOut(_Out):
    id: TaskId
    workspace_id: WorkspaceId
    title: str
    description: str | None
    priority: str
    assigned_to: str | None
    due_date: str | None
    status: TaskStatus
    execution_id: ExecutionId
    action_id: str
    created_at: Time
    updated_at: Time


class VersionOut(_Out):
    """A version in the list of a workflow's versions."""

    version: int
    created_at: Time
    created_by: str


class Grant(_Out):
    """What a user may do with a workflow, beside what the owner and the workspace's roles may."""

    user_id: str
    can_view: bool
    can_execute: bool
    can_edit: bool


class Permissions(_Out):
    owner_id: str
    grants: list[Grant]


class CancelledOut(_Out):
    id: ExecutionId
    status: UpperStatus
    error: str | None
    completed_at: Time
    stream_url: str | None


class StatisticsOut(_Out):
    """How executions ended: those of the whole workflow, or of the days that were asked for."""

    total: Count
    by_status: dict[str, int]
    success_rate: int | float
    average_duration_ms: Milliseconds | None


def execution(record: Record, stream_url: str | None) -> dict[str, Any]:
    """An execution with its steps."""
    head = record.execution
    return ExecutionOut(
        **_row(head, stream_url),
        trigger_data=record.given.trigger,
        variables=record.final_variables,
        output=record.final_output,
        error_action_id=head.error_node,
        steps=[Step(**_step(state)) for state in record.steps],
    ).document()


def logged_execution(record: Record, stream_url: str | None) -> dict[str, Any]:
    """An execution with its steps and their logs."""
    steps = [LoggedStep(**_step(state), input=state.input, logs=logs_of(state)).document() for state in record.steps]
    return execution(record, stream_url) | {"steps": steps}


def listed(item: Item, head: Workflow, stream_url: str | None) -> dict[str, Any]:
    return ListedRow(
        id=as_prefixed("exec", item["pk"].removeprefix("EXEC#")),
        workflow_id=as_prefixed("wf", head.id),
        workspace_id=head.workspace_id,
        status=item["status"].upper(),
        version=item["version"],
        triggered_by=item["triggered_by"],
        trigger_type=item["trigger_type"],
        started_at=item["started_at"],
        completed_at=item.get("ended_at"),
        duration_ms=item.get("duration_ms"),
        error=item.get("error"),
        is_simulation=item["is_test"],
        stream_url=stream_url,
        workflow=WorkflowName(id=as_prefixed("wf", head.id), name=head.name),
    ).document()


def progress(record: Record) -> dict[str, Any]:
    found = record.progress
    return ProgressOut(
        total_steps=found.total,
        completed_steps=found.completed,
        successful_steps=found.succeeded,
        failed_steps=found.failed,
        running_steps=found.running,
        skipped_steps=found.skipped,
        percentage=found.percentage,
        status=record.execution.status.upper(),
    ).document()


def timing(record: Record) -> dict[str, Any]:
    head = record.execution
    return Timing(
        started_at=head.started_at,
        completed_at=head.ended_at,
        duration_ms=record.duration_ms,
        is_running=not head.status.is_terminal,
    ).document()


def execution_summary(record: Record) -> dict[str, Any]:
    found = record.progress
    return ExecutionSummary(
        total_steps=found.total,
        successful_steps=found.succeeded,
        failed_steps=found.failed,
        skipped_steps=found.skipped,
    ).document()


def workflow_summary(head: Workflow, record: Record) -> dict[str, Any]:
    """The workflow of an execution: as it is now, with the trigger of the version that ran."""
    return WorkflowSummary(
        id=as_prefixed("wf", head.id),
        name=head.name,
        description=head.description,
        trigger=record.flow.workflow.trigger,
        status=head.status,
    ).document()


def workflow(head: Workflow, rights: Set[str]) -> dict[str, Any]:
    fields = {name: getattr(head, name) for name in WorkflowOut.model_fields if name not in ("id", "permissions")}
    return WorkflowOut(id=as_prefixed("wf", head.id), permissions=Rights(**flags_of(rights)), **fields).document()


def whole_workflow(head: Workflow, version: Version, rights: Set[str]) -> dict[str, Any]:
    """A workflow with the fields of its definition, as they were written in that version."""
    return version.document | workflow(head, rights) | version.names


def workspace_rights(may_create: bool) -> dict[str, Any]:
    return WorkspaceRights(can_create=may_create).document()


def version(found: Version) -> dict[str, Any]:
    return VersionOut(version=found.number, created_at=found.created_at, created_by=found.created_by).document()


def permissions(head: Workflow) -> dict[str, Any]:
    granted = [Grant(user_id=user, **flags_of(allowed)) for user, allowed in sorted(head.grants.items())]
    return Permissions(owner_id=head.owner_id, grants=granted).document()


def cancelled(head: Execution, stream_url: str | None) -> dict[str, Any]:
    return CancelledOut(
        id=as_prefixed("exec", head.id),
        status=head.status.upper(),
        error=head.error,
        completed_at=str(head.ended_at),
        stream_url=stream_url,
    ).document()


def statistics(found: Statistics) -> dict[str, Any]:
    rate = found.success_rate
    return StatisticsOut(
        total=found.total,
        by_status={status.upper(): count for status, count in found.by_status.items()},
        success_rate=int(rate) if rate == int(rate) else rate,
        average_duration_ms=found.average_ms,
    ).document()


def notification(found: Notification) -> dict[str, Any]:
    fields = {name: value for name, value in vars(found).items() if name not in ("node", "execution_id")}
    place = {"execution_id": as_prefixed("exec", found.execution_id), "action_id": found.node}
    return NotificationOut(**fields, **place).document()


def task(found: Task) -> dict[str, Any]:
    fields = {name: value for name, value in vars(found).items() if name not in ("node", "execution_id")}
    place = {"execution_id": as_prefixed("exec", found.execution_id), "action_id": found.node}
    return TaskOut(**fields, **place).document()


def _row(head: Execution, stream_url: str | None) -> dict[str, Any]:
    return {
        "id": as_prefixed("exec", head.id),
        "workflow_id": as_prefixed("wf", head.workflow_id),
        "workspace_id": head.workspace_id,
        "status": head.status.upper(),
        "version": head.version,
        "triggered_by": head.triggered_by,
        "trigger_type": head.trigger_type,
        "started_at": head.started_at,
        "completed_at": head.ended_at,
        "duration_ms": head.duration_ms,
        "error": head.error,
        "is_simulation": head.is_test,
        "stream_url": stream_url,
    }


def _step(state: NodeState) -> dict[str, Any]:
    result = state.result
    return {
        "action_id": state.node,
        "action_type": state.type,
        "status": STEP_STATUS.get(state.status, state.status),
        "output": result.output if result else None,
        "error": result.error if result else None,
        "started_at": state.started_at,
        "completed_at": state.ended_at,
        "duration_ms": state.duration_ms,
        "retry_count": state.attempt,
        "visit": result.visit if result else 0,
    }
