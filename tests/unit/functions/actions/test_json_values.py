"""What a step can keep, at the limit and one past it."""

from typing import Any

import pytest

from functions.actions.json_values import MAX_DEPTH, fault_in_json, parse_json


def nested(levels: int) -> Any:
    """A list within a list, so many levels deep."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_a_value_is_nested_as_deep_as_it_may_and_no_deeper() -> None:
    assert fault_in_json(nested(MAX_DEPTH)) is None
    assert fault_in_json(nested(MAX_DEPTH + 1)) == f"it is nested deeper than {MAX_DEPTH} levels"
    assert fault_in_json(nested(3), 3) is None
    assert fault_in_json(nested(4), 3) == "it is nested deeper than 3 levels"


def test_a_text_leaves_one_level_for_the_output_that_holds_it() -> None:
    deepest = MAX_DEPTH - 1
    assert parse_json("[" * deepest + "]" * deepest) == nested(deepest)
    with pytest.raises(ValueError, match=f"deeper than {deepest} levels"):
        parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
