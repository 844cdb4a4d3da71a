import contextvars
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from functions.actions import registry
from functions.actions.errors import (
    ActionExited,
    ActionFailed,
    ActionTimeout,
    ConfigInvalid,
    OutputInvalid,
    OutputTooLarge,
)
from functions.actions.registry import (
    Action,
    ActionConfig,
    ActionContext,
    JsonObject,
    action,
    actions,
    run,
    simulate,
    simulation_of,
)
from state_machines.checks import check_workflow
from state_machines.errors import WorkflowInvalid
from tests.unit.functions.actions.conftest import make_context


class GreetConfig(ActionConfig):
    name: str
    first_greeting: str = "Hello"
    times: int = Field(default=1, ge=1)


@pytest.fixture(autouse=True)
def own_actions() -> Iterator[None]:
    """Whatever a test registers is forgotten after it."""
    before = dict(actions())
    yield
    registry._ACTIONS.clear()
    registry._ACTIONS.update(before)


def greet(config: GreetConfig, context: ActionContext) -> JsonObject:
    return {"greeting": f"{config.first_greeting} {config.name}" * config.times, "node": context.node}


def acting(effect: Callable[[], Any]) -> Action:
    """An action without a config that does this."""

    def perform(config: ActionConfig, context: ActionContext) -> JsonObject:
        result: JsonObject = effect()
        return result

    return Action(name="act", config=ActionConfig, run=perform, simulate=None, secrets=False)


def output_of(result: Any) -> JsonObject:
    return run(acting(lambda: result), {}, make_context())


def test_the_built_in_actions_and_the_example_are_registered_with_simulations() -> None:
    assert set(actions()) >= {"call_api", "send_notification", "create_task", "send_email"}
    assert all(actions()[name].simulate for name in ("call_api", "send_notification", "create_task", "send_email"))


def test_only_call_api_takes_secrets() -> None:
    assert {name for name, registered in actions().items() if registered.secrets} == {"call_api"}


def test_a_registered_function_stays_itself_and_is_run_on_its_config_and_context() -> None:
    assert action("greet", config=GreetConfig, secrets=True)(greet) is greet
    greeting = actions()["greet"]
    assert greeting == Action(name="greet", config=GreetConfig, run=greet, simulate=None, secrets=True)
    output = run(greeting, {"name": "Ada", "firstGreeting": "Hi", "times": 2}, make_context())
    assert output == {"greeting": "Hi AdaHi Ada", "node": "notify"}


def test_a_name_cannot_be_registered_twice() -> None:
    action("greet", config=GreetConfig)(greet)
    with pytest.raises(ValueError, match=r"'greet' is registered already, by .*test_registry"):
        action("greet", config=GreetConfig)


@pytest.mark.parametrize("name", ["trigger", "condition", "switch", "set_variables", "end", "wait"])
def test_a_node_type_of_the_language_cannot_be_an_actions_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is a node type of the workflow language"):
        action(name, config=GreetConfig)


class LaxConfig(BaseModel):
    name: str


class OpenConfig(ActionConfig):
    model_config = ConfigDict(extra="ignore")


@pytest.mark.parametrize("model", [LaxConfig, OpenConfig])
def test_a_config_that_would_let_faults_through_cannot_be_registered(model: Any) -> None:
    with pytest.raises(ValueError, match=r"config of 'greet' must be strict and forbid extra fields"):
        action("greet", config=model)


def test_a_simulation_belongs_to_one_registered_action() -> None:
    with pytest.raises(ValueError, match="No action named 'greet'"):
        simulation_of("greet")
    action("greet", config=GreetConfig)(greet)
    simulation_of("greet")(greet)
    assert actions()["greet"].simulate is greet
    with pytest.raises(ValueError, match="'greet' has a simulation already"):
        simulation_of("greet")


def test_the_registered_actions_cannot_be_changed_from_outside() -> None:
    with pytest.raises(TypeError):
        actions()["greet"] = acting(dict)  # type: ignore[index]


def test_simulating_never_runs_the_effect() -> None:
    assert simulate(acting(lambda: sys.exit("the effect ran")), {}, make_context()) == {"simulated": True}

    action("greet", config=GreetConfig)(greet)
    simulation_of("greet")(lambda config, context: {"greeting": "", "simulated": True})
    assert simulate(actions()["greet"], {"name": "Ada"}, make_context()) == {"greeting": "", "simulated": True}
    with pytest.raises(ConfigInvalid, match=r"config\.name"):
        simulate(actions()["greet"], {}, make_context())


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({}, r"^config\.name: Field required$"),
        ({"name": None}, r"^config\.name: Input should be a valid string$"),
        ({"name": "a", "times": "two"}, r"^config\.times: "),
        ({"name": "a", "times": 1.5}, r"^config\.times: "),
        ({"name": "a", "first_greeting": "Hi"}, r"^config\.first_greeting: Unknown field"),
        ({"nam": "a", "times": 0}, r"config\.name: .*; config\.times: .*; config\.nam: "),
        ("text", r"^config: "),
        (None, r"^config: "),
    ],
)
def test_a_config_that_does_not_fit_fails_naming_each_field(config: object, fault: str) -> None:
    action("greet", config=GreetConfig)(greet)
    with pytest.raises(ConfigInvalid, match=fault):
        run(actions()["greet"], config, make_context())


def test_a_faulty_config_is_not_repeated_in_the_error_or_its_causes() -> None:
    action("greet", config=GreetConfig)(greet)
    with pytest.raises(ConfigInvalid) as caught:
        run(actions()["greet"], {"name": ["s3cret"]}, make_context())
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def published(kind: str, config: JsonObject) -> list[str]:
    """The paths that publishing a chain of one such action refuses."""
    try:
        check_workflow({"name": "w", "actions": [{"type": kind, "config": config}]}, actions())
    except WorkflowInvalid as error:
        return [fault.path for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("kind", "config", "paths"),
    [
        ("call_api", {"url": "ftp://h/", "method": "SPLIT", "extra": 1}, ["url", "method", "extra"]),
        ("call_api", {"url": "http://u:p@h/", "headers": {"X-A": "a\r\nb"}}, ["url", "headers.X-A"]),
        ("call_api", {"url": "http://h/", "headers": {"Host": "{{trigger.host}}"}}, ["headers"]),
        ("call_api", {"url": "http://h/", "query": {"a": {"b": 1}}}, ["query.a"]),
        ("call_api", {"url": "{{trigger.url}}", "method": "{{trigger.method}}"}, []),
        ("call_api", {"url": "https://h/{{trigger.id}}", "headers": {"Authorization": "Bearer {{secrets.t}}"}}, []),
        ("call_api", {"url": "http://h/", "query": {"a": "{{trigger.a}}"}, "body": {"b": ["{{trigger.b}}"]}}, []),
        ("send_notification", {"recipient": "u"}, ["message"]),
        ("send_notification", {"message": "{{secrets.token}}", "recipient": "u"}, ["message"]),
        ("create_task", {"title": "t", "priority": "high", "dueDate": "soon"}, ["priority", "dueDate"]),
        ("create_task", {"title": "{{trigger.t}}", "priority": "{{trigger.p}}", "dueDate": "{{trigger.d}}"}, []),
        ("send_email", {"to": ["a@b.example", "nobody"], "subject": "s\n", "body": "b"}, ["to[1]", "subject"]),
        ("send_email", {"to": "{{trigger.email}}", "subject": "Hi {{trigger.name}}", "body": "b"}, []),
    ],
)
def test_publishing_finds_every_fault_that_is_not_a_templates(kind: str, config: JsonObject, paths: list[str]) -> None:
    found = [path.removeprefix("actions[0].config").lstrip(".") for path in published(kind, config)]
    assert found == paths


def test_an_action_that_is_not_done_by_its_deadline_fails_and_is_left_behind() -> None:
    released = threading.Event()
    started = time.monotonic()
    with pytest.raises(ActionTimeout, match=r"^act did not finish within (100|[5-9]0) ms$"):
        run(acting(released.wait), {}, make_context(seconds=0.0999))
    assert time.monotonic() - started < 1
    late = [thread for thread in threading.enumerate() if thread.name == "action-act"]
    assert [thread.daemon for thread in late] == [True]
    released.set()
    late[0].join(5)


def test_an_action_without_time_left_is_not_begun() -> None:
    begun: list[int] = []
    with pytest.raises(ActionTimeout, match="within 0 ms"):
        run(acting(lambda: begun.append(1)), {}, make_context(seconds=-1))
    assert begun == []


class QuotaReached(ActionFailed):
    pass


@pytest.mark.parametrize("error", [QuotaReached("none left"), KeyError("x"), TimeoutError("its own"), OSError(5, "io")])
def test_what_an_action_raises_comes_out_as_it_is(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        run(acting(fail), {}, make_context())
    assert caught.value is error


@pytest.mark.parametrize("leave", [sys.exit, lambda: (_ for _ in ()).throw(KeyboardInterrupt)])
def test_an_action_cannot_end_the_process(leave: Callable[[], Any]) -> None:
    def act() -> None:
        next(leave())

    with pytest.raises(ActionExited, match="act tried to end the process"):
        run(acting(act), {}, make_context())


def test_context_variables_reach_the_action() -> None:
    trace = contextvars.ContextVar("trace", default="none")
    trace.set("1-abc")
    assert run(acting(lambda: {"trace": trace.get()}), {}, make_context()) == {"trace": "1-abc"}


class Colour(IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"a": [1, 2.5, True, None, "é😀", {"b": []}]},
        {"n": 2**53 + 1, "m": -(10**400), "f": 0.1, "g": 1e300, "zero": -0.0},
        {"": {"\x00": "\u2028"}},
    ],
)
def test_an_output_that_json_can_carry_is_kept_exactly(output: JsonObject) -> None:
    kept = output_of(output)
    assert kept == output
    assert repr(kept) == repr(output)


def test_an_output_is_no_longer_shared_with_the_action() -> None:
    output: JsonObject = {"list": [], "colour": Colour.RED}
    kept = output_of(output)
    output["list"].append("later")
    assert kept == {"list": [], "colour": 1}
    assert type(kept["colour"]) is int


def nested(levels: int) -> JsonObject:
    value: JsonObject = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def circular() -> JsonObject:
    value: JsonObject = {}
    value["self"] = value
    return value


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (None, "must be an object, not a NoneType"),
        ([1], "must be an object, not a list"),
        ("text", "must be an object, not a str"),
        ({"a": math.nan}, "is not JSON: it holds a number that is not finite"),
        ({"a": [-math.inf]}, "not finite"),
        ({1: "a"}, "a key that is not a string"),
        ({"a": {None: 1}}, "a key that is not a string"),
        ({"a": (1, 2)}, "a value of type tuple"),
        ({"a": {1}}, "a value of type set"),
        ({"a": b"bytes"}, "a value of type bytes"),
        ({"a": object()}, "a value of type object"),
        ({"a": "\ud800"}, "not valid Unicode"),
        ({"\udfff": 1}, "not valid Unicode"),
        ({"a": 10**5_000}, "more than 4,000 digits"),
        (nested(101), "nested deeper than 100 levels"),
        (nested(100_000), "nested deeper than 100 levels"),
        (circular(), "nested deeper than 100 levels"),
    ],
)
def test_an_output_that_json_cannot_carry_fails(output: Any, reason: str) -> None:
    with pytest.raises(OutputInvalid, match=f"^The output of act .*{reason}"):
        output_of(output)


def test_an_output_may_have_a_million_bytes_of_json_and_no_more() -> None:
    frame = len('{"a":""}')
    assert output_of({"a": "x" * (1_000_000 - frame)})
    with pytest.raises(OutputTooLarge, match="has 1,000,001 bytes; the limit is 1,000,000"):
        output_of({"a": "x" * (1_000_001 - frame)})
    with pytest.raises(OutputTooLarge):
        output_of({"a": "é" * 500_000})
