"""An HTTP server on this machine for `call_api` to call, which remembers what it was asked."""

import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it came; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    at: float


class Target:
    """Answers by path: `/echo…` what it was sent, `/text`, `/status/<n>`, `/flaky/<n>/…`
    (fails n times), `/slow/<ms>`, `/slow-failure/<ms>`, `/large/<bytes>`, `/raw?body=…`.

    Tests tell their requests apart by what follows in the path.
    """

    def __init__(self) -> None:
        target = self
        self._seen: list[Seen] = []
        self._failures: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length).decode()
                seen = Seen(self.command, self.path, headers, body, time.monotonic())
                status, content_type, content = target.answer(seen)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the test says what matters."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Nothing: a client that has given up is part of some tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def seen(self, path: str) -> list[Seen]:
        """The requests to this path, in their order."""
        with self._lock:
            return [seen for seen in self._seen if urlsplit(seen.path).path == path]

    def answer(self, seen: Seen) -> tuple[int, str, bytes]:
        path = urlsplit(seen.path).path
        with self._lock:
            self._seen.append(seen)
            self._failures[path] += 1
            tries = self._failures[path]
        _, kind, argument, *_ = [*path.split("/"), "", ""]
        match kind:
            case "status":
                return int(argument), "text/plain", f"it was {argument}".encode()
            case "flaky":
                failing = tries <= int(argument)
                return 503 if failing else 200, "application/json", json.dumps({"tries": tries}).encode()
            case "slow-failure":
                time.sleep(int(argument) / 1000)
                return 500, "text/plain", b"at last"
            case "slow":
                time.sleep(int(argument) / 1000)
                return 200, "application/json", b'{"slow": true}'
            case "text":
                return 200, "text/plain; charset=utf-8", "just text – no JSON".encode()
            case "raw":
                return 200, "application/json", parse_qs(urlsplit(seen.path).query)["body"][0].encode()
            case "large":
                return 200, "text/plain", b"x" * int(argument)
            case _:
                return 200, "application/json", json.dumps(_echo(seen)).encode()


def _echo(seen: Seen) -> dict[str, Any]:
    return {
        "method": seen.method,
        "path": seen.path,
        "body": _meaning(seen.body),
        "secret": seen.headers.get("x-secret"),
    }


def _meaning(body: str) -> Any:
    """What a body says: text stays text."""
    try:
        return json.loads(body) if body else None
    except json.JSONDecodeError:
        return body
