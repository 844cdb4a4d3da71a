"""Lists, totals and statistics of executions, against a list in memory."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions import clock
from functions.store import executions, keys, table
from functions.store.executions import Ending, Execution, Status
from functions.store.steps import Step
from local.aws import LocalAws
from tests.integration.service import WORKFLOWS, Handlers, Json, fill
from tests.unit.functions.samples import NOTHING, chain, make_execution, task

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
PATH = "/api/v1/workflows/{}/executions"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalAws]:
    """A local AWS without an engine: what is listed here was written straight into the table."""
    with LocalAws(engine=False, schedule=None) as started:
        fill()
        yield started


@dataclass(frozen=True)
class Row:
    """An execution, as the model in memory has it."""

    id: str
    status: str
    started_at: str
    ms: int
    is_test: bool

    def rank(self, sort: str) -> Any:
        return {
            "start_time": (self.started_at, self.id),
            "execution_time": (self.ms, self.id),
            "status": (self.status, self.is_test, self.started_at, self.id),
        }[sort]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Lets it be another moment."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture(scope="module", autouse=True)
def _now(cloud: LocalAws) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        yield


def write(workflow: str, started: datetime, status: str, ms: int, is_test: bool = False) -> Row:
    """An execution that began at `started` and, unless it runs, took so many milliseconds."""
    at = clock.iso(started)
    execution = make_execution(
        workflow_id=workflow, started_at=at, is_test=is_test, expires_at=executions.expiry(at, 86_400)
    )
    execution = executions.claim(execution, NOTHING, Step([]), None)
    if status != "running":
        executions.end(execution, Ending(status=Status(status), at=clock.add_ms(at, ms)))
    return Row(execution.id, status, at, ms if status != "running" else 0, is_test)


STARTS = st.one_of(
    st.integers(0, 4 * 86_400_000).map(lambda ms: NOW - timedelta(milliseconds=ms)),
    st.sampled_from([0, 1, 2]).map(lambda days: NOW.replace(hour=0) - timedelta(days=days)),
    st.sampled_from([0, 1, 2]).map(lambda days: NOW.replace(hour=0) - timedelta(days=days, milliseconds=1)),
)
STATUSES = st.sampled_from(["completed", "failed", "cancelled", "running"])
ROWS = st.lists(
    st.tuples(STARTS, STATUSES, st.integers(0, 5), st.booleans()),
    max_size=20,
)  # fmt: skip
SORTS = st.sampled_from(["start_time", "status", "execution_time"])


def pages(
    handlers: Handlers, workflow: str, query: dict[str, str], number: Callable[[int, Json], dict[str, str]]
) -> Any:
    """The ids of all pages, and the totals they told; `number` gives what asks for the page after an answer."""
    found, totals, answer, page = list[str](), set[int](), None, 0
    while True:
        asked = number(page, answer)
        status, answer = handlers.request("GET", PATH.format(workflow), query=query | asked)
        assert status == 200, answer
        pagination = answer["meta"]["pagination"]
        found += [row["execution_id"].replace("-", "") for row in answer["data"]]
        totals.add(pagination["total"])
        page += 1
        if not pagination["has_next"]:
            return found, totals


def by_number(page: int, _: Json) -> dict[str, str]:
    return {"page": str(page + 1)}


def by_cursor(_: int, answer: Json) -> dict[str, str]:
    return {"cursor": answer["meta"]["pagination"]["next_cursor"]} if answer else {}


@given(
    rows=ROWS,
    sort=SORTS,
    descending=st.booleans(),
    tests=st.booleans(),
    status=st.sampled_from([None, "completed", "running"]),
    start=st.none() | STARTS,
    end=st.none() | STARTS,
    per_page=st.integers(1, 8),
)
@settings(deadline=None, max_examples=40)
def test_every_list_is_what_filtering_and_sorting_all_of_them_gives(
    handlers: Handlers,
    rows: list[Any],
    sort: str,
    descending: bool,
    tests: bool,
    status: str | None,
    start: datetime | None,
    end: datetime | None,
    per_page: int,
) -> None:
    workflow = handlers.publish(chain(task("a")))
    written = [write(workflow, *row) for row in rows]
    first, last = clock.iso(start) if start else "", clock.iso(end) if end else "~"
    expected = [row for row in written if (tests or not row.is_test) and first <= row.started_at <= last]
    expected = [row for row in expected if status in (None, row.status)]
    expected.sort(key=lambda row: row.rank(sort), reverse=descending)
    query = {"community_id": "123", "per_page": str(per_page), "sort_by": sort}
    query |= {"sort_order": "desc" if descending else "asc", "include_tests": str(tests).lower()}
    query |= {
        name: value for name, value in (("status", status), ("from", start and first), ("to", end and last)) if value
    }
    for number in (by_number, by_cursor):
        found, totals = pages(handlers, workflow, query, number)
        assert found == [row.id for row in expected]
        assert totals == {len(expected)}


def test_rows_of_all_statuses_are_in_the_order_of_their_starts(handlers: Handlers) -> None:
    workflow = handlers.publish(chain(task("a")))
    statuses = ["failed", "completed", "running", "cancelled", "failed", "completed"]
    written = [write(workflow, NOW - timedelta(hours=n), status, n) for n, status in enumerate(statuses)]
    found, _ = pages(handlers, workflow, {"community_id": "123", "per_page": "2"}, by_cursor)
    assert found == [row.id for row in written]


def test_of_the_last_day_only_what_began_before_the_bound_is_counted(handlers: Handlers) -> None:
    workflow = handlers.publish(chain(task("a")))
    for hours in (1, 5, 30):
        write(workflow, NOW - timedelta(hours=hours), "completed", 1)
    for end, total in ((NOW - timedelta(hours=3), 2), (NOW, 3), (NOW.replace(hour=23, minute=59), 3)):
        query = {"community_id": "123", "to": clock.iso(end)}
        _, answer = handlers.request("GET", PATH.format(workflow), query=query)
        assert (answer["meta"]["pagination"]["total"], len(answer["data"])) == (total, total)


def test_a_row_of_a_run_that_did_not_complete_counts_every_node_that_began(handlers: Handlers) -> None:
    workflow = handlers.publish(chain(task("a"), task("b")))
    started = make_execution(workflow_id=workflow, started_at=clock.iso(NOW))
    execution = executions.claim(started, NOTHING, Step([]), None)
    for node in "ab":
        executions.begin_attempt(execution.id, node, 0, 0)
    executions.end(execution, Ending(status=Status.CANCELLED, at=clock.iso(NOW)))
    write(workflow, NOW, "completed", 1)
    _, answer = handlers.request("GET", PATH.format(workflow), query={"community_id": "123"})
    counts = {row["status"]: row["nodes_executed"] for row in answer["data"]}
    assert counts == {"cancelled": 2, "completed": 0}


@given(rows=ROWS, days=st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3)))
@settings(deadline=None, max_examples=30)
def test_statistics_are_what_adding_up_the_days_gives(handlers: Handlers, rows: list[Any], days: Any) -> None:
    workflow = handlers.publish(chain(task("a")))
    written = [row for row in (write(workflow, *row) for row in rows) if not row.is_test]
    query = {}
    if days:
        first, last = ((NOW - timedelta(days=back)).date().isoformat() for back in (max(days), min(days)))
        written = [row for row in written if first <= row.started_at[:10] <= last]
        query = {"from": first, "to": last}
    _, answer = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}/executions", query=query)
    completed = [row.ms for row in written if row.status == "completed"]
    assert answer["statistics"] == {
        "total": len(written),
        "byStatus": dict(Counter(row.status.upper() for row in written)),
        "successRate": round(100 * len(completed) / len(written), 1) if written else 0,
        "averageDurationMs": round(sum(completed) / len(completed)) if completed else None,
    }


@pytest.mark.parametrize("text", ["0001-01-01", "0999-12-31T10:00:00Z", "9999-12-31", "9999-12-31T10:00:00Z"])
@pytest.mark.parametrize("bound", ["from", "to"])
def test_the_ends_of_time_are_bounds_like_others(handlers: Handlers, bound: str, text: str) -> None:
    workflow = handlers.publish(chain(task("a")))
    write(workflow, NOW, "completed", 1)
    query = {"community_id": "123", bound: text}
    status, answer = handlers.request("GET", PATH.format(workflow), query=query)
    assert status == 200
    inside = (bound == "from") == (text < "2026")
    assert (len(answer["data"]), answer["meta"]["pagination"]["total"]) == ((1, 1) if inside else (0, 0))


def listed(handlers: Handlers, workflow: str, **query: str) -> tuple[list[str], int, int]:
    """The ids of a list, its total, and the total of its statistics."""
    _, answer = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}/executions", query=query)
    ids = [row["id"].removeprefix("exec_") for row in answer["executions"]]
    return ids, answer["pagination"]["total"], answer["statistics"]["total"]


class TestRetention:
    @pytest.mark.parametrize("sort", ["startTime", "status", "executionTime"])
    def test_lists_totals_and_counters_end_on_the_same_day(
        self, handlers: Handlers, at: Callable[[datetime], None], sort: str
    ) -> None:
        workflow = handlers.publish(chain(task("a")))
        old = write(workflow, NOW.replace(hour=23), "completed", 5)
        new = write(workflow, NOW + timedelta(days=1), "failed", 5)
        at(NOW.replace(hour=23, minute=59) + timedelta(days=89))
        ids, *totals = listed(handlers, workflow, sortBy=sort)
        assert ({*ids}, totals) == ({old.id, new.id}, [2, 2])
        at(NOW.replace(hour=0) + timedelta(days=90))
        assert listed(handlers, workflow, sortBy=sort) == ([new.id], 1, 1)

    def test_whatever_is_listed_can_be_read(self, handlers: Handlers, at: Callable[[datetime], None]) -> None:
        workflow = handlers.publish(chain(task("a")))
        moment = clock.iso(NOW.replace(hour=0))
        execution = make_execution(workflow_id=workflow, started_at=moment, expires_at=executions.expiry(moment, 1))
        executions.claim(execution, NOTHING, Step([]), Ending(status=Status.COMPLETED, at=moment))
        for hours in range(89 * 24, 91 * 24):
            at(NOW.replace(hour=0) + timedelta(hours=hours))
            if listed(handlers, workflow)[0]:
                assert handlers.request("GET", f"/api/v1/workflows/executions/{execution.id}")[0] == 200

    def test_what_has_expired_is_not_found_though_its_item_is_there(
        self, handlers: Handlers, at: Callable[[datetime], None]
    ) -> None:
        workflow = handlers.publish(chain(task("a")))
        row = write(workflow, NOW, "completed", 5)
        path = f"/api/v1/workflows/executions/{row.id}"
        at(NOW + timedelta(days=91, seconds=-1))
        assert handlers.request("GET", path)[0] == 200
        at(NOW + timedelta(days=91))
        assert handlers.request("GET", path)[0] == 404
        assert handlers.request("POST", f"{path}/cancel")[0] == 404
        assert table.get(keys.execution(row.id))

    @pytest.mark.parametrize("sort", ["startTime", "status", "executionTime"])
    def test_what_runs_is_listed_however_old(
        self, handlers: Handlers, at: Callable[[datetime], None], sort: str
    ) -> None:
        workflow = handlers.publish(chain(task("a")))
        row = write(workflow, NOW, "running", 0)
        at(NOW + timedelta(days=90, hours=12))
        assert listed(handlers, workflow, sortBy=sort) == ([row.id], 1, 1)


def test_sixteen_changes_at_once_make_sixteen_versions(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.engine.machine_for", lambda *_: None)
    workflow = handlers.publish(chain(task("a")))

    def change(number: int) -> tuple[int, Json]:
        return handlers.request("PUT", f"{WORKFLOWS}/wf_{workflow}", chain(task("a"), description=f"change {number}"))

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(change, range(16)))
    assert [status for status, _ in answers] == [200] * 16
    assert {answer["workflow"]["version"] for _, answer in answers} == set(range(2, 18))
    _, listed = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}/versions")
    assert [found["version"] for found in listed["versions"]] == [*range(17, 0, -1)]
    _, head = handlers.request("GET", f"{WORKFLOWS}/wf_{workflow}")
    last = next(answer for _, answer in answers if answer["workflow"]["version"] == 17)
    assert head["workflow"]["description"] == last["workflow"]["description"]


def test_eight_cancels_at_once_are_one_and_seven_refusals(handlers: Handlers) -> None:
    execution: Execution = executions.claim(
        make_execution(workflow_id=handlers.publish(chain(task("a")))), NOTHING, Step([]), None
    )
    with ThreadPoolExecutor(8) as threads:
        path = f"/api/v1/workflows/executions/{execution.id}/cancel"
        statuses = Counter(status for status, _ in threads.map(lambda _: handlers.request("POST", path), range(8)))
    assert statuses == {200: 1, 400: 7}
