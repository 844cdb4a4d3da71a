"""Counters: each execution once, on the day it started."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from functions import clock
from functions.store.counters import first_day, totals
from functions.store.executions import Status
from local.aws import LocalAws
from tests.unit.functions.samples import claimed, ended

WORKFLOW = "f" * 32


@pytest.fixture(autouse=True)
def today(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets it be another moment."""

    def be(moment: str) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(moment).astimezone(UTC))

    be("2026-11-22T15:00:00Z")
    return be


def started(at: str, status: Status, took_ms: int, **changes: Any) -> None:
    ended(claimed(started_at=at, **changes), status, at=clock.add_ms(at, took_ms))


def test_executions_count_by_how_they_ended_and_on_the_day_they_started() -> None:
    started("2026-11-21T23:59:59.999Z", Status.COMPLETED, 2000)
    started("2026-11-22T00:00:00.000Z", Status.COMPLETED, 1000)
    started("2026-11-22T01:00:00.000Z", Status.FAILED, 500)
    found = totals(WORKFLOW, "2026-11-22", "2026-11-22")
    assert (found.by_status, found.ms_by_status["completed"]) == ({"completed": 1, "failed": 1, "cancelled": 0}, 1000)
    assert totals(WORKFLOW, "2026-11-01", "2026-11-30").ms_by_status["completed"] == 3000


def test_what_runs_is_not_counted() -> None:
    claimed()
    assert totals(WORKFLOW, "2026-11-01", "2026-11-30").by_status.total() == 0


def test_tests_count_apart() -> None:
    started("2026-11-22T00:00:00.000Z", Status.COMPLETED, 1, is_test=True)
    assert totals(WORKFLOW, "", "9999").by_status.total() == 0
    assert totals(WORKFLOW, "", "9999", tests=True).by_status.total() == 1


def test_a_day_beyond_the_retention_counts_no_more(today: Callable[[str], None]) -> None:
    started("2026-11-21T12:00:00.000Z", Status.COMPLETED, 1)
    today("2027-02-18T23:59:59Z")
    assert (first_day(), totals(WORKFLOW, "", "9999").by_status["completed"]) == ("2026-11-21", 1)
    today("2027-02-19T00:00:00Z")
    assert (first_day(), totals(WORKFLOW, "", "9999").by_status["completed"]) == ("2026-11-22", 0)


def test_no_days_have_no_executions() -> None:
    assert totals(WORKFLOW, "2026-11-23", "2026-11-22").by_status.total() == 0
