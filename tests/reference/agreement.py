"""Whether a real run came to what its dry run came to; every difference is a sentence.

Parallel branches take turns in any order, so a path is compared as what it says: which nodes ran, and that no node
began before what leads to it. Where one of several branches that would fail stopped the run, the others' nodes may have
run or not: what did run must have come to the same as wherever it runs.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.engine import MachineStatus
from functions.record import Record
from functions.scope import new_scope
from functions.store.executions import Ending, Status
from state_machines.flow import Flow
from state_machines.fold import Result
from state_machines.log import read_starts
from tests.reference.drawn import HANGS, Case
from tests.reference.possible import Possible
from tests.reference.world import Outcome, Outcomes


def differences(case: Case, outcomes: Outcomes) -> list[str]:
    """In what the engines differ from the dry run, or from each other; nothing where they agree."""
    possible = Possible.of(case, outcomes.reference)
    found = []
    for name, outcome in outcomes.engines.items():
        found += [f"{name}: {sentence}" for sentence in _of_outcome(outcomes.reference, outcome, possible)]
    machines = [outcome.machine for outcome in outcomes.engines.values()]
    if len({machine and machine.status for machine in machines}) > 1:
        found.append(f"the machines ended differently: {machines}")
    if not possible.is_parallel and len({machine and machine.error for machine in machines}) > 1:
        found.append(f"the machines failed by different errors: {machines}")
    return found


# -- one run --------------------------------------------------------------------------------------------------------


def _of_outcome(reference: Record, outcome: Outcome, possible: Possible) -> Iterator[str]:
    record = outcome.record
    if record.execution.status != reference.execution.status:
        yield f"status {record.execution.status}, not {reference.execution.status}: {record.execution.error}"
        return
    yield from _of_machine(outcome)
    yield from _of_order(record)
    yield from _of_attempts(record)
    if record.execution.status == Status.COMPLETED or not possible.is_parallel:
        yield from _of_whole(reference, record)
    if record.execution.status == Status.COMPLETED:
        yield from _of_output(reference, record)
    else:
        yield from _of_failure(record, possible)


def _of_machine(outcome: Outcome) -> Iterator[str]:
    wanted = {Status.COMPLETED: MachineStatus.SUCCEEDED, Status.FAILED: MachineStatus.FAILED}
    if outcome.machine and outcome.machine.status != wanted[outcome.record.execution.status]:
        yield f"the machine {outcome.machine} of a run that is {outcome.record.execution.status}"


def _of_order(record: Record) -> Iterator[str]:
    """No node began before one that leads to it, and the path has no node twice."""
    flow, path = record.flow, record.path
    if len(set(path)) < len(path):
        yield f"path {path} has a node twice"
    for i, later in enumerate(path):
        for earlier in path[i + 1 :]:
            if flow.runs_before(earlier, later):
                yield f"path {path} has {later} before {earlier}"


def _of_attempts(record: Record) -> Iterator[str]:
    """Each attempt began once, and none was left out."""
    begun: dict[str, list[int]] = {}
    for start in read_starts(record.execution.started):
        begun.setdefault(start.node, []).append(start.attempt)
    for node, attempts in begun.items():
        if attempts != list(range(len(attempts))):
            yield f"{node} began its attempts as {attempts}"
        if node in record.results and record.results[node].attempt != len(attempts) - 1:
            yield f"{node} began {len(attempts)} times and says it was at {record.results[node].attempt}"


def _of_whole(reference: Record, record: Record) -> Iterator[str]:
    """Everything that does not depend on which of parallel branches is ahead."""
    if set(record.path) != set(reference.path):
        yield f"path {record.path}, not {reference.path}"
    for node, state in record.states.items():
        if (got := _shown(state)) != (wanted := _shown(reference.states[node])):
            yield f"{node} is {got}, not {wanted}"
    for name in ("final_variables", "progress"):
        if (got := getattr(record, name)) != (wanted := getattr(reference, name)):
            yield f"{name} {got}, not {wanted}"
    if record.execution.nodes_executed != reference.execution.nodes_executed:
        yield f"{record.execution.nodes_executed} nodes executed, not {reference.execution.nodes_executed}"


def _shown(state: Any) -> Any:
    """What a client sees of a node, but for times."""
    result = _outcome(state.result) if state.result else None
    return state.status, result, state.input, state.has_input, state.attempt


def _outcome(result: Result) -> Any:
    error = HANGS if result.error and _is_late(result.error) else result.error
    return result.status, result.port, result.output, error, result.attempt, result.variables


def _is_late(error: str) -> bool:
    """Whether an error is that of an attempt that ran out of its time, in milliseconds that are rounded."""
    return error.startswith(HANGS.partition(" within ")[0])


def _of_output(reference: Record, record: Record) -> Iterator[str]:
    """The output is that of the last node, which of several branches' last ones may be any."""
    flow = reference.flow
    completed = {node: result for node, result in reference.results.items() if not result.failed}
    ends = [node for node in completed if flow.nodes[node].type == "end"]
    said = [node for node in ends if "output" in flow.nodes[node].config]
    candidates = said or [node for node in completed if node not in ends]
    last = [node for node in candidates if not any(flow.runs_before(node, other) for other in candidates)]
    outputs = [completed[node].output for node in last] or [None]
    for name, run in (("the dry run", reference), ("the run", record)):
        if run.final_output not in outputs:
            yield f"{name} has the output {run.final_output!r}, none of {outputs}"


def _of_failure(record: Record, possible: Possible) -> Iterator[str]:
    """One of those that fail did; whatever else ran came to the same as ever, and was led to."""
    execution = record.execution
    failure = possible.failures.get(execution.error_node or "")
    if failure is None:
        yield f"failed at {execution.error_node}, not at one of {list(possible.failures)}: {execution.error}"
        return
    if execution.error != Ending.by_failure(failure).error and not _is_late(failure.error or ""):
        yield f"error {execution.error!r}, not {Ending.by_failure(failure).error!r}"
    yield from _of_what_ran(record, possible)
    yield from _of_what_began(record)
    results = {node: result for node, result in possible.results.items() if node in record.results}
    variables = new_scope(execution, record.flow, record.given, results)
    if record.final_variables != variables.final_variables():
        yield f"final_variables {record.final_variables}, not {variables.final_variables()}"


def _of_what_ran(record: Record, possible: Possible) -> Iterator[str]:
    for node, result in record.results.items():
        if node not in possible.results or _outcome(result) != _outcome(possible.results[node]):
            yield f"{node} came to {result}, not to {possible.results.get(node)}"
        elif result.failed and node != record.execution.error_node and record.flow.nodes[node].on_error != "continue":
            yield f"{node} failed as well, and is not named"


def _of_what_began(record: Record) -> Iterator[str]:
    reached = _reached(record.flow, {node: result.port for node, result in record.results.items()})
    for node, state in record.states.items():
        if state.started_at and node not in reached:
            yield f"{node} is {state.status}, and nothing led to it"
        if state.status not in ("completed", "failed", "cancelled", "pending", "skipped"):
            yield f"{node} is {state.status} in a run that is over"


def _reached(flow: Flow, ports: Mapping[str, str]) -> set[str]:
    """The nodes that these ports lead to."""
    seen: set[str] = set()
    waiting = [flow.entry]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        port = ports.get(node) if flow.nodes[node].enabled else flow.nodes[node].passing_port
        if port is not None:
            waiting.extend(flow.targets.get((node, port), ()))
    return seen
