"""Whatever workflow is drawn, its machine and its dry run do the same."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state_machines.flow import Flow
from state_machines.fold import Folded, Result, Scope, fold
from state_machines.translate import answer_of, is_timer, translate
from state_machines.workflow import RESULT, Node
from tests.drawing import Drawing
from tests.statelanguage import assert_valid
from tests.workflows import FUNCTION, NOW, Definition, flow_of, graph, run_dry, scope_of

State = dict[str, Any]
Mocks = dict[str, dict[str, Any]]


@st.composite
def workflows(draw: st.DrawFn) -> Definition:
    return Drawing(draw).workflow()


class Machine:
    """A tiny interpreter of the states that the translator uses, with a function that fails what the mocks fail."""

    def __init__(self, flow: Flow, scope: Scope, mocks: Mocks) -> None:
        self.flow = flow
        self.scope = scope
        self.mocks = mocks
        self.effects: list[str] = []
        self.ports: dict[str, str] = {}

    def run(self) -> None:
        folded = fold(self.scope, self.flow.entry, None, NOW)
        answer = self.answer(folded.results, folded)
        machine = translate(self.flow, FUNCTION)
        if machine is None:
            assert folded.next not in (*self.flow.nodes, *self.flow.forks)
            return
        assert_valid(machine)
        if folded.next in (*self.flow.nodes, *self.flow.forks):
            self.region(machine, answer)

    def region(self, region: State, data: Any) -> Any:
        name = region["StartAt"]
        while True:
            state = region["States"][name]
            name, data = getattr(self, state["Type"].lower())(name, state, data)
            if not name:
                return data

    def task(self, name: str, state: State, data: Any) -> tuple[str | None, Any]:
        return state.get("Next"), self.function(state["Parameters"]["Payload"])

    def wait(self, name: str, state: State, data: Any) -> tuple[str | None, Any]:
        seconds = data["waits"][name] if "SecondsPath" in state else state["Seconds"]
        assert isinstance(seconds, int)
        self.effects.append(name)
        return state.get("Next"), data

    def choice(self, name: str, state: State, data: Any) -> tuple[str | None, Any]:
        for rule in state["Choices"]:
            if value_at(rule["Variable"], data) == rule.get("StringEquals", rule.get("BooleanEquals")):
                return rule["Next"], data
        return state["Default"], data

    def parallel(self, name: str, state: State, data: Any) -> tuple[str | None, Any]:
        outputs = [self.region(branch, data) for branch in state["Branches"]]
        if "ResultSelector" not in state:
            return state.get("Next"), data
        join = state["ResultSelector"]["joined.$"].split("'")[1]
        return state["Next"], {"joined": join in [output["next"] for output in outputs]}

    def succeed(self, name: str, state: State, data: Any) -> tuple[str | None, Any]:
        return None, data

    def pass_(self, name: str, state: State, data: Any) -> tuple[str | None, Any]:
        parameters = state["Parameters"]
        word = parameters["next"] if "next" in parameters else value_at(parameters["next.$"], data)
        return None, {"next": word}

    def function(self, payload: State) -> State:
        """What the action's function does: it notes the waits that ended, performs, and folds what is behind."""
        for timer in payload.get("after_waits", ()):
            if timer in self.flow.frontier(self.ports):
                self.ports[timer] = RESULT
        node = self.flow.nodes[payload["node"]]
        if payload.get("fold") == "from":
            return self.answer([], fold(self.scope, node.id, self.flow.stop_of(node.id), NOW))
        assert node.id in self.flow.frontier(self.ports), f"{node.id} runs before everything ahead of it was recorded"
        assert node.id in self.flow.ready(self.flow.frontier(self.ports))
        result = self.perform(node, behind="fold" in payload)
        self.scope.results[node.id] = result
        folded = fold(self.scope, self.flow.after(node.id, result.port), self.flow.stop_of(node.id), NOW)
        return self.answer([result], folded)

    def perform(self, node: Node, behind: bool) -> Result:
        if behind:
            return Result(node=node.id, output={"durationMs": 2000}, started_at=NOW, ended_at=NOW)
        self.effects.append(node.id)
        failed = "error" in self.mocks.get(node.id, {})
        return Result(node=node.id, status="failed" if failed else "completed", started_at=NOW, ended_at=NOW)

    def answer(self, results: list[Result], folded: Folded) -> State:
        assert folded.failure is None
        self.ports |= {result.node: result.port for result in (*results, *folded.results)}
        return answer_of(self.flow, folded)


setattr(Machine, "pass", Machine.pass_)  # a state's type, and a word of Python


def value_at(path: str, data: Any) -> Any:
    """The value at `$.next` or `$.branches['fork 1 branch 1']`; a KeyError where there is none, as AWS fails."""
    for part in path.removeprefix("$.").removesuffix("']").split("['"):
        data = data[part]
    return data


def failing(flow: Flow, bits: list[bool]) -> Mocks:
    """A failure for some of the effects whose failure the run survives."""
    survivors = (name for name, placed in flow.nodes.items() if placed.type == "call" and placed.on_error == "continue")
    return {name: {"error": "it fails"} for name, fails in zip(survivors, bits, strict=False) if fails}


def unrecorded(flow: Flow, machine: Machine) -> Iterator[str]:
    """What the run came to and nobody recorded, but for waits, which whoever ends the run records."""
    ports = dict(machine.ports)
    while waits := [name for name in flow.frontier(ports) if is_timer(flow.nodes[name])]:
        ports |= dict.fromkeys(waits, RESULT)
    return iter(flow.frontier(ports))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(workflows(), st.lists(st.booleans(), min_size=40, max_size=40), st.lists(st.booleans(), max_size=10))
def test_a_machine_reaches_the_same_effects_as_the_dry_run(
    definition: Definition, met: list[bool], bits: list[bool]
) -> None:
    names = [placed["id"] for placed in definition["nodes"]]
    assert_same(definition, {"ms": 1500} | {name: met[i % len(met)] for i, name in enumerate(names)}, bits)


@pytest.mark.parametrize(
    "arrows",
    [
        "s>c s>d c:true>j d:true>j j>z",
        "s>c s>d c:true>a c:false>j a>e e:true>j d:true>b b>f f:true>j",
        "s>c s>d c:true>a a>j d:true>w w>j",
        "s>c s>d c:true>a c:false>b a>i b>i i>e e:true>j d:true>j",
        "s>x s>d x>c x>e c:true>a a>i e:true>b b>i i>f f:true>j d:true>j",
        "s>x s>d x>c x>e c:true>j e:true>j d:true>b b>j",
        "s>x s>d x>c x>e c:true>a a>j e:true>b b>j d:true>j",
        "s>x s>d x>c x>e c:true>w e:true>w d:true>b b>f f:true>j w>j",
        "s>c s>d c:true>w w>v v>j d:true>j",
        "s>c s>d c:true>a a>j a>b b>j d:true>j",
        "s>c s>d c:true>w w>x w>y x>j y>j d:true>j",
    ],
)
def test_branches_that_may_all_die_join_where_the_dry_run_joins(arrows: str) -> None:
    definition = graph(arrows, c="condition", d="condition", e="condition", f="condition", w="wait", v="wait")
    for met in itertools.product([True, False], repeat=4):
        assert_same(definition, dict(zip("cdef", met, strict=True)), [])


def assert_same(definition: Definition, trigger: dict[str, Any], bits: list[bool]) -> None:
    flow = flow_of(definition)
    mocks = failing(flow, bits)
    reference = run_dry(flow, trigger, mocks)
    machine = Machine(flow, scope_of(flow, trigger), mocks)
    machine.run()
    assert reference.failure is None
    assert sorted(machine.effects) == sorted(r.node for r in reference.results if flow.nodes[r.node].is_effect)
    assert list(unrecorded(flow, machine)) == []
    assert machine.ports.items() <= {r.node: r.port for r in reference.results}.items()
