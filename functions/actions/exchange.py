"""One HTTP request and its answer, over a connection to addresses that were checked, done by a deadline.

The socket is opened here and handed to urllib3, which so has no name to resolve, no proxy, no pool and no retries.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from functions.actions.addresses import Endpoint
from functions.actions.errors import ActionTimeout, CallFailed, ConnectFailed, ResponseTooLarge, ResponseUnreadable
from functions.actions.urls import Url

MAX_RESPONSE_BYTES = 1_000_000
"""Of a response's body, decompressed."""

CONNECT_SECONDS = 5.0
"""For one address, so that a name's other addresses get their turn."""

_CHUNK = 65_536

# Its warning about a malformed header prints the URL, which may hold a secret.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Request:
    """A request as it goes on the wire, but for Host and Content-Length."""

    method: str
    url: Url
    headers: dict[str, str]
    body: bytes | None


@contextmanager
def sent(request: Request, endpoints: tuple[Endpoint, ...], deadline: float) -> Iterator[BaseHTTPResponse]:
    """The answer to the request, its body unread; read it inside the `with`.

    `deadline` is a `time.monotonic()`. Raises ConnectFailed, ResponseUnreadable and, where the deadline passes in here
    or inside the `with`, ActionTimeout.
    """
    url = request.url
    try:
        with _connected(url, endpoints, deadline) as connection, closing(_answer(connection, request)) as response:
            yield response
    except CallFailed:
        # What the cut made of an answer is not the API's.
        _refuse_late(url, deadline)
        raise
    except (OSError, HTTPError, HTTPException) as error:
        _refuse_late(url, deadline)
        raise ResponseUnreadable(f"The answer of {url.host_and_port} could not be read to its end") from error
    # An answer that ends with its connection looks complete when the deadline cuts it.
    _refuse_late(url, deadline)


def read_body(response: BaseHTTPResponse) -> bytes:
    """The decompressed body. Raises ResponseTooLarge over the limit, having decompressed little more than that."""
    body = bytearray()
    for chunk in response.stream(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise ResponseTooLarge(f"The answer's body has more than {MAX_RESPONSE_BYTES:,} bytes")
    return bytes(body)


def read_start(response: BaseHTTPResponse, count: int) -> bytes:
    """The first bytes of the decompressed body, at most `count`; none where they cannot be read."""
    try:
        return response.read(count, decode_content=True)
    except (OSError, HTTPError, HTTPException):
        return b""


def _answer(connection: HTTPConnection, request: Request) -> BaseHTTPResponse:
    headers = {"Host": request.url.authority, **request.headers}
    connection.request(request.method, request.url.target, body=request.body, headers=headers, preload_content=False)
    return connection.getresponse()


@contextmanager
def _connected(url: Url, endpoints: tuple[Endpoint, ...], deadline: float) -> Iterator[HTTPConnection]:
    with _wire(_open(url, endpoints, deadline), url) as wire, _cut_off(wire, deadline):
        _shake_hands(wire, url, deadline)
        connection = HTTPConnection(url.host, url.port, timeout=None)
        connection.sock = wire
        with closing(connection):
            yield connection


def _open(url: Url, endpoints: tuple[Endpoint, ...], deadline: float) -> socket.socket:
    """A connection to the first endpoint that accepts one."""
    for endpoint in endpoints:
        _refuse_late(url, deadline)
        with suppress(OSError):
            return _connection(endpoint, min(CONNECT_SECONDS, deadline - time.monotonic()))
    _refuse_late(url, deadline)
    raise ConnectFailed(f"No connection to {url.host_and_port} could be made")


def _connection(endpoint: Endpoint, seconds: float) -> socket.socket:
    attempt = socket.socket(endpoint.family, socket.SOCK_STREAM)
    attempt.settimeout(max(0.001, seconds))
    try:
        attempt.connect(endpoint.address)
    except OSError:
        attempt.close()
        raise
    attempt.settimeout(None)
    return attempt


def _wire(plain: socket.socket, url: Url) -> socket.socket:
    """The socket to speak HTTP on, the TLS handshake still to come."""
    if url.scheme == "http":
        return plain
    return _tls().wrap_socket(plain, server_hostname=url.host.removesuffix("."), do_handshake_on_connect=False)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Checks the chain and the host's name, as `ssl.create_default_context` has it."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def _cut_off(wire: socket.socket, deadline: float) -> Iterator[None]:
    """Ends the connection at the deadline, whatever it is doing: time-outs of single reads let a slow peer go on."""
    timer = threading.Timer(deadline - time.monotonic(), _shut_down, args=(wire,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut_down(wire: socket.socket) -> None:
    with suppress(OSError):
        # Not SSLSocket's own, which would also drop the TLS state under a reader.
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


def _shake_hands(wire: socket.socket, url: Url, deadline: float) -> None:
    if not isinstance(wire, ssl.SSLSocket):
        return
    try:
        wire.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise ConnectFailed(f"The certificate of {url.host} was not accepted: {error.verify_message}") from error
    except OSError as error:
        _refuse_late(url, deadline)
        raise ConnectFailed(f"No TLS connection to {url.host_and_port} could be made") from error


def _refuse_late(url: Url, deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise ActionTimeout(f"{url.host_and_port} did not answer in time")
