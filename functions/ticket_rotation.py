"""A new secret for stream tickets: those that were given out stay good, since readers try the previous one as well."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from functions import aws, clock
from functions.deployment import Refused
from functions.tickets import CURRENT, LIFETIME_SECONDS, PREVIOUS, ROUNDED_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import SecretVersionsListEntryTypeDef

SIGNED_LATE = timedelta(minutes=10)
"""How long a function may still sign with a secret that was replaced."""

APART = timedelta(seconds=LIFETIME_SECONDS + ROUNDED_SECONDS) + SIGNED_LATE
"""Between two rotations: only one secret before the current one is kept, and its tickets must have expired."""


class TooSoon(Refused):
    """Raised when tickets of the previous secret, which would be lost, may still be in use."""


def rotate(secret_id: str, *, force: bool = False) -> None:
    """Puts a new secret in the place of the current one, which becomes the previous one. Raises TooSoon."""
    client = aws.secretsmanager()
    at = _rotated_at(client.list_secret_version_ids(SecretId=secret_id)["Versions"])
    if at and clock.now() - at < APART and not force:
        raise TooSoon(
            f"The secret was rotated at {clock.iso(at)}, and tickets of the one before are good until "
            f"{clock.iso(at + APART)}: wait until then, or give --force, which ends the streams that use them."
        )
    client.put_secret_value(SecretId=secret_id, SecretString=secrets.token_urlsafe(48))


def _rotated_at(versions: "list[SecretVersionsListEntryTypeDef]") -> datetime | None:
    """When the current secret took the place of a previous one; None where there is none."""
    by_stage = {stage: version for version in versions for stage in version.get("VersionStages", ())}
    return by_stage[CURRENT]["CreatedDate"] if PREVIOUS in by_stage else None
