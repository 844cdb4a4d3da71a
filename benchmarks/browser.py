"""The system's own Chromium, without a window, and how somebody signs in to the console with it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

_ARGUMENTS = ("--no-sandbox", "--disable-quic", "--disable-background-networking")
"""Chromium's sandbox does not start as root; the rest keeps it from calling anybody else."""


class NoBrowser(Exception):
    """Raised when there is no Chromium on this machine."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises NoBrowser."""
    executable = shutil.which("chromium")
    if executable is None:
        raise NoBrowser("there is no chromium here: install Debian's package of that name")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(tab: Page, workspace: str, key: str) -> None:
    """On a link that was opened without a key, so that the page asks for one."""
    tab.get_by_label("Workspace", exact=True).fill(workspace)
    tab.get_by_label("API key", exact=True).fill(key)
    tab.get_by_role("button", name="Sign in").click()
