"""Reads an event stream by the rules of the HTML Standard, and is strict where the standard is not.

What a client would have to ignore fails here: unknown fields, an event without data, bytes that are no UTF-8.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import httpx

TYPES = ("connected", "step", "progress", "error", "complete")


class Event(NamedTuple):
    """An event as it is dispatched; `id` is the one that it brings itself, if any."""

    type: str
    data: Any
    id: str | None = None


class Reader:
    """What an EventSource keeps of one connection, and of those before it."""

    def __init__(self) -> None:
        self.last_event_id = ""
        self.retry: int | None = None
        self.comments = 0
        self.open()

    def open(self) -> None:
        """A new connection: what was left unfinished in the one before is lost (9.2.6, "end of file")."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._rest = ""
        self._fields: dict[str, str] = {}

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that are complete with `chunk`."""
        # 9.2.5: lines end with CR LF, LF or CR; of these the second is enough here.
        *lines, self._rest = (self._rest + self._decoder.decode(chunk)).split("\n")
        for line in lines:
            assert "\r" not in line
            if line:
                self._take(line)
            elif event := self._dispatch():
                yield event

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        if not name:
            self.comments += 1
            return
        value = value.removeprefix(" ")
        assert name in ("event", "data", "id", "retry"), line
        if name == "retry":
            assert re.fullmatch(r"[0-9]+", value, re.ASCII)
            self.retry = int(value)
            return
        assert name not in self._fields, f"a second {name} in one event"
        assert "\0" not in value
        self._fields[name] = value

    def _dispatch(self) -> Event | None:
        fields, self._fields = self._fields, {}
        if not fields:
            return None
        self.last_event_id = fields.get("id", self.last_event_id)
        assert fields["event"] in TYPES
        return Event(fields["event"], json.loads(fields["data"]), fields.get("id"))


def read(chunks: Iterable[bytes], reader: Reader | None = None) -> list[Event]:
    """Every event of one connection."""
    reader = reader or Reader()
    reader.open()
    return [event for chunk in chunks for event in reader.feed(chunk)]


def events_of(response: httpx.Response, reader: Reader | None = None) -> Iterator[Event]:
    """The events of an open response, as they come."""
    assert response.status_code == 200, response.read()
    assert response.headers["Content-Type"].split(";")[0] == "text/event-stream"
    reader = reader or Reader()
    reader.open()
    for chunk in response.iter_raw():
        yield from reader.feed(chunk)
