"""What the audit trail has of each route: what was done by those who may, and what was denied to those who may not."""

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions import audit
from functions.ids import as_uuid
from functions.routes.table import ROUTES
from tests.integration.service import ACME, WORKFLOWS, Handlers, Json, tasks
from tests.unit.functions.samples import chain, task, wait

ACTIONS = {
    # What is done, by what a caller may be refused to do.
    "create_workflow": ("create_workflow", "create_workflow"),
    "list_workflows": (None, "list_workflows"),
    "validate_workflow": (None, "validate_workflow"),
    "get_workflow": (None, "view_workflow"),
    "update_workflow": ("update_workflow", "update_workflow"),
    "archive_workflow": ("delete_workflow", "delete_workflow"),
    "list_versions": (None, "view_workflow"),
    "get_permissions": (None, "view_permissions"),
    "set_permissions": ("set_permissions", "set_permissions"),
    "execute_workflow": ("execute_workflow", "execute_workflow"),
    "test_workflow": ("test_workflow", "test_workflow"),
    "list_executions_of": ("list_executions", "list_executions"),
    "get_history": ("list_executions", "list_executions"),
    "get_execution": ("view_execution", "view_execution"),
    "cancel_execution": ("cancel_execution", "cancel_execution"),
    "list_notifications": (None, "list_notifications"),
    "list_tasks": (None, "list_tasks"),
    "get_task": (None, "view_task"),
    "update_task": ("update_task", "update_task"),
}
TRIED = [route for route in ROUTES if route.function == "api" and route.dialect != "service"]
NAMES = [f"{route.dialect} {route.method} {route.operation}" for route in TRIED]
LONG = 60_000_000
"""Milliseconds, of which the engine of these tests makes ten minutes."""
NEW = {**chain(task("a")), "community_id": ACME.community_id}
BODIES = {
    "create_workflow": NEW,
    "validate_workflow": NEW,
    "update_workflow": chain(wait("long", LONG)),
    "set_permissions": {"grants": []},
    "execute_workflow": {"community_id": ACME.community_id},
    "test_workflow": {"community_id": ACME.community_id},
    "update_task": {"status": "DONE"},
}


def soon(look: Callable[[], list[str]], seconds: float = 10) -> list[str]:
    """What is there within some seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


class Place:
    """A workflow with an execution that waits, and a task: what the paths name."""

    def __init__(self, handlers: Handlers) -> None:
        self.workflow = handlers.publish(chain(task("a"), wait("long", LONG)))
        path = f"{WORKFLOWS}/wf_{self.workflow}/execute"
        _, answer = handlers.request("POST", path, {}, headers={"Prefer": "wait=0"})
        self.execution = answer["execution"]["id"].removeprefix("exec_")
        self.task = soon(lambda: [each["id"] for each in tasks() if each["execution_id"] == self.execution])[0]

    def path(self, route: Any) -> str:
        ids = {"slug": ACME.slug, "task_id": self.task}
        if route.dialect == "v1":
            ids |= {"workflow_id": as_uuid(self.workflow), "execution_id": as_uuid(self.execution)}
        else:
            ids |= {"workflow_id": f"wf_{self.workflow}", "execution_id": f"exec_{self.execution}"}
        return str(route.path.format(**ids))


@pytest.fixture
def trail(handlers: Handlers) -> Iterator[io.StringIO]:
    written = io.StringIO()
    with audit.written_to(written):
        yield written


def records(trail: io.StringIO, event_type: str) -> list[Json]:
    found = [json.loads(line) for line in trail.getvalue().splitlines()]
    shown = ("action", "result", "community", "user", "workflow_id", "execution_id", "request_id", "level")
    return [{n: each[n] for n in shown if n in each} for each in found if each.get("event_type") == event_type]


def query_of(route: Any) -> dict[str, str] | None:
    return {"community_id": str(ACME.community_id)} if (route.dialect, route.method) == ("v1", "GET") else None


@pytest.mark.parametrize("route", TRIED, ids=NAMES)
def test_what_is_done_is_noted_with_what_it_was_done_to(route: Any, handlers: Handlers, trail: io.StringIO) -> None:
    place = Place(handlers)
    trail.truncate(0)
    trail.seek(0)
    status, answer = handlers.request(
        route.method,
        place.path(route),
        BODIES.get(route.operation),
        query=query_of(route),
        headers={"Prefer": "wait=0"},
    )
    assert status < 300, answer
    action, _ = ACTIONS[route.operation]
    if action is None:
        assert records(trail, "AUDIT") == []
        return
    (record,) = records(trail, "AUDIT")
    plain = {"action": action, "result": "SUCCESS", "community": ACME.community_id, "user": "admin", "level": "INFO"}
    assert {name: record[name] for name in plain} == plain
    assert record["request_id"] == "request-1"
    if route.operation == "create_workflow":
        assert record["workflow_id"] in json.dumps(answer).replace("-", "")
    elif route.operation != "update_task":
        assert record["workflow_id"] == place.workflow
    if route.operation in ("get_execution", "cancel_execution"):
        assert record["execution_id"] == place.execution
    if route.operation in ("execute_workflow", "test_workflow"):
        assert record["execution_id"] in json.dumps(answer).replace("-", "")
    if route.operation != "cancel_execution":
        handlers.request("DELETE", f"{WORKFLOWS}/executions/exec_{place.execution}")


DENIED = [route for route in TRIED if (route.dialect, route.operation) != ("v1", "validate_workflow")]
"""All but what needs no more than a key."""


@pytest.mark.parametrize("route", DENIED, ids=lambda route: f"{route.dialect} {route.method} {route.operation}")
def test_what_is_denied_is_noted(route: Any, handlers: Handlers, place: Place, trail: io.StringIO) -> None:
    status, _ = handlers.request(
        route.method, place.path(route), BODIES.get(route.operation), user="globex", query=query_of(route)
    )
    assert status == 403
    (record,) = records(trail, "AUTHZ")
    plain = {"result": "DENIED", "community": ACME.community_id, "user": "globex", "level": "WARNING"}
    assert {name: record[name] for name in plain} == plain
    assert record["action"] == ACTIONS[route.operation][1]
    assert record["request_id"] == "request-1"
    assert records(trail, "AUDIT") == []


@pytest.fixture(scope="module")
def place(handlers: Handlers) -> Place:
    return Place(handlers)
