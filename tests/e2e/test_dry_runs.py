"""Dry runs: the same decisions, no side effect, no time, and mocks for what effects would answer."""

import time
from typing import Any

import pytest

from tests.e2e.client import ACME, COMMUNITY, Client, Workflow, arrows, error_of, execution_path, node, note, wait
from tests.e2e.target import Target


@pytest.fixture(scope="module")
def workflow(admin: Client, target: Target) -> Workflow:
    """Effects of all kinds, and a decision over what the API answers."""
    return admin.publish(
        nodes=[
            node("start", "trigger"),
            wait(3_600_000, "hour"),
            node(
                "api",
                "call_api",
                {"url": f"{target.url}/echo/dry", "headers": {"X-Secret": "{{secrets.none}}"}},
                onError="retry",
            ),
            node("ok", "condition", {"field": "steps.api.output.body.ok", "operator": "equals", "value": True}),
            note("yes", recipient="user_dry"),
            node("no", "create_task", {"title": "A dry task"}),
        ],
        connections=arrows("start > hour", "hour > api", "api > ok", "ok:true > yes", "ok:false > no"),
        variables={"a": 1},
    )


def test_nobody_is_called_and_no_time_passes(admin: Client, workflow: Workflow, target: Target) -> None:
    began = time.monotonic()
    found = admin.tested(workflow, variables={"b": 2})
    assert time.monotonic() - began < 2
    assert (found["status"], found["test_mode"], found["summary"]["passed"]) == ("completed", True, True)
    assert [step["node_id"] for step in found["trace"]] == ["start", "hour", "api", "ok", "no"]
    assert found["final_variables"] == {"a": 1, "b": 2}
    assert target.seen("/echo/dry") == []
    assert admin.get(f"{ACME}/notifications?recipient=user_dry").json()["notifications"] == []
    titles = [task["title"] for task in admin.get(f"{ACME}/tasks?limit=100").json()["tasks"]]
    assert "A dry task" not in titles


def test_mocks_answer_for_effects_and_decisions_are_real(admin: Client, workflow: Workflow) -> None:
    mocks = {"api": {"output": {"statusCode": 200, "body": {"ok": True}}}}
    found = admin.tested(workflow, mocks=mocks)
    assert [step["node_id"] for step in found["trace"]][-1] == "yes"
    assert found["trace"][2]["output"]["result"] == mocks["api"]["output"]
    assert list(found["trace"][3]["output"]) == ["true"]


def test_a_list_of_mocks_is_used_in_turn_by_the_attempts(admin: Client, workflow: Workflow) -> None:
    good = {"output": {"body": {"ok": True}}}
    found = admin.tested(workflow, mocks={"api": [{"error": "first"}, {"error": "second"}, good]})
    assert (found["status"], found["trace"][2]["status"]) == ("completed", "completed")
    seen = admin.details(found["execution_id"])["node_states"]["api"]
    assert seen["retry_count"] == 2


def test_a_test_that_fails_answers_200_and_did_not_pass(admin: Client, workflow: Workflow) -> None:
    answer = admin.post(
        f"{workflow.v1}/test", json={"community_id": COMMUNITY, "mocks": {"api": {"error": "no connection"}}}
    )
    assert answer.status_code == 200
    found = answer.json()["data"]
    assert (found["status"], found["summary"]["passed"], found["summary"]["nodes_failed"]) == ("failed", False, 1)
    failed = found["trace"][-1]
    assert (failed["node_id"], failed["status"]) == ("api", "failed")
    assert "no connection" in failed["error"]
    assert failed["error_type"]
    kept = admin.details(found["execution_id"])
    assert (kept["error_node_id"], kept["node_states"]["api"]["retry_count"]) == ("api", 3)
    assert "no connection" in kept["error_message"]


def test_a_workspaces_dry_run_is_a_simulation(admin: Client, workflow: Workflow, target: Target) -> None:
    body = {"dryRun": True, "triggerData": {"x": 1}, "mocks": {"hour": {"output": {"durationMs": 0}}}}
    answer = admin.post(f"{workflow.ws}/execute", json=body)
    assert answer.status_code == 200
    execution = answer.json()["execution"]
    assert (execution["status"], execution["isSimulation"], execution["triggerData"]) == ("COMPLETED", True, {"x": 1})
    kept = admin.get(execution_path(execution)).json()
    assert kept["execution"]["isSimulation"] is True
    assert kept["execution"]["steps"] == execution["steps"]
    assert kept["progress"]["percentage"] == 100
    assert target.seen("/echo/dry") == []


@pytest.mark.parametrize(
    "mocks",
    [
        {"nope": {"output": 1}},
        {"api": {}},
        {"api": []},
        {"api": {"output": 1, "error": "both"}},
        {"api": {"error": 5}},
        {"api": "text"},
        ["api"],
    ],
)
def test_a_mock_that_cannot_be_meant_is_refused(admin: Client, workflow: Workflow, mocks: Any) -> None:
    v1 = admin.post(f"{workflow.v1}/test", json={"community_id": COMMUNITY, "mocks": mocks})
    assert error_of(v1) == (400, "BAD_REQUEST")
    assert "mocks" in v1.json()["message"]
    ws = admin.post(f"{workflow.ws}/execute", json={"dryRun": True, "mocks": mocks})
    assert error_of(ws) == (400, "VALIDATION_ERROR")


def test_a_dry_run_decides_as_the_real_run_does(admin: Client, target: Target) -> None:
    call = node("api", "call_api", {"url": f"{target.url}/raw?body={{{{trigger.body}}}}"})
    workflow = admin.publish(
        nodes=[
            call,
            node("left", "set_variables", {"variables": {"got": "{{steps.api.output.body.n}}"}}),
            note("right"),
            node("c", "condition", {"field": "variables.got", "operator": "greater_than", "value": 3}),
            note("big"),
            node("small", "end", {"output": "small"}),
        ],
        connections=arrows("api > left", "api > right", "left > c", "right > c", "c:true > big", "c:false > small"),
    )
    for n in (2, 5):
        real = admin.ran(workflow, triggerData={"body": f'{{"n":{n}}}'})
        output = real["node_states"]["api"]["output_data"]["result"]["data"]
        dry = admin.tested(workflow, trigger_data={"body": ""}, mocks={"api": {"output": output}})
        assert sorted(step["node_id"] for step in dry["trace"]) == sorted(real["execution_path"])
        assert dry["final_variables"] == real["final_variables"] == {"got": n}
