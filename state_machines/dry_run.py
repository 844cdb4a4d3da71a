"""The dry run: the workflow walked with simulated effects, and the reference that the real engine is tested against."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from state_machines.errors import Fault, WorkflowError
from state_machines.expressions import render
from state_machines.flow import Flow
from state_machines.fold import Result, Scope, failed_result, fold, set_timer, size_kept, too_much_kept
from state_machines.limits import KEPT
from state_machines.values import check_size
from state_machines.workflow import Node

ATTEMPTS = 4
"""`onError: retry` tries once and three times again."""

SECRET = "https://secret.invalid/"
"""What stands in for every secret in a dry run: a text that fits wherever a URL does."""

Simulator = Callable[[Node, dict[str, Any], list[str]], Any]
"""Gives the output of an effect from its rendered config; may add lines to its logs, and may raise to fail it."""


class SimulatedFailure(WorkflowError):
    """Raised when a mock says that a node fails."""


@dataclass
class Run:
    """A finished dry run: its results in the order the nodes ended, which here is the order they started."""

    results: list[Result] = field(default_factory=list)
    failure: Result | None = None
    size: int = 0
    """The bytes of the results."""


def dry_run(scope: Scope, simulate: Simulator, mocks: Mapping[str, Any], clock: Callable[[], str]) -> Run:
    """Runs the workflow of `scope` from its entry to its end; waits take no time and nobody is called.

    One node runs at a time, of those that may run the first in the workflow's order. `mocks` gives, by node, what an
    effect comes to instead. `clock` tells the time as ISO 8601, and may raise to stop the run.
    """
    run, flow = Run(), scope.flow
    ahead = _Ahead(flow)
    _fold_into(run, ahead, scope, flow.entry, None, clock)
    _make_room(run, 0, flow)
    while run.failure is None and (name := ahead.first()):
        node, known = flow.nodes[name], len(run.results)
        if not node.is_effect:
            _fold_into(run, ahead, scope, node.id, flow.stop_of(node.id), clock)
        else:
            result = _perform(scope, node, simulate, mocks.get(node.id), clock)
            scope.results[node.id] = result
            run.results.append(result)
            ahead.pass_on([result])
            if result.failed and node.on_error != "continue":
                run.failure = result
            else:
                _fold_into(run, ahead, scope, flow.after(node.id, result.port), flow.stop_of(node.id), clock)
        _make_room(run, known, flow)
    return run


class _Ahead:
    """What can run next: `Flow.frontier`, kept up to date as nodes finish. To look from the entry on after each would
    make a run of a thousand nodes a million looks."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._reached: set[str] = set()
        self._finished: set[str] = set()
        self._waiting: list[tuple[int, str]] = []
        self._reach([flow.entry])

    def pass_on(self, results: Iterable[Result]) -> None:
        """Goes on behind what these nodes came to."""
        for result in results:
            self._finished.add(result.node)
            self._reach(self._flow.targets.get((result.node, result.port), ()))

    def first(self) -> str | None:
        """The first, in the workflow's order, of the nodes that can run: nothing that can may still run before it."""
        while self._waiting and self._waiting[0][1] in self._finished:
            heapq.heappop(self._waiting)
        return self._waiting[0][1] if self._waiting else None

    def _reach(self, nodes: Iterable[str]) -> None:
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node in self._reached:
                continue
            self._reached.add(node)
            placed = self._flow.nodes[node]
            if placed.enabled:
                heapq.heappush(self._waiting, (self._flow.order[node], node))
            elif placed.passing_port:
                waiting.extend(self._flow.targets.get((node, placed.passing_port), ()))


def faults_of_mocks(mocks: Mapping[str, Any], flow: Flow) -> list[Fault]:
    """What is wrong with the mocks of a request for `flow`."""
    faults = []
    for name, mock in mocks.items():
        if name not in flow.nodes:
            faults.append(Fault(f"mocks.{name}", "There is no such node"))
        elif not flow.nodes[name].is_effect:
            faults.append(Fault(f"mocks.{name}", "Only effects can be mocked: a dry run takes every decision itself"))
        elif not all(map(_is_mock, mock if isinstance(mock, list) else [mock])) or mock == []:
            faults.append(Fault(f"mocks.{name}", 'Give {"output": …} or {"error": "…"}, or a list of these'))
    return faults


def _is_mock(mock: Any) -> bool:
    if not isinstance(mock, dict) or len(mock) != 1:
        return False
    return "output" in mock or isinstance(mock.get("error"), str)


def _fold_into(
    run: Run, ahead: _Ahead, scope: Scope, point: str | None, stop: str | None, clock: Callable[[], str]
) -> None:
    folded = fold(scope, point, stop, clock())
    run.results.extend(folded.results)
    ahead.pass_on(folded.results)
    run.failure = folded.failure


def _make_room(run: Run, known: int, flow: Flow) -> None:
    """Counts the results behind the `known` ones: those of one step, which is kept as a whole or not at all."""
    step = run.results[known:]
    run.size += size_kept(step)
    if run.size > KEPT.most:
        run.failure = too_much_kept(flow.nodes[step[0].node], step[0])
        run.results[known:] = [run.failure]


def _perform(scope: Scope, node: Node, simulate: Simulator, mock: Any, clock: Callable[[], str]) -> Result:
    """One effect with its attempts; a list of mocks is used in turn, its last one again and again."""
    started_at = clock()
    if node.type == "wait" and mock is None:
        return set_timer(scope, node, started_at).result(node.id, clock())
    logs: list[str] = []
    mocked = mock if isinstance(mock, list) else [mock]
    attempts = ATTEMPTS if node.on_error == "retry" else 1
    result = failed_result(node, SimulatedFailure("It was never tried"), started_at, started_at, logs)
    for attempt in range(attempts):
        result = _attempt(scope, node, simulate, mocked[min(attempt, len(mocked) - 1)], started_at, clock, logs)
        result = replace(result, attempt=attempt)
        if not result.failed:
            break
    return result


def _attempt(
    scope: Scope,
    node: Node,
    simulate: Simulator,
    mock: Any,
    started_at: str,
    clock: Callable[[], str],
    logs: list[str],
) -> Result:
    try:
        output = _simulated(scope, node, simulate, logs) if mock is None else _mocked(mock)
        check_size(output, f"The output of {node.id!r}")
    except Exception as error:  # noqa: BLE001 - the boundary to what others wrote
        return failed_result(node, error, started_at, clock(), logs)
    return Result(node=node.id, output=output, started_at=started_at, ended_at=clock(), logs=logs)


def _simulated(scope: Scope, node: Node, simulate: Simulator, logs: list[str]) -> Any:
    document = {**scope.document(node.id), "secrets": _AnySecret()}
    config = render(node.config, document, logs.append)
    check_size(config, f"The config of {node.id!r}")
    return simulate(node, config, logs)


def _mocked(mock: Mapping[str, Any]) -> Any:
    if "error" in mock:
        raise SimulatedFailure(mock["error"])
    return mock["output"]


class _AnySecret(dict[str, str]):
    """Stands in for a workspace's secrets: every name has the same blotted value."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return SECRET
