"""What the gateway answers itself, with the fields of both dialects, and the headers of cross-origin requests."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response


class GatewayResponse(NamedTuple):
    """One kind of answer that reaches no function."""

    status: int
    code: str
    message: str


ROUTE_NOT_FOUND = GatewayResponse(404, "NOT_FOUND", "No such route")
KEY_REFUSED = GatewayResponse(401, "UNAUTHORIZED", "Missing or invalid API key")
RATE_LIMITED = GatewayResponse(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded")
TOO_LARGE = GatewayResponse(413, "PAYLOAD_TOO_LARGE", "Request body too large")
FUNCTION_FAILED = GatewayResponse(502, "INTERNAL_ERROR", "Internal server error")
FUNCTION_TIMED_OUT = GatewayResponse(504, "EXECUTION_TIMEOUT", "The request timed out")
STARTING = GatewayResponse(503, "SERVICE_UNAVAILABLE", "The service is starting")
STOPPING = GatewayResponse(503, "SERVICE_UNAVAILABLE", "The service is stopping")


class Refused(Exception):
    """Raised when the gateway answers a request itself."""

    def __init__(self, answer: GatewayResponse, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(answer.code)
        self.answer = answer
        self.headers = headers or {}

    def response(self) -> Response:
        answer = self.answer
        content = {
            "success": False,
            "error": answer.code,
            "error_code": answer.code,
            "message": answer.message,
            "details": {},
        }
        return Response(
            json.dumps(content),
            answer.status,
            {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **self.headers},
            "application/json",
        )


class CrossOrigin:
    """The headers that let browsers of the configured origins call, and nobody else's."""

    _REQUEST_HEADERS = "Content-Type,X-API-Key,Idempotency-Key,Prefer"
    _RESPONSE_HEADERS = "X-Request-Id,Retry-After"
    _SECONDS = "600"

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = origins

    def preflight(self, origin: str | None, methods: frozenset[str]) -> Response:
        """The answer to OPTIONS on a resource that has these methods."""
        response = Response(status_code=204)
        self.mark(response, origin)
        if origin in self._origins:
            response.headers["Access-Control-Allow-Methods"] = ",".join(sorted(methods | {"OPTIONS"}))
            response.headers["Access-Control-Allow-Headers"] = self._REQUEST_HEADERS
            response.headers["Access-Control-Max-Age"] = self._SECONDS
        return response

    def mark(self, response: Response, origin: str | None) -> None:
        """On an answer of the gateway's own; a function marks its answers itself."""
        response.headers["Vary"] = "Origin"
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = self._RESPONSE_HEADERS
