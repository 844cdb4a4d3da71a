"""The read and write units that DynamoDB bills: by the sizes of the items, with the indexes that a write changes.

Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html and, for indexes,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from typing import Any

import boto3

from functions import aws
from functions.settings import settings
from functions.store.definition import INDEXES, PARTITION_KEY, SORT_KEY, Index

Item = Mapping[str, Any]
"""As DynamoDB's API has it: `{"pk": {"S": "…"}, …}`; empty where there is none."""

READ_BYTES, WRITE_BYTES = 4096, 1024
OVERHEAD_BYTES = 100
"""What DynamoDB adds to every item, and to every row of an index, in its storage."""

_request: ContextVar[tuple[dict[str, Any], list[Item]]] = ContextVar("request")
"""The parameters of the request on its way, and the items that it writes as they were before."""


class Units:
    """What was read and written while it counted."""

    def __init__(self) -> None:
        self.read = 0
        self.written = 0
        self.places: Counter[str] = Counter()
        """What was written, by where: `table: <partition key>`, or the name of an index and its partition's key."""
        self.places_read: Counter[str] = Counter()
        """What was read by key, by where."""
        self._items: dict[str, Item] = {}
        """Those that were written, as they then were, by their keys."""
        self._table = boto3.client("dynamodb")  # its own, whose requests are not counted

    @contextmanager
    def running(self) -> Iterator["Units"]:
        """Counts the requests of all functions in this process. Writes of one item must not overlap."""
        events = aws.dynamodb().meta.events
        events.register("before-parameter-build.dynamodb", self._asked)
        events.register("after-call.dynamodb", self._answered)
        try:
            yield self
        finally:
            events.unregister("before-parameter-build.dynamodb", self._asked)
            events.unregister("after-call.dynamodb", self._answered)

    @property
    def kept(self) -> int:
        """The bytes that the items that were written take in the table and in its indexes."""
        rows = [row for item in self._items.values() for row in (item, *(row_of(index, item) for index in INDEXES))]
        return sum(size(row) + OVERHEAD_BYTES for row in rows if row)

    def _asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        _request.set((params, [self._item(key) for key in _keys_written(model.name, params)]))

    def _answered(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        params, before = _request.get()
        self.read += read_units(model.name, params, parsed)
        self.places_read += places_read(model.name, params, parsed)
        times = 2 if model.name == "TransactWriteItems" else 1
        for key, old in zip(_keys_written(model.name, params), before, strict=True):
            new = self._items[str(key)] = self._item(key)
            here = Counter({f"table: {key[PARTITION_KEY]['S']}": times * write_units(old, new)})
            for index in INDEXES:
                here += index_places(index, old, new)
            self.places += here
            self.written += here.total()

    def _item(self, key: Item) -> Item:
        found: Item = self._table.get_item(TableName=settings().table_name, Key=key).get("Item", {})
        return found


def read_units(operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> int:
    """The units of a read that was answered by `parsed`. What is not read consistently costs half, here rounded up."""
    if operation == "GetItem":
        return _read_blocks(size(parsed.get("Item", {})), params)
    if operation == "BatchGetItem":
        found = [item for items in parsed.get("Responses", {}).values() for item in items]
        asked = sum(len(wanted["Keys"]) for wanted in params["RequestItems"].values())
        return sum(_blocks(size(item), READ_BYTES) for item in found) + asked - len(found)
    if operation == "Query":
        together = sum(size(item) for item in parsed.get("Items", ()))
        return _read_blocks(together, params)
    return 0


def places_read(operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> Counter[str]:
    """The units of the items that were read by their keys, by partition."""
    found: Counter[str] = Counter()
    items = [item for items in parsed.get("Responses", {}).values() for item in items]
    if operation == "GetItem" and "Item" in parsed:
        items = [parsed["Item"]]
    for item in items:
        found[f"table: {item[PARTITION_KEY]['S']}"] += _blocks(size(item), READ_BYTES)
    return found


def write_units(old: Item, new: Item) -> int:
    """The units of a write of one item, its indexes apart."""
    return _blocks(max(size(old), size(new)), WRITE_BYTES)


def index_places(index: Index, old: Item, new: Item) -> Counter[str]:
    """The units of the same write in one index, by partition: none where its row stays, two writes where it moves."""
    before, after = row_of(index, old), row_of(index, new)
    if before == after:
        return Counter()
    if before and after and all(before[name] == after[name] for name in (index.partition_key, index.sort_key)):
        return Counter({_place(index, after): write_units(before, after)})
    found: Counter[str] = Counter()
    for row in (before, after):
        if row:
            found[_place(index, row)] += _blocks(size(row), WRITE_BYTES)
    return found


def _place(index: Index, row: Item) -> str:
    return f"{index.name}: {row[index.partition_key]['S']}"


def row_of(index: Index, item: Item) -> Item:
    """The row that an item has in an index; empty where it has none."""
    keys = (PARTITION_KEY, SORT_KEY, index.partition_key, index.sort_key)
    if not all(name in item for name in keys):
        return {}
    return {name: item[name] for name in item if not index.copies or name in (*keys, *index.copies)}


def size(item: Item) -> int:
    """The bytes of an item: of its attributes' names and of their values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return int(1 + ceil(len(content.strip("-").replace(".", "")) / 2) + content.startswith("-"))
    if kind == "M":
        return 3 + size(content) + len(content)
    if kind == "L":
        return 3 + sum(_value_size(part) + 1 for part in content)
    return 1


def _read_blocks(count: int, params: Mapping[str, Any]) -> int:
    blocks = _blocks(count, READ_BYTES)
    return blocks if params.get("ConsistentRead") else ceil(blocks / 2)


def _blocks(count: int, of: int) -> int:
    return max(1, ceil(count / of))


def _keys_written(operation: str, params: Mapping[str, Any]) -> list[Item]:
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        return [_key(params)]
    if operation == "TransactWriteItems":
        return [_key(write) for entry in params["TransactItems"] for write in entry.values()]
    if operation == "BatchWriteItem":
        writes = [write for writes in params["RequestItems"].values() for write in writes]
        return [_key(request) for write in writes for request in write.values()]
    return []


def _key(write: Mapping[str, Any]) -> Item:
    named: Item = write.get("Key") or write["Item"]
    return {name: named[name] for name in (PARTITION_KEY, SORT_KEY)}
