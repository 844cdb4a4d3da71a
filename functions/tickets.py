"""Tickets: what lets a browser stream one execution for a day, since its EventSource cannot send a key.

    <expiry, in seconds since the epoch>.<user, base64url>.<HMAC-SHA256 of both and of the execution, base64url>

The secret is random text in Secrets Manager. Tickets are signed with its current version and verified with the current
or the previous one, so that one rotation a day breaks none that was given out.
"""

import hmac
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from threading import Lock

from botocore.exceptions import BotoCoreError, ClientError

from functions import audit, aws, clock
from functions.settings import settings

LIFETIME_SECONDS = 24 * 3600
ROUNDED_SECONDS = 3600
"""A ticket expires at the next full hour behind its lifetime, so that what is read twice is the same both times."""

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

_KEPT_SECONDS = 600
"""How long a process signs and verifies with what it fetched."""
_AGAIN_SECONDS = 3
"""How soon it fetches again because of a signature it does not know, or because the fetch before failed."""

_TICKET = re.compile(r"(([0-9]{1,12})\.([A-Za-z0-9_-]{0,1000}))\.([A-Za-z0-9_-]{43})", re.ASCII)


class SecretUnreadable(Exception):
    """Raised when tickets can neither be signed nor verified, since Secrets Manager does not give their secret."""


class TicketRefused(Exception):
    """Raised when a ticket is malformed, tampered with, expired, or another execution's."""


def stream_url(path: str, execution_id: str, user: str) -> str | None:
    """Where `user` can stream an execution without a key: `path` on the streaming URL, with a new ticket.

    None where there is no such URL, or no secret to sign with: what asked for it has been done, and must be answered.
    """
    base = settings().stream_url
    if not base:
        return None
    try:
        return f"{base}{path}?ticket={issue(execution_id, user)}"
    except SecretUnreadable:
        return None


def issue(execution_id: str, user: str) -> str:
    """A ticket for `user` to stream this execution. Raises SecretUnreadable."""
    expiry = -(-(clock.now().timestamp() + LIFETIME_SECONDS) // ROUNDED_SECONDS) * ROUNDED_SECONDS
    content = f"{int(expiry)}.{_encode(user.encode())}"
    return f"{content}.{_signature(_secrets.current(), execution_id, content)}"


def holder(ticket: str, execution_id: str) -> str:
    """The user whom a ticket lets stream this execution. Raises TicketRefused, SecretUnreadable."""
    found = _TICKET.fullmatch(ticket)
    if found is None:
        raise TicketRefused("It is no ticket")
    content, expiry, user, signature = found.groups()
    if not any(_is_signed(age, execution_id, content, signature) for age in (_KEPT_SECONDS, _AGAIN_SECONDS)):
        raise TicketRefused("Its signature is not of this execution")
    if int(expiry) <= clock.now().timestamp():
        raise TicketRefused("It has expired")
    return urlsafe_b64decode(user + "=" * (-len(user) % 4)).decode()


def forget() -> None:
    """Lets go of the secret, so that it is fetched when it is next needed."""
    _secrets.forget()


def _is_signed(oldest: float, execution_id: str, content: str, signature: str) -> bool:
    """Whether the signature is by a version of the secret, none of them fetched more than `oldest` seconds ago."""
    secrets = (_secrets.get(version, oldest) for version in (CURRENT, PREVIOUS))
    # The texts are compared, not what they decode to: several texts decode to the same bytes.
    return any(
        secret and hmac.compare_digest(_signature(secret, execution_id, content), signature) for secret in secrets
    )


def _signature(secret: bytes, execution_id: str, content: str) -> str:
    return _encode(hmac.new(secret, f"stream.{execution_id}.{content}".encode(), sha256).digest())


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _fetch(version: str) -> bytes | None:
    """A version of the secret; None where there is no previous one, as before the first rotation."""
    try:
        answer = aws.secretsmanager().get_secret_value(SecretId=settings().ticket_secret, VersionStage=version)
    except ClientError as error:
        if version == PREVIOUS and error.response["Error"].get("Code") == "ResourceNotFoundException":
            return None
        raise
    return answer.get("SecretString", "").encode()


class Secrets:
    """The versions of the secret, each fetched when first asked for, and again when it is older than the asker allows.

    What was fetched before serves on where it cannot be fetched again.
    """

    def __init__(self, fetch: Callable[[str], bytes | None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._monotonic = fetch, monotonic
        self._kept: dict[str, bytes | None] = {}
        self._tried: dict[str, float] = {}
        self._lock = Lock()

    def current(self) -> bytes:
        """The secret to sign with. Raises SecretUnreadable."""
        if secret := self.get(CURRENT, _KEPT_SECONDS):
            return secret
        raise SecretUnreadable("There is no secret to sign tickets with")

    def get(self, version: str, oldest: float) -> bytes | None:
        """A version, fetched at most `oldest` seconds ago if that can be. Raises SecretUnreadable."""
        with self._lock:
            age = self._monotonic() - self._tried.get(version, float("-inf"))
            if age >= (oldest if version in self._kept else _AGAIN_SECONDS):
                self._try(version)
            if version not in self._kept:
                raise SecretUnreadable("The secret of tickets cannot be read")
            return self._kept[version]

    def forget(self) -> None:
        """Lets go of every version."""
        with self._lock:
            self._kept.clear()
            self._tried.clear()

    def _try(self, version: str) -> None:
        self._tried[version] = self._monotonic()
        try:
            self._kept[version] = self._fetch(version)
        except (BotoCoreError, ClientError) as error:
            audit.logger.error("The secret of tickets cannot be read", extra={"error_type": type(error).__name__})


_secrets = Secrets(_fetch)
