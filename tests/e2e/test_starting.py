"""Starting: idempotency keys, how long an answer waits, and versions published meanwhile."""

import time
from functools import partial
from typing import Any

import pytest

from tests.e2e.client import ACME, COMMUNITY, Client, Workflow, all_at_once, error_of, execution_path, note, until, wait


@pytest.fixture(scope="module")
def quick(admin: Client) -> Workflow:
    return admin.publish(note(recipient="user_quick"))


def execute(client: Client, workflow: Workflow, key: str, **body: Any) -> Any:
    return client.post(f"{workflow.ws}/execute", json=body, headers={"Idempotency-Key": key})


def total(client: Client, workflow: Workflow) -> int:
    return int(client.get(f"{workflow.ws}/executions").json()["pagination"]["total"])


def test_sixteen_requests_with_one_key_start_one_execution(admin: Client) -> None:
    workflow = admin.publish(note(recipient="user_once"))
    answers = all_at_once([lambda: execute(admin, workflow, "once", triggerData={"a": 1})] * 16)
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["execution"]["id"] for answer in answers}) == 1
    until(
        lambda: admin.get(execution_path(answers[0].json()["execution"])).json()["execution"]["status"] == "COMPLETED"
    )
    assert total(admin, workflow) == 1
    kept = admin.get(f"{ACME}/notifications?recipient=user_once").json()["notifications"]
    assert len(kept) == 1


def test_a_key_holds_after_the_end_and_in_the_other_dialect(admin: Client, quick: Workflow) -> None:
    before = total(admin, quick)
    first = execute(admin, quick, "ended", triggerData={"a": 1, "b": 2})
    again = execute(admin, quick, "ended", triggerData={"b": 2, "a": 1})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert total(admin, quick) == before + 1


def test_a_key_with_another_body_is_a_conflict(admin: Client, quick: Workflow) -> None:
    assert execute(admin, quick, "same", triggerData={"a": 1}).status_code == 200
    before = total(admin, quick)
    assert error_of(execute(admin, quick, "same", triggerData={"a": 2})) == (409, "IDEMPOTENCY_CONFLICT")
    assert error_of(execute(admin, quick, "same", triggerData={"a": True})) == (409, "IDEMPOTENCY_CONFLICT")
    assert total(admin, quick) == before


def test_of_sixteen_requests_with_four_bodies_one_body_wins(admin: Client) -> None:
    workflow = admin.publish(note())
    answers = all_at_once([partial(execute, admin, workflow, "raced", triggerData={"n": n % 4}) for n in range(16)])
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [409] * 12
    assert len({answer.json()["execution"]["id"] for answer in answers if answer.status_code == 200}) == 1
    assert total(admin, workflow) == 1


def test_keys_are_per_user_and_workflow(admin: Client, member: Client, quick: Workflow) -> None:
    other = admin.publish(note())
    found = [execute(admin, quick, "mine"), execute(member, quick, "mine"), execute(admin, other, "mine")]
    assert len({answer.json()["execution"]["id"] for answer in found}) == 3


def test_a_refused_request_uses_no_key_up(admin: Client, quick: Workflow) -> None:
    assert error_of(execute(admin, quick, "refused", triggerData=5)) == (400, "VALIDATION_ERROR")
    assert execute(admin, quick, "refused", triggerData={}).status_code == 200
    headers = {"Idempotency-Key": "refused-v1"}
    bad = admin.post(f"{quick.v1}/execute", json={"community_id": 456}, headers=headers)
    assert error_of(bad) == (404, "WORKFLOW_NOT_FOUND")
    good = admin.post(f"{quick.v1}/execute", json={"community_id": COMMUNITY}, headers=headers)
    assert good.status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused(admin: Client, quick: Workflow, key: str) -> None:
    answer = execute(admin, quick, key)
    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert "Idempotency-Key" in answer.json()["message"]


def test_v1_takes_keys_too(admin: Client, quick: Workflow) -> None:
    body = {"community_id": COMMUNITY, "metadata": {"session_id": "s"}}
    answers = [
        admin.post(f"{quick.v1}/execute", json=body, headers={"Idempotency-Key": "v1", "Prefer": "wait=10"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    conflict = admin.post(
        f"{quick.v1}/execute", json={**body, "variables": {"a": 1}}, headers={"Idempotency-Key": "v1"}
    )
    assert error_of(conflict) == (409, "IDEMPOTENCY_CONFLICT")


def test_wait_0_answers_at_once(admin: Client) -> None:
    slow = admin.publish(wait(3000))
    began = time.monotonic()
    answer = admin.post(f"{slow.ws}/execute", json={}, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    assert answer.json()["execution"]["status"] == "RUNNING"
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("prefer", ["wait=25", "respond-async, wait=25", "Wait = 25"])
def test_wait_ends_with_the_execution(admin: Client, quick: Workflow, prefer: str) -> None:
    began = time.monotonic()
    body = {"community_id": COMMUNITY}
    answer = admin.post(f"{quick.v1}/execute", json=body, headers={"Prefer": prefer})
    assert answer.status_code == 200
    assert answer.json()["data"]["status"] == "completed"
    assert answer.json()["data"]["execution_path"] == ["note"]
    assert time.monotonic() - began < 5


def test_a_wait_that_is_over_answers_202(admin: Client) -> None:
    slow = admin.publish(wait(30_000))
    headers = {"Prefer": "wait=1"}
    v1 = admin.post(f"{slow.v1}/execute", json={"community_id": COMMUNITY}, headers=headers)
    assert (v1.status_code, v1.json()["data"]["status"]) == (202, "running")
    assert 0.9 < v1.elapsed.total_seconds() < 2.5
    admin.delete(execution_path(v1.json()["data"]["execution_id"]))


@pytest.mark.parametrize("prefer", ["wait=26", "wait=-1", "wait=x", "wait=", "wait=1.5", "wait=99999999999"])
def test_a_bad_wait_is_refused(admin: Client, quick: Workflow, prefer: str) -> None:
    before = total(admin, quick)
    answer = admin.post(f"{quick.ws}/execute", json={}, headers={"Prefer": prefer})
    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert "Prefer" in answer.json()["message"]
    v1 = admin.post(f"{quick.v1}/execute", json={"community_id": COMMUNITY}, headers={"Prefer": prefer})
    assert error_of(v1) == (400, "BAD_REQUEST")
    assert total(admin, quick) == before


def test_a_preference_for_something_else_is_ignored(admin: Client, quick: Workflow) -> None:
    assert admin.post(f"{quick.ws}/execute", json={}, headers={"Prefer": "return=minimal"}).status_code == 200


def test_a_running_execution_keeps_the_version_it_began_with(admin: Client) -> None:
    workflow = admin.publish(wait(1500), note("old", message="version 1"), name="One")
    execution = admin.run(workflow, wait=0)
    changed = {"name": "Two", "actions": [note("new", message="version 2")]}
    assert admin.put(workflow.ws, json=changed).json()["workflow"]["version"] == 2
    newer = admin.ran(workflow)
    assert newer["execution_path"] == ["new"]
    found = until(lambda: (seen := admin.details(execution))["status"] == "completed" and seen)
    assert found["execution_path"] == ["wait", "old"]
    assert found["final_output"]["message"] == "version 1"
    assert set(found["node_states"]) == {"wait", "old"}


@pytest.mark.parametrize("status", ["DRAFT", "INACTIVE"])
def test_only_active_workflows_execute_but_others_can_be_tested(admin: Client, status: str) -> None:
    workflow = admin.publish(note(), status=status)
    for path, body in [(f"{workflow.ws}/execute", {}), (f"{workflow.v1}/execute", {"community_id": COMMUNITY})]:
        assert error_of(admin.post(path, json=body)) == (400, "WORKFLOW_INACTIVE")
    assert admin.tested(workflow)["status"] == "completed"
    dry = admin.post(f"{workflow.ws}/execute", json={"dryRun": True})
    assert dry.json()["execution"]["status"] == "COMPLETED"


def test_an_archived_workflow_neither_executes_nor_tests(admin: Client) -> None:
    workflow = admin.publish(note())
    execution = admin.run(workflow)
    assert admin.delete(workflow.ws).status_code == 200
    for path, body in [
        (f"{workflow.ws}/execute", {}),
        (f"{workflow.ws}/execute", {"dryRun": True}),
        (f"{workflow.v1}/execute", {"community_id": COMMUNITY}),
        (f"{workflow.v1}/test", {"community_id": COMMUNITY}),
    ]:
        assert error_of(admin.post(path, json=body)) == (400, "WORKFLOW_INACTIVE"), path
    assert admin.details(execution)["status"] == "completed"
    assert total(admin, workflow) == 1
