"""The run that `make demo` shows: what is in it, how it goes, and what is said about it."""

import json
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.request import Request, urlopen

import httpx
import pytest

from functions.actions.registry import RESERVED, actions
from local import demo, seed
from local.demo import Run, Shop
from local.service import Service
from local.settings import LocalSettings
from tests.workflows import Definition

FAST = 50.0


@pytest.fixture(scope="module")
def workflow() -> Definition:
    return demo.definition("127.0.0.1:9000")


@pytest.fixture(scope="module")
def execution() -> Iterator[Definition]:
    """The demo's run, when it has ended."""
    with closing(Shop(FAST)) as shop:
        settings = LocalSettings(port=0, stream_port=0, aws_port=0, throttle=False, call_api_allow=shop.address)
        with Service(settings) as service:
            example = service.demo.example
            run = demo.begin(service.url, example, demo.definition(shop.address, FAST))
            yield ended(f"{service.url}{example.path}/executions/{run.link.split('/')[-1]}", example.key)


def ended(url: str, key: str) -> Definition:
    """The execution, waited for by its stream, which the service ends with it."""
    with urlopen(Request(f"{url}/stream", headers={"X-API-Key": key}), timeout=60) as stream:
        stream.read()
    with urlopen(Request(url, headers={"X-API-Key": key}), timeout=60) as answer:
        found: Definition = json.load(answer)["execution"]
        return found


def test_it_has_a_node_of_every_type_that_there_is(workflow: Definition) -> None:
    assert {node["type"] for node in workflow["nodes"]} == RESERVED | actions().keys()


def test_it_branches_joins_tries_again_goes_on_and_passes_over(workflow: Definition) -> None:
    ways = [(arrow["from"], arrow.get("fromPort")) for arrow in workflow["connections"]]
    into = [arrow["to"] for arrow in workflow["connections"]]
    assert max(map(ways.count, ways)) >= 3
    assert max(map(into.count, into)) >= 3
    assert {node.get("onError", "stop") for node in workflow["nodes"]} == {"stop", "retry", "continue"}
    assert [node["id"] for node in workflow["nodes"] if not node.get("enabled", True)] == ["gift"]


def test_it_is_slow_enough_to_be_watched_and_no_slower(workflow: Definition) -> None:
    waits = sum(node["config"]["durationMs"] for node in workflow["nodes"] if node["type"] == "wait") / 1000
    calls = (2 + demo.REFUSED_PAYMENTS) * demo.CALL_SECONDS
    assert 30 <= waits + calls <= 45


def test_it_completes_after_a_payment_that_is_refused_twice_and_a_failure(execution: Definition) -> None:
    assert (execution["status"], execution["error"]) == ("COMPLETED", None)
    assert execution["output"] == {"delivered": True, "total": 29, "receipt": "R-0003"}
    steps = {step["actionId"]: step for step in execution["steps"]}
    assert (steps["pay"]["status"], steps["pay"]["retryCount"]) == ("success", demo.REFUSED_PAYMENTS)
    assert (steps["suggest"]["status"], steps["suggest"]["error"] is None) == ("failed", False)
    assert {"pack", "invoice", "thank", "post", "travel"} <= steps.keys()
    assert {"gift", "reorder", "courier", "collect"}.isdisjoint(steps)


def test_every_run_is_refused_as_often() -> None:
    with closing(Shop(FAST)) as shop:
        assert [pays(shop, "one"), pays(shop, "one"), pays(shop, "two"), pays(shop, "one")] == [503, 503, 503, 200]


def pays(shop: Shop, key: str) -> int:
    """The status of a payment with this key."""
    headers = {"Idempotency-Key": key}
    return httpx.post(f"http://{shop.address}/payments", json={"amount": 1}, headers=headers).status_code


def test_the_link_has_no_key_and_stands_beside_one() -> None:
    example = seed.demo().example
    run = Run("http://127.0.0.1:8000/#/acme/workflows/wf_1/runs/exec_1", "http://127.0.0.1:8000/execute")
    text = demo.told(run, example, "There is no display here.")
    lines = text.splitlines()
    assert f"  {run.link}" in lines
    assert f"  {example.key}" in lines
    assert "There is no display here." in lines
    assert example.key not in run.link


@pytest.mark.parametrize(
    ("environment", "platform", "opened", "said"),
    [
        ({}, "linux", True, "no display"),
        ({"DISPLAY": ":0"}, "linux", True, "opened in your browser"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, "opened in your browser"),
        ({}, "darwin", True, "opened in your browser"),
        ({"DISPLAY": ":0"}, "linux", False, "by hand"),
    ],
)
def test_a_browser_is_opened_where_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], platform: str, opened: bool, said: str
) -> None:
    links: list[str] = []
    monkeypatch.setattr(webbrowser, "open", noting(links, opened))
    assert said in demo.open_browser("http://127.0.0.1:8000/#/", environment, platform)
    assert links == ([] if said == "no display" else ["http://127.0.0.1:8000/#/"])


def noting(links: list[str], answer: bool) -> Callable[[str], bool]:
    def open_link(link: str) -> bool:
        links.append(link)
        return answer

    return open_link
