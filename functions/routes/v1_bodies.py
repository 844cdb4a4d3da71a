"""What v1 takes in a body: snake_case, exact JSON types. Definitions are read by `functions/publish.py`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from state_machines.limits import GRANTS


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, defer_build=True)


class ExecuteBody(_Body):
    community_id: int
    variables: dict[str, Any] = Field(default_factory=dict)
    trigger_data: dict[str, Any] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class TestBody(ExecuteBody):
    __test__ = False
    mocks: dict[str, Any] = Field(default_factory=dict)


class CommunityBody(_Body):
    community_id: int


class GrantBody(_Body):
    model_config = ConfigDict(strict=True, extra="forbid")

    user_id: str = Field(min_length=1, max_length=128)
    can_view: bool = False
    can_execute: bool = False
    can_edit: bool = False


class GrantsBody(_Body):
    grants: list[GrantBody] = Field(max_length=GRANTS.most)
