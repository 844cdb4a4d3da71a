"""The flow of a workflow: its nodes in order, where each port leads, and which branches run in parallel and join where.

A *point* is a place to go on from: a node's id, or the name of a fork. A *region* is what runs one after the other: the
whole workflow, or one branch of a fork; its `stop` is the node where it ends because all branches join there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from state_machines.workflow import Node, Workflow

DONE = "(done)"
"""The routing word for the end of a path; no node can have this id."""


@dataclass(frozen=True)
class Region:
    """What runs one after the other; the outermost has no name and no stop."""

    name: str = ""
    stop: str | None = None


@dataclass(frozen=True)
class Fork:
    """Several connections from one port: the points where its branches begin, and the node where they join, if any."""

    name: str
    branches: tuple[str, ...]
    join: str | None
    origin: str

    def branch_name(self, number: int) -> str:
        """The name of the branch that begins at `branches[number]`."""
        return f"{self.name} branch {number + 1}"


@dataclass(frozen=True)
class Flow:
    """A checked workflow, ready to be walked. `nodes` are in an order in which connections only lead forwards.

    Where branches run in parallel, that order has all of the first connection's branch before the second's: it is the
    order in which their assignments of variables apply. `before` has, for each node, the nodes that may run before it,
    as a bit mask over that order.
    """

    workflow: Workflow
    nodes: Mapping[str, Node]
    entry: str
    targets: Mapping[tuple[str, str], tuple[str, ...]]
    points: Mapping[tuple[str, str], str]
    forks: Mapping[str, Fork] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)
    before: Mapping[str, int] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)

    def after(self, node: str, port: str | None) -> str | None:
        """The point that `port` of `node` leads to, or None where the path ends."""
        return self.points.get((node, port)) if port is not None else None

    def stop_of(self, node: str) -> str | None:
        """The node at which the branch that holds `node` ends, because others join there."""
        return self.regions[node].stop

    @cached_property
    def sources(self) -> Mapping[str, list[str]]:
        """For each node, the nodes with a connection to it."""
        found: dict[str, list[str]] = {node: [] for node in self.nodes}
        for (source, _), targets in self.targets.items():
            for target in targets if source in found else ():
                found[target].append(source)
        return found

    def runs_before(self, earlier: str, later: str) -> bool:
        """Whether `earlier` may run before `later`, on some path."""
        return bool(self.before[later] >> self.order[earlier] & 1)

    def earlier_nodes(self, node: str) -> Iterator[str]:
        """The nodes that may run before `node`, in order."""
        mask = self.before[node]
        return (name for name, i in self.order.items() if mask >> i & 1)

    # -- where a run stands -----------------------------------------------------------------------------------------

    def frontier(self, ports: Mapping[str, str]) -> set[str]:
        """The nodes that run now or next, given the port by which each finished node was left.

        The run is over when there is none. A join stands in the frontier as soon as one branch has come to it.
        """
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [self.entry]
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            port = ports.get(node) if self.nodes[node].enabled else self.nodes[node].passing_port
            if port is None and self.nodes[node].enabled:
                found.add(node)
            elif port is not None:
                waiting.extend(self.targets.get((node, port), ()))
        return found

    def ready(self, frontier: set[str]) -> list[str]:
        """Those of the frontier that nothing in it may still run before, in order."""
        mask = sum(1 << self.order[node] for node in frontier)
        return sorted((node for node in frontier if not self.before[node] & mask), key=self.order.__getitem__)

    def reachable(self, frontier: set[str]) -> set[str]:
        """The nodes that may still run, those of the frontier among them."""
        mask = sum(1 << self.order[node] for node in frontier)
        return {node for node in self.nodes if node in frontier or self.before[node] & mask}

    # -- where a path can lead --------------------------------------------------------------------------------------

    def outcomes(self, point: str | None, stop: str | None) -> set[str]:
        """Where folding from `point` may end: effects, forks with effects, `stop`, or DONE."""
        found: set[str] = set()
        for reached in self._walk(point, stop):
            if reached is None:
                found.add(DONE)
            elif reached == stop:
                found.add(reached)
            elif reached in self.forks:
                found |= {reached} if self.has_effects(self.forks[reached]) else set()
                found |= {DONE} if not self._goes_on(self.forks[reached]) else set()
            elif self.nodes[reached].is_effect:
                found.add(reached)
            elif self.nodes[reached].enabled and self.nodes[reached].type == "end":
                found.add(DONE)
        return found

    def is_sure(self, point: str | None, stop: str | None) -> bool:
        """Whether every path from `point` comes to `stop`."""
        waiting, seen = [point], set()
        while waiting:
            reached = waiting.pop()
            if reached == stop or reached in seen:
                continue
            if reached is None:
                return False
            seen.add(reached)
            if fork := self.forks.get(reached):
                if not self.joins_surely(fork):
                    return False
                waiting.append(fork.join)
            elif not (following := self._following(reached)):
                return False
            else:
                waiting.extend(following)
        return True

    def joins_surely(self, fork: Fork) -> bool:
        """Whether at least one branch of `fork` always comes to its join."""
        return fork.join is not None and any(self.is_sure(branch, fork.join) for branch in fork.branches)

    def has_effects(self, fork: Fork) -> bool:
        """Whether any branch of `fork` does something outside; if none does, the fork is folded."""
        return any(not self.is_folded(branch, fork.join) for branch in fork.branches)

    def is_folded(self, point: str | None, stop: str | None) -> bool:
        """Whether nothing between `point` and `stop` does anything outside."""
        waiting, seen = [point], set()
        while waiting:
            reached = waiting.pop()
            if reached is None or reached == stop or reached in seen:
                continue
            seen.add(reached)
            if fork := self.forks.get(reached):
                if self.has_effects(fork):
                    return False
                waiting.append(fork.join)
            elif self.nodes[reached].is_effect:
                return False
            else:
                waiting.extend(self._following(reached))
        return True

    def passed(self, point: str | None, stop: str | None) -> str | None:
        """`point`, or what is reached from it by passing over disabled nodes, `stop` at the farthest."""
        while point is not None and point != stop and point in self.nodes and not self.nodes[point].enabled:
            point = self.after(point, self.nodes[point].passing_port)
        return point

    def _walk(self, point: str | None, stop: str | None) -> Iterator[str | None]:
        """Every point on the way from `point` to what a fold stops at."""
        waiting, seen = [point], set()
        while waiting:
            reached = waiting.pop()
            if reached in seen:
                continue
            seen.add(reached)
            yield reached
            if reached is None or reached == stop:
                continue
            if fork := self.forks.get(reached):
                arrives = any(fork.join in self.outcomes(branch, fork.join) for branch in fork.branches)
                if fork.join is not None and arrives and not self.has_effects(fork):
                    waiting.append(fork.join)
            elif not self.nodes[reached].is_effect:
                waiting.extend(self._following(reached))

    def _goes_on(self, fork: Fork) -> bool:
        """Whether a fold never ends at `fork`: it has effects of its own, or surely comes to its join."""
        return self.has_effects(fork) or self.joins_surely(fork)

    def _following(self, node: str) -> list[str | None]:
        """The points that may follow `node`: one for each port it may be left by."""
        placed = self.nodes[node]
        ports = placed.ports if placed.enabled else (placed.passing_port,)
        return [self.after(node, port) for port in ports]
