"""What is added to the record of a running execution at once, and the write that adds all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.store.steps import Step
from state_machines.fold import Timer, size_kept
from state_machines.limits import KEPT
from state_machines.log import write_lines
from state_machines.values import to_json


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Lines of the log, timers of the waits that begin, and bodies of steps by their leaders, which the head keeps.

    `size` is what the results behind the lines take, in bytes, of what an execution may keep (`limits.KEPT`).
    """

    lines: Sequence[str] = ()
    timers: Mapping[str, Timer] = field(default_factory=dict)
    small_steps: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, step: Step, *, in_head: bool) -> "Addition":
        """What commits `step`, which is either kept in the head or staged as an item of its own."""
        return cls(
            lines=write_lines(step.results),
            timers=step.timers,
            small_steps={step.leader: step.body()} if in_head else {},
            size=size_kept(step.results),
        )

    @property
    def condition(self) -> str:
        """What the write expects to find: a running record, without these lines, and with room for the results."""
        is_new = " AND NOT contains(#log, :line)" if self.lines else ""
        has_room = " AND results_size <= :room" if self.size else ""
        return f"#status = :running{is_new}{has_room}"

    @property
    def sets(self) -> str:
        """The SET actions of the write: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html"""
        timers = "".join(f", timers.#t{i} = :t{i}" for i in range(len(self.timers)))
        steps = "".join(f", small_steps.#s{i} = :s{i}" for i in range(len(self.small_steps)))
        size = ", results_size = results_size + :size" if self.size else ""
        return f"#log = list_append(#log, :lines){timers}{steps}{size}"

    @property
    def names(self) -> dict[str, str]:
        """The names in `condition` and `sets`."""
        timers = {f"#t{i}": node for i, node in enumerate(self.timers)}
        steps = {f"#s{i}": leader for i, leader in enumerate(self.small_steps)}
        return {"#status": "status", "#log": "log"} | timers | steps

    @property
    def values(self) -> dict[str, Any]:
        """The values in `condition` and `sets`."""
        values: dict[str, Any] = {":running": "running", ":lines": list(self.lines)}
        values |= {f":t{i}": timer_text(timer) for i, timer in enumerate(self.timers.values())}
        values |= {f":s{i}": body for i, body in enumerate(self.small_steps.values())}
        if self.lines:
            values[":line"] = self.lines[0]
        if self.size:
            values |= {":size": self.size, ":room": KEPT.most - self.size}
        return values


NOTHING = Addition()


def timer_text(timer: Timer) -> str:
    """A timer as the head keeps it."""
    return to_json(timer.document())
