"""TransactWriteItems' ClientRequestToken, which moto drops: the same request within ten minutes does nothing more.

Every AWS SDK sends one, so that its own second attempt is no second transaction:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

import json
import time
from collections import OrderedDict
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import DynamodbException
from moto.dynamodb.responses import DynamoHandler

from local.emulator.replacements import replace

SECONDS = 600.0
KEPT = 10_000
"""Tokens that are remembered at most."""


class IdempotentParameterMismatch(DynamodbException):
    """Raised when a token comes again with another transaction."""

    def __init__(self) -> None:
        kind = "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException"
        super().__init__(kind, message="The token was used with other parameters")


def install() -> None:
    replace(DynamoHandler, "transact_write_items", _once_by_token)


def _once_by_token(original: Any) -> Any:
    def transact_write_items(self: DynamoHandler) -> Any:
        token = self.body.get("ClientRequestToken")
        if token is None:
            return original(self)
        done, asked = _tokens(self), json.dumps(self.body["TransactItems"], sort_keys=True)
        if token in done:
            if done[token][0] != hash(asked):
                raise IdempotentParameterMismatch
            return ActionResult({})
        answer = original(self)
        done[token] = (hash(asked), time.monotonic())
        return answer

    return transact_write_items


def _tokens(handler: DynamoHandler) -> OrderedDict[str, tuple[int, float]]:
    """The tokens of the last transactions that took effect, the oldest first, each with what was asked, and when."""
    held: OrderedDict[str, tuple[int, float]]
    held = handler.dynamodb_backend.__dict__.setdefault("transaction_tokens", OrderedDict())
    while held and (len(held) >= KEPT or next(iter(held.values()))[1] < time.monotonic() - SECONDS):
        held.popitem(last=False)
    return held
