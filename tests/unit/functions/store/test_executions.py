"""The record: claimed once, appended to while it runs, ended once, and never changed after that."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions import clock
from functions.store import executions, keys, steps, table
from functions.store.additions import Addition
from functions.store.counters import totals
from functions.store.executions import (
    AlreadyClaimed,
    AlreadyDone,
    Ending,
    Execution,
    ExecutionEnded,
    Input,
    Status,
)
from functions.store.steps import Step
from local.aws import LocalAws
from state_machines.errors import TooMuchKept
from state_machines.fold import Timer, size_kept
from state_machines.limits import KEPT
from tests.unit.functions.samples import AT, NOTHING, claimed, ended, make_execution, result

GIVEN = Input(trigger={"a": 2**53 + 1}, variables={"b": 0.1}, metadata={"session_id": "s"})
TIMER = Timer(started_at=AT, ms=1500)


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def in_flight() -> list[str]:
    return [str(item["execution_id"]) for item in executions.in_flight("9999")]


def read(execution: Execution) -> Execution:
    found = executions.read(execution.id)
    assert found
    return found


class TestClaiming:
    def test_a_record_is_read_as_it_was_claimed(self) -> None:
        first = Step([result("begin"), result("check", port="true")], {"next": "a"}, {"pause": TIMER})
        execution = executions.claim(make_execution(machine_arn="arn"), GIVEN, first, None)
        assert read(execution) == execution
        assert execution.log == ("begin#0", "+check#0>true")
        assert execution.timers == {"pause": TIMER}
        assert steps.in_head(read(execution).small_steps, ["begin#0", "a#0"]) == {"begin#0": first}

    @pytest.mark.parametrize("size", [10, 5_000, 200_000])
    def test_its_input_is_read_as_it_was_given_whatever_its_size(self, size: int) -> None:
        given = Input(trigger={"text": "é" * (size // 2)}, variables={"n": 1}, metadata={"m": 1})
        execution = claimed(given=given)
        assert executions.read_input(read(execution)) == given

    @pytest.mark.parametrize("other", [NOTHING, replace(NOTHING, trigger={"text": "x" * 5_000})])
    def test_it_is_claimed_once_and_the_second_changes_nothing(self, other: Input) -> None:
        execution = claimed(given=GIVEN)
        with pytest.raises(AlreadyClaimed):
            executions.claim(make_execution(id=execution.id, version=2), other, Step([]), None)
        assert (read(execution).version, executions.read_input(read(execution))) == (1, GIVEN)

    def test_it_is_in_flight_and_due_for_a_look_after_a_minute(self) -> None:
        execution = claimed()
        assert list(executions.in_flight("2026-11-22T14:00:59.999Z")) == []
        assert [item["execution_id"] for item in executions.in_flight("2026-11-22T14:01:00.000Z")] == [execution.id]

    def test_one_that_its_first_decisions_end_is_counted_and_never_in_flight(self) -> None:
        ending = Ending(status=Status.COMPLETED, at="2026-11-22T14:00:02.000Z")
        execution = executions.claim(make_execution(), NOTHING, Step([result("begin")]), ending)
        assert (read(execution).status, read(execution).duration_ms) == (Status.COMPLETED, 2000)
        assert in_flight() == []
        assert totals(execution.workflow_id, "", "9999").by_status["completed"] == 1

    def test_what_fits_into_one_item_is_no_transaction_which_would_cost_twice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[int] = []
        transact = table.transact

        def counted(*writes: Any) -> None:
            made.append(len(writes))
            transact(*writes)

        monkeypatch.setattr(table, "transact", counted)
        claimed(given=GIVEN)
        assert made == []
        claimed(given=replace(NOTHING, trigger={"text": "x" * 5_000}))
        assert made == [2]

    def test_an_input_that_was_deleted_is_an_error(self) -> None:
        with pytest.raises(LookupError, match="has no input"):
            executions.read_input(make_execution())

    def test_a_finished_run_is_kept_with_its_steps_and_counted_as_a_test(self) -> None:
        execution = make_execution(is_test=True)
        finished = [Step([result("a"), result("check")]), Step([result("b")])]
        kept = executions.keep_finished(execution, NOTHING, finished, Ending(status=Status.COMPLETED, at=AT))
        assert kept.log == ("a#0", "+check#0", "b#0")
        assert (kept.nodes_executed, list(read(kept).small_steps)) == (3, ["a#0", "b#0"])
        assert totals(kept.workflow_id, "", "9999", tests=True).by_status["completed"] == 1


class TestAppending:
    def test_an_attempt_is_noted_with_the_waits_before_it(self) -> None:
        execution = executions.begin_attempt(claimed().id, "a", 0, 2, ["~pause#0"])
        assert execution.log == ("~pause#0",)
        (start,) = execution.started
        assert start.startswith("a#0#2@")
        assert execution.nodes_seen == {"a", "pause"}

    def test_a_commit_appends_its_lines_together_and_sets_its_timers(self) -> None:
        execution = claimed()
        addition = Addition(
            lines=["a#0", "+check#0>true"], timers={"pause": TIMER, "b.c-d": TIMER}, small_steps={"a#0": "{}"}
        )
        executions.commit(execution, addition)
        assert read(execution).log == ("a#0", "+check#0>true")
        assert read(execution).timers == {"pause": TIMER, "b.c-d": TIMER}

    def test_small_steps_are_kept_in_the_head_as_long_as_there_is_room(self) -> None:
        execution = claimed()
        body = "x" * 300
        assert execution.room_for(body)
        kept = 0
        while execution.room_for(body):
            addition = Addition(lines=[f"n{kept}#0"], small_steps={f"n{kept}#0": body})
            execution = executions.commit(execution, addition)
            kept += 1
        assert read(execution).small_steps == {f"n{n}#0": body for n in range(kept)}
        assert kept > 1
        assert not claimed().room_for("x" * 10_000)

    def test_a_commit_comes_once(self) -> None:
        execution = executions.commit(claimed(), Addition(lines=["a#0"]))
        with pytest.raises(AlreadyDone):
            executions.commit(execution, Addition(lines=["a#0"]))
        assert read(execution).log == ("a#0",)

    def test_results_are_counted_and_what_there_is_no_room_for_is_refused(self) -> None:
        execution = executions.claim(make_execution(), GIVEN, Step([result("begin", output="é" * 10)]), None)
        at_first = execution.results_size
        assert at_first == size_kept([result("begin", output="é" * 10)]) > 30
        room = KEPT.most - at_first
        with pytest.raises(TooMuchKept):
            executions.commit(execution, Addition(lines=["a#0"], size=room + 1))
        assert read(execution) == execution
        full = executions.commit(execution, Addition(lines=["a#0"], size=room))
        assert (full.results_size, full.log) == (KEPT.most, ("begin#0", "a#0"))
        with pytest.raises(AlreadyDone):
            executions.commit(execution, Addition(lines=["a#0"], size=room))
        with pytest.raises(TooMuchKept):
            executions.end(execution, Ending(status=Status.COMPLETED, at=AT), Addition(lines=["b#0"], size=1))
        assert read(execution) == full
        # What keeps nothing needs no room.
        assert executions.end(execution, Ending(status=Status.CANCELLED, at=AT)).status == Status.CANCELLED

    def test_of_branches_that_commit_together_only_those_are_kept_that_there_is_room_for(self) -> None:
        execution, kept = claimed(), list[str]()

        def append(line: str) -> None:
            try:
                executions.commit(execution, Addition(lines=[line], size=KEPT.most // 3))
                kept.append(line)
            except TooMuchKept:
                return

        threads = [threading.Thread(target=append, args=(f"n{i}#0",)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(read(execution).log) == sorted(kept)
        assert len(kept) == 3

    def test_threads_that_append_together_lose_nothing_and_double_nothing(self) -> None:
        execution = claimed()
        lines = [f"n{i}#0" for i in range(8)]

        def append(line: str) -> None:
            try:
                executions.commit(execution, Addition(lines=[line]))
            except AlreadyDone:
                return

        threads = [threading.Thread(target=append, args=(line,)) for line in lines * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(read(execution).log) == lines


class TestEnding:
    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
    def test_an_end_is_written_with_the_last_lines_and_counted(self, status: Status) -> None:
        execution = executions.commit(claimed(), Addition(lines=["a#0"]))
        ending = Ending(status=status, at="2026-11-22T14:00:01.500Z", error="no", error_node="b")
        after = executions.end(execution, ending, Addition(lines=["b#0", "+c#0"]))
        assert read(execution) == after
        assert (after.status, after.log, after.error, after.error_node) == (status, ("a#0", "b#0", "+c#0"), "no", "b")
        assert (after.duration_ms, after.nodes_executed) == (1500, 3)
        assert totals(execution.workflow_id, "", "9999").by_status[status] == 1

    def test_whoever_comes_second_changes_nothing(self) -> None:
        execution = claimed()
        after = ended(execution, Status.CANCELLED)
        for status in Status:
            with pytest.raises(ExecutionEnded):
                executions.end(execution, Ending(status=status, at=AT), Addition(lines=["a#0"]))
        assert read(execution) == after
        assert totals(execution.workflow_id, "", "9999").by_status.total() == 1

    def test_nothing_is_appended_to_a_record_that_has_ended(self) -> None:
        execution = claimed()
        after = ended(execution)
        attempts: list[Any] = [
            lambda: executions.begin_attempt(execution.id, "a", 0, 0),
            lambda: executions.note_ended_waits(execution.id, ["~pause#0"]),
            lambda: executions.commit(execution, Addition(lines=["a#0"], timers={"pause": TIMER})),
        ]
        for attempt in attempts:
            with pytest.raises(ExecutionEnded):
                attempt()
        assert read(execution) == after

    def test_an_end_with_a_line_that_is_in_the_log_ends_nothing(self) -> None:
        execution = executions.commit(claimed(), Addition(lines=["a#0"]))
        with pytest.raises(AlreadyDone):
            executions.end(execution, Ending(status=Status.COMPLETED, at=AT), Addition(lines=["a#0"]))
        assert read(execution).status == Status.RUNNING

    def test_what_never_existed_has_ended(self) -> None:
        with pytest.raises(ExecutionEnded):
            executions.begin_attempt("0" * 32, "a", 0, 0)

    def test_eight_ends_at_once_are_one(self) -> None:
        execution, won = claimed(), list[int]()

        def end(number: int) -> None:
            try:
                ended(execution, Status.CANCELLED)
                won.append(number)
            except ExecutionEnded:
                return

        threads = [threading.Thread(target=end, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert totals(execution.workflow_id, "", "9999").by_status["cancelled"] == 1


class TestInFlight:
    def test_it_stays_in_flight_until_its_machine_is_known_to_have_ended(self) -> None:
        execution = ended(claimed())
        assert in_flight() == [execution.id]
        executions.landed(execution.id)
        executions.landed(execution.id)
        assert in_flight() == []

    def test_a_look_can_be_put_off(self) -> None:
        execution = claimed()
        executions.put_off_check(execution.id, 3, "2027-01-01T00:00:00.000Z")
        assert list(executions.in_flight("2026-12-31")) == []
        assert read(execution).checks == 3

    def test_what_has_landed_is_not_put_off(self) -> None:
        execution = ended(claimed())
        executions.landed(execution.id)
        executions.put_off_check(execution.id, 3, "2027-01-01T00:00:00.000Z")
        assert in_flight() == []


class TestExpiring:
    def test_all_items_expire_after_the_longest_run_and_the_retention(self) -> None:
        expires = executions.expiry("2026-11-22T14:00:00.000Z", 3600)
        assert expires == (clock.parse("2026-11-22T15:00:00Z") + timedelta(days=90)).timestamp()

    def test_an_expired_record_is_gone_though_its_item_is_there(self) -> None:
        execution = claimed(expires_at=int(clock.now().timestamp()))
        assert executions.read(execution.id) is None
        assert table.get(keys.execution(execution.id))


def test_the_terminal_statuses_are_those_that_never_change() -> None:
    assert {status for status in Status if status.is_terminal} == {"completed", "failed", "cancelled"}
