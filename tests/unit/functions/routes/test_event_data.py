"""The data of the live stream's events, in both dialects, field by field."""

import re
from dataclasses import replace
from typing import Any

import pytest

from functions.finished import Finished
from functions.ids import as_uuid
from functions.record import NodeState, Progress
from functions.routes import v1_events, workspaces_events
from functions.store.executions import Status
from tests.unit.functions.samples import make_execution, result

HEAD = make_execution()
UUID, ID = as_uuid(HEAD.id), f"exec_{HEAD.id}"
PROGRESS = Progress(total=9, succeeded=4, failed=1, running=2, skipped=1, percentage=67)
DONE = result("call", output={"n": 1}, visit=2)
BROKEN = result("call", status="failed", error="It broke", visit=1)
COUNTS = {"total": 9, "completed": 5, "successful": 4, "failed": 1, "skipped": 1}


def state(status: str, **changes: Any) -> NodeState:
    return NodeState(node="call", type="call_api", status=status, started_at="2026-11-22T14:00:00.000Z", **changes)


def finished(state: NodeState) -> Finished:
    return Finished(state, PROGRESS)


@pytest.mark.parametrize(("events", "name"), [(v1_events, "execution_id"), (workspaces_events, "executionId")])
def test_a_stream_begins_by_naming_its_execution(events: Any, name: str) -> None:
    said = events.connected(HEAD)
    assert said[name] == (UUID if events is v1_events else ID)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["timestamp"])
    assert len(said) == 2


@pytest.mark.parametrize(
    ("found", "status", "ws_status", "told"),
    [
        (state("completed", result=DONE), "completed", "success", ({"n": 1}, None, 1000, 2)),
        (state("failed", result=BROKEN), "failed", "failed", (None, "It broke", 1000, 1)),
        (state("cancelled"), "cancelled", "cancelled", (None, None, None, 0)),
    ],
)
def test_a_step_is_told_with_what_it_came_to(found: NodeState, status: str, ws_status: str, told: Any) -> None:
    output, error, ms, visit = told
    assert v1_events.step(finished(found)) == {
        "node_id": "call",
        "node_type": "call_api",
        "status": status,
        "output": output,
        "error": error,
        "duration_seconds": None if ms is None else ms / 1000,
        "visit": visit,
    }
    assert workspaces_events.step(finished(found)) == {
        "actionId": "call",
        "actionType": "call_api",
        "status": ws_status,
        "output": output,
        "error": error,
        "durationMs": ms,
        "visit": visit,
    }


def test_progress_is_told_of_a_run_that_goes_on() -> None:
    assert v1_events.progress(PROGRESS) == {
        **{f"{name}_steps": count for name, count in COUNTS.items()},
        "percentage": 67,
        "status": "running",
    }
    assert workspaces_events.progress(PROGRESS) == {
        **{f"{name}Steps": count for name, count in COUNTS.items()},
        "percentage": 67,
        "status": "RUNNING",
    }


def test_the_end_is_told_last() -> None:
    at = "2026-11-22T14:00:01.500Z"
    ended = replace(HEAD, status=Status.FAILED, ended_at=at, duration_ms=1500, error="It broke")
    assert v1_events.complete(ended) == {
        "status": "failed",
        "duration_seconds": 1.5,
        "completed_at": at,
        "error": "It broke",
    }
    assert workspaces_events.complete(ended) == {
        "status": "FAILED",
        "durationMs": 1500,
        "completedAt": at,
        "error": "It broke",
    }
    unknown = replace(ended, duration_ms=None)
    assert v1_events.complete(unknown)["duration_seconds"] == 0
    assert workspaces_events.complete(unknown)["durationMs"] == 0
