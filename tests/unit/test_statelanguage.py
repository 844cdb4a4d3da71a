"""A check that every other test leans on has to accept what is right and name what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.statelanguage import assert_valid

Machine = dict[str, Any]


def task(**more: Any) -> Machine:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": "action",
            "Payload": {"execution_id.$": "$$.Execution.Name", "attempt.$": "$$.State.RetryCount"},
        },
        "OutputPath": "$.Payload",
        "TimeoutSeconds": 60,
        "Retry": [
            {"ErrorEquals": ["ExecutionEnded"], "MaxAttempts": 0},
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 2, "JitterStrategy": "FULL"},
        ],
        **more,
    }


def machine() -> Machine:
    """A Task, a fork with a wait in one branch, a Choice at the join, and the way out for an ended execution."""
    return {
        "StartAt": "first",
        "TimeoutSeconds": 86400,
        "States": {
            "first": task(Next="fork", Catch=to_ended()),
            "fork": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "left", "States": {"left": task(End=True)}},
                    {
                        "StartAt": "pause",
                        "States": {
                            "pause": {"Type": "Wait", "SecondsPath": "$.waits['pause']", "Next": "right"},
                            "right": task(End=True),
                        },
                    },
                ],
                "ResultSelector": {"next.$": "States.ArrayContains($[*].next, 'last')"},
                "Catch": to_ended(),
                "Next": "joined",
            },
            "joined": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.next", "BooleanEquals": True, "Next": "last"}],
                "Default": "Done",
            },
            "last": task(Next="each", Catch=to_ended()),
            "each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {"StartAt": "item", "States": {"item": task(End=True)}},
                "End": True,
            },
            "Done": {"Type": "Succeed"},
            "Ended": {"Type": "Fail", "Error": "ExecutionEnded"},
        },
    }


def to_ended() -> list[Machine]:
    return [{"ErrorEquals": ["ExecutionEnded"], "Next": "Ended"}]


def left(asl: Machine) -> Machine:
    """The state inside the first branch."""
    state: Machine = asl["States"]["fork"]["Branches"][0]["States"]["left"]
    return state


def right_branch(asl: Machine) -> Machine:
    branch: Machine = asl["States"]["fork"]["Branches"][1]
    return branch


def test_a_machine_with_branches_a_map_and_a_choice_is_valid() -> None:
    assert_valid(machine())


SHAPES: dict[str, tuple[Callable[[Machine], object], str]] = {
    "a machine without a start": (lambda m: m.pop("StartAt"), r"'StartAt' is a required property"),
    "a state of no known type": (lambda m: m["States"]["Done"].update(Type="Stop"), r"'Stop' is not one of"),
    "a state without a type": (lambda m: m["States"]["Done"].pop("Type"), r"'Type' is a required property"),
    "a field that its type does not have": (lambda m: m["States"]["Done"].update(Next="last"), r"States.Done.*'Next'"),
    "a field of another language": (lambda m: m["States"]["first"].update(Arguments={}), r"first"),
    "a value of the wrong type": (lambda m: m["States"]["first"].update(TimeoutSeconds="soon"), r"'soon' is not of"),
    "a Choice without choices": (lambda m: m["States"]["joined"].pop("Choices"), r"'Choices' is a required property"),
    "a rule with two comparisons": (
        lambda m: m["States"]["joined"]["Choices"][0].update(IsPresent=True),
        r"Choices\[0\]: has BooleanEquals and IsPresent where",
    ),
    "a Task that goes on and ends": (lambda m: m["States"]["first"].update(End=True), r"has Next and End where"),
    "a Task that neither goes on nor ends": (lambda m: m["States"]["first"].pop("Next"), r"first: has none where"),
    "a wrong field inside a branch": (lambda m: left(m).update(Nxt="x"), r"Branches\[0\].*'Nxt' was unexpected"),
    "a wrong field inside a Map": (
        lambda m: m["States"]["each"]["ItemProcessor"]["States"]["item"].update(Nxt="x"),
        r"ItemProcessor.*'Nxt' was unexpected",
    ),
    "a Resource that is no ARN": (lambda m: m["States"]["first"].update(Resource="action"), r"does not match"),
}


@pytest.mark.parametrize(("break_it", "fault"), SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_named(break_it: Callable[[Machine], object], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        assert_valid(broken(break_it))


STRUCTURES: dict[str, tuple[Callable[[Machine], object], str]] = {
    "a start that is not there": (lambda m: m.update(StartAt="nowhere"), r"\$\.StartAt: there is no state 'nowhere'"),
    "a Next that is not there": (lambda m: m["States"]["first"].update(Next="nowhere"), r"first: .* 'nowhere'"),
    "a Default that is not there": (lambda m: m["States"]["joined"].update(Default="nowhere"), r"joined: .* 'nowhere'"),
    "a choice that is not there": (
        lambda m: m["States"]["joined"]["Choices"][0].update(Next="nowhere"),
        r"joined: .* 'nowhere'",
    ),
    "a Catch that is not there": (
        lambda m: m["States"]["last"]["Catch"][0].update(Next="nowhere"),
        r"last: .* 'nowhere'",
    ),
    "a way out of a branch": (
        lambda m: left(m).update(Catch=to_ended()),
        r"Branches\[0\].States.left: there is no state 'Ended' here",
    ),
    "a way into a branch": (lambda m: m["States"]["first"].update(Next="left"), r"there is no state 'left' here"),
    "a state that nothing leads to": (
        lambda m: m["States"].update(island={"Type": "Pass", "End": True}),
        r"States.island: it is never reached",
    ),
    "a state of a branch that nothing leads to": (
        lambda m: right_branch(m)["States"].update(island={"Type": "Pass", "End": True}),
        r"Branches\[1\].States.island: it is never reached",
    ),
    "two states that go round for ever": (
        lambda m: m["States"].update(joined=round_to("circle", Default="Done"), circle=round_to("circle")),
        r"States.circle: it never comes to an end",
    ),
    "a branch that no state ends": (
        lambda m: right_branch(m)["States"].update(right=round_to("pause")),
        r"Branches\[1\]: no state ends it",
    ),
    "a name used in two branches": (
        lambda m: right_branch(m)["States"].update(
            left=task(End=True), pause={"Type": "Wait", "Seconds": 1, "Next": "left"}
        ),
        r"Branches\[1\].States.left: the name is also used in \$.States.fork.Branches\[0\]",
    ),
    "a name used in a branch and around it": (
        lambda m: m["States"]["fork"]["Branches"].append({"StartAt": "first", "States": {"first": task(End=True)}}),
        r"the name is also used in \$$",
    ),
    "a name in a branch of more than 80 characters": (
        lambda m: m["States"]["each"].update(ItemProcessor={"StartAt": "n" * 81, "States": {"n" * 81: task(End=True)}}),
        r"longer than 80 characters",
    ),
    "States.ALL before another retrier": (
        lambda m: m["States"]["first"]["Retry"].reverse(),
        r"first.Retry: States.ALL is not the last",
    ),
    "States.ALL beside another error": (
        lambda m: left(m)["Retry"][1]["ErrorEquals"].append("ExecutionEnded"),
        r"left.Retry: States.ALL does not stand alone",
    ),
    "more than a megabyte": (lambda m: m.update(Comment="c" * 1_048_576), r"bytes are more than"),
}


@pytest.mark.parametrize(("break_it", "fault"), STRUCTURES.values(), ids=STRUCTURES)
def test_a_wrong_structure_is_named(break_it: Callable[[Machine], object], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        assert_valid(broken(break_it))


def test_a_name_of_80_characters_is_valid() -> None:
    assert_valid({"StartAt": "n" * 80, "States": {"n" * 80: {"Type": "Succeed"}}})


def test_every_fault_is_reported_at_once() -> None:
    asl = machine()
    asl["States"]["joined"]["Default"] = "nowhere"
    asl["States"]["fork"]["Branches"][0]["StartAt"] = "elsewhere"
    with pytest.raises(AssertionError) as failure:
        assert_valid(asl)
    message = str(failure.value)
    assert "'nowhere'" in message
    assert "'elsewhere'" in message
    assert "Done: it is never reached" in message


def test_cfn_lint_itself_says_the_same_of_the_shapes() -> None:
    machines = {"valid": machine()} | {name: broken(change) for name, (change, _) in SHAPES.items()}
    assert refused_by_cfn_lint(machines) == set(SHAPES)


def test_a_valid_machine_is_kept_for_a_second_validator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASL_DUMP", str(tmp_path / "asl"))
    assert_valid(machine())
    assert_valid(machine())
    with pytest.raises(AssertionError):
        assert_valid(broken(lambda m: m.pop("States")))
    (kept,) = (tmp_path / "asl").glob("*.asl.json")
    assert json.loads(kept.read_text()) == machine()


def broken(break_it: Callable[[Machine], object]) -> Machine:
    asl = machine()
    break_it(asl)
    return asl


def round_to(target: str, **more: Any) -> Machine:
    return {"Type": "Choice", "Choices": [{"Variable": "$.next", "StringEquals": "x", "Next": target}], **more}


def refused_by_cfn_lint(machines: dict[str, Machine]) -> set[str]:
    """The names of those in which cfn-lint's rule E3601 finds a fault, as resources of one template."""
    # Takes a second to import: only where the test runs, not in every process that collects it.
    from cfnlint.api import lint

    properties = [{"RoleArn": "arn:aws:iam::123456789012:role/machine", "Definition": asl} for asl in machines.values()]
    resources = {
        f"Machine{i}": {"Type": "AWS::StepFunctions::StateMachine", "Properties": p} for i, p in enumerate(properties)
    }
    found = {match.path[1] for match in lint(json.dumps({"Resources": resources})) if match.rule.id == "E3601"}
    return {name for i, name in enumerate(machines) if f"Machine{i}" in found}
