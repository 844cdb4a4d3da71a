"""Tasks and notifications as a workspace's people read and change them, and a ticket in the place of a key."""

from typing import Any

import pytest

from functions import auth, tickets
from functions.errors import Unauthorized
from functions.request import Request
from functions.routes import access
from functions.store import inbox
from tests.integration.service import ACME, WORKFLOWS, Handlers, Json, notifications, tasks
from tests.unit.functions.samples import chain, task

PATH = f"/api/workspaces/{ACME.slug}"
NOTE = {"id": "note", "type": "send_notification", "config": {"recipient": "ada", "title": "T", "message": "M"}}
UNKNOWN = "task_" + "0" * 32


@pytest.fixture(scope="module")
def execution(handlers: Handlers) -> Json:
    """A run that has left a task and a notification."""
    return handlers.execute(handlers.publish(chain(task("todo"), NOTE)))


@pytest.fixture
def kept(execution: Json) -> Json:
    """The task, as it is kept."""
    (found,) = [each for each in tasks() if f"exec_{each['execution_id']}" == execution["id"]]
    return found


def test_a_task_says_what_it_is_of(handlers: Handlers, execution: Json, kept: Json) -> None:
    status, answer = handlers.request("GET", f"{PATH}/tasks/{kept['id']}")
    assert status == 200
    found = answer["task"]
    assert (found["id"], found["title"], found["status"]) == (kept["id"], kept["title"], "TODO")
    assert (found["executionId"], found["actionId"]) == (execution["id"], "todo")
    assert found["createdAt"] == kept["created_at"]
    _, listed = handlers.request("GET", f"{PATH}/tasks")
    assert found in listed["tasks"]


def test_a_task_is_moved_on_and_found_by_its_status(handlers: Handlers, kept: Json) -> None:
    place = f"{PATH}/tasks/{kept['id']}"
    for wanted in [*inbox.TASK_STATUSES, "TODO"]:
        status, answer = handlers.request("PATCH", place, {"status": wanted})
        assert (status, answer["task"]["id"], answer["task"]["status"]) == (200, kept["id"], wanted)
        for asked in inbox.TASK_STATUSES:
            _, listed = handlers.request("GET", f"{PATH}/tasks", query={"status": asked})
            assert (kept["id"] in [each["id"] for each in listed["tasks"]]) == (asked == wanted)


@pytest.mark.parametrize("task_id", [UNKNOWN, "task_x", "x", "0" * 32])
@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("PATCH", {"status": "DONE"}), ("PATCH", {"status": "no"})]
)
def test_what_is_no_task_is_not_found(handlers: Handlers, method: str, body: Json, task_id: str) -> None:
    status, answer = handlers.request(method, f"{PATH}/tasks/{task_id}", body)
    assert (status, answer["error"], answer["message"]) == (404, "NOT_FOUND", "There is no such task")


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ({"status": "GONE"}, "status", "Give one of TODO, IN_PROGRESS, DONE, CANCELLED"),
        ({"cursor": "?"}, "cursor", "Give the cursor of the answer before, with the same filters and order"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused(
    handlers: Handlers, query: dict[str, str], path: str, message: str
) -> None:
    status, answer = handlers.request("GET", f"{PATH}/tasks", query=query)
    assert (status, answer["details"]["errors"]) == (400, [{"path": path, "message": message}])


def test_a_status_that_is_none_is_refused(handlers: Handlers, kept: Json) -> None:
    status, answer = handlers.request("PATCH", f"{PATH}/tasks/{kept['id']}", {"status": "GONE"})
    fault = {"path": "status", "message": "Give one of TODO, IN_PROGRESS, DONE, CANCELLED"}
    assert (status, answer["details"]["errors"]) == (400, [fault])


def test_a_notification_says_what_it_is_of_and_whose_it_is(handlers: Handlers, execution: Json) -> None:
    _, answer = handlers.request("GET", f"{PATH}/notifications", query={"recipient": "ada"})
    (found,) = [each for each in answer["notifications"] if each["executionId"] == execution["id"]]
    (kept,) = [each for each in notifications() if f"exec_{each['execution_id']}" == execution["id"]]
    assert (found["id"], found["recipient"], found["title"], found["message"]) == (kept["id"], "ada", "T", "M")
    assert found["actionId"] == "note"
    _, others = handlers.request("GET", f"{PATH}/notifications", query={"recipient": "a"})
    assert others["notifications"] == []
    _, everybody = handlers.request("GET", f"{PATH}/notifications")
    assert found in everybody["notifications"]


@pytest.mark.parametrize("recipient", ["", "x" * 1_000])
def test_a_recipient_has_a_name(handlers: Handlers, recipient: str) -> None:
    status, answer = handlers.request("GET", f"{PATH}/notifications", query={"recipient": recipient})
    (fault,) = answer["details"]["errors"]
    assert (status, fault["path"]) == (400, "recipient")
    assert fault["message"].startswith("Name a recipient, in 1 to ")


def event_of(execution: str, ticket: str | None) -> Any:
    return {
        "headers": {},
        "queryStringParameters": None if ticket is None else {"ticket": ticket},
        "pathParameters": {"slug": ACME.slug, "execution_id": execution},
        "resource": f"{WORKFLOWS}/executions/{{execution_id}}/stream",
        "requestContext": {"requestId": "request-7"},
    }


def test_a_ticket_opens_its_execution_for_its_holder(execution: Json) -> None:
    ticket = tickets.issue(execution["id"].removeprefix("exec_"), "ada")
    opened = access.open_ticketed_execution(Request.from_event(event_of(execution["id"], ticket)))
    assert f"exec_{opened.execution.id}" == execution["id"]
    assert opened.caller.user == "ada"


@pytest.mark.parametrize("ticket", [None, "", "x", "1.YQ." + "a" * 43])
def test_what_is_no_ticket_is_refused_and_noted(
    execution: Json, ticket: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[Any] = []
    refuse = auth.refused

    def refused(event: Any, message: str) -> Unauthorized:
        noted.append(event)
        return refuse(event, message)

    monkeypatch.setattr(auth, "refused", refused)
    event = event_of(execution["id"], ticket)
    with pytest.raises(Unauthorized, match="The ticket is not good for this execution, or no longer"):
        access.open_ticketed_execution(Request.from_event(event))
    assert noted == [event]
