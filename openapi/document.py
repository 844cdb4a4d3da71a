"""The document, without its examples: https://spec.openapis.org/oas/v3.1.1"""

from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from functions import audit, gateway
from functions.request import MAX_BODY, MAX_DEPTH, MAX_DIGITS
from functions.routes.table import ROUTES, Route
from openapi import faults, language, parameters, v1_operations, workspaces_operations
from openapi.operation import Operation
from openapi.schemas import Schema, obj, of_dialects, ref

Document = dict[str, Any]

_ABOUT = f"""Runs workflows and tells how they went. One service in two dialects: **v1** (snake_case, seconds, UUIDs)
and **workspaces** (camelCase, milliseconds, prefixed ids). Either reads what the other wrote, and takes either spelling
of an id.

- Every route but this document's asks for an API key in `X-API-Key`. A key is on a plan: {{plans}}.
- A body is a JSON object of at most {MAX_BODY:,} bytes, nested at most {MAX_DEPTH} levels deep. It is taken as
  `text/plain` or without a type, too, and never with a `Content-Encoding`. A name comes once in an object, and a
  whole number has at most {MAX_DIGITS:,} digits.
- Answers may have more fields than are described here.
- Every answer has `X-Request-Id`. Errors that the gateway makes by itself have the fields of both dialects.
- Times are UTC, ISO 8601. What a workflow's author wrote is never re-cased, and numbers keep their value.
"""

_TAGS = {
    "v1": "Executions by community: `/api/v1/workflows…`",
    "workspaces": "Executions by workspace: `/api/workspaces/{slug}…`",
    "service": "What the service tells of itself",
}

_SERVICE = {
    "get_openapi": Operation(
        summary="This document",
        description="Needs no key.",
        answers={
            200: obj(
                {
                    "openapi": {"type": "string"},
                    **{name: {"type": "object"} for name in ("info", "paths", "components")},
                    **{name: {"type": "array"} for name in ("servers", "security", "tags")},
                }
            ),
        },
    )
}

OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "v1": v1_operations.OPERATIONS,
    "workspaces": workspaces_operations.OPERATIONS,
    "service": _SERVICE,
}
"""By the dialect and the operation of a route."""

_HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "description": "The id of this request, which the logs have too",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "The seconds after which to try again",
        "schema": {"type": "integer", "minimum": 1},
    },
}

_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": "X-API-Key",
    "description": "Belongs to one user, has a plan and, in each workspace, a role",
}


def build() -> Document:
    """The document without examples."""
    components = _Components()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components)
    plans = ", ".join(f"{name} ({round(plan.rate * 60):,} requests a minute)" for name, plan in gateway.PLANS.items())
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Workflow Execution API",
            "version": audit.VERSION,
            "description": _ABOUT.format(plans=plans),
        },
        "servers": [{"url": "/"}],
        "security": [{"ApiKey": []}],
        "tags": [{"name": name, "description": description} for name, description in _TAGS.items()],
        "paths": paths,
        "components": components.used_by(paths) | {"securitySchemes": {"ApiKey": _KEY}},
    }


class _Components:
    """Everything that may be referred to, by section and name."""

    def __init__(self) -> None:
        self.sections: dict[str, dict[str, Schema]] = {
            "schemas": _schemas(),
            "parameters": parameters.PARAMETERS,
            "responses": {},
            "headers": _HEADERS,
        }

    def add_response(self, name: str, response: Schema) -> Schema:
        if self.sections["responses"].setdefault(name, response) != response:
            raise ValueError(f"two different responses are called {name}")
        return {"$ref": f"#/components/responses/{name}"}

    def used_by(self, content: Any) -> dict[str, dict[str, Schema]]:
        """The components that `content` refers to, and those that they refer to, sorted by name."""
        used: dict[str, dict[str, Schema]] = {name: {} for name in self.sections}
        waiting = [content]
        while waiting:
            for section, name in references(waiting.pop()):
                if name not in used[section]:
                    used[section][name] = self.sections[section][name]
                    waiting.append(used[section][name])
        return {section: dict(sorted(found.items())) for section, found in used.items()}


def references(content: Any) -> Iterator[tuple[str, str]]:
    """Section and name of every component that `content` refers to."""
    if isinstance(content, dict):
        if isinstance(place := content.get("$ref"), str):
            _, _, section, name = place.split("/")
            yield section, name
        for value in content.values():
            yield from references(value)
    elif isinstance(content, list):
        for value in content:
            yield from references(value)


def operation_id(route: Route) -> str:
    """`v1_get_workflow`; with the method where two routes do the same."""
    same = Counter((other.dialect, other.operation) for other in ROUTES)[route.dialect, route.operation]
    return f"{route.dialect}_{route.operation}" + (f"_by_{route.method.lower()}" if same > 1 else "")


def _operation(route: Route, components: _Components) -> Schema:
    operation = OPERATIONS[route.dialect][route.operation]
    in_path = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    names = [*in_path, *operation.parameters]
    return {
        "operationId": operation_id(route),
        "tags": [route.dialect],
        "summary": operation.summary,
        **({"description": operation.description} if operation.description else {}),
        **({} if route.needs_key else {"security": []}),
        **({"parameters": [parameters.ref(name) for name in names]} if names else {}),
        **({"requestBody": _body(operation)} if operation.body else {}),
        "responses": _responses(route, operation, components),
    }


def _body(operation: Operation) -> Schema:
    return {"required": operation.body_required, "content": {"application/json": {"schema": operation.body}}}


def _responses(route: Route, operation: Operation, components: _Components) -> Schema:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    found: Schema = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "headers": headers,
            "content": {"application/json": {"schema": schema}},
        }
        for status, schema in operation.answers.items()
    }
    if operation.events:
        found |= {
            "200": {
                "description": "The events so far, and those that come",
                "headers": headers,
                "content": {"text/event-stream": {"schema": _stream(operation.events)}},
            },
            "204": {"description": "Nothing comes behind that event", "headers": headers},
        }
    errors = faults.responses(route, operation.errors, has_body=operation.body is not None)
    return found | {str(status): components.add_response(*named) for status, named in errors.items()}


def _stream(events: Mapping[str, Schema]) -> Schema:
    """A stream of events: a text, and what its lines mean."""
    written = [
        obj(
            {
                "event": {"type": "string", "const": kind},
                "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
            },
            {"id": {"type": "string", "description": "What `Last-Event-ID` takes"}},
        )
        for kind, data in events.items()
    ]
    return {
        "type": "string",
        "contentMediaType": "text/event-stream",
        "contentSchema": {"type": "array", "items": {"oneOf": written}},
    }


def _schemas() -> dict[str, Schema]:
    found = language.components() | of_dialects() | faults.SCHEMAS
    mocks: Schema = {"type": "object", "additionalProperties": ref("Mock"), "description": "By the ids of effects"}
    for name in ("V1TestBody", "WorkspacesExecuteBody"):
        found[name]["properties"]["mocks"] = mocks
    found["V1ExecuteBody"]["not"] = {"required": ["mocks"]}
    found["WorkspacesExecuteBody"] |= {
        "if": {"properties": {"dryRun": {"const": True}}, "required": ["dryRun"]},
        "else": {"properties": {"mocks": {"maxProperties": 0}}},
    }
    for dialect in ("V1", "Workspaces"):
        found[f"{dialect}Validity"]["properties"]["errors"] = {"type": "array", "maxItems": 0}
    return found
