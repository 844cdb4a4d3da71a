import socket
from ipaddress import ip_address

import pytest

from functions.actions.addresses import endpoints, is_allowed
from functions.actions.errors import AddressNotAllowed, ConnectFailed
from functions.actions.urls import Url
from tests.unit.functions.actions.conftest import Internet

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82b::200e",
    "2400:cb00:2048:1::c629:d7a2",
)

NOT_PUBLIC = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",  # a cloud's metadata
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",  # EC2's metadata
    "169.254.170.2",  # ECS's credentials
    "169.254.100.1",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.9",
    "192.0.0.192",  # a cloud's metadata
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",  # IPv4-compatible
    "::8.8.8.8",
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b::10.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",  # discard only
    "2001::1",
    "2001:0:53aa:64c:0:0:f5ff:fffe",  # Teredo around 10.0.0.1
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 around 127.0.0.1
    "2002:a9fe:a9fe::1",  # 6to4 around 169.254.169.254
    "2002:808:808::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",  # segment routing
    "fc00::1",
    "fd00:ec2::254",  # EC2's metadata
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",  # site-local
    "ff02::1",
    "ff0e::1",
)


def _in_digits(text: str, zero: int) -> str:
    """`text` with the digits that begin at the code point `zero`, such as the full-width ones."""
    return text.translate({ord(str(digit)): zero + digit for digit in range(10)})


# Spellings of hosts that a resolver takes for an address which is not public.
SPELLINGS = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0x7f.1",
    "127.0.0.0x1",
    "0",
    "0.0.0.0",
    "0x0",
    "00000000",
    "10.1",
    "0xa.0.0.1",
    "012.0.0.1",
    "167772161",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.16689662",
    "192.168.1",
    "3232235521",
    "172.16.1",
    "100.64.1",
    "224.1",
    "4294967295",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2001:0:53aa:64c:0:0:f5ff:fffe]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127\uff0e0\uff0e0\uff0e1",
    *(_in_digits("127.0.0.1", zero) for zero in (0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7F6)),
    *(_in_digits("0x7f.1", zero) for zero in (0xFF10, 0x1D7CE)),
)


@pytest.mark.parametrize("text", PUBLIC)
def test_a_globally_routable_unicast_address_is_allowed(text: str) -> None:
    assert is_allowed(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_or_carries_another_is_refused(text: str) -> None:
    assert not is_allowed(ip_address(text))


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_address_gets_through(host: str) -> None:
    with pytest.raises((AddressNotAllowed, ConnectFailed)) as caught:
        endpoints(Url.parse(f"http://{host}:8080/"), frozenset())
    # A resolver without IPv6 or octal numbers finds nothing; glibc finds the private address.
    assert type(caught.value) is AddressNotAllowed or not _resolves(host)


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(Url.parse(f"http://{host}/").host, 80))
    except OSError:
        return False


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "ip6-localhost"])
def test_a_name_of_this_machine_is_refused(host: str, internet: Internet) -> None:
    internet.names = {"localhost": ["127.0.0.1", "::1"], "ip6-localhost": ["::1"]}
    with pytest.raises(AddressNotAllowed, match="localhost leads to an address that call_api may not reach"):
        endpoints(Url.parse(f"http://{host}/"), frozenset())


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_private_address_among_public_ones_refuses_the_name(position: int, internet: Internet) -> None:
    addresses = ["93.184.216.34", "2606:2800:220:1::1"]
    addresses.insert(position, "10.0.0.7")
    internet.names = {"api.example": addresses}
    with pytest.raises(AddressNotAllowed) as caught:
        endpoints(Url.parse("http://api.example/"), frozenset())
    assert "10.0.0.7" not in str(caught.value)


def test_the_endpoints_are_the_resolvers_in_its_order_and_without_repetition(internet: Internet) -> None:
    internet.names = {"api.example": ["2606:2800:220:1::1", "93.184.216.34", "93.184.216.34"]}
    found = endpoints(Url.parse("https://api.example/"), frozenset())
    assert [endpoint.address for endpoint in found] == [("2606:2800:220:1::1", 443, 0, 0), ("93.184.216.34", 443)]
    assert [endpoint.family for endpoint in found] == [socket.AF_INET6, socket.AF_INET]


def test_a_name_without_an_address_cannot_be_connected_to(internet: Internet) -> None:
    internet.names = {"empty.example": []}
    with pytest.raises(ConnectFailed, match=r"unknown\.example could not be resolved"):
        endpoints(Url.parse("http://unknown.example/"), frozenset())
    with pytest.raises(ConnectFailed, match=r"empty\.example has no address"):
        endpoints(Url.parse("http://empty.example/"), frozenset())


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:9000/x", "127.0.0.1:9000"),
        ("http://Internal.Example:9000/x", "internal.example:9000"),
        ("http://internal.example/x", "internal.example:80"),
        ("https://internal.example/x", "internal.example:443"),
        ("http://[0:0::1]:9000/x", "[::1]:9000"),
    ],
)
def test_a_host_and_port_declared_reachable_may_be_private(url: str, entry: str, internet: Internet) -> None:
    internet.names = {"127.0.0.1": ["127.0.0.1"], "internal.example": ["10.0.0.7"], "::1": ["::1"]}
    assert endpoints(Url.parse(url), frozenset({entry}))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9001/",
        "http://127.0.0.1/",
        "http://127.1:9000/",
        "http://localhost:9000/",
        "http://localhost.:9000/",
        "http://[::ffff:127.0.0.1]:9000/",
    ],
)
def test_another_port_or_spelling_than_the_declared_one_is_not_reachable(url: str, internet: Internet) -> None:
    hosts = ["127.0.0.1", "127.1", "localhost", "localhost.", "::ffff:7f00:1", "::ffff:127.0.0.1"]
    internet.names = {host: ["127.0.0.1"] for host in hosts}
    with pytest.raises(AddressNotAllowed):
        endpoints(Url.parse(url), frozenset({"127.0.0.1:9000"}))
