"""DynamoDB for boto3 in this process: one call at a time, without an HTTP request that nobody sends.

moto's tables are not made for several threads, so one lock covers every call. What boto3 would sign, send and parse
goes straight to moto's handler; an error takes moto's own way back, so that it looks as it always does.
"""

import json
import threading
from types import SimpleNamespace
from typing import Any, cast

from botocore.handlers import BUILTIN_HANDLERS
from botocore.model import OperationModel
from botocore.parsers import create_parser
from moto.core.exceptions import ServiceException
from moto.core.models import botocore_stubber
from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from local.emulator import conditions, items, queries, tables, tokens
from local.emulator.replacements import replace

LOCK = threading.RLock()
ACCOUNT = "123456789012"
ON_ITEMS = {
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "DeleteItem": "delete_item",
    "GetItem": "get_item",
    "PutItem": "put_item",
    "Query": "query",
    "Scan": "scan",
    "TransactGetItems": "transact_get_items",
    "TransactWriteItems": "transact_write_items",
    "UpdateItem": "update_item",
}
"""The operations that take the short way, and the methods of moto's handler for them."""


def install() -> None:
    replace(DynamoHandler, "call_action", _one_at_a_time)
    for module in (conditions, items, queries, tables, tokens):
        module.install()
    if ("before-call.dynamodb", _answer) not in BUILTIN_HANDLERS:
        BUILTIN_HANDLERS.append(("before-call.dynamodb", _answer))


def _one_at_a_time(original: Any) -> Any:
    def call_action(self: DynamoHandler) -> Any:
        with LOCK:
            return original(self)

    return call_action


def _answer(model: OperationModel, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]] | None:
    """The HTTP answer and what boto3 would parse from it, for a call to AWS's own address; else None: the long way."""
    if not botocore_stubber.enabled or model.name not in ON_ITEMS or not params["url"].endswith(".amazonaws.com/"):
        return None
    handler = _Handler(model.name, json.loads(params["body"]), params["context"]["client_region"])
    try:
        with LOCK:
            result: Any = getattr(handler, ON_ITEMS[model.name])().result
    except (ServiceException, HTTPException) as error:
        return _parse(model, *handler.fail(error))
    output = model.output_shape
    parsed = {name: value for name, value in (result or {}).items() if output is None or name in output.members}
    parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "local", "RetryAttempts": 0}
    return SimpleNamespace(status_code=200), parsed


class _Handler(DynamoHandler):
    """moto's handler of one call, given what it would have found in the request."""

    def __init__(self, action: str, body: dict[str, Any], region: str) -> None:
        super().__init__()
        self.body = self.params = body
        self.region = region
        self.current_account = ACCOUNT
        self.response_headers: dict[str, Any] = {}
        self._action = action

    def _get_action(self) -> str:
        return self._action

    def fail(self, error: Exception) -> tuple[int, dict[str, Any], Any]:
        """What moto answers where its method of this call raises."""

        def method() -> None:
            raise error

        setattr(self, ON_ITEMS[self._action], method)
        status, headers, body = BaseResponse.call_action(self)
        return status, headers, body

    def determine_response_protocol(self, service_model: Any) -> str:
        return "json"


def _parse(model: OperationModel, status: int, headers: dict[str, Any], body: Any) -> tuple[Any, dict[str, Any]]:
    """What boto3 gets from an error: its code and message, and the fields that this kind of error has."""
    answer = {"status_code": status, "headers": headers, "body": body.encode()}
    parser, shape = create_parser("json"), cast(Any, model.output_shape)
    parsed = parser.parse(answer, shape)
    error: Any = model.service_model.shape_for_error_code(parsed["Error"]["Code"])
    return SimpleNamespace(status_code=status), {**parsed, **(parser.parse(answer, error) if error else {})}
