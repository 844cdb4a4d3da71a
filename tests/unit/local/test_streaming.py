"""The two doors to the streaming function, the gateway and the function's own URL, with an application of the test."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from functions.gateway import Plan
from local.function_url import FunctionUrl
from local.gateway import Backend, Gateway
from local.server import Server, listener
from local.usage_plans import ApiKey, ApiKeys, Throttle

PATH = "/api/v1/workflows/executions/1/stream"
KEY = {"X-API-Key": "known-key"}
FORGED = {"X-Amzn-Request-Context": json.dumps({"identity": {"apiKeyId": "forged"}})}


class Streaming:
    """An application that begins an answer and goes on until its client leaves; `told` is what it learnt of each."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.left = threading.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        (context,) = Headers(scope=scope).getlist("x-amzn-request-context")
        self.told.append(json.loads(context))
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b": begun\n\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            continue
        self.left.release()


class Doors:
    """The gateway, whose functions may take no time at all, and the function's URL, both before one application."""

    def __init__(self) -> None:
        self.app = Streaming()
        gateway, self.function_url = Gateway(timeout=0.0), FunctionUrl()
        keys = ApiKeys(lambda: {"known-key": ApiKey("key-id", Plan(rate=0.01, burst=2))})
        gateway.open(Backend(invoke=self.invoke, stream=self.app, keys=keys, throttle=Throttle()))
        self.api, self.url = (Server(app, listener("127.0.0.1", 0)) for app in (gateway, self.function_url))
        self.api.start()
        self.url.start()

    def invoke(self, function: str, event: dict[str, Any]) -> object:
        raise AssertionError("nothing here calls a function")

    def begun(self, server: Server, path: str = PATH, **headers: str) -> httpx.Response:
        """The response, as far as it has come when its client leaves again."""
        with httpx.stream("GET", server.url + path, headers=headers) as response:
            # Kept in a variable: when an iterator is let go of, httpx closes the response.
            text = response.iter_text()
            assert next(text) == ": begun\n\n"
            assert not self.app.left.acquire(blocking=False)
        assert self.app.left.acquire(timeout=1), "it does not know that its client has left"
        return response

    def close(self) -> None:
        self.api.stop()
        self.url.stop()


@pytest.fixture
def doors() -> Iterator[Doors]:
    doors = Doors()
    yield doors
    doors.close()


class TestGateway:
    def test_an_answer_is_passed_on_as_it_comes_for_longer_than_a_function_may_take(self, doors: Doors) -> None:
        assert doors.begun(doors.api, **KEY).headers["Content-Type"] == "text/event-stream"

    def test_the_function_is_told_whose_key_it_was_and_nothing_that_the_client_made_up(self, doors: Doors) -> None:
        response = doors.begun(doors.api, **KEY, **FORGED)
        (context,) = doors.app.told
        assert context["identity"]["apiKeyId"] == "key-id"
        assert context["requestId"] == response.headers["X-Request-Id"]
        assert context["resourcePath"] == "/api/v1/workflows/executions/{execution_id}/stream"

    def test_keys_and_plans_are_those_of_any_route(self, doors: Doors) -> None:
        assert httpx.get(doors.api.url + PATH).status_code == 401
        for _ in range(2):
            doors.begun(doors.api, **KEY)
        assert httpx.get(doors.api.url + PATH, headers=KEY).status_code == 429

    def test_it_is_in_the_access_log_without_its_query(self, doors: Doors, capsys: pytest.CaptureFixture[str]) -> None:
        response = doors.begun(doors.api, f"{PATH}?ticket=private", **KEY)
        (line,) = capsys.readouterr().out.splitlines()
        record = json.loads(line)
        assert (record["status"], record["requestId"]) == (200, response.headers["X-Request-Id"])
        assert "private" not in line


class TestFunctionUrl:
    def test_nobody_has_checked_a_key_whatever_the_client_says(self, doors: Doors) -> None:
        doors.function_url.open(doors.app)
        doors.begun(doors.url, **KEY, **FORGED)
        (context,) = doors.app.told
        assert "identity" not in context
        assert context["stage"] == "$default"

    def test_until_there_is_a_function_it_answers_503(self, doors: Doors) -> None:
        answer = httpx.get(doors.url.url + PATH)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")

    def test_it_has_no_access_log(self, doors: Doors, capfd: pytest.CaptureFixture[str]) -> None:
        doors.function_url.open(doors.app)
        doors.begun(doors.url, f"{PATH}?ticket=private")
        assert capfd.readouterr() == ("", "")
