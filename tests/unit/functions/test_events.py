"""The protocol of the live stream, without anything that it is sent by."""

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.events import HEARTBEAT, RETRY_MS, START, Extent, Kind, Place, read_id, resumed, write, write_connected
from tests.event_stream import Event, Reader, read


def test_a_finished_step_is_a_step_and_its_progress_each_with_a_number_of_its_own() -> None:
    assert list(Extent(2).after(START)) == [
        Place(1, Kind.STEP, 0),
        Place(2, Kind.PROGRESS, 0),
        Place(3, Kind.STEP, 1),
        Place(4, Kind.PROGRESS, 1),
    ]
    assert list(Extent(2).after(3)) == [Place(4, Kind.PROGRESS, 1)]
    assert list(Extent(2).after(4)) == []


def test_the_end_is_one_complete_and_of_a_failed_execution_one_error_before_it() -> None:
    assert list(Extent(1, ended=True).after(2)) == [Place(3, Kind.COMPLETE)]
    assert list(Extent(1, ended=True, failed=True).after(2)) == [Place(3, Kind.ERROR), Place(4, Kind.COMPLETE)]
    assert list(Extent(0, ended=True).after(START)) == [Place(1, Kind.COMPLETE)]


def test_only_the_number_of_the_complete_is_the_end() -> None:
    failed = Extent(1, ended=True, failed=True)
    assert [failed.is_complete(number) for number in range(6)] == [False, False, False, False, True, False]
    assert not Extent(1).is_complete(2)
    assert not Extent(0).is_complete(START)


@pytest.mark.parametrize("text", [None, "", "0", "-1", "1.0", "+1", " 1", "1 ", "01", "1e3", "٣", "abc", "1" * 10])
def test_an_id_that_was_never_sent_is_no_position(text: str | None) -> None:
    assert read_id(text) == START


def test_an_id_beyond_the_sequence_is_no_position_either() -> None:
    assert [resumed(number, Extent(1)) for number in (1, 2, 3)] == [1, 2, START]
    assert resumed(read_id("4"), Extent(1, ended=True, failed=True)) == 4


def test_an_event_is_read_as_it_was_written() -> None:
    data = {"text": "line\nbreak\r\n\u2028 ünï – ☃", "id: 7": "event: x"}
    assert read([write(Kind.STEP, json.dumps(data, ensure_ascii=False), 7)]) == [Event("step", data, "7")]


def test_a_response_begins_with_the_position_that_it_goes_on_behind_and_the_time_to_wait() -> None:
    reader = Reader()
    assert read([write_connected("{}", 4)], reader) == [Event("connected", {}, "4")]
    assert (reader.last_event_id, reader.retry) == ("4", RETRY_MS)


def test_at_the_start_there_is_no_id_that_a_client_would_send_back() -> None:
    reader = Reader()
    assert read([write_connected("{}", START), write(Kind.ERROR, "{}", START)], reader)[0].id is None
    assert reader.last_event_id == ""


def test_a_heartbeat_is_no_event() -> None:
    reader = Reader()
    assert read([HEARTBEAT, write(Kind.STEP, "1", 1)], reader) == [Event("step", 1, "1")]
    assert reader.comments == 1


@dataclass
class Server:
    """One execution's record, and nothing else that would not be there after a restart."""

    steps: int = 0
    ended: bool = False
    failed: bool = False

    def extent(self) -> Extent:
        return Extent(self.steps, self.ended, self.failed)

    def behind(self, position: int, most: int) -> list[tuple[int, bytes]]:
        places = list(self.extent().after(position))[:most]
        return [(place.number, write(place.kind, str(place.step), place.number)) for place in places]


@dataclass
class Client:
    """An EventSource: what it was given, and its connection, whose position only the server's process knows."""

    reader: Reader = field(default_factory=Reader)
    seen: list[Event] = field(default_factory=list)
    position: int | None = None
    is_done: bool = False

    def connect(self, server: Server) -> None:
        position = resumed(read_id(self.reader.last_event_id), server.extent())
        self.is_done = server.extent().is_complete(position)
        if self.is_done:
            return
        self.position = position
        self.reader.open()
        self.take(write_connected("{}", position))

    def take(self, sent: bytes) -> None:
        self.seen += [event for event in self.reader.feed(sent) if event.type != "connected"]


class Interleavings(RuleBasedStateMachine):
    """Steps finish, servers restart, clients come and go, in any order and in the middle of any event."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.clients = [Client()]

    @precondition(lambda self: not self.server.ended)
    @rule(count=st.integers(1, 3))
    def steps_finish(self, count: int) -> None:
        self.server.steps += count

    @precondition(lambda self: not self.server.ended)
    @rule(failed=st.booleans())
    def the_execution_ends(self, failed: bool) -> None:
        self.server.ended, self.server.failed = True, failed

    @rule()
    def another_client_comes(self) -> None:
        self.clients.append(Client())

    @rule(data=st.data())
    def a_client_connects(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        if client.position is None and not client.is_done:
            client.connect(self.server)

    @rule(data=st.data(), most=st.integers(1, 4))
    def a_poll_finds_what_is_new(self, data: st.DataObject, most: int) -> None:
        self.send(data.draw(st.sampled_from(self.clients)), most)

    @rule(data=st.data(), most=st.integers(1, 3), cut=st.integers(0, 60))
    def a_connection_breaks_in_the_middle(self, data: st.DataObject, most: int, cut: int) -> None:
        client = data.draw(st.sampled_from(self.clients))
        if client.position is not None:
            sent = b"".join(body for _, body in self.server.behind(client.position, most))
            client.take(sent[:cut])
            client.position = None

    @rule()
    def the_server_restarts(self) -> None:
        for client in self.clients:
            client.position = None
        self.server = Server(self.server.steps, self.server.ended, self.server.failed)

    @rule(data=st.data(), garbage=st.sampled_from(["x", "-1", "0", "999999"]))
    def a_client_forgets_where_it_was(self, data: st.DataObject, garbage: str) -> None:
        client = data.draw(st.sampled_from(self.clients))
        if client.position is None and not client.is_done:
            client.reader.last_event_id = garbage
            client.seen.clear()

    @invariant()
    def everybody_has_the_beginning_of_the_same_sequence(self) -> None:
        for client in self.clients:
            assert client.seen == self.sequence()[: len(client.seen)]

    def teardown(self) -> None:
        self.server.ended = True
        for client in self.clients:
            while not client.is_done:
                if client.position is None:
                    client.connect(self.server)
                elif not self.send(client, 2):
                    client.position = None
            steps = [event.data for event in client.seen if event.type == "step"]
            assert steps == list(range(self.server.steps)), "each step once, in order"
            assert [event.type for event in client.seen].count("complete") == 1
            assert client.seen == self.sequence()

    def send(self, client: Client, most: int) -> bool:
        if client.position is None:
            return False
        sent = self.server.behind(client.position, most)
        for number, body in sent:
            client.position = number
            client.take(body)
        return bool(sent)

    def sequence(self) -> list[Event]:
        """What there is until now, said in another way than the protocol says it."""
        types = [type for _ in range(self.server.steps) for type in ("step", "progress")]
        found = [Event(type, i // 2, str(i + 1)) for i, type in enumerate(types)]
        if self.server.ended:
            ends = ["error", "complete"] if self.server.failed else ["complete"]
            found += [Event(type, 0, str(len(types) + 1 + i)) for i, type in enumerate(ends)]
        return found


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
