"""Pages of lists: by page number or by cursor, over one partition or several merged, in one stable order."""

import base64
import binascii
import hashlib
import heapq
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from functions.store import table
from functions.store.table import Item

DEEPEST = 10_000
"""The deepest row that a page number reaches: every row before it is read."""


class CursorInvalid(Exception):
    """Raised when a cursor is not one that this list gave."""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A part of a list: the partition of an index, and between which sort keys it is read."""

    name: str
    first: str = " "
    last: str = "~"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list: its partitions in order, each sorted by `sort_key`; merged together, or one after another.

    Items move from the last partition to the others (an execution that ends), so it is read first: nothing is missed.
    """

    partitions: Sequence[Partition]
    partition_key: str
    sort_key: str
    index: str | None = None
    descending: bool = True
    merged: bool = True
    filter: str | None = None
    filter_values: dict[str, Any] = field(default_factory=dict)
    keep: Callable[[Item], bool] = lambda _: True

    @property
    def fingerprint(self) -> str:
        """What a cursor belongs to: the same list, sorted and filtered alike."""
        parts = [
            self.index,
            self.descending,
            self.merged,
            [p.name for p in self.partitions],
            sorted(self.filter_values),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Page:
    """Some rows of a list; `next_cursor` is None at its end."""

    rows: list[Item]
    next_cursor: str | None


def read_page(listing: Listing, *, offset: int = 0, limit: int, cursor: str | None = None) -> Page:
    """The rows from `offset` on, or those behind `cursor`. Raises CursorInvalid."""
    position = _read_cursor(listing, cursor) if cursor else None
    rows = _rows(listing, position, offset + limit + 1)
    found = list(islice(rows, offset, offset + limit + 1))
    more = len(found) > limit
    found = found[:limit]
    return Page(found, _cursor(listing, found[-1]) if more and found else None)


def _rows(listing: Listing, position: tuple[int, str] | None, wanted: int) -> Iterator[Item]:
    partitions = list(enumerate(listing.partitions))
    if listing.descending and not listing.merged:
        partitions.reverse()
    if position and not listing.merged:
        partitions = partitions[next(i for i, (number, _) in enumerate(partitions) if number == position[0]) :]
    streams = {}
    for number, part in sorted(partitions, reverse=True):
        streams[number] = _begun(_read(listing, part, _resume(listing, number, position), wanted))
    in_order = [streams[number] for number, _ in partitions]
    if not listing.merged:
        return _once(chain.from_iterable(in_order))
    return _once(heapq.merge(*in_order, key=lambda row: row[listing.sort_key], reverse=listing.descending))


def _begun(rows: Iterator[Item]) -> Iterator[Item]:
    """The rows, of which the first page is read at once."""
    first = next(rows, None)
    return iter(()) if first is None else chain([first], rows)


def _once(rows: Iterator[Item]) -> Iterator[Item]:
    """The rows, each item once: one that moved from the last partition to another is found in both."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (place := (row["pk"], row["sk"])) not in seen:
            seen.add(place)
            yield row


def _resume(listing: Listing, number: int, position: tuple[int, str] | None) -> str | None:
    """The sort key behind which a partition is read on, if it was begun."""
    return position[1] if position and (listing.merged or number == position[0]) else None


def _read(listing: Listing, partition: Partition, behind: str | None, wanted: int) -> Iterator[Item]:
    first, last = partition.first, partition.last
    if behind is not None:
        first, last = (first, min(last, behind)) if listing.descending else (max(first, behind), last)
    if first > last:
        return
    rows = table.query(
        "#pk = :pk AND #sk BETWEEN :first AND :last",
        {":pk": partition.name, ":first": first, ":last": last, **listing.filter_values},
        names={"#pk": listing.partition_key, "#sk": listing.sort_key},
        index=listing.index,
        filter=listing.filter,
        ascending=not listing.descending,
        page_size=min(wanted + 1, 1000),
    )
    yield from (row for row in rows if row[listing.sort_key] != behind and listing.keep(row))


def _cursor(listing: Listing, row: Item) -> str:
    names = [partition.name for partition in listing.partitions]
    position = [listing.fingerprint, names.index(row[listing.partition_key]), row[listing.sort_key]]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _read_cursor(listing: Listing, cursor: str) -> tuple[int, str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        fingerprint, number, key = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise CursorInvalid from None
    fits = type(number) is int and 0 <= number < len(listing.partitions) and isinstance(key, str)
    # Every sort key is plain: anything else would be a key that DynamoDB may refuse.
    if fingerprint != listing.fingerprint or not fits or not re.fullmatch(r"[!-~]{1,200}", key):
        raise CursorInvalid
    return number, key
