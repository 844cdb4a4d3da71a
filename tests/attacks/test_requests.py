"""Requests that no honest client sends: no answer is a 5xx, each refusal names what to fix, and nothing is repeated."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.attacks.people import Stock
from tests.attacks.raw import exchange, request
from tests.e2e.client import COMMUNITY, KEYS, V1, WS, Client, Workflow, error_of, faults_of, node
from tests.e2e.service import ORIGIN, RunningService
from tests.e2e.streams import read

Json = Any

KEY = f"X-API-Key: {KEYS['admin']}"
TYPED = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(node("t", "trigger"), node("end", "end", {"output": "{{trigger.value}}"}))


@pytest.fixture(scope="module")
def stock(service: RunningService) -> Iterator[Stock]:
    found = Stock(service)
    yield found
    found.close()


def refusals(admin: Client, workflow: Workflow, content: bytes, **headers: str) -> list[httpx.Response]:
    """What the routes that take a body say to one that none of them takes."""
    routes = [("POST", f"{workflow.ws}/execute"), ("POST", f"{workflow.v1}/execute"), ("POST", f"{WS}/validate")]
    routes += [("POST", V1), ("PUT", workflow.ws), ("PUT", f"{workflow.v1}/permissions")]
    return [admin.request(method, path, content=content, headers=TYPED | headers) for method, path in routes]


# -- JSON -------------------------------------------------------------------------------------------------------------

NOT_JSON: dict[str, tuple[bytes, str]] = {
    "50,000 levels, not closed": (b'{"a":' * 50_000, "valid JSON|levels deep"),
    "100,000 levels": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "levels deep"),
    "65 levels": (b'{"a":' * 65 + b"1" + b"}" * 65, "at most 64 levels"),
    "a number of 100,000 digits": (b'{"a": ' + b"9" * 100_000 + b"}", "more than 4,000 digits"),
    "a number of 4,001 digits": (b'{"a": -' + b"9" * 4_001 + b"}", "more than 4,000 digits"),
    "1e400": (b'{"a": 1e400}', "too large a number"),
    "a fraction of 100,000 digits, to the power of 9,999": (
        b'{"a": 1.' + b"9" * 100_000 + b"e9999}",
        "too large a number",
    ),
    "a name twice": (b'{"triggerData": {"a": 1, "a": 2}}', "'a' comes twice"),
    "a name twice, once escaped": (b'{"dryRun": true, "dry\\u0052un": false}', "'dryRun' comes twice"),
    "25,000 names twice": (b"{" + b",".join(b'"%x":0' % (i // 2) for i in range(26_000)) + b"}", "comes twice"),
    "a lone surrogate": (b'{"a": "\\ud800"}', "UTF-8"),
    "surrogates the wrong way round": (b'{"a": "\\ude00\\ud83d"}', "UTF-8"),
    "a lone surrogate as a name": (b'{"\\udfff": 1}', "UTF-8"),
    "a surrogate in bytes": (b'{"a": "\xed\xa0\x80"}', "UTF-8"),
    "bytes that are no UTF-8": (b'{"a": "\xff"}', "UTF-8"),
    "UTF-8 that is too long": (b'{"a": "\xc0\x80"}', "UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "UTF-8"),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', "byte order mark"),
    "a NUL": (b"\x00", "valid JSON"),
    "a NUL behind": (b"{}\x00", "valid JSON"),
    "a raw control character": (b'{"a": "\x01"}', "valid JSON"),
    "NaN": (b'{"a": NaN}', "not a JSON number"),
    "a comment": (b"{/* */}", "valid JSON"),
    "two documents": (b"{}{}", "valid JSON"),
    "a form": (b"a=1&b=2", "valid JSON"),
    "XML with an entity": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "valid JSON"),
}


@pytest.mark.parametrize("kind", NOT_JSON)
def test_what_is_no_json_is_refused_in_words_that_help(admin: Client, workflow: Workflow, kind: str) -> None:
    content, says = NOT_JSON[kind]
    for answer in refusals(admin, workflow, content):
        assert answer.status_code == 400, answer.text
        (message,) = faults_of(answer).values()
        assert any(part in message for part in says.split("|")), message
        assert len(answer.content) < 1000
        assert not any(word in answer.text for word in ("sys.", "codec", "Traceback", "python", "passwd'"))


@pytest.mark.parametrize(
    "text",
    [
        "9" * 4_000,
        "-" + "9" * 4_000,
        "1" + "0" * 39 + "7",
        "0.1",
        "-0.0",
        '"\\u0000\\u001f\\u2028\\ud83d\\ude00"',
        '{"__proto__": {"admin": true}, "constructor": 1, "$where": "1", "": 0, "#pk": ":pk"}',
        "[" * 60 + "]" * 60,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_odd_and_still_json_comes_back_as_it_was(admin: Client, workflow: Workflow, text: str) -> None:
    for body in (f'{{"triggerData": {{"value": {text}}}}}', f'{{"dryRun": true, "triggerData": {{"value": {text}}}}}'):
        answer = admin.post(f"{workflow.ws}/execute", content=body.encode())
        assert answer.json()["execution"]["output"] == json.loads(text)


def test_numbers_do_not_grow_beyond_what_can_be_written(admin: Client) -> None:
    workflow = admin.publish(node("end", "end", {"output": "{{sum(trigger.numbers)}}"}))
    body = f'{{"triggerData": {{"numbers": [{",".join(["9" * 4_000] * 60)}]}}}}'
    execution = admin.post(f"{workflow.ws}/execute", content=body).json()["execution"]
    assert execution["output"] == 60 * int("9" * 4_000)


# -- sizes, types and encodings ---------------------------------------------------------------------------------------

BOMB = gzip.compress(b'{"triggerData": {"a": "' + b"0" * 50_000_000 + b'"}}')


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "x"])
def test_nothing_is_decompressed(admin: Client, workflow: Workflow, coding: str) -> None:
    assert len(BOMB) < 60_000
    for content in (BOMB, b"{}"):
        for answer in refusals(admin, workflow, content, **{"Content-Encoding": coding}):
            assert error_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
            assert "Content-Encoding" in answer.json()["message"]


@pytest.mark.parametrize(
    "kind",
    [
        *("application/json, text/plain", "application/jsonp", "text/html", "multipart/form-data; boundary=+json"),
        *("application/x-www-form-urlencoded; x=application/json", "text/plain2", "json", "*/*", "application/xml"),
    ],
)
def test_no_other_type_passes_for_json(admin: Client, workflow: Workflow, kind: str) -> None:
    for answer in refusals(admin, workflow, b"{}", **{"Content-Type": kind}):
        assert error_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_type_that_promises_other_characters_changes_nothing(admin: Client, workflow: Workflow) -> None:
    body = '{"triggerData": {"value": "é"}}'.encode()
    headers = {"Content-Type": "application/json; charset=utf-7"}
    answer = admin.post(f"{workflow.ws}/execute", content=body, headers=headers)
    assert answer.json()["execution"]["output"] == "é"


# -- paths ------------------------------------------------------------------------------------------------------------

PATHS = (
    *("{v1}/..", "{v1}/%2e%2e", "{v1}/..%2f..%2fexecutions", "{v1}/%2e%2e/validate", "{v1}/.;/versions", "{wf};x=1"),
    *("{wf}%00", "{wf}%0d%0aX-Injected:%20yes", "{wf}%20", "%20{wf}", "{wf}%2fversions", "{wf}%252fversions"),
    *("{wf}//versions", "{wf}/./versions", "{wf}%3f", "{wf}%23", "{wf}\\versions", "{wf}/versions%00", "{wf}/*"),
    *("{v1}/%ff%fe", "{v1}/%c0%ae%c0%ae", "{v1}/%ed%a0%80", "{v1}/%25%30%30", "{v1}/%", "{v1}/%zz", "{v1}/%u0041"),
    *("{v1}/%EF%BC%97%EF%BC%97", "{v1}/{long}", "{v1}/%F0%9F%98%80", "{v1}/null", "{v1}/undefined", "{v1}/-1"),
    *("/API/v1/workflows", "//api/v1/workflows", "/api//v1/workflows", "/api/v1/workflows/../../../etc/passwd", "*"),
    *("http://evil.example{v1}", "/api/workspaces/%2e%2e/workflows", "/api/workspaces/acme%00/workflows"),
    *("/api/workspaces/acme%2fx/workflows", "/api/workspaces/{long}/workflows", "/api/workspaces/%20/workflows"),
    *("/api/workspaces/ws_%00/workflows", "/api/workspaces/{emoji}/tasks", "/api/workspaces/WORKSPACE%23acme/tasks"),
    *("/api/workspaces/acme%23/tasks", "/api/workspaces/acme/tasks/%00", "/api/workspaces/acme/tasks/{long}"),
    *("/api/workspaces/acme/tasks/task_%2e%2e", "/health/..", "/docs/x", "/openapi.json%00", "/.env", "/.git/config"),
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_none_is_404_and_not_repeated(service: RunningService, workflow: Workflow, path: str) -> None:
    words = {"v1": V1, "wf": workflow.v1, "long": "a" * 20_000, "emoji": "%F0%9F%98%80" * 60}
    target = path.replace("%20{wf}", f"{V1}/%20{workflow.wf}").format(**words)
    for method in ("GET", "DELETE"):
        answer = exchange(service.url, request(f"{method} {target} HTTP/1.1", KEY))
        assert answer.statuses == [404], answer.content[:300]
        assert b"x-injected" not in answer.head
        assert b"evil.example" not in answer.content
        body = json.loads(answer.content.partition(b"\r\n\r\n")[2])
        assert body["message"].startswith(("There is no such", "No such route"))


@pytest.mark.parametrize("path", ["/api/v1/workflows/\xe9", "/api/v1/workflows/\x01", "/api/v1/workflows/a b", ""])
def test_bytes_that_no_path_has_are_refused(service: RunningService, path: str) -> None:
    content = request("GET TARGET HTTP/1.1", KEY).replace(b"TARGET", path.encode("latin-1"))
    assert exchange(service.url, content).statuses == [400]


def test_a_page_repeats_no_host_as_markup(service: RunningService) -> None:
    for host in ('x"><script>alert(1)</script>', "a'onload='x", "</pre><img src=x>"):
        content = f"GET /docs HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        answer = exchange(service.url, content)
        assert answer.statuses[0] in (200, 400)
        assert host.encode() not in answer.content


# -- headers ----------------------------------------------------------------------------------------------------------

REFLECTABLE = (
    *("X-Request-Id", "Idempotency-Key", "Origin", "Prefer", "Last-Event-ID", "Referer", "User-Agent", "Accept"),
    *("X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL", "X-Rewrite-URL", "Access-Control-Request-Headers"),
)


@pytest.mark.parametrize("name", REFLECTABLE)
def test_no_answer_repeats_a_header(service: RunningService, workflow: Workflow, name: str) -> None:
    for method, path in (("GET", workflow.ws), ("POST", f"{workflow.v1}/execute"), ("GET", "/no"), ("OPTIONS", WS)):
        line = f"{method} {path} HTTP/1.1"
        answer = exchange(service.url, request(line, KEY, f"{name}: tell-tale", "Content-Length: 0"))
        assert len(answer.statuses) == 1
        assert answer.statuses[0] < 500
        assert b"tell-tale" not in answer.content.lower()


@pytest.mark.parametrize("name", ["X-Request-Id", "Idempotency-Key", "Origin", "Prefer", "Last-Event-ID", "X-API-Key"])
@pytest.mark.parametrize("value", [b"a\rX-Injected: b", b"a\x00b", b"\x0b", b"a\x7f\x1bb", b"\r\rb", b"a\x01"])
def test_a_header_with_a_control_character_never_becomes_two(
    service: RunningService, workflow: Workflow, name: str, value: bytes
) -> None:
    headers = [] if name == "X-API-Key" else [KEY]
    answer = exchange(service.url, request(f"GET {workflow.ws} HTTP/1.1", *headers, name.encode() + b": " + value))
    assert answer.statuses in ([400], [401], [200])
    assert b"injected" not in answer.content.lower()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        *[("Prefer", f"wait={text}", "seconds from 0 to 25") for text in ("26", "-1", "1e1", "", "9" * 99, "\u0661")],
        *[("Idempotency-Key", text, "1 to 255 visible") for text in ("", "x" * 256, "é", "a\tb", "\u200b")],
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_a_header_that_cannot_be_meant_is_named(
    admin: Client, workflow: Workflow, name: str, value: str, says: str
) -> None:
    for path, body in ((workflow.ws, {}), (workflow.v1, {"community_id": COMMUNITY})):
        answer = admin.post(f"{path}/execute", json=body, headers={name.encode(): value.encode()})
        assert answer.status_code == 400
        assert says in faults_of(answer)[name]


@pytest.mark.parametrize("text", ["x", "-1", "1e9", "999999999999999999999", "\u00b2", "0", "1;2", "%00", "[]"])
def test_a_position_that_is_none_means_from_the_start(admin: Client, workflow: Workflow, text: str) -> None:
    execution = admin.run(workflow)
    path = f"{WS}/executions/{execution['id']}/stream"
    found = admin.get(path, headers={b"Last-Event-ID": text.encode()})
    assert found.status_code == 200
    assert read(admin, path)[-1].type == "complete"
    assert f'"{text}"' not in found.text


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_the_request_line_says(admin: Client, workflow: Workflow, name: str) -> None:
    assert admin.get(f"{workflow.ws}?_method=DELETE", headers={name: "DELETE"}).status_code == 200
    assert admin.post(f"{workflow.ws}?_method=DELETE", headers={name: "DELETE"}).status_code == 404
    assert admin.get(workflow.ws).json()["workflow"]["status"] == "ACTIVE"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "get", "QUERY", "A" * 300, "HEAD", "PATCH"])
def test_a_method_that_no_route_has_is_an_unknown_route(
    service: RunningService, workflow: Workflow, method: str
) -> None:
    answer = exchange(service.url, request(f"{method} {workflow.ws} HTTP/1.1", KEY))
    assert answer.statuses == [404]
    assert KEYS["admin"].encode() not in answer.content


@pytest.mark.parametrize(
    "origin", [f"{ORIGIN}, https://evil.example", f"{ORIGIN}%00", f"{ORIGIN}/", "null", f"{ORIGIN}x"]
)
def test_no_origin_but_the_configured_one_is_let_in(admin: Client, workflow: Workflow, origin: str) -> None:
    for answer in (admin.get(workflow.ws, headers={"Origin": origin}), admin.get("/no", headers={"Origin": origin})):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Credentials" not in answer.headers


# -- framing ----------------------------------------------------------------------------------------------------------

SECOND = b"GET /health HTTP/1.1\r\nHost: service\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
FRAMINGS: dict[str, tuple[list[str | bytes], bytes]] = {
    "both lengths": (["Content-Length: 4", CHUNKED], b"0\r\n\r\n"),
    "both lengths, the other way round": ([CHUNKED, "Content-Length: 5"], b"0\r\n\r\n"),
    "two lengths": (["Content-Length: 2", "Content-Length: 5"], b"{}abc"),
    "two lengths in one": (["Content-Length: 2, 5"], b"{}abc"),
    "a negative length": (["Content-Length: -1"], b"{}"),
    "a length with a sign": (["Content-Length: +2"], b"{}"),
    "a length in hex": (["Content-Length: 0x2"], b"{}"),
    "an unknown encoding": (["Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
    "two encodings": ([CHUNKED, "Transfer-Encoding: identity"], b"0\r\n\r\n"),
    "chunks inside another encoding": (["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"),
    "a chunk of no length": ([CHUNKED], b"ZZ\r\n{}\r\n0\r\n\r\n"),
    "a chunk of a negative length": ([CHUNKED], b"-2\r\n{}\r\n0\r\n\r\n"),
    "a space before the colon": ([b"Content-Length : 2"], b"{}"),
}


@pytest.mark.parametrize("kind", FRAMINGS)
def test_a_request_of_two_readings_is_refused_and_hides_no_other(service: RunningService, kind: str) -> None:
    headers, body = FRAMINGS[kind]
    content = request(f"POST {WS}/validate HTTP/1.1", KEY, *headers, body=body).replace(b"Connection: close\r\n", b"")
    answer = exchange(service.url, content + SECOND)
    assert answer.statuses == [400]
    assert b"connection: close" in answer.head


def test_a_key_in_a_trailer_comes_too_late(service: RunningService) -> None:
    body = f"2\r\n{{}}\r\n0\r\n{KEY}\r\n\r\n".encode()
    answer = exchange(service.url, request(f"POST {WS} HTTP/1.1", CHUNKED, "Trailer: X-API-Key", body=body))
    assert answer.statuses == [401]


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_a_connection_stays_what_it_is(service: RunningService, upgrade: str) -> None:
    line = f"GET {WS}?limit=1 HTTP/1.1"
    answer = exchange(service.url, request(line, KEY, f"Upgrade: {upgrade}", "Sec-WebSocket-Version: 13"))
    assert answer.statuses == [200]


@pytest.mark.parametrize(
    "line", ["GET /health HTTP/9.9", "GET /health", "GET", "\x00\x01\x02", "GET  /health  HTTP/1.1"]
)
def test_what_is_no_request_line_is_refused(service: RunningService, line: str) -> None:
    assert exchange(service.url, request(line)).statuses in ([400], [200])


def test_headers_without_end_are_refused(service: RunningService) -> None:
    content = request(f"GET {WS} HTTP/1.1", KEY, "X-Long: " + "a" * 200_000)
    assert exchange(service.url, content).statuses in ([400], [431])


def test_all_of_this_changed_nothing(stock: Stock, service: RunningService, admin: Client, workflow: Workflow) -> None:
    before = stock.settled()
    for content, _ in NOT_JSON.values():
        refusals(admin, workflow, content)
    for headers, body in FRAMINGS.values():
        exchange(service.url, request(f"POST {WS} HTTP/1.1", KEY, *headers, body=body))
    assert stock.taken() == before
    assert not [record for record in service.records() if str(record.get("status")).startswith("5")]
