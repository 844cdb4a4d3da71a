"""What a run comes to is known before: no run of any workflow takes fewer transitions, calls or events, or more."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state_machines.flow import Flow
from state_machines.fold import Scope
from state_machines.folding import Bound, Folded
from state_machines.runs import Record, Walk, staged_units, widest
from state_machines.translate import translate
from tests.unit.state_machines.test_properties import Machine, Mocks, State, failing, workflows
from tests.workflows import FUNCTION, Definition, chain, flow_of, graph, scope_of

EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Pass": 2, "Succeed": 2, "Fail": 1, "Parallel": 4}
"""The history events of a state that nothing goes wrong in."""


class Counting(Machine):
    """The interpreter of the properties, which counts what it is billed."""

    def __init__(self, flow: Flow, scope: Scope, mocks: Mocks) -> None:
        super().__init__(flow, scope, mocks)
        self.entered: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.capitalize() in EVENTS:
            super().__getattribute__("entered").append(name.capitalize())
        return super().__getattribute__(name)

    @property
    def found(self) -> tuple[int, int, int]:
        """Transitions, calls of functions, events."""
        return len(self.entered), self.entered.count("Task"), 2 + sum(EVENTS[kind] for kind in self.entered)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(workflows(), st.lists(st.booleans(), min_size=40, max_size=40), st.lists(st.booleans(), max_size=10))
def test_every_run_is_within_its_bounds(definition: Definition, met: list[bool], bits: list[bool]) -> None:
    names = [placed["id"] for placed in definition["nodes"]]
    trigger = {"ms": 1500} | {name: met[i % len(met)] for i, name in enumerate(names)}
    flow = flow_of(definition)
    machine = translate(flow, FUNCTION)
    run = Counting(flow, scope_of(flow, trigger), failing(flow, bits))
    run.run()
    if machine is None or not run.entered:
        return
    least, most = (Walk(flow, machine, bound, Record()).run() for bound in ("least", "most"))
    for low, found, high in zip(least, run.found, most, strict=False):
        assert low <= found <= high


def bounds(definition: Definition) -> list[tuple[int, int, int]]:
    flow = flow_of(definition)
    machine = translate(flow, FUNCTION)
    assert machine
    order: tuple[Bound, ...] = ("least", "most", "with_retries")
    return [Walk(flow, machine, bound, Record()).run()[:3] for bound in order]


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        (chain("call"), [(1, 1, 7), (1, 1, 7), (8, 7, 26)]),
        (chain({"onError": "retry"}), [(1, 1, 7), (1, 1, 7), (5, 4, 17)]),
        (chain({"onError": "continue"}), [(1, 1, 7), (1, 1, 7), (15, 14, 49)]),
        (chain("call", "wait"), [(2, 1, 9), (2, 1, 9), (8, 7, 27)]),
        (graph("a>c c:true>b", c="condition"), [(3, 1, 11), (3, 2, 14), (16, 14, 51)]),
        (graph("s>a s>b a>j b>j"), [(5, 4, 26), (5, 4, 26), (30, 28, 99)]),
    ],
    ids=["effect", "retry", "continue", "wait", "choice", "fork"],
)
def test_what_each_kind_of_node_comes_to(definition: Definition, found: list[tuple[int, int, int]]) -> None:
    assert bounds(definition) == found


def test_the_record_grows_by_what_is_written_to_it() -> None:
    """Two effects and a decision between them: three lines of the log, and one for each attempt."""
    flow = flow_of(graph("first>c c:false>b", c="condition"))
    machine = translate(flow, FUNCTION) or {}
    lines = ["first#0", "+c#0>false", "b#0", *(f"{node}#0#0@2026-11-22T14:32:00.123Z" for node in ("first", "b"))]
    assert Walk(flow, machine, "most", Record(head=100)).run().head == 100 + sum(len(line) + 1 for line in lines)


def test_a_branch_is_billed_for_what_others_wrote_to_the_record_before_it() -> None:
    flow = flow_of(graph(" ".join(f"s>{name * 60} {name * 60}>j" for name in "abcdefgh")))
    machine = translate(flow, FUNCTION) or {}
    least, most = (Walk(flow, machine, bound, Record()).run().writes for bound in ("least", "most"))
    assert least < most


def test_the_widest_fork_is_that_with_the_most_branches_at_once() -> None:
    inner = "s>a s>b a>x a>y x>j y>j b>j j>p j>q j>r p>z q>z r>z"
    assert widest(machine_of(inner)) == (3, "fork 1")
    assert widest(machine_of("a>b")) == (1, "")


def machine_of(arrows: str) -> State:
    return translate(flow_of(graph(arrows)), FUNCTION) or {}


@pytest.mark.parametrize(
    ("body", "found"),
    [(0, 1), (724, 1), (725, 2), (4_000, 5), (4_001, 2 * (1 + 5)), (9_000, 2 * (1 + 10))],
)
def test_a_step_with_a_large_body_is_written_as_two_items_in_a_transaction(body: int, found: int) -> None:
    assert staged_units(Record(item=300, data=body), Folded()) == found
