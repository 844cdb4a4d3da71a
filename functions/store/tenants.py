"""Workspaces, and who may do what in them: the items that a key and a slug lead to."""

from collections.abc import Iterator, Mapping
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
    """Raised when a workspace's slug or community belongs to another workspace, or to one of another name."""


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
    """An API key by its API Gateway id: whose it is, its usage plan's tier, and the user's role in each workspace.

    `name` is what its user knows it by; `replaces` is the id of the key that it was made to replace, or empty;
    `finished` whether its value was shown.
    """

    id: str
    user: str
    tier: str
    roles: Mapping[str, Role]
    name: str = ""
    created_at: str = ""
    replaces: str = ""
    finished: bool = True

    @classmethod
    def from_item(cls, item: Item) -> "Key":
        return cls(
            id=item["key_id"],
            user=item["user"],
            tier=item["tier"],
            roles=read_roles(item["roles"]),
            finished="unfinished" not in item,
            **{name: item.get(name, "") for name in ("name", "created_at", "replaces")},
        )


def read_roles(roles: Mapping[str, str]) -> dict[str, Role]:
    """Roles by workspace id, as an item holds them."""
    return {workspace: Role(role) for workspace, role in roles.items()}


def save_workspace(workspace: Workspace) -> Workspace:
    """Writes a workspace under its id, slug and community, each claimed once. Safe to repeat.

    Answers the one that is there: where an equal one was there before, that has an id of its own. Raises Taken.
    """
    item = {
        "workspace_id": workspace.id,
        "slug": workspace.slug,
        "name": workspace.name,
        "community_id": workspace.community_id,
    }
    places = (
        # Its ids sort by time, and so do its rows in the listing.
        keys.workspace_by_id(workspace.id) | {"listing": keys.WORKSPACES, "listed_at": workspace.id},
        keys.workspace_by_slug(workspace.slug),
        keys.workspace_by_community(workspace.community_id),
    )
    try:
        table.transact(*(table.putting(place | item, condition="attribute_not_exists(pk)") for place in places))
    except ConditionFailed:
        return _equal_to(workspace)
    return workspace


def _equal_to(workspace: Workspace) -> Workspace:
    """The workspace that has the slug, the name and the community of this one. Raises Taken."""
    by_slug = find_workspace(workspace.slug)
    by_community = find_community(workspace.community_id)
    if by_slug and by_slug == by_community and by_slug.name == workspace.name:
        return by_slug
    taken = []
    if by_slug:
        taken.append(f"the slug {workspace.slug} by {_told(by_slug)}")
    if by_community and by_community != by_slug:
        taken.append(f"the community {workspace.community_id} by {_told(by_community)}")
    raise Taken(f"Taken: {' and '.join(taken) or f'the id {workspace.id}'}")


def _told(workspace: Workspace) -> str:
    return f'{workspace.slug} ("{workspace.name}", community {workspace.community_id})'


def find_workspace(slug_or_id: str) -> Workspace | None:
    """The workspace of a slug, or of a `ws_…` id."""
    item = table.get(workspace_key(slug_or_id))
    return Workspace.from_item(item) if item else None


def all_workspaces() -> Iterator[Workspace]:
    """Every workspace, in the order of their making; one that was made within the last second may be missing."""
    rows = table.query("listing = :all", {":all": keys.WORKSPACES}, index="listing")
    return (Workspace.from_item(row) for row in rows)


def workspace_key(slug_or_id: str) -> keys.Key:
    """Where the workspace of a slug, or of a `ws_…` id, is."""
    if slug_or_id.startswith("ws_"):
        return keys.workspace_by_id(slug_or_id)
    return keys.workspace_by_slug(slug_or_id)


def find_community(community_id: int) -> Workspace | None:
    """The workspace of a community."""
    item = table.get(keys.workspace_by_community(community_id))
    return Workspace.from_item(item) if item else None
