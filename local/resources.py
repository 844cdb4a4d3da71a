"""The gateway's resource tree: which declared resource a path is for.

As on API Gateway a static segment wins over a parameter, one trailing slash is ignored, and there is no way back: once
a static segment is taken, the parameter beside it is not tried.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Resource(NamedTuple):
    """A resource a path was found to be for; `path` is the template, as in `/workflows/{workflow_id}`."""

    path: str
    methods: frozenset[str]
    path_parameters: dict[str, str]
    """Percent-encoded as the client sent them: API Gateway's REST API does not decode them."""


class Resources:
    """The tree made of (method, path template) pairs."""

    def __init__(self, routes: Iterable[tuple[str, str]]) -> None:
        self._root = _Node()
        for method, path in routes:
            self._root.add(_segments(path), path, method)

    def find(self, raw_path: str) -> Resource | None:
        """The resource with methods that `raw_path` (still percent-encoded) is for, or None."""
        node, values = self._root, list[str]()
        for segment in _segments(raw_path):
            if segment in node.children:
                node = node.children[segment]
            elif node.parameter and segment:
                node = node.parameter
                values.append(segment)
            else:
                return None
        if not node.methods:
            return None
        return Resource(node.path, frozenset(node.methods), dict(zip(node.names, values, strict=True)))


@dataclass
class _Node:
    path: str = ""
    names: tuple[str, ...] = ()
    methods: set[str] = field(default_factory=set)
    children: "dict[str, _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None

    def add(self, segments: list[str], path: str, method: str, names: tuple[str, ...] = ()) -> None:
        if not segments:
            self.path, self.names = path, names
            self.methods.add(method)
            return
        head, *rest = segments
        if head.startswith("{"):
            self.parameter = self.parameter or _Node()
            self.parameter.add(rest, path, method, (*names, head[1:-1]))
        else:
            self.children.setdefault(head, _Node()).add(rest, path, method, names)


def _segments(path: str) -> list[str]:
    return path.removesuffix("/").split("/")[1:]
