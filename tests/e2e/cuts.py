"""A TCP proxy on this machine that cuts connections, as trains, lifts and laptops do."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

Result = TypeVar("Result")

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST, and what was not sent yet is lost."""

_SEEN_SECONDS = 0.05
"""How long the client has to read the first part of what is cut in two."""


class CuttingProxy:
    """Stands before the server of a URL, which it makes its own `url` of, and cuts connections when told to.

    `requests` are the requests that clients made, as text: they are GETs, small enough to come in one piece. As a
    context it is closed at last.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server_address = parts.hostname, parts.port
        self.requests: list[str] = []
        self.cuts = 0
        self._connections: set[asyncio.StreamWriter] = set()
        self._within: bool | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        port = self._server.sockets[0].getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def cut(self) -> None:
        """Resets every connection now."""
        self._do(self._cut(reset=True))

    def cut_within_an_event(self, *, reset: bool) -> None:
        """Lets the first part of the next `step` through, but not its end; then resets every connection, or closes it.

        `cuts` counts when that has happened.
        """
        self._loop.call_soon_threadsafe(setattr, self, "_within", reset)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._server_address)
        self._connections.add(writer)
        both_ways = [self._pass_on(reader, server_writer), self._answer(server_reader, writer)]
        passing = [asyncio.ensure_future(way) for way in both_ways]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
            self._connections.discard(writer)
            writer.close()
            server_writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            self.requests.append(piece.decode("latin-1"))
            writer.write(piece)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            inside = _inside_a_step(piece) if self._within is not None else -1
            if inside < 0:
                writer.write(piece)
                continue
            reset, self._within = bool(self._within), None
            writer.write(piece[:inside])
            await asyncio.sleep(_SEEN_SECONDS)
            await self._cut(reset=reset)

    async def _cut(self, *, reset: bool) -> None:
        for writer in list(self._connections):
            if reset:
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()
            else:
                writer.close()
        self._connections.clear()
        self.cuts += 1

    async def _end(self) -> None:
        self._server.close()
        await self._cut(reset=True)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What `work` comes to, on the proxy's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


def _inside_a_step(piece: bytes) -> int:
    """A place within the data of the last `step` of these bytes; -1 where there is none."""
    event = piece.rfind(b"event: step")
    data = piece.find(b"data: ", event)
    return data + len(b"data: ") + 10 if event >= 0 and data >= 0 else -1
