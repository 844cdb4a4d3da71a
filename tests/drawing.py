"""Workflows that hypothesis draws: whatever comes out is properly nested, and so a workflow that may be published."""

from typing import Any

from hypothesis import strategies as st

from state_machines.workflow import RESULT
from tests.workflows import Definition, node

Way = tuple[str, str]
"""A node and one of its ports, which still leads nowhere."""

JOINS = ("call", "set_variables", "wait", "condition")
ORIGINS = ("call", "set_variables", "wait")


class Drawing:
    """A workflow as it is drawn: blocks, each with one way in and some ways out that still lead nowhere.

    Here nodes are configured by their ids alone (`tests/workflows.py`); a subclass says otherwise.
    """

    depth = 3
    """How deep branches are nested."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.nodes: list[Definition] = []
        self.connections: list[Definition] = []

    def workflow(self) -> Definition:
        self.block(self.node("trigger"), self.depth, may_end=True)
        return {"name": "drawn", "nodes": self.nodes, "connections": self.connections}

    # -- nodes ------------------------------------------------------------------------------------------------------

    def name(self) -> str:
        """The id of the next node."""
        return f"n{len(self.nodes)}"

    def node(self, kind: str, **fields: Any) -> list[Way]:
        """A new node; returns its ways out."""
        name = self.name()
        self.nodes.append(node(name, kind, **fields))
        return {
            "condition": [(name, "true"), (name, "false")],
            "switch": [(name, port) for port in ("x", "y", "default")],
            "end": [],
        }.get(kind, [(name, RESULT)])

    def simple(self) -> list[Way]:
        """A new node that is left by one way."""
        kind = self.draw(st.sampled_from(["call", "call", "wait", "short", "asked", "set_variables"]))
        fields: Definition = {"enabled": self.draw(st.sampled_from([True, True, True, False]))}
        if kind in ("short", "asked"):
            fields["config"] = {"durationMs": 500 if kind == "short" else "{{trigger.ms}}"}
        if kind == "call":
            fields["onError"] = self.draw(st.sampled_from(["stop", "continue", "retry"]))
        return self.node("wait" if kind in ("short", "asked") else kind, **fields)

    def decision(self) -> list[Way]:
        """A new node that is left by one of several ways."""
        return self.node(self.draw(st.sampled_from(["condition", "condition", "switch"])))

    def join(self, may_end: bool) -> list[Way]:
        """A new node at which branches meet; it may only be an end where one may stand."""
        return self.node(self.draw(st.sampled_from(JOINS)))

    def origin(self) -> list[Way]:
        """A new node that branches begin at."""
        return self.node(self.draw(st.sampled_from(ORIGINS)))

    # -- how they hang together -------------------------------------------------------------------------------------

    def connect(self, ways: list[Way], following: list[Way]) -> list[Way]:
        """Leads `ways` to the node that was made last; returns the ways out of that."""
        name = self.nodes[-1]["id"]
        self.connections.extend({"from": source, "fromPort": port, "to": name} for source, port in ways)
        return following

    def block(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        """A few parts, one after the other; returns the ways out."""
        for _ in range(self.draw(st.sampled_from([1, 1, 2, 2, 3]))):
            if ways:
                ways = self.part(ways, depth, may_end)
        return ways

    def part(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        kinds = ["simple"] * 4 + ["exclusive", "exclusive", "fork", "fork"] * (depth > 0) + ["end"] * may_end
        kind = self.draw(st.sampled_from(kinds))
        if kind == "exclusive":
            return self.exclusive(ways, depth, may_end)
        if kind == "fork":
            return self.fork(ways, depth, may_end)
        return self.connect(ways, self.node("end") if kind == "end" else self.simple())

    def exclusive(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        """Ways of which one is taken; one may also stay as it is, and then leads on at once, or nowhere."""
        out: list[Way] = []
        for way in self.connect(ways, self.decision()):
            how = self.draw(st.sampled_from(["block", "block", "on", "nowhere"]))
            out += self.block([way], depth - 1, may_end) if how == "block" else [way] if how == "on" else []
        return out

    def fork(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        """Two or three branches from one way; those that live on join at one node, two of three maybe before, or never.

        What follows branches that do not all meet is inside of a branch, and no other way may lead there.
        """
        (begin,) = ways if len(ways) == 1 and self.draw(st.booleans()) else self.connect(ways, self.origin())
        joined = self.draw(st.booleans())
        count = self.draw(st.integers(2, 3))
        branches = [self.branch([begin], depth - 1, may_end and not joined) for _ in range(count)]
        living = [branch for branch in branches if branch]
        if not joined or len(living) < 2:
            return []
        if len(living) == len(branches) == 3 and self.draw(st.booleans()):
            first, second, third = living
            living = branches = [self.block(self.meet([first, second], may_end=False), depth - 1, may_end=False), third]
            if not living[0]:
                return []
        elif self.draw(st.integers(0, 3)) == 0:
            living.append([begin])
        out = self.meet(living, may_end)
        return out if all(branches) else []

    def branch(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        """One branch of a fork."""
        return self.block(ways, depth, may_end)

    def meet(self, branches: list[list[Way]], may_end: bool) -> list[Way]:
        """A node at which these branches join."""
        ways = [way for branch in branches for way in branch]
        return self.connect(ways, self.join(may_end))
