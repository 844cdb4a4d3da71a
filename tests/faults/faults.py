"""The faults that a call to AWS can meet, each as botocore or Lambda would see it.

A throttle, a time-out or a 5xx is put where the request would go out, so that botocore's own retries are at work. A
crash ends the whole invocation: nothing that it does afterwards reaches AWS, whatever its threads believe.
"""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse

Send = Callable[[], AWSResponse | None]


class Fault(StrEnum):
    """What goes wrong, at one call or, where it lasts, at all of its kind from that one on until it is repaired."""

    THROTTLE = "throttle"
    """Twice; the client's third attempt gets through."""
    THROTTLE_LASTS = "throttle, lasting"
    TIMEOUT_BEFORE = "timeout before"
    """No attempt of the call's client reaches AWS."""
    TIMEOUT_AFTER = "timeout after"
    """It took effect and its answer is lost; the client's next attempt gets through."""
    TIMEOUTS_AFTER = "timeouts after"
    """Each attempt of the call's client takes effect, as far as it can, and each answer is lost."""
    SERVER_ERROR = "5xx"
    """Each attempt of the call's client, without an effect."""
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    """The process dies: `Runtime.ExitError` for Step Functions, no answer for a client."""
    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"
    """The process dies with the machine below it: `Lambda.ServiceException`, which Step Functions tries again."""

    @property
    def is_crash(self) -> bool:
        return self in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST_BEFORE, Fault.LOST_AFTER)


class ProcessDied(BaseException):
    """The process is gone."""


class ProcessLost(BaseException):
    """Lambda lost the process."""


# Step Functions goes by these names.
ProcessDied.__name__ = "Runtime.ExitError"
ProcessLost.__name__ = "Lambda.ServiceException"


def meet(fault: Fault, attempt: int, service: str, operation: str, request: AWSPreparedRequest, send: Send) -> Any:
    """The answer to an attempt (from 1) of a call that meets `fault`; `send` lets it take effect.

    Raises ReadTimeoutError, ProcessDied, ProcessLost.
    """
    match fault:
        case Fault.THROTTLE if attempt > 2:
            return send()
        case Fault.THROTTLE | Fault.THROTTLE_LASTS:
            return _throttled(service, operation, request)
        case Fault.TIMEOUT_BEFORE:
            raise ReadTimeoutError(endpoint_url=request.url)
        case Fault.TIMEOUT_AFTER if attempt > 1:
            return send()
        case Fault.TIMEOUT_AFTER | Fault.TIMEOUTS_AFTER:
            send()
            raise ReadTimeoutError(endpoint_url=request.url)
        case Fault.SERVER_ERROR:
            return _failed(service, request)
        case Fault.CRASH_AFTER | Fault.LOST_AFTER:
            send()
    raise ProcessDied("gone") if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER) else ProcessLost("gone")


def _throttled(service: str, operation: str, request: AWSPreparedRequest) -> AWSResponse:
    if operation == "TransactWriteItems":
        # What throttles a part of a transaction cancels it: botocore does not know this for a throttle.
        reasons = [{"Code": "ThrottlingError"}, *({"Code": "None"},) * (_parts(request) - 1)]
        return _json(request, 400, "TransactionCanceledException", CancellationReasons=reasons)
    if service == "dynamodb":
        return _json(request, 400, "ProvisionedThroughputExceededException")
    if service in ("stepfunctions", "secretsmanager"):
        return _json(request, 400, "ThrottlingException")
    code, status = ("SlowDown", 503) if service == "s3" else ("Throttling", 400)
    return _xml(service, request, status, code)


def _failed(service: str, request: AWSPreparedRequest) -> AWSResponse:
    if service in ("dynamodb", "stepfunctions", "secretsmanager"):
        return _json(request, 500, "InternalServerError")
    return _xml(service, request, 500, "InternalError")


def _parts(request: AWSPreparedRequest) -> int:
    body: Any = request.body
    return len(json.loads(body)["TransactItems"])


def _json(request: AWSPreparedRequest, status: int, code: str, **fields: Any) -> AWSResponse:
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "injected", **fields})
    return _answer(request, status, body, "application/x-amz-json-1.0")


def _xml(service: str, request: AWSPreparedRequest, status: int, code: str) -> AWSResponse:
    error = f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
    body = error if service == "s3" else f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    return _answer(request, status, body, "application/xml")


def _answer(request: AWSPreparedRequest, status: int, body: str, media_type: str) -> AWSResponse:
    raw: Any = MockRawResponse(body)
    headers: Any = {"content-type": media_type}
    return AWSResponse(request.url, status, headers, raw)
