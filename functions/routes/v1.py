"""The routes of v1, `/api/v1/workflows…`: parse, authorise, one domain call, render."""

from dataclasses import replace
from typing import Any

from functions import lists, publish
from functions.auth import ANYONE, MEMBERS, Permission
from functions.cancel import cancel
from functions.clock import now_iso
from functions.errors import BadRequest, UnknownWorkflowInTest, WorkflowNotFound
from functions.large_outputs import fitting
from functions.listings import ExecutionQuery, count_executions, list_executions, nodes_executed
from functions.record import Record, read_record
from functions.request import Request
from functions.routes import v1_bodies as bodies
from functions.routes import v1_models as models
from functions.routes.access import (
    LARGEST_COMMUNITY,
    audited,
    open_caller,
    open_community,
    open_execution,
    open_workflow,
)
from functions.routes.answer import Answer
from functions.routes.paging import bad_cursor, v1_pagination, v1_paging
from functions.routes.stream_urls import id_of, v1_stream_url
from functions.routes.v1_validity import validity
from functions.start import StartRequest, start, wait_for_end
from functions.store import workflows
from functions.store.executions import Status
from functions.store.listing import CursorInvalid
from functions.store.workflows import Version, Workflow

SORTS = ("start_time", "status", "execution_time")


def create_workflow(request: Request) -> Answer:
    caller = open_caller(request)
    body = request.read(bodies.CommunityBody)
    workspace = open_community(request, caller, body.community_id, MEMBERS, "create_workflow")
    head, version = publish.create(caller, workspace, request.body)
    audited(request, "create_workflow", head.id)
    return _success(201, "Workflow created", models.whole_workflow(head, version, caller.rights(head)))


def validate_workflow(request: Request) -> Answer:
    open_caller(request)
    prepared = publish.prepare(request.body)
    from functions.estimates import estimate  # few requests need it

    data = validity(estimate(*prepared)).model_dump()
    return _success(200, "Workflow is valid", data)


def get_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "view_workflow", current=True)
    version = opened.version_asked_for(request)
    return _success(200, None, models.whole_workflow(opened.workflow, version, opened.rights))


def update_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.EDIT, "update_workflow")
    if "community_id" in request.body:
        _check_community(opened.workflow, request.read(bodies.CommunityBody).community_id)
    head, version = publish.update(opened.caller, opened.workflow, request.body)
    audited(request, "update_workflow", head.id)
    return _success(200, "Workflow updated", models.whole_workflow(head, version, opened.rights))


def archive_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.EDIT, "delete_workflow", current=True)
    head = publish.archive(opened.workflow)
    audited(request, "delete_workflow", head.id)
    return _success(200, "Workflow archived", models.whole_workflow(head, opened.version, opened.rights))


def list_workflows(request: Request) -> Answer:
    caller = open_caller(request)
    paging = v1_paging(request)
    workspace = open_community(request, caller, _community(request), ANYONE, "list_workflows")
    found = lists.workflows_of(workspace.id, request.choice("status", lists.STATUSES))
    page = paging.read(found)
    heads = [Workflow.from_item(item) for item in page.rows]
    rows = [models.workflow(head, caller.rights(head)).model_dump() for head in heads]
    rights = models.WorkspaceRights(can_create=caller.may_create(workspace.id)).model_dump()
    return _list(rows, v1_pagination(paging, page, lists.count(found)), permissions=rights)


def list_versions(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "view_workflow")
    paging = v1_paging(request)
    page = paging.read(lists.versions_of(opened.workflow.id))
    rows = [models.version(Version.from_item(item)).model_dump() for item in page.rows]
    return _list(rows, v1_pagination(paging, page, opened.workflow.version))


def get_permissions(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "view_permissions")
    return _success(200, None, models.permissions(opened.workflow).model_dump())


def set_permissions(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "set_permissions")
    opened.caller.need_administration(opened.workflow)
    body = request.read(bodies.GrantsBody)
    head = workflows.set_grants(opened.workflow, publish.grants_of(body.grants), now_iso())
    audited(request, "set_permissions", head.id)
    return _success(200, "Permissions updated", models.permissions(head).model_dump())


def execute_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.EXECUTE, "execute_workflow", current=True)
    body = request.read(bodies.ExecuteBody)
    if "mocks" in request.body:
        raise BadRequest.at("mocks", "Mocks belong to a test: post to …/test")
    wait, given = request.wait_seconds(0), _start_request(request, body)
    _check_community(opened.workflow, body.community_id)
    execution = start(opened.caller, opened.workflow, opened.version, given)
    audited(request, "execute_workflow", opened.workflow.id, execution.id)
    stream_url = v1_stream_url(execution.id, opened.caller)
    if not wait:
        accepted = models.started(replace(execution, status=Status.RUNNING), [], stream_url)
        return _success(202, "Workflow execution started", accepted.model_dump())
    execution = wait_for_end(execution, wait)
    data = models.started(execution, read_record(execution).path, stream_url).model_dump()
    if execution.status.is_terminal:
        return _success(200, f"Workflow execution {execution.status}", data)
    return _success(202, "Workflow execution started", data)


def test_workflow(request: Request) -> Answer:
    try:
        opened = open_workflow(request, Permission.EXECUTE, "test_workflow", current=True)
    except WorkflowNotFound as error:
        raise UnknownWorkflowInTest(error.message) from None
    body = request.read(bodies.TestBody)
    given = _start_request(request, body)
    _check_community(opened.workflow, body.community_id)
    from functions.dry_runs import run_dry  # few requests need it

    record = run_dry(opened.caller, opened.workflow, opened.version, given, body.mocks)
    audited(request, "test_workflow", opened.workflow.id, record.execution.id)
    stream_url = v1_stream_url(record.execution.id, opened.caller)

    def render(shown: Record) -> dict[str, Any]:
        return _succeeded("Workflow test completed", models.test_result(shown, stream_url).model_dump())

    return Answer(200, fitting(record, render))


def get_execution(request: Request) -> Answer:
    opened = open_execution(request, Permission.VIEW, "view_execution")
    include_logs, include_metrics = request.flag("include_logs", True), request.flag("include_metrics", False)
    record = read_record(opened.execution)
    stream_url = v1_stream_url(opened.execution.id, opened.caller)
    metrics = {"metrics": models.metrics(record).model_dump()} if include_metrics else {}

    def render(shown: Record) -> dict[str, Any]:
        return _succeeded(None, models.details(shown, include_logs, stream_url).model_dump() | metrics)

    body = fitting(record, render)
    audited(request, "view_execution", opened.workflow.id, opened.execution.id)
    return Answer(200, body)


def cancel_execution(request: Request) -> Answer:
    opened = open_execution(request, Permission.EXECUTE, "cancel_execution")
    ended = cancel(opened.execution)
    audited(request, "cancel_execution", opened.workflow.id, ended.id)
    data = models.cancelled(ended, v1_stream_url(ended.id, opened.caller)).model_dump()
    return _success(200, "Execution cancelled successfully", data)


def list_executions_of(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "list_executions")
    paging = v1_paging(request)
    query = ExecutionQuery(
        workflow_id=opened.workflow.id,
        status=Status(status) if (status := request.choice("status", list(Status))) else None,
        start=request.moment("from"),
        end=request.moment("to", end_of_day=True),
        sort=request.choice("sort_by", SORTS, "start_time"),  # type: ignore[arg-type]
        descending=request.choice("sort_order", ("asc", "desc"), "desc") == "desc",
        include_tests=request.flag("include_tests", False),
        offset=paging.offset,
        limit=paging.limit,
        cursor=paging.cursor,
    )
    _check_community(opened.workflow, _community(request))
    try:
        page = list_executions(query)
    except CursorInvalid:
        raise bad_cursor() from None
    seen = nodes_executed(page.rows)
    audited(request, "list_executions", opened.workflow.id)
    rows = [models.row(item, seen, v1_stream_url(id_of(item), opened.caller)).model_dump() for item in page.rows]
    return _list(rows, v1_pagination(paging, page, count_executions(query)))


def _start_request(request: Request, body: bodies.ExecuteBody) -> StartRequest:
    key = request.idempotency_key
    return StartRequest(
        trigger=body.trigger_data or {},
        variables=body.variables,
        metadata=body.metadata,
        idempotency_key=key,
        digest=request.body_digest if key is not None else "",
    )


def _community(request: Request) -> int:
    text = request.query.get("community_id")
    if text is None:
        raise BadRequest.at("community_id", "Give the number of the community")
    return request.number("community_id", 0, 0, LARGEST_COMMUNITY)


def _check_community(workflow: Workflow, community_id: int) -> None:
    if workflow.community_id != community_id:
        raise WorkflowNotFound("There is no such workflow in this community")


def _success(status: int, message: str | None, data: Any) -> Answer:
    return Answer(status, _succeeded(message, data))


def _succeeded(message: str | None, data: Any) -> dict[str, Any]:
    return {"success": True} | ({"message": message} if message else {}) | {"data": data}


def _list(rows: list[dict[str, Any]], pagination: dict[str, Any], **meta: Any) -> Answer:
    return Answer(200, {"success": True, "data": rows, "meta": {"pagination": pagination, **meta}})
