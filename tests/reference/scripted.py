"""Effects that come to what their mocks say, on the real engines as in a dry run, and do nothing else."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from functions.actions import registry
from functions.actions.context import ActionContext
from functions.actions.registry import Action, ActionConfig, JsonObject, action, simulation_of
from state_machines.dry_run import SimulatedFailure
from tests.reference.drawn import HANGS

Mocks = Mapping[str, Any]


class EchoConfig(ActionConfig):
    """What `echo` takes."""

    value: Any


@contextmanager
def scripted(mocks_of: Mapping[str, Mocks]) -> Iterator[None]:
    """While this lasts, every effect of a workflow in `mocks_of` (by its id) comes to what its mock says.

    Without a mock it comes to its simulation, which is what it comes to in a dry run; its config is still checked.
    """

    def run(effect: Action, config: object, context: ActionContext) -> Any:
        mocks = mocks_of[context.workflow_id]
        if context.node not in mocks:
            return registry.simulate(effect, config, context)
        mock = mock_of(mocks[context.node], context.attempt)
        if mock == {"error": HANGS}:
            return original(replace(effect, run=_hang), config, context)
        if "error" in mock:
            raise SimulatedFailure(mock["error"])
        return json.loads(json.dumps(mock["output"]))

    original = registry.run
    with ExitStack() as stack:
        stack.enter_context(_echo())
        stack.enter_context(patch.object(registry, "run", run))
        stack.enter_context(patch.object(ActionContext, "derived_id", lambda self, prefix: f"{prefix}_{self.node}"))
        yield


def mock_of(mock: Any, attempt: int) -> Mapping[str, Any]:
    """What a mock says of one attempt: of a list, the last is for every further one."""
    found: Mapping[str, Any] = mock[min(attempt, len(mock) - 1)] if isinstance(mock, list) else mock
    return found


@contextmanager
def _echo() -> Iterator[None]:
    """The tests' own action, which comes to its config."""

    @action("echo", config=EchoConfig)
    def echo(config: EchoConfig, context: ActionContext) -> JsonObject:
        return {"value": config.value}

    simulation_of("echo")(echo)
    try:
        yield
    finally:
        del registry._ACTIONS["echo"]


def _hang(config: Any, context: ActionContext) -> JsonObject:
    # For long enough that it is given up even where whoever waits for it is woken late.
    time.sleep(context.remaining() + 10)
    return {}
