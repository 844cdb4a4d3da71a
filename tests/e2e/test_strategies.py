"""What happens when a step fails: stop, continue, retry, and the limit of the whole run."""

import itertools
from functools import partial

import pytest

from tests.e2e.client import Client, Json, Workflow, all_at_once, node, note, wait
from tests.e2e.shapes import seconds_between
from tests.e2e.target import Target


@pytest.fixture(scope="module")
def runs(admin: Client, target: Target) -> dict[str, tuple[Workflow, Json]]:
    """One run of each strategy, all at once since retries take seconds."""

    def calling(path: str, strategy: str, **fields: Json) -> Workflow:
        call = node("api", "call_api", {"url": target.url + path}, onError=strategy)
        return admin.publish(note("before"), call, note("after"), **fields)

    workflows = {
        "stop": calling("/status/500/stop", "stop"),
        "continue": calling("/status/500/continue", "continue"),
        "flaky": calling("/flaky/2/retry", "retry"),
        "hopeless": calling("/status/500/retry", "retry"),
        "timeout": admin.publish(note("before"), wait(30_000, "api"), note("after"), timeoutSeconds=2),
        "default": admin.publish(node("api", "call_api", {"url": f"{target.url}/status/500/default"}), note("after")),
    }
    found = all_at_once([partial(admin.ran, workflow) for workflow in workflows.values()])
    return {name: (workflow, run) for (name, workflow), run in zip(workflows.items(), found, strict=True)}


@pytest.mark.parametrize("name", ["stop", "default"])
def test_stop_fails_the_execution_and_nothing_follows(runs: dict[str, tuple[Workflow, Json]], name: str) -> None:
    _, found = runs[name]
    assert (found["status"], found["error_node_id"]) == ("failed", "api")
    assert found["execution_path"][-1] == "api"
    assert found["node_states"]["api"]["status"] == "failed"
    assert found["node_states"]["after"]["status"] in ("pending", "skipped")
    assert (found["metrics"]["nodes_failed"], found["metrics"]["nodes_skipped"]) == (1, 0)


def test_stop_calls_once(runs: dict[str, tuple[Workflow, Json]], target: Target) -> None:
    assert runs["stop"]
    assert len(target.seen("/status/500/stop")) == 1
    assert runs["stop"][1]["node_states"]["api"]["retry_count"] == 0


def test_continue_records_the_failure_and_goes_on(runs: dict[str, tuple[Workflow, Json]], target: Target) -> None:
    _, found = runs["continue"]
    assert (found["status"], found["error_message"], found["error_node_id"]) == ("completed", None, None)
    assert found["execution_path"] == ["before", "api", "after"]
    failed = found["node_states"]["api"]
    assert (failed["status"], failed["output_data"]) == ("failed", {})
    assert "500" in failed["error"]
    assert found["metrics"]["nodes_failed"] == 1
    assert len(target.seen("/status/500/continue")) == 1


def test_retry_tries_again_and_records_how_often(runs: dict[str, tuple[Workflow, Json]], target: Target) -> None:
    _, found = runs["flaky"]
    assert found["status"] == "completed"
    state = found["node_states"]["api"]
    assert (state["status"], state["retry_count"], state["error"]) == ("completed", 2, None)
    assert state["output_data"]["result"]["data"]["body"] == {"tries": 3}
    seen = target.seen("/flaky/2/retry")
    assert len(seen) == 3
    assert len({request.headers["idempotency-key"] for request in seen}) == 1
    assert found["execution_path"] == ["before", "api", "after"]


def test_retry_gives_up_after_one_and_three_attempts(runs: dict[str, tuple[Workflow, Json]], target: Target) -> None:
    _, found = runs["hopeless"]
    assert (found["status"], found["error_node_id"]) == ("failed", "api")
    assert found["node_states"]["api"]["retry_count"] == 3
    seen = target.seen("/status/500/retry")
    assert len(seen) == 4
    pauses = [later.at - earlier.at for earlier, later in itertools.pairwise(seen)]
    assert all(pause < longest + 1 for pause, longest in zip(pauses, (1, 2, 4), strict=True))


def test_a_run_over_its_limit_fails_and_says_so(runs: dict[str, tuple[Workflow, Json]]) -> None:
    _, found = runs["timeout"]
    assert found["status"] == "failed"
    assert "timeoutSeconds" in found["error_message"]
    assert 1.5 < seconds_between(found["start_time"], found["end_time"]) < 6
    assert found["node_states"]["api"]["status"] == "cancelled"
    assert found["node_states"]["after"]["started_at"] is None


def test_no_node_stays_running_after_any_end(runs: dict[str, tuple[Workflow, Json]]) -> None:
    for _, found in runs.values():
        states = {state["status"] for state in found["node_states"].values()}
        assert not states & {"running", "ready"}
        assert found["end_time"]


def test_a_failed_run_shows_its_error_in_workspaces(admin: Client, runs: dict[str, tuple[Workflow, Json]]) -> None:
    workflow, found = runs["stop"]
    (row,) = admin.get(f"{workflow.ws}/executions").json()["executions"]
    assert (row["status"], row["error"]) == ("FAILED", found["error_message"])
    answer = admin.get(f"{workflow.ws}/history?executionId={found['execution_id']}").json()["execution"]
    assert answer["error"] == found["error_message"]
    assert [step["status"] for step in answer["steps"]] == ["success", "failed"]


@pytest.mark.parametrize("strategy", ["ignore", "", 1])
def test_an_unknown_strategy_is_refused(admin: Client, strategy: Json) -> None:
    answer = admin.post(
        "/api/workspaces/acme/workflows/validate", json={"name": "x", "actions": [note() | {"onError": strategy}]}
    )
    assert answer.status_code == 400
    assert answer.json()["details"]["errors"][0]["path"] == "actions[0].onError"
