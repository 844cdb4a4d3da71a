"""The keys: no two kinds of items share a place."""

from functions.store import keys


def test_no_two_items_share_a_key() -> None:
    places = [
        keys.workspace_by_slug("x"),
        keys.workspace_by_id("x"),
        keys.workspace_by_community(1),
        keys.member("x", "u"),
        keys.user("x"),
        keys.api_key("x"),
        keys.workflow("x"),
        keys.workflow("x", keys.CURRENT),
        keys.version("x", 1),
        keys.day("x", "2026-11-22"),
        keys.execution("x"),
        keys.execution("x", keys.INPUT),
        keys.step("x", "a#0"),
        keys.body("x", "a#0"),
        keys.idempotency("x", "u", "d"),
        keys.notification("x", "n"),
        keys.task("x", "t"),
    ]
    assert len({(place["pk"], place["sk"]) for place in places}) == len(places)


def test_versions_sort_by_their_numbers() -> None:
    sorted_keys = [keys.version("x", number)["sk"] for number in (1, 9, 10, 99_999, 100_000)]
    assert sorted_keys == sorted(sorted_keys)


def test_tests_are_listed_apart() -> None:
    assert keys.executions_of("x", "completed", True) != keys.executions_of("x", "completed", False)
