"""API keys, made and taken away in API Gateway and in the table, so that a crash between the two heals on repeat.

    make    an attempt begins → API Gateway key, disabled → usage plan → KEY item, unfinished → value shown
            → KEY item finished → enabled
    revoke  KEY item gone → API Gateway key gone

The table decides. A key that is unfinished there, or not there at all, has been of use to nobody, whoever may have seen
its value: the next command for its user and name takes it away and begins again. One that is finished was shown, and
that command enables it if nobody did. Two commands at once cannot both come to an end (`functions/store/members.py`).
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from functions import aws, clock
from functions.deployment import Deployment, Refused
from functions.store import members
from functions.store.members import Overtaken, TooManyKeys
from functions.store.tenants import Key

WAITING = "Waiting to be enabled by the admin command"
ENABLED = "Enabled by the admin command"
"""The descriptions in API Gateway of a key, before and after: one that was disabled by hand can be told by it."""

Show = Callable[[Key, str], None]
"""Told a key and its value, at the only time that it is known."""

IsIt = Callable[[Key], bool]
"""Whether a key of the right user and name is the one."""


class NoSuchKey(Refused):
    """Raised when a key is neither in the table nor in API Gateway."""


class NotOurKey(Refused):
    """Raised when a key of API Gateway belongs to something else than this stack."""


class OtherTier(Refused):
    """Raised when a key of that user and name exists with another tier."""


class Status(StrEnum):
    """How far a key is, by what API Gateway and the table say of it."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """By hand, in API Gateway."""
    UNFINISHED = "unfinished"
    """Whoever made it did not come to the end, or is not there yet: the same command again does."""
    MISSING = "missing"
    """It was deleted in API Gateway by hand."""
    HALF_REVOKED = "half-revoked"
    """No request is served with it: the same command again takes the rest away."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A key of a list. Of one that is half revoked the tier is not known any more."""

    id: str
    user: str
    name: str
    tier: str | None
    status: Status
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """A key as API Gateway has it."""

    id: str
    name: str
    enabled: bool
    waiting: bool
    created_at: str

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Held":
        return cls(
            id=item["id"],
            name=item.get("name") or "",
            enabled=item.get("enabled", False),
            waiting=item.get("description") == WAITING,
            created_at=clock.iso(item["createdDate"]),
        )


@dataclass(frozen=True)
class Outcome:
    """The key that there is now, and what this command did: it made it, and so showed its value; it enabled one that
    another had made and shown; it revoked one."""

    key: Key
    created: bool = False
    enabled: bool = False
    revoked: bool = False


def create(at: Deployment, user: str, tier: str, name: str, show: Show, *, value: str | None = None) -> Outcome:
    """A key for a user, unless there is one of that name. Its value is random unless it is given.

    Raises OtherTier, Overtaken, TooManyKeys, Raced.
    """
    wanted = Key(id="", user=user, tier=tier, roles={}, name=name)
    outcome = _there_or_made(at, wanted, lambda key: True, show, value)
    if outcome.key.tier != tier:
        raise OtherTier(
            f"{user} has the key {name} in the tier {outcome.key.tier} already: revoke {outcome.key.id}, "
            "or take another name."
        )
    return outcome


def rotate(at: Deployment, key_id: str, show: Show, *, keep_old: bool) -> Outcome:
    """A key in the place of another, which is revoked when the new one is in use, unless it is kept.

    A key is replaced once: repeated, this shows nothing new, and revokes the old key if that was not done.
    Raises NoSuchKey, Overtaken, TooManyKeys, Raced.
    """
    old = members.read_key(key_id)
    outcome = _replaced(at, key_id, old, show)
    return outcome if keep_old else replace(outcome, revoked=revoke(at, key_id))


def revoke(at: Deployment, key_id: str) -> bool:
    """Takes a key away. Whether there was anything left of it. Raises NotOurKey, Raced."""
    known = members.remove_key(key_id)
    held = _in_gateway(key_id)
    if held and not known and not held.name.startswith(f"{at.stack}/"):
        raise NotOurKey(f"The key {key_id} in API Gateway is not one of {at.stack}: nothing was changed.")
    if held:
        _delete(key_id)
    return known or held is not None


def list_keys(at: Deployment, user: str | None = None) -> list[Listed]:
    """All keys, or a user's, by user and name: what the table or API Gateway has of them."""
    held = {key.id: key for key in _named(f"{at.stack}/{user}/" if user else f"{at.stack}/")}
    known = {key.id: key for key in (members.keys_of(members.read_user(user)) if user else members.all_keys())}
    # The list of all keys may lack one that was just made.
    known |= {key_id: key for key_id in held.keys() - known.keys() if (key := members.read_key(key_id))}
    listed = [_listed(key, held.get(key.id) or _in_gateway(key.id)) for key in known.values()]
    listed += [_left_over(at, key) for key in held.values() if key.id not in known]
    return sorted(listed, key=lambda key: (key.user, key.name, key.created_at, key.id))


def _replaced(at: Deployment, key_id: str, old: Key | None, show: Show) -> Outcome:
    """The key that replaces `key_id`, whose item is `old` unless it is gone."""

    def replaces(key: Key) -> bool:
        return key.replaces == key_id

    if old:
        return _there_or_made(at, replace(old, replaces=key_id), replaces, show)
    for key in filter(replaces, members.all_keys()):
        if outcome := _there(at, key.user, key.name, replaces):
            return outcome
    raise NoSuchKey(f"There is no key {key_id}: `keys list` shows those there are.")


def _there_or_made(at: Deployment, wanted: Key, is_it: IsIt, show: Show, value: str | None = None) -> Outcome:
    """The key of the wanted user and name that is there, else a new one."""
    if there := _there(at, wanted.user, wanted.name, is_it):
        return there
    attempt = members.begin_key(wanted.user, wanted.name)
    # What is not finished by now never will be.
    if there := _there(at, wanted.user, wanted.name, is_it):
        return there
    for key_id in _sorted_out(at, wanted.user, wanted.name)[1]:
        _take_away(key_id)
    return Outcome(_make(at, wanted, attempt, show, value), created=True)


def _there(at: Deployment, user: str, name: str, is_it: IsIt) -> Outcome | None:
    """The newest key of that name that is finished, in use from now on unless it was disabled by hand."""
    for key, held in _sorted_out(at, user, name)[0]:
        if is_it(key):
            if held.waiting:
                _enable(key)
            return Outcome(key, enabled=held.waiting)
    return None


def _sorted_out(at: Deployment, user: str, name: str) -> tuple[list[tuple[Key, Held]], list[str]]:
    """The keys of that name that are finished, the newest first, and the ids of what there is of others."""
    full_name = _full_name(at, user, name)
    # The table last: what is finished there was in API Gateway before.
    held = {key.id: key for key in _named(full_name) if key.name == full_name}
    known = {key.id: key for key in members.keys_of(members.read_user(user)) if key.name == name}
    finished, rest = [], []
    for key_id in held.keys() | known.keys():
        key, in_gateway = known.get(key_id), held.get(key_id) or _in_gateway(key_id)
        if key and key.finished and in_gateway:
            finished.append((key, in_gateway))
        else:
            rest.append(key_id)
    return sorted(finished, key=lambda each: each[0].created_at, reverse=True), rest


def _take_away(key_id: str) -> None:
    """Takes away what there is of a key, from the table first."""
    members.remove_key(key_id)
    _delete(key_id)


def _make(at: Deployment, wanted: Key, attempt: str, show: Show, value: str | None = None) -> Key:
    client = aws.apigateway()
    # Letters and digits, since that is what API Gateway's own keys are made of.
    secret = value or secrets.token_hex(32)
    plan = at.output(f"{wanted.tier.capitalize()}PlanId")
    made = client.create_api_key(
        name=_full_name(at, wanted.user, wanted.name),
        description=WAITING,
        enabled=False,
        value=secret,
        tags={"stack": at.stack},
    )
    try:
        _put_on_plan(plan, made["id"])
        key = members.add_key(replace(wanted, id=made["id"], created_at=clock.now_iso()), attempt)
        show(key, secret)
        key = members.finish_key(key, attempt)
    except (Overtaken, TooManyKeys):
        _take_away(made["id"])
        raise
    _enable(key)
    return key


def _put_on_plan(plan_id: str, key_id: str) -> None:
    """Raises Overtaken where another attempt took the key away."""
    client = aws.apigateway()
    try:
        client.create_usage_plan_key(usagePlanId=plan_id, keyId=key_id, keyType="API_KEY")
    except client.exceptions.NotFoundException:
        if _in_gateway(key_id):
            raise
        raise Overtaken from None


def _enable(key: Key) -> None:
    """Puts a key into use that is finished. Raises Overtaken where it is being revoked."""
    client = aws.apigateway()
    try:
        client.update_api_key(
            apiKey=key.id,
            patchOperations=[
                {"op": "replace", "path": "/description", "value": ENABLED},
                {"op": "replace", "path": "/enabled", "value": "true"},
            ],
        )
    except client.exceptions.NotFoundException:
        members.remove_key(key.id)
        raise Overtaken from None


def _full_name(at: Deployment, user: str, name: str) -> str:
    """What API Gateway knows a key by; a name has no slash, so that it can be told from the user."""
    return f"{at.stack}/{user}/{name}"


def _named(prefix: str) -> Iterator[Held]:
    """The keys of API Gateway whose names begin so."""
    pages = aws.apigateway().get_paginator("get_api_keys")
    for page in pages.paginate(nameQuery=prefix, includeValues=False, PaginationConfig={"PageSize": 500}):
        yield from map(Held.from_item, page["items"])


def _in_gateway(key_id: str) -> Held | None:
    client = aws.apigateway()
    try:
        return Held.from_item(client.get_api_key(apiKey=key_id, includeValue=False))
    except client.exceptions.NotFoundException:
        return None


def _delete(key_id: str) -> None:
    """Deletes a key in API Gateway, and with it its place on a usage plan; gone already is as good."""
    client = aws.apigateway()
    try:
        client.delete_api_key(apiKey=key_id)
    except client.exceptions.NotFoundException:
        return


def _listed(key: Key, held: Held | None) -> Listed:
    fields = {name: getattr(key, name) for name in ("id", "user", "name", "tier", "created_at")}
    return Listed(**fields, status=_status(key, held))


def _status(key: Key, held: Held | None) -> Status:
    if not key.finished or (held and held.waiting):
        return Status.UNFINISHED
    if held is None:
        return Status.MISSING
    return Status.ACTIVE if held.enabled else Status.DISABLED


def _left_over(at: Deployment, held: Held) -> Listed:
    """A key of API Gateway that the table does not have."""
    user, _, name = held.name.removeprefix(f"{at.stack}/").rpartition("/")
    status = Status.UNFINISHED if held.waiting else Status.HALF_REVOKED
    return Listed(id=held.id, user=user, name=name, tier=None, status=status, created_at=held.created_at)
