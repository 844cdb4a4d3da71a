"""What the folds of a flow leave in its record, before any run: the bytes of log lines, timers and bodies, at the least
and at the most of whatever way a fold may take."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from state_machines.flow import Flow, Fork
from state_machines.fold import Result, Timer
from state_machines.limits import WAIT_MS
from state_machines.translate import is_templated
from state_machines.values import to_json
from state_machines.workflow import RESULT, Node

Bound = Literal["least", "most", "with_retries"]

_AT = "2026-11-22T14:32:00.123Z"
_ELEMENT = 1
"""Bytes that DynamoDB adds to each part of a list or a map."""
_WORDS = len('"":"",')


class Folded(NamedTuple):
    """Bytes of what one fold leaves."""

    lines: int = 0
    timers: int = 0
    body: int = 0
    """Of the results and the routing words, in the body of the step that the fold is recorded with."""


_NOTHING = Folded()


class Folds:
    """The folds of a flow, by where they begin."""

    def __init__(self, flow: Flow, bound: Bound) -> None:
        self._flow, self._bound = flow, bound
        self._from: dict[str, Folded] = {}
        for node in reversed(list(flow.nodes.values())):
            self._from[node.id] = self._at_node(node)

    def behind(self, node: str) -> Folded:
        """What is folded behind a node that has ended, with the result of the node itself."""
        own = Folded(_line_size(node), 0, _body_size(Result(node=node, started_at=_AT, ended_at=_AT)))
        return _together([own, self._at(self._flow.after(node, RESULT), self._flow.stop_of(node))])

    def from_(self, point: str, stop: str | None) -> Folded:
        """What is folded from a point on."""
        found = self._at(point, stop)
        return found._replace(lines=found.lines - 1) if found.lines else found  # the first line follows no other

    def _at(self, point: str | None, stop: str | None) -> Folded:
        if point is None or point == stop:
            return _NOTHING
        fork = self._flow.forks.get(point)
        return self._at_fork(fork, stop) if fork else self._from[point]

    def _at_node(self, node: Node) -> Folded:
        stop = self._flow.stop_of(node.id)
        if not node.enabled:
            return self._at(self._flow.after(node.id, node.passing_port), stop)
        if node.is_effect:
            return self._timer(node) if node.type == "wait" else Folded(body=len(node.id))
        own = Folded(1 + _line_size(node.id), 0, _body_size(Result(node=node.id, started_at=_AT, ended_at=_AT)))
        ways = [_together([_port(port), self._at(self._flow.after(node.id, port), stop)]) for port in node.ports] or [
            _NOTHING
        ]
        return _together([own, self._one_of(ways)])

    def _at_fork(self, fork: Fork, stop: str | None) -> Folded:
        found = [self._at(branch, fork.join) for branch in fork.branches]
        if self._flow.has_effects(fork):
            words = sum(len(fork.branch_name(n)) + _WORDS for n in range(len(fork.branches)))
            return _together([*found, Folded(body=words)])
        if fork.join and (self._bound != "least" or self._flow.joins_surely(fork)):
            found.append(self._at(fork.join, stop))
        return _together(found)

    def _one_of(self, ways: list[Folded]) -> Folded:
        pick = min if self._bound == "least" else max
        return Folded(*map(pick, zip(*ways, strict=True)))

    def _timer(self, node: Node) -> Folded:
        size = timer_size(node, self._bound)
        return Folded(timers=len(node.id) + size + _ELEMENT, body=2 * (len(node.id) + _WORDS) + size)


def timer_size(node: Node, bound: Bound) -> int:
    """Bytes of a wait's timer in the record; one that cannot be known is kept with the reason, if the run goes on."""
    ms = node.config["durationMs"]
    sizes = [len(to_json(Timer(started_at=_AT, ms=ms if isinstance(ms, int) else 0).document()))]
    if is_templated(node):
        sizes.append(len(to_json(Timer(started_at=_AT, ms=WAIT_MS.most).document())))
        if node.on_error == "continue":
            sizes.append(sizes[0] + TIMER_TEXTS)
    return min(sizes) if bound == "least" else max(sizes)


TIMER_TEXTS = 3_800
"""Bytes of a timer's error and of the one line of its log, 300 characters each, written as JSON."""


def _line_size(node: str) -> int:
    return len(node) + len("#0") + _ELEMENT


def _port(port: str) -> Folded:
    return _NOTHING if port == RESULT else Folded(lines=1 + len(port), body=len(port) + len('"port":"",'))


def _body_size(result: Result) -> int:
    return len(to_json(result.document())) + 1


def _together(parts: Iterable[Folded]) -> Folded:
    return Folded(*map(sum, zip(*parts, strict=True)))
