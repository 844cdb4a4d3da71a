"""What workspaces takes and gives: camelCase, milliseconds, prefixed ids (`spec/workspace-execution-api.md`)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.ids import as_prefixed
from functions.record import NodeState, Record
from functions.routes import v1_models
from functions.routes.v1_models import logs_of
from functions.store.executions import Execution
from functions.store.inbox import Notification, Task
from functions.store.table import Item
from functions.store.workflows import Version, Workflow

STEP_STATUS = {"completed": "success"}
"""How this dialect spells the statuses of steps that it spells in its own way."""


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel)


class ExecuteBody(_Body):
    trigger_data: dict[str, Any] | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    dry_run: bool = False
    mocks: dict[str, Any] = Field(default_factory=dict)


class GrantBody(v1_models.GrantBody):
    model_config = ConfigDict(alias_generator=to_camel)


class GrantsBody(_Body):
    grants: list[GrantBody] = Field(max_length=500)


class TaskBody(_Body):
    model_config = ConfigDict(strict=True, extra="forbid")

    status: str


class _Out(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)


class Step(_Out):
    """An action that ran or runs."""

    action_id: str
    action_type: str
    status: str
    output: Any
    error: str | None
    started_at: str | None
    completed_at: str | None
    duration_ms: int | None
    retry_count: int
    visit: int


class LoggedStep(Step):
    logs: list[str]


class WorkflowName(_Out):
    id: str
    name: str


class WorkflowSummary(WorkflowName):
    description: str
    trigger: dict[str, Any]
    status: str


class WorkflowOut(_Out):
    """A workflow, without its definition."""

    id: str
    workspace_id: str
    name: str
    description: str
    status: str
    version: int
    owner_id: str
    created_at: str
    updated_at: str


class Row(_Out):
    """An execution in a list."""

    id: str
    workflow_id: str
    workspace_id: str
    status: str
    version: int
    triggered_by: str
    trigger_type: str
    started_at: str
    completed_at: str | None
    duration_ms: int | None
    error: str | None
    is_simulation: bool


class ListedRow(Row):
    workflow: WorkflowName


class ExecutionOut(Row):
    trigger_data: Any
    variables: dict[str, Any]
    output: Any
    error_action_id: str | None
    steps: list[Step]


class ProgressOut(_Out):
    total_steps: int
    completed_steps: int
    successful_steps: int
    failed_steps: int
    running_steps: int
    skipped_steps: int
    percentage: int
    status: str


class Timing(_Out):
    started_at: str
    completed_at: str | None
    duration_ms: int
    is_running: bool


class ExecutionSummary(_Out):
    total_steps: int
    successful_steps: int
    failed_steps: int
    skipped_steps: int


class NotificationOut(_Out):
    id: str
    workspace_id: str
    recipient: str
    title: str | None
    message: str
    execution_id: str
    action_id: str
    created_at: str


class TaskOut(_Out):
    id: str
    workspace_id: str
    title: str
    description: str | None
    priority: str
    assigned_to: str | None
    due_date: str | None
    status: str
    execution_id: str
    action_id: str
    created_at: str
    updated_at: str


def execution(record: Record) -> dict[str, Any]:
    """An execution with its steps."""
    head = record.execution
    return ExecutionOut(
        **_row(head),
        trigger_data=record.given.trigger,
        variables=record.final_variables,
        output=record.final_output,
        error_action_id=head.error_node,
        steps=[Step(**_step(state)) for state in record.steps],
    ).document()


def logged_execution(record: Record) -> dict[str, Any]:
    """An execution with its steps and their logs."""
    steps = [LoggedStep(**_step(state), logs=logs_of(state)).document() for state in record.steps]
    return execution(record) | {"steps": steps}


def listed(item: Item, head: Workflow) -> dict[str, Any]:
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


def workflow(head: Workflow) -> dict[str, Any]:
    names = [name for name in WorkflowOut.model_fields if name != "id"]
    return WorkflowOut(id=as_prefixed("wf", head.id), **{name: getattr(head, name) for name in names}).document()


def whole_workflow(head: Workflow, version: Version) -> dict[str, Any]:
    """A workflow with the fields of its definition, as they were written."""
    return version.document | workflow(head)


def grants(head: Workflow) -> dict[str, Any]:
    return {
        "ownerId": head.owner_id,
        "grants": [
            {"userId": user} | {to_camel(name): name in allowed for name in ("can_view", "can_execute", "can_edit")}
            for user, allowed in sorted(head.grants.items())
        ],
    }


def notification(found: Notification) -> dict[str, Any]:
    fields = {name: value for name, value in vars(found).items() if name not in ("node", "execution_id")}
    place = {"execution_id": as_prefixed("exec", found.execution_id), "action_id": found.node}
    return NotificationOut(**fields, **place).document()


def task(found: Task) -> dict[str, Any]:
    fields = {name: value for name, value in vars(found).items() if name not in ("node", "execution_id")}
    place = {"execution_id": as_prefixed("exec", found.execution_id), "action_id": found.node}
    return TaskOut(**fields, **place).document()


def _row(head: Execution) -> dict[str, Any]:
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
