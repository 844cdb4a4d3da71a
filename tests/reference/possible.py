"""What the nodes of a case come to, whichever of several parallel branches is ahead of the others."""

import time
from dataclasses import dataclass, field
from typing import Any

from functions.actions import registry
from functions.actions.context import ActionContext
from functions.record import Record
from functions.scope import new_scope
from state_machines.dry_run import _perform
from state_machines.flow import Flow
from state_machines.fold import Folded, Result, Scope, fold
from state_machines.workflow import Node
from tests.reference.drawn import Case
from tests.workflows import NOW


@dataclass
class Possible:
    """What each node comes to wherever it runs at all, and the nodes that may be the one that fails the run."""

    is_parallel: bool
    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, Result] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, reference: Record) -> "Possible":
        """Found by a run in which a failure stops only what is behind it, so that every branch comes to its own."""
        flow = reference.flow
        walk = _Walk(case, reference, cls(any(map(flow.has_effects, flow.forks.values()))))
        walk.go()
        return walk.possible


class _Walk:
    def __init__(self, case: Case, reference: Record, possible: Possible) -> None:
        self.possible = possible
        self._mocks = case.mocks
        self._flow: Flow = reference.flow
        self._scope: Scope = new_scope(reference.execution, reference.flow, reference.given)
        self._simulate = _simulator(reference)
        self._stuck: set[str] = set()
        """Nodes that are never left: they failed, or were come to by a fold that failed."""

    def go(self) -> None:
        self._follow(fold(self._scope, self._flow.entry, None, NOW))
        while ready := [node for node in self._flow.ready(self._frontier()) if node not in self._stuck]:
            node = self._flow.nodes[ready[0]]
            if node.is_effect:
                self._perform(node)
            else:
                self._follow(fold(self._scope, node.id, self._flow.stop_of(node.id), NOW))

    def _perform(self, node: Node) -> None:
        result = _perform(self._scope, node, self._simulate, self._mocks.get(node.id), lambda: NOW)
        self._scope.results[node.id] = self.possible.results[node.id] = result
        if result.failed and node.on_error != "continue":
            self.possible.failures[node.id] = result
            self._stuck.add(node.id)
        else:
            self._follow(fold(self._scope, self._flow.after(node.id, result.port), self._flow.stop_of(node.id), NOW))

    def _follow(self, folded: Folded) -> None:
        results = {result.node: result for result in folded.results}
        before = self._frontier() - results.keys()
        self.possible.results |= results
        if folded.failure:
            self.possible.failures[folded.failure.node] = folded.failure
            self._stuck |= {folded.failure.node} | (self._frontier() - before)

    def _frontier(self) -> set[str]:
        results = self.possible.results
        return self._flow.frontier({node: results[node].port for node in results if node not in self._stuck})


def _simulator(reference: Record) -> Any:
    execution = reference.execution

    def simulate(node: Node, config: dict[str, Any], logs: list[str]) -> Any:
        context = ActionContext(
            execution_id=execution.id,
            workflow_id=execution.workflow_id,
            workspace_id=execution.workspace_id,
            node=node.id,
            visit=0,
            attempt=0,
            user=execution.triggered_by,
            variables={},
            idempotency_token=node.id,
            deadline=time.monotonic() + 60,
            secret=str,
        )
        return registry.simulate(registry.actions()[node.type], config, context)

    return simulate
