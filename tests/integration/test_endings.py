"""The end of every execution is one event of the audit trail, which operators' alarms are made of."""

import io
import json
from collections.abc import Iterator

import pytest

from functions import audit
from tests.integration.service import Handlers, Json, until_ended
from tests.unit.functions.samples import chain, condition, task, wait

CALL_NOBODY = {"id": "call", "type": "call_api", "config": {"url": "http://10.0.0.1/"}}
CANNOT_SET = {"id": "set", "type": "set_variables", "config": {"variables": {"n": "{{ abs('x') }}"}}}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with audit.written_to(stream := io.StringIO()):
        yield stream


def ends(written: io.StringIO) -> list[Json]:
    records = [json.loads(line) for line in written.getvalue().splitlines()]
    return [record for record in records if record.get("action") == "end_execution"]


@pytest.mark.parametrize(
    ("definition", "result", "status"),
    [
        pytest.param(chain(task("a"), task("b")), "SUCCESS", "completed", id="by-the-last-action"),
        pytest.param(chain(CALL_NOBODY, task("b")), "FAILURE", "failed", id="by-an-action-that-fails"),
        pytest.param(chain(condition("c")), "SUCCESS", "completed", id="by-a-decision"),
        pytest.param(chain(CANNOT_SET, task("b")), "FAILURE", "failed", id="by-a-decision-that-fails"),
        pytest.param(
            chain(wait("hour", 3_600_000), task("b"), timeoutSeconds=1), "FAILURE", "failed", id="by-its-time-out"
        ),
    ],
)
def test_an_end_is_noted_once_with_whether_it_is_a_failure(
    handlers: Handlers, written: io.StringIO, definition: Json, result: str, status: str
) -> None:
    started = handlers.execute(handlers.publish(definition), wait=0)
    execution = until_ended(started["id"].removeprefix("exec_"))
    (record,) = ends(written)
    assert (record["event_type"], record["result"], record["status"]) == ("SYSTEM", result, status)
    assert (record["user"], record["execution_id"], record["workflow_id"]) == (
        execution.triggered_by,
        execution.id,
        execution.workflow_id,
    )


def test_a_dry_run_that_fails_alarms_nobody(handlers: Handlers, written: io.StringIO) -> None:
    workflow_id = handlers.publish(chain(CANNOT_SET, task("b")))
    body = {"dryRun": True}
    _, answer = handlers.request("POST", f"/api/workspaces/acme/workflows/wf_{workflow_id}/execute", body)
    assert answer["execution"]["status"] == "FAILED"
    assert ends(written) == []
