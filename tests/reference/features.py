"""What a case has in it, by name: the proof that what is drawn is the whole language, and the figures of a long run."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from functions.record import Record
from functions.store.executions import Status
from state_machines.conditions import OPERATORS
from state_machines.expressions import Expression, parse_template, templates
from state_machines.flow import Flow, Fork
from state_machines.fold import Result
from state_machines.translate import is_templated, is_timer
from state_machines.workflow import DECISIONS, Node
from tests.reference.drawn import HANGS, Case
from tests.reference.values import EFFECTS

TYPES = (*sorted(DECISIONS), "wait", *EFFECTS)

EVERY = (
    *(f"type {kind}" for kind in TYPES),
    *(f"operator {operator}" for operator in OPERATORS),
    *(f"condition {word}" for word in ("all", "any", "not")),
    *(f"onError {how}: {what}" for how in ("stop", "continue", "retry") for what in ("an effect", "a decision")),
    "a chain", "a chain that goes on behind an unmet condition", "a graph", "no trigger", "no id", "an odd id",
    "a wait: literal", "a wait: under a second", "a wait: templated",
    "a template: whole", "a template: in a text", "a template: a path",
    "a template: JMESPath", "a template: of a step",
    "disabled: an effect", "disabled: a decision", "disabled: a join",
    "a fork", "a fork: at one port of a decision", "a fork: without effects", "a fork: never joined",
    "a fork: an empty branch", "a fork: branches that may all die", "a fork: two of three meet before",
    "nested 1 deep", "nested 2 deep", "nested 3 deep", "a join: a decision", "a join: a wait", "a join: an end",
    "a mock: an output", "a mock: an error", "a mock: a list", "a mock: never in time", "variables of the request",
    "ran: completed", "ran: failed", "ran: failed with several branches that would", "ran: failed at a decision",
    "ran: retried and completed", "ran: retried in vain", "ran: went on behind a failure",
    "ran: went on behind a decision that failed", "ran: failed by its config", "ran: a branch died",
    "ran: all branches died", "ran: a join ran", "ran: a disabled node was passed over", "ran: without a machine",
)  # fmt: skip
"""Every feature that the cases of a run must show."""


def features_of(case: Case, reference: Record, failures: Mapping[str, Any]) -> Counter[str]:
    """How often each feature is in a case, and in what it came to; `failures` are the nodes that may fail its run."""
    flow = reference.flow
    found: Counter[str] = Counter(nodes=len(flow.nodes), branches=sum(len(f.branches) for f in flow.forks.values()))
    found.update(_of_definition(case, flow))
    for node in flow.nodes.values():
        found.update(_of_node(node, flow))
    found.update(_of_forks(flow))
    found.update(_of_mocks(case))
    found.update(_of_run(reference, failures))
    return found


def _of_definition(case: Case, flow: Flow) -> Iterator[str]:
    chain = case.definition.get("actions")
    yield "a graph" if chain is None else "a chain"
    if chain is not None and any(action["config"].get("onFalse") == "continue" for action in chain):
        yield "a chain that goes on behind an unmet condition"
    if any("id" not in action for action in chain or ()):
        yield "no id"
    if flow.nodes[flow.entry].type != "trigger":
        yield "no trigger"
    if case.variables:
        yield "variables of the request"


def _of_node(node: Node, flow: Flow) -> Iterator[str]:
    yield f"type {node.type}"
    kind = "a decision" if node.type in DECISIONS else "an effect"
    yield f"onError {node.on_error}: {kind}"
    if not node.enabled:
        yield f"disabled: {kind}"
    if not node.id.replace("-", "").isalnum():
        yield "an odd id"
    if node.type == "wait" and node.enabled:
        yield "a wait: " + ("templated" if is_templated(node) else "literal" if is_timer(node) else "under a second")
    if node.type == "condition":
        yield from _of_condition({name: value for name, value in node.config.items() if name != "onFalse"})
    for _, text in templates(node.config, ""):
        yield from _of_template(text)


def _of_condition(condition: Mapping[str, Any]) -> Iterator[str]:
    if "operator" in condition:
        yield f"operator {condition['operator']}"
    for word in ("all", "any", "not"):
        if word in condition:
            yield f"condition {word}"
            for part in condition[word] if isinstance(condition[word], list) else [condition[word]]:
                yield from _of_condition(part)


def _of_template(text: str) -> Iterator[str]:
    parts = parse_template(text)
    yield "a template: whole" if len(parts) == 1 else "a template: in a text"
    for part in parts:
        if isinstance(part, Expression):
            yield "a template: a path" if part.syntax_tree is None else "a template: JMESPath"
            if any(reference.root == "steps" for reference in part.references):
                yield "a template: of a step"


def _of_forks(flow: Flow) -> Iterator[str]:
    for fork in flow.forks.values():
        yield "a fork"
        if flow.nodes[fork.origin].type in ("condition", "switch"):
            yield "a fork: at one port of a decision"
        if not flow.has_effects(fork):
            yield "a fork: without effects"
        if any(branch in flow.forks for branch in fork.branches):
            yield "a fork: two of three meet before"
        yield from _of_join(fork, flow)
    depth = max((_depth(region.name, flow) for region in flow.regions.values()), default=0)
    yield from (f"nested {n} deep" for n in range(1, depth + 1))


def _of_join(fork: Fork, flow: Flow) -> Iterator[str]:
    if fork.join is None:
        yield "a fork: never joined"
        return
    if fork.join in fork.branches:
        yield "a fork: an empty branch"
    elif not flow.joins_surely(fork):
        yield "a fork: branches that may all die"
    join = flow.nodes[fork.join]
    kinds = {"end": "an end", "wait": "a wait"}
    yield f"a join: {kinds.get(join.type, 'a decision' if join.type in DECISIONS else 'an effect')}"
    if not join.enabled:
        yield "disabled: a join"


def _depth(region: str, flow: Flow) -> int:
    """How many forks a region is inside of."""
    depth = 0
    while region:
        fork = flow.forks[region.partition(" branch ")[0]]
        region, depth = _region_of(fork.name, flow), depth + 1
    return depth


def _region_of(fork: str, flow: Flow) -> str:
    for other in flow.forks.values():
        if fork in other.branches:
            return other.branch_name(other.branches.index(fork))
    return flow.regions[flow.forks[fork].origin].name


def _of_mocks(case: Case) -> Iterator[str]:
    for mock in case.mocks.values():
        if mock == {"error": HANGS}:
            yield "a mock: never in time"
        else:
            yield "a mock: a list" if isinstance(mock, list) else f"a mock: an {next(iter(mock))}"


def _of_run(reference: Record, failures: Mapping[str, Any]) -> Iterator[str]:
    execution, flow, results = reference.execution, reference.flow, reference.results
    yield f"ran: {execution.status}"
    if execution.machine_arn is None:
        yield "ran: without a machine"
    if len(failures) > 1:
        yield "ran: failed with several branches that would"
    if execution.error_node and not flow.nodes[execution.error_node].is_effect:
        yield "ran: failed at a decision"
    for node, result in results.items():
        yield from _of_result(flow.nodes[node], result)
    if execution.status == Status.COMPLETED:
        if not all(placed.enabled for placed in flow.nodes.values()):
            yield "ran: a disabled node was passed over"
        for fork in flow.forks.values():
            yield from _of_joining(fork, flow, results)


def _of_result(placed: Node, result: Result) -> Iterator[str]:
    if result.failed and result.error_type == "ConfigInvalid":
        yield "ran: failed by its config"
    if result.failed and placed.on_error == "continue":
        yield "ran: went on behind a " + ("failure" if placed.is_effect else "decision that failed")
    if result.attempt:
        yield "ran: retried " + ("in vain" if result.failed else "and completed")


def _of_joining(fork: Fork, flow: Flow, results: Mapping[str, Result]) -> Iterator[str]:
    """What became of the branches that were begun, where they join."""
    if fork.join is None or fork.origin not in results:
        return
    came = [_comes_to(fork.join, branch, flow, results) for branch in fork.branches]
    if any(came) and not all(came):
        yield "ran: a branch died"
    if came:
        yield "ran: a join ran" if any(came) else "ran: all branches died"


def _comes_to(join: str, branch: str, flow: Flow, results: Mapping[str, Result]) -> bool:
    """Whether the run went from the beginning of a branch to its join."""
    waiting, seen = [branch], set()
    while waiting:
        point = waiting.pop()
        if point == join:
            return True
        if point in flow.forks:
            waiting.extend(flow.forks[point].branches)
        elif point not in seen:
            seen.add(point)
            port = results[point].port if point in results else None
            port = port if flow.nodes[point].enabled else flow.nodes[point].passing_port
            waiting.extend(flow.targets.get((point, str(port)), ()))
    return False
