"""Waits whose end nobody was there to note: the function behind a Wait state notes it, or whoever ends the run."""

from collections.abc import Iterable, Mapping

from functions import clock
from functions.store.executions import Execution
from state_machines.flow import Flow
from state_machines.fold import Result, Timer
from state_machines.log import ports_of
from state_machines.translate import is_timer, seconds_of
from state_machines.workflow import RESULT


def ended_waits(flow: Flow, execution: Execution, candidates: Iterable[str]) -> tuple[list[str], str | None]:
    """Those of `candidates`, in order, that the run has come to and gone behind; and when the last of them is due.

    A wait that follows another one directly is come to when that one has ended, so the frontier moves on with each.
    """
    ports = ports_of(execution.log)
    wanted = sorted(candidates, key=flow.order.__getitem__)
    ended: list[str] = []
    for node in wanted:
        if node not in ports and node in flow.frontier(ports):
            ports[node] = RESULT
            ended.append(node)
    timers = [execution.timers.get(node) or timer_ending(flow, node) for node in ended]
    return ended, max(map(due_of, timers), default=None)


def waits_in(flow: Flow) -> list[str]:
    """Every node of a flow that is a Wait state."""
    return [name for name, node in flow.nodes.items() if is_timer(node)]


def due_of(timer: Timer) -> str:
    """When a wait is over."""
    return clock.add_ms(timer.started_at, timer.ms)


def timer_ending(flow: Flow, node: str) -> Timer:
    """The timer of a wait before which no function stood, by the function behind it.

    Its state has just counted whole seconds, as `seconds_of` says: what these left of the time is still to come.
    """
    ms = flow.nodes[node].config["durationMs"]
    due = clock.add_ms(clock.now_iso(), max(0, ms - 1000 * seconds_of(flow, node, ms)))
    return Timer(started_at=clock.add_ms(due, -ms), ms=ms)


def timer_of(flow: Flow, execution: Execution, node: str, results: Mapping[str, Result]) -> Timer:
    """The timer of a wait: the one that was set, or, with no function before it, what follows from the record."""
    if node in execution.timers:
        return execution.timers[node]
    ended = [results[earlier].ended_at for earlier in flow.earlier_nodes(node) if earlier in results]
    started_at = max(ended, default=execution.started_at)
    duration = flow.nodes[node].config["durationMs"]
    return Timer(started_at=started_at, ms=duration if isinstance(duration, int) else 0)


def wait_result(flow: Flow, execution: Execution, node: str, results: Mapping[str, Result]) -> Result:
    """What a wait that the log names came to."""
    timer = timer_of(flow, execution, node, results)
    return timer.result(node, due_of(timer))
