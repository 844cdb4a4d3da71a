"""Where a run stands, and where a path can lead."""

import pytest

from state_machines.flow import DONE
from tests.workflows import flow_of, graph

DIAMOND = flow_of(graph("s>a s>b a>x x>j b>j j>z", s="trigger"))
LEFT = dict.fromkeys("sa", "result")


@pytest.mark.parametrize(
    ("finished", "frontier", "ready"),
    [
        ("", "s", "s"),
        ("s", "ab", "ab"),
        ("sa", "bx", "xb"),
        ("sax", "bj", "b"),
        ("sab", "xj", "x"),
        ("saxb", "j", "j"),
        ("saxbj", "z", "z"),
        ("saxbjz", "", ""),
    ],
)
def test_a_join_is_ready_when_nothing_may_still_run_before_it(finished: str, frontier: str, ready: str) -> None:
    found = DIAMOND.frontier(dict.fromkeys(finished, "result"))
    assert found == set(frontier)
    assert DIAMOND.ready(found) == list(ready)


def test_the_frontier_follows_the_ports_that_were_taken() -> None:
    flow = flow_of(graph("c:true>a c:false>b", c="condition"))
    assert flow.frontier({"c": "false"}) == {"b"}
    assert flow.frontier({"c": "false", "b": "result"}) == set()


def test_the_frontier_passes_over_disabled_nodes() -> None:
    off = {"type": "condition", "enabled": False}
    flow = flow_of(graph("a>off off:true>b off:false>x b>end", off=off, end={"type": "end", "enabled": False}))
    assert flow.frontier({"a": "result"}) == {"b"}
    assert flow.frontier({"a": "result", "b": "result"}) == set()


def test_a_join_runs_although_one_branch_died() -> None:
    flow = flow_of(graph("s>c s>b c:true>j b>j", c="condition"))
    ports = {"s": "result", "c": "false", "b": "result"}
    assert flow.ready(flow.frontier(ports)) == ["j"]
    assert flow.frontier({**ports, "j": "result"}) == set()


def test_what_may_still_run_is_what_the_frontier_leads_to() -> None:
    assert DIAMOND.reachable({"x"}) == {"x", "j", "z"}
    assert DIAMOND.reachable({"s"}) == set(DIAMOND.nodes)
    assert DIAMOND.reachable(set()) == set()


def test_what_runs_before_what() -> None:
    assert [name for name in DIAMOND.nodes if DIAMOND.runs_before(name, "x")] == ["s", "a"]
    assert list(DIAMOND.earlier_nodes("j")) == ["s", "a", "x", "b"]
    assert not DIAMOND.runs_before("b", "x")
    assert not DIAMOND.runs_before("x", "x")


@pytest.mark.parametrize(
    ("arrows", "outcomes"),
    [
        ("t>a", {"a"}),
        ("t>c c:true>a", {"a", DONE}),
        ("t>c c:true>a c:false>b", {"a", "b"}),
        ("t>c c:true>e c:false>e", {DONE}),
        ("t>c c:true>d c:false>a d:true>b d:false>e", {"a", "b", DONE}),
        ("t>a t>b a>j b>j", {"fork 1"}),
        ("t>v t>w v>j w>j", {"j"}),
        ("t>c t>d c:true>j d:true>j", {"j", DONE}),
        ("t>c t>v c:true>j v>j", {"j"}),
        ("t>v t>w", {DONE}),
        ("t>off off>a", {"a"}),
        ("t>off", {DONE}),
    ],
)
def test_where_a_fold_can_end(arrows: str, outcomes: set[str]) -> None:
    kinds = {"t": "trigger", "c": "condition", "d": "condition", "e": "end", "v": "set_variables", "w": "set_variables"}
    flow = flow_of(graph(arrows, **kinds, off={"enabled": False}))
    assert flow.outcomes(flow.entry, None) == outcomes


@pytest.mark.parametrize(
    ("arrows", "sure"),
    [
        ("s>a s>b a>j b>j", True),
        ("s>c s>d c:true>j d:true>j", False),
        ("s>c s>b c:true>j b>j", True),
        ("s>c s>d c:true>j c:false>j d:true>j", True),
        ("s>a s>b", False),
        ("s>a s>d a>x a>y x>i y>i i>j d:true>j", True),
        ("s>a s>d a>c a>y c:true>i y>d2 d2:true>i i>j d:true>j", False),
    ],
)
def test_whether_a_fork_surely_joins(arrows: str, sure: bool) -> None:
    flow = flow_of(graph(arrows, c="condition", d="condition", d2="condition"))
    assert flow.joins_surely(flow.forks["fork 1"]) is sure
