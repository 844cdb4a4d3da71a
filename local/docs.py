"""`GET /docs`: the OpenAPI document as one page, made here. It loads nothing, from nobody."""

import base64
import hashlib
import json
import shlex
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse

from functions.routes.service import OPENAPI
from local.docs_schemas import fields, kind, phrase, prose

Json = Any

_STYLE = Path(__file__).with_name("docs.css").read_text(encoding="utf-8")
_KEY = json.loads(Path(__file__).with_name("demo.json").read_text(encoding="utf-8"))["keys"][0]["value"]
_SCRIPT = """
document.querySelector("nav details").open = matchMedia("(min-width: 60rem)").matches;
for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
"""
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def response(url: str) -> HTMLResponse:
    """The page, whose requests are for the service at `url`, with the first of the demo's keys."""
    return HTMLResponse(_page(url.rstrip("/")), headers={**_HEADERS, "Content-Security-Policy": _policy()})


def _policy() -> str:
    """Nothing but the style and the script of this page (https://www.w3.org/TR/CSP3/)."""
    return (
        f"default-src 'none'; style-src '{_hash(_STYLE)}'; script-src '{_hash(_SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@lru_cache(maxsize=4)
def _page(url: str) -> str:
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    info = document["info"]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])}</title>
<style>{_STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>{escape(info["title"])} <small>{escape(info["version"])}</small></h1>
<p><a href="/openapi.json">/openapi.json</a> is this page for programs.</p>
</header>
<nav aria-label="Routes"><details open><summary>Routes</summary>{_contents(document)}</details></nav>
<main id="content">
<section aria-label="About">{prose(info["description"])}</section>
{"".join(_group(document, tag, url) for tag in document["tags"])}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>{_schemas(document)}</section>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _operations(document: Json, tag: str) -> list[tuple[str, str, Json]]:
    """Method, path and operation of every route of one group."""
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]


def _contents(document: Json) -> str:
    groups = ""
    for tag in document["tags"]:
        links = "".join(
            f'<li><a href="#{operation["operationId"]}">{_method(method)} {escape(operation["summary"])}</a></li>'
            for method, _, operation in _operations(document, tag["name"])
        )
        groups += f'<p><a href="#{escape(tag["name"])}">{escape(tag["name"])}</a></p><ul>{links}</ul>'
    return groups + '<p><a href="#schemas">Schemas</a></p>'


def _method(method: str) -> str:
    return f'<span class="method {method.lower()}">{method}</span>'


def _group(document: Json, tag: Json, url: str) -> str:
    name = escape(tag["name"])
    articles = "".join(
        _article(document, method, path, operation, f"{url}{path}")
        for method, path, operation in _operations(document, tag["name"])
    )
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{name}</h2>{prose(tag["description"])}{articles}</section>'
    )


def _article(document: Json, method: str, path: str, operation: Json, url: str) -> str:
    name = operation["operationId"]
    return (
        f'<article aria-labelledby="{name}">'
        f'<h3 id="{name}">{escape(operation["summary"])}</h3>'
        f'<p class="route">{_method(method)} <code>{escape(path).replace("/", "/<wbr>")}</code></p>'
        + prose(operation.get("description", ""))
        + _curl(document, method, operation, url)
        + _parameters(document, operation)
        + _body(operation)
        + "".join(_answer(document, status, found) for status, found in operation["responses"].items())
        + "</article>"
    )


def _curl(document: Json, method: str, operation: Json, url: str) -> str:
    for parameter in _resolved_parameters(document, operation):
        if examples := parameter.get("examples"):
            value = examples.get(operation["tags"][0], next(iter(examples.values())))["value"]
            url = url.replace(f"{{{parameter['name']}}}", value)
        elif parameter["in"] == "query" and parameter.get("required"):
            url += f"?{parameter['name']}=123"
    lines = [["curl", *([] if method == "GET" else ["-X", method]), url]]
    if "security" not in operation:
        lines.append(["-H", f"X-API-Key: {_KEY}"])
    if body := operation.get("requestBody"):
        (content,) = body["content"].values()
        example = next(iter(content["examples"].values()))["value"]
        lines += [["-H", "Content-Type: application/json"], ["-d", _text(example)]]
    text = " \\\n  ".join(map(shlex.join, lines))
    place = f"curl-{operation['operationId']}"
    return (
        f'<div class="curl"><pre id="{place}" tabindex="0">{escape(text)}</pre>'
        f'<button type="button" hidden data-copies="{place}" aria-live="polite">Copy</button></div>'
    )


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    _, _, section, name = part["$ref"].split("/")
    return document["components"][section][name]


def _resolved_parameters(document: Json, operation: Json) -> list[Json]:
    return [_resolved(document, part) for part in operation.get("parameters", ())]


def _parameters(document: Json, operation: Json) -> str:
    rows = "".join(
        f"<li><code>{escape(found['name'])}</code> <small>{found['in']}"
        f"{'' if found.get('required') else ', optional'}</small> {kind(found['schema'])}"
        f" <span>{phrase(found['description'])}</span></li>"
        for found in _resolved_parameters(document, operation)
    )
    return f'<h4>Parameters</h4><ul class="fields">{rows}</ul>' if rows else ""


def _body(operation: Json) -> str:
    if "requestBody" not in operation:
        return ""
    body = operation["requestBody"]
    optional = "" if body["required"] else " <small>optional</small>"
    return f"<h4>Body{optional}</h4>{_content(body)}"


def _answer(document: Json, status: str, answer: Json) -> str:
    found = _resolved(document, answer)
    title, _, rest = found["description"].partition("\n\n")
    content = _content(found) if "content" in found else ""
    state = 'class="answer good" open' if status.startswith("2") else 'class="answer bad"'
    return (
        f"<details {state}><summary><strong>{status}</strong> {escape(title)}</summary>"
        f"{prose(rest) if rest else ''}{content}</details>"
    )


def _content(holder: Json) -> str:
    ((media_type, content),) = holder["content"].items()
    schema = content["schema"]
    examples = "".join(
        f"<details><summary>Example: {escape(name.replace('_', ' '))}</summary>"
        f'<pre tabindex="0">{escape(_text(found["value"]))}</pre></details>'
        for name, found in content.get("examples", {}).items()
    )
    shape = "" if kind(schema) == "object" or "contentSchema" in schema else f"<p>{kind(schema)}</p>"
    return f"<p><code>{escape(media_type)}</code></p>{shape}{fields(schema)}{examples}"


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _schemas(document: Json) -> str:
    return "".join(
        f'<article aria-labelledby="schema-{name}"><h3 id="schema-{name}">{name}</h3>'
        f"{prose(schema.get('description', ''))}<p>{kind(schema)}</p>{fields(schema)}</article>"
        for name, schema in document["components"]["schemas"].items()
    )
