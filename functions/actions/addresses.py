"""Which addresses `call_api` may connect to: globally routable unicast ones, and nothing that leads elsewhere.

A name is resolved once, every address it has must pass, and the caller connects to exactly what this module returned.
So no spelling of a host (`2130706433`, `0x7f.1`, `[::ffff:10.0.0.1]`) and no answer that changes between two look-ups
can slip through: only addresses are judged, never text.

The tables are IANA's special-purpose address registries (RFC 6890 and its successors) and, for IPv6, the rule that only
2000::/3 has been given out for global unicast (RFC 4291 section 2.4). `ipaddress.is_global` is not used: in Python 3.11
it holds for addresses that carry a private IPv4 one inside (6to4, NAT64, Teredo), for site-local and for multicast.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from functions.actions.errors import AddressNotAllowed, ConnectFailed
from functions.actions.urls import Url

_REFUSED_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this network"; Linux takes 0.0.0.0 for itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers (CGNAT)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; instance metadata and Lambda's own endpoints
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocols
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_V6 = ip_network("2000::/3")
_REFUSED_V6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # IETF protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
)


class Endpoint(NamedTuple):
    """Where to connect: what `socket.socket` and its `connect` take, so that nothing is resolved again."""

    family: int
    address: tuple[str | int | bytes, ...]


def endpoints(url: Url, reachable: frozenset[str]) -> tuple[Endpoint, ...]:
    """The endpoints of the URL's host and port, in the resolver's order.

    `reachable` are the `host:port` that may be private. Raises AddressNotAllowed where a single one of the addresses is
    not public, and ConnectFailed where there is none.
    """
    found = _resolved(url)
    if url.host_and_port not in reachable and not all(_is_public(endpoint) for endpoint in found):
        raise AddressNotAllowed(f"{url.host} leads to an address that call_api may not reach")
    return found


def is_allowed(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is globally routable unicast and carries no other address inside."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)


def _resolved(url: Url) -> tuple[Endpoint, ...]:
    try:
        infos = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise ConnectFailed(f"The name {url.host} could not be resolved") from error
    found = dict.fromkeys(Endpoint(family, address) for family, _, _, _, address in infos)
    if not found:
        raise ConnectFailed(f"The name {url.host} has no address")
    return tuple(found)


def _is_public(endpoint: Endpoint) -> bool:
    return is_allowed(ip_address(str(endpoint.address[0])))
