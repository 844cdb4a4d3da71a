"""The cases that hypothesis draws: valid workflows of everything that the language has, and what to run them with."""

from dataclasses import asdict, dataclass
from typing import Any

from hypothesis import strategies as st

from state_machines.structure import build_flow
from state_machines.workflow import DECISIONS, RESULT, read_workflow
from tests.drawing import Drawing, Way
from tests.reference.values import CASES, EFFECTS, Contents, outputs, trigger_data, variables
from tests.workflows import Definition

HANGS = "echo did not finish within 50 ms"
"""The error of a mock that lets the action run out of its time, which then is 50 ms."""

ERRORS = ("boom", "", "no ☃", "long " * 500)


@dataclass(frozen=True)
class Case:
    """A workflow, what it is started with, and what its effects come to."""

    definition: Definition
    trigger: dict[str, Any]
    variables: dict[str, Any]
    mocks: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """This case as JSON."""
        return asdict(self)


class Sketch(Drawing):
    """The ways of a workflow with every type of node; what the nodes hold is drawn when it is known what they see."""

    _quiet = False
    """Whether what is drawn now does nothing outside."""
    _mortal = False
    """Whether each branch that is drawn next begins with a condition, and dies where it is not met."""

    def workflow(self) -> Definition:
        begins = self.draw(st.sampled_from(["trigger", "trigger", "other"]))
        ways = self.bare("trigger") if begins == "trigger" else self.simple()
        self.block(ways, self.depth, may_end=True)
        return {"name": "drawn", "nodes": self.nodes, "connections": self.connections}

    def fork(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        how = self.draw(st.sampled_from(["plain", "plain", "mortal", "mortal", "quiet"]))
        before = self._quiet, self._mortal
        self._quiet, self._mortal = self._quiet or how == "quiet", how == "mortal"
        out = super().fork(ways, depth, may_end)
        self._quiet, self._mortal = before
        return out

    def branch(self, ways: list[Way], depth: int, may_end: bool) -> list[Way]:
        mortal, self._mortal = self._mortal, False
        if mortal:
            ways = self.connect(ways, self.bare("condition"))[:1]
        out = super().branch(ways, depth, may_end)
        self._mortal = mortal
        return out

    def name(self) -> str:
        number = len(self.nodes)
        return self.draw(st.sampled_from(["n%d", "n%d", "n%d", "%d", "Node_%d.b", "-%d-x"])) % number

    def bare(self, kind: str, **config: Any) -> list[Way]:
        """A new node without contents; returns its ways out."""
        name = self.name()
        fields = {"enabled": False} if kind != "trigger" and self.draw(st.integers(0, 9)) == 9 else {}
        self.nodes.append({"id": name, "type": kind, "config": config, **fields})
        if kind == "switch":
            return [(name, port) for port in dict.fromkeys((*config["cases"].values(), config["default"]))]
        return {"condition": [(name, "true"), (name, "false")], "end": []}.get(kind, [(name, RESULT)])

    def node(self, kind: str, **fields: Any) -> list[Way]:
        return self.bare(kind)

    def simple(self) -> list[Way]:
        kinds = ["set_variables"] if self._quiet else ["effect", "effect", "effect", "wait", "set_variables"]
        return self.bare(self.draw(st.sampled_from(kinds)))

    def decision(self) -> list[Way]:
        if self.draw(st.integers(0, 2)):
            return self.bare("condition")
        names = self.draw(st.lists(st.sampled_from(sorted(CASES)), min_size=1, max_size=3, unique=True))
        default = self.draw(st.sampled_from(["default", "x"]))
        return self.bare("switch", cases={name: CASES[name] for name in names}, default=default)

    def join(self, may_end: bool) -> list[Way]:
        effects = [] if self._quiet else ["effect", "effect", "wait"]
        kinds = [*effects, "set_variables", "decision", *["end"] * may_end]
        kind = self.draw(st.sampled_from(kinds))
        return self.decision() if kind == "decision" else self.bare(kind)

    def origin(self) -> list[Way]:
        return self.simple()


def _chain(draw: st.DrawFn) -> Definition:
    """A chain: actions that follow each other, some without an id."""
    kinds = ["effect", "effect", "wait", "set_variables", "condition", "switch"]
    first, last = draw(st.sampled_from([[], [], ["trigger"]])), draw(st.sampled_from(["effect", "end"]))
    actions: list[Definition] = []
    middle = draw(st.lists(st.sampled_from(kinds), max_size=7))
    for number, kind in enumerate([*first, *middle, last], start=1):
        config: Definition = {}
        if kind == "condition":
            config = draw(st.sampled_from([{}, {"onFalse": "continue"}, {"onFalse": "stop"}]))
        if kind == "switch":
            config = {"cases": {"premium": "x", "5": "y"}}
        enabled = {"enabled": False} if kind != "trigger" and draw(st.integers(0, 9)) == 9 else {}
        actions.append({"id": f"action-{number}", "type": kind, "config": config, **enabled})
    return {"name": "drawn", "actions": actions}


def _fill(draw: st.DrawFn, sketch: Definition) -> tuple[Definition, dict[str, Any]]:
    """The sketch with what its nodes hold, and the mocks of its effects."""
    flow = build_flow(read_workflow(sketch))
    mocks: dict[str, Any] = {}
    for node in sketch["nodes"] if "nodes" in sketch else sketch["actions"]:
        if node["type"] == "effect":
            node["type"] = draw(st.sampled_from((*EFFECTS, "echo", "echo")))
        is_effect = node["type"] in EFFECTS
        if draw(st.integers(0, 9)) >= (3 if is_effect else 7):
            node["onError"] = draw(st.sampled_from(["continue", "retry", "retry", "stop"]))
        if is_effect and node.get("enabled", True) and draw(st.booleans()):
            mocks[node["id"]] = _mock(draw, node)
        hangs = mocks.get(node["id"]) == {"error": HANGS}
        node |= {"timeout": 50} if hangs else draw(st.sampled_from([{}, {}, {"timeout": 10_000}, {"label": "A label"}]))
        # A mock stands in for the whole effect, and so for its failing to read its config as well.
        unsure = 0 if node["id"] in mocks else 1 if is_effect or node.get("onError") != "continue" else 5
        contents = Contents(draw, list(flow.earlier_nodes(node["id"])), unsure=unsure)
        node["config"] = contents.config(node["type"], node["config"])
    return sketch, mocks


def _mock(draw: st.DrawFn, node: Definition) -> Any:
    """What an effect comes to; few stop a run, since little happens behind that."""
    error = {"error": draw(st.sampled_from(ERRORS))}
    output = {"output": draw(outputs())}
    if node["type"] == "echo" and draw(st.integers(0, 14)) == 14:
        return {"error": HANGS}
    kind = draw(st.sampled_from({"continue": "ooeels", "retry": "ollle"}.get(node.get("onError", "stop"), "ooooooooe")))
    if kind == "l":
        return [error] * draw(st.integers(1, 4)) + [output]
    if kind == "s":
        return [output, error]
    return output if kind == "o" else error


@st.composite
def definitions(draw: st.DrawFn) -> tuple[Definition, dict[str, Any]]:
    """A valid definition, and mocks for its effects."""
    sketch = _chain(draw) if draw(st.integers(0, 5)) == 5 else Sketch(draw).workflow()
    definition, mocks = _fill(draw, sketch)
    definition["variables"] = draw(variables())
    for action in definition.get("actions", ()):
        if draw(st.booleans()):
            del action["id"]  # which is what it then is called
    return definition | draw(st.sampled_from([{}, {}, {"timeoutSeconds": 2_000_000}])), mocks


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A case."""
    definition, mocks = draw(definitions())
    return Case(definition, draw(trigger_data()), draw(variables()), mocks)


def is_effect(node: Definition) -> bool:
    """Whether a drawn node does something outside."""
    return bool(node["type"] not in DECISIONS and node.get("enabled", True))
