"""JSON values: how large they are, how they compare, how they are written."""

import json
from collections.abc import Iterable
from typing import Any

from state_machines.effort import spend
from state_machines.errors import ValueTooLarge
from state_machines.limits import DEPTH, OUTPUT

MAX_OUTPUT_BYTES = OUTPUT.most
"""The most that one step may keep, as JSON."""

MAX_DEPTH = DEPTH.most

_SMALL = 1 << 60


def to_json(value: Any) -> str:
    """Compact JSON that keeps every number's value. Raises ValueError for NaN and infinities."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def json_size(value: Any, limit: int = MAX_OUTPUT_BYTES) -> int:
    """The bytes of `value` as JSON, or any number above `limit` where they are more. Raises as `to_json` does.

    Expressions may repeat one list many times over without copying it, so only what is known to be small is written.
    """
    least = _least_size(value, limit)
    return least if least > limit else _written_size(value)


def is_deeper(value: Any, limit: int) -> bool:
    """Whether lists and objects are nested in `value` more than `limit` deep."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        level = [part for item in level for part in _parts(item) if isinstance(part, dict | list)]
    return bool(level)


def check_size(value: Any, what: str, limit: int = MAX_OUTPUT_BYTES) -> int:
    """The bytes of `value` as JSON. Raises ValueTooLarge, naming `what` and the limit, where they are more than `limit`
    or it is nested too deeply; ValueError for NaN and infinities."""
    size = _least_size(value, limit)
    if size <= limit:
        # Only what is known to be small can be walked through: it may repeat a part endlessly.
        if is_deeper(value, MAX_DEPTH):
            raise ValueTooLarge(f"{what} is nested deeper than {MAX_DEPTH} levels")
        size = _written_size(value)
    if size > limit:
        raise ValueTooLarge(f"{what} is larger than {limit:,} bytes")
    return size


def equal(left: Any, right: Any) -> bool:
    """JSON equality without coercion: `true` is not 1, "5" is not 5, and 5 is 5.0."""
    # Python's own comparison is quick, and wrong only where it takes a boolean for a number.
    return bool(left == right) and _same_booleans(left, right)


def _same_booleans(left: Any, right: Any) -> bool:
    """Whether two values that Python calls equal have their booleans at the same places."""
    if isinstance(left, dict):
        return all(_same_booleans(item, right[name]) for name, item in left.items())
    if isinstance(left, list):
        return all(map(_same_booleans, left, right))
    return isinstance(left, bool) is isinstance(right, bool)


def is_number(value: Any) -> bool:
    """Whether `value` is a JSON number; Python counts booleans among the integers, JSON does not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _least_size(value: Any, limit: int) -> int:
    """Not more than the bytes of `value` as JSON, and at least a sixth of them, counted until that passes `limit`.

    Nothing is written for it, since one part may be repeated endlessly.
    """
    size, level = 0, [[value]]
    while level and size <= limit:
        following: list[Any] = []
        for item in level:
            size += _least_size_of_parts(item, following)
            if size > limit:
                break
        level = following
    spend(0.1 * min(size, limit))
    return size


def _least_size_of_parts(item: dict[str, Any] | list[Any], following: list[Any]) -> int:
    """The same for a list or an object without its lists and objects, which are added to `following`."""
    size = len(item) + (sum(map(len, item)) if isinstance(item, dict) else 0)
    for part in _parts(item):
        # Small numbers are most of what makes a value large.
        if type(part) is int and -_SMALL < part < _SMALL:
            continue
        if isinstance(part, str):
            size += len(part)
        elif isinstance(part, (dict, list)):
            following.append(part)
        elif isinstance(part, int):
            size += part.bit_length() // 4
    return size


def _written_size(value: Any) -> int:
    return len(to_json(value).encode("utf-8", "surrogatepass"))


def _parts(item: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item
