"""What is at a limit does not only pass the checks: it runs."""

from typing import Any

import pytest

from functions.publish import prepare
from state_machines import limits
from tests.integration.service import WORKFLOWS, Handlers, Json
from tests.limits.runs import run
from tests.unit.functions.samples import chain, graph, task, wait
from tests.yardstick import computing_less_than


def fan(nodes: list[Json], *more: Json) -> Json:
    """All of `nodes` at the same time, and a node that joins them."""
    arrows = [arrow for node in nodes for arrow in (f"begin>{node['id']}", f"{node['id']}>join")]
    return graph([*nodes, task("join"), *more], *arrows)


def long_id(n: int) -> str:
    return f"n{n}".ljust(limits.ID.most, "x")


def nested(depth: int) -> Json:
    """Forks in the branches of forks, each with its join."""
    nodes = [task(name) for i in range(depth) for name in (f"n{i}", f"j{i}")] + [task(f"n{depth}")]
    arrows = ["begin>n0", f"n{depth}>j{depth - 1}"]
    for i in range(depth):
        arrows += [f"n{i}>j{i}", f"n{i}>n{i + 1}", *([f"j{i}>j{i - 1}"] if i else [])]
    return graph(nodes, *arrows)


def test_as_many_branches_as_may_be_run_at_once_and_join(handlers: Handlers) -> None:
    found = run(handlers, fan([task(long_id(n)) for n in range(limits.BRANCHES.most)]))
    assert (found.execution.status, found.execution.nodes_executed) == ("completed", limits.BRANCHES.most + 2)


def test_what_a_parallel_state_collects_stays_far_below_what_a_payload_may_have(handlers: Handlers) -> None:
    """A wait that ends a branch was given the words of all branches; it must not hand them on."""
    waits = [wait(long_id(n)) for n in range(limits.BRANCHES.most)]
    found = run(handlers, fan(waits))
    assert found.execution.status == "completed"
    ends = [event["stateExitedEventDetails"] for event in found.history if event["type"] == "WaitStateExited"]
    assert len(ends) == limits.BRANCHES.most
    assert sum(len(end["output"]) for end in ends) < limits.PAYLOAD.most / 100


def test_branches_nested_as_deep_as_may_be_run(handlers: Handlers) -> None:
    found = run(handlers, nested(limits.NESTING.most))
    assert (found.execution.status, found.execution.nodes_executed) == ("completed", 2 * limits.NESTING.most + 2)


def test_a_chain_of_a_hundred_effects_runs_with_a_record_that_was_foreseen(handlers: Handlers) -> None:
    found = run(handlers, chain(*(task(f"t{i}") for i in range(100))))
    assert (found.execution.status, found.kinds["TaskSucceeded"], len(found.history)) == ("completed", 100, 502)


def test_the_longest_chain_is_proven_by_a_dry_run(handlers: Handlers) -> None:
    workflow_id = handlers.publish(chain(*(task(f"t{i}") for i in range(limits.NODES.most))))
    _, answer = handlers.request("POST", f"{WORKFLOWS}/wf_{workflow_id}/execute", {"dryRun": True})
    execution = answer["execution"]
    assert (execution["status"], len(execution["steps"])) == ("COMPLETED", limits.NODES.most)


@pytest.mark.parametrize(
    "definition",
    [
        chain(*(task(f"t{i}") for i in range(limits.NODES.most))),
        chain(*(wait(f"w{i}") for i in range(limits.NODES.most))),
        fan([task(long_id(n)) for n in range(limits.BRANCHES.most)]),
        nested(limits.NESTING.most),
    ],
    ids=["chain", "waits", "fan", "nested"],
)
def test_the_largest_workflows_are_checked_in_less_than_two_seconds(definition: Any) -> None:
    with computing_less_than(2):
        prepare(definition)
