"""What API Gateway will do by the template, and what the local gateway does when it is asked, are the same."""

import asyncio
import json
import re
import selectors
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from functions import aws
from functions.deployment import DEFAULT_STACK, Deployment
from functions.routes.table import ROUTES
from local import seed
from local.aws import LocalAws
from local.gateway import MAX_BODY, Backend, Gateway
from local.usage_plans import ApiKey, ApiKeys, Throttle, list_keys
from tests.infra.rest_api import REQUEST_ID, Answer, RestApi
from tests.infra.synthesis import of_type, template

ORIGIN = "https://app.example.com"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")
KEY = {"X-API-Key": "known"}
WORKFLOWS = "/api/v1/workflows"

Handler = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def deployed() -> RestApi:
    return RestApi(template("dev", console=False, allowed_origin=ORIGIN))


@pytest.fixture(scope="module")
def keys() -> dict[str, ApiKey]:
    """The demo's keys, as they are on the local AWS's usage plans."""
    with LocalAws(engine=False, schedule=None) as cloud:
        cloud.outputs |= seed.create_plans(aws.apigateway())
        seed.fill(seed.demo(), Deployment(DEFAULT_STACK, cloud.outputs))
        return list_keys(aws.apigateway())


class Front:
    """The local gateway, asked without a network. Behind it `handler` is `api`, and `stream` says that it was asked."""

    def __init__(
        self, handler: Handler | None = None, keys: ApiKeys | None = None, throttle: Throttle | None = None
    ) -> None:
        self.reached: list[tuple[str, str]] = []
        self._handler = handler or (lambda event: {"statusCode": 200})
        self._gateway = Gateway(log=lambda access: None)
        found = keys or ApiKeys(lambda: {"known": ApiKey("known-id", None)})
        backend = Backend(invoke=self._invoke, stream=self._stream, keys=found, throttle=throttle, origins=(ORIGIN,))
        self._gateway.open(backend)

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        transport = httpx.ASGITransport(app=self._gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            response = await client.request(method, path, headers={"Origin": ORIGIN, **(headers or {})}, content=body)
        found = {name: value for name, value in response.headers.items() if name != "content-length"}
        assert found.get("x-request-id")
        content = response.json() if response.content else None
        return Answer(response.status_code, found | {"x-request-id": REQUEST_ID}, content)

    def _invoke(self, function: str, event: dict[str, Any]) -> object:
        self.reached.append((function, event["resource"]))
        return self._handler(event)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = json.loads(dict(scope["headers"])[b"x-amzn-request-context"])
        self.reached.append(("stream", context["resourcePath"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def with_values(path: str) -> str:
    return re.sub(r"{\w+}", "value", path)


def every_path(deployed: RestApi) -> list[str]:
    """Those of either side, so that one which only one of them has is noticed."""
    return sorted(
        {path for _, path in deployed.methods} | {route.path for route in ROUTES} | {"/", "/health", "/nothing"}
    )


class TestRoutes:
    def test_every_method_on_every_path_reaches_the_same_function_or_none(self, deployed: RestApi) -> None:
        front = Front()

        async def ask_all() -> dict[tuple[str, str], str]:
            found: dict[tuple[str, str], str] = {}
            for path in every_path(deployed):
                for method in METHODS:
                    front.reached.clear()
                    answer = await front.ask(method, with_values(path), KEY)
                    assert answer.status == (200 if front.reached else 404) or path == "/health"
                    found |= {(method, resource): function for function, resource in front.reached}
            return found

        expected = {place: method.function for place, method in deployed.methods.items()}
        assert asyncio.run(ask_all()) == expected

    def test_a_key_is_asked_for_on_the_same_routes(self, deployed: RestApi) -> None:
        front = Front()

        async def ask_all() -> dict[tuple[str, str], bool]:
            asked = {(method, path): await front.ask(method, with_values(path)) for method, path in deployed.methods}
            return {place: answer.status == 401 for place, answer in asked.items()}

        assert asyncio.run(ask_all()) == {place: method.needs_key for place, method in deployed.methods.items()}

    def test_what_is_not_streamed_ends_after_the_same_time(self, deployed: RestApi) -> None:
        released = threading.Event()
        front = Front(lambda event: released.wait(30))
        with asyncio.Runner(loop_factory=TurningLoop) as runner:
            began = runner.get_loop().time()
            answer = runner.run(front.ask("GET", WORKFLOWS, KEY))
            waited = runner.get_loop().time() - began
        released.set()
        assert answer == deployed.answers["INTEGRATION_TIMEOUT"]
        assert {method.seconds for method in deployed.methods.values() if not method.streamed} == {round(waited, 3)}

    def test_streams_last_as_long_as_their_function(self, deployed: RestApi) -> None:
        streamed = [method for method in deployed.methods.values() if method.streamed]
        assert streamed
        assert {method.function for method in streamed} == {"stream"}
        assert {method.seconds for method in streamed} == {timeouts(deployed)["stream"]}


class TestOwnAnswers:
    def test_a_preflight_is_answered_alike_on_every_path(self, deployed: RestApi) -> None:
        front = Front()
        headers = {"Access-Control-Request-Method": "GET"}

        async def ask_all() -> dict[str, Answer]:
            paths = {path for _, path in deployed.methods}
            return {path: await front.ask("OPTIONS", with_values(path), headers) for path in paths}

        assert asyncio.run(ask_all()) == deployed.preflights

    def test_without_an_origin_preflights_give_no_permission(self) -> None:
        deployed = RestApi(template("dev", console=False))
        answer = asyncio.run(Front().ask("OPTIONS", WORKFLOWS, {"Origin": "https://elsewhere.example.com"}))
        assert deployed.preflights[WORKFLOWS] == answer
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert not [
            name for own in deployed.answers.values() for name in own.headers if name.startswith("access-control")
        ]

    @pytest.mark.parametrize(
        ("kind", "path", "headers", "body"),
        [
            ("INVALID_API_KEY", WORKFLOWS, {}, b""),
            ("INVALID_API_KEY", WORKFLOWS, {"X-API-Key": "unknown"}, b""),
            ("MISSING_AUTHENTICATION_TOKEN", "/nothing", KEY, b""),
            ("REQUEST_TOO_LARGE", WORKFLOWS, KEY, bytes(MAX_BODY + 1)),
            ("INTEGRATION_FAILURE", WORKFLOWS, KEY, b""),
            ("DEFAULT_5XX", WORKFLOWS, KEY, b""),
        ],
    )
    def test_what_reaches_no_function_is_answered_alike(
        self, deployed: RestApi, kind: str, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        front = Front(lambda event: {"errorMessage": "boom"})
        answer = asyncio.run(front.ask("POST", path, headers, body))
        assert answer == deployed.answers[kind]


class TestPlans:
    @pytest.mark.parametrize("tier", ["standard", "premium"])
    def test_a_key_has_the_same_burst_and_the_same_rate(
        self, deployed: RestApi, keys: dict[str, ApiKey], tier: str
    ) -> None:
        now = [0.0]
        value = f"local-acme-member-{tier}-key"
        front = Front(keys=ApiKeys(lambda: keys), throttle=Throttle(lambda: now[0]))
        ask = partial(front.ask, "GET", WORKFLOWS, {"X-API-Key": value})
        plan = deployed.plans[tier]

        async def ask_all() -> None:
            admitted = [(await ask()).status for _ in range(plan.burst)]
            assert set(admitted) == {200}
            assert await ask() == deployed.answers["THROTTLED"] == deployed.answers["QUOTA_EXCEEDED"]
            now[0] = 0.99 / plan.rate
            assert (await ask()).status == 429
            now[0] = 1.01 / plan.rate
            assert [(await ask()).status for _ in range(2)] == [200, 429]

        asyncio.run(ask_all())

    def test_there_are_no_other_plans(self, deployed: RestApi) -> None:
        assert deployed.plans.keys() == {"standard", "premium"}


def test_every_function_has_the_same_time(deployed: RestApi) -> None:
    def remaining(event: Any, context: Any) -> int:
        left: int = context.get_remaining_time_in_millis()
        return left

    expected = timeouts(deployed)
    del expected["stream"]  # a web server: see above, and its own limit in functions/settings.py
    with LocalAws(engine=False, schedule=None, handlers=dict.fromkeys(expected, remaining)) as cloud:
        assert {name: round(cloud.invoke(name, {}) / 1000) for name in expected} == expected


def timeouts(deployed: RestApi) -> dict[str, int]:
    found = [resource["Properties"] for resource in of_type(deployed.template, "AWS::Lambda::Function").values()]
    return {properties["FunctionName"].rpartition("-")[2]: properties["Timeout"] for properties in found}


class TurningLoop(asyncio.SelectorEventLoop):
    """An event loop that does not wait: where only a timer is left to wait for, its clock is turned on to it."""

    def __init__(self) -> None:
        self._turned = 0.0
        super().__init__(_TurningSelector(self._turn))

    def time(self) -> float:
        return self._turned

    def _turn(self, seconds: float) -> None:
        self._turned += seconds


class _TurningSelector(selectors.DefaultSelector):
    def __init__(self, turn: Callable[[float], None]) -> None:
        super().__init__()
        self._turn = turn

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout else timeout)
        if not ready and timeout:
            self._turn(timeout)
        return ready
