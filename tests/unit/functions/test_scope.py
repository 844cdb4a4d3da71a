"""What a function reads: only what its expressions refer to."""

import pytest

from functions import scope
from functions.scope import Variables, new_scope, scope_for
from functions.store import executions
from functions.store.additions import Addition
from functions.store.executions import Input
from functions.store.steps import Step
from local.aws import LocalAws
from state_machines.fold import Scope, Timer
from state_machines.log import write_timer
from tests.unit.functions.samples import AT, chain, flow_of, graph, make_execution, publish, result, task, wait

GIVEN = Input(trigger={"t": 1}, variables={"v": 1})
SET = {"id": "set", "type": "set_variables", "config": {"variables": {"v": 2}}}


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def reading(title: str) -> Scope:
    """The scope of a node `last` with this title, behind `a`, `b` and `set`."""
    flow = flow_of(chain(task("a"), task("b"), SET, {**task("last"), "config": {"title": title}}))
    execution = executions.claim(make_execution(), GIVEN, Step([result("a", output=1)]), None)
    step = Step([result("b", output=2), result("set", variables={"v": 2})])
    execution = executions.commit(execution, Addition.of(step, in_head=True))
    return scope_for(execution, flow, "last")


@pytest.mark.parametrize(
    ("title", "nodes"),
    [
        ("plain", set()),
        ("{{ steps.a.output }}", {"a"}),
        ("{{ variables.v }}", {"b", "set"}),
        ("{{ to_string(steps) }}", {"a", "b", "set"}),
    ],
)
def test_only_the_steps_that_are_referred_to_are_read(title: str, nodes: set[str]) -> None:
    assert set(reading(title).results) == nodes


def test_the_input_is_read_only_where_it_is_referred_to() -> None:
    assert reading("{{ trigger.t }}").trigger == {"t": 1}
    assert reading("plain").trigger is None


def test_an_input_that_is_too_large_for_the_head_is_read_where_it_is() -> None:
    given = Input(trigger={"t": "x" * 20_000}, variables={})
    execution = executions.claim(make_execution(), given, Step([]), None)
    flow = flow_of(chain({**task("a"), "config": {"title": "{{ length(trigger.t) }}"}}, task("b")))
    assert execution.small_input is None
    assert scope_for(execution, flow, "a").trigger == given.trigger
    assert scope_for(execution, flow, "b").trigger is None


def test_a_trigger_reads_the_input_that_it_gives_to_others() -> None:
    execution = executions.claim(make_execution(), GIVEN, Step([]), None)
    flow = flow_of(graph([task("a")], "begin>a"))
    assert scope_for(execution, flow, "begin").trigger == GIVEN.trigger
    assert scope_for(execution, flow, "a").trigger is None


@pytest.mark.parametrize("duration", [2000, "{{ trigger.t }}"])
def test_a_wait_whose_end_was_only_noted_is_read_like_any_other_step(duration: int | str) -> None:
    flow = flow_of(chain(wait("pause", duration), {**task("last"), "config": {"title": "{{ steps.pause.output }}"}}))
    timers = {} if isinstance(duration, int) else {"pause": Timer(started_at=AT, ms=2000)}
    execution = executions.claim(make_execution(), GIVEN, Step([], timers=timers), None)
    execution = executions.note_ended_waits(execution.id, [write_timer("pause")])
    assert scope_for(execution, flow, "last").document("last")["steps"] == {"pause": {"output": {"durationMs": 2000}}}


def test_a_scope_names_its_execution_and_workflow_in_the_spelling_of_v1() -> None:
    workflow, version = publish(chain(task("a")))
    execution = make_execution(workflow_id=workflow.id, id="e" * 32)
    found = new_scope(execution, version.flow, GIVEN)
    assert found.execution == {"id": "eeeeeeee-eeee-eeee-eeee-eeeeeeeeeeee"}
    assert (found.workflow["name"], found.workflow["version"]) == ("Sample", 1)
    assert scope.flow_of(execution) == version.flow


def test_variables_are_those_at_the_node() -> None:
    flow = flow_of(chain(SET, task("a")))
    first = Step([result("set", variables={"v": 2})])
    execution = executions.claim(make_execution(), GIVEN, first, None)
    assert dict(Variables(execution, flow, "a")) == {"v": 2}
    assert dict(Variables(execution, flow, "set")) == {"v": 1}
    assert len(Variables(execution, flow, "a")) == 1
