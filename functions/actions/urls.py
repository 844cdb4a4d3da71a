"""The URLs that `call_api` takes, read by one parser for the check, the connection and the request alike."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Self
from urllib.parse import SplitResult, quote, urljoin, urlsplit

MAX_URL_CHARACTERS = 8_000

_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
# RFC 3986's characters of a path and a query; "%" stays, so that what is escaped already is not escaped twice.
_PATH = "/%:@!$&'()*+,;=~"
_QUERY = _PATH + "?"


@dataclass(frozen=True)
class Url:
    """An absolute http or https URL without credentials and fragment.

    `host` is lower-case ASCII (a name, an IPv4 address in any spelling, or an IPv6 address without brackets); `target`
    is path and query as they go on the wire.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, with a sentence that repeats nothing of the text, where it is no such URL."""
        parts = _split(text)
        return cls(
            scheme=parts.scheme,
            host=_host(parts),
            port=_port(parts),
            target=_target(parts),
        )

    @property
    def authority(self) -> str:
        """The value of the Host header: the port only where it is not the scheme's own."""
        return self._bracketed if self.port == _PORTS[self.scheme] else self.host_and_port

    @property
    def host_and_port(self) -> str:
        return f"{self._bracketed}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What decides whether a redirect leaves for someone else (RFC 6454)."""
        return self.scheme, self.host, self.port

    def joined(self, location: str) -> "Url":
        """Where a `Location` header leads from here. Raises ValueError as `parse` does."""
        _refuse_unsafe(location)
        return Url.parse(urljoin(str(self), location))

    def with_query(self, query: str) -> "Url":
        """This URL with more, already encoded, in its query."""
        if not query:
            return self
        return Url(self.scheme, self.host, self.port, self.target + ("&" if "?" in self.target else "?") + query)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def _split(text: str) -> SplitResult:
    _refuse_unsafe(text)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError("The URL cannot be read") from error
    if parts.scheme not in _PORTS:
        raise ValueError("The URL must start with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("The URL must not hold a user name or password")
    return parts


def _refuse_unsafe(text: str) -> None:
    if len(text) > MAX_URL_CHARACTERS:
        raise ValueError(f"The URL must have at most {MAX_URL_CHARACTERS} characters")
    if _CONTROL.search(text):
        raise ValueError("The URL must not hold control characters")


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise ValueError("The URL has no host")
    if parts.netloc.startswith("["):
        return _ipv6(parts)
    return _name(parts.hostname)


def _ipv6(parts: SplitResult) -> str:
    inside, _, after = parts.netloc[1:].partition("]")
    try:
        if "%" in inside or (after and not after.startswith(":")):
            raise ValueError
        return IPv6Address(inside).compressed
    except ValueError as error:
        raise ValueError("The URL's host is not an IPv6 address") from error


def _name(host: str) -> str:
    fault = ValueError("The URL's host is not a valid name")
    if len(host) > 254:
        raise fault
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise fault from error
    # One trailing dot marks a full name; more, or an empty label elsewhere, mean nothing.
    labels = ascii_host.removesuffix(".").split(".")
    if len(ascii_host) > 254 or not all(_LABEL.fullmatch(label) for label in labels):
        raise fault
    return ascii_host


def _port(parts: SplitResult) -> int:
    _, separator, text = parts.netloc.rpartition("]")[2].partition(":")
    if not separator or not text:
        return _PORTS[parts.scheme]
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65_536:
        raise ValueError("The URL's port must be a number from 1 to 65535")
    return int(text)


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_PATH)
    return f"{path}?{quote(parts.query, safe=_QUERY)}" if parts.query else path
