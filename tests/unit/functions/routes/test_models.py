"""How either dialect renders the same record."""

from functions.auth import OWNER_RIGHTS
from functions.record import Record
from functions.routes import v1_models, workspaces_models
from functions.store.executions import Status
from tests.unit.functions.samples import (
    AT,
    NOTHING,
    chain,
    flow_of,
    make_execution,
    make_version,
    make_workflow,
    result,
    task,
)

HEX = "0192f0c1d2e37a4b8c5d6e7f80912a3b"
ROW = chain(task("a"), task("b"), task("c", enabled=False))
URL = "https://stream.example/path?ticket=1"
ENDED = "2026-11-22T14:00:01.500Z"


def record(status: Status = Status.COMPLETED) -> Record:
    ended = None if status == Status.RUNNING else ENDED
    results = {
        "a": result("a", output={"aB_c": 1}, logs=["line"]),
        "b": result("b", status="failed", error="no", error_type="ActionFailed", ended_at=ENDED, attempt=2),
    }
    execution = make_execution(
        id=HEX, workflow_id=HEX, status=status, ended_at=ended, duration_ms=1500 if ended else None, log=("a#0", "b#0")
    )
    return Record(execution, flow_of(ROW), NOTHING, results)


def test_v1_has_seconds_uuids_and_snake_case() -> None:
    data = v1_models.details(record(), True, URL).model_dump()
    assert data["stream_url"] == URL
    assert (data["execution_id"], data["execution_time_seconds"]) == ("0192f0c1-d2e3-7a4b-8c5d-6e7f80912a3b", 1.5)
    state = data["node_states"]["a"]
    assert state["output_data"]["result"] == {
        "port_name": "result",
        "data": {"aB_c": 1},
        "timestamp": "2026-11-22T14:00:01.000Z",
    }
    assert state["logs"] == ["Node execution started", "line", "Node execution completed"]
    failed = data["node_states"]["b"]
    assert (failed["status"], failed["error_type"], failed["retry_count"], failed["output_data"]) == (
        "failed",
        "ActionFailed",
        2,
        {},
    )
    assert failed["input_data"] == {"input": {"aB_c": 1}}


def test_without_logs_they_are_empty() -> None:
    data = v1_models.details(record(), False, None)
    assert {tuple(state.logs) for state in data.node_states.values()} == {()}


def test_metrics_are_over_what_has_both_times() -> None:
    found = v1_models.metrics(record())
    assert (found.node_count, found.nodes_executed, found.nodes_failed, found.nodes_skipped) == (3, 2, 1, 1)
    assert (found.average_node_time_seconds, found.slowest_node_id, found.slowest_node_time_seconds) == (1.25, "b", 1.5)
    assert v1_models.metrics(record(Status.FAILED)).nodes_skipped == 0


def test_workspaces_has_milliseconds_prefixes_and_camel_case() -> None:
    found = workspaces_models.logged_execution(record(), URL)
    assert found["streamUrl"] == URL
    assert (found["id"], found["status"], found["durationMs"]) == (f"exec_{HEX}", "COMPLETED", 1500)
    first, second = found["steps"]
    assert (first["status"], first["output"], first["durationMs"]) == ("success", {"aB_c": 1}, 1000)
    assert (second["status"], second["retryCount"], second["logs"][-1]) == ("failed", 2, "Node execution failed: no")


def test_timing_tells_whether_it_runs() -> None:
    assert workspaces_models.timing(record())["isRunning"] is False
    assert workspaces_models.timing(record(Status.RUNNING))["isRunning"] is True


def test_whole_seconds_are_integers() -> None:
    assert [v1_models.seconds(ms) for ms in (2000, 1500, 0, 1)] == [2, 1.5, 0, 0.001]
    assert isinstance(v1_models.seconds(2000), int)


def test_a_workflow_is_its_definition_and_what_the_server_knows() -> None:
    workflow = make_workflow(id=HEX, grants={"u": frozenset({"can_view"})})
    version = make_version(workflow, ROW)
    for found in (
        v1_models.whole_workflow(workflow, version, OWNER_RIGHTS),
        workspaces_models.whole_workflow(workflow, version, OWNER_RIGHTS),
    ):
        assert [node["id"] for node in found["actions"]] == ["a", "b", "c"]
    assert v1_models.workflow(workflow, OWNER_RIGHTS).model_dump()["created_at"] == AT
    grant = {"userId": "u", "canView": True, "canExecute": False, "canEdit": False}
    assert workspaces_models.permissions(workflow) == {"ownerId": "user_owner", "grants": [grant]}
    assert v1_models.permissions(workflow).grants[0].can_view is True
