"""A hostile API: it sends its callers elsewhere, drowns them, keeps them waiting, or tells what it was asked."""

import gzip
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_ENDLESS = {
    "endless": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 0.0),
    "drip": (b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.2),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Many: " + b"x" * 1000 + b"\r\n", 0.0),
}
"""What an answer begins with, what follows again and again, and the seconds in between."""

BOMB = gzip.compress(bytes(200_000_000), 9)


@dataclass
class Hostile:
    """Answers by path: `/redirect/<status>?to=…`, `/again/<n>`, `/refresh?to=…`, `/bomb`, `/endless`, `/drip`,
    `/headers`, `/type`, else what it was asked."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    """Each request's method, target and Host."""

    def __post_init__(self) -> None:
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                hostile.asked.append(f"{self.command} {self.path} {self.headers.get('Host')}")
                try:
                    hostile.answer(self)
                except OSError:
                    return

            do_POST = do_GET  # noqa: N815 - the names are http.server's

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the test says what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.address.partition(":")[2])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(asked.path)
        _, kind, argument, *_ = [*parts.path.split("/"), "", ""]
        to = parse_qs(parts.query).get("to", [""])[0]
        match kind:
            case "redirect":
                _say(asked, int(argument), b"", Location=to)
            case "again":
                _say(asked, 302, b"", Location=f"/again/{int(argument) + 1}")
            case "refresh":
                page = f'<meta http-equiv="refresh" content="0; url={to}"><script>location = "{to}"</script>'
                _say(asked, 200, page.encode(), Refresh=f"0; url={to}", Content_Type="text/html")
            case "bomb":
                _say(asked, 200, BOMB, Content_Encoding="gzip")
            case "endless" | "drip" | "headers":
                _go_on(asked, *_ENDLESS[kind])
            case "type":
                _say(asked, 200, b"{}", Content_Type='application/json; a="' + ";" * 60_000)
            case _:
                said = {name.lower(): value for name, value in asked.headers.items()}
                _say(asked, 200, json.dumps({"path": asked.path, "headers": said}).encode())


def _say(asked: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    asked.send_response(status)
    for name, value in {"Content_Length": str(len(body)), "Content_Type": "application/json", **headers}.items():
        asked.send_header(name.replace("_", "-"), value)
    asked.end_headers()
    asked.wfile.write(body)


def _go_on(asked: BaseHTTPRequestHandler, first: bytes, piece: bytes, pause: float) -> None:
    asked.wfile.write(first)
    while True:
        asked.wfile.write(piece)
        time.sleep(pause)


class Trap:
    """A port on which nobody should ever connect, and how often somebody did."""

    def __init__(self) -> None:
        self.caught = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.caught += 1
            connection.close()
