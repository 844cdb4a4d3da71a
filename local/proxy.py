"""The Lambda proxy integration: an HTTP request becomes the function's event, and its answer an HTTP response.

Shapes: "Set up Lambda proxy integrations in API Gateway" in AWS's API Gateway developer guide (REST API, payload 1.0).
"""

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from local.resources import Resource

Event = dict[str, Any]
Pairs = list[tuple[str, str]]


class MalformedProxyResponse(Exception):
    """Raised when a function's answer is not a proxy response to API Gateway. Says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class ProxyRequest:
    """What the event is made of. `path` is percent-encoded as sent; `query` comes without its question mark.

    `api_key` and its id are None on a route that asks for none.
    """

    method: str
    path: str
    resource: Resource
    request_id: str
    api_key: str | None
    api_key_id: str | None
    source_ip: str
    query: str = ""
    headers: Pairs
    body: bytes = b""

    def event(self) -> Event:
        """The event as API Gateway sends it: query values decoded, path and path parameters as they were sent."""
        query = parse_qsl(self.query, keep_blank_values=True, errors="replace")
        body, encoded = _body(self.body)
        return {
            "resource": self.resource.path,
            "path": self.path,
            "httpMethod": self.method,
            "headers": dict(self.headers),
            "multiValueHeaders": _multi_value(self.headers),
            "queryStringParameters": dict(query) or None,
            "multiValueQueryStringParameters": _multi_value(query) or None,
            "pathParameters": self.resource.path_parameters or None,
            "stageVariables": None,
            "requestContext": self.context(),
            "body": body,
            "isBase64Encoded": encoded,
        }

    def context(self) -> Event:
        """The event's request context alone: what a function that takes streams is told beside the request."""
        now = time.time()
        return {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "localhost",
            "httpMethod": self.method,
            "identity": self._identity(),
            "path": self.path,
            "protocol": "HTTP/1.1",
            "requestId": self.request_id,
            "requestTime": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now * 1000),
            "resourceId": "local",
            "resourcePath": self.resource.path,
            "stage": "local",
        }

    def _identity(self) -> Event:
        key = {"apiKey": self.api_key, "apiKeyId": self.api_key_id} if self.api_key_id else {}
        return {
            **key,
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "sourceIp": self.source_ip,
            "user": None,
            "userAgent": next((v for name, v in reversed(self.headers) if name.lower() == "user-agent"), None),
            "userArn": None,
        }


def render(answer: object) -> Response:
    """The HTTP response of a function's answer, with all values of each header. Raises MalformedProxyResponse."""
    try:
        proxied = _ProxyResponse.model_validate(answer)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}" for e in error.errors(include_input=False)]
        raise MalformedProxyResponse("; ".join(faults)) from None
    body = proxied.content()
    response = Response(body, proxied.status_code)
    response.raw_headers = proxied.raw_headers()
    if proxied.status_code not in _BODILESS:
        response.raw_headers.append((b"content-length", str(len(body)).encode()))
    return response


_Scalar = str | bool | int | float


class _ProxyResponse(BaseModel):
    """API Gateway refuses any other field, and a body that is not text."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    status_code: int = Field(ge=200, le=599)
    headers: dict[str, _Scalar] | None = None
    multi_value_headers: dict[str, list[_Scalar]] | None = None
    body: str | None = None
    is_base64_encoded: bool = False

    def content(self) -> bytes:
        if self.body is None or self.status_code in _BODILESS:
            return b""
        if not self.is_base64_encoded:
            return self.body.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.body, validate=True)
        except binascii.Error as error:
            raise MalformedProxyResponse("the body is not base64") from error

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers once: a name in both maps keeps the values of `multiValueHeaders`."""
        multi = self.multi_value_headers or {}
        taken = {name.lower() for name in multi}
        pairs = [(name, value) for name, values in multi.items() for value in values]
        pairs += [(name, value) for name, value in (self.headers or {}).items() if name.lower() not in taken]
        raw = [_raw_header(name, value) for name, value in pairs if name.lower() not in _OF_THE_CONNECTION]
        if not any(name == b"content-type" for name, _ in raw):
            raw.append((b"content-type", b"application/json"))
        return raw


_BODILESS = (204, 304)
_OF_THE_CONNECTION = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "upgrade"}
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+: [\t\x20-\x7e\x80-\xff]*")


def _raw_header(name: str, value: _Scalar) -> tuple[bytes, bytes]:
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        raw = name.lower().encode("ascii"), text.strip().encode("latin-1")
    except UnicodeEncodeError as error:
        raise MalformedProxyResponse("a header is not Latin-1") from error
    if not _HEADER.fullmatch(b": ".join(raw)):
        raise MalformedProxyResponse("a header has a character that no header may have")
    return raw


def _body(content: bytes) -> tuple[str | None, bool]:
    if not content:
        return None, False
    try:
        return content.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(content).decode(), True


def _multi_value(pairs: Pairs) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
