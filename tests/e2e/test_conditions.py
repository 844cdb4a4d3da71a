"""Conditions: each operator over each kind of value, as a run and as a dry run decide it."""

from functools import partial
from typing import Any

import pytest

from tests.e2e.client import Client, Workflow, all_at_once, arrows, faults_of, node, note

MISSING = object()

CASES: list[tuple[str, Any, Any, bool]] = [
    ("equals", 5, 5, True),
    ("equals", 5, 5.0, True),
    ("equals", 5, "5", False),
    ("equals", True, 1, False),
    ("equals", False, 0, False),
    ("equals", None, None, True),
    ("equals", {"a": [1, 2]}, {"a": [1, 2]}, True),
    ("equals", [True], [1], False),
    ("equals", 2**53 + 1, 2**53, False),
    ("equals", MISSING, None, False),
    ("not_equals", 5, "5", True),
    ("not_equals", "a", "a", False),
    ("not_equals", MISSING, "a", True),
    ("greater_than", 6, 5, True),
    ("greater_than", 5, 5, False),
    ("greater_than", "b", "a", True),
    ("greater_than", "10", 5, False),
    ("greater_than", True, 0, False),
    ("greater_than", None, 0, False),
    ("greater_than", [2], [1], False),
    ("greater_than", MISSING, 0, False),
    ("less_than", 4.5, 5, True),
    ("less_than", 5, 5, False),
    ("less_than", "a", "b", True),
    ("less_than", 5, "b", False),
    ("less_than", MISSING, 9, False),
    ("contains", "premium user", "premium", True),
    ("contains", "premium", "Premium", False),
    ("contains", [1, "2"], "2", True),
    ("contains", [1, "2"], 2, False),
    ("contains", [1], True, False),
    ("contains", {"a": 1}, "a", False),
    ("contains", 55, 5, False),
    ("contains", MISSING, "a", False),
    ("not_contains", [1], 2, True),
    ("not_contains", "abc", "b", False),
    ("not_contains", MISSING, "a", True),
    ("exists", 0, None, True),
    ("exists", "", None, True),
    ("exists", False, None, True),
    ("exists", None, None, True),
    ("exists", MISSING, None, False),
    ("not_exists", None, None, False),
    ("not_exists", MISSING, None, True),
    ("greater_or_equal", 5, 5, True),
    ("greater_or_equal", 4, 5, False),
    ("greater_or_equal", MISSING, 5, False),
    ("less_or_equal", "a", "a", True),
    ("less_or_equal", 6, 5, False),
    ("less_or_equal", MISSING, 5, False),
    ("in", "a", ["a", "b"], True),
    ("in", 1, ["1", True], False),
    ("in", MISSING, ["a"], False),
    ("not_in", "c", ["a", "b"], True),
    ("not_in", "a", ["a"], False),
    ("not_in", MISSING, ["a"], True),
    ("matches", "user_123", r"^user_\d+$", True),
    ("matches", "User", "^user", False),
    ("matches", 123, r"\d+", False),
    ("matches", MISSING, ".*", False),
    # With a backtracking engine this would take longer than the universe has left.
    ("matches", "a" * 5_000 + "!", r"^(a+)+$", False),
]


@pytest.fixture(scope="module")
def decided(admin: Client) -> list[tuple[str, str]]:
    """The port that each case was left by, in a run and in a dry run."""

    def decide(operator: str, found: Any, value: Any) -> tuple[str, str]:
        config = {"field": "trigger.found", "operator": operator}
        workflow = admin.publish(
            nodes=[node("c", "condition", config if operator.endswith("exists") else {**config, "value": value})]
        )
        trigger = {} if found is MISSING else {"found": found}
        real = admin.details(admin.run(workflow, triggerData=trigger))
        dry = admin.tested(workflow, trigger_data=trigger)
        (port,) = real["node_states"]["c"]["output_data"]
        (dry_port,) = dry["trace"][0]["output"]
        return port, dry_port

    return all_at_once([partial(decide, *case[:3]) for case in CASES], threads=4)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case[0]}-{i}" for i, case in enumerate(CASES)])
def test_an_operator_decides(decided: list[tuple[str, str]], number: int) -> None:
    port = "true" if CASES[number][3] else "false"
    assert decided[number] == (port, port)


def test_every_documented_operator_is_tried_both_ways() -> None:
    outcomes = {(operator, outcome) for operator, _, _, outcome in CASES}
    names = "equals not_equals greater_than less_than contains not_contains exists not_exists "
    names += "greater_or_equal less_or_equal in not_in matches"
    assert outcomes == {(name, outcome) for name in names.split() for outcome in (True, False)}


ADULT = {"field": "trigger.age", "operator": "greater_or_equal", "value": 18}
NAMED = {"field": "trigger.name", "operator": "exists"}


@pytest.mark.parametrize(
    ("config", "trigger", "port"),
    [
        ({"all": [ADULT, NAMED]}, {"age": 20, "name": "Ada"}, "true"),
        ({"all": [ADULT, NAMED]}, {"age": 20}, "false"),
        ({"any": [ADULT, NAMED]}, {"name": "Ada"}, "true"),
        ({"any": [ADULT, NAMED]}, {}, "false"),
        ({"not": ADULT}, {"age": 3}, "true"),
        ({"not": {"any": [{"all": [ADULT]}, NAMED]}}, {"age": 18}, "false"),
    ],
)
def test_conditions_combine(admin: Client, config: Any, trigger: Any, port: str) -> None:
    workflow = admin.publish(nodes=[node("c", "condition", config)])
    assert list(admin.tested(workflow, trigger_data=trigger)["trace"][0]["output"]) == [port]


def test_a_field_reaches_every_root(admin: Client) -> None:
    fields = ["trigger.a.b[1]", "variables.v", "steps.note.output.recipient", "execution.id", "workflow.id"]
    conditions = [{"field": field, "operator": "exists"} for field in fields]
    workflow = admin.publish(note(), node("c", "condition", {"all": conditions}), variables={"v": None})
    found = admin.ran(workflow, triggerData={"a": {"b": [0, 1]}})
    assert list(found["node_states"]["c"]["output_data"]) == ["true"]


def test_a_value_may_be_a_template_of_any_type(admin: Client) -> None:
    config = {"field": "trigger.left", "operator": "equals", "value": "{{trigger.right}}"}
    workflow = admin.publish(nodes=[node("c", "condition", config)])
    for left, right, port in [(5, 5, "true"), (5, "5", "false"), ([1], [1], "true")]:
        trace = admin.tested(workflow, trigger_data={"left": left, "right": right})["trace"]
        assert list(trace[0]["output"]) == [port]


def test_an_unmet_condition_in_a_chain_completes_the_run_and_skips_the_rest(admin: Client) -> None:
    workflow = admin.publish(note("a"), node("c", "condition", ADULT), note("b"), note("d"))
    found = admin.ran(workflow)
    assert found["status"] == "completed"
    assert found["execution_path"] == ["a", "c"]
    assert [found["node_states"][name]["status"] for name in "acbd"] == ["completed", "completed", "skipped", "skipped"]
    assert found["metrics"]["nodes_skipped"] == 2
    met = admin.ran(workflow, triggerData={"age": 18})
    assert met["execution_path"] == ["a", "c", "b", "d"]


def test_an_unmet_condition_that_continues_is_only_recorded(admin: Client) -> None:
    workflow = admin.publish(node("c", "condition", {**ADULT, "onFalse": "continue"}), note("b"))
    found = admin.ran(workflow)
    assert found["execution_path"] == ["c", "b"]
    assert list(found["node_states"]["c"]["output_data"]) == ["false"]


@pytest.mark.parametrize(
    ("plan", "path"), [("gold", ["s", "vip"]), (1, ["s", "one"]), ("tin", ["s", "rest"]), (None, ["s", "rest"])]
)
def test_a_switch_leaves_by_the_port_of_its_value(admin: Client, plan: Any, path: list[str]) -> None:
    config = {"field": "trigger.plan", "cases": {"gold": "vip", "1": "one"}, "default": "other"}
    workflow = admin.publish(
        nodes=[node("s", "switch", config), note("vip"), note("one"), note("rest")],
        connections=arrows("s:vip > vip", "s:one > one", "s:other > rest"),
    )
    trigger = {} if plan is None else {"plan": plan}
    assert admin.ran(workflow, triggerData=trigger)["execution_path"] == path


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"field": "trigger.a", "operator": "is", "value": 1}, "operator"),
        ({"field": "trigger.a", "operator": "equals"}, "value"),
        ({"field": "somewhere.a", "operator": "equals", "value": 1}, "field"),
        ({"operator": "equals", "value": 1}, "field"),
        ({"field": "trigger.a", "operator": "matches", "value": "("}, "value"),
        ({"field": "trigger.a", "operator": "in", "value": "text"}, "value"),
        ({"all": []}, "all"),
        ({"field": "steps.nope.output", "operator": "exists"}, "field"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(admin: Client, config: Any, path: str) -> None:
    definition = {"name": "Bad", "actions": [node("c", "condition", config)]}
    answer = admin.post("/api/workspaces/acme/workflows/validate", json=definition)
    assert answer.status_code == 400
    assert f"actions[0].config.{path}" in faults_of(answer)


def test_a_disabled_node_is_passed_over(admin: Client) -> None:
    workflow: Workflow = admin.publish(
        note("a"),
        note(
            "b",
        )
        | {"enabled": False},
        note("d"),
    )
    found = admin.ran(workflow)
    assert found["execution_path"] == ["a", "d"]
    assert found["node_states"]["b"]["status"] == "skipped"
    assert found["node_states"]["d"]["input_data"]["input"]["notificationSent"] is True
