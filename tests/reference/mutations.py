"""Valid definitions with one thing wrong, each with the places at which its fault must be told."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from state_machines.structure import build_flow
from state_machines.workflow import read_workflow
from tests.reference.drawn import definitions
from tests.workflows import Definition


@dataclass(frozen=True)
class Mutant:
    """A definition, the name of its mutation, and the paths at one of which a fault must be.

    `unless_valid` says that it may be valid after all, and then must run.
    """

    kind: str
    definition: Definition
    paths: frozenset[str]
    unless_valid: bool = False


class _Mutation:
    """A copy of a definition, with what mutations choose by."""

    def __init__(self, draw: st.DrawFn, definition: Definition) -> None:
        self.draw = draw
        self.definition = deepcopy(definition)
        self.field = "nodes" if "nodes" in definition else "actions"
        self.nodes: list[Definition] = self.definition[self.field]
        self.connections: list[Definition] = self.definition.get("connections", [])
        self.ids = [node.get("id", f"action-{n}") for n, node in enumerate(self.nodes, start=1)]

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def place(self, *types: str) -> int | None:
        """The position of a node of one of these types, or of any; None where there is none."""
        found = [i for i, node in enumerate(self.nodes) if not types or node["type"] in types]
        return self.one(*found) if found else None

    def path(self, place: int, *below: str) -> str:
        return ".".join([f"{self.field}[{place}]", *below])

    def of(self, kind: str, *paths: str, unless_valid: bool = False) -> Mutant:
        return Mutant(kind, self.definition, frozenset(paths), unless_valid)


Mutator = Callable[[_Mutation], Mutant | None]


# -- shapes ---------------------------------------------------------------------------------------------------------


def wrong_top(to: _Mutation) -> Mutant:
    """A field of the whole with a value that it cannot have."""
    name, value = to.one(
        ("name", 5), ("name", ""), ("variables", []), ("timeoutSeconds", 0), ("timeoutSeconds", "60"),
        ("timeoutSeconds", True), ("trigger", "manual"), ("status", "active"), ("description", None), ("colour", "red"),
    )  # fmt: skip
    to.definition[name] = value
    return to.of(f"{name} = {value!r}", name)


def wrong_form(to: _Mutation) -> Mutant:
    """No nodes, or in the wrong container."""
    value = to.one({}, "none", 5)
    to.definition[to.field] = value
    return to.of(f"nodes = {value!r}", to.field)


def both_forms(to: _Mutation) -> Mutant:
    to.definition["actions" if to.field == "nodes" else "nodes"] = []
    return to.of("both forms", "")


def wrong_field(to: _Mutation) -> Mutant:
    """A field of a node with a value that it cannot have."""
    place = to.place()
    assert place is not None
    name, value = to.one(
        ("type", 5), ("type", "fly"), ("type", "call-api"), ("config", []), ("config", None), ("onError", "explode"),
        ("onError", None), ("timeout", 0), ("timeout", -1), ("timeout", 840_001), ("timeout", 1.5), ("enabled", "yes"),
        ("enabled", 1), ("label", 5), ("id", ""), ("id", "a b"), ("id", "x" * 65), ("id", 5), ("colour", "red"),
    )  # fmt: skip
    to.nodes[place][name] = value
    return to.of(f"a node's {name} = {value!r}"[:60], to.path(place, name))


def no_type(to: _Mutation) -> Mutant:
    place = to.place()
    assert place is not None
    del to.nodes[place]["type"]
    return to.of("a node without a type", to.path(place, "type"))


def wrong_connection(to: _Mutation) -> Mutant | None:
    if not to.connections:
        return None
    place = to.one(*range(len(to.connections)))
    name, value = to.one(("from", 5), ("to", None), ("to", "a b"), ("fromPort", ""), ("fromPort", 1), ("until", "x"))
    to.connections[place][name] = value
    return to.of(f"a connection's {name} = {value!r}", f"connections[{place}].{name}")


# -- configs --------------------------------------------------------------------------------------------------------

_CONFIGS: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "condition": (
        ("operator", "like"),
        ("field", 5),
        ("field", "nothing.here"),
        ("field", "secrets.key"),
        ("extra", 1),
    ),
    "switch": (("cases", {}), ("cases", []), ("field", "trigger..x"), ("default", ""), ("extra", 1)),
    "set_variables": (("variables", {}), ("variables", 5), ("extra", 1)),
    "end": (("extra", 1),),
    "wait": (("durationMs", -1), ("durationMs", 1.5), ("durationMs", True), ("durationMs", 31_536_000_001)),
    "call_api": (("url", 5), ("url", "ftp://example.com"), ("method", "FLY"), ("headers", []), ("extra", 1)),
    "send_notification": (("message", 5), ("recipient", ""), ("extra", 1)),
    "create_task": (("title", ""), ("priority", "SOON"), ("dueDate", "tomorrow"), ("extra", 1)),
    "send_email": (("to", "nobody"), ("to", []), ("subject", 5), ("extra", 1)),
    "echo": (("extra", 1),),
}
_NEEDED = {
    "switch": "cases", "set_variables": "variables", "wait": "durationMs", "call_api": "url",
    "send_notification": "recipient", "create_task": "title", "send_email": "to", "echo": "value",
}  # fmt: skip


def wrong_config(to: _Mutation) -> Mutant | None:
    """A config with a value that its type cannot take."""
    place = to.place(*_CONFIGS)
    if place is None:
        return None
    node = to.nodes[place]
    name, value = to.one(*_CONFIGS[node["type"]])
    below = to.path(place, "config", name)
    if node["type"] == "condition":
        node["config"] = {"field": "trigger.n", "operator": "equals", "value": 1}
    node["config"][name] = value
    return to.of(f"{node['type']}: {name} = {value!r}", below)


def missing_config(to: _Mutation) -> Mutant | None:
    place = to.place(*_NEEDED)
    if place is None:
        return None
    name = _NEEDED[to.nodes[place]["type"]]
    del to.nodes[place]["config"][name]
    return to.of(f"{to.nodes[place]['type']} without {name}", to.path(place, "config", name))


def wrong_condition(to: _Mutation) -> Mutant | None:
    """A condition inside of others that cannot be evaluated."""
    place = to.place("condition")
    if place is None:
        return None
    wrong, where = to.one(
        ({"field": "trigger.n", "operator": "matches", "value": "(?=x)"}, ".value"),
        ({"field": "trigger.n", "operator": "matches", "value": "("}, ".value"),
        ({"field": "trigger.n", "operator": "matches", "value": 5}, ".value"),
        ({"field": "trigger.n", "operator": "in", "value": "abc"}, ".value"),
        ({"field": "trigger.n", "operator": "equals"}, ".value"),
        ({"field": "trigger.n", "operator": "equals", "value": "{{ sum( }}"}, ".value"),
        ({"field": "trigger.n", "value": 1}, ".operator"),
        ({"operator": "exists"}, ".field"),
        ({"field": "trigger.n", "operator": "exists", "and": 1}, ".and"),
        ({"all": []}, ".all"),
        ({"any": {}}, ".any"),
        ({"not": 5}, ".not"),
        ({"not": {"all": []}, "any": []}, ""),
        (5, ""),
    )  # fmt: skip
    right = {"field": "trigger.n", "operator": "exists"}
    outer, inner = to.one(
        ({"all": [right, wrong]}, ".all[1]"), ({"any": [wrong]}, ".any[0]"), ({"not": {"any": [wrong]}}, ".not.any[0]")
    )
    to.nodes[place]["config"] = outer
    return to.of(f"a condition {wrong!r}", f"{to.path(place, 'config')}{inner}{where}")


def wrong_expression(to: _Mutation) -> Mutant | None:
    """A template that cannot be read, or reads what is not there."""
    place = to.place("set_variables", "echo")
    if place is None:
        return None
    wrong = to.one(
        "{{steps.nobody.output}}", "{{ steps.nobody }}", "{{ trigger.n", "{{}}", "{{ nothing.here }}", "{{ @ }}",
        "{{ sum( }}", "{{ fly(trigger.n) }}", "{{ workflow.colour }}", "{{ execution.name }}", "{{ secrets.key }}",
        "{{trigger.n}} and {{steps.nobody.output.x}}", "{{ steps.\"nobody\".output[0] }}", "{{ [secrets.key] }}",
    )  # fmt: skip
    if to.nodes[place]["type"] == "echo":
        to.nodes[place]["config"]["value"] = {"a": [1, wrong]}
        return to.of(f"a template {wrong}", to.path(place, "config", "value", "a[1]"))
    to.nodes[place]["config"]["variables"] = {"plan": wrong}
    return to.of(f"a template {wrong}", to.path(place, "config", "variables", "plan"))


def reads_later(to: _Mutation) -> Mutant | None:
    """A template that reads a step which cannot have run before."""
    flow = build_flow(read_workflow(to.definition))
    pairs = [
        (place, other)
        for place, name in enumerate(to.ids)
        for other in to.ids
        if to.nodes[place]["type"] == "echo" and not flow.runs_before(other, name)
    ]
    if not pairs:
        return None
    place, other = to.one(*pairs)
    to.nodes[place]["config"] = {"value": f"{{{{steps.{other}.output}}}}"}
    return to.of("a step read too early", to.path(place, "config", "value"))


# -- structure ------------------------------------------------------------------------------------------------------


def same_id(to: _Mutation) -> Mutant | None:
    if len(to.nodes) < 2:
        return None
    first, second = sorted(
        to.draw(st.lists(st.sampled_from(range(len(to.nodes))), min_size=2, max_size=2, unique=True))
    )
    to.nodes[second]["id"] = to.ids[first]
    return to.of("an id twice", to.path(second, "id"))


def nobody(to: _Mutation) -> Mutant | None:
    """A connection from or to a node that is not there."""
    if not to.connections:
        return None
    place, name = to.one(*range(len(to.connections))), to.one("from", "to")
    to.connections[place][name] = "nobody"
    return to.of(f"a connection {name} nobody", f"connections[{place}].{name}")


def wrong_port(to: _Mutation) -> Mutant | None:
    if not to.connections:
        return None
    place = to.one(*range(len(to.connections)))
    to.connections[place]["fromPort"] = "nowhere"
    return to.of("an unknown port", f"connections[{place}].fromPort")


def same_connection(to: _Mutation) -> Mutant | None:
    if not to.connections:
        return None
    to.connections.append(dict(to.one(*to.connections)))
    return to.of("a connection twice", f"connections[{len(to.connections) - 1}]")


def lost_node(to: _Mutation) -> Mutant | None:
    """A node is gone, and what was connected to it is not."""
    touched = [i for i, node in enumerate(to.ids) if any(node in (c["from"], c["to"]) for c in to.connections)]
    if not touched:
        return None
    place = to.one(*touched)
    name = to.ids[place]
    del to.nodes[place]
    ends = [(i, end) for i, arrow in enumerate(to.connections) for end in ("from", "to") if arrow[end] == name]
    return to.of("a node is gone", *(f"connections[{i}].{end}" for i, end in ends))


def lonely_node(to: _Mutation) -> Mutant | None:
    """A node that nothing leads to."""
    if not to.connections:
        return None
    to.nodes.append({"id": "lonely", "type": "echo", "config": {"value": 1}})
    return to.of("a lonely node", to.path(len(to.nodes) - 1), "nodes")


def cycle(to: _Mutation) -> Mutant | None:
    """A connection that leads back."""
    if not to.connections:
        return None
    flow = build_flow(read_workflow(to.definition))
    pairs = [
        (later, earlier)
        for later in to.ids
        if flow.nodes[later].ports
        for earlier in (*flow.earlier_nodes(later), later)
        if flow.nodes[earlier].type != "trigger"
    ]
    if not pairs:
        return None
    later, earlier = to.one(*pairs)
    to.connections.append({"from": later, "fromPort": flow.nodes[later].ports[0], "to": earlier})
    around = [name for name in to.ids if name == later or flow.runs_before(earlier, name)] + [earlier]
    return to.of("a cycle", "nodes", *(to.path(to.ids.index(name)) for name in around))


def behind_an_end(to: _Mutation) -> Mutant | None:
    place = to.place("end")
    if place is None or not to.connections:
        return None
    to.nodes.append({"id": "late", "type": "echo", "config": {"value": 1}})
    to.connections.append({"from": to.ids[place], "to": "late"})
    return to.of("a node behind an end", f"connections[{len(to.connections) - 1}].fromPort")


def behind_a_chain(to: _Mutation) -> Mutant | None:
    """An end with actions behind it, which then are never reached."""
    if to.field == "nodes" or to.nodes[-1]["type"] == "end":
        return None
    to.nodes[-1] |= {"type": "end", "config": {}}
    to.nodes.append({"type": "echo", "config": {"value": 1}})
    return to.of("an action behind an end", to.path(len(to.nodes) - 1))


def to_a_trigger(to: _Mutation) -> Mutant | None:
    place = to.place("trigger")
    if place is None or not to.connections:
        return None
    source = to.one(*to.connections)
    to.connections.append({**source, "to": to.ids[place]})
    return to.of("a connection to the trigger", f"connections[{len(to.connections) - 1}].to")


def other_target(to: _Mutation) -> Mutant | None:
    """One connection leads elsewhere: mostly across a branch's border, into a cycle, or to nothing."""
    if not to.connections:
        return None
    place = to.one(*range(len(to.connections)))
    to.connections[place]["to"] = to.one(*to.ids)
    return to.of("another target", unless_valid=True)


def other_connection(to: _Mutation) -> Mutant | None:
    """One more connection, wherever it leads."""
    if not to.connections:
        return None
    source = to.one(*to.connections)
    to.connections.append({**source, "to": to.one(*to.ids)})
    return to.of("one more connection", unless_valid=True)


def other_order(to: _Mutation) -> Mutant | None:
    """The connections the other way round, and so the branches."""
    if not to.connections:
        return None
    to.connections.reverse()
    return to.of("connections reversed", unless_valid=True)


def other_port(to: _Mutation) -> Mutant | None:
    """A way out of a decision is taken for another reason."""
    found = [arrow for arrow in to.connections if arrow["fromPort"] in ("true", "false")]
    if not found:
        return None
    arrow = to.one(*found)
    arrow["fromPort"] = "false" if arrow["fromPort"] == "true" else "true"
    return to.of("another port", unless_valid=True)


def lost_connection(to: _Mutation) -> Mutant | None:
    if not to.connections:
        return None
    place = to.one(*range(len(to.connections)))
    target = to.connections.pop(place)["to"]
    if any(arrow["to"] == target for arrow in to.connections):
        return to.of("a connection is gone", unless_valid=True)
    where = to.path(to.ids.index(target))
    return to.of("a connection is gone, the only one", where, "nodes")


MUTATORS = (
    wrong_top, wrong_form, both_forms, wrong_field, wrong_field, no_type, wrong_connection, wrong_config, wrong_config,
    missing_config, wrong_condition, wrong_condition, wrong_expression, wrong_expression, reads_later, same_id, nobody,
    wrong_port, same_connection, lost_node, lonely_node, cycle, behind_an_end, behind_a_chain, to_a_trigger,
)  # fmt: skip
"""What is always wrong."""

CHANGES = (other_target, other_connection, other_order, other_order, other_port, other_port, lost_connection)
"""What may be valid after all."""


@st.composite
def mutants(draw: st.DrawFn, definition: Definition, mutator: Mutator) -> Mutant | None:
    """This definition, so mutated; None where it has nothing to mutate so."""
    return mutator(_Mutation(draw, definition))


@st.composite
def any_mutants(draw: st.DrawFn, mutators: tuple[Mutator, ...]) -> Mutant:
    """Some definition with one of these mutations."""
    definition, _ = draw(definitions())
    mutant = draw(mutants(definition, draw(st.sampled_from(mutators))))
    return mutant or wrong_top(_Mutation(draw, definition))
