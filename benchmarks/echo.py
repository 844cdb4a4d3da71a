"""`python -m benchmarks.echo PORT`: answers every request at once, for `call_api`.

A path `/flaky/…` answers 503 twice before it answers 200.
"""

import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_BODY = b'{"ok": true}'
_FAILURES = 2

_asked: Counter[str] = Counter()


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        _asked[self.path] += 1
        fails = self.path.startswith("/flaky/") and _asked[self.path] <= _FAILURES
        self.send_response(503 if fails else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_BODY)))
        self.end_headers()
        self.wfile.write(_BODY)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
