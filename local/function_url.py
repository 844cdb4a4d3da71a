"""What stands before the streaming function: its own URL, and the Lambda Web Adapter, which tells it who came how."""

import json
import time
import uuid
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.entries import CONTEXT_HEADER
from local.gateway_responses import STARTING, Refused

Context = dict[str, Any]

_CONTEXT_HEADER = CONTEXT_HEADER.encode()


class FunctionUrl:
    """The streaming function's URL, where nobody checks keys. Answers 503 until `open` gives it the application."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    def open(self, app: ASGIApp) -> None:
        """From now on requests are served. Any thread may call it."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            await Refused(STARTING, {"Retry-After": "1"}).response()(scope, receive, send)
        else:
            await self._app(with_context(scope, _context(scope)), receive, send)


def with_context(scope: Scope, context: Context) -> Scope:
    """The request as the adapter hands it on: with this context, whatever the client sent by the header's name."""
    headers = [(name, value) for name, value in scope["headers"] if name != _CONTEXT_HEADER]
    return {**scope, "headers": [*headers, (_CONTEXT_HEADER, json.dumps(context).encode())]}


def _context(scope: Scope) -> Context:
    """The request context of a function URL, which has no `identity`: no key was asked for.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """
    client = scope.get("client")
    return {
        "accountId": "anonymous",
        "apiId": "local",
        "authentication": None,
        "authorizer": None,
        "domainName": "localhost",
        "http": {
            "method": scope["method"],
            "path": scope["path"],
            "protocol": "HTTP/1.1",
            "sourceIp": client[0] if client else "-",
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "timeEpoch": int(time.time() * 1000),
    }
