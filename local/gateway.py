"""Amazon API Gateway's REST API in front of the `api` and `stream` functions, as an ASGI application.

The order is API Gateway's: route (404), key (401), usage plan (429), body (413), function (502, 504).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions import gateway as answers
from functions.routes.table import ROUTES
from local import access_log, docs
from local.access_log import Access
from local.console import Console
from local.function_url import with_context
from local.gateway_responses import STARTING, STOPPING, CrossOrigin, Refused
from local.proxy import Event, MalformedProxyResponse, ProxyRequest, render
from local.resources import Resource, Resources
from local.usage_plans import ApiKey, ApiKeys, Throttle

_log = logging.getLogger(__name__)

Invoke = Callable[[str, Event], object]
"""(function's name, event) → its answer, or Lambda's `{"errorMessage", …}` where it crashed."""

MAX_BODY = 10 * 1024 * 1024
_READ_AT_MOST = 4 * MAX_BODY
"""How much of a refused body is read to its end, so that a client still sending sees the answer."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """What the gateway stands in front of. `throttle` is None where usage plans are not enforced.

    `stream` is the streaming function's application; `console` the page that it serves beside the API.
    """

    invoke: Invoke
    stream: ASGIApp
    keys: ApiKeys
    throttle: Throttle | None
    origins: tuple[str, ...] = ()
    console: Console | None = None


class Gateway:
    """Answers 503 until `open` gives it a backend. Handlers run on `threads` threads, for `timeout` seconds each."""

    def __init__(
        self,
        *,
        timeout: float = 29.0,
        threads: int = 40,
        log: Callable[[Access], None] = access_log.write,
    ) -> None:
        self._resources = Resources((route.method, route.path) for route in ROUTES)
        self._keyless = {(route.method, route.path) for route in ROUTES if not route.needs_key}
        self._streamed = {(route.method, route.path) for route in ROUTES if route.function == "stream"}
        self._cross_origin = CrossOrigin(())
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(threads, "gateway")
        self._log = log
        self._backend: Backend | None = None

    def open(self, backend: Backend) -> None:
        """From now on requests are served. Any thread may call it."""
        self._cross_origin = CrossOrigin(backend.origins)
        self._backend = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        client = request.client
        access = Access(str(uuid.uuid4()), client.host if client else "-", request.method)
        began = time.perf_counter()
        answer: ASGIApp
        try:
            answer = await self._answer(request, access)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            # The server stops and has waited long enough. What the function does goes on without its client.
            answer = Refused(STOPPING).response()
        except Refused as refused:
            answer = response = refused.response()
            self._cross_origin.mark(response, request.headers.get("origin"))

        async def begin(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("X-Request-Id", access.request_id)
                access.status = message["status"]
                access.latency_ms = (time.perf_counter() - began) * 1000
                self._log(access)
            await send(message)

        await answer(scope, receive, begin)

    async def _answer(self, request: Request, access: Access) -> ASGIApp:
        if {"content-length", "transfer-encoding"}.issubset(request.headers.keys()):
            # Who reads its length one way and who reads it the other see two different requests (RFC 9112, 6.1).
            raise Refused(answers.BAD_REQUEST, {"Connection": "close"})
        path = request.scope["raw_path"].decode("latin-1")
        if beside := self._beside(request, path, access):
            return beside
        resource = self._route(request.method, path)
        access.resource = resource.path
        if request.method == "OPTIONS":
            return self._cross_origin.preflight(request.headers.get("origin"), resource.methods)
        backend = self._open_backend()
        if (request.method, resource.path) not in self._keyless:
            access.key = await _authenticate(request, backend.keys)
            if backend.throttle:
                _admit(access.key, backend.throttle)
        if (request.method, resource.path) in self._streamed:
            return _streamed(backend.stream, _proxied(request, path, resource, b"", access).context())
        body = await _body(request)
        return await self._invoke(backend.invoke, _proxied(request, path, resource, body, access).event())

    def _beside(self, request: Request, path: str, access: Access) -> Response | None:
        """What is served beside the API's routes: the health, the document as a page, the console."""
        if request.method == "GET" and path in ("/health", "/docs"):
            access.resource = path
            return self._health() if path == "/health" else docs.response(str(request.base_url))
        console = self._backend.console if self._backend else None
        if page := console.answer(request.method, path) if console else None:
            access.resource = path
        return page

    def _health(self) -> Response:
        self._open_backend()
        return Response('{"status": "ok"}', media_type="application/json")

    def _open_backend(self) -> Backend:
        if self._backend is None:
            raise Refused(STARTING, {"Retry-After": "1"})
        return self._backend

    def _route(self, method: str, path: str) -> Resource:
        resource = self._resources.find(path)
        if resource is None or method not in resource.methods | {"OPTIONS"}:
            raise Refused(answers.ROUTE_NOT_FOUND)
        return resource

    async def _invoke(self, invoke: Invoke, event: Event) -> Response:
        call = asyncio.get_running_loop().run_in_executor(self._threads, invoke, "api", event)
        done, _ = await asyncio.wait({call}, timeout=self._timeout)
        if not done:
            call.cancel()
            raise Refused(answers.FUNCTION_TIMED_OUT)
        if error := call.exception():
            _log.error("the api function could not be invoked", exc_info=error)
            raise Refused(answers.FUNCTION_FAILED)
        try:
            return render(call.result())
        except MalformedProxyResponse as error:
            _log.error("malformed proxy response: %s", error)
            raise Refused(answers.FUNCTION_FAILED) from error


async def _authenticate(request: Request, keys: ApiKeys) -> ApiKey:
    values = request.headers.getlist("x-api-key")
    key = await keys.find(values[0]) if len(values) == 1 else None
    if key is None:
        raise Refused(answers.KEY_REFUSED)
    return key


def _admit(key: ApiKey, throttle: Throttle) -> None:
    if throttle.admit(key) > 0:
        raise Refused(answers.RATE_LIMITED, {"Retry-After": str(answers.RETRY_AFTER)})


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _READ_AT_MOST:
            break
        if size <= MAX_BODY:
            chunks.append(chunk)
    if size > MAX_BODY:
        raise Refused(answers.TOO_LARGE)
    return b"".join(chunks)


def _streamed(app: ASGIApp, context: Event) -> ASGIApp:
    """The streaming function's answer as it comes: the response transfer mode STREAM, without the 29 seconds' limit."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await app(with_context(scope, context), receive, send)

    return answer


def _proxied(request: Request, path: str, resource: Resource, body: bytes, access: Access) -> ProxyRequest:
    return ProxyRequest(
        method=request.method,
        path=path,
        resource=resource,
        request_id=access.request_id,
        api_key=request.headers["x-api-key"] if access.key else None,
        api_key_id=access.key.id if access.key else None,
        source_ip=access.ip,
        query=request.scope["query_string"].decode("latin-1"),
        headers=request.headers.items(),
        body=body,
    )
