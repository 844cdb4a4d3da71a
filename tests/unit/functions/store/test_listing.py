"""Pages of lists, against a list in memory."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.store import table
from functions.store.keys import key
from functions.store.listing import CursorInvalid, Listing, Partition, read_page
from local.aws import LocalAws

PARTS = ("cancelled", "completed", "failed")


@pytest.fixture(scope="module", autouse=True)
def rows(shared: LocalAws) -> list[tuple[str, str]]:
    """(partition, sort key) of every row."""
    found = [(PARTS[n % 3] if n < 30 else PARTS[n % 2], f"{n * 37 % 100:03d}") for n in range(60)]
    table.put_all(key(part, sort) for part, sort in found)
    return found


def listing(descending: bool, merged: bool, first: str = " ", last: str = "~") -> Listing:
    partitions = [Partition(name=name, first=first, last=last) for name in PARTS]
    return Listing(partitions=partitions, partition_key="pk", sort_key="sk", descending=descending, merged=merged)


def brute_force(rows: list[tuple[str, str]], descending: bool, merged: bool, first: str, last: str) -> list[str]:
    inside = [row for row in rows if first <= row[1] <= last]
    inside.sort(key=lambda row: row[1] if merged else row, reverse=descending)
    return [sort for _, sort in inside]


@given(
    st.booleans(), st.booleans(), st.integers(1, 25), st.sampled_from([" ", "010", "050"]), st.sampled_from(["~", "07"])
)
@settings(deadline=None, max_examples=60)
def test_page_numbers_and_cursors_give_the_same_rows_as_sorting_them_all(
    rows: list[tuple[str, str]], descending: bool, merged: bool, limit: int, first: str, last: str
) -> None:
    expected = brute_force(rows, descending, merged, first, last)
    found = listing(descending, merged, first, last)
    by_number: list[str] = []
    for offset in range(0, len(expected) + limit, limit):
        by_number += [row["sk"] for row in read_page(found, offset=offset, limit=limit).rows]
    by_cursor, cursor = list[str](), None
    while True:
        page = read_page(found, limit=limit, cursor=cursor)
        by_cursor += [row["sk"] for row in page.rows]
        if (cursor := page.next_cursor) is None:
            break
    assert by_number == by_cursor == expected


def test_the_last_page_has_no_cursor_and_beyond_it_there_is_nothing() -> None:
    found = listing(True, True)
    assert read_page(found, limit=60).next_cursor is None
    assert read_page(found, limit=59).next_cursor is not None
    assert read_page(found, offset=60, limit=5).rows == read_page(found, offset=999, limit=5).rows == []


@pytest.mark.parametrize(
    "other",
    [
        listing(False, True),
        listing(True, False),
        Listing(partitions=[Partition(name="failed")], partition_key="pk", sort_key="sk"),
    ],
)
def test_a_cursor_of_another_list_is_refused(other: Listing) -> None:
    cursor = read_page(listing(True, True), limit=5).next_cursor
    with pytest.raises(CursorInvalid):
        read_page(other, limit=5, cursor=cursor)


def forged(*position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def test_a_forged_cursor_is_refused() -> None:
    found = listing(True, True)
    print_ = found.fingerprint
    texts = ["x", "%%%", "é", "[]", forged(), forged(print_), forged(print_, 9, "a"), forged(print_, -1, "a")]
    texts += [forged(print_, 0, 5), forged(print_, 0, ""), forged(print_, 0, "x" * 201), forged("x", 0, "a")]
    texts += [forged(print_, 0, "\ud800"), forged(print_, 0, "\x00"), forged(print_, 0, "é")]
    texts += [base64.urlsafe_b64encode(b"[" * 50_000).decode(), base64.urlsafe_b64encode(b"\xff").decode()]
    for text in texts:
        with pytest.raises(CursorInvalid):
            read_page(found, limit=5, cursor=text)


def test_rows_that_a_filter_leaves_out_leave_no_gaps() -> None:
    table.put_all(key("filtered", f"{n:03d}") | {"n": n} for n in range(40))
    found = Listing(
        partitions=[Partition(name="filtered")],
        partition_key="pk",
        sort_key="sk",
        descending=False,
        filter="n >= :least",
        filter_values={":least": 30},
        keep=lambda row: row["n"] != 35,
    )
    assert [row["n"] for row in read_page(found, offset=2, limit=5).rows] == [32, 33, 34, 36, 37]
