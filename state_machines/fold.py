"""The fold: every decision that follows from what is known, taken by whoever finished the effect before it.

A decision (`trigger`, `condition`, `switch`, `set_variables`, `end`) costs no state transition and calls nobody. The
real run and the dry run take them here, with the same code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from state_machines.conditions import evaluate
from state_machines.effort import bounded, spend, weight
from state_machines.errors import ExpressionFailed, NodeFailed, TooMuchKept
from state_machines.expressions import MISSING, parse_path, render
from state_machines.flow import DONE, Flow
from state_machines.limits import KEPT, WAIT_MS
from state_machines.values import MAX_OUTPUT_BYTES, check_size, json_size, to_json
from state_machines.workflow import RESULT, Node

TIMER_TEXT = 300
"""Characters of a timer's error, and of the one line of its log."""

COMPLETED = "completed"
FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one visit of one node came to. Times are ISO 8601 in UTC; `port` is the one it was left by."""

    node: str
    status: str = COMPLETED
    port: str = RESULT
    output: Any = None
    started_at: str
    ended_at: str
    logs: list[str] = field(default_factory=list)
    error: str | None = None
    error_type: str | None = None
    attempt: int = 0
    visit: int = 0
    variables: dict[str, Any] | None = None
    """The variables that a set_variables assigned."""

    def document(self) -> dict[str, Any]:
        """This result as JSON, without what is at its default."""
        return {name: value for name, value in vars(self).items() if name not in _DEFAULTS or value != _DEFAULTS[name]}

    @property
    def failed(self) -> bool:
        return self.status == FAILED


_DEFAULTS: Mapping[str, Any] = {
    "status": COMPLETED,
    "port": RESULT,
    "output": None,
    "logs": [],
    "error": None,
    "error_type": None,
    "attempt": 0,
    "visit": 0,
    "variables": None,
}


@dataclass(frozen=True, kw_only=True)
class Timer:
    """A wait that was reached: how long it takes, or why that cannot be known (it then failed, and takes no time)."""

    started_at: str
    ms: int = 0
    error: str | None = None
    error_type: str | None = None
    logs: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """This timer as JSON."""
        return dict(vars(self))

    def result(self, node: str, ended_at: str) -> Result:
        """What the wait came to, when its time is over."""
        return Result(
            node=node,
            status=FAILED if self.error else COMPLETED,
            output=None if self.error else {"durationMs": self.ms},
            started_at=self.started_at,
            ended_at=ended_at,
            logs=self.logs,
            error=self.error,
            error_type=self.error_type,
        )


@dataclass
class Scope:
    """What an execution knows: what it was started with, and what its nodes came to so far."""

    flow: Flow
    execution: Mapping[str, Any]
    workflow: Mapping[str, Any]
    trigger: Any
    variables: Mapping[str, Any]
    """The workflow's defaults, overlaid by the request's."""
    results: dict[str, Result] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def variables_at(self, node: str) -> dict[str, Any]:
        """The variables as `node` sees them: its own branch's assignments and those before the branch."""
        return self._assigned(lambda earlier: self.flow.runs_before(earlier, node))

    def final_variables(self) -> dict[str, Any]:
        """The variables after every assignment made so far, parallel ones in the order of their connections."""
        return self._assigned(lambda _: True)

    def document(self, node: str) -> dict[str, Any]:
        """What the expressions of `node` read. Raises TooMuchWork."""
        variables = self.variables_at(node)
        spend(0.1 * len(self.results) + 0.02 * len(variables))
        return {
            "trigger": self.trigger,
            "variables": variables,
            "steps": {
                earlier: {"output": self.results[earlier].output}
                for earlier in self.flow.earlier_nodes(node)
                if earlier in self.results
            },
            "execution": self.execution,
            "workflow": self.workflow,
        }

    def check_variables(self, variables: Mapping[str, Any], assigned: Mapping[str, Any]) -> None:
        """Raises ValueTooLarge where `variables`, with `assigned`, are more than may be kept together.

        Most often all that was ever assigned is not, and then nothing has to be written out to know.
        """
        setters = {node: result.variables for node, result in self.results.items() if result.variables}
        most = json_size(assigned) + sum(
            self._size(node, given) for node, given in {**setters, "": self.variables}.items()
        )
        if most > MAX_OUTPUT_BYTES:
            check_size({**variables, **assigned}, "What all variables hold together")

    def _size(self, setter: str, variables: Mapping[str, Any]) -> int:
        if setter not in self._sizes:
            self._sizes[setter] = json_size(variables)
        return self._sizes[setter]

    def _assigned(self, visible: Any) -> dict[str, Any]:
        variables = dict(self.variables)
        setters = [node for node, result in self.results.items() if result.variables and visible(node)]
        for node in sorted(setters, key=self.flow.order.__getitem__):
            variables.update(self.results[node].variables or {})
        return variables


@dataclass
class Folded:
    """What a fold came to: the decisions taken, in order, and where the machine goes on."""

    results: list[Result] = field(default_factory=list)
    next: str = DONE
    branches: dict[str, str] = field(default_factory=dict)
    """For each branch of a fork that was reached: where that branch goes on."""
    timers: dict[str, "Timer"] = field(default_factory=dict)
    """The waits that were reached."""
    failure: Result | None = None
    """The decision that failed and stops the execution."""


@bounded
def fold(scope: Scope, point: str | None, stop: str | None, now: str) -> Folded:
    """Takes every decision from `point` on, up to the next effect, fork with effects, `stop` or end.

    The results are added to `scope` as they come, since later decisions read earlier ones.
    """
    folded = Folded()
    folded.next = _fold_on(scope, point, stop, now, folded)
    return folded


def _fold_on(scope: Scope, point: str | None, stop: str | None, now: str, folded: Folded) -> str:
    """Folds from `point` on; returns where this path goes on, and adds everything else to `folded`."""
    flow = scope.flow
    while point is not None and point != stop and folded.failure is None:
        if point in flow.forks:
            ends = _fold_branches(scope, point, now, folded)
            fork = flow.forks[point]
            if flow.has_effects(fork):
                return point
            point = fork.join if fork.join in ends else None
            continue
        node = flow.nodes[point]
        if node.is_effect:
            _set_timer(scope, node, now, folded)
            break
        port = _take(scope, node, now, folded) if node.enabled else node.passing_port
        point = flow.after(point, port)
    return DONE if point is None or folded.failure else point


def _fold_branches(scope: Scope, name: str, now: str, folded: Folded) -> list[str]:
    """Folds the decisions that each branch begins with; returns where each goes on."""
    fork = scope.flow.forks[name]
    ends = []
    for number, branch in enumerate(fork.branches):
        end = _fold_on(scope, branch, fork.join, now, folded)
        ends.append(end)
        if scope.flow.has_effects(fork):
            folded.branches[fork.branch_name(number)] = end
    return ends


def decide(scope: Scope, node: Node, now: str) -> Result:
    """The result of a decision. A decision is never tried again: it would come to the same."""
    logs: list[str] = []
    try:
        port, output = _decision(scope, node, logs)
        # What is kept will be written, and read again.
        spend(0.15 * check_size(output, f"The output of {node.id!r}"))
    except (NodeFailed, ValueError) as error:
        return replace(failed_result(node, error, now, now, logs), port=node.failed_port)
    variables = output if node.type == "set_variables" else None
    return Result(node=node.id, port=port, output=output, started_at=now, ended_at=now, logs=logs, variables=variables)


def failed_result(
    node: Node, error: Exception, started_at: str, ended_at: str, logs: list[str], attempt: int = 0
) -> Result:
    """The result of a node that failed with `error`, whose class name becomes the error's type."""
    return Result(
        node=node.id,
        status=FAILED,
        started_at=started_at,
        ended_at=ended_at,
        logs=logs,
        error=str(error)[:2000] or type(error).__name__,
        error_type=type(error).__name__,
        attempt=attempt,
    )


def size_kept(results: Iterable[Result]) -> int:
    """The bytes of `results` that count towards what an execution may keep (`limits.KEPT`)."""
    return sum(json_size(result.document(), KEPT.most) for result in results)


def too_much_kept(node: Node, result: Result) -> Result:
    """The result of `node` in the place of `result`, where the execution has no room for that: its failure, which
    stops the execution whatever the node's `onError` says, since what comes behind it would find no room either."""
    error = TooMuchKept(f"The results of an execution may have at most {KEPT.most:,} bytes, and these are more")
    failure = failed_result(node, error, result.started_at, result.ended_at, [], result.attempt)
    return replace(failure, visit=result.visit)


@bounded
def set_timer(scope: Scope, node: Node, now: str) -> Timer:
    """The timer of `node`, a wait that begins now."""
    logs: list[str] = []
    try:
        return Timer(started_at=now, ms=_duration_ms(scope, node, logs), logs=logs)
    except (NodeFailed, ValueError) as error:
        # A timer is kept in the record's head, which has a limit.
        shown = [line[:TIMER_TEXT] for line in logs[:1]]
        return Timer(started_at=now, error=str(error)[:TIMER_TEXT], error_type=type(error).__name__, logs=shown)


def _duration_ms(scope: Scope, node: Node, logs: list[str]) -> int:
    value = node.config["durationMs"]
    if isinstance(value, str):
        value = render(value, scope.document(node.id), logs.append)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= WAIT_MS.most:
        raise ExpressionFailed(f"durationMs is a whole number from 0 to {WAIT_MS.most:,}, not {to_json(value)[:80]}")
    return value


def _decision(scope: Scope, node: Node, logs: list[str]) -> tuple[str, Any]:
    """The port that a decision is left by, and its output."""
    if node.type == "trigger":
        return RESULT, scope.trigger
    document = scope.document(node.id)
    if node.type == "condition":
        met = evaluate(render(node.config, document, logs.append), document)
        return ("true" if met else "false"), {"result": met}
    if node.type == "switch":
        found = parse_path(node.config["field"]).value(document)
        port = node.default_port if found is MISSING else node.config["cases"].get(_case(found), node.default_port)
        return port, {"value": None if found is MISSING else found, "port": port}
    if node.type == "set_variables":
        assigned = render(node.config["variables"], document, logs.append)
        if not isinstance(assigned, dict):
            raise ExpressionFailed("variables must be an object: names and their values")
        scope.check_variables(document["variables"], assigned)
        return RESULT, assigned
    return RESULT, render(node.config["output"], document, logs.append) if "output" in node.config else None


def _case(value: Any) -> str:
    """How a switch writes a value as the name of a case: a string as it is, anything else as JSON."""
    spend(0.05 * weight(value))
    return value if isinstance(value, str) else to_json(value)


def _set_timer(scope: Scope, node: Node, now: str, folded: Folded) -> None:
    """Notes when a wait that was reached will be over; the failure, where that cannot be known and stops the run."""
    if node.type != "wait":
        return
    timer = set_timer(scope, node, now)
    if timer.error and node.on_error != "continue":
        folded.failure = timer.result(node.id, now)
        folded.results.append(folded.failure)
    else:
        folded.timers[node.id] = timer


def _take(scope: Scope, node: Node, now: str, folded: Folded) -> str:
    """Takes one decision and keeps its result; returns the port it leaves by."""
    result = decide(scope, node, now)
    scope.results[node.id] = result
    folded.results.append(result)
    if result.failed and node.on_error != "continue":
        folded.failure = result
    return result.port
