"""What a wait comes to: how long it takes, when, and why it failed where it could not be known."""

from collections.abc import Iterator
from typing import Any

import pytest

from state_machines.dry_run import Run, dry_run
from state_machines.fold import Result, Timer, fold, set_timer
from state_machines.limits import WAIT_MS
from state_machines.workflow import Node
from tests.workflows import Definition, echo, flow_of, graph, scope_of

BEGAN, ENDED = "2026-11-22T14:00:00.000Z", "2026-11-22T14:00:05.000Z"


def waiting(ms: int | str, **fields: Any) -> Definition:
    return graph("w>a", w={"type": "wait", "config": {"durationMs": ms}, **fields})


def timer_of(ms: int | str, trigger: Any = None) -> Timer:
    flow = flow_of(waiting(ms))
    return set_timer(scope_of(flow, trigger), flow.nodes["w"], BEGAN)


@pytest.mark.parametrize("ms", [0, 1, WAIT_MS.most])
def test_a_wait_takes_from_no_time_to_a_year(ms: int) -> None:
    assert timer_of("{{trigger.ms}}", {"ms": ms}) == Timer(started_at=BEGAN, ms=ms)
    assert timer_of(ms) == Timer(started_at=BEGAN, ms=ms)


@pytest.mark.parametrize(
    ("ms", "written"), [(-1, "-1"), (WAIT_MS.most + 1, "31536000001"), (True, "true"), ("s", '"s"')]
)
def test_a_wait_that_is_no_time_says_what_it_was_given(ms: Any, written: str) -> None:
    timer = timer_of("{{trigger.ms}}", {"ms": ms})
    assert timer.error == f"durationMs is a whole number from 0 to 31,536,000,000, not {written}"
    assert (timer.started_at, timer.ms, timer.error_type) == (BEGAN, 0, "ExpressionFailed")


def test_what_a_waits_templates_lack_is_in_its_logs() -> None:
    assert timer_of("{{trigger.ms}}").logs == ["{{trigger.ms}} has no value"]
    assert timer_of("{{trigger.ms || `5`}}") == Timer(started_at=BEGAN, ms=5)
    assert timer_of("{{trigger.gone}}").result("w", ENDED).logs == ["{{trigger.gone}} has no value"]


def test_a_wait_that_is_over_began_and_ended_when_it_did() -> None:
    assert timer_of(5000).result("w", ENDED) == Result(
        node="w", output={"durationMs": 5000}, started_at=BEGAN, ended_at=ENDED
    )


def test_a_wait_that_failed_has_no_output_and_its_error() -> None:
    timer = timer_of("{{trigger.ms}}", {"ms": "soon"})
    assert timer.result("w", ENDED) == Result(
        node="w",
        status="failed",
        output=None,
        started_at=BEGAN,
        ended_at=ENDED,
        error=timer.error,
        error_type="ExpressionFailed",
    )


def test_each_step_of_a_dry_run_has_the_time_at_which_it_was() -> None:
    times = (f"2026-11-22T14:00:{n:02}.000Z" for n in range(60))
    run = run_at(graph("t>w w>a a>c", t="trigger", w="wait", c="condition"), times)
    spans = [(result.started_at, result.ended_at) for result in run.results]
    assert [begun <= ended for begun, ended in spans] == [True] * 4
    assert spans == sorted(spans)
    assert len({begun for begun, _ in spans}) == 4


def test_a_step_that_fails_has_the_time_at_which_it_did() -> None:
    times = (f"2026-11-22T14:00:{n:02}.000Z" for n in range(60))
    flow = flow_of(graph("a>b"))
    run = dry_run(scope_of(flow), echo, {"a": {"error": "It broke"}}, lambda: next(times))
    (failed,) = run.results
    assert run.failure is failed
    assert (failed.status, failed.error, failed.error_type, failed.attempt) == (
        "failed",
        "It broke",
        "SimulatedFailure",
        0,
    )
    assert BEGAN < failed.started_at < failed.ended_at


def test_an_error_without_a_word_is_told_by_its_name() -> None:
    def fails(node: Node, config: dict[str, Any], logs: list[str]) -> None:
        raise TimeoutError

    run = dry_run(scope_of(flow_of(graph("a>b"))), fails, {}, lambda: BEGAN)
    assert [(result.error, result.error_type) for result in run.results] == [("TimeoutError", "TimeoutError")]


def test_decisions_are_taken_at_the_time_of_their_fold() -> None:
    flow = flow_of(graph("t>v t>w v>e w>f", t="trigger", v="set_variables", w="set_variables", e="end", f="end"))
    found = fold(scope_of(flow), flow.entry, None, BEGAN)
    assert {(result.started_at, result.ended_at) for result in found.results} == {(BEGAN, BEGAN)}
    assert len(found.results) == 5


def test_a_run_that_a_wait_stops_ended_when_the_wait_was_come_to() -> None:
    flow = flow_of(waiting("{{trigger.ms}}"))
    found = fold(scope_of(flow, {"ms": "soon"}), flow.entry, None, BEGAN)
    assert found.failure is not None
    assert (found.failure.node, found.failure.started_at, found.failure.ended_at) == ("w", BEGAN, BEGAN)


def run_at(definition: Definition, times: Iterator[str]) -> Run:
    return dry_run(scope_of(flow_of(definition)), echo, {}, lambda: next(times))
