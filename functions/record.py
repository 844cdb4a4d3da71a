"""The record of one execution, read as a whole: states, path, progress and output are all folds over its log."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from functions import clock
from functions.scope import flow_of, new_scope
from functions.store import executions, steps
from functions.store.executions import Execution, Input, Status
from functions.timers import due_of, timer_of, wait_result
from state_machines.flow import Flow
from state_machines.fold import Result
from state_machines.log import TIMER, leaders_of, read_lines, read_starts
from state_machines.translate import is_templated, is_timer

NOT_ACTIONS = ("trigger", "end")
"""Node types that count neither as steps nor in the progress."""


@dataclass(frozen=True, kw_only=True)
class NodeState:
    """How one node of an execution stands: `pending`, `running`, `completed`, `failed`, `skipped` or `cancelled`."""

    node: str
    type: str
    status: str
    started_at: str | None = None
    result: Result | None = None
    input: Any = None
    has_input: bool = False
    attempt: int = 0

    @property
    def ended_at(self) -> str | None:
        return self.result.ended_at if self.result else None

    @property
    def duration_ms(self) -> int | None:
        """Whole milliseconds, where it has begun and ended."""
        return clock.ms_between(self.started_at, self.ended_at) if self.started_at and self.ended_at else None


@dataclass(frozen=True)
class Progress:
    """How far an execution is, over its actions: trigger and end are none."""

    total: int
    succeeded: int
    failed: int
    running: int
    skipped: int
    percentage: int

    @property
    def completed(self) -> int:
        return self.succeeded + self.failed

    @classmethod
    def of(cls, statuses: list[str], *, is_complete: bool) -> "Progress":
        """The progress of actions with these statuses."""
        succeeded, failed, skipped = (statuses.count(status) for status in ("completed", "failed", "skipped"))
        done = succeeded + failed + skipped
        percentage = int(100 * done / len(statuses) + 0.5) if statuses else 0
        return cls(
            len(statuses), succeeded, failed, statuses.count("running"), skipped, 100 if is_complete else percentage
        )


class Record:
    """An execution with everything that is known of it."""

    def __init__(self, execution: Execution, flow: Flow, given: Input, results: dict[str, Result]) -> None:
        self.execution = execution
        self.flow = flow
        self.given = given
        self.results = _with_ended_waits(execution, flow, results)

    def with_results(self, results: dict[str, Result]) -> "Record":
        """This record with other results in the place of its own, such as shortened ones."""
        return Record(self.execution, self.flow, self.given, results)

    @cached_property
    def states(self) -> dict[str, NodeState]:
        """Every node of the workflow, in its order."""
        return {node: self._state(node) for node in self.flow.nodes}

    @cached_property
    def path(self) -> list[str]:
        """The nodes that ran, in the order they started."""
        order = {node: i for i, node in enumerate(self.results)}
        began = self._beginnings
        return sorted(began, key=lambda node: (began[node], order.get(node, len(order)), self.flow.order[node]))

    @property
    def steps(self) -> list[NodeState]:
        """The actions that ran or run, in the order they started."""
        return [self.states[node] for node in self.path if self.states[node].type not in NOT_ACTIONS]

    @property
    def final_variables(self) -> dict[str, Any]:
        return new_scope(self.execution, self.flow, self.given, self.results).final_variables()

    @property
    def final_output(self) -> Any:
        """The output of the `end` that was come to, else that of the last node that completed."""
        completed = [result for result in self.results.values() if not result.failed]
        ends = [result for result in completed if self.flow.nodes[result.node].type == "end"]
        said = [result for result in ends if "output" in self.flow.nodes[result.node].config]
        rest = [result for result in completed if result not in ends]
        return next((result.output for result in [*reversed(said), *reversed(rest)]), None)

    @cached_property
    def progress(self) -> Progress:
        statuses = [state.status for state in self.states.values() if state.type not in NOT_ACTIONS]
        return Progress.of(statuses, is_complete=self.execution.status == Status.COMPLETED)

    @property
    def duration_ms(self) -> int:
        """How long it took, or has taken until now."""
        if self.execution.duration_ms is not None:
            return self.execution.duration_ms
        return clock.ms_between(self.execution.started_at, clock.now_iso())

    def _state(self, node: str) -> NodeState:
        placed, result = self.flow.nodes[node], self.results.get(node)
        if result:
            return NodeState(
                node=node,
                type=placed.type,
                status=result.status,
                started_at=result.started_at,
                result=result,
                attempt=result.attempt,
                **self._input(node),
            )
        started_at, attempt = self._begun(node)
        if started_at:
            status = "cancelled" if self.execution.status.is_terminal else "running"
            return NodeState(
                node=node,
                type=placed.type,
                status=status,
                started_at=started_at,
                attempt=attempt,
                **self._input(node),
            )
        status = "pending" if placed.enabled and self._may_run(node) else "skipped"
        return NodeState(node=node, type=placed.type, status=status)

    def _begun(self, node: str) -> tuple[str | None, int]:
        """When an unfinished node began, and which attempt it is at."""
        starts = [start for start in self._starts if start.node == node]
        if starts:
            return starts[0].at, starts[-1].attempt
        if node in self._ready and is_timer(self.flow.nodes[node]):
            return timer_of(self.flow, self.execution, node, self.results).started_at, 0
        return None, 0

    @cached_property
    def _beginnings(self) -> dict[str, str]:
        """When each node that ran began, and never before what led to it: the clocks of two functions may differ."""
        began: dict[str, str] = {}
        reached: dict[str, str] = {}
        for node in self.flow.order:
            reached[node] = max((reached[source] for source in self.flow.sources[node]), default="")
            if started_at := self.states[node].started_at:
                began[node] = reached[node] = max(started_at, reached[node])
        return began

    def _may_run(self, node: str) -> bool:
        """Whether a node that has not run was still to come; in a completed run nothing was."""
        return node in self._reachable

    def _input(self, node: str) -> dict[str, Any]:
        """The output of the node that led here: of several, the last in the workflow's order."""
        last = max(self._leading(node), key=self.flow.order.__getitem__, default=None)
        return {"input": self.results[last].output, "has_input": True} if last else {}

    def _leading(self, node: str) -> Iterator[str]:
        """The nodes that were left by a port that leads to `node`, over disabled nodes if there are any between."""
        waiting, seen = [node], {node}
        while waiting:
            name = waiting.pop()
            for source in self.flow.sources[name]:
                result, placed = self.results.get(source), self.flow.nodes[source]
                port = result.port if result else placed.passing_port if not placed.enabled else None
                if name not in self.flow.targets.get((source, port or ""), ()):
                    continue
                if result:
                    yield source
                elif source not in seen:
                    seen.add(source)
                    waiting.append(source)

    @cached_property
    def _starts(self) -> list[Any]:
        return read_starts(self.execution.started)

    @cached_property
    def _frontier(self) -> set[str]:
        return _frontier(self.flow, self.results)

    @cached_property
    def _ready(self) -> set[str]:
        return set(self.flow.ready(self._frontier))

    @cached_property
    def _reachable(self) -> set[str]:
        return self.flow.reachable(self._frontier) if self.execution.status != Status.COMPLETED else set()


def read_record(execution: Execution) -> Record:
    """The whole record of an execution. Its head is read before its steps, so that every step it names is found."""
    leaders = {leader for _, leader in leaders_of(execution.log)}
    found = steps.in_head(execution.small_steps, leaders)
    if leaders - found.keys():
        # What the head keeps stands: of a step that there was no room for, it has the failure.
        found = steps.read_all(execution.id) | found
    flow = flow_of(execution)
    return Record(execution, flow, executions.read_input(execution), results_of(execution, flow, found))


def progress_with(flow: Flow, results: Mapping[str, Result]) -> Progress:
    """How far an execution was when it had come to these results, whatever has begun or ended since."""
    reachable = flow.reachable(_frontier(flow, results))
    statuses = [
        results[node].status if node in results else "pending" if placed.enabled and node in reachable else "skipped"
        for node, placed in flow.nodes.items()
        if placed.type not in NOT_ACTIONS
    ]
    return Progress.of(statuses, is_complete=False)


def results_of(execution: Execution, flow: Flow, found: Mapping[str, steps.Step]) -> dict[str, Result]:
    """What each finished node came to, in the order of the log."""
    leaders = dict(leaders_of(execution.log))
    results: dict[str, Result] = {}
    for line in read_lines(execution.log):
        if line.kind == TIMER:
            results[line.node] = wait_result(flow, execution, line.node, results)
        else:
            results[line.node] = _result(found[leaders[line.node]].results, line.node)
    return results


def _with_ended_waits(execution: Execution, flow: Flow, results: dict[str, Result]) -> dict[str, Result]:
    """`results` and the waits whose time was over, though no function was there yet to note it in the log."""
    results, until = dict(results), execution.ended_at or clock.now_iso()
    while over := [
        node for node in _waits_now(execution, flow, results) if _is_over(execution, flow, node, results, until)
    ]:
        results |= {node: wait_result(flow, execution, node, results) for node in over}
    return results


def _waits_now(execution: Execution, flow: Flow, results: Mapping[str, Result]) -> list[str]:
    """The waits that the run is in, those left out whose time cannot be known from here."""
    ready = [
        node for node in flow.ready(_frontier(flow, results)) if node not in results and is_timer(flow.nodes[node])
    ]
    return [node for node in ready if node in execution.timers or not is_templated(flow.nodes[node])]


def _is_over(execution: Execution, flow: Flow, node: str, results: Mapping[str, Result], until: str) -> bool:
    timer = timer_of(flow, execution, node, results)
    return timer.error is None and due_of(timer) <= until


def _frontier(flow: Flow, results: Mapping[str, Result]) -> set[str]:
    """Where the run is; behind a failure that stops it, it never was."""
    stopped = {node for node, result in results.items() if result.failed and flow.nodes[node].on_error != "continue"}
    return flow.frontier({node: result.port for node, result in results.items() if node not in stopped})


def _result(results: Iterable[Result], node: str) -> Result:
    return next(result for result in results if result.node == node)
