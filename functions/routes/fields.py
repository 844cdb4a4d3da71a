"""Kinds of fields that answers have. What is said of them beside their type is for the OpenAPI document (`openapi/`).

Nothing of it is checked on the way out: an answer is made from what was checked on the way in.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from functions.lists import STATUSES
from functions.store.executions import Status
from functions.store.inbox import TASK_STATUSES


def one_of(names: Iterable[str]) -> Any:
    """A text that is one of `names`."""
    return Field(json_schema_extra={"enum": [*names]})


def _shaped(**keywords: Any) -> Any:
    return Field(json_schema_extra=keywords)


Time = Annotated[str, _shaped(format="date-time")]
"""UTC, ISO 8601, with milliseconds and `Z`."""
Count = Annotated[int, _shaped(minimum=0)]
Seconds = Annotated[int | float, _shaped(minimum=0)]
Milliseconds = Annotated[int, _shaped(minimum=0)]
Uuid = Annotated[str, _shaped(format="uuid")]
WorkflowId = Annotated[str, _shaped(pattern="^wf_[0-9a-f]{32}$")]
ExecutionId = Annotated[str, _shaped(pattern="^exec_[0-9a-f]{32}$")]
TaskId = Annotated[str, _shaped(pattern="^task_[0-9a-f]{32}$")]
NotificationId = Annotated[str, _shaped(pattern="^note_[0-9a-f]{32}$")]
WorkspaceId = Annotated[str, _shaped(pattern="^ws_")]
WorkflowStatus = Annotated[str, one_of(STATUSES)]
TaskStatus = Annotated[str, one_of(TASK_STATUSES)]
LowerStatus = Annotated[str, one_of(Status)]
"""An execution's, as v1 spells it."""
UpperStatus = Annotated[str, one_of(status.upper() for status in Status)]
"""An execution's, as workspaces spells it."""
NodeStatus = Annotated[
    str, one_of(("pending", "ready", "running", "completed", "failed", "skipped", "cancelled", "paused"))
]
StepStatus = Annotated[str, one_of(("pending", "running", "success", "failed", "skipped", "cancelled", "paused"))]
