"""Expressions and templates: they keep what they find, and cannot be made to run away."""

from typing import Any

import pytest

from state_machines.errors import ExpressionFailed, ValueTooLarge
from state_machines.expressions import MISSING, Reference, parse_expression, parse_path, parse_template, render
from state_machines.expressions import templates as templates_in
from tests.yardstick import computing_less_than

DOCUMENT: dict[str, Any] = {
    "trigger": {
        "name": "Ada",
        "age": 36,
        "ratio": 0.1,
        "big": 2**53 + 1,
        "huge": int("9" * 40),
        "nothing": None,
        "yes": True,
        "list": [{"id": 1}, {"id": 2}],
        "text": "12",
        "with-dash": "d",
        "7": "seven",
    },
    "variables": {"plan": "free"},
    "steps": {"fetch.all": {"output": {"items": [3, 1, 2]}}, "a-1": {"output": "first"}},
    "execution": {"id": "e"},
    "workflow": {"id": "w"},
}


def rendered(value: Any) -> Any:
    return render(value, DOCUMENT, lambda line: None)


def notes_of(value: Any) -> list[str]:
    notes: list[str] = []
    render(value, DOCUMENT, notes.append)
    return notes


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{trigger.age}}", 36),
        ("{{ trigger.big }}", 2**53 + 1),
        ("{{trigger.huge}}", int("9" * 40)),
        ("{{trigger.ratio}}", 0.1),
        ("{{trigger.yes}}", True),
        ("{{trigger.nothing}}", None),
        ("{{trigger.list}}", [{"id": 1}, {"id": 2}]),
        ("{{trigger.list[0].id}}", 1),
        ("{{trigger.list[-1].id}}", 2),
        ("{{trigger.list.1.id}}", 2),
        ("{{trigger.with-dash}}", "d"),
        ("{{trigger.7}}", "seven"),
        ("{{steps.fetch.all.output.items[1]}}", 1),
        ("{{steps.a-1.output}}", "first"),
        ('{{steps."a-1".output}}', "first"),
        ('{{sort(steps."fetch.all".output.items)}}', [1, 2, 3]),
        ("{{trigger.list[*].id}}", [1, 2]),
        ("{{trigger.list[?id > `1`] | [0].id}}", 2),
        ("{{length(trigger.list)}}", 2),
        ("{{to_number(trigger.text)}}", 12),
        ("{{ {a: trigger.name, b: {c: trigger.age}} }}", {"a": "Ada", "b": {"c": 36}}),
        ("{{{a: {b: trigger.age}}}}", {"a": {"b": 36}}),
        ("{{{a:{b:{c:{d:{e:trigger.age}}}}}}}", {"a": {"b": {"c": {"d": {"e": 36}}}}}),
        ("{{join('}}', [trigger.name, 'x'])}}", "Ada}}x"),
        ("{{trigger.name || 'nobody'}}", "Ada"),
        ("{{trigger.none || 'nobody'}}", "nobody"),
        ("{{trigger.big == `9007199254740993`}}", True),
    ],
)
def test_a_string_that_is_one_template_keeps_the_type_of_its_value(template: str, value: Any) -> None:
    assert rendered(template) == value
    assert type(rendered(template)) is type(value)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{trigger.name}}!", "Hi Ada!"),
        ("{{trigger.name}}{{trigger.age}}", "Ada36"),
        (" {{trigger.ratio}}", " 0.1"),
        ("n={{trigger.huge}}", "n=" + "9" * 40),
        ("{{trigger.yes}}, {{trigger.list}}", 'true, [{"id":1},{"id":2}]'),
        ("<{{trigger.nothing}}>", "<>"),
        ("<{{trigger.missing.deep}}>", "<>"),
        ("} }} no template", "} }} no template"),
        ("{ not one }", "{ not one }"),
    ],
)
def test_inside_a_longer_string_a_template_is_written_out(template: str, text: str) -> None:
    assert rendered(template) == text


def test_what_is_missing_is_noted_and_null_is_not() -> None:
    assert notes_of({"a": "{{trigger.gone}}", "b": ["x {{ variables.gone }} {{trigger.nothing}}"]}) == [
        "{{trigger.gone}} has no value",
        "{{variables.gone}} has no value",
    ]
    assert rendered("{{trigger.gone}}") is None


def test_templates_are_found_wherever_they_are_in_a_config() -> None:
    config = {"a": ["{{trigger.age}}", 1], "b": {"c": "x{{trigger.name}}"}, "{{trigger.name}}": True}
    assert rendered(config) == {"a": [36, 1], "b": {"c": "xAda"}, "{{trigger.name}}": True}
    assert list(templates_in(config, "config")) == [
        ("config.a[0]", "{{trigger.age}}"),
        ("config.b.c", "x{{trigger.name}}"),
    ]


def test_what_a_template_brings_is_not_read_as_a_template() -> None:
    assert render("{{trigger.x}}", {"trigger": {"x": "{{trigger.y}}"}}, lambda line: None) == "{{trigger.y}}"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{trigger.name", "no '}}' after it"),
        ("a {{", "no '}}' after it"),
        ("{{}}", "not a valid expression"),
        ("{{ }}", "not a valid expression"),
        ("{{name}}", "must begin with one of trigger, variables"),
        ("{{length(name)}}", "there is no 'name'"),
        ("{{trigger.a ||}}", "not a valid expression"),
        ("{{shout(trigger.name)}}", r"JMESPath has no function shout\(\)"),
        ("{{trigger.list[?nope(@)]}}", r"JMESPath has no function nope\(\)"),
        ("{{steps.a.result}}", "must read steps.<id>.output"),
        ("{{steps.a}}", "must read steps.<id>.output"),
        ("{{ trigger." + "a" * 1000 + " }}", "at most 1000 characters"),
        ("{{@}}", "not with all of them"),
        ("{{values(@)}}", "not with all of them"),
        ("{{*.name}}", "not with all of them"),
        ("{{[0]}}", "not with all of them"),
        ("{{" + "(" * 490 + "trigger" + ")" * 490 + "}}", "nested too deeply"),
    ],
)
def test_a_template_that_cannot_be_read_says_why(template: str, reason: str) -> None:
    with pytest.raises(ExpressionFailed, match=reason):
        parse_template(template)


def test_a_text_is_read_up_to_its_tenth_wrong_template() -> None:
    with computing_less_than(1), pytest.raises(ExpressionFailed, match="must begin with"):
        parse_template("{{a}}" * 50_000)


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("trigger.a", {Reference("trigger", None)}),
        ("steps.a.output.b", {Reference("steps", "a")}),
        ("steps.a.b.output", {Reference("steps", "a.b")}),
        ('steps."a.b".output || variables.c', {Reference("steps", "a.b"), Reference("variables", None)}),
        ("length(steps.a.output)", {Reference("steps", "a")}),
        ("steps.*.output", {Reference("steps", None)}),
        ("keys(steps)", {Reference("steps", None)}),
        ("sort_by(steps.a.output, &variables)", {Reference("steps", "a")}),
        ("steps.a.output[?secrets == trigger]", {Reference("steps", "a")}),
        ("[steps.a.output[0], {x: trigger}]", {Reference("steps", "a"), Reference("trigger", None)}),
        ("execution.id", {Reference("execution", "id")}),
        ("join('-', [workflow.name, execution.id])", {Reference("workflow", "name"), Reference("execution", "id")}),
        ("secrets.key", {Reference("secrets", "key")}),
    ],
)
def test_an_expression_tells_what_it_reads(text: str, references: set[Reference]) -> None:
    assert parse_expression(text).references == references


def test_a_path_is_no_jmespath() -> None:
    assert parse_path("trigger.a[0]").path == ("trigger", "a", 0)
    with pytest.raises(ExpressionFailed, match="is not a path"):
        parse_path("length(trigger)")


@pytest.mark.parametrize("path", ["trigger.a.b", "trigger.list[7]", "trigger.name.x", "trigger.name[0]", "trigger[0]"])
def test_a_path_to_nothing_is_missing(path: str) -> None:
    assert parse_path(path).value(DOCUMENT) is MISSING
    assert not MISSING


@pytest.mark.parametrize(
    "text",
    [
        "trigger|" + "|".join(["[@,@]"] * 150),
        "trigger|" + "|".join(["[@,@]"] * 150) + "|to_string(@)",
        "trigger|[@]|" + "|".join(["[@,@][]"] * 100),
        "trigger|[" + "|".join(["[@,@]"] * 60) + "," + "|".join(["[@,@]"] * 60) + "]|[0]==[1]",
        "trigger.name|" + "|".join(["join('',[@,@])"] * 60),
        "trigger|" + "|".join(["{a:@,b:@}"] * 90) + "|to_string(@)",
        "trigger.list|" + "|".join(["[@,@][].[@,@][]"] * 55) + "|length(@)",
    ],
)
def test_an_expression_that_doubles_its_data_is_stopped(text: str) -> None:
    with computing_less_than(5), pytest.raises(ExpressionFailed, match="makes too much of its data"):
        parse_expression(text).value(DOCUMENT)


@pytest.mark.parametrize(
    "text", ["to_number('nan')", "to_number('1e400')", "to_number('-inf')", "`1e400`", "[`NaN`, trigger]"]
)
def test_an_expression_makes_no_number_that_json_cannot_hold(text: str) -> None:
    with pytest.raises(ExpressionFailed, match="a number that JSON cannot hold"):
        parse_expression(text).value(DOCUMENT)


@pytest.mark.parametrize(
    "text",
    [
        "length(trigger.age)",
        "sum(trigger.list)",
        "sort(trigger.list)",
        "avg([`1" + "0" * 400 + "`])",
        "max_by(trigger.list, &none)",
    ],
)
def test_an_expression_that_does_not_fit_its_data_fails_with_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionFailed, match="cannot be evaluated"):
        parse_expression(text).value(DOCUMENT)


def test_an_expression_over_much_data_is_no_bomb() -> None:
    document = {"steps": {"a": {"output": [{"id": i, "name": "x" * 40} for i in range(15_000)]}}}
    found = parse_expression("steps.a.output[?id >= `14998`].{id: id, name: name}").value(document)
    assert [item["id"] for item in found] == [14998, 14999]


def test_templates_do_not_write_one_long_value_endlessly() -> None:
    document = {"trigger": {"t": "x" * 200_000}}
    with pytest.raises(ValueTooLarge, match="1,000,000 characters"):
        render({"a": [" {{trigger.t}}"] * 10_000}, document, lambda line: None)
