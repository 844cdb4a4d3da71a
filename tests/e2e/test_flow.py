"""Graphs: forks, joins, branches that wait, fail and end."""

import time
from functools import partial

import pytest

from tests.e2e.client import Client, Json, Workflow, all_at_once, arrows, execution_path, node, note, until, wait
from tests.e2e.shapes import seconds_between
from tests.e2e.target import Target


def diamond(admin: Client, left: Json, right: Json, **fields: Json) -> Workflow:
    return admin.publish(
        nodes=[note("start"), left, right, note("join", recipient="user_join")],
        connections=arrows("start > left", "start > right", "left > join", "right > join"),
        **fields,
    )


def test_a_join_runs_once_after_its_branches(admin: Client) -> None:
    found = admin.ran(diamond(admin, note("left"), wait(300, "right")))
    assert found["status"] == "completed"
    assert sorted(found["execution_path"]) == ["join", "left", "right", "start"]
    states = found["node_states"]
    for name in ("left", "right"):
        assert states[name]["completed_at"] <= states["join"]["started_at"]
    execution = found["execution_id"].replace("-", "")
    rows = admin.get("/api/workspaces/acme/notifications?recipient=user_join&limit=100").json()["notifications"]
    assert [row["actionId"] for row in rows if row["executionId"].endswith(execution)] == ["join"]


def test_branches_run_in_parallel(admin: Client) -> None:
    workflow = diamond(admin, wait(2000, "left"), wait(2000, "right"))
    found = admin.ran(workflow)
    assert found["status"] == "completed"
    assert 2 <= found["execution_time_seconds"] < 3.5


def test_the_join_runs_behind_the_live_branches_only(admin: Client) -> None:
    dead = node("right", "condition", {"field": "trigger.x", "operator": "exists"})
    workflow = admin.publish(
        nodes=[note("start"), note("left"), dead, note("inner"), note("join")],
        connections=arrows("start > left", "start > right", "left > join", "right:true > inner", "inner > join"),
    )
    found = admin.ran(workflow)
    assert sorted(found["execution_path"]) == ["join", "left", "right", "start"]
    assert found["node_states"]["inner"]["status"] == "skipped"
    assert found["metrics"]["nodes_skipped"] == 1
    assert sorted(admin.ran(workflow, triggerData={"x": 1})["execution_path"])[:2] == ["inner", "join"]


def test_where_every_branch_dies_the_join_does_not_run(admin: Client) -> None:
    gate = {"field": "trigger.x", "operator": "exists"}
    workflow = admin.publish(
        nodes=[note("start"), node("left", "condition", gate), node("right", "condition", gate), note("join")],
        connections=arrows("start > left", "start > right", "left:true > join", "right:true > join"),
    )
    found = admin.ran(workflow)
    assert found["status"] == "completed"
    assert found["node_states"]["join"]["status"] == "skipped"


def test_a_failed_branch_fails_the_execution_and_cancels_the_other(admin: Client, target: Target) -> None:
    failing = node("left", "call_api", {"url": f"{target.url}/status/500"})
    found = admin.ran(diamond(admin, failing, wait(20_000, "right")))
    assert (found["status"], found["error_node_id"]) == ("failed", "left")
    assert found["execution_time_seconds"] < 5
    statuses = {name: state["status"] for name, state in found["node_states"].items()}
    assert statuses["right"] == "cancelled"
    assert statuses["join"] in ("pending", "skipped")
    assert found["node_states"]["join"]["started_at"] is None


def test_nothing_changes_a_failed_execution_when_its_other_branch_comes_to_an_end(
    admin: Client, target: Target
) -> None:
    failing = node("left", "call_api", {"url": f"{target.url}/slow-failure/1000/branch"})
    slow = node("right", "call_api", {"url": f"{target.url}/slow/2000/branch"})
    execution = admin.run(diamond(admin, failing, slow))
    before = admin.details(execution)
    assert target.seen("/slow/2000/branch")
    time.sleep(1.5)
    after = admin.details(execution)
    assert before["node_states"] == after["node_states"]
    assert (after["status"], after["node_states"]["right"]["status"]) == ("failed", "cancelled")


def test_exclusive_branches_may_each_have_their_own_end(admin: Client) -> None:
    workflow = admin.publish(
        nodes=[
            node("c", "condition", {"field": "trigger.x", "operator": "exists"}),
            note("yes"),
            node("end_yes", "end", {"output": "yes"}),
            node("end_no", "end", {"output": "no"}),
        ],
        connections=arrows("c:true > yes", "yes > end_yes", "c:false > end_no"),
    )
    assert admin.ran(workflow, triggerData={"x": 1})["final_output"] == "yes"
    assert admin.ran(workflow)["final_output"] == "no"


def test_a_branch_sees_its_own_assignments_and_the_join_all_in_order(admin: Client) -> None:
    def setter(name: str) -> Json:
        return node(name, "set_variables", {"variables": {"who": name, name: True}})

    workflow = admin.publish(
        nodes=[
            note("start"),
            setter("one"),
            setter("two"),
            wait(300, "slow"),
            note("left", message="{{variables.who}}"),
            note("right", message="{{variables.who}}"),
            note("join", message="{{variables.who}}"),
        ],
        connections=arrows(
            "start > one", "start > two", "one > slow", "slow > left", "two > right", "left > join", "right > join"
        ),
        variables={"who": "nobody"},
    )
    found = admin.ran(workflow)
    said = {
        name: found["node_states"][name]["output_data"]["result"]["data"]["message"]
        for name in ("left", "right", "join")
    }
    assert said == {"left": "one", "right": "two", "join": "two"}
    assert found["final_variables"] == {"who": "two", "one": True, "two": True}


def test_forks_nest(admin: Client) -> None:
    names = ["a", "b", "c", "d", "e", "f", "g"]
    workflow = admin.publish(
        nodes=[note(name) for name in names],
        connections=arrows("a > b", "a > c", "c > d", "c > e", "d > f", "e > f", "b > g", "f > g"),
    )
    found = admin.ran(workflow)
    assert found["status"] == "completed", found["error_message"]
    assert sorted(found["execution_path"]) == names
    assert found["execution_path"][0] == "a"
    assert found["execution_path"][-1] == "g"


def test_a_workflow_of_decisions_alone_ends_at_once(admin: Client) -> None:
    workflow = admin.publish(
        nodes=[node("t", "trigger"), node("e", "end", {"output": "{{trigger}}"})], connections=arrows("t > e")
    )
    found = admin.ran(workflow, triggerData={"a": [1]})
    assert (found["status"], found["final_output"], found["execution_path"]) == ("completed", {"a": [1]}, ["t", "e"])


def test_sixty_executions_from_eight_threads_all_end_and_add_up(admin: Client, target: Target) -> None:
    call = node("left", "call_api", {"url": f"{target.url}/echo/load?n={{{{trigger.n}}}}"})
    gate = node("gate", "condition", {"field": "trigger.ok", "operator": "equals", "value": True})
    workflow = admin.publish(
        nodes=[
            note("start"),
            call,
            note("right"),
            gate,
            wait(1, "done"),
            node("bad", "call_api", {"url": "http://127.0.0.1:9/"}),
        ],
        connections=arrows(
            "start > left", "start > right", "left > gate", "right > gate", "gate:true > done", "gate:false > bad"
        ),
    )
    ok = [n % 6 != 0 for n in range(60)]
    started = all_at_once(
        [partial(admin.run, workflow, wait=0, triggerData={"n": n, "ok": ok[n]}) for n in range(60)], threads=8
    )
    assert len({execution["id"] for execution in started}) == 60

    def ended() -> Json:
        # Counters and lists are read one after the other: what ends in between is in neither of one answer.
        found = admin.get(f"{workflow.ws}/executions?limit=100").json()
        statistics = found["statistics"]
        return found if statistics["total"] == 60 and "RUNNING" not in statistics["byStatus"] else None

    until(ended, seconds=60)
    found = admin.get(f"{workflow.ws}/executions?limit=100").json()
    assert sorted(row["id"] for row in found["executions"]) == sorted(execution["id"] for execution in started)
    assert found["statistics"]["byStatus"] == {"COMPLETED": 50, "FAILED": 10}
    assert (found["statistics"]["total"], found["statistics"]["successRate"]) == (60, 83.3)
    called = [request.path for request in target.seen("/echo/load")]
    assert sorted(called) == sorted(f"/echo/load?n={n}" for n in range(60))
    assert all(
        admin.get(execution_path(execution)).json()["progress"]["percentage"] == 100
        for execution, fine in zip(started, ok, strict=True)
        if fine
    )


@pytest.mark.parametrize("seconds", [0.5, 2.25])
def test_a_wait_in_a_branch_lasts_to_the_millisecond(admin: Client, seconds: float) -> None:
    found = admin.ran(diamond(admin, wait(int(1000 * seconds), "left"), note("right")))
    state = found["node_states"]["left"]
    assert seconds <= seconds_between(state["started_at"], state["completed_at"]) < seconds + 0.7


def test_a_wait_ends_in_the_record_when_its_time_is_over(admin: Client) -> None:
    """Also where no step of the same branch follows that could note it."""
    parallel = diamond(admin, wait(1000, "left"), wait(60_000, "right"))
    chain = admin.publish(wait(1000, "left"), wait(60_000, "right"), note("join"))
    for execution in all_at_once([partial(admin.run, parallel, wait=2), partial(admin.run, chain, wait=2)]):
        for status in ("running", "cancelled"):
            found = admin.details(execution)
            states = found["node_states"]
            assert [states[name]["status"] for name in ("left", "right", "join")] == ["completed", status, "pending"]
            assert seconds_between(states["left"]["started_at"], states["left"]["completed_at"]) == 1
            assert states["left"]["output_data"]["result"]["data"] == {"durationMs": 1000}
            assert found["execution_path"][-2:] == ["left", "right"]
            if status == "running":
                assert admin.delete(execution_path(execution)).status_code == 200
        assert {**admin.details(execution), "metrics": None} == {**found, "metrics": None}


def test_a_wait_behind_a_failure_never_began(admin: Client) -> None:
    bad = node("bad", "call_api", {"url": "http://127.0.0.1:9/"})
    workflow = admin.publish(note(), bad, wait(60_000), note("last"))
    found = admin.ran(workflow)
    assert found["execution_path"] == ["note", "bad"]
    assert found["node_states"]["wait"]["started_at"] is None
    dry = admin.tested(workflow, mocks={"bad": {"error": "no"}})
    assert [step["node_id"] for step in dry["trace"]] == ["note", "bad"]
    assert dry["summary"]["nodes_executed"] == 2
