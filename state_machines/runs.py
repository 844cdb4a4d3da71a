"""What one run of a machine comes to, before it runs: its transitions, calls, history events, and writes to its record.

A machine has no cycle, so this is one walk over each of its regions, from the start to the ends. Where paths meet, the
least or the most of them goes on; so no path that a run can take comes to less, or to more.

Events: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, NamedTuple

from state_machines.flow import Flow
from state_machines.folding import Bound, Folded, Folds
from state_machines.workflow import Node

State = Mapping[str, Any]

WRITE_BYTES = 1024
"""Bytes of a write unit: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html"""

_START_LINE = len("#0#0@2026-11-22T14:32:00.123Z") + 1
"""Bytes of a line of `started`, beside the node's id."""
_EVENTS = {"Choice": 2, "Wait": 2, "Pass": 2, "Succeed": 2, "Fail": 1, "Parallel": 4}
_LARGE_BODY = 4_000
"""Bytes beyond which a step's body is an item of its own."""


class Tally(NamedTuple):
    """What a run has come to so far. `head` is the bytes of its record's head item."""

    transitions: int = 0
    calls: int = 0
    events: int = 0
    head: int = 0
    writes: int = 0
    ended: int = 0
    """`writes`, if the run ends here: the write that ends a record also commits its last step."""


@dataclass(frozen=True)
class Record:
    """What the store adds to the log that a run writes: bytes, and the write units of effects that write themselves."""

    head: int = 0
    """Of a new head."""
    data: int = 0
    """Of what a step keeps beside its structure: outputs, logs, errors."""
    item: int = 0
    """Of a step's own item beside its body; 0 where steps are small enough to need none."""
    effects: Mapping[str, int] = field(default_factory=dict)


class Walk:
    """Walks over `machine`, the machine of `flow`.

    The bound `most` is without any retry or crash, `with_retries` with all that the states allow. A run that fails or
    is cancelled stops on its way, and may come to less than `least`.
    """

    def __init__(self, flow: Flow, machine: State, bound: Bound, record: Record) -> None:
        self._flow, self._machine, self._bound, self._record = flow, machine, bound, record
        self._folds = Folds(flow, bound)
        self._growth: dict[int, int] = {}

    @property
    def claimed(self) -> Folded:
        """What the decisions before the first effect leave."""
        return self._folds.from_(self._flow.entry, None)

    def run(self) -> Tally:
        """A whole run, but for the write that claims its record and those that end it."""
        begun = Tally(events=1, head=self._record.head + self.claimed.lines + self.claimed.timers)
        over = self._region(self._machine, begun)
        return over._replace(events=over.events + 1)

    def _region(self, region: State, begun: Tally) -> Tally:
        """The tally where a region is over."""
        reached, over = {region["StartAt"]: begun}, []
        for name in self._in_order(region):
            state = region["States"][name]
            after = self._after(name, state, reached[name])
            targets = list(self._targets(state))
            over += [] if "Next" in state or "Default" in state else [after]
            for target in targets:
                reached[target] = self._one_of([after, reached[target]]) if target in reached else after
        return self._one_of(over)

    def _in_order(self, region: State) -> list[str]:
        """The states that a run may come to, each behind all those that lead to it."""
        left: list[str] = []
        seen = {region["StartAt"]}
        stack = [(region["StartAt"], self._targets(region["States"][region["StartAt"]]))]
        while stack:
            name, following = stack[-1]
            target = next(following, None)
            if target is None:
                left.append(name)
                stack.pop()
            elif target not in seen:
                seen.add(target)
                stack.append((target, self._targets(region["States"][target])))
        return left[::-1]

    def _targets(self, state: State) -> Iterator[str]:
        yield from (rule["Next"] for rule in state.get("Choices", ()))
        yield from (state[name] for name in ("Next", "Default") if name in state)
        if self._bound == "with_retries":
            yield from (catcher["Next"] for catcher in state.get("Catch", ()))

    def _one_of(self, tallies: list[Tally]) -> Tally:
        pick = min if self._bound == "least" else max
        return Tally(*map(pick, zip(*tallies, strict=True)))

    def _after(self, name: str, state: State, before: Tally) -> Tally:
        if state["Type"] == "Task":
            return self._after_task(state, before)
        entered = before._replace(transitions=before.transitions + 1, events=before.events + _EVENTS[state["Type"]])
        if state["Type"] == "Parallel":
            return self._after_parallel(state["Branches"], entered)
        if state["Type"] == "Wait":
            # A Task that only folds behind a wait has the wait's line in its own step.
            line = 0 if state.get("Next") == f"{name} done" else len(f"~{name}#0") + 1
            return entered._replace(head=entered.head + line, ended=entered.writes)
        return entered

    def _after_parallel(self, branches: list[State], entered: Tally) -> Tally:
        """All branches; where one writes, the head may hold what all others wrote, or nothing of it."""
        growth = [self._growth_of(branch) for branch in branches]
        total = entered
        for branch, own in zip(branches, growth, strict=True):
            others = 0 if self._bound == "least" else sum(growth) - own
            begun = entered._replace(head=entered.head + others)
            over = self._region(branch, begun)
            total = Tally(*(t + o - b for t, o, b in zip(total, over, begun, strict=True)))
        # Whoever commits last ends the record with it, or right behind it.
        last = units(total.head) if self._bound == "least" else 0
        return total._replace(ended=max(0, total.writes - last))

    def _growth_of(self, branch: State) -> int:
        if id(branch) not in self._growth:
            self._growth[id(branch)] = self._region(branch, Tally()).head
        return self._growth[id(branch)]

    def _after_task(self, state: State, before: Tally) -> Tally:
        payload = state["Parameters"]["Payload"]
        node = self._flow.nodes[payload["node"]]
        tries = self._tries(state)
        head, writes = before.head, before.writes
        if "fold" not in payload and "crashed" not in payload:
            for _ in range(tries):
                head += len(node.id) + _START_LINE
                writes += units(head)
            writes += tries * self._record.effects.get(node.type, 0)
        elif "after_waits" in payload and self._bound != "least":
            writes += units(head)
        folded = self._folded(payload, node)
        head += folded.lines + folded.timers
        writes += self._staged(folded)
        return Tally(
            transitions=before.transitions + tries,
            calls=before.calls + tries,
            events=before.events + 2 + 3 * tries,
            head=head,
            writes=writes + (units(head) if folded.lines or folded.timers else 0),
            ended=writes,
        )

    def _tries(self, state: State) -> int:
        most = max(retrier.get("MaxAttempts", 3) for retrier in state["Retry"])
        return 1 + most if self._bound == "with_retries" else 1

    def _folded(self, payload: State, node: Node) -> Folded:
        if payload.get("fold") == "from":
            return self._folds.from_(node.id, self._flow.stop_of(node.id))
        return self._folds.behind(node.id)

    def _staged(self, folded: Folded) -> int:
        """The write units of a step that is kept in items of its own, where that can be."""
        return staged_units(self._record, folded) if self._record.item and folded.lines else 0


def staged_units(record: Record, folded: Folded) -> int:
    """The write units of a step outside of the head; a large one has its body in a second item, in one transaction."""
    body = folded.body + record.data
    if body <= _LARGE_BODY:
        return units(record.item + body)
    return 2 * (units(record.item) + units(record.item + body))


def units(size: int) -> int:
    """The write units of an item of so many bytes."""
    return max(1, ceil(size / WRITE_BYTES))


def widest(region: State) -> tuple[int, str]:
    """How many branches may run at the same time, and the fork that they begin at."""
    found = (1, "")
    for name, state in region["States"].items():
        if state["Type"] == "Parallel":
            found = max(found, (sum(widest(branch)[0] for branch in state["Branches"]), name), key=lambda one: one[0])
    return found
