"""A crash at any call to AWS leaves no key in use that nobody was shown, and the same command again makes it right.

Each call in turn fails: before it took effect or, where it changes something, after, when only its answer is lost.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Literal

import boto3
import pytest

from functions import api_keys, aws
from functions.api_keys import NoSuchKey, NotOurKey, OtherTier, Outcome, Status
from functions.deployment import Deployment
from functions.store import members
from functions.store.members import Overtaken, TooManyKeys
from functions.store.tenants import Key, Role
from local import seed
from local.aws import LocalAws
from local.usage_plans import list_keys

ACME = "ws_" + "a" * 32
READS = ("GetApiKeys", "GetApiKey", "GetItem", "BatchGetItem", "Query")
WRITES = ("CreateApiKey", "CreateUsagePlanKey", "UpdateApiKey", "DeleteApiKey", "TransactWriteItems")
Moment = Literal["before-call", "after-call"]
MOMENTS: tuple[Moment, ...] = ("before-call", "after-call")


class Crash(BaseException):
    """The process is gone."""


class Shown:
    """The values that were shown, the last one at the end."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def __call__(self, key: Key, value: str) -> None:
        own = boto3.client("apigateway")  # its own, since tests make the service's calls fail
        assert value not in list_keys(own), "it was in use before anybody had seen it"
        self.values.append(value)


Run = Callable[[], Outcome]


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalAws]:
    with LocalAws(engine=False, schedule=None) as started:
        yield started


@pytest.fixture
def at(cloud: LocalAws) -> Deployment:
    """A stack in which ada is a member of a workspace."""
    return fresh(cloud)


@pytest.fixture
def shown() -> Shown:
    return Shown()


def fresh(cloud: LocalAws) -> Deployment:
    """A stack that has nothing but a workspace with ada as its member."""
    cloud.fresh()
    members.set_role(ACME, "ada", Role.MEMBER)
    return Deployment("stack", seed.create_plans(aws.apigateway()))


def active() -> dict[str, str]:
    """The ids of the keys that a request is served with, by their values."""
    held = list_keys(aws.apigateway())
    return {value: key.id for value, key in held.items() if members.read_key(key.id)}


def statuses(at: Deployment) -> list[Status]:
    return [key.status for key in api_keys.list_keys(at)]


def laptop(at: Deployment, shown: Shown, tier: str = "standard") -> Outcome:
    return api_keys.create(at, "ada", tier, "laptop", shown)


@contextmanager
def failing(fail_at: int | None, moment: Moment) -> Iterator[list[str]]:
    """The calls that are made, of which one fails: the `fail_at`-th."""
    made: list[str] = []

    def count(event_name: str, **_: Any) -> None:
        made.append(event_name)
        if len(made) == fail_at:
            raise Crash

    places = [
        (client, f"{moment}.{client.meta.service_model.service_id.hyphenize()}.{call}")
        for client in (aws.apigateway(), aws.dynamodb())
        for call in (*WRITES, *(READS if moment == "before-call" else ()))
        if call in client.meta.service_model.operation_names
    ]
    for client, event in places:
        client.meta.events.register(event, count)
    try:
        yield made
    finally:
        for client, event in places:
            client.meta.events.unregister(event, count)


def crashes(begin: Callable[[], Run]) -> Iterator[tuple[Run, str]]:
    """For each call of a command, and each moment: what runs the command again after it crashed there, and where."""
    for moment in MOMENTS:
        run = begin()
        with failing(None, moment) as made:
            run()
        assert len(made) > 1
        for number, call in enumerate(made, 1):
            run = begin()
            with failing(number, moment), suppress(Crash):
                run()
                raise AssertionError(f"{call} did not fail")
            yield run, f"{moment} {number} {call}"


class TestCreate:
    def test_a_key_is_shown_once_and_has_its_users_roles(self, at: Deployment, shown: Shown) -> None:
        outcome = laptop(at, shown)
        assert outcome.created
        assert active() == {shown.values[0]: outcome.key.id}
        assert len(shown.values[0]) == 64
        assert outcome.key.roles == {ACME: Role.MEMBER}
        again = laptop(at, shown)
        assert again == Outcome(again.key, created=False, enabled=False, revoked=False)
        assert (again.key.id, len(shown.values)) == (outcome.key.id, 1)

    def test_it_is_on_the_plan_of_its_tier(self, at: Deployment, shown: Shown) -> None:
        outcome = laptop(at, shown, "premium")
        client = aws.apigateway()
        on = client.get_usage_plan_keys(usagePlanId=at.output("PremiumPlanId"))["items"]
        assert [key["id"] for key in on] == [outcome.key.id]

    def test_another_tier_is_another_wish(self, at: Deployment, shown: Shown) -> None:
        key_id = laptop(at, shown).key.id
        with pytest.raises(OtherTier, match=key_id):
            laptop(at, shown, "premium")

    def test_names_that_begin_alike_are_different_keys(self, at: Deployment, shown: Shown) -> None:
        for user, name in (("ada", "laptop"), ("ada", "laptop 2"), ("ada/laptop", "x"), ("ada", "lap")):
            assert api_keys.create(at, user, "standard", name, shown).created
        assert statuses(at) == [Status.ACTIVE] * 4

    def test_every_crash_heals(self, cloud: LocalAws, shown: Shown) -> None:
        def begin() -> Run:
            at = fresh(cloud)
            shown.values.clear()
            return lambda: laptop(at, shown)

        count = 0
        for run, where in crashes(begin):
            count += 1
            assert set(active()) <= set(shown.values), where
            outcome = run()
            at = Deployment("stack", {})
            (listed,) = api_keys.list_keys(at)
            assert (listed.id, listed.status) == (outcome.key.id, Status.ACTIVE), where
            assert active() == {shown.values[-1]: outcome.key.id}, where
            assert not run().created, where
        assert count > 10

    def test_a_crash_of_the_crashs_repair_heals(self, cloud: LocalAws, shown: Shown) -> None:
        """The first attempt leaves the most that there can be of a key that is not finished."""

        def begin() -> Run:
            at = fresh(cloud)
            shown.values.clear()
            with failing(last, "before-call"), suppress(Crash):
                laptop(at, shown)
            return lambda: laptop(at, shown)

        at = fresh(cloud)
        with failing(None, "before-call") as made:
            laptop(at, shown)
        last = max(number for number, call in enumerate(made, 1) if call.endswith("TransactWriteItems"))
        assert made[last].endswith("UpdateApiKey")
        for run, where in crashes(begin):
            outcome = run()
            assert active() == {shown.values[-1]: outcome.key.id}, where
            assert statuses(Deployment("stack", {})) == [Status.ACTIVE], where

    def test_a_key_disabled_by_hand_stays(self, at: Deployment, shown: Shown) -> None:
        key_id = laptop(at, shown).key.id
        aws.apigateway().update_api_key(
            apiKey=key_id, patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}]
        )
        assert not laptop(at, shown).created
        assert statuses(at) == [Status.DISABLED]

    def test_a_key_deleted_by_hand_is_made_anew(self, at: Deployment, shown: Shown) -> None:
        key_id = laptop(at, shown).key.id
        aws.apigateway().delete_api_key(apiKey=key_id)
        assert statuses(at) == [Status.MISSING]
        outcome = laptop(at, shown)
        assert active() == {shown.values[1]: outcome.key.id}
        assert statuses(at) == [Status.ACTIVE]

    def test_one_that_another_run_takes_away_is_not_left_half_there(self, at: Deployment, shown: Shown) -> None:
        def other_run(key: Key, value: str) -> None:
            laptop(at, shown)

        with pytest.raises(Overtaken, match="run the same command again"):
            api_keys.create(at, "ada", "standard", "laptop", other_run)
        assert list(active()) == shown.values
        assert statuses(at) == [Status.ACTIVE]

    def test_a_user_with_too_many_keys_gets_none_and_nothing_is_left(
        self, at: Deployment, shown: Shown, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(members, "MOST_KEYS", 0)
        with pytest.raises(TooManyKeys, match="revoke"):
            laptop(at, shown)
        assert (statuses(at), shown.values) == ([], [])

    def test_a_value_that_nobody_could_see_is_never_in_use(self, at: Deployment, shown: Shown) -> None:
        def broken(key: Key, value: str) -> None:
            raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            api_keys.create(at, "ada", "standard", "laptop", broken)
        assert (active(), statuses(at)) == ({}, [Status.UNFINISHED])
        assert laptop(at, shown).created


class TestRotate:
    @pytest.fixture
    def old(self, at: Deployment, shown: Shown) -> Key:
        return laptop(at, shown).key

    def test_the_new_key_is_like_the_old_one_which_is_revoked(self, at: Deployment, shown: Shown, old: Key) -> None:
        outcome = api_keys.rotate(at, old.id, shown, keep_old=False)
        assert (outcome.created, outcome.revoked) == (True, True)
        assert active() == {shown.values[1]: outcome.key.id}
        new = outcome.key
        assert (new.user, new.tier, new.name, new.roles) == (old.user, old.tier, old.name, old.roles)

    def test_a_kept_key_stays_until_it_is_revoked(self, at: Deployment, shown: Shown, old: Key) -> None:
        new = api_keys.rotate(at, old.id, shown, keep_old=True).key
        assert active() == {shown.values[0]: old.id, shown.values[1]: new.id}
        assert not api_keys.rotate(at, old.id, shown, keep_old=True).created
        assert api_keys.revoke(at, old.id)
        assert list(active().values()) == [new.id]

    def test_of_a_key_and_its_replacement_the_newer_is_the_one_of_that_name(
        self, at: Deployment, shown: Shown, old: Key
    ) -> None:
        new = api_keys.rotate(at, old.id, shown, keep_old=True).key
        newest = api_keys.rotate(at, new.id, shown, keep_old=True).key
        assert laptop(at, shown).key.id == newest.id

    def test_a_key_is_replaced_once(self, at: Deployment, shown: Shown, old: Key) -> None:
        new = api_keys.rotate(at, old.id, shown, keep_old=False).key
        again = api_keys.rotate(at, old.id, shown, keep_old=False)
        assert (again.created, again.revoked, again.key.id) == (False, False, new.id)
        assert len(shown.values) == 2

    def test_a_replacement_that_was_lost_can_be_made_again(self, at: Deployment, shown: Shown, old: Key) -> None:
        lost = api_keys.rotate(at, old.id, shown, keep_old=True).key
        api_keys.revoke(at, lost.id)
        assert api_keys.rotate(at, old.id, shown, keep_old=True).created

    def test_the_new_key_can_be_rotated_in_turn(self, at: Deployment, shown: Shown, old: Key) -> None:
        key_id = old.id
        for _ in range(3):
            key_id = api_keys.rotate(at, key_id, shown, keep_old=False).key.id
        assert active() == {shown.values[3]: key_id}

    def test_an_unknown_key_is_not_rotated(self, at: Deployment, shown: Shown) -> None:
        with pytest.raises(NoSuchKey, match="nope"):
            api_keys.rotate(at, "nope", shown, keep_old=False)

    def test_a_run_that_is_overtaken_leaves_the_old_key_to_the_other(
        self, at: Deployment, shown: Shown, old: Key
    ) -> None:
        def other_run(key: Key, value: str) -> None:
            api_keys.rotate(at, old.id, shown, keep_old=True)

        with pytest.raises(Overtaken):
            api_keys.rotate(at, old.id, other_run, keep_old=False)
        assert set(active()) == set(shown.values)

    @pytest.mark.parametrize("keep_old", [False, True])
    def test_every_crash_heals(self, cloud: LocalAws, shown: Shown, keep_old: bool) -> None:
        def begin() -> Run:
            at = fresh(cloud)
            shown.values.clear()
            old = laptop(at, shown).key
            return lambda: api_keys.rotate(at, old.id, shown, keep_old=keep_old)

        for run, where in crashes(begin):
            before = active()
            assert set(before) <= set(shown.values), where
            assert before, f"clients have no key any more: {where}"
            outcome = run()
            kept = {shown.values[0]} if keep_old else set()
            assert set(active()) == {shown.values[-1]} | kept, where
            assert active()[shown.values[-1]] == outcome.key.id, where
            assert statuses(Deployment("stack", {})) == [Status.ACTIVE] * (1 + len(kept)), where


class TestRevoke:
    def test_a_revoked_key_is_gone_everywhere(self, at: Deployment, shown: Shown) -> None:
        key_id = laptop(at, shown).key.id
        assert api_keys.revoke(at, key_id)
        assert (active(), api_keys.list_keys(at), aws.apigateway().get_api_keys()["items"]) == ({}, [], [])
        assert not api_keys.revoke(at, key_id)

    def test_every_crash_heals(self, cloud: LocalAws, shown: Shown) -> None:
        def begin() -> Run:
            at = fresh(cloud)
            shown.values.clear()
            key = laptop(at, shown).key
            return lambda: Outcome(key, created=False, revoked=api_keys.revoke(at, key.id))

        for run, where in crashes(begin):
            run()
            at = Deployment("stack", {})
            assert (active(), api_keys.list_keys(at), members.read_user("ada").keys) == ({}, [], ()), where

    def test_what_is_half_revoked_is_listed_and_made_anew(self, at: Deployment, shown: Shown) -> None:
        members.remove_key(laptop(at, shown).key.id)
        (listed,) = api_keys.list_keys(at, "ada")
        assert (listed.user, listed.name, listed.tier, listed.status) == ("ada", "laptop", None, Status.HALF_REVOKED)
        outcome = laptop(at, shown)
        assert active() == {shown.values[1]: outcome.key.id}

    def test_a_key_of_something_else_is_left_alone(self, at: Deployment) -> None:
        key_id = aws.apigateway().create_api_key(name="stack2/ada/laptop", value="x" * 30, enabled=True)["id"]
        with pytest.raises(NotOurKey, match="nothing was changed"):
            api_keys.revoke(at, key_id)
        assert [key["id"] for key in aws.apigateway().get_api_keys()["items"]] == [key_id]
        assert api_keys.list_keys(at) == []


class TestAtOnce:
    """Several commands for one key, each on a thread of its own."""

    @pytest.mark.parametrize("rotated", [False, True])
    def test_each_that_says_it_made_the_key_has_shown_the_one_in_use(self, cloud: LocalAws, rotated: bool) -> None:
        for _ in range(5):
            at, old, shown = fresh(cloud), Shown(), Shown()
            key_id = laptop(at, old).key.id if rotated else ""

            def tried(at: Deployment = at, shown: Shown = shown, key_id: str = key_id) -> Outcome | None:
                with suppress(Overtaken):
                    return api_keys.rotate(at, key_id, shown, keep_old=False) if key_id else laptop(at, shown)
                return None

            with ThreadPoolExecutor(4) as pool:
                outcomes = [future.result() for future in [pool.submit(tried) for _ in range(4)]]
            made = [outcome.key.id for outcome in outcomes if outcome and outcome.created]
            assert len(made) <= 1
            outcome = tried()
            assert outcome
            assert made in ([], [outcome.key.id])
            assert list(active().values()) == [outcome.key.id]
            assert set(active()) <= set(shown.values)
            assert statuses(at) == [Status.ACTIVE]


def test_a_users_keys_are_listed_apart(at: Deployment, shown: Shown) -> None:
    for user in ("ada", "ada2", "bob"):
        api_keys.create(at, user, "standard", "laptop", shown)
    assert [key.user for key in api_keys.list_keys(at, "ada")] == ["ada"]
    assert [key.user for key in api_keys.list_keys(at)] == ["ada", "ada2", "bob"]


def test_a_change_of_role_is_in_the_keys_at_once(at: Deployment, shown: Shown) -> None:
    key_id = laptop(at, shown).key.id
    members.set_role(ACME, "ada", Role.VIEWER)
    found = members.read_key(key_id)
    assert found
    assert found.roles == {ACME: Role.VIEWER}
