"""The live stream: a web application that AWS's Lambda Web Adapter runs on Lambda, and local mode in its own process.

Requests come in by two doors. At the API's own path API Gateway has checked a key, and says whose it is in its event's
request context. At the function's own URL, which browsers use, nobody has checked anything: there a ticket counts, and
no key. The adapter hands the context on as a header, and sets that anew whatever the client sent by its name:
https://aws.github.io/aws-lambda-web-adapter/features/request-context.html
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import cached_property, partial
from typing import Any

from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as Place
from starlette.types import Message, Receive, Scope, Send

from functions import audit, auth
from functions.auth import Permission
from functions.entries import CONTEXT_HEADER
from functions.errors import INTERNAL, ServiceError, answer_to, error_body, internal_body
from functions.events import HEARTBEAT, Kind
from functions.gateway import OWN_HEADERS, PREFLIGHT_SECONDS, REQUEST_HEADERS, RESPONSE_HEADERS, ROUTE_NOT_FOUND
from functions.request import Request
from functions.routes.access import OpenExecution, audited, open_execution, open_ticketed_execution
from functions.routes.events import fault, opening
from functions.routes.table import STREAM_ROUTES, Route
from functions.settings import settings
from functions.watch import Pace, Watcher, Watchers, patiently
from state_machines.values import to_json

_PIECE = 64 * 1024
"""Bytes that are sent at once: as much of a large event as waits in memory for a slow client."""
_SEND_SECONDS = 60
"""How long a client may take to read one piece."""


class Stream:
    """The application. The path `/` tells the adapter that it is ready, and touches nothing."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._watchers = Watchers(pace or Pace())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            await PlainTextResponse("ready")(scope, receive, send)
        else:
            scope["context"] = context = _context(Headers(scope=scope))
            await self._app(scope, receive, partial(_send_with_id, send, context["requestId"]))

    def stop(self) -> None:
        """Ends the open responses, so that their clients connect again. Any thread may call it."""
        self._watchers.stop()

    @cached_property
    def _app(self) -> Starlette:
        cross_origin = Middleware(
            CORSMiddleware,
            allow_origins=settings().origins,
            allow_headers=REQUEST_HEADERS,
            expose_headers=RESPONSE_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )
        # API Gateway takes a path with a slash at its end for the same, and hands it on as it came.
        places = [
            Place(route.path + slash, _Endpoint(self._watchers, route), methods=["GET"])
            for route in STREAM_ROUTES.values()
            for slash in ("", "/")
        ]
        app = Starlette(routes=places, middleware=[cross_origin], exception_handlers={404: _not_found, 405: _not_found})
        # A redirect would repeat the ticket in its address.
        app.router.redirect_slashes = False
        return app


class _Endpoint:
    """One dialect's route."""

    def __init__(self, watchers: Watchers, route: Route) -> None:
        self._watchers = watchers
        self._pace = watchers.pace
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(HttpRequest(scope))
        with ExitStack() as watched:
            try:
                response = await self._answer(request, watched)
            except ServiceError as error:
                answer = answer_to(error)
                body = error_body(self._route.dialect, answer, error.message, error.details)
                response = _json(answer.status, body)
            except Exception as error:  # noqa: BLE001 - the outermost boundary: the log has the fault, the client its id
                response = self._failure(request, error)
            try:
                await response(scope, receive, send)
            except SendTimeoutError:
                # It reads no more. The server closes a connection whose response was not brought to its end.
                return

    async def _answer(self, request: Request, watched: ExitStack) -> Response:
        """The answer to one request, which keeps its execution watched for as long as it lasts.

        Raises ServiceError, StoreLost.
        """
        opened = await patiently(partial(_open, request), self._pace, self._pace.opening)
        watcher = watched.enter_context(self._watchers.watch(opened.execution))
        # A client sends the header when it connects again, with the address that it had from the start.
        last_event_id = request.headers.get("last-event-id") or request.query.get("lastEventId")
        position, is_complete = await watcher.position(last_event_id)
        audited(request, self._route.operation, opened.workflow.id, opened.execution.id)
        if is_complete:
            # 9.2.3 of the HTML Standard: any status but 200 ends an EventSource; 204 says that this is no fault.
            return Response(status_code=204, headers=OWN_HEADERS)
        events = self._events(opened, watcher, position)
        # Heartbeats are made by `_events`, which knows when an event is sent in pieces.
        return EventSourceResponse(events, headers=OWN_HEADERS, ping=0, send_timeout=_SEND_SECONDS)

    async def _events(self, opened: OpenExecution, watcher: Watcher, position: int) -> AsyncIterator[bytes]:
        """What a response sends, until its execution is over, its time is up, or there is nothing to read any more."""
        yield opening(opened.execution, self._route.dialect, position)
        until = time.monotonic() + (self._pace.response or settings().stream_seconds)
        waiting: asyncio.Task[Any] | None = None
        try:
            while (left := until - time.monotonic()) > 0:
                waiting = waiting or asyncio.create_task(watcher.next(position, self._route.dialect))
                await asyncio.wait({waiting}, timeout=min(left, self._pace.heartbeat))
                if not waiting.done():
                    yield HEARTBEAT
                    continue
                events, waiting = waiting.result(), None
                for event in events:
                    for start in range(0, len(event.body), _PIECE):
                        yield event.body[start : start + _PIECE]
                    position = event.number
                if not events and watcher.over:
                    yield fault(watcher.over, position)
                if not events or events[-1].kind == Kind.COMPLETE:
                    return
        finally:
            if waiting:
                waiting.cancel()

    def _failure(self, request: Request, error: Exception) -> Response:
        place = {"request_id": request.id, "operation": self._route.operation}
        audit.logger.error("The request failed", extra=place | audit.trace(error))
        who = {name: request.noted.get(name) for name in ("community", "user")}
        audit.record("ERROR", action=self._route.operation, outcome="FAILURE", **who, request_id=request.id)
        return _json(INTERNAL.status, internal_body(self._route.dialect, request.id))


def _open(request: Request) -> OpenExecution:
    """Who asks, and for what: by the key that API Gateway checked, else by a ticket. Raises ServiceError."""
    if (request.event["requestContext"].get("identity") or {}).get("apiKeyId"):
        return open_execution(request, Permission.VIEW, "stream_execution")
    if "ticket" in request.query:
        return open_ticketed_execution(request)
    raise auth.refused(request.event, "Give the ticket of a stream URL; an API key counts at the API's own address")


def _request(http: HttpRequest) -> Request:
    event = {"requestContext": http.scope["context"]}
    return Request(event, dict(http.path_params), dict(http.query_params), dict(http.headers))


def _context(headers: Headers) -> dict[str, Any]:
    """The request context of the event that the adapter was called with. Where there is none, nothing was checked."""
    given = headers.getlist(CONTEXT_HEADER)
    try:
        # The adapter writes UTF-8.
        context = json.loads(given[0].encode("latin-1")) if len(given) == 1 else {}
    except ValueError:
        context = {}
    context = context if isinstance(context, dict) else {}
    return context | {"requestId": str(context.get("requestId") or uuid.uuid4())}


async def _send_with_id(send: Send, request_id: str, message: Message) -> None:
    if message["type"] == "http.response.start":
        MutableHeaders(scope=message)["X-Request-Id"] = request_id
    await send(message)


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(to_json(body), status, OWN_HEADERS, media_type="application/json")


def _not_found(request: HttpRequest, error: Exception) -> Response:
    return Response(ROUTE_NOT_FOUND.body(), ROUTE_NOT_FOUND.status, OWN_HEADERS, media_type="application/json")


app = Stream()
