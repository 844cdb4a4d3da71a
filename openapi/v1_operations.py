"""The operations of v1."""

from functions.errors import (
    BadRequest,
    DryRunTimeout,
    EngineUnavailable,
    ExecutionNotFound,
    Forbidden,
    NotCancellable,
    NotFound,
    UnknownWorkflowInTest,
)
from functions.routes import v1_bodies as bodies
from functions.routes import v1_events as events
from functions.routes import v1_models as models
from functions.routes.paging import PageNumbers
from functions.routes.v1_validity import Validity
from functions.store.executions import Status
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
    Operation,
    said,
)
from openapi.parameters import V1_PAGE
from openapi.schemas import Schema, array, model, obj, ref


def _data(data: Schema, message: Schema | None = None) -> Schema:
    """The envelope of success."""
    return obj({"success": TRUE, **({"message": message} if message else {}), "data": data})


def _rows(kind: type, **meta: Schema) -> Schema:
    """The envelope of a list."""
    pagination = model(PageNumbers)
    return obj({"success": TRUE, "data": array(model(kind)), "meta": obj({"pagination": pagination, **meta})})


_WHOLE: Schema = {"allOf": [ref("WrittenDefinition"), model(models.WorkflowData)]}
_COMMUNITY: Schema = {"type": "integer", "description": "The number of the community"}

_SENT: Schema = ref("Definition", properties={"community_id": _COMMUNITY})

_ENDED = [f"Workflow execution {status}" for status in Status if status.is_terminal]
_DETAILS: Schema = {
    **model(models.Details),
    "properties": {"metrics": model(models.Metrics)},
}

OPERATIONS: dict[str, Operation] = {
    "create_workflow": Operation(
        summary="Publish a workflow",
        description=PUBLISHED,
        body={**_SENT, "required": ["community_id"]},
        answers={201: _data(_WHOLE, said("Workflow created"))},
        errors=(*DEFINES, Forbidden, NotFound, EngineUnavailable),
    ),
    "list_workflows": Operation(
        summary="List the workflows of a community",
        parameters=("community_id", "workflow_status", *V1_PAGE),
        answers={200: _rows(models.WorkflowData, permissions=model(models.WorkspaceRights))},
        errors=(BadRequest, Forbidden, NotFound),
    ),
    "validate_workflow": Operation(
        summary="Check a definition",
        description=CHECKED,
        body=ref("Definition"),
        answers={200: _data(model(Validity), said("Workflow is valid"))},
        errors=DEFINES,
    ),
    "get_workflow": Operation(
        summary="Read a workflow",
        parameters=("version",),
        answers={200: _data(_WHOLE)},
        errors=(BadRequest, *READS),
    ),
    "update_workflow": Operation(
        summary="Publish a new version",
        description=UPDATED,
        body=_SENT,
        answers={200: _data(_WHOLE, said("Workflow updated"))},
        errors=(*DEFINES, *READS, EngineUnavailable),
    ),
    "archive_workflow": Operation(
        summary="Archive a workflow",
        description=ARCHIVED,
        answers={200: _data(_WHOLE, said("Workflow archived"))},
        errors=READS,
    ),
    "list_versions": Operation(
        summary="List the versions of a workflow",
        parameters=V1_PAGE,
        answers={200: _rows(models.VersionData)},
        errors=(BadRequest, *READS),
    ),
    "get_permissions": Operation(
        summary="Read who may do what with a workflow",
        answers={200: _data(model(models.Permissions))},
        errors=READS,
    ),
    "set_permissions": Operation(
        summary="Replace all grants of a workflow",
        description=GRANTED,
        body=model(bodies.GrantsBody),
        answers={200: _data(model(models.Permissions), said("Permissions updated"))},
        errors=(*SENDS, *READS),
    ),
    "execute_workflow": Operation(
        summary="Start an execution",
        description="Answers at once with 202; with `Prefer: wait=N` with 200 where the run ended in time.",
        parameters=START_HEADERS,
        body=model(bodies.ExecuteBody),
        answers={
            200: _data(
                model(models.Started),
                said(*_ENDED),
            ),
            202: _data(model(models.Started), said("Workflow execution started")),
        },
        errors=STARTS,
    ),
    "test_workflow": Operation(
        summary="Run a workflow without side effects",
        description="Effects give simulated or mocked output, waits take no time, decisions are real. A failing run is "
        "a 200 with `passed: false`.",
        parameters=("Idempotency-Key",),
        body=model(bodies.TestBody),
        answers={200: _data(model(models.TestResult), said("Workflow test completed"))},
        errors=(*STARTS, UnknownWorkflowInTest, DryRunTimeout),
    ),
    "list_executions_of": Operation(
        summary="List the executions of a workflow",
        parameters=(
            *("community_id", "v1_status", "from", "to", "sort_by", "sort_order", "include_tests"),
            *V1_PAGE,
        ),
        answers={200: _rows(models.Row)},
        errors=(BadRequest, *READS),
    ),
    "get_execution": Operation(
        summary="Read an execution",
        description="With the state of every node of its workflow.",
        parameters=("include_logs", "include_metrics"),
        answers={200: _data(_DETAILS)},
        errors=(BadRequest, Forbidden, ExecutionNotFound),
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
        errors=(Forbidden, ExecutionNotFound),
    ),
    "cancel_execution": Operation(
        summary="Cancel an execution",
        description="No further step starts. A body is ignored.",
        answers={200: _data(model(models.Cancelled), said("Execution cancelled successfully"))},
        errors=(NotCancellable, Forbidden, ExecutionNotFound),
    ),
}
