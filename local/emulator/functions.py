"""Lambda in this process: an invocation runs a Python handler as the Lambda runtime would.

The payload and the result pass through JSON, the handler gets a context with a deadline, and whatever it raises
becomes the error document of the Lambda runtime, marked as `Unhandled`
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html).
"""

import importlib
import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.awslambda.models import LambdaFunction

from local.emulator.replacements import replace

Handler = Callable[[Any, Any], Any]

RESPONSE_LIMIT = 6_291_556
"""Bytes that a function may answer to its caller; Lambda's own number."""


@dataclass(frozen=True)
class Function:
    """A Lambda function: its name, its handler, and what its context tells of it."""

    name: str
    handler: Handler
    arn: str
    timeout: float = 900.0
    memory_mb: int = 512


@dataclass(frozen=True)
class Context:
    """What the Lambda runtime passes to a handler beside the event."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    deadline: float
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None
    tenant_id: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Answer:
    """What an invocation gave: JSON text, and whether it is the error document of a failed function."""

    payload: str
    failed: bool


class FunctionFailed(Exception):
    """Raised when a directly invoked function fails; `document` is what the Lambda runtime says of it."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(f"{document.get('errorType')}: {document.get('errorMessage')}")
        self.document = document


class Refused(Exception):
    """Raised when a function is invoked while the local AWS is stopping or does not have it."""


@dataclass
class Functions:
    """The functions of one local AWS, and how many of their invocations are running."""

    by_name: dict[str, Function] = field(default_factory=dict)
    running: int = 0
    open: bool = True
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, function: Function) -> None:
        self.by_name[function.name] = function

    def get(self, name_or_arn: str) -> Function:
        """The function of a name, an ARN or a qualified ARN. Raises Refused where there is none."""
        parts = name_or_arn.split(":")
        name = parts[6] if len(parts) > 6 else parts[0]
        if name not in self.by_name:
            raise Refused(f"Function not found: {name_or_arn}")
        return self.by_name[name]

    def invoke(self, name_or_arn: str, payload: str) -> Answer:
        """Run a function in this thread. Raises Refused when it does not exist or the local AWS is stopping."""
        function = self.get(name_or_arn)
        with self.changed:
            if not self.open:
                raise Refused("the local AWS is stopping")
            self.running += 1
        try:
            return _run(function, payload)
        finally:
            with self.changed:
                self.running -= 1
                self.changed.notify_all()

    def call(self, name: str, event: Mapping[str, Any]) -> Any:
        """The result of a function, through JSON both ways. Raises FunctionFailed where the function does."""
        answer = self.invoke(name, json.dumps(event))
        result = json.loads(answer.payload)
        if answer.failed:
            raise FunctionFailed(result)
        return result

    def close(self, seconds: float) -> bool:
        """Refuse new invocations and wait for the running ones; whether all ended in time."""
        with self.changed:
            self.open = False
            return self.changed.wait_for(lambda: self.running == 0, timeout=seconds)


def handler_of(handler: str | Handler) -> Handler:
    """A handler given as "module.attribute", imported when it is first called, or as itself."""
    if not isinstance(handler, str):
        return handler
    module, _, attribute = handler.rpartition(".")

    def imported(event: Any, context: Any) -> Any:
        return getattr(importlib.import_module(module), attribute)(event, context)

    return imported


def _run(function: Function, payload: str) -> Answer:
    request_id = str(uuid.uuid4())
    context = Context(
        function_name=function.name,
        invoked_function_arn=function.arn,
        memory_limit_in_mb=str(function.memory_mb),
        aws_request_id=request_id,
        log_group_name=f"/aws/lambda/{function.name}",
        deadline=time.monotonic() + function.timeout,
    )
    try:
        result = function.handler(json.loads(payload or "{}"), context)
    # Lambda reports whatever a handler raises, SystemExit too: none of it may end the thread of the caller.
    except BaseException as error:  # noqa: BLE001
        return _failure(type(error).__name__, str(error), request_id, traceback.format_tb(error.__traceback__))
    try:
        # As the runtime of Python 3.12 and later does it.
        text = json.dumps(result, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        return _failure("Runtime.MarshalError", f"Unable to marshal response: {error}", request_id, [])
    if len(text.encode("utf-8", "surrogatepass")) > RESPONSE_LIMIT:
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        return _failure("Function.ResponseSizeTooLarge", message, request_id, [])
    return Answer(text, failed=False)


def _failure(error_type: str, message: str, request_id: str, trace: list[str]) -> Answer:
    document = {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace}
    return Answer(json.dumps(document), failed=True)


_current: list[Functions] = []


def use(functions: Functions) -> None:
    """Let moto's Lambda run these functions, and no others."""
    _current[:] = [functions]


def current() -> Functions:
    return _current[0]


def install() -> None:
    replace(LambdaFunction, "invoke", lambda original: _invoke)


def _invoke(self: LambdaFunction, body: str, request_headers: Any, response_headers: dict[str, Any]) -> bytes:
    """Lambda's Invoke, for moto's LambdaFunction: RequestResponse, Event (in a thread) and DryRun."""
    kind = request_headers.get("x-amz-invocation-type", "RequestResponse")
    if kind == "DryRun":
        return b""
    if kind == "Event":
        threading.Thread(target=_invoke_event, args=(self.function_name, body), daemon=True).start()
        return b""
    answer = current().invoke(self.function_name, body)
    if answer.failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    return answer.payload.encode()


def _invoke_event(name: str, body: str) -> None:
    try:
        current().invoke(name, body)
    except Refused:
        return
