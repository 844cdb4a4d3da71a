"""The way in to every route: who calls, what they call for, and whether they may; in the contract's order of checks.

Key (401), then what is asked for (404), then permission (403). One read for all that a route needs to know.
"""

from dataclasses import dataclass

from functions import audit, auth, ids, tickets
from functions.auth import Caller, Permission
from functions.errors import ExecutionNotFound, NotFound, WorkflowNotFound, WorkspaceNotFound
from functions.request import Request
from functions.store import executions, keys, table, workflows
from functions.store.executions import Execution
from functions.store.table import Item
from functions.store.tenants import Role, Workspace, find_community, workspace_key
from functions.store.workflows import Version, Workflow
from functions.tickets import TicketRefused

LONGEST_SLUG = 64
LAST_VERSION = 999_999
"""The greatest number that the keys of versions can hold."""
LARGEST_COMMUNITY = 10**17


@dataclass(frozen=True)
class OpenWorkflow:
    """A workflow that the caller may use; its current version where the route asked for it."""

    caller: Caller
    workflow: Workflow
    current: Version | None

    @property
    def version(self) -> Version:
        if self.current is None:
            raise WorkflowNotFound("The workflow has no version")
        return self.current

    @property
    def rights(self) -> frozenset[Permission]:
        """What the caller may do with it."""
        return self.caller.rights(self.workflow)

    def version_asked_for(self, request: Request) -> Version:
        """The version that the query names, else the current one. Raises BadRequest, WorkflowNotFound."""
        number = request.number("version", self.version.number, 1, LAST_VERSION)
        if number == self.version.number:
            return self.version
        try:
            return workflows.read_version(self.workflow.id, number)
        except LookupError:
            raise WorkflowNotFound(f"The workflow has no version {number}") from None


@dataclass(frozen=True)
class OpenExecution:
    """An execution that the caller may use, and the workflow it follows."""

    caller: Caller
    workflow: Workflow
    execution: Execution


def open_workflow(request: Request, permission: Permission, action: str, *, current: bool = False) -> OpenWorkflow:
    """The workflow of the path, in the workspace of the path if it names one.

    Raises Unauthorized, WorkspaceNotFound, WorkflowNotFound, Forbidden.
    """
    workflow_id = ids.read_id(request.parameters["workflow_id"], "wf")
    wanted = [keys.workflow(workflow_id)] if workflow_id else []
    wanted += [keys.workflow(workflow_id, keys.CURRENT)] if workflow_id and current else []
    caller, workspace, (head, version) = _enter(request, wanted, 2)
    workflow = Workflow.from_item(head) if head else None
    if workflow is None or (workspace and workflow.workspace_id != workspace.id):
        raise WorkflowNotFound("There is no such workflow")
    request.noted["community"] = workflow.community_id
    caller.need(permission, workflow, action)
    return OpenWorkflow(caller, workflow, Version.from_item(version) if version else None)


def open_execution(request: Request, permission: Permission, action: str) -> OpenExecution:
    """The execution of the path, in the workspace of the path if it names one.

    Raises Unauthorized, WorkspaceNotFound, ExecutionNotFound, Forbidden.
    """
    opened = _open_execution(request, None)
    opened.caller.need(permission, opened.workflow, action)
    return opened


def open_ticketed_execution(request: Request) -> OpenExecution:
    """The execution of the path for the holder of the query's `ticket`, who was allowed to see it when it was given.

    Raises Unauthorized, WorkspaceNotFound, ExecutionNotFound.
    """
    try:
        user = tickets.holder(request.query.get("ticket", ""), _execution_id(request) or "")
    except TicketRefused:
        message = "The ticket is not good for this execution, or no longer: read the execution again for a new one"
        raise auth.refused(request.event, message) from None
    return _open_execution(request, auth.ticket_holder(user, request.event))


def _open_execution(request: Request, holder: Caller | None) -> OpenExecution:
    execution_id = _execution_id(request)
    wanted = [keys.execution(execution_id)] if execution_id else []
    caller, workspace, (head,) = _enter(request, wanted, 1, holder)
    execution = executions.from_item(head)
    if execution is None or (workspace and execution.workspace_id != workspace.id):
        raise ExecutionNotFound("There is no such execution")
    workflow = workflows.read(execution.workflow_id)
    if workflow is None:
        raise ExecutionNotFound("There is no such execution")
    request.noted["community"] = workflow.community_id
    return OpenExecution(caller, workflow, execution)


def _execution_id(request: Request) -> str | None:
    return ids.read_id(request.parameters["execution_id"], "exec")


def open_workspace(request: Request, roles: frozenset[Role], action: str) -> tuple[Caller, Workspace]:
    """The workspace of the path. Raises Unauthorized, WorkspaceNotFound, Forbidden."""
    caller, workspace, _ = _enter(request, [], 0)
    if workspace is None:
        raise WorkspaceNotFound("There is no such workspace")
    caller.need_role(workspace.id, roles, action, workspace.community_id)
    return caller, workspace


def open_caller(request: Request) -> Caller:
    """The caller alone. Raises Unauthorized."""
    caller, _, _ = _enter(request, [], 0)
    return caller


def open_community(
    request: Request, caller: Caller, community_id: int, roles: frozenset[Role], action: str
) -> Workspace:
    """The workspace of a community that a body or query names. Raises NotFound, Forbidden."""
    # DynamoDB takes no key of thousands of digits.
    workspace = find_community(community_id) if 0 <= community_id <= LARGEST_COMMUNITY else None
    if workspace is None:
        raise NotFound("There is no such community")
    request.noted["community"] = community_id
    caller.need_role(workspace.id, roles, action, community_id)
    return workspace


def audited(request: Request, action: str, workflow_id: str | None = None, execution_id: str | None = None) -> None:
    """Notes in the audit trail that the caller did something."""
    audit.record(
        "AUDIT",
        action=action,
        community=request.noted.get("community"),
        user=request.noted.get("user"),
        workflow_id=workflow_id,
        execution_id=execution_id,
        request_id=request.id,
    )


def _enter(
    request: Request, wanted: list[keys.Key], count: int, holder: Caller | None = None
) -> tuple[Caller, Workspace | None, list[Item | None]]:
    """The caller, the workspace of the path if it names one, and `wanted`, in one read, filled up to `count` items.

    The caller is the key's, unless a ticket has said already who it is.
    """
    slug = request.parameters.get("slug")
    if slug is not None and len(slug) > LONGEST_SLUG:
        slug = ""  # none is so long, and DynamoDB takes no such key
    places = [] if holder else [keys.api_key(auth.key_id(request.event))]
    places += [workspace_key(slug)] if slug is not None else []
    found = table.get_all([*places, *wanted])
    caller = holder or auth.caller(found[0], request.event)
    request.noted["user"] = caller.user
    workspace = None
    if slug is not None:
        item = found[len(places) - 1]
        if item is None:
            raise WorkspaceNotFound("There is no such workspace")
        workspace = Workspace.from_item(item)
        request.noted["community"] = workspace.community_id
    rest = found[len(places) :]
    return caller, workspace, rest + [None] * (count - len(rest))
