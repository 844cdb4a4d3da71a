"""Workflows in a few characters, and what runs them without any service, for the tests of everything that needs one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from state_machines.checks import check_workflow
from state_machines.dry_run import Run, dry_run
from state_machines.errors import WorkflowInvalid
from state_machines.flow import Flow
from state_machines.fold import Scope
from state_machines.workflow import Node

Definition = dict[str, Any]

NOW = "2026-11-22T14:32:00.000Z"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:action"


class Anything(BaseModel):
    """The config of an effect that takes whatever it is given."""

    model_config = ConfigDict(extra="allow")


class CallApi(BaseModel):
    """The config of an effect that is particular about it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = {}
    body: Any = None


@dataclass(frozen=True)
class EffectType:
    """An effect as the language knows it."""

    config: type[BaseModel] = Anything
    secrets: bool = False


CATALOG: Mapping[str, EffectType] = {
    "call": EffectType(),
    "call_api": EffectType(CallApi, secrets=True),
    "send_notification": EffectType(),
    "create_task": EffectType(),
    "send_email": EffectType(),
}


def graph(arrows: str, /, **nodes: str | Definition) -> Definition:
    """The definition with these arrows, in order: `"s>a c:true>b"`; a name alone is a node without an arrow.

    A node is an effect of the type `call`, unless `nodes` gives another type, or fields of its own. What a type needs
    in its config is made from the node's id: a condition is met where the trigger's field of that name is true, a
    switch leads by that field to its ports `x` and `y`, set_variables sets a variable of that name, a wait takes 2 s.
    """
    ids: dict[str, None] = {}
    connections = []
    for arrow in arrows.split():
        source, _, target = arrow.partition(">")
        name, _, port = source.partition(":")
        ids |= {name: None} | ({target: None} if target else {})
        if target:
            connections.append({"from": name, "to": target} | ({"fromPort": port} if port else {}))
    return {
        "name": "a graph",
        "nodes": [node(name, nodes.get(name, "call")) for name in ids],
        "connections": connections,
    }


def chain(*actions: str | Definition) -> Definition:
    """The definition of a chain: each action is a type, or fields of its own; their ids are `a0`, `a1` and so on."""
    return {"name": "a chain", "actions": [node(f"a{n}", action) for n, action in enumerate(actions)]}


def node(name: str, given: str | Definition = "call", /, **fields: Any) -> Definition:
    """One node: `given` is its type, or fields of its own."""
    own = {"type": given} if isinstance(given, str) else {"type": "call", **given}
    return {"id": name, "config": _config(own["type"], name), **own, **fields}


def flow_of(definition: Definition) -> Flow:
    """The checked flow of a definition."""
    return check_workflow(definition, CATALOG)


def faults_of(definition: Definition) -> dict[str, str]:
    """What is wrong with a definition: for each path the first sentence; {} where nothing is."""
    try:
        flow_of(definition)
    except WorkflowInvalid as error:
        found: dict[str, str] = {}
        for fault in error.faults:
            found.setdefault(fault.path, fault.message)
        return found
    return {}


def scope_of(flow: Flow, trigger: Any = None, **variables: Any) -> Scope:
    """The scope of an execution that begins."""
    return Scope(
        flow=flow,
        execution={"id": "an execution"},
        workflow={"id": "a workflow", "name": flow.workflow.name, "version": 1},
        trigger={} if trigger is None else trigger,
        variables={**flow.workflow.variables, **variables},
    )


def echo(node: Node, config: dict[str, Any], logs: list[str]) -> Any:
    """An effect that comes to its own config."""
    return config


def run_dry(definition: Definition | Flow, trigger: Any = None, mocks: Mapping[str, Any] | None = None) -> Run:
    """A dry run in which every effect that has no mock comes to its own config."""
    flow = definition if isinstance(definition, Flow) else flow_of(definition)
    return dry_run(scope_of(flow, trigger), echo, mocks or {}, lambda: NOW)


def _config(kind: str, name: str) -> Definition:
    configs: Mapping[str, Definition] = {
        "condition": {"field": f"trigger.{name}", "operator": "equals", "value": True},
        "switch": {"field": f"trigger.{name}", "cases": {"x": "x", "y": "y"}},
        "set_variables": {"variables": {name: name}},
        "end": {"output": name},
        "wait": {"durationMs": 2000},
        "call_api": {"url": "https://example.com"},
    }
    return configs.get(kind, {})
