"""The actions that a workflow may name as a node's type: registering them, and running one.

    class GreetConfig(ActionConfig):
        name: str

    @action("greet", config=GreetConfig)
    def greet(config: GreetConfig, context: ActionContext) -> JsonObject:
        return {"greeting": f"Hello {config.name}"}

    @simulation_of("greet")
    def simulate(config: GreetConfig, context: ActionContext) -> JsonObject:
        return {"greeting": "Hello", "simulated": True}

`functions/actions/__init__.py` says how a module of actions is added.
"""

import contextvars
import importlib
import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

from functions.actions import MODULES
from functions.actions.config import ActionConfig, read_config
from functions.actions.context import ActionContext
from functions.actions.errors import ActionExited, ActionTimeout, OutputInvalid, OutputTooLarge
from functions.actions.json_values import json_bytes
from state_machines.values import MAX_OUTPUT_BYTES
from state_machines.workflow import DECISIONS

__all__ = [
    "Action",
    "ActionConfig",
    "ActionContext",
    "JsonObject",
    "action",
    "actions",
    "find",
    "run",
    "simulate",
    "simulation_of",
]

JsonObject = dict[str, Any]
"""What JSON calls an object: string keys; values are dict, list, str, int, float, bool or None, all the way down."""

RESERVED = DECISIONS | {"wait"}
"""The types of nodes that are not actions."""

Config = TypeVar("Config", bound=ActionConfig)
Effect = Callable[[Config, ActionContext], JsonObject]


@dataclass(frozen=True)
class Action:
    """A registered action. `run` has the effect; `simulate`, where there is one, stands in for it in dry runs."""

    name: str
    config: type[ActionConfig]
    run: Effect[Any]
    simulate: Effect[Any] | None
    secrets: bool
    """Whether `{{secrets.name}}` may be used in its config: only where the output repeats nothing of it."""


_ACTIONS: dict[str, Action] = {}


def action(name: str, *, config: type[Config], secrets: bool = False) -> Callable[[Effect[Config]], Effect[Config]]:
    """Registers the function below it as the action `name`.

    Raises ValueError for a name that is taken or reserved, and for a config that would let faults through.
    """
    if name in RESERVED:
        raise ValueError(f"{name!r} is a node type of the workflow language; an action needs another name")
    if name in _ACTIONS:
        raise ValueError(f"An action named {name!r} is registered already, by {_ACTIONS[name].run.__module__}")
    if not config.model_config.get("strict") or config.model_config.get("extra") != "forbid":
        raise ValueError(f"The config of {name!r} must be strict and forbid extra fields; make it an ActionConfig")

    def register(function: Effect[Config]) -> Effect[Config]:
        _ACTIONS[name] = Action(name=name, config=config, run=function, simulate=None, secrets=secrets)
        return function

    return register


def simulation_of(name: str) -> Callable[[Effect[Config]], Effect[Config]]:
    """Registers the function below it as what the action `name` answers in dry runs: without any side effect."""
    if name not in _ACTIONS:
        raise ValueError(f"No action named {name!r} is registered; its simulation belongs below it")
    if _ACTIONS[name].simulate is not None:
        raise ValueError(f"The action {name!r} has a simulation already")

    def register(function: Effect[Config]) -> Effect[Config]:
        _ACTIONS[name] = replace(_ACTIONS[name], simulate=function)
        return function

    return register


def actions() -> Mapping[str, Action]:
    """Every registered action by its name."""
    for module in MODULES:
        importlib.import_module(f"functions.actions.{module}")
    return MappingProxyType(_ACTIONS)


def find(name: str) -> Action | None:
    """The action of that name, if there is one; imports no other where it is in a module of its name."""
    if name in MODULES:
        importlib.import_module(f"functions.actions.{name}")
    return _ACTIONS.get(name) or actions().get(name)


def run(action: Action, config: object, context: ActionContext) -> JsonObject:
    """The output of the action on a config whose templates are resolved.

    Raises ConfigInvalid, ActionTimeout, OutputInvalid, OutputTooLarge, and whatever the action raises.
    """
    return _performed(action, action.run, config, context)


def simulate(action: Action, config: object, context: ActionContext) -> JsonObject:
    """As `run`, but the simulation; `{"simulated": true}` where the action has none."""
    return _performed(action, action.simulate or _nothing, config, context)


def _nothing(config: ActionConfig, context: ActionContext) -> JsonObject:
    return {"simulated": True}


def _performed(action: Action, effect: Effect[Any], config: object, context: ActionContext) -> JsonObject:
    parsed = read_config(action.config, config)
    return _checked(action, _within_time(action, lambda: effect(parsed, context), context.remaining()))


def _within_time(action: Action, effect: Callable[[], JsonObject], seconds: float) -> JsonObject:
    """The effect's result, or ActionTimeout.

    Nothing can stop a thread, so a late one is left behind, its result unread.
    """
    attempt = _Attempt(effect)
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(attempt,), name=f"action-{action.name}", daemon=True
    )
    if seconds > 0:
        thread.start()
        thread.join(seconds)
    if attempt.error is not None:
        raise _raisable(action, attempt.error)
    if not attempt.finished:
        # Setting up took a moment of the node's timeout: name the limit that its author knows.
        raise ActionTimeout(f"{action.name} did not finish within {math.ceil(seconds * 100) * 10} ms")
    return attempt.result


class _Attempt:
    """One call of an effect, in a thread of its own, and how it ended."""

    def __init__(self, effect: Callable[[], JsonObject]) -> None:
        self._effect = effect
        self.result: JsonObject = {}
        self.error: BaseException | None = None
        self.finished = False

    def __call__(self) -> None:
        try:
            self.result = self._effect()
            self.finished = True
        except BaseException as error:  # noqa: BLE001 – the thread's outermost frame; its owner raises it again
            self.error = error


def _raisable(action: Action, error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    exited = ActionExited(f"{action.name} tried to end the process")
    exited.__cause__ = error
    return exited


def _checked(action: Action, output: object) -> JsonObject:
    """The output as it will be read from the record, no longer shared with the action."""
    if not isinstance(output, dict):
        raise OutputInvalid(f"The output of {action.name} must be an object, not a {type(output).__name__}")
    try:
        text = json_bytes(output)
    except ValueError as error:
        raise OutputInvalid(f"The output of {action.name} is not JSON: {error}") from error
    if len(text) > MAX_OUTPUT_BYTES:
        raise OutputTooLarge(f"The output of {action.name} has {len(text):,} bytes; the limit is {MAX_OUTPUT_BYTES:,}")
    checked: JsonObject = json.loads(text)
    return checked
