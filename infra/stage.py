"""A stage of the deployment: what `cdk.json` says of it under `stages`, checked before anything is made from it."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SERVICE = "workflow-execution-api"

LogDays = Literal[7, 14, 30, 90, 180, 365, 731, 1827, 3653]
"""Days that CloudWatch Logs can be told to keep a log."""


class StageUnknown(Exception):
    """Raised when a stage is asked for that `cdk.json` does not have, or none."""


class StageInvalid(Exception):
    """Raised when what `cdk.json` says of a stage cannot be deployed; names every key that is wrong."""


class Stage(BaseModel):
    """One deployment of the service, with its defaults. Each field is a key of the stage in `cdk.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9]{0,15}$")
    """The key of the stage itself. It ends the stack's name, and so the names of what is in it."""
    retention_days: int = Field(default=90, ge=1, le=3650)
    """How long executions can be read after they are over."""
    log_retention_days: LogDays = 90
    """How long logs, and with them the audit trail, are kept."""
    keep_logs: bool = True
    """Whether the logs outlive the stack."""
    termination_protection: bool = False
    """Whether CloudFormation refuses to delete the stack."""
    console: bool = False
    """Whether the console is deployed beside the API, as pages of CloudFront's, which then may call the API."""
    allowed_origin: str = Field(default="", pattern=r"^(https?://[A-Za-z0-9.-]+(:\d{1,5})?)?$")
    """The one origin whose pages may call the API from a browser, in the place of the console's; empty for none.

    One, since what API Gateway answers by itself knows no conditions, and so names the same origin to everyone."""
    email_sender: str = Field(default="", pattern=r"^([^@\s]+@[A-Za-z0-9.-]+)?$")
    """The address that `send_email` sends from, verified in SES, itself or its domain; empty for no e-mail."""
    alarm_email: str = Field(default="", pattern=r"^([^@\s]+@[A-Za-z0-9.-]+)?$")
    """Who is told of alarms, and has to confirm that by a link in the first e-mail; empty for nobody."""
    throttle_rate: float = Field(default=200, gt=0)
    """Requests a second that the API takes, of all keys together. An account has 10,000 in each region by default."""
    throttle_burst: int = Field(default=400, ge=1)
    """How many may come at once."""
    stream_concurrency: int = Field(default=200, ge=0)
    """How many streams may be open at once: they are kept ready, and can never take more, so that a crowd of viewers
    leaves the rest of the account's 1,000 to the API and to the workflows. 0 reserves none: an account that is new has
    10 in all, and must keep 100 unreserved, until its quota is raised."""
    failed_executions_alarm: int = Field(default=10, ge=1)
    """The number of executions failed within five minutes at which the alarm goes off."""
    lambda_adapter_layer: str = "arn:{partition}:lambda:{region}:753240598075:layer:LambdaAdapterLayerArm64:27"
    """AWS's Lambda Web Adapter for arm64: https://github.com/awslabs/aws-lambda-web-adapter. The versions of a layer
    belong to a region, so one that lags behind needs a lower number; `{partition}` and `{region}` are filled in."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if self.console and self.allowed_origin:
            raise ValueError("console and allowed_origin exclude each other: the API lets the pages of one origin in")
        return self

    @property
    def stack_name(self) -> str:
        return f"{SERVICE}-{self.name}"


def read_stages(context: Any) -> dict[str, Stage]:
    """The stages of `cdk.json`, by name. Raises StageInvalid."""
    if not isinstance(context, Mapping) or not context:
        raise StageInvalid('cdk.json has no stages: its context needs {"stages": {"dev": {}}}')
    return {name: read_stage(name, settings) for name, settings in context.items()}


def read_stage(name: str, settings: Any) -> Stage:
    """One stage by what is set for it. Raises StageInvalid."""
    if not isinstance(settings, Mapping):
        raise StageInvalid(f"cdk.json, stage {name!r}: this must be an object, and may be empty")
    try:
        return Stage.model_validate({"name": name, **settings})
    except ValidationError as error:
        raise StageInvalid("\n".join(f"cdk.json, stage {name!r}: {fault}" for fault in _faults(error))) from None


def choose(stages: Mapping[str, Stage], name: str | None) -> list[Stage]:
    """The stage of that name, or all of them where none is named. Raises StageUnknown."""
    if name is None:
        return list(stages.values())
    if name not in stages:
        raise StageUnknown(f"cdk.json has no stage {name!r}: it has {', '.join(stages)}")
    return [stages[name]]


def _faults(error: ValidationError) -> list[str]:
    known = ", ".join(field for field in Stage.model_fields if field != "name")
    return [
        f"unknown key {fault['loc'][0]!r}; the keys are {known}"
        if fault["type"] == "extra_forbidden"
        else f"{fault['loc'][0]}: {fault['msg']} (given: {fault['input']!r})"
        if fault["loc"]
        else str(fault["ctx"]["error"])
        for fault in error.errors()
    ]
