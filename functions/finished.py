"""What the live stream tells of an execution: its finished steps, in one order for everybody, each with the progress
that had been made with it.

The order is that of the log, which only grows. A record that has ended may know of more than its log does, waits whose
time was over and steps that began and never finished: they follow, and are as fixed as the record then is. So what was
told once is told the same way again, by any process. Reading is lazy, a few lines of the log at a time; the outputs of
no more than those are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.events import Extent
from functions.record import NOT_ACTIONS, NodeState, Progress, Record, progress_with
from functions.scope import flow_of
from functions.store import steps
from functions.store.executions import Execution, Input, Status
from functions.timers import wait_result
from state_machines.fold import Result
from state_machines.log import TIMER, Line, leaders_of, read_lines

PAGE = 8
"""Lines of the log that are read at once: outputs have up to 1 MB each."""

_NO_INPUT = Input(trigger=None, variables={})


class StepMissing(Exception):
    """Raised when the log names a step that is not there: its execution is being deleted."""


@dataclass(frozen=True)
class Finished:
    """A finished step, and the progress with it."""

    state: NodeState
    progress: Progress


class FinishedSteps:
    """The finished steps of one execution, by number, from 0. One thread at a time may use it.

    `follow` takes each later head of the execution. Only the reading methods, `extent` and `step`, call the store;
    they raise what it raises and StepMissing, and can be called again.
    """

    def __init__(self, execution: Execution) -> None:
        self._flow = flow_of(execution)
        self._passed: dict[str, Result] = {}
        """What each node came to, as far as the log was read, without outputs."""
        self._read = 0
        self._progress: list[Progress] = []
        self._page: dict[int, Finished] = {}
        self._rest: list[Finished] | None = None
        self.follow(execution)

    def follow(self, execution: Execution) -> None:
        """Goes on with a later head."""
        self._execution = execution
        self._lines = read_lines(execution.log)
        self._leaders = dict(leaders_of(execution.log))
        self._steps = [i for i, line in enumerate(self._lines) if self._is_step(line)]
        self._numbers = {place: number for number, place in enumerate(self._steps)}

    def extent(self, seen: int) -> Extent:
        """The sequence of events, as much of it as has to be known behind the event `seen`."""
        logged = Extent(len(self._steps))
        status = self._execution.status
        if seen < logged.last or not status.is_terminal:
            return logged
        return Extent(len(self._steps) + len(self._read_rest()), ended=True, failed=status == Status.FAILED)

    def step(self, number: int) -> Finished:
        """The finished step of this number, which is less than the extent's."""
        if number >= len(self._steps):
            return self._read_rest()[number - len(self._steps)]
        while len(self._progress) <= number:
            self._read_on()
        if number not in self._page:
            again = [i for i in self._steps[number : number + PAGE] if i < self._read]
            self._turn_to(again, self._results([self._lines[i] for i in again]))
        return self._page[number]

    def _read_on(self) -> None:
        """Reads the next lines of the log."""
        places = range(self._read, min(self._read + PAGE, len(self._lines)))
        results = self._results([self._lines[i] for i in places])
        for i, result in zip(places, results, strict=True):
            # What a wait came to is small, and could not be told again without what was passed before it.
            is_timer = self._lines[i].kind == TIMER
            self._passed[result.node] = result if is_timer else replace(result, output=None, logs=[], variables=None)
            if self._is_step(self._lines[i]):
                self._progress.append(progress_with(self._flow, self._passed))
        self._read += len(places)
        self._turn_to(places, results)

    def _turn_to(self, places: Sequence[int], results: Sequence[Result]) -> None:
        found = [(self._numbers[i], result) for i, result in zip(places, results, strict=True) if i in self._numbers]
        self._page = {number: Finished(self._state(result), self._progress[number]) for number, result in found}

    def _results(self, lines: Sequence[Line]) -> list[Result]:
        """What these lines came to, from the head, else in one read."""
        leaders = {self._leaders[line.node] for line in lines if line.kind != TIMER}
        found = steps.in_head(self._execution.small_steps, leaders)
        found |= steps.read_some(self._execution.id, leaders - found.keys())[0]
        if missing := leaders - found.keys():
            raise StepMissing(f"The log names {sorted(missing)[0]}, which is not there")
        results: dict[str, Result] = {}
        for line in lines:
            if line.kind == TIMER:
                results[line.node] = self._wait(line.node, results)
            else:
                step = found[self._leaders[line.node]]
                results[line.node] = next(result for result in step.results if result.node == line.node)
        return list(results.values())

    def _wait(self, node: str, results: dict[str, Result]) -> Result:
        known = self._passed.get(node)
        return known or wait_result(self._flow, self._execution, node, self._passed | results)

    def _read_rest(self) -> list[Finished]:
        """What a record that has ended knows of and its log does not name: ended waits, then what was cancelled."""
        while self._read < len(self._lines):
            self._read_on()
        if self._rest is None:
            record = Record(self._execution, self._flow, _NO_INPUT, self._passed)
            states = [state for state in record.steps if state.node not in self._passed]
            states.sort(key=lambda state: (state.ended_at is None, state.ended_at or state.started_at))
            self._rest = []
            results = dict(self._passed)
            for state in states:
                results |= {state.node: state.result} if state.result else {}
                self._rest.append(Finished(state, progress_with(self._flow, results)))
        return self._rest

    def _state(self, result: Result) -> NodeState:
        return NodeState(
            node=result.node,
            type=self._flow.nodes[result.node].type,
            status=result.status,
            started_at=result.started_at,
            result=result,
            attempt=result.attempt,
        )

    def _is_step(self, line: Line) -> bool:
        return self._flow.nodes[line.node].type not in NOT_ACTIONS
