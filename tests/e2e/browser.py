"""A real browser on the page that follows an execution: Debian's Chromium, the page's server, what the page shows."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

PAGE = Path(__file__).with_name("stream.html")

MISSING = "These tests need a browser: install Debian's package `chromium` (apt-get install chromium)"

_ARGUMENTS = ("--no-sandbox", "--disable-quic", "--disable-background-networking")
"""Chromium's sandbox does not start as root; the rest keeps it from calling anybody else."""

_PATIENCE_MS = 10_000
"""How long the page may take to show what is expected of it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window. Where there is none the test is skipped, and fails where CI is set.

    Nothing else in this thread can run an event loop until it is closed: playwright's own is running.
    """
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail(MISSING) if os.environ.get("CI") else pytest.skip(MISSING)
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class PageServer:
    """Serves the page at `origin`, whatever the path."""

    def __init__(self) -> None:
        content = PAGE.read_bytes()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the test says what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


class StreamPage:
    """The page in a tab, by what a person sees of it, found as assistive technology finds it."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        state = tab.get_by_role("status", name="State")
        self.connection: Locator = state.get_by_role("definition").nth(0)
        self.execution: Locator = state.get_by_role("definition").nth(1)
        self._connections: Locator = state.get_by_role("definition").nth(2)
        self.bar: Locator = tab.get_by_role("progressbar")
        self.message: Locator = tab.get_by_role("alert")
        self._log = tab.get_by_role("log", name="Steps, as they finish")

    def follow(self, origin: str, url: str) -> None:
        """Opens the page with the stream's URL in its hash."""
        self.tab.goto(f"{origin}/#{quote(url, safe='')}")

    @property
    def steps(self) -> list[str]:
        """The ids of the nodes, in the order in which their steps arrived, however often each did."""
        return self._log.locator("b").all_text_contents()

    @property
    def event_ids(self) -> list[int]:
        """Those of the steps."""
        ids: list[str] = self._log.get_by_role("listitem").evaluate_all("items => items.map(i => i.dataset.event)")
        return [int(each) for each in ids]

    @property
    def connections(self) -> int:
        """How often it was told `connected`."""
        return int(self._connections.text_content() or "")
