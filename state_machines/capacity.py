"""Whether every run of a machine fits, with all the retries it may take: into the history that Step Functions keeps,
and into the item that is its record. What does not fit is refused when it is published, so that no run dies of it."""

from collections.abc import Iterator

from state_machines.errors import Fault, WorkflowInvalid
from state_machines.flow import Flow
from state_machines.limits import BRANCHES, HISTORY, RECORD
from state_machines.runs import Record, State, Walk, widest

RECORD_BESIDE_LOG = 16_000
"""Bytes of a head beside its log, at most: an error of 2,000 characters, 3,000 bytes of small bodies, ids, times."""


def check_capacity(flow: Flow, machine: State) -> None:
    """Raises WorkflowInvalid where a run of `machine`, the machine of `flow`, might not fit."""
    if faults := list(_faults(flow, machine)):
        raise WorkflowInvalid(faults)


def _faults(flow: Flow, machine: State) -> Iterator[Fault]:
    field = "nodes" if flow.workflow.actions is None else "actions"
    walk = Walk(flow, machine, "with_retries", Record(head=RECORD_BESIDE_LOG))
    worst = walk.run()
    if worst.events > HISTORY.most:
        yield HISTORY.fault(field, worst.events, "use fewer nodes, or fewer that retry or continue")
    # The head also has the machine's input: the routing words of the decisions before the first effect.
    if (size := worst.head + walk.claimed.body) > RECORD.most:
        yield RECORD.fault(field, size, "use fewer nodes, fewer that retry, or shorter ids")
    count, fork = widest(machine)
    if count > BRANCHES.most:
        places = {node.id: path for path, node in flow.workflow.placed_nodes()}
        yield BRANCHES.fault(places[flow.forks[fork].origin], count, "let some follow others")
