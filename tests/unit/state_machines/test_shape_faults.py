"""A definition whose shape is wrong somewhere: every fault is told, and none that only follows from another."""

from typing import Any

import pytest

from state_machines.errors import WorkflowInvalid
from tests.workflows import Definition, chain, faults_of, flow_of, graph

LIST = "Input should be a valid list"
UNKNOWN = "Unknown field: remove it or mend its spelling"


@pytest.mark.parametrize(
    ("definition", "faults"),
    [
        ({"name": "w", "actions": 5}, {"actions": LIST}),
        ({"name": "w", "nodes": 5}, {"nodes": LIST}),
        (graph("a>b") | {"connections": 5}, {"connections": LIST}),
    ],
)
def test_what_only_follows_from_a_wrong_shape_is_not_told(definition: Definition, faults: dict[str, str]) -> None:
    assert faults_of(definition) == faults


def test_a_port_that_cannot_be_read_is_told_once_and_no_other_is_put_in_its_place() -> None:
    definition = graph("c:true>b", c="condition") | {"connections": [{"from": "c", "fromPort": 5, "to": "b"}]}
    with pytest.raises(WorkflowInvalid) as raised:
        flow_of(definition)
    assert [fault.path for fault in raised.value.faults] == ["connections[0].fromPort"]


@pytest.mark.parametrize(
    ("definition", "paths"),
    [
        (chain("teleport") | {"name": 5, "status": 5, "variables": 5}, ["name", "status", "variables"]),
        (chain("teleport", {"type": "call", "timeout": -1, "colour": 5}), ["actions[1].timeout", "actions[1].colour"]),
        (graph("a>b", a="teleport") | {"timeout_seconds": 5}, ["timeout_seconds"]),
    ],
)
def test_a_wrong_type_is_told_beside_a_wrong_shape(definition: Definition, paths: list[str]) -> None:
    first = "actions[0].type" if "actions" in definition else "nodes[0].type"
    assert set(faults_of(definition)) == {*paths, first}


@pytest.mark.parametrize("change", [{"name": ""}, {"timeoutSeconds": 0}, {"colour": "red"}, {"timeout_seconds": 5}])
def test_how_nodes_hang_together_is_told_beside_a_wrong_shape(change: dict[str, Any]) -> None:
    faults = faults_of(graph("a>b b>c b:wrong>d") | change)
    assert set(faults) == {*change, "connections[2].fromPort"}


def test_a_connections_unknown_fields_hide_no_other_fault() -> None:
    connections = [{"from": "a", "to": "b", "x": 1, "y": 2}, {"from": "a", "to": "z"}]
    assert faults_of(graph("a>b") | {"connections": connections}) == {
        "connections[0].x": UNKNOWN,
        "connections[0].y": UNKNOWN,
        "connections[1].to": "There is no node 'z'",
    }


def test_a_field_is_told_by_its_whole_name() -> None:
    assert set(faults_of(graph("a") | {"Xray": 1, "XX": 2})) == {"Xray", "XX"}


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (chain("call") | {"connections": []}, "connections belong to nodes; a chain of actions has none"),
        ({"name": "w"}, "give either actions (a chain) or nodes with connections (a graph)"),
    ],
)
def test_a_fault_of_the_whole_is_a_plain_sentence(definition: Definition, sentence: str) -> None:
    assert faults_of(definition)[""] == sentence


def test_a_node_with_an_unknown_field_is_not_read_by_another_spelling() -> None:
    given = {"type": "call_api", "config": {"url": 5}, "on_error": "retry"}
    assert faults_of(chain(given)) == {"actions[0].on_error": UNKNOWN}
