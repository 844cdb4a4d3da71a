"""What JSON can carry, and what of it a step can keep."""

import json
import math
from typing import Any

from state_machines.values import to_json

MAX_DEPTH = 100
"""Levels of nesting. Readers of a record need not fear for their stack."""

_SMALL = 1 << 60


def parse_json(text: str) -> Any:
    """The value of a JSON text, integers exact. Raises ValueError where it is none, or one that cannot be kept."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    # One level is left for the output that will hold it.
    if fault := fault_in_json(value, MAX_DEPTH - 1):
        raise ValueError(fault)
    return value


def json_bytes(value: Any) -> bytes:
    """The value as compact UTF-8 JSON. Raises ValueError, with a sentence, for what JSON or UTF-8 cannot carry."""
    if fault := fault_in_json(value):
        raise ValueError(fault)
    return to_json(value).encode()


def fault_in_json(value: Any, max_depth: int = MAX_DEPTH) -> str | None:
    """What is wrong with some part of the value that JSON cannot carry, or None."""
    level = [[value]]
    for _ in range(max_depth + 1):
        following: list[Any] = []
        for item in level:
            if fault := _fault_in_parts(item, following):
                return fault
        if not following:
            return None
        level = following
    return f"it is nested deeper than {max_depth} levels"


def _fault_in_parts(item: Any, following: list[Any]) -> str | None:
    """What is wrong with a list or an object, but for its lists and objects, which it adds to `following`."""
    if isinstance(item, dict) and (fault := _fault_in_names(item)):
        return fault
    for part in item.values() if isinstance(item, dict) else item:
        # Small numbers are most of what makes a value large.
        if type(part) is int and -_SMALL < part < _SMALL:
            continue
        if isinstance(part, (dict, list)):
            following.append(part)
        elif fault := _fault_in_scalar(part):
            return fault
    return None


def _fault_in_names(item: dict[Any, Any]) -> str | None:
    for name in item:
        if fault := _fault_in_scalar(name) if isinstance(name, str) else "it has a key that is not a string":
            return fault
    return None


def _fault_in_scalar(item: Any) -> str | None:
    match item:
        case None | bool():
            return None
        case str():
            return None if _is_unicode(item) else "it holds text that is not valid Unicode"
        case int():
            return None if item.bit_length() <= _MAX_BITS else "it holds an integer of more than 4,000 digits"
        case float():
            return None if math.isfinite(item) else "it holds a number that is not finite"
        case _:
            return f"it holds a value of type {type(item).__name__}"


def _is_unicode(text: str) -> bool:
    """False for lone surrogates, which no UTF-8 text can hold."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


# Python refuses to print or parse integers of more than 4,300 digits.
_MAX_BITS = int(4_000 * math.log2(10))
