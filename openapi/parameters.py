"""The parameters of requests, with the limits that the code enforces."""

from collections.abc import Iterable
from typing import Any

from functions import lists
from functions.request import MAX_WAIT_SECONDS
from functions.routes import v1, workspaces
from functions.routes.access import LARGEST_COMMUNITY, LAST_VERSION
from functions.routes.paging import DEFAULT, MOST
from functions.store.executions import Status
from functions.store.inbox import TASK_STATUSES
from functions.store.listing import DEEPEST
from openapi.schemas import Schema

_BY_NUMBER = f"The whole row number is at most {DEEPEST:,}; beyond that, and for steady pages, follow the cursor."


def _query(name: str, description: str, schema: Schema, *, required: bool = False) -> Schema:
    said = {"name": name, "in": "query", "description": description}
    return {**said, **({"required": True} if required else {}), "schema": schema}


def _path(name: str, description: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def _header(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _number(least: int, most: int, default: int | None = None) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most} | ({} if default is None else {"default": default})


def _one_of(names: Iterable[str], default: str | None = None) -> Schema:
    return {"type": "string", "enum": [*names]} | ({} if default is None else {"default": default})


def _flag(default: bool) -> Schema:
    return {"type": "boolean", "default": default}


_MOMENT: Schema = {
    "type": "string",
    "anyOf": [{"format": "date-time"}, {"format": "date"}],
    "examples": ["2026-01-15T09:00:00Z", "2026-01-15"],
}
_FROM = "Started at or after this ISO 8601 time; a date alone means its first moment"
_TO = "Started at or before this ISO 8601 time; a date alone means its last moment"
_CURSOR = "The cursor of the answer before, with the same filters and order, in the place of a page number"

PARAMETERS: dict[str, Schema] = {
    "slug": _path("slug", "The workspace: its slug or its `ws_…` id"),
    "workflow_id": _path("workflow_id", "The workflow: a UUID, or `wf_` with its 32 hex digits"),
    "execution_id": _path("execution_id", "The execution: a UUID, or `exec_` with its 32 hex digits"),
    "task_id": _path("task_id", "The task: `task_` with its 32 hex digits"),
    "community_id": _query("community_id", "The number of the community", _number(0, LARGEST_COMMUNITY), required=True),
    "version": _query(
        "version", "The definition of this version; the current one's where none is named", _number(1, LAST_VERSION)
    ),
    "page": _query("page", f"The page, from 1. {_BY_NUMBER}", _number(1, DEEPEST, 1)),
    "per_page": _query("per_page", "Rows a page", _number(1, MOST, DEFAULT)),
    "offset": _query("offset", f"Rows to pass over. {_BY_NUMBER}", _number(0, DEEPEST - 1, 0)),
    "limit": _query("limit", "Rows a page", _number(1, MOST, DEFAULT)),
    "cursor": _query("cursor", _CURSOR, {"type": "string", "minLength": 1}),
    "workflow_status": _query(
        "status",
        "Only workflows of this status; archived ones are listed only where asked for",
        _one_of(lists.STATUSES),
    ),
    "task_status": _query("status", "Only tasks of this status", _one_of(TASK_STATUSES)),
    "v1_status": _query("status", "Only executions of this status", _one_of(Status)),
    "workspaces_status": _query(
        "status", "Only executions of this status", _one_of(status.upper() for status in Status)
    ),
    "from": _query("from", _FROM, _MOMENT),
    "to": _query("to", _TO, _MOMENT),
    "sort_by": _query("sort_by", "What the rows are sorted by", _one_of(v1.SORTS, "start_time")),
    "sort_order": _query("sort_order", "In which order", _one_of(("asc", "desc"), "desc")),
    "include_tests": _query("include_tests", "Whether test runs are listed too", _flag(False)),
    "sortBy": _query("sortBy", "What the rows are sorted by", _one_of(workspaces.SORTS, "startTime")),
    "sortOrder": _query("sortOrder", "In which order", _one_of(("asc", "desc"), "desc")),
    "includeTests": _query("includeTests", "Whether simulations are listed too", _flag(False)),
    "include_logs": _query("include_logs", "Whether each node has its logs", _flag(True)),
    "include_metrics": _query("include_metrics", "Whether the answer has `metrics`", _flag(False)),
    "executionId": _query("executionId", "One execution, with its steps and their logs", {"type": "string"}),
    "recipient": _query(
        "recipient",
        "Only notifications for this recipient",
        {"type": "string", "minLength": 1, "maxLength": workspaces.LONGEST_RECIPIENT},
    ),
    "Idempotency-Key": _header(
        "Idempotency-Key",
        "The same key with the same body gives the same execution again, and never starts a second one; with another "
        "body it is a 409. It holds for one user and workflow.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    ),
    "Prefer": _header(
        "Prefer",
        f"`wait=N` waits up to N seconds (0 to {MAX_WAIT_SECONDS}) for the end of the execution (RFC 7240). "
        f"Without it v1 does not wait, and workspaces waits {workspaces.WAIT_SECONDS} seconds.",
        {"type": "string", "examples": [f"wait={MAX_WAIT_SECONDS}"]},
    ),
    "Last-Event-ID": _header(
        "Last-Event-ID", "The id of the last event seen, which the answer goes on behind", {"type": "string"}
    ),
    "lastEventId": _query("lastEventId", "The same, where a header cannot be sent", {"type": "string"}),
}
"""Every parameter, by the name of its component. The names of routes' own parameters are those of the table."""

V1_PAGE = ("page", "per_page", "cursor")
WORKSPACES_PAGE = ("offset", "limit", "cursor")


def ref(name: str) -> dict[str, Any]:
    """A reference to the component `name`."""
    return {"$ref": f"#/components/parameters/{name}"}
