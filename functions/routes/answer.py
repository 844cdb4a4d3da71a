"""An answer of a route, before it is written as JSON."""

from typing import Any, NamedTuple


class Answer(NamedTuple):
    """A status and a body."""

    status: int
    body: dict[str, Any]
