"""What each condition of a write keeps from happening, where no other test has it, and what the net leaves alone."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions import aws, clock, engine, lifecycle
from functions.engine import MachineRun, MachineStatus
from functions.start import StartRequest, start
from functions.store import executions, keys, members, table, workflows
from functions.store.additions import Addition
from functions.store.executions import Execution, Status
from functions.store.members import Raced
from functions.store.steps import Step
from functions.store.table import ConditionFailed
from functions.store.tenants import Key, Role
from functions.store.workflows import VersionRaced
from local.aws import LocalAws
from local.emulator.events import Message, status_event
from state_machines.log import write_timer
from tests.unit.functions.samples import (
    CALLER,
    chain,
    claimed,
    ended,
    make_version,
    make_workflow,
    publish,
    result,
    task,
    wait,
)


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalAws]:
    with LocalAws(engine=False, schedule=None) as started:
        yield started


@pytest.fixture(autouse=True)
def cloud(shared: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """A local AWS in which nothing was done yet."""
    shared.fresh()
    monkeypatch.setattr(table, "_pause", lambda attempt: None)
    return shared


def remove(key: keys.Key) -> None:
    table.transact(table.deleting(key))


def called(*operations: str) -> list[str]:
    """The calls of these operations from now on."""
    calls: list[str] = []
    for operation in operations:
        aws.dynamodb().meta.events.register(
            f"provide-client-params.dynamodb.{operation}", lambda model, **_: calls.append(str(model.name))
        )
    return calls


class TestWorkflows:
    def test_a_head_that_is_there_is_not_replaced(self) -> None:
        workflow, version = publish(chain(task("a")))
        remove(keys.version(workflow.id, 1))
        with pytest.raises(ConditionFailed):
            workflows.create(make_workflow(id=workflow.id, name="other"), version)
        assert workflows.read(workflow.id) == workflow

    def test_a_version_that_is_there_is_not_replaced(self) -> None:
        workflow, version = publish(chain(task("a")))
        remove(keys.workflow(workflow.id))
        with pytest.raises(ConditionFailed):
            workflows.create(workflow, make_version(workflow, chain(task("b"))))
        assert next(workflows.versions(workflow.id)) == version

    def test_a_new_version_replaces_none_of_its_number(self) -> None:
        workflow, _ = publish(chain(task("a")))
        second = make_workflow(id=workflow.id, version=2)
        table.put(keys.version(workflow.id, 2) | make_version(second, chain(task("b"))).item())
        with pytest.raises(VersionRaced):
            workflows.move_on(second, make_version(second, chain(task("c"))))
        assert workflows.read(workflow.id) == workflow

    def test_of_two_versions_from_the_same_head_one_is_made(self) -> None:
        workflow, _ = publish(chain(task("a")))
        third = make_workflow(id=workflow.id, version=3)
        with pytest.raises(VersionRaced):
            workflows.move_on(third, make_version(third, chain(task("b"))))
        assert workflows.read(workflow.id) == workflow

    @pytest.mark.parametrize("change", ["status", "grants"])
    def test_a_change_makes_no_workflow(self, change: str) -> None:
        workflow = make_workflow()
        make = (
            partial(workflows.set_status, status="ARCHIVED")
            if change == "status"
            else partial(workflows.set_grants, grants={})
        )
        with pytest.raises(ConditionFailed):
            make(workflow, at=clock.now_iso())
        assert table.get(keys.workflow(workflow.id)) is None


class TestMembers:
    def test_a_role_is_not_given_to_the_key_of_somebody_else(self) -> None:
        members.add_key(Key(id="key_b", user="b", tier="premium", roles={}))
        table.update(keys.user("b"), "SET #user = :a", names={"#user": "user"}, values={":a": "a"})
        table.put((table.get(keys.user("b")) or {}) | keys.user("a"))
        with pytest.raises(Raced):
            members.set_role("ws_1", "a", Role.ADMIN)
        assert members.read_key("key_b") == Key(id="key_b", user="b", tier="premium", roles={})

    def test_a_user_who_was_made_meanwhile_is_read_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        nobody = members.read_user("a")
        members.set_role("ws_1", "a", Role.ADMIN)
        read, stale = members.read_user, [nobody]
        monkeypatch.setattr(members, "read_user", lambda user: stale.pop() if stale else read(user))
        members.set_role("ws_2", "a", Role.VIEWER)
        assert members.read_user("a").roles == {"ws_1": Role.ADMIN, "ws_2": Role.VIEWER}


class TestExecutions:
    def test_an_end_and_its_count_are_one_write(self) -> None:
        execution = claimed()
        calls = called("PutItem", "UpdateItem", "TransactWriteItems")
        ended(execution)
        assert calls == ["TransactWriteItems"]

    def test_an_execution_whose_claim_took_effect_without_an_answer_is_started(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[str] = []
        monkeypatch.setattr(engine, "start", lambda arn, name, given: started.append(name))
        workflow = make_workflow()
        version = make_version(workflow, chain(task("a")), machine_arn="arn")
        workflows.create(workflow, version)
        put = table.put

        def put_twice(item: Any, **condition: Any) -> None:
            """What botocore does when it gets no answer."""
            put(item, **condition)
            put(item, **condition)

        monkeypatch.setattr(table, "put", put_twice)
        execution = start(CALLER, workflow, version, StartRequest())
        assert started == [execution.id]

    def test_a_look_that_is_put_off_late_changes_no_record_and_makes_none(self) -> None:
        execution = ended(claimed())
        executions.landed(execution.id)
        before = table.get(keys.execution(execution.id))
        executions.put_off_check(execution.id, 1, clock.now_iso())
        assert table.get(keys.execution(execution.id)) == before
        executions.put_off_check("0" * 32, 1, clock.now_iso())
        executions.landed("0" * 32)
        assert table.get(keys.execution("0" * 32)) is None

    def test_no_execution_ends_before_it_began_by_whatever_clock(self) -> None:
        execution = claimed()
        over = ended(execution, at="2026-11-22T13:59:55.000Z")
        assert (over.ended_at, over.duration_ms) == (execution.started_at, 0)


class TestLifecycle:
    def test_an_event_of_a_record_that_goes_on_meanwhile_is_followed_when_it_comes_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between reading the record and ending it a late function noted the wait before it."""
        workflow, _ = publish(chain(task("a"), wait("pause")))
        stale = committed(claimed(workflow, machine_arn="arn:aws:states:us-east-1:1:stateMachine:x"), "a")
        executions.note_ended_waits(stale.id, [write_timer("pause")])
        reads, reading = executions.read, [stale]
        monkeypatch.setattr(executions, "read", lambda found: reading.pop() if reading else reads(found))
        event = status_event(
            {"executionArn": "arn:aws:states:us-east-1:1:x:y:z", "name": stale.id, "status": "SUCCEEDED"}
        )
        batch = {"Records": [Message(json.dumps(event)).record("arn:aws:sqs:us-east-1:1:q")]}
        assert len(lifecycle.handler(batch, None)["batchItemFailures"]) == 1
        assert "in_flight" in (table.get(keys.execution(stale.id)) or {})
        assert lifecycle.handler(batch, None)["batchItemFailures"] == []
        assert (reads(stale.id) or stale).status == Status.COMPLETED

    def test_one_that_cannot_even_be_read_keeps_no_other_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow, _ = publish(chain(task("a")))
        first = claimed(workflow, machine_arn="arn", started_at="2026-11-22T13:00:00.000Z")
        second = claimed(workflow, machine_arn="arn")
        broken, reads = first.id, executions.read

        def read(execution_id: str) -> Execution | None:
            if execution_id == broken:
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            return reads(execution_id)

        monkeypatch.setattr(executions, "read", read)
        monkeypatch.setattr(engine, "describe", lambda *_: MachineRun(MachineStatus.ABORTED))
        assert lifecycle.check_in_flight(Patient()) == 2
        assert (reads(second.id) or second).status == Status.CANCELLED
        assert (reads(first.id) or first).checks == 1

    def test_a_machine_that_fails_behind_the_last_step_takes_nothing_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workflow, _ = publish(chain(task("a")))
        execution = committed(claimed(workflow), "a")
        lifecycle.settle(execution, MachineRun(MachineStatus.FAILED, "Runtime.ExitError"))
        assert (executions.read(execution.id) or execution).status == Status.COMPLETED


class Patient:
    """A function's context with time enough."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def committed(execution: Execution, node: str) -> Execution:
    """The execution when it has finished this node."""
    return executions.commit(execution, Addition.of(Step([result(node)]), in_head=True))
