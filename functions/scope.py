"""What a function must know to go on with an execution: only what its expressions refer to is read, in one call."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from functions import ids
from functions.store import executions, keys, steps, workflows
from functions.store.executions import Execution, Input
from functions.timers import wait_result
from state_machines.expressions import Reference
from state_machines.flow import Flow
from state_machines.fold import Result, Scope
from state_machines.log import TIMER, leaders_of, read_lines
from state_machines.references import references_of

_NOTHING = Input(trigger=None, variables={})


def flow_of(execution: Execution) -> Flow:
    """The flow that an execution runs, whatever was published since."""
    return workflows.read_version(execution.workflow_id, execution.version).flow


def new_scope(execution: Execution, flow: Flow, given: Input, results: dict[str, Result] | None = None) -> Scope:
    """The scope of an execution with these results."""
    return Scope(
        flow=flow,
        execution={"id": ids.as_uuid(execution.id)},
        workflow={
            "id": ids.as_uuid(execution.workflow_id),
            "name": flow.workflow.name,
            "version": execution.version,
        },
        trigger=given.trigger,
        variables=given.variables,
        results=results or {},
    )


def scope_for(execution: Execution, flow: Flow, node: str) -> Scope:
    """The scope for performing `node` and folding what is behind it."""
    references = _references(flow, node)
    leaders = _leaders(execution, flow, references)
    reads_input = any(reference.root in ("trigger", "variables") for reference in references)
    return _read_scope(execution, flow, leaders, reads_input)


def _read_scope(execution: Execution, flow: Flow, leaders: list[str], reads_input: bool) -> Scope:
    """The scope with those steps, and the input where it is asked for: from the head, or else in one read."""
    known = steps.in_head(execution.small_steps, leaders)
    apart = reads_input and execution.small_input is None
    others = [keys.execution(execution.id, keys.INPUT)] if apart else []
    found, items = steps.read_some(execution.id, [leader for leader in leaders if leader not in known], *others)
    given = _NOTHING
    if reads_input:
        given = executions.input_from_item(execution.id, items[0]) if apart else executions.read_input(execution)
    results = {result.node: result for step in (known | found).values() for result in step.results}
    return new_scope(execution, flow, given, results | _noted_waits(execution, flow, results))


def _noted_waits(execution: Execution, flow: Flow, results: dict[str, Result]) -> dict[str, Result]:
    """What the waits in the log came to, which no step item has: it follows from their timers."""
    waits = [line.node for line in read_lines(execution.log) if line.kind == TIMER]
    return {node: wait_result(flow, execution, node, results) for node in waits}


def _references(flow: Flow, node: str) -> set[Reference]:
    """What `node` reads, and the decisions that may be folded behind it, and the waits that may begin there."""
    found: set[Reference] = set()
    waiting, seen = [node], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        placed = flow.nodes[name]
        goes_on = name == node or not placed.is_effect
        if goes_on or placed.type == "wait":
            found |= references_of(placed)
        if placed.type == "trigger":
            found.add(Reference("trigger", None))
        if goes_on:
            waiting.extend(target for port in placed.ports for target in flow.targets.get((name, port), ()))
    return found


def _leaders(execution: Execution, flow: Flow, references: set[Reference]) -> list[str]:
    """The step items that hold what `references` refer to, of those that are in the log."""
    recorded = dict(leaders_of(execution.log))
    wanted = {reference.name for reference in references if reference.root == "steps"}
    if None in wanted:
        return list(dict.fromkeys(recorded.values()))
    if any(reference.root == "variables" for reference in references):
        wanted |= {node for node in recorded if flow.nodes[node].type == "set_variables"}
    return list(dict.fromkeys(leader for node, leader in recorded.items() if node in wanted))


class Variables(Mapping[str, Any]):
    """The variables at a node, read only if an action asks for them: most do not."""

    def __init__(self, execution: Execution, flow: Flow, node: str) -> None:
        self._execution, self._flow, self._node = execution, flow, node

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @cached_property
    def _values(self) -> dict[str, Any]:
        leaders = _leaders(self._execution, self._flow, {Reference("variables", None)})
        return _read_scope(self._execution, self._flow, leaders, True).variables_at(self._node)
