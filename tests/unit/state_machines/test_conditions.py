"""Conditions: what holds, and what is wrong with one that cannot."""

from typing import Any

import pytest

from state_machines.conditions import OPERATORS, evaluate, faults_of_condition, holds
from state_machines.expressions import MISSING
from tests.yardstick import computing_less_than


@pytest.mark.parametrize(
    ("found", "operator", "value"),
    [
        (5, "equals", 5.0),
        ("5", "not_equals", 5),
        (True, "not_equals", 1),
        ({"a": [1]}, "equals", {"a": [1]}),
        (2, "greater_than", 1.5),
        ("b", "greater_than", "a"),
        (2**53 + 1, "greater_than", 2**53),
        (1, "less_than", 2),
        (2, "greater_or_equal", 2),
        (2, "less_or_equal", 2.0),
        ("a", "less_or_equal", "a"),
        ("haystack", "contains", "st"),
        ([1, "x"], "contains", "x"),
        ([1], "not_contains", True),
        ("abc", "not_contains", "z"),
        (5, "not_contains", 5),
        (0, "exists", None),
        ("", "exists", None),
        (None, "exists", None),
        (False, "exists", None),
        ("a", "in", ["a", "b"]),
        (1, "not_in", [True, "1"]),
        ("order-17", "matches", r"^order-\d+$"),
        ("an order", "matches", "order"),
        ("naïve", "matches", "^na.ve$"),
        (MISSING, "not_equals", 1),
        (MISSING, "not_contains", 1),
        (MISSING, "not_in", [1]),
        (MISSING, "not_exists", None),
    ],
)
def test_these_hold(found: Any, operator: str, value: Any) -> None:
    assert holds(operator, found, value) is True


@pytest.mark.parametrize(
    ("found", "operator", "value"),
    [
        (5, "equals", "5"),
        (1, "equals", True),
        (None, "equals", False),
        (5, "not_equals", 5),
        ("10", "greater_than", 9),
        (True, "greater_than", 0),
        (None, "less_than", 1),
        ([2], "greater_than", [1]),
        (1, "greater_or_equal", "1"),
        (1, "greater_than", 1),
        (1, "less_than", 1),
        ("abc", "contains", 1),
        ({"a": 1}, "contains", "a"),
        (123, "contains", 2),
        ("x", "in", "xyz"),
        (1, "in", [True]),
        (None, "not_exists", None),
        (5, "matches", "5"),
        ("5", "matches", None),
        ("(", "matches", "("),
        ("\ud800", "matches", "a"),
        *((MISSING, operator, 1) for operator in OPERATORS if not operator.startswith("not_")),
    ],
)
def test_these_do_not_hold_and_nothing_crashes(found: Any, operator: str, value: Any) -> None:
    assert holds(operator, found, value) is False


def test_every_documented_operator_is_there() -> None:
    assert set(OPERATORS) == {
        *("equals", "not_equals", "greater_than", "less_than", "contains", "not_contains", "exists", "not_exists"),
        *("greater_or_equal", "less_or_equal", "matches", "in", "not_in"),
    }


def test_a_pattern_cannot_run_away() -> None:
    with computing_less_than(1):
        assert not holds("matches", "a" * 50_000 + "b", "^(a|a)*(a+)+$")


def comparison(field: str, value: Any, operator: str = "equals") -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


A, B = comparison("trigger.a", 1), comparison("trigger.b", 1)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"all": [A, B]}, False),
        ({"any": [A, B]}, True),
        ({"not": B}, True),
        ({"all": [A, {"not": {"any": [B, {"not": A}]}}]}, True),
        ({"field": "trigger.c", "operator": "exists"}, False),
        ({"field": "trigger.list[-1]", "operator": "equals", "value": "last"}, True),
    ],
)
def test_conditions_combine(condition: dict[str, Any], met: bool) -> None:
    assert evaluate(condition, {"trigger": {"a": 1, "b": 2, "list": ["first", "last"]}}) is met


@pytest.mark.parametrize(
    ("condition", "path", "message"),
    [
        ("x", "c", "A condition is an object"),
        ({}, "c.field", "Give the path"),
        ({}, "c.operator", "Unknown operator: use one of equals, not_equals"),
        (comparison("trigger.a", 1, "like"), "c.operator", "Unknown operator"),
        ({"field": 5, "operator": "exists"}, "c.field", "Give the path"),
        ({"field": "a b", "operator": "exists"}, "c.field", "is not a path"),
        ({"field": "triger.a", "operator": "exists"}, "c.field", "must begin with one of"),
        ({"field": "secrets.key", "operator": "exists"}, "c.field", "A secret can be used only"),
        ({"field": "trigger.a[" + "1" * 5000 + "]", "operator": "exists"}, "c.field", "at most 1000 characters"),
        ({"field": "trigger.a", "operator": "equals"}, "c.value", "equals compares with a value"),
        ({**A, "extra": 1}, "c.extra", "Unknown field"),
        (comparison("trigger.a", "x", "in"), "c.value", "looks into a list"),
        (comparison("trigger.a", "(", "matches"), "c.value", "Not a valid regular expression"),
        (comparison("trigger.a", "(?=x)", "matches"), "c.value", "Not a valid regular expression"),
        (comparison("trigger.a", "x" * 1001, "matches"), "c.value", "at most 1000 characters"),
        (comparison("trigger.a", 5, "matches"), "c.value", "takes a regular expression"),
        ({"all": []}, "c.all", "a list of at least one condition"),
        ({"any": {}}, "c.any", "a list of at least one condition"),
        ({"all": [A, {"not": "x"}]}, "c.all[1].not", "A condition is an object"),
        ({"all": [A], "field": "trigger.a"}, "c", "all stands alone"),
        ({"all": [A], "any": [A]}, "c", "all stands alone"),
    ],
)
def test_a_faulty_condition_is_told_where_and_why(condition: Any, path: str, message: str) -> None:
    faults = {fault.path: fault.message for fault in faults_of_condition(condition, "c")}
    assert message in faults[path]


def test_conditions_nest_twenty_deep() -> None:
    condition: dict[str, Any] = A
    for _ in range(20):
        condition = {"not": condition}
    assert list(faults_of_condition(condition, "c")) == []
    deeper = [fault.message for fault in faults_of_condition({"not": condition}, "c")]
    assert deeper == ["Conditions are nested at most 20 deep"]


@pytest.mark.parametrize("value", ["{{trigger.list}}", "{{trigger.pattern}}"])
def test_a_templated_value_is_known_only_when_it_runs(value: str) -> None:
    for operator in ("in", "matches"):
        assert list(faults_of_condition(comparison("trigger.a", value, operator), "c")) == []


def test_half_a_surrogate_pair_makes_no_condition_crash() -> None:
    assert list(faults_of_condition(comparison("trigger.a", "\ud800", "matches"), "c")) != []
