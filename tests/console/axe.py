"""What axe finds on a page: https://github.com/dequelabs/axe-core, each of its rules, its advice too."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.service import ROOT

_AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
MISSING = "axe-core is not installed: run `make test`, which installs what checks the console"


def with_axe(context: BrowserContext) -> None:
    """Lets pages of `context` be looked at. It comes from the browser, not the page, whose policy stays as it is."""
    if not _AXE.exists():
        pytest.fail(MISSING)
    context.add_init_script(path=_AXE)


def violations(page: Page) -> list[str]:
    """A line for each element that breaks a rule."""
    found: list[dict[str, Any]] = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(r => r.violations)")
    return [
        f"{rule['id']} at {' '.join(map(str, each['target']))}: {each['failureSummary']} {each['html'][:200]}"
        for rule in found
        for each in rule["nodes"]
    ]
