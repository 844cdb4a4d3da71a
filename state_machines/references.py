"""What a node reads: the expressions in its config. Apart from the checks, which whoever runs a node does without."""

from collections.abc import Iterator
from typing import Any

from state_machines.errors import ExpressionFailed
from state_machines.expressions import Expression, Reference, parse_path, read_template, templates
from state_machines.workflow import Node


def expressions_of(node: Node) -> Iterator[tuple[str, Expression]]:
    """Every expression in the config of `node` that can be read, with its path within the config."""
    for path, text in templates(node.config, ""):
        yield from ((path, part) for part in read_template(text) if isinstance(part, Expression))
    for path, field in _fields(node.type, node.config, ""):
        try:
            yield path, parse_path(field)
        except ExpressionFailed:
            continue


def references_of(node: Node) -> frozenset[Reference]:
    """Everything that the config of `node` reads."""
    return frozenset(reference for _, expression in expressions_of(node) for reference in expression.references)


def _fields(kind: str, config: Any, path: str) -> Iterator[tuple[str, str]]:
    """The paths that a condition or a switch looks at."""
    if not isinstance(config, dict) or kind not in ("condition", "switch"):
        return
    if isinstance(config.get("field"), str):
        yield f"{path}.field", config["field"]
    for word in ("all", "any"):
        parts = config.get(word)
        for i, part in enumerate(parts if isinstance(parts, list) else ()):
            yield from _fields("condition", part, f"{path}.{word}[{i}]")
    yield from _fields("condition", config.get("not"), f"{path}.not")
