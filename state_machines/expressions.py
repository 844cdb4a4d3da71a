"""Expressions (`trigger.user.name`, or JMESPath) and the templates that hold them (`Hi {{trigger.name}}`).

An expression reads one document: `{"trigger", "variables", "steps": {id: {"output"}}, "execution", "workflow",
"secrets"}`. JMESPath: https://jmespath.org/specification.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import Parser
from jmespath.visitor import TreeInterpreter

from state_machines.effort import bounded, limited, spend, weight
from state_machines.errors import ExpressionFailed, ValueTooLarge
from state_machines.limits import EXPRESSION
from state_machines.values import MAX_OUTPUT_BYTES, to_json

ROOTS = ("trigger", "variables", "steps", "execution", "workflow", "secrets")
MAX_EXPRESSION = EXPRESSION.most
MAX_OPERATIONS = 100_000
MAX_MADE = 5_000_000
"""Characters of JSON, about, that one evaluation may make on its way: JMESPath can double a list in four of its own."""

_PATH = re.compile(r"[^\W\d][\w\-]*(?:\.[\w\-]+|\[-?\d+\])*")
_PART = re.compile(r"[\w\-]+|\[-?\d+\]")
_NAMED = ("steps", "secrets", "execution", "workflow")
_MAX_ENDS = 10
"""How many '}}' are tried as the end of one expression, which may itself hold some."""
_MAX_WRONG = 10
_COUNTED = 100
"""Operations of JMESPath, of a microsecond or two, that are spent at once."""


class Missing:
    """What a path leads to where there is nothing; unlike JSON's null, which is a value."""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Reference(NamedTuple):
    """What an expression reads: a root, and the name below it (but for `trigger` and `variables`); None may be any."""

    root: str
    name: str | None


class Expression(NamedTuple):
    """A parsed expression: either a plain path or JMESPath, never both."""

    text: str
    references: frozenset[Reference]
    path: tuple[str | int, ...] = ()
    syntax_tree: Mapping[str, Any] | None = None

    def value(self, document: Mapping[str, Any]) -> Any:
        """What this expression finds in `document`, or MISSING. Raises ExpressionFailed, TooMuchWork."""
        spend(2)
        if self.syntax_tree is None:
            return follow(self.path, document)
        try:
            with limited():
                return _BoundedInterpreter().visit(self.syntax_tree, document)
        except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
            raise ExpressionFailed(f"{{{{{self.text}}}}} cannot be evaluated: {error}") from None


def parse_expression(text: str) -> Expression:
    """The expression in `text`. Raises ExpressionFailed with a sentence on what is wrong with it, and TooMuchWork."""
    found = _read(text.strip())
    spend(0.5 * len(text))
    if isinstance(found, Expression):
        return found
    spend(5 * len(text))
    raise ExpressionFailed(found)


@lru_cache(maxsize=2048)
def _read(text: str) -> Expression | str:
    """The expression in `text`, or what is wrong with it: either takes a while to be sure of."""
    try:
        return _parsed(text)
    except ExpressionFailed as error:
        return str(error)


def _parsed(text: str) -> Expression:
    if len(text) > MAX_EXPRESSION:
        raise ExpressionFailed(f"An expression may have at most {MAX_EXPRESSION} characters")
    if _PATH.fullmatch(text):
        return _parse_path(text)
    try:
        # Not jmespath.compile, which keeps what it read a second time.
        tree = Parser().parse(text).parsed
        references = frozenset(_references(tree))
        _check_functions(tree)
    except RecursionError:
        raise ExpressionFailed("The expression is nested too deeply") from None
    except JMESPathError as error:
        reason = str(error).splitlines()[0] if str(error) else "it is empty"
        raise ExpressionFailed(f"{{{{{text}}}}} is not a valid expression: {reason}") from None
    return Expression(text, references, syntax_tree=tree)


def parse_path(text: str) -> Expression:
    """The plain path in `text` (no JMESPath), as a condition's `field` is. Raises ExpressionFailed."""
    if len(text) > MAX_EXPRESSION:
        raise ExpressionFailed(f"A path may have at most {MAX_EXPRESSION} characters")
    if not _PATH.fullmatch(text):
        raise ExpressionFailed(f"{text[:80]!r} is not a path such as trigger.user.name")
    return _parse_path(text)


def follow(path: tuple[str | int, ...], value: Any) -> Any:
    """The value that `path` leads to, or MISSING."""
    for part in path:
        if isinstance(value, dict) and isinstance(part, str) and part in value:
            value = value[part]
        elif isinstance(value, list) and (index := _index(part)) is not None and -len(value) <= index < len(value):
            value = value[index]
        else:
            return MISSING
    return value


@bounded
def render(value: Any, document: Mapping[str, Any], note: Callable[[str], None]) -> Any:
    """`value` with every template in it replaced; `note` gets a line for each one that had no value.

    Raises ExpressionFailed where an expression does not fit the data, ValueTooLarge where it would write too much text,
    TooMuchWork.
    """
    return _Rendering(document, note).of(value)


def templates(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string with a template in `value`, with its path."""
    if isinstance(value, str):
        if "{{" in value:
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from templates(item, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from templates(item, f"{path}[{i}]")


def parse_template(text: str) -> list[str | Expression]:
    """`text` as its literal parts and its expressions, in order. Raises ExpressionFailed for the first wrong one."""
    parts: list[str | Expression] = []
    for part in read_template(text):
        if isinstance(part, ExpressionFailed):
            raise part
        parts.append(part)
    return parts


def read_template(text: str) -> Iterator[str | Expression | ExpressionFailed]:
    """`text` as its literal parts and its expressions, in order; in place of an expression that is wrong, why it is.

    It is read up to the tenth that is wrong: each may take a while to be sure of.
    """
    position, wrong = 0, 0
    while wrong < _MAX_WRONG and (start := text.find("{{", position)) >= 0:
        if start > position:
            yield text[position:start]
        expression, position = _expression_at(text, start + 2)
        wrong += isinstance(expression, ExpressionFailed)
        yield expression
    if position < len(text):
        yield text[position:]


def _expression_at(text: str, start: int) -> tuple[Expression | ExpressionFailed, int]:
    """The expression that begins at `start`, and where the text goes on: JMESPath may itself hold `}}`."""
    end = first_end = text.find("}}", start)
    failure = ExpressionFailed("'{{' has no '}}' after it")
    for _ in range(_MAX_ENDS):
        if end < 0 or first_end < end > start + MAX_EXPRESSION:
            break
        try:
            return parse_expression(text[start:end]), end + 2
        except ExpressionFailed as error:
            failure = error if end == first_end else failure
        end = text.find("}}", end + 1)
    return failure, first_end + 2 if first_end >= 0 else len(text)


class _Rendering:
    """One config on its way: a few templates can repeat a long value many times over, so what is written is counted."""

    def __init__(self, document: Mapping[str, Any], note: Callable[[str], None]) -> None:
        self._document = document
        self._note = note
        self._written = 0

    def of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._of_text(value)
        if isinstance(value, dict):
            return {key: self.of(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        return value

    def _of_text(self, text: str) -> Any:
        if "{{" not in text:
            return text
        parts = parse_template(text)
        if len(parts) == 1 and isinstance(parts[0], Expression):
            value = self._value(parts[0])
            return None if value is MISSING else value
        return "".join([part if isinstance(part, str) else self._text(part) for part in parts])

    def _value(self, expression: Expression) -> Any:
        value = expression.value(self._document)
        if value is MISSING:
            self._note(f"{{{{{expression.text}}}}} has no value")
        return value

    def _text(self, expression: Expression) -> str:
        text = _as_text(self._value(expression))
        self._written += len(text)
        if self._written > MAX_OUTPUT_BYTES:
            raise ValueTooLarge(f"What the templates write is larger than {MAX_OUTPUT_BYTES:,} characters")
        return text


def _as_text(value: Any) -> str:
    if value is MISSING or value is None:
        return ""
    spend(0.05 * weight(value))
    return value if isinstance(value, str) else to_json(value)


def _parse_path(text: str) -> Expression:
    parts = tuple(int(part[1:-1]) if part[0] == "[" else part for part in _PART.findall(text))
    root = str(parts[0])
    if root not in ROOTS:
        raise ExpressionFailed(f"{text!r} must begin with one of {', '.join(ROOTS)}")
    if root == "steps":
        parts = _step_path(text, parts)
    return Expression(text, frozenset({_reference(root, str(parts[1]) if len(parts) > 1 else None)}), path=parts)


def _step_path(text: str, parts: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path of a step's output, its node's id made one part again (an id may hold dots)."""
    if "output" not in parts[2:]:
        raise ExpressionFailed(f"{text!r} must read steps.<id>.output")
    end = parts.index("output", 2)
    return ("steps", ".".join(map(str, parts[1:end])), *parts[end:])


def _references(tree: Mapping[str, Any]) -> Iterator[Reference]:
    """What a JMESPath tree reads from the document itself, rather than from a value on its way."""
    kind, children = tree["type"], tree["children"]
    if kind == "field":
        yield _reference(tree["value"], None)
    elif kind == "subexpression" and children[0]["type"] == "field":
        yield _reference(children[0]["value"], _name_of(children[1]))
    elif kind in ("current", "identity"):
        raise ExpressionFailed(f"An expression begins with one of {', '.join(ROOTS)}, not with all of them")
    elif kind in (
        "projection",
        "value_projection",
        "filter_projection",
        "flatten",
        "index_expression",
        "pipe",
        "subexpression",
    ):
        yield from _references(children[0])
    elif kind not in ("literal", "expref", "slice", "index"):
        for child in children:
            yield from _references(child)


def _reference(root: str, name: str | None) -> Reference:
    if root not in ROOTS:
        raise ExpressionFailed(f"An expression reads one of {', '.join(ROOTS)}; there is no {root[:64]!r}")
    return Reference(root, name if root in _NAMED else None)


def _name_of(child: Mapping[str, Any]) -> str | None:
    """The first name below a root, also where it is indexed (`steps.a.output[0]`)."""
    while child["type"] in ("index_expression", "projection", "filter_projection", "value_projection", "flatten"):
        child = child["children"][0]
    return str(child["value"]) if child["type"] == "field" else None


def _check_functions(tree: Mapping[str, Any]) -> None:
    if tree["type"] == "function_expression" and tree["value"] not in Functions.FUNCTION_TABLE:
        raise ExpressionFailed(f"JMESPath has no function {tree['value'][:64]}()")
    for child in tree["children"]:
        if isinstance(child, dict):
            _check_functions(child)


def _index(part: str | int) -> int | None:
    return part if isinstance(part, int) else int(part) if part.isdecimal() and len(part) < 10 else None


class _BoundedInterpreter(TreeInterpreter):
    """JMESPath's own interpreter, stopped where an expression makes more than it may.

    A list may hold another one many times without copying it: it is cheap to make then, and endless to write or to
    compare. So everything made is weighed as if it were written out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._operations = 0
        self._made = 0
        self._whole = ""
        """The type of the operation that the one being visited is a part of."""

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._operations += 1
        if self._operations % _COUNTED == 0:
            spend(_COUNTED)
        kind, whole = node["type"], self._whole
        self._whole = kind
        result = super().visit(node, *args, **kwargs)
        self._whole = whole
        if kind in _MAKING or whole in _READING:
            self._weigh(kind, result)
        if isinstance(result, float) or kind == "literal":
            _refuse_infinite(result)
        if self._operations > MAX_OPERATIONS or self._made > MAX_MADE:
            raise ExpressionFailed("The expression makes too much of its data: narrow what it selects")
        return result

    def _weigh(self, kind: str, result: Any) -> None:
        """What is made was looked through once at most, and what is compared or given to a function will be."""
        found = weight(result)
        spend(0.02 * found)
        if kind in _MAKING:
            self._made += found


def _refuse_infinite(value: Any) -> None:
    try:
        to_json(value)
    except ValueError:
        raise ExpressionFailed("The expression makes a number that JSON cannot hold") from None


_MAKING = frozenset(
    (
        "literal",
        "function_expression",
        "multi_select_list",
        "multi_select_dict",
        "projection",
        "filter_projection",
        "value_projection",
        "flatten",
        "slice",
    )
)
"""The operations that make a value, where others only choose one."""

_READING = frozenset(("comparator", "function_expression"))
"""The operations that look through the values of their parts."""
