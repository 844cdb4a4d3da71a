"""What the stream tells of a record: the same steps in the same order, whenever and from wherever it is read."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions import finished
from functions.events import Extent
from functions.finished import Finished, FinishedSteps, StepMissing
from functions.record import NOT_ACTIONS, Record
from functions.store import steps
from functions.store.executions import Execution, Status
from functions.store.steps import Step
from state_machines.flow import Flow
from state_machines.fold import Result, Timer
from state_machines.log import write_lines
from tests.unit.functions.samples import AT, NOTHING, chain, flow_of, make_execution, result, task, wait
from tests.unit.state_machines.test_properties import workflows
from tests.workflows import flow_of as drawn_flow
from tests.workflows import run_dry

LATER, END = "2026-11-22T14:00:02.000Z", "2026-11-22T14:00:03.000Z"


def steps_of(monkeypatch: pytest.MonkeyPatch, flow: Flow, execution: Execution) -> FinishedSteps:
    monkeypatch.setattr(finished, "flow_of", lambda _: flow)
    return FinishedSteps(execution)


def kept(*results: Result, **changes: Any) -> Execution:
    """An execution whose log has these results, one step each, all kept in its head."""
    found = [Step([each]) for each in results]
    log = tuple(line for step in found for line in write_lines(step.results))
    return make_execution(log=log, small_steps={step.leader: step.body() for step in found}, **changes)


def all_of(found: FinishedSteps) -> list[Finished]:
    return [found.step(number) for number in range(found.extent(10**6).steps)]


def told(found: FinishedSteps) -> list[tuple[str, str, int]]:
    return [(each.state.node, each.state.status, each.progress.percentage) for each in all_of(found)]


def test_steps_are_in_the_order_in_which_they_finished_with_the_progress_at_that_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = flow_of(chain(task("a"), task("b"), task("c"), task("d", enabled=False)))
    found = steps_of(monkeypatch, flow, kept(result("b"), result("a", status="failed", error="no")))
    # The disabled one was skipped from the beginning.
    assert told(found) == [("b", "completed", 50), ("a", "failed", 75)]


def test_trigger_and_end_are_no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = chain(task("a"), {"id": "end", "type": "end"})
    found = steps_of(monkeypatch, flow_of(definition), kept(result("a"), result("end"), status=Status.COMPLETED))
    assert [node for node, *_ in told(found)] == ["a"]
    assert found.extent(0) == Extent(1)
    assert found.extent(2) == Extent(1, ended=True)


def test_a_wait_whose_end_was_noted_by_another_function_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = flow_of(chain(wait("pause", 1000), task("a")))
    timer = Timer(started_at=AT, ms=1000)
    execution = kept(result("a"), timers={"pause": timer})
    found = steps_of(monkeypatch, flow, replace(execution, log=("~pause#0", *execution.log)))
    assert told(found) == [("pause", "completed", 50), ("a", "completed", 100)]
    assert found.step(0).state.duration_ms == 1000


def test_a_wait_begins_with_the_end_of_what_was_read_long_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{i}" for i in range(finished.PAGE)]
    execution = kept(*(result(name, ended_at=LATER) for name in names))
    flow = flow_of(chain(*map(task, names), wait("pause", 1000)))
    found = steps_of(monkeypatch, flow, replace(execution, log=(*execution.log, "~pause#0")))
    assert found.step(len(names)).state.started_at == LATER
    assert found.step(0).state.node == "n0"
    assert found.step(len(names)).state.started_at == LATER


def test_what_ended_without_a_line_comes_before_the_complete_the_cancelled_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nodes = [task("a"), wait("short", 1000), wait("long", 60_000), task("begun"), task("never")]
    definition = {
        "name": "Parallel",
        "nodes": nodes,
        "connections": [{"from": "a", "to": to} for to in ("begun", "long", "short")]
        + [{"from": "begun", "to": "never"}],
    }
    ended = {"status": Status.CANCELLED, "ended_at": END, "started": (f"begun#0#0@{LATER}",)}
    found = steps_of(monkeypatch, flow_of(definition), kept(result("a"), **ended))
    assert [(node, status) for node, status, _ in told(found)] == [
        ("a", "completed"),
        ("short", "completed"),
        ("long", "cancelled"),
        ("begun", "cancelled"),
    ]
    assert found.extent(100) == Extent(4, ended=True)
    assert [each.progress.completed for each in all_of(found)] == [1, 2, 2, 2]
    assert found.step(3).state.result is None


def test_a_running_record_has_only_what_its_log_has(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = flow_of(chain(task("a"), wait("pause", 0), task("b")))
    execution = kept(result("a"), started=(f"b#0#0@{AT}",))
    assert steps_of(monkeypatch, flow, execution).extent(2) == Extent(1)


def test_a_step_that_is_being_deleted_is_missing_and_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = flow_of(chain(task("a"), task("b")))
    whole = kept(result("a"), result("b"))
    found = steps_of(monkeypatch, flow, replace(whole, small_steps={}))
    monkeypatch.setattr(steps, "read_some", lambda *_: ({}, []))
    with pytest.raises(StepMissing, match="not there"):
        found.step(0)
    found.follow(whole)
    assert len(all_of(found)) == 2


def test_few_steps_are_read_at_once_and_of_those_before_no_output_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{i}" for i in range(30)]
    flow = flow_of(chain(*map(task, names)))
    whole = kept(*(result(name, output="x" * 1000) for name in names))
    reads: list[int] = []

    def read_some(_: str, leaders: set[str]) -> tuple[dict[str, Step], list[Any]]:
        reads.append(len(leaders))
        return {leader: Step.from_body(whole.small_steps[leader]) for leader in leaders}, []

    monkeypatch.setattr(steps, "read_some", read_some)
    found = steps_of(monkeypatch, flow, replace(whole, small_steps={}))
    assert [each.state.node for each in all_of(found)] == names
    assert sum(reads) == 30
    assert max(reads) <= finished.PAGE
    assert not any(passed.output for passed in found._passed.values())
    again = found.step(3)
    assert again.state.result
    assert again.state.result.output == "x" * 1000


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(definition=workflows(), data=st.data())
def test_whoever_reads_it_whenever_is_told_the_same(
    monkeypatch: pytest.MonkeyPatch, definition: dict[str, Any], data: st.DataObject
) -> None:
    flow = drawn_flow(definition)
    names = [name for name, node in flow.nodes.items() if node.type in ("condition", "call")]
    trigger = {name: data.draw(st.booleans()) for name in names} | {"ms": 5}
    mocks = {n: {"error": "no"} for n in names if flow.nodes[n].type == "call" and data.draw(st.integers(0, 7)) == 0}
    run = run_dry(flow, trigger, mocks)
    whole = kept(*run.results)
    status = Status.FAILED if run.failure else Status.COMPLETED
    ended = replace(whole, status=status, ended_at=END)

    live = steps_of(monkeypatch, flow, replace(whole, log=()))
    seen: list[Finished] = []
    at = 0
    while at < len(whole.log):
        at = data.draw(st.integers(at + 1, len(whole.log)))
        live.follow(replace(whole, log=whole.log[:at]))
        seen += [live.step(number) for number in range(len(seen), live.extent(0).steps)]
    live.follow(ended)
    seen += [live.step(number) for number in range(len(seen), live.extent(10**6).steps)]

    late = steps_of(monkeypatch, flow, ended)
    assert all_of(late) == seen
    resumed = steps_of(monkeypatch, flow, ended)
    if seen:
        somewhere = data.draw(st.integers(0, len(seen) - 1))
        assert [resumed.step(number) for number in range(somewhere, len(seen))] == seen[somewhere:]

    record = Record(ended, flow, NOTHING, {each.node: each for each in run.results})
    logged = [each.node for each in run.results if flow.nodes[each.node].type not in NOT_ACTIONS]
    assert [each.state.node for each in seen][: len(logged)] == logged
    assert {each.state.node: each.state.status for each in seen} == {each.node: each.status for each in record.steps}
    assert len(seen) == len(record.steps)
    if seen:
        last = seen[-1].progress
        assert (last.total, last.completed, last.skipped, last.percentage) == (
            record.progress.total,
            record.progress.completed,
            record.progress.skipped,
            record.progress.percentage,
        )
