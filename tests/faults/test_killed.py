"""A local process that is killed under load and started again: it serves, it has nothing of before, and it said so."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.client import WS, Client, Workflow
from tests.e2e.service import RunningService

ROOT = Path(__file__).parents[2]
THREADS, MOST = 4, 400
"""Who executes at once, and how often each of them does, at most, until the process is killed."""


@pytest.fixture(scope="module")
def killed() -> tuple[RunningService, Workflow, list[str]]:
    """A service that was killed while runs were under way, a workflow of it, and the executions that it accepted."""
    service, accepted, enough = RunningService(), list[str](), threading.Event()
    with closing(Client(service.url)) as client:
        workflow = client.publish(
            {"id": "first", "type": "create_task", "config": {"title": "first"}},
            {"id": "pause", "type": "wait", "config": {"durationMs": 1000}},
            {"id": "last", "type": "create_task", "config": {"title": "last"}},
        )

    def load(number: int) -> None:
        with closing(Client(service.url)) as client:
            for n in itertools.count():
                try:
                    answer = client.post(f"{workflow.ws}/execute", json={}, headers={"Prefer": "wait=0"})
                except httpx.TransportError:
                    return
                accepted.append(answer.json()["execution"]["id"])
                if len(accepted) >= 40:
                    enough.set()
                if n >= MOST:
                    return

    with ThreadPoolExecutor(THREADS) as threads:
        loading = [threads.submit(load, number) for number in range(THREADS)]
        assert enough.wait(timeout=60)
        # Popen.kill is SIGKILL: nothing in the process can do anything more.
        service.close()
        for done in loading:
            done.result(timeout=30)
    return service, workflow, accepted


@pytest.fixture(scope="module")
def again(killed: tuple[RunningService, Workflow, list[str]]) -> Iterator[RunningService]:
    with RunningService() as service:
        yield service


def test_it_serves_again(again: RunningService) -> None:
    with closing(Client(again.url)) as client:
        answer = client.post(f"{WS}/{again.example}/execute", json={"triggerData": {"userId": "user_1", "name": "Ada"}})
    assert answer.json()["execution"]["status"] == "COMPLETED", answer.text


def test_it_has_nothing_of_before(again: RunningService, killed: tuple[RunningService, Workflow, list[str]]) -> None:
    _, workflow, accepted = killed
    with closing(Client(again.url)) as client:
        assert client.get(workflow.ws).status_code == 404
        for execution in (accepted[0], accepted[-1]):
            assert client.get(f"{WS}/executions/{execution}").status_code == 404
        assert [found["id"] for found in client.get(WS).json()["workflows"]] == [again.example]


def test_it_said_so_when_it_started(killed: tuple[RunningService, Workflow, list[str]], again: RunningService) -> None:
    for service in (killed[0], again):
        said = " ".join(service.output.split())
        assert "All of it is in memory" in said
        assert "what was running is not gone on with" in said


@pytest.mark.parametrize("page", ["README.md", "docs/reliability.md"])
def test_the_pages_say_so(page: str) -> None:
    text = " ".join((ROOT / page).read_text().split())
    assert "keeps everything in memory" in text
