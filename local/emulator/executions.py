"""The executions of the local Step Functions: started once by name, ended once, reported, and forgotten in time.

moto keeps every execution and its history for ever and looks names up by walking them all; here the latest finished
ones stay describable, and of older ones only the name is kept, so that it cannot be used again.
"""

import copy
import heapq
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import (
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    InvalidExecutionInput,
    ValidationException,
)
from moto.stepfunctions.parser.api import ExecutionStatus, InvalidDefinition
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from local.emulator.replacements import replace

KEPT = 200
"""Finished executions that can still be described."""
NAMES = 100_000
"""Names of forgotten executions that stay taken."""
INPUT_LIMIT = 262_144
"""Characters of an execution's input."""

Listener = Callable[[dict[str, Any]], None]


@dataclass
class Executions:
    """The executions of one local Step Functions. Every method may be called from any thread."""

    listener: Listener
    """Is told each status as the `detail` of its EventBridge event; must not block."""
    accepting: bool = True
    by_arn: dict[str, Any] = field(default_factory=dict)
    forgotten: dict[str, None] = field(default_factory=dict)
    _finished: deque[Any] = field(default_factory=deque)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _deadlines: list[tuple[float, str]] = field(default_factory=list)
    _sooner: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        threading.Thread(target=self._watch, name="machine-timeouts", daemon=True).start()

    def start(self, machine: Any, arn: str, text: str, make: Callable[[], Any]) -> Any:
        """Start `make()`, or give the running execution of that name with the same input, as AWS does.

        Raises ExecutionAlreadyExists where the name was used for another input or has ended.
        """
        with self._lock:
            if existing := self.by_arn.get(arn):
                if existing.exec_status == ExecutionStatus.RUNNING and existing.execution_input == text:
                    return existing
                raise ExecutionAlreadyExists(f"Execution Already Exists: '{arn}'")
            if arn in self.forgotten:
                raise ExecutionAlreadyExists(f"Execution Already Exists: '{arn}'")
            if not self.accepting:
                raise ValidationException("the local AWS is stopping")
            execution = self.by_arn[arn] = make()
            execution.exec_status = ExecutionStatus.RUNNING
            machine.executions.append(execution)
            self.listener(status_detail(execution, ExecutionStatus.RUNNING))
            execution.exec_worker = execution._get_start_execution_worker()
            execution.exec_worker.start()
            return execution

    def get(self, arn: str) -> Any:
        with self._lock:
            execution = self.by_arn.get(arn)
        if execution is None:
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn}'")
        return execution

    def finish(self, execution: Any, status: ExecutionStatus, **outcome: Any) -> bool:
        """End an execution with its `output`, or `error` and `cause`; whether it was not ended before."""
        with self._lock:
            if execution.exec_status != ExecutionStatus.RUNNING:
                return False
            execution.stop_date = datetime.now(UTC)
            for name, value in outcome.items():
                setattr(execution, name, value)
            # Told before it is seen: who sees an end can rely on its event, and who is told waits here for the lock.
            self.listener(status_detail(execution, status))
            execution.exec_status = status
            TMP_THREADS.clear()
            self._finished.append(execution)
            if len(self._finished) > KEPT:
                self._forget(self._finished.popleft())
            return True

    def abort(self, execution: Any, error: str | None = None, cause: str | None = None) -> None:
        """StopExecution: ABORTED at once, whatever is running; what has ended stays as it is."""
        if self.finish(execution, ExecutionStatus.ABORTED, error=error, cause=cause):
            execution.exec_worker.env.set_stop(stop_date=execution.stop_date, error=error, cause=cause)

    def time_out_after(self, arn: str, seconds: float) -> None:
        """End the execution as TIMED_OUT unless it ends by itself before."""
        with self._sooner:
            if len(self._deadlines) > 2 * (len(self.by_arn) + KEPT):
                # Most end by themselves, a day before their deadline: those of the forgotten go.
                self._deadlines[:] = [deadline for deadline in self._deadlines if deadline[1] in self.by_arn]
                heapq.heapify(self._deadlines)
            heapq.heappush(self._deadlines, (time.monotonic() + seconds, arn))
            self._sooner.notify()

    def running(self) -> list[Any]:
        with self._lock:
            return [e for e in self.by_arn.values() if e.exec_status == ExecutionStatus.RUNNING]

    def close(self) -> None:
        """Start nothing more and abort what runs, without telling the listener."""
        with self._lock:
            self.accepting = False
            self.listener = lambda detail: None
        for execution in self.running():
            self.abort(execution)
        with self._sooner:
            self._sooner.notify()

    def _forget(self, execution: Any) -> None:
        del self.by_arn[execution.exec_arn]
        self.forgotten[execution.exec_arn] = None
        if len(self.forgotten) > NAMES:
            del self.forgotten[next(iter(self.forgotten))]
        listed = execution.state_machine.executions
        if execution in listed:
            listed.remove(execution)

    def _watch(self) -> None:
        """Work off the deadlines of whole machines, in one thread for all of them."""
        while self.accepting:
            for arn in self._due():
                execution = self.by_arn.get(arn)
                if execution and self.finish(execution, ExecutionStatus.TIMED_OUT):
                    execution.exec_worker.env.set_timed_out()

    def _due(self) -> list[str]:
        with self._sooner:
            left = self._deadlines[0][0] - time.monotonic() if self._deadlines else None
            if left is None or left > 0:
                self._sooner.wait(left)
                return []
            return [heapq.heappop(self._deadlines)[1]]


def status_detail(execution: Any, status: ExecutionStatus) -> dict[str, Any]:
    """The `detail` of an execution's "Step Functions Execution Status Change" event."""
    succeeded = status == ExecutionStatus.SUCCEEDED
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status.value,
        "startDate": int(execution.start_date.timestamp() * 1000),
        "stopDate": int(execution.stop_date.timestamp() * 1000) if execution.stop_date else None,
        "input": execution.execution_input,
        "output": json.dumps(execution.output, separators=(",", ":")) if succeeded else None,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if succeeded else None,
        "error": execution.error,
        "cause": execution.cause,
    }


_current: list[Executions] = []


def use(executions: Executions) -> None:
    """Let moto's Step Functions keep its executions here."""
    _current[:] = [executions]


def current() -> Executions:
    return _current[0]


def install() -> None:
    replace(StepFunctionsParserBackend, "start_execution", lambda original: _start_execution)
    # moto gives this error no name.
    replace(InvalidDefinition, "TYPE", lambda original: "InvalidDefinition")
    replace(StepFunctionsParserBackend, "describe_execution", lambda original: _get_execution)
    replace(StepFunctionsParserBackend, "delete_state_machine", _delete_state_machine)
    replace(StepFunctionResponse, "describe_execution", _describe_execution)
    replace(StepFunctionResponse, "stop_execution", _stop_execution)
    replace(BaseExecutionWorkerCommunication, "terminated", lambda original: _terminated)


def _start_execution(
    self: Any,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: Any = None,
) -> Any:
    """StartExecution: moto's own, with the checks, the idempotency and a snapshot of the machine as AWS has them."""
    name, text = name or str(uuid.uuid4()), execution_input or "{}"
    self._validate_name(name)
    _check_input(text)
    machine = self.describe_state_machine(state_machine_arn)
    arn = f"arn:{self.partition}:states:{self.region_name}:{self.account_id}:execution:{machine.name}:{name}"

    def make() -> Any:
        return Execution(
            name=name,
            sm_type=machine.sm_type,
            role_arn=machine.roleArn,
            exec_arn=arn,
            account_id=self.account_id,
            region_name=self.region_name,
            state_machine=copy.copy(machine),
            start_date=datetime.now(UTC),
            cloud_watch_logging_session=None,
            input_data=text,
            activity_store={},
        )

    return current().start(machine, arn, text, make)


def _get_execution(self: Any, execution_arn: str) -> Any:
    return current().get(execution_arn)


def _check_input(text: str) -> None:
    if len(text) > INPUT_LIMIT:
        limit = f"Member must have length less than or equal to {INPUT_LIMIT}"
        raise ValidationException(
            f"1 validation error detected: Value at 'input' failed to satisfy constraint: {limit}"
        )
    try:
        json.loads(text)
    except ValueError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error


def _delete_state_machine(original: Any) -> Any:
    """DeleteStateMachine, which on AWS ends the machine's executions too."""

    def delete(self: Any, arn: str) -> None:
        running = [e for e in current().running() if e.state_machine_arn == arn]
        original(self, arn)
        for execution in running:
            current().abort(execution)

    return delete


def _describe_execution(original: Any) -> Any:
    """DescribeExecution, with `stopDate` after a time-out, and `output` as JSON whatever it is."""

    def describe(self: Any) -> Any:
        if not _has_engine(self):
            return original(self)
        response = original(self).result
        execution = current().get(self._get_param("executionArn"))
        if execution.stop_date is not None:
            response["stopDate"] = execution.stop_date
        if (output := status_detail(execution, execution.exec_status)["output"]) is not None:
            response["output"] = output
        return ActionResult(response)

    return describe


def _stop_execution(original: Any) -> Any:
    """StopExecution, with the error and the cause, which moto drops."""

    def stop(self: Any) -> Any:
        if not _has_engine(self):
            return original(self)
        execution = current().get(self._get_param("executionArn"))
        current().abort(execution, self._get_param("error"), self._get_param("cause"))
        return ActionResult({"stopDate": execution.stop_date})

    return stop


def _has_engine(response: Any) -> bool:
    return isinstance(response.stepfunction_backend, StepFunctionsParserBackend)


def _terminated(self: Any) -> None:
    """What the engine calls when a program has come to its end."""
    execution, state = self.execution, self.execution.exec_worker.env._program_state
    if isinstance(state, ProgramEnded):
        output = execution.exec_worker.env.states.get_input()
        current().finish(execution, ExecutionStatus.SUCCEEDED, output=output)
    elif isinstance(state, ProgramError):
        error = state.error or {}
        current().finish(execution, ExecutionStatus.FAILED, error=error.get("error"), cause=error.get("cause"))
