"""The console in a tab of Chromium, found as assistive technology finds it: by roles, labels and what is written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.e2e.client import KEYS, Workflow
from tests.e2e.service import ROOT, RunningService

BUILT = ROOT / "console" / "dist" / "index.html"
NOT_BUILT = "The console is not built: run `make console`, and these tests again"

PATIENCE_MS = 30_000
"""How long anything may take to show: the tests are about what is shown, on machines that may be busy."""

DESKTOP: Any = {"width": 1280, "height": 800}
PHONE: Any = {"width": 360, "height": 740}

_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
    console.error(`policy: ${violatedDirective} forbids ${blockedURI} at ${sourceFile}:${lineNumber}`));
"""

_NOT_THE_PAGES_OWN = "Failed to load resource"
"""Chromium says so of every answer from 400 on, and of a network that is gone, which the console has words for."""


class Console:
    """`faults` is what the browser has complained of until now: errors, warnings, breaches of the page's policy."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_NOT_THE_PAGES_OWN):
            self.faults.append(f"{message.type}: {message.text}")

    def open(self, place: str = "") -> None:
        """Goes to what the address has behind its `#`."""
        self.page.goto(f"{self.url}/{f'#{place}' if place else ''}")

    def sign_in(self, who: str = "member", slug: str = "acme", key: str | None = None) -> None:
        """Fills in the form that is shown, and waits for what comes next."""
        self.fill_in(key or KEYS[who], slug)
        self.page.get_by_role("banner").wait_for()

    def fill_in(self, key: str, slug: str) -> None:
        self.page.get_by_label("Workspace").fill(slug)
        self.page.get_by_label("API key").fill(key)
        self.button("Sign in").click()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name, exact=isinstance(name, str))

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=isinstance(name, str))

    def editor(self, label: str) -> Locator:
        """Until the editor is loaded, its text alone is shown, to be read."""
        editor = self.page.get_by_role("textbox", name=label)
        expect(editor).to_be_editable()
        return editor

    def write(self, label: str, text: str) -> None:
        """Writes `text` into an editor in the place of all that it holds, as one who pastes it."""
        self.editor(label).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def step(self, name: str) -> Locator:
        """The row of a step on the time axis."""
        return self.page.get_by_role("region", name="Steps on a time axis").get_by_role("button", name=name)

    def fact(self, name: str) -> Locator:
        """What is written beside a term, such as `Duration`."""
        term = self.page.get_by_role("term").filter(has_text=re.compile(f"^{re.escape(name)}$"))
        return self.page.locator("dl > div").filter(has=term).get_by_role("definition")


def workflow_at(workflow: Workflow, page: str = "") -> str:
    return f"/acme/workflows/{workflow.wf}{f'/{page}' if page else ''}"


def run_at(workflow: Workflow, execution: Any) -> str:
    return workflow_at(workflow, f"runs/{execution['id']}")


@contextmanager
def opened(browser: Browser, service: RunningService, place: str = "", **options: Any) -> Iterator[Console]:
    """The console in a tab that knows nothing yet, of a reader in Kolkata. In the end the browser has no complaint."""
    if not BUILT.exists():
        pytest.fail(NOT_BUILT)
    settings = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Asia/Kolkata", "reduced_motion": "reduce"}
    with browser.new_context(**(settings | options)) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_TELL_VIOLATIONS)
        console = Console(context.new_page(), service.url)
        console.open(place)
        yield console
        assert console.faults == []
