"""The built console, as the local service serves it beside the API."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.console import Console, headers, origins

ROOT = Path(__file__).parents[3]
STREAM = "http://127.0.0.1:8001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A console's folder, not built yet."""
    (tmp_path / "headers.json").write_bytes((ROOT / "console" / "headers.json").read_bytes())
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


@pytest.fixture
def built(folder: Path) -> Path:
    (folder / "dist" / "assets").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text("<title>Console</title>")
    (folder / "dist" / "config.json").write_text("{}")
    (folder / "dist" / "assets" / "index-1a2b.js").write_text("start()")
    return folder


def ask(folder: Path, path: str, method: str = "GET") -> httpx.Response:
    """What a service that serves nothing but the console answers."""
    console = Console(STREAM, folder)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        answer = console.answer(scope["method"], scope["raw_path"].decode()) or Response("not the console's", 404)
        await answer(scope, receive, send)

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path)

    return asyncio.run(call())


def test_the_page_is_at_the_root_and_is_asked_for_anew_each_time(built: Path) -> None:
    answer = ask(built, "/")
    assert (answer.status_code, answer.text) == (200, "<title>Console</title>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert ask(built, "/", "HEAD").status_code == 200


def test_what_is_named_after_its_content_is_kept_for_a_year_and_what_is_not_is_not(built: Path) -> None:
    assert ask(built, "/assets/index-1a2b.js").headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert ask(built, "/config.json").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/index-1a2b.js", "/", "/config.json"])
def test_every_file_says_what_the_page_may_do(built: Path, path: str) -> None:
    found = ask(built, path).headers
    policy = dict(part.split(" ", 1) for part in found["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {STREAM}"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    ["/package.json", "/../package.json", "/..%2fpackage.json", "/assets/../../package.json", "/assets/", "/none.js"],
)
def test_nothing_but_the_built_files_is_served(built: Path, path: str) -> None:
    assert ask(built, path).status_code == 404


def test_only_reading_is_answered(built: Path) -> None:
    assert ask(built, "/", "POST").status_code == 404


def test_where_the_console_is_not_built_the_page_says_how(folder: Path) -> None:
    answer = ask(folder, "/")
    assert answer.status_code == 200
    assert "make console" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_headers_name_every_origin_that_the_page_calls() -> None:
    found = headers(ROOT / "console", "https://api.example.com/prod", "https://stream.example.com/")
    assert "connect-src 'self' https://api.example.com https://stream.example.com;" in found["Content-Security-Policy"]
    assert "{" not in json.dumps(list(found.values()))


def test_no_header_allows_what_is_written_into_a_page() -> None:
    assert "unsafe" not in (ROOT / "console" / "headers.json").read_text()


def test_a_page_on_this_machine_may_be_opened_by_either_name() -> None:
    assert set(origins("http://127.0.0.1:8000")) == {"http://127.0.0.1:8000", "http://localhost:8000"}
