"""`python -m benchmarks.load.target PORT`: what the workflows of the load call. It counts by the idempotency token.

`/ok` answers 200, `/flaky` fails the first time that a token comes, `/broken` always, `/large/<bytes>` answers so much.
GET of `/calls` gives the statuses that each token was answered, in order.
"""

import json
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_calls: dict[str, list[int]] = defaultdict(list)
_lock = threading.Lock()


def answer(path: str, token: str) -> tuple[int, object]:
    """The status and the document of the answer to a call."""
    with _lock:
        answered = _calls[token]
        failing = path == "/broken" or (path == "/flaky" and not answered)
        status = {"/broken": 500, "/flaky": 503}[path] if failing else 200
        answered.append(status)
    return status, {"text": "x" * int(path.removeprefix("/large/"))} if path.startswith("/large/") else {"ok": True}


class _Front(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        with _lock:
            document = dict(_calls) if self.path == "/calls" else {"ok": True}
        self._send(200, document)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._send(*answer(self.path, self.headers["Idempotency-Key"]))

    def _send(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    _Server(("127.0.0.1", int(sys.argv[1])), _Front).serve_forever()
