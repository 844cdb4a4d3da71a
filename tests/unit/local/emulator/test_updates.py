"""DynamoDB's update expressions through boto3. What is asserted is what AWS documents."""

import pytest
from botocore.exceptions import ClientError

from local.aws import LocalAws
from tests.unit.local.emulator.table import get, key, put, text, update


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


class TestUpdates:
    def test_an_update_of_an_absent_item_makes_it(self) -> None:
        assert update("a", "SET n = :n", {":n": {"N": "1"}}) == {**key("a"), "n": {"N": "1"}}

    def test_a_failing_update_of_an_absent_item_leaves_nothing(self) -> None:
        with pytest.raises(ClientError, match="refers to an attribute that does not exist"):
            update("a", "SET n = absent", None)
        assert get("a") is None

    def test_all_actions_see_the_item_as_it_was(self) -> None:
        put("a", x={"N": "1"}, y={"N": "2"})
        after = update("a", "SET x = y, y = x REMOVE z", None)
        assert (after["x"], after["y"]) == ({"N": "2"}, {"N": "1"})

    def test_numbers_are_added_exactly(self) -> None:
        put("a", n={"N": "0.1"}, big={"N": "99999999999999999999999999999999999999"})
        after = update("a", "ADD n :d, fresh :one SET big = big - :one", {":d": {"N": "0.2"}, ":one": {"N": "1"}})
        assert after["n"] == {"N": "0.3"}
        assert after["fresh"] == {"N": "1"}
        assert after["big"] == {"N": "99999999999999999999999999999999999998"}

    def test_sets_grow_and_shrink_and_vanish(self) -> None:
        put("a", s={"SS": ["a"]})
        assert set(update("a", "ADD s :x", {":x": {"SS": ["a", "b"]}})["s"]["SS"]) == {"a", "b"}
        assert "s" not in update("a", "DELETE s :x", {":x": {"SS": ["a", "b", "c"]}})

    def test_a_path_reaches_into_maps_and_lists(self) -> None:
        put("a", m={"M": {"l": {"L": [text("0"), text("1"), text("2"), text("3")]}, "keep": text("k")}})
        after = update("a", "SET m.#n = :v, m.l[9] = :v REMOVE m.l[0], m.l[2]", {":v": text("v")}, n="new.name")
        assert after["m"]["M"] == {
            "l": {"L": [text("1"), text("3"), text("v")]},
            "keep": text("k"),
            "new.name": text("v"),
        }

    def test_if_not_exists_gives_a_default(self) -> None:
        expression = "SET #l = list_append(if_not_exists(#l, :none), :e), n = if_not_exists(n, :zero) + :one"
        values = {":none": {"L": []}, ":e": {"L": [text("e")]}, ":zero": {"N": "0"}, ":one": {"N": "1"}}
        for n in (1, 2):
            after = update("a", expression, values, l="log")
            assert (after["log"], after["n"]) == ({"L": [text("e")] * n}, {"N": str(n)})

    @pytest.mark.parametrize(
        ("expression", "says"),
        [
            ("SET pk = :v", "part of the key"),
            ("SET x = :v, x = :v", "overlap"),
            ("SET m.x = :v, m = :v", "overlap"),
            ("SET absent.x = :v", "document path"),
            ("SET t.x = :v", "document path"),
            ("SET #nope = :v", "attribute name"),
            ("SET x = :nope, y = :v", "attribute value"),
            ("SET status = :v", "reserved keyword"),
            ("SET x = t + :v", "operand type: S"),
            ("SET x = list_append(t, :v)", "operand type: S"),
            ("ADD t :v", "incorrect data type"),
            ("SET x = :v SET y = :v", "can only be used once"),
        ],
    )
    def test_a_wrong_update_is_a_validation_error_and_changes_nothing(self, expression: str, says: str) -> None:
        put("a", t=text("t"), m={"M": {}})
        before = get("a")
        with pytest.raises(ClientError, match=f"ValidationException.*{says}"):
            update("a", expression, {":v": text("v")})
        assert get("a") == before
