"""What each role was seen to call: the lines that running tests write, and the file that is checked in."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.permissions.calls import Need

KEPT = Path(__file__).with_name("calls.json")
"""What the last `make calls` saw: reviewed as the list of what each role really does."""


class Call(NamedTuple):
    """A need of a role: `api`, `action`, `lifecycle`, `stream`, or `machine` for the state machines' role."""

    role: str
    need: Need


def write_line(call: Call, test: str) -> str:
    """A call as a line of JSON, with the test that it was first seen in."""
    return json.dumps({**_document(call), "test": test})


def read_lines(folder: Path) -> dict[Call, str]:
    """The calls that the processes of a run noted, each with a test that it was seen in."""
    documents = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    return {_call(document): document["test"] for document in documents}


def read_kept() -> list[Call]:
    """The calls of the file that is checked in."""
    return [_call(document) for document in json.loads(KEPT.read_text())]


def write_kept(calls: Iterable[Call]) -> None:
    """Replaces the file that is checked in: one call a line, so that a change is read at a glance."""
    lines = [json.dumps(_document(call)) for call in sorted(set(calls))]
    KEPT.write_text("[\n  " + ",\n  ".join(lines) + "\n]\n")


def _document(call: Call) -> dict[str, Any]:
    action, resource, conditions = call.need
    document: dict[str, Any] = {"role": call.role, "action": action, "resource": resource}
    return document | ({"conditions": dict(conditions)} if conditions else {})


def _call(document: dict[str, Any]) -> Call:
    conditions = tuple(sorted(document.get("conditions", {}).items()))
    return Call(document["role"], Need(document["action"], document["resource"], conditions))
