"""The decisions that are taken between effects, and what they know."""

from typing import Any

import pytest

from state_machines.flow import DONE
from state_machines.fold import Folded, Result, Scope, Timer, fold
from tests.workflows import NOW, Definition, flow_of, graph, scope_of


def folded(definition: Definition, trigger: Any = None, **variables: Any) -> tuple[Folded, Scope]:
    flow = flow_of(definition)
    scope = scope_of(flow, trigger, **variables)
    return fold(scope, flow.entry, None, NOW), scope


def outputs(result: Folded) -> dict[str, Any]:
    return {found.node: found.output for found in result.results}


def setting(**variables: Any) -> Definition:
    return {"type": "set_variables", "config": {"variables": variables}}


def test_decisions_are_taken_up_to_the_next_effect() -> None:
    definition = graph("t>v v>c c:true>a c:false>b a>z", t="trigger", v=setting(x="{{trigger.c}}!"), c="condition")
    found, scope = folded(definition, {"c": True})
    assert found.next == "a"
    assert outputs(found) == {"t": {"c": True}, "v": {"x": "True!".lower()}, "c": {"result": True}}
    assert [result.port for result in found.results] == ["result", "result", "true"]
    assert scope.results.keys() == {"t", "v", "c"}


@pytest.mark.parametrize(
    ("value", "port"),
    [
        ("x", "x"),
        ("y", "y"),
        ("z", "default"),
        (5, "five"),
        (True, "yes"),
        (None, "none"),
        ("5", "five"),
        ([], "default"),
    ],
)
def test_a_switch_leads_by_its_value_written_as_text(value: Any, port: str) -> None:
    cases = {"x": "x", "y": "y", "5": "five", "true": "yes", "null": "none"}
    definition = graph("s:default>a", s={"type": "switch", "config": {"field": "trigger.v", "cases": cases}})
    assert folded(definition, {"v": value})[0].results[0].output == {"value": value, "port": port}


def test_a_switch_over_nothing_takes_its_default() -> None:
    config = {"field": "trigger.v", "cases": {"null": "none"}, "default": "other"}
    found, _ = folded(graph("s:other>a", s={"type": "switch", "config": config}))
    assert found.next == "a"
    assert found.results[0].output == {"value": None, "port": "other"}


def test_an_end_gives_its_output_and_is_the_end() -> None:
    end = {"type": "end", "config": {"output": {"n": "{{trigger.n}}"}}}
    found, _ = folded(graph("t>e", t="trigger", e=end), {"n": 2**53 + 1})
    assert found.next == DONE
    assert outputs(found)["e"] == {"n": 2**53 + 1}
    assert outputs(folded(graph("e", e={"type": "end", "config": {}}))[0]) == {"e": None}


def test_what_has_no_value_is_noted_in_the_logs() -> None:
    found, _ = folded(graph("v", v=setting(x="{{trigger.gone}}")))
    assert found.results[0].output == {"x": None}
    assert found.results[0].logs == ["{{trigger.gone}} has no value"]


def test_disabled_decisions_are_passed_over() -> None:
    off = {"type": "condition", "enabled": False}
    found, scope = folded(graph("c:true>a c:false>b", c=off))
    assert (found.next, found.results, scope.results) == ("a", [], {})


# -- variables ------------------------------------------------------------------------------------------------------

PARALLEL = graph(
    "v>s s>l s>r l>a a>j r>b b>j j>e",
    v=setting(x="before", y="before"),
    l=setting(x="left", only="left"),
    r=setting(x="right", seen="{{variables.x}}"),
    j=setting(joined="{{variables.x}}"),
    e={"type": "end", "config": {"output": "{{variables}}"}},
)


def test_a_branch_sees_its_own_and_earlier_assignments() -> None:
    flow = flow_of(PARALLEL)
    scope = scope_of(flow, x="default", z="default")
    fold(scope, "v", None, NOW)
    found = fold(scope, flow.after("s", "result"), None, NOW)
    assert found.next == "fork 1"
    assert found.branches == {"fork 1 branch 1": "a", "fork 1 branch 2": "b"}
    assert outputs(found)["r"] == {"x": "right", "seen": "before"}
    assert scope.variables_at("a") == {"x": "left", "y": "before", "z": "default", "only": "left"}
    assert scope.variables_at("b") == {"x": "right", "y": "before", "z": "default", "seen": "before"}


@pytest.mark.parametrize(("first", "last"), [("l", "right"), ("r", "left")])
def test_at_the_join_assignments_apply_in_the_order_of_the_connections(first: str, last: str) -> None:
    connections = PARALLEL["connections"]
    mine = sorted((arrow for arrow in connections if arrow["from"] == "s"), key=lambda arrow: arrow["to"] != first)
    flow = flow_of(PARALLEL | {"connections": mine + [arrow for arrow in connections if arrow["from"] != "s"]})
    scope = scope_of(flow)
    fold(scope, "v", None, NOW)
    fold(scope, flow.after("s", "result"), None, NOW)
    found = fold(scope, "j", None, NOW)
    assert outputs(found)["j"] == {"joined": last}
    assert outputs(found)["e"]["x"] == last
    assert scope.final_variables()["x"] == last


def test_variables_of_a_request_overlay_defaults_and_assignments_overlay_both() -> None:
    definition = graph("v", v=setting(b=3)) | {"variables": {"a": 1, "b": 1}}
    _, scope = folded(definition, a=2)
    assert scope.final_variables() == {"a": 2, "b": 3}
    assert scope.variables == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"variables": {"x": "{{length(trigger.n)}}"}}, "cannot be evaluated"),
        ({"variables": "{{trigger.n}}"}, "variables must be an object"),
        ({"variables": {"x": "{{`1e400`}}"}}, "a number that JSON cannot hold"),
        ({"variables": {"x": ["{{trigger.long}}"] * 11}}, "larger than 1,000,000 bytes"),
        ({"variables": {"x": "a {{trigger.long}}" * 11}}, "larger than 1,000,000 characters"),
    ],
)
@pytest.mark.parametrize("on_error", ["stop", "retry", "continue"])
def test_an_assignment_that_fails_stops_the_run_unless_it_may_go_on(
    config: Definition, reason: str, on_error: str
) -> None:
    definition = graph("v>a", v={"type": "set_variables", "config": config, "onError": on_error})
    found, scope = folded(definition, {"n": 5, "long": "x" * 100_000})
    (result,) = found.results
    assert result.failed
    assert reason in (result.error or "")
    assert (found.next, found.failure) == (("a", None) if on_error == "continue" else (DONE, result))
    assert scope.final_variables() == {}


def test_as_much_as_a_step_may_keep_can_be_assigned() -> None:
    definition = graph("v>a", v=setting(x="{{trigger.long}}"))
    found, scope = folded(definition, {"long": "x" * 999_990})
    assert found.failure is None
    assert scope.final_variables() == {"x": "x" * 999_990}


def test_a_condition_that_fails_and_goes_on_counts_as_unmet() -> None:
    value = {"field": "trigger.x", "operator": "equals", "value": "{{length(trigger.n)}}"}
    definition = graph("c:true>a c:false>b", c={"type": "condition", "config": value, "onError": "continue"})
    found, _ = folded(definition, {"x": 1, "n": 5})
    assert (found.next, found.results[0].port, found.results[0].error_type) == ("b", "false", "ExpressionFailed")


def test_a_switch_that_fails_and_goes_on_takes_its_default() -> None:
    switch = {"type": "switch", "config": {"field": "trigger", "cases": {"a": "x"}}, "onError": "continue"}
    found, _ = folded(graph("s:x>a s:default>b", s=switch), {"long": "x" * 1_000_000})
    assert (found.next, found.results[0].error_type) == ("b", "ValueTooLarge")


# -- waits and forks ------------------------------------------------------------------------------------------------


def waiting(ms: int | str, on_error: str = "stop") -> Definition:
    return {"type": "wait", "config": {"durationMs": ms}, "onError": on_error}


@pytest.mark.parametrize("ms", [1500, "{{trigger.ms}}"])
def test_a_wait_that_is_reached_sets_its_timer(ms: int | str) -> None:
    found, _ = folded(graph("t>w w>a", t="trigger", w=waiting(ms)), {"ms": 1500})
    assert found.next == "w"
    assert found.timers == {"w": Timer(started_at=NOW, ms=1500)}
    assert found.timers["w"].result("w", "later").output == {"durationMs": 1500}


@pytest.mark.parametrize("ms", [-1, 1.5, "1500", True, None, 31_536_000_001, [1] * 100, float("inf")])
def test_a_wait_of_no_time_that_can_be_fails(ms: Any) -> None:
    definition = graph("w>a", w=waiting("{{trigger.ms}}"))
    found, _ = folded(definition, {"ms": ms})
    assert found.failure is not None
    assert (found.next, found.failure.node, found.failure.status) == (DONE, "w", "failed")


def test_a_wait_that_fails_and_goes_on_takes_no_time() -> None:
    found, _ = folded(graph("w>a", w=waiting("{{trigger.ms}}", "continue")), {"ms": "soon"})
    timer = found.timers["w"]
    assert (found.next, found.failure, timer.ms) == ("w", None, 0)
    assert timer.result("w", NOW).failed
    assert "durationMs is a whole number" in (timer.document()["error"])


def test_a_fork_without_effects_is_folded_as_a_whole() -> None:
    found, _ = folded(graph("t>l t>r l>j r>j j>a", t="trigger", l=setting(l=1), r=setting(r=1), j=setting(j=1)))
    assert [result.node for result in found.results] == ["t", "l", "r", "j"]
    assert (found.next, found.branches) == ("a", {})


@pytest.mark.parametrize(("c", "d", "after"), [(True, False, "a"), (False, True, "a"), (False, False, DONE)])
def test_a_folded_join_runs_if_any_branch_comes_to_it(c: bool, d: bool, after: str) -> None:
    definition = graph("t>c t>d c:true>a d:true>a", t="trigger", c="condition", d="condition")
    assert folded(definition, {"c": c, "d": d})[0].next == after


def test_a_fork_in_a_branch_names_the_branches_of_both() -> None:
    found, _ = folded(graph("t>v t>b v>x v>y x>i y>i i>j b>j", t="trigger", v=setting(v=1)))
    assert found.branches == {
        "fork 1 branch 1": "fork 2",
        "fork 1 branch 2": "b",
        "fork 2 branch 1": "x",
        "fork 2 branch 2": "y",
    }


def test_a_failure_in_one_branch_stops_the_others() -> None:
    bad = setting(x="{{length(trigger.n)}}")
    found, _ = folded(graph("t>v t>w v>a w>b", t="trigger", v=bad, w=setting(w=1)), {"n": 5})
    assert [result.node for result in found.results] == ["t", "v"]
    assert found.failure == found.results[-1]


def test_a_thousand_decisions_are_folded_without_overflow() -> None:
    arrows = " ".join(f"c{i}:true>c{i + 1}" for i in range(999))
    found, _ = folded(
        graph(arrows, **{f"c{i}": "condition" for i in range(1000)}), {f"c{i}": True for i in range(1000)}
    )
    assert len(found.results) == 1000


# -- results --------------------------------------------------------------------------------------------------------


def test_a_result_as_json_has_only_what_is_not_at_its_default() -> None:
    plain = Result(node="a", started_at=NOW, ended_at=NOW)
    assert plain.document() == {"node": "a", "started_at": NOW, "ended_at": NOW}
    full = Result(node="a", started_at=NOW, ended_at=NOW, output=0, attempt=2, logs=["x"], port="true", status="failed")
    assert Result(**full.document()) == full
    assert full.document().keys() == {"node", "started_at", "ended_at", "output", "attempt", "logs", "port", "status"}


def test_a_node_reads_only_what_ran_before_it() -> None:
    flow = flow_of(graph("s>a s>b a>j b>j"))
    scope = scope_of(flow, {"t": 1})
    scope.results |= {name: Result(node=name, output=name, started_at=NOW, ended_at=NOW) for name in "sab"}
    assert scope.document("b")["steps"] == {"s": {"output": "s"}}
    assert scope.document("j")["steps"].keys() == {"s", "a", "b"}
    assert scope.document("j")["execution"] == {"id": "an execution"}
    assert scope.document("j")["workflow"] == {"id": "a workflow", "name": "a graph", "version": 1}
