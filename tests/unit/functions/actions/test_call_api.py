import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from functions.actions.errors import (
    AddressNotAllowed,
    ConfigInvalid,
    ConnectFailed,
    HttpStatusError,
    RedirectNotAllowed,
)
from functions.actions.registry import JsonObject, actions, run, simulate
from tests.unit.functions.actions.conftest import TOKEN, Internet, Server, answer, make_context

ORIGIN, ELSEWHERE = "93.184.216.34", "93.184.216.35"


def call(url: str, seconds: float = 10.0, **config: Any) -> JsonObject:
    return run(actions()["call_api"], {"url": url, **config}, make_context(seconds))


@pytest.fixture(autouse=True)
def local_server_is_reachable(configure: Callable[..., None], server: Server) -> None:
    server.answers["/"] = answer()
    configure(CALL_API_ALLOW=f"127.0.0.1:{server.port}, other.example:1")


@pytest.fixture
def names(internet: Internet) -> Internet:
    internet.names = {"api.example": [ORIGIN], "other.example": [ELSEWHERE], "inside.example": ["10.0.0.7"]}
    return internet


def test_a_call_gives_status_type_and_the_parsed_body(server: Server) -> None:
    body = b'{"id": 9007199254740993, "price": 0.1}'
    server.answers["/"] = answer(201, body, content_type="application/json; charset=utf-8")
    assert call(server.url) == {
        "statusCode": 201,
        "contentType": "application/json; charset=utf-8",
        "body": {"id": 2**53 + 1, "price": 0.1},
    }


def test_an_answer_that_is_not_json_is_text(server: Server) -> None:
    server.answers["/"] = answer(200, b"<p>hi</p>", content_type="text/html")
    assert call(server.url) == {"statusCode": 200, "contentType": "text/html", "body": "<p>hi</p>"}


def test_an_answer_without_a_type_or_a_body_is_empty_text(server: Server) -> None:
    def nothing(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(204)
        handler.end_headers()

    server.answers["/"] = nothing
    assert call(server.url, method="DELETE") == {"statusCode": 204, "contentType": None, "body": ""}


def test_an_answers_type_is_one_bounded_line(server: Server) -> None:
    server.answers["/"] = answer(200, b"", content_type="text/plain;\x1b[31m" + "x" * 500)
    kept = call(server.url)["contentType"]
    assert kept.startswith("text/plain; [31mxxx")
    assert len(kept) == 200


@pytest.mark.parametrize("method", ["GET", "post", "PUT", "Patch", "DELETE", "head", "OPTIONS"])
def test_every_method_is_sent_in_upper_case(method: str, server: Server) -> None:
    assert call(server.url, method=method)["statusCode"] == 200
    assert server.seen[0].method == method.upper()


def test_a_json_body_is_sent_as_json_with_every_number_exact(server: Server) -> None:
    body = {"n": 2**53 + 1, "f": 0.1, "text": "ü😀", "list": [True, None]}
    call(server.url, method="POST", body=body)
    assert json.loads(server.seen[0].body) == body
    assert b"9007199254740993" in server.seen[0].body
    assert server.seen[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(("body", "sent"), [([1], b"[1]"), (0, b"0"), (False, b"false"), ({}, b"{}"), ([], b"[]")])
def test_a_body_that_is_falsy_or_no_object_is_json_too(body: Any, sent: bytes, server: Server) -> None:
    call(server.url, method="PUT", body=body)
    assert (server.seen[0].body, server.seen[0].headers["content-type"]) == (sent, "application/json")


def test_a_string_is_sent_as_text_and_a_configured_type_wins(server: Server) -> None:
    call(server.url, method="POST", body="Grüße")
    call(server.url, method="POST", body="<a/>", headers={"content-TYPE": "application/xml"})
    assert server.seen[0].body == "Grüße".encode()
    assert [seen.headers["content-type"] for seen in server.seen] == ["text/plain; charset=utf-8", "application/xml"]


def test_without_a_body_a_post_says_so_and_a_get_says_nothing(server: Server) -> None:
    call(server.url, method="POST", body=None)
    call(server.url)
    assert server.seen[0].headers["content-length"] == "0"
    assert "content-length" not in server.seen[1].headers
    assert not any("content-type" in seen.headers or "transfer-encoding" in seen.headers for seen in server.seen)


def test_a_query_is_added_encoded_with_lists_repeated_and_nulls_left_out(server: Server) -> None:
    query = {"q": "a b&c=ü/?", "n": 5, "f": 0.1, "yes": True, "no": None, "tag": ["a", 1, None, False], "none": []}
    call(server.url + "/?x=1", query=query)
    assert server.seen[0].target == "/?x=1&q=a%20b%26c%3D%C3%BC%2F%3F&n=5&f=0.1&yes=true&tag=a&tag=1&tag=false"


def test_a_call_carries_the_steps_idempotency_token_and_our_name(server: Server) -> None:
    call(server.url)
    headers = server.seen[0].headers
    assert headers["idempotency-key"] == TOKEN
    assert headers["user-agent"] == "workflow-execution-api"
    assert headers["host"] == f"127.0.0.1:{server.port}"


def test_configured_headers_replace_ours_in_whatever_case(server: Server) -> None:
    configured = {
        "idempotency-KEY": "mine",
        "USER-agent": "me",
        "Authorization": "Bearer t",
        "X-U": "é",
    }
    call(server.url, headers=configured)
    headers = server.seen[0].headers
    assert (headers["idempotency-key"], headers["user-agent"]) == ("mine", "me")
    assert (headers["authorization"], headers["x-u"]) == ("Bearer t", "é")


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({}, r"config\.url: Field required"),
        ({"url": 5}, r"config\.url: "),
        ({"url": "file:///etc/passwd"}, r"config\.url: The URL must start with http:// or https://"),
        ({"url": "http://h/", "method": "TRACE"}, r"config\.method: "),
        ({"url": "http://h/", "method": "GET\r\nX: 1"}, r"config\.method: "),
        ({"url": "http://h/", "method": None}, r"config\.method: "),
        ({"url": "http://h/", "headers": ["a"]}, r"config\.headers: "),
        ({"url": "http://h/", "headers": {"X-A": ["5"]}}, r"config\.headers\.X-A: Input should be a valid string"),
        ({"url": "http://h/", "headers": {"X-A": "a\r\nX-B: b"}}, r"config\.headers\.X-A: .*one line"),
        ({"url": "http://h/", "headers": {"X-A": "a\nb"}}, r"config\.headers\.X-A: .*one line"),
        ({"url": "http://h/", "headers": {"X-A": "a\rb"}}, r"config\.headers\.X-A: .*one line"),
        ({"url": "http://h/", "headers": {"X-A": "a\x00b"}}, r"config\.headers\.X-A: .*one line"),
        ({"url": "http://h/", "headers": {"X-A": "a\x85b"}}, r"config\.headers\.X-A: .*one line"),
        ({"url": "http://h/", "headers": {"X-A": "a\u010ab\u010dc"}}, r"config\.headers\.X-A: .*one line"),
        ({"url": "http://h/", "headers": {"X-A": "a" * 8_001}}, r"config\.headers\.X-A: "),
        ({"url": "http://h/", "headers": {"X-A\r\nX-B": "b"}}, r"config\.headers: .*not a valid header name"),
        ({"url": "http://h/", "headers": {"X A": "b"}}, r"config\.headers: 'x a' is not a valid header name"),
        ({"url": "http://h/", "headers": {"X:A": "b"}}, r"config\.headers: .*not a valid header name"),
        ({"url": "http://h/", "headers": {"": "b"}}, r"config\.headers: .*not a valid header name"),
        ({"url": "http://h/", "headers": {"X-\u00fc": "b"}}, r"config\.headers: .*not a valid header name"),
        ({"url": "http://h/", "headers": {"hOst": "b"}}, r"config\.headers: The header host is set by call_api itself"),
        ({"url": "http://h/", "headers": {"Content-Length": "1"}}, "content-length is set by call_api itself"),
        ({"url": "http://h/", "headers": {"Transfer-Encoding": "chunked"}}, "transfer-encoding is set"),
        ({"url": "http://h/", "headers": {"Connection": "upgrade"}}, "connection is set by call_api itself"),
        ({"url": "http://h/", "headers": {"X-A": "1", "x-a": "2"}}, "x-a is given twice"),
        ({"url": "http://h/", "headers": {f"X-{n}": "" for n in range(51)}}, r"config\.headers: "),
        ({"url": "http://h/", "query": "a=b"}, r"config\.query: "),
        ({"url": "http://h/", "query": {"a": [[1]]}}, r"config\.query\.a: A query's value must be"),
        ({"url": "http://h/", "body": "x" * 1_000_000}, r"config\.body: The body must have at most 1,000,000 bytes"),
        ({"url": "http://h/", "timeout": 5}, r"config\.timeout: Unknown field"),
    ],
)
def test_a_config_that_is_no_safe_request_is_refused_before_anything_is_sent(
    config: JsonObject, fault: str, names: Internet
) -> None:
    with pytest.raises(ConfigInvalid, match=fault):
        run(actions()["call_api"], config, make_context())
    assert names.asked == []


@pytest.mark.parametrize("status", [300, 304, 305, 400, 401, 404, 418, 429, 500, 503, 599, 999])
def test_an_answer_that_is_not_2xx_fails_with_status_and_an_excerpt(status: int, server: Server) -> None:
    body = b"" if status == 304 else b"no \x1b[31m\r\nmore " + b"x" * 5_000
    server.answers["/"] = answer(status, body, content_type="text/plain")
    with pytest.raises(HttpStatusError) as caught:
        call(server.url)
    said = f"127.0.0.1:{server.port} answered {status}"
    excerpt = ("no  [31m  more " + "x" * 200)[:200]
    assert str(caught.value) == (said if status == 304 else f"{said}: {excerpt}")
    assert caught.value.status == status


@pytest.mark.parametrize("headers", [{}, {"Location": ""}])
def test_a_redirect_to_nowhere_fails_with_its_status(headers: dict[str, str], server: Server) -> None:
    server.answers["/"] = answer(302, b"moved", **headers)
    with pytest.raises(HttpStatusError, match="answered 302: moved"):
        call(server.url)


def test_a_failure_says_nothing_of_path_query_and_headers(server: Server) -> None:
    with pytest.raises(HttpStatusError) as caught:
        call(server.url + "/s3cret?k=s3cret", query={"q": "s3cret"}, headers={"Authorization": "s3cret"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize(("method", "then"), [("POST", "GET"), ("PUT", "GET"), ("DELETE", "GET"), ("HEAD", "HEAD")])
def test_these_redirects_become_a_get_without_a_body_but_for_head(
    status: int, method: str, then: str, server: Server
) -> None:
    server.answers["/"] = answer(status, b"", Location="/there?a=b")
    server.answers["/there"] = answer()
    call(server.url, method=method, body={"a": 1}, headers={"Content-Type": "application/x", "X-A": "1"})
    second = server.seen[1]
    assert (second.method, second.target, second.body) == (then, "/there?a=b", b"")
    assert "content-type" not in second.headers
    assert second.headers["x-a"] == "1"
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [307, 308])
def test_these_redirects_keep_method_and_body(status: int, server: Server) -> None:
    server.answers["/"] = answer(status, b"", Location="/there")
    server.answers["/there"] = answer()
    call(server.url, method="PATCH", body={"a": 1}, headers={"Content-Type": "application/merge-patch+json"})
    second = server.seen[1]
    assert (second.method, second.body) == ("PATCH", b'{"a":1}')
    assert second.headers["content-type"] == "application/merge-patch+json"
    assert second.headers["idempotency-key"] == TOKEN


def test_another_origin_gets_none_of_the_configured_headers_and_nor_does_the_way_back(
    server: Server, names: Internet
) -> None:
    server.answers["/"] = answer(307, b"", Location="http://other.example/a")
    server.answers["/a"] = answer(307, b"", Location="http://api.example/b")
    server.answers["/b"] = answer()
    headers = {"Authorization": "s3cret", "Cookie": "s3cret", "X-Api-Key": "s3cret", "User-Agent": "s3cret"}
    call("http://api.example/", method="POST", body="text", headers=headers)
    first, second, third = server.seen
    assert [seen.headers["host"] for seen in server.seen] == ["api.example", "other.example", "api.example"]
    assert list(first.headers.values()).count("s3cret") == 4
    for later in (second, third):
        assert "s3cret" not in later.headers.values()
        assert (later.body, later.headers["content-type"]) == (b"text", "text/plain; charset=utf-8")
        assert later.headers["user-agent"] == "workflow-execution-api"


@pytest.mark.parametrize("location", ["http://api.example:81/a", "http://www.api.example/a", "http://api.example./a"])
def test_another_port_or_name_is_another_origin(location: str, server: Server, names: Internet) -> None:
    names.names |= {"www.api.example": [ORIGIN], "api.example.": [ORIGIN]}
    server.answers |= {"/": answer(302, b"", Location=location), "/a": answer()}
    call("http://api.example/", headers={"X-Api-Key": "s3cret"})
    assert "x-api-key" not in server.seen[1].headers


def test_five_redirects_are_followed_and_a_sixth_is_not(server: Server) -> None:
    server.answers |= {f"/{n}": answer(302, b"", Location=f"/{n + 1}") for n in range(6)}
    server.answers["/6"] = answer()
    assert call(server.url + "/1")["statusCode"] == 200
    with pytest.raises(RedirectNotAllowed, match="more than 5 times"):
        call(server.url + "/0")
    assert [seen.target for seen in server.seen][6:] == ["/0", "/1", "/2", "/3", "/4", "/5"]


@pytest.mark.parametrize(
    "location",
    [
        "http://inside.example/",
        "//inside.example/",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
    ],
)
def test_a_redirect_to_a_private_address_is_not_followed(location: str, server: Server, names: Internet) -> None:
    for host in ("169.254.169.254", "127.0.0.1", "::1", "::ffff:a9fe:a9fe"):
        names.names[host] = [host]
    names.names["2130706433"] = ["127.0.0.1"]
    server.answers["/"] = answer(302, b"", Location=location)
    with pytest.raises(AddressNotAllowed, match="leads to an address that call_api may not reach"):
        call("http://api.example/")
    assert names.reached == [(ORIGIN, 80)]


@pytest.mark.parametrize(
    "location",
    ["ftp://api.example/", "file:///etc/passwd", "http://u:p@api.example/", "http://[", "data:,x"],
)
def test_a_redirect_to_what_is_no_http_url_is_not_followed(location: str, server: Server) -> None:
    server.answers["/"] = answer(302, b"", Location=location)
    with pytest.raises(RedirectNotAllowed, match="redirected to where call_api cannot go"):
        call(server.url)


@pytest.mark.parametrize("host", ["inside.example", "localhost", "169.254.169.254", "0x7f.1", "[::1]"])
def test_a_private_address_is_never_connected_to(host: str, names: Internet) -> None:
    names.names |= {"localhost": ["127.0.0.1"], "0x7f.1": ["127.0.0.1"], "::1": ["::1"]}
    names.names["169.254.169.254"] = ["169.254.169.254"]
    with pytest.raises(AddressNotAllowed):
        call(f"http://{host}/")
    assert names.reached == []


def test_the_address_that_was_checked_is_the_one_connected_to(names: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[ORIGIN], ["127.0.0.1"], ["127.0.0.1"]])

    class Rebinding(dict[str, list[str]]):
        def __contains__(self, name: object) -> bool:
            return True

        def __getitem__(self, name: str) -> list[str]:
            return next(answers)

    monkeypatch.setattr(names, "names", Rebinding())
    assert call("http://rebinding.example/")["statusCode"] == 200
    assert (names.asked, names.reached) == (["rebinding.example"], [(ORIGIN, 80)])


def test_a_name_that_rebinds_between_two_requests_is_refused_at_the_second(
    server: Server, names: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rebind(handler: BaseHTTPRequestHandler) -> None:
        names.names["api.example"] = ["127.0.0.1"]
        answer(302, b"", Location="/again")(handler)

    server.answers["/"] = rebind
    with pytest.raises(AddressNotAllowed):
        call("http://api.example/")
    assert names.reached == [(ORIGIN, 80)]


def test_the_next_address_is_tried_where_one_refuses(names: Internet) -> None:
    names.names["api.example"] = [ORIGIN, ELSEWHERE]
    names.refusing = {ORIGIN}
    assert call("http://api.example/")["statusCode"] == 200
    assert names.reached == [(ORIGIN, 80), (ELSEWHERE, 80)]

    names.refusing = {ORIGIN, ELSEWHERE}
    with pytest.raises(ConnectFailed, match=r"No connection to api\.example:80 could be made"):
        call("http://api.example/")


def test_proxies_of_the_environment_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")
    assert call(server.url)["statusCode"] == 200
    assert server.seen[0].target == "/"


def test_a_simulation_calls_nobody(names: Internet) -> None:
    output = simulate(actions()["call_api"], {"url": "http://api.example/", "method": "POST"}, make_context())
    assert output == {"statusCode": 200, "contentType": "application/json", "body": {}, "simulated": True}
    assert (names.asked, names.reached) == ([], [])
