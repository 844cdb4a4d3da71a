"""The gateway in front of a function that the test gives."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.gateway import PLANS, RETRY_AFTER, Plan
from local import access_log
from local.access_log import Access
from local.gateway import MAX_BODY, Backend, Gateway
from local.server import Server, listener
from local.usage_plans import ApiKey, ApiKeys, Throttle

WORKFLOWS = "/api/v1/workflows"
KEY = {"X-API-Key": "known-key"}
DIALECT_FIELDS = {"success", "error", "error_code", "message", "details"}

Answer = Callable[[dict[str, Any]], object]


def nothing(event: dict[str, Any]) -> object:
    return {"statusCode": 200, "body": "{}"}


def ignore(access: Access) -> None:
    """Keeps the access log out of the tests' output."""


class Door:
    """One port for all tests of this module: the gateway behind it changes, so that none waits for a server."""

    def __init__(self) -> None:
        self.gateway: ASGIApp = Gateway(log=ignore)
        self.server = Server(self, listener("127.0.0.1", 0))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.gateway(scope, receive, send)


class Front:
    """A gateway, a function behind it that remembers its events, and a clock to turn."""

    def __init__(
        self, door: Door, client: httpx.Client, answer: Answer, *, origins: tuple[str, ...] = (), **options: Any
    ) -> None:
        self.client = client
        self.answer = answer
        self.events: list[dict[str, Any]] = []
        self.now = 1000.0
        self.keys = {"known-key": ApiKey("key-id", Plan(rate=0.5, burst=2)), "free-key": ApiKey("free-id", None)}
        self.gateway = Gateway(**{"log": ignore} | options)
        keys = ApiKeys(lambda: self.keys, self.clock)
        backend = Backend(
            invoke=self.invoke, stream=self.stream, keys=keys, throttle=Throttle(self.clock), origins=origins
        )
        self.gateway.open(backend)
        door.gateway = self.gateway

    def clock(self) -> float:
        return self.now

    def invoke(self, function: str, event: dict[str, Any]) -> object:
        assert function == "api"
        self.events.append(event)
        return self.answer(event)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("no route of these tests streams")

    def get(self, path: str = WORKFLOWS, **options: Any) -> httpx.Response:
        return self.client.get(path, headers=KEY | options.pop("headers", {}), **options)


Serve = Callable[..., Front]
Log = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    door = Door()
    door.server.start()
    yield door
    door.server.stop()


@pytest.fixture(scope="module")
def client(door: Door) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door.server.url) as client:
        yield client


@pytest.fixture
def serve(door: Door, client: httpx.Client) -> Serve:
    return lambda answer=nothing, **options: Front(door, client, answer, **options)


@pytest.fixture
def front(serve: Serve) -> Front:
    return serve()


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which has both dialects' fields and can be found in the log."""
    assert response.status_code == status
    content: dict[str, Any] = response.json()
    assert content.keys() == DIALECT_FIELDS
    assert (content["success"], content["error"], content["error_code"]) == (False, code, code)
    assert response.headers["X-Request-Id"]
    return content


class TestRoutes:
    def test_an_unknown_route_is_404_even_without_a_key(self, front: Front) -> None:
        refused(front.client.get("/api/v1/nothing"), 404, "NOT_FOUND")

    @pytest.mark.parametrize("method", ["HEAD", "PATCH", "TRACE"])
    def test_a_method_that_the_resource_does_not_have_is_404(self, front: Front, method: str) -> None:
        response = front.client.request(method, WORKFLOWS, headers=KEY)
        assert response.status_code == 404
        assert front.events == []

    def test_the_template_and_the_parameters_reach_the_function(self, front: Front) -> None:
        front.get("/api/workspaces/acme/workflows/executions/exec_1")
        event = front.events[0]
        assert event["resource"] == "/api/workspaces/{slug}/workflows/executions/{execution_id}"
        assert event["pathParameters"] == {"slug": "acme", "execution_id": "exec_1"}


class TestKeys:
    def test_a_missing_key_is_401(self, front: Front) -> None:
        refused(front.client.get(WORKFLOWS), 401, "UNAUTHORIZED")
        assert front.events == []

    def test_an_unknown_key_is_401(self, front: Front) -> None:
        refused(front.client.get(WORKFLOWS, headers={"X-API-Key": "unknown"}), 401, "UNAUTHORIZED")

    def test_two_keys_at_once_are_401(self, front: Front) -> None:
        headers = [("X-API-Key", "known-key"), ("X-API-Key", "free-key")]
        refused(front.client.get(WORKFLOWS, headers=headers), 401, "UNAUTHORIZED")

    def test_a_key_is_checked_before_the_body_is_read(self, front: Front) -> None:
        refused(front.client.post(WORKFLOWS, content=bytes(MAX_BODY + 1)), 401, "UNAUTHORIZED")

    def test_a_key_made_after_the_start_works_at_once(self, front: Front) -> None:
        front.keys = {**front.keys, "new-key": ApiKey("new-id", None)}
        front.client.get(WORKFLOWS, headers={"X-API-Key": "new-key"})
        assert front.events[0]["requestContext"]["identity"]["apiKeyId"] == "new-id"


class TestThrottling:
    def test_over_the_burst_is_429_with_the_seconds_to_wait(self, front: Front) -> None:
        assert [front.get().status_code for _ in range(2)] == [200, 200]
        response = front.get()
        refused(response, 429, "RATE_LIMIT_EXCEEDED")
        assert response.headers["Retry-After"] == str(RETRY_AFTER)

    def test_who_waits_as_long_as_told_is_admitted(self) -> None:
        assert all(plan.rate * RETRY_AFTER >= 1 for plan in PLANS.values())

    def test_one_key_over_its_limit_does_not_hold_up_another(self, front: Front) -> None:
        for _ in range(3):
            front.get()
        assert front.client.get(WORKFLOWS, headers={"X-API-Key": "free-key"}).status_code == 200

    def test_without_a_throttle_nothing_is_429(self, front: Front) -> None:
        front.gateway.open(
            Backend(invoke=front.invoke, stream=front.stream, keys=ApiKeys(lambda: front.keys), throttle=None)
        )
        assert {front.get().status_code for _ in range(10)} == {200}


class TestEvent:
    def test_query_values_are_decoded_once_and_the_last_of_a_name_counts(self, front: Front) -> None:
        front.get(f"{WORKFLOWS}?status=a%2520b&status=c+d&empty=&%C3%BC=%2B")
        event = front.events[0]
        assert event["queryStringParameters"] == {"status": "c d", "empty": "", "ü": "+"}
        assert event["multiValueQueryStringParameters"] == {"status": ["a%20b", "c d"], "empty": [""], "ü": ["+"]}

    def test_what_is_absent_is_null(self, front: Front) -> None:
        front.get()
        absent = (
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "pathParameters",
            "stageVariables",
            "body",
        )
        assert {name: front.events[0][name] for name in absent} == dict.fromkeys(absent)

    def test_all_values_of_a_header_arrive_and_the_last_counts(self, front: Front) -> None:
        front.client.get(WORKFLOWS, headers=[*KEY.items(), ("Prefer", "wait=1"), ("Prefer", "wait=2")])
        event = front.events[0]
        assert event["headers"]["prefer"] == "wait=2"
        assert event["multiValueHeaders"]["prefer"] == ["wait=1", "wait=2"]

    def test_a_path_arrives_percent_encoded_as_from_aws(self, front: Front) -> None:
        front.get("/api/workspaces/a%2Fb%20%C3%BC/workflows")
        event = front.events[0]
        assert event["pathParameters"] == {"slug": "a%2Fb%20%C3%BC"}
        assert event["path"] == "/api/workspaces/a%2Fb%20%C3%BC/workflows"

    def test_the_context_names_the_caller_and_the_request(self, front: Front) -> None:
        response = front.get(headers={"User-Agent": "test/1"})
        context = front.events[0]["requestContext"]
        assert context["requestId"] == response.headers["X-Request-Id"]
        assert (context["resourcePath"], context["httpMethod"]) == (WORKFLOWS, "GET")
        identity = context["identity"]
        assert (identity["apiKey"], identity["apiKeyId"]) == ("known-key", "key-id")
        assert (identity["sourceIp"], identity["userAgent"]) == ("127.0.0.1", "test/1")

    def test_text_arrives_as_it_is(self, front: Front) -> None:
        front.client.post(WORKFLOWS, headers=KEY, content='{"name": "Zoë"}'.encode())
        assert (front.events[0]["body"], front.events[0]["isBase64Encoded"]) == ('{"name": "Zoë"}', False)

    def test_bytes_that_are_no_text_arrive_as_base64(self, front: Front) -> None:
        front.client.post(WORKFLOWS, headers=KEY, content=b"\xff\xfe{}")
        assert front.events[0]["isBase64Encoded"] is True
        assert base64.b64decode(front.events[0]["body"]) == b"\xff\xfe{}"

    def test_a_body_of_10_mb_passes_and_a_byte_more_is_413(self, front: Front) -> None:
        assert front.client.post(WORKFLOWS, headers=KEY, content=b"x" * MAX_BODY).status_code == 200
        too_large = front.client.post(WORKFLOWS, headers=KEY, content=b"x" * (MAX_BODY + 1))
        refused(too_large, 413, "PAYLOAD_TOO_LARGE")
        assert len(front.events) == 1


class TestAnswer:
    def test_status_headers_and_body_are_the_functions(self, serve: Serve) -> None:
        front = serve(
            lambda event: {
                "statusCode": 202,
                "headers": {"Content-Type": "text/x", "X-One": "only"},
                "multiValueHeaders": {"X-Many": ["a", "b"]},
                "body": "Grüße",
                "isBase64Encoded": False,
            }
        )
        response = front.get()
        assert (response.status_code, response.text) == (202, "Grüße")
        assert (response.headers["Content-Type"], response.headers["X-One"]) == ("text/x", "only")
        assert response.headers.get_list("X-Many") == ["a", "b"]

    def test_a_base64_body_is_decoded(self, serve: Serve) -> None:
        front = serve(lambda event: {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True})
        assert front.get().content == b"\x00\xff"

    def test_the_functions_own_request_id_is_kept(self, serve: Serve) -> None:
        front = serve(lambda event: {"statusCode": 200, "headers": {"x-request-id": "its-own"}})
        assert front.get().headers.get_list("X-Request-Id") == ["its-own"]

    def test_a_204_has_no_body(self, serve: Serve) -> None:
        response = serve(lambda event: {"statusCode": 204, "body": "ignored"}).get()
        assert (response.status_code, response.content) == (204, b"")
        assert "content-length" not in response.headers

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            "text",
            {},
            {"errorMessage": "boom", "errorType": "KeyError", "requestId": "1", "stackTrace": []},
            {"statusCode": "many"},
            {"statusCode": 99},
            {"statusCode": 200, "body": {"not": "text"}},
            {"statusCode": 200, "cookies": []},
            {"statusCode": 200, "headers": {"X-A": "a\r\nX-B: b"}},
            {"statusCode": 200, "headers": {"X A": "a"}},
            {"statusCode": 200, "headers": {"X-A": "☃"}},
            {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        ],
    )
    def test_a_malformed_answer_is_502(self, serve: Serve, answer: object) -> None:
        refused(serve(lambda event: answer).get(), 502, "INTERNAL_ERROR")

    def test_a_crash_is_502_and_shows_nothing_of_it(self, serve: Serve) -> None:
        def crash(event: dict[str, Any]) -> object:
            raise RuntimeError("secret internals")

        response = serve(crash).get()
        refused(response, 502, "INTERNAL_ERROR")
        assert "secret" not in response.text

    def test_a_handler_that_takes_too_long_is_504(self, serve: Serve) -> None:
        released = threading.Event()
        front = serve(lambda event: released.wait(5), timeout=0.05)
        try:
            refused(front.get(), 504, "EXECUTION_TIMEOUT")
        finally:
            released.set()

    def test_a_time_out_inside_the_handler_is_502_not_504(self, serve: Serve) -> None:
        def time_out(event: dict[str, Any]) -> object:
            raise TimeoutError

        refused(serve(time_out).get(), 502, "INTERNAL_ERROR")

    def test_requests_run_side_by_side(self, serve: Serve) -> None:
        together = threading.Barrier(8, timeout=5)

        def meet(event: dict[str, Any]) -> object:
            together.wait()
            return {"statusCode": 200}

        front = serve(meet)
        unlimited = {"X-API-Key": "free-key"}
        with ThreadPoolExecutor(8) as clients:
            responses = list(clients.map(lambda _: front.get(headers=unlimited), range(8)))
        assert [response.status_code for response in responses] == [200] * 8


class TestCrossOrigin:
    ORIGIN = "https://app.example.com"

    @pytest.fixture
    def front(self, serve: Serve) -> Front:
        return serve(origins=(self.ORIGIN, "https://other.example.com"))

    def preflight(self, front: Front, origin: str, path: str = f"{WORKFLOWS}/1") -> httpx.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        return front.client.options(path, headers=headers)

    def test_a_configured_origin_may_call_with_the_methods_of_the_resource(self, front: Front) -> None:
        response = self.preflight(front, self.ORIGIN)
        assert response.status_code == 204
        assert response.headers["Access-Control-Allow-Origin"] == self.ORIGIN
        assert response.headers["Access-Control-Allow-Methods"] == "DELETE,GET,OPTIONS,PUT"
        assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]
        assert response.headers["Vary"] == "Origin"

    @pytest.mark.parametrize("origin", ["https://evil.example.com", "https://app.example.com.evil.com", "null", ""])
    def test_a_foreign_origin_is_not_echoed(self, front: Front, origin: str) -> None:
        for response in (self.preflight(front, origin), front.client.get(WORKFLOWS, headers={"Origin": origin})):
            assert not [name for name in response.headers if name.startswith("access-control")]

    def test_the_browser_may_read_what_the_gateway_refuses(self, front: Front) -> None:
        response = front.client.get(WORKFLOWS, headers={"Origin": self.ORIGIN})
        assert response.status_code == 401
        assert response.headers["Access-Control-Allow-Origin"] == self.ORIGIN

    def test_an_unknown_path_has_no_preflight(self, front: Front) -> None:
        assert self.preflight(front, self.ORIGIN, "/nothing").status_code == 404


class TestHealth:
    def test_it_is_200_without_a_key(self, front: Front) -> None:
        assert front.client.get("/health").status_code == 200

    def test_until_the_backend_is_up_everything_is_503(self, door: Door, client: httpx.Client) -> None:
        door.gateway = Gateway(log=ignore)
        refused(client.get("/health"), 503, "SERVICE_UNAVAILABLE")
        refused(client.get(WORKFLOWS, headers=KEY), 503, "SERVICE_UNAVAILABLE")


class TestAccessLog:
    @pytest.fixture
    def log(self, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
        return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    @pytest.fixture
    def front(self, serve: Serve) -> Front:
        return serve(log=access_log.write)

    def test_a_request_is_one_record_without_its_path_or_key(self, front: Front, log: Log) -> None:
        response = front.get("/api/v1/workflows/private-id")
        (record,) = log()
        assert record["requestId"] == response.headers["X-Request-Id"]
        assert (record["resource"], record["status"]) == ("/api/v1/workflows/{workflow_id}", 200)
        assert (record["method"], record["apiKeyId"], record["ip"]) == ("GET", "key-id", "127.0.0.1")
        assert "private-id" not in json.dumps(record)
        assert "known-key" not in json.dumps(record)

    def test_a_refused_key_leaves_an_audit_line(self, front: Front, log: Log) -> None:
        front.client.get(WORKFLOWS, headers={"X-API-Key": "stolen"})
        (record,) = log()
        assert re.fullmatch(
            r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] WARNING workflow_execution_api:1\.0\.0 AUTH "
            r"community=- user=- action=authenticate result=DENIED",
            record["message"],
        )
        assert "stolen" not in json.dumps(record)

    def test_a_401_of_the_function_is_not_a_refused_key(self, serve: Serve, log: Log) -> None:
        serve(lambda event: {"statusCode": 401}, log=access_log.write).get()
        (record,) = log()
        assert "message" not in record

    def test_a_client_does_not_choose_the_address_it_is_logged_with(self, front: Front, log: Log) -> None:
        front.get(headers={"X-Forwarded-For": "8.8.8.8"})
        assert log()[0]["ip"] == "127.0.0.1"
