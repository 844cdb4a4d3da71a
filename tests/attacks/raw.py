"""Requests byte by byte, for what no HTTP client would send."""

import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Json = Any


@dataclass(frozen=True)
class Raw:
    """All that came back until the server closed, or said nothing for a while. `statuses` has one of each answer."""

    content: bytes

    @property
    def statuses(self) -> list[int]:
        parts = self.content.split(b"HTTP/1.1 ")[1:]
        return [int(part[:3]) for part in parts]

    @property
    def head(self) -> bytes:
        return self.content.partition(b"\r\n\r\n")[0].lower()


def exchange(url: str, content: bytes, seconds: float = 20) -> Raw:
    """What the server of `url` answers to these bytes."""
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=seconds) as connection:
        connection.sendall(content)
        try:
            while piece := connection.recv(65_536):
                received += piece
        except (TimeoutError, ConnectionResetError):
            pass
    return Raw(received)


def request(line: str, *headers: str | bytes, body: bytes = b"") -> bytes:
    """A request of one line and these headers, which ends the connection."""
    lines = [line, "Host: service", "Connection: close", *headers]
    return b"\r\n".join(each.encode() if isinstance(each, str) else each for each in lines) + b"\r\n\r\n" + body
