"""Who belongs to which workspace, and the keys that say so: one source of truth, and copies that change along with it.

The roles that count are in the user's item. A member's row shows one of them in its workspace; the items of the user's
keys are the copies that requests read. Each change is one transaction over all of these, on the condition that the
user's item is as it was read (`revision`), so that no copy is ever behind and none of two changes at once is lost.

A key that is made step by step is made in an attempt, of which a user has one for each name: who begins another takes
its place. So what one attempt left unfinished can be taken away by the next, whether the first crashed or still runs.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from functions.store import keys, table
from functions.store.keys import Key as Place
from functions.store.table import ConditionFailed, Item
from functions.store.tenants import Key, Role, read_roles

MOST_KEYS = 50
"""Keys of one user. A change of role writes each of them, and a transaction takes 100 writes."""

_ATTEMPTS = 10


class Raced(Exception):
    """Raised when others kept changing the same user."""


class TooManyKeys(Exception):
    """Raised when a user has as many keys as one may have."""


class Overtaken(Exception):
    """Raised when another attempt at the same key began meanwhile, or somebody took the key away."""

    def __init__(self) -> None:
        super().__init__("Another run works on the same key: run the same command again when that has ended.")


@dataclass(frozen=True, kw_only=True)
class Member:
    """A user's role in one workspace."""

    user: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class User:
    """A user: the role in each workspace by its id, the ids of the keys that hold a copy of these, attempts by name."""

    id: str
    roles: Mapping[str, Role]
    keys: tuple[str, ...]
    attempts: Mapping[str, str]
    revision: int

    @classmethod
    def from_item(cls, item: Item) -> "User":
        return cls(
            id=item["user"],
            roles=read_roles(item["roles"]),
            keys=tuple(item["keys"]),
            attempts=item["attempts"],
            revision=item["revision"],
        )


def read_user(user: str) -> User:
    """A user; one that nothing is known of has no role and no key."""
    item = table.get(keys.user(user))
    return User.from_item(item) if item else User(id=user, roles={}, keys=(), attempts={}, revision=0)


def read_key(key_id: str) -> Key | None:
    """A key by its id."""
    item = table.get(keys.api_key(key_id))
    return Key.from_item(item) if item else None


def members_of(workspace_id: str) -> list[Member]:
    """The members of a workspace, by their names."""
    # "$" is the character behind "#".
    between = {":pk": keys.workspace_by_id(workspace_id)["pk"], ":first": "MEMBER#", ":last": "MEMBER$"}
    rows = table.query("pk = :pk AND sk BETWEEN :first AND :last", between)
    return [Member(user=row["user"], role=Role(row["role"])) for row in rows]


def keys_of(user: User) -> list[Key]:
    """The keys of a user, the oldest first."""
    found = table.get_all(keys.api_key(key_id) for key_id in user.keys)
    return [Key.from_item(item) for item in found if item]


def all_keys() -> Iterator[Key]:
    """Every key, the oldest first; one that was made within the last second may be missing."""
    rows = table.query("listing = :all", {":all": keys.KEYS}, index="listing")
    return (Key.from_item(row) for row in rows)


def set_role(workspace_id: str, user: str, role: Role) -> bool:
    """Gives a user this role in a workspace, in the place of any other. Whether that was a change. Raises Raced."""
    row = keys.member(workspace_id, user) | {"user": user, "role": str(role)}
    return _change_role(workspace_id, user, role, table.putting(row))


def remove_member(workspace_id: str, user: str) -> bool:
    """Takes a user's role in a workspace away. Whether there was one. Raises Raced."""
    return _change_role(workspace_id, user, None, table.deleting(keys.member(workspace_id, user)))


def begin_key(user_id: str, name: str) -> str:
    """Begins an attempt at a key of that name: no other that began before can come to an end. Raises Raced."""
    attempt = secrets.token_hex(8)
    for _ in range(_ATTEMPTS):
        user = read_user(user_id)
        if _written([_saving(replace(user, attempts={**user.attempts, name: attempt}))]):
            return attempt
    raise _raced(user_id)


def add_key(key: Key, attempt: str | None = None) -> Key:
    """Gives a user a key, which gets the user's roles; in an attempt it is unfinished. Safe to repeat.

    Raises Overtaken, TooManyKeys, Raced.
    """
    for _ in range(_ATTEMPTS):
        user = read_user(key.user)
        if key.id in user.keys:
            return read_key(key.id) or key
        if attempt and user.attempts.get(key.name) != attempt:
            raise Overtaken
        if len(user.keys) >= MOST_KEYS:
            raise TooManyKeys(f"{key.user} has {MOST_KEYS} keys, which is the most there can be: revoke some of them")
        given = replace(key, roles=user.roles, finished=attempt is None)
        if _written([_saving(replace(user, keys=(*user.keys, key.id))), table.putting(_key_item(given))]):
            return given
    raise _raced(key.user)


def finish_key(key: Key, attempt: str) -> Key:
    """Ends an attempt: the key stays from now on. Raises Overtaken, Raced."""
    for _ in range(_ATTEMPTS):
        user, held = read_user(key.user), read_key(key.id)
        if held and held.finished:
            return held
        if held is None or user.attempts.get(key.name) != attempt:
            raise Overtaken
        left = {name: other for name, other in user.attempts.items() if name != key.name}
        if _written([_saving(replace(user, attempts=left)), table.updating(keys.api_key(key.id), "REMOVE unfinished")]):
            return replace(held, finished=True)
    raise _raced(key.user)


def remove_key(key_id: str) -> bool:
    """Takes a key away from its user: from now on no request with it is served. Whether there was one. Raises Raced."""
    for _ in range(_ATTEMPTS):
        key = read_key(key_id)
        if key is None:
            return False
        user = read_user(key.user)
        left = replace(user, keys=tuple(other for other in user.keys if other != key_id))
        if _written([_saving(left), table.deleting(keys.api_key(key_id))]):
            return True
    raise _raced(key_id)


def _change_role(workspace_id: str, user_id: str, role: Role | None, row: dict[str, object]) -> bool:
    """Writes the row of a member, the user, and the copies in the user's keys."""
    for _ in range(_ATTEMPTS):
        user = read_user(user_id)
        if user.roles.get(workspace_id) == role:
            return False
        roles = {workspace: held for workspace, held in user.roles.items() if workspace != workspace_id}
        held = tuple(key.id for key in keys_of(user))
        changed = replace(user, roles=roles | ({workspace_id: role} if role else {}), keys=held)
        if _written([_saving(changed), row, *(_copying(changed, key_id) for key_id in held)]):
            return True
    raise _raced(user_id)


def _written(writes: list[dict[str, object]]) -> bool:
    """Whether all was as the writes expect; else none of them took effect."""
    try:
        table.transact(*writes)
    except ConditionFailed:
        return False
    return True


def _saving(user: User) -> dict[str, object]:
    """The write of a user, where it still is as it was read."""
    held = {"roles": _plain(user.roles), "keys": user.keys, "attempts": dict(user.attempts)}
    fields = {"user": user.id, "revision": user.revision + 1} | held
    unchanged = "revision = :read" if user.revision else "attribute_not_exists(pk)"
    values = {":read": user.revision} if user.revision else None
    return table.putting(keys.user(user.id) | fields, condition=unchanged, values=values)


def _copying(user: User, key_id: str) -> dict[str, object]:
    """The write of a user's roles into a key, which must be the user's."""
    return table.updating(
        keys.api_key(key_id),
        "SET #roles = :roles",
        names={"#roles": "roles", "#user": "user"},
        values={":roles": _plain(user.roles), ":user": user.id},
        condition="#user = :user",
    )


def _key_item(key: Key) -> Item:
    place: Place = keys.api_key(key.id)
    fields = {name: getattr(key, name) for name in ("user", "tier", "name", "created_at", "replaces")}
    listed = {"listing": keys.KEYS, "listed_at": f"{key.created_at}#{key.id}"}
    unfinished = {} if key.finished else {"unfinished": True}
    return place | fields | listed | unfinished | {"key_id": key.id, "roles": _plain(key.roles)}


def _plain(roles: Mapping[str, Role]) -> dict[str, str]:
    return {workspace: str(role) for workspace, role in roles.items()}


def _raced(what: str) -> Raced:
    return Raced(f"{what} was changed by others at the same time, again and again: run the same command again")
