"""JSON values: how large they are, how they compare, how they are written."""

import json
from typing import Any

from state_machines.errors import ValueTooLarge

MAX_OUTPUT_BYTES = 1_000_000
"""The most that one step may keep, as JSON."""


def to_json(value: Any) -> str:
    """Compact JSON that keeps every number's value. Raises ValueError for NaN and infinities."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def json_size(value: Any, limit: int = MAX_OUTPUT_BYTES) -> int:
    """The bytes of `value` as JSON, counted only until they pass `limit`.

    Expressions may repeat one list many times over without copying it, so it is never written out as a whole.
    """
    size, waiting = 0, [value]
    while waiting and size <= limit:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
            size += 2 + max(len(item) - 1, 0) + sum(_size_of_scalar(key) + 1 for key in item)
        elif isinstance(item, list):
            waiting.extend(item)
            size += 2 + max(len(item) - 1, 0)
        else:
            size += _size_of_scalar(item)
    return size


def is_deeper(value: Any, limit: int) -> bool:
    """Whether lists and objects are nested in `value` more than `limit` deep."""
    level = [value]
    for _ in range(limit):
        containers = [item for item in level if isinstance(item, dict | list)]
        level = [part for item in containers for part in (item.values() if isinstance(item, dict) else item)]
    return any(isinstance(item, dict | list) for item in level)


def check_size(value: Any, what: str, limit: int = MAX_OUTPUT_BYTES) -> None:
    """Raises ValueTooLarge, naming `what` and the limit, where `value` is larger than `limit` bytes."""
    if json_size(value, limit) > limit:
        raise ValueTooLarge(f"{what} is larger than {limit:,} bytes")


def equal(left: Any, right: Any) -> bool:
    """JSON equality without coercion: `true` is not 1, "5" is not 5, and 5 is 5.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def is_number(value: Any) -> bool:
    """Whether `value` is a JSON number; Python counts booleans among the integers, JSON does not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _size_of_scalar(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
