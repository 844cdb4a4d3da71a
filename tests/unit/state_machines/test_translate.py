"""The machines that come out: the golden pairs show them whole, the rest says what must hold of every one."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from state_machines.errors import WorkflowInvalid
from state_machines.fold import fold
from state_machines.translate import UNAVAILABLE, answer_of, seconds_of, timers_before, translate
from tests.statelanguage import assert_valid
from tests.workflows import FUNCTION, Definition, chain, flow_of, graph, node, scope_of

EXAMPLES = Path(__file__).parents[3] / "state_machines" / "examples"
NAMES = sorted(path.name.removesuffix(".workflow.json") for path in EXAMPLES.glob("*.workflow.json"))

State = dict[str, Any]
MET = {"config": {"field": "trigger.met", "operator": "equals", "value": True}}


def machine_of(definition: Definition) -> State:
    machine = translate(flow_of(definition), FUNCTION)
    assert machine is not None
    assert_valid(machine)
    return machine


def states_of(region: State) -> dict[str, State]:
    """Every state of a machine, those inside of branches too."""
    found = dict(region["States"])
    for state in region["States"].values():
        for branch in state.get("Branches", ()):
            found |= states_of(branch)
    return found


def types_of(definition: Definition) -> dict[str, str]:
    return {name: state["Type"] for name, state in states_of(machine_of(definition)).items()}


def ways(state: State) -> list[str]:
    """Where a state leads when nothing fails."""
    return [state[key] for key in ("Next", "Default") if key in state] + [
        rule["Next"] for rule in state.get("Choices", ())
    ]


def longest_path(machine: State, start: str | None = None) -> int:
    """The most transitions that a run without failures makes."""
    state = machine["States"][start or machine["StartAt"]]
    return 1 + max((longest_path(machine, name) for name in ways(state)), default=0)


# -- golden pairs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_example_becomes_its_machine(name: str) -> None:
    flow = flow_of(json.loads((EXAMPLES / f"{name}.workflow.json").read_text(encoding="utf-8")))
    machine = translate(flow, FUNCTION)
    golden = EXAMPLES / f"{name}.asl.json"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(json.dumps(machine, indent=2) + "\n", encoding="utf-8")
    if machine is not None:
        assert_valid(machine)
    assert machine == json.loads(golden.read_text(encoding="utf-8"))


def test_every_example_is_in_their_table() -> None:
    table = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert len(NAMES) >= 14
    assert [name for name in NAMES if f"[{name}]({name}.workflow.json)" not in table] == []
    assert {path.name.removesuffix(".asl.json") for path in EXAMPLES.glob("*.asl.json")} == set(NAMES)


# -- what costs a transition ----------------------------------------------------------------------------------------


def test_a_machine_has_one_state_for_each_effect_and_none_for_decisions() -> None:
    states = types_of(graph("s>a a>v v>b b>e", s="trigger", v="set_variables", e="end"))
    assert states == {"a": "Task", "b": "Task", "the run had ended": "Fail"}


def test_a_chain_of_effects_and_decisions_makes_at_most_nine_transitions() -> None:
    go_on = {"type": "condition", "config": {**MET["config"], "onFalse": "continue"}}
    met = {"type": "condition", **MET}
    machine = machine_of(chain("call", met, "call", "set_variables", "call", "switch", "call", met, "call"))
    assert longest_path(machine) <= 9
    assert longest_path(machine_of(chain("call", go_on, "call", "set_variables", "call", "switch", "call"))) == 4


def test_a_choice_stands_only_where_the_next_state_is_open() -> None:
    definition = graph("a>c c:true>b c:false>b b>d d:true>x d:false>y", c="condition", d="condition")
    assert [name for name, kind in types_of(definition).items() if kind == "Choice"] == ["after b"]


def test_a_workflow_without_effects_needs_no_machine() -> None:
    assert translate(flow_of(graph("s>c c:true>e", s="trigger", c="condition", e="end")), FUNCTION) is None
    assert translate(flow_of(chain({"enabled": False})), FUNCTION) is None


def test_no_choice_stands_behind_a_fork_whose_region_ends_there_either_way() -> None:
    """The inner branches may both die, but the outer join comes for sure."""
    arrows = "s>a s>b a>x a>y x>c x2>d y>d c:true>j d:true>j b>j".replace(" x2>d", "")
    states = types_of(graph(arrows, c="condition", d="condition"))
    assert [name for name in states if name.endswith("joined")] == []


# -- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["start", "run", "end", "fork", "done", "after", "the", "x" * 64])
def test_no_state_of_the_translator_takes_the_name_of_a_node(name: str) -> None:
    """Each of these would have met a state called `start`, `run done` or such."""
    definition = graph(
        f"c:true>{name} c:false>other other>{name} {name}>w w>d d:true>b",
        c="condition",
        d="condition",
        w={"type": "wait"},
        **{name: {"type": "wait"}},
    )
    states = types_of(definition)
    assert states[name] == "Wait"
    assert {"Task", "Choice", "Succeed"} <= set(states.values())


def test_a_node_called_start_and_one_called_run_keep_their_states() -> None:
    first = graph("c:true>start c:false>other", c="condition")
    assert types_of(first)["start"] == "Task"
    wait = graph("a>run run>c c:true>b", c="condition", run="wait")
    states = states_of(machine_of(wait))
    assert states["run done"]["Parameters"]["Payload"]["fold"] == "behind"
    assert states["end of the run"] == {"Type": "Succeed"}


# -- what a Task is told, and what it does when it fails ------------------------------------------------------------


def tasks_of(definition: Definition) -> Iterator[tuple[str, State]]:
    return ((name, state) for name, state in states_of(machine_of(definition)).items() if state["Type"] == "Task")


def test_a_task_is_told_ids_only() -> None:
    secret = graph("a>w w>b", a={"config": {"x": "{{trigger.private}}"}}, w="wait")
    for _, task in tasks_of(secret):
        assert set(task["Parameters"]["Payload"]) <= {"execution_id.$", "node", "visit", "attempt.$", "after_waits"}
        assert task["Parameters"]["FunctionName"] == FUNCTION
    assert "private" not in json.dumps(machine_of(secret))


@pytest.mark.parametrize("on_error", ["stop", "continue", "retry"])
def test_a_run_that_ended_is_never_tried_again(on_error: str) -> None:
    for _, task in tasks_of(graph("s>a s>b a>j b>j", a={"onError": on_error}, j={"onError": on_error})):
        assert task["Retry"][0] == {"ErrorEquals": ["ExecutionEnded"], "MaxAttempts": 0}


def test_a_run_that_ended_is_caught_outside_of_branches() -> None:
    machine = machine_of(graph("s>a s>b a>j b>j", a={"onError": "continue"}))
    outer = {name: state for name, state in machine["States"].items() if state["Type"] in ("Task", "Parallel")}
    for state in outer.values():
        assert state["Catch"][0] == {"ErrorEquals": ["ExecutionEnded"], "Next": "the run had ended"}
    assert machine["States"]["the run had ended"]["Error"] == "ExecutionEnded"


def test_retry_makes_three_more_attempts_of_whatever_failed() -> None:
    task = states_of(machine_of(graph("a", a={"onError": "retry"})))["a"]
    assert task["Retry"][1] == {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "MaxAttempts": 3,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    }


@pytest.mark.parametrize("on_error", ["stop", "continue"])
def test_without_retry_only_what_did_nothing_yet_is_tried_again(on_error: str) -> None:
    task = states_of(machine_of(graph("a", a={"onError": on_error})))["a"]
    *of_lambda, ours = task["Retry"][1]["ErrorEquals"]
    assert ours == UNAVAILABLE
    assert all(name.startswith("Lambda.") for name in of_lambda)


def test_a_crash_of_what_may_fail_is_recorded_and_the_run_goes_on() -> None:
    states = states_of(machine_of(graph("a>b", a={"onError": "continue"})))
    assert states["a"]["Catch"][-1] == {"ErrorEquals": ["States.ALL"], "Next": "a failed"}
    assert states["a failed"]["Parameters"]["Payload"]["crashed"] is True
    assert states["a failed"]["Next"] == states["a"]["Next"] == "b"


def test_a_task_has_longer_than_its_effect_and_the_machine_what_the_workflow_says() -> None:
    machine = machine_of(
        {**graph("a b", a={"timeout": 1500}), "nodes": [node("a", timeout=1500)], "timeoutSeconds": 60}
    )
    assert machine["States"]["a"]["TimeoutSeconds"] == 32
    assert machine["TimeoutSeconds"] == 60


# -- waits ----------------------------------------------------------------------------------------------------------


def test_a_literal_wait_waits_its_seconds_and_a_templated_one_those_it_is_told() -> None:
    states = states_of(
        machine_of(graph("a>w w>b b>t t>c", w="wait", t={"type": "wait", "config": {"durationMs": "{{trigger.ms}}"}}))
    )
    assert states["w"] == {"Type": "Wait", "Seconds": 2, "Next": "b"}
    assert states["t"] == {"Type": "Wait", "SecondsPath": "$.waits['t']", "Next": "c"}


def test_a_wait_of_less_than_a_second_is_a_task() -> None:
    kinds = {ms: types_of(graph("a>w", w={"type": "wait", "config": {"durationMs": ms}}))["w"] for ms in (0, 999, 1000)}
    assert kinds == {0: "Task", 999: "Task", 1000: "Wait"}


def wait(ms: int | str) -> Definition:
    return {"type": "wait", "config": {"durationMs": ms}}


@pytest.mark.parametrize(
    ("arrows", "seconds"),
    [
        ("w>b", 1),  # the function of b sleeps the rest
        ("w>c c:true>b", 1),  # the function that folds c does
        ("w>off off>b", 1),
        ("w", 2),  # nobody is there to
        ("a>w a>b w>j b>j", 2),
        ("w>again again>b", 2),
        ("w>l w>r l>j r>j", 2),
        ("w>l w>c l>j c:true>j", 1),  # a function folds the fork
        ("w>asked asked>b", 1),  # and works out how long the next one takes
    ],
)
def test_a_wait_is_rounded_down_where_a_function_follows_to_sleep_the_rest(arrows: str, seconds: int) -> None:
    definition = graph(
        arrows,
        w=wait(1500),
        again=wait(3000),
        asked=wait("{{trigger.ms}}"),
        c="condition",
        off={"type": "condition", "enabled": False},
    )
    definition["connections"] = [
        arrow | ({"fromPort": "true"} if arrow["from"] == "off" else {}) for arrow in definition["connections"]
    ]
    flow = flow_of(definition)
    assert seconds_of(flow, "w", 1500) == seconds
    assert states_of(machine_of(definition))["w"]["Seconds"] == seconds


@pytest.mark.parametrize(
    ("arrows", "reader", "timers"),
    [
        ("w>b", "b", {"w"}),
        ("w>a a>b", "b", set()),
        ("w>v v>b", "b", {"w", "v"}),
        ("s>w s>v w>j v>j", "j", {"w", "v"}),
        ("s>w s>a w>j a>j", "j", {"w"}),
        ("w>off off>b", "b", {"w"}),
        ("c:true>w c:false>b w>b", "b", {"w"}),
        ("w>x w>y", "y", {"w"}),
        ("w>c c:true>b", "b", set()),
    ],
)
def test_the_waits_before_a_function_are_those_that_no_other_function_follows(
    arrows: str, reader: str, timers: set[str]
) -> None:
    definition = graph(arrows, w="wait", v="wait", c="condition", off={"enabled": False})
    assert timers_before(flow_of(definition), reader) == timers
    told = dict(tasks_of(definition))[reader]["Parameters"]["Payload"].get("after_waits", [])
    assert set(told) == timers


def test_a_fold_behind_a_wait_is_also_told_of_the_wait_before_that() -> None:
    states = states_of(machine_of(graph("a>v v>w w>c c:true>b", v="wait", w="wait", c="condition")))
    assert states["v"]["Next"] == "w"
    assert states["w done"]["Parameters"]["Payload"]["fold"] == "behind"
    assert states["w done"]["Parameters"]["Payload"]["after_waits"] == ["v"]


# -- forks ----------------------------------------------------------------------------------------------------------


def test_a_branch_of_a_checked_join_that_comes_there_at_once_says_so() -> None:
    """c is unmet and leads to the join; the word for that stands beside `next`, which names the fork."""
    arrows = "s>c s>d c:true>a c:false>j a>e e:true>j d:true>b b>f f:true>j"
    definition = graph(arrows, c="condition", d="condition", e="condition", f="condition")
    branch = states_of(machine_of(definition))["fork 1 branch 1 is over"]
    assert branch == {"Type": "Pass", "Parameters": {"next.$": "$.branches['fork 1 branch 1']"}, "End": True}


def test_two_forks_may_lead_to_one_join_that_decides() -> None:
    arrows = "c:true>s c:false>t s>a s>b t>x t>y a>j b>j x>j y>j j:true>z"
    states = types_of(graph(arrows, c="condition", j="condition"))
    assert [name for name in states if name == "j"] == ["j"]


def test_a_templated_wait_at_a_join_is_worked_out_by_a_task_before_it() -> None:
    states = states_of(machine_of(graph("s>a s>b a>j b>j j>z", j=wait("{{trigger.ms}}"))))
    assert states["fork 1"]["Next"] == "j begins"
    assert states["j begins"]["Next"] == "j"
    assert states["j begins"]["Parameters"]["Payload"]["fold"] == "from"


def test_a_function_answers_where_each_branch_goes_on_and_how_long_each_wait_takes() -> None:
    flow = flow_of(graph("s>c s>w c:true>a c:false>b a>j b>j w>j", s="trigger", c="condition", w=wait(1500)))
    folded = fold(scope_of(flow, {"c": False}), flow.entry, None, "now")
    assert answer_of(flow, folded) == {
        "next": "fork 1",
        "branches": {"fork 1 branch 1": "b", "fork 1 branch 2": "w"},
        "waits": {"w": 2},
    }


def test_a_wait_before_a_disabled_join_ends_its_branch_there() -> None:
    """What follows the join is drawn once, behind it, and not in each of the branches."""
    arrows = "s>w s>v w>j v>j j>b"
    states = states_of(machine_of(graph(arrows, w="wait", v="wait", j={"enabled": False})))
    for branch in states["fork 1"]["Branches"]:
        assert [state["Type"] for state in branch["States"].values()] == ["Wait"]
    assert states["fork 1"]["Next"] == "b"


def test_a_branch_hands_on_no_words_at_its_end() -> None:
    """A Parallel collects what all branches hand on, and each was given the words of all."""
    arrows = "s>a s>c s>x s>y c:true>e x>j y>j a>z j>z"
    nodes: dict[str, str | Definition] = {"c": "condition", "x": "wait", "y": "wait", "j": "wait", "z": "wait"}
    ends = [
        state
        for branch in states_of(machine_of(graph(arrows, **nodes)))["fork 1"]["Branches"]
        for state in branch["States"].values()
        if state.get("End") and state["Type"] != "Task"
    ]
    assert {state["Type"] for state in ends} >= {"Pass", "Wait"}
    for state in ends:
        assert state["Parameters"] == {"next": "(done)"} if state["Type"] == "Pass" else state["OutputPath"] is None


# -- size -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definition",
    [
        chain(*["call"] * 1000),
        chain(*[{"type": "condition", "config": {**MET["config"], "onFalse": "continue"}}] * 999, "call"),
        chain(*["wait", "call"] * 500),
    ],
    ids=["effects", "conditions", "waits"],
)
def test_a_thousand_nodes_in_a_row_are_translated_at_once(definition: Definition) -> None:
    began = time.process_time()
    assert translate(flow_of(definition), FUNCTION) is not None
    assert time.process_time() - began < 2


def test_a_machine_that_step_functions_would_not_take_is_refused() -> None:
    """Each of 250 effects may lead to any of those behind it."""
    count = 250
    arrows = [f"e{i}>c{i + 1} c{i}:true>e{i} c{i}:false>c{i + 1}" for i in range(count)]
    conditions = {f"c{i}": "condition" for i in range(count + 1)}
    flow = flow_of(graph(" ".join(arrows), **conditions))
    with pytest.raises(WorkflowInvalid, match="at most 1,040,000 bytes, as they are sent, not "):
        translate(flow, FUNCTION)
