"""What is kept for people and of long texts comes back whole."""

import pytest

from functions import clock
from functions.store import bodies, inbox, keys, table
from local.aws import LocalAws
from tests.unit.functions.samples import ACME

AT, LATER = "2026-11-22T14:00:00.000Z", "2026-11-22T15:00:00.000Z"


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_iso", lambda: AT)


def test_a_task_has_every_field_it_was_kept_with(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "title": "Call",
        "description": "Back",
        "priority": "HIGH",
        "assigned_to": "ada",
        "due_date": "2026-12-01",
        "execution_id": "e" * 32,
        "node": "ask",
    }
    inbox.keep_task(ACME.id, "task_1", **given)
    kept = inbox.Task(id="task_1", workspace_id=ACME.id, status="TODO", created_at=AT, updated_at=AT, **given)
    assert inbox.read_task(ACME.id, "task_1") == kept
    monkeypatch.setattr(clock, "now_iso", lambda: LATER)
    changed = inbox.set_task_status(ACME.id, "task_1", "DONE")
    assert changed == inbox.read_task(ACME.id, "task_1")
    assert changed == inbox.Task(**{**vars(kept), "status": "DONE", "updated_at": LATER})


def test_a_notification_has_every_field_it_was_kept_with() -> None:
    given = {"recipient": "ada", "message": "Hi", "title": "News", "execution_id": "e" * 32, "node": "tell"}
    inbox.keep_notification(ACME.id, "note_1", **given)
    item = table.get(keys.notification(ACME.id, "note_1"))
    assert item is not None
    assert inbox.as_notification(item) == inbox.Notification(id="note_1", workspace_id=ACME.id, created_at=AT, **given)


def test_a_body_comes_back_whatever_characters_it_has() -> None:
    text = 'ä € \N{GRINNING FACE} \ud800 "\n'
    bodies.put("e" * 32, "a#0", text)
    assert bodies.get("e" * 32, "a#0") == text
    assert bodies.size_of(text) == len(text.encode("utf-8", "surrogatepass"))
