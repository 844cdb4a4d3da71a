"""The shape of a definition."""

from typing import Any

import pytest

from state_machines.errors import WorkflowInvalid
from state_machines.workflow import Workflow, path_text, read_in_part, read_workflow
from tests.workflows import chain, faults_of, graph, node


def read(definition: dict[str, Any]) -> Workflow:
    return read_workflow(definition)


def test_defaults_are_written_out_in_the_document() -> None:
    assert read({"name": "w", "actions": [{"type": "call"}]}).document() == {
        "name": "w",
        "description": "",
        "status": "ACTIVE",
        "trigger": {"type": "manual"},
        "variables": {},
        "timeoutSeconds": 86_400,
        "actions": [
            {"id": "action-1", "type": "call", "config": {}, "onError": "stop", "timeout": 30_000, "enabled": True}
        ],
    }


def test_a_document_reads_as_the_workflow_it_came_from() -> None:
    workflow = read(graph("a>b a:result>c", a={"config": {"x": [0.1, 2**53 + 1, None]}, "label": "A"}))
    assert read_workflow(workflow.document()) == workflow
    assert [arrow.to for arrow in workflow.arrows()] == ["b", "c"]


def test_actions_without_an_id_are_numbered() -> None:
    workflow = read({"name": "w", "actions": [{"type": "call"}, {"id": "mine", "type": "call"}, {"type": "call"}]})
    assert [placed.id for _, placed in workflow.placed_nodes()] == ["action-1", "mine", "action-3"]
    assert [(arrow.source, arrow.to) for arrow in workflow.arrows()] == [("action-1", "mine"), ("mine", "action-3")]


def test_an_unmet_condition_of_a_chain_leads_nowhere_unless_it_continues() -> None:
    config = {"field": "trigger.x", "operator": "exists"}
    goes_on = {"type": "condition", "config": {**config, "onFalse": "continue"}}
    workflow = read(chain({"type": "condition", "config": config}, goes_on, "call"))
    ports = [(arrow.source, arrow.from_port) for arrow in workflow.arrows()]
    assert ports == [("a0", "true"), ("a1", "true"), ("a1", "false")]


def test_the_ports_of_each_type() -> None:
    switch = {"type": "switch", "config": {"field": "trigger.x", "cases": {"a": "p", "b": "q", "c": "p"}}}
    workflow = read(graph("t c s e f", t="trigger", c="condition", s=switch, e="end"))
    ports = {placed.id: placed.ports for _, placed in workflow.placed_nodes()}
    assert ports == {
        "t": ("result",),
        "c": ("true", "false"),
        "s": ("p", "q", "default"),
        "e": (),
        "f": ("result",),
    }


def test_the_port_of_a_node_that_is_passed_over_or_failed() -> None:
    workflow = read(graph("c s e f", c="condition", s="switch", e="end"))
    nodes = {placed.id: placed for _, placed in workflow.placed_nodes()}
    assert {name: placed.passing_port for name, placed in nodes.items()} == {
        "c": "true",
        "s": "default",
        "e": None,
        "f": "result",
    }
    assert [nodes[name].failed_port for name in "csf"] == ["false", "default", "result"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"description": None}, "description"),
        ({"status": "active"}, "status"),
        ({"trigger": "manual"}, "trigger"),
        ({"variables": []}, "variables"),
        ({"timeoutSeconds": 0}, "timeoutSeconds"),
        ({"timeoutSeconds": 31_536_001}, "timeoutSeconds"),
        ({"timeoutSeconds": "60"}, "timeoutSeconds"),
        ({"timeoutSeconds": 60.0}, "timeoutSeconds"),
        ({"timeoutSeconds": True}, "timeoutSeconds"),
        ({"nodes": {}}, "nodes"),
        ({"nodes": [node("n")] * 1001}, "nodes"),
        ({"nodes": ["n"]}, "nodes[0]"),
        ({"nodes": [{"type": "call"}]}, "nodes[0].id"),
        ({"nodes": [{"id": "a"}]}, "nodes[0].type"),
        ({"nodes": [node("a b")]}, "nodes[0].id"),
        ({"nodes": [node("a\n")]}, "nodes[0].id"),
        ({"nodes": [node("x" * 65)]}, "nodes[0].id"),
        ({"nodes": [node("a", onError="ignore")]}, "nodes[0].onError"),
        ({"nodes": [node("a", timeout=-1)]}, "nodes[0].timeout"),
        ({"nodes": [node("a", timeout=840_001)]}, "nodes[0].timeout"),
        ({"nodes": [node("a", enabled="yes")]}, "nodes[0].enabled"),
        ({"nodes": [node("a", config=[])]}, "nodes[0].config"),
        ({"nodes": [node("a", colour="red")]}, "nodes[0].colour"),
        ({"connections": [{"to": "a"}]}, "connections[0].from"),
        ({"connections": [{"from": "a", "to": "b", "fromPort": ""}]}, "connections[0].fromPort"),
        ({"colour": "red"}, "colour"),
        ({"actions": []}, ""),
        ({"nodes": None}, ""),
    ],
)
def test_a_wrong_shape_is_told_with_its_path(change: dict[str, Any], path: str) -> None:
    assert path in faults_of(graph("a") | change)


def test_a_chain_has_no_connections() -> None:
    assert "a chain of actions has none" in faults_of(chain("call") | {"connections": []})[""]


def test_an_unknown_field_is_told_in_a_sentence() -> None:
    with pytest.raises(WorkflowInvalid, match="colour: Unknown field: remove it or mend its spelling"):
        read(graph("a") | {"colour": 1})


def test_paths_are_written_as_people_write_them() -> None:
    assert path_text(("nodes", 2, "config", "url")) == "nodes[2].config.url"


def test_what_can_be_read_of_a_definition_is_read_without_the_rest() -> None:
    definition = graph("a>b b>c", b={"timeout": -1, "colour": "red"}) | {"name": "", "variables": 5}
    found = read_in_part(definition)
    assert [path for path, _ in found.nodes] == ["nodes[0]", "nodes[2]"]
    assert found.ids == {"a", "b", "c"}
    assert found.workflow is not None
    assert len(found.workflow.arrows()) == 2
    assert definition["name"] == ""


@pytest.mark.parametrize("change", [{"nodes": [{"id": 5, "type": "call"}]}, {"connections": ["a"]}, {"nodes": "x"}])
def test_how_a_definition_hangs_together_is_not_guessed(change: dict[str, Any]) -> None:
    assert read_in_part(graph("a>b") | change).workflow is None


def test_a_field_is_known_by_its_own_spelling_only() -> None:
    faults = faults_of({"name": "x", "actions": [{"type": "wait", "config": {"durationMs": 5}, "on_error": "retry"}]})
    assert list(faults) == ["actions[0].on_error"]
