"""Joins, and nodes that are passed over: where a run goes on, and what the machine says of it."""

from typing import Any

import pytest

from state_machines.translate import translate
from tests.workflows import FUNCTION, Definition, flow_of, graph, run_dry

OFF = {"enabled": False}


def ran(definition: Definition, trigger: Any = None) -> list[str]:
    return [result.node for result in run_dry(definition, trigger).results]


@pytest.mark.parametrize(("met", "nodes"), [(True, "s a b c x"), (False, "s a b c y")])
def test_a_decision_where_branches_join_is_taken_once_and_leads_on(met: bool, nodes: str) -> None:
    definition = graph("s>a s>b a>c b>c c:true>x c:false>y", c="condition")
    assert ran(definition, {"c": met}) == nodes.split()


@pytest.mark.parametrize(
    ("arrows", "nodes"),
    [
        ("s>a s>b a>v b>v v>z", "s a b v z"),
        ("s>p s>q p>a p>b a>w b>w w>v q>v v>z", "s p a b w q v z"),
        ("s>p s>q p>a p>b a>v b>v q>v v>z", "s p a b q v z"),
    ],
)
def test_a_decision_where_branches_join_waits_for_all_of_them(arrows: str, nodes: str) -> None:
    assert ran(graph(arrows, v="set_variables", w="set_variables")) == nodes.split()


@pytest.mark.parametrize(
    ("arrows", "nodes"),
    [
        ("a>d d>b", "a b"),
        ("d>a a>b", "a b"),
        ("s>d s>a d>b d>a", "s b a"),
        ("s>d s>a d>b d>j a>j b>j", "s b a j"),
        ("s>a s>b a>d b>d d>j", "s a b j"),
    ],
)
def test_a_disabled_node_is_passed_over_wherever_it_is(arrows: str, nodes: str) -> None:
    assert ran(graph(arrows, d=OFF)) == nodes.split()


def test_a_branch_tells_the_fork_around_it_whether_it_came_to_the_join_or_died() -> None:
    arrows = "s>p s>r p>c p>d c:true>a d:true>b a>i b>i i>j r>e e:true>q q>j"
    machine = translate(flow_of(graph(arrows, c="condition", d="condition", e="condition", i=OFF)), FUNCTION)
    assert machine is not None
    inner = machine["States"]["fork 1"]["Branches"][0]["States"]
    assert inner["fork 2"]["ResultSelector"] == {"joined.$": "States.ArrayContains($[*].next, 'i')"}
    choice = inner["fork 2 joined"]
    (came,) = choice["Choices"]
    assert (came["Variable"], came["BooleanEquals"]) == ("$.joined", True)
    assert inner[came["Next"]] == {"Type": "Pass", "Parameters": {"next": "j"}, "End": True}
    assert inner[choice["Default"]] == {"Type": "Pass", "Parameters": {"next": "(done)"}, "End": True}


def test_what_branches_have_come_to_is_next_beside_those_that_have_not() -> None:
    flow = flow_of(graph("s>x s>a s>b a>j b>j x>j"))
    assert flow.frontier({"s": "result", "a": "result", "b": "result"}) == {"x", "j"}
    assert flow.ready({"x", "j"}) == ["x"]


def test_branches_without_a_function_at_their_end_say_for_themselves_where_they_came_to() -> None:
    machine = translate(
        flow_of(graph("s>c s>d c:true>w w>j d:true>j", c="condition", d="condition", w="wait")), FUNCTION
    )
    assert machine is not None
    waiting, folded = machine["States"]["fork 1"]["Branches"]
    wait = waiting["States"]["w"]
    assert set(wait) == {"Type", "Seconds", "Next"}
    assert waiting["States"][wait["Next"]] == {"Type": "Pass", "Parameters": {"next": "j"}, "End": True}
    assert folded == {
        "StartAt": "fork 1 branch 2",
        "States": {
            "fork 1 branch 2": {
                "Type": "Pass",
                "Parameters": {"next.$": "$.branches['fork 1 branch 2']"},
                "End": True,
            }
        },
    }


def test_a_wait_at_the_end_of_a_branch_hands_nothing_on() -> None:
    machine = translate(flow_of(graph("s>w s>b w>j b>j", w="wait")), FUNCTION)
    assert machine is not None
    first, _ = machine["States"]["fork 1"]["Branches"]
    assert first["States"] == {"w": {"Type": "Wait", "Seconds": 2, "End": True, "OutputPath": None}}


def states_of(definition: Definition) -> dict[str, Any]:
    machine = translate(flow_of(definition), FUNCTION)
    assert machine is not None
    states: dict[str, Any] = machine["States"]
    return states


def test_a_branch_ends_at_its_join_also_where_that_is_passed_over() -> None:
    states = states_of(graph("s>w s>b w>j b>j j>k", w="wait", j=OFF))
    first, second = states["fork 1"]["Branches"]
    assert first["States"] == {"w": {"Type": "Wait", "Seconds": 2, "End": True, "OutputPath": None}}
    assert list(second["States"]) == ["b"]
    assert states["fork 1"]["Next"] == "k"


def test_an_inner_fork_ends_its_branch_at_the_outer_join_also_where_that_is_passed_over() -> None:
    states = states_of(graph("s>p s>q p>x p>y x>j y>j q>j j>k", j=OFF))
    inner = states["fork 1"]["Branches"][0]["States"]
    assert list(inner) == ["p", "fork 2"]
    assert (inner["fork 2"]["End"], inner["fork 2"]["OutputPath"]) == (True, None)
    assert states["fork 1"]["Next"] == "k"


def test_a_join_is_told_of_its_waits_in_the_order_of_the_workflow() -> None:
    states = states_of(graph("s>z s>a z>j a>j", z="wait", a="wait"))
    assert states["j"]["Parameters"]["Payload"]["after_waits"] == ["z", "a"]


def test_a_choice_among_three_has_a_rule_for_all_but_the_last() -> None:
    switch = {"type": "switch", "config": {"field": "trigger.s", "cases": {"x": "x", "y": "y"}}}
    choice = states_of(graph("a>s s:x>b s:y>c s:default>d", s=switch))["after a"]
    rules = [(rule["StringEquals"], rule["Next"]) for rule in choice["Choices"]]
    assert (rules, choice["Default"]) == ([("b", "b"), ("c", "c")], "d")


@pytest.mark.parametrize(("ms", "seconds"), [(1000, 1), (1001, 2), (60_000, 60)])
def test_a_wait_that_nothing_follows_takes_whole_seconds_and_never_too_few(ms: int, seconds: int) -> None:
    states = states_of(graph("a>w", w={"type": "wait", "config": {"durationMs": ms}}))
    assert states["w"]["Seconds"] == seconds
