"""Which graphs can run, and how they are seen: forks, joins, regions."""

import time

import pytest

from tests.workflows import Definition, chain, faults_of, flow_of, graph, node

KINDS: dict[str, str | Definition] = {"c": "condition", "d": "condition", "e": "end", "f": "end", "t": "trigger"}


def drawn(arrows: str) -> Definition:
    names = {part.partition(":")[0] for arrow in arrows.split() for part in arrow.split(">")}
    return graph(arrows, **{name: kind for name, kind in KINDS.items() if name in names})


def forks_of(arrows: str) -> dict[str, str]:
    """The forks as `branches > join`."""
    flow = flow_of(drawn(arrows))
    return {name: f"{' '.join(fork.branches)} > {fork.join}" for name, fork in flow.forks.items()}


@pytest.mark.parametrize(
    ("arrows", "forks"),
    [
        ("a", {}),
        ("a>b b>x", {}),
        ("c:true>a c:false>b a>x b>x", {}),
        ("c:true>e c:false>f", {}),
        ("s>a s>b a>j b>j", {"fork 1": "a b > j"}),
        ("s>b s>a a>j b>j", {"fork 1": "b a > j"}),
        ("s>a s>b", {"fork 1": "a b > None"}),
        ("s>a s>b a>x b>e", {"fork 1": "a b > None"}),
        ("s>a s>j a>j", {"fork 1": "a j > j"}),
        ("s>a s>b s>x a>j b>j x>j", {"fork 1": "a b x > j"}),
        ("s>a s>b s>x a>y b>y y>j x>j", {"fork 1": "fork 2 x > j", "fork 2": "a b > y"}),
        ("s>a s>b s>x a>y b>y", {"fork 1": "fork 2 x > None", "fork 2": "a b > y"}),
        ("s>a s>b a>x a>y x>i y>i i>j b>j", {"fork 1": "a b > j", "fork 2": "x y > i"}),
        ("s>a s>b a>x a>y x>j y>j b>j", {"fork 1": "a b > j", "fork 2": "x y > j"}),
        ("s>c s>a c:true>j a>j", {"fork 1": "c a > j"}),
        ("s>c s>d c:true>j d:true>j", {"fork 1": "c d > j"}),
        ("s>a s>b a>j b>j j>x j>y x>k y>k", {"fork 1": "a b > j", "fork 2": "x y > k"}),
        ("c:true>a c:true>b c:false>x a>j b>j x>j", {"fork 1": "a b > j"}),
        ("s>a s>b a>x a>j b>j", {"fork 1": "a b > j", "fork 2": "x j > j"}),
        ("s>a s>c c:true>x c:false>y x>z y>z a>j z>j", {"fork 1": "a c > j"}),
    ],
)
def test_forks_and_their_joins(arrows: str, forks: dict[str, str]) -> None:
    assert forks_of(arrows) == forks


@pytest.mark.parametrize(
    ("arrows", "path", "message"),
    [
        ("s>a s>c a>j c:true>j c:false>e", "nodes[4]", "'e' ends a branch of 's' that others must join at 'j'"),
        ("s>a s>b a>x b>x a>y b>y", "", "inside a parallel branch|reached around"),
        ("s>a s>b s>x a>y b>y b>z x>z", "nodes[0]", "meet in part only"),
        ("t>c c:true>s c:false>a s>a s>b a>j b>j", "nodes[3]", "inside a parallel branch and is also reached from"),
        ("s>c s>b c:true>j c:false>k b>j j>k", "nodes[4]", "'k' follows 'j', where the branches of 's' join"),
    ],
)
def test_branches_that_are_not_nested_are_refused(arrows: str, path: str, message: str) -> None:
    faults = faults_of(drawn(arrows))
    assert faults
    found = faults.get(path, "") if path else " ".join(faults.values())
    assert any(part in found for part in message.split("|")), faults


@pytest.mark.parametrize(
    ("definition", "path", "message"),
    [
        (graph("a>b b>a"), "nodes", "There is no entry"),
        (graph("s>a a>b b>a"), "nodes[1]", "a cycle through 'a' → 'b'"),
        (graph("a>a"), "nodes", "There is no entry"),
        (graph("s>a a>b b>d b>x d>a"), "nodes[1]", "a cycle through 'a' → 'b' → 'd'; connections only"),
        (graph("a b"), "nodes", "more than one entry: nothing leads to 'a', 'b'"),
        (graph("t>a b", t="trigger"), "nodes[2]", "'b' cannot be reached: connect it or remove it"),
        (graph("t>a u>a", t="trigger", u="trigger"), "nodes", "more than one entry"),
        (graph("t>a a>u", t="trigger", u="trigger"), "connections[1].to", "'u' is a trigger"),
        (graph("a:wrong>b"), "connections[0].fromPort", "'a' (call) has no port 'wrong': use 'result'"),
        (graph("c>b", c="condition"), "connections[0].fromPort", "use 'true' or 'false'"),
        (graph("s:z>b", s="switch"), "connections[0].fromPort", "use 'x' or 'y' or 'default'"),
        (graph("e>b", e="end"), "connections[0].fromPort", "'e' is an end: nothing follows it"),
        (graph("a>b a>b"), "connections[1]", "connected to 'b' by this port already"),
        ({"name": "w", "nodes": []}, "nodes", "at least one node"),
        ({"name": "w", "actions": []}, "actions", "at least one node"),
        (chain("end", "call"), "actions[1]", "the action before it ends the workflow"),
        ({"name": "w", "nodes": [node("a"), node("a")]}, "nodes[1].id", "already taken by nodes[0]"),
        ({"name": "w", "actions": [node("a"), node("a")]}, "actions[1].id", "already taken by actions[0]"),
        (graph("a") | {"connections": [{"from": "x", "to": "a"}]}, "connections[0].from", "There is no node 'x'"),
        (graph("a") | {"connections": [{"from": "a", "to": "x"}]}, "connections[0].to", "There is no node 'x'"),
    ],
)
def test_a_graph_that_cannot_run_is_told_where_and_why(definition: Definition, path: str, message: str) -> None:
    assert message in faults_of(definition)[path]


def test_a_duplicate_id_hides_no_cycle() -> None:
    definition = graph("s>a a>b b>a")
    definition["nodes"].append(node("s"))
    assert list(faults_of(definition)) == ["nodes[3].id", "nodes[1]"]


def nested(depth: int) -> Definition:
    arrows = [f"n{i}>j{i} n{i}>n{i + 1}" + (f" j{i}>j{i - 1}" if i else "") for i in range(depth)]
    return graph(" ".join([*arrows, f"n{depth}>j{depth - 1}"]))


def test_branches_nest_twenty_deep() -> None:
    assert len(flow_of(nested(20)).forks) == 20
    assert faults_of(nested(21)) == {"nodes[40]": "Branches are nested at most 20 deep"}


@pytest.mark.parametrize(
    "definition",
    [
        chain(*["call"] * 1000),
        graph(
            " ".join(f"c{i}:true>c{i + 1} c{i}:false>x" for i in range(998)),
            **{f"c{i}": "condition" for i in range(999)},
        ),
        graph(" ".join(f"s>b{i} b{i}>j" for i in range(998))),
        graph(" ".join(f"s{i}>a{i} s{i}>b{i} a{i}>s{i + 1} b{i}>s{i + 1}" for i in range(333))),
    ],
    ids=["chain", "conditions", "fan", "diamonds"],
)
def test_a_thousand_nodes_are_read_at_once(definition: Definition) -> None:
    began = time.process_time()
    assert len(flow_of(definition).nodes) == 1000
    assert time.process_time() - began < 2


def test_a_thousand_nested_forks_are_refused_without_overflow() -> None:
    assert "nested at most" in next(iter(faults_of(nested(498)).values()))


def test_nodes_are_in_the_order_of_their_connections() -> None:
    flow = flow_of(graph("s>b s>a b>x a>j x>j"))
    assert list(flow.nodes) == ["s", "b", "x", "a", "j"]
