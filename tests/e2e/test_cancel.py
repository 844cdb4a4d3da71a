"""Cancelling: it really stops the run, once, and nothing changes a terminal record."""

import time
from functools import partial

import pytest

from tests.e2e.client import ACME, V1, Client, all_at_once, error_of, execution_path, node, note, until, wait
from tests.e2e.target import Target


@pytest.mark.parametrize("dialect", ["v1", "workspaces"])
def test_of_eight_cancels_at_once_one_succeeds(admin: Client, dialect: str) -> None:
    execution = admin.run(admin.publish(wait(60_000)), wait=0)
    path = execution_path(execution) if dialect == "workspaces" else f"{V1}/executions/{execution['id']}/cancel"
    answers = all_at_once([lambda: admin.post(path)] * 8, 8)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    code = "EXECUTION_FAILED" if dialect == "workspaces" else "BAD_REQUEST"
    assert {error_of(answer) for answer in answers if answer.status_code == 400} == {(400, code)}


def test_a_cancel_during_a_wait_ends_it_within_a_second_and_no_step_follows(admin: Client) -> None:
    execution = admin.run(admin.publish(wait(2000), note(recipient="user_never")), wait=0)
    until(lambda: admin.details(execution)["node_states"]["wait"]["status"] == "running")
    began = time.monotonic()
    assert admin.delete(execution_path(execution)).status_code == 200
    found = admin.details(execution)
    assert time.monotonic() - began < 1
    assert found["status"] == "cancelled"
    assert found["node_states"]["wait"]["status"] == "cancelled"
    assert found["node_states"]["note"]["started_at"] is None
    time.sleep(2.5)
    assert {**admin.details(execution), "metrics": None} == {**found, "metrics": None}
    assert admin.get(f"{ACME}/notifications?recipient=user_never").json()["notifications"] == []


def test_a_step_that_comes_to_its_end_later_changes_nothing(admin: Client, target: Target) -> None:
    slow = node("api", "call_api", {"url": f"{target.url}/slow/900/cancelled"})
    execution = admin.run(admin.publish(slow, note(recipient="user_never_2")), wait=0)
    until(lambda: target.seen("/slow/900/cancelled"))
    answer = admin.post(execution_path(execution)).json()["execution"]
    before = admin.get(execution_path(execution)).json()["execution"]
    time.sleep(1.5)
    after = admin.get(execution_path(execution)).json()["execution"]
    assert before == after
    assert (after["status"], after["error"], after["completedAt"]) == (
        "CANCELLED",
        "Cancelled by user",
        answer["completedAt"],
    )
    assert [step["status"] for step in after["steps"]] == ["cancelled"]
    assert admin.get(f"{ACME}/notifications?recipient=user_never_2").json()["notifications"] == []


def test_a_cancelled_execution_counts_as_such(admin: Client) -> None:
    workflow = admin.publish(wait(60_000))
    execution = admin.run(workflow, wait=0)
    admin.delete(execution_path(execution))
    statistics = admin.get(f"{workflow.ws}/executions").json()["statistics"]
    assert (statistics["byStatus"], statistics["successRate"]) == ({"CANCELLED": 1}, 0)
    progress = admin.get(execution_path(execution)).json()
    assert progress["timing"]["isRunning"] is False
    assert progress["progress"]["runningSteps"] == 0


def test_a_cancel_that_meets_the_end_is_either_the_end_or_too_late(admin: Client) -> None:
    workflow = admin.publish(wait(60), note())

    def meet(n: int) -> tuple[int, str]:
        execution = admin.run(workflow, wait=0)
        time.sleep(0.01 * n)
        answer = admin.delete(execution_path(execution))
        until(lambda: admin.get(execution_path(execution)).json()["timing"]["isRunning"] is False)
        return answer.status_code, admin.get(execution_path(execution)).json()["execution"]["status"]

    found = all_at_once([partial(meet, n) for n in range(24)], 6)
    assert set(found) <= {(200, "CANCELLED"), (400, "COMPLETED")}
    counts = {status: sum(each[1] == status for each in found) for status in {each[1] for each in found}}
    assert admin.get(f"{workflow.ws}/executions").json()["statistics"]["byStatus"] == counts


@pytest.mark.parametrize("kind", ["completed", "failed", "test"])
def test_what_has_ended_cannot_be_cancelled(admin: Client, kind: str) -> None:
    failing = node("api", "call_api", {"url": "http://127.0.0.1:9"})
    workflow = admin.publish(failing if kind == "failed" else note())
    execution = admin.tested(workflow)["execution_id"] if kind == "test" else admin.run(workflow)
    before = admin.get(execution_path(execution)).json()
    assert error_of(admin.delete(execution_path(execution))) == (400, "EXECUTION_FAILED")
    assert admin.get(execution_path(execution)).json() == before


def test_cancelling_needs_the_right_to_execute(admin: Client, viewer: Client, member: Client, stranger: Client) -> None:
    execution = admin.run(admin.publish(wait(60_000)), wait=0)
    v1 = f"{V1}/executions/{execution['id']}/cancel"
    for client in (viewer, stranger):
        assert error_of(client.post(v1)) == (403, "PERMISSION_DENIED")
    assert error_of(viewer.delete(execution_path(execution))) == (403, "FORBIDDEN")
    assert admin.details(execution)["status"] == "running"
    assert member.post(v1).status_code == 200
