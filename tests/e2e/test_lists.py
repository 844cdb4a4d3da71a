"""Lists of executions in both dialects: pages, offsets, cursors, sorts, filters, and statistics that add up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from tests.e2e.client import (
    COMMUNITY,
    Client,
    Json,
    Workflow,
    all_at_once,
    arrows,
    error_of,
    execution_path,
    node,
    note,
    wait,
)
from tests.e2e.target import Target

COUNTS = {"completed": 12, "failed": 5, "cancelled": 3, "running": 2}
TOTAL = sum(COUNTS.values())


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Any:
    """Executions of every status, and some tests that never count."""
    config = {"field": "trigger.kind", "cases": {"failed": "failed", "wait": "wait"}}
    workflow = admin.publish(
        nodes=[
            node("kind", "switch", config),
            node("bad", "call_api", {"url": "http://127.0.0.1:9/"}),
            wait(120_000, "long"),
            wait("{{trigger.ms}}", "short"),
        ],
        connections=arrows("kind:failed > bad", "kind:wait > long", "kind:default > short"),
    )
    good = [{"kind": "ok", "ms": 5 + 15 * (n % 4)} for n in range(COUNTS["completed"])]
    all_at_once([partial(admin.run, workflow, triggerData=trigger) for trigger in good], 6)
    all_at_once([lambda: admin.run(workflow, triggerData={"kind": "failed"})] * COUNTS["failed"], 4)
    waiting = [admin.run(workflow, wait=0, triggerData={"kind": "wait"}) for _ in range(5)]
    for execution in waiting[:3]:
        assert admin.delete(execution_path(execution)).status_code == 200
    for _ in range(4):
        admin.tested(workflow, trigger_data={"kind": "ok", "ms": 1})
    yield workflow
    for execution in waiting[3:]:
        admin.delete(execution_path(execution))


@pytest.fixture(scope="module")
def listed(admin: Client, workflow: Workflow) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Requests of the list in either dialect."""

    def v1(**query: Any) -> Any:
        return admin.get(f"{workflow.v1}/executions", params={"community_id": COMMUNITY, **query})

    def workspaces(**query: Any) -> Any:
        return admin.get(f"{workflow.ws}/executions", params=query)

    return v1, workspaces


Listed = tuple[Callable[..., Any], Callable[..., Any]]


def rows_of(answer: Any) -> list[Json]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return list(body["data"] if "data" in body else body["executions"])


def ids_of(answer: Any) -> list[str]:
    return [row.get("execution_id", row.get("id")).removeprefix("exec_").replace("-", "") for row in rows_of(answer)]


def test_the_first_page_has_twenty_of_the_newest(listed: Listed) -> None:
    v1, workspaces = listed
    rows = rows_of(v1())
    starts = [row["start_time"] for row in rows]
    assert len(rows) == 20
    assert starts == sorted(starts, reverse=True)
    expected = {"page": 1, "per_page": 20, "total": TOTAL, "total_pages": 2, "has_next": True, "has_prev": False}
    assert expected.items() <= v1().json()["meta"]["pagination"].items()
    assert ids_of(v1()) == ids_of(workspaces())
    expected = {"total": TOTAL, "offset": 0, "limit": 20, "hasMore": True}
    assert expected.items() <= workspaces().json()["pagination"].items()


@pytest.mark.parametrize("size", [1, 5, 7, 22, 100])
def test_pages_offsets_and_cursors_give_every_execution_once(listed: Listed, size: int) -> None:
    v1, workspaces = listed
    whole = ids_of(v1(per_page=100))
    assert len(set(whole)) == TOTAL
    pages = -(-TOTAL // size)
    assert [each for page in range(1, pages + 1) for each in ids_of(v1(page=page, per_page=size))] == whole
    assert [each for n in range(pages) for each in ids_of(workspaces(offset=n * size, limit=size))] == whole
    assert followed(v1, ("meta", "pagination", "next_cursor"), per_page=size) == whole
    assert followed(workspaces, ("pagination", "nextCursor"), limit=size) == whole


def followed(request: Callable[..., Any], place: tuple[str, ...], **query: Any) -> list[str]:
    """The ids of all pages, by the cursor of each answer, which is null at the end."""
    found, answer = [], request(**query)
    while True:
        found += ids_of(answer)
        cursor = answer.json()
        for name in place:
            cursor = cursor[name]
        if cursor is None:
            return found
        assert isinstance(cursor, str)
        answer = request(**query, cursor=cursor)


def test_the_last_page_and_past_the_end(listed: Listed) -> None:
    v1, workspaces = listed
    last = v1(page=5, per_page=5).json()
    assert len(last["data"]) == 2
    pagination = last["meta"]["pagination"]
    assert (pagination["total_pages"], pagination["has_next"], pagination["has_prev"]) == (5, False, True)
    past = v1(page=6, per_page=5).json()
    assert past["data"] == []
    assert (past["meta"]["pagination"]["total"], past["meta"]["pagination"]["has_next"]) == (TOTAL, False)
    beyond = workspaces(offset=5000).json()
    assert beyond["executions"] == []
    assert {"total": TOTAL, "offset": 5000, "hasMore": False}.items() <= beyond["pagination"].items()


@pytest.mark.parametrize("status", ["running", "completed", "failed", "cancelled", "pending", "paused"])
def test_a_status_filters(listed: Listed, status: str) -> None:
    v1, workspaces = listed
    rows = rows_of(v1(status=status, per_page=100))
    assert {row["status"] for row in rows} <= {status}
    assert len(rows) == COUNTS.get(status, 0) == v1(status=status).json()["meta"]["pagination"]["total"]
    if status != "paused":
        assert ids_of(workspaces(status=status.upper(), limit=100)) == ids_of(v1(status=status, per_page=100))


def test_sorting_by_status_is_alphabetical(listed: Listed) -> None:
    v1, _ = listed
    statuses = [row["status"] for row in rows_of(v1(sort_by="status", sort_order="asc", per_page=100))]
    assert statuses == sorted(statuses)
    assert len(statuses) == TOTAL


def test_sorting_by_duration_counts_running_ones_as_nothing(listed: Listed) -> None:
    v1, _ = listed
    rows = rows_of(v1(sort_by="execution_time", sort_order="asc", per_page=100))
    durations = [0 if row["status"] == "running" else row["execution_time_seconds"] for row in rows]
    assert durations == sorted(durations)
    assert [row["status"] for row in rows[:2]] == ["running", "running"]


@pytest.mark.parametrize("sort", ["start_time", "status", "execution_time"])
def test_descending_is_ascending_reversed(listed: Listed, sort: str) -> None:
    v1, _ = listed
    up = ids_of(v1(sort_by=sort, sort_order="asc", per_page=100))
    assert ids_of(v1(sort_by=sort, sort_order="desc", per_page=100)) == up[::-1]
    assert ids_of(v1(sort_by=sort, per_page=100)) == up[::-1]
    place = ("meta", "pagination", "next_cursor")
    assert followed(v1, place, sort_by=sort, sort_order="asc", per_page=3) == up
    assert followed(v1, place, sort_by=sort, sort_order="desc", per_page=3) == up[::-1]


@pytest.mark.parametrize("sort", ["start_time", "status", "execution_time"])
def test_from_and_to_are_inclusive(listed: Listed, sort: str) -> None:
    v1, workspaces = listed
    rows = rows_of(v1(sort_order="asc", per_page=100))
    first, last = rows[3]["start_time"], rows[-4]["start_time"]
    expected = {row["execution_id"] for row in rows if first <= row["start_time"] <= last}
    answer = v1(**{"from": first, "to": last}, sort_by=sort, per_page=100)
    assert {row["execution_id"] for row in rows_of(answer)} == expected
    assert answer.json()["meta"]["pagination"]["total"] == len(expected)
    assert sorted(ids_of(workspaces(**{"from": first, "to": last}, limit=100))) == sorted(ids_of(answer))
    by_cursor = followed(
        v1, ("meta", "pagination", "next_cursor"), **{"from": first, "to": last}, sort_by=sort, per_page=4
    )
    assert sorted(by_cursor) == sorted(ids_of(answer))


def test_one_bound_and_other_spellings_of_time(listed: Listed) -> None:
    v1, workspaces = listed
    now = datetime.now(UTC)
    tomorrow = now + timedelta(days=1)
    assert len(rows_of(v1(**{"from": tomorrow.isoformat()}))) == 0
    assert v1(to=tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ")).json()["meta"]["pagination"]["total"] == TOTAL
    assert v1(to=tomorrow.date().isoformat()).json()["meta"]["pagination"]["total"] == TOTAL
    started = rows_of(v1(per_page=1))[0]["start_time"][:10]
    assert v1(**{"from": started, "to": started}).json()["meta"]["pagination"]["total"] > 0
    assert v1(to="2020-01-01").json()["meta"]["pagination"]["total"] == 0
    yesterday = (now - timedelta(days=1)).date().isoformat()
    answer = workspaces(**{"from": yesterday, "to": tomorrow.date().isoformat()}).json()
    assert answer["pagination"]["total"] == answer["statistics"]["total"] == TOTAL


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": "1.5"},
        {"page": ""},
        {"per_page": "0"},
        {"per_page": "101"},
        {"per_page": ""},
        {"per_page": "²"},
        {"status": "RUNNING"},
        {"status": "done"},
        {"status": ""},
        {"sort_by": "name"},
        {"sort_by": ""},
        {"sort_order": "up"},
        {"from": "yesterday"},
        {"to": "2025-13-01"},
        {"from": ""},
        {"cursor": "nonsense"},
        {"cursor": ""},
        {"include_tests": "maybe"},
    ],
    ids=str,
)
def test_a_bad_value_in_v1_is_refused_and_named(listed: Listed, query: dict[str, str]) -> None:
    answer = listed[0](**query)
    assert error_of(answer) == (400, "BAD_REQUEST")
    assert next(iter(query)) in answer.json()["message"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "-5"},
        {"limit": "ten"},
        {"limit": ""},
        {"offset": "-1"},
        {"offset": "x"},
        {"offset": ""},
        {"status": "running"},
        {"status": "DONE"},
        {"from": "now"},
        {"to": "32"},
        {"cursor": "bm9uc2Vuc2U"},
        {"sortBy": "start_time"},
        {"sortOrder": "DESC"},
        {"includeTests": "1"},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["executions", "history"])
def test_a_bad_value_in_workspaces_is_refused_and_named(
    admin: Client, workflow: Workflow, query: dict[str, str], place: str
) -> None:
    answer = admin.get(f"{workflow.ws}/{place}", params=query)
    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert next(iter(query)) in answer.json()["message"]


def test_deeper_than_ten_thousand_is_by_cursor_only(listed: Listed) -> None:
    v1, workspaces = listed
    assert rows_of(v1(page=100, per_page=100)) == []
    assert rows_of(workspaces(offset=9900, limit=100)) == []
    for answer, code in [
        (v1(page=101, per_page=100), "BAD_REQUEST"),
        (v1(page=999_999), "BAD_REQUEST"),
        (workspaces(offset=10_000, limit=1), "VALIDATION_ERROR"),
    ]:
        assert error_of(answer) == (400, code)
        assert "cursor" in answer.json()["message"]


def test_a_cursor_of_another_list_is_refused(listed: Listed) -> None:
    v1, _ = listed
    cursor = v1(per_page=2).json()["meta"]["pagination"]["next_cursor"]
    assert rows_of(v1(per_page=2, cursor=cursor))
    assert error_of(v1(per_page=2, cursor=cursor, sort_by="execution_time")) == (400, "BAD_REQUEST")
    assert error_of(v1(per_page=2, cursor=cursor[:-3])) == (400, "BAD_REQUEST")


def test_statistics_add_up_to_the_records(listed: Listed) -> None:
    _, workspaces = listed
    found = workspaces(status="FAILED", limit=1).json()
    rows = rows_of(workspaces(limit=100))
    completed = [row["durationMs"] for row in rows if row["status"] == "COMPLETED"]
    statistics = found["statistics"]
    assert statistics["total"] == sum(statistics["byStatus"].values()) == len(rows) == TOTAL
    assert statistics["byStatus"] == {status.upper(): count for status, count in COUNTS.items()}
    assert statistics["successRate"] == 54.5
    assert abs(statistics["averageDurationMs"] - sum(completed) / len(completed)) <= 0.5


def test_tests_are_listed_only_when_asked_for_and_never_count(listed: Listed) -> None:
    v1, workspaces = listed
    assert not any(row["is_test"] for row in rows_of(v1(per_page=100)))
    rows = rows_of(v1(include_tests="true", per_page=100))
    assert sum(row["is_test"] for row in rows) == 4
    assert v1(include_tests="true").json()["meta"]["pagination"]["total"] == TOTAL + 4
    answer = workspaces(includeTests="true", limit=100).json()
    assert sum(row["isSimulation"] for row in answer["executions"]) == 4
    assert answer["pagination"]["total"] == TOTAL + 4
    assert answer["statistics"]["total"] == TOTAL


def test_neighbours_of_a_stable_order_never_swap(listed: Listed) -> None:
    v1, _ = listed
    rows = rows_of(v1(sort_by="status", sort_order="asc", per_page=100))
    assert rows == rows_of(v1(sort_by="status", sort_order="asc", per_page=100))
    pairs = [(one["start_time"], two["start_time"]) for one, two in pairwise(rows) if one["status"] == two["status"]]
    assert all(one <= two for one, two in pairs)


def test_a_workflow_that_never_ran_has_empty_lists(admin: Client) -> None:
    fresh = admin.publish(wait(1))
    found = admin.get(f"{fresh.ws}/executions").json()
    assert (found["executions"], found["pagination"]["total"]) == ([], 0)
    assert (found["statistics"]["total"], found["statistics"]["byStatus"], found["statistics"]["successRate"]) == (
        0,
        {},
        0,
    )
    v1 = admin.get(f"{fresh.v1}/executions?community_id=123").json()
    assert (v1["data"], v1["meta"]["pagination"]["total_pages"]) == ([], 0)


def test_a_cursor_gives_nothing_twice_while_executions_come(admin: Client) -> None:
    workflow = admin.publish(wait(1))
    old = [admin.run(workflow, wait=0)["id"] for _ in range(6)][::-1]
    first = admin.get(f"{workflow.ws}/executions?limit=3").json()
    admin.run(workflow)
    admin.run(workflow)
    cursor = first["pagination"]["nextCursor"]
    second = admin.get(f"{workflow.ws}/executions", params={"limit": "3", "cursor": cursor}).json()
    assert [row["id"] for row in [*first["executions"], *second["executions"]]] == old
    assert second["pagination"]["nextCursor"] is None


def test_a_row_counts_the_nodes_that_its_details_show(admin: Client, target: Target) -> None:
    """However it ended: in a wait, over its limit, or with one branch while the other was further."""
    slow_failure = node("bad", "call_api", {"url": f"{target.url}/slow-failure/4000"})
    branches = ("s > bad", "s > a", "a > b", "b > c", "bad > j", "c > j")
    failing = admin.publish(
        nodes=[note("s"), slow_failure, note("a"), note("b"), wait(60_000, "c"), note("j")],
        connections=arrows(*branches),
    )
    waiting = admin.publish(note(), wait(60_000))
    limited = admin.publish(note(), wait(60_000), note("z"), timeoutSeconds=1)
    running, cancelled, *_ = all_at_once(
        [
            partial(admin.run, waiting, wait=1),
            partial(admin.run, waiting, wait=1),
            partial(admin.run, limited),
            partial(admin.run, failing),
        ]
    )
    admin.delete(execution_path(cancelled))
    expected = {waiting: {"running": 2, "cancelled": 2}, limited: {"failed": 2}, failing: {"failed": 5}}
    for workflow, counts in expected.items():
        rows = admin.get(f"{workflow.v1}/executions?community_id=123").json()["data"]
        assert {row["status"]: row["nodes_executed"] for row in rows} == counts
        for row in rows:
            found = admin.details(row["execution_id"])
            assert row["nodes_executed"] == len(found["execution_path"]) == found["metrics"]["nodes_executed"]
    admin.delete(execution_path(running))
