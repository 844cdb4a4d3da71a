"""Counters: for one workflow and one day of start, how many executions ended how, and how long the completed ones took.

Each execution is counted once, in the transaction that ends it; test runs are counted apart.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from functions import clock
from functions.settings import settings
from functions.store import keys, table
from functions.store.table import Item

if TYPE_CHECKING:
    from functions.store.executions import Execution

_TEST = "test_"
_MS = "_ms"


@dataclass
class Totals:
    """How many executions ended with each status, and the milliseconds they took together."""

    by_status: Counter[str] = field(default_factory=Counter)
    ms_by_status: Counter[str] = field(default_factory=Counter)

    def add(self, item: Item, prefix: str) -> None:
        for status in ("completed", "failed", "cancelled"):
            self.by_status[status] += item.get(f"{prefix}{status}", 0)
            self.ms_by_status[status] += item.get(f"{prefix}{status}{_MS}", 0)


def counting(workflow_id: str, started_at: str, is_test: bool, ended: "Execution") -> dict[str, Any]:
    """The write, for a transaction, that counts an execution which ends."""
    prefix = _TEST if is_test else ""
    return table.updating(
        keys.day(workflow_id, started_at[:10]),
        "ADD #count :one, #ms :ms SET expires_at = :expires_at",
        names={"#count": f"{prefix}{ended.status}", "#ms": f"{prefix}{ended.status}{_MS}"},
        values={":one": 1, ":ms": ended.duration_ms or 0, ":expires_at": _expiry(started_at)},
    )


def first_day() -> str:
    """The first day of start that is still listed and counted: none of its executions has expired yet."""
    return (clock.now().date() - timedelta(days=settings().retention_days - 1)).isoformat()


def totals(workflow_id: str, first: str, last: str, *, tests: bool = False) -> Totals:
    """What the counters of the days from `first` to `last` add up to, of the executions or of the tests."""
    found = Totals()
    for item in _days(workflow_id, max(first, first_day()), last):
        found.add(item, _TEST if tests else "")
    return found


def _days(workflow_id: str, first: str, last: str) -> Iterable[Item]:
    if first > last:
        return ()
    values = {
        ":pk": keys.day(workflow_id, first)["pk"],
        ":first": keys.day(workflow_id, first)["sk"],
        ":last": keys.day(workflow_id, last)["sk"],
    }
    return table.query("pk = :pk AND sk BETWEEN :first AND :last", values)


def _expiry(started_at: str) -> int:
    day = date.fromisoformat(started_at[:10]) + timedelta(days=settings().retention_days + 2)
    return int(clock.parse(f"{day.isoformat()}T00:00:00Z").timestamp())
