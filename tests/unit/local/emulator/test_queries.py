"""DynamoDB's Query through boto3, on the table and on its indexes. What is asserted is what AWS documents."""

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from functions import aws
from local.aws import LocalAws
from tests.unit.local.emulator.table import TABLE, key, listed, put, query, sort_keys, text, update


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


class TestQueries:
    def test_a_query_walks_over_no_other_item(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: Table) -> list[Item]:
            raise AssertionError("all items were walked over")

        monkeypatch.setattr(Table, "all_items", refuse)
        put("p", "A", list_key=text("k"), start_key=text("1"))
        assert sort_keys(query("p")) == ["A"]
        assert listed("k") == ["p"]

    def test_a_partition_comes_in_the_order_of_its_sort_keys(self) -> None:
        for sk in ("B", "A", "C", "a"):
            put("p", sk)
        put("other", "A")
        assert sort_keys(query("p")) == ["A", "B", "C", "a"]
        assert sort_keys(query("p", ScanIndexForward=False)) == ["a", "C", "B", "A"]
        assert sort_keys(query("nobody")) == []

    @pytest.mark.parametrize(
        ("sort", "values", "expected"),
        [
            (" AND sk = :a", ["S#2"], ["S#2"]),
            (" AND sk < :a", ["S#2"], ["A", "S#1"]),
            (" AND sk <= :a", ["S#2"], ["A", "S#1", "S#2"]),
            (" AND sk > :a", ["S#2"], ["S#3", "T"]),
            (" AND sk >= :a", ["S#2"], ["S#2", "S#3", "T"]),
            (" AND sk BETWEEN :a AND :b", ["S#1", "S#3"], ["S#1", "S#2", "S#3"]),
            (" AND begins_with(sk, :a)", ["S#"], ["S#1", "S#2", "S#3"]),
        ],
    )
    def test_a_condition_on_the_sort_key_selects(self, sort: str, values: list[str], expected: list[str]) -> None:
        for sk in ("A", "S#1", "S#2", "S#3", "T"):
            put("p", sk)
        given = {f":{name}": text(value) for name, value in zip("ab", values, strict=False)}
        assert sort_keys(query("p", sort=sort, values=given)) == expected
        backwards = query("p", sort=sort, values=given, ScanIndexForward=False)
        assert sort_keys(backwards) == expected[::-1]

    @pytest.mark.parametrize("forward", [True, False])
    def test_pages_put_together_are_the_whole(self, forward: bool) -> None:
        for n in range(7):
            put("p", f"{n}")
        pages: list[list[str]] = []
        start: dict[str, Any] = {}
        while True:
            answer = query("p", Limit=3, ScanIndexForward=forward, **start)
            pages.append(sort_keys(answer))
            if "LastEvaluatedKey" not in answer:
                break
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        whole = [f"{n}" for n in range(7)]
        assert pages == ([whole[:3], whole[3:6], whole[6:]] if forward else [["6", "5", "4"], ["3", "2", "1"], ["0"]])

    def test_a_page_that_ends_at_the_limit_has_a_key_to_go_on_even_at_the_end(self) -> None:
        for n in range(2):
            put("p", f"{n}")
        answer = query("p", Limit=2)
        assert answer["LastEvaluatedKey"] == key("p", "1")
        assert query("p", ExclusiveStartKey=answer["LastEvaluatedKey"])["Items"] == []

    def test_a_page_goes_on_where_the_item_was_deleted(self) -> None:
        for n in range(4):
            put("p", f"{n}")
        aws.dynamodb().delete_item(TableName=TABLE, Key=key("p", "1"))
        assert sort_keys(query("p", ExclusiveStartKey=key("p", "1"))) == ["2", "3"]

    def test_the_limit_counts_before_the_filter(self) -> None:
        for n in range(4):
            put("p", f"{n}", even={"BOOL": n % 2 == 0})
        answer = query("p", Limit=3, FilterExpression="even = :t", values={":t": {"BOOL": True}})
        assert (sort_keys(answer), answer["Count"], answer["ScannedCount"]) == (["0", "2"], 2, 3)
        assert answer["LastEvaluatedKey"] == key("p", "2")

    def test_a_count_gives_numbers_only(self) -> None:
        for n in range(3):
            put("p", f"{n}")
        answer = query("p", Select="COUNT")
        assert (answer["Count"], "Items" in answer) == (3, False)

    def test_a_page_holds_a_megabyte(self) -> None:
        for n in range(4):
            put("p", f"{n}", body=text("x" * 300_000))
        answer = query("p")
        assert sort_keys(answer) == ["0", "1", "2"]
        assert sort_keys(query("p", ExclusiveStartKey=answer["LastEvaluatedKey"])) == ["3"]

    def test_a_projection_gives_the_chosen_attributes(self) -> None:
        put("p", "1", n={"N": "1"}, t=text("t"))
        assert query("p", ProjectionExpression="n")["Items"] == [{"n": {"N": "1"}}]


class TestIndexes:
    def test_an_index_follows_its_items(self) -> None:
        put("a", list_key=text("k"), start_key=text("1"))
        put("b", list_key=text("k"), start_key=text("2"))
        put("without a sort key", list_key=text("k"))
        assert listed("k") == ["a", "b"]
        update("a", "SET start_key = :s", {":s": text("3")})
        assert listed("k") == ["b", "a"]
        update("b", "SET list_key = :k", {":k": text("other")})
        assert (listed("k"), listed("other")) == (["a"], ["b"])
        update("a", "REMOVE list_key", None)
        aws.dynamodb().delete_item(TableName=TABLE, Key=key("b"))
        assert (listed("k"), listed("other")) == ([], [])

    def test_an_index_holds_what_it_copies(self) -> None:
        put("a", list_key=text("k"), start_key=text("1"), status=text("running"), log={"L": [text("x")]})
        put("w", listing=text("W"), listed_at=text("1"), anything={"N": "1"})
        by_start: Any = aws.dynamodb().query(
            TableName=TABLE,
            IndexName="executions_by_start",
            KeyConditionExpression="list_key = :k",
            ExpressionAttributeValues={":k": text("k")},
        )
        expected = {**key("a"), "list_key": text("k"), "start_key": text("1"), "status": text("running")}
        assert by_start["Items"] == [expected]
        listing: Any = aws.dynamodb().query(
            TableName=TABLE,
            IndexName="listing",
            KeyConditionExpression="listing = :k",
            ExpressionAttributeValues={":k": text("W")},
        )
        assert listing["Items"][0]["anything"] == {"N": "1"}

    @pytest.mark.parametrize("forward", [True, False])
    def test_pages_of_equal_sort_keys_lose_and_repeat_nothing(self, forward: bool) -> None:
        for n in range(9):
            put(f"e{n}", list_key=text("k"), start_key=text(str(n // 4)))
        seen: list[str] = []
        start: dict[str, Any] = {}
        while True:
            answer: Any = aws.dynamodb().query(
                TableName=TABLE,
                IndexName="executions_by_start",
                KeyConditionExpression="list_key = :k",
                ExpressionAttributeValues={":k": text("k")},
                ScanIndexForward=forward,
                Limit=2,
                **start,
            )
            seen += [item["pk"]["S"] for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            assert set(answer["LastEvaluatedKey"]) == {"pk", "sk", "list_key", "start_key"}
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        assert seen == [f"e{n}" for n in (range(9) if forward else range(8, -1, -1))]

    def test_an_index_cannot_be_read_consistently(self) -> None:
        with pytest.raises(ClientError, match="Consistent reads are not supported"):
            listed("k", ConsistentRead=True)

    def test_an_unknown_index_is_refused(self) -> None:
        with pytest.raises(ClientError, match="nope"):
            query("p", IndexName="nope")

    def test_many_changes_leave_every_index_as_a_walk_over_all_items_would_find_it(self) -> None:
        chance = random.Random(7)
        held: dict[str, tuple[str, str] | None] = {}
        for _ in range(600):
            pk, place = f"e{chance.randrange(30)}", (f"k{chance.randrange(3)}", str(chance.randrange(5)))
            match chance.randrange(4):
                case 0:
                    put(pk, list_key=text(place[0]), start_key=text(place[1]))
                    held[pk] = place
                case 1:
                    update(pk, "SET list_key = :l, start_key = :s", {":l": text(place[0]), ":s": text(place[1])})
                    held[pk] = place
                case 2:
                    update(pk, "REMOVE list_key", None)
                    held[pk] = None
                case 3:
                    aws.dynamodb().delete_item(TableName=TABLE, Key=key(pk))
                    held.pop(pk, None)
        for name in ("k0", "k1", "k2"):
            expected = sorted((place[1], pk) for pk, place in held.items() if place and place[0] == name)
            assert listed(name) == [pk for _, pk in expected]
