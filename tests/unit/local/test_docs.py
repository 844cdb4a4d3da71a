"""The page of the OpenAPI document: whole, safe, and in need of nothing but itself."""

import base64
import hashlib
import json
import re
import shlex
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from functions.routes.service import OPENAPI
from local import docs

URL = "http://localhost:8000"
VOID = ("meta", "wbr")

Json = Any
DOCUMENT: Json = json.loads(OPENAPI.read_text(encoding="utf-8"))


class Page(HTMLParser):
    """A page as its elements: ids, links, and the text within each element that has an id or is a script or style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(text)
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        name = given.get("id") or ""
        self.ids += [name] if name else []
        self.links += [value for key in ("href", "src") if (value := given.get(key))]
        if tag not in VOID:
            self._open.append((tag, name or tag))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, f"{tag} closes what it opened"

    def handle_data(self, data: str) -> None:
        if self._open:
            name = self._open[-1][1]
            self.texts[name] = self.texts.get(name, "") + data


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(bytes(docs.response(URL).body).decode())


def operations() -> list[tuple[str, str, Json]]:
    return [(method, path, o) for path, methods in DOCUMENT["paths"].items() for method, o in methods.items()]


def test_every_route_and_every_schema_has_a_place(page: Page) -> None:
    wanted = {operation["operationId"] for _, _, operation in operations()}
    wanted |= {f"schema-{name}" for name in DOCUMENT["components"]["schemas"]}
    assert wanted <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_every_link_stays_on_the_page_or_leads_to_the_document(page: Page) -> None:
    assert {link for link in page.links if not link.startswith("#")} == {"/openapi.json"}
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_nothing_runs_or_is_loaded_but_its_own_script_and_style(page: Page) -> None:
    policy = docs.response(URL).headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(page.texts[tag].encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'"
    assert not [attributes for _, attributes in page.elements if "style" in attributes]
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_each_request_with_curl_is_the_one_that_its_route_takes(page: Page) -> None:
    for method, path, operation in operations():
        words = shlex.split(page.texts[f"curl-{operation['operationId']}"])
        pattern = re.sub(r"{\w+}", "[^/]+", path)
        assert any(re.fullmatch(rf"{URL}{pattern}(\?\S*)?", word) for word in words), words
        assert (words[words.index("-X") + 1] if "-X" in words else "GET") == method.upper()
        assert ("X-API-Key: local-acme-admin-premium-key" in words) == ("security" not in operation)
        if "requestBody" in operation:
            assert isinstance(json.loads(words[words.index("-d") + 1]), dict)


def test_it_has_landmarks_and_headings_in_order(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert all(tags.count(tag) == 1 for tag in ("header", "nav", "main", "h1"))
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert ("html", {"lang": "en"}) in page.elements


def test_a_host_that_a_client_made_up_stays_text() -> None:
    text = bytes(docs.response('http://"><script>alert(1)</script>').body).decode()
    assert Page(text).texts["script"].count("alert") == 0
    assert "<script>alert" not in text
