"""The language of workflows as JSON Schema: what a definition may hold when it is sent, and what it holds when read.

A schema sees shapes. What parts mean to each other (references, branches, unique ids), and whether an expression is
one, only `POST …/validate` can tell.
"""

from typing import Any

from functions.actions.registry import actions
from functions.publish import SERVER_FIELDS
from openapi.schemas import Schema, array, mapped, obj, ref, schemas_of
from state_machines.checks import (
    ChainConditionConfig,
    EndConfig,
    SetVariablesConfig,
    SwitchConfig,
    WaitConfig,
)
from state_machines.conditions import MAX_PATTERN, OPERATORS
from state_machines.expressions import MAX_EXPRESSION, ROOTS
from state_machines.workflow import Connection, Node, Workflow

_NEVER_ALONE = ("steps", "secrets")
FIELD = {
    "type": "string",
    "description": "The path of the value to look at, such as `trigger.userType` or `steps.fetch.output.body.items[0]`",
    "maxLength": MAX_EXPRESSION,
    "pattern": f"^(({'|'.join(root for root in ROOTS if root not in _NEVER_ALONE)})([.\\[].+)?|steps\\..+\\.output.*)$",
}

_LISTS = ("in", "not_in")
_UNARY = ("exists", "not_exists")

_SAID = {
    "trigger": "Where a graph begins",
    "condition": "Leaves by the port `true` or `false`",
    "switch": "Leaves by the port of the value's case, else by the default one",
    "set_variables": "Changes variables",
    "end": "Ends the run, with an output",
    "wait": "Lets time pass",
}


def components() -> dict[str, Schema]:
    """Every component of the language, by name."""
    return {
        "Definition": _definition(),
        "Action": _one_of_types(in_chain=True),
        "Node": {**_one_of_types(in_chain=False), "required": ["id"]},
        "Connection": schemas_of([Connection], "validation")[Connection],
        "Template": _template(),
        "Condition": _condition({}),
        "ChainCondition": _condition({"onFalse": _on_false()}),
        "Mock": _mock(),
        **_configs(),
        **_nodes(),
        **_written(),
    }


def _definition() -> Schema:
    """A definition as it is sent: a chain or a graph."""
    fields = schemas_of([Workflow], "validation")[Workflow]["properties"]
    listed = {"actions": "Action", "nodes": "Node", "connections": "Connection"}
    fields |= {name: {**fields[name], "items": ref(item)} for name, item in listed.items()}
    for name in ("actions", "nodes"):
        fields[name]["minItems"] = 1
    return {
        "type": "object",
        "description": "A workflow: a chain of `actions`, or a graph of `nodes` and `connections`. "
        "See docs/workflows.md for what the parts mean.",
        "properties": fields | {name: {"description": "The server's own: ignored"} for name in SERVER_FIELDS},
        "required": ["name"],
        "additionalProperties": False,
        "oneOf": [
            _form("A chain", "actions", without=("nodes", "connections")),
            _form("A graph", "nodes", without=("actions",)),
        ],
    }


def _form(title: str, has: str, without: tuple[str, ...]) -> Schema:
    absent = {name: {"type": "null"} for name in without}
    return {"title": title, "properties": {has: {"type": "array"}, **absent}, "required": [has]}


def _one_of_types(*, in_chain: bool) -> Schema:
    names = {kind: _node_name(kind, in_chain) for kind in _config_refs()}
    place = ref("")["$ref"]
    return {
        "oneOf": [ref(name) for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {kind: place + name for kind, name in names.items()},
        },
    }


def _node_name(kind: str, in_chain: bool = False) -> str:
    words = "".join(word.capitalize() for word in kind.split("_"))
    return f"{'Chain' if in_chain and kind == 'condition' else ''}{words}Node"


def _config_refs() -> dict[str, Schema]:
    """The schema of each type's config, by type; a condition's as it is in a graph."""
    return {
        "trigger": {"type": "object"},
        "condition": ref("Condition"),
        "switch": ref("SwitchConfig"),
        "set_variables": ref("SetVariablesConfig"),
        "end": ref("EndConfig"),
        "wait": ref("WaitConfig"),
        **{name: ref(action.config.__name__) for name, action in sorted(actions().items())},
    }


def _nodes() -> dict[str, Schema]:
    """The node of each type; a condition is another one in a chain."""
    configs = _config_refs()
    optional = ("trigger", "end")
    found = {_node_name(kind): _node(kind, config, kind not in optional) for kind, config in configs.items()}
    return found | {_node_name("condition", in_chain=True): _node("condition", ref("ChainCondition"), True)}


def _node(kind: str, config: Schema, needs_config: bool) -> Schema:
    schema = schemas_of([Node], "validation")[Node]
    fields = schema["properties"] | {"type": {"type": "string", "const": kind}, "config": config}
    return {
        "type": "object",
        **({"description": _SAID[kind]} if kind in _SAID else {}),
        "properties": fields,
        "required": ["type", *(["config"] if needs_config else [])],
        "additionalProperties": False,
    }


def _configs() -> dict[str, Schema]:
    """The configs of all types but conditions."""
    effects = [action.config for action in actions().values()]
    templated = schemas_of([SetVariablesConfig, EndConfig, WaitConfig, *effects], "validation")
    found = {kind.__name__: mapped(schema, _with_templates) for kind, schema in templated.items()}
    switch = schemas_of([SwitchConfig], "validation")[SwitchConfig]
    switch["properties"]["field"] = FIELD
    return {**found, "SwitchConfig": switch}


def _with_templates(schema: Schema) -> Schema:
    """Any value in a config may be a template instead, which is known only when it runs."""
    changed = dict(schema)
    if "properties" in schema:
        changed["properties"] = {name: _or_template(value) for name, value in schema["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            changed[keyword] = _or_template(schema[keyword])
    return changed


def _or_template(schema: Schema) -> Schema:
    kinds = schema.get("type", ())
    takes_text = "string" in ([kinds] if isinstance(kinds, str) else kinds)
    narrow = schema.keys() & {"enum", "const", "pattern", "format", "minLength", "maxLength", "anyOf", "oneOf"}
    if not schema.keys() - {"description"} or (takes_text and not narrow):
        return schema
    beside = {name: value for name, value in schema.items() if name in ("description", "default")}
    own = {name: value for name, value in schema.items() if name not in beside}
    return {**beside, "anyOf": [own, ref("Template")]}


def _template() -> Schema:
    return {
        "type": "string",
        "description": "A text that holds `{{ … }}`: a path such as `trigger.name`, or a JMESPath expression, over "
        f"{', '.join(f'`{root}`' for root in ROOTS)}. A text that is one template keeps its value's type.",
        "pattern": "\\{\\{[\\s\\S]*\\}\\}",
    }


def _on_false() -> Schema:
    schema = schemas_of([ChainConditionConfig], "validation")[ChainConditionConfig]["properties"]["onFalse"]
    return {**schema, "description": "Whether an unmet condition ends the run (as completed), or is only recorded"}


def _condition(beside: dict[str, Schema]) -> Schema:
    """A comparison, or a combination of conditions. `beside` may stand in the outermost object only."""
    others = [name for name in OPERATORS if name not in (*_LISTS, *_UNARY, "matches")]
    pattern: Schema = {"type": "string", "maxLength": MAX_PATTERN, "description": "An RE2 expression, found anywhere"}
    either: Schema = {"anyOf": [{"type": "array"}, ref("Template")]}
    return {
        "oneOf": [
            _comparison(others, {"description": "What it is compared with, without coercion"}, beside),
            _comparison(_LISTS, either, beside),
            _comparison(("matches",), {"anyOf": [pattern, ref("Template")]}, beside),
            _comparison(_UNARY, None, beside),
            _combination("all", {**array(ref("Condition")), "minItems": 1}, beside),
            _combination("any", {**array(ref("Condition")), "minItems": 1}, beside),
            _combination("not", ref("Condition"), beside),
        ]
    }


def _comparison(operators: Any, value: Schema | None, beside: dict[str, Schema]) -> Schema:
    required: dict[str, Schema] = {"field": FIELD, "operator": {"type": "string", "enum": [*operators]}}
    if value is None:
        return {**obj(required, {"value": {"description": "Ignored"}, **beside}), "additionalProperties": False}
    return {**obj(required | {"value": value}, beside), "additionalProperties": False}


def _combination(word: str, parts: Schema, beside: dict[str, Schema]) -> Schema:
    return {**obj({word: parts}, beside), "additionalProperties": False}


def _mock() -> Schema:
    """What an effect comes to in a dry run."""
    one: list[Schema] = [
        {**obj({"output": {"description": "Any value"}}), "additionalProperties": False},
        {**obj({"error": {"type": "string"}}), "additionalProperties": False},
    ]
    return {
        "description": "What an effect comes to in a dry run: its output or its error, or a list of these, "
        "used in turn by attempts",
        "oneOf": [*one, {**array({"oneOf": one}), "minItems": 1}],
    }


def _written() -> dict[str, Schema]:
    """A definition as it is read: with every default, and nothing absent as null."""
    found = schemas_of([Workflow, Node, Connection], "serialization")
    schemas = {
        "WrittenDefinition": _with_defaults(found[Workflow]),
        "WrittenNode": _with_defaults(found[Node]),
        "WrittenConnection": _with_defaults(found[Connection]),
    }
    fields = schemas["WrittenDefinition"]["properties"]
    listed = {"actions": "WrittenNode", "nodes": "WrittenNode", "connections": "WrittenConnection"}
    fields |= {name: array(ref(item)) for name, item in listed.items()}
    schemas["WrittenDefinition"] |= {
        "description": "A definition as it is read: what was sent, with every default",
        "anyOf": [{"required": ["actions"]}, {"required": ["nodes"]}],
    }
    schemas["WrittenNode"]["properties"]["config"]["description"] = "As it was sent; the type says what it may hold"
    return schemas


def _with_defaults(schema: Schema) -> Schema:
    fields = schema["properties"]
    optional = {name for name, field in fields.items() if "null" in field.get("type", ())}
    bare = {name: {key: value for key, value in field.items() if key != "default"} for name, field in fields.items()}
    for name in optional:
        bare[name]["type"] = next(kind for kind in bare[name]["type"] if kind != "null")
    required = [name for name in fields if name not in optional]
    return {"type": "object", "description": schema["description"], "properties": bare, "required": required}
