"""The language: what a client may write as a workflow. Shapes only; `checks.py` says what they must mean."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from state_machines import limits
from state_machines.errors import Fault, WorkflowInvalid

DECISIONS = frozenset({"trigger", "condition", "switch", "set_variables", "end"})
"""Node types that are folded by the function before them; every other type is an effect and costs a transition."""

RESULT = "result"
"""The one port of a node that does not choose."""

_SHOWN = 30
"""Characters of a value, or digits, that a fault may repeat."""

_Readable = TypeVar("_Readable", bound=BaseModel)

_Name = Annotated[str, StringConstraints(pattern=rf"^[A-Za-z0-9_.\-]{{1,{limits.ID.most}}}$")]
NodeId = _Name
Port = _Name


class _Part(BaseModel):
    """A part of a definition: camelCase, exact JSON types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Node(_Part):
    """One node. `timeout` is milliseconds an attempt; `config` is checked by the node's type."""

    id: NodeId
    type: Annotated[str, StringConstraints(min_length=1, max_length=limits.TYPE.most)]
    config: dict[str, Any] = Field(default_factory=dict)
    on_error: Literal["stop", "continue", "retry"] = "stop"
    timeout: int = Field(default=30_000, ge=1, le=limits.TIMEOUT.most)
    label: Annotated[str, StringConstraints(max_length=limits.LABEL.most)] | None = None
    enabled: bool = True

    @property
    def is_effect(self) -> bool:
        """Whether this node does something outside: a disabled node never does."""
        return self.enabled and self.type not in DECISIONS

    @property
    def ports(self) -> tuple[str, ...]:
        """The ports that this node may leave by, in the order they are drawn."""
        if self.type == "condition":
            return ("true", "false")
        if self.type == "switch":
            cases = self.config.get("cases")
            ports = [*(cases.values() if isinstance(cases, dict) else ()), self.default_port]
            return tuple(dict.fromkeys(port for port in ports if isinstance(port, str)))
        return () if self.type == "end" else (RESULT,)

    @property
    def default_port(self) -> str:
        """The port of a switch whose value has no case."""
        return str(self.config.get("default", "default"))

    @property
    def passing_port(self) -> str | None:
        """The port taken when the node is disabled, or None for a node that ends its path."""
        return self.default_port if self.type == "switch" else next(iter(self.ports), None)

    @property
    def failed_port(self) -> str:
        """The port taken when the node failed and the run goes on: a decision that was not taken counts as unmet."""
        return {"condition": "false", "switch": self.default_port}.get(self.type, RESULT)


class Connection(_Part):
    """An arrow from a node's port to a node. Without `fromPort` it leaves by `result`."""

    source: NodeId = Field(alias="from")
    from_port: Port = RESULT
    to: NodeId


class Workflow(_Part):
    """A definition, as a chain (`actions`) or as a graph (`nodes` and `connections`)."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=limits.NAME.most)]
    description: Annotated[str, StringConstraints(max_length=limits.DESCRIPTION.most)] = ""
    status: Literal["DRAFT", "ACTIVE", "INACTIVE", "ARCHIVED"] = "ACTIVE"
    trigger: dict[str, Any] = Field(default_factory=lambda: {"type": "manual"})
    variables: dict[str, Any] = Field(default_factory=dict)
    timeout_seconds: int = Field(default=86_400, ge=1, le=limits.RUN_SECONDS.most)
    actions: list[Node] | None = Field(default=None, max_length=limits.NODES.most)
    nodes: list[Node] | None = Field(default=None, max_length=limits.NODES.most)
    connections: list[Connection] | None = Field(default=None, max_length=limits.CONNECTIONS.most)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.actions is None) == (self.nodes is None):
            raise ValueError("give either actions (a chain) or nodes with connections (a graph)")
        if self.actions is not None and self.connections is not None:
            raise ValueError("connections belong to nodes; a chain of actions has none")
        return self

    @property
    def trigger_type(self) -> str:
        return str(self.trigger.get("type", "manual"))

    def placed_nodes(self) -> list[tuple[str, Node]]:
        """Every node with its path in the definition (`actions[0]`, `nodes[3]`)."""
        field, nodes = ("actions", self.actions) if self.actions is not None else ("nodes", self.nodes or [])
        return [(f"{field}[{i}]", node) for i, node in enumerate(nodes)]

    def arrows(self) -> list[Connection]:
        """The connections of either form: in a chain every action leads to the next."""
        if self.actions is None:
            return self.connections or []
        return [
            Connection(source=node.id, from_port=port, to=following.id)
            for node, following in zip(self.actions, self.actions[1:], strict=False)
            for port in _chain_ports(node)
        ]

    def document(self) -> dict[str, Any]:
        """The definition as a client reads it, with every default written out."""
        return self.model_dump(by_alias=True, exclude_none=True)


def read_workflow(definition: Mapping[str, Any]) -> Workflow:
    """The workflow in `definition`, its shape checked; a chain's missing ids are filled in. Raises WorkflowInvalid."""
    try:
        return Workflow.model_validate(_with_ids(definition), by_alias=True, by_name=False)
    except ValidationError as error:
        raise WorkflowInvalid(list(faults_of(error))) from None


class InPart(NamedTuple):
    """What can be read of a definition whose shape is wrong somewhere."""

    nodes: list[tuple[str, Node]]
    """The nodes whose own shape is right, each with its path."""
    ids: frozenset[str]
    """The ids of all nodes."""
    workflow: Workflow | None
    """The whole, with defaults for what cannot be read; None where that leaves open how it hangs together."""


def read_in_part(definition: Mapping[str, Any]) -> InPart:
    """What can be read of `definition`, so that its other faults are seen with those of its shape."""
    filled = _with_ids(definition)
    raw_nodes = [
        (f"{name}[{i}]", raw)
        for name in ("actions", "nodes")
        if isinstance(filled.get(name), list)
        for i, raw in enumerate(filled[name])
        if isinstance(raw, dict)
    ]
    nodes = [(path, node) for path, raw in raw_nodes if (node := _readable(Node, raw))]
    ids = frozenset(raw["id"] for _, raw in raw_nodes if isinstance(raw.get("id"), str))
    return InPart(nodes, ids, _readable(Workflow, _without_faults(filled)))


def faults_of(error: ValidationError, path: str = "") -> Iterator[Fault]:
    """Pydantic's findings as faults, their places written as paths below `path`."""
    for found in error.errors(include_url=False, include_context=False):
        yield Fault(path_text((path, *found["loc"])), _sentence(found["type"], found["msg"], found["input"]))


def path_text(location: Iterable[str | int]) -> str:
    """`("nodes", 2, "config")` as `nodes[2].config`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".")


def _sentence(kind: str, message: str, given: Any) -> str:
    if kind == "extra_forbidden":
        return "Unknown field: remove it or mend its spelling"
    if kind in ("string_too_long", "string_pattern_mismatch") and len(given) > _SHOWN:
        return f"{message}; this one has {len(given):,} characters"
    if kind in ("less_than_equal", "greater_than_equal") and abs(given) < 10**_SHOWN:
        return f"{message}, not {given}"
    return message.removeprefix("Value error, ")


def _without_faults(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition without those fields that are wrong and have a default, or lead nowhere."""
    document = deepcopy(definition)
    try:
        Workflow.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            match found["loc"]:
                case ("name",):
                    document["name"] = "unnamed"
                case (str(field),) if field not in ("actions", "nodes", "connections"):
                    document.pop(field, None)
                case (str(parts), int(i), str(field), *_) if field not in ("id", "type", "from", "fromPort", "to"):
                    document[parts][i].pop(field, None)
    return document


def _readable(model: type[_Readable], value: Any) -> _Readable | None:
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError:
        return None


def _with_ids(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with `action-<n>` for every action of a chain that has no id."""
    filled = dict(definition)
    actions = filled.get("actions")
    if isinstance(actions, list):
        filled["actions"] = [
            {"id": f"action-{n}", **action} if isinstance(action, dict) else action
            for n, action in enumerate(actions, start=1)
        ]
    return filled


def _chain_ports(node: Node) -> tuple[str, ...]:
    """The ports of an action in a chain that lead on: an unmet condition ends the run unless it says `continue`."""
    if node.type == "condition" and node.config.get("onFalse") != "continue":
        return ("true",)
    return node.ports
