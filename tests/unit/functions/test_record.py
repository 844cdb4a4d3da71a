"""The record: every state, the path, the progress and the output, from the log alone."""

import pytest

from functions.record import Record
from functions.store.executions import Status
from state_machines.fold import Result
from tests.unit.functions.samples import (
    AT,
    NOTHING,
    chain,
    condition,
    flow_of,
    graph,
    make_execution,
    result,
    task,
    wait,
)


def record(definition: dict[str, object], *results: Result, **changes: object) -> Record:
    log = tuple(f"{found.node}#0" + (f">{found.port}" if found.port != "result" else "") for found in results)
    execution = make_execution(log=log, **changes)
    return Record(execution, flow_of(definition), NOTHING, {found.node: found for found in results})


def states(of: Record) -> dict[str, str]:
    return {node: state.status for node, state in of.states.items()}


ROW = chain(task("a"), task("b"), task("c"))


def test_a_run_that_goes_on_has_done_running_and_pending_nodes() -> None:
    of = record(ROW, result("a"), started=(f"a#0#0@{AT}", f"b#0#0@{AT}", f"b#0#1@{AT}"))
    assert states(of) == {"a": "completed", "b": "running", "c": "pending"}
    assert (of.path, of.states["b"].attempt) == (["a", "b"], 1)
    assert (of.progress.total, of.progress.completed, of.progress.running, of.progress.percentage) == (3, 1, 1, 33)


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_what_was_running_when_the_run_ended_is_cancelled_and_what_was_to_come_pending(status: Status) -> None:
    of = record(ROW, result("a"), started=(f"b#0#0@{AT}",), status=status, ended_at=AT)
    assert states(of) == {"a": "completed", "b": "cancelled", "c": "pending"}


def test_what_was_not_taken_is_skipped() -> None:
    definition = graph([condition("check"), task("yes"), task("no")], "begin>check", "check.true>yes", "check.false>no")
    of = record(definition, result("begin"), result("check", port="true"))
    assert states(of) == {"begin": "completed", "check": "completed", "yes": "pending", "no": "skipped"}
    done = record(
        definition, result("begin"), result("check", port="true"), result("yes"), status=Status.COMPLETED, ended_at=AT
    )
    assert (states(done)["no"], done.progress.percentage, done.progress.total) == ("skipped", 100, 3)


def test_a_wait_that_the_run_has_come_to_is_running() -> None:
    of = record(chain(task("a"), wait("pause", 31_536_000_000), task("b")), result("a"))
    assert states(of) == {"a": "completed", "pause": "running", "b": "pending"}


def test_a_disabled_node_is_skipped_and_hands_on_what_led_to_it() -> None:
    of = record(chain(task("a"), task("b", enabled=False), task("c")), result("a", output=1), result("c"))
    assert states(of) == {"a": "completed", "b": "skipped", "c": "completed"}
    assert (of.states["c"].input, of.states["a"].has_input) == (1, False)


def test_the_output_is_that_of_the_end_else_of_the_last_that_completed() -> None:
    end = {"id": "end", "type": "end", "config": {"output": 1}}
    done = {"status": Status.COMPLETED, "ended_at": AT}
    ended = record(chain(task("a"), end), result("a", output="x"), result("end", output=5), **done)
    assert ended.final_output == 5
    silent = record(chain(task("a"), {"id": "end", "type": "end"}), result("a", output="x"), result("end"), **done)
    assert silent.final_output == "x"
    assert record(ROW, result("a", output="x"), result("b", status="failed")).final_output == "x"
    assert record(ROW).final_output is None


def test_a_duration_is_in_milliseconds_and_only_of_what_has_ended() -> None:
    of = record(ROW, result("a"), started=(f"b#0#0@{AT}",))
    assert (of.states["a"].duration_ms, of.states["b"].duration_ms) == (1000, None)
    assert of.duration_ms >= 0


def test_the_path_follows_the_connections_though_the_clocks_of_two_functions_differ() -> None:
    first = result("a", started_at="2026-11-22T14:00:05.000Z", ended_at="2026-11-22T14:00:06.000Z")
    second = result("b", started_at="2026-11-22T14:00:01.000Z", ended_at="2026-11-22T14:00:02.000Z")
    of = record(ROW, first, second, started=("c#0#0@2026-11-22T14:00:03.000Z",))
    assert of.path == ["a", "b", "c"]
