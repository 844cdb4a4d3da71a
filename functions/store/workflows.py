"""Workflows: a head that says what is current, and versions that never change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from functions.store import keys, table
from functions.store.table import ConditionFailed, Item
from state_machines.flow import Flow
from state_machines.structure import build_flow
from state_machines.values import to_json
from state_machines.workflow import read_workflow

Grants = Mapping[str, frozenset[str]]
"""For each user, the permissions among `can_view`, `can_execute` and `can_edit`."""


class VersionRaced(Exception):
    """Raised when another change moved a workflow's head first."""


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """The head of a workflow: what is true of it now, whichever version an execution runs."""

    id: str
    workspace_id: str
    community_id: int
    name: str
    description: str
    status: str
    version: int
    owner_id: str
    created_at: str
    updated_at: str
    grants: Grants = field(default_factory=dict)

    @classmethod
    def from_item(cls, item: Item) -> "Workflow":
        fields = {name: item[name] for name in cls.__dataclass_fields__ if name not in ("id", "grants")}
        grants = {user: frozenset(permissions) for user, permissions in item["grants"].items()}
        return cls(id=item["workflow_id"], grants=grants, **fields)

    def item(self) -> Item:
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("id", "grants")}
        listed = {"listing": listing(self.workspace_id, self.status), "listed_at": f"{self.created_at}#{self.id}"}
        return keys.workflow(self.id) | fields | listed | {"workflow_id": self.id, "grants": _plain_grants(self.grants)}


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version: its definition as JSON text, and its state machine, if it needs one."""

    workflow_id: str
    number: int
    definition: str
    machine_arn: str | None
    created_at: str
    created_by: str

    @classmethod
    def from_item(cls, item: Item) -> "Version":
        return cls(**{"machine_arn": None} | {name: item[name] for name in cls.__dataclass_fields__ if name in item})

    def item(self) -> Item:
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in fields.items() if value is not None}

    @property
    def document(self) -> dict[str, Any]:
        """The definition as a client reads it."""
        definition: dict[str, Any] = json.loads(self.definition)
        return definition

    @property
    def names(self) -> dict[str, Any]:
        """What tells this version from others, and is not in the definition or differs from the head's."""
        document = self.document
        return {"name": document["name"], "description": document["description"], "version": self.number}

    @property
    def flow(self) -> Flow:
        """The definition, ready to be walked."""
        return _flow(self.workflow_id, self.number, self.definition)


def listing(workspace_id: str, status: str) -> str:
    """The partition of the listing for the workflows of one workspace and status."""
    return f"WORKFLOW#{workspace_id}#{status}"


def create(workflow: Workflow, version: Version) -> None:
    """Writes a new workflow with its first version."""
    new = "attribute_not_exists(pk)"
    table.transact(
        table.putting(workflow.item(), condition=new),
        table.putting(keys.workflow(workflow.id, keys.CURRENT) | version.item()),
        table.putting(keys.version(workflow.id, version.number) | version.item(), condition=new),
    )


def move_on(workflow: Workflow, version: Version) -> None:
    """Writes a new version and makes it current, all at once. Raises VersionRaced where another version came first."""
    try:
        table.transact(
            table.updating(
                keys.workflow(workflow.id),
                "SET #name = :name, description = :description, #status = :status, version = :version, "
                "updated_at = :updated_at, #listing = :listing",
                names={"#name": "name", "#status": "status", "#listing": "listing"},
                values={
                    ":name": workflow.name,
                    ":description": workflow.description,
                    ":status": workflow.status,
                    ":version": workflow.version,
                    ":updated_at": workflow.updated_at,
                    ":listing": listing(workflow.workspace_id, workflow.status),
                    ":before": workflow.version - 1,
                },
                condition="version = :before",
            ),
            table.putting(keys.workflow(workflow.id, keys.CURRENT) | version.item()),
            table.putting(
                keys.version(workflow.id, version.number) | version.item(), condition="attribute_not_exists(pk)"
            ),
        )
    except ConditionFailed:
        raise VersionRaced(workflow.id) from None


def set_status(workflow: Workflow, status: str, at: str) -> Workflow:
    """Changes the status alone; the version stays."""
    item = table.update(
        keys.workflow(workflow.id),
        "SET #status = :status, updated_at = :at, #listing = :listing",
        names={"#status": "status", "#listing": "listing"},
        values={":status": status, ":at": at, ":listing": listing(workflow.workspace_id, status)},
        condition="attribute_exists(pk)",
    )
    return Workflow.from_item(item)


def set_grants(workflow: Workflow, grants: Grants, at: str) -> Workflow:
    """Replaces all grants."""
    table.update(
        keys.workflow(workflow.id),
        "SET grants = :grants, updated_at = :at",
        values={":grants": _plain_grants(grants), ":at": at},
        condition="attribute_exists(pk)",
    )
    return replace(workflow, grants=grants, updated_at=at)


def read(workflow_id: str) -> Workflow | None:
    """The head of a workflow."""
    item = table.get(keys.workflow(workflow_id))
    return Workflow.from_item(item) if item else None


def read_current(workflow_id: str) -> tuple[Workflow, Version] | None:
    """The head of a workflow with its current version."""
    head, current = table.get_all([keys.workflow(workflow_id), keys.workflow(workflow_id, keys.CURRENT)])
    return (Workflow.from_item(head), Version.from_item(current)) if head and current else None


@lru_cache(maxsize=64)
def read_version(workflow_id: str, number: int) -> Version:
    """A version; kept in memory, since versions never change. Raises LookupError where there is none."""
    item = table.get(keys.version(workflow_id, number))
    if item is None:
        raise LookupError(f"There is no version {number} of workflow {workflow_id}")
    return Version.from_item(item)


def versions(workflow_id: str, *, before: int | None = None) -> Any:
    """The versions of a workflow, the newest first, from the one before `before` on."""
    last = keys.version(workflow_id, 999_999 if before is None else before - 1)
    values = {":pk": last["pk"], ":first": "V#", ":last": last["sk"]}
    found = table.query("pk = :pk AND sk BETWEEN :first AND :last", values, ascending=False)
    return map(Version.from_item, found)


@lru_cache(maxsize=64)
def _flow(workflow_id: str, number: int, definition: str) -> Flow:
    """The flow of a version that was checked when it was published."""
    return build_flow(read_workflow(json.loads(definition)))


def _plain_grants(grants: Grants) -> dict[str, list[str]]:
    return {user: sorted(permissions) for user, permissions in grants.items()}


def definition_text(document: Mapping[str, Any]) -> str:
    """A definition as it is kept."""
    return to_json(document)
