"""What a definition must mean: every fault at once, each with its path. `check_workflow` is the way in."""

from collections.abc import Iterator, Mapping, Set
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from state_machines.conditions import faults_of_condition, faults_of_field
from state_machines.effort import limited
from state_machines.errors import ExpressionFailed, Fault, TooMuchWork, WorkflowInvalid
from state_machines.expressions import read_template, templates
from state_machines.flow import Flow
from state_machines.limits import DEFINITION, DEPTH, TRIGGER_TYPE, WAIT_MS
from state_machines.references import expressions_of
from state_machines.structure import build_flow
from state_machines.values import is_deeper, to_json
from state_machines.workflow import DECISIONS, Node, Port, Workflow, faults_of, path_text, read_in_part, read_workflow

KNOWN = {"execution": ("id",), "workflow": ("id", "name", "version")}
"""What an expression can read of the execution and its workflow."""


class ActionType(Protocol):
    """What the language asks of an effect's type: the model of its config, and whether that may hold secrets."""

    @property
    def config(self) -> type[BaseModel]: ...

    @property
    def secrets(self) -> bool: ...


class _Config(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class SwitchConfig(_Config):
    """`cases` leads from a value, written as text, to a port."""

    field: str
    cases: dict[str, Port] = Field(min_length=1)
    default: Port = "default"


class SetVariablesConfig(_Config):
    variables: dict[str, Any] = Field(min_length=1)


class EndConfig(_Config):
    output: Any = None


class WaitConfig(_Config):
    duration_ms: int = Field(alias="durationMs", ge=0, le=WAIT_MS.most)


class ChainConditionConfig(BaseModel):
    on_false: Literal["stop", "continue"] = Field(default="stop", alias="onFalse")


_CONFIGS: Mapping[str, type[BaseModel]] = {
    "set_variables": SetVariablesConfig,
    "end": EndConfig,
    "wait": WaitConfig,
}


def check_workflow(definition: Mapping[str, Any], catalog: Mapping[str, ActionType]) -> Flow:
    """The flow of `definition`, whose effects are of the types in `catalog`.

    Raises WorkflowInvalid with every fault that can be seen at once: where the shape of a part is wrong, everything
    else is checked all the same.
    """
    try:
        with limited():
            return _checked(definition, catalog)
    except TooMuchWork:
        sentence = "Its expressions, or its regular expressions, take too long to check: use fewer, or simpler ones"
        raise WorkflowInvalid([Fault("", sentence)]) from None


def _checked(definition: Mapping[str, Any], catalog: Mapping[str, ActionType]) -> Flow:
    if too_deep := list(_faults_of_depth(definition)):
        raise WorkflowInvalid(too_deep)
    try:
        workflow = read_workflow(definition)
    except WorkflowInvalid as error:
        raise WorkflowInvalid([*error.faults, *_faults_beside_shape(definition, catalog)]) from None
    placed = workflow.placed_nodes()
    faults = list(_faults_of_nodes(placed, {node.id for _, node in placed}, catalog))
    try:
        flow = build_flow(workflow)
    except WorkflowInvalid as error:
        raise WorkflowInvalid(faults + error.faults) from None
    faults.extend(_faults_of_size(workflow))
    for path, node in placed:
        faults.extend(_faults_of_order(path, node, flow))
    if faults:
        raise WorkflowInvalid(faults)
    return flow


def _faults_of_size(workflow: Workflow) -> Iterator[Fault]:
    """What would be too much to keep, though each part of it is right."""
    size = len(to_json(workflow.document()).encode("utf-8", "surrogatepass"))
    if size > DEFINITION.most:
        yield DEFINITION.fault("", size, "shorten its configs, or use fewer connections")
    if (length := len(workflow.trigger_type)) > TRIGGER_TYPE.most:
        yield TRIGGER_TYPE.fault("trigger.type", length, "put what is longer beside it")


def config_faults(model: type[BaseModel], config: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """What `model` finds wrong with `config`, but for values that are templates: those are known only when it runs."""
    for place, fault in _placed_faults(model, config, path):
        if not _holds_template(config, place):
            yield fault


def _faults_of_depth(definition: Mapping[str, Any]) -> Iterator[Fault]:
    """What could not even be walked through, which everything below does."""
    for name, value in definition.items():
        parts = enumerate(value) if name in ("actions", "nodes") and isinstance(value, list) else [(None, value)]
        for i, part in parts:
            if is_deeper(part, DEPTH.most):
                yield Fault(name if i is None else f"{name}[{i}]", f"Nested deeper than {DEPTH.most} levels")


def _faults_beside_shape(definition: Mapping[str, Any], catalog: Mapping[str, ActionType]) -> Iterator[Fault]:
    """The faults of what can be read, in a definition whose shape is wrong somewhere."""
    found = read_in_part(definition)
    yield from _faults_of_nodes(found.nodes, found.ids, catalog)
    if found.workflow:
        try:
            build_flow(found.workflow)
        except WorkflowInvalid as error:
            yield from error.faults


def _faults_of_nodes(
    placed: list[tuple[str, Node]], ids: Set[str], catalog: Mapping[str, ActionType]
) -> Iterator[Fault]:
    for path, node in placed:
        yield from _faults_of_config(path, node, catalog)
        yield from _faults_of_references(path, node, ids, catalog)


def _faults_of_config(path: str, node: Node, catalog: Mapping[str, ActionType]) -> Iterator[Fault]:
    config_path = f"{path}.config"
    for where, text in templates(node.config, config_path):
        yield from (Fault(where, str(part)) for part in read_template(text) if isinstance(part, ExpressionFailed))
    if node.type == "condition":
        yield from _faults_of_condition(config_path, node.config, in_chain=path.startswith("actions"))
    elif node.type == "switch":
        yield from _faults_of_switch(config_path, node.config)
    elif node.type in _CONFIGS:
        yield from config_faults(_CONFIGS[node.type], node.config, config_path)
        yield from _faults_of_duration(config_path, node.config.get("durationMs"))
    elif node.type in catalog:
        yield from config_faults(catalog[node.type].config, node.config, config_path)
    elif node.type not in DECISIONS:
        known = ", ".join(sorted([*DECISIONS, "wait", *catalog]))
        yield Fault(f"{path}.type", f"Unknown type {node.type!r}: use one of {known}")


def _faults_of_duration(path: str, duration: Any) -> Iterator[Fault]:
    """A wait's duration may be a template, but no text with some: that would never be a number."""
    parts = list(read_template(duration)) if isinstance(duration, str) and "{{" in duration else []
    if len(parts) > 1 and not any(isinstance(part, ExpressionFailed) for part in parts):
        yield Fault(f"{path}.durationMs", "Give a number, or one template and nothing beside it: a text is no number")


def _faults_of_switch(path: str, config: dict[str, Any]) -> Iterator[Fault]:
    """A switch is read as it is written, without templates: where it leads must be seen before it runs."""
    yield from (fault for _, fault in _placed_faults(SwitchConfig, config, path))
    if isinstance(config.get("field"), str):
        yield from faults_of_field(config["field"], f"{path}.field")


def _faults_of_condition(path: str, config: dict[str, Any], in_chain: bool) -> Iterator[Fault]:
    condition = dict(config)
    if in_chain:
        on_false = {"onFalse": condition.pop("onFalse")} if "onFalse" in condition else {}
        yield from config_faults(ChainConditionConfig, on_false, path)
    yield from faults_of_condition(condition, path)


def _faults_of_references(path: str, node: Node, ids: Set[str], catalog: Mapping[str, ActionType]) -> Iterator[Fault]:
    secrets_allowed = node.type in catalog and catalog[node.type].secrets
    for where, expression in expressions_of(node):
        for root, name in expression.references:
            if root == "steps" and name is not None and name not in ids:
                yield Fault(f"{path}.config{where}", f"{expression.text!r} reads a step that does not exist: {name!r}")
            elif root in KNOWN and name is not None and name not in KNOWN[root]:
                yield Fault(f"{path}.config{where}", f"{root} has no {name!r}: it has {', '.join(KNOWN[root])}")
            elif root == "secrets" and not (secrets_allowed and expression.path and len(expression.path) == 2):
                yield Fault(
                    f"{path}.config{where}",
                    f"{{{{secrets.name}}}} can be used only as such, in {_names_with_secrets(catalog)}",
                )


def _names_with_secrets(catalog: Mapping[str, ActionType]) -> str:
    return "the config of " + (" or ".join(sorted(name for name, kind in catalog.items() if kind.secrets)) or "no type")


def _faults_of_order(path: str, node: Node, flow: Flow) -> Iterator[Fault]:
    for where, expression in expressions_of(node):
        for root, name in expression.references:
            if root == "steps" and name in flow.nodes and not flow.runs_before(str(name), node.id):
                yield Fault(
                    f"{path}.config{where}", f"{expression.text!r} reads a step that cannot have run before {node.id!r}"
                )


def _placed_faults(
    model: type[BaseModel], config: Mapping[str, Any], path: str
) -> Iterator[tuple[tuple[int | str, ...], Fault]]:
    """What `model` finds wrong with `config`, each with its place within that."""
    try:
        model.model_validate(config)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        for one, fault in zip(found, faults_of(error, path), strict=True):
            # Where the field itself is wrong, what it holds does not matter.
            place = () if one["type"] == "extra_forbidden" else one["loc"]
            yield place, fault._replace(path=path_text((path, *_written(config, one["loc"]))))


def _written(config: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """As much of a place as the client wrote: a model may read one text as a list of one."""
    for i, part in enumerate(location):
        if type(config) not in (dict, list):
            return location[:i]
        try:
            config = config[part]
        except (KeyError, IndexError, TypeError):
            break
    return location


def _holds_template(config: Any, location: tuple[int | str, ...]) -> bool:
    for part in location:
        if isinstance(config, str):
            break
        try:
            config = config[part]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(config, str) and "{{" in config
