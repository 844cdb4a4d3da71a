"""Dry runs: no effect, and a record like any other."""

import pytest

from functions import dry_runs
from functions.dry_runs import run_dry
from functions.errors import BadRequest, DryRunTimeout, WorkflowInactive
from functions.record import read_record
from functions.start import StartRequest
from functions.store import executions, keys, table
from functions.store.executions import Status
from local.aws import LocalAws
from tests.unit.functions.samples import ACME, CALLER, chain, condition, publish, task, wait

ROW = chain(task("a"), condition("check"), wait("pause", 3_600_000), task("b", onError="retry"))


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def test_it_has_no_effect_and_its_record_is_kept() -> None:
    record = run_dry(CALLER, *publish(ROW), StartRequest(), {})
    assert (record.execution.status, record.execution.is_test) == (Status.COMPLETED, True)
    assert record.path == ["a", "check", "pause", "b"]
    assert list(table.query("pk = :pk", {":pk": keys.task(ACME.id, "")["pk"]})) == []
    kept = executions.read(record.execution.id)
    assert kept
    assert read_record(kept).results == record.results


def test_mocks_are_used_in_turn() -> None:
    record = run_dry(CALLER, *publish(ROW), StartRequest(), {"b": [{"error": "no"}, {"output": 5}]})
    assert (record.final_output, record.states["b"].attempt) == (5, 1)


def test_a_mocked_failure_fails_the_run() -> None:
    record = run_dry(CALLER, *publish(ROW), StartRequest(), {"a": {"error": "no"}})
    assert (record.execution.status, record.execution.error_node) == (Status.FAILED, "a")


@pytest.mark.parametrize("mocks", [{"nope": {"output": 1}}, {"check": {"output": 1}}, {"a": 5}, {"a": []}])
def test_a_mock_that_fits_no_effect_is_refused(mocks: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="mocks"):
        run_dry(CALLER, *publish(ROW), StartRequest(), mocks)


def test_one_key_and_body_are_one_test() -> None:
    published, request = publish(ROW), StartRequest(idempotency_key="key", digest="body")
    first = run_dry(CALLER, *published, request, {})
    assert run_dry(CALLER, *published, request, {}).execution.id == first.execution.id


def test_drafts_can_be_tested_and_archived_workflows_cannot() -> None:
    assert run_dry(CALLER, *publish(ROW, status="DRAFT"), StartRequest(), {}).execution.status == Status.COMPLETED
    with pytest.raises(WorkflowInactive):
        run_dry(CALLER, *publish(ROW, status="ARCHIVED"), StartRequest(), {})


def test_a_test_that_computes_too_much_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_runs, "BUSIEST_SECONDS", -1.0)
    with pytest.raises(DryRunTimeout, match="of computing: test it in parts"):
        run_dry(CALLER, *publish(ROW), StartRequest(), {})


def test_a_test_that_takes_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_runs, "LONGEST_SECONDS", -1.0)
    with pytest.raises(DryRunTimeout, match="longer than"):
        run_dry(CALLER, *publish(ROW), StartRequest(), {})
