"""Who calls, and what they may do: by the key that the gateway checked, the user's roles, and the workflow's grants."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from functions import audit
from functions.errors import Forbidden, Unauthorized
from functions.store.table import Item
from functions.store.tenants import Key, Role
from functions.store.workflows import Workflow


class Permission(StrEnum):
    """What a user may do with a workflow, as grants spell it."""

    VIEW = "can_view"
    EXECUTE = "can_execute"
    EDIT = "can_edit"


OWNER_RIGHTS = frozenset(Permission)

ROLE_RIGHTS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: OWNER_RIGHTS,
    Role.MEMBER: frozenset({Permission.VIEW, Permission.EXECUTE}),
    Role.VIEWER: frozenset({Permission.VIEW}),
}


@dataclass(frozen=True)
class Caller:
    """The user behind a key, in one request."""

    user: str
    roles: Mapping[str, Role]
    request_id: str

    def rights(self, workflow: Workflow) -> frozenset[Permission]:
        """What this caller may do with `workflow`."""
        if workflow.owner_id == self.user:
            return OWNER_RIGHTS
        role = self.roles.get(workflow.workspace_id)
        granted = frozenset(Permission(name) for name in workflow.grants.get(self.user, ()))
        return granted | (ROLE_RIGHTS[role] if role else frozenset())

    def may_create(self, workspace_id: str) -> bool:
        """Whether this caller may publish new workflows in a workspace."""
        return self.roles.get(workspace_id) in MEMBERS

    def need(self, permission: Permission, workflow: Workflow, action: str) -> None:
        """Raises Forbidden where this caller lacks `permission` on `workflow`."""
        if permission not in self.rights(workflow):
            self.deny(action, workflow.community_id, f"You lack {permission} on this workflow", workflow_id=workflow.id)

    def need_role(self, workspace_id: str, roles: frozenset[Role], action: str, community_id: int) -> None:
        """Raises Forbidden where this caller has none of `roles` in the workspace."""
        if self.roles.get(workspace_id) not in roles:
            self.deny(action, community_id, f"This needs the role {' or '.join(sorted(roles))} in the workspace")

    def need_administration(self, workflow: Workflow) -> None:
        """Raises Forbidden where this caller may not say who else may do what."""
        if workflow.owner_id != self.user and self.roles.get(workflow.workspace_id) != Role.ADMIN:
            message = "Only the owner and the workspace's admins set permissions"
            self.deny("set_permissions", workflow.community_id, message, workflow_id=workflow.id)

    def deny(self, action: str, community_id: int, message: str, **ids: str) -> None:
        """Notes a denial and raises Forbidden."""
        audit.record(
            "AUTHZ",
            action=action,
            outcome="DENIED",
            community=community_id,
            user=self.user,
            request_id=self.request_id,
            **ids,
        )
        raise Forbidden(message)


def key_id(event: Mapping[str, Any]) -> str:
    """The id of the key that the gateway accepted. Raises Unauthorized where there is none."""
    identity = event["requestContext"].get("identity") or {}
    found = identity.get("apiKeyId")
    if not found:
        raise refused(event)
    return str(found)


def caller(item: Item | None, event: Mapping[str, Any]) -> Caller:
    """The caller by the key's item. Raises Unauthorized where the gateway knows a key that this service does not."""
    if item is None:
        raise refused(event)
    key = Key.from_item(item)
    request_id = event["requestContext"]["requestId"]
    audit.record("AUTH", action="authenticate", user=key.user, request_id=request_id)
    return Caller(key.user, key.roles, request_id)


def ticket_holder(user: str, event: Mapping[str, Any]) -> Caller:
    """The user whom a ticket was given to. It says by itself what it is good for: no role comes with it."""
    request_id = event["requestContext"]["requestId"]
    audit.record("AUTH", action="authenticate", user=user, request_id=request_id)
    return Caller(user, {}, request_id)


def refused(event: Mapping[str, Any], message: str = "Give a valid API key in the X-API-Key header") -> Unauthorized:
    """Notes that a key or a ticket was refused; returns the error to raise."""
    request_id = event["requestContext"]["requestId"]
    audit.record("AUTH", action="authenticate", outcome="DENIED", request_id=request_id)
    return Unauthorized(message)


MEMBERS = frozenset({Role.ADMIN, Role.MEMBER})
ANYONE = frozenset(Role)
