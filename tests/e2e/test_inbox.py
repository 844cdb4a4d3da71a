"""What workflows leave for people: notifications and tasks, listed, filtered, read and changed."""

from functools import partial
from typing import Any

import pytest

from tests.e2e.client import ACME, UNKNOWN, Client, all_at_once, error_of, node, note
from tests.e2e.shapes import EXEC, ISO, TASK, assert_shape

NOTES, TASKS = f"{ACME}/notifications", f"{ACME}/tasks"


@pytest.fixture(scope="module")
def left(admin: Client) -> Any:
    """Seven notifications and tasks; the execution that left the last."""
    notify = note(recipient="user_list", message="Number {{trigger.n}}", title="A title")
    task = node("task", "create_task", {"title": "Task {{trigger.n}}", "dueDate": "2027-01-31"})
    workflow = admin.publish(notify, task)
    return [admin.run(workflow, triggerData={"n": n}) for n in range(7)]


def task_of(execution: Any) -> str:
    return str(execution["steps"][1]["output"]["taskId"])


def test_notifications_are_listed_newest_first(admin: Client, left: Any) -> None:
    answer = admin.get(f"{NOTES}?recipient=user_list&limit=3").json()
    assert_shape(
        answer["notifications"][0],
        {
            "id": str,
            "recipient": "user_list",
            "title": "A title",
            "message": "Number 6",
            "executionId": left[-1]["id"],
            "actionId": "note",
            "createdAt": ISO,
        },
    )
    assert [row["message"] for row in answer["notifications"]] == ["Number 6", "Number 5", "Number 4"]
    assert {"total": 7, "offset": 0, "limit": 3, "hasMore": True}.items() <= answer["pagination"].items()
    rest = admin.get(f"{NOTES}?recipient=user_list&limit=5&cursor={answer['pagination']['nextCursor']}").json()
    assert [row["message"] for row in rest["notifications"]] == ["Number 3", "Number 2", "Number 1", "Number 0"]
    assert rest["pagination"]["nextCursor"] is None
    page = admin.get(f"{NOTES}?recipient=user_list&limit=2&offset=5").json()
    assert [row["message"] for row in page["notifications"]] == ["Number 1", "Number 0"]


def test_notifications_of_everybody_hold_those_of_one(admin: Client, left: Any) -> None:
    whole = admin.get(f"{NOTES}?limit=100").json()
    assert left[-1]["id"] in {row["executionId"] for row in whole["notifications"]}
    assert admin.get(f"{NOTES}?recipient=user_nobody_at_all").json()["pagination"]["total"] == 0


def test_a_task_is_read_and_changed(admin: Client, member: Client, left: Any) -> None:
    task_id = task_of(left[0])
    found = admin.get(f"{TASKS}/{task_id}").json()["task"]
    expected = {
        "id": TASK,
        "title": "Task 0",
        "status": "TODO",
        "priority": "MEDIUM",
        "dueDate": "2027-01-31",
        "executionId": EXEC,
        "createdAt": ISO,
        "updatedAt": ISO,
    }
    assert_shape(found, expected)
    changed = member.patch(f"{TASKS}/{task_id}", json={"status": "IN_PROGRESS"})
    assert changed.status_code == 200
    assert changed.json()["task"] == {
        **found,
        "status": "IN_PROGRESS",
        "updatedAt": changed.json()["task"]["updatedAt"],
    }
    assert admin.get(f"{TASKS}/{task_id}").json() == changed.json()


def test_tasks_are_filtered_by_status(admin: Client, left: Any) -> None:
    done = {task_of(execution) for execution in left[1:4]}
    all_at_once([partial(admin.patch, f"{TASKS}/{task}", json={"status": "DONE"}) for task in done])
    answer = admin.get(f"{TASKS}?status=DONE").json()
    assert {row["id"] for row in answer["tasks"]} == done
    assert answer["pagination"]["total"] == 3
    todo = admin.get(f"{TASKS}?status=TODO&limit=100").json()["tasks"]
    assert {row["status"] for row in todo} == {"TODO"}
    assert not done & {row["id"] for row in todo}
    everything = admin.get(f"{TASKS}?limit=100").json()["tasks"]
    assert done < {row["id"] for row in everything}
    times = [row["createdAt"] for row in everything]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "body", [{}, {"status": "LATER"}, {"status": 5}, {"status": "DONE", "title": "x"}, {"status": None}]
)
def test_a_change_that_cannot_be_meant_is_refused(admin: Client, left: Any, body: Any) -> None:
    answer = admin.patch(f"{TASKS}/{task_of(left[5])}", json=body)
    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert ("title" if "title" in body else "status") in answer.json()["message"]
    assert admin.get(f"{TASKS}/{task_of(left[5])}").json()["task"]["status"] == "TODO"


@pytest.mark.parametrize("query", ["status=todo", "status=", "limit=0", "offset=-1", "cursor=x"])
def test_a_bad_list_of_tasks_is_refused(admin: Client, query: str) -> None:
    assert error_of(admin.get(f"{TASKS}?{query}")) == (400, "VALIDATION_ERROR")


def test_a_viewer_reads_and_does_not_change(viewer: Client, stranger: Client, left: Any) -> None:
    path = f"{TASKS}/{task_of(left[5])}"
    assert viewer.get(path).status_code == viewer.get(NOTES).status_code == 200
    assert error_of(viewer.patch(path, json={"status": "DONE"})) == (403, "FORBIDDEN")
    assert error_of(stranger.get(path)) == (403, "FORBIDDEN")
    globex = path.replace("/acme/", "/globex/")
    assert stranger.get(globex).status_code == stranger.patch(globex, json={"status": "DONE"}).status_code == 404


@pytest.mark.parametrize("text", [UNKNOWN, "nope", "task_" + "0" * 32, "task_1"])
def test_an_unknown_task_is_not_found(admin: Client, text: str) -> None:
    assert error_of(admin.get(f"{TASKS}/{text}")) == (404, "NOT_FOUND")
    assert error_of(admin.patch(f"{TASKS}/{text}", content="{")) == (404, "NOT_FOUND")
