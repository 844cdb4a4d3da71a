"""`call_api`: one HTTP request to an API, and what it answered.

    {"url": "https://api.example.com/webhook", "method": "POST", "query": {"page": 1, "tag": ["a", "b"]},
     "headers": {"Authorization": "Bearer {{secrets.token}}"}, "body": {"event": "user_signup"}}
    -> {"statusCode": 200, "contentType": "application/json", "body": {"ok": true}}

`body` is sent as JSON, a string as text, null not at all. In `query` a null is left out and a list repeats its name.
Each request carries `Idempotency-Key: <execution>:<node>:<visit>`, so that the API can tell a retry from a second call.
Which addresses may be reached is in `addresses`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from urllib3.response import BaseHTTPResponse

from functions.actions.addresses import endpoints
from functions.actions.answers import meaning, text
from functions.actions.call_config import CallApiConfig
from functions.actions.errors import HttpStatusError, RedirectNotAllowed
from functions.actions.exchange import Request, read_body, read_start, sent
from functions.actions.json_values import json_bytes
from functions.actions.plain_text import one_line
from functions.actions.registry import ActionContext, JsonObject, action, simulation_of
from functions.actions.urls import Url
from functions.settings import settings

MAX_REDIRECTS = 5
EXCERPT_CHARACTERS = 200
CONTENT_TYPE_CHARACTERS = 200

_KEEPS_METHOD_AND_BODY = (307, 308)
_BECOMES_GET = (301, 302, 303)


@action("call_api", config=CallApiConfig, secrets=True)
def call_api(config: CallApiConfig, context: ActionContext) -> JsonObject:
    """Raises what is under CallFailed in `errors`, and ActionTimeout."""
    call = _Call.first(config, context.idempotency_token)
    for _ in range(1 + MAX_REDIRECTS):
        with sent(call.request(), endpoints(call.url, _reachable()), context.deadline) as response:
            location = _location(response)
            if location is None:
                return _output(call.url, response)
        call = call.redirected(response.status, location)
    raise RedirectNotAllowed(f"The API redirected more than {MAX_REDIRECTS} times")


@simulation_of("call_api")
def simulate(config: CallApiConfig, context: ActionContext) -> JsonObject:
    """An answer with nothing in it."""
    return {"statusCode": 200, "contentType": "application/json", "body": {}, "simulated": True}


@dataclass(frozen=True)
class _Call:
    """What to ask of whom next: the config's request, or what a redirect made of it.

    `own` are the headers of this service, `configured` those of the workflow: the latter win, and are for the first
    origin alone, since any of them may be a credential.
    """

    method: str
    url: Url
    own: Mapping[str, str]
    configured: Mapping[str, str]
    body: bytes | None

    @classmethod
    def first(cls, config: CallApiConfig, token: str) -> "_Call":
        own = {
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "workflow-execution-api",
            "Idempotency-Key": token,
        }
        body, content_type = _encoded(config.body)
        if body is not None:
            own["Content-Type"] = content_type
        url = Url.parse(config.url).with_query(_encoded_query(config.query))
        return cls(config.method, url, own, config.headers, body)

    def request(self) -> Request:
        names = {name.lower() for name in self.configured}
        own = {name: value for name, value in self.own.items() if name.lower() not in names}
        return Request(self.method, self.url, {**own, **self.configured}, self.body)

    def redirected(self, status: int, location: str) -> "_Call":
        """The next call, as fetch and browsers do it (RFC 9110 section 15.4)."""
        url = _followed(self.url, location)
        configured = self.configured if url.origin == self.url.origin else {}
        moved = replace(self, url=url, configured=configured)
        return moved if status in _KEEPS_METHOD_AND_BODY else moved._without_body()

    def _without_body(self) -> "_Call":
        return replace(
            self,
            method="HEAD" if self.method == "HEAD" else "GET",
            own=_without_content_type(self.own),
            configured=_without_content_type(self.configured),
            body=None,
        )


def _reachable() -> frozenset[str]:
    return frozenset(entry.lower() for entry in settings().reachable)


def _encoded(body: Any) -> tuple[bytes | None, str]:
    match body:
        case None:
            return None, ""
        case str():
            return body.encode(), "text/plain; charset=utf-8"
        case _:
            return json_bytes(body), "application/json"


def _encoded_query(query: Mapping[str, Any]) -> str:
    return urlencode(list(_query_pairs(query)), quote_via=quote, safe="")


def _query_pairs(query: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for scalar in value if isinstance(value, list) else [value]:
            if scalar is not None:
                # As JSON writes it: true, 0.1.
                yield name, scalar if isinstance(scalar, str) else json.dumps(scalar)


def _location(response: BaseHTTPResponse) -> str | None:
    """Where the answer redirects to; None where it is the last."""
    if response.status not in _KEEPS_METHOD_AND_BODY + _BECOMES_GET:
        return None
    return response.headers.get("Location") or None


def _followed(url: Url, location: str) -> Url:
    try:
        target = url.joined(location)
    except ValueError as error:
        raise RedirectNotAllowed(f"{url.host_and_port} redirected to where call_api cannot go: {error}") from error
    if url.scheme == "https" and target.scheme == "http":
        raise RedirectNotAllowed(f"{url.host_and_port} redirected from https to http")
    return target


def _without_content_type(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-type"}


def _output(url: Url, response: BaseHTTPResponse) -> JsonObject:
    content_type = response.headers.get("Content-Type")
    if not 200 <= response.status < 300:
        raise _status_error(url, response, content_type or "")
    return {
        "statusCode": response.status,
        "contentType": None if content_type is None else one_line(content_type, CONTENT_TYPE_CHARACTERS),
        "body": meaning(read_body(response), content_type or ""),
    }


def _status_error(url: Url, response: BaseHTTPResponse, content_type: str) -> HttpStatusError:
    # No charset has more than four bytes a character.
    start = text(read_start(response, 4 * EXCERPT_CHARACTERS), content_type)
    excerpt = one_line(start, EXCERPT_CHARACTERS).strip()
    said = f"{url.host_and_port} answered {response.status}"
    return HttpStatusError(f"{said}: {excerpt}" if excerpt else said, status=response.status)
