"""The real requests and answers of a journey, put into the document."""

import re
from collections.abc import Iterable
from typing import Any

from openapi.document import Document
from openapi.journey import Exchange

_STREAM_URL = re.compile(r"http://[^/\"]+(/[^\"?]+/stream\?ticket=[0-9]+\.[\w-]*)\.[\w-]{43}")
"""The URL of the local streaming server, and a signature by a secret that is new in every run."""
_SIGNATURE = "c2lnbmVkLWJ5LXRoZS1zZXJ2aWNlLWZvci1hLWRheSE"


def add_examples(document: Document, exchanges: Iterable[Exchange]) -> None:
    """Adds to every operation the first exchange of each name, and to every error the first one of each code."""
    for exchange in exchanges:
        operation = document["paths"][exchange.route.path][exchange.route.method.lower()]
        if exchange.route.dialect == "service":
            continue  # its answer is the document
        if exchange.status >= 300:
            _add_error(document, operation, exchange)
        elif exchange.name:
            _add_success(operation, exchange)
            _add_parameters(document, exchange)


def _add_success(operation: Any, exchange: Exchange) -> None:
    if exchange.body is not None:
        _add(operation["requestBody"], exchange.name, exchange.body)
    if exchange.content:
        _add(operation["responses"][str(exchange.status)], exchange.name, stable(exchange.answer))


def _add_error(document: Document, operation: Any, exchange: Exchange) -> None:
    name = operation["responses"][str(exchange.status)]["$ref"].rpartition("/")[2]
    answer = exchange.answer
    _add(document["components"]["responses"][name], answer.get("error_code") or answer["error"], answer)


def _add(holder: Any, name: str, value: Any) -> None:
    (content,) = holder["content"].values()
    examples = content.setdefault("examples", {})
    if {"value": value} not in examples.values():
        examples.setdefault(name.replace(" ", "_"), {"value": value})


def _add_parameters(document: Document, exchange: Exchange) -> None:
    """Of the path only: what else is asked for can be seen in the schemas."""
    for name, value in exchange.parameters.items():
        if f"{{{name}}}" in exchange.route.path:
            examples = document["components"]["parameters"][name].setdefault("examples", {})
            examples.setdefault(exchange.route.dialect, {"value": value})


def stable(answer: Any) -> Any:
    """The answer with what is each run's own replaced."""
    if isinstance(answer, dict):
        return {name: stable(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [stable(value) for value in answer]
    return _STREAM_URL.sub(rf"https://stream.example.com\1.{_SIGNATURE}", answer) if isinstance(answer, str) else answer
