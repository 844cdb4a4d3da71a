"""The routes of workspaces, `/api/workspaces/{slug}…`: parse, authorise, one domain call, render."""

from typing import Any

from functions import lists, publish
from functions.auth import ANYONE, MEMBERS, Permission
from functions.cancel import cancel
from functions.clock import now_iso
from functions.errors import BadRequest, ExecutionNotFound, NotFound
from functions.ids import as_prefixed, read_id
from functions.large_outputs import fitting
from functions.listings import ExecutionQuery, count_executions, list_executions, statistics
from functions.record import Record, read_record
from functions.request import Request
from functions.routes import workspaces_bodies as bodies
from functions.routes import workspaces_models as models
from functions.routes.access import OpenExecution, OpenWorkflow, audited, open_execution, open_workflow, open_workspace
from functions.routes.answer import Answer
from functions.routes.paging import Paging, bad_cursor, workspaces_pagination, workspaces_paging
from functions.routes.stream_urls import id_of, workspaces_stream_url
from functions.routes.workspaces_validity import validity
from functions.start import StartRequest, start, wait_for_end
from functions.store import executions, inbox, workflows
from functions.store.executions import Status
from functions.store.listing import CursorInvalid, Page
from functions.store.table import Item
from functions.store.workflows import Version, Workflow

WAIT_SECONDS = 3
"""How long `execute` waits for the end where the client does not say."""

LONGEST_RECIPIENT = 256

SORTS = {"startTime": "start_time", "status": "status", "executionTime": "execution_time"}


def create_workflow(request: Request) -> Answer:
    caller, workspace = open_workspace(request, MEMBERS, "create_workflow")
    head, version = publish.create(caller, workspace, request.body)
    audited(request, "create_workflow", head.id)
    return Answer(201, {"workflow": models.whole_workflow(head, version, caller.rights(head))})


def validate_workflow(request: Request) -> Answer:
    open_workspace(request, ANYONE, "validate_workflow")
    prepared = publish.prepare(request.body)
    from functions.estimates import estimate  # few requests need it

    return Answer(200, validity(estimate(*prepared)))


def get_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "view_workflow", current=True)
    version = opened.version_asked_for(request)
    return Answer(200, {"workflow": models.whole_workflow(opened.workflow, version, opened.rights)})


def update_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.EDIT, "update_workflow")
    head, version = publish.update(opened.caller, opened.workflow, request.body)
    audited(request, "update_workflow", head.id)
    return Answer(200, {"workflow": models.whole_workflow(head, version, opened.rights)})


def archive_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.EDIT, "delete_workflow", current=True)
    head = publish.archive(opened.workflow)
    audited(request, "delete_workflow", head.id)
    return Answer(200, {"workflow": models.whole_workflow(head, opened.version, opened.rights)})


def list_workflows(request: Request) -> Answer:
    caller, workspace = open_workspace(request, ANYONE, "list_workflows")
    paging = workspaces_paging(request)
    found = lists.workflows_of(workspace.id, request.choice("status", lists.STATUSES))
    page = paging.read(found)
    heads = [Workflow.from_item(item) for item in page.rows]
    answer = {
        "workflows": [models.workflow(head, caller.rights(head)) for head in heads],
        "pagination": workspaces_pagination(paging, page, lists.count(found)),
        "permissions": models.workspace_rights(caller.may_create(workspace.id)),
    }
    return Answer(200, answer)


def list_versions(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "view_workflow")
    paging = workspaces_paging(request)
    page = paging.read(lists.versions_of(opened.workflow.id))
    rows = [models.version(Version.from_item(item)) for item in page.rows]
    pagination = workspaces_pagination(paging, page, opened.workflow.version)
    return Answer(200, {"versions": rows, "pagination": pagination})


def get_permissions(request: Request) -> Answer:
    return Answer(200, models.permissions(open_workflow(request, Permission.VIEW, "view_permissions").workflow))


def set_permissions(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "set_permissions")
    opened.caller.need_administration(opened.workflow)
    body = request.read(bodies.GrantsBody)
    head = workflows.set_grants(opened.workflow, publish.grants_of(body.grants), now_iso())
    audited(request, "set_permissions", head.id)
    return Answer(200, models.permissions(head))


def execute_workflow(request: Request) -> Answer:
    opened = open_workflow(request, Permission.EXECUTE, "execute_workflow", current=True)
    body = request.read(bodies.ExecuteBody)
    wait, key = request.wait_seconds(WAIT_SECONDS), request.idempotency_key
    given = StartRequest(
        trigger=body.trigger_data or {},
        variables=body.variables,
        idempotency_key=key,
        digest=request.body_digest if key is not None else "",
    )
    if body.dry_run:
        return _dry_run(request, opened, given, body.mocks)
    if body.mocks:
        raise BadRequest.at("mocks", "Mocks belong to a dry run: set dryRun to true")
    execution = start(opened.caller, opened.workflow, opened.version, given)
    audited(request, "execute_workflow", opened.workflow.id, execution.id)
    execution = wait_for_end(execution, wait)
    return Answer(200 if execution.status.is_terminal else 202, _shown(opened, read_record(execution)))


def get_execution(request: Request) -> Answer:
    opened = open_execution(request, Permission.VIEW, "view_execution")
    record = read_record(opened.execution)
    audited(request, "view_execution", opened.workflow.id, opened.execution.id)
    stream_url = _stream_url(opened, record)

    def render(shown: Record) -> dict[str, Any]:
        execution = models.execution(shown, stream_url)
        return {
            "execution": execution | {"workflow": models.workflow_summary(opened.workflow, record)},
            "progress": models.progress(record),
            "timing": models.timing(record),
        }

    return Answer(200, fitting(record, render))


def cancel_execution(request: Request) -> Answer:
    opened = open_execution(request, Permission.EXECUTE, "cancel_execution")
    ended = cancel(opened.execution)
    audited(request, "cancel_execution", opened.workflow.id, ended.id)
    shown = models.cancelled(ended, workspaces_stream_url(ended.workspace_id, ended.id, opened.caller))
    return Answer(200, {"success": True, "execution": shown, "message": "Execution cancelled successfully"})


def list_executions_of(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "list_executions")
    query, paging, page = _executions(request, opened)
    return Answer(200, _rows(opened, query, paging, page) | {"statistics": models.statistics(statistics(query))})


def get_history(request: Request) -> Answer:
    opened = open_workflow(request, Permission.VIEW, "list_executions")
    if (execution_id := request.query.get("executionId")) is not None:
        return _history_of(request, opened, execution_id)
    return Answer(200, _rows(opened, *_executions(request, opened)))


def list_notifications(request: Request) -> Answer:
    _, workspace = open_workspace(request, ANYONE, "list_notifications")
    paging = workspaces_paging(request)
    recipient = request.query.get("recipient")
    if recipient is not None and not 0 < len(recipient) <= LONGEST_RECIPIENT:
        raise BadRequest.at("recipient", f"Name a recipient, in 1 to {LONGEST_RECIPIENT} characters")
    found = lists.notifications_of(workspace.id, recipient)
    page = paging.read(found)
    rows = [models.notification(inbox.as_notification(item)) for item in page.rows]
    return Answer(200, {"notifications": rows, "pagination": workspaces_pagination(paging, page, lists.count(found))})


def list_tasks(request: Request) -> Answer:
    _, workspace = open_workspace(request, ANYONE, "list_tasks")
    paging = workspaces_paging(request)
    found = lists.tasks_of(workspace.id, request.choice("status", inbox.TASK_STATUSES))
    page = paging.read(found)
    rows = [models.task(inbox.as_task(item)) for item in page.rows]
    return Answer(200, {"tasks": rows, "pagination": workspaces_pagination(paging, page, lists.count(found))})


def get_task(request: Request) -> Answer:
    _, workspace = open_workspace(request, ANYONE, "view_task")
    task_id = read_id(request.parameters["task_id"], "task")
    task = inbox.read_task(workspace.id, as_prefixed("task", task_id)) if task_id else None
    if task is None:
        raise NotFound("There is no such task")
    return Answer(200, {"task": models.task(task)})


def update_task(request: Request) -> Answer:
    _, workspace = open_workspace(request, MEMBERS, "update_task")
    task_id = read_id(request.parameters["task_id"], "task")
    if task_id is None or inbox.read_task(workspace.id, as_prefixed("task", task_id)) is None:
        raise NotFound("There is no such task")
    status = request.read(bodies.TaskBody).status
    if status not in inbox.TASK_STATUSES:
        raise BadRequest.at("status", f"Give one of {', '.join(inbox.TASK_STATUSES)}")
    task = inbox.set_task_status(workspace.id, as_prefixed("task", task_id), status)
    if task is None:
        raise NotFound("There is no such task")
    audited(request, "update_task")
    return Answer(200, {"task": models.task(task)})


def _shown(opened: OpenWorkflow | OpenExecution, record: Record) -> str:
    stream_url = _stream_url(opened, record)
    return fitting(record, lambda shown: {"execution": models.execution(shown, stream_url)})


def _stream_url(opened: OpenWorkflow | OpenExecution, record: Record) -> str | None:
    return workspaces_stream_url(record.execution.workspace_id, record.execution.id, opened.caller)


def _dry_run(request: Request, opened: OpenWorkflow, given: StartRequest, mocks: dict[str, Any]) -> Answer:
    from functions.dry_runs import run_dry  # few requests need it

    record = run_dry(opened.caller, opened.workflow, opened.version, given, mocks)
    audited(request, "test_workflow", opened.workflow.id, record.execution.id)
    return Answer(200, _shown(opened, record))


def _history_of(request: Request, opened: OpenWorkflow, text: str) -> Answer:
    execution_id = read_id(text, "exec")
    execution = executions.read(execution_id) if execution_id else None
    if execution is None or execution.workflow_id != opened.workflow.id:
        raise ExecutionNotFound("There is no such execution of this workflow")
    record = read_record(execution)
    audited(request, "view_execution", opened.workflow.id, execution.id)
    stream_url = _stream_url(opened, record)
    summaries = {
        "executionSummary": models.execution_summary(record),
        "workflow": models.workflow_summary(opened.workflow, record),
    }
    return Answer(
        200, fitting(record, lambda shown: {"execution": models.logged_execution(shown, stream_url) | summaries})
    )


def _executions(request: Request, opened: OpenWorkflow) -> tuple[ExecutionQuery, Paging, Page]:
    paging = workspaces_paging(request)
    status = request.choice("status", [name.upper() for name in Status])
    query = ExecutionQuery(
        workflow_id=opened.workflow.id,
        status=Status(status.lower()) if status else None,
        start=request.moment("from"),
        end=request.moment("to", end_of_day=True),
        sort=SORTS[request.choice("sortBy", SORTS, "startTime") or ""],  # type: ignore[arg-type]
        descending=request.choice("sortOrder", ("asc", "desc"), "desc") == "desc",
        include_tests=request.flag("includeTests", False),
        offset=paging.offset,
        limit=paging.limit,
        cursor=paging.cursor,
    )
    try:
        page = list_executions(query)
    except CursorInvalid:
        raise bad_cursor() from None
    audited(request, "list_executions", opened.workflow.id)
    return query, paging, page


def _rows(opened: OpenWorkflow, query: ExecutionQuery, paging: Paging, page: Page) -> dict[str, Any]:
    def stream_url(item: Item) -> str | None:
        return workspaces_stream_url(opened.workflow.workspace_id, id_of(item), opened.caller)

    return {
        "executions": [models.listed(item, opened.workflow, stream_url(item)) for item in page.rows],
        "pagination": workspaces_pagination(paging, page, count_executions(query)),
    }
