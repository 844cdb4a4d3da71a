"""Lists of executions, with totals and statistics that add up to what can be listed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions import clock
from functions.store import keys, table
from functions.store.counters import first_day, totals
from functions.store.executions import Execution, Status
from functions.store.listing import Listing, Page, Partition, read_page
from functions.store.table import Item

Sort = Literal["start_time", "status", "execution_time"]

_TERMINAL = (Status.CANCELLED, Status.COMPLETED, Status.FAILED)
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"
_STARTED_BETWEEN = "started_at BETWEEN :from AND :to AND (started_at >= :kept OR attribute_not_exists(ended_at))"


@dataclass(frozen=True, kw_only=True)
class ExecutionQuery:
    """What a client asks of a list of executions; `start` and `end` bound the start time, both inclusive."""

    workflow_id: str
    status: Status | None = None
    start: datetime | None = None
    end: datetime | None = None
    sort: Sort = "start_time"
    descending: bool = True
    include_tests: bool = False
    offset: int = 0
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True)
class Statistics:
    """How the executions of some days ended; `success_rate` in percent, to one decimal."""

    total: int
    by_status: dict[str, int]
    success_rate: float
    average_ms: int | None


def list_executions(query: ExecutionQuery) -> Page:
    """One page. Raises CursorInvalid."""
    return read_page(_listing(query), offset=query.offset, limit=query.limit, cursor=query.cursor)


def count_executions(query: ExecutionQuery) -> int:
    """How many executions the whole list has: whole days by their counters, the rest by counting."""
    total = 0
    for is_test in _kinds(query):
        # What runs is counted first: what ends meanwhile is then in the counters, too early rather than not at all.
        for status in reversed(_statuses(query)):
            total += _count(query, status, is_test)
    return total


def statistics(query: ExecutionQuery) -> Statistics:
    """The statistics of the workflow, or of the days from `start` to `end`, in every status; tests never count."""
    first = clock.iso(query.start)[:10] if query.start else ""
    last = clock.iso(query.end)[:10] if query.end else _LAST_DAY
    partition = keys.executions_of(query.workflow_id, Status.RUNNING, False)
    running = _count_between(partition, first or " ", f"{last}~")
    found = totals(query.workflow_id, first, last)
    by_status = {str(status): found.by_status[status] for status in _TERMINAL} | {str(Status.RUNNING): running}
    total, completed = sum(by_status.values()), found.by_status[Status.COMPLETED]
    return Statistics(
        total=total,
        by_status={status: count for status, count in by_status.items() if count},
        success_rate=round(100 * completed / total, 1) if total else 0,
        average_ms=round(found.ms_by_status[Status.COMPLETED] / completed) if completed else None,
    )


def nodes_executed(rows: Iterable[Item]) -> dict[str, int]:
    """How many nodes those executions of a page have come to that did not complete; the rows of the others say so.

    A run that fails or is cancelled may be in parallel branches, and whoever ends it knows one of them.
    """
    heads = table.get_all(keys.key(row["pk"]) for row in rows if row["status"] != Status.COMPLETED)
    return {head["pk"]: len(Execution.from_item(head).nodes_seen) for head in heads if head}


def _listing(query: ExecutionQuery) -> Listing:
    by_duration = query.sort == "execution_time"
    partitions = [_partition(query, status, is_test) for status in _statuses(query) for is_test in _kinds(query)]
    return Listing(
        partitions=partitions,
        partition_key="list_key",
        sort_key="duration_key" if by_duration else "start_key",
        index="executions_by_duration" if by_duration else "executions_by_start",
        descending=query.descending,
        merged=query.sort != "status",
        filter=_STARTED_BETWEEN if by_duration else None,
        filter_values={":from": _first(query, Status.RUNNING), ":to": _last(query), ":kept": first_day()}
        if by_duration
        else {},
    )


def _partition(query: ExecutionQuery, status: Status, is_test: bool) -> Partition:
    name = keys.executions_of(query.workflow_id, status, is_test)
    if query.sort == "execution_time":
        return Partition(name=name)
    return Partition(name=name, first=_first(query, status), last=f"{_last(query)}~")


def _first(query: ExecutionQuery, status: Status) -> str:
    """The earliest start that is listed; a running execution is, however old."""
    asked = clock.iso(query.start) if query.start else " "
    return asked if status == Status.RUNNING else max(asked, first_day())


def _last(query: ExecutionQuery) -> str:
    return clock.iso(query.end) if query.end else _LAST_DAY


def _statuses(query: ExecutionQuery) -> list[Status]:
    """The statuses of a list, in alphabetical order, which has RUNNING last."""
    return [query.status] if query.status else [*_TERMINAL, Status.RUNNING]


def _kinds(query: ExecutionQuery) -> tuple[bool, ...]:
    return (False, True) if query.include_tests else (False,)


def _count(query: ExecutionQuery, status: Status, is_test: bool) -> int:
    partition = keys.executions_of(query.workflow_id, status, is_test)
    first, last = _first(query, status), _last(query)
    if status not in _TERMINAL:
        return _count_between(partition, first, f"{last}~")
    whole_first, whole_last = _whole_days(query)
    if whole_first > whole_last:
        return _count_between(partition, first, f"{last}~")
    counted = totals(query.workflow_id, whole_first, whole_last, tests=is_test)
    before = _count_between(partition, first, _ms_before(whole_first)) if query.start else 0
    behind = _count_between(partition, _day_behind(whole_last), f"{last}~") if query.end else 0
    return counted.by_status[status] + before + behind


def _whole_days(query: ExecutionQuery) -> tuple[str, str]:
    """The days that lie wholly between the bounds."""
    first, last = first_day(), _LAST_DAY
    if query.start:
        day = clock.iso(query.start)
        first = max(first, day[:10] if day[10:] == "T00:00:00.000Z" else _day_behind(day[:10]))
    if query.end:
        day = clock.iso(query.end)
        last = day[:10] if day[10:] == "T23:59:59.999Z" else _day_before(day[:10])
    return first, last


def _count_between(partition: str, first: str, last: str) -> int:
    if first > last:
        return 0
    values = {":pk": partition, ":first": first, ":last": last}
    return table.count("list_key = :pk AND start_key BETWEEN :first AND :last", values, index="executions_by_start")


def _day_behind(day: str) -> str:
    """The day after `day`; after the last one something that sorts behind every time of it."""
    if day == _LAST_DAY:
        return f"{day}~"
    return (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()


def _day_before(day: str) -> str:
    if day == _FIRST_DAY:
        return " "
    return (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()


def _ms_before(day: str) -> str:
    """A sort key before every one of `day` and behind every one of the day before."""
    return f"{_day_before(day)}~"
