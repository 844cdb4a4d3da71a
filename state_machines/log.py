"""The log of an execution: one line for each finished visit of a node, in the order they ended.

Its lines are what the head item of an execution holds, and what one conditional write appends to:

    fetch#0            an effect, or a decision that was folded by a Task of its own; its step item has the results
    +check#0>true      a decision folded behind the line above, left by the port `true`; in the same step item
    ~pause#0           a wait whose end was noticed by the function behind it; its result follows from its timer

A line's position is its sequence number. Beside it, `started` has one line for each attempt of each effect:

    fetch#0#1@2026-11-22T14:32:00.123Z
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from state_machines.fold import Result
from state_machines.workflow import RESULT

FOLLOWER = "+"
TIMER = "~"


class Line(NamedTuple):
    """A line, read."""

    kind: str
    node: str
    visit: int
    port: str

    @property
    def leader(self) -> str:
        """The name of the step item that begins with this line."""
        return leader_name(self.node, self.visit)


class Start(NamedTuple):
    """A line of `started`, read: when an attempt (from 0) of a visit began."""

    node: str
    visit: int
    attempt: int
    at: str


def write_start(node: str, visit: int, attempt: int, at: str) -> str:
    """The line for an attempt that begins."""
    return f"{leader_name(node, visit)}#{attempt}@{at}"


def read_starts(started: Iterable[str]) -> list[Start]:
    """All the lines of `started`."""
    starts = []
    for text in started:
        place, _, at = text.partition("@")
        node, visit, attempt = place.rsplit("#", 2)
        starts.append(Start(node, int(visit), int(attempt), at))
    return starts


def leader_name(node: str, visit: int) -> str:
    """`fetch#0`: the name of the step item for this visit of an effect or a fold."""
    return f"{node}#{visit}"


def write_lines(results: Iterable[Result]) -> list[str]:
    """The lines of one append: the first of the results leads, the others follow it."""
    return [_write(FOLLOWER if i else "", result.node, result.visit, result.port) for i, result in enumerate(results)]


def write_timer(node: str, visit: int = 0) -> str:
    """The line of a wait whose end was noticed afterwards."""
    return _write(TIMER, node, visit, RESULT)


def read_line(text: str) -> Line:
    """The line in `text`."""
    kind = text[0] if text[0] in (FOLLOWER, TIMER) else ""
    place, _, port = text.removeprefix(kind).partition(">")
    node, _, visit = place.rpartition("#")
    return Line(kind, node, int(visit), port or RESULT)


def read_lines(log: Iterable[str]) -> list[Line]:
    """All the lines of a log."""
    return [read_line(text) for text in log]


def ports_of(log: Iterable[str]) -> dict[str, str]:
    """For each finished node, the port by which it was left: what `Flow.frontier` asks for."""
    return {line.node: line.port for line in map(read_line, log)}


def leaders_of(log: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each finished node with the name of the step item that has its result; waits noticed afterwards have none."""
    leader = ""
    for line in map(read_line, log):
        if line.kind == TIMER:
            continue
        leader = leader if line.kind == FOLLOWER else line.leader
        yield line.node, leader


def _write(kind: str, node: str, visit: int, port: str) -> str:
    return f"{kind}{leader_name(node, visit)}" + (f">{port}" if port != RESULT else "")
