"""DynamoDB's update expressions, read once and carried out on a copy that shares what does not change.

moto reads an expression three times a call, copies its tree, and changes the stored item in place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context
from functools import lru_cache
from importlib import import_module
from typing import Any

from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    EmptyKeyAttributeException,
    ExpressionAttributeNameNotDefined,
    ExpressionAttributeValueNotDefined,
    IncorrectDataType,
    IncorrectOperandType,
    InvalidAttributeTypeError,
    InvalidUpdateExpressionInvalidDocumentPath,
)
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import (
    ActionCountValidator,
    ExpressionPathResolver,
    OverlappingPathsValidator,
    UpdateHashRangeKeyValidator,
)

ast: Any = import_module("moto.dynamodb.parsing.ast_nodes")
"""moto declares it untyped."""

Attributes = Mapping[str, DynamoType]
Path = tuple[str | int, ...]
_NUMBERS = Context(prec=38)
_ACTIONS = {
    ast.UpdateExpressionSetAction: "SET",
    ast.UpdateExpressionRemoveAction: "REMOVE",
    ast.UpdateExpressionAddAction: "ADD",
    ast.UpdateExpressionDeleteAction: "DELETE",
}


@dataclass(frozen=True)
class Scope:
    """What the operands of an expression refer to: the item before the update, and the call's values."""

    before: Attributes
    values: Mapping[str, Any]


Operand = Callable[[Scope], DynamoType | None]
"""Gives an operand's value; None for a path without one."""


@dataclass(frozen=True)
class Action:
    """One action of an expression: SET, REMOVE, ADD or DELETE, where, and with what."""

    verb: str
    path: Path
    operand: Operand | None = None


def updated(
    before: Attributes, expression: str, names: Mapping[str, str], values: Mapping[str, Any], keys: tuple[str, ...]
) -> dict[str, DynamoType]:
    """The attributes after an update. Raises moto's ValidationExceptions where the expression does not fit the item."""
    actions = _read(expression, frozenset(names.items()), keys)
    scope = Scope(before, values)
    changes = [(action, action.operand(scope) if action.operand else None) for action in actions]
    attributes = dict(before)
    for action, value in changes:
        if action.verb == "SET" and value is None:
            raise AttributeDoesNotExist
        _change(attributes, action.path, _CHANGES[action.verb](value))
    return attributes


def check_index_keys(attributes: Attributes, types: Mapping[str, str]) -> None:
    """Refuse a key of an index that has the wrong type or is empty; `types` are the table's attribute definitions."""
    for name, expected in types.items():
        found = attributes.get(name)
        if found is None:
            continue
        if found.type != expected:
            raise InvalidAttributeTypeError(name, expected, found.type)
        if found.value == "":
            raise EmptyKeyAttributeException(key_in_index=True)


@lru_cache(1024)
def _read(expression: str, names: frozenset[tuple[str, str]], keys: tuple[str, ...]) -> tuple[Action, ...]:
    tree = UpdateExpressionParser.make(expression)
    by_placeholder = dict(names)
    nodes = tree.find_clauses(list(_ACTIONS))
    paths = [_path(node.children[0], by_placeholder) for node in nodes]
    ActionCountValidator().traverse(tree)
    OverlappingPathsValidator(by_placeholder).traverse(tree)
    UpdateHashRangeKeyValidator(list(keys), by_placeholder).traverse(tree)
    actions = [
        Action(_ACTIONS[type(node)], path, *(_operand(child, by_placeholder) for child in node.children[1:]))
        for node, path in zip(nodes, paths, strict=True)
    ]
    # Of several elements that are removed from one list, the last goes first, so that the others keep their places.
    removals = sorted((action for action in actions if action.verb == "REMOVE"), key=_place, reverse=True)
    return (*(action for action in actions if action.verb != "REMOVE"), *removals)


def _place(action: Action) -> list[str]:
    return [f"{step:09}" if isinstance(step, int) else step for step in action.path]


def _path(node: Any, names: Mapping[str, str]) -> Path:
    return tuple(_step(child, names) for child in node.children if not isinstance(child, ast.ExpressionPathDescender))


def _step(node: Any, names: Mapping[str, str]) -> str | int:
    if isinstance(node, ast.ExpressionSelector):
        return int(node.get_index())
    if isinstance(node, ast.ExpressionAttributeName):
        placeholder = node.get_attribute_name_placeholder()
        if placeholder not in names:
            raise ExpressionAttributeNameNotDefined(placeholder)
        return names[placeholder]
    name = str(node.get_attribute_name())
    ExpressionPathResolver.raise_exception_if_keyword(name)
    return name


def _operand(node: Any, names: Mapping[str, str]) -> Operand:
    match node:
        case ast.UpdateExpressionPath():
            path = _path(node, names)
            return lambda scope: _found(scope.before, path)
        case ast.ExpressionAttributeValue():
            name = node.get_value_name()
            return lambda scope: _value(scope, name)
        case ast.UpdateExpressionFunction():
            first, second = (_operand(node.get_nth_argument(n), names) for n in (1, 2))
            return _FUNCTIONS[node.get_function_name()](first, second)
        case ast.UpdateExpressionValue(children=[only]):
            return _operand(only, names)
        case ast.UpdateExpressionValue(children=[left, operator, right]):
            one, other, sign = _operand(left, names), _operand(right, names), operator.get_operator()
            return lambda scope: _sum(_there(one(scope)), _there(other(scope)), sign)
    raise NotImplementedError(type(node).__name__)


def _found(attributes: Attributes, path: Path) -> DynamoType | None:
    value = attributes.get(str(path[0]))
    for step in path[1:]:
        value = value.child_attr(step) if value is not None else None
    return value


def _value(scope: Scope, name: str) -> DynamoType:
    if name not in scope.values:
        raise ExpressionAttributeValueNotDefined(attribute_value=name)
    return DynamoType(scope.values[name])


def _there(value: DynamoType | None) -> DynamoType:
    if value is None:
        raise AttributeDoesNotExist
    return value


def _if_not_exists(path: Operand, default: Operand) -> Operand:
    def operand(scope: Scope) -> DynamoType | None:
        found = path(scope)
        return found if found is not None else default(scope)

    return operand


def _list_append(first: Operand, second: Operand) -> Operand:
    def operand(scope: Scope) -> DynamoType:
        one, other = _there(first(scope)), _there(second(scope))
        for value in (one, other):
            if not value.is_list():
                raise IncorrectOperandType("list_append", value.type)
        return made("L", one.value + other.value)

    return operand


_FUNCTIONS = {"if_not_exists": _if_not_exists, "list_append": _list_append}


def made(kind: str, value: Any) -> DynamoType:
    """A DynamoType around a value that is in moto's form already, and so is not copied."""
    result = DynamoType.__new__(DynamoType)
    result.type = kind
    result.value = value
    return result


def _sum(one: DynamoType, other: DynamoType, sign: str) -> DynamoType:
    for value in (one, other):
        if not value.is_number():
            raise IncorrectOperandType(sign, value.type)
    left, right = one.cast_value, other.cast_value
    total = _NUMBERS.add(left, right) if sign == "+" else _NUMBERS.subtract(left, right)
    return made("N", f"{total.normalize(_NUMBERS):f}")


Change = Callable[[DynamoType | None], DynamoType | None]
"""From what is at a path to what is to be there; None is nothing."""


def _set(value: DynamoType | None) -> Change:
    return lambda old: value


def _add(value: DynamoType | None) -> Change:
    added = _there(value)

    def change(old: DynamoType | None) -> DynamoType:
        if not (added.is_number() or added.is_set()) or (old is not None and old.type != added.type):
            raise IncorrectDataType
        if old is None:
            return added
        return (
            _sum(old, added, "+") if added.is_number() else made(old.type, list(dict.fromkeys(old.value + added.value)))
        )

    return change


def _delete(value: DynamoType | None) -> Change:
    removed = _there(value)

    def change(old: DynamoType | None) -> DynamoType | None:
        if not removed.is_set():
            raise IncorrectOperandType("operator: DELETE", removed.type)
        if old is None:
            return None
        if old.type != removed.type:
            raise IncorrectDataType
        left = [element for element in old.value if element not in removed.value]
        return made(old.type, left) if left else None

    return change


_CHANGES: dict[str, Callable[[DynamoType | None], Change]] = {
    "SET": _set,
    "REMOVE": _set,
    "ADD": _add,
    "DELETE": _delete,
}


def _change(attributes: dict[str, DynamoType], path: Path, change: Change) -> None:
    """Change what is at a path; the containers on the way to it are copied, everything beside it is shared."""
    name, rest = str(path[0]), path[1:]
    old = attributes.get(name)
    new = _inside(old, rest, change) if rest else change(old)
    if new is None:
        attributes.pop(name, None)
    else:
        attributes[name] = new


def _inside(parent: DynamoType | None, path: Path, change: Change) -> DynamoType:
    step, rest = path[0], path[1:]
    if parent is None or not (parent.is_list() if isinstance(step, int) else parent.is_map()):
        raise InvalidUpdateExpressionInvalidDocumentPath
    old = parent.child_attr(step)
    new = _inside(old, rest, change) if rest else change(old)
    children = parent.value.copy()
    if isinstance(step, str):
        children.pop(step, None)
        if new is not None:
            children[step] = new
    elif step < len(children):
        children[step : step + 1] = [] if new is None else [new]
    elif new is not None:
        children.append(new)
    return made(parent.type, children)
