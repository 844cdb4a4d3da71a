"""Things that the tests of the functions are about, each as plain as can be, with any field changed."""

from dataclasses import replace
from typing import Any

from functions import ids
from functions.actions.registry import actions
from functions.auth import Caller
from functions.store import executions, workflows
from functions.store.executions import Ending, Execution, Input, Status
from functions.store.steps import Step
from functions.store.tenants import Role, Workspace
from functions.store.workflows import Version, Workflow
from state_machines.checks import check_workflow
from state_machines.flow import Flow
from state_machines.fold import Result

ACME = Workspace(id="ws_" + "a" * 32, slug="acme", name="Acme", community_id=123)
CALLER = Caller("user_admin", {ACME.id: Role.ADMIN}, "request-1")
AT = "2026-11-22T14:00:00.000Z"
FAR = 4_000_000_000
"""An expiry that no test lives to see."""

NOTHING = Input(trigger={}, variables={})


def task(node: str, **fields: Any) -> dict[str, Any]:
    """An effect: a node that creates a task titled as it is called."""
    return {"id": node, "type": "create_task", "config": {"title": node}, **fields}


def wait(node: str, duration_ms: int | str = 1000, **fields: Any) -> dict[str, Any]:
    return {"id": node, "type": "wait", "config": {"durationMs": duration_ms}, **fields}


def condition(node: str, operator: str = "exists", **fields: Any) -> dict[str, Any]:
    """A decision that is met with `exists`, and unmet with `not_exists`."""
    return {"id": node, "type": "condition", "config": {"field": "execution.id", "operator": operator}, **fields}


def chain(*actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A definition whose actions follow each other."""
    return {"name": "Sample", "actions": list(actions), **fields}


def graph(nodes: list[dict[str, Any]], *arrows: str, **fields: Any) -> dict[str, Any]:
    """A definition that begins at the trigger `begin`; an arrow is `from>to`, or `from.port>to`."""
    connections = []
    for arrow in arrows:
        source, _, to = arrow.partition(">")
        node, _, port = source.partition(".")
        connections.append({"from": node, "to": to} | ({"fromPort": port} if port else {}))
    trigger = {"id": "begin", "type": "trigger"}
    return {"name": "Sample", "nodes": [trigger, *nodes], "connections": connections, **fields}


def flow_of(definition: dict[str, Any]) -> Flow:
    return check_workflow(definition, actions())


def make_workflow(**changes: Any) -> Workflow:
    fields: dict[str, Any] = {
        "id": ids.new_id(),
        "workspace_id": ACME.id,
        "community_id": ACME.community_id,
        "name": "Sample",
        "description": "",
        "status": "ACTIVE",
        "version": 1,
        "owner_id": "user_owner",
        "created_at": AT,
        "updated_at": AT,
    }
    return Workflow(**{**fields, **changes})


def make_version(workflow: Workflow, definition: dict[str, Any], machine_arn: str | None = None) -> Version:
    return Version(
        workflow_id=workflow.id,
        number=workflow.version,
        definition=workflows.definition_text(flow_of(definition).workflow.document()),
        machine_arn=machine_arn,
        created_at=AT,
        created_by="user_owner",
    )


def publish(definition: dict[str, Any], **changes: Any) -> tuple[Workflow, Version]:
    """A workflow in the table."""
    workflow = make_workflow(**changes)
    version = make_version(workflow, definition)
    workflows.create(workflow, version)
    return workflow, version


def make_execution(**changes: Any) -> Execution:
    fields: dict[str, Any] = {
        "id": ids.new_id(),
        "workflow_id": "f" * 32,
        "workspace_id": ACME.id,
        "version": 1,
        "triggered_by": "user_admin",
        "trigger_type": "manual",
        "started_at": AT,
        "expires_at": FAR,
    }
    return Execution(**{**fields, **changes})


def claimed(workflow: Workflow | None = None, given: Input = NOTHING, **changes: Any) -> Execution:
    """A running execution in the table, which has taken no decision yet."""
    of = {"workflow_id": workflow.id, "version": workflow.version} if workflow else {}
    return executions.claim(make_execution(**{**of, **changes}), given, Step([]), None)


def ended(execution: Execution, status: Status = Status.COMPLETED, **changes: Any) -> Execution:
    """An execution, ended a second after it began unless `at` says otherwise."""
    fields: dict[str, Any] = {"status": status, "at": execution.started_at.replace(":00.000Z", ":01.000Z"), **changes}
    return executions.end(execution, Ending(**fields))


def result(node: str, **changes: Any) -> Result:
    fields: dict[str, Any] = {"node": node, "started_at": AT, "ended_at": "2026-11-22T14:00:01.000Z"}
    return Result(**{**fields, **changes})


def with_log(execution: Execution, *log: str, **changes: Any) -> Execution:
    return replace(execution, log=log, **changes)
