"""The table's verbs, on a local DynamoDB."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import aws
from functions.store import table
from functions.store.keys import key
from functions.store.table import ConditionFailed
from local.aws import LocalAws

NEW = "attribute_not_exists(pk)"


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_pause", lambda attempt: None)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Makes the next calls of a verb fail with an error code, or with the reasons of a cancelled transaction."""

    def fail(verb: str, times: int, code: str, *reasons: str) -> list[str]:
        client, calls = aws.dynamodb(), list[str]()
        original = getattr(client, verb)

        def called(**arguments: Any) -> Any:
            calls.append(verb)
            if len(calls) > times:
                return original(**arguments)
            response: Any = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
            raise ClientError(response, verb)

        monkeypatch.setattr(client, verb, called)
        return calls

    return fail


class TestItems:
    def test_an_item_comes_back_as_it_was_put(self) -> None:
        item = key("a") | {"n": 2**60, "flag": True, "none": None, "list": ["x", 1], "map": {"é": "~"}}
        table.put(item)
        assert table.get(key("a")) == item

    def test_there_may_be_no_item(self) -> None:
        assert table.get(key("a")) is None

    def test_items_come_in_the_order_they_are_asked_for_and_gaps_are_none(self) -> None:
        table.put_all(key(f"{n}") | {"n": n} for n in range(250))
        places = [key(f"{n}") for n in (*reversed(range(250)), 999, 7, 7)]
        found = table.get_all(places)
        assert [item and item["n"] for item in found] == [*reversed(range(250)), None, 7, 7]

    def test_nothing_is_asked_for_nothing(self) -> None:
        assert table.get_all([]) == []

    def test_a_condition_that_is_not_met_says_what_is_there(self) -> None:
        table.put(key("a") | {"n": 1})
        with pytest.raises(ConditionFailed) as error:
            table.put(key("a") | {"n": 2}, condition=NEW)
        assert error.value.item == key("a") | {"n": 1}

    def test_an_update_gives_the_item_as_it_then_is(self) -> None:
        table.put(key("a") | {"n": 1})
        assert table.update(key("a"), "ADD n :two", values={":two": 2}) == key("a") | {"n": 3}

    def test_an_update_of_what_is_not_there_says_that_nothing_is(self) -> None:
        with pytest.raises(ConditionFailed) as error:
            table.update(key("a"), "SET n = :n", values={":n": 1}, condition="attribute_exists(pk)")
        assert error.value.item is None


class TestQueries:
    def test_all_pages_are_read(self) -> None:
        table.put_all(key("a", f"{n:03d}") | {"text": "x" * 1000} for n in range(40))
        arguments: Any = ("pk = :pk", {":pk": "a"})
        assert [item["sk"] for item in table.query(*arguments, page_size=7)] == [f"{n:03d}" for n in range(40)]
        assert next(iter(table.query(*arguments, ascending=False)))["sk"] == "039"

    def test_a_reader_who_stops_early_causes_no_further_call(self, failing: Callable[..., list[str]]) -> None:
        table.put_all(key("a", f"{n}") for n in range(9))
        calls = failing("query", 0, "")
        assert next(table.query("pk = :pk", {":pk": "a"}, page_size=3))["sk"] == "0"
        assert len(calls) == 1

    def test_items_are_counted_over_all_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table.put_all(key("a", f"{n}") for n in range(30))
        client = aws.dynamodb()
        original = client.query
        monkeypatch.setattr(client, "query", lambda **arguments: original(**arguments, Limit=7))
        assert table.count("pk = :pk", {":pk": "a"}) == 30


class TestTransactions:
    def test_all_is_written_or_nothing(self) -> None:
        table.put(key("b") | {"n": 1})
        with pytest.raises(ConditionFailed) as error:
            table.transact(table.putting(key("a")), table.putting(key("b"), condition=NEW))
        assert error.value.item == key("b") | {"n": 1}
        assert table.get(key("a")) is None
        table.transact(table.putting(key("a")), table.updating(key("b"), "ADD n :one", values={":one": 1}))
        assert table.get_all([key("a"), key("b")]) == [key("a"), key("b") | {"n": 2}]

    def test_a_conflict_is_tried_again(self, failing: Callable[..., list[str]]) -> None:
        calls = failing("transact_write_items", 3, "TransactionCanceledException", "None", "TransactionConflict")
        table.transact(table.putting(key("a")))
        assert (len(calls), table.get(key("a"))) == (4, key("a"))

    @pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_a_transaction_of_which_a_part_is_throttled_is_tried_again(
        self, reason: str, failing: Callable[..., list[str]]
    ) -> None:
        calls = failing("transact_write_items", 2, "TransactionCanceledException", "None", reason)
        table.transact(table.putting(key("a")))
        assert (len(calls), table.get(key("a"))) == (3, key("a"))

    @pytest.mark.parametrize("verb", ["put_item", "update_item"])
    def test_a_write_in_the_way_of_a_transaction_is_tried_again(
        self, verb: str, failing: Callable[..., list[str]]
    ) -> None:
        calls = failing(verb, 2, "TransactionConflictException")
        if verb == "put_item":
            table.put(key("a"))
        else:
            table.update(key("a"), "SET n = :n", values={":n": 1})
        assert len(calls) == 3
        assert table.get(key("a"))

    def test_a_conflict_that_lasts_is_an_error(self, failing: Callable[..., list[str]]) -> None:
        calls = failing("transact_write_items", 99, "TransactionCanceledException", "TransactionConflict")
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            table.transact(table.putting(key("a")))
        assert len(calls) == 10

    def test_a_condition_that_fails_beside_a_conflict_is_not_tried_again(
        self, failing: Callable[..., list[str]]
    ) -> None:
        reasons = ("ConditionalCheckFailed", "TransactionConflict")
        calls = failing("transact_write_items", 99, "TransactionCanceledException", *reasons)
        with pytest.raises(ConditionFailed):
            table.transact(table.putting(key("a")))
        assert len(calls) == 1

    def test_another_error_is_itself(self, failing: Callable[..., list[str]]) -> None:
        failing("put_item", 1, "ValidationException")
        with pytest.raises(ClientError, match="ValidationException"):
            table.put(key("a"))

    def test_threads_that_count_together_lose_nothing(self) -> None:
        def add() -> None:
            for _ in range(10):
                table.transact(table.updating(key("a"), "ADD n :one", values={":one": 1}))

        threads = [threading.Thread(target=add) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert table.get(key("a")) == key("a") | {"n": 80}


class TestBatches:
    def left(self, monkeypatch: pytest.MonkeyPatch, verb: str, field: str, given: str, times: int) -> None:
        """Lets a verb leave all but one of its keys or items undone, that many times."""
        client, calls = aws.dynamodb(), list[str]()
        original = getattr(client, verb)

        def called(RequestItems: Any) -> Any:  # noqa: N803 - boto3's own name
            calls.append(verb)
            if len(calls) > times:
                return original(RequestItems=RequestItems)
            ((name, asked),) = RequestItems.items()
            entries = asked["Keys"] if given == "Keys" else asked
            one: Any = {**asked, "Keys": entries[:1]} if given == "Keys" else entries[:1]
            rest: Any = {**asked, "Keys": entries[1:]} if given == "Keys" else entries[1:]
            return original(RequestItems={name: one}) | {field: {name: rest} if entries[1:] else {}}

        monkeypatch.setattr(client, verb, called)

    def test_keys_that_a_batch_left_unread_are_asked_for_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table.put_all(key(f"{n}") for n in range(4))
        self.left(monkeypatch, "batch_get_item", "UnprocessedKeys", "Keys", 2)
        assert table.get_all(key(f"{n}") for n in range(4)) == [key(f"{n}") for n in range(4)]

    def test_items_that_a_batch_left_unwritten_are_sent_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left(monkeypatch, "batch_write_item", "UnprocessedItems", "Items", 3)
        table.put_all(key(f"{n}") for n in range(30))
        assert None not in table.get_all(key(f"{n}") for n in range(30))

    def test_what_stays_undone_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left(monkeypatch, "batch_write_item", "UnprocessedItems", "Items", 99)
        self.left(monkeypatch, "batch_get_item", "UnprocessedKeys", "Keys", 99)
        with pytest.raises(TimeoutError, match="unwritten"):
            table.put_all(key(f"{n}") for n in range(25))
        with pytest.raises(TimeoutError, match="unread"):
            table.get_all(key(f"{n}") for n in range(25))


def test_pauses_grow_to_at_most_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    slept: list[float] = []
    monkeypatch.setattr("functions.store.table.time.sleep", slept.append)
    drawn: list[float] = []

    def uniform(least: float, most: float) -> float:
        drawn.append(least)
        return most

    monkeypatch.setattr("functions.store.table.random.uniform", uniform)
    for attempt in range(10):
        table._pause(attempt)
    assert slept[:3] == [0.02, 0.04, 0.08]
    assert set(drawn) == {0}
    assert max(slept) == 1
