"""What workflows leave for people: notifications and tasks, each kept once however often its action is tried."""

from dataclasses import asdict, dataclass
from typing import Any

from functions import clock
from functions.store import keys, table
from functions.store.table import ConditionFailed, Item, StoreUnavailable

TODO = "TODO"
TASK_STATUSES = ("TODO", "IN_PROGRESS", "DONE", "CANCELLED")


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A message for a recipient, and the step that left it."""

    id: str
    workspace_id: str
    recipient: str
    title: str | None
    message: str
    execution_id: str
    node: str
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something for a person to do, and the step that asked for it."""

    id: str
    workspace_id: str
    title: str
    description: str
    priority: str
    assigned_to: str | None
    due_date: str | None
    status: str
    execution_id: str
    node: str
    created_at: str
    updated_at: str


def keep_notification(
    workspace_id: str,
    notification_id: str,
    *,
    recipient: str,
    message: str,
    title: str | None,
    execution_id: str,
    node: str,
) -> None:
    """Keeps a notification, once by its id. Raises StoreUnavailable."""
    notification = Notification(
        id=notification_id,
        workspace_id=workspace_id,
        recipient=recipient,
        title=title,
        message=message,
        execution_id=execution_id,
        node=node,
        created_at=clock.now_iso(),
    )
    _keep_once(
        keys.notification(workspace_id, notification_id), notification, notifications_to(workspace_id, recipient)
    )


def keep_task(
    workspace_id: str,
    task_id: str,
    *,
    title: str,
    description: str,
    priority: str,
    assigned_to: str | None,
    due_date: str | None,
    execution_id: str,
    node: str,
) -> None:
    """Keeps a task, once by its id. Raises StoreUnavailable."""
    at = clock.now_iso()
    task = Task(
        id=task_id,
        workspace_id=workspace_id,
        title=title,
        description=description,
        priority=priority,
        assigned_to=assigned_to,
        due_date=due_date,
        status=TODO,
        execution_id=execution_id,
        node=node,
        created_at=at,
        updated_at=at,
    )
    _keep_once(keys.task(workspace_id, task_id), task, tasks_with(workspace_id, TODO))


def read_task(workspace_id: str, task_id: str) -> Task | None:
    """A task of a workspace."""
    item = table.get(keys.task(workspace_id, task_id))
    return as_task(item) if item else None


def set_task_status(workspace_id: str, task_id: str, status: str) -> Task | None:
    """Changes the status of a task; None where there is no such task."""
    try:
        item = table.update(
            keys.task(workspace_id, task_id),
            "SET #status = :status, updated_at = :at, #listing = :listing",
            names={"#status": "status", "#listing": "listing"},
            values={":status": status, ":at": clock.now_iso(), ":listing": tasks_with(workspace_id, status)},
            condition="attribute_exists(pk)",
        )
    except ConditionFailed:
        return None
    return as_task(item)


def as_task(item: Item) -> Task:
    """The task in `item`."""
    return Task(**_fields(Task, item))


def as_notification(item: Item) -> Notification:
    """The notification in `item`."""
    return Notification(**_fields(Notification, item))


def notifications_to(workspace_id: str, recipient: str) -> str:
    """The partition of the listing for one recipient's notifications."""
    return f"NOTE#{workspace_id}#{recipient}"


def tasks_with(workspace_id: str, status: str) -> str:
    """The partition of the listing for the tasks of one status."""
    return f"TASK#{workspace_id}#{status}"


def _keep_once(place: keys.Key, kept: Notification | Task, listing: str) -> None:
    item = {name: value for name, value in asdict(kept).items() if value is not None}
    listed = {"listing": listing, "listed_at": f"{kept.created_at}#{kept.id}"}
    try:
        table.put(place | item | listed, condition="attribute_not_exists(pk)")
    except ConditionFailed:
        return
    except table.FAULTS as error:
        raise StoreUnavailable from error


def _fields(kind: Any, item: Item) -> dict[str, Any]:
    return {name: item.get(name) for name in kind.__dataclass_fields__}
