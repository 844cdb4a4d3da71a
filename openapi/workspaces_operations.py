"""The operations of workspaces."""

from functions.errors import (
    BadRequest,
    DryRunTimeout,
    EngineUnavailable,
    ExecutionNotFound,
    Forbidden,
    NotCancellable,
    NotFound,
    WorkspaceNotFound,
)
from functions.routes import workspaces_bodies as bodies
from functions.routes import workspaces_events as events
from functions.routes import workspaces_models as models
from functions.routes.paging import Offsets
from functions.routes.workspaces_validity import Validity
from openapi.operation import (
    ARCHIVED,
    CHECKED,
    DEFINES,
    FAILED_EVENT,
    GRANTED,
    PUBLISHED,
    READS,
    SENDS,
    START_HEADERS,
    STARTS,
    STREAM_PARAMETERS,
    STREAMED,
    TRUE,
    UPDATED,
    Errors,
    Operation,
    said,
)
from openapi.parameters import WORKSPACES_PAGE
from openapi.schemas import Schema, array, model, obj, ref


def _listed(name: str, kind: type, **others: Schema) -> Schema:
    """A list with its pagination."""
    return obj({name: array(model(kind)), "pagination": model(Offsets), **others})


def _with(kind: type, **fields: Schema) -> Schema:
    """A model with further fields."""
    return {"allOf": [model(kind), obj(fields)]}


_WHOLE: Schema = {"allOf": [ref("WrittenDefinition"), model(models.WorkflowOut)]}
_IN_WORKSPACE: Errors = (Forbidden, WorkspaceNotFound)
_READS_THERE: Errors = (*READS, WorkspaceNotFound)
_EXECUTION_QUERY = (
    *("workspaces_status", "from", "to", "sortBy", "sortOrder", "includeTests"),
    *WORKSPACES_PAGE,
)
_EXECUTION: Schema = obj({"execution": model(models.ExecutionOut)})
_SUMMARY: Schema = model(models.WorkflowSummary)

OPERATIONS: dict[str, Operation] = {
    "create_workflow": Operation(
        summary="Publish a workflow",
        description=PUBLISHED,
        body=ref("Definition"),
        answers={201: obj({"workflow": _WHOLE})},
        errors=(*DEFINES, *_IN_WORKSPACE, EngineUnavailable),
    ),
    "list_workflows": Operation(
        summary="List the workflows of a workspace",
        parameters=("workflow_status", *WORKSPACES_PAGE),
        answers={200: _listed("workflows", models.WorkflowOut, permissions=model(models.WorkspaceRights))},
        errors=(BadRequest, *_IN_WORKSPACE),
    ),
    "validate_workflow": Operation(
        summary="Check a definition",
        description=CHECKED,
        body=ref("Definition"),
        answers={200: model(Validity)},
        errors=(*DEFINES, *_IN_WORKSPACE),
    ),
    "get_workflow": Operation(
        summary="Read a workflow",
        parameters=("version",),
        answers={200: obj({"workflow": _WHOLE})},
        errors=(BadRequest, *_READS_THERE),
    ),
    "update_workflow": Operation(
        summary="Publish a new version",
        description=UPDATED,
        body=ref("Definition"),
        answers={200: obj({"workflow": _WHOLE})},
        errors=(*DEFINES, *_READS_THERE, EngineUnavailable),
    ),
    "archive_workflow": Operation(
        summary="Archive a workflow",
        description=ARCHIVED,
        answers={200: obj({"workflow": _WHOLE})},
        errors=_READS_THERE,
    ),
    "list_versions": Operation(
        summary="List the versions of a workflow",
        parameters=WORKSPACES_PAGE,
        answers={200: _listed("versions", models.VersionOut)},
        errors=(BadRequest, *_READS_THERE),
    ),
    "get_permissions": Operation(
        summary="Read who may do what with a workflow",
        answers={200: model(models.Permissions)},
        errors=_READS_THERE,
    ),
    "set_permissions": Operation(
        summary="Replace all grants of a workflow",
        description=GRANTED,
        body=model(bodies.GrantsBody),
        answers={200: model(models.Permissions)},
        errors=(*SENDS, *_READS_THERE),
    ),
    "execute_workflow": Operation(
        summary="Start an execution",
        description="200 with the whole execution where it ends within 3 seconds, or as long as `Prefer: wait=N` says; "
        "else 202 with what it has done so far. `dryRun: true` runs it without side effects.",
        parameters=START_HEADERS,
        body=model(bodies.ExecuteBody),
        body_required=False,
        answers={200: _EXECUTION, 202: _EXECUTION},
        errors=(*STARTS, WorkspaceNotFound, DryRunTimeout),
    ),
    "list_executions_of": Operation(
        summary="List the executions of a workflow, with statistics",
        parameters=_EXECUTION_QUERY,
        answers={200: _listed("executions", models.ListedRow, statistics=model(models.StatisticsOut))},
        errors=(BadRequest, *_READS_THERE),
    ),
    "get_history": Operation(
        summary="Read the history of a workflow, or one execution with its logs",
        description="With `executionId` the answer is that execution; the other parameters are then ignored.",
        parameters=("executionId", *_EXECUTION_QUERY),
        answers={
            200: {
                "oneOf": [
                    _listed("executions", models.ListedRow),
                    obj(
                        {
                            "execution": _with(
                                models.ExecutionOut,
                                steps=array(model(models.LoggedStep)),
                                executionSummary=model(models.ExecutionSummary),
                                workflow=_SUMMARY,
                            )
                        }
                    ),
                ]
            }
        },
        errors=(BadRequest, *_READS_THERE, ExecutionNotFound),
    ),
    "get_execution": Operation(
        summary="Read an execution, its progress and its timing",
        answers={
            200: obj(
                {
                    "execution": _with(models.ExecutionOut, workflow=_SUMMARY),
                    "progress": model(models.ProgressOut),
                    "timing": model(models.Timing),
                }
            )
        },
        errors=(*_IN_WORKSPACE, ExecutionNotFound),
    ),
    "stream_execution": Operation(
        summary="Stream an execution",
        description=STREAMED,
        parameters=STREAM_PARAMETERS,
        events={
            "connected": model(events.Connected),
            "step": model(events.StepEvent),
            "progress": model(events.ProgressEvent),
            "error": FAILED_EVENT,
            "complete": model(events.Complete),
        },
        errors=(*_IN_WORKSPACE, ExecutionNotFound),
    ),
    "cancel_execution": Operation(
        summary="Cancel an execution",
        description="No further step starts. POST and DELETE do the same; a body is ignored.",
        answers={
            200: obj(
                {
                    "success": TRUE,
                    "execution": model(models.CancelledOut),
                    "message": said("Execution cancelled successfully"),
                }
            )
        },
        errors=(NotCancellable, *_IN_WORKSPACE, ExecutionNotFound),
    ),
    "list_notifications": Operation(
        summary="List the notifications that workflows left",
        parameters=("recipient", *WORKSPACES_PAGE),
        answers={200: _listed("notifications", models.NotificationOut)},
        errors=(BadRequest, *_IN_WORKSPACE),
    ),
    "list_tasks": Operation(
        summary="List the tasks that workflows left",
        parameters=("task_status", *WORKSPACES_PAGE),
        answers={200: _listed("tasks", models.TaskOut)},
        errors=(BadRequest, *_IN_WORKSPACE),
    ),
    "get_task": Operation(
        summary="Read a task",
        answers={200: obj({"task": model(models.TaskOut)})},
        errors=(*_IN_WORKSPACE, NotFound),
    ),
    "update_task": Operation(
        summary="Change the status of a task",
        body=model(bodies.TaskBody),
        answers={200: obj({"task": model(models.TaskOut)})},
        errors=(*SENDS, *_IN_WORKSPACE, NotFound),
    ),
}
