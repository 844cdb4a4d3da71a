"""Nothing that a client sends holds a function for more than two seconds of computing, or makes it grow without end."""

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.actions import registry
from functions.publish import SHOWN_FAULTS
from functions.store import executions, steps
from functions.store.additions import Addition
from functions.store.steps import Step
from local.aws import LocalAws
from local.emulator.functions import FunctionFailed
from state_machines.errors import TooMuchKept
from state_machines.fold import Result
from state_machines.limits import KEPT, OUTPUT
from tests.attacks.bombs import DEFINITIONS, NOTE, RUNS, Bomb, chain
from tests.integration.service import WORKFLOWS, Handlers, fill, read
from tests.unit.functions.samples import AT
from tests.yardstick import TooLong, computing_less_than

MOST_SECONDS = 2.0
TRIES = 3
MOST_MEMORY = 250_000_000
"""Bytes that one request may take on its way: a function has 512 or 1,024 MB."""

Json = Any


@pytest.fixture(scope="module")
def handlers() -> Iterator[Handlers]:
    """The handlers, with nothing else in this process that computes: executions stay where they are."""
    with LocalAws(schedule=None, engine=False) as cloud:
        fill()
        handlers = Handlers(cloud)
        # What is imported and read once, is.
        workflow = handlers.publish(chain(NOTE))
        handlers.request("POST", f"{WORKFLOWS}/wf_{workflow}/execute", {"dryRun": True})
        # What the tests before these left in the process is no part of a function's, and not its to go through.
        gc.collect()
        gc.freeze()
        yield handlers
        gc.unfreeze()


class Bounded:
    """Measures what one call computes, and holds it to the limit.

    A neighbour on the machine can double what one call seems to compute. So a request that passes the limit is sent
    again, at most twice: what takes too long does so each time.
    """

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    def request(self, method: str, path: str, body: Json = None, **others: Any) -> tuple[int, Json]:
        for tries_left in reversed(range(TRIES)):
            try:
                with computing_less_than(MOST_SECONDS):
                    answered = self._handlers.request(method, path, body, **others)
            except TooLong:
                if not tries_left:
                    raise
        return answered

    def task(self, execution: str, node: str) -> Json:
        """What `action` answers, or the name of the error that it fails with."""
        event = {"execution_id": execution.removeprefix("exec_"), "node": node, "visit": 0, "attempt": 0}
        # Once, since what it did it does not do again.
        with computing_less_than(MOST_SECONDS):
            try:
                return self._handlers.cloud.invoke("action", event)
            except FunctionFailed as error:
                return error.document["errorType"]


@pytest.fixture
def bounded(handlers: Handlers) -> Bounded:
    return Bounded(handlers)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_no_definition_takes_long_to_publish_or_to_refuse(name: str, bounded: Bounded) -> None:
    status, answer = bounded.request("POST", WORKFLOWS, DEFINITIONS[name])
    assert status in (201, 400)
    if status == 400:
        # What is nested too deeply is refused before it is known to be a definition.
        assert answer["error"] in ("WORKFLOW_INVALID", "VALIDATION_ERROR")
        assert 1 <= len(answer["details"].get("errors", [answer["message"]])) <= SHOWN_FAULTS


@pytest.mark.parametrize("name", RUNS)
def test_no_run_takes_long_in_any_function(name: str, bounded: Bounded) -> None:
    execution, first = _started(bounded, RUNS[name])
    if execution["status"] == "RUNNING":
        bounded.task(execution["id"], first)
    status, _ = bounded.request("GET", f"{WORKFLOWS}/executions/{execution['id']}")
    assert status == 200


@pytest.mark.parametrize("name", RUNS)
def test_no_dry_run_takes_long(name: str, bounded: Bounded) -> None:
    bomb = RUNS[name]
    status, answer = bounded.request("POST", WORKFLOWS, bomb.definition)
    assert status == 201, answer
    body = {"dryRun": True, "triggerData": bomb.trigger or {}, "variables": bomb.variables or {}}
    status, answer = bounded.request("POST", f"{WORKFLOWS}/{answer['workflow']['id']}/execute", body)
    if status == 200:
        assert answer["execution"]["status"] in ("COMPLETED", "FAILED")
        assert answer["execution"]["status"] == "COMPLETED" or answer["execution"]["error"]
    else:
        assert (status, answer["error"]) == (504, "EXECUTION_TIMEOUT")


@pytest.mark.parametrize("name", ["joining", "choosing everything many times", "a text doubled forty times"])
def test_what_grows_is_stopped_before_it_fills_the_memory(name: str, handlers: Handlers) -> None:
    workflow = handlers.publish(RUNS[name].definition)
    body = {"dryRun": True, "triggerData": RUNS[name].trigger or {}, "variables": RUNS[name].variables or {}}
    tracemalloc.start()
    try:
        handlers.request("POST", f"{WORKFLOWS}/wf_{workflow}/execute", body)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_what_is_too_much_fails_its_node_with_a_sentence(bounded: Bounded) -> None:
    execution, _ = _started(bounded, RUNS["an expression of many states"])
    assert execution["status"] == "FAILED"
    assert execution["error"] == (
        "Node execution failed: This is too much to evaluate at once: let it read less, or split it up"
    )


def test_mocks_for_a_thousand_nodes_cost_little_and_faulty_ones_are_told(bounded: Bounded) -> None:
    _, answer = bounded.request("POST", WORKFLOWS, chain(*[NOTE] * 1000))
    path = f"{WORKFLOWS}/{answer['workflow']['id']}/execute"
    mocks = {f"action-{n}": [{"output": {"n": n}}, {"error": "no"}] * 2 for n in range(1, 1001)}
    status, answer = bounded.request("POST", path, {"dryRun": True, "mocks": mocks})
    assert (status, answer["execution"]["status"]) == (200, "COMPLETED")
    status, answer = bounded.request("POST", path, {"dryRun": True, "mocks": {f"n{n}": 1 for n in range(20_000)}})
    assert (status, len(answer["details"]["errors"])) == (400, SHOWN_FAULTS)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": "100", "offset": "0"}, 200),
        ({"limit": "9" * 18}, 400),
        ({"limit": "9" * 100_000}, 400),
        ({"offset": "9" * 18}, 400),
        ({"cursor": "A" * 100_000}, 400),
        ({"from": "0001-01-01", "to": "9999-12-31"}, 200),
        ({"from": "9" * 100_000}, 400),
        ({"status": "x" * 100_000}, 400),
        ({"sortBy": "x" * 100_000}, 400),
    ],
)
def test_no_list_takes_long(query: dict[str, str], status: int, bounded: Bounded) -> None:
    _, answer = bounded.request("POST", WORKFLOWS, chain(NOTE))
    found, _ = bounded.request("GET", f"{WORKFLOWS}/{answer['workflow']['id']}/executions", query=query)
    assert found == status


def test_five_hundred_grants_are_set_and_more_are_refused(bounded: Bounded) -> None:
    _, answer = bounded.request("POST", WORKFLOWS, chain(NOTE))
    path = f"{WORKFLOWS}/{answer['workflow']['id']}/permissions"
    grants = [{"userId": f"user_{n}", "canView": True, "canExecute": False, "canEdit": False} for n in range(2_500)]
    assert bounded.request("PUT", path, {"grants": grants[:500]})[0] == 200
    assert bounded.request("PUT", path, {"grants": grants})[0] == 400
    assert bounded.request("PUT", path, {"grants": [{}] * 60_000})[0] == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Idempotency-Key": "k" * 100_000},
        {"Prefer": "wait" + " " * 100_000},
        {"Prefer": "wait=" * 20_000},
        {"Content-Type": ";" * 100_000},
        {"Origin": "x" * 100_000},
    ],
    ids=["idempotency", "prefer", "preferences", "type", "origin"],
)
def test_no_header_takes_long(headers: dict[str, str], bounded: Bounded) -> None:
    _, answer = bounded.request("POST", WORKFLOWS, chain(NOTE))
    bounded.request("POST", f"{WORKFLOWS}/{answer['workflow']['id']}/execute", {"dryRun": True}, headers=headers)


LARGE: dict[str, Json] = {
    "numbers": [0] * 480_000,
    "objects": [{}] * 330_000,
    "texts": ["ab"] * 190_000,
    "lists": [[[0]]] * 130_000,
    "accents": ["é"] * 180_000,
    "names": {str(n): n for n in range(60_000)},
}


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE)
def test_large_outputs_take_no_function_long(body: Json, bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    """An API's answer of a megabyte, kept, read by the next node, and shown again and again."""
    _answering(monkeypatch, {"statusCode": 200, "contentType": "application/json", "body": body})
    call = {"type": "call_api", "config": {"url": "http://api.example/"}}
    again = {"type": "call_api", "config": {"url": "http://api.example/", "body": "{{steps.action-1.output.body}}"}}
    definition = chain(call, again, call, call, call, setting_output())
    _, answer = bounded.request("POST", WORKFLOWS, definition)
    workflow = answer["workflow"]["id"]
    _, answer = bounded.request("POST", f"{WORKFLOWS}/{workflow}/execute", {}, headers={"Prefer": "wait=0"})
    execution = answer["execution"]["id"]
    for number in range(1, 6):
        assert bounded.task(execution, f"action-{number}") in ({"next": f"action-{number + 1}"}, {"next": "(done)"})
    for path in (
        f"{WORKFLOWS}/executions/{execution}",
        f"/api/v1/workflows/executions/{execution.removeprefix('exec_')}",
    ):
        assert bounded.request("GET", path)[0] == 200


@pytest.mark.parametrize("name", LARGE)
def test_no_execution_keeps_so_much_that_its_record_cannot_be_read(
    name: str, bounded: Bounded, handlers: Handlers
) -> None:
    """As much as may be kept, by steps of as much as each may keep."""
    _, answer = bounded.request("POST", WORKFLOWS, chain(*[NOTE] * 30))
    path = f"{WORKFLOWS}/{answer['workflow']['id']}/execute"
    _, answer = bounded.request("POST", path, {}, headers={"Prefer": "wait=0"})
    execution = read(answer["execution"]["id"].removeprefix("exec_"))
    with pytest.raises(TooMuchKept):  # noqa: PT012 - whichever step it is that finds no room
        for number in range(1, 30):
            result = Result(node=f"action-{number}", output=LARGE[name], started_at=AT, ended_at=AT)
            step = steps.stage(execution.id, Step([result], {"next": f"action-{number + 1}"}), execution.expires_at)
            execution = executions.commit(execution, Addition.of(step, in_head=False))
    assert execution.results_size > KEPT.most - OUTPUT.most
    for path in (f"{WORKFLOWS}/executions/exec_{execution.id}", f"/api/v1/workflows/executions/{execution.id}"):
        status, answer = bounded.request("GET", path, query={"include_logs": "true"} if "v1" in path else {})
        assert status == 200


def setting_output() -> Json:
    return {"type": "set_variables", "config": {"variables": {"last": "{{steps.action-5.output.statusCode}}"}}}


def _answering(monkeypatch: pytest.MonkeyPatch, output: Json) -> None:
    action = registry.actions()["call_api"]
    monkeypatch.setitem(registry._ACTIONS, "call_api", replace(action, run=lambda config, context: output))


def _started(bounded: Bounded, bomb: Bomb) -> tuple[Json, str]:
    """An execution as it is when it was started, and its first node."""
    status, answer = bounded.request("POST", WORKFLOWS, bomb.definition)
    assert status == 201, answer
    body = {"triggerData": bomb.trigger or {}, "variables": bomb.variables or {}}
    path = f"{WORKFLOWS}/{answer['workflow']['id']}/execute"
    status, answer = bounded.request("POST", path, body, headers={"Prefer": "wait=0"})
    assert status in (200, 202), answer
    return answer["execution"], "action-1"
