"""Where each item is in the table: what an earlier version of the service wrote, a later one must find."""

import pytest

from functions.store import keys


@pytest.mark.parametrize(
    ("place", "pk", "sk"),
    [
        (keys.workspace_by_slug("acme"), "WORKSPACE#acme", "META"),
        (keys.workspace_by_id("ws_1"), "WORKSPACE_ID#ws_1", "META"),
        (keys.workspace_by_community(123), "COMMUNITY#123", "META"),
        (keys.member("ws_1", "ada"), "WORKSPACE_ID#ws_1", "MEMBER#ada"),
        (keys.user("ada"), "USER#ada", "META"),
        (keys.api_key("k1"), "KEY#k1", "META"),
        (keys.workflow("f0"), "WF#f0", "META"),
        (keys.workflow("f0", keys.CURRENT), "WF#f0", "CURRENT"),
        (keys.version("f0", 1), "WF#f0", "V#000001"),
        (keys.version("f0", 123_456), "WF#f0", "V#123456"),
        (keys.day("f0", "2026-11-22"), "WF#f0", "STATS#2026-11-22"),
        (keys.execution("e1"), "EXEC#e1", "META"),
        (keys.execution("e1", keys.INPUT), "EXEC#e1", "INPUT"),
        (keys.step("e1", "fetch#0"), "EXEC#e1", "STEP#fetch#0"),
        (keys.body("e1", "fetch#0"), "EXEC#e1", "OUT#fetch#0"),
        (keys.idempotency("f0", "ada", "d1"), "IDEM#f0#ada#d1", "META"),
        (keys.notification("ws_1", "note_1"), "NOTE#ws_1", "note_1"),
        (keys.task("ws_1", "task_1"), "TASK#ws_1", "task_1"),
    ],
)
def test_each_kind_of_item_has_its_place(place: dict[str, str], pk: str, sk: str) -> None:
    assert place == {"pk": pk, "sk": sk}


def test_executions_are_listed_by_workflow_and_status_and_tests_apart() -> None:
    assert keys.executions_of("f0", "completed", False) == "WF#f0#completed"
    assert keys.executions_of("f0", "completed", True) == "WF#f0#completed#TEST"
