"""`create_task`: a task in the workspace, open until someone completes it.

    {"title": "Complete onboarding", "description": "Fill out your profile", "priority": "HIGH",
     "assignedTo": "user_123"}
    -> {"taskId": "task_…", "title": "Complete onboarding", "status": "TODO", "priority": "HIGH",
        "assignedTo": "user_123"}

A retry creates the same task.
"""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from functions.actions.fields import Name, Title
from functions.actions.registry import ActionConfig, ActionContext, JsonObject, action, simulation_of
from functions.store.inbox import keep_task

MAX_DESCRIPTION_CHARACTERS = 10_000

# Python's fromisoformat takes more than people mean, such as 20260101 and 2026-W01-1.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DAY_OR_TIME = f"^({_DAY.pattern}|{_TIME.pattern})$"


def _iso_8601(text: str) -> str:
    fault = ValueError("This must be a date (2026-11-22) or a date and time (2026-11-22T09:00:00Z)")
    try:
        if _DAY.fullmatch(text):
            date.fromisoformat(text)
        elif _TIME.fullmatch(text):
            datetime.fromisoformat(text)
        else:
            raise fault
    except ValueError:
        raise fault from None
    return text


class CreateTaskConfig(ActionConfig):
    """What `create_task` takes."""

    title: Title
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION_CHARACTERS)] | None = None
    priority: Literal["LOW", "MEDIUM", "HIGH", "URGENT"] = "MEDIUM"
    assigned_to: Name | None = None
    due_date: Annotated[str, AfterValidator(_iso_8601), Field(json_schema_extra={"pattern": _DAY_OR_TIME})] | None = (
        None
    )


@action("create_task", config=CreateTaskConfig)
def create_task(config: CreateTaskConfig, context: ActionContext) -> JsonObject:
    """Keeps the task and answers with its id."""
    output = _output(config, context)
    keep_task(
        context.workspace_id,
        output["taskId"],
        title=config.title,
        description=config.description or "",
        priority=config.priority,
        assigned_to=config.assigned_to,
        due_date=config.due_date,
        execution_id=context.execution_id,
        node=context.node,
    )
    return output


@simulation_of("create_task")
def simulate(config: CreateTaskConfig, context: ActionContext) -> JsonObject:
    """The same answer, with no task kept."""
    return {**_output(config, context), "simulated": True}


def _output(config: CreateTaskConfig, context: ActionContext) -> JsonObject:
    return {
        "taskId": context.derived_id("task"),
        "title": config.title,
        "status": "TODO",
        "priority": config.priority,
        "assignedTo": config.assigned_to,
    }
