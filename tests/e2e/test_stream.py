"""Live streams as clients see them: what they are told, and how they go on after a break."""

import asyncio
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.client import ACME, WS, Client, Workflow, node, note, wait
from tests.e2e.shapes import EXEC, ISO, UUID, assert_shape
from tests.e2e.streams import Json, begin, opened, paths, publish, read
from tests.event_stream import Event, Reader, events_of

V1_STEP = {"node_id": str, "node_type": str, "status": str, "output": (dict, None), "error": (str, None)}
V1_STEP |= {"duration_seconds": (float, None), "visit": int}
WS_STEP = {"actionId": str, "actionType": str, "status": str, "output": (dict, None), "error": (str, None)}
WS_STEP |= {"durationMs": (int, None), "visit": int}
COUNTS = ("total", "completed", "successful", "failed")


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return publish(admin)


@pytest.fixture(scope="module")
def ended(admin: Client, workflow: Workflow) -> Json:
    """An execution that completed."""
    return admin.run(workflow, triggerData={"go": True, "title": "T"})


# -- what is told ------------------------------------------------------------------------------------------------------


def test_v1_events_are_as_described_in_its_spelling(admin: Client, ended: Json) -> None:
    with opened(admin, paths(ended)[0]) as response:
        connected, *events = events_of(response)
    assert_shape(connected.data, {"execution_id": UUID, "timestamp": ISO})
    assert connected.id is None
    assert [event.type for event in events] == ["step", "progress"] * 3 + ["complete"]
    steps = [event.data for event in events if event.type == "step"]
    for step in steps:
        assert_shape(step, V1_STEP)
    assert [(step["node_id"], step["node_type"], step["status"]) for step in steps] == [
        ("first", "send_notification", "completed"),
        ("check", "condition", "completed"),
        ("task", "create_task", "completed"),
    ]
    for i, progress in enumerate([event.data for event in events if event.type == "progress"], 1):
        assert [progress[f"{name}_steps"] for name in COUNTS] == [3, i, i, 0]
        assert (progress["percentage"], progress["status"]) == ([33, 67, 100][i - 1], "running")
    assert_shape(
        events[-1].data, {"status": "completed", "duration_seconds": float, "completed_at": ISO, "error": None}
    )


def test_workspaces_events_are_as_its_document_shows(admin: Client, ended: Json) -> None:
    with opened(admin, paths(ended)[1]) as response:
        connected, *events = events_of(response)
    assert_shape(connected.data, {"executionId": EXEC, "timestamp": ISO})
    assert [event.type for event in events] == ["step", "progress"] * 3 + ["complete"]
    shown = {step["actionId"]: step for step in ended["steps"]}
    for step in [event.data for event in events if event.type == "step"]:
        assert_shape(step, WS_STEP)
        assert step == {name: shown[step["actionId"]][name] for name in step}
    for i, progress in enumerate([event.data for event in events if event.type == "progress"], 1):
        assert [progress[f"{name}Steps"] for name in COUNTS] == [3, i, i, 0]
        assert (progress["percentage"], progress["status"]) == ([33, 67, 100][i - 1], "RUNNING")
    complete = events[-1].data
    assert (complete["status"], complete["durationMs"], complete["error"]) == ("COMPLETED", ended["durationMs"], None)
    assert complete["completedAt"] == ended["completedAt"]


def test_events_come_while_the_execution_runs(admin: Client, keyless: Client) -> None:
    execution = begin(admin, admin.publish(note("before"), wait(1500, "pause"), note("after")))
    arrived: dict[str, float] = {}
    with opened(keyless, execution["streamUrl"]) as response:
        for event in events_of(response):
            arrived[event.data.get("actionId", event.type)] = time.monotonic()
    assert 1.0 < arrived["after"] - arrived["before"] < 4
    assert arrived["connected"] <= arrived["before"]
    assert list(arrived)[-1] == "complete"


def test_a_failed_execution_tells_why_before_it_is_complete(admin: Client) -> None:
    workflow = admin.publish(note("ok"), node("api", "call_api", {"url": "http://10.0.0.1/"}), note("never"))
    execution = admin.run(workflow)
    assert execution["status"] == "FAILED"
    for path, status in zip(paths(execution), ("failed", "FAILED"), strict=True):
        events = read(admin, path)
        assert [event.type for event in events] == ["step", "progress"] * 2 + ["error", "complete"]
        failed, error, complete = events[2].data, events[4].data, events[5].data
        assert (failed["status"], failed["output"]) == ("failed", None)
        assert error == {"message": f"Execution failed: {failed['error']}"}
        assert (complete["status"], complete["error"]) == (status, execution["error"])
        assert events[3].data["percentage"] == 67


def test_what_was_under_way_when_it_was_cancelled_is_told_once_before_the_complete(admin: Client) -> None:
    connections = [{"from": "begin", "to": name} for name in ("long", "slow", "quick")]
    nodes = [node("begin", "trigger"), wait(60_000, "long"), wait(900, "slow"), note("quick")]
    execution = begin(admin, admin.publish(nodes=nodes, connections=connections))
    seen: list[Event] = []
    with opened(admin, paths(execution)[1]) as response:
        for event in events_of(response):
            seen.append(event)
            if event.type == "step" and event.data["actionId"] == "quick":
                assert admin.delete(f"{WS}/executions/{execution['id']}").status_code == 200
    steps = [(event.data["actionId"], event.data["status"]) for event in seen if event.type == "step"]
    assert sorted(steps) == [("long", "cancelled"), ("quick", "success"), ("slow", "cancelled")]
    assert (seen[-1].type, seen[-1].data["status"], seen[-1].data["error"]) == (
        "complete",
        "CANCELLED",
        "Cancelled by user",
    )
    assert [event.type for event in seen].count("error") == 0
    assert read(admin, paths(execution)[1]) == seen[1:]


def test_trigger_and_end_are_no_steps_and_skipped_ones_neither(admin: Client) -> None:
    nodes = [
        node("start", "trigger"),
        node("check", "condition", {"field": "trigger.go", "operator": "exists"}),
        note("yes"),
        node("done", "end", {"output": 1}),
    ]
    connections = [
        {"from": "start", "to": "check"},
        {"from": "check", "fromPort": "true", "to": "yes"},
        {"from": "check", "fromPort": "false", "to": "done"},
        {"from": "yes", "to": "done"},
    ]
    events = read(admin, paths(admin.run(admin.publish(nodes=nodes, connections=connections)))[1])
    assert [event.type for event in events] == ["step", "progress", "complete"]
    assert (events[0].data["actionId"], events[1].data["percentage"]) == ("check", 100)


def test_a_dry_run_can_be_streamed_too(admin: Client, keyless: Client, workflow: Workflow) -> None:
    url = admin.tested(workflow, trigger_data={"go": True, "title": "T"})["stream_url"]
    assert [event.type for event in read(keyless, url)] == ["step", "progress"] * 3 + ["complete"]


def test_what_users_wrote_comes_as_it_is(admin: Client) -> None:
    text = "Zoë\r\n\ndata: x\n\nevent: complete \u2028☃ \0"
    execution = admin.run(admin.publish(note(message="{{trigger.text}}")), triggerData={"text": text})
    assert read(admin, paths(execution)[0])[0].data["output"] == execution["steps"][0]["output"]
    assert execution["steps"][0]["output"]["message"] == text


def test_the_answer_is_an_event_stream_that_nobody_stores(admin: Client, ended: Json) -> None:
    for path in paths(ended):
        answer = admin.get(path)
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Request-Id"]
        assert "retry: 1000\n" in answer.text


# -- resuming ----------------------------------------------------------------------------------------------------------


def test_from_every_id_on_nothing_is_lost_and_nothing_comes_twice(admin: Client, keyless: Client, ended: Json) -> None:
    for path in paths(ended):
        events = read(admin, path)
        assert len({event.id for event in events}) == len(events)
        for i, event in enumerate(events[:-1]):
            assert event.id
            with opened(admin, path, **{"Last-Event-ID": event.id}) as response:
                connected, *rest = events_of(response)
            assert (connected.id, rest) == (event.id, events[i + 1 :])
            assert read(admin, f"{path}?lastEventId={event.id}") == rest
    url = admin.get(f"{WS}/executions/{ended['id']}").json()["execution"]["streamUrl"]
    assert read(keyless, f"{url}&lastEventId={events[1].id}") == events[2:]


def test_the_header_says_more_than_the_address(admin: Client, ended: Json) -> None:
    """An EventSource keeps its address, and sends the header when it connects again."""
    path = paths(ended)[1]
    events = read(admin, path)
    assert read(admin, f"{path}?lastEventId={events[0].id}", **{"Last-Event-ID": str(events[3].id)}) == events[4:]


@pytest.mark.parametrize("unreadable", ["", "x", "0", "-1", "1.5", "99999", "1e3", "9" * 400])
def test_with_an_id_that_cannot_be_read_everything_comes_again(admin: Client, ended: Json, unreadable: str) -> None:
    path = paths(ended)[1]
    assert read(admin, path, **{"Last-Event-ID": unreadable}) == read(admin, path)
    assert read(admin, f"{path}?lastEventId={unreadable}") == read(admin, path)


def test_after_the_complete_there_is_nothing_more(admin: Client, keyless: Client, ended: Json) -> None:
    for path in (*paths(ended), ended["streamUrl"]):
        client = keyless if path == ended["streamUrl"] else admin
        last = read(client, path)[-1]
        answer = client.get(path, headers={"Last-Event-ID": str(last.id)})
        assert (last.type, answer.status_code, answer.content) == ("complete", 204, b"")


def test_who_connects_again_and_again_has_each_event_once(admin: Client, keyless: Client) -> None:
    execution = begin(admin, admin.publish(*(part for i in range(4) for part in (note(f"n{i}"), wait(100, f"w{i}")))))
    reader, seen = Reader(), list[Event]()
    while not seen or seen[-1].type != "complete":
        headers = {"Last-Event-ID": reader.last_event_id} if reader.last_event_id else {}
        with opened(keyless, execution["streamUrl"], **headers) as response:
            events = events_of(response, reader)
            next(events)
            seen += itertools.islice(events, 2)
    assert seen == read(admin, paths(execution)[1])


# -- many --------------------------------------------------------------------------------------------------------------


def test_200_subscribers_of_one_execution_have_the_same_events(admin: Client) -> None:
    execution = begin(admin, admin.publish(wait(2500, "w0"), note("n1"), wait(500, "w1"), note("n2")))

    async def follow(client: httpx.AsyncClient) -> list[Event]:
        reader = Reader()
        async with client.stream("GET", execution["streamUrl"]) as response:
            assert response.status_code == 200
            return [event async for chunk in response.aiter_raw() for event in reader.feed(chunk)]

    async def follow_all() -> list[list[Event]]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(timeout=30, limits=limits) as client:
            return await asyncio.gather(*(follow(client) for _ in range(200)))

    found = asyncio.run(follow_all())
    assert len(found) == 200
    expected = read(admin, paths(execution)[1])
    assert [event.type for event in expected] == ["step", "progress"] * 4 + ["complete"]
    assert all(events[1:] == expected for events in found)


def test_streams_of_many_executions_do_not_hold_up_the_api(admin: Client, keyless: Client) -> None:
    workflow = admin.publish(wait(2000, "pause"), note("after"))
    executions = [begin(admin, workflow) for _ in range(20)]
    began = threading.Barrier(21)

    def follow(execution: Json) -> list[Event]:
        with opened(keyless, execution["streamUrl"]) as response:
            events = events_of(response)
            next(events)
            began.wait(10)
            return list(events)

    with ThreadPoolExecutor(20) as clients:
        followed = [clients.submit(follow, execution) for execution in executions]
        began.wait(10)
        times = []
        for _ in range(20):
            before = time.monotonic()
            assert admin.get(f"{ACME}/tasks").status_code == 200
            times.append(time.monotonic() - before)
        assert all(each.result()[-1].type == "complete" for each in followed)
    assert sorted(times)[10] < 0.3
