"""Conditions: where one is evaluated, and what is wrong with one. Nothing a client sends can make one crash."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from state_machines.effort import bounded, spend, weight
from state_machines.errors import ExpressionFailed, Fault
from state_machines.expressions import MISSING, parse_path
from state_machines.limits import CONDITION_DEPTH, PATTERN
from state_machines.values import equal, is_number

MAX_DEPTH = CONDITION_DEPTH.most
MAX_PATTERN = PATTERN.most

_PATTERN_MEMORY = 1 << 20
"""Bytes that RE2 may take for one expression, compiled: `\\pL{500}` would have tens of megabytes."""

_COMPILED_IN_VAIN = 5_000
"""Microseconds after which RE2 gives up an expression that would have more."""

Operator = Callable[[Any, Any], bool]


@bounded
def evaluate(condition: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether `condition` (checked, its templates rendered) holds over `document`. Raises TooMuchWork."""
    return _holds(condition, document)


def _holds(condition: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    if "all" in condition:
        return all(_holds(part, document) for part in condition["all"])
    if "any" in condition:
        return any(_holds(part, document) for part in condition["any"])
    if "not" in condition:
        return not _holds(condition["not"], document)
    found = parse_path(condition["field"]).value(document)
    return holds(condition["operator"], found, condition.get("value"))


def holds(operator: str, found: Any, value: Any) -> bool:
    """Whether `operator` holds between what was found (or MISSING) and the value it is compared with."""
    if found is MISSING:
        return operator in _HOLD_WITHOUT_A_FIELD
    spend(5 + _comparing(found) + _comparing(value))
    return OPERATORS[operator](found, value)


def faults_of_condition(condition: Any, path: str, depth: int = 0) -> Iterator[Fault]:
    """What is wrong with `condition`; the references in it are checked with those of every other config."""
    if not isinstance(condition, dict):
        yield Fault(path, "A condition is an object with field, operator and value, or with all, any or not")
    elif depth > MAX_DEPTH:
        yield Fault(path, f"Conditions are nested at most {MAX_DEPTH} deep")
    elif combined := {"all", "any", "not"} & condition.keys():
        yield from _faults_of_combination(condition, combined, path, depth)
    else:
        yield from _faults_of_comparison(condition, path)


def _faults_of_combination(condition: Mapping[str, Any], combined: set[str], path: str, depth: int) -> Iterator[Fault]:
    if len(condition) > 1:
        yield Fault(
            path, f"{sorted(combined)[0]} stands alone: give one of all, any, not, or a field with its operator"
        )
        return
    (word,) = combined
    parts = condition[word]
    if word == "not":
        yield from faults_of_condition(parts, f"{path}.not", depth + 1)
    elif not isinstance(parts, list) or not parts:
        yield Fault(f"{path}.{word}", f"{word} is a list of at least one condition")
    else:
        for i, part in enumerate(parts):
            yield from faults_of_condition(part, f"{path}.{word}[{i}]", depth + 1)


def _faults_of_comparison(condition: Mapping[str, Any], path: str) -> Iterator[Fault]:
    for name in condition.keys() - {"field", "operator", "value"}:
        yield Fault(f"{path}.{name}", "Unknown field: a condition has field, operator and value")
    yield from faults_of_field(condition.get("field"), f"{path}.field")
    operator = condition.get("operator")
    if not isinstance(operator, str) or operator not in OPERATORS:
        yield Fault(f"{path}.operator", f"Unknown operator: use one of {', '.join(OPERATORS)}")
    elif operator in ("exists", "not_exists"):
        return
    elif "value" not in condition:
        yield Fault(f"{path}.value", f"{operator} compares with a value: give one")
    else:
        yield from _faults_of_value(operator, condition["value"], f"{path}.value")


def faults_of_field(field: Any, path: str) -> Iterator[Fault]:
    """What is wrong with a `field`, as conditions and switches have one."""
    try:
        if not isinstance(field, str):
            raise ExpressionFailed("Give the path of the value to look at, such as trigger.userType")
        if field.startswith("secrets"):
            raise ExpressionFailed("A secret can be used only in the config of an effect")
        parse_path(field)
    except ExpressionFailed as error:
        yield Fault(path, str(error))


def _faults_of_value(operator: str, value: Any, path: str) -> Iterator[Fault]:
    if isinstance(value, str) and "{{" in value:
        return
    if operator in ("in", "not_in") and not isinstance(value, list):
        yield Fault(path, f"{operator} looks into a list: give one")
    if operator == "matches":
        if not isinstance(value, str) or len(value) > MAX_PATTERN:
            yield Fault(path, f"matches takes a regular expression of at most {MAX_PATTERN} characters")
        elif _pattern(value) is None:
            yield Fault(path, "Not a valid regular expression (RE2 syntax: no look-around, no back-references)")


def _comparing(value: Any) -> float:
    """Microseconds in which `value` is compared, or looked through."""
    return 0.002 * len(value) if isinstance(value, str) else 0.2 * weight(value)


def _are_ordered(found: Any, value: Any) -> bool:
    """Whether one can be said to be greater: numbers and strings can, each among themselves, and nothing else."""
    numbers = is_number(found) and is_number(value)
    strings = isinstance(found, str) and isinstance(value, str)
    return numbers or strings


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    return isinstance(found, list) and _is_among(value, found)


def _in(found: Any, value: Any) -> bool:
    return isinstance(value, list) and _is_among(found, value)


def _is_among(item: Any, items: list[Any]) -> bool:
    # Python's own look is quick, and finds too much only where it takes a boolean for a number.
    return item in items and any(equal(other, item) for other in items)


def _matches(found: Any, value: Any) -> bool:
    pattern = _pattern(value) if isinstance(value, str) and len(value) <= MAX_PATTERN else None
    if pattern is None or not isinstance(found, str):
        return False
    text = _as_utf8(found)
    # Linear in the text, and at worst in the expression as well: each instruction at each byte.
    spend(0.01 * pattern.programsize * len(text))
    return pattern.search(text) is not None


def _pattern(text: str) -> Any:
    """The compiled RE2 expression, or None: RE2 takes time linear in its input, so no pattern can run away.

    Raises TooMuchWork.
    """
    # A library in C++ that few workflows need: it is loaded where one does.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        pattern = re2.compile(_as_utf8(text), options)
    except re2.error:
        spend(_COMPILED_IN_VAIN)
        return None
    spend(20 + 0.5 * pattern.programsize)
    return pattern


def _as_utf8(text: str) -> bytes:
    """JSON may hold half a surrogate pair, which UTF-8 cannot; RE2 reads `?` for it."""
    return text.encode("utf-8", "replace")


OPERATORS: Mapping[str, Operator] = {
    "equals": equal,
    "not_equals": lambda found, value: not equal(found, value),
    "greater_than": lambda found, value: _are_ordered(found, value) and found > value,
    "less_than": lambda found, value: _are_ordered(found, value) and found < value,
    "contains": _contains,
    "not_contains": lambda found, value: not _contains(found, value),
    "exists": lambda found, value: True,
    "not_exists": lambda found, value: False,
    "greater_or_equal": lambda found, value: _are_ordered(found, value) and found >= value,
    "less_or_equal": lambda found, value: _are_ordered(found, value) and found <= value,
    "matches": _matches,
    "in": _in,
    "not_in": lambda found, value: not _in(found, value),
}

_HOLD_WITHOUT_A_FIELD = frozenset({"not_equals", "not_contains", "not_in", "not_exists"})
