"""The audit trail: one line per event, in the format of the v1 document, inside a JSON record with the same fields.

    [2026-11-22T14:32:00Z] INFO workflow_execution_api:1.0.0 AUDIT community=1 user=2 action=… result=SUCCESS

Only what this service made or checked goes in: ids, names of actions, results. No key, header or payload does.
"""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TextIO

from aws_lambda_powertools import Logger

from functions import clock

MODULE = "workflow_execution_api"
VERSION = "1.0.0"

Event = Literal["AUTH", "AUTHZ", "AUDIT", "ERROR", "SYSTEM"]
Outcome = Literal["SUCCESS", "DENIED", "FAILURE"]

_UNSAFE = re.compile(r"[^A-Za-z0-9_.:@/\-]")
_LEVELS = {"AUTHZ": "WARNING", "ERROR": "ERROR"}

logger = Logger(service=MODULE, location=None)


def record(
    event: Event,
    *,
    action: str,
    outcome: Outcome = "SUCCESS",
    community: int | None = None,
    user: str | None = None,
    **ids: str | int | None,
) -> None:
    """Writes one event. `ids` are further fields of the JSON record, such as `execution_id` and `request_id`."""
    level = "WARNING" if outcome == "DENIED" else _LEVELS.get(event, "INFO")
    fields: dict[str, Any] = {
        "event_type": event,
        "community": community,
        "user": plain(user),
        "action": action,
        "result": outcome,
        **{name: plain(value) for name, value in ids.items() if value is not None},
    }
    getattr(logger, level.lower())(line(level, event, community, user, action, outcome), extra=fields)


@contextmanager
def written_to(stream: TextIO) -> Iterator[None]:
    """While this lasts, events go to `stream`: for a command whose standard output is its result."""
    handlers: Any = logger.handlers
    before = [(handler, handler.stream) for handler in handlers]
    for handler, _ in before:
        handler.setStream(stream)
    try:
        yield
    finally:
        for handler, old in before:
            handler.setStream(old)


def trace(error: BaseException) -> dict[str, Any]:
    """Where an error came from, without what it says: that may repeat what a user sent."""
    return {"error_type": type(error).__name__, "stack": "".join(traceback.format_tb(error.__traceback__))}


def line(level: str, event: str, community: int | None, user: str | None, action: str, outcome: str) -> str:
    """The line of an event, in exactly the documented format."""
    time = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    who = f"community={'-' if community is None else community} user={plain(user)}"
    return f"[{time}] {level} {MODULE}:{VERSION} {event} {who} action={action} result={outcome}"


def plain(value: str | int | None) -> str:
    """A value as one word: nothing in it can begin another field or line."""
    return "-" if value is None or value == "" else _UNSAFE.sub("_", str(value))[:128]
