"""A workspace's secrets: read for the moment in which an action needs them, and blotted out of whatever comes back."""

from typing import Any

from functions import aws
from functions.actions.errors import ActionFailed
from functions.settings import settings

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
        """`value` without the secrets that were used: each is replaced wherever it appears, however it is encoded."""
        if not len(self):
            return value
        # Few actions use a secret: the others need not wait for this.
        from functions.blotting import blotted

        return blotted(value, self.values())

    def _fetch(self, name: str) -> str:
        from aws_lambda_powertools.utilities.parameters import SecretsProvider
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

        provider = SecretsProvider(boto3_client=aws.secretsmanager())
        try:
            found = provider.get(f"{settings().secrets_prefix}/{self._workspace_id}/{name}", max_age=_SECONDS_KEPT)
        except GetParameterError as error:
            found_none = "ResourceNotFoundException" in str(error)
            why = "the workspace has none of that name" if found_none else "its store does not answer"
            raise SecretUnavailable(f"The secret {name!r} cannot be read: {why}") from None
        return found if isinstance(found, str) else bytes(found or b"").decode()
