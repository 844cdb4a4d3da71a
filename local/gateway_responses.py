"""How the local gateway answers by itself: with `functions/gateway.py`, and the headers of cross-origin requests."""

from collections.abc import Mapping

from starlette.responses import Response

from functions.gateway import OWN_HEADERS, PREFLIGHT_SECONDS, REQUEST_HEADERS, RESPONSE_HEADERS, GatewayResponse

STARTING = GatewayResponse(503, "SERVICE_UNAVAILABLE", "The service is starting")
STOPPING = GatewayResponse(503, "SERVICE_UNAVAILABLE", "The service is stopping")


class Refused(Exception):
    """Raised when the gateway answers a request itself."""

    def __init__(self, answer: GatewayResponse, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(answer.code)
        self.answer = answer
        self.headers = headers or {}

    def response(self) -> Response:
        return Response(
            self.answer.body(), self.answer.status, {**OWN_HEADERS, **self.headers}, media_type="application/json"
        )


class CrossOrigin:
    """The headers that let browsers of the configured origins call, and nobody else's."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = origins

    def preflight(self, origin: str | None, methods: frozenset[str]) -> Response:
        """The answer to OPTIONS on a resource that has these methods."""
        response = Response(status_code=204)
        self.mark(response, origin)
        if origin in self._origins:
            response.headers["Access-Control-Allow-Methods"] = ",".join(sorted(methods | {"OPTIONS"}))
            response.headers["Access-Control-Allow-Headers"] = ",".join(REQUEST_HEADERS)
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return response

    def mark(self, response: Response, origin: str | None) -> None:
        """On an answer of the gateway's own; a function marks its answers itself."""
        response.headers["Vary"] = "Origin"
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = ",".join(RESPONSE_HEADERS)
