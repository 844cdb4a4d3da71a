"""The translator: a flow in, its Amazon States Language out (JSONPath: https://states-language.net/spec.html).

Each effect becomes one state, named after its node; decisions become none. A Task is told ids only, from the context
object and constants, and answers with routing words: `{"next": <state>, "branches": {<branch>: <state>}, "waits":
{<node>: <seconds>}}`. So no user data is in a machine's input, output or history. `examples/` shows what comes out.
"""

import json
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from state_machines.errors import WorkflowInvalid
from state_machines.flow import DONE, Flow, Fork, Region
from state_machines.fold import Folded
from state_machines.limits import MACHINE
from state_machines.values import to_json
from state_machines.workflow import RESULT, Node

State = dict[str, Any]

ENDED = "ExecutionEnded"
"""The error by which a function stops a machine whose record is terminal."""

OVERHEAD_SECONDS = 30
"""What a Task may take beside its effect: a cold start, and the calls that record it."""

UNAVAILABLE = "StoreUnavailable"
"""The error by which a function asks to be called again: the store failed before it had done anything."""

TRANSIENT = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    UNAVAILABLE,
]
"""Faults of the Lambda service itself, which AWS asks every caller to retry, and our own of this kind."""

RUN_START = "start of the run"
RUN_DONE = "end of the run"
RUN_ENDED = "the run had ended"
"""Names that no node can have, nor a state that is named after one (`<node> done`)."""


def translate(flow: Flow, function: str) -> State | None:
    """The state machine of `flow`, whose Tasks call `function`; None where nothing has an effect and none is needed.

    Raises WorkflowInvalid where the machine would pass Step Functions' limit.
    """
    first = flow.outcomes(flow.entry, None)
    if first == {DONE}:
        return None
    machine = _Translation(flow, function).machine(first)
    if (size := size_as_sent(machine)) > MACHINE.most:
        raise too_large(flow, size)
    return machine


def size_as_sent(machine: Any) -> int:
    """The bytes of a definition within a request, which is JSON itself and has the definition as a text."""
    return len(json.dumps(to_json(machine)))


def too_large(flow: Flow, size: int) -> WorkflowInvalid:
    field = "nodes" if flow.workflow.actions is None else "actions"
    return WorkflowInvalid([MACHINE.fault(field, size, "use fewer nodes, or fewer ways that lead from one to many")])


def answer_of(flow: Flow, folded: Folded) -> dict[str, Any]:
    """What a function answers to the machine after a fold: the routing words that its states read."""
    answer: dict[str, Any] = {"next": folded.next}
    if folded.branches:
        answer["branches"] = folded.branches
    if folded.timers:
        answer["waits"] = {node: seconds_of(flow, node, timer.ms) for node, timer in folded.timers.items()}
    return answer


def is_timer(node: Node) -> bool:
    """Whether a wait is a Wait state. One that is known to be under a second is slept by the function instead."""
    duration = node.config.get("durationMs")
    return node.is_effect and node.type == "wait" and (isinstance(duration, str) or int(duration or 0) >= 1000)


def is_templated(node: Node) -> bool:
    """Whether how long a wait takes is known only when it begins."""
    return isinstance(node.config.get("durationMs"), str)


def seconds_of(flow: Flow, node: str, ms: int) -> int:
    """The whole seconds of a Wait state: the function behind it sleeps the rest; where none is, they are rounded up."""
    return ms // 1000 if function_follows(flow, node) else ceil(ms / 1000)


def function_follows(flow: Flow, node: str) -> bool:
    """Whether the state behind a Wait state calls a function, which then records the wait's end."""
    stop = flow.stop_of(node)
    following = flow.passed(flow.after(node, RESULT), stop)
    if following is None or following == stop:
        return False
    has_function = following in flow.nodes and not is_timer(flow.nodes[following])
    return has_function or not _is_direct(flow, following, stop)


def timers_before(flow: Flow, node: str) -> set[str]:
    """The Wait states that may stand right before the function of `node`, and whose end it therefore records: those
    from which a way leads to it without another function on it."""
    found: set[str] = set()
    waiting, seen = list(flow.sources[node]), set()
    while waiting:
        reached = waiting.pop()
        placed = flow.nodes[reached]
        if reached in seen or (placed.enabled and not is_timer(placed)):
            continue
        seen.add(reached)
        found |= {reached} if is_timer(placed) else set()
        waiting.extend(flow.sources[reached])
    return found


def _is_direct(flow: Flow, point: str | None, stop: str | None) -> bool:
    """Whether the machine can go on to `point` without a fold: there is nothing to decide, and no time to work out."""
    reached = flow.passed(point, stop)
    if reached is None or reached == stop:
        return True
    if fork := flow.forks.get(reached):
        return (
            flow.has_effects(fork)
            and (fork.join is None or flow.joins_surely(fork))
            and all(branch == fork.join or _is_direct(flow, branch, fork.join) for branch in fork.branches)
        )
    node = flow.nodes[reached]
    return node.is_effect and not (is_timer(node) and is_templated(node))


@dataclass
class _Scope:
    """The States of one region, as they are drawn; a checked region tells by `$.next` whether it came to its stop."""

    region: Region
    checked: bool
    states: dict[str, State] = field(default_factory=dict)

    @property
    def name_of_end(self) -> str:
        return f"{self.region.name} done" if self.region.name else RUN_DONE

    @property
    def drops_words(self) -> bool:
        """Whether the end of this region must not hand on the words it was given: a branch is given those of all
        branches, and what a Parallel collects from them is a payload, which has a limit."""
        return bool(self.region.name) and not self.checked


@dataclass
class _Translation:
    flow: Flow
    function: str
    chosen: int = 0
    """Bytes of the Choice states drawn so far: where many lead to many they alone may be too much."""

    def machine(self, first: set[str]) -> State:
        scope = _Scope(Region(), checked=False)
        start = self._start(scope, RUN_START, first - {DONE})
        if any("Catch" in state for state in scope.states.values()):
            scope.states[RUN_ENDED] = {"Type": "Fail", "Error": ENDED, "Cause": "The execution had ended already"}
        return {"StartAt": start, "TimeoutSeconds": self.flow.workflow.timeout_seconds, "States": scope.states}

    # -- what a region is made of -----------------------------------------------------------------------------------

    def _start(self, scope: _Scope, name: str, outcomes: set[str], variable: str = "$.next") -> str:
        """Draws a region from where it may begin on; returns the state it starts at."""
        targets = self._in_order(outcomes - {DONE, scope.region.stop or DONE})
        for target in targets:
            self._draw(scope, target)
        if len(targets) == len(outcomes) == 1:
            return targets[0]
        scope.states[name] = self._choice(scope, targets, variable, ends=len(outcomes) > len(targets))
        return name

    def _draw(self, scope: _Scope, point: str) -> None:
        """Draws the state of an effect or a fork, and all that follows it in this region."""
        waiting = [point]
        while waiting:
            name = waiting.pop()
            if name in scope.states:
                continue
            if name in self.flow.forks:
                waiting.extend(self._draw_fork(scope, self.flow.forks[name]))
            elif is_timer(self.flow.nodes[name]):
                waiting.extend(self._draw_timer(scope, self.flow.nodes[name]))
            else:
                waiting.extend(self._draw_effect(scope, self.flow.nodes[name]))

    def _draw_effect(self, scope: _Scope, node: Node) -> list[str]:
        task = self._task(scope, node, {})
        scope.states[node.id] = task
        outcomes = self.flow.outcomes(self.flow.after(node.id, RESULT), scope.region.stop)
        transition, following = self._route(scope, node.id, outcomes)
        task.update(transition)
        if node.on_error == "continue":
            crashed = self._task(scope, node, {"crashed": True}) | transition
            scope.states[f"{node.id} failed"] = crashed
            task["Catch"] = [*task.get("Catch", []), {"ErrorEquals": ["States.ALL"], "Next": f"{node.id} failed"}]
        return following

    def _draw_timer(self, scope: _Scope, node: Node) -> list[str]:
        wait: State = {"Type": "Wait"}
        if is_templated(node):
            wait["SecondsPath"] = f"$.waits['{node.id}']"
        else:
            wait["Seconds"] = seconds_of(self.flow, node.id, node.config["durationMs"])
        scope.states[node.id] = wait
        point = self.flow.passed(self.flow.after(node.id, RESULT), scope.region.stop)
        if point is None or point == scope.region.stop:
            wait.update(self._end_without_function(scope, arrived=point is not None))
            return []
        if _is_direct(self.flow, point, scope.region.stop):
            wait["Next"] = point
            return [point]
        wait["Next"] = f"{node.id} done"
        return self._draw_fold(scope, f"{node.id} done", node, "behind", self.flow.after(node.id, RESULT))

    def _draw_fold(self, scope: _Scope, name: str, node: Node, how: str, point: str | None) -> list[str]:
        """Draws a Task that only folds: from `node` on, or from what is behind it."""
        task = self._task(scope, node, {"fold": how})
        scope.states[name] = task
        transition, following = self._route(scope, name, self.flow.outcomes(point, scope.region.stop))
        task.update(transition)
        return following

    def _draw_fork(self, scope: _Scope, fork: Fork) -> list[str]:
        point = self.flow.passed(fork.join, scope.region.stop)
        ends = point is None or point == scope.region.stop
        checked = fork.join is not None and not self.flow.joins_surely(fork) and (scope.checked or not ends)
        drawn = [
            (number, branch)
            for number, branch in enumerate(fork.branches)
            if checked or not self.flow.is_folded(branch, fork.join)
        ]
        parallel: State = {
            "Type": "Parallel",
            "Comment": f"the branches behind {fork.origin}",
            "Branches": [self._branch(fork, number, branch, checked) for number, branch in drawn],
            "ResultPath": None,
        }
        if not scope.region.name:
            parallel["Catch"] = [{"ErrorEquals": [ENDED], "Next": RUN_ENDED}]
        scope.states[fork.name] = parallel
        if checked:
            return self._draw_checked_join(scope, fork, parallel)
        if ends:
            parallel.update(self._end_without_function(scope, arrived=point is not None))
            return []
        transition, following = self._to_join(scope, fork)
        parallel.update(transition)
        return following

    def _branch(self, fork: Fork, number: int, branch: str, checked: bool) -> State:
        name = fork.branch_name(number)
        scope = _Scope(Region(name, fork.join), checked)
        if self.flow.is_folded(branch, fork.join):
            scope.states[name] = {"Type": "Pass", "Parameters": {"next.$": f"$.branches['{name}']"}, "End": True}
            return {"StartAt": name, "States": scope.states}
        outcomes = self.flow.outcomes(branch, fork.join)
        start = self._start(scope, name, outcomes, f"$.branches['{name}']")
        return {"StartAt": start, "States": scope.states}

    def _draw_checked_join(self, scope: _Scope, fork: Fork, parallel: State) -> list[str]:
        """Behind branches that may all die a Choice decides whether any of them came to the join."""
        del parallel["ResultPath"]
        parallel["ResultSelector"] = {"joined.$": f"States.ArrayContains($[*].next, '{fork.join}')"}
        parallel["Next"] = f"{fork.name} joined"
        following: list[str] = []
        point = self.flow.passed(fork.join, scope.region.stop)
        if point is None or point == scope.region.stop:
            target = self._end_state(scope, arrived=point is not None)
        else:
            transition, following = self._to_join(scope, fork)
            target = transition["Next"]
        scope.states[f"{fork.name} joined"] = {
            "Type": "Choice",
            "Choices": [{"Variable": "$.joined", "BooleanEquals": True, "Next": target}],
            "Default": self._end_state(scope, arrived=False),
        }
        return following

    def _to_join(self, scope: _Scope, fork: Fork) -> tuple[State, list[str]]:
        """The way from a Parallel to its join: straight, or through a Task that folds what the join decides."""
        assert fork.join is not None
        point = self.flow.passed(fork.join, scope.region.stop)
        if point is not None and point != scope.region.stop and _is_direct(self.flow, point, scope.region.stop):
            return {"Next": point}, [point]
        name = fork.join if not self.flow.nodes[fork.join].is_effect else f"{fork.join} begins"
        if name in scope.states:
            return {"Next": name}, []
        return {"Next": name}, self._draw_fold(scope, name, self.flow.nodes[fork.join], "from", fork.join)

    # -- what states are made of ------------------------------------------------------------------------------------

    def _task(self, scope: _Scope, node: Node, extra: State) -> State:
        payload = {
            "execution_id.$": "$$.Execution.Name",
            "node": node.id,
            "visit": 0,
            "attempt.$": "$$.State.RetryCount",
            **extra,
        }
        if timers := timers_before(self.flow, node.id):
            payload["after_waits"] = sorted(timers, key=self.flow.order.__getitem__)
        task: State = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": self.function, "Payload": payload},
            "OutputPath": "$.Payload",
            "TimeoutSeconds": ceil(node.timeout / 1000) + OVERHEAD_SECONDS,
            "Retry": [{"ErrorEquals": [ENDED], "MaxAttempts": 0}, self._retrier(node, extra)],
        }
        if not scope.region.name:
            task["Catch"] = [{"ErrorEquals": [ENDED], "Next": RUN_ENDED}]
        return task

    def _retrier(self, node: Node, extra: State) -> State:
        if node.on_error == "retry" and node.is_effect and not extra:
            return {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 1,
                "MaxAttempts": 3,
                "BackoffRate": 2,
                "JitterStrategy": "FULL",
            }
        return {"ErrorEquals": TRANSIENT, "IntervalSeconds": 1, "MaxAttempts": 6, "BackoffRate": 2}

    def _route(self, scope: _Scope, name: str, outcomes: set[str]) -> tuple[State, list[str]]:
        """The transition of a Task to what may follow it, with a Choice only where that depends on its answer."""
        endings = outcomes & {DONE, scope.region.stop or DONE}
        targets = self._in_order(outcomes - endings)
        if not targets:
            return {"End": True}, []
        if len(targets) == 1 and not endings:
            return {"Next": targets[0]}, targets
        scope.states[f"after {name}"] = self._choice(scope, targets, "$.next", ends=bool(endings))
        return {"Next": f"after {name}"}, targets

    def _choice(self, scope: _Scope, targets: list[str], variable: str, ends: bool) -> State:
        chosen, default = (targets, self._end_behind(scope, variable)) if ends else (targets[:-1], targets[-1])
        rules = [{"Variable": variable, "StringEquals": target, "Next": target} for target in chosen]
        self.chosen += size_as_sent(rules)
        if self.chosen > MACHINE.most:
            raise too_large(self.flow, self.chosen)
        return {"Type": "Choice", "Choices": rules, "Default": default}

    def _end_behind(self, scope: _Scope, variable: str) -> str:
        """The state at which a region ends behind a Choice on `variable`; a checked one hands on where it came to."""
        if scope.checked and variable != "$.next":
            name = f"{scope.region.name} is over"
            scope.states[name] = {"Type": "Pass", "Parameters": {"next.$": variable}, "End": True}
            return name
        return self._end_state(scope)

    def _end_state(self, scope: _Scope, arrived: bool | None = None) -> str:
        """The state at which a region ends behind a Choice. `arrived` says whether a checked region came to its stop,
        where the state's input does not tell."""
        if arrived is not None and scope.checked:
            name = f"{scope.region.name} {'came' if arrived else 'died'}"
            stop = scope.region.stop if arrived else DONE
            scope.states[name] = {"Type": "Pass", "Parameters": {"next": stop}, "End": True}
            return name
        words = {"next": scope.region.stop or DONE}
        over: State = {"Type": "Pass", "Parameters": words, "End": True}
        scope.states[scope.name_of_end] = over if scope.drops_words else {"Type": "Succeed"}
        return scope.name_of_end

    def _end_without_function(self, scope: _Scope, arrived: bool) -> State:
        """The end of a region behind a state that no function answered for: a checked one is told where it came to."""
        if scope.checked:
            return {"Next": self._end_state(scope, arrived)}
        return {"End": True, "OutputPath": None} if scope.drops_words else {"End": True}

    def _in_order(self, points: set[str]) -> list[str]:
        return sorted(points, key=lambda point: (point in self.flow.forks, self.flow.order.get(point, 0), point))
