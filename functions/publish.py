"""Publishing: a definition becomes a workflow, a new version of one, or every fault that prevents it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from functions import clock, engine, ids
from functions.auth import Caller, Permission
from functions.errors import BadRequest, WorkflowFaulty
from functions.settings import settings
from functions.store import workflows
from functions.store.tenants import Workspace
from functions.store.workflows import Grants, Version, VersionRaced, Workflow
from state_machines.errors import WorkflowInvalid
from state_machines.flow import Flow
from state_machines.translate import translate

SERVER_FIELDS = (
    "id", "workflow_id", "workspaceId", "community_id", "version", "ownerId", "owner_id", "createdAt", "created_at",
    "updatedAt", "updated_at",
    "permissions",
)  # fmt: skip
"""What an answer adds to a definition: ignored on the way in, so that what was read can be sent back."""

_RACES = 50

SHOWN_FAULTS = 1_000
"""Of one definition: a hundred thousand fit into one, and into no answer."""

ARCHIVED = "ARCHIVED"


class Prepared(NamedTuple):
    """What a definition without a fault becomes: a flow, and its state machine, if it needs one."""

    flow: Flow
    machine: dict[str, Any] | None


def prepare(definition: Mapping[str, Any]) -> Prepared:
    """What a definition becomes, nothing stored. Raises WorkflowFaulty with every fault, or where a run may not fit."""
    from state_machines.capacity import check_capacity  # as below

    flow = check(definition)
    try:
        machine = translate(flow, settings().action_function_arn)
        if machine:
            check_capacity(flow, machine)
    except WorkflowInvalid as error:
        raise faulty(error) from None
    return Prepared(flow, machine)


def check(definition: Mapping[str, Any]) -> Flow:
    """The flow of a definition. Raises WorkflowFaulty with every fault of what is written."""
    # Imported here, since few requests publish, and a cold start is to bring no more than its request needs.
    from functions.actions.registry import actions
    from state_machines.checks import check_workflow

    fields = {name: value for name, value in definition.items() if name not in SERVER_FIELDS}
    try:
        return check_workflow(fields, actions())
    except WorkflowInvalid as error:
        raise faulty(error) from None


def create(caller: Caller, workspace: Workspace, definition: Mapping[str, Any]) -> tuple[Workflow, Version]:
    """Publishes a new workflow, owned by the caller. Raises WorkflowFaulty, EngineUnavailable."""
    flow, machine = prepare(definition)
    at, workflow_id = clock.now_iso(), ids.new_id()
    workflow = Workflow(
        id=workflow_id,
        workspace_id=workspace.id,
        community_id=workspace.community_id,
        name=flow.workflow.name,
        description=flow.workflow.description,
        status=flow.workflow.status,
        version=1,
        owner_id=caller.user,
        created_at=at,
        updated_at=at,
    )
    version = _version(workflow, flow, machine, caller)
    workflows.create(workflow, version)
    return workflow, version


def update(caller: Caller, workflow: Workflow, definition: Mapping[str, Any]) -> tuple[Workflow, Version]:
    """Publishes a new version, which becomes the current one; of racing changes each becomes a version of its own.

    Raises WorkflowFaulty, EngineUnavailable.
    """
    flow, machine = prepare(definition)
    for _ in range(_RACES):
        moved = replace(
            workflow,
            name=flow.workflow.name,
            description=flow.workflow.description,
            status=flow.workflow.status,
            version=workflow.version + 1,
            updated_at=clock.now_iso(),
        )
        version = _version(moved, flow, machine, caller)
        try:
            workflows.move_on(moved, version)
            return moved, version
        except VersionRaced:
            workflow = workflows.read(workflow.id) or workflow
    raise BadRequest("The workflow is being changed by others: try again")


def archive(workflow: Workflow) -> Workflow:
    """Archives a workflow: it executes no more, and its executions stay readable."""
    return workflows.set_status(workflow, ARCHIVED, clock.now_iso())


def grants_of(entries: Iterable[Any]) -> Grants:
    """The grants of a request, each with `user_id` and a flag a permission; of several for one user all count."""
    grants: dict[str, frozenset[str]] = {}
    for entry in entries:
        allowed = {str(permission) for permission in Permission if getattr(entry, permission)}
        grants[entry.user_id] = grants.get(entry.user_id, frozenset()) | allowed
    return grants


def faulty(error: WorkflowInvalid) -> WorkflowFaulty:
    """The answer for a definition with faults."""
    count = len(error.faults)
    first = error.faults[0]
    sentence = f"The workflow has {count} faults, the first at" if count > 1 else "The workflow has a fault at"
    return WorkflowFaulty(
        f"{sentence} {first.path or 'its top'}: {first.message}",
        errors=[fault._asdict() for fault in error.faults[:SHOWN_FAULTS]],
    )


def _version(workflow: Workflow, flow: Flow, machine: dict[str, Any] | None, caller: Caller) -> Version:
    return Version(
        workflow_id=workflow.id,
        number=workflow.version,
        definition=workflows.definition_text(flow.workflow.document()),
        machine_arn=engine.machine_for(workflow.id, machine) if machine else None,
        created_at=workflow.updated_at,
        created_by=caller.user,
    )
