"""An answer of a route."""

from typing import Any, NamedTuple


class Answer(NamedTuple):
    """A status and a body: what is to be written as JSON, or text that is JSON already."""

    status: int
    body: dict[str, Any] | str
