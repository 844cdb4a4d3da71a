"""The local AWS: moto in this process, with what the functions expect to find, and no way to the real one."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from moto import mock_aws
from moto.server import ThreadedMotoServer

from functions import aws, tickets
from functions.deployment import DEFAULT_STACK
from functions.entries import PYTHON_ENTRIES
from functions.settings import settings
from functions.store.definition import create_table_arguments
from local.emulator import calls, dynamodb, functions, resources, stack, traces
from local.emulator.events import Queue, Schedule, status_event
from local.emulator.functions import Answer, Function, Functions, Handler, handler_of
from local.emulator.imports import without_batch

ACCOUNT = "123456789012"
REGION = "us-east-1"

HANDLERS: Mapping[str, str | Handler] = {entry.name: entry.handler for entry in PYTHON_ENTRIES}
TIMEOUTS = {entry.name: float(entry.timeout) for entry in PYTHON_ENTRIES}

DRAIN = 3.0
"""Seconds that running handlers have when the local AWS stops."""

SWITCH_SECONDS = 0.001

_OUTPUTS = {
    "TABLE_NAME": "TableName",
    "OUTPUTS_BUCKET": "OutputsBucket",
    "NOTIFICATIONS_TOPIC_ARN": "NotificationsTopicArn",
    "TICKET_SECRET": "TicketSecret",
    "STREAM_URL": "StreamUrl",
}
"""The outputs of the stack that say what a variable of the functions says."""

_OF_THE_USER = ("AWS_", "MOTO_")
"""Variables that would lead a call to the user's own account, profile or endpoint."""


def environment() -> dict[str, str]:
    """What the functions are told, as by their stack on AWS, with credentials that are good for nothing."""
    return {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TABLE_NAME": "workflows",
        "ACTION_FUNCTION_ARN": _function_arn("action"),
        "MACHINE_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/machine",
        "NOTIFICATIONS_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:notifications",
        "OUTPUTS_BUCKET": "outputs",
        "EMAIL_SENDER": "workflows@example.com",
        "TICKET_SECRET": "workflow-execution-api/tickets",
    }


class LocalAws:
    """One local AWS, from `start` to `stop`; a process has one at a time, and may have many one after another.

    `handlers` maps function names to "module.attribute" or callables, in the place of the real ones. `variables` are
    further environment variables. `engine=False` leaves out Step Functions' engine, whose import takes a second:
    executions then stay RUNNING. `port` serves the same AWS by HTTP. `schedule` is the seconds between the
    scheduled calls of `lifecycle`; None leaves them out.
    """

    url: str
    """Of the HTTP endpoint, where there is one."""

    outputs: dict[str, str]
    """Those of the stack, as CloudFormation gives them: what this AWS makes, and what its owner adds."""

    def __init__(
        self,
        *,
        handlers: Mapping[str, str | Handler] | None = None,
        variables: Mapping[str, str] | None = None,
        engine: bool = True,
        port: int | None = None,
        schedule: float | None = 60.0,
        time_scale: float = 1.0,
    ) -> None:
        self.functions = Functions()
        self._handlers = {**HANDLERS, **(handlers or {})}
        self._variables = {**environment(), **(variables or {})}
        self._engine = engine
        self._port = port
        self._every = schedule
        self._time_scale = time_scale
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        # Gateway, engine and functions take turns in one interpreter: in short ones, or each hand-over takes 5 ms.
        sys.setswitchinterval(SWITCH_SECONDS)
        with ExitStack() as stack:
            stack.enter_context(_environment(self._variables))
            self._mock = mock_aws(config=_moto_config(self._engine))
            self._mock.start()
            stack.callback(self._mock.stop)
            self._install()
            self._open()
            stack.callback(self._close)
            if self._port is not None:
                server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
                server.start()
                stack.callback(server.stop)
                self.url = "http://{}:{}".format(*server.get_host_and_port())
            self._running = stack.pop_all()

    def fresh(self) -> None:
        """Begin again with nothing but the resources: what runs is ended first, then all data is gone."""
        self._close()
        self._mock.reset()
        self._open()

    def stop(self) -> None:
        """End what runs, and then the local AWS. A handler that outlasts `DRAIN` cannot call anything any more."""
        self._running.close()

    def invoke(self, name: str, event: Mapping[str, Any]) -> Any:
        """The result of a function, as Lambda would give it. Raises FunctionFailed where the function raises."""
        return self.functions.call(name, event)

    def drain(self, seconds: float = 5.0) -> bool:
        """Wait until every status event was delivered or given up; whether that came in time."""
        return self.queue.drain(seconds)

    def _install(self) -> None:
        calls.install()
        dynamodb.install()
        functions.install()
        stack.install()
        traces.install()
        if self._engine:
            _engine().install()

    def _open(self) -> None:
        self.functions = Functions()
        for name, handler in self._handlers.items():
            timeout = TIMEOUTS.get(name, 60.0)
            self.functions.add(Function(name, handler_of(handler), _function_arn(name), timeout=timeout))
        functions.use(self.functions)
        self.queue = Queue(f"arn:aws:sqs:{REGION}:{ACCOUNT}:lifecycle", self._lifecycle)
        if self._engine:
            self._open_engine()
        _create_resources(self._variables, list(self._handlers))
        self.outputs = {output: self._variables[name] for name, output in _OUTPUTS.items() if name in self._variables}
        stack.use(stack.Stack(DEFAULT_STACK, REGION, self.outputs))
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/lifecycle"
        self._schedule = Schedule(rule, self._every, self._lifecycle) if self._every else None

    def _open_engine(self) -> None:
        executions = _engine().executions
        self.executions = executions.Executions(self._on_status)
        executions.use(self.executions)
        _engine().time_scale = self._time_scale

    def _close(self) -> None:
        if self._schedule:
            self._schedule.close()
        if self._engine:
            self.executions.close()
        self.queue.drain(DRAIN)
        self.functions.close(DRAIN)
        self.queue.close()

    def _on_status(self, detail: dict[str, Any]) -> None:
        """The EventBridge rule: ends only."""
        if detail["status"] != "RUNNING":
            self.queue.send(status_event(detail))

    def _lifecycle(self, event: dict[str, Any]) -> Answer:
        return self.functions.invoke("lifecycle", json.dumps(event))


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Exactly these variables of AWS's, and none that would lead to the user's account; afterwards what was before."""
    saved = dict(os.environ)
    for name in [name for name in saved if name.startswith(_OF_THE_USER)]:
        del os.environ[name]
    os.environ.update(variables)
    settings.cache_clear()
    aws.forget()
    tickets.forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
        settings.cache_clear()


def _engine() -> Any:
    """The engine's module, imported where it is used: it brings the parser of definitions, which takes a second."""
    with without_batch():
        from local.emulator import engine

    return engine


def _moto_config(engine: bool) -> Any:
    return {
        "core": {"mock_credentials": False, "reset_boto3_session": True, "service_whitelist": None},
        "stepfunctions": {"execute_state_machine": engine},
    }


def _function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _create_resources(variables: Mapping[str, str], names: Iterable[str]) -> None:
    """What the stack creates on AWS, with the same names as the functions are told."""
    aws.dynamodb().create_table(**create_table_arguments(variables["TABLE_NAME"]))  # type: ignore[arg-type]
    resources.create(
        ACCOUNT,
        REGION,
        topic=variables["NOTIFICATIONS_TOPIC_ARN"].split(":")[-1],
        bucket=variables["OUTPUTS_BUCKET"],
        sender=variables["EMAIL_SENDER"],
        secret=variables["TICKET_SECRET"],
        roles=["functions", variables["MACHINE_ROLE_ARN"].split("/")[-1]],
        functions=names,
    )
