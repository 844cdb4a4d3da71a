"""`call_api` reaches what is public and the one private target that was named, however a URL, a redirect or the
environment tries to lead it elsewhere. The unit tests of the actions have the rest: names that resolve to several
addresses or to others each time, TLS, and what a request may look like."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import quote

import pytest

from functions.actions.addresses import endpoints
from functions.actions.errors import AddressNotAllowed, ConnectFailed
from functions.actions.urls import Url
from tests.attacks.hostile import Hostile, Trap
from tests.e2e.client import WS, Client, node
from tests.e2e.service import RunningService

Json = Any

METADATA, ECS, RUNTIME = "169.254.169.254", "169.254.170.2", "127.0.0.1"


def _spelled(address: str) -> list[str]:
    """An IPv4 address as resolvers and browsers take it: as a number, octal, hexadecimal, short, or within IPv6."""
    number, parts = int(IPv4Address(address)), [int(part) for part in address.split(".")]
    a, b, c, d = parts
    pair = f"{a * 256 + b:x}:{c * 256 + d:x}"
    inverted = f"{(a * 256 + b) ^ 0xFFFF:x}:{(c * 256 + d) ^ 0xFFFF:x}"
    return [
        address,
        f"{address}.",
        str(number),
        f"0x{number:x}",
        f"0{number:o}",
        ".".join(f"0x{part:02X}" for part in parts),
        ".".join(f"0{part:o}" for part in parts),
        ".".join(f"{part:010o}" for part in parts),
        f"{a}.{b}.{c * 256 + d}",
        f"{a}.{(b * 256 + c) * 256 + d}",
        f"0x{a:x}.{b}.0{c:o}.{d}",
        address.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"}),
        address.translate({ord(digit): 0x1D7CE + int(digit) for digit in "0123456789"}),
        address.replace(".", "。"),
        address.replace(".", "．"),  # noqa: RUF001 - the full-width dot is the attack
        address.replace(".", "｡"),
        f"[::ffff:{address}]",
        f"[::FFFF:{pair}]",
        f"[0:0:0:0:0:ffff:{address}]",
        f"[::{address}]",
        f"[::ffff:0:{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b:1::{pair}]",
        f"[2002:{pair}::1]",
        f"[2001:0:4136:e378:8000:63bf:{inverted}]",
        f"[fe80::5efe:{address}]",
    ]


SPELLINGS = [*_spelled(METADATA), *_spelled(RUNTIME), *_spelled("10.0.0.1"), ECS, "2852039166", "[fd00:ec2::254]"]
SPELLINGS += ["localhost", "LOCALHOST", "localhost.", "ｌｏｃａｌｈｏｓｔ", "ⓛocalhost", "localhost.localdomain"]  # noqa: RUF001
SPELLINGS += ["0", "0.0.0.0", "00.0.0.0", "0x0", "[::]", "[::1]", "[0:0::1]", "[::0001]", "[fe80::1]", "[fec0::1]"]
SPELLINGS += [
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.8",
    "192.0.0.192",
    "198.18.0.1",
    "198.19.255.254",
    "192.88.99.1",
]
SPELLINGS += ["172.16.0.1", "172.31.255.255", "192.168.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"]
SPELLINGS += ["255.255.255.255", "[ff02::1]", "[fc00::1]", "[2001:db8::1]", "[100::1]", "[5f00::1]", "[3fff::1]"]

NO_URLS = [
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/stat",
    "ldap://127.0.0.1/",
    "unix:///var/run/docker.sock",
    "data:text/plain,x",
    "jar:http://127.0.0.1!/",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "http:127.0.0.1",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http://user@127.0.0.1/",
    "http://api.example@127.0.0.1/",
    "http://api.example:80@127.0.0.1/",
    "http://127.0.0.1\\@api.example/",
    "http://api.example\\@127.0.0.1/",
    "http://127.0.0.1%2eapi.example/",
    "http://127.0.0.1%00.api.example/",
    "http://127.0.0.1\x00.api.example/",
    "http://127.0.0.1 .api.example/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1\r\nHost: api.example/",
    "http://api.example/\r\nX-Evil: 1",
    "ht\ntp://127.0.0.1/",
    " http://127.0.0.1/",
    "http://[::1%25lo]/",
    "http://[fe80::1%eth0]/",
    "http://[::ffff:127.0.0.1/",
    "http://127.0.0.1:65536/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:8080:80/",
    "http://.../",
    "http://127..0.0.1/",
]

REFUSED = r"may not reach|could not be resolved|has no address|The URL"
"""What a step fails with that has connected to nobody."""


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    hostile = Hostile()
    yield hostile
    hostile.close()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def client(hostile: Hostile, trap: Trap) -> Iterator[Client]:
    """A service that may call the hostile API and nothing else that is private, whatever its environment says."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), trap.url)
    with RunningService(CALL_API_ALLOW=hostile.address, **proxies) as service:
        client = Client(service.url)
        yield client
        client.close()


def _steps(client: Client, *configs: Json, **fields: Json) -> list[Json]:
    """What calls with these configs come to, one after the other; the values are data, not definitions."""
    calls = [
        node(
            f"n{i}",
            "call_api",
            {name: f"{{{{trigger.c[{i}].{name}}}}}" for name in config},
            onError="continue",
            **fields,
        )
        for i, config in enumerate(configs)
    ]
    steps: list[Json] = client.run(client.publish(*calls), triggerData={"c": configs})["steps"]
    return steps


@pytest.fixture(scope="module")
def spelled(client: Client, hostile: Hostile) -> dict[str, Json]:
    """Each URL with what the call to it came to, on the port where the hostile API listens; and who was reached."""
    # In digits and dots of other scripts 127.0.0.1 is the very host that was named: then the port is another.
    ports = {host: 9001 if Url.parse(f"http://{host}/").host == RUNTIME else hostile.port for host in SPELLINGS}
    urls = [f"http://{host}:{port}/spelled" for host, port in ports.items()]
    urls += [f"HtTp://{host}/latest/meta-data/" for host in (METADATA, ECS, "[fd00:ec2::254]")]
    urls += ["http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", *NO_URLS]
    return dict(zip(urls, _steps(client, *({"url": url} for url in urls)), strict=True))


def test_more_than_sixty_spellings_reach_nobody(spelled: dict[str, Json], hostile: Hostile) -> None:
    assert len(spelled) > 150
    assert {step["status"] for step in spelled.values()} == {"failed"}
    assert [asked for asked in hostile.asked if "/spelled" in asked] == []


def test_each_says_why_and_none_was_tried(spelled: dict[str, Json]) -> None:
    tried = {url: step["error"] for url, step in spelled.items() if not re.search(REFUSED, step["error"])}
    assert tried == {}


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_has_an_endpoint(host: str) -> None:
    with pytest.raises((AddressNotAllowed, ConnectFailed)):
        endpoints(Url.parse(f"http://{host}/"), frozenset({"api.example:80"}))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_to_what_is_not_public(status: int, client: Client, hostile: Hostile) -> None:
    places = [f"http://{METADATA}/", f"http://{ECS}/", "http://127.0.0.1:9001/", "//localhost/", "http://2130706433/"]
    places += [
        "http://[::ffff:a9fe:a9fe]/",
        f"http://localhost:{hostile.port}/",
        "http://0/",
        "http://[fd00:ec2::254]/",
    ]
    places += [
        "gopher://127.0.0.1/",
        "file:///etc/passwd",
        f"http://u:p@{hostile.address}/",
        "\\\\127.0.0.1\\x",
        "data:,",
    ]
    urls = [f"http://{hostile.address}/redirect/{status}?to={quote(place, safe='')}" for place in places]
    before = len(hostile.asked)
    steps = _steps(client, *({"url": url} for url in urls))
    # A location without a scheme of its own is a path of the API itself.
    followed = [asked for asked in hostile.asked[before:] if "/redirect/" not in asked]
    assert {asked.partition(" ")[2] for asked in followed} <= {f"/%5C%5C127.0.0.1%5Cx {hostile.address}"}
    for place, step in zip(places, steps, strict=True):
        if place != "\\\\127.0.0.1\\x":
            assert step["status"] == "failed", place
            assert re.search(
                r"may not reach|redirected to where call_api cannot go|could not be resolved", step["error"]
            )


def test_a_redirect_that_never_ends_is_left_after_five(client: Client, hostile: Hostile) -> None:
    before = len(hostile.asked)
    (step,) = _steps(client, {"url": f"http://{hostile.address}/again/0"})
    assert step["error"] == "The API redirected more than 5 times"
    assert len(hostile.asked) - before == 6


def test_a_page_that_refreshes_is_an_answer_and_leads_nowhere(client: Client, hostile: Hostile, trap: Trap) -> None:
    (step,) = _steps(client, {"url": f"http://{hostile.address}/refresh?to={quote(trap.url)}"})
    assert step["output"]["statusCode"] == 200
    assert trap.caught == 0


def test_no_proxy_of_the_environment_is_asked(client: Client, hostile: Hostile, trap: Trap) -> None:
    (step,) = _steps(client, {"url": f"http://{hostile.address}/direct"})
    assert step["output"]["body"]["path"] == "/direct"
    assert trap.caught == 0


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "hOST",
        "Content-Length",
        "Transfer-Encoding",
        "TE",
        "Connection",
        "Upgrade",
        "Expect",
        "Trailer",
        "X\r\nY",
    ],
)
def test_a_config_cannot_say_where_a_request_goes_or_ends(name: str, client: Client, hostile: Hostile) -> None:
    config = {"url": f"http://{hostile.address}/", "headers": {name: "x"}}
    answer = client.post(f"{WS}/validate", json={"name": "x", "actions": [node("a", "call_api", config)]})
    assert answer.status_code == 400
    assert answer.json()["details"]["errors"][0]["path"] == "actions[0].config.headers"


@pytest.mark.parametrize(
    "value", ["a\r\nHost: evil", "a\nX-Evil: 1", "a\rb", "a\0b", "a\r\n\r\nGET /evil HTTP/1.1", "a\u010ab"]
)
def test_a_value_cannot_become_a_header_or_a_request(value: str, client: Client, hostile: Hostile) -> None:
    before = len(hostile.asked)
    (step,) = _steps(client, {"url": f"http://{hostile.address}/", "headers": {"X-A": value}})
    assert "one line" in step["error"]
    assert len(hostile.asked) == before


def test_a_method_or_a_query_cannot_become_a_request(client: Client, hostile: Hostile) -> None:
    before = len(hostile.asked)
    evil = "x\r\nHost: evil\r\n\r\nGET /evil HTTP/1.1"
    wrong, fine = _steps(
        client,
        {"url": f"http://{hostile.address}/", "method": f"GET /{evil}"},
        {"url": f"http://{hostile.address}/q", "query": {"q": evil}},
    )
    assert wrong["status"] == "failed"
    assert fine["output"]["body"]["headers"]["host"] == hostile.address
    assert len(hostile.asked) == before + 1


def test_what_drowns_its_caller_fails_its_step(client: Client, hostile: Hostile) -> None:
    bomb, endless, headers, typed = _steps(
        client, *({"url": f"http://{hostile.address}/{name}"} for name in ("bomb", "endless", "headers", "type"))
    )
    assert "more than 1,000,000 bytes" in bomb["error"]
    assert "more than 1,000,000 bytes" in endless["error"]
    assert "could not be read" in headers["error"]
    assert typed["output"]["body"] == {}


def test_what_keeps_its_caller_waiting_is_cut_off(client: Client, hostile: Hostile) -> None:
    (step,) = _steps(client, {"url": f"http://{hostile.address}/drip"}, timeout=1000)
    assert step["status"] == "failed"
    assert step["durationMs"] < 5_000
