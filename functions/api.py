"""The function behind the API: finds the route that API Gateway matched, and answers in its dialect.

Events: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from functions import audit
from functions.errors import INTERNAL, NotFound, ServiceError, answer_to, error_body, internal_body
from functions.gateway import RESPONSE_HEADERS
from functions.request import Request
from functions.routes.answer import Answer
from functions.routes.table import ROUTES, Route
from functions.settings import settings
from state_machines.values import to_json

_ROUTES: Mapping[tuple[str, str], Route] = {
    (route.method, route.path): route for route in ROUTES if route.function == "api"
}

_DENIALS = (401, 403)
"""Noted where they are decided, with what was asked for."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request; every error becomes an answer, and what was not foreseen shows nothing of the inside."""
    request = Request.from_event(event)
    route = _ROUTES.get((event["httpMethod"], event["resource"]))
    if route is None:
        return _response(request, _error(request, None, NotFound("There is no such route")))
    try:
        return _response(request, operation_of(route)(request))
    except ServiceError as error:
        return _response(request, _error(request, route, error))
    except Exception as error:  # noqa: BLE001 - the outermost boundary: the log has the fault, the client its id
        place = {"request_id": request.id, "operation": route.operation}
        audit.logger.error("The request failed", extra=place | audit.trace(error))
        return _response(request, _failure(request, route))


def operation_of(route: Route) -> Callable[[Request], Answer]:
    """What answers a route. Its module, named like the dialect, is imported now: a cold start needs one of them."""
    module = import_module(f"functions.routes.{route.dialect}")
    operation: Callable[[Request], Answer] = getattr(module, route.operation)
    return operation


def _error(request: Request, route: Route | None, error: ServiceError) -> Answer:
    answer = answer_to(error)
    if answer.status not in _DENIALS and route and (route.method != "GET" or answer.status >= 500):
        _audit_failure(request, route)
    return Answer(answer.status, error_body(route.dialect if route else None, answer, error.message, error.details))


def _failure(request: Request, route: Route) -> Answer:
    _audit_failure(request, route)
    return Answer(INTERNAL.status, internal_body(route.dialect, request.id))


def _audit_failure(request: Request, route: Route) -> None:
    audit.record(
        "ERROR",
        action=route.operation,
        outcome="FAILURE",
        community=request.noted.get("community"),
        user=request.noted.get("user"),
        request_id=request.id,
    )


def _response(request: Request, answer: Answer) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": request.id,
            **_cross_origin(request),
        },
        "body": answer.body if isinstance(answer.body, str) else to_json(answer.body),
        "isBase64Encoded": False,
    }


def _cross_origin(request: Request) -> dict[str, str]:
    """The headers that let a page of a configured origin read the answer (Fetch standard, CORS protocol)."""
    origin = request.headers.get("origin")
    if origin not in settings().origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ",".join(RESPONSE_HEADERS),
        "Vary": "Origin",
    }
