"""The one way in which moto is changed; what was replaced is listed, for the tests to compare with moto's source."""

from collections.abc import Callable
from typing import Any

ORIGINALS: dict[str, Any] = {}
"""What moto had, by its dotted name."""


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put `make(original)` in the place of `owner.name`, once. Raises AttributeError where moto has no such name."""
    dotted = f"{getattr(owner, '__module__', '')}.{owner.__qualname__}" if isinstance(owner, type) else owner.__name__
    key = f"{dotted}.{name}"
    if key not in ORIGINALS:
        ORIGINALS[key] = getattr(owner, name)
        setattr(owner, name, make(ORIGINALS[key]))
