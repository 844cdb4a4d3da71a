"""Steps: where a step is recorded. One item has what one Task came to, and stands by itself until the log names it.

A step of up to 4 KB is kept in its item, up to 100 KB in an item of its own, and beyond that in S3; readers see no
difference.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.store import bodies, keys, table
from functions.store.recent import Recent
from functions.store.table import ConditionFailed, Item
from state_machines.fold import Result, Timer
from state_machines.log import leader_name
from state_machines.values import json_size, to_json

IN_STEP = 4_000
"""Bytes of a step's body that are kept in the step's own item."""


@dataclass(frozen=True)
class Step:
    """The results of one Task, its own first, the routing words it answered, and the waits that begin behind it."""

    results: list[Result]
    answer: dict[str, Any] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)

    @property
    def leader(self) -> str:
        return leader_name(self.results[0].node, self.results[0].visit)

    @property
    def succeeded(self) -> bool:
        return not self.results[0].failed

    def body(self) -> str:
        document: dict[str, Any] = {"results": [result.document() for result in self.results], "answer": self.answer}
        if self.timers:
            document["timers"] = {node: timer.document() for node, timer in self.timers.items()}
        return to_json(document)

    @classmethod
    def from_body(cls, body: str) -> "Step":
        document = json.loads(body)
        timers = {node: Timer(**timer) for node, timer in document.get("timers", {}).items()}
        return cls([Result(**result) for result in document["results"]], document["answer"], timers)


_recent: Recent[tuple[str, str], Step] = Recent(512)
"""The small successful steps that this process staged or read last: once staged, a success never changes."""


def items(execution_id: str, step: Step, expires_at: int) -> list[Item]:
    """The items that hold `step`, those that others refer to first; the largest bodies are put into S3 here."""
    item = keys.step(execution_id, step.leader) | {"expires_at": expires_at}
    body = step.body()
    size = bodies.size_of(body)
    if size <= IN_STEP:
        return [item | {"body": body}]
    if size <= bodies.IN_TABLE:
        out = keys.body(execution_id, step.leader) | {"body": body, "expires_at": expires_at}
        return [out, item | {"body_in": "table"}]
    # Two deliveries may come to different bodies: each has a name of its own, and the item that stands says which.
    name = f"{step.leader}-{hashlib.sha256(body.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    bodies.put(execution_id, name, body)
    return [item | {"body_in": "s3", "body_name": name}]


def stage(execution_id: str, step: Step, expires_at: int) -> Step:
    """Records `step` for the commit that follows; returns the one that stands, maybe of an earlier delivery."""
    *outs, item = items(execution_id, step, expires_at)
    # The first one stands, be it a failure: another delivery may be about to commit it, with its own lines.
    free = "attribute_not_exists(pk)"
    try:
        if outs:
            table.transact(table.putting(item, condition=free), *map(table.putting, outs))
        else:
            table.put(item, condition=free)
    except ConditionFailed as error:
        return _steps(execution_id, [error.item or {}])[0]
    _remember(execution_id, step)
    return step


def read(execution_id: str, leader: str) -> Step | None:
    """A step, whether the log names it or not."""
    item = table.get(keys.step(execution_id, leader))
    return _steps(execution_id, [item])[0] if item else None


def in_head(small_steps: Mapping[str, str], leaders: Iterable[str]) -> dict[str, Step]:
    """Those of `leaders` that the head of their execution keeps itself."""
    return {leader: Step.from_body(small_steps[leader]) for leader in leaders if leader in small_steps}


def read_all(execution_id: str) -> dict[str, Step]:
    """Every step of an execution by its leader, those too that were staged and never committed."""
    condition = "pk = :pk AND begins_with(sk, :step)"
    found = list(table.query(condition, {":pk": keys.execution(execution_id)["pk"], ":step": "STEP#"}))
    return {step.leader: step for step in _steps(execution_id, found)}


def read_some(
    execution_id: str, leaders: Iterable[str], *others: keys.Key
) -> tuple[dict[str, Step], list[Item | None]]:
    """Those committed steps, and `others` of the table's items, in one read; some steps may be in memory."""
    wanted = dict.fromkeys(leaders)
    known = {leader: step for leader in wanted if (step := _recent.find((execution_id, leader)))}
    missing = [leader for leader in wanted if leader not in known]
    if not missing and not others:
        return known, []
    found = table.get_all([*(keys.step(execution_id, leader) for leader in missing), *others])
    steps = _steps(execution_id, [item for item in found[: len(missing)] if item])
    for step in steps:
        _remember(execution_id, step)
    return known | {step.leader: step for step in steps}, found[len(missing) :]


def _steps(execution_id: str, found: list[Item]) -> list[Step]:
    apart = [item["sk"].removeprefix("STEP#") for item in found if item.get("body_in") == "table"]
    outs = dict(zip(apart, table.get_all(keys.body(execution_id, leader) for leader in apart), strict=True))
    return [Step.from_body(_body(execution_id, item, outs)) for item in found]


def _body(execution_id: str, item: Item, outs: Mapping[str, Item | None]) -> str:
    if "body" in item:
        return str(item["body"])
    leader = item["sk"].removeprefix("STEP#")
    if item["body_in"] == "table":
        return str((outs[leader] or {})["body"])
    return bodies.get(execution_id, item["body_name"])


def _remember(execution_id: str, step: Step) -> None:
    small = len(step.results) < 50 and all(json_size(result.output, IN_STEP) <= IN_STEP for result in step.results)
    if step.succeeded and small:
        _recent.keep((execution_id, step.leader), step)
