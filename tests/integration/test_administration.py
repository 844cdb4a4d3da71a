"""The operator's commands, each from its line to what is said and what the audit trail has."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions import admin, audit, aws
from functions.administration import NoSuchWorkspace, table
from functions.deployment import Deployment
from functions.store import members
from functions.store.tenants import Role
from functions.ticket_rotation import TooSoon
from local import seed
from local.aws import LocalAws

ARN = "arn:aws:sts::123456789012:assumed-role/operator/session"


class Console:
    """Runs a line, and keeps what came of it."""

    def __init__(self, at: Deployment) -> None:
        self._at = at
        self.documents: list[Any] = []
        self.texts: list[str | None] = []
        self.trail: list[dict[str, Any]] = []

    def __call__(self, line: str) -> Any:
        """The document that was said first; `texts` and `trail` have what else came of it."""
        self.documents, self.texts = [], []
        written = io.StringIO()
        options = admin.parser().parse_args(line.split())
        with audit.written_to(written):
            options.run(self._at, options, self._say)
        records = [json.loads(record) for record in written.getvalue().splitlines()]
        plain = ("event_type", "result", "action", "community", "user", "workspace_id")
        self.trail = [{name: value for name, value in each.items() if name in (*plain, *IDS)} for each in records]
        return self.documents[0]

    def _say(self, answer: Any) -> None:
        self.documents.append(answer.document)
        self.texts.append(answer.text)


IDS = ("member", "role", "key_id", "key_user", "tier", "replaces")


def line_of(action: str, **fields: Any) -> dict[str, Any]:
    return {"event_type": "AUDIT", "result": "SUCCESS", "action": action, "user": ARN, **fields}


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalAws]:
    with LocalAws(engine=False, schedule=None) as started:
        yield started


@pytest.fixture
def run(cloud: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Console:
    cloud.fresh()
    monkeypatch.setattr("functions.administration.caller_arn", lambda: ARN)
    secret = aws.secretsmanager().create_secret(Name="tickets", SecretString="s" * 64)["ARN"]
    return Console(Deployment("stack", {**seed.create_plans(aws.apigateway()), "TicketSecret": secret}))


@pytest.fixture
def initech(run: Console) -> Any:
    return run("workspaces create --slug initech --name Initech --community 789")


class TestWorkspaces:
    def test_one_is_made_and_made_again_it_is_the_same(self, run: Console, initech: Any) -> None:
        workspace_id = initech["workspace_id"]
        assert re.fullmatch("ws_[0-9a-f]{32}", workspace_id)
        document = {"slug": "initech", "name": "Initech", "community_id": 789, "workspace_id": workspace_id}
        assert initech == {"created": True, **document}
        shown = f"SLUG      NAME      COMMUNITY ID   WORKSPACE ID\ninitech   Initech   789            {workspace_id}"
        assert run.texts == [f"The workspace initech was created.\n\n{shown}"]
        assert run.trail == [line_of("create_workspace", community=789, workspace_id=workspace_id)]
        assert run("workspaces create --slug initech --name Initech --community 789") == {"created": False, **document}
        assert run.texts == [f"The workspace initech exists already.\n\n{shown}"]
        assert run.trail == []

    def test_all_are_listed(self, run: Console, initech: Any) -> None:
        document = {name: value for name, value in initech.items() if name != "created"}
        assert run("workspaces list") == {"workspaces": [document]}
        (text,) = run.texts
        assert text
        assert [line.split()[0] for line in text.splitlines()] == ["SLUG", "initech"]

    def test_without_any_that_is_said(self, run: Console) -> None:
        assert run("workspaces list") == {"workspaces": []}
        assert run.texts == ["There are no workspaces."]

    def test_one_is_shown_with_its_members(self, run: Console, initech: Any) -> None:
        document = {name: value for name, value in initech.items() if name != "created"}
        assert run("workspaces show initech") == {**document, "members": []}
        (empty,) = run.texts
        assert empty
        assert empty.endswith(f"{initech['workspace_id']}\n\nIt has no members.")
        members.set_role(initech["workspace_id"], "bill", Role.ADMIN)
        shown = run(f"workspaces show {initech['workspace_id']}")
        assert shown == {**document, "members": [{"user": "bill", "role": "admin"}]}
        (text,) = run.texts
        assert text
        assert text.endswith("\n\nUSER   ROLE\nbill   admin")
        assert run.trail == []

    def test_one_that_does_not_exist_is_named(self, run: Console) -> None:
        with pytest.raises(NoSuchWorkspace) as refused:
            run("workspaces show nope")
        assert str(refused.value) == "There is no workspace nope: `workspaces list` shows those there are."


class TestMembers:
    def test_a_role_is_given_changed_and_taken_away(self, run: Console, initech: Any) -> None:
        ids: dict[str, Any] = {"community": 789, "workspace_id": initech["workspace_id"], "member": "bill"}
        line = "members set --workspace initech --user bill --role admin"
        document = {"workspace": "initech", "user": "bill", "role": "admin"}
        assert run(line) == {"changed": True, **document}
        assert run.texts == ["bill is now admin of initech."]
        assert run.trail == [line_of("set_member", role="admin", **ids)]
        assert run(line) == {"changed": False, **document}
        assert run.texts == ["bill is already admin of initech."]
        assert run.trail == []
        listed = {"workspace": "initech", "members": [{"user": "bill", "role": "admin"}]}
        assert run("members list --workspace initech") == listed
        assert run.texts == ["USER   ROLE\nbill   admin"]
        line = "members remove --workspace initech --user bill"
        assert run(line) == {"removed": True, "workspace": "initech", "user": "bill"}
        assert run.texts == ["bill is no longer a member of initech."]
        assert run.trail == [line_of("remove_member", **ids)]
        assert run(line) == {"removed": False, "workspace": "initech", "user": "bill"}
        assert run.texts == ["bill is no member of initech."]
        assert run.trail == []
        assert run("members list --workspace initech") == {"workspace": "initech", "members": []}
        assert run.texts == ["It has no members."]

    @pytest.mark.parametrize("verb", ["list", "remove --user bill", "set --user bill --role admin"])
    def test_there_are_none_of_no_workspace(self, run: Console, verb: str) -> None:
        with pytest.raises(NoSuchWorkspace, match="There is no workspace nope"):
            run(f"members {verb} --workspace nope")


class TestKeys:
    MAKE = "keys create --user peter --tier premium --name desk"

    def test_one_is_made_and_its_value_is_shown_once(self, run: Console) -> None:
        made = run(self.MAKE)
        value = made.pop("value")
        key_id, at = made["key_id"], made["created_at"]
        known = {"key_id": key_id, "user": "peter", "name": "desk", "tier": "premium", "created_at": at}
        assert made == {"created": True, **known}
        (text,) = run.texts
        assert text
        head, row, *rest = text.splitlines()
        assert head.split() == ["KEY", "ID", "USER", "NAME", "TIER", "CREATED", "AT"]
        assert row.split() == list(known.values())
        assert rest == [
            "",
            "Its value, which is shown only now:",
            "",
            f"  {value}",
            "",
            "peter has no role in any workspace yet: `members set` gives one.",
        ]
        assert run.trail == [line_of("create_key", key_id=key_id, key_user="peter", tier="premium")]
        assert run(self.MAKE) == {"created": False, **known}
        said = (
            "peter has the key desk already. Its value was shown when it was made; if that was lost, "
            f"`keys rotate {key_id}`."
        )
        assert run.texts == [f"{said}\n\n{head}\n{row}"]
        assert run.trail == []

    def test_who_has_a_role_is_not_told_to_get_one(self, run: Console, initech: Any) -> None:
        run("members set --workspace initech --user peter --role viewer")
        value = run(self.MAKE)["value"]
        (text,) = run.texts
        assert text
        assert text.endswith(f"  {value}")

    def test_they_are_listed_all_or_a_users(self, run: Console) -> None:
        assert run("keys list") == {"keys": []}
        assert run.texts == ["There are no keys."]
        made = {user: run(f"keys create --user {user} --tier standard --name desk") for user in ("ann", "bob")}
        rows = {
            user: {
                "key_id": made[user]["key_id"],
                "user": user,
                "name": "desk",
                "tier": "standard",
                "status": "active",
                "created_at": made[user]["created_at"],
            }
            for user in made
        }
        assert run("keys list") == {"keys": [rows["ann"], rows["bob"]]}
        assert run("keys list --user bob") == {"keys": [rows["bob"]]}
        (text,) = run.texts
        assert text
        assert text.splitlines()[1].split() == [str(value) for value in rows["bob"].values()]
        assert run.trail == []

    def test_one_is_rotated_which_revokes_it(self, run: Console) -> None:
        old = run(self.MAKE)
        new = run(f"keys rotate {old['key_id']}")
        ids = {"key_id": new["key_id"], "key_user": "peter"}
        assert (new["created"], new["replaces"], new["name"], new["tier"]) == (True, old["key_id"], "desk", "premium")
        assert run.documents[1:] == [None]
        assert run.texts[1:] == [f"\nThe key {old['key_id']} was revoked."]
        assert run.trail == [
            line_of("rotate_key", replaces=old["key_id"], **ids),
            line_of("revoke_key", key_id=old["key_id"], key_user="peter"),
        ]
        again = run(f"keys rotate {old['key_id']}")
        assert (again["created"], again["key_id"], "value" in again) == (False, new["key_id"], False)
        assert len(run.texts) == 1
        assert run.texts[0]
        assert run.texts[0].startswith(f"{old['key_id']} was replaced by {new['key_id']} already. Its value was shown")
        assert run.trail == []

    def test_both_are_kept_until_the_old_one_is_revoked(self, run: Console) -> None:
        old = run(self.MAKE)["key_id"]
        new = run(f"keys rotate {old} --keep-old")["key_id"]
        assert len(run.texts) == 1
        assert [line["action"] for line in run.trail] == ["rotate_key"]
        assert [key["key_id"] for key in run("keys list")["keys"]] == [old, new]
        assert run(f"keys revoke {old}") == {"revoked": True, "key_id": old}
        assert run.texts == [f"The key {old} was revoked."]
        assert run.trail == [line_of("revoke_key", key_id=old)]
        assert run(f"keys revoke {old}") == {"revoked": False, "key_id": old}
        assert run.texts == [f"There is no key {old} (any more)."]
        assert run.trail == []


def test_tickets_are_signed_with_a_new_secret(run: Console) -> None:
    assert run("tickets rotate") == {"rotated": True}
    assert run.texts == [
        "Tickets are signed with a new secret from now on. Those of the one before stay good until they expire."
    ]
    assert run.trail == [line_of("rotate_tickets")]
    with pytest.raises(TooSoon):
        run("tickets rotate")
    assert run("tickets rotate --force") == {"rotated": True}


def test_a_table_has_a_heading_and_columns_as_wide_as_what_is_in_them() -> None:
    rows: list[dict[str, Any]] = [{"a_b": "long text", "c": None}, {"a_b": 1, "c": ""}]
    assert table(rows, "nothing") == "A B         C\nlong text   -\n1"
    assert table([], "nothing") == "nothing"
