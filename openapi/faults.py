"""The errors that a route may answer: the service's own by their classes, and those that API Gateway makes."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import NamedTuple

from functions import gateway
from functions.errors import ANSWERS, INTERNAL, Answer, ServiceError, Unauthorized
from functions.routes.table import Route
from openapi.schemas import Schema, array, obj, ref

_TEXT: Schema = {"type": "string"}
_DETAILS: Schema = {
    "type": "object",
    "description": "What a program can use",
    "properties": {
        "errors": {**array(ref("Fault")), "description": "Every fault, with its place"},
        "limit": {"type": "integer", "description": "What was passed, in bytes"},
        "request_id": {"type": "string"},
    },
}
_PLACE: Schema = {"type": "string", "description": "Where, such as `actions[0].config.url`"}
_MESSAGE: Schema = {"type": "string", "description": "A sentence for people"}
_FAILED: Schema = {"type": "boolean", "const": False}
_ALIKE: dict[str, Schema] = {"message": _MESSAGE, "details": _DETAILS}
_V1: dict[str, Schema] = {"success": _FAILED, "error_code": _TEXT}
_WORKSPACES: dict[str, Schema] = {"error": _TEXT}
_BY_GATEWAY = "Where the gateway made it, it has the other dialect's fields as well."

SCHEMAS: dict[str, Schema] = {
    "Fault": obj({"path": _PLACE, "message": _MESSAGE}),
    "V1Error": {**obj(_V1 | _ALIKE, _WORKSPACES), "description": f"An error in v1. {_BY_GATEWAY}"},
    "WorkspacesError": {**obj(_WORKSPACES | _ALIKE, _V1), "description": f"An error in workspaces. {_BY_GATEWAY}"},
    "EitherError": {**obj(_V1 | _WORKSPACES | _ALIKE), "description": "An error with the fields of both dialects"},
}

_FORMS = {
    "v1": ("V1", "V1Error", "error_code"),
    "workspaces": ("Workspaces", "WorkspacesError", "error"),
    "service": ("Service", "EitherError", "error"),
}
"""How a dialect's components begin, its schema of an error, and the field that has the code."""

_PHRASES = {413: "Content Too Large"}
"""RFC 9110's words where Python's versions differ."""

_WHEN_KEYED = ("INVALID_API_KEY", "THROTTLED")
_WHEN_SENT = ("REQUEST_TOO_LARGE",)
_WHEN_NAMED = ("MISSING_AUTHENTICATION_TOKEN",)
"""API Gateway's name for a path that is none, as where a parameter is empty or spells another route."""
_ALWAYS = ("DEFAULT_4XX", "DEFAULT_5XX", "INTEGRATION_TIMEOUT")


class _Code(NamedTuple):
    """A code, when it is answered, and what answers it: a class of error, or a gateway response."""

    status: int
    code: str
    when: str
    source: str
    own: bool = True


def responses(route: Route, kinds: Iterable[type[ServiceError]], *, has_body: bool) -> dict[int, tuple[str, Schema]]:
    """Every error of a route by status: the name of its component, and the component without its examples."""
    codes = [*_own(route, kinds), *_gateways(route, has_body)]
    statuses = sorted({code.status for code in codes})
    return {status: _response(route, status, [code for code in codes if code.status == status]) for status in statuses}


def _own(route: Route, kinds: Iterable[type[ServiceError]]) -> Iterator[_Code]:
    for kind in (*kinds, *([Unauthorized] if route.needs_key else ())):
        when = (kind.__doc__ or "").removeprefix("Raised when ").rstrip(".")
        yield _code(route, ANSWERS[kind], when, kind.__name__)
    yield _code(route, INTERNAL, "something went wrong inside; the request's id finds it in the log", "Internal")


def _code(route: Route, answer: Answer, when: str, source: str) -> _Code:
    return _Code(answer.status, answer.v1 if route.dialect == "v1" else answer.workspaces, when, source)


def _gateways(route: Route, has_body: bool) -> Iterator[_Code]:
    keyed, sent = _WHEN_KEYED if route.needs_key else (), _WHEN_SENT if has_body else ()
    named = _WHEN_NAMED if "{" in route.path else ()
    for name in (*keyed, *sent, *named, *_ALWAYS):
        answer = gateway.RESPONSES[name]
        yield _Code(answer.status, answer.code, answer.message[0].lower() + answer.message[1:], name, own=False)


def _response(route: Route, status: int, codes: list[_Code]) -> tuple[str, Schema]:
    prefix, schema, field = _FORMS[route.dialect]
    sources = [code.source for code in codes if code.own] or [code.source for code in codes]
    names = sorted({code.code for code in codes})
    phrase = _PHRASES.get(status) or HTTPStatus(status).phrase
    lines = [f"`{name}`: {'; or '.join(dict.fromkeys(c.when for c in codes if c.code == name))}" for name in names]
    headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    if status == gateway.RATE_LIMITED.status:
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    return f"{prefix}-{status}-{'-'.join(sorted(sources))}", {
        "description": f"{phrase}\n\n" + "\n".join(f"- {line}" for line in lines),
        "headers": headers,
        "content": {"application/json": {"schema": ref(schema, properties={field: {"enum": names}})}},
    }
