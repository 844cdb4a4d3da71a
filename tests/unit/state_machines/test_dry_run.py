"""The dry run: the whole workflow with simulated effects, in no time."""

import time
from itertools import pairwise
from typing import Any

import pytest

from state_machines.dry_run import SECRET, dry_run, faults_of_mocks
from state_machines.fold import size_kept
from state_machines.limits import KEPT
from state_machines.workflow import Node
from tests.workflows import NOW, chain, echo, flow_of, graph, run_dry, scope_of


def ran(*args: Any) -> list[str]:
    return [result.node for result in run_dry(*args).results]


def test_nodes_run_in_the_order_of_the_workflow() -> None:
    definition = graph("t>a a>l a>r l>x x>j r>j j>e", t="trigger", e="end")
    assert ran(definition) == ["t", "a", "l", "x", "r", "j", "e"]


def test_the_join_runs_once_after_the_live_branches() -> None:
    definition = graph("s>c s>b c:true>a a>j b>j", c="condition")
    assert ran(definition, {"c": False}) == ["s", "c", "b", "j"]
    assert ran(definition, {"c": True}) == ["s", "c", "a", "b", "j"]


def test_effects_get_their_rendered_config() -> None:
    definition = graph("a>b", a={"config": {"n": "{{trigger.n}}"}}, b={"config": {"got": "{{steps.a.output.n}}"}})
    assert [result.output for result in run_dry(definition, {"n": 0.1}).results] == [{"n": 0.1}, {"got": 0.1}]


def test_an_unmet_condition_ends_a_chain_as_completed() -> None:
    run = run_dry(chain("call", "condition", "call"), {"a1": False})
    assert [result.node for result in run.results] == ["a0", "a1"]
    assert run.failure is None


def test_waits_take_no_time() -> None:
    began = time.monotonic()
    run = run_dry(chain({"type": "wait", "config": {"durationMs": 3_600_000}}, "call"))
    assert time.monotonic() - began < 1
    assert [result.output for result in run.results] == [{"durationMs": 3_600_000}, {}]


@pytest.mark.parametrize(("on_error", "after"), [("stop", []), ("continue", ["b"])])
def test_a_wait_of_no_time_that_can_be_fails(on_error: str, after: list[str]) -> None:
    wait = {"type": "wait", "config": {"durationMs": "{{trigger.ms}}"}, "onError": on_error}
    run = run_dry(graph("a>w w>b", w=wait), {"ms": "soon"})
    assert [result.node for result in run.results] == ["a", "w", *after]
    assert run.results[1].failed
    assert (run.failure is None) is (on_error == "continue")


def test_a_mock_stands_in_for_an_effect_or_a_wait() -> None:
    mocks = {"a": {"output": {"mocked": None}}, "w": {"output": 5}}
    assert [result.output for result in run_dry(graph("a>w", w="wait"), None, mocks).results] == [{"mocked": None}, 5]


FAIL: dict[str, Any] = {"error": "It broke"}
WORK: dict[str, Any] = {"output": "worked"}


@pytest.mark.parametrize(
    ("mock", "attempt", "status"),
    [
        (WORK, 0, "completed"),
        ([FAIL, WORK], 1, "completed"),
        ([FAIL, FAIL, FAIL, WORK], 3, "completed"),
        ([FAIL, FAIL, FAIL, FAIL, WORK], 3, "failed"),
        ([WORK, FAIL], 0, "completed"),
        ([FAIL], 3, "failed"),
        (FAIL, 3, "failed"),
    ],
)
def test_retry_makes_four_attempts_and_takes_its_mocks_in_turn(mock: Any, attempt: int, status: str) -> None:
    run = run_dry(graph("a>b", a={"onError": "retry"}), None, {"a": mock})
    assert (run.results[0].attempt, run.results[0].status) == (attempt, status)
    assert [result.node for result in run.results] == (["a", "b"] if status == "completed" else ["a"])
    assert (run.failure is None) is (status == "completed")


def test_a_failure_stops_the_run_and_its_join() -> None:
    run = run_dry(graph("s>a s>b a>j b>j"), None, {"a": FAIL})
    assert run.failure is not None
    assert (run.failure.node, run.failure.error, run.failure.error_type) == ("a", "It broke", "SimulatedFailure")
    assert [result.node for result in run.results] == ["s", "a"]


def test_a_failure_that_may_go_on_does() -> None:
    run = run_dry(graph("a>b", a={"onError": "continue"}), None, {"a": [FAIL, WORK]})
    assert [(result.node, result.status) for result in run.results] == [("a", "failed"), ("b", "completed")]
    assert run.failure is None


def test_a_decision_that_fails_stops_the_run() -> None:
    bad = {"type": "set_variables", "config": {"variables": {"x": "{{length(trigger.n)}}"}}}
    run = run_dry(graph("a>v v>b", v=bad), {"n": 5})
    assert run.failure is not None
    assert run.failure.node == "v"
    assert [result.node for result in run.results] == ["a", "v"]


def test_what_a_simulation_raises_fails_its_node() -> None:
    def explode(node: Node, config: dict[str, Any], logs: list[str]) -> Any:
        logs.append("about to")
        raise KeyError(node.id)

    flow = flow_of(graph("a"))
    run = dry_run(scope_of(flow), explode, {}, lambda: NOW)
    assert run.failure is not None
    assert (run.failure.error_type, run.failure.error, run.failure.logs) == ("KeyError", "'a'", ["about to"])


def test_what_a_step_cannot_keep_fails_it() -> None:
    run = run_dry(graph("a"), None, {"a": {"output": "x" * 1_000_000}})
    assert run.failure is not None
    assert run.failure.error == "The output of 'a' is larger than 1,000,000 bytes"


def in_a_row(*names: str, **nodes: Any) -> Any:
    return graph(" ".join(f"{a}>{b}" for a, b in pairwise(names)), **nodes)


def with_output(name: str, size: int) -> Any:
    """A mock of which an execution keeps so many bytes."""
    (result,) = run_dry(graph(name), None, {name: {"output": ""}}).results
    return {"output": "x" * (size - size_kept([result]))}


@pytest.mark.parametrize("on_error", ["stop", "continue"])
def test_a_run_that_keeps_more_than_it_may_fails_whatever_on_error_says(on_error: str) -> None:
    names = [f"n{i}" for i in range(10, 30)]
    definition = in_a_row(*names, **{name: {"onError": on_error} for name in names})
    run = run_dry(definition, None, {name: with_output(name, KEPT.most // 10) for name in names})
    assert [result.node for result in run.results] == names[:11]
    assert run.failure == run.results[-1]
    assert (run.failure.status, run.failure.output, run.failure.error_type) == ("failed", None, "TooMuchKept")
    assert run.failure.error == "The results of an execution may have at most 8,000,000 bytes, and these are more"
    assert not any(result.failed for result in run.results[:10])
    assert (run.failure.started_at, run.failure.ended_at, run.failure.logs) == (NOW, NOW, [])


def test_as_much_as_may_be_kept_is() -> None:
    names = [f"n{i}" for i in range(10, 26)]
    mocks = {name: with_output(name, KEPT.most // 16) for name in names}
    assert run_dry(in_a_row(*names), None, mocks).failure is None
    failure = run_dry(in_a_row(*names), None, mocks | {"n20": with_output("n20", KEPT.most // 16 + 1)}).failure
    assert failure is not None
    assert failure.node == "n25"


def test_a_step_is_kept_with_the_decisions_behind_it_or_not_at_all() -> None:
    names = [f"n{i}" for i in range(10, 26)]
    mocks = {name: with_output(name, KEPT.most // 16) for name in names}
    run = run_dry(in_a_row(*names, "keep", keep="set_variables"), None, mocks)
    assert [result.node for result in run.results] == names
    assert run.failure == run.results[-1]


def test_secrets_are_never_read() -> None:
    definition = graph("a", a={"type": "call_api", "config": {"url": "{{secrets.url}}", "body": "b{{secrets.x}}"}})
    assert run_dry(definition).results[0].output == {"url": SECRET, "body": f"b{SECRET}"}


def test_the_clock_may_stop_a_run() -> None:
    ticks = iter([NOW, NOW])
    flow = flow_of(chain(*["call"] * 5))
    with pytest.raises(StopIteration):
        dry_run(scope_of(flow), echo, {}, lambda: next(ticks))


@pytest.mark.parametrize(
    ("mocks", "message"),
    [
        ({"ghost": WORK}, "There is no such node"),
        ({"c": WORK}, "Only effects can be mocked"),
        ({"off": WORK}, "Only effects can be mocked"),
        *(
            ({"a": mock}, 'Give {"output": …} or {"error": "…"}')
            for mock in ("x", {}, [], {"error": 5}, {"output": 1, "error": "x"}, {"result": 1}, [WORK, "x"], None)
        ),
    ],
)
def test_a_mock_that_fits_no_node_is_refused(mocks: dict[str, Any], message: str) -> None:
    flow = flow_of(graph("c:true>a a>off", c="condition", off={"enabled": False}))
    (fault,) = faults_of_mocks(mocks, flow)
    assert fault.path == f"mocks.{next(iter(mocks))}"
    assert message in fault.message


def test_right_mocks_have_no_faults() -> None:
    assert faults_of_mocks({"a": WORK, "w": [FAIL, WORK]}, flow_of(graph("a>w", w="wait"))) == []


def test_a_thousand_effects_run_within_seconds() -> None:
    flow = flow_of(chain(*["call"] * 1000))
    began = time.process_time()
    assert len(run_dry(flow).results) == 1000
    assert time.process_time() - began < 5
