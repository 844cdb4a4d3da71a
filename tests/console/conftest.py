"""One service for the tests of the console in a process, and a browser for each module of them."""

import threading
from collections import defaultdict
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.console.console import PATIENCE_MS, Console, opened
from tests.e2e.browser import chromium
from tests.e2e.client import KEYS, Client
from tests.e2e.service import RunningService
from tests.e2e.target import Seen, Target


class HoldingTarget(Target):
    """As any target; `/held/…` is answered when the test lets it go, so that a run stands still until then."""

    def __init__(self) -> None:
        self._let_go: dict[str, threading.Event] = defaultdict(threading.Event)
        super().__init__()

    def let_go(self, path: str) -> None:
        self._let_go[path].set()

    def answer(self, seen: Seen) -> tuple[int, str, bytes]:
        if seen.path.startswith("/held/"):
            self._let_go[seen.path].wait(timeout=25)
        return super().answer(seen)


@pytest.fixture(scope="session")
def target() -> Iterator[HoldingTarget]:
    target = HoldingTarget()
    yield target
    target.close()


@pytest.fixture(scope="session")
def service(target: HoldingTarget) -> Iterator[RunningService]:
    with RunningService(CALL_API_ALLOW=target.address) as service:
        yield service


@pytest.fixture(scope="session")
def clients(service: RunningService) -> Iterator[dict[str, Client]]:
    clients = {name: Client(service.url, key) for name, key in KEYS.items()}
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="session")
def member(clients: dict[str, Client]) -> Client:
    return clients["member"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module only: while it is open, nothing else in its process could run an event loop."""
    with chromium() as browser:
        expect.set_options(timeout=PATIENCE_MS)
        yield browser


@pytest.fixture
def console(browser: Browser, service: RunningService) -> Iterator[Console]:
    """A tab that has never seen the console."""
    with opened(browser, service) as console:
        yield console
