"""What drawn workflows read, write and decide by: JSON values, expressions over them, conditions and configs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from state_machines.conditions import OPERATORS
from tests.workflows import Definition

COINS = 6
"""Booleans in the trigger data that conditions may decide by, so that both ways are taken."""

NUMBERS = (0, 1, -7, 10, 2.5, 0.1, 2**53 + 1, 10**40)
TEXTS = ("", "a", "premium", "free", "5", "x y", "é ☃ 🂡", "two\nlines", "a@b.example")
SCALARS = (*NUMBERS, *TEXTS, True, False, None)
MILLISECONDS = (0, 300, 1000, 1200, 3000)
NAMES = ("plan", "limit", "tags", "out")
PATTERNS = ("^a", "pre(mium)?$", r"\d+", "", "(?i)PREMIUM", "[^x]+")
CASES = {"premium": "x", "5": "y", "true": "x", "free": "y", "null": "x", "2.5": "y"}

PATHS = (
    "trigger", "trigger.n", "trigger.s", "trigger.flag", "trigger.nothing", "trigger.user.name", "trigger.user.age",
    "trigger.items[0].price", "trigger.items[-1].tag", "trigger.items", "trigger.missing.deeply",
    "variables.plan", "variables.limit", "variables.tags", "variables.tags[0]", "variables.out", "variables.ms",
    "workflow.name", "workflow.version",
)  # fmt: skip
OUTPUTS = ("output", "output.value", "output.n", "output.items[0]", "output.result", "output.value.plan", "output.port")

SURE = (
    "trigger.items[?price > `5`].tag", "variables.plan || 'none'", "trigger.user.{who: name, old: age}",
    "[trigger.n, variables.limit]", "trigger.items[0:2]", "not_null(trigger.s, variables.plan, `0`)",
    "type(trigger.n)", "to_string(variables.limit)", "trigger.flag && variables.plan", "!trigger.flag",
    "trigger.items[*].price | [0]", "{a: variables.tags, b: {c: trigger.n}}",
)  # fmt: skip
"""JMESPath that can be evaluated whatever it meets."""

UNSURE = (
    "length(trigger.s)", "sum(trigger.items[*].price)", "keys(trigger.user)", "max(trigger.items[*].price)",
    "join('-', variables.tags)", "abs(trigger.n)", "sort(variables.tags)", "trigger.items[].price | avg(@)",
    "contains(variables.plan, 'pre')", "floor(variables.limit)",
)  # fmt: skip
"""JMESPath that fails where it meets another type."""


class Contents:
    """Draws what a node holds, which may read the steps `earlier`; `unsure` says how many of its expressions may fail:
    none, some or most."""

    def __init__(self, draw: st.DrawFn, earlier: Sequence[str], *, unsure: int = 1) -> None:
        self._draw = draw
        self._earlier = earlier
        self._unsure = unsure

    def config(self, kind: str, given: Definition) -> Definition:
        """The config of a node of this type, of which `given` was settled when its ways were drawn."""
        drawn = _CONFIGS[kind](self) if kind in _CONFIGS else {}
        return {**drawn, **given}

    def _one(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    # -- expressions ------------------------------------------------------------------------------------------------

    def path(self) -> str:
        """A plain path; every other one reads a step, where there is one to read."""
        if self._earlier and self._one(True, False):
            return f"steps.{self._one(*self._earlier)}.{self._one(*OUTPUTS)}"
        return str(self._one(*PATHS))

    def expression(self) -> str:
        kind = self._one("path", "path", "path", "sure", "quoted", *["unsure"] * self._unsure)
        if kind == "sure":
            return str(self._one(*SURE))
        if kind == "unsure":
            return str(self._one(*UNSURE))
        if kind == "quoted" and self._earlier:
            return f'steps."{self._one(*self._earlier)}".output || `[]`'
        return self.path()

    def whole(self) -> str:
        """A string that is one template, and so keeps its value's type."""
        return str(self._one("{{%s}}", "{{ %s }}")).replace("%s", self.expression())

    def text(self) -> str:
        """A text with templates in it, never empty."""
        return str(self._one("Hi {{%s}}!", "{{%s}} – {{%s}}", "plain", "é{{ %s }}")).replace("%s", self.expression())

    def value(self, depth: int = 2) -> Any:
        """A literal or a template, or a list or an object of them."""
        kind = self._one("scalar", "scalar", "whole", "whole", "text", *["list", "object"] * (depth > 0))
        if kind == "list":
            return [self.value(depth - 1) for _ in range(self._one(0, 1, 2))]
        if kind == "object":
            return {name: self.value(depth - 1) for name in self._one((), ("plan",), ("value", "n"), ("a b", ""))}
        simple = {"scalar": lambda: self._one(*SCALARS), "whole": self.whole, "text": self.text}
        return simple[kind]()

    # -- decisions --------------------------------------------------------------------------------------------------

    def condition(self, depth: int = 2) -> Definition:
        """A condition that is as often met as not, or one that compares whatever it finds."""
        kind = self._one("coin", "coin", "compare", "compare", *["all", "any", "not"] * (depth > 0))
        if kind == "not":
            return {"not": self.condition(depth - 1)}
        if kind in ("all", "any"):
            return {kind: [self.condition(depth - 1) for _ in range(self._one(1, 2, 3))]}
        if kind == "coin":
            return {"field": f"trigger.coins[{self._one(*range(COINS))}]", "operator": "equals", "value": True}
        operator = self._one(*OPERATORS)
        compared = {"field": self.path(), "operator": operator}
        return compared if operator in ("exists", "not_exists") else {**compared, "value": self._operand(operator)}

    def _operand(self, operator: str) -> Any:
        if operator in ("in", "not_in"):
            return [self._one(*SCALARS, self.whole()) for _ in range(self._one(0, 1, 3))]
        if operator == "matches":
            return self._one(*PATTERNS, "{{variables.plan}}")
        return self._one(*SCALARS, self.whole(), self.whole())

    def switch(self) -> Definition:
        return {"field": self._one("trigger.kind", "trigger.kind", "variables.plan", self.path())}

    def assignments(self) -> Definition:
        names = self._draw(st.lists(st.sampled_from((*NAMES, "ms")), min_size=1, max_size=3, unique=True))
        return {"variables": {name: self._one(*MILLISECONDS) if name == "ms" else self.value() for name in names}}

    def end(self) -> Definition:
        return {"output": self.value()} if self._draw(st.booleans()) else {}

    # -- effects ----------------------------------------------------------------------------------------------------

    def wait(self) -> Definition:
        literal = self._one(1000, 1500, 2000, 7300, 0, 1, 250, 999)
        asked = self._one("{{trigger.ms}}", "{{variables.ms}}", "{{trigger.ms || `1000`}}", "{{trigger.s}}")
        return {"durationMs": self._one(literal, literal, asked)}

    def echo(self) -> Definition:
        return {"value": self.value()}

    def call_api(self) -> Definition:
        url = self._one("https://example.com/a", "https://example.com/?q={{trigger.n}}", self.whole())
        more = self._one({}, {"method": "POST", "body": self.value()}, {"headers": {"X-Plan": self.whole()}})
        return {"url": url, **more, **self._one({}, {"query": {"q": self.whole(), "n": [1, None]}})}

    def send_notification(self) -> Definition:
        recipient = self._one("user_1", "user_1", "{{trigger.user.name}}")
        return {"message": self.text(), "recipient": recipient, **self._one({}, {"title": self.text()})}

    def create_task(self) -> Definition:
        priority = self._one("LOW", "HIGH", "HIGH", "{{variables.plan}}")
        return {"title": self.text(), "priority": priority, **self._one({}, {"assignedTo": "user_1"})}

    def send_email(self) -> Definition:
        to = self._one("ada@example.com", ["ada@example.com", "bob@example.com"], "{{trigger.user.name}}")
        return {"to": to, "subject": self.text(), "body": self.text()}


_CONFIGS: Mapping[str, Callable[[Contents], Definition]] = {
    "condition": Contents.condition,
    "switch": Contents.switch,
    "set_variables": Contents.assignments,
    "end": Contents.end,
    "wait": Contents.wait,
    "echo": Contents.echo,
    "call_api": Contents.call_api,
    "send_notification": Contents.send_notification,
    "create_task": Contents.create_task,
    "send_email": Contents.send_email,
}

EFFECTS = ("echo", "call_api", "send_notification", "create_task", "send_email")
"""The actions that workflows are drawn of; `echo` is one of the tests' own."""


def scalars() -> st.SearchStrategy[Any]:
    return st.sampled_from(SCALARS)


def trigger_data() -> st.SearchStrategy[dict[str, Any]]:
    """Trigger data in which any field may be missing but the coins."""
    items = st.lists(
        st.fixed_dictionaries({"price": st.sampled_from(NUMBERS)}, optional={"tag": st.sampled_from(TEXTS)}), max_size=3
    )
    return st.fixed_dictionaries(
        {"coins": st.lists(st.booleans(), min_size=COINS, max_size=COINS)},
        optional={
            "n": st.sampled_from(NUMBERS),
            "s": st.sampled_from(TEXTS) | scalars(),
            "flag": st.booleans(),
            "nothing": st.none(),
            "user": st.fixed_dictionaries({"name": st.sampled_from(("ada", "user_2", "", None, 5)), "age": scalars()}),
            "items": items | scalars(),
            "ms": st.sampled_from(MILLISECONDS),
            "kind": st.sampled_from((*CASES, 5, True, None)),
        },
    )


def variables() -> st.SearchStrategy[dict[str, Any]]:
    """A workflow's variables, or those of a request for it."""
    return st.fixed_dictionaries(
        {},
        optional={
            "plan": st.sampled_from(("premium", "free", 5, None)),
            "limit": st.sampled_from(NUMBERS),
            "tags": st.lists(st.sampled_from(("a", "b", 1)), max_size=2),
            "ms": st.sampled_from(MILLISECONDS),
        },
    )


def outputs() -> st.SearchStrategy[Any]:
    """What an effect may come to."""
    return st.one_of(
        st.fixed_dictionaries({"value": scalars()}),
        st.fixed_dictionaries({"n": st.sampled_from((*NUMBERS, 300)), "items": st.lists(scalars(), max_size=2)}),
        st.sampled_from((None, 5, "text", [], {}, [1, [2]])),
    )
