"""Every route of both dialects, as plain data: the handlers, the gateway and the documents are made from this list.

`path` is written as API Gateway writes it (`{name}` for a parameter); `operation` is the name of the function in the
dialect's module (`functions/routes/v1.py`, …) that answers it, where the `api` function does.
"""

from typing import Literal, NamedTuple

Dialect = Literal["v1", "workspaces", "service"]
"""`service` is what the service tells of itself; an error there has the fields of both dialects."""


class Route(NamedTuple):
    """One method on one path, what answers it, and whether the gateway asks for a key."""

    dialect: Dialect
    method: str
    path: str
    operation: str
    function: Literal["api", "stream"] = "api"
    needs_key: bool = True


_V1 = "/api/v1/workflows"
_WORKSPACE = "/api/workspaces/{slug}"
_WORKFLOWS = f"{_WORKSPACE}/workflows"

ROUTES = (
    Route("v1", "POST", _V1, "create_workflow"),
    Route("v1", "GET", _V1, "list_workflows"),
    Route("v1", "POST", f"{_V1}/validate", "validate_workflow"),
    Route("v1", "GET", f"{_V1}/{{workflow_id}}", "get_workflow"),
    Route("v1", "PUT", f"{_V1}/{{workflow_id}}", "update_workflow"),
    Route("v1", "DELETE", f"{_V1}/{{workflow_id}}", "archive_workflow"),
    Route("v1", "GET", f"{_V1}/{{workflow_id}}/versions", "list_versions"),
    Route("v1", "GET", f"{_V1}/{{workflow_id}}/permissions", "get_permissions"),
    Route("v1", "PUT", f"{_V1}/{{workflow_id}}/permissions", "set_permissions"),
    Route("v1", "POST", f"{_V1}/{{workflow_id}}/execute", "execute_workflow"),
    Route("v1", "POST", f"{_V1}/{{workflow_id}}/test", "test_workflow"),
    Route("v1", "GET", f"{_V1}/{{workflow_id}}/executions", "list_executions_of"),
    Route("v1", "GET", f"{_V1}/executions/{{execution_id}}", "get_execution"),
    Route("v1", "POST", f"{_V1}/executions/{{execution_id}}/cancel", "cancel_execution"),
    Route("v1", "GET", f"{_V1}/executions/{{execution_id}}/stream", "stream_execution", "stream"),
    Route("workspaces", "POST", _WORKFLOWS, "create_workflow"),
    Route("workspaces", "GET", _WORKFLOWS, "list_workflows"),
    Route("workspaces", "POST", f"{_WORKFLOWS}/validate", "validate_workflow"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/{{workflow_id}}", "get_workflow"),
    Route("workspaces", "PUT", f"{_WORKFLOWS}/{{workflow_id}}", "update_workflow"),
    Route("workspaces", "DELETE", f"{_WORKFLOWS}/{{workflow_id}}", "archive_workflow"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/{{workflow_id}}/versions", "list_versions"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/{{workflow_id}}/permissions", "get_permissions"),
    Route("workspaces", "PUT", f"{_WORKFLOWS}/{{workflow_id}}/permissions", "set_permissions"),
    Route("workspaces", "POST", f"{_WORKFLOWS}/{{workflow_id}}/execute", "execute_workflow"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/{{workflow_id}}/executions", "list_executions_of"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/{{workflow_id}}/history", "get_history"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/executions/{{execution_id}}", "get_execution"),
    Route("workspaces", "POST", f"{_WORKFLOWS}/executions/{{execution_id}}", "cancel_execution"),
    Route("workspaces", "DELETE", f"{_WORKFLOWS}/executions/{{execution_id}}", "cancel_execution"),
    Route("workspaces", "GET", f"{_WORKFLOWS}/executions/{{execution_id}}/stream", "stream_execution", "stream"),
    Route("workspaces", "GET", f"{_WORKSPACE}/notifications", "list_notifications"),
    Route("workspaces", "GET", f"{_WORKSPACE}/tasks", "list_tasks"),
    Route("workspaces", "GET", f"{_WORKSPACE}/tasks/{{task_id}}", "get_task"),
    Route("workspaces", "PATCH", f"{_WORKSPACE}/tasks/{{task_id}}", "update_task"),
    Route("service", "GET", "/openapi.json", "get_openapi", needs_key=False),
)

STREAM_ROUTES = {route.dialect: route for route in ROUTES if route.function == "stream"}
"""The routes that answer with a live stream: one for each dialect."""
