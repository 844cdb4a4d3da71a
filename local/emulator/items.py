"""DynamoDB's items as values: once made they never change, and their size is counted once."""

import base64
from decimal import Decimal
from sys import intern
from typing import Any

from moto.dynamodb import responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import SecondaryIndex
from moto.dynamodb.models.utilities import bytesize

from local.emulator.replacements import replace

ITEM_LIMIT = 409_600
"""Bytes of an item, names included."""


def install() -> None:
    replace(Item, "__init__", lambda original: _init)
    replace(Item, "__deepcopy__", lambda original: lambda self, memo: self)
    replace(Item, "size", lambda original: lambda self: self.bytes)
    replace(Item, "project", _project)
    replace(SecondaryIndex, "project", lambda original: _project_to_index)
    replace(DynamoType, "cast_value", lambda original: property(_cast))
    replace(DynamoType, "to_regular_json", lambda original: _plain)
    replace(responses, "dynamo_to_dict", lambda original: _answered)


def item_of(hash_key: DynamoType, range_key: DynamoType | None, attributes: dict[str, DynamoType]) -> Item:
    """An item of attributes that are in moto's form. Raises ItemSizeTooLarge."""
    total = sum(bytesize(name) + size(value) for name, value in attributes.items())
    if total > ITEM_LIMIT:
        raise ItemSizeTooLarge
    return _made(hash_key, range_key, attributes, total)


def _made(hash_key: DynamoType, range_key: DynamoType | None, attributes: dict[str, DynamoType], total: int) -> Item:
    item: Any = object.__new__(Item)
    item.hash_key, item.range_key, item.attrs, item.bytes = hash_key, range_key, attributes, total
    made: Item = item
    return made


def size(value: DynamoType) -> int:
    """Bytes of a value, near to how DynamoDB counts them
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)."""
    kind, content = value.type, value.value
    if kind == "S":
        return bytesize(content)
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "L":
        return 3 + sum(1 + size(element) for element in content)
    if kind == "M":
        return 3 + sum(1 + bytesize(name) + size(element) for name, element in content.items())
    if kind in ("SS", "NS", "BS"):
        return sum(bytesize(element) for element in content)
    return bytesize(content) if kind == "B" else 1


def _init(self: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """moto's, which counts the whole item for each attribute, and keeps the names of its attributes for each item."""
    made = item_of(hash_key, range_key, {intern(name): DynamoType(value) for name, value in attrs.items()})
    self.__dict__.update(made.__dict__)


def _project(original: Any) -> Any:
    """The item with some attributes only; moto's own way is left for paths into them."""

    def project(self: Item, projection_expressions: list[list[str]]) -> Item:
        if any(len(path) > 1 or "[" in path[0] for path in projection_expressions):
            projected: Item = original(self, projection_expressions)
            return projected
        return _only(self, [path[0] for path in projection_expressions])

    return project


def _project_to_index(self: SecondaryIndex, item: Item) -> Item:
    """The item as an index holds it: the keys and the copied attributes, or all."""
    kind = self.projection.get("ProjectionType")
    if kind == "ALL":
        return item
    copied = self.projection.get("NonKeyAttributes", []) if kind == "INCLUDE" else []
    return _only(item, [*self.table_key_attrs, *self.schema_key_attrs, *copied])


def _only(item: Item, names: list[str]) -> Item:
    held = item.attrs
    return _made(item.hash_key, item.range_key, {name: held[name] for name in names if name in held}, item.size())


def _cast(self: DynamoType) -> Any:
    """The value as Python compares it; moto wraps each element anew to get there."""
    kind, value = self.type, self.value
    if kind == "N":
        return Decimal(value)
    if kind == "L":
        return [_cast(element) for element in value]
    if kind == "M":
        return {name: _cast(element) for name, element in value.items()}
    if kind in ("SS", "BS"):
        return set(value)
    if kind == "NS":
        return {Decimal(element) for element in value}
    return None if kind == "NULL" else value


def _answered(value: Any) -> Any:
    """An answer as boto3 gives it; moto asks each part of it which of six kinds it is, the plainest last."""
    kind = type(value)
    if kind is dict:
        return {name: _answered(part) for name, part in value.items()}
    if kind is list:
        return [_answered(part) for part in value]
    if kind is DynamoType:
        return _plain(value)
    return _answered(value.to_json()) if hasattr(value, "to_json") else value


def _plain(self: DynamoType) -> dict[str, Any]:
    """The value as boto3 gives it; moto copies each level once for every level above it."""
    kind, value = self.type, self.value
    if kind == "L":
        return {kind: [_plain(element) for element in value]}
    if kind == "M":
        return {kind: {name: _plain(element) for name, element in value.items()}}
    if kind == "B" and isinstance(value, str):
        return {kind: base64.b64decode(value)}
    return {kind: list(value) if isinstance(value, list) else value}
