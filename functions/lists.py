"""Lists of workflows, versions, tasks and notifications."""

from collections.abc import Iterable

from functions.publish import ARCHIVED
from functions.store import keys, table
from functions.store.inbox import TASK_STATUSES, notifications_to, tasks_with
from functions.store.listing import Listing, Partition
from functions.store.workflows import listing

STATUSES = ("ACTIVE", "DRAFT", "INACTIVE", ARCHIVED)


def workflows_of(workspace_id: str, status: str | None) -> Listing:
    """The workflows of a workspace, the newest first; archived ones only where they are asked for."""
    statuses = [status] if status else [name for name in STATUSES if name != ARCHIVED]
    return _listed(listing(workspace_id, name) for name in statuses)


def versions_of(workflow_id: str) -> Listing:
    """The versions of a workflow, the newest first."""
    pk = keys.workflow(workflow_id)["pk"]
    return Listing(
        partitions=[Partition(name=pk, first="V#", last="V#~")], partition_key="pk", sort_key="sk", index=None
    )


def tasks_of(workspace_id: str, status: str | None) -> Listing:
    """The tasks of a workspace, the newest first."""
    return _listed(tasks_with(workspace_id, name) for name in ([status] if status else TASK_STATUSES))


def notifications_of(workspace_id: str, recipient: str | None) -> Listing:
    """The notifications of a workspace, or of one recipient in it, the newest first."""
    if recipient is not None:
        return _listed([notifications_to(workspace_id, recipient)])
    pk = keys.notification(workspace_id, "")["pk"]
    return Listing(partitions=[Partition(name=pk)], partition_key="pk", sort_key="sk")


def count(found: Listing) -> int:
    """How many rows a list has."""
    return sum(
        table.count(
            "#pk = :pk AND #sk BETWEEN :first AND :last",
            {":pk": partition.name, ":first": partition.first, ":last": partition.last},
            index=found.index,
            names={"#pk": found.partition_key, "#sk": found.sort_key},
        )
        for partition in found.partitions
    )


def _listed(partitions: Iterable[str]) -> Listing:
    return Listing(
        partitions=[Partition(name=name) for name in partitions],
        partition_key="listing",
        sort_key="listed_at",
        index="listing",
    )
