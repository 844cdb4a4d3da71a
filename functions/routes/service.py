"""What the service tells of itself, in neither dialect."""

from functools import cache
from pathlib import Path

from functions.request import Request
from functions.routes.answer import Answer

OPENAPI = Path(__file__).with_name("openapi.json")


def get_openapi(request: Request) -> Answer:
    """The OpenAPI document, as `make openapi` wrote it."""
    return Answer(200, _openapi())


@cache
def _openapi() -> str:
    return OPENAPI.read_text(encoding="utf-8")
