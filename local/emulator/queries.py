"""DynamoDB's Query over sorted keys: it looks at the page it returns, and not at the table."""

from bisect import bisect_left, bisect_right
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local.emulator.replacements import replace
from local.emulator.tables import Key, Sorted, sorted_of

PAGE_LIMIT = 1_048_576
"""Bytes of one page."""


def install() -> None:
    replace(Table, "query", lambda original: _query)


def _query(
    self: Table,
    hash_key: DynamoType,
    range_comparison: str | None,
    range_objs: list[DynamoType],
    limit: int | None,
    exclusive_start_key: dict[str, Any] | None,
    scan_index_forward: bool,
    projection_expressions: list[list[str]] | None,
    index_name: str | None = None,
    consistent_read: bool = False,
    filter_expression: Any = None,
    hash_key_conditions: Any = None,
    range_key_conditions: Any = None,
) -> tuple[list[Item], int, dict[str, Any] | None]:
    """A page: its items, how many were looked at, and the key to go on from where there may be more."""
    if consistent_read and index_name in {index.name for index in self.global_indexes}:
        raise MockValidationException("Consistent reads are not supported on global secondary indexes")
    index = sorted_of(self)[index_name]
    keys = index.partitions.get(hash_key.cast_value, [])
    values = [value.cast_value for value in range_objs]
    start, end = _span(keys, range_comparison, values)
    if exclusive_start_key is not None:
        last = _key_of(self, index, exclusive_start_key)
        start, end = (
            (max(start, bisect_right(keys, last)), end)
            if scan_index_forward
            else (start, min(end, bisect_left(keys, last)))
        )
    places = range(start, end) if scan_index_forward else range(end - 1, start - 1, -1)
    page, full = _page(self, keys, places, limit)
    last_key = self._get_last_evaluated_key(page[-1], index_name) if full else None
    return _shown(self, page, index_name, filter_expression, projection_expressions), len(page), last_key


def _span(keys: list[Key], comparison: str | None, values: list[Any]) -> tuple[int, int]:
    """Where the keys that fulfil the condition on the sort key begin and end."""
    if comparison is None:
        return 0, len(keys)
    first = bisect_left(keys, (values[0],))
    beyond = bisect_right(keys, values[-1], key=lambda key: key[0])
    match comparison.upper():
        case "=" | "BETWEEN":
            return first, beyond
        case "<":
            return 0, first
        case "<=":
            return 0, beyond
        case ">":
            return beyond, len(keys)
        case ">=":
            return first, len(keys)
        case "BEGINS_WITH":
            prefix = values[0]
            return first, bisect_right(keys, prefix, lo=first, key=lambda key: key[0][: len(prefix)])
    raise MockValidationException("Query key condition not supported")


def _key_of(table: Table, index: Sorted, start: dict[str, Any]) -> Key:
    """An ExclusiveStartKey as a sorted key."""
    names = (index.sort_key, table.hash_key_attr, table.range_key_attr)
    if any(name is not None and name not in start for name in names):
        raise MockValidationException("The provided starting key is invalid")
    return tuple(DynamoType(start[name]).cast_value if name is not None else "" for name in names)


def _page(table: Table, keys: list[Key], places: range, limit: int | None) -> tuple[list[Item], bool]:
    """The items of a page, and whether it ended at a limit; as on AWS, perhaps at the very last item."""
    page: list[Item] = []
    size = 0
    for place in places:
        item = table_item(table, keys[place])
        size += item.size()
        if page and size > PAGE_LIMIT:
            return page, True
        page.append(item)
        if len(page) == limit:
            return page, True
    return page, False


def table_item(table: Table, key: Key) -> Item:
    hash_key = DynamoType({table.hash_key_type: key[1]})
    held: Any = table.items[hash_key]
    item: Item = held[DynamoType({str(table.range_key_type): key[2]})] if table.has_range_key else held
    return item


def _shown(table: Table, page: list[Item], index_name: str | None, condition: Any, paths: Any) -> list[Item]:
    """What a page's items show: as the index has them, those that pass the filter, their chosen attributes."""
    if index_name is not None:
        index = table.get_index(index_name)
        page = [index.project(item) for item in page]
    if condition is not None:
        page = [item for item in page if condition.expr(item)]
    return [item.project(paths) for item in page] if paths else page
