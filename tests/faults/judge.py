"""What must hold of every execution when everything was repaired, whatever happened; and what it came to, in words."""

import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

from functions import engine, ids
from functions.finished import FinishedSteps
from functions.record import read_record
from functions.routes.events import following
from functions.scope import flow_of
from functions.store import keys, table
from functions.store.counters import totals
from functions.store.executions import Execution, Status
from local.emulator.events import Message, status_event
from state_machines.log import ports_of, read_lines
from tests.faults.reference import RETRIES
from tests.faults.world import World
from tests.integration.service import ACME, read

LOST_BY_LAMBDA = 7
"""The deliveries of a Task without `onError: retry`: its first, and six of those that Lambda lost."""

_BROKE_DOWN = "the action crashed, or ran out of time"


@dataclass(frozen=True)
class Effects:
    """What the outside saw of one execution, by node: how often, and under which idempotency tokens."""

    calls: Counter[str]
    tokens: dict[str, set[str]]


def judge(world: World, execution_id: str) -> Execution:
    """Fails unless the execution ended once, did nothing too often, and is told alike by its record and its stream."""
    execution = read(execution_id)
    _ended_once(world, execution)
    _did_nothing_too_often(world, execution)
    _is_told_alike(execution)
    _stays_as_it_is(world, execution)
    return execution


def counted(world: World, workflow_id: str, ended: Counter[str]) -> None:
    """Fails unless the counters of a workflow are those of its records."""
    found = +totals(workflow_id, "0000", "9999").by_status
    assert found == ended, f"the counters say {dict(found)}, the records {dict(ended)}"


def outcome(execution: Execution) -> str:
    """How it ended: `completed`, `completed without mail`, `failed: right crashed`, …"""
    record = read_record(execution)
    failed = [node for node, state in record.states.items() if state.status == "failed"]
    if execution.status == Status.COMPLETED:
        return f"completed without {', '.join(failed)}" if failed else "completed"
    if execution.status == Status.CANCELLED:
        return "cancelled"
    if _BROKE_DOWN in (execution.error or ""):
        return "failed: crashed"
    return f"failed: {execution.error_node or 'the run'}"


def _ended_once(world: World, execution: Execution) -> None:
    assert execution.status.is_terminal, "it has not ended"
    assert world.is_settled(execution), "it is in flight although it has ended"
    assert world.records.ends[execution.id] == 1, f"it ended {world.records.ends[execution.id]} times"
    assert not world.records.broken, world.records.broken
    assert world.end_lines(execution.id) <= 1, "its end is in the audit trail twice"
    if execution.machine_arn:
        run = engine.describe(execution.machine_arn, execution.id)
        assert run is None or run.status != "RUNNING", "its machine runs on"


def _did_nothing_too_often(world: World, execution: Execution) -> None:
    delivered = Counter(e["node"] for e in world.injector.deliveries if "fold" not in e and not e.get("crashed"))
    seen = effects(world, execution)
    for node, count in delivered.items():
        assert count <= RETRIES.get(node, LOST_BY_LAMBDA), f"{node} was tried {count} times"
    for node, count in seen.calls.items():
        assert count <= delivered[node], f"{node} was called {count} times in {delivered[node]} attempts"
    for node, tokens in seen.tokens.items():
        assert len(tokens) == 1, f"{node} was called with different tokens: {tokens}"
    ended = {line.node for line in read_lines(execution.log)}
    done = set(seen.calls) | set(seen.tokens)
    if execution.status == Status.COMPLETED and "fetch" in ended:
        assert done >= {"fetch", "left", "right", "last"}, f"it completed, and did only {sorted(done)}"


def effects(world: World, execution: Execution) -> Effects:
    """What the outside saw of an execution."""
    calls: Counter[str] = Counter()
    tokens: dict[str, set[str]] = {}
    for seen in world.outside.seen(f"/orders/{ids.as_uuid(execution.id)}"):
        calls["fetch"] += 1
        tokens.setdefault("fetch", set()).add(seen.headers["idempotency-key"])
    for operation, sent in world.injector.outside:
        if operation == "SendEmail" and sent["Message.Subject.Data"] == ids.as_uuid(execution.id):
            # SES knows no token: it must not be asked twice in one attempt.
            calls["mail"] += 1
        elif operation == "Publish" and (message := json.loads(sent["Message"]))["executionId"] == execution.id:
            tokens.setdefault("right", set()).add(message["notificationId"])
    for item in _inbox(execution):
        calls[item["node"]] += 1
        tokens.setdefault(item["node"], set()).add(item["sk"])
    return Effects(calls, tokens)


def _inbox(execution: Execution) -> list[dict[str, Any]]:
    """The tasks and notifications of an execution: their ids begin as its own does."""
    places = [keys.task(ACME.id, f"task_{execution.id[:12]}"), keys.notification(ACME.id, f"note_{execution.id[:12]}")]
    begin = "pk = :pk AND begins_with(sk, :sk)"
    items = [item for place in places for item in table.query(begin, {":pk": place["pk"], ":sk": place["sk"]})]
    return [item for item in items if item["execution_id"] == execution.id]


def _is_told_alike(execution: Execution) -> None:
    lines = [(line.node, line.visit) for line in read_lines(execution.log)]
    assert len(lines) == len(set(lines)), "a step is in the log twice"
    record, flow = read_record(execution), flow_of(execution)
    assert set(record.results) >= {node for node, _ in lines}, "a step of the log is not in the record"
    if execution.status == Status.COMPLETED:
        assert not flow.frontier(ports_of(execution.log)), "it completed before it came to its end"
        assert {state.status for state in record.states.values()} <= {"completed", "failed", "skipped"}, (
            "a node runs on"
        )
        assert execution.nodes_executed == len(execution.nodes_seen), "it counts other nodes than it has"
    assert (execution.ended_at or "") >= execution.started_at, "it ended before it began"
    told = _streamed(execution)
    steps = [event["node_id"] for kind, event in told if kind == "step"]
    assert sorted(steps) == sorted(state.node for state in record.steps), "the stream tells other steps"
    assert [kind for kind, _ in told].index("complete") == len(told) - 1, "its stream does not end once, and at last"


def _streamed(execution: Execution) -> list[tuple[str, Any]]:
    """Every event of its stream, as somebody is told who comes late."""
    told: list[tuple[str, Any]] = []
    finished = FinishedSteps(execution)
    while events := following(finished, execution, len(told), "v1"):
        for event in events:
            (data,) = [line for line in event.body.decode().splitlines() if line.startswith("data: ")]
            told.append((str(event.kind), json.loads(data.removeprefix("data: "))))
    return told


def _stays_as_it_is(world: World, execution: Execution) -> None:
    """Everything is delivered once more, late and in any order: nothing changes, and nothing more is done."""
    before, done = table.get(keys.execution(execution.id)), effects(world, execution).calls
    late = [("action", event) for event in world.injector.deliveries if event["execution_id"] == execution.id]
    chance = random.Random(execution.id)
    statuses = chance.sample(("FAILED", "SUCCEEDED", "ABORTED", "TIMED_OUT"), 4)
    late.append(("lifecycle", deliveries(execution, *statuses)))
    chance.shuffle(late)
    for function, event in late:
        answer = world.cloud.functions.invoke(function, json.dumps(event))
        assert not answer.failed or "ExecutionEnded" in answer.payload, answer.payload
    assert table.get(keys.execution(execution.id)) == before, "a late delivery changed its record"
    assert effects(world, execution).calls == done, "a late delivery did something"


def deliveries(execution: Execution, *statuses: str) -> dict[str, Any]:
    """SQS's batch of these status events of an execution."""
    arn = engine.run_arn(execution.machine_arn or "arn:aws:states:us-east-1:1:stateMachine:none", execution.id)
    events = [status_event({"executionArn": arn, "name": execution.id, "status": status}) for status in statuses]
    return {"Records": [Message(json.dumps(e)).record("arn:aws:sqs:us-east-1:1:lifecycle") for e in events]}
