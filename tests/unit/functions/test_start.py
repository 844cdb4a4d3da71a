"""Starting: one execution for one key and body, and the decisions before the first effect at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from functions.auth import Caller
from functions.cancel import cancel
from functions.errors import IdempotencyConflict, NotCancellable, WorkflowInactive
from functions.record import read_record
from functions.start import StartRequest, input_of, start, wait_for_end
from functions.store import executions
from functions.store.executions import Status
from local.aws import LocalAws
from tests.unit.functions.samples import (
    CALLER,
    chain,
    claimed,
    condition,
    ended,
    make_version,
    make_workflow,
    publish,
    task,
)

FAILING = {"id": "set", "type": "set_variables", "config": {"variables": {"n": "{{ abs('x') }}"}}}


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def keyed(key: str = "key", digest: str = "body") -> StartRequest:
    return StartRequest(idempotency_key=key, digest=digest)


def test_the_same_key_and_body_give_the_same_execution_also_when_it_has_ended() -> None:
    published = publish(chain(task("a")))
    first = start(CALLER, *published, keyed())
    assert start(CALLER, *published, keyed()) == first
    ended(executions.read(first.id) or first, at=first.started_at)
    assert start(CALLER, *published, keyed()).status == Status.COMPLETED
    assert start(CALLER, *published, keyed("other")).id != first.id


def test_the_same_key_with_another_body_is_a_conflict() -> None:
    published = publish(chain(task("a")))
    start(CALLER, *published, keyed())
    with pytest.raises(IdempotencyConflict):
        start(CALLER, *published, keyed(digest="other"))


def test_many_requests_with_one_key_at_once_are_one_execution() -> None:
    published = publish(chain(task("a")))
    with ThreadPoolExecutor(8) as threads:
        assert len({found.id for found in threads.map(lambda _: start(CALLER, *published, keyed()), range(16))}) == 1


@pytest.mark.parametrize("status", ["DRAFT", "INACTIVE", "ARCHIVED"])
def test_only_active_workflows_execute(status: str) -> None:
    with pytest.raises(WorkflowInactive, match=status):
        start(CALLER, *publish(chain(task("a")), status=status), StartRequest())


def test_what_a_key_started_is_still_found_when_the_workflow_executes_no_more() -> None:
    workflow, version = publish(chain(task("a")))
    first = start(CALLER, workflow, version, keyed())
    inactive = replace(workflow, status="INACTIVE")
    assert start(CALLER, inactive, version, keyed()).id == first.id
    other = Caller("somebody_else", CALLER.roles, "request")
    for caller, request in (
        (CALLER, keyed("other")),
        (CALLER, keyed(digest="other")),
        (CALLER, StartRequest(digest="body")),
        (other, keyed()),
    ):
        with pytest.raises(WorkflowInactive, match="The workflow is INACTIVE: only ACTIVE workflows execute"):
            start(caller, inactive, version, request)


def test_a_run_of_decisions_is_over_when_it_is_claimed() -> None:
    execution = start(CALLER, *publish(chain(condition("check"))), StartRequest())
    assert (execution.status, execution.log) == (Status.COMPLETED, ("check#0>true",))
    failed = start(CALLER, *publish(chain(FAILING, task("a"))), StartRequest())
    assert (failed.status, failed.error_node) == (Status.FAILED, "set")
    assert wait_for_end(failed, 5) == failed


def test_a_request_overlays_the_variables_of_the_workflow() -> None:
    version = make_version(make_workflow(), chain(task("a"), variables={"a": 1, "b": 2}))
    assert input_of(version, StartRequest(variables={"b": 3})).variables == {"a": 1, "b": 3}


def test_waiting_ends_when_its_time_is_over() -> None:
    execution = claimed()
    assert wait_for_end(execution, 0.05) == execution
    assert wait_for_end(execution, 0) == execution


def test_only_what_runs_can_be_cancelled() -> None:
    published = publish(chain(task("a")))
    execution = start(CALLER, *published, StartRequest())
    assert cancel(execution).status == Status.CANCELLED
    with pytest.raises(NotCancellable, match="cancelled"):
        cancel(execution)
    assert read_record(executions.read(execution.id) or execution).states["a"].status == "pending"
