"""Every call of a function is seen, as that function's, whichever thread makes it; calls of nobody's are not."""

import asyncio
import threading
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from functions import aws
from functions.settings import settings
from functions.stream import Stream
from local.aws import LocalAws
from local.emulator.functions import FunctionFailed
from local.usage_plans import ApiKeys, list_keys
from tests.permissions.calls import UNMAPPED, Need
from tests.permissions.recorder import CallFile, calls_as, recording
from tests.permissions.recording import Call, read_lines

TABLE = "arn:aws:dynamodb:{region}:{account}:table/{TABLE_NAME}"
KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@pytest.fixture
def calls() -> Iterator[list[Call]]:
    found: list[Call] = []
    with recording(found.append), LocalAws(engine=False, schedule=None, handlers=dict(HANDLERS)):
        yield found


def invoke(name: str, event: Any = None) -> Any:
    from local.emulator import functions

    return functions.current().call(name, event or {})


def read_item() -> None:
    aws.dynamodb().get_item(TableName=settings().table_name, Key=KEY)


def reads(event: Any, context: Any) -> None:
    read_item()


def reads_on_a_thread(event: Any, context: Any) -> None:
    thread = threading.Thread(target=copy_context().run, args=(read_item,))
    thread.start()
    thread.join()


def signs(event: Any, context: Any) -> str:
    place = {"Bucket": "outputs", "Key": f"outputs/{'c' * 32}/a#0.json"}
    return aws.s3().generate_presigned_url("get_object", Params=place)


def asks_another(event: Any, context: Any) -> None:
    invoke("api")
    aws.dynamodb().batch_get_item(RequestItems={settings().table_name: {"Keys": [KEY]}})


def scans(event: Any, context: Any) -> None:
    aws.dynamodb().scan(TableName=settings().table_name)


HANDLERS = {"api": reads, "action": asks_another, "lifecycle": reads_on_a_thread, "signs": signs, "scans": scans}


def test_a_call_is_that_of_the_function_whose_handler_makes_it(calls: list[Call]) -> None:
    invoke("action")
    assert calls == [
        Call("api", Need("dynamodb:GetItem", TABLE)),
        Call("action", Need("dynamodb:BatchGetItem", TABLE)),
    ]


def test_a_call_on_a_thread_that_takes_the_context_over_is_the_functions_too(calls: list[Call]) -> None:
    invoke("lifecycle")
    assert calls == [Call("lifecycle", Need("dynamodb:GetItem", TABLE))]


def test_a_signed_link_is_a_call_though_none_is_made(calls: list[Call]) -> None:
    assert "Signature" in invoke("signs")
    resource = "arn:aws:s3:::{OUTPUTS_BUCKET}/outputs/{execution}/{name}.json"
    assert calls == [Call("signs", Need("s3:GetObject", resource))]


def test_a_call_of_a_test_itself_is_nobodys(calls: list[Call]) -> None:
    read_item()
    assert calls == []


def test_a_call_that_is_not_known_fails_and_is_noted(calls: list[Call]) -> None:
    with pytest.raises(FunctionFailed, match=r"dynamodb\.Scan"):
        invoke("scans")
    assert [(call.role, call.need.action) for call in calls] == [("scans", UNMAPPED)]


def test_a_call_that_the_streaming_application_makes_on_a_thread_is_its_own(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send_nothing(*_: Any) -> None:
        await asyncio.to_thread(read_item)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.create_task(send_nothing())

    monkeypatch.setattr(Stream, "_app", staticmethod(app))
    scope = {"type": "http", "path": "/x", "headers": []}
    asyncio.run(Stream()(scope, send_nothing, send_nothing))  # type: ignore[arg-type]
    read_item()
    assert calls == [Call("stream", Need("dynamodb:GetItem", TABLE))]


def test_what_the_gateway_looks_up_on_a_streams_connection_is_nobodys(calls: list[Call]) -> None:
    keys = ApiKeys(lambda: list_keys(aws.apigateway()))

    async def ask() -> None:
        with calls_as("stream"):
            assert await keys.find("unknown") is None

    asyncio.run(ask())
    assert calls == []


def test_what_machines_call_is_their_roles(calls: list[Call]) -> None:
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

    task: Any = {"FunctionName": settings().action_function_arn, "Payload": b"{}"}
    nobody: Any = None
    lambda_eval_utils._invoke_lambda_function(parameters=task, region="us-east-1", state_credentials=nobody)
    assert calls[0] == Call("machine", Need("lambda:InvokeFunction", "{ACTION_FUNCTION_ARN}"))


def test_nothing_is_told_when_nobody_listens_any_more(calls: list[Call]) -> None:
    with recording(lambda call: calls.clear()):
        pass
    invoke("api")
    assert len(calls) == 1


def test_a_file_keeps_each_call_once_and_at_once(tmp_path: Path) -> None:
    file = CallFile(tmp_path / "new")
    for _ in range(3):
        file(Call("api", Need("dynamodb:GetItem", TABLE)))
    (path,) = (tmp_path / "new").iterdir()
    assert len(path.read_text().splitlines()) == 1
    assert list(read_lines(tmp_path / "new").values()) == [
        f"{__name__.replace('.', '/')}.py::{test_a_file_keeps_each_call_once_and_at_once.__name__} (call)"
    ]


def test_whoever_called_before_calls_again_afterwards(calls: list[Call]) -> None:
    with calls_as("api"):
        with calls_as("stream"):
            read_item()
        read_item()
    assert [call.role for call in calls] == ["stream", "api"]
