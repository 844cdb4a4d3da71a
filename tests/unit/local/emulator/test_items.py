"""DynamoDB's items and conditions through boto3. What is asserted is what AWS documents."""

import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends

from functions import aws
from local.aws import LocalAws
from tests.unit.local.emulator.table import TABLE, get, key, listed, put, text, update


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def item_of(error: ClientError) -> Any:
    response: Any = error.response
    return response["Item"]


class TestItems:
    def test_an_item_comes_back_as_it_was_put(self) -> None:
        item: dict[str, Any] = {
            "n": {"N": "12345678901234567890123456789012345678"},
            "text": text("ü\u2028"),
            "flag": {"BOOL": False},
            "nothing": {"NULL": True},
            "list": {"L": [text("a"), {"M": {"deep": {"L": []}}}]},
            "set": {"SS": ["a", "b"]},
            "bytes": {"B": b"\x00\xff"},
        }
        put("a", **item)
        assert get("a") == {**key("a"), **item}

    def test_what_was_read_does_not_change_with_the_table(self) -> None:
        put("a", log={"L": [text("x")]})
        read = get("a")
        update("a", "SET #l = list_append(#l, :e)", {":e": {"L": [text("y")]}}, l="log")
        assert read == {**key("a"), "log": {"L": [text("x")]}}

    def test_a_missing_item_is_absent_and_leaves_no_trace(self) -> None:
        assert get("nobody") is None
        put("a")
        aws.dynamodb().delete_item(TableName=TABLE, Key=key("a"))
        assert not dynamodb_backends["123456789012"]["us-east-1"].tables[TABLE].items

    def test_an_item_over_400_kb_is_refused(self) -> None:
        put("a", body=text("x" * 409_000))
        with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
            put("a", body=text("x" * 410_000))
        with pytest.raises(ClientError, match="Item size to update has exceeded"):
            update("a", "SET more = :m", {":m": text("x" * 1_000)})
        assert len(str(get("a"))) < 409_200

    def test_an_old_item_is_returned_when_it_is_replaced_or_deleted(self) -> None:
        put("a", n={"N": "1"})
        old = {**key("a"), "n": {"N": "1"}}
        answer = aws.dynamodb().put_item(TableName=TABLE, Item=key("a"), ReturnValues="ALL_OLD")
        assert answer["Attributes"] == old
        assert aws.dynamodb().delete_item(TableName=TABLE, Key=key("a"), ReturnValues="ALL_OLD")["Attributes"] == key(
            "a"
        )
        assert get("a") is None

    def test_a_projection_gives_the_chosen_attributes(self) -> None:
        put("a", status=text("running"), m={"M": {"x": text("1"), "y": text("2")}}, other=text("o"))
        answer = aws.dynamodb().get_item(
            TableName=TABLE, Key=key("a"), ProjectionExpression="#s, m.x", ExpressionAttributeNames={"#s": "status"}
        )
        assert answer["Item"] == {"status": text("running"), "m": {"M": {"x": text("1")}}}

    def test_a_key_of_an_index_must_be_a_text_that_is_not_empty(self) -> None:
        put("a")
        with pytest.raises(ClientError, match="Type mismatch for key list_key"):
            update("a", "SET list_key = :k", {":k": {"N": "1"}})
        with pytest.raises(ClientError, match="cannot contain an empty string"):
            update("a", "SET list_key = :k", {":k": text("")})

    def test_a_call_through_another_client_sees_the_same_items(self) -> None:
        put("a")
        other = boto3.client("dynamodb", region_name="us-east-1")
        assert other.get_item(TableName=TABLE, Key=key("a"))["Item"] == key("a")


class TestBatches:
    def test_a_batch_get_gives_what_there_is(self) -> None:
        put("a", n={"N": "1"})
        put("b")
        keys = [key("a"), key("missing"), key("b")]
        answer = aws.dynamodb().batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})
        assert {item["pk"]["S"] for item in answer["Responses"][TABLE]} == {"a", "b"}
        assert answer["UnprocessedKeys"] == {}

    def test_a_batch_of_writes_puts_and_deletes(self) -> None:
        put("old", list_key=text("k"), start_key=text("1"))
        requests: Any = [{"PutRequest": {"Item": key("new")}}, {"DeleteRequest": {"Key": key("old")}}]
        aws.dynamodb().batch_write_item(RequestItems={TABLE: requests})
        assert (get("old"), get("new")) == (None, key("new"))
        assert listed("k") == []


class TestConditions:
    def test_only_the_first_put_of_an_absent_item_succeeds(self) -> None:
        put("a")
        with pytest.raises(aws.dynamodb().exceptions.ConditionalCheckFailedException) as failure:
            aws.dynamodb().put_item(
                TableName=TABLE,
                Item={**key("a"), "n": {"N": "1"}},
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        assert item_of(failure.value) == key("a")
        assert failure.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
        assert get("a") == key("a")

    def test_a_failed_condition_gives_the_item_only_when_asked(self) -> None:
        put("a", status=text("done"))
        with pytest.raises(ClientError) as failure:
            update("a", "SET n = :n", {":n": {"N": "1"}, ":s": text("running")}, "#s = :s", s="status")
        assert "Item" not in failure.value.response

    def test_an_entry_is_appended_to_a_log_once_and_while_the_record_runs(self) -> None:
        put("a", status=text("running"), log={"L": []})

        def append(entry: str) -> Any:
            return aws.dynamodb().update_item(
                TableName=TABLE,
                Key=key("a"),
                UpdateExpression="SET #l = list_append(#l, :entries)",
                ConditionExpression="#s = :running AND NOT contains(#l, :entry)",
                ExpressionAttributeNames={"#l": "log", "#s": "status"},
                ExpressionAttributeValues={
                    ":entries": {"L": [text(entry)]},
                    ":entry": text(entry),
                    ":running": text("running"),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )

        assert append("one")["Attributes"]["log"] == {"L": [text("one")]}
        assert append("two")["Attributes"]["log"] == {"L": [text("one"), text("two")]}
        with pytest.raises(ClientError) as repeated:
            append("one")
        assert item_of(repeated.value)["log"] == {"L": [text("one"), text("two")]}
        update("a", "SET #s = :d", {":d": text("done")}, s="status")
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            append("three")

    @pytest.mark.parametrize(
        ("condition", "holds"),
        [
            ("n = :one", True),
            ("n <> :one", False),
            ("n BETWEEN :zero AND :one", True),
            ("n IN (:zero, :one)", True),
            ("n < :one OR begins_with(t, :a)", True),
            ("NOT (n < :one) AND attribute_exists(m.x)", True),
            ("attribute_type(l, :L)", True),
            ("size(l) > :one", True),
            ("contains(l, :map)", True),
            ("contains(l, :a)", False),
            ("contains(t, :b)", True),
            ("attribute_not_exists(absent)", True),
            ("absent = :one", False),
        ],
    )
    def test_conditions_mean_what_they_say(self, condition: str, holds: bool) -> None:
        deep = {"M": {"at": {"N": "1.0"}, "who": text("x")}}
        put("a", n={"N": "1"}, t=text("abc"), l={"L": [deep, text("z")]}, m={"M": {"x": text("1")}})
        values = {
            ":one": {"N": "1"},
            ":zero": {"N": "0"},
            ":a": text("a"),
            ":b": text("b"),
            ":L": text("L"),
            ":map": {"M": {"at": {"N": "1"}, "who": text("x")}},
        }
        used = {name: value for name, value in values.items() if name in re.findall(r":\w+", condition)}
        if holds:
            update("a", "SET ok = :ok", {":ok": {"BOOL": True}, **used}, condition)
        else:
            with pytest.raises(ClientError, match="The conditional request failed"):
                update("a", "SET ok = :ok", {":ok": {"BOOL": True}, **used}, condition)

    def test_an_expression_keeps_no_value_from_the_call_before(self) -> None:
        put("a", n={"N": "1"})
        update("a", "SET x = :x", {":x": {"N": "1"}, ":n": {"N": "1"}}, "n = :n")
        with pytest.raises(ClientError, match="The conditional request failed"):
            update("a", "SET x = :x", {":x": {"N": "2"}, ":n": {"N": "2"}}, "n = :n")

    @pytest.mark.parametrize(
        ("condition", "says"),
        [
            ("#nope = :n", "attribute name"),
            ("n = :nope", "attribute value"),
            ("status = :n", "reserved keyword: status"),
        ],
    )
    def test_a_wrong_condition_is_a_validation_error(self, condition: str, says: str) -> None:
        with pytest.raises(ClientError, match=f"ValidationException.*{says}"):
            update("a", "SET x = :n", {":n": {"N": "1"}}, condition)
