"""Work is counted where it is done, and stopped where it is too much; large values are weighed once."""

from collections.abc import Callable
from typing import Any

import pytest

from state_machines.conditions import evaluate
from state_machines.effort import MOST, bounded, limited, spend, weight
from state_machines.errors import ExpressionFailed, TooMuchWork, ValueTooLarge
from state_machines.expressions import parse_expression, render
from state_machines.values import check_size, is_deeper, json_size


def doubled(times: int) -> Any:
    """A list that holds another twice, which holds another twice: small, and endless to write out."""
    value: Any = [0]
    for _ in range(times):
        value = [value, value]
    return value


def test_what_is_too_much_is_stopped_and_a_little_less_is_not() -> None:
    with limited():
        spend(MOST)
        with pytest.raises(TooMuchWork, match="too much to evaluate at once"):
            spend(1)
    with limited():
        spend(MOST)


def test_outside_of_any_evaluation_nothing_is_counted() -> None:
    for _ in range(3):
        spend(MOST)


def test_an_evaluation_inside_another_is_a_part_of_it() -> None:
    with limited():
        with limited():
            spend(MOST - 1)
        with pytest.raises(TooMuchWork):
            spend(2)


def test_what_was_stopped_stays_stopped() -> None:
    with limited():
        with pytest.raises(TooMuchWork):
            spend(MOST + 1)
        with pytest.raises(TooMuchWork):
            spend(1)


def test_each_call_of_a_bounded_function_begins_anew() -> None:
    @bounded
    def work(microseconds: int) -> int:
        spend(microseconds)
        return microseconds

    assert [work(MOST), work(MOST)] == [MOST, MOST]


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("", 1, 2), ("ab", 2, 4), (5, 1, 1), ([], 1, 2), ([1, 2], 2, 5), ({"a": "b"}, 4, 9), ([[], {}], 2, 8)],
)
def test_a_weight_is_about_the_characters_of_json(value: Any, least: int, most: int) -> None:
    assert least <= weight(value) <= most


@pytest.mark.parametrize("measure", [weight, json_size])
def test_a_list_within_itself_many_times_over_is_measured_at_once(measure: Callable[[Any], int]) -> None:
    assert measure(doubled(60)) > 1_000_000


def test_what_is_nested_too_deeply_to_be_written_is_refused() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(ValueTooLarge, match="nested deeper than 100 levels"):
        check_size(deep, "This")


@pytest.mark.parametrize(
    ("value", "limit", "deeper"),
    [
        (1, 0, False),
        ([1], 0, True),
        ([[1]], 1, True),
        ([[1]], 2, False),
        ({"a": [{}]}, 2, True),
        ({"a": [{}]}, 3, False),
    ],
)
def test_depth_counts_lists_and_objects(value: Any, limit: int, deeper: bool) -> None:
    assert is_deeper(value, limit) is deeper


def test_an_expression_is_stopped_in_the_midst_of_its_data() -> None:
    document = {"trigger": {"a": [{"b": n} for n in range(60_000)]}}
    expression = parse_expression("[trigger.a[*].b, trigger.a[*].b, trigger.a[*].b, trigger.a[*].b]")
    with pytest.raises((TooMuchWork, ExpressionFailed)):
        expression.value(document)


def test_many_small_expressions_are_too_much_together() -> None:
    document = {"trigger": {"a": [1000] * 20_000, "b": [1000] * 20_000}}
    assert render("{{trigger.a == trigger.b}}", document, lambda line: None) is True
    with pytest.raises(TooMuchWork):
        render(["{{trigger.a == trigger.b}}"] * 2_000, document, lambda line: None)


def test_many_comparisons_are_too_much_together() -> None:
    document = {"trigger": {"a": [0] * 50_000}}
    missing = {"not": {"field": "trigger.a", "operator": "contains", "value": 1}}
    assert evaluate({"all": [missing] * 5}, document)
    with pytest.raises(TooMuchWork):
        evaluate({"all": [missing] * 500}, document)
