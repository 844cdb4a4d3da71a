"""moto's Step Functions engine, made quick and true to AWS for JSONPath machines whose tasks are Lambda functions.

Definitions, JSONPaths and threads are reused; tasks call their function without HTTP; a stop, a time-out and a
failing branch end waits at once; error names keep their names.
"""

import json
import logging
import re
import threading
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from local.emulator import executions, functions
from local.emulator.functions import Refused
from local.emulator.replacements import replace

_log = logging.getLogger(__name__)

time_scale = 1.0
"""What the seconds of Wait states and of retries are multiplied with; less than one makes tests quick."""


def install() -> None:
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL + 1)
    executions.install()
    _install_speed()
    _install_semantics()


def _install_speed() -> None:
    replace(AmazonStateLanguageParser, "parse", _parse_definition)
    replace(json_path, "parse", _parse_path)
    replace(result_path, "parse", lambda original: lru_cache(1024)(original))
    replace(lambda_eval_utils, "_invoke_lambda_function", lambda original: _invoke_lambda_function)
    replace(EvalComponent, "_log_failure_event_exception", lambda original: _say_nothing)
    replace(EvalComponent, "_log_exception", lambda original: _say_nothing)
    # A cached definition is evaluated by many threads: its keys must not depend on which of them comes first.
    replace(EvalComponent, "heap_key", lambda original: property(lambda self: str(id(self))))


def _install_semantics() -> None:
    replace(branches_decl, "CustomErrorName", lambda original: _error_name)
    replace(ExecutionWorker, "start", lambda original: _start_worker)
    replace(ExecutionWorker, "_execution_logic", lambda original: _execute)
    replace(Program, "eval", lambda original: _eval_program)
    replace(Environment, "__init__", _init_environment)
    replace(Environment, "set_error", _set_error)
    replace(WaitFunction, "_wait_interval", lambda original: _wait)
    replace(JitterStrategyDecl, "_eval_body", _wait_to_retry)


def _parse_definition(original: Any) -> Any:
    """The program of a definition, without the tree that it was read from, which takes most of the room."""

    @lru_cache(256)
    def parse(definition: str) -> tuple[Any, None]:
        return original(definition)[0], None

    return staticmethod(parse)


def _say_nothing(self: EvalComponent, *arguments: Any, **named: Any) -> None:
    """In the place of moto's dump of whole states on each error."""


# An execution's program, from its start to its end.


def _start_worker(self: Any) -> None:
    """Run the program in a thread; its environment is running before this returns, so that no stop is lost."""
    details = self._evaluation_details
    program: Any = AmazonStateLanguageParser.parse(details.state_machine_details.definition)[0]
    self.env = self._get_evaluation_environment()
    self.env.next_state_name = program.start_at.start_at_name
    if program.timeout_seconds:
        seconds = program.timeout_seconds.timeout_seconds
        executions.current().time_out_after(details.execution_details.arn, seconds)
    threading.Thread(target=self._execution_logic, args=(program,), daemon=True).start()


def _execute(self: Any, program: Any) -> None:
    started = {
        "input": json.dumps(self._evaluation_details.execution_details.inpt),
        "inputDetails": {"truncated": False},
        "roleArn": self._evaluation_details.aws_execution_details.role_arn,
    }
    self.env.event_manager.add_event(
        context=self.env.event_history_context,
        event_type=HistoryEventType.ExecutionStarted,
        event_details={"executionStartedEventDetails": started},
        update_source_event_id=False,
    )
    program._eval_body(self.env)
    self._execution_communication.terminated()


def _eval_program(self: Program, env: Environment) -> None:
    """A branch's program, in the thread of its caller; a branch that was stopped before it began does nothing."""
    with env._state_mutex:
        if not env.is_running():
            return
        env.next_state_name = self.start_at.start_at_name
    self._eval_body(env)


class _Latch(threading.Event):
    """An event that stays set. moto clears it at once, and a thread that comes to wait just then misses the end."""

    def clear(self) -> None:
        return


def _init_environment(original: Any) -> Any:
    def init(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.program_state_event = _Latch()

    return init


def _set_error(original: Any) -> Any:
    """An error that comes up after a stop or a time-out does not change how the program ended."""

    def set_error(self: Environment, error: Any) -> None:
        with self._state_mutex:
            if not isinstance(self._program_state, (ProgramStopped, ProgramTimedOut)):
                original(self, error)

    return set_error


# Waiting.


def _wait(self: WaitFunction, env: Environment, wait_seconds: float) -> None:
    """Wait until the time is over or the program has ended; moto's own turns round and round on fractions."""
    env.program_state_event.wait(wait_seconds * time_scale)


def _wait_to_retry(original: Any) -> Any:
    """The last step before moto sleeps until the next attempt: wait here, where a stop ends it, and leave nothing."""

    def eval_body(self: JitterStrategyDecl, env: Environment) -> None:
        original(self, env)
        env.program_state_event.wait(env.stack.pop() * time_scale)
        env.stack.append(0)

    return eval_body


# JSONPath and error names.

_INDEFINITE = re.compile(r"\.\.|\*|\?\(|\[[^\]'\"]*[:,][^\]]*\]")


class _Match:
    """A match of a definite path, without the context from which moto would conclude that it is one of a list."""

    path = None
    context = None

    def __init__(self, value: Any) -> None:
        self.value = value


class _Definite:
    """A JSONPath that can match one place only, whose value AWS gives as it is."""

    def __init__(self, expression: Any) -> None:
        self._expression = expression

    def find(self, data: Any) -> list[_Match]:
        return [_Match(match.value) for match in self._expression.find(data)]


def _parse_path(original: Any) -> Any:
    @lru_cache(4096)
    def parse(path: str) -> Any:
        return original(path) if _INDEFINITE.search(path) else _Definite(original(path))

    return parse


def _error_name(error_name: str | None) -> CustomErrorName | StatesErrorName:
    """The name of an error that ended a branch; moto takes `States.Timeout` and its like for a mistake of its own."""
    if error_name is not None and error_name.startswith("States."):
        return StatesErrorName.from_name(error_name)
    return CustomErrorName(error_name)


# Tasks.


def _invoke_lambda_function(parameters: dict[str, Any], region: str, state_credentials: Any) -> dict[str, Any]:
    """The lambda:invoke integration. Raises ClientError, which becomes `Lambda.…`, where there is no such function."""
    try:
        answer = functions.current().invoke(parameters["FunctionName"], parameters["Payload"].decode())
    except Refused as error:
        response: Any = {
            "Error": {"Code": "ResourceNotFoundException", "Message": str(error)},
            "ResponseMetadata": {"HTTPStatusCode": 404, "RequestId": ""},
        }
        raise ClientError(response, "Invoke") from error
    failed = {"FunctionError": "Unhandled"} if answer.failed else {}
    return {"ExecutedVersion": "$LATEST", "Payload": json.loads(answer.payload), "StatusCode": 200, **failed}
