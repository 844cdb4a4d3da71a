"""What the OpenAPI document says of a request and its answer, and whether they keep to it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from functions.routes.table import Route
from openapi.journey import Exchange

Json = Any

_PLACE = "urn:document"


class Description:
    """The document, asked about exchanges. Every method gives the faults it finds."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._registry: Registry[Json] = Registry().with_resource(_PLACE, DRAFT202012.create_resource(document))

    def resolved(self, part: Json) -> Json:
        """What a reference leads to, any other part as it is."""
        if "$ref" not in part:
            return part
        *_, section, name = part["$ref"].split("/")
        return self.document["components"][section][name]

    def operation(self, route: Route) -> Json:
        """What is said of a route."""
        return self.document["paths"][route.path][route.method.lower()]

    def invalid(self, schema: Json, value: Json) -> list[str]:
        """Where `value` does not have `schema`; references in it are those of the document."""
        absolute = _with_place(schema)
        validator = Draft202012Validator(absolute, registry=self._registry, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]

    def faults(self, exchange: Exchange) -> list[str]:
        """Whatever is not as described, in an answer and, where it was accepted, in its request."""
        operation = self.operation(exchange.route)
        found = operation["responses"].get(str(exchange.status))
        if found is None:
            return [f"{exchange.status} is not described"]
        answer = self._answer_faults(self.resolved(found), exchange)
        return [*answer, *(self._request_faults(operation, exchange) if exchange.status < 400 else ())]

    def _answer_faults(self, response: Json, exchange: Exchange) -> Iterator[str]:
        yield from (f"no header {name}" for name in response["headers"] if name not in exchange.headers)
        if "content" not in response:
            if exchange.content:
                yield "it has a body"
            return
        media_type = exchange.headers["Content-Type"].partition(";")[0]
        schema = response["content"].get(media_type, {}).get("schema")
        if schema is None:
            yield f"{media_type} is not described"
            return
        yield from self.invalid(schema, exchange.answer)
        if media_type == "text/event-stream":
            for event in events(exchange.content):
                yield from self.event_faults(schema["contentSchema"]["items"], event)
        else:
            yield from (f"{path} is not described" for path in self.undescribed(schema, exchange.answer))

    def event_faults(self, schema: Json, event: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with one event of a stream: with its fields, and with its data."""
        yield from self.invalid(schema, event)
        data = next(
            kind["properties"]["data"]["contentSchema"]
            for kind in schema["oneOf"]
            if kind["properties"]["event"]["const"] == event["event"]
        )
        yield from self.invalid(data, json.loads(event["data"]))
        yield from (f"{path} is not described" for path in self.undescribed(data, json.loads(event["data"])))

    def _request_faults(self, operation: Json, exchange: Exchange) -> Iterator[str]:
        described = {found["name"]: found for found in map(self.resolved, operation.get("parameters", ()))}
        for name, value in exchange.parameters.items():
            if name not in described:
                yield f"the parameter {name} is not described"
            else:
                schema = described[name]["schema"]
                yield from self.invalid(schema, _read_as(schema, value))
        if exchange.body is not None:
            (content,) = operation["requestBody"]["content"].values()
            yield from self.invalid(content["schema"], exchange.body)

    def undescribed(self, schema: Json, value: Json, path: str = "$") -> Iterator[str]:
        """The fields of `value` that no part of `schema` names. What may be anything may have any field."""
        parts = list(self._parts(schema))
        if isinstance(value, list):
            items = {"allOf": [part["items"] for part in parts if "items" in part]}
            for i, item in enumerate(value):
                yield from self.undescribed(items, item, f"{path}[{i}]")
        elif isinstance(value, dict):
            yield from self._undescribed_fields(parts, value, path)

    def _undescribed_fields(self, parts: list[Json], value: Json, path: str) -> Iterator[str]:
        others = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
        if not others and not any("properties" in part for part in parts):
            return
        for name, field in value.items():
            named = [part["properties"][name] for part in parts if name in part.get("properties", {})]
            if named or others:
                yield from self.undescribed({"allOf": named or others}, field, f"{path}.{name}")
            else:
                yield f"{path}.{name}"

    def _parts(self, schema: Json) -> Iterator[Json]:
        """A schema, and all that it refers to or is composed of."""
        yield schema
        composed = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, ())]
        for part in [*([self.resolved(schema)] if "$ref" in schema else []), *composed]:
            yield from self._parts(part)


def events(text: str) -> list[dict[str, str]]:
    """The events of a stream, by the names of their fields; comments and what only sets the time to wait are none."""
    blocks = [dict(line.split(": ", 1) for line in block.split("\n") if ": " in line) for block in text.split("\n\n")]
    return [
        {name: value for name, value in block.items() if name in ("event", "data", "id")} for block in blocks if block
    ]


def _read_as(schema: Json, text: str) -> Json:
    """A parameter's text as the type that its schema has."""
    return json.loads(text) if schema.get("type") in ("integer", "boolean") else text


def _with_place(schema: Json) -> Json:
    if isinstance(schema, dict):
        return {
            name: _PLACE + value if name == "$ref" and isinstance(value, str) else _with_place(value)
            for name, value in schema.items()
        }
    return [_with_place(part) for part in schema] if isinstance(schema, list) else schema
