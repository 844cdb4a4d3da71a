"""What the tests of the actions share: a step's context, the settings, and an internet made of one local server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions import aws
from functions.actions.context import ActionContext
from functions.settings import settings

Answer = Callable[[BaseHTTPRequestHandler], None]

TOKEN = "0192f0c1d2e37a4b8c5d6e7f80912a3b:notify:0"


def make_context(seconds: float = 10.0, **changes: Any) -> ActionContext:
    """The context of a step that has `seconds` left."""
    fields: dict[str, Any] = {
        "execution_id": "0192f0c1d2e37a4b8c5d6e7f80912a3b",
        "workflow_id": "0192f0c1d2e37a4b8c5d6e7f80912a3c",
        "workspace_id": "ws_acme",
        "node": "notify",
        "visit": 0,
        "attempt": 0,
        "user": "user_admin",
        "variables": {},
        "idempotency_token": TOKEN,
        "deadline": time.monotonic() + seconds,
        "secret": {"token": "s3cret"}.__getitem__,
    }
    return ActionContext(**{**fields, **changes})


def answer(status: int = 200, body: bytes = b"{}", /, **headers: str) -> Answer:
    """A handler that answers this; `content_type` and the like name headers."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content_length": str(len(body)), "content_type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    return respond


@dataclass
class Seen:
    """A request as the server got it; header names in lower case, and what came twice as RFC 9110 reads it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A local HTTP server: what each path answers, and what was asked."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server() -> Iterator[Server]:
    local: Server

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._respond
            raise AttributeError(name)

        def _respond(self) -> None:
            self.close_connection = True
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers}
            local.seen.append(Seen(self.command, self.path, headers, body))
            try:
                local.answers.get(self.path.partition("?")[0], answer(404, b"no such path"))(self)
            except OSError:
                # The client hung up, which several tests are about.
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.block_on_close = False
    local = Server(httpd.server_address[1])
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield local
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets the process's settings, given as environment variables."""

    def configured(**variables: str) -> None:
        for name, value in {"TABLE_NAME": "table", **variables}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    for name in ("CALL_API_ALLOW", "NOTIFICATIONS_TOPIC_ARN", "EMAIL_SENDER"):
        monkeypatch.delenv(name, raising=False)
    configured()
    yield configured
    settings.cache_clear()


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS as moto plays it."""
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    aws.forget()
    with mock_aws():
        yield
    aws.forget()


@dataclass
class Internet:
    """Names and their public addresses; a connection to any of these, on any port, reaches `port` on this machine."""

    port: int
    names: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)


@pytest.fixture
def internet(server: Server, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """An internet whose every public address is the local server."""
    net = Internet(server.port)
    connect = socket.socket.connect

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        net.asked.append(host)
        if host not in net.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [_info(address, port) for address in net.names[host]]

    def connect_here(self: socket.socket, address: Any) -> None:
        net.reached.append(address[:2])
        if address[0] in net.refusing:
            raise ConnectionRefusedError
        connect(self, ("127.0.0.1", net.port))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect_here)
    return net


def _info(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
