"""Where cases are run, always through the product: as a dry run, on the local AWS's engine, and on the second one."""

import io
import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from functions import audit, engine, lifecycle
from functions.auth import Caller
from functions.dry_runs import run_dry
from functions.engine import MachineRun, MachineStatus
from functions.publish import create
from functions.record import Record, read_record
from functions.start import StartRequest, start
from functions.store import executions
from functions.store.tenants import Role
from functions.store.workflows import Version, Workflow
from local.aws import LocalAws
from state_machines.translate import translate
from tests.integration.service import ACME
from tests.reference.drawn import Case
from tests.reference.hurry import SCALE, hurried
from tests.reference.scripted import scripted
from tests.reference.second_engine import SecondEngine, TaskFailed
from tests.statelanguage import assert_valid

CALLER = Caller("admin", {ACME.id: Role.ADMIN}, "reference")
LIMIT_SECONDS = 30
FRESH_AFTER = 100
"""Workflows after which the local AWS begins anew: it looks machines up by walking through all of them."""


class NeverEnded(Exception):
    """Raised when a run does not come to its end."""


@dataclass(frozen=True)
class Outcome:
    """What a case came to on one engine: its record, and how its machine's run ended, where it needs a machine."""

    record: Record
    machine: MachineRun | None


@dataclass(frozen=True)
class Outcomes:
    """What a case came to as a dry run, and by the name of each engine."""

    reference: Record
    engines: Mapping[str, Outcome]


class World:
    """Runs cases, one after the other."""

    def __enter__(self) -> Self:
        self._mocks: dict[str, Mapping[str, Any]] = {}
        self._ran = 0
        with ExitStack() as stack:
            self._cloud = stack.enter_context(LocalAws(schedule=None, time_scale=SCALE))
            stack.enter_context(hurried())
            stack.enter_context(scripted(self._mocks))
            stack.enter_context(audit.written_to(io.StringIO()))
            self._second = stack.enter_context(SecondEngine(self._task, SCALE))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, case: Case) -> Outcomes:
        """Publishes and runs a case everywhere."""
        self._ran += 1
        if self._ran % FRESH_AFTER == 0:
            self._cloud.fresh()
            self._mocks.clear()
        workflow, version = create(CALLER, ACME, case.definition)
        self._mocks[workflow.id] = case.mocks
        request = StartRequest(trigger=case.trigger, variables=case.variables)
        reference = run_dry(CALLER, workflow, version, request, case.mocks)
        engines = {"moto": self._on_first(workflow, version, request)}
        if version.machine_arn:
            engines["aws-local-stepfunctions"] = self._on_second(workflow, version, request)
        return Outcomes(reference, engines)

    def _on_first(self, workflow: Workflow, version: Version, request: StartRequest) -> Outcome:
        execution = start(CALLER, workflow, version, request)
        run = self._ended(execution.machine_arn, execution.id) if execution.machine_arn else None
        return Outcome(_ended_record(execution.id), run)

    def _ended(self, machine_arn: str, execution_id: str) -> MachineRun | None:
        """How the machine's run ended; None where it was never started, since the run was over before any effect."""
        found = self._cloud.executions.by_arn.get(engine.run_arn(machine_arn, execution_id))
        if found is None:
            return None
        _wait_until(lambda: found.exec_status != MachineStatus.RUNNING, "The machine did not end")
        return MachineRun(MachineStatus(found.exec_status), found.error, found.cause)

    def _on_second(self, workflow: Workflow, version: Version, request: StartRequest) -> Outcome:
        runs: list[MachineRun] = []

        def begin(_: str, execution_id: str, machine_input: str) -> None:
            machine = translate(version.flow, "action")
            assert machine is not None
            assert_valid(machine)
            runs.append(self._second.run(machine, execution_id, json.loads(machine_input)).run)
            lifecycle.follow_event({"name": execution_id, **runs[0]._asdict()})

        with patch.object(engine, "start", begin):
            execution = start(CALLER, workflow, version, request)
        return Outcome(_ended_record(execution.id), runs[0] if runs else None)

    def _task(self, payload: Mapping[str, Any]) -> Any:
        """What Lambda would answer the second engine."""
        answer = self._cloud.functions.invoke("action", json.dumps(payload))
        result = json.loads(answer.payload)
        if answer.failed:
            raise TaskFailed(result["errorType"], result["errorMessage"])
        return result


def _ended_record(execution_id: str) -> Record:
    """The record of an execution whose machine has ended; `lifecycle` may have to hear of that before."""
    found: list[Record] = []

    def ended() -> bool:
        execution = executions.read(execution_id)
        if execution and execution.status.is_terminal:
            found.append(read_record(execution))
        return bool(found)

    _wait_until(ended, "The record did not end")
    return found[0]


def _wait_until(probe: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not probe():
        if time.monotonic() > deadline:
            raise NeverEnded(f"{message} within {LIMIT_SECONDS} s")
        time.sleep(0.001)
