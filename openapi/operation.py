"""What the document says of a route beside what the table has: the shape of each entry, and what several share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.errors import (
    BadRequest,
    Forbidden,
    IdempotencyConflict,
    PayloadTooLarge,
    ServiceError,
    UnsupportedMediaType,
    WorkflowFaulty,
    WorkflowInactive,
    WorkflowNotFound,
)
from openapi.schemas import Schema, obj

Errors = tuple[type[ServiceError], ...]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route. `parameters` are names of components; `answers` has the schema of each successful body by status.

    Where the answer is a stream, `events` has the schema of each event's data by the event's type.
    `errors` are those that its own code raises; every route has some more (`openapi/faults.py`).
    """

    summary: str
    description: str = ""
    parameters: tuple[str, ...] = ()
    body: Schema | None = None
    body_required: bool = True
    answers: Mapping[int, Schema] = field(default_factory=dict)
    events: Mapping[str, Schema] | None = None
    errors: Errors = ()


READS: Errors = (Forbidden, WorkflowNotFound)
SENDS: Errors = (BadRequest, PayloadTooLarge, UnsupportedMediaType)
DEFINES: Errors = (*SENDS, WorkflowFaulty)
STARTS: Errors = (*SENDS, *READS, WorkflowInactive, IdempotencyConflict)

TRUE: Schema = {"type": "boolean", "const": True}
STREAM_PARAMETERS = ("Last-Event-ID", "lastEventId")
START_HEADERS = ("Idempotency-Key", "Prefer")

PUBLISHED = "Stores a definition as version 1 of a new workflow, which the caller owns. Needs the role member or admin."
CHECKED = (
    "Stores nothing. A definition with faults is a 400 with all of them. Of one without it also tells what a run will "
    "come to; docs/workflows.md says what is counted, and what is assumed."
)
UPDATED = "Running executions keep the version that they began with."
ARCHIVED = "It executes no more; its executions stay readable."
STREAMED = (
    "Every finished step, and how the execution ended. One `connected` opens each response; then come a `step` and a "
    "`progress` for each step that has finished, an `error` where the execution failed, and at last one `complete`. "
    "Who comes late gets all of it; `Last-Event-ID` goes on behind an event. Who resumes behind `complete` gets a 204, "
    "which ends an EventSource. A browser's EventSource cannot send a key: it streams from the URL that each answer "
    "with an execution has."
)
GRANTED = "For the owner and the workspace's admins."


FAILED_EVENT: Schema = obj({"message": {"type": "string"}})
"""The data of `error`, in both dialects."""


def said(*sentences: str) -> Schema:
    """A `message` that is one of these."""
    return {"type": "string", "enum": [*sentences]} if len(sentences) > 1 else {"type": "string", "const": sentences[0]}
