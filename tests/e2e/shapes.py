"""How answers are compared with the documents: the same keys, the same types; further fields are welcome."""

import re
from datetime import datetime
from typing import Any

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
WF = re.compile(r"wf_[0-9a-f]{32}")
EXEC = re.compile(r"exec_[0-9a-f]{32}")
WS = re.compile(r"ws_\w+")
TASK = re.compile(r"task_\w+")


def assert_shape(value: Any, shape: Any, path: str = "$") -> None:
    """`shape` is a type, a pattern, a value, an object or list of shapes, or a tuple of alternatives."""
    if isinstance(shape, tuple):
        assert any(_fits(value, one, path) for one in shape), f"{path} is {value!r}"
    elif isinstance(shape, dict):
        assert isinstance(value, dict), f"{path} is {value!r}"
        for name, inner in shape.items():
            assert name in value, f"{path}.{name} is missing"
            assert_shape(value[name], inner, f"{path}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{path} is {value!r}"
        assert len(value) == len(shape), f"{path} has {len(value)} entries"
        for i, (item, inner) in enumerate(zip(value, shape, strict=True)):
            assert_shape(item, inner, f"{path}[{i}]")
    elif isinstance(shape, re.Pattern):
        assert isinstance(value, str), f"{path} is {value!r}"
        assert shape.fullmatch(value), f"{path} is {value!r}"
    elif isinstance(shape, type):
        numeric = isinstance(value, int) and not isinstance(value, bool)
        assert isinstance(value, shape) or (shape is float and numeric), f"{path} is {value!r}"
        assert not (shape is int and isinstance(value, bool)), f"{path} is {value!r}"
    else:
        assert value == shape, f"{path} is {value!r}"
        assert isinstance(value, bool) == isinstance(shape, bool), f"{path} is {value!r}"


def seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _fits(value: Any, shape: Any, path: str) -> bool:
    try:
        assert_shape(value, shape, path)
    except AssertionError:
        return False
    return True
