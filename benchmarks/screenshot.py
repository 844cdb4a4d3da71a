"""`make screenshot`: the pictures of the console in the README, taken of the run that `make demo` starts."""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.browser import chromium, sign_in
from benchmarks.servers import ROOT, local_service
from local import demo, seed

WIDTH, HEIGHT = 1280, 1120
PATIENCE_MS = 60_000
LIGHT, DARK = ROOT / "docs" / "console.png", ROOT / "docs" / "console-dark.png"

ANOTHER_MS = 5500
"""Until the page has read anew when the running step began."""

HALF_WAY = {"pay": "success", "suggest": "failed", "invoice": "success", "thank": "success", "pack": "running"}
"""Node → its standing, at the moment when the picture is taken."""


def main() -> int:
    """Writes both pictures, and says how large they are."""
    shop = demo.Shop(speed=1)
    try:
        with local_service(environment={"CALL_API_ALLOW": shop.address}) as (url, _, _), chromium() as browser:
            example = seed.demo().example
            tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
            # Signed in before the run begins, so that the page has seen all of it.
            tab.goto(f"{url}/#/{example.workspace}/workflows")
            sign_in(tab, example.workspace, example.key)
            run = demo.begin(url, example, demo.definition(shop.address))
            tab.goto(run.link)
            _await(tab)
            tab.mouse.move(0, 0)
            tab.wait_for_timeout(ANOTHER_MS)
            for scheme, path in (("light", LIGHT), ("dark", DARK)):
                _take(tab, scheme, path)
    finally:
        shop.close()
    return 0


def _await(tab: Page) -> None:
    for node, standing in HALF_WAY.items():
        expect(tab.locator(f'[data-node="{node}"]')).to_have_attribute("data-standing", standing, timeout=PATIENCE_MS)


def _take(tab: Page, scheme: str, path: Path) -> None:
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    tab.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}: {WIDTH} × {HEIGHT}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
