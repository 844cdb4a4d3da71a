"""A journey over every route of a running service: what is asked, and what comes back.

`make openapi` makes examples of it, and the tests hold every answer against the document.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import httpx

from functions.gateway import PLANS, RATE_LIMITED
from functions.routes.table import ROUTES, Route
from openapi.document import operation_id

Json = Any

KEYS = {
    "admin": "local-acme-admin-premium-key",
    "viewer": "local-acme-viewer-premium-key",
    "stranger": "local-globex-admin-premium-key",
    "standard": "local-acme-member-standard-key",
}
"""The keys of the local service's demo, by who uses them; `nobody` has none."""

COMMUNITY = 123
SLUG = "acme"
UNKNOWN = "01890000-0000-7000-8000-000000000000"
"""An id that could exist and does not."""

ENDED = ("completed", "failed", "cancelled")
_LONGEST_WAIT = 20.0
_MOST_REQUESTS = 2 * PLANS["standard"].burst


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request and its answer. `name` says what it shows, if anything; `parameters` are of path, query and headers."""

    route: Route
    name: str
    who: str
    parameters: Mapping[str, str]
    body: Json
    """What was sent as JSON; None where there was no body, or one that is none."""
    status: int
    headers: httpx.Headers
    content: str

    @property
    def answer(self) -> Json:
        """The body of the answer, parsed where it is JSON."""
        is_json = self.headers.get("Content-Type") == "application/json"
        return json.loads(self.content) if is_json else self.content


class Journey:
    """Asks and remembers. `before` is called before each request. As a context it closes its connection."""

    def __init__(self, url: str, before: Callable[[], None] = lambda: None) -> None:
        self._client = httpx.Client(base_url=url, timeout=40)
        self._before = before
        self._routes = {operation_id(route): route for route in ROUTES}
        self.exchanges: list[Exchange] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def ask(
        self,
        operation: str,
        name: str,
        body: Json = None,
        *,
        who: str = "admin",
        status: int = 200,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **parameters: str,
    ) -> Json:
        """The answer to one request of `operation` (an operationId), which must have this status.

        `parameters` that the path does not have go into the query; `from` is written `from_`. `content` is sent as it
        is, in the place of `body`.
        """
        self._before()
        exchange = self._exchange(operation, name, body, who, content, headers or {}, parameters)
        if exchange.status != status:
            raise AssertionError(f"{operation} ({name}) answered {exchange.status}: {exchange.content[:500]}")
        self.exchanges.append(exchange)
        return exchange.answer

    def until_refused(self, operation: str, name: str, **parameters: str) -> None:
        """Asks until the plan of the key is used up; only that answer is remembered."""
        self._before()
        for _ in range(_MOST_REQUESTS):
            exchange = self._exchange(operation, name, None, "standard", None, {}, parameters)
            if exchange.status == RATE_LIMITED.status:
                self.exchanges.append(exchange)
                return
        raise AssertionError("the plan is never used up")

    def _exchange(
        self,
        operation: str,
        name: str,
        body: Json,
        who: str,
        content: bytes | None,
        headers: Mapping[str, str],
        parameters: Mapping[str, str],
    ) -> Exchange:
        route, given = self._routes[operation], {name.rstrip("_"): value for name, value in parameters.items()}
        in_path = {name for name in given if f"{{{name}}}" in route.path}
        answer = self._client.request(
            route.method,
            route.path.format(**{name: quote(given[name], safe="") for name in in_path}),
            params={name: value for name, value in given.items() if name not in in_path},
            headers={**_key(who), **headers},
            content=content,
            json=body,
        )
        return Exchange(
            route=route,
            name=name,
            who=who,
            parameters={**given, **headers},
            body=body,
            status=answer.status_code,
            headers=answer.headers,
            content=answer.text,
        )

    def until_ended(self, execution_id: str) -> None:
        """Waits for the end of an execution, without a trace in the journey."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < deadline:
            answer = self._client.get(f"/api/v1/workflows/executions/{execution_id}", headers=_key("admin"))
            if answer.json()["data"]["status"] in ENDED:
                return
            time.sleep(0.02)
        raise AssertionError(f"{execution_id} did not end")


def _key(who: str) -> dict[str, str]:
    return {"X-API-Key": KEYS[who]} if who in KEYS else {}
