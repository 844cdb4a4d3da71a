"""How soon the console shows a run: what a browser has to load, the first picture of a large run, and each step."""

import gzip
import time
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import servers
from benchmarks.browser import NoBrowser, chromium
from benchmarks.client import Json, Workspace
from benchmarks.report import Report, milliseconds
from benchmarks.samples import Samples
from local import seed

BUNDLE_KB, PAINT_MS, STEP_MS = 300, 1000, 50
BUILT = servers.ROOT / "console" / "dist"
PROBE = Path(__file__).with_name("console_probe.js")

LANES, LENGTH = 6, 33
NODES = LANES * LENGTH + 2
"""Beside the nodes of the lanes there are a trigger and the first wait."""
FIRST = {"id": "begin", "type": "wait", "config": {"durationMs": 8000}}
"""In which the page is opened, so that it sees every other step."""
FEW = 56
LOADS = 10
SHORT = (150, 250, 350)
"""Milliseconds that a step takes, in turns."""
SIZE = {"width": 1440, "height": 900}
PATIENCE = 120.0

HOW = f"""Chromium without a window, {SIZE["width"]} × {SIZE["height"]}, at `python -m local` in a process of its own on
the same machine. *First load* is every file of the built console, each compressed by gzip. *First paint* is from the
navigation to the link of a finished run of {NODES} nodes, in a new profile with nothing in its cache, to the frame
behind the one in which the nodes in sight and all rows of the time axis are in the page. *Step* is from the `step`
event at the page's EventSource (the event's own time) to the new state of its node in the page, and to the frame behind
that: in a run whose {FEW} steps come one by one, and in one of {NODES} nodes in {LANES} lanes, most of them seen."""

NO_CHROMIUM = "There is no `chromium` on this machine, so only the files were measured."
NOT_BUILT = "The console is not built (`make console`), so nothing was measured."


class NotSeen(Exception):
    """Raised when the page does not come to show what is waited for."""


def measure() -> Report:
    report = Report("Console", HOW, ("what", "samples", "p50 ms", "p95 ms"))
    if not (BUILT / "index.html").exists():
        report.notes.append(NOT_BUILT)
        return report
    size = compressed(BUILT) / 1000
    report.promise(f"first load {size:.0f} KB, under {BUNDLE_KB}", size < BUNDLE_KB)
    try:
        with servers.local_service() as (url, _, _), chromium() as browser:
            _time(report, browser, url)
    except NoBrowser:
        report.notes.append(NO_CHROMIUM)
    return report


def compressed(folder: Path) -> int:
    """The bytes of all files in it, each compressed by gzip as a server does."""
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in folder.rglob("*") if path.is_file())


def _time(report: Report, browser: Browser, url: str) -> None:
    client = Workspace(url)
    for what, workflow in ((f"{FEW} steps", chain(FEW)), (f"{NODES} nodes", lanes(LANES, LENGTH))):
        link = _started(client, url, workflow)
        _add_steps(report, f"in a run of {what}", _steps(browser, link))
    # The run that was watched last has ended.
    paints = Samples([_paint(browser, link) for _ in range(LOADS)])
    _add(report, f"first paint of {NODES} nodes", paints)
    p50 = paints.p50 * 1000
    report.promise(f"first paint of a run of {NODES} nodes after {p50:.0f} ms, under {PAINT_MS}", p50 < PAINT_MS)


def _add_steps(report: Report, where: str, steps: tuple[Samples, Samples]) -> None:
    changed, drawn = steps
    _add(report, f"step in the page, {where}", changed)
    _add(report, f"step in a frame, {where}", drawn)
    p95 = drawn.p95 * 1000
    report.promise(f"95 % of the steps {where} are drawn within {p95:.0f} ms, at most {STEP_MS}", p95 <= STEP_MS)


def _add(report: Report, what: str, taken: Samples) -> None:
    report.add(what, str(len(taken.seconds)), milliseconds(taken.p50), milliseconds(taken.p95))


def lanes(count: int, length: int) -> Json:
    """A workflow of `count` chains that run at once, of `length` short waits each."""
    nodes: list[Json] = [{"id": "start", "type": "trigger"}, FIRST]
    connections: list[Json] = [{"from": "start", "to": "begin"}]
    for lane in range(count):
        ids = [f"lane_{lane}_{n}" for n in range(length)]
        nodes += [{"id": id, "type": "wait", "config": {"durationMs": _length(n)}} for n, id in enumerate(ids)]
        connections += [{"from": one, "to": other} for one, other in pairwise(["begin", *ids])]
    return {"name": "Lanes", "nodes": nodes, "connections": connections}


def chain(length: int) -> Json:
    steps = [{"id": f"step_{n}", "type": "wait", "config": {"durationMs": _length(n)}} for n in range(length)]
    return {"name": "Chain", "actions": [FIRST, *steps]}


def _length(n: int) -> int:
    return SHORT[n % len(SHORT)]


def _started(client: Workspace, url: str, workflow: Json) -> str:
    """The link to a new run."""
    workflow_id = client.publish(workflow)
    return f"{url}/#/acme/workflows/{workflow_id}/runs/{client.start(workflow_id)}"


def _tab(browser: Browser) -> Page:
    """A tab of a new profile, signed in, in which the probe runs before the console does."""
    tab = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]}).new_page()
    key = seed.demo().example.key
    tab.add_init_script(f"sessionStorage.setItem('key', {key!r}); sessionStorage.setItem('workspace', 'acme');")
    tab.add_init_script(path=PROBE)
    return tab


def _paint(browser: Browser, link: str) -> float:
    """The seconds from the navigation to the frame behind the whole run."""
    tab = _tab(browser)
    tab.add_init_script(f"probe.watch({NODES - 1})")
    tab.goto(link)
    _until(tab, "probe.painted() > 0")
    taken = float(tab.evaluate("probe.painted()"))
    tab.context.close()
    return taken / 1000


def _steps(browser: Browser, link: str) -> tuple[Samples, Samples]:
    """The seconds from each step's event to its node's new state in the page, and to the frame behind it."""
    tab = _tab(browser)
    tab.goto(link)
    _zoom_out(tab)
    _until(tab, "probe.isOver()")
    seen: list[list[float]] = tab.evaluate("probe.steps()")
    tab.context.close()
    return Samples([changed / 1000 for changed, _ in seen]), Samples([drawn / 1000 for _, drawn in seen])


def _zoom_out(tab: Page) -> None:
    """As far as it goes, since of a large graph only what is in sight is in the page."""
    button = tab.get_by_role("button", name="Zoom Out")
    button.wait_for()
    while button.is_enabled():
        button.click()


def _until(tab: Page, holds: str) -> None:
    """Asks now and then, and not in the page itself, whose policy lets nobody else run code there. Raises NotSeen."""
    deadline = time.monotonic() + PATIENCE
    while not tab.evaluate(holds):
        if time.monotonic() > deadline:
            raise NotSeen(holds)
        time.sleep(0.2)
