"""The stack that the service was deployed by, as CloudFormation describes it: for commands that read its outputs.

moto's CloudFormation imports every service that it can deploy, which takes a second. So nothing is done until the first
request for it comes, and the stack is made, or follows its outputs, when it is asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from moto import backends

from local.emulator.replacements import replace

_LOCK = Lock()


@dataclass(frozen=True)
class Stack:
    """A stack of outputs only; they may still change."""

    name: str
    region: str
    outputs: Mapping[str, str]

    def template(self) -> str:
        outputs = {name: {"Value": value} for name, value in self.outputs.items()}
        return json.dumps({"Resources": {}, "Outputs": outputs})


_current: list[Stack] = []


def use(stack: Stack) -> None:
    """Let CloudFormation know this stack."""
    _current[:] = [stack]


def install() -> None:
    replace(backends, "_import_backend", _import_backend)


def _import_backend(original: Any) -> Any:
    """moto's, by which it loads a service when it is first called."""

    def import_backend(module_name: str, backends_name: str) -> Any:
        found = original(module_name, backends_name)
        if module_name == "cloudformation":
            from moto.cloudformation.responses import CloudFormationResponse

            replace(CloudFormationResponse, "cloudformation_backend", _cloudformation_backend)
        return found

    return import_backend


def _cloudformation_backend(original: property) -> property:
    """moto's, which every request takes its data from, with our stack in it."""

    def cloudformation_backend(self: Any) -> Any:
        backend = original.__get__(self)
        with _LOCK:
            for stack in _current:
                if backend.region_name == stack.region:
                    _keep(backend, stack)
        return backend

    return property(cloudformation_backend)


def _keep(backend: Any, stack: Stack) -> None:
    template = stack.template()
    found = next((each for each in backend.stacks.values() if each.name == stack.name), None)
    if found is None:
        backend.create_stack(stack.name, template, {})
    elif found.template != template:
        found.update(template)
