"""`make demo`: a run of every type of node, slow enough to be watched, and the small shop that its workflow calls."""

import asyncio
import copy
import json
import os
import shlex
import sys
import webbrowser
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.seed import Example
from local.server import Server, listener

_WORKFLOW = Path(__file__).with_name("demo_workflow.json")
_PAGE = Path(__file__).parents[1] / "console" / "dist" / "index.html"

ORDER = {
    "item": "teapot",
    "prices": [25, 4],
    "customer": "Ada",
    "userId": "user_123",
    "email": "ada@example.com",
}
"""The trigger data of the demo's run."""

CALL_SECONDS = 2.5
"""How long the shop takes for an answer."""
REFUSED_PAYMENTS = 2
PATIENCE = 30.0


class Run(NamedTuple):
    """The run that the demo has started; `link` leads to it in the console."""

    link: str
    execute: str
    """The URL that starts another one."""


class Shop:
    """What the demo's workflow calls, on a port that the system chooses.

    It refuses every payment twice before it takes it, and never suggests anything.
    """

    def __init__(self, speed: float) -> None:
        self._seconds = CALL_SECONDS / speed
        self._asked: Counter[str] = Counter()
        sock = listener("127.0.0.1", 0)
        self.address = "{}:{}".format(*sock.getsockname()[:2])
        routes = [
            Route("/stock/{item}", self._stock),
            Route("/payments", self._payment, methods=["POST"]),
            Route("/labels", self._label, methods=["POST"]),
            Route("/suggestions", self._suggestions),
        ]
        self._server = Server(Starlette(routes=routes), sock, grace=1)
        self._server.start()

    def close(self) -> None:
        self._server.stop()

    async def _stock(self, request: Request) -> JSONResponse:
        await asyncio.sleep(self._seconds)
        return JSONResponse({"item": request.path_params["item"], "available": 12})

    async def _payment(self, request: Request) -> JSONResponse:
        await asyncio.sleep(self._seconds)
        # The attempts at a step share their key, so that each run is refused as often.
        key = request.headers.get("idempotency-key", "")
        self._asked[key] += 1
        if self._asked[key] <= REFUSED_PAYMENTS:
            return JSONResponse({"error": "the bank is busy"}, 503)
        return JSONResponse({"paid": True, "receipt": f"R-{self._asked.total():04}"})

    async def _label(self, request: Request) -> JSONResponse:
        await asyncio.sleep(self._seconds)
        return JSONResponse({"label": "L-7001"}, 201)

    async def _suggestions(self, request: Request) -> JSONResponse:
        await asyncio.sleep(self._seconds)
        return JSONResponse({"error": "nothing comes to mind"}, 500)


def is_console_built() -> bool:
    return _PAGE.exists()


def definition(shop: str, speed: float = 1.0) -> dict[str, Any]:
    """The demo's workflow, for a shop at the address `shop`; its waits are `speed` times as short."""
    found: dict[str, Any] = json.loads(_WORKFLOW.read_bytes())
    found["variables"]["shop"] = f"http://{shop}"
    return {**found, "nodes": [_hurried(node, speed) for node in found["nodes"]]}


def _hurried(node: dict[str, Any], speed: float) -> dict[str, Any]:
    if node["type"] != "wait":
        return node
    hurried = copy.deepcopy(node)
    hurried["config"]["durationMs"] = round(node["config"]["durationMs"] / speed)
    return hurried


def begin(url: str, example: Example, workflow: dict[str, Any]) -> Run:
    """Publishes `workflow` and starts it, as any client would, in the example's workspace and with its key.

    Raises urllib's HTTPError where the service refuses it.
    """
    workflows = f"{url}{example.path}"
    workflow_id = _post(workflows, example.key, workflow)["workflow"]["id"]
    execute = f"{workflows}/{workflow_id}/execute"
    execution = _post(execute, example.key, {"triggerData": ORDER}, {"Prefer": "wait=0"})["execution"]
    place = "/".join(map(quote, (example.workspace, "workflows", workflow_id, "runs", execution["id"])))
    return Run(f"{url}/#/{place}", execute)


def _post(url: str, key: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
    sent = {"X-API-Key": key, "Content-Type": "application/json", **(headers or {})}
    with urlopen(HttpRequest(url, json.dumps(body).encode(), sent), timeout=PATIENCE) as answer:  # nosec B310 # of this service
        return json.load(answer)


def told(run: Run, example: Example, opened: str) -> str:
    """Where to watch the run, with which key, and how to start another one."""
    again = shlex.join(
        [
            *("curl", "-s", "-X", "POST", run.execute, "-H", f"X-API-Key: {example.key}"),
            *("-H", "Content-Type: application/json", "-H", "Prefer: wait=0"),
            *("-d", json.dumps({"triggerData": ORDER})),
        ]
    )
    lines = [
        "A run of every type of node has begun, and takes about 40 seconds. Watch it:",
        "",
        f"  {run.link}",
        "",
        f"The page asks for a key: that of {example.workspace}'s admin is",
        "",
        f"  {example.key}",
        "",
        opened,
        'Another run: "Run again" on that page, or',
        "",
        f"  {again}",
        "",
        "Ctrl-C ends it all.",
        "",
    ]
    return "\n".join(lines)


def open_browser(link: str, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Opens the link where somebody can see it. Answers what to say about that."""
    if platform not in ("darwin", "win32") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return "There is no display here, so no browser was opened."
    try:
        opened = webbrowser.open(link)
    except webbrowser.Error:
        opened = False
    return "It was opened in your browser." if opened else "No browser could be opened: follow the link by hand."
