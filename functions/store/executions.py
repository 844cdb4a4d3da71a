"""The record of an execution: claimed once, appended to while it runs, ended once. A terminal record never changes.

Every write here is conditional and says what it expects; whoever loses learns it by `ExecutionEnded` or `AlreadyDone`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from functions import clock
from functions.settings import settings
from functions.store import bodies, keys, steps, table
from functions.store.additions import NOTHING, Addition, timer_text
from functions.store.counters import counting
from functions.store.steps import Step
from functions.store.table import ConditionFailed, Item
from state_machines.errors import TooMuchKept
from state_machines.fold import Result, Timer, size_kept
from state_machines.log import read_lines, read_starts, write_lines, write_start
from state_machines.values import to_json

_FIRST_CHECK = timedelta(minutes=1)
SMALL, SMALL_TOGETHER = 1_000, 3_000
"""Bytes of a body that is kept in the head, and of all that are."""


class Status(StrEnum):
    """The status of an execution, as v1 spells it."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"

    @property
    def is_terminal(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class ExecutionEnded(Exception):
    """Raised when a record that should be running is terminal (or gone); its name stops the state machine."""


class AlreadyDone(Exception):
    """Raised when the log holds this line already."""


class AlreadyClaimed(Exception):
    """Raised when an execution of this id exists."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """The head of an execution. Times are ISO 8601; `timers` has a wait's timer by its node.

    What is small is kept in the head itself, so that it needs no item, no write and no read of its own: the bodies of
    steps by their leaders, and the input.
    """

    id: str
    workflow_id: str
    workspace_id: str
    version: int
    status: Status = Status.RUNNING
    is_test: bool = False
    triggered_by: str
    trigger_type: str
    started_at: str
    ended_at: str | None = None
    duration_ms: int | None = None
    nodes_executed: int = 0
    error: str | None = None
    error_node: str | None = None
    started: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    timers: Mapping[str, Timer] = field(default_factory=dict)
    small_steps: Mapping[str, str] = field(default_factory=dict)
    small_input: str | None = None
    results_size: int = 0
    """The bytes of all results that are in the log."""
    machine_arn: str | None = None
    machine_input: str = "{}"
    expires_at: int
    checks: int = 0

    @classmethod
    def from_item(cls, item: Item) -> "Execution":
        fields = {name: item[name] for name in cls.__dataclass_fields__ if name in item}
        fields["id"] = item["execution_id"]
        fields["status"] = Status(item["status"])
        fields["started"], fields["log"] = tuple(item["started"]), tuple(item["log"])
        fields["timers"] = {node: Timer(**json.loads(text)) for node, text in item["timers"].items()}
        return cls(**fields)

    @property
    def nodes_seen(self) -> set[str]:
        """The nodes that have begun, finished or not."""
        begun = {start.node for start in read_starts(self.started)} | self.timers.keys()
        return begun | {line.node for line in read_lines(self.log)}

    def item(self) -> Item:
        """The head item, without what is absent."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("id", "timers")}
        item = {name: value for name, value in fields.items() if value is not None}
        timers = {node: timer_text(timer) for node, timer in self.timers.items()}
        item |= {"execution_id": self.id, "status": str(self.status), "timers": timers}
        item |= {"started": list(self.started), "log": list(self.log)}
        item |= {"list_key": self.list_key(self.status), "start_key": f"{self.started_at}#{self.id}"}
        return keys.execution(self.id) | item | {"duration_key": self.duration_key(self.duration_ms or 0)}

    def room_for(self, body: str) -> bool:
        """Whether a body is small enough, and the head has room, to keep it there: a write pays for all of it."""
        held = sum(map(bodies.size_of, self.small_steps.values())) + bodies.size_of(self.small_input or "")
        return bodies.size_of(body) <= min(SMALL, SMALL_TOGETHER - held)

    def list_key(self, status: Status) -> str:
        return keys.executions_of(self.workflow_id, status, self.is_test)

    def duration_key(self, duration_ms: int) -> str:
        return f"{duration_ms:015d}#{self.id}"


@dataclass(frozen=True, kw_only=True)
class Input:
    """What an execution was started with; `variables` are the workflow's defaults, overlaid by the request's."""

    trigger: Any
    variables: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_item(cls, item: Item) -> "Input":
        body = item["body"] if "body" in item else bodies.get(item["pk"].removeprefix("EXEC#"), "input")
        return cls.from_body(body)

    @classmethod
    def from_body(cls, body: str) -> "Input":
        return cls(**json.loads(body))

    def body(self) -> str:
        return to_json({name: getattr(self, name) for name in ("trigger", "variables", "metadata")})

    def item(self, execution: Execution) -> Item:
        """The item of this input; a large one is put into S3 here."""
        item, body = keys.execution(execution.id, keys.INPUT) | {"expires_at": execution.expires_at}, self.body()
        if bodies.size_of(body) <= bodies.IN_TABLE:
            return item | {"body": body}
        bodies.put(execution.id, "input", body)
        return item


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an execution ends."""

    status: Status
    at: str
    error: str | None = None
    error_node: str | None = None

    @classmethod
    def by_failure(cls, failure: Result) -> "Ending":
        """The end of an execution that the failure of a node stops."""
        message = f"Node execution failed: {failure.error}"
        return cls(status=Status.FAILED, at=failure.ended_at, error=message, error_node=failure.node)


def expiry(started_at: str, timeout_seconds: int) -> int:
    """When all items of an execution expire, in seconds since the epoch: its longest life, and the retention."""
    kept = timedelta(days=settings().retention_days, seconds=timeout_seconds)
    return int((clock.parse(started_at) + kept).timestamp())


def claim(execution: Execution, given: Input, step: Step, ending: Ending | None) -> Execution:
    """Writes a new record, with the decisions that were folded before its first effect, and its end if they end it.

    Raises AlreadyClaimed.
    """
    execution = replace(
        execution,
        log=tuple(write_lines(step.results)),
        timers=step.timers,
        results_size=size_kept(step.results),
    )
    execution, items = _placed(execution, given, [step] if step.results else [])
    if ending:
        return _write_new(_ended(execution, ending), items, {})
    check_at = clock.iso(clock.parse(execution.started_at) + _FIRST_CHECK)
    return _write_new(execution, items, {"in_flight": "1", "check_at": check_at})


def keep_finished(execution: Execution, given: Input, finished: list[Step], ending: Ending) -> Execution:
    """Writes the record of a run that is over, as a dry run is: its steps first, unseen without its head."""
    log = tuple(line for step in finished for line in write_lines(step.results))
    execution, items = _placed(replace(execution, log=log), given, finished)
    table.put_all(items)
    return _write_new(_ended(execution, ending), [], {})


def _placed(execution: Execution, given: Input, new_steps: list[Step]) -> tuple[Execution, list[Item]]:
    """The head with what is small, and the items of the rest."""
    items: list[Item] = []
    if execution.room_for(given.body()):
        execution = replace(execution, small_input=given.body())
    else:
        items.append(given.item(execution))
    for step in new_steps:
        if execution.room_for(step.body()):
            execution = replace(execution, small_steps={**execution.small_steps, step.leader: step.body()})
        else:
            items += steps.items(execution.id, step, execution.expires_at)
    return execution, items


def _write_new(execution: Execution, items: list[Item], flight: Item) -> Execution:
    head, new = execution.item() | flight, "attribute_not_exists(pk)"
    writes = [table.putting(head, condition=new), *map(table.putting, items)]
    if execution.status.is_terminal:
        writes.append(counting(execution.workflow_id, execution.started_at, execution.is_test, execution))
    try:
        table.transact(*writes) if len(writes) > 1 else table.put(head, condition=new)
    except ConditionFailed:
        raise AlreadyClaimed(execution.id) from None
    return execution


def read(execution_id: str) -> Execution | None:
    """The head of an execution, unless it does not exist or has expired."""
    return from_item(table.get(keys.execution(execution_id)))


def from_item(item: Item | None) -> Execution | None:
    """The head in `item`, unless it has expired: DynamoDB deletes only within days."""
    if item is None or item["expires_at"] <= clock.now().timestamp():
        return None
    return Execution.from_item(item)


def read_input(execution: Execution) -> Input:
    """What an execution was started with. Raises LookupError where that has been deleted."""
    if execution.small_input is not None:
        return Input.from_body(execution.small_input)
    return input_from_item(execution.id, table.get(keys.execution(execution.id, keys.INPUT)))


def input_from_item(execution_id: str, item: Item | None) -> Input:
    """The input in `item`. Raises LookupError where that has been deleted."""
    if item is None:
        raise LookupError(f"Execution {execution_id} has no input")
    return Input.from_item(item)


def begin_attempt(execution_id: str, node: str, visit: int, attempt: int, ended_waits: Sequence[str] = ()) -> Execution:
    """Notes that an attempt of an effect begins, and the ends of the waits before it.

    Raises ExecutionEnded where the record is not running, AlreadyDone where another function noted one of those ends.
    """
    line = write_start(node, visit, attempt, clock.now_iso())
    started = ", started = list_append(started, :started)"
    return _add(execution_id, Addition(lines=ended_waits), started, {":started": [line]})


def note_ended_waits(execution_id: str, ended_waits: Sequence[str]) -> Execution:
    """Notes the ends of waits before a Task that only folds. Raises as `begin_attempt` does."""
    return _add(execution_id, Addition(lines=ended_waits))


def commit(execution: Execution, addition: Addition) -> Execution:
    """Adds what a Task came to, which until then no reader sees; returns the record as it then is.

    Raises ExecutionEnded where the record is terminal, AlreadyDone where the first line is in the log already,
    TooMuchKept where the execution has no room for the results.
    """
    return _add(execution.id, addition)


def end(execution: Execution, ending: Ending, addition: Addition = NOTHING) -> Execution:
    """Ends a running record, with the last lines of its log, and counts it: one transaction, whoever does it.

    Raises ExecutionEnded where it has ended already, AlreadyDone where the first line is in the log already,
    TooMuchKept where the execution has no room for the results.
    """
    ended = _ended(replace(execution, log=(*execution.log, *addition.lines)), ending)
    # What is over begins no wait.
    addition = replace(addition, timers={})
    sets, values = _setting(ended)
    try:
        table.transact(
            table.updating(
                keys.execution(execution.id),
                f"SET {addition.sets}{sets}",
                names=addition.names | {"#error": "error"},
                values=addition.values | values,
                condition=addition.condition,
            ),
            counting(ended.workflow_id, ended.started_at, ended.is_test, ended),
        )
    except ConditionFailed as error:
        raise _lost(error, addition) from None
    return ended


def put_off_check(execution_id: str, checks: int, check_at: str) -> None:
    """Notes when the schedule looks at an execution again. Does nothing where it is in flight no more."""
    _in_flight(execution_id, "SET check_at = :at, checks = :n", {":at": check_at, ":n": checks})


def landed(execution_id: str) -> None:
    """Takes an execution out of the in-flight index: its record is terminal and its machine is known to have ended."""
    _in_flight(execution_id, "REMOVE in_flight, check_at, checks", {})


def in_flight(until: str) -> Iterable[Item]:
    """What the schedule should look at: `execution_id`, `machine_arn` and `checks`, the longest waiting first."""
    condition = "in_flight = :yes AND check_at <= :until"
    return table.query(condition, {":yes": "1", ":until": until}, index="in_flight")


def _add(
    execution_id: str, addition: Addition, sets: str = "", values: Mapping[str, Any] = MappingProxyType({})
) -> Execution:
    try:
        item = table.update(
            keys.execution(execution_id),
            f"SET {addition.sets}{sets}",
            names=addition.names,
            values={**addition.values, **values},
            condition=addition.condition,
        )
    except ConditionFailed as error:
        raise _lost(error, addition) from None
    return Execution.from_item(item)


def _ended(execution: Execution, ending: Ending) -> Execution:
    return replace(
        execution,
        status=ending.status,
        # Another function's clock may be behind the one by which it began.
        ended_at=max(ending.at, execution.started_at),
        duration_ms=clock.ms_between(execution.started_at, ending.at),
        nodes_executed=len(execution.nodes_seen),
        error=ending.error,
        error_node=ending.error_node,
    )


def _setting(ended: Execution) -> tuple[str, dict[str, Any]]:
    """The part of an update that ends a record, and its values."""
    values = {
        ":status": str(ended.status),
        ":ended_at": ended.ended_at,
        ":duration_ms": ended.duration_ms,
        ":nodes_executed": ended.nodes_executed,
        ":list_key": ended.list_key(ended.status),
        ":duration_key": ended.duration_key(ended.duration_ms or 0),
        ":error": ended.error,
        ":error_node": ended.error_node,
    }
    sets = (
        ", #status = :status, ended_at = :ended_at, duration_ms = :duration_ms, nodes_executed = :nodes_executed, "
        "list_key = :list_key, duration_key = :duration_key, #error = :error, error_node = :error_node"
    )
    return sets, values


def _lost(error: ConditionFailed, addition: Addition) -> Exception:
    if error.item is None or error.item["status"] != Status.RUNNING:
        return ExecutionEnded("The execution has ended")
    if addition.lines and addition.lines[0] not in error.item["log"]:
        return TooMuchKept("The execution has no room for these results")
    return AlreadyDone("The log has this line already")


def _in_flight(execution_id: str, expression: str, values: Mapping[str, Any]) -> None:
    try:
        table.update(keys.execution(execution_id), expression, values=values, condition="attribute_exists(in_flight)")
    except ConditionFailed:
        return
