"""What an operator does to a deployed stack: one function a command, from its options to what is said of the result.

Each is safe to repeat: what is there already is said, and changes nothing. Each change is one line of the audit trail.
"""

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from functions import api_keys, audit, ids, ticket_rotation
from functions.deployment import Deployment, Refused, caller_arn
from functions.store import members, tenants
from functions.store.tenants import Key, Role, Workspace


@dataclass(frozen=True)
class Answer:
    """What a command came to: for scripts, and as text for a person. Either may be all that there is."""

    document: dict[str, Any] | None
    text: str | None


Say = Callable[[Answer], None]
"""Writes an answer to the standard output, at once."""


class NoSuchWorkspace(Refused):
    """Raised when there is no workspace of a slug or id."""


def create_workspace(at: Deployment, options: Namespace, say: Say) -> None:
    wanted = Workspace(
        id=ids.as_prefixed("ws", ids.new_id()),
        slug=options.slug,
        name=options.name,
        community_id=options.community,
    )
    workspace = tenants.save_workspace(wanted)
    created = workspace.id == wanted.id
    if created:
        _audited("create_workspace", workspace, workspace_id=workspace.id)
    text = f"The workspace {workspace.slug} {'was created' if created else 'exists already'}.\n\n"
    say(Answer({"created": created, **_workspace(workspace)}, text + _workspaces_table([workspace])))


def list_workspaces(at: Deployment, options: Namespace, say: Say) -> None:
    found = list(tenants.all_workspaces())
    say(Answer({"workspaces": [_workspace(each) for each in found]}, _workspaces_table(found)))


def show_workspace(at: Deployment, options: Namespace, say: Say) -> None:
    workspace = _find_workspace(options.workspace)
    listed = [_member(each) for each in members.members_of(workspace.id)]
    text = f"{_workspaces_table([workspace])}\n\n{_members_table(listed)}"
    say(Answer({**_workspace(workspace), "members": listed}, text))


def set_member(at: Deployment, options: Namespace, say: Say) -> None:
    workspace, role = _find_workspace(options.workspace), Role(options.role)
    changed = members.set_role(workspace.id, options.user, role)
    if changed:
        _audited("set_member", workspace, workspace_id=workspace.id, member=options.user, role=role)
    document = {"changed": changed, "workspace": workspace.slug, "user": options.user, "role": str(role)}
    say(Answer(document, f"{options.user} is {'now' if changed else 'already'} {role} of {workspace.slug}."))


def remove_member(at: Deployment, options: Namespace, say: Say) -> None:
    workspace = _find_workspace(options.workspace)
    removed = members.remove_member(workspace.id, options.user)
    if removed:
        _audited("remove_member", workspace, workspace_id=workspace.id, member=options.user)
    document = {"removed": removed, "workspace": workspace.slug, "user": options.user}
    say(Answer(document, f"{options.user} is {'no longer a' if removed else 'no'} member of {workspace.slug}."))


def list_members(at: Deployment, options: Namespace, say: Say) -> None:
    workspace = _find_workspace(options.workspace)
    listed = [_member(each) for each in members.members_of(workspace.id)]
    say(Answer({"workspace": workspace.slug, "members": listed}, _members_table(listed)))


def create_key(at: Deployment, options: Namespace, say: Say) -> None:
    def show(key: Key, value: str) -> None:
        say(_new_key(key, value))

    outcome = api_keys.create(at, options.user, options.tier, options.name, show)
    if outcome.created or outcome.enabled:
        _audited("create_key", key_id=outcome.key.id, key_user=options.user, tier=options.tier)
    if not outcome.created:
        say(_known_key(outcome.key, f"{options.user} has the key {outcome.key.name} already"))


def list_keys(at: Deployment, options: Namespace, say: Say) -> None:
    fields = ("user", "name", "tier", "status", "created_at")
    listed = [
        {"key_id": key.id, **{field: getattr(key, field) for field in fields}}
        for key in api_keys.list_keys(at, options.user)
    ]
    say(Answer({"keys": listed}, table(listed, "There are no keys.")))


def rotate_key(at: Deployment, options: Namespace, say: Say) -> None:
    def show(key: Key, value: str) -> None:
        say(_new_key(key, value))

    outcome = api_keys.rotate(at, options.key_id, show, keep_old=options.keep_old)
    key_id = outcome.key.id
    if outcome.created or outcome.enabled:
        _audited("rotate_key", key_id=key_id, key_user=outcome.key.user, replaces=options.key_id)
    if not outcome.created:
        say(_known_key(outcome.key, f"{options.key_id} was replaced by {key_id} already"))
    if outcome.revoked:
        _audited("revoke_key", key_id=options.key_id, key_user=outcome.key.user)
        say(Answer(None, f"\nThe key {options.key_id} was revoked."))


def revoke_key(at: Deployment, options: Namespace, say: Say) -> None:
    revoked = api_keys.revoke(at, options.key_id)
    if revoked:
        _audited("revoke_key", key_id=options.key_id)
    text = f"The key {options.key_id} was revoked." if revoked else f"There is no key {options.key_id} (any more)."
    say(Answer({"revoked": revoked, "key_id": options.key_id}, text))


def rotate_tickets(at: Deployment, options: Namespace, say: Say) -> None:
    ticket_rotation.rotate(at.output("TicketSecret"), force=options.force)
    _audited("rotate_tickets")
    text = "Tickets are signed with a new secret from now on. Those of the one before stay good until they expire."
    say(Answer({"rotated": True}, text))


def table(rows: Sequence[dict[str, Any]], empty: str) -> str:
    """Rows of the same fields as aligned columns under headings; `empty` where there are none."""
    if not rows:
        return empty
    lines = [[name.replace("_", " ").upper() for name in rows[0]]]
    lines += [["-" if value is None else str(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "   ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _find_workspace(slug_or_id: str) -> Workspace:
    found = tenants.find_workspace(slug_or_id)
    if found is None:
        raise NoSuchWorkspace(f"There is no workspace {slug_or_id}: `workspaces list` shows those there are.")
    return found


def _audited(action: str, workspace: Workspace | None = None, **fields: str) -> None:
    community = workspace.community_id if workspace else None
    audit.record("AUDIT", action=action, outcome="SUCCESS", community=community, user=caller_arn(), **fields)


def _workspace(workspace: Workspace) -> dict[str, Any]:
    fields = {"slug": workspace.slug, "name": workspace.name, "community_id": workspace.community_id}
    return {**fields, "workspace_id": workspace.id}


def _workspaces_table(workspaces: Iterable[Workspace]) -> str:
    return table([_workspace(each) for each in workspaces], "There are no workspaces.")


def _member(member: members.Member) -> dict[str, Any]:
    return {"user": member.user, "role": str(member.role)}


def _members_table(listed: Sequence[dict[str, Any]]) -> str:
    return table(listed, "It has no members.")


def _key(key: Key) -> dict[str, Any]:
    fields = {"key_id": key.id, "user": key.user, "name": key.name, "tier": key.tier, "created_at": key.created_at}
    return {**fields, **({"replaces": key.replaces} if key.replaces else {})}


def _new_key(key: Key, value: str) -> Answer:
    text = f"{table([_key(key)], '')}\n\nIts value, which is shown only now:\n\n  {value}"
    if not key.roles:
        text += f"\n\n{key.user} has no role in any workspace yet: `members set` gives one."
    return Answer({"created": True, **_key(key), "value": value}, text)


def _known_key(key: Key, what: str) -> Answer:
    text = f"{what}. Its value was shown when it was made; if that was lost, `keys rotate {key.id}`."
    return Answer({"created": False, **_key(key)}, f"{text}\n\n{table([_key(key)], '')}")
