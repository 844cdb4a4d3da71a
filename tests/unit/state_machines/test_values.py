"""JSON values keep what they are."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state_machines.errors import ValueTooLarge
from state_machines.values import check_size, equal, is_deeper, is_number, json_size, to_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, int("9" * 40), 0.1, 1e-7, 1.5e300])
def test_numbers_are_written_exactly(number: float) -> None:
    assert json.loads(to_json({"n": number})) == {"n": number}
    assert type(json.loads(to_json(number))) is type(number)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_json_number_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json([number])


@given(JSON)
def test_a_size_is_that_of_the_written_json(value: Any) -> None:
    assert json_size(value) == len(to_json(value).encode())


def test_a_size_is_not_counted_beyond_its_limit() -> None:
    """This list would have 2**200 elements when written out."""
    value: list[Any] = []
    for _ in range(200):
        value = [value, value]
    assert json_size(value, 1000) > 1000
    with pytest.raises(ValueTooLarge, match=r"^The output is larger than 1,000 bytes$"):
        check_size(value, "The output", 1000)


def test_the_largest_value_that_is_kept_has_a_million_bytes() -> None:
    check_size("x" * 999_998, "The output")
    with pytest.raises(ValueTooLarge, match="larger than 1,000,000 bytes"):
        check_size("x" * 999_999, "The output")


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, 1.0), ({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}), (True, True), ("", ""), (None, None), ([], [])],
)
def test_equal_values(left: Any, right: Any) -> None:
    assert equal(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0, False),
        (5, "5"),
        (None, False),
        (None, 0),
        ("", None),
        ([1], [True]),
        ({"a": 0}, {"a": False}),
        ({"a": 1}, {"b": 1}),
        ([1, 2], [1]),
        ([], {}),
        (2**53 + 1, float(2**53)),
    ],
)
def test_unequal_values(left: Any, right: Any) -> None:
    assert not equal(left, right)
    assert not equal(right, left)


def test_booleans_are_no_numbers() -> None:
    assert [value for value in (0, 1.5, True, "1", None) if is_number(value)] == [0, 1.5]


@pytest.mark.parametrize(("value", "depth"), [(1, 0), ([], 1), ([[]], 2), ({"a": [1, {"b": 2}]}, 3)])
def test_the_depth_of_a_value(value: Any, depth: int) -> None:
    assert not is_deeper(value, depth)
    assert depth == 0 or is_deeper(value, depth - 1)
