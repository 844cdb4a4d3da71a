import gzip
import logging
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from functions.actions import exchange
from functions.actions.addresses import Endpoint
from functions.actions.call_api import call_api
from functions.actions.call_config import CallApiConfig
from functions.actions.errors import (
    ActionTimeout,
    ConnectFailed,
    HttpStatusError,
    RedirectNotAllowed,
    ResponseTooLarge,
    ResponseUnreadable,
)
from functions.actions.registry import JsonObject, actions, run
from functions.actions.urls import Url
from tests.unit.functions.actions.conftest import Answer, Internet, Server, answer, make_context

LIMIT = 1_000_000


def call(url: str, seconds: float = 10.0, **config: Any) -> JsonObject:
    return run(actions()["call_api"], {"url": url, **config}, make_context(seconds))


def threads_of_calls() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "action-call_api"]


@pytest.fixture(autouse=True)
def reachable(configure: Callable[..., None], server: Server) -> None:
    configure(CALL_API_ALLOW=f"127.0.0.1:{server.port}")


def raw(sent: bytes) -> Answer:
    """A handler that sends these bytes and nothing else."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(sent)

    return respond


def endless(first: bytes, piece: bytes, pause: float = 0.0) -> Answer:
    """A handler that sends `first`, then `piece` again and again until the client is gone."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(first)
        while True:
            handler.wfile.write(piece)
            time.sleep(pause)

    return respond


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK, b"X"),
        (OK + b"Content-Length: 500\r\n\r\n", b"x"),
        (OK + b"\r\n", b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
        (b"HTTP/1.1 500 Oops\r\n\r\n", b"x"),
    ],
    ids=["silent", "status", "continue", "header", "length", "close", "chunked", "chunk-size", "gzip", "error"],
)
def test_a_server_that_never_comes_to_an_end_is_cut_off_at_the_deadline(
    first: bytes, piece: bytes, server: Server
) -> None:
    server.answers["/"] = endless(first, piece, pause=0.02)
    started = time.monotonic()
    with pytest.raises(ActionTimeout, match=r"^call_api did not finish within \d+ ms$|did not answer in time$"):
        call(server.url, seconds=0.3)
    assert time.monotonic() - started < 1.5
    # The call's own thread ends with its connection: nothing goes on behind the step's back.
    for thread in threads_of_calls():
        thread.join(2)
    assert threads_of_calls() == []


@pytest.mark.parametrize("status", [b"200 OK", b"500 Oops"])
def test_an_answer_cut_by_the_deadline_is_never_taken_for_a_whole_one(status: bytes, server: Server) -> None:
    server.answers["/"] = endless(b"HTTP/1.1 " + status + b"\r\n\r\n", b"x", pause=0.01)
    with pytest.raises(ActionTimeout, match=rf"^127\.0\.0\.1:{server.port} did not answer in time$"):
        call_api(CallApiConfig(url=server.url), make_context(0.2))


def test_a_server_that_does_not_read_cannot_hold_a_call(configure: Callable[..., None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = deaf.getsockname()[1]
        configure(CALL_API_ALLOW=f"127.0.0.1:{port}")
        with pytest.raises(ActionTimeout):
            call(f"http://127.0.0.1:{port}/", seconds=0.3, method="POST", body="x" * 900_000)
        for thread in threads_of_calls():
            thread.join(2)
        assert threads_of_calls() == []


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HELLO\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"Content-Length: 10\r\n\r\nshort",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        OK + b"Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\nContent-Length: 1\r\n\r\na",
        OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
        OK + b"X: x\r\n" * 101 + b"\r\n",
    ],
)
def test_what_is_not_a_whole_http_answer_fails(sent: bytes, server: Server) -> None:
    server.answers["/"] = raw(sent)
    with pytest.raises(ResponseUnreadable, match=rf"^The answer of 127\.0\.0\.1:{server.port} could not be read"):
        call(server.url)


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_not(server: Server) -> None:
    server.answers["/most"] = answer(200, b"x" * (LIMIT - 100), content_type="text/plain")
    server.answers["/over"] = answer(200, b"x" * (LIMIT + 1), content_type="text/plain")
    assert len(call(server.url + "/most")["body"]) == LIMIT - 100
    with pytest.raises(ResponseTooLarge, match="more than 1,000,000 bytes"):
        call(server.url + "/over")


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"\r\n", b"x" * 65_536),
        (b"Content-Length: 99999999999\r\n\r\n", b"x" * 65_536),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    ],
)
def test_an_endless_body_is_given_up_at_the_limit(head: bytes, piece: bytes, server: Server) -> None:
    server.answers["/"] = endless(OK + head, piece)
    with pytest.raises(ResponseTooLarge, match="more than 1,000,000 bytes"):
        call(server.url)


def deflated(data: bytes, wbits: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: deflated(data, -15)),
        ("gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
    ],
)
def test_a_compressed_answer_is_read_and_a_bomb_bursts_at_the_limit(
    encoding: str, compress: Callable[[bytes], bytes], server: Server
) -> None:
    server.answers["/small"] = answer(200, compress(b'{"a": 1}'), Content_Encoding=encoding)
    bomb = compress(bytes(100_000_000))
    server.answers["/bomb"] = answer(200, bomb, Content_Encoding=encoding)
    assert call(server.url + "/small")["body"] == {"a": 1}

    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLarge):
            call(server.url + "/bomb")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_in_an_error_gives_an_excerpt_and_no_more(server: Server) -> None:
    bomb = gzip.compress(b"boom " * 20_000_000)
    server.answers["/"] = answer(500, bomb, Content_Encoding="gzip", content_type="text/plain")
    tracemalloc.start()
    try:
        with pytest.raises(HttpStatusError, match=r"answered 500: (boom ){39}boom$"):
            call(server.url)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_an_error_whose_body_cannot_be_read_still_tells_its_status(server: Server) -> None:
    server.answers["/"] = answer(502, b"not gzip", Content_Encoding="gzip")
    with pytest.raises(HttpStatusError, match=r"answered 502$"):
        call(server.url)


def test_an_answer_with_malformed_headers_does_not_put_the_url_into_the_log(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/"] = raw(OK + b"Content-Length: 0\r\nno colon here\r\n\r\n")
    with caplog.at_level(logging.DEBUG):
        call(server.url + "/?key=s3cret", headers={"Authorization": "s3cret"})
    assert "s3cret" not in caplog.text


def test_a_port_where_nobody_listens_cannot_be_connected_to(configure: Callable[..., None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    configure(CALL_API_ALLOW=f"127.0.0.1:{port}")
    with pytest.raises(ConnectFailed, match=f"No connection to 127.0.0.1:{port} could be made"):
        call(f"http://127.0.0.1:{port}/")


def test_an_address_of_a_family_that_this_machine_lacks_is_passed_over(server: Server) -> None:
    server.answers["/"] = answer()
    lacking, local = Endpoint(9_999, ("::1", 80, 0, 0)), Endpoint(socket.AF_INET, ("127.0.0.1", server.port))
    request = exchange.Request("GET", Url.parse("http://api.example/"), {}, None)
    with exchange.sent(request, (lacking, local), time.monotonic() + 5) as response:
        assert response.status == 200
    with pytest.raises(ConnectFailed), exchange.sent(request, (lacking,), time.monotonic() + 5):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for api.example, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("api.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "api.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(pem, *plain) + signed.public_bytes(pem))
    return path


class TlsServer:
    """Gives `answer` to each TLS connection, and notes the names that clients asked for."""

    def __init__(self, certificate: Path) -> None:
        self.asked_for: list[str | None] = []
        self.answer = OK + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        self.requests: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = lambda _, name, __: self.asked_for.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain:
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as wire:
                self.requests.append(wire.recv(65_536))
                wire.sendall(self.answer)
        except OSError:
            # A client that does not like the certificate hangs up.
            return


@pytest.fixture
def tls(certificate: Path, internet: Internet, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsServer]:
    """The only server of the internet now, with a certificate that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    exchange._tls.cache_clear()
    server = TlsServer(certificate)
    internet.port = server.port
    internet.names = {name: ["93.184.216.34"] for name in ("api.example", "api.example.", "evil.example")}
    internet.names["93.184.216.34"] = ["93.184.216.34"]
    yield server
    server.close()
    exchange._tls.cache_clear()


@pytest.mark.parametrize("host", ["api.example", "API.example", "api.example."])
def test_tls_is_spoken_with_the_urls_name_on_the_checked_address(host: str, tls: TlsServer, internet: Internet) -> None:
    assert call(f"https://{host}/x")["body"] == {}
    assert tls.asked_for == ["api.example"]
    assert f"\r\nHost: {host.lower()}\r\n".encode() in tls.requests[0]
    assert internet.reached == [("93.184.216.34", 443)]


@pytest.mark.parametrize("host", ["evil.example", "93.184.216.34"])
def test_a_certificate_for_another_name_is_refused(host: str, tls: TlsServer) -> None:
    with pytest.raises(ConnectFailed, match=f"^The certificate of {host} was not accepted: .*mismatch"):
        call(f"https://{host}/")
    assert tls.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tls: TlsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    exchange._tls.cache_clear()
    with pytest.raises(ConnectFailed, match=r"^The certificate of api\.example was not accepted: self.signed"):
        call("https://api.example/")


def test_a_redirect_from_https_to_http_is_not_followed(tls: TlsServer, internet: Internet) -> None:
    tls.answer = b"HTTP/1.1 302 Found\r\nLocation: http://api.example/\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(RedirectNotAllowed, match=r"api\.example:443 redirected from https to http"):
        call("https://api.example/")
    assert len(internet.reached) == 1


def test_a_server_that_speaks_no_tls_cannot_be_connected_to(server: Server, internet: Internet) -> None:
    internet.names = {"api.example": ["93.184.216.34"]}
    with pytest.raises(ConnectFailed, match=r"No TLS connection to api\.example:443 could be made"):
        call("https://api.example/")


def test_a_handshake_that_never_ends_is_cut_off_at_the_deadline(internet: Internet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        internet.port = mute.getsockname()[1]
        internet.names = {"api.example": ["93.184.216.34"]}
        with pytest.raises(ActionTimeout):
            call("https://api.example/", seconds=0.2)
        for thread in threads_of_calls():
            thread.join(2)
        assert threads_of_calls() == []
