"""What both dialects answer of one failed run, of a test, and of changes, field by field where it counts."""

import json
from collections.abc import Iterator

import pytest

from functions.ids import as_uuid
from functions.settings import settings
from functions.store import workflows
from tests.integration.service import ACME, GLOBEX, WORKFLOWS, Handlers, Json
from tests.unit.functions.samples import chain, task

V1 = "/api/v1/workflows"
COMMUNITY = {"community_id": ACME.community_id}
BROKEN = {"id": "broken", "type": "set_variables", "config": {"variables": {"n": "{{ abs('x') }}"}}}
REASON = "cannot be evaluated"
NOTE = {"id": "note", "type": "end", "config": {"output": {"said": "{{trigger.word}}"}}}


@pytest.fixture(scope="module")
def workflow(handlers: Handlers) -> str:
    return handlers.publish(chain(task("a"), BROKEN))


@pytest.fixture(scope="module")
def failed(handlers: Handlers, workflow: str) -> Json:
    return handlers.execute(workflow)


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment that has a URL for streams."""
    monkeypatch.setenv("STREAM_URL", "https://stream.example")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_in_v1_a_failed_run_says_what_each_node_came_to(handlers: Handlers, failed: Json, streaming: None) -> None:
    status, answer = handlers.request("GET", f"{V1}/executions/{as_uuid(failed['id'].removeprefix('exec_'))}")
    found = answer["data"]
    assert (status, answer["success"], "message" in answer) == (200, True, False)
    assert (found["status"], found["error_node_id"]) == ("failed", "broken")
    assert found["node_states"]["a"]["error"] is None
    assert REASON in found["node_states"]["broken"]["error"]
    assert found["stream_url"].startswith("https://stream.example/api/v1/workflows/executions/")
    assert f"/{as_uuid(failed['id'].removeprefix('exec_'))}/stream?ticket=" in found["stream_url"]


def test_in_workspaces_it_says_the_same(handlers: Handlers, workflow: str, failed: Json, streaming: None) -> None:
    _, answer = handlers.request("GET", f"{WORKFLOWS}/executions/{failed['id']}")
    found = answer["execution"]
    assert (found["status"], found["errorActionId"], answer["progress"]["status"]) == ("FAILED", "broken", "FAILED")
    assert f"/executions/{failed['id']}/stream?ticket=" in found["streamUrl"]
    _, answer = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}/executions")
    (row,) = [each for each in answer["executions"] if each["id"] == failed["id"]]
    assert row["status"] == "FAILED"
    assert row["error"] == found["error"]
    assert REASON in row["error"]
    _, answer = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}/history", query={"executionId": failed["id"]})
    assert f"/executions/{failed['id']}/stream?ticket=" in json.dumps(answer)


def test_a_test_says_what_it_came_to(handlers: Handlers) -> None:
    workflow = handlers.publish(chain(task("a"), NOTE))
    body = {**COMMUNITY, "trigger_data": {"word": "hello"}}
    status, answer = handlers.request("POST", f"{V1}/{as_uuid(workflow)}/test", body)
    found = answer["data"]
    assert (status, found["final_output"]) == (200, {"said": "hello"})
    traced = {step["node_id"]: step for step in found["trace"]}
    assert traced["note"]["output"] == {"result": {"said": "hello"}}
    mocks = {"a": {"error": "It broke"}}
    _, answer = handlers.request("POST", f"{V1}/{as_uuid(workflow)}/test", {**body, "mocks": mocks})
    (step,) = answer["data"]["trace"]
    assert (step["node_id"], step["output"]) == ("a", {})


def test_changes_say_what_was_done(handlers: Handlers) -> None:
    workflow = as_uuid(handlers.publish(chain(task("a"))))
    said = [
        handlers.request("PUT", f"{V1}/{workflow}", {**chain(task("b")), **COMMUNITY}),
        handlers.request("PUT", f"{V1}/{workflow}/permissions", {"grants": []}),
        handlers.request("DELETE", f"{V1}/{workflow}"),
    ]
    assert [(status, answer["message"]) for status, answer in said] == [
        (200, "Workflow updated"),
        (200, "Permissions updated"),
        (200, "Workflow archived"),
    ]


def test_a_workflow_stays_in_its_community(handlers: Handlers) -> None:
    workflow = handlers.publish(chain(task("a")))
    body = {**chain(task("b")), "community_id": GLOBEX.community_id}
    status, _ = handlers.request("PUT", f"{V1}/{as_uuid(workflow)}", body)
    assert status in (400, 403, 404)
    head = workflows.read(workflow)
    assert head
    assert head.version == 1


def test_workflows_are_found_by_their_status_whatever_happens_to_them(handlers: Handlers) -> None:
    workflow = f"wf_{handlers.publish(chain(task('a'), name='Found'))}"

    def found_in() -> set[str]:
        return {
            status
            for status in ("ACTIVE", "INACTIVE", "DRAFT", "ARCHIVED")
            if workflow in _ids(handlers, {"status": status, "limit": "100"})
        }

    assert found_in() == {"ACTIVE"}
    handlers.request("PUT", f"{WORKFLOWS}/{workflow}", {**chain(task("b")), "status": "INACTIVE"})
    assert found_in() == {"INACTIVE"}
    handlers.request("PUT", f"{WORKFLOWS}/{workflow}", {**chain(task("c")), "status": "ACTIVE"})
    assert found_in() == {"ACTIVE"}
    handlers.request("DELETE", f"{WORKFLOWS}/{workflow}")
    assert found_in() == {"ARCHIVED"}


def _ids(handlers: Handlers, query: dict[str, str]) -> set[str]:
    status, answer = handlers.request("GET", WORKFLOWS, query=query)
    assert status == 200, answer
    return {each["id"] for each in answer["workflows"]}


@pytest.mark.parametrize(("order", "first"), [("asc", 0), ("desc", 1)])
def test_runs_are_listed_in_the_order_that_is_asked_for(
    handlers: Handlers, workflow: str, failed: Json, order: str, first: int
) -> None:
    published = handlers.publish(chain(NOTE))
    runs = [handlers.execute(published)["id"] for _ in range(2)]
    _, answer = handlers.request("GET", f"{WORKFLOWS}/wf_{published}/executions", query={"sortOrder": order})
    assert answer["executions"][0]["id"] == runs[first]


def test_what_lies_too_deep_is_reached_by_cursor(handlers: Handlers, workflow: str) -> None:
    status, answer = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}/executions", query={"offset": "9" * 9})
    assert (status, answer["details"]["errors"][0]["path"]) == (400, "offset")


def test_a_community_may_have_the_number_0(handlers: Handlers) -> None:
    status, _ = handlers.request("GET", V1, query={"community_id": "0"})
    assert status == 404
