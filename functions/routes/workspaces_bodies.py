"""What workspaces takes in a body: camelCase, exact JSON types. Definitions are read by `functions/publish.py`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.routes import v1_bodies
from functions.routes.fields import TaskStatus
from state_machines.limits import GRANTS


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, defer_build=True, alias_generator=to_camel)


class ExecuteBody(_Body):
    trigger_data: dict[str, Any] | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    dry_run: bool = False
    mocks: dict[str, Any] = Field(default_factory=dict)


class GrantBody(v1_bodies.GrantBody):
    model_config = ConfigDict(alias_generator=to_camel)


class GrantsBody(_Body):
    grants: list[GrantBody] = Field(max_length=GRANTS.most)


class TaskBody(_Body):
    model_config = ConfigDict(strict=True, extra="forbid")

    status: TaskStatus
