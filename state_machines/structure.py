"""How a workflow hangs together: from nodes and connections to a `Flow`, or to every fault that prevents one.

Branches must be properly nested, as Step Functions' Parallel is: the branches of a fork meet at one node, and no path
leaves or enters a branch in between. Branches that share nothing need not meet at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from state_machines.errors import Fault, WorkflowInvalid
from state_machines.flow import Flow, Fork, Region
from state_machines.limits import NESTING
from state_machines.workflow import Connection, Node, Workflow

Targets = dict[tuple[str, str], tuple[str, ...]]


def build_flow(workflow: Workflow) -> Flow:
    """The flow of `workflow`. Raises WorkflowInvalid with every fault of its structure."""
    placed = workflow.placed_nodes()
    paths = {node.id: path for path, node in reversed(placed)}
    arrows = workflow.arrows()
    nodes = {node.id: node for _, node in reversed(placed)}
    nodes = {node.id: nodes[node.id] for _, node in placed}
    targets = _targets(arrow for arrow in arrows if arrow.source in nodes and arrow.to in nodes)
    faults = [*_faults_of_ids(placed), *_faults_of_connections(workflow, nodes, arrows)]
    if len(nodes) == len(placed) or workflow.actions is None:
        faults += [*_faults_of_entries(workflow, nodes, arrows, paths), *_faults_of_cycles(nodes, targets, paths)]
    _raise(faults)
    entry = _entries(nodes, arrows)[0]
    order = {node: i for i, node in enumerate(_forward_order(entry, nodes, targets))}
    plan = _Plan(nodes, targets, order, paths)
    plan.draw(entry)
    _raise(plan.faults)
    return Flow(
        workflow=workflow,
        nodes={node: nodes[node] for node in order},
        entry=entry,
        targets=targets,
        points=plan.points,
        forks=plan.forks,
        regions=plan.regions,
        before=plan.before,
        order=order,
    )


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise WorkflowInvalid(faults)


def _faults_of_ids(placed: list[tuple[str, Node]]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for path, node in placed:
        if node.id in seen:
            yield Fault(f"{path}.id", f"The id {node.id!r} is already taken by {seen[node.id]}")
        seen.setdefault(node.id, path)


def _faults_of_connections(workflow: Workflow, nodes: dict[str, Node], arrows: list[Connection]) -> Iterator[Fault]:
    if workflow.actions is not None:
        return
    seen: set[tuple[str, str, str]] = set()
    for i, arrow in enumerate(arrows):
        path = f"connections[{i}]"
        if arrow.source not in nodes:
            yield Fault(f"{path}.from", f"There is no node {arrow.source!r}")
        elif arrow.from_port not in nodes[arrow.source].ports:
            yield Fault(f"{path}.fromPort", _port_advice(nodes[arrow.source], arrow.from_port))
        if arrow.to not in nodes:
            yield Fault(f"{path}.to", f"There is no node {arrow.to!r}")
        elif nodes[arrow.to].type == "trigger":
            yield Fault(f"{path}.to", f"{arrow.to!r} is a trigger: it begins the workflow and nothing leads to it")
        if (arrow.source, arrow.from_port, arrow.to) in seen:
            yield Fault(path, f"{arrow.source!r} is connected to {arrow.to!r} by this port already")
        seen.add((arrow.source, arrow.from_port, arrow.to))


def _port_advice(node: Node, port: str) -> str:
    if not node.ports:
        return f"{node.id!r} is an end: nothing follows it"
    return f"{node.id!r} ({node.type}) has no port {port!r}: use {' or '.join(map(repr, node.ports))}"


def _entries(nodes: dict[str, Node], arrows: list[Connection]) -> list[str]:
    reached = {arrow.to for arrow in arrows}
    return [node for node in nodes if node not in reached]


def _faults_of_entries(
    workflow: Workflow, nodes: dict[str, Node], arrows: list[Connection], paths: dict[str, str]
) -> Iterator[Fault]:
    where = "nodes" if workflow.actions is None else "actions"
    entries = _entries(nodes, arrows)
    if not nodes:
        yield Fault(where, "A workflow has at least one node")
    elif not entries:
        yield Fault(where, "There is no entry: every node has a connection that leads to it")
    elif workflow.actions is not None:
        for node in entries[1:]:
            yield Fault(paths[node], f"{node!r} cannot be reached: the action before it ends the workflow")
    elif len(entries) > 1:
        yield from _faults_of_many_entries(entries, nodes, paths)


def _faults_of_many_entries(entries: list[str], nodes: dict[str, Node], paths: dict[str, str]) -> Iterator[Fault]:
    """Beside the one trigger, whatever else nothing leads to was forgotten; without it any of them may be meant."""
    triggers = [node for node in entries if nodes[node].type == "trigger"]
    if len(triggers) == 1:
        for node in entries:
            if node not in triggers:
                yield Fault(paths[node], f"{node!r} cannot be reached: connect it or remove it")
    else:
        names = ", ".join(map(repr, entries[:10]))
        yield Fault("nodes", f"There is more than one entry: nothing leads to {names}; a workflow begins at one node")


def _targets(arrows: Iterable[Connection]) -> Targets:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for arrow in arrows:
        found[arrow.source, arrow.from_port].append(arrow.to)
    return {key: tuple(value) for key, value in found.items()}


def _successors(node: Node, targets: Targets) -> list[str]:
    return [target for port in node.ports for target in targets.get((node.id, port), ())]


def _faults_of_cycles(nodes: dict[str, Node], targets: Targets, paths: dict[str, str]) -> Iterator[Fault]:
    """One fault that names a cycle's nodes: what is left without all that nothing leads to, and that leads nowhere."""
    left = _without_sources(nodes, {node: _successors(nodes[node], targets) for node in nodes})
    backwards: dict[str, list[str]] = {node: [] for node in left}
    for node in left:
        for target in _successors(nodes[node], targets):
            if target in left:
                backwards[target].append(node)
    cyclic = _without_sources(left, backwards)
    if cyclic:
        names = " → ".join(map(repr, list(cyclic)[:10]))
        first = next(iter(cyclic))
        yield Fault(paths[first], f"The connections form a cycle through {names}; connections only lead forwards")


def _without_sources(nodes: Iterable[str], successors: dict[str, list[str]]) -> list[str]:
    """What remains of `nodes` when those that nothing leads to are taken away, again and again."""
    counts = dict.fromkeys(nodes, 0)
    for node in counts:
        for target in successors[node]:
            if target in counts:
                counts[target] += 1
    free = [node for node, count in counts.items() if count == 0]
    while free:
        for target in successors[free.pop()]:
            if target in counts:
                counts[target] -= 1
                if counts[target] == 0:
                    free.append(target)
    return [node for node, count in counts.items() if count > 0]


def _forward_order(entry: str, nodes: dict[str, Node], targets: Targets) -> list[str]:
    """The nodes so that connections lead forwards, a first connection's branch before the second's.

    The reverse of the order in which a depth-first walk, last connection first, leaves the nodes.
    """
    left: list[str] = []
    seen = {entry}
    stack = [(entry, iter(reversed(_successors(nodes[entry], targets))))]
    while stack:
        node, following = stack[-1]
        target = next(following, None)
        if target is None:
            left.append(node)
            stack.pop()
        elif target not in seen:
            seen.add(target)
            stack.append((target, iter(reversed(_successors(nodes[target], targets)))))
    return left[::-1]


@dataclass
class _Plan:
    """The forks and regions of an acyclic graph, drawn from its entry on; what cannot be drawn becomes a fault."""

    nodes: dict[str, Node]
    targets: Targets
    order: dict[str, int]
    paths: dict[str, str]
    points: dict[tuple[str, str], str] = field(default_factory=dict)
    forks: dict[str, Fork] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    behind: dict[str, int] = field(default_factory=dict)
    """For each node, itself and the nodes that it leads to, as a bit mask over the order."""
    depths: dict[str, int] = field(default_factory=dict)
    """How many forks each branch is inside of, by the name of its region."""
    faults: list[Fault] = field(default_factory=list)

    def draw(self, entry: str) -> None:
        self._mark_reach()
        self.regions[entry] = Region()
        for node in self.order:
            if node not in self.regions:
                return  # an earlier fault left this node without a region
            for port in self.nodes[node].ports:
                self._draw_port(node, port)
            if self.faults:
                return

    def _mark_reach(self) -> None:
        self.before = dict.fromkeys(self.order, 0)
        self.behind = {node: 1 << i for node, i in self.order.items()}
        for node, i in self.order.items():
            for target in _successors(self.nodes[node], self.targets):
                self.before[target] |= self.before[node] | 1 << i
        for node in reversed(self.order):
            for target in _successors(self.nodes[node], self.targets):
                self.behind[node] |= self.behind[target]

    def _draw_port(self, node: str, port: str) -> None:
        targets = self.targets.get((node, port), ())
        region = self.regions[node]
        if len(targets) == 1:
            self.points[node, port] = targets[0]
            self._place(targets[0], region)
        elif targets:
            self.points[node, port] = self._fork(targets, region, node)

    def _place(self, node: str, region: Region) -> None:
        """Puts `node` into `region`, unless the region ends there."""
        if node == region.stop:
            return
        if self.regions.setdefault(node, region) != region:
            self._refuse(node, f"{node!r} is inside a parallel branch and is also reached from outside of that branch")

    def _fork(self, targets: tuple[str, ...], region: Region, origin: str) -> str:
        """Draws a fork to `targets` inside `region`; returns its name."""
        name = f"fork {len(self.forks) + 1}"
        depth = self.depths.get(region.name, 0) + 1
        if depth > NESTING.most:
            self._refuse(origin, f"Branches are nested at most {NESTING.most} deep")
        self.forks[name] = Fork(name, (), None, origin)  # takes the number before any fork inside it does
        reach = {target: self._reach(target, {region.stop}) for target in targets}
        groups = _groups(reach)
        if len(groups) == 1:
            join, groups = self._join(reach, region, origin)
            self._place(join, region) if join else None
        else:
            meets = region.stop is not None and any(self._comes_to(target, region.stop) for target in targets)
            join = region.stop if meets else None
        inside = [Region(f"{name} branch {n}", join) for n in range(1, len(groups) + 1)]
        self.depths.update((branch.name, depth) for branch in inside)
        branches = [self._branch(group, branch, origin) for group, branch in zip(groups, inside, strict=True)]
        self.forks[name] = Fork(name, tuple(branches), join, origin)
        return name

    def _branch(self, group: tuple[str, ...], region: Region, origin: str) -> str:
        """The point where a branch begins: a node, or a fork of those connections that meet before the others do."""
        if self.faults:
            return group[0]
        if len(group) > 1:
            return self._fork(group, region, origin)
        self._place(group[0], region)
        return group[0]

    def _join(self, reach: dict[str, int], region: Region, origin: str) -> tuple[str | None, list[tuple[str, ...]]]:
        """Where the branches meet, and which of them meet before."""
        common = -1
        for mask in reach.values():
            common &= mask
        if not common:
            self._refuse(origin, f"The branches that begin at {origin!r} meet in part only: let all meet at one node")
            return None, []
        position = (common & -common).bit_length() - 1
        join = list(self.order)[position]
        inside = {target: self._reach(target, {region.stop, join}) for target in reach}
        for mask in inside.values():
            self._check_inside(mask, join, origin)
        return join, _groups(inside)

    def _check_inside(self, mask: int, join: str, origin: str) -> None:
        for node in self._nodes_in(mask):
            if self.before[node] >> self.order[join] & 1:
                self._refuse(
                    node,
                    f"{node!r} follows {join!r}, where the branches of {origin!r} join, and is also reached around it",
                )
            elif self.nodes[node].type == "end":
                self._refuse(node, f"{node!r} ends a branch of {origin!r} that others must join at {join!r}")

    def _reach(self, start: str, stops: set[str | None]) -> int:
        """The nodes from `start` on, up to and without `stops`, as a bit mask."""
        if start in stops:
            return 0
        if stops == {None}:
            return self.behind[start]
        mask, waiting = 1 << self.order[start], [start]
        while waiting:
            for target in _successors(self.nodes[waiting.pop()], self.targets):
                if target not in stops and not mask >> self.order[target] & 1:
                    mask |= 1 << self.order[target]
                    waiting.append(target)
        return mask

    def _nodes_in(self, mask: int) -> Iterator[str]:
        order = list(self.order)
        while mask:
            lowest = mask & -mask
            yield order[lowest.bit_length() - 1]
            mask ^= lowest

    def _comes_to(self, start: str, stop: str) -> bool:
        return start == stop or bool(self.before[stop] >> self.order[start] & 1)

    def _refuse(self, node: str, message: str) -> None:
        fault = Fault(self.paths[node], message)
        if fault not in self.faults:
            self.faults.append(fault)


def _groups(reach: dict[str, int]) -> list[tuple[str, ...]]:
    """The targets, those together that share a node."""
    groups: list[tuple[list[str], int]] = []
    for target, mask in reach.items():
        touching = [group for group in groups if group[1] & mask]
        names, joined = [target], mask
        for group in touching:
            names, joined = group[0] + names, joined | group[1]
            groups.remove(group)
        groups.append((names, joined))
    order = list(reach)
    return sorted(
        (tuple(sorted(names, key=order.index)) for names, _ in groups), key=lambda group: order.index(group[0])
    )
