"""The live stream over HTTP on a local AWS: what it reads, and how it holds when something goes wrong."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError
from starlette.types import Message

from functions import aws, finished
from functions.settings import settings
from functions.store.executions import Status
from functions.store.members import add_key, set_role
from functions.store.tenants import Key, Role, save_workspace
from functions.stream import Stream
from functions.watch import Pace
from local.aws import LocalAws
from local.function_url import with_context
from tests.integration.live import QUICK, Live, Streams, logged, shown, soon, watched
from tests.integration.service import ACME

THROTTLED = ClientError(
    {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}, "GetItem"
)
FAULTS: list[ClientError | BotoCoreError] = [
    THROTTLED,
    ClientError({"Error": {"Code": "InternalServerError", "Message": "no"}}, "GetItem"),
    EndpointConnectionError(endpoint_url="https://dynamodb"),
    ReadTimeoutError(endpoint_url="https://dynamodb"),
]


@pytest.fixture(scope="module", autouse=True)
def _cloud() -> Iterator[None]:
    with LocalAws(engine=False, schedule=None):
        save_workspace(ACME)
        set_role(ACME.id, "admin", Role.ADMIN)
        add_key(Key(id="key_admin", user="admin", tier="premium", roles={}))
        yield


@pytest.fixture(scope="module")
def streams() -> Iterator[Streams]:
    with Streams() as streams:
        yield streams


# -- what it tells, and what it reads for that -------------------------------------------------------------------------


def test_each_step_is_told_when_it_has_finished_and_at_last_the_end(streams: Streams) -> None:
    live = Live("a", "b")
    with streams.open(live) as opened:
        for name, percentage in (("a", 50), ("b", 100)):
            live.finish(name)
            began = time.monotonic()
            assert shown([opened.next(), opened.next()]) == [f"step {name}", f"progress {percentage}"]
            assert time.monotonic() - began < 0.5
        live.end()
        assert shown(opened.rest()) == ["complete completed"]


def test_who_comes_late_is_told_the_same_with_the_same_ids(streams: Streams) -> None:
    live = Live("a", "b", "c")
    with streams.open(live) as opened:
        live.finish("a", output={"n": 2**60})
        first = [opened.next(), opened.next()]
        live.finish("b", output="x" * 3000, in_head=False)
        with streams.open(live) as second:
            live.end(Status.FAILED, error="Node execution failed: no more")
            seen = first + opened.rest()
            assert second.rest() == seen
    assert streams.read(live) == seen
    assert shown(seen[-2:]) == ["error Execution failed: no more", "complete failed"]
    for i, event in enumerate(seen[:-1]):
        assert streams.read(live, event.id) == seen[i + 1 :]


def test_while_nothing_moves_a_poll_is_one_read_of_the_head(streams: Streams) -> None:
    live = Live("a", "b")
    live.finish("a", output="x" * 3000, in_head=False)
    with streams.open(live) as opened, watched(aws.dynamodb(), aws.s3()) as calls:
        opened.next()
        calls.during(0.1)
        made = calls.during(0.5)
    assert set(made) == {"GetItem"}
    assert 0.5 / QUICK.latest / 2 < len(made) <= 0.5 / QUICK.soonest


def test_steps_are_read_when_the_log_has_grown_and_only_the_new_ones(streams: Streams) -> None:
    live = Live("a", "b", "c")
    live.finish("a", "b", output="x" * 3000, in_head=False)
    with streams.open(live) as opened:
        for _ in range(4):
            opened.next()
        with watched(aws.dynamodb()) as calls:
            live.finish("c", in_head=True)
            assert opened.next().data["node_id"] == "c"
            assert "BatchGetItem" not in calls.made
            assert "Query" not in calls.made


def test_a_large_output_comes_whole_from_s3_in_pieces_that_no_slow_client_makes_wait_in_memory() -> None:
    live = Live("a")
    output = ["Grüße " * 10] * 5000
    live.finish("a", output=output, in_head=False)
    live.end()
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    scope = {"type": "http", "method": "GET", "path": live.path, "headers": [], "query_string": b""}
    context = {"requestId": "1", "identity": {"apiKeyId": "key_admin"}}
    asyncio.run(Stream(QUICK)(with_context(scope, context), receive, send))
    assert max(map(len, sent)) <= 64 * 1024
    (step,) = re.findall(r"^event: step\ndata: (.*)$", b"".join(sent).decode(), re.MULTILINE)
    assert json.loads(step)["output"] == output


def test_many_subscribers_of_one_execution_share_its_polls(streams: Streams) -> None:
    live = Live("a")

    def follow(_: int) -> list[str]:
        return shown(streams.read(live))

    with ThreadPoolExecutor(20) as clients, watched(aws.dynamodb()) as calls:
        followed = [clients.submit(follow, i) for i in range(20)]
        soon(lambda: calls.made.count("BatchGetItem") >= 20)
        time.sleep(0.2)
        made = calls.during(0.5)
        live.finish("a")
        live.end()
        assert {tuple(each.result(timeout=5)) for each in followed} == {
            ("step a", "progress 100", "complete completed")
        }
    assert len(made) <= 0.5 / QUICK.soonest


def test_an_execution_that_never_moves_is_polled_ever_less_and_its_clients_hear_that_the_stream_is_there(
    streams: Streams,
) -> None:
    live = Live("a")
    with streams.open(live) as opened:
        time.sleep(0.8)
        live.finish("a")
        opened.next()
        assert opened.reader.comments >= 3


def test_the_pause_between_polls_grows_from_100_milliseconds_to_a_second() -> None:
    pace = Pace()
    assert [pace.pause(idle) for idle in (0, 0.5, 1, 2, 5, 10, 3600)] == [0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.0]
    assert pace.heartbeat == 15


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_while_the_store_fails_for_a_while_the_stream_stays_and_then_goes_on(
    streams: Streams, fault: ClientError | BotoCoreError
) -> None:
    live = Live("a", "b", "c")
    live.finish("a")
    with streams.open(live) as opened, watched(aws.dynamodb(), aws.s3()) as calls:
        assert shown([opened.next(), opened.next()]) == ["step a", "progress 33"]
        live.finish("b", output="x" * 200_000, in_head=False)
        with calls.failing(fault):
            time.sleep(0.6)
        live.finish("c")
        live.end()
        assert shown(opened.rest()) == ["step b", "progress 67", "step c", "progress 100", "complete completed"]
        assert opened.reader.comments >= 2


def test_where_only_large_outputs_cannot_be_read_their_step_waits_and_none_is_passed_over(streams: Streams) -> None:
    live = Live("a", "b")
    with streams.open(live) as opened, watched(aws.s3()) as calls:
        calls.made.clear()
        live.finish("a", output="x" * 200_000, in_head=False)
        with calls.failing(THROTTLED):
            live.finish("b")
            time.sleep(0.4)
        live.end()
        assert shown(opened.rest()) == ["step a", "progress 50", "step b", "progress 100", "complete completed"]


def test_where_the_store_fails_for_longer_the_response_ends_and_the_client_resumes(streams: Streams) -> None:
    live = Live("a", "b")
    live.finish("a")
    with streams.open(live) as opened, watched(aws.dynamodb()) as calls, logged() as records:
        seen = [opened.next(), opened.next()]
        with calls.failing(THROTTLED):
            began = time.monotonic()
            assert opened.rest() == []
            assert time.monotonic() - began > QUICK.patience / 2
    live.finish("b")
    live.end()
    resumed = streams.read(live, opened.reader.last_event_id)
    assert shown(seen + resumed) == ["step a", "progress 50", "step b", "progress 100", "complete completed"]
    assert [(record["level"], record["execution_id"]) for record in records()] == [
        ("WARNING", live.execution.id),
        ("ERROR", live.execution.id),
    ]


def test_a_client_that_comes_while_the_store_fails_waits_and_is_not_turned_away(streams: Streams) -> None:
    live = Live("a")
    with watched(aws.dynamodb()) as calls, ThreadPoolExecutor(1) as clients:
        with calls.failing(THROTTLED):
            answer = clients.submit(streams.read, live)
            time.sleep(0.3)
            assert not answer.done()
        live.finish("a")
        live.end()
        assert shown(answer.result(timeout=5)) == ["step a", "progress 100", "complete completed"]


def test_a_client_that_would_wait_for_too_long_is_told_so_with_an_id_that_the_log_has(streams: Streams) -> None:
    live = Live("a")
    with watched(aws.dynamodb()) as calls, calls.failing(THROTTLED), logged() as records:
        answer = streams.get(live)
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
    request_id = answer.headers["X-Request-Id"]
    assert answer.json()["details"] == {"request_id": request_id}
    assert "slow down" not in answer.text
    assert request_id in {record.get("request_id") for record in records()}


@pytest.mark.parametrize("how", ["deleted", "expired"])
def test_an_execution_that_is_deleted_ends_with_an_error(
    streams: Streams, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live("a", "b")
    live.finish("a")
    with streams.open(live) as opened:
        seen = [opened.next(), opened.next()]
        if how == "deleted":
            live.delete()
        else:
            later = replace(live.execution, expires_at=1)
            monkeypatch.setattr("functions.store.executions.Execution.from_item", lambda _: later)
            monkeypatch.setattr("functions.store.executions.read", lambda _: None)
        (error,) = opened.rest()
    assert (error.type, error.data, error.id) == ("error", {"message": "The execution no longer exists"}, seen[-1].id)
    if how == "deleted":
        assert streams.get(live).status_code == 404


def test_a_fault_of_ours_is_told_to_the_client_and_to_the_log_and_not_repeated_for_ever(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "tell-tale"

    def broken(*_: object) -> None:
        raise RuntimeError(secret)

    live = Live("a")
    with streams.open(live) as opened, logged() as records:
        monkeypatch.setattr(finished, "progress_with", broken)
        live.finish("a")
        (error,) = opened.rest()
    assert (error.type, error.data) == ("error", {"message": "The stream failed on our side"})
    (record,) = [record for record in records() if record.get("error_type") == "RuntimeError"]
    assert (record["level"], record["execution_id"]) == ("ERROR", live.execution.id)
    assert secret not in json.dumps(record)


# -- ends --------------------------------------------------------------------------------------------------------------


def test_a_response_ends_by_itself_and_the_next_one_goes_on_where_it_was() -> None:
    live = Live("a", "b")
    with Streams(replace(QUICK, response=0.3)) as streams:
        live.finish("a")
        began = time.monotonic()
        seen = streams.read(live)
        assert 0.2 < time.monotonic() - began < 2
        assert shown(seen) == ["step a", "progress 50"]
        with streams.open(live, seen[-1].id) as opened:
            assert opened.connected.id == seen[-1].id
            live.finish("b")
            live.end()
            assert shown(opened.rest()) == ["step b", "progress 100", "complete completed"]


def test_how_long_a_response_lasts_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAM_SECONDS", "0.3")
    settings.cache_clear()
    with Streams(replace(QUICK, response=None)) as streams:
        began = time.monotonic()
        assert streams.read(Live("a")) == []
        assert 0.2 < time.monotonic() - began < 2
    monkeypatch.undo()
    settings.cache_clear()
    assert settings().stream_seconds == 300


def test_who_has_seen_the_complete_gets_204(streams: Streams) -> None:
    live = Live("a")
    live.finish("a")
    live.end()
    last = streams.read(live)[-1]
    response = streams._client.get(live.path, headers={"Last-Event-ID": str(last.id)})
    assert (response.status_code, response.content) == (204, b"")


def test_when_the_last_client_has_left_nothing_is_read_any_more(streams: Streams) -> None:
    live = Live("a")
    with watched(aws.dynamodb()) as calls:
        with streams.open(live):
            assert calls.during(0.3)
        time.sleep(0.1)
        assert calls.during(0.3) == []


def test_a_client_that_leaves_while_steps_are_read_leaves_the_reading_to_the_others(streams: Streams) -> None:
    live = Live("a")
    reading, most = 0, 0

    def slow(**_: object) -> None:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        time.sleep(0.3)
        reading -= 1

    event = "before-call.s3.GetObject"
    with streams.open(live) as stays:
        aws.s3().meta.events.register_first(event, slow)
        live.finish("a", output="x" * 200_000, in_head=False)
        try:
            with streams.open(live, "x"):
                soon(lambda: most > 0)
            live.end()
            assert shown(stays.rest()) == ["step a", "progress 100", "complete completed"]
        finally:
            aws.s3().meta.events.unregister(event, slow)
    assert most == 1, "two threads read the steps at once"


def test_when_the_service_stops_responses_end_in_good_order_and_so_do_those_that_still_come() -> None:
    live = Live("a")
    live.finish("a")
    streams = Streams()
    with streams.open(live) as opened:
        opened.next()
        began = time.monotonic()
        streams.app.stop()
        assert shown(opened.rest()) == ["progress 100"]
        assert time.monotonic() - began < 1
    assert streams.read(live) == []
    began = time.monotonic()
    streams.__exit__()
    assert time.monotonic() - began < 2
