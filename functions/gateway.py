"""What API Gateway does by itself, around the functions, as plain data: `infra` deploys it, local mode enforces it.

Gateway responses: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
from typing import NamedTuple


class Plan(NamedTuple):
    """A usage plan: a token bucket that holds up to `burst` requests and gains `rate` a second."""

    rate: float
    burst: int


PLANS = {"standard": Plan(100 / 60, 100), "premium": Plan(1000 / 60, 1000)}
"""The tiers, by name: 100 and 1,000 requests a minute."""


class GatewayResponse(NamedTuple):
    """One kind of answer that reaches no function."""

    status: int
    code: str
    message: str

    def body(self) -> str:
        """JSON with the fields of both dialects."""
        content = {"success": False, "error": self.code, "error_code": self.code, "message": self.message}
        return json.dumps({**content, "details": {}})


BAD_REQUEST = GatewayResponse(400, "BAD_REQUEST", "The request could not be read")
ROUTE_NOT_FOUND = GatewayResponse(404, "NOT_FOUND", "No such route")
KEY_REFUSED = GatewayResponse(401, "UNAUTHORIZED", "Missing or invalid API key")
RATE_LIMITED = GatewayResponse(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded")
TOO_LARGE = GatewayResponse(413, "PAYLOAD_TOO_LARGE", "Request body too large")
FUNCTION_FAILED = GatewayResponse(502, "INTERNAL_ERROR", "Internal server error")
FUNCTION_TIMED_OUT = GatewayResponse(504, "EXECUTION_TIMEOUT", "The request timed out")

RESPONSES = {
    "INVALID_API_KEY": KEY_REFUSED,
    "MISSING_AUTHENTICATION_TOKEN": ROUTE_NOT_FOUND,
    "THROTTLED": RATE_LIMITED,
    "QUOTA_EXCEEDED": RATE_LIMITED,
    "REQUEST_TOO_LARGE": TOO_LARGE,
    "INTEGRATION_TIMEOUT": FUNCTION_TIMED_OUT,
    "INTEGRATION_FAILURE": FUNCTION_FAILED,
    "DEFAULT_4XX": BAD_REQUEST,
    "DEFAULT_5XX": FUNCTION_FAILED,
}
"""By API Gateway's own name for what happened."""

RETRY_AFTER = 1
"""Seconds after which a refused client may come again: the slowest plan gains a token in less.

A fixed one, since API Gateway knows no better in an answer of its own."""

REQUEST_HEADERS = ("Content-Type", "X-API-Key", "Idempotency-Key", "Last-Event-ID", "Prefer")
"""What a page of a configured origin may send."""
RESPONSE_HEADERS = ("X-Request-Id", "Retry-After")
"""What such a page may read."""
PREFLIGHT_SECONDS = 600
"""How long a browser may keep the answer to a preflight request."""

OWN_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""On every answer of the gateway's own."""
