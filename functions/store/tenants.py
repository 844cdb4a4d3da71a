"""Workspaces, and who may do what in them: the items that a key and a slug lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from functions.store import keys, table
from functions.store.table import ConditionFailed, Item


class Role(StrEnum):
    """What a user may do in a workspace as a whole."""

    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Taken(Exception):
    """Raised when a workspace's id, slug or community belongs to another workspace."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A tenant: `id` is `ws_` and 32 hex digits; v1 knows it by `community_id`."""

    id: str
    slug: str
    name: str
    community_id: int

    @classmethod
    def from_item(cls, item: Item) -> "Workspace":
        return cls(id=item["workspace_id"], slug=item["slug"], name=item["name"], community_id=item["community_id"])


@dataclass(frozen=True, kw_only=True)
class Key:
    """An API key by its API Gateway id: whose it is, its usage plan's tier, and the user's role in each workspace."""

    id: str
    user: str
    tier: str
    roles: Mapping[str, Role]

    @classmethod
    def from_item(cls, item: Item) -> "Key":
        roles = {workspace: Role(role) for workspace, role in item["roles"].items()}
        return cls(id=item["key_id"], user=item["user"], tier=item["tier"], roles=roles)


def save_workspace(workspace: Workspace) -> None:
    """Writes a workspace under its id, slug and community, each claimed once. Safe to repeat. Raises Taken."""
    item = {
        "workspace_id": workspace.id,
        "slug": workspace.slug,
        "name": workspace.name,
        "community_id": workspace.community_id,
    }
    places = (
        keys.workspace_by_id(workspace.id),
        keys.workspace_by_slug(workspace.slug),
        keys.workspace_by_community(workspace.community_id),
    )
    mine = "attribute_not_exists(pk) OR workspace_id = :id"
    try:
        table.transact(*(table.putting(place | item, condition=mine, values={":id": workspace.id}) for place in places))
    except ConditionFailed as error:
        raise Taken(f"{workspace.slug!r}, its id or its community belongs to another workspace") from error


def save_key(key: Key) -> None:
    """Writes a key. Safe to repeat."""
    roles = {workspace: str(role) for workspace, role in key.roles.items()}
    table.put(keys.api_key(key.id) | {"key_id": key.id, "user": key.user, "tier": key.tier, "roles": roles})


def workspace_key(slug_or_id: str) -> keys.Key:
    """Where the workspace of a slug, or of a `ws_…` id, is."""
    if slug_or_id.startswith("ws_"):
        return keys.workspace_by_id(slug_or_id)
    return keys.workspace_by_slug(slug_or_id)


def find_community(community_id: int) -> Workspace | None:
    """The workspace of a community."""
    item = table.get(keys.workspace_by_community(community_id))
    return Workspace.from_item(item) if item else None
