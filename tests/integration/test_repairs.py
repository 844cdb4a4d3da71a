"""What lifecycle ends and repairs: by status events, late, repeated or lost, and by the schedule."""

import io
import json
from collections import Counter
from typing import Any

import boto3
import pytest

from functions import audit, clock, engine, lifecycle
from functions.engine import StartRefused
from functions.store import executions, keys, table
from functions.store.counters import totals
from functions.store.executions import Execution, Status
from local.aws import LocalAws
from local.emulator.events import Message, status_event
from tests.integration.service import Handlers, Json, read, tasks, until_ended
from tests.unit.functions.samples import chain, graph, task, wait

HOUR = wait("hour", 3_600_000)
INSIDE = "what nobody outside is told"


@pytest.fixture
def lost(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """No status event arrives; they are kept here."""
    events: list[Json] = []
    monkeypatch.setattr(cloud.queue, "send", events.append)
    return events


def started(handlers: Handlers, *actions: Json, **fields: Json) -> Execution:
    answer = handlers.execute(handlers.publish(chain(*actions, **fields)), wait=0)
    return read(answer["id"].removeprefix("exec_"))


def deliver(handlers: Handlers, *events: Json) -> Json:
    """SQS's batch of these events; what `lifecycle` answers to it."""
    records = [Message(json.dumps(event)).record("arn:aws:sqs:us-east-1:1:queue") for event in events]
    return handlers.cloud.invoke("lifecycle", {"Records": records})


def event(execution: Execution, status: str, **detail: Json) -> Json:
    arn = engine.run_arn(execution.machine_arn or "", execution.id)
    return status_event({"executionArn": arn, "name": execution.id, "status": status, **detail})


def counted(execution: Execution) -> Counter[str]:
    return +totals(execution.workflow_id, "", "9999").by_status


def item_of(execution: Execution) -> Json:
    return table.get(keys.execution(execution.id))


def stop_machine(execution: Execution) -> None:
    arn = engine.run_arn(execution.machine_arn or "", execution.id)
    boto3.client("stepfunctions").stop_execution(executionArn=arn)


class TestStatusEvents:
    def test_repeated_and_late_events_change_nothing(self, handlers: Handlers) -> None:
        execution = started(handlers, task("a"))
        until_ended(execution.id)
        before = item_of(execution)
        late = [event(execution, status) for status in ("SUCCEEDED", "RUNNING", "FAILED", "ABORTED", "TIMED_OUT")]
        assert deliver(handlers, *late, *late) == {"batchItemFailures": []}
        assert item_of(execution) == before
        assert counted(execution) == {"completed": 1}

    def test_an_end_that_arrives_first_is_not_undone_by_a_start_that_arrives_later(self, handlers: Handlers) -> None:
        execution = started(handlers, HOUR, task("a"))
        deliver(handlers, event(execution, "ABORTED"), event(execution, "RUNNING"))
        assert read(execution.id).status == Status.CANCELLED
        stop_machine(execution)

    def test_an_event_of_a_run_that_is_unknown_is_no_fault(self, handlers: Handlers) -> None:
        detail = {"executionArn": "arn:aws:states:us-east-1:1:execution:x:y", "name": "0" * 32, "status": "FAILED"}
        assert deliver(handlers, status_event(detail)) == {"batchItemFailures": []}

    def test_only_the_events_that_failed_are_delivered_again(
        self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        execution = started(handlers, HOUR, task("a"))
        bad = {"detail": {"name": execution.id, "status": "SOMETHING_NEW"}}
        records = [
            Message(json.dumps(e)).record("arn:aws:sqs:us-east-1:1:q") for e in (bad, event(execution, "ABORTED"))
        ]
        answer = handlers.cloud.invoke("lifecycle", {"Records": records})
        assert answer == {"batchItemFailures": [{"itemIdentifier": records[0]["messageId"]}]}
        assert read(execution.id).status == Status.CANCELLED
        stop_machine(execution)

    def test_a_machine_stopped_from_outside_cancels_the_record(self, handlers: Handlers) -> None:
        execution = started(handlers, HOUR, task("a"))
        stop_machine(execution)
        after = until_ended(execution.id)
        assert (after.status, after.error) == (Status.CANCELLED, "Stopped from outside")
        assert counted(execution) == {"cancelled": 1}

    def test_a_workflow_that_runs_too_long_fails_and_says_so(self, handlers: Handlers) -> None:
        execution = started(handlers, HOUR, task("a"), timeoutSeconds=1)
        after = until_ended(execution.id)
        assert after.status == Status.FAILED
        assert after.error == "The workflow ran longer than its timeoutSeconds (1)"
        _, answer = handlers.request("GET", f"/api/v1/workflows/executions/{execution.id}")
        assert {node: state["status"] for node, state in answer["data"]["node_states"].items()} == {
            "hour": "cancelled",
            "a": "pending",
        }

    def test_the_waits_at_the_end_of_a_run_are_noted_by_its_event(self, handlers: Handlers) -> None:
        execution = started(handlers, task("a"), wait("one"), wait("two"))
        after = until_ended(execution.id)
        assert (after.status, after.log) == (Status.COMPLETED, ("a#0", "~one#0", "~two#0"))


class TestSchedule:
    def test_a_lost_event_is_made_up_for(self, handlers: Handlers, lost: list[Json]) -> None:
        execution = started(handlers, wait("pause"))
        while not any(found["detail"]["status"] == "SUCCEEDED" for found in lost):
            pass
        assert read(execution.id).status == Status.RUNNING
        handlers.repair()
        after = until_ended(execution.id)
        assert (after.status, after.log) == (Status.COMPLETED, ("~pause#0",))
        assert deliver(handlers, *lost) == {"batchItemFailures": []}
        assert counted(execution) == {"completed": 1}

    def test_a_lost_start_is_made_up_for(self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise StartRefused("throttled")

        with monkeypatch.context() as patch:
            patch.setattr(engine, "start", refuse)
            execution = started(handlers, task("a"))
            handlers.repair()
        assert (read(execution.id).status, read(execution.id).checks) == (Status.RUNNING, 1)
        handlers.repair()
        assert until_ended(execution.id).status == Status.COMPLETED
        assert [found["title"] for found in tasks() if found["execution_id"] == execution.id] == ["a"]

    def test_a_machine_that_was_deleted_before_it_started_fails_the_record(
        self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(engine, "start", lambda *_: None)
            execution = started(handlers, task("a"))
        boto3.client("stepfunctions").delete_state_machine(stateMachineArn=execution.machine_arn or "")
        handlers.repair()
        after = until_ended(execution.id)
        assert after.status == Status.FAILED
        assert "no longer has this workflow's state machine" in (after.error or "")

    def test_a_start_is_accepted_though_the_machine_is_gone(
        self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workflow = handlers.publish(chain(task("a")))
        machines = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
        (arn,) = [found["stateMachineArn"] for found in machines if found["name"].startswith(workflow)]
        boto3.client("stepfunctions").delete_state_machine(stateMachineArn=arn)
        execution = handlers.execute(workflow, wait=0)
        assert execution["status"] == "RUNNING"
        handlers.repair()
        assert until_ended(execution["id"].removeprefix("exec_")).status == Status.FAILED

    def test_a_cancel_that_crashed_before_the_machine_stopped_is_finished(
        self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        execution = started(handlers, HOUR, task("a"))
        with monkeypatch.context() as patch:
            patch.setattr(engine, "stop", lambda *_: False)
            handlers.request("POST", f"/api/v1/workflows/executions/{execution.id}/cancel")
        assert read(execution.id).status == Status.CANCELLED
        assert "in_flight" in item_of(execution)
        handlers.repair()
        assert until_ended(execution.id).status == Status.CANCELLED
        run = engine.describe(execution.machine_arn or "", execution.id)
        assert run
        assert (run.status, counted(execution)) == ("ABORTED", {"cancelled": 1})

    def test_a_record_that_ended_before_its_machine_ever_started_lands(
        self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(engine, "start", lambda *_: None)
            execution = started(handlers, task("a"))
        handlers.request("POST", f"/api/v1/workflows/executions/{execution.id}/cancel")
        handlers.repair()
        assert until_ended(execution.id).status == Status.CANCELLED

    def test_what_runs_well_is_looked_at_less_and_less_often(self, handlers: Handlers) -> None:
        execution = started(handlers, HOUR, task("a"))
        for n in range(12):
            handlers.repair()
            pause = clock.parse(item_of(execution)["check_at"]) - clock.now()
            assert pause.total_seconds() / 60 == pytest.approx(min(2**n, 60), abs=0.5)
        assert read(execution.id).checks == 10
        assert read(execution.id).status == Status.RUNNING
        stop_machine(execution)
        until_ended(execution.id)

    def test_one_that_cannot_be_repaired_now_is_noted_and_put_off(
        self, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        execution, written = started(handlers, HOUR, task("a")), io.StringIO()

        def fail(_: Execution) -> None:
            raise RuntimeError(INSIDE)

        with audit.written_to(written), monkeypatch.context() as patch:
            patch.setattr(lifecycle, "repair", fail)
            handlers.repair()
        records = [json.loads(line) for line in written.getvalue().splitlines()]
        noted = [each for each in records if each.get("execution_id") == execution.id]
        names = ("event_type", "action", "result", "level")
        assert [[each[name] for name in names] for each in noted] == [["ERROR", "repair_execution", "FAILURE", "ERROR"]]
        assert [each["error_type"] for each in records if each["message"] == "The repair failed"] == ["RuntimeError"]
        assert INSIDE not in written.getvalue()
        assert clock.parse(item_of(execution)["check_at"]) > clock.now()
        stop_machine(execution)
        until_ended(execution.id)

    def test_a_record_that_moves_on_while_it_is_looked_at_is_judged_by_its_end(
        self, handlers: Handlers, lost: list[Json], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between reading the record and asking Step Functions the run came to its end."""
        execution = started(handlers, task("a"), wait("pause"))
        while not any(found["detail"]["status"] == "SUCCEEDED" for found in lost):
            pass
        reads = executions.read
        stale: list[Any] = [execution]
        monkeypatch.setattr(executions, "read", lambda found: stale.pop() if stale else reads(found))
        handlers.repair()
        monkeypatch.undo()
        assert read(execution.id).status == Status.COMPLETED

    def test_it_stops_in_time_and_goes_on_where_it_was(self, handlers: Handlers) -> None:
        class Short:
            def get_remaining_time_in_millis(self) -> int:
                return 5000

        execution = started(handlers, HOUR, task("a"))
        assert lifecycle.check_in_flight(Short()) == 0
        stop_machine(execution)
        until_ended(execution.id)


def test_a_failed_branch_ends_the_run_at_once_and_what_ran_elsewhere_is_cancelled(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions import action

    perform = action._effect

    def effect(placed: Any, *arguments: Any) -> Any:
        if placed.id == "fails":
            raise ValueError("no")
        return perform(placed, *arguments)

    monkeypatch.setattr(action, "_effect", effect)
    nodes = [task("fails"), HOUR, task("join")]
    links = ["begin>fails", "begin>hour", "fails>join", "hour>join"]
    execution = handlers.execute(handlers.publish(graph(nodes, *links)))
    assert (execution["status"], execution["error"]) == ("FAILED", "Node execution failed: no")
    assert {step["actionId"]: step["status"] for step in execution["steps"]} == {"fails": "failed", "hour": "cancelled"}
    until_ended(execution["id"].removeprefix("exec_"))
