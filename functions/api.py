"""The function behind the API: finds the route that API Gateway matched, and answers in its dialect.

Events: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from functions import audit
from functions.errors import ANSWERS, INTERNAL, NotFound, ServiceError
from functions.errors import Answer as ErrorAnswer
from functions.gateway import RESPONSE_HEADERS
from functions.request import Request
from functions.routes import v1, workspaces
from functions.routes.answer import Answer
from functions.routes.table import ROUTES, Dialect, Route
from functions.settings import settings
from state_machines.values import to_json

MODULES = {"v1": v1, "workspaces": workspaces}

_ROUTES: Mapping[tuple[str, str], tuple[Route, Callable[[Request], Answer]]] = {
    (route.method, route.path): (route, getattr(MODULES[route.dialect], route.operation))
    for route in ROUTES
    if route.function == "api"
}

_DENIALS = (401, 403)
"""Noted where they are decided, with what was asked for."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request; every error becomes an answer, and what was not foreseen shows nothing of the inside."""
    request = Request.from_event(event)
    found = _ROUTES.get((event["httpMethod"], event["resource"]))
    if found is None:
        return _response(request, _error(request, None, NotFound("There is no such route")))
    route, operation = found
    try:
        return _response(request, operation(request))
    except ServiceError as error:
        return _response(request, _error(request, route, error))
    except Exception as error:  # noqa: BLE001 - the outermost boundary: the log has the fault, the client its id
        place = {"request_id": request.id, "operation": route.operation}
        audit.logger.error("The request failed", extra=place | audit.trace(error))
        return _response(request, _failure(request, route))


def _error(request: Request, route: Route | None, error: ServiceError) -> Answer:
    answer = next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
    if answer.status not in _DENIALS and route and (route.method != "GET" or answer.status >= 500):
        _audit_failure(request, route)
    return Answer(answer.status, _error_body(route.dialect if route else None, answer, error.message, error.details))


def _failure(request: Request, route: Route) -> Answer:
    _audit_failure(request, route)
    message = "Something went wrong on our side; quote the request id when you report it"
    return Answer(INTERNAL.status, _error_body(route.dialect, INTERNAL, message, {"request_id": request.id}))


def _audit_failure(request: Request, route: Route) -> None:
    audit.record(
        "ERROR",
        action=route.operation,
        outcome="FAILURE",
        community=request.noted.get("community"),
        user=request.noted.get("user"),
        request_id=request.id,
    )


def _error_body(dialect: Dialect | None, answer: ErrorAnswer, message: str, details: dict[str, Any]) -> dict[str, Any]:
    """An error in a dialect's fields, or in both dialects' where no route says which."""
    v1_body = {"success": False, "message": message, "error_code": answer.v1, "details": details}
    workspaces_body = {"error": answer.workspaces, "message": message, "details": details}
    if dialect is None:
        return v1_body | workspaces_body
    return v1_body if dialect == "v1" else workspaces_body


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
        "body": to_json(answer.body),
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
