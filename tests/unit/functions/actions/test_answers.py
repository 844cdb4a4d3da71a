from typing import Any

import pytest

from functions.actions.answers import meaning, text


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"9007199254740993", 2**53 + 1),
        (b"-170141183460469231731687303715884105728", -(2**127)),
        (b"[0.1, 1.0, 1e2, -0.0, 0]", [0.1, 1.0, 100.0, -0.0, 0]),
        (b'{"a": null, "b": true}', {"a": None, "b": True}),
        (b'"text"', "text"),
        (b"null", None),
        ('{"ü": "😀"}'.encode(), {"ü": "😀"}),
        (b"\xef\xbb\xbf{}", {}),
        (b" [1]\r\n", [1]),
        (b'"\\ud83d\\ude00"', "😀"),
    ],
)
def test_a_json_answer_is_its_value_with_every_number_exact(body: bytes, value: Any) -> None:
    found = meaning(body, "application/json")
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/problem+json",
        "application/vnd.api+json; ext=1",
    ],
)
def test_json_is_told_by_its_type(content_type: str) -> None:
    assert meaning(b'{"a":1}', content_type) == {"a": 1}


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "text/json", "application/jsonl", "application/json-seq", "x"]
)
def test_what_is_not_called_json_is_text(content_type: str) -> None:
    assert meaning(b'{"a":1}', content_type) == '{"a":1}'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        "[-1e400]",
        "{'a': 1}",
        '{"a": 1',
        "[1,]",
        '"\\ud800"',
        '{"\\udfff": 1}',
        "[" * 101 + "]" * 101,
        "[" * 100_000,
        "1" * 5_000,
    ],
)
def test_json_that_cannot_be_kept_exactly_stays_its_text(body: str) -> None:
    assert meaning(body.encode(), "application/json") == body


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("Grüße".encode(), "text/plain", "Grüße"),
        ("Grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Grüße"),
        ("Grüße €".encode("cp1252"), 'text/html; charset="windows-1252"', "Grüße €"),
        ("日本".encode("shift_jis"), "text/plain; charset=Shift_JIS", "日本"),
        ("Grüße".encode("utf-16"), "text/plain; charset=utf-16", "Grüße"),
        (b"Gr\xfc\xdfe", "text/plain; charset=utf-8", "Gr��e"),
        (b"Gr\xc3\xbc", "text/plain; charset=klingon", "Grü"),
        (b"+AGE-", "text/plain; charset=utf-7", "+AGE-"),
        (b"\\u0041", "text/plain; charset=unicode_escape", "\\u0041"),
        (b"xn--a-ecp.ru", "text/plain; charset=idna", "xn--a-ecp.ru"),
        (b"aGk=", "text/plain; charset=base64", "aGk="),
        (b"a", "text/plain; charset=" + "x" * 10_000, "a"),
        (b"a", 'text/plain; charset="a\x00b"', "a"),
        (b"a", "text/plain; charset*=utf-8'en'latin-1", "a"),
    ],
)
def test_text_is_read_by_its_charset_and_what_cannot_be_is_replaced(
    body: bytes, content_type: str, expected: str
) -> None:
    assert text(body, content_type) == expected


def test_json_in_another_charset_is_read_by_it_and_broken_json_bytes_are_text() -> None:
    assert meaning('"ü"'.encode("latin-1"), "application/json; charset=latin-1") == "ü"
    assert meaning(b'"\xfc"', "application/json") == '"�"'
