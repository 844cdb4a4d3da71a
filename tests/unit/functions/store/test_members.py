"""Members and keys: what a user's item says, a member's row and the copies in the keys say as well, always."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.store import keys, members, table
from functions.store.members import (
    Member,
    Overtaken,
    Raced,
    TooManyKeys,
    add_key,
    begin_key,
    finish_key,
    remove_key,
    remove_member,
    set_role,
)
from functions.store.tenants import Key, Role
from local.aws import LocalAws

ACME, GLOBEX = "ws_" + "a" * 32, "ws_" + "b" * 32


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def key(key_id: str = "key1", user: str = "ada", name: str | None = None) -> Key:
    at = "2026-11-22T14:00:00.000Z"
    return Key(id=key_id, user=user, tier="standard", roles={}, name=name or key_id, created_at=at)


def roles_of(key_id: str) -> dict[str, Role]:
    """What a request with this key is served by."""
    return dict(Key.from_item(table.get(keys.api_key(key_id)) or {}).roles)


class TestRoles:
    def test_a_member_has_one_role_in_a_workspace(self) -> None:
        assert set_role(ACME, "ada", Role.MEMBER)
        assert set_role(ACME, "ada", Role.ADMIN)
        set_role(ACME, "bob", Role.VIEWER)
        set_role(GLOBEX, "ada", Role.VIEWER)
        assert members.members_of(ACME) == [Member(user="ada", role=Role.ADMIN), Member(user="bob", role=Role.VIEWER)]
        assert members.read_user("ada").roles == {ACME: Role.ADMIN, GLOBEX: Role.VIEWER}

    def test_the_same_role_again_changes_nothing(self) -> None:
        set_role(ACME, "ada", Role.MEMBER)
        before = members.read_user("ada")
        assert not set_role(ACME, "ada", Role.MEMBER)
        assert members.read_user("ada") == before

    def test_a_removed_member_is_gone_everywhere(self) -> None:
        set_role(ACME, "ada", Role.MEMBER)
        set_role(GLOBEX, "ada", Role.MEMBER)
        add_key(key())
        assert remove_member(ACME, "ada")
        assert members.members_of(ACME) == []
        assert members.read_user("ada").roles == roles_of("key1") == {GLOBEX: Role.MEMBER}
        assert not remove_member(ACME, "ada")

    def test_users_whose_ids_look_alike_are_listed_apart(self) -> None:
        names = ["a", "a/b", "a$", "a~", "~~~", "!"]
        for name in names:
            set_role(ACME, name, Role.VIEWER)
        assert [member.user for member in members.members_of(ACME)] == sorted(names)

    def test_every_key_of_the_user_follows(self) -> None:
        for number in range(members.MOST_KEYS):
            add_key(key(f"key{number}"))
        add_key(key("other", user="bob"))
        set_role(ACME, "ada", Role.ADMIN)
        assert all(roles_of(f"key{number}") == {ACME: Role.ADMIN} for number in range(members.MOST_KEYS))
        assert roles_of("other") == {}

    def test_changes_at_once_are_all_kept(self) -> None:
        add_key(key())
        workspaces = [f"ws_{number:032x}" for number in range(6)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda workspace: set_role(workspace, "ada", Role.MEMBER), workspaces))
        assert members.read_user("ada").roles == roles_of("key1") == dict.fromkeys(workspaces, Role.MEMBER)

    def test_a_key_whose_item_was_lost_does_not_hold_up_a_change(self) -> None:
        add_key(key())
        add_key(key("key2"))
        table.transact(table.deleting(keys.api_key("key1")))
        assert set_role(ACME, "ada", Role.ADMIN)
        assert members.read_user("ada").keys == ("key2",)

    def test_who_always_comes_second_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def lose(*writes: object) -> None:
            raise table.ConditionFailed

        monkeypatch.setattr(table, "transact", lose)
        with pytest.raises(Raced, match="run the same command again"):
            set_role(ACME, "ada", Role.ADMIN)
        with pytest.raises(Raced, match="ada"):
            add_key(key())
        with pytest.raises(Raced, match="ada"):
            begin_key("ada", "laptop")


class TestKeys:
    def test_a_key_has_its_users_roles_and_is_listed(self) -> None:
        set_role(ACME, "ada", Role.MEMBER)
        added = add_key(key())
        assert added.roles == {ACME: Role.MEMBER}
        assert members.read_key("key1") == added
        assert list(members.all_keys()) == members.keys_of(members.read_user("ada")) == [added]

    def test_adding_a_key_again_changes_nothing(self) -> None:
        added = add_key(key())
        assert add_key(key()) == added
        assert members.read_user("ada").revision == 1

    def test_there_are_only_so_many_keys_of_a_user(self) -> None:
        for number in range(members.MOST_KEYS):
            add_key(key(f"key{number}"))
        with pytest.raises(TooManyKeys, match="revoke"):
            add_key(key("one_more"))

    def test_a_removed_key_is_gone_and_its_user_keeps_the_others(self) -> None:
        add_key(key("key1"))
        add_key(key("key2"))
        assert remove_key("key1")
        assert members.read_key("key1") is None
        assert members.read_user("ada").keys == ("key2",)
        assert not remove_key("key1")


class TestAttempts:
    def test_a_key_is_unfinished_until_its_attempt_ends(self) -> None:
        attempt = begin_key("ada", "key1")
        added = add_key(key(), attempt)
        assert not added.finished
        assert members.read_key("key1") == added
        finished = finish_key(added, attempt)
        assert finished.finished
        assert members.read_key("key1") == finished
        assert members.read_user("ada").attempts == {}
        assert finish_key(added, attempt) == finished

    def test_who_begins_later_takes_the_place(self) -> None:
        first = begin_key("ada", "key1")
        added = add_key(key(), first)
        second = begin_key("ada", "key1")
        with pytest.raises(Overtaken):
            finish_key(added, first)
        with pytest.raises(Overtaken, match="run the same command again"):
            add_key(key("key2", name="key1"), first)
        finish_key(add_key(key("key2", name="key1"), second), second)

    def test_an_attempt_at_another_name_is_another(self) -> None:
        first, second = begin_key("ada", "key1"), begin_key("ada", "key2")
        begin_key("bob", "key1")
        for key_id, attempt in (("key1", first), ("key2", second)):
            finish_key(add_key(key(key_id), attempt), attempt)
        assert members.read_user("ada").attempts == {}

    def test_a_key_that_was_taken_away_cannot_be_finished(self) -> None:
        attempt = begin_key("ada", "key1")
        added = add_key(key(), attempt)
        remove_key("key1")
        with pytest.raises(Overtaken):
            finish_key(added, attempt)

    def test_of_racing_attempts_only_those_end_that_nobody_overtook(self) -> None:
        def tried(number: int) -> bool:
            try:
                attempt = begin_key("ada", "laptop")
                finish_key(add_key(key(f"key{number}", name="laptop"), attempt), attempt)
            except Overtaken:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            ended = sum(pool.map(tried, range(8)))
        finished = [each for each in members.keys_of(members.read_user("ada")) if each.finished]
        assert len(finished) == ended

    def test_a_change_of_role_leaves_attempts_alone(self) -> None:
        attempt = begin_key("ada", "key1")
        added = add_key(key(), attempt)
        set_role(ACME, "ada", Role.ADMIN)
        assert finish_key(added, attempt).roles == {ACME: Role.ADMIN}
