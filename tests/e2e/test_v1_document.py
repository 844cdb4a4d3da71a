"""Every request and answer of the v1 document, as it stands there."""

from typing import Any

import pytest

from tests.e2e.client import (
    COMMUNITY,
    UNKNOWN,
    V1,
    WS,
    Client,
    Workflow,
    all_at_once,
    arrows,
    error_of,
    node,
    note,
    until,
    wait,
)
from tests.e2e.shapes import ISO, UUID, assert_shape, seconds_between

REQUEST: dict[str, Any] = {
    "community_id": COMMUNITY,
    "variables": {"param1": "value1", "param2": "value2"},
    "metadata": {"trigger_source": "api", "session_id": "sess_123"},
}

STATE = {
    "node_id": str,
    "status": str,
    "started_at": (None, ISO),
    "completed_at": (None, ISO),
    "input_data": dict,
    "output_data": dict,
    "retry_count": int,
    "logs": list,
    "error": (None, str),
    "error_type": (None, str),
    "metadata": dict,
}

METRICS = {
    "execution_id": UUID,
    "workflow_id": UUID,
    "total_duration_seconds": float,
    "node_count": int,
    "nodes_executed": int,
    "nodes_skipped": int,
    "nodes_failed": int,
    "average_node_time_seconds": float,
    "slowest_node_id": str,
    "slowest_node_time_seconds": float,
    "variable_count": int,
    "memory_used_mb": (None, float),
    "timestamp": ISO,
}

TRACE = {
    "node_id": str,
    "status": "completed",
    "duration_seconds": float,
    "input": dict,
    "output": dict,
    "logs": list,
    "error": None,
    "error_type": None,
}


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    """The document's example: a trigger, a condition, actions, some of them skipped."""
    premium = {"field": "trigger.userType", "operator": "equals", "value": "premium"}
    return admin.publish(
        nodes=[
            node("trigger_node", "trigger"),
            node("condition_node", "condition", premium),
            wait(30, "action_node"),
            note("other_node"),
            node("variables_node", "set_variables", {"variables": {"count": 5, "status": "success"}}),
            node("end_node", "end", {"output": {"message": "Workflow completed", "result": "success"}}),
        ],
        connections=arrows(
            "trigger_node > condition_node",
            "condition_node:true > action_node",
            "condition_node:false > other_node",
            "action_node > variables_node",
            "other_node > variables_node",
            "variables_node > end_node",
        ),
        variables={"param2": "default", "kept": 1},
    )


@pytest.fixture(scope="module")
def execution(admin: Client, workflow: Workflow) -> Any:
    """A finished execution, as `execute` answered it at once."""
    answer = admin.post(f"{workflow.v1}/execute", json={**REQUEST, "trigger_data": {"userType": "premium"}})
    assert answer.status_code == 202
    started = answer.json()
    until(lambda: admin.details(started["data"]["execution_id"])["status"] == "completed")
    return started


def test_execute_answers_202_at_once_with_a_running_execution(workflow: Workflow, execution: Any) -> None:
    assert_shape(
        execution,
        {
            "success": True,
            "message": "Workflow execution started",
            "data": {
                "execution_id": UUID,
                "workflow_id": workflow.uuid,
                "status": "running",
                "start_time": ISO,
                "execution_path": [],
            },
        },
    )


def test_details_show_the_whole_execution(admin: Client, workflow: Workflow, execution: Any) -> None:
    started = execution["data"]
    answer = admin.get(f"{V1}/executions/{started['execution_id']}")
    assert answer.status_code == 200
    path = ["trigger_node", "condition_node", "action_node", "variables_node", "end_node"]
    assert_shape(
        answer.json(),
        {
            "success": True,
            "data": {
                "execution_id": started["execution_id"],
                "workflow_id": workflow.uuid,
                "status": "completed",
                "start_time": started["start_time"],
                "end_time": ISO,
                "execution_time_seconds": float,
                "execution_path": path,
                "node_states": dict.fromkeys([*path, "other_node"], STATE),
                "final_variables": {**REQUEST["variables"], "kept": 1, "count": 5, "status": "success"},
                "final_output": {"message": "Workflow completed", "result": "success"},
                "error_message": None,
                "error_node_id": None,
                "metadata": REQUEST["metadata"],
            },
        },
    )


def test_node_states_show_each_node(admin: Client, execution: Any) -> None:
    states = admin.details(execution["data"]["execution_id"])["node_states"]
    assert {name: state["status"] for name, state in states.items()} == {
        "trigger_node": "completed",
        "condition_node": "completed",
        "action_node": "completed",
        "other_node": "skipped",
        "variables_node": "completed",
        "end_node": "completed",
    }
    assert all(state["node_id"] == name for name, state in states.items())
    action = states["action_node"]
    assert_shape(
        action["output_data"], {"result": {"port_name": "result", "data": {"durationMs": 30}, "timestamp": ISO}}
    )
    assert action["output_data"]["result"]["timestamp"] == action["completed_at"]
    assert seconds_between(action["started_at"], action["completed_at"]) >= 0.03
    assert (action["retry_count"], action["error"], action["error_type"]) == (0, None, None)
    assert list(states["condition_node"]["output_data"]) == ["true"]
    assert states["trigger_node"]["input_data"] == {}
    assert states["condition_node"]["input_data"] == {"input": states["trigger_node"]["output_data"]["result"]["data"]}
    assert states["end_node"]["input_data"] == {"input": states["variables_node"]["output_data"]["result"]["data"]}
    skipped = states["other_node"]
    assert (skipped["started_at"], skipped["completed_at"], skipped["output_data"], skipped["logs"]) == (
        None,
        None,
        {},
        [],
    )


def test_logs_say_when_a_node_began_and_ended_unless_they_are_left_out(admin: Client, execution: Any) -> None:
    uuid = execution["data"]["execution_id"]
    states = admin.details(uuid)["node_states"]
    assert states["action_node"]["logs"] == ["Node execution started", "Node execution completed"]
    bare = admin.details(uuid, include_logs="false")["node_states"]
    assert {name: state["logs"] for name, state in bare.items()} == {key: [] for key in states}
    assert {name: {**state, "logs": []} for name, state in states.items()} == bare


def test_metrics_come_only_when_asked_for_and_add_up(admin: Client, workflow: Workflow, execution: Any) -> None:
    uuid = execution["data"]["execution_id"]
    assert "metrics" not in admin.get(f"{V1}/executions/{uuid}").json()["data"]
    found = admin.details(uuid)
    metrics = found["metrics"]
    assert_shape(metrics, METRICS)
    assert (metrics["execution_id"], metrics["workflow_id"]) == (uuid, workflow.uuid)
    assert metrics["total_duration_seconds"] == found["execution_time_seconds"]
    counts = [metrics[f"{name}"] for name in ("node_count", "nodes_executed", "nodes_skipped", "nodes_failed")]
    assert counts == [6, 5, 1, 0]
    assert metrics["variable_count"] == len(found["final_variables"]) == 5
    states = [state for state in found["node_states"].values() if state["completed_at"]]
    times = {state["node_id"]: seconds_between(state["started_at"], state["completed_at"]) for state in states}
    assert metrics["slowest_node_id"] == "action_node"
    assert metrics["slowest_node_time_seconds"] == pytest.approx(times["action_node"])
    assert metrics["average_node_time_seconds"] == pytest.approx(sum(times.values()) / 5, abs=0.0006)


def test_cancel_answers_when_it_was_cancelled(admin: Client) -> None:
    slow = admin.publish(wait(60_000))
    execution = admin.run(slow, wait=0)
    uuid = admin.details(execution)["execution_id"]
    answer = admin.post(f"{V1}/executions/{uuid}/cancel")
    assert answer.status_code == 200
    assert_shape(
        answer.json(),
        {
            "success": True,
            "message": "Execution cancelled successfully",
            "data": {"execution_id": uuid, "status": "cancelled", "cancelled_at": ISO},
        },
    )
    assert error_of(admin.post(f"{V1}/executions/{uuid}/cancel")) == (400, "BAD_REQUEST")
    assert admin.details(uuid)["end_time"] == answer.json()["data"]["cancelled_at"]


def test_the_list_shows_completed_and_failed_executions(admin: Client) -> None:
    workflow = admin.publish(node("api", "call_api", {"url": "http://{{trigger.host}}/"}), note())
    failing = admin.publish(wait(1), node("api", "call_api", {"url": "http://127.0.0.1:9/"}))
    assert admin.run(workflow, triggerData={"host": "127.0.0.1:9"})["status"] == "FAILED"
    all_at_once([lambda: admin.run(failing)] * 3)
    query = {"community_id": str(COMMUNITY), "status": "failed", "page": "1", "per_page": "2"}
    answer = admin.get(f"{failing.v1}/executions", params=query)
    assert answer.status_code == 200
    row = {
        "execution_id": UUID,
        "workflow_id": failing.uuid,
        "status": "failed",
        "start_time": ISO,
        "end_time": ISO,
        "execution_time_seconds": float,
        "nodes_executed": 2,
        "error": str,
        "success": False,
    }
    pagination = {"page": 1, "per_page": 2, "total": 3, "total_pages": 2, "has_next": True, "has_prev": False}
    assert_shape(answer.json(), {"success": True, "data": [row, row], "meta": {"pagination": pagination}})
    assert answer.json()["data"][0]["error"].startswith("Node execution failed: ")
    (failed,) = admin.get(f"{workflow.v1}/executions?community_id=123").json()["data"]
    assert (failed["nodes_executed"], failed["success"]) == (1, False)


def test_a_completed_execution_in_the_list_is_a_success(admin: Client, workflow: Workflow, execution: Any) -> None:
    rows = admin.get(f"{workflow.v1}/executions", params={"community_id": COMMUNITY}).json()["data"]
    (row,) = [row for row in rows if row["execution_id"] == execution["data"]["execution_id"]]
    assert (row["status"], row["success"], row["error"], row["nodes_executed"]) == ("completed", True, None, 5)
    assert row["execution_time_seconds"] == admin.details(row["execution_id"])["execution_time_seconds"]


def test_a_test_shows_the_trace_of_a_dry_run(admin: Client) -> None:
    workflow = admin.publish(wait(500, "node1"), note("node2"), node("node3", "set_variables", {"variables": {"n": 1}}))
    body = {
        "community_id": COMMUNITY,
        "variables": {"param1": "test_value"},
        "metadata": {"session_id": "test_sess_123"},
    }
    answer = admin.post(f"{workflow.v1}/test", json=body)
    assert answer.status_code == 200
    assert_shape(
        answer.json(),
        {
            "success": True,
            "message": "Workflow test completed",
            "data": {
                "execution_id": UUID,
                "workflow_id": workflow.uuid,
                "test_mode": True,
                "status": "completed",
                "execution_time_seconds": float,
                "trace": [
                    {**TRACE, "node_id": "node1", "input": {}},
                    {**TRACE, "node_id": "node2", "input": {"input": {"durationMs": 500}}},
                    {**TRACE, "node_id": "node3"},
                ],
                "final_variables": {"param1": "test_value", "n": 1},
                "summary": {"nodes_executed": 3, "nodes_failed": 0, "total_duration": float, "passed": True},
            },
        },
    )
    assert list(answer.json()["data"]["trace"][1]["output"]) == ["result"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", f"{V1}/{UNKNOWN}/execute", (404, "WORKFLOW_NOT_FOUND")),
        ("GET", f"{V1}/executions/{UNKNOWN}", (404, "NOT_FOUND")),
        ("POST", f"{V1}/executions/{UNKNOWN}/cancel", (404, "NOT_FOUND")),
        ("GET", f"{V1}/{UNKNOWN}/executions?community_id=123", (404, "WORKFLOW_NOT_FOUND")),
        ("POST", f"{V1}/{UNKNOWN}/test", (400, "WORKFLOW_NOT_FOUND")),
    ],
)
def test_what_is_unknown_is_answered_as_the_document_says(
    admin: Client, method: str, path: str, code: tuple[int, str]
) -> None:
    body = {"community_id": COMMUNITY} if method == "POST" else None
    assert error_of(admin.request(method, path, json=body)) == code


@pytest.mark.parametrize("operation", ["execute", "test"])
def test_a_community_is_needed(admin: Client, workflow: Workflow, operation: str) -> None:
    answer = admin.post(f"{workflow.v1}/{operation}", json={"variables": {}})
    assert error_of(answer) == (400, "BAD_REQUEST")
    assert "community_id" in answer.json()["message"]


@pytest.mark.parametrize("community", ["123", 123.5, True, None, [123]])
def test_a_community_is_an_integer(admin: Client, workflow: Workflow, community: Any) -> None:
    answer = admin.post(f"{workflow.v1}/execute", json={"community_id": community})
    assert error_of(answer) == (400, "BAD_REQUEST")
    assert "community_id" in answer.json()["message"]


def test_another_community_has_no_such_workflow(admin: Client, workflow: Workflow) -> None:
    answer = admin.post(f"{workflow.v1}/execute", json={"community_id": 456})
    assert error_of(answer) == (404, "WORKFLOW_NOT_FOUND")
    answer = admin.get(f"{workflow.v1}/executions?community_id=456")
    assert error_of(answer) == (404, "WORKFLOW_NOT_FOUND")


def test_both_dialects_show_one_execution(admin: Client, execution: Any) -> None:
    uuid = execution["data"]["execution_id"]
    seen = admin.get(f"{WS}/executions/{uuid}").json()["execution"]
    assert seen["id"] == "exec_" + uuid.replace("-", "")
    assert seen["status"] == "COMPLETED"
    assert seen["triggerData"] == {"userType": "premium"}
