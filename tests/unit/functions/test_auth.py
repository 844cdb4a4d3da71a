"""Who may do what: by role, by grant and by ownership."""

import pytest

from functions import auth
from functions.auth import Caller, Permission
from functions.errors import Forbidden, Unauthorized
from functions.store.tenants import Role
from tests.unit.functions.samples import ACME, make_workflow

VIEW, EXECUTE, EDIT = Permission.VIEW, Permission.EXECUTE, Permission.EDIT


def caller(user: str = "user_1", role: Role | None = None) -> Caller:
    return Caller(user, {ACME.id: role} if role else {}, "request-1")


@pytest.mark.parametrize(
    ("role", "rights"),
    [(Role.ADMIN, {VIEW, EXECUTE, EDIT}), (Role.MEMBER, {VIEW, EXECUTE}), (Role.VIEWER, {VIEW}), (None, set())],
)
def test_a_role_gives_its_rights_in_its_workspace(role: Role | None, rights: set[Permission]) -> None:
    assert caller(role=role).rights(make_workflow()) == rights
    assert caller(role=role).rights(make_workflow(workspace_id="ws_other")) == set()


def test_an_owner_may_do_everything() -> None:
    assert caller("user_owner").rights(make_workflow()) == {VIEW, EXECUTE, EDIT}


def test_a_grant_adds_to_what_the_role_gives() -> None:
    workflow = make_workflow(grants={"user_1": frozenset({"can_edit"}), "user_2": frozenset({"can_execute"})})
    assert caller(role=Role.VIEWER).rights(workflow) == {VIEW, EDIT}
    assert caller("user_3").rights(workflow) == set()


def test_a_lacking_permission_is_named() -> None:
    caller(role=Role.VIEWER).need(VIEW, make_workflow(), "view_workflow")
    with pytest.raises(Forbidden, match="can_execute"):
        caller(role=Role.VIEWER).need(EXECUTE, make_workflow(), "execute_workflow")


def test_a_lacking_role_is_named() -> None:
    caller(role=Role.MEMBER).need_role(ACME.id, auth.MEMBERS, "create_workflow", 123)
    with pytest.raises(Forbidden, match="admin or member"):
        caller(role=Role.VIEWER).need_role(ACME.id, auth.MEMBERS, "create_workflow", 123)


@pytest.mark.parametrize(
    ("user", "role", "may"), [("user_owner", None, True), ("x", Role.ADMIN, True), ("x", Role.MEMBER, False)]
)
def test_only_owners_and_admins_set_permissions(user: str, role: Role | None, may: bool) -> None:
    if may:
        caller(user, role).need_administration(make_workflow())
    else:
        with pytest.raises(Forbidden, match="owner"):
            caller(user, role).need_administration(make_workflow())


def event(identity: object) -> dict[str, object]:
    return {"requestContext": {"identity": identity, "requestId": "request-1"}}


@pytest.mark.parametrize("identity", [None, {}, {"apiKeyId": None}, {"apiKeyId": ""}])
def test_without_a_key_nobody_comes_in(identity: object) -> None:
    with pytest.raises(Unauthorized):
        auth.key_id(event(identity))


def test_a_key_that_only_the_gateway_knows_is_refused() -> None:
    with pytest.raises(Unauthorized):
        auth.caller(None, event({"apiKeyId": "key_1"}))


def test_a_known_key_is_its_user() -> None:
    item = {"key_id": "key_1", "user": "user_1", "tier": "premium", "roles": {ACME.id: "member"}}
    assert auth.caller(item, event({"apiKeyId": "key_1"})) == Caller("user_1", {ACME.id: Role.MEMBER}, "request-1")


def test_members_and_admins_may_create_in_their_own_workspace() -> None:
    roles = {ACME.id: Role.MEMBER, "ws_other": Role.VIEWER}
    assert Caller("ada", roles, "request").may_create(ACME.id)
    assert not Caller("ada", roles, "request").may_create("ws_other")
    assert not Caller("ada", roles, "request").may_create("ws_third")
    assert Caller("ada", {ACME.id: Role.ADMIN}, "request").may_create(ACME.id)
