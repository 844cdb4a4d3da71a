"""Secrets are taken out of texts, whatever they were encoded in."""

import base64
import json
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.blotting import BLOT, blotted

SECRET = 's3cr/t+ "ü%\\x'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="")
        .replace("%2F", "%2f")
        .replace("%2B", "%2b")
        .replace("%C3%BC", "%c3%bc")
        .replace("%5C", "%5c"),
        quote(quote(SECRET, safe=""), safe=""),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[3:-3],
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
)
def test_a_secret_is_replaced_in_each_form(form: str) -> None:
    value = {"a": [f"before {form} after", {form: form}], "n": 5}
    assert blotted(value, [SECRET]) == {"a": [f"before {BLOT} after", {BLOT: BLOT}], "n": 5}


@given(before=st.binary(max_size=7), after=st.binary(max_size=7), secret=st.text(min_size=8, max_size=40))
def test_no_base64_of_a_text_with_the_secret_in_it_gives_it_away(before: bytes, after: bytes, secret: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        code = encode(before + secret.encode() + after).decode()
        left = blotted(f"Basic {code}", [secret]).removeprefix("Basic ").replace(BLOT, "").rstrip("=")
        # Of the secret's own characters, and those that it has a part in, none is left.
        assert len(left) <= len(base64.b64encode(before)) + len(base64.b64encode(after))


def test_what_is_not_secret_stays_and_keeps_its_type() -> None:
    value: Any = {"list": [1, 2.5, True, None, "s3cr"], "deep": {"text": "c2VjcmV0"}}
    assert blotted(value, [SECRET]) == value


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert blotted("token and token-and-more", ["token", "token-and-more"]) == f"{BLOT} and {BLOT}"


@pytest.mark.parametrize("kept", range(4, len(SECRET)))
def test_the_beginning_that_a_cut_left_is_replaced(kept: int) -> None:
    text = "x" * 200
    assert blotted(text + SECRET[:kept], [SECRET]) == text + BLOT


def test_a_short_text_is_not_taken_for_a_cut_one() -> None:
    assert blotted("an s3cr", [SECRET]) == "an s3cr"


def test_a_short_secret_is_not_looked_for_in_base64() -> None:
    assert blotted(base64.b64encode(b"abcabcabc").decode(), ["bc"]) == "YWJjYWJjYWJj"


def test_many_secrets_in_much_text_take_little_time() -> None:
    secrets = [f"secret-{number:03d}-value/+x" for number in range(50)]
    value = {"texts": [f"text {number}" for number in range(80_000)]}
    began = time.process_time()
    assert blotted(value, secrets) == value
    assert time.process_time() - began < 1


def test_an_empty_secret_blots_nothing() -> None:
    assert blotted("text", [""]) == "text"


def test_of_two_secrets_that_begin_alike_the_longer_is_gone_in_every_form() -> None:
    short, long = "begin-and-", "begin-and-go-on-for-long"
    for form in (str, lambda text: base64.b64encode(text.encode()).decode()):
        for secrets in ([short, long], [long, short]):
            assert "go-on" not in str(blotted({"text": f"a {form(long)} b"}, secrets))
            assert form(long)[-6:] not in str(blotted({"text": f"a {form(long)} b"}, secrets))


def test_names_are_blotted_as_values_are() -> None:
    assert blotted({"a": {SECRET: 1}, "cut": SECRET[:-2]}, [SECRET]).keys() == {"a", "cut"}
    assert SECRET not in str(blotted({"a": {SECRET: 1}}, [SECRET]))
    cut = SECRET[:-2]
    assert cut not in str(blotted({f"{'x' * 200}{cut}": 1}, [SECRET]))
