"""The live stream in a real Chromium: an EventSource, on a page of an allowed origin, over connections that break."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

import boto3
import httpx
import pytest
from playwright.sync_api import Browser, expect

from functions.store import keys
from state_machines.log import read_lines
from tests.e2e.browser import PageServer, StreamPage, chromium
from tests.e2e.client import Client, arrows, execution_path, node, note, until, wait
from tests.e2e.cuts import CuttingProxy
from tests.e2e.service import RunningService
from tests.e2e.shapes import seconds_between

Json = Any

BRANCHES, LENGTH = "abcd", 25
"""A run of 100 steps: so many branches of so many steps each."""

LONG_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For this module only: while it is open, nothing else in its process could run an event loop."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages() -> Iterator[PageServer]:
    pages = PageServer()
    yield pages
    pages.close()


@pytest.fixture(scope="module")
def service(pages: PageServer) -> Iterator[RunningService]:
    """A service that pages of one origin may call."""
    with RunningService(ALLOWED_ORIGINS=pages.origin) as service:
        yield service


@pytest.fixture(scope="module")
def client(service: RunningService) -> Iterator[Client]:
    client = Client(service.url)
    yield client
    client.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[StreamPage]:
    """A tab that has never seen anything."""
    with browser.new_context() as context:
        yield StreamPage(context.new_page())


def branches(pause_ms: int) -> Json:
    """Parallel branches in which waits and notes take turns, as fields of a definition."""
    nodes, connections = [node("start", "trigger"), node("done", "end")], []
    for branch in BRANCHES:
        names = [f"{branch}{i}" for i in range(LENGTH)]
        nodes += [note(name) if i % 2 else wait(pause_ms, name) for i, name in enumerate(names)]
        connections += arrows(*(f"{one} > {other}" for one, other in pairwise(["start", *names, "done"])))
    return {"nodes": nodes, "connections": connections}


def finished(service: RunningService, execution: Json) -> list[str]:
    """The steps of an execution in the order in which they finished, which the log in its record alone tells."""
    table = boto3.client(
        "dynamodb",
        endpoint_url=service.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    key = {name: {"S": text} for name, text in keys.execution(execution["id"].removeprefix("exec_")).items()}
    [name] = table.list_tables()["TableNames"]
    log = table.get_item(TableName=name, Key=key, ConsistentRead=True)["Item"]["log"]["L"]
    table.close()
    lines = [line.node for line in read_lines(entry["S"] for entry in log)]
    return [line for line in lines if line not in ("start", "trigger", "done")]


def test_the_page_shows_the_steps_of_a_run_as_they_arrive_and_its_end(
    client: Client, pages: PageServer, page: StreamPage
) -> None:
    execution = client.run(client.publish(note("first"), wait(3000, "second"), note("third")), wait=0)
    page.tab.goto(pages.origin)
    page.tab.get_by_label("Stream URL").fill(execution["streamUrl"])
    page.tab.get_by_role("button", name="Follow").click()
    expect(page.bar).to_have_accessible_name("1 of 3 steps, 33 %")
    expect(page.connection).to_have_text("open")
    expect(page.execution).to_have_text("running")
    assert page.steps == ["first"]
    expect(page.execution).to_have_text("COMPLETED")
    expect(page.bar).to_have_accessible_name("3 of 3 steps, 100 %")
    assert page.steps == ["first", "second", "third"]
    expect(page.message).to_be_empty()


def test_after_the_end_the_browser_is_told_to_stop_and_asks_no_more(
    client: Client, pages: PageServer, page: StreamPage
) -> None:
    execution = client.run(client.publish(note()))
    answers: list[int] = []
    page.tab.on("response", lambda answer: answers.append(answer.status))
    with CuttingProxy(execution["streamUrl"]) as proxy:
        page.follow(pages.origin, proxy.url)
        expect(page.connection).to_have_text("closed")
        page.tab.wait_for_timeout(2500)
        assert [last_id(request) for request in proxy.requests] == ["", str(page.event_ids[-1] + 2)]
    assert answers[1:] == [200, 204]
    assert page.connections == 1
    assert page.steps == ["note"]


def last_id(request: str) -> str:
    """The last event that a browser has seen when it connects; nothing where it has seen none."""
    found = re.search(r"^Last-Event-ID: (\S+)\r$", request, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("dialect", ["v1", "workspaces"])
def test_a_failed_run_shows_what_failed_in_either_dialect(
    client: Client, pages: PageServer, page: StreamPage, dialect: str
) -> None:
    broken = node("broken", "call_api", {"url": "http://127.0.0.1:1/"})
    execution = client.run(client.publish(note(), broken, note("never")))
    url = execution["streamUrl"] if dialect == "workspaces" else client.details(execution)["stream_url"]
    page.follow(pages.origin, url)
    expect(page.connection).to_have_text("closed")
    expect(page.execution).to_have_text("FAILED" if dialect == "workspaces" else "failed")
    expect(page.message).to_have_text(execution["error"])
    assert page.steps == ["note", "broken"]
    assert page.connections == 1


def test_a_connection_that_is_cut_again_and_again_loses_no_step_and_repeats_none(
    service: RunningService, client: Client, pages: PageServer, page: StreamPage
) -> None:
    """Reset in a quiet moment, reset within the first step of what was missed, closed within a later one."""
    execution = client.run(client.publish(**branches(550)), wait=0)
    with CuttingProxy(execution["streamUrl"]) as proxy:
        page.follow(pages.origin, proxy.url)
        arrived(page, 6)
        proxy.cut()
        is_connecting_again(page)
        proxy.cut_within_an_event(reset=True)
        until(lambda: proxy.cuts == 2)
        arrived(page, len(page.steps) + 6)
        proxy.cut_within_an_event(reset=False)
        until(lambda: proxy.cuts == 3)
        is_connecting_again(page)
        expect(page.execution).to_have_text("running")
        arrived(page, len(page.steps) + 6)
        expect(page.connection).to_have_text("closed", timeout=LONG_MS)
        positions = [last_id(request) for request in proxy.requests]

    steps = client.get(execution_path(execution)).json()["execution"]["steps"]
    assert len(steps) == len(BRANCHES) * LENGTH
    assert page.steps == finished(service, execution)
    assert sorted(page.steps) == sorted(step["actionId"] for step in steps)
    ended = {step["actionId"]: step["completedAt"] for step in steps}
    for branch in BRANCHES:
        assert [step for step in page.steps if step[0] == branch] == [f"{branch}{i}" for i in range(LENGTH)]
    assert all(seconds_between(ended[one], ended[other]) > -0.5 for one, other in pairwise(page.steps))
    assert page.event_ids == [2 * i + 1 for i in range(len(steps))]
    assert len(positions) == 5
    assert positions == sorted(positions, key=lambda position: int(position or 0))
    assert page.connections == 4


def arrived(page: StreamPage, count: int) -> None:
    until(lambda: len(page.steps) >= count)


def is_connecting_again(page: StreamPage) -> None:
    """Seen by looking often: it lasts for the second that an EventSource waits."""
    until(lambda: page.connection.text_content() == "connecting again")


def test_the_servers_own_end_is_no_more_than_a_reconnect(pages: PageServer, page: StreamPage) -> None:
    noticed: list[str] = []
    page.tab.on("console", lambda message: noticed.append(message.text))
    page.tab.on("requestfailed", lambda request: noticed.append(str(request.failure)))
    names = [f"step{i}" for i in range(11)]
    with RunningService(ALLOWED_ORIGINS=pages.origin, STREAM_SECONDS="5") as service:
        client = Client(service.url)
        execution = client.run(client.publish(*(wait(600, name) for name in names)), wait=0)
        page.follow(pages.origin, execution["streamUrl"])
        expect(page.connection).to_have_text("open")
        began = time.monotonic()
        is_connecting_again(page)
        assert 3.5 < time.monotonic() - began < 6.5
        expect(page.execution).to_have_text("running")
        expect(page.execution).to_have_text("COMPLETED", timeout=LONG_MS)
        client.close()
    assert page.steps == names
    assert page.connections >= 2
    assert noticed == []
    expect(page.message).to_be_empty()


def test_a_page_of_another_origin_sees_nothing(client: Client, page: StreamPage) -> None:
    execution = client.run(client.publish(note()))
    with closing(PageServer()) as foreign:
        page.follow(foreign.origin, execution["streamUrl"])
        expect(page.connection).to_have_text("closed")
        assert (page.connections, page.steps) == (0, [])
        expect(page.execution).to_have_text("unknown")
        expect(page.message).to_contain_text(foreign.origin)
        read = "url => fetch(url).then(answer => answer.text()).catch(error => error.name)"
        assert page.tab.evaluate(read, execution["streamUrl"]) == "TypeError"
        answer = httpx.get(execution["streamUrl"], headers={"Origin": foreign.origin})
    assert "access-control-allow-origin" not in answer.headers
