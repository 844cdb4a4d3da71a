"""Lists of workflows, versions, tasks and notifications: what is in each, newest first, and how much."""

from itertools import count
from typing import Any

import pytest

from functions import clock, lists
from functions.store import inbox, workflows
from functions.store.listing import Listing, read_page
from local.aws import LocalAws
from tests.unit.functions.samples import ACME, chain, make_version, make_workflow, publish, task

OTHER = "ws_" + "b" * 32
"""Another workspace, none of whose things are in the lists of the first."""


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty table, and a clock that never shows one time twice."""
    seconds = count()
    monkeypatch.setattr(clock, "now_iso", lambda: f"2026-11-22T14:00:{next(seconds):02}.000Z")


def seen(listing: Listing, field: str) -> list[Any]:
    """One field of every row, which are as many as the list says."""
    rows = read_page(listing, limit=100).rows
    assert lists.count(listing) == len(rows)
    return [row[field] for row in rows]


def published(name: str, workspace_id: str = ACME.id, **fields: Any) -> str:
    return publish(chain(task("a")), name=name, workspace_id=workspace_id, created_at=clock.now_iso(), **fields)[0].id


def test_workflows_are_listed_newest_first_and_archived_ones_only_when_asked_for() -> None:
    for name, status in (("one", "ACTIVE"), ("two", "DRAFT"), ("old", "ARCHIVED"), ("three", "INACTIVE")):
        published(name, status=status)
    published("elsewhere", OTHER)
    assert seen(lists.workflows_of(ACME.id, None), "name") == ["three", "two", "one"]
    assert seen(lists.workflows_of(ACME.id, "ARCHIVED"), "name") == ["old"]
    assert seen(lists.workflows_of(ACME.id, "DRAFT"), "name") == ["two"]
    assert seen(lists.workflows_of(OTHER, None), "name") == ["elsewhere"]


def test_versions_are_listed_by_their_numbers() -> None:
    workflow = make_workflow()
    workflows.create(workflow, make_version(workflow, chain(task("a"))))
    assert seen(lists.versions_of(workflow.id), "sk") == ["V#000001"]
    assert seen(lists.versions_of("0" * 32), "sk") == []


def keep_task(title: str, workspace_id: str = ACME.id) -> str:
    task_id = f"task_{title}"
    inbox.keep_task(
        workspace_id,
        task_id,
        title=title,
        description="",
        priority="LOW",
        assigned_to=None,
        due_date=None,
        execution_id="e" * 32,
        node="a",
    )
    return task_id


def test_tasks_are_listed_newest_first_of_all_statuses_or_of_one() -> None:
    done = keep_task("one")
    keep_task("two")
    keep_task("elsewhere", OTHER)
    inbox.set_task_status(ACME.id, done, "DONE")
    assert seen(lists.tasks_of(ACME.id, None), "title") == ["two", "one"]
    assert seen(lists.tasks_of(ACME.id, "DONE"), "title") == ["one"]
    assert seen(lists.tasks_of(ACME.id, "CANCELLED"), "title") == []


def notify(text: str, recipient: str, workspace_id: str = ACME.id) -> None:
    inbox.keep_notification(
        workspace_id,
        f"note_{text}",
        recipient=recipient,
        message=text,
        title=None,
        execution_id="e" * 32,
        node="a",
    )


def test_notifications_are_listed_of_a_workspace_or_of_one_recipient_in_it() -> None:
    notify("1", "ada")
    notify("2", "bob")
    notify("3", "ada")
    notify("4", "ada", OTHER)
    assert seen(lists.notifications_of(ACME.id, None), "message") == ["3", "2", "1"]
    assert seen(lists.notifications_of(ACME.id, "ada"), "message") == ["3", "1"]
    assert seen(lists.notifications_of(OTHER, "ada"), "message") == ["4"]
    assert seen(lists.notifications_of(OTHER, "bob"), "message") == []
