"""A client of the live stream that notes when each event came, with as little of its own as can be."""

import http.client
import json
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from benchmarks.client import Unexpected


class Subscriber:
    """Follows one execution, on a thread of its own, from the moment it is made until `complete` or `close`.

    `first` is the seconds from before it connected to its first event. `steps` has the time at which each node's step
    came, in seconds since the epoch.
    """

    def __init__(self, url: str) -> None:
        self.first = 0.0
        self.steps: dict[str, float] = {}
        self._error: Exception | None = None
        self._connected, self._ended = threading.Event(), threading.Event()
        parts = urlsplit(url)
        self._path = f"{parts.path}?{parts.query}"
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        threading.Thread(target=self._follow, daemon=True).start()

    def connected(self) -> None:
        """Waits for the first event. Raises Unexpected."""
        self._wait(self._connected, 30)

    def ended(self, seconds: float) -> None:
        """Waits for `complete`. Raises Unexpected."""
        self._wait(self._ended, seconds)

    def close(self) -> None:
        """Ends the connection, wherever the stream is."""
        if sock := self._connection.sock:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _wait(self, until: threading.Event, seconds: float) -> None:
        if not until.wait(seconds) or self._error:
            raise Unexpected(f"the stream did not come as far as that: {self._error or 'time is up'}")

    def _follow(self) -> None:
        try:
            self._read()
        except (OSError, http.client.HTTPException, Unexpected) as error:
            self._error = error
            self._connected.set()
            self._ended.set()
        finally:
            self._connection.close()

    def _read(self) -> None:
        began = time.perf_counter()
        self._connection.request("GET", self._path, headers={"Accept": "text/event-stream"})
        response = self._connection.getresponse()
        if response.status != 200:
            raise Unexpected(f"{response.status}: {response.read()[:200]!r}")
        text = b""
        while not self._ended.is_set():
            piece, now = response.read1(), time.time()
            if not piece:
                raise Unexpected("it ended before its execution")
            self.first = self.first or time.perf_counter() - began
            *events, text = (text + piece).split(b"\n\n")
            for event in events:
                self._note(event.decode(), now)

    def _note(self, event: str, now: float) -> None:
        fields = dict(line.split(": ", 1) for line in event.splitlines())
        match fields.get("event"):
            case "connected":
                self._connected.set()
            case "step":
                self.steps[json.loads(fields["data"])["actionId"]] = now
            case "complete":
                self._ended.set()
