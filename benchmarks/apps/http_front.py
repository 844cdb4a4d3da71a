"""The least of an HTTP server: one function answers every request, on connections that stay open."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[str], tuple[int, object]]
"""From a path to the status and the document of its answer."""


def serve(port: int, answer: Answer) -> None:
    """Answers until the process is ended. GET of `/` answers 200 by itself, as a sign of life."""
    front = type("Front", (_Front,), {"answer": staticmethod(answer)})
    ThreadingHTTPServer(("127.0.0.1", port), front).serve_forever()


class _Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    answer: Answer

    def do_GET(self) -> None:
        self._send(*((200, {"ok": True}) if self.path == "/" else self.answer(self.path)))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._send(*self.answer(self.path))

    def _send(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
