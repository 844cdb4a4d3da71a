"""What a definition must mean: each fault with its path, and all of them at once."""

from typing import Any

import pytest

from state_machines import effort
from state_machines.errors import WorkflowInvalid
from state_machines.expressions import Reference
from state_machines.references import references_of
from tests.workflows import Definition, chain, faults_of, flow_of, graph, node


def config(kind: str, **fields: Any) -> Definition:
    return {"type": kind, "config": fields}


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ("teleport", "type", "Unknown type 'teleport': use one of call, call_api"),
        (config("call_api"), "config.url", "Field required"),
        (config("call_api", url=5), "config.url", "valid string"),
        (config("call_api", url="u", method="FETCH"), "config.method", "'GET' or 'POST'"),
        (config("call_api", url="u", headers={"a": 1}), "config.headers.a", "valid string"),
        (config("call_api", url="u", verb="GET"), "config.verb", "Unknown field"),
        (config("call_api", url="u", verb="{{trigger.verb}}"), "config.verb", "Unknown field"),
        (config("call_api", url="{{nope}}"), "config.url", "must begin with one of"),
        (config("call_api", url="{{trigger.x"), "config.url", "no '}}' after it"),
        (config("call", deep=[{"x": "{{length(}}"}]), "config.deep[0].x", "not a valid expression"),
        (config("call", x="{{steps.nope.output}}"), "config.x", "a step that does not exist: 'nope'"),
        (config("call", x="{{length(steps.nope.output)}}"), "config.x", "a step that does not exist: 'nope'"),
        (config("call", x="{{steps.n.output}}"), "config.x", "cannot have run before 'n'"),
        (config("call", x="{{execution.nope}}"), "config.x", "execution has no 'nope': it has id"),
        (config("call", x="{{length(workflow.nope)}}"), "config.x", "workflow has no 'nope': it has id, name, version"),
        (config("call", x="{{secrets.key}}"), "config.x", "only as such, in the config of call_api"),
        (config("call_api", url="{{secrets}}"), "config.url", "can be used only as such"),
        (config("call_api", url="{{secrets.key.part}}"), "config.url", "can be used only as such"),
        (config("call_api", url="{{reverse(secrets.key)}}"), "config.url", "can be used only as such"),
        (config("set_variables"), "config.variables", "Field required"),
        (config("set_variables", variables={}), "config.variables", "at least 1"),
        (config("set_variables", variables={"a": "{{secrets.key}}"}), "config.variables.a", "only as such"),
        (config("end", output=1, more=2), "config.more", "Unknown field"),
        (config("wait"), "config.durationMs", "Field required"),
        (config("wait", durationMs=-1), "config.durationMs", "greater than or equal to 0"),
        (config("wait", durationMs="soon"), "config.durationMs", "valid integer"),
        (config("wait", durationMs=1.5), "config.durationMs", "valid integer"),
        (config("wait", durationMs=31_536_000_001), "config.durationMs", "less than or equal to"),
        (config("condition"), "config.field", "Give the path"),
        (config("condition", field="trigger.x", operator="like"), "config.operator", "Unknown operator"),
        (config("condition", field="steps.no.output", operator="exists"), "config.field", "a step that does not exist"),
        (config("condition", field="trigger.x", operator="exists", onFalse="stop"), "config.onFalse", "Unknown field"),
        (config("condition", all=[{"field": "steps.n.output"}]), "config.all[0].field", "cannot have run before"),
        (config("switch", field="trigger.x"), "config.cases", "Field required"),
        (config("switch", field="trigger.x", cases={}), "config.cases", "at least 1"),
        (config("switch", field="trigger.x", cases={"a": "{{trigger.p}}"}), "config.cases.a", "match pattern"),
        (config("switch", field="trigger.x", cases={"a": "a"}, default="{{trigger.p}}"), "config.default", "match"),
        (config("switch", field="{{trigger.x}}", cases={"a": "a"}), "config.field", "is not a path"),
        (config("switch", field=5, cases={"a": "a"}), "config.field", "valid string"),
        (config("switch", field="secrets.x", cases={"a": "a"}), "config.field", "A secret can be used only"),
    ],
)
def test_each_fault_is_told_where_and_why(given: str | Definition, path: str, message: str) -> None:
    assert message in faults_of({"name": "w", "nodes": [node("n", given)]})[f"nodes[0].{path}"]


def test_every_fault_comes_at_once() -> None:
    definition = graph(
        "s>a s>a a:wrong>b b>c c>b",
        s="trigger",
        a="teleport",
        b=config("call_api", url="{{steps.nope.output}}", method="FETCH"),
        c={"onError": "ignore", "timeout": -5},
    )
    definition["nodes"] += [node("lost", config("wait", durationMs=-1)), node("a")]
    definition["connections"].append({"from": "c", "to": "ghost"})
    definition |= {"status": "LIVE", "colour": "red"}
    assert list(faults_of(definition)) == [
        "status",
        "nodes[3].onError",
        "nodes[3].timeout",
        "colour",
        "nodes[1].type",
        "nodes[2].config.method",
        "nodes[2].config.url",
        "nodes[4].config.durationMs",
        "nodes[5].id",
        "connections[1]",
        "connections[2].fromPort",
        "connections[5].to",
        "nodes[4]",
        "nodes[2]",
    ]


@pytest.mark.parametrize(
    "given",
    [
        config(
            "call_api", url="https://x/{{trigger.id}}", method="{{trigger.method}}", headers={"a": "{{secrets.key}}"}
        ),
        config("wait", durationMs="{{trigger.ms}}"),
        config("set_variables", variables="{{trigger.all}}"),
        config("condition", field="trigger.x", operator="in", value="{{variables.list}}"),
        config("end"),
        config("call", x="{{execution.id}} {{workflow.name}} {{steps.*.output}}"),
    ],
)
def test_templates_stand_in_for_what_is_known_only_when_it_runs(given: Definition) -> None:
    assert faults_of({"name": "w", "nodes": [node("n", given)]}) == {}


def test_only_a_chain_says_what_follows_an_unmet_condition() -> None:
    condition = {"field": "trigger.x", "operator": "exists"}
    assert faults_of(chain(config("condition", **condition, onFalse="continue"))) == {}
    assert list(faults_of(chain(config("condition", **condition, onFalse="skip")))) == ["actions[0].config.onFalse"]


@pytest.mark.parametrize(
    ("arrows", "reader", "read", "right"),
    [
        ("a>b b>c", "c", "a", True),
        ("a>b b>c", "a", "c", False),
        ("a>b a>c b>j c>j", "c", "b", False),
        ("a>b a>c b>j c>j", "j", "b", True),
        ("c:true>a c:false>b", "b", "a", False),
        ("c:true>a c:false>b a>b", "b", "a", True),
    ],
)
def test_a_step_is_read_only_where_it_can_have_run(arrows: str, reader: str, read: str, right: bool) -> None:
    nodes: dict[str, str | Definition] = {"c": "condition"} if "c:" in arrows else {}
    definition = graph(arrows, **nodes | {reader: config("call", x=f"{{{{steps.{read}.output}}}}")})
    assert (faults_of(definition) == {}) is right


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"variables": {"x": 1}}, "variables"),
        ({"nodes": [node("a"), node("b", config("call", x=1))]}, "nodes[1]"),
    ],
)
def test_what_is_nested_too_deeply_is_refused_before_anything_walks_it(change: Definition, path: str) -> None:
    deep: Any = []
    for _ in range(990):
        deep = [deep]
    (change["variables"] if path == "variables" else change["nodes"][1]["config"])["x"] = deep
    assert faults_of(graph("a") | change) == {path: "Nested deeper than 100 levels"}


def test_the_references_of_a_node_are_those_of_its_templates_and_fields() -> None:
    definition = graph("a>c c:true>b", c="condition", b=config("call", x=["{{steps.a.output}} {{variables.v}}"]))
    nodes = flow_of(definition).nodes
    assert references_of(nodes["b"]) == {Reference("steps", "a"), Reference("variables", None)}
    assert references_of(nodes["c"]) == {Reference("trigger", None)}


def test_the_error_holds_all_faults_in_one_sentence_each() -> None:
    with pytest.raises(
        WorkflowInvalid, match=r"nodes\[0\].type: Unknown type 'x'.*; nodes\[1\].type: Unknown type 'y'"
    ):
        flow_of(graph("a>b", a="x", b="y"))


def test_what_takes_too_long_to_check_is_one_fault_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "MOST", 1)
    faults = faults_of(graph("a", a=config("call", x="{{trigger.x}}")))
    assert list(faults) == [""]
    assert "take too long to check: use fewer, or simpler ones" in faults[""]
