"""Where an expression begins and ends in a text, what it reads of the document, and how much it may write."""

from typing import Any

import pytest

from state_machines.errors import ExpressionFailed, ValueTooLarge
from state_machines.expressions import (
    MAX_EXPRESSION,
    MISSING,
    Expression,
    Reference,
    parse_expression,
    parse_path,
    read_template,
    render,
)

DOCUMENT: dict[str, Any] = {
    "trigger": {"name": "Ada", "list": [{"id": 1}, {"id": 2}], "by": {"a": {"id": 3}}},
    "steps": {"output": {"output": "of a step named output"}},
}


def rendered(value: Any) -> Any:
    return render(value, DOCUMENT, lambda line: None)


def parts_of(text: str) -> list[str]:
    """The parts of a text in a word each: what is literal in quotation marks, `wrong` for what cannot be read."""
    return [
        part.text if isinstance(part, Expression) else repr(part) if isinstance(part, str) else "wrong"
        for part in read_template(text)
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{{nope}} and {{trigger.name}}", ["wrong", "' and '", "trigger.name"]),
        ("{{nope}}{{trigger.name}}", ["wrong", "trigger.name"]),
        ("a {{trigger.name", ["'a '", "wrong"]),
        ("{{join('}}', trigger.list)}} {{trigger.name}}", ["join('}}', trigger.list)", "' '", "trigger.name"]),
        ("{{nope '}}' }} {{trigger.name}}", ["wrong", repr("' }} "), "trigger.name"]),
    ],
)
def test_a_text_goes_on_behind_each_template(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_a_text_is_read_on_behind_nine_wrong_templates_and_not_behind_ten() -> None:
    assert parts_of("{{a}}" * 9 + "{{trigger.name}}") == ["wrong"] * 9 + ["trigger.name"]
    assert parts_of("{{a}}" * 12) == ["wrong"] * 10 + [repr("{{a}}" * 2)]
    assert parts_of("{{trigger.name}}" * 12) == ["trigger.name"] * 12


def test_a_template_without_an_end_says_so_and_nothing_else() -> None:
    (wrong,) = read_template("{{trigger.name")
    assert str(wrong) == "'{{' has no '}}' after it"


@pytest.mark.parametrize("more", [0, 1])
def test_an_expression_may_hold_its_own_end_up_to_its_greatest_length(more: int) -> None:
    text = "join('}}', trigger.names)".ljust(MAX_EXPRESSION + more)
    (first, *_) = read_template("{{" + text + "}}")
    assert isinstance(first, ExpressionFailed if more else Expression)


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ('steps."a"[0].output', {Reference("steps", "a")}),
        ('steps."a"[*].output', {Reference("steps", "a")}),
        ('steps."a"[?x].output', {Reference("steps", "a")}),
        ('steps."a"[].output', {Reference("steps", "a")}),
        ('steps."a"[0:1].output', {Reference("steps", "a")}),
        ("steps.[a, b]", {Reference("steps", None)}),
        ("steps.{x: a}", {Reference("steps", None)}),
        ("trigger.*.id", {Reference("trigger", None)}),
        ("trigger[0:1].id", {Reference("trigger", None)}),
        ("trigger[].id", {Reference("trigger", None)}),
        ("(trigger.a || variables.b).c", {Reference("trigger", None), Reference("variables", None)}),
        ("trigger | name", {Reference("trigger", None)}),
        ("not_null(trigger.a, `5`, 'text')", {Reference("trigger", None)}),
    ],
)
def test_only_what_is_read_of_the_document_itself_is_a_reference(text: str, references: set[Reference]) -> None:
    assert parse_expression(text).references == references


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("@", "An expression begins with one of trigger, variables, steps, execution, workflow, secrets, not with all"),
        ("name", "'name' must begin with one of trigger, variables, steps, execution, workflow, secrets$"),
        ("length(name)", "reads one of trigger, variables, steps, execution, workflow, secrets; there is no 'name'$"),
    ],
)
def test_where_an_expression_may_begin_is_told_in_full(text: str, reason: str) -> None:
    with pytest.raises(ExpressionFailed, match=reason):
        parse_expression(text)


@pytest.mark.parametrize("path", ["trigger.list.id", "trigger.list.²", "trigger.list.1234567890123", "trigger.list[2]"])
def test_what_is_no_place_in_a_list_is_missing(path: str) -> None:
    assert parse_path(path).value(DOCUMENT) is MISSING


def test_a_step_may_have_the_name_of_what_it_has() -> None:
    assert rendered("{{steps.output.output}}") == "of a step named output"
    assert parse_expression("steps.output.output").references == {Reference("steps", "output")}


def test_templates_write_a_million_characters_and_no_more() -> None:
    document = {"trigger": {"half": "x" * 500_000}}
    assert render(["<{{trigger.half}}>", "<{{trigger.half}}>"], document, print) == [f"<{'x' * 500_000}>"] * 2
    with pytest.raises(ValueTooLarge, match="What the templates write is larger than 1,000,000 characters"):
        render(["<{{trigger.half}}>", "<{{trigger.half}}{{trigger.half[0]}}{{`1`}}>"], document, print)
