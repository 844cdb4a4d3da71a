"""DynamoDB's transactions through boto3, and its calls from many threads at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.table import Table

from functions import aws
from local.aws import LocalAws
from local.emulator.dynamodb import LOCK
from tests.unit.local.emulator.table import TABLE, get, key, listed, put, query, text, update


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


class TestTransactions:
    def test_all_operations_happen_or_none(self) -> None:
        put("a", n={"N": "1"}, list_key=text("k"), start_key=text("1"))
        put("gone", list_key=text("k"), start_key=text("0"))
        operations: list[Any] = [
            {"Put": {"TableName": TABLE, "Item": {**key("new"), "list_key": text("k"), "start_key": text("2")}}},
            {
                "Update": {
                    "TableName": TABLE,
                    "Key": key("a"),
                    "UpdateExpression": "ADD n :one SET start_key = :s",
                    "ExpressionAttributeValues": {":one": {"N": "1"}, ":s": text("9")},
                }
            },
            {"Delete": {"TableName": TABLE, "Key": key("gone")}},
            {"ConditionCheck": {"TableName": TABLE, "Key": key("x"), "ConditionExpression": "attribute_exists(pk)"}},
        ]
        with pytest.raises(aws.dynamodb().exceptions.TransactionCanceledException) as cancelled:
            aws.dynamodb().transact_write_items(TransactItems=operations)
        reasons: Any = cancelled.value.response["CancellationReasons"]
        assert [reason["Code"] for reason in reasons] == ["None", "None", "None", "ConditionalCheckFailed"]
        assert (get("new"), listed("k")) == (None, ["gone", "a"])
        put("x")
        aws.dynamodb().transact_write_items(TransactItems=operations)
        assert (get("gone"), listed("k")) == (None, ["new", "a"])
        assert (get("a") or {})["n"] == {"N": "2"}

    def test_a_reason_holds_the_old_item_when_asked(self) -> None:
        put("a", n={"N": "1"})
        operation: Any = {
            "Put": {
                "TableName": TABLE,
                "Item": key("a"),
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        with pytest.raises(ClientError, match="TransactionCanceledException") as cancelled:
            aws.dynamodb().transact_write_items(TransactItems=[operation])
        reasons: Any = cancelled.value.response["CancellationReasons"]
        assert reasons[0]["Item"] == {**key("a"), "n": {"N": "1"}}

    def test_an_item_occurs_once(self) -> None:
        twice: Any = [{"Put": {"TableName": TABLE, "Item": key("a")}}] * 2
        with pytest.raises(ClientError, match="cannot include multiple operations on one item"):
            aws.dynamodb().transact_write_items(TransactItems=twice)
        assert get("a") is None

    def test_the_same_token_does_nothing_more_and_is_refused_for_another_transaction(self) -> None:
        put("a", n={"N": "1"})
        update: Any = {
            "TableName": TABLE,
            "Key": key("a"),
            "UpdateExpression": "ADD n :one",
            "ConditionExpression": "n < :most",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":most": {"N": "2"}},
        }
        for _ in range(2):
            aws.dynamodb().transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="token")
        assert (get("a") or {})["n"] == {"N": "2"}
        with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
            aws.dynamodb().transact_write_items(
                TransactItems=[{"Delete": {"TableName": TABLE, "Key": key("a")}}], ClientRequestToken="token"
            )
        assert get("a")

    def test_a_token_is_not_used_up_by_a_transaction_that_was_cancelled(self) -> None:
        check: Any = {"TableName": TABLE, "Key": key("a"), "ConditionExpression": "attribute_exists(pk)"}
        made: Any = [{"ConditionCheck": check}, {"Put": {"TableName": TABLE, "Item": key("b")}}]
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            aws.dynamodb().transact_write_items(TransactItems=made, ClientRequestToken="token")
        put("a")
        aws.dynamodb().transact_write_items(TransactItems=made, ClientRequestToken="token")
        assert get("b")

    def test_a_hundred_items_are_written_and_read_at_once(self) -> None:
        names = [f"i{n}" for n in range(100)]
        writes: list[Any] = [{"Put": {"TableName": TABLE, "Item": key(name)}} for name in names]
        aws.dynamodb().transact_write_items(TransactItems=writes)
        reads: list[Any] = [{"Get": {"TableName": TABLE, "Key": key(name)}} for name in [*names[1:], "missing"]]
        responses = aws.dynamodb().transact_get_items(TransactItems=reads)["Responses"]
        assert [response.get("Item") for response in responses] == [*(key(name) for name in names[1:]), None]

    def test_a_transaction_copies_no_table(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: Table, memo: object) -> Table:
            raise AssertionError("the table was copied")

        monkeypatch.setattr(Table, "__deepcopy__", refuse, raising=False)
        operation: Any = {"Put": {"TableName": TABLE, "Item": key("a")}}
        aws.dynamodb().transact_write_items(TransactItems=[operation])
        assert get("a") == key("a")


class TestThreads:
    @pytest.mark.parametrize("call", ["describe_table", "scan"])
    def test_no_call_goes_on_beside_another(self, call: str) -> None:
        """The first takes the way of an HTTP request, the second the short one."""
        done = threading.Event()

        def other() -> None:
            getattr(aws.dynamodb(), call)(TableName=TABLE)
            done.set()

        with LOCK:
            threading.Thread(target=other).start()
            assert not done.wait(0.1)
        assert done.wait(5)

    def test_no_increment_is_lost(self) -> None:
        def count(_: int) -> None:
            for _ in range(25):
                update("counter", "ADD n :one", {":one": {"N": "1"}})

        with ThreadPoolExecutor(16) as threads:
            list(threads.map(count, range(16)))
        assert (get("counter") or {})["n"] == {"N": "400"}

    def test_a_conditional_put_has_one_winner(self) -> None:
        winners: list[str] = []

        def claim(pk: str, gate: threading.Barrier) -> None:
            gate.wait()
            try:
                aws.dynamodb().put_item(TableName=TABLE, Item=key(pk), ConditionExpression="attribute_not_exists(pk)")
            except aws.dynamodb().exceptions.ConditionalCheckFailedException:
                return
            winners.append(pk)

        for n in range(40):
            gate = threading.Barrier(4)
            threads = [threading.Thread(target=claim, args=(f"p{n}", gate)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert winners == [f"p{n}" for n in range(40)]

    def test_transactions_and_queries_go_well_beside_writers(self) -> None:
        def write(n: int) -> None:
            for m in range(20):
                put(f"w{n}", str(m), list_key=text("k"), start_key=text(str(m)))
                operation: Any = {"Put": {"TableName": TABLE, "Item": key(f"t{n}", str(m))}}
                aws.dynamodb().transact_write_items(TransactItems=[operation])
                query(f"w{n}")
                listed("k")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(8)))
        assert len(listed("k")) == 160
