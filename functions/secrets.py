"""A workspace's secrets: read for the moment in which an action needs them, and blotted out of whatever comes back."""

from typing import Any
from urllib.parse import quote

from functions import aws
from functions.actions.errors import ActionFailed
from functions.settings import settings

BLOT = "***"

_SECONDS_KEPT = 60


class SecretUnavailable(ActionFailed):
    """Raised when a secret that a config names is not there, or cannot be read."""


class Secrets(dict[str, str]):
    """The secrets of one workspace by name, each fetched when first asked for; no other workspace's can be named."""

    def __init__(self, workspace_id: str) -> None:
        super().__init__()
        self._workspace_id = workspace_id

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __missing__(self, name: str) -> str:
        value = self._fetch(name)
        self[name] = value
        return value

    def blot(self, value: Any) -> Any:
        """`value` without the secrets that were used: each is replaced wherever it appears, also as part of a URL."""
        if not len(self):
            return value
        if isinstance(value, str):
            return self._blot_text(value)
        if isinstance(value, dict):
            return {self._blot_text(key): self.blot(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.blot(item) for item in value]
        return value

    def _blot_text(self, text: str) -> str:
        for secret in sorted(self.values(), key=len, reverse=True):
            for form in {secret, quote(secret), quote(secret, safe=""), secret.replace('"', '\\"')} - {""}:
                text = text.replace(form, BLOT)
        return text

    def _fetch(self, name: str) -> str:
        # Few actions use a secret: the others need not wait for this.
        from aws_lambda_powertools.utilities.parameters import SecretsProvider
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

        provider = SecretsProvider(boto3_client=aws.secretsmanager())
        try:
            found = provider.get(f"{settings().secrets_prefix}/{self._workspace_id}/{name}", max_age=_SECONDS_KEPT)
        except GetParameterError:
            raise SecretUnavailable(
                f"The secret {name!r} cannot be read: the workspace has none of that name"
            ) from None
        return found if isinstance(found, str) else bytes(found or b"").decode()
