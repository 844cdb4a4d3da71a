"""Watching an execution for everybody in this process who streams it: one reader, whose polls and events they share.

While nothing moves, a poll is one read of the head. Steps are read when the log has grown, by the first subscriber who
needs them, and the events that are written of them serve the others. All of it runs in one event loop; what calls AWS
runs on threads.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from functions import audit
from functions.events import read_id, resumed
from functions.finished import FinishedSteps, StepMissing
from functions.routes.events import Sent, following
from functions.routes.table import Dialect
from functions.store import executions, table
from functions.store.executions import Execution
from functions.tickets import SecretUnreadable

Found = TypeVar("Found")

STORE_FAULTS = (*table.FAULTS, StepMissing, SecretUnreadable)
"""What reading fails with when AWS throttles or fails, or is deleting; anything else is a fault of ours."""

_KEPT_BYTES = 1_000_000
"""Of the events that an execution's subscribers share; who is further behind has them read again."""


class StoreLost(Exception):
    """Raised when the store has failed for longer than anybody should be kept waiting."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often is looked, and how long is waited; all in seconds."""

    soonest: float = 0.1
    latest: float = 1.0
    heartbeat: float = 15.0
    opening: float = 10.0
    """How long a client may wait for its first byte while the store fails: an EventSource gives up on an error."""
    patience: float = 30.0
    """How long the store may fail in the middle of a response before that ends, so that its client comes again."""
    response: float | None = None
    """The longest that a response lasts; None: as the settings say."""

    def pause(self, idle: float) -> float:
        """How long until the next look at an execution that has not moved for `idle` seconds."""
        return min(self.latest, max(self.soonest, idle / 10))


GONE = "The execution no longer exists"
BROKEN = "The stream failed on our side"
QUIETLY = ""
"""Why a stream is over before its execution is: what subscribers are told, nothing where they are to come again."""


class Watcher:
    """One execution, watched for as long as it has subscribers."""

    def __init__(self, execution: Execution, pace: Pace) -> None:
        self.over: str | None = None
        self.subscribers = 0
        self._head = execution
        self._pace = pace
        self._finished: FinishedSteps | None = None
        self._kept: dict[tuple[Dialect, int], Sent] = {}
        self._nothing: tuple[Execution | None, int] = (None, 0)
        """A head, and a position behind which it has nothing."""
        self._moved = asyncio.Event()
        self._reading = asyncio.Lock()
        self._polling = asyncio.create_task(self._poll())

    def see(self, head: Execution) -> bool:
        """Takes a head that was read; whether it is further than the one before."""
        before = self._head
        if before.status.is_terminal or (len(head.log) <= len(before.log) and head.status == before.status):
            return False
        self._head = head
        self._wake()
        return True

    def end(self, why: str) -> None:
        """Ends every subscriber's response."""
        if self.over is None:
            self.over = why
        self._polling.cancel()
        self._wake()

    async def position(self, last_event_id: str | None) -> tuple[int, bool]:
        """Where a client goes on that has seen this id, and whether it has seen everything. Raises StoreLost."""
        return await asyncio.shield(self._position(read_id(last_event_id)))

    async def next(self, seen: int, dialect: Dialect) -> list[Sent]:
        """The next events behind `seen`, once there are some; none where the stream is over."""
        while self.over is None:
            moved = self._moved
            # Whoever leaves while it reads leaves the reading to the others.
            if found := self._kept_behind(seen, dialect) or await asyncio.shield(self._read(seen, dialect)):
                return found
            if self.over is None:
                await moved.wait()
        return []

    async def _position(self, position: int) -> tuple[int, bool]:
        async with self._reading:
            head = self._head
            extent = await self._patiently(lambda: self._follow(head).extent(position), self._pace.opening)
        position = resumed(position, extent)
        return position, extent.is_complete(position)

    async def _read(self, seen: int, dialect: Dialect) -> list[Sent]:
        async with self._reading:
            head = self._head
            if self.over is not None or (self._nothing[0] is head and self._nothing[1] == seen):
                return []
            if found := self._kept_behind(seen, dialect):
                return found
            try:
                found = await self._patiently(
                    lambda: following(self._follow(head), head, seen, dialect), self._pace.patience
                )
            except StoreLost:
                self.end(QUIETLY)
            except Exception as error:  # noqa: BLE001 - the boundary of a response: its client and the log hear of it
                self._break(error)
            if not found:
                self._nothing = (head, seen)
            self._keep(found, dialect)
            return found

    async def _poll(self) -> None:
        moved = time.monotonic()
        try:
            while not self._head.status.is_terminal:
                await asyncio.sleep(self._pace.pause(time.monotonic() - moved))
                read = partial(executions.read, self._head.id)
                head = await self._patiently(read, self._pace.patience)
                if head is None:
                    self.end(GONE)
                    break
                if self.see(head):
                    moved = time.monotonic()
        except StoreLost:
            self.end(QUIETLY)
        except Exception as error:  # noqa: BLE001 - see above
            self._break(error)

    def _break(self, error: Exception) -> None:
        audit.logger.error("A stream failed", extra={"execution_id": self._head.id} | audit.trace(error))
        self.end(BROKEN)

    async def _patiently(self, call: Callable[[], Found], seconds: float) -> Found:
        return await patiently(call, self._pace, seconds, execution_id=self._head.id)

    def _follow(self, head: Execution) -> FinishedSteps:
        if self._finished is None:
            self._finished = FinishedSteps(head)
        self._finished.follow(head)
        return self._finished

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _kept_behind(self, seen: int, dialect: Dialect) -> list[Sent]:
        """The events behind `seen`, without a gap, that were written before."""
        found: list[Sent] = []
        while event := self._kept.get((dialect, seen + 1 + len(found))):
            found.append(event)
        return found

    def _keep(self, events: list[Sent], dialect: Dialect) -> None:
        """Keeps these events, and lets go of the oldest where together they are too large."""
        older = list(self._kept)
        self._kept |= {(dialect, event.number): event for event in events}
        excess = sum(len(event.body) for event in self._kept.values()) - _KEPT_BYTES
        for place in older:
            if excess <= 0:
                return
            excess -= len(self._kept.pop(place).body)


async def patiently(call: Callable[[], Found], pace: Pace, seconds: float, **fields: str) -> Found:
    """What `call` gives on a thread, tried again while the store fails; `fields` go into the log.

    Raises StoreLost after `seconds`, and whatever else `call` raises.
    """
    began, is_first = time.monotonic(), True
    while True:
        try:
            return await run_in_threadpool(call)
        except STORE_FAULTS as error:
            fields["error_type"] = type(error).__name__
            if time.monotonic() - began >= seconds:
                audit.logger.error("The store has not answered a stream for too long", extra=fields)
                raise StoreLost from error
            if is_first:
                audit.logger.warning("The store does not answer a stream", extra=fields)
            is_first = False
        await asyncio.sleep(pace.pause(time.monotonic() - began))


class Watchers:
    """The executions that are watched now, by id."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._watchers: dict[str, Watcher] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = False

    @contextmanager
    def watch(self, execution: Execution) -> Iterator[Watcher]:
        """The watcher of an execution, shared with whoever else has it open."""
        self._loop = asyncio.get_running_loop()
        watcher = self._watchers.get(execution.id)
        if watcher is None or watcher.over is not None:
            watcher = self._watchers[execution.id] = Watcher(execution, self.pace)
        watcher.see(execution)
        watcher.subscribers += 1
        if self._stopped:
            watcher.end(QUIETLY)
        try:
            yield watcher
        finally:
            watcher.subscribers -= 1
            if not watcher.subscribers:
                watcher.end(QUIETLY)
                if self._watchers.get(execution.id) is watcher:
                    del self._watchers[execution.id]

    def stop(self) -> None:
        """Ends every response, those too that begin later, so that their clients go on elsewhere. From any thread."""
        self._stopped = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for watcher in self._watchers.values():
            watcher.end(QUIETLY)
