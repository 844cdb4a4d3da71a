"""Lambda functions run in this process as the Lambda runtime would run them."""

import json
import sys
import threading
from typing import Any

import boto3
import pytest

from local.aws import LocalAws
from local.emulator import functions
from local.emulator.functions import Context, Function, FunctionFailed, Functions, Handler, Refused

ARN = "arn:aws:lambda:us-east-1:123456789012:function:action"


class Broken(Exception):
    """What a handler raises here."""


def running(handler: Handler, name: str = "action", timeout: float = 900.0) -> Functions:
    made = Functions()
    made.add(Function(name, handler, ARN, timeout=timeout))
    return made


def invoked(cloud: LocalAws, handler: Handler, **arguments: Any) -> Any:
    """The answer of boto3's `invoke`, with its payload read."""
    cloud.functions.add(Function("action", handler, ARN))
    answer: Any = boto3.client("lambda").invoke(FunctionName="action", **arguments)
    return {**answer, "Payload": answer["Payload"].read().decode()}


def test_event_and_result_pass_through_json() -> None:
    event = {"pair": (1, 2)}
    got: list[Any] = []

    def handler(event: Any, context: Any) -> Any:
        got.append(event)
        return {"pair": (3, 4), 5: None}

    assert running(handler).call("action", event) == {"pair": [3, 4], "5": None}
    assert got == [{"pair": [1, 2]}]


def test_the_context_is_as_lambda_makes_it() -> None:
    seen: list[Context] = []
    functions_here = running(lambda event, context: seen.append(context), timeout=30)
    functions_here.call("action", {})
    functions_here.call("action", {})
    first, second = seen
    assert (first.function_name, first.function_version) == ("action", "$LATEST")
    assert (first.invoked_function_arn, first.memory_limit_in_mb) == (ARN, "512")
    assert first.aws_request_id != second.aws_request_id
    assert 29_000 < first.get_remaining_time_in_millis() <= 30_000


@pytest.mark.parametrize("name", ["action", ARN, f"{ARN}:live"])
def test_a_function_is_found_by_name_and_by_arn(name: str) -> None:
    assert running(lambda event, context: "found").invoke(name, "{}").payload == '"found"'


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(Refused, match="Function not found: other"):
        Functions().invoke("other", "{}")


@pytest.mark.parametrize(
    ("error", "message"), [(Broken("why"), "why"), (SystemExit(3), "3"), (KeyboardInterrupt(), "")]
)
def test_whatever_a_handler_raises_becomes_the_error_document(error: BaseException, message: str) -> None:
    def handler(event: Any, context: Any) -> None:
        raise error

    with pytest.raises(FunctionFailed) as failure:
        running(handler).call("action", {})
    document = failure.value.document
    assert (document["errorType"], document["errorMessage"]) == (type(error).__name__, message)
    assert any("in handler" in line for line in document["stackTrace"])
    assert document["requestId"]


def test_a_result_that_is_not_json_is_an_error() -> None:
    with pytest.raises(FunctionFailed, match=r"Runtime\.MarshalError: Unable to marshal response"):
        running(lambda event, context: object()).call("action", {})


def test_a_result_over_six_megabytes_is_an_error() -> None:
    with pytest.raises(FunctionFailed, match=r"Function\.ResponseSizeTooLarge"):
        running(lambda event, context: "x" * functions.RESPONSE_LIMIT).call("action", {})


def test_a_handler_is_imported_by_its_name_when_it_is_first_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "late_handler.py").write_text("def handler(event, context): return event")
    monkeypatch.syspath_prepend(tmp_path)
    made = running(functions.handler_of("late_handler.handler"))
    assert "late_handler" not in sys.modules
    assert made.call("action", {"a": 1}) == {"a": 1}


def test_closing_waits_for_what_runs_and_refuses_what_comes() -> None:
    begun, go = threading.Event(), threading.Event()

    def handler(event: Any, context: Any) -> None:
        begun.set()
        go.wait(5)

    made = running(handler)
    threading.Thread(target=made.invoke, args=("action", "{}")).start()
    begun.wait(5)
    assert made.close(0.05) is False
    with pytest.raises(Refused, match="stopping"):
        made.invoke("action", "{}")
    go.set()
    assert made.close(5) is True


def test_boto3_invokes_the_handler(cloud: LocalAws) -> None:
    answer = invoked(cloud, lambda event, context: {"got": event}, Payload=b'{"a": 1}')
    assert json.loads(answer["Payload"]) == {"got": {"a": 1}}
    assert (answer["StatusCode"], answer.get("FunctionError")) == (200, None)


def test_boto3_sees_a_failed_function(cloud: LocalAws) -> None:
    def handler(event: Any, context: Any) -> None:
        raise Broken("why")

    answer = invoked(cloud, handler)
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"])["errorType"] == "Broken"


def test_an_event_invocation_does_not_wait(cloud: LocalAws) -> None:
    go, done = threading.Event(), threading.Event()

    def handler(event: Any, context: Any) -> None:
        go.wait(5)
        done.set()

    answer = invoked(cloud, handler, InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, "")
    go.set()
    assert done.wait(5)


def test_a_dry_run_runs_nothing(cloud: LocalAws) -> None:
    answer = invoked(cloud, lambda event, context: pytest.fail("it ran"), InvocationType="DryRun")
    assert (answer["StatusCode"], answer["Payload"]) == (204, "")


def test_an_unknown_function_is_not_found_by_boto3(cloud: LocalAws) -> None:
    client = boto3.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="other")
