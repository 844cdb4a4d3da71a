"""What the service says of the load when it is over: every execution, every list, every statistic, every task."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from benchmarks.client import Connection, Json
from benchmarks.load.clients import KEY, WORKFLOWS, Run

READERS = 8
PAGE = 100


@dataclass(frozen=True)
class Standing:
    """What was read. `executions` has (status, output, duration in ms) by the hex id, None where it was not found;
    `listed`, `totals` and `statistics` are by the names of the kinds, `left` counts the tasks and the notifications of
    each execution and node."""

    executions: dict[str, tuple[str, Any, int] | None]
    listed: dict[str, list[str]]
    totals: dict[str, int]
    statistics: dict[str, Json]
    left: Counter[tuple[str, str]]


def look(url: str, workflows: dict[str, str], runs: Sequence[Run]) -> Standing:
    """Reads it all, by several readers at once."""
    shares = [[run.id for run in runs[n::READERS]] for n in range(READERS)]
    with ThreadPoolExecutor(READERS) as threads:
        found = dict(pair for share in threads.map(lambda ids: _executions(url, ids), shares) for pair in share)
    with closing(Connection(url, KEY)) as connection:
        listed, totals, statistics = {}, {}, {}
        for name, workflow_id in workflows.items():
            place = f"{WORKFLOWS}/{workflow_id}/executions"
            pages = list(_pages(connection, f"{place}?includeTests=true"))
            listed[name] = [row["id"].removeprefix("exec_") for page in pages for row in page["executions"]]
            totals[name] = pages[0]["pagination"]["total"]
            statistics[name] = connection.get(f"{place}?limit=1")[1]["statistics"]
        left = Counter(_left(connection, "tasks")) + Counter(_left(connection, "notifications"))
    return Standing(found, listed, totals, statistics, left)


def _executions(url: str, ids: Sequence[str]) -> list[tuple[str, tuple[str, Any, int] | None]]:
    with closing(Connection(url, KEY)) as connection:
        return [(text, _execution(connection, text)) for text in ids]


def _execution(connection: Connection, text: str) -> tuple[str, Any, int] | None:
    status, answer = connection.get(f"{WORKFLOWS}/executions/exec_{text}")
    if status != 200:
        return None
    found = answer["execution"]
    return found["status"], found["output"], found["durationMs"]


def _left(connection: Connection, what: str) -> Iterator[tuple[str, str]]:
    for page in _pages(connection, f"/api/workspaces/acme/{what}?"):
        yield from ((row["executionId"].removeprefix("exec_"), row["actionId"]) for row in page[what])


def _pages(connection: Connection, place: str) -> Iterator[Json]:
    """Every page of a list, by its cursors."""
    cursor: str | None = ""
    while cursor is not None:
        behind = f"&cursor={cursor}" if cursor else ""
        _, page = connection.get(f"{place}&limit={PAGE}{behind}".replace("?&", "?"))
        yield page
        cursor = page["pagination"]["nextCursor"]
