"""DynamoDB's tables: found by key instead of by walking all items, and changed by replacing items, never in place.

moto answers every Query by sorting the whole table, and a transaction by copying it. Here each table keeps, for
itself and for each of its indexes, the sorted keys of every partition. A stored item never changes: a write stores
another one, so that what was read stays as it was, and a cancelled transaction only puts the old ones back.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from moto.dynamodb import responses
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    ItemSizeTooLarge,
    ItemSizeToUpdateTooLarge,
    MockValidationException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]

from local.emulator import items, updates
from local.emulator.replacements import replace

Key = tuple[Any, ...]


@dataclass
class Sorted:
    """The keys of a table's or an index's items, by partition, each sorted as a Query returns them.

    A key is (sort key's value, table's partition key, table's sort key): unique, and the order on AWS is by the first.
    """

    partition_key: str
    sort_key: str | None
    partitions: dict[Any, list[Key]] = field(default_factory=dict)

    def place(self, item: Item) -> tuple[Any, Any] | None:
        """An item's partition and sort value; None where it lacks one and so is not in the index."""
        partition = item.attrs.get(self.partition_key)
        if partition is None or (self.sort_key is not None and self.sort_key not in item.attrs):
            return None
        return partition.cast_value, item.attrs[self.sort_key].cast_value if self.sort_key else ""

    def add(self, place: tuple[Any, Any], key: Key) -> None:
        insort(self.partitions.setdefault(place[0], []), (place[1], *key))

    def remove(self, place: tuple[Any, Any], key: Key) -> None:
        keys = self.partitions[place[0]]
        del keys[bisect_left(keys, (place[1], *key))]
        if not keys:
            del self.partitions[place[0]]


def sorted_of(table: Table) -> dict[str | None, Sorted]:
    """The sorted keys of a table (None) and of its indexes (by name), made when first asked for."""
    found: dict[str | None, Sorted] | None = table.__dict__.get("sorted_keys")
    if found is None:
        found = {None: Sorted(table.hash_key_attr, table.range_key_attr)}
        for index in table.all_indexes():
            names = {key["KeyType"]: key["AttributeName"] for key in index.schema}
            found[index.name] = Sorted(names["HASH"], names.get("RANGE"))
        table.__dict__["sorted_keys"] = found
    return found


def stored(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
    """The item of a key, or None."""
    held: Any = table.items.get(hash_key)
    item: Item | None = held.get(range_key) if range_key is not None and held is not None else held
    return item


def store(table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
    """Put an item in the place of the one with its key, or with None take that away."""
    old = stored(table, hash_key, range_key)
    _put(table.items, hash_key, range_key, item)
    _sort(table, hash_key, range_key, old, item)


def _sort(
    table: Table, hash_key: DynamoType, range_key: DynamoType | None, old: Item | None, item: Item | None
) -> None:
    """Let the sorted keys of the table and of its indexes follow a change."""
    key = (hash_key.cast_value, range_key.cast_value if range_key is not None else "")
    for index in sorted_of(table).values():
        before = index.place(old) if old is not None else None
        after = index.place(item) if item is not None else None
        if before != after:
            if before is not None:
                index.remove(before, key)
            if after is not None:
                index.add(after, key)


def _put(items: Any, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
    if range_key is None:
        if item is None:
            items.pop(hash_key, None)
        else:
            items[hash_key] = item
        return
    if item is not None:
        items[hash_key][range_key] = item
    elif hash_key in items:
        items[hash_key].pop(range_key, None)
        if not items[hash_key]:
            del items[hash_key]


def install() -> None:
    replace(Table, "get_item", lambda original: _get_item)
    replace(Table, "put_item", _put_item)
    replace(Table, "delete_item", lambda original: _delete_item)
    replace(DynamoDBBackend, "update_item", lambda original: _update_item)
    replace(DynamoDBBackend, "transact_write_items", _transact_write_items)
    replace(responses, "TRANSACTION_MAX_ITEMS", lambda original: 100)
    replace(UpdateExpressionParser, "make", lambda original: staticmethod(lru_cache(1024)(original)))


def _get_item(
    self: Table, hash_key: DynamoType, range_key: DynamoType | None = None, projection_expression: Any = None
) -> Item | None:
    if self.has_range_key and range_key is None:
        raise MockValidationException("Table has a range key, but no range key was passed into get_item")
    item = stored(self, hash_key, range_key)
    return item.project(projection_expression) if item is not None and projection_expression else item


def _put_item(original: Any) -> Any:
    """moto's, which checks the item and the condition and stores; then the sorted keys follow."""

    def put_item(self: Table, item_attrs: dict[str, Any], *arguments: Any, **named: Any) -> Item:
        hash_key, range_key = _keys(self, item_attrs)
        old = stored(self, hash_key, range_key) if hash_key is not None else None
        item: Item = original(self, item_attrs, *arguments, **named)
        _sort(self, item.hash_key, item.range_key, old, item)
        return item

    return put_item


def _delete_item(self: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
    old = stored(self, hash_key, range_key)
    store(self, hash_key, range_key, None)
    return old


def _update_item(
    self: DynamoDBBackend,
    table_name: str,
    key: dict[str, dict[str, Any]],
    update_expression: str | None,
    expression_attribute_names: dict[str, str] | None,
    expression_attribute_values: dict[str, Any] | None,
    attribute_updates: dict[str, Any] | None = None,
    expected: dict[str, Any] | None = None,
    condition_expression: str | None = None,
    return_values_on_condition_check_failure: str | None = None,
) -> Item:
    """UpdateItem by expressions (the parameters that came before them are not known here)."""
    if attribute_updates or expected:
        raise MockValidationException("AttributeUpdates and Expected are not supported")
    table = self.get_table(table_name)
    hash_key, range_key = self.get_keys_value(table, key)
    old = stored(table, hash_key, range_key)
    names, values = expression_attribute_names or {}, expression_attribute_values or {}
    if not get_filter_expression(condition_expression, names, values).expr(old):
        if return_values_on_condition_check_failure == "ALL_OLD" and old is not None:
            raise ConditionalCheckFailed(item=old.to_json()["Attributes"])
        raise ConditionalCheckFailed
    attributes: Any = old.attrs if old is not None else _key_attributes(table, hash_key, range_key)
    if update_expression:
        attributes = updates.updated(attributes, update_expression, names, values, tuple(table.table_key_attrs))
        updates.check_index_keys(attributes, {a["AttributeName"]: a["AttributeType"] for a in table.attr})
    try:
        item = items.item_of(hash_key, range_key, attributes)
    except ItemSizeTooLarge as error:
        raise ItemSizeToUpdateTooLarge from error
    store(table, hash_key, range_key, item)
    return item


def _key_attributes(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> dict[str, DynamoType]:
    keys = {table.hash_key_attr: hash_key}
    return {**keys, table.range_key_attr: range_key} if table.range_key_attr and range_key else keys


def _keys(table: Table, attributes: dict[str, Any]) -> tuple[DynamoType | None, DynamoType | None]:
    """The keys of an item that is to be put; None for those that it lacks."""
    hash_key, range_key = attributes.get(table.hash_key_attr), attributes.get(table.range_key_attr or "")
    return DynamoType(hash_key) if hash_key else None, DynamoType(range_key) if range_key else None


def _transact_write_items(original: Any) -> Any:
    """moto's, with what it touches kept beside, and not a copy of each table."""

    def transact(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = [_kept(self, next(iter(item.values()))) for item in transact_items]
        # moto copies the tables to put them back; these copies are the tables themselves.
        touched = {id(table): table for table, *_ in before}.values()
        for table in touched:
            table.__dict__["__deepcopy__"] = lambda memo, table=table: table
        try:
            original(self, transact_items)
        except Exception:
            for table, hash_key, range_key, item in before:
                store(table, hash_key, range_key, item)
            raise
        finally:
            for table in touched:
                del table.__dict__["__deepcopy__"]

    return transact


def _kept(
    backend: DynamoDBBackend, operation: dict[str, Any]
) -> tuple[Table, DynamoType, DynamoType | None, Item | None]:
    table = backend.get_table(operation["TableName"])
    hash_key, range_key = backend.get_keys_value(table, operation.get("Key") or operation["Item"])
    return table, hash_key, range_key, stored(table, hash_key, range_key)
