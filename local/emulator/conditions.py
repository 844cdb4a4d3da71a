"""DynamoDB's condition and filter expressions, read once: moto reads each of them anew, twice a call."""

from functools import lru_cache
from typing import Any

from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser, OpDefault
from moto.dynamodb.exceptions import InvalidConditionExpression

from local.emulator.replacements import replace


def install() -> None:
    replace(ConditionExpressionParser, "parse", _parse)
    replace(ConditionExpressionParser, "_make_operand", _make_operand)


class _Reader(ConditionExpressionParser):
    """Reads an expression up to its tree, which is the same whatever the values are."""

    tree: Any = None

    def _lookup_expression_attribute_value(self, name: str) -> Any:
        return name

    def _lookup_expression_attribute_name(self, name: str) -> str:
        if name not in (self.expression_attribute_names or {}):
            raise _undefined(f"name used in the document path is not defined; attribute name: {name}")
        return super()._lookup_expression_attribute_name(name)

    def _make_op_condition(self, node: Any) -> Any:
        self.tree = node


def _parse(original: Any) -> Any:
    @lru_cache(1024)
    def read(expression: str, names: frozenset[tuple[str, str]]) -> _Reader:
        reader = _Reader(expression, dict(names), None)
        original(reader)
        return reader

    def parse(self: ConditionExpressionParser) -> Any:
        if not self.condition_expression:
            return OpDefault(None, None)  # type: ignore[arg-type]
        known = read(self.condition_expression, frozenset((self.expression_attribute_names or {}).items()))
        self.expr_attr_names_found.extend(known.expr_attr_names_found)
        self.expr_attr_values_found.extend(known.expr_attr_values_found)
        return self._make_op_condition(known.tree)

    return parse


def _make_operand(original: Any) -> Any:
    def make_operand(self: ConditionExpressionParser, node: Any) -> Any:
        if node.kind != self.Kind.EXPRESSION_ATTRIBUTE_VALUE:
            return original(self, node)
        value = (self.expression_attribute_values or {}).get(node.text)
        if value is None:
            raise _undefined(f"value used in expression is not defined; attribute value: {node.text}")
        return AttributeValue(value)

    return make_operand


def _undefined(what: str) -> InvalidConditionExpression:
    return InvalidConditionExpression(f"An expression attribute {what}")
