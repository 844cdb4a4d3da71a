"""The config of `call_api`, checked as far as text alone can tell."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from functions.actions.config import ActionConfig
from functions.actions.json_values import json_bytes
from functions.actions.urls import MAX_URL_CHARACTERS, Url

MAX_BODY_BYTES = 1_000_000
MAX_HEADERS = 50
MAX_HEADER_CHARACTERS = 8_000
MAX_QUERY_NAMES = 100

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_OWN_HEADERS = frozenset(
    (
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
        "expect",
    )
)
"""Headers that say where a request goes and where it ends, which a config must not."""


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _absolute(text: str) -> str:
    Url.parse(text)
    return text


def _names_are_right(headers: Any) -> Any:
    """Checked on the whole, since names hold no templates: a fault at a name would pass for one at its value."""
    names = [name.lower() for name in headers] if isinstance(headers, dict) else []
    for name in names:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name[:50]!r} is not a valid header name")
        if name in _OWN_HEADERS:
            raise ValueError(f"The header {name} is set by call_api itself")
        if names.count(name) > 1:
            raise ValueError(f"The header {name} is given twice, in upper and lower case")
    return headers


def _header_value(value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError("A header's value must be one line of Latin-1 text")
    return value.strip()


def _query_value(value: Any) -> Any:
    scalars = value if isinstance(value, list) else [value]
    if not all(scalar is None or isinstance(scalar, str | int | float) for scalar in scalars):
        raise ValueError("A query's value must be a string, number, boolean or null, or a list of these")
    json_bytes(value)
    return value


def _sendable(value: Any) -> Any:
    if len(json_bytes(value)) > MAX_BODY_BYTES:
        raise ValueError(f"The body must have at most {MAX_BODY_BYTES:,} bytes")
    return value


# What is in json_schema_extra is for the OpenAPI document, which cannot see into validators.
_Url = Annotated[
    str,
    AfterValidator(_absolute),
    Field(json_schema_extra={"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://", "maxLength": MAX_URL_CHARACTERS}),
]
_Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_HeaderValue = Annotated[
    str,
    AfterValidator(_header_value),
    Field(max_length=MAX_HEADER_CHARACTERS, json_schema_extra={"pattern": f"^{_HEADER_VALUE.pattern}$"}),
]
_Headers = Annotated[
    dict[str, _HeaderValue],
    Field(max_length=MAX_HEADERS, json_schema_extra={"propertyNames": {"pattern": f"^{_HEADER_NAME.pattern}$"}}),
    BeforeValidator(_names_are_right),
]
_SCALARS = ["string", "number", "boolean", "null"]
_QueryValue = Annotated[
    Any,
    AfterValidator(_query_value),
    Field(json_schema_extra={"type": [*_SCALARS, "array"], "items": {"type": _SCALARS}}),
]
_Query = Annotated[dict[str, _QueryValue], Field(max_length=MAX_QUERY_NAMES)]


class CallApiConfig(ActionConfig):
    """What `call_api` takes; `method` in either case, `headers` without those that frame a request."""

    url: _Url
    method: Annotated[_Method, BeforeValidator(_upper)] = "GET"
    headers: _Headers = Field(default_factory=dict)
    query: _Query = Field(default_factory=dict)
    body: Annotated[Any, AfterValidator(_sendable)] = None
