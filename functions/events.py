"""The protocol of the live stream, apart from any I/O: which events follow which, what their ids mean, how they are
written.

The events of one execution are one sequence that only grows. An event's id is its number in it, from 1, so an id says
all that a server needs to go on behind it, whichever process that is:

    step 1   progress 2   step 3   progress 4   …   error (where the execution failed)   complete

`connected` is in no sequence: every response begins with it. The sections named here are those of the HTML Standard:
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sse_starlette.event import ServerSentEvent

START = 0
"""The position of who has seen nothing yet."""

RETRY_MS = 1000
"""How long a client waits before it connects again (9.2.6: a field `retry` of digits sets the reconnection time)."""

_ID = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_SEPARATOR = "\n"


class Kind(StrEnum):
    """The types of events, as both dialects name them."""

    CONNECTED = "connected"
    STEP = "step"
    PROGRESS = "progress"
    ERROR = "error"
    COMPLETE = "complete"


class Place(NamedTuple):
    """An event of the sequence: its number, and for `step` and `progress` which finished step it is about, from 0."""

    number: int
    kind: Kind
    step: int = 0


@dataclass(frozen=True)
class Extent:
    """How much of a sequence there is: so many finished steps, and its end if the execution has ended."""

    steps: int
    ended: bool = False
    failed: bool = False

    @property
    def last(self) -> int:
        """The number of the last event there is."""
        return 2 * self.steps + (self.ended + self.failed if self.ended else 0)

    def after(self, seen: int) -> Iterator[Place]:
        """The events behind the one numbered `seen`, in order."""
        return (self._place(number) for number in range(seen + 1, self.last + 1))

    def is_complete(self, seen: int) -> bool:
        """Whether `seen` is the `complete`, behind which nothing comes."""
        return self.ended and seen == self.last

    def _place(self, number: int) -> Place:
        step, is_progress = divmod(number - 1, 2)
        if step < self.steps:
            return Place(number, Kind.PROGRESS if is_progress else Kind.STEP, step)
        return Place(number, Kind.COMPLETE if number == self.last else Kind.ERROR)


def read_id(text: str | None) -> int:
    """The position that a client resumes at: the number in the id it gives, START where that is no id of ours.

    9.2.4: `Last-Event-ID` holds the last id that the client has seen; without one there is no header.
    """
    return int(text) if text and _ID.fullmatch(text) else START


def resumed(position: int, extent: Extent) -> int:
    """The position itself, or START where no such event was ever sent."""
    return position if position <= extent.last else START


def write(kind: Kind, data: str, number: int) -> bytes:
    """An event as it is sent. `data` is JSON, which has no line breaks, so that it is one `data` line.

    9.2.6: the id of an event becomes the client's last event id, which it sends when it connects again. START is
    nothing that a client could have seen: it is left out, and the client's last event id stays as it is.
    """
    return ServerSentEvent(data, event=kind, id=_id(number), sep=_SEPARATOR).encode()


def write_connected(data: str, position: int) -> bytes:
    """The event that opens a response; it repeats the position that the response goes on behind."""
    return ServerSentEvent(data, event=Kind.CONNECTED, id=_id(position), retry=RETRY_MS, sep=_SEPARATOR).encode()


HEARTBEAT = ServerSentEvent(comment="still here", sep=_SEPARATOR).encode()
"""A comment, which clients ignore (9.2.6); sent while nothing else is, lest a proxy drops the connection (9.2.7)."""


def _id(number: int) -> str | None:
    return str(number) if number != START else None
