"""Taking secrets out of what an API said: whatever they were encoded in, and where a cut left only a part of one.

blotted({"header": "Basic dXNlcjpzM2NyZXQh"}, ["s3cret!"]) -> {"header": "Basic dXNlc***"}
"""

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from state_machines.values import to_json

BLOT = "***"

_SHORTEST_CODE = 6
"""Characters of Base64 that are a secret's own: fewer would be found in what has nothing to do with it."""

_SHORTEST_CUT = 200
"""Characters of a text that may have been cut to fit: an excerpt of an answer, its type, a line of a log."""

_SHORTEST_REST = 4
"""Characters of a secret that are worth hiding where a cut left no more."""

_FOR_URLS = str.maketrans("+/", "-_")


def blotted(value: Any, secrets: Iterable[str]) -> Any:
    """`value`, which is JSON, with each of the secrets replaced wherever it appears."""
    texts = {form for secret in secrets for form in texts_of(secret)}
    codes = {code for secret in secrets for code in codes_of(secret)}
    written = to_json(value)
    pattern = _pattern(
        [text for text in texts if to_json(text)[1:-1] in written], [code for code in codes if code in written]
    )
    return _replaced(value, pattern, [*texts, *codes])


def texts_of(secret: str) -> set[str]:
    """How a secret may be written out: as itself, in a URL, in JSON, in HTML, in hexadecimal; in the first two, also
    after somebody has done so before."""
    octets = secret.encode("utf-8", "surrogatepass")
    in_urls = {quote(octets), quote(octets, safe=""), quote_plus(octets)}
    in_urls |= {_with_small_escapes(form) for form in in_urls} | {quote(form, safe="") for form in in_urls}
    in_json = {json.dumps(secret)[1:-1], to_json(secret)[1:-1]}
    in_json |= {json.dumps(form)[1:-1] for form in in_json}
    return {secret, *in_urls, *in_json, html.escape(secret), octets.hex(), octets.hex().upper()} - {""}


def _with_small_escapes(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), text)


def codes_of(secret: str) -> set[str]:
    """What all Base64 of a text with the secret in it has in common, for each of the three places where that may begin
    (RFC 4648, with either alphabet)."""
    octets = secret.encode("utf-8", "surrogatepass")
    codes = set()
    for before in range(3):
        code = base64.b64encode(bytes(before) + octets).decode().rstrip("=")
        # Where a character has bits of a neighbour, too, it depends on that.
        own = code[(8 * before + 5) // 6 : 8 * (before + len(octets)) // 6]
        codes |= {own, own.translate(_FOR_URLS)}
    return {code for code in codes if len(code) >= _SHORTEST_CODE}


def _pattern(texts: list[str], codes: list[str]) -> re.Pattern[str] | None:
    # The characters around its Base64 hold some bits of a secret, too.
    parts = [rf"[\w+/-]?{re.escape(code)}[\w+/-]?" for code in sorted(codes, key=len, reverse=True)]
    parts = [*(re.escape(text) for text in sorted(texts, key=len, reverse=True)), *parts]
    return re.compile("|".join(parts)) if parts else None


def _replaced(value: Any, pattern: re.Pattern[str] | None, forms: list[str]) -> Any:
    if isinstance(value, str):
        text = pattern.sub(BLOT, value) if pattern else value
        return _without_rest(text, forms) if len(value) >= _SHORTEST_CUT else text
    if isinstance(value, dict):
        return {_replaced(name, pattern, forms): _replaced(item, pattern, forms) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, pattern, forms) for item in value]
    return value


def _without_rest(text: str, forms: list[str]) -> str:
    """The text without what it ends with, where a form begins so."""
    for form in forms:
        first = form[:_SHORTEST_REST]
        start = text.find(first, max(0, len(text) - len(form) + 1))
        while start >= 0:
            if len(first) == _SHORTEST_REST and form.startswith(text[start:]):
                return text[:start] + BLOT
            start = text.find(first, start + 1)
    return text
