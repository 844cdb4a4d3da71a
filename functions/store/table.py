"""The table's own verbs: items as plain dicts, conditions that say what they expect, conflicts retried with jitter.

DynamoDB's numbers come and go as Python integers; everything that users wrote is kept as JSON text by the callers,
since those numbers have 38 digits and no binary floats.
"""

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import aws
from functions.settings import settings
from functions.store.keys import Key

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]

_ATTEMPTS = 10

_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons for which a transaction is cancelled that pass by themselves:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""


FAULTS = (BotoCoreError, ClientError, TimeoutError)
"""What calls fail with, here and of the bucket beside it, while AWS throttles or fails for longer than they try."""


class StoreUnavailable(Exception):
    """Raised in the place of these faults where nothing was done that would be done twice by doing it all again.

    Step Functions goes by its name: `UNAVAILABLE` of `state_machines.translate`.
    """

    def __init__(self) -> None:
        super().__init__("The store does not answer")


class ConditionFailed(Exception):
    """Raised when a write does not find what it expects; `item` is what it found, if anything."""

    def __init__(self, item: Item | None = None) -> None:
        super().__init__("The item is not as the write expects")
        self.item = item


def get(key: Key) -> Item | None:
    """One item, read consistently."""
    answer = aws.dynamodb().get_item(TableName=settings().table_name, Key=_item(key), ConsistentRead=True)
    return _plain(answer.get("Item"))


def get_all(keys: Iterable[Key]) -> list[Item | None]:
    """The items of `keys`, in their order, None for those that do not exist; read consistently, in few calls."""
    wanted = list(keys)
    found: dict[tuple[str, str], Item] = {}
    unique = list({(k["pk"], k["sk"]): k for k in wanted}.values())
    for i in range(0, len(unique), 100):
        for item in _batch(unique[i : i + 100]):
            found[item["pk"], item["sk"]] = item
    return [found.get((k["pk"], k["sk"])) for k in wanted]


def put(item: Item, *, condition: str | None = None, values: Values | None = None) -> None:
    """Writes `item` whole. Raises ConditionFailed, with what was there."""
    arguments: dict[str, Any] = {"TableName": settings().table_name, "Item": _item(item)}
    _call("put_item", arguments | _condition(condition, None, values))


def put_all(items: Iterable[Item]) -> None:
    """Writes items that nothing refers to yet, in as few calls as can be."""
    waiting = [{"PutRequest": {"Item": _item(item)}} for item in items]
    for i in range(0, len(waiting), 25):
        left: Any = {settings().table_name: waiting[i : i + 25]}
        for attempt in range(_ATTEMPTS):
            left = aws.dynamodb().batch_write_item(RequestItems=left).get("UnprocessedItems")
            if not left:
                break
            _pause(attempt)
        else:
            raise TimeoutError("DynamoDB left items of a batch unwritten")


def update(
    key: Key,
    expression: str,
    *,
    values: Values | None = None,
    names: Names | None = None,
    condition: str | None = None,
) -> Item:
    """Changes an item and returns it as it then is. Raises ConditionFailed, with what was there."""
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "Key": _item(key),
        "UpdateExpression": expression,
        "ReturnValues": "ALL_NEW",
    }
    answer = _call("update_item", arguments | _condition(condition, names, values))
    return _plain(answer["Attributes"]) or {}


def query(
    condition: str,
    values: Values,
    *,
    index: str | None = None,
    names: Names | None = None,
    filter: str | None = None,
    ascending: bool = True,
    page_size: int | None = None,
) -> Iterator[Item]:
    """The items that meet a key condition, page after page, as far as the caller reads on."""
    arguments = _query_arguments(condition, values, index, names, filter, ascending)
    if page_size:
        arguments["Limit"] = page_size
    while True:
        answer = aws.dynamodb().query(**arguments)
        yield from (_plain(item) or {} for item in answer["Items"])
        if not (last := answer.get("LastEvaluatedKey")):
            return
        arguments["ExclusiveStartKey"] = last


def count(
    condition: str, values: Values, *, index: str | None = None, names: Names | None = None, filter: str | None = None
) -> int:
    """How many items meet a key condition."""
    arguments = _query_arguments(condition, values, index, names, filter, ascending=True) | {"Select": "COUNT"}
    total = 0
    while True:
        answer = aws.dynamodb().query(**arguments)
        total += answer["Count"]
        if not (last := answer.get("LastEvaluatedKey")):
            return total
        arguments["ExclusiveStartKey"] = last


def transact(*writes: Mapping[str, Any]) -> None:
    """All of `writes` (`putting`, `updating` and `deleting` make them) or none.

    Raises ConditionFailed with what was found.
    """
    _call("transact_write_items", {"TransactItems": list(writes)})


def putting(item: Item, *, condition: str | None = None, values: Values | None = None) -> dict[str, Any]:
    """A put, for `transact`."""
    return {"Put": {"TableName": settings().table_name, "Item": _item(item)} | _condition(condition, None, values)}


def updating(
    key: Key,
    expression: str,
    *,
    values: Values | None = None,
    names: Names | None = None,
    condition: str | None = None,
) -> dict[str, Any]:
    """An update, for `transact`."""
    arguments = {"TableName": settings().table_name, "Key": _item(key), "UpdateExpression": expression}
    return {"Update": arguments | _condition(condition, names, values)}


def deleting(key: Key) -> dict[str, Any]:
    """A removal, for `transact`, of what may be gone already."""
    return {"Delete": {"TableName": settings().table_name, "Key": _item(key)}}


def _query_arguments(
    condition: str, values: Values, index: str | None, names: Names | None, filter: str | None, ascending: bool
) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": _item(values),
        "ScanIndexForward": ascending,
    }
    if index:
        arguments["IndexName"] = index
    else:
        arguments["ConsistentRead"] = True
    if names:
        arguments["ExpressionAttributeNames"] = dict(names)
    if filter:
        arguments["FilterExpression"] = filter
    return arguments


def _condition(condition: str | None, names: Names | None, values: Values | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if condition:
        arguments["ConditionExpression"] = condition
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if names:
        arguments["ExpressionAttributeNames"] = dict(names)
    if values:
        arguments["ExpressionAttributeValues"] = _item(values)
    return arguments


def _batch(keys: Sequence[Key]) -> Iterator[Item]:
    table = settings().table_name
    asked: Any = {table: {"Keys": [_item(k) for k in keys], "ConsistentRead": True}}
    for attempt in range(_ATTEMPTS):
        answer = aws.dynamodb().batch_get_item(RequestItems=asked)
        yield from (_plain(item) or {} for item in answer["Responses"].get(table, ()))
        asked = answer.get("UnprocessedKeys")
        if not asked:
            return
        _pause(attempt)
    raise TimeoutError("DynamoDB left keys of a batch unread")


def _call(verb: str, arguments: Mapping[str, Any]) -> Any:
    """A write, tried again while another transaction holds one of its items, or a part of its own is throttled.

    Botocore does neither: it knows what throttles a call, and not what throttles a part of one.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return getattr(aws.dynamodb(), verb)(**arguments)
        except ClientError as error:
            if _passes(error) and attempt + 1 < _ATTEMPTS:
                _pause(attempt)
                continue
            raise _as_condition(error) from None
    raise AssertionError("unreachable")


def _passes(error: ClientError) -> bool:
    """Whether the same write may do in a moment."""
    if error.response["Error"].get("Code") == "TransactionConflictException":
        return True
    codes = {reason.get("Code") for reason in _reasons(error)}
    return bool(_PASSING & codes) and "ConditionalCheckFailed" not in codes


def _as_condition(error: ClientError) -> Exception:
    """ConditionFailed where that is what the error means, else the error itself."""
    if error.response["Error"].get("Code") == "ConditionalCheckFailedException":
        return ConditionFailed(_plain(error.response.get("Item")))  # type: ignore[arg-type]
    for reason in _reasons(error):
        if reason.get("Code") == "ConditionalCheckFailed":
            return ConditionFailed(_plain(reason.get("Item")))
    return error


def _reasons(error: ClientError) -> Sequence[Mapping[str, Any]]:
    return error.response.get("CancellationReasons", ())


def _pause(attempt: int) -> None:
    """Waits with full jitter: up to 20 ms at first, twice that each time, at most a second."""
    time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # nosec B311 # jitter


def _item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _write(value) for name, value in values.items()}


def _plain(item: Mapping[str, Any] | None) -> Item | None:
    return None if item is None else {name: _read(value) for name, value in item.items()}


def _write(value: Any) -> dict[str, Any]:
    """A value as DynamoDB writes it. The table holds these kinds only, so boto3's serializer, which asks for each of
    ten kinds in turn, is not needed: it took a fifth of the time of a small write."""
    if isinstance(value, str):
        return {"S": str(value)}
    if value is None or isinstance(value, bool):
        return {"NULL": True} if value is None else {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": _item(value)}
    return {"L": [_write(part) for part in value]}


def _read(value: Mapping[str, Any]) -> Any:
    """A value as Python has it, whole numbers as integers."""
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content)
    if kind == "L":
        return [_read(part) for part in content]
    if kind == "M":
        return _plain(content)
    return None if kind == "NULL" else content
