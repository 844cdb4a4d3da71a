"""Notifications and tasks, each kept once."""

from typing import Any

import pytest

from functions.store import inbox, keys, table
from local.aws import LocalAws
from tests.unit.functions.samples import ACME

TASK = "task_" + "1" * 32
NOTE = "note_" + "1" * 32


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def keep_task(title: str = "Call", **changes: Any) -> None:
    fields: dict[str, Any] = {
        "description": "",
        "priority": "HIGH",
        "assigned_to": None,
        "due_date": None,
        "execution_id": "e" * 32,
        "node": "a",
    }
    inbox.keep_task(ACME.id, TASK, title=title, **{**fields, **changes})


def listed(partition: str) -> list[str]:
    rows = table.query("listing = :listing", {":listing": partition}, index="listing")
    return [str(row["sk"]) for row in rows]


def test_a_task_kept_again_is_the_one_that_was() -> None:
    keep_task("first")
    keep_task("second")
    found = inbox.read_task(ACME.id, TASK)
    assert found
    assert (found.title, found.status, found.assigned_to) == ("first", "TODO", None)


def test_a_task_that_was_done_is_not_opened_by_a_late_attempt() -> None:
    keep_task()
    inbox.set_task_status(ACME.id, TASK, "DONE")
    keep_task()
    found = inbox.read_task(ACME.id, TASK)
    assert found
    assert found.status == "DONE"


def test_a_status_moves_a_task_to_another_list() -> None:
    keep_task()
    changed = inbox.set_task_status(ACME.id, TASK, "DONE")
    assert changed
    assert changed.updated_at >= changed.created_at
    assert listed(inbox.tasks_with(ACME.id, "TODO")) == []
    assert listed(inbox.tasks_with(ACME.id, "DONE")) == [TASK]


def test_a_task_that_there_is_not_cannot_be_changed_nor_read() -> None:
    assert inbox.set_task_status(ACME.id, TASK, "DONE") is None
    assert inbox.read_task(ACME.id, TASK) is None
    keep_task()
    assert inbox.read_task("ws_other", TASK) is None


def test_a_notification_is_kept_once_and_listed_under_its_recipient() -> None:
    for message in ("first", "second"):
        inbox.keep_notification(
            ACME.id, NOTE, recipient="user_1", message=message, title=None, execution_id="e" * 32, node="a"
        )
    found = inbox.as_notification(table.get(keys.notification(ACME.id, NOTE)) or {})
    assert (found.message, found.title, found.recipient) == ("first", None, "user_1")
    assert listed(inbox.notifications_to(ACME.id, "user_1")) == [NOTE]
    assert listed(inbox.notifications_to(ACME.id, "user_2")) == []
