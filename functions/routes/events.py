"""The events of the live stream as they are sent, in either dialect."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from functions.events import Kind, write, write_connected
from functions.finished import Finished, FinishedSteps
from functions.record import Progress
from functions.routes import v1_events, workspaces_events
from functions.routes.table import Dialect
from functions.store.executions import Execution
from state_machines.values import to_json

ENOUGH = 64 * 1024
"""Bytes of events that are written at once, before they are sent."""

_CAUSE = "Node execution failed: "


class Sent(NamedTuple):
    """An event as it is sent."""

    number: int
    kind: Kind
    body: bytes


class _Data(NamedTuple):
    """What makes the data of a dialect's events."""

    connected: Callable[[Execution], dict[str, Any]]
    step: Callable[[Finished], dict[str, Any]]
    progress: Callable[[Progress], dict[str, Any]]
    complete: Callable[[Execution], dict[str, Any]]


_DIALECTS: Mapping[Dialect, _Data] = {
    "v1": _Data(v1_events.connected, v1_events.step, v1_events.progress, v1_events.complete),
    "workspaces": _Data(
        workspaces_events.connected, workspaces_events.step, workspaces_events.progress, workspaces_events.complete
    ),
}


def opening(execution: Execution, dialect: Dialect, position: int) -> bytes:
    """What a response begins with that goes on behind `position`."""
    return write_connected(_text(_DIALECTS[dialect].connected(execution)), position)


def following(finished: FinishedSteps, execution: Execution, seen: int, dialect: Dialect) -> list[Sent]:
    """The next events behind `seen`, of those that there are; more of them where they are small.

    Raises what reading the steps raises.
    """
    sent: list[Sent] = []
    size = 0
    for number, kind, step in finished.extent(seen).after(seen):
        body = write(kind, _text(_data(_DIALECTS[dialect], kind, finished, execution, step)), number)
        sent.append(Sent(number, kind, body))
        size += len(body)
        if size >= ENOUGH:
            break
    return sent


def fault(message: str, position: int) -> bytes:
    """An error of the stream itself; it moves nobody's position."""
    return write(Kind.ERROR, _text({"message": message}), position)


def _data(data: _Data, kind: Kind, finished: FinishedSteps, execution: Execution, step: int) -> dict[str, Any]:
    if kind == Kind.STEP:
        return data.step(finished.step(step))
    if kind == Kind.PROGRESS:
        return data.progress(finished.step(step).progress)
    if kind == Kind.ERROR:
        return {"message": f"Execution failed: {(execution.error or '').removeprefix(_CAUSE)}"}
    return data.complete(execution)


def _text(data: dict[str, Any]) -> str:
    text = to_json(data)
    # A lone surrogate is JSON only when it is escaped; as text it could not be sent.
    return text if text.isascii() or _is_text(text) else json.dumps(data, separators=(",", ":"))


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
