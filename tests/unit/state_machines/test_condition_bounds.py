"""How deep conditions may be nested, and how long an expression of theirs may be: to the last one that is allowed."""

from typing import Any

import pytest

from state_machines.conditions import MAX_DEPTH, MAX_PATTERN, faults_of_condition, holds

MET = {"field": "trigger.a", "operator": "exists"}


def nested(word: str, levels: int) -> dict[str, Any]:
    condition: dict[str, Any] = MET
    for _ in range(levels):
        condition = {word: condition if word == "not" else [MET, condition]}
    return condition


@pytest.mark.parametrize("word", ["all", "any", "not"])
def test_every_kind_of_condition_nests_as_deep_and_no_deeper(word: str) -> None:
    assert list(faults_of_condition(nested(word, MAX_DEPTH), "c")) == []
    *_, fault = faults_of_condition(nested(word, MAX_DEPTH + 1), "c")
    assert fault.message == f"Conditions are nested at most {MAX_DEPTH} deep"
    assert fault.path == "c" + (".not" if word == "not" else f".{word}[1]") * (MAX_DEPTH + 1)


def test_an_expression_of_the_greatest_length_is_looked_for_and_a_longer_one_is_not() -> None:
    assert holds("matches", "x" * MAX_PATTERN, "x" * MAX_PATTERN) is True
    assert holds("matches", "x" * (MAX_PATTERN + 1), "x" * (MAX_PATTERN + 1)) is False


def test_a_wrong_expression_writes_nothing_beside_its_fault(capfd: pytest.CaptureFixture[str]) -> None:
    assert holds("matches", "a", "(") is False
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("operator", "found", "value", "met"),
    [
        ("greater_than", 1, "a", False),
        ("greater_than", "a", 1, False),
        ("greater_than", [2], [1], False),
        ("less_than", "a", "b", True),
        ("less_than", 2, 1, False),
        ("greater_or_equal", "b", "b", True),
        ("less_or_equal", None, None, False),
    ],
)
def test_only_what_is_of_one_kind_has_an_order(operator: str, found: Any, value: Any, met: bool) -> None:
    assert holds(operator, found, value) is met
