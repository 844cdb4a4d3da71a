"""JSON Schemas of the service's own pydantic models, collected as components of the document.

A model's schema is pydantic's own, put more plainly; only what is referred to becomes a component.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from functions.routes import (
    paging,
    v1_bodies,
    v1_events,
    v1_models,
    v1_validity,
    workspaces_bodies,
    workspaces_events,
    workspaces_models,
    workspaces_validity,
)

Schema = dict[str, Any]

PLACE = "#/components/schemas/"
PREFIXES = {
    v1_bodies.__name__: "V1",
    v1_models.__name__: "V1",
    v1_validity.__name__: "V1",
    v1_events.__name__: "V1",
    workspaces_bodies.__name__: "Workspaces",
    workspaces_models.__name__: "Workspaces",
    workspaces_validity.__name__: "Workspaces",
    workspaces_events.__name__: "Workspaces",
    paging.__name__: "",
}
"""What stands before the name of a model, by its module: both dialects have a `Row`."""

_MODULES = (
    v1_models,
    v1_validity,
    v1_bodies,
    v1_events,
    workspaces_models,
    workspaces_validity,
    workspaces_bodies,
    workspaces_events,
    paging,
)
_FIRST = ("$ref", "type", "description", "properties", "required")
"""The keywords that a reader looks for first."""
_TAKEN = (v1_bodies.__name__, workspaces_bodies.__name__)


def ref(name: str, **beside: Any) -> Schema:
    """A reference to the component `name`, with further keywords beside it."""
    return {"$ref": PLACE + name, **beside}


def model(kind: type[BaseModel]) -> Schema:
    """A reference to the component of a model of either dialect."""
    return ref(_name(kind))


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def obj(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these fields, and maybe others: an answer may say more than a client knows of."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def of_dialects() -> dict[str, Schema]:
    """The component of every model of either dialect, by its name."""
    found: dict[str, Schema] = {}
    for module in _MODULES:
        kinds = [kind for kind in vars(module).values() if _is_model(kind) and kind.__module__ == module.__name__]
        mode: Literal["validation", "serialization"] = "validation" if module.__name__ in _TAKEN else "serialization"
        found |= {_name(kind): schema for kind, schema in schemas_of(kinds, mode, PREFIXES[module.__name__]).items()}
    return found


def schemas_of(
    kinds: list[type[BaseModel]], mode: Literal["validation", "serialization"], prefix: str = ""
) -> dict[type[BaseModel], Schema]:
    """The schema of each model; references lead to components whose names begin with `prefix`."""
    template = f"{PLACE}{prefix}{{model}}"
    by_kind, together = models_json_schema(
        [(kind, mode) for kind in kinds], ref_template=template, schema_generator=_WithoutTitles
    )
    schemas = together["$defs"]
    return {kind: plain(schemas[by_kind[kind, mode]["$ref"].removeprefix(PLACE + prefix)]) for kind in kinds}


def plain(schema: Schema) -> Schema:
    """A schema of pydantic's, more plainly: no title, `type: [X, "null"]`, one `number` for integers and others."""
    return mapped(schema, _plainer)


def mapped(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """The schema after `change` was made to every schema in it, the innermost first."""
    inner: Schema = {}
    for name, value in schema.items():
        if name in ("properties", "$defs"):
            inner[name] = {key: mapped(part, change) for key, part in value.items()}
        elif name in ("anyOf", "oneOf", "allOf"):
            inner[name] = [mapped(part, change) for part in value]
        elif name in ("items", "additionalProperties") and isinstance(value, dict):
            inner[name] = mapped(value, change)
        else:
            inner[name] = value
    return change(inner)


def _plainer(schema: Schema) -> Schema:
    return {
        name: value for name, value in sorted(_merged(schema).items(), key=_place) if not _says_nothing(name, value)
    }


def _place(keyword: tuple[str, Any]) -> int:
    return _FIRST.index(keyword[0]) if keyword[0] in _FIRST else len(_FIRST)


def _says_nothing(keyword: str, value: Any) -> bool:
    return keyword == "title" or (keyword, value) in (("default", None), ("additionalProperties", True))


def _merged(schema: Schema) -> Schema:
    options: list[Schema] = schema.get("anyOf", [])
    own = {name: value for name, value in schema.items() if name != "anyOf"}
    if options[:2] == [{"type": "integer"}, {"type": "number"}]:
        options = options[1:]
    if len(options) == 1:
        return options[0] | own
    if len(options) == 2 and options[1] == {"type": "null"} and isinstance(options[0].get("type"), str):
        return options[0] | own | {"type": [options[0]["type"], "null"]} if "enum" not in options[0] else schema
    return schema


class _WithoutTitles(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel) and not kind.__name__.startswith("_")


def _name(kind: type[BaseModel]) -> str:
    return PREFIXES[kind.__module__] + kind.__name__.removesuffix("Out")
