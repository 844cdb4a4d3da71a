"""The environment, read once into a typed model. Nothing else reads `os.environ`."""

import os
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What the functions are told about where they run. Each is the environment variable of that name in capitals."""

    model_config = ConfigDict(frozen=True)

    table_name: str
    action_function_arn: str = ""
    machine_role_arn: str = ""
    notifications_topic_arn: str = ""
    outputs_bucket: str = ""
    secrets_prefix: str = "workflow-execution-api"
    email_sender: str = ""
    retention_days: int = Field(default=90, ge=1)
    allowed_origins: str = ""
    """Comma-separated origins that browsers may call from."""
    call_api_allow: str = ""
    """Comma-separated `host:port` that `call_api` may reach although the address is private. Empty on AWS."""
    stage: str = "dev"
    stream_url: str = ""
    """Of the streaming function, without a slash at its end. Answers have no URL to stream from where it is empty."""
    ticket_secret: str = ""
    """The name or ARN of the secret that tickets are signed with."""
    stream_seconds: float = Field(default=300, gt=0, le=300)
    """The longest that a stream's response lasts: less than the function has, since Lambda would cut it off."""

    @property
    def origins(self) -> tuple[str, ...]:
        return _split(self.allowed_origins)

    @property
    def reachable(self) -> frozenset[str]:
        return frozenset(_split(self.call_api_allow))


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Raises pydantic's ValidationError where a variable is missing or malformed."""
    fields = Settings.model_fields
    return Settings.model_validate({n: os.environ[n.upper()] for n in fields if n.upper() in os.environ})


def tell(**values: str) -> None:
    """Sets settings of this process: for a command that learns them from a stack, and not from its environment."""
    os.environ.update({name.upper(): value for name, value in values.items()})
    settings.cache_clear()


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
