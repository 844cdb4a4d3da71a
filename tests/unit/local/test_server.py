"""How the server ends, with a gateway and a function that waits to be let go."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from local.access_log import Access
from local.gateway import Backend, Gateway
from local.server import Server, listener
from local.usage_plans import ApiKey, ApiKeys

PATH = "/api/v1/workflows"


def ignore(access: Access) -> None:
    """Keeps the access log out of the tests' output."""


async def no_stream(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nothing here asks for a stream")


class Slow:
    """A server whose function answers when `let_go` is set; `entered` tells that a request is in flight."""

    def __init__(self, grace: int) -> None:
        self.entered = threading.Event()
        self.let_go = threading.Event()
        gateway = Gateway(log=ignore)
        keys = ApiKeys(lambda: {"key": ApiKey("id", None)})
        gateway.open(Backend(invoke=self.invoke, stream=no_stream, keys=keys, throttle=None))
        self.server = Server(gateway, listener("127.0.0.1", 0), grace=grace)
        self.server.start()

    def invoke(self, function: str, event: dict[str, Any]) -> object:
        self.entered.set()
        self.let_go.wait(10)
        return {"statusCode": 200, "body": "finished"}

    def get(self) -> httpx.Response:
        return httpx.get(self.server.url + PATH, headers={"X-API-Key": "key"}, timeout=10)


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as clients:
        yield clients


def test_a_request_in_flight_is_answered_before_the_end(clients: ThreadPoolExecutor) -> None:
    slow = Slow(grace=5)
    answer = clients.submit(slow.get)
    assert slow.entered.wait(5)
    end = clients.submit(slow.server.stop)
    time.sleep(0.3)
    assert not end.done()
    slow.let_go.set()
    assert answer.result().text == "finished"
    end.result(timeout=5)


def test_nothing_new_is_accepted_while_it_ends(clients: ThreadPoolExecutor) -> None:
    slow = Slow(grace=5)
    answer = clients.submit(slow.get)
    assert slow.entered.wait(5)
    end = clients.submit(slow.server.stop)
    time.sleep(0.3)
    with pytest.raises(httpx.ConnectError):
        slow.get()
    slow.let_go.set()
    assert answer.result().status_code == 200
    end.result(timeout=5)


def test_a_request_that_hangs_does_not_hold_up_the_end(clients: ThreadPoolExecutor) -> None:
    slow = Slow(grace=1)
    answer = clients.submit(slow.get)
    assert slow.entered.wait(5)
    began = time.monotonic()
    slow.server.stop()
    assert time.monotonic() - began < 3
    assert answer.result().status_code == 503
    slow.let_go.set()


def test_an_idle_connection_does_not_hold_up_the_end() -> None:
    slow = Slow(grace=5)
    slow.let_go.set()
    with httpx.Client(base_url=slow.server.url) as client:
        assert client.get(PATH, headers={"X-API-Key": "key"}).status_code == 200
        began = time.monotonic()
        slow.server.stop()
        assert time.monotonic() - began < 2


def test_requests_on_one_connection_do_not_wait_for_delayed_acknowledgements() -> None:
    """Without TCP_NODELAY on the server's side each of these takes 40 ms."""
    slow = Slow(grace=1)
    slow.let_go.set()
    with httpx.Client(base_url=slow.server.url, headers={"X-API-Key": "key"}) as client:
        client.get(PATH)
        began = time.monotonic()
        for _ in range(20):
            client.get(PATH)
        assert time.monotonic() - began < 0.5
    slow.server.stop()
