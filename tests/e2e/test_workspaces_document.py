"""Every request and answer of the workspaces document, as it stands there."""

from typing import Any

import pytest

from tests.e2e.client import WS, Client, Workflow, all_at_once, error_of, execution_path, node, note, wait
from tests.e2e.shapes import EXEC, ISO, TASK, WF, assert_shape, seconds_between
from tests.e2e.shapes import WS as WS_ID

REQUEST = {
    "triggerData": {"userId": "user_123", "action": "signup", "metadata": {"source": "web"}},
    "variables": {"customVar": "value"},
    "dryRun": False,
}

TRIGGER = {"type": "manual"}
STEP = {
    "actionId": str,
    "actionType": str,
    "status": "success",
    "startedAt": ISO,
    "completedAt": ISO,
    "durationMs": int,
}


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(
        node("action-1", "send_notification", {"message": "Welcome!", "recipient": "{{trigger.userId}}"}),
        node("action-2", "create_task", {"title": "Onboarding checklist", "assignedTo": "{{trigger.userId}}"}),
        name="User Onboarding",
        description="Automated onboarding workflow",
        trigger=TRIGGER,
    )


@pytest.fixture(scope="module")
def execution(admin: Client, workflow: Workflow) -> Any:
    answer = admin.post(f"{workflow.ws}/execute", json=REQUEST)
    assert answer.status_code == 200
    return answer.json()["execution"]


@pytest.fixture(scope="module")
def running(admin: Client) -> Any:
    """An execution of five steps that waits in its third."""
    workflow = admin.publish(note("a"), note("b"), wait(60_000, "c"), note("d"), note("e"), name="Slow")
    execution = admin.run(workflow, wait=1)
    yield execution
    admin.delete(execution_path(execution))


def test_execute_answers_the_finished_execution(workflow: Workflow, execution: Any) -> None:
    assert_shape(
        execution,
        {
            "id": EXEC,
            "workflowId": workflow.wf,
            "workspaceId": WS_ID,
            "status": "COMPLETED",
            "triggeredBy": "user_admin",
            "triggerType": "manual",
            "triggerData": REQUEST["triggerData"],
            "steps": [
                {
                    **STEP,
                    "actionId": "action-1",
                    "actionType": "send_notification",
                    "output": {"notificationSent": True, "message": "Welcome!", "recipient": "user_123"},
                },
                {
                    **STEP,
                    "actionId": "action-2",
                    "actionType": "create_task",
                    "output": {"taskId": TASK, "title": "Onboarding checklist", "status": "TODO"},
                },
            ],
            "startedAt": ISO,
            "completedAt": ISO,
            "durationMs": int,
            "isSimulation": False,
        },
    )
    assert execution["durationMs"] == round(1000 * seconds_between(execution["startedAt"], execution["completedAt"]))
    assert all(
        step["durationMs"] == round(1000 * seconds_between(step["startedAt"], step["completedAt"]))
        for step in execution["steps"]
    )


def test_the_body_may_be_left_out(admin: Client, workflow: Workflow) -> None:
    plain = admin.publish(note())
    answer = admin.post(f"{plain.ws}/execute")
    assert answer.status_code == 200
    assert answer.json()["execution"]["triggerData"] == {}


def test_an_execution_that_goes_on_is_answered_with_202_after_three_seconds(admin: Client) -> None:
    slow = admin.publish(wait(60_000))
    answer = admin.post(f"{slow.ws}/execute", json={})
    assert answer.status_code == 202
    assert 2.9 < answer.elapsed.total_seconds() < 5
    execution = answer.json()["execution"]
    assert_shape(execution, {"id": EXEC, "status": "RUNNING", "completedAt": None, "durationMs": (None, int)})
    admin.delete(execution_path(execution))


def test_the_status_of_a_running_execution_shows_how_far_it_is(admin: Client, running: Any) -> None:
    answer = admin.get(execution_path(running))
    assert answer.status_code == 200
    assert_shape(
        answer.json(),
        {
            "execution": {
                "id": running["id"],
                "workflowId": running["workflowId"],
                "status": "RUNNING",
                "steps": [
                    {**STEP, "actionId": "a"},
                    {**STEP, "actionId": "b"},
                    {"actionId": "c", "actionType": "wait", "status": "running", "startedAt": ISO, "completedAt": None},
                ],
                "startedAt": running["startedAt"],
                "workflow": {
                    "id": running["workflowId"],
                    "name": "Slow",
                    "description": "",
                    "trigger": TRIGGER,
                    "status": "ACTIVE",
                },
            },
            "progress": {
                "totalSteps": 5,
                "completedSteps": 2,
                "successfulSteps": 2,
                "failedSteps": 0,
                "runningSteps": 1,
                "percentage": 40,
            },
            "timing": {"startedAt": running["startedAt"], "completedAt": None, "durationMs": int, "isRunning": True},
        },
    )
    assert answer.json()["timing"]["durationMs"] >= 1000


def test_the_status_of_a_finished_execution_is_whole(admin: Client, workflow: Workflow, execution: Any) -> None:
    answer = admin.get(execution_path(execution)).json()
    assert {name: value for name, value in answer["execution"].items() if name != "workflow"} == execution
    assert answer["execution"]["workflow"]["description"] == "Automated onboarding workflow"
    assert_shape(
        answer["progress"],
        {
            "totalSteps": 2,
            "completedSteps": 2,
            "successfulSteps": 2,
            "failedSteps": 0,
            "runningSteps": 0,
            "percentage": 100,
        },
    )
    assert_shape(
        answer["timing"],
        {
            "startedAt": execution["startedAt"],
            "completedAt": execution["completedAt"],
            "durationMs": execution["durationMs"],
            "isRunning": False,
        },
    )


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_cancel_by_post_and_delete_is_the_same(admin: Client, method: str) -> None:
    execution = admin.run(admin.publish(wait(60_000)), wait=0)
    answer = admin.request(method, execution_path(execution))
    assert answer.status_code == 200
    assert_shape(
        answer.json(),
        {
            "success": True,
            "execution": {
                "id": execution["id"],
                "status": "CANCELLED",
                "error": "Cancelled by user",
                "completedAt": ISO,
            },
            "message": "Execution cancelled successfully",
        },
    )
    assert admin.get(execution_path(execution)).json()["execution"]["status"] == "CANCELLED"
    assert error_of(admin.request(method, execution_path(execution))) == (400, "EXECUTION_FAILED")


def test_the_list_has_executions_pagination_and_statistics(admin: Client) -> None:
    failing = {"field": "trigger.fail", "operator": "exists"}
    workflow = admin.publish(
        nodes=[
            node("fails", "condition", failing),
            node("api", "call_api", {"url": "http://127.0.0.1:9"}),
            wait(20, "ok"),
        ],
        connections=[
            {"from": "fails", "fromPort": "true", "to": "api"},
            {"from": "fails", "fromPort": "false", "to": "ok"},
        ],
        name="User Onboarding",
    )
    all_at_once([lambda: admin.run(workflow)] * 4)
    admin.run(workflow, triggerData={"fail": 1})
    answer = admin.get(f"{workflow.ws}/executions?limit=2&offset=0&status=COMPLETED")
    assert answer.status_code == 200
    row = {
        "id": EXEC,
        "workflowId": workflow.wf,
        "status": "COMPLETED",
        "startedAt": ISO,
        "completedAt": ISO,
        "durationMs": int,
        "workflow": {"id": workflow.wf, "name": "User Onboarding"},
    }
    assert_shape(
        answer.json(),
        {
            "executions": [row, row],
            "pagination": {"total": 4, "offset": 0, "limit": 2, "hasMore": True},
            "statistics": {
                "total": 5,
                "byStatus": {"COMPLETED": 4, "FAILED": 1},
                "successRate": 80,
                "averageDurationMs": int,
            },
        },
    )
    completed = admin.get(f"{workflow.ws}/executions?status=COMPLETED").json()["executions"]
    average = sum(row["durationMs"] for row in completed) / 4
    assert abs(answer.json()["statistics"]["averageDurationMs"] - average) <= 0.5


def test_the_history_lists_executions(admin: Client, workflow: Workflow, execution: Any) -> None:
    answer = admin.get(f"{workflow.ws}/history?status=COMPLETED&limit=20&offset=0")
    assert answer.status_code == 200
    pagination = {"total": 1, "limit": 20, "offset": 0, "hasMore": False}
    assert_shape(answer.json(), {"executions": [{"id": execution["id"]}], "pagination": pagination})


def test_the_history_of_one_execution_has_its_steps_and_a_summary(
    admin: Client, workflow: Workflow, execution: Any
) -> None:
    answer = admin.get(f"{workflow.ws}/history", params={"executionId": execution["id"]})
    assert answer.status_code == 200
    assert_shape(
        answer.json(),
        {
            "execution": {
                "id": execution["id"],
                "workflowId": workflow.wf,
                "status": "COMPLETED",
                "steps": [{**STEP, "output": dict}, {**STEP, "output": dict}],
                "executionSummary": {"totalSteps": 2, "successfulSteps": 2, "failedSteps": 0, "skippedSteps": 0},
                "workflow": {
                    "id": workflow.wf,
                    "name": "User Onboarding",
                    "description": "Automated onboarding workflow",
                },
            }
        },
    )


def test_the_history_of_one_execution_has_what_led_to_each_step(admin: Client) -> None:
    workflow = admin.publish(note("a"), note("b"))
    execution = admin.run(workflow, triggerData={"name": "Ada"})
    found = admin.get(f"{workflow.ws}/history", params={"executionId": execution["id"]}).json()["execution"]
    first, second = found["steps"]
    assert first["input"] is None
    assert second["input"] == first["output"]


def test_the_history_counts_failed_and_skipped_steps(admin: Client) -> None:
    condition = node("c", "condition", {"field": "trigger.x", "operator": "exists"})
    failing = node("f", "call_api", {"url": "http://127.0.0.1:9/"}, onError="continue")
    workflow = admin.publish(note("a"), failing, condition, note("d"), note("e"))
    execution = admin.run(workflow)
    assert execution["status"] == "COMPLETED"
    answer = admin.get(f"{workflow.ws}/history?executionId={execution['id']}").json()["execution"]
    summary = {"totalSteps": 5, "successfulSteps": 2, "failedSteps": 1, "skippedSteps": 2}
    assert_shape(answer["executionSummary"], summary)
    assert all("logs" in step for step in answer["steps"])


def test_the_history_knows_no_execution_of_another_workflow(admin: Client, workflow: Workflow, running: Any) -> None:
    answer = admin.get(f"{workflow.ws}/history", params={"executionId": running["id"]})
    assert error_of(answer) == (404, "EXECUTION_NOT_FOUND")


def test_a_failed_execution_says_why_beside_its_status(admin: Client) -> None:
    failing = node("api", "call_api", {"url": "http://127.0.0.1:9/"})
    execution = admin.run(admin.publish(failing, note()))
    assert execution["status"] == "FAILED"
    assert execution["error"].startswith("Node execution failed: ")
    (step,) = execution["steps"]
    assert (step["status"], step["actionId"]) == ("failed", "api")
    assert step["error"]


def test_ids_sort_by_time(admin: Client) -> None:
    workflow = admin.publish(note())
    ids = [admin.run(workflow, wait=0)["id"] for _ in range(5)]
    assert ids == sorted(ids)
    assert WF.fullmatch(workflow.wf)


def test_either_spelling_of_an_id_is_accepted(admin: Client, workflow: Workflow, execution: Any) -> None:
    hex_digits = execution["id"].removeprefix("exec_")
    uuid = admin.details(execution)["execution_id"]
    for spelling in (execution["id"], hex_digits, uuid, uuid.upper()):
        assert admin.get(f"{WS}/executions/{spelling}").json()["execution"]["id"] == execution["id"]
        assert admin.details(spelling)["execution_id"] == uuid
    for spelling in (workflow.wf, workflow.hex, workflow.uuid):
        assert admin.get(f"{WS}/{spelling}").json()["workflow"]["id"] == workflow.wf
        assert admin.get(f"/api/v1/workflows/{spelling}").json()["data"]["workflow_id"] == workflow.uuid
