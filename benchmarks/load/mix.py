"""The workflows of the load, in the shares in which they are started, and what each of their runs must come to.

Each run's end gives back the number that it was started with, so that no answer of another can be taken for its own.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from benchmarks.client import Json

Way = Literal["waited for", "polled", "in v1", "cancelled", "dry", "repeated"]
"""How a client starts a run and learns its end."""

HOUR_MS = 3_600_000
MEDIUM, LARGE = 20_000, 120_000
"""Bytes of outputs: the first has an item of its own, the second is put into S3."""


@dataclass(frozen=True)
class Kind:
    """A workflow. `share` is how many of a hundred runs are of it; `calls` maps the nodes that call the target to what
    it answers in turn; `notes` and `tasks` are the nodes that leave a notification or a task."""

    name: str
    share: int
    way: Way
    nodes: tuple[Json, ...]
    arrows: str
    ends: str = "COMPLETED"
    calls: tuple[tuple[str, tuple[int, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()

    def definition(self, target: str) -> Json:
        """As it is published; `target` is the URL of the server that it calls."""
        nodes = [_aimed(node, target) for node in self.nodes]
        return {"name": f"Load: {self.name}", "nodes": nodes, "connections": list(_connections(self.arrows))}

    @property
    def counts(self) -> bool:
        """Whether its runs are counted in statistics."""
        return self.way != "dry"

    def takes(self, node: str, n: int) -> bool:
        """Whether the run with this number comes by a node: those of the plan it has not stay out."""
        return not node.endswith(("_premium", "_free")) or node.endswith(f"_{plan(n)}")


def trigger(n: int) -> Json:
    """What the run with this number is started with."""
    return {"n": n, "name": f"user {n}", "plan": plan(n)}


def plan(n: int) -> str:
    return "premium" if n % 3 == 0 else "free"


def _task(name: str) -> Json:
    return {"id": name, "type": "create_task", "config": {"title": f"{name} for {{{{trigger.name}}}}"}}


def _note(name: str) -> Json:
    config = {"recipient": "{{trigger.name}}", "message": f"{name} for {{{{trigger.name}}}}"}
    return {"id": name, "type": "send_notification", "config": config}


def _call(name: str, path: str, **fields: str) -> Json:
    return {"id": name, "type": "call_api", "config": {"url": path, "method": "POST"}, **fields}


def _wait(name: str, milliseconds: int) -> Json:
    return {"id": name, "type": "wait", "config": {"durationMs": milliseconds}}


_IS_PREMIUM: Json = {"field": "trigger.plan", "operator": "equals", "value": "premium"}
_CHECK: Json = {"id": "check", "type": "condition", "config": _IS_PREMIUM}
_SWITCH: Json = {
    "id": "by_plan",
    "type": "switch",
    "config": {"field": "trigger.plan", "cases": {"premium": "premium"}, "default": "free"},
}
_GREETING: Json = {
    "id": "greeting",
    "type": "set_variables",
    "config": {"variables": {"greeting": "Hello {{trigger.name}}"}},
}
_END: Json = {"id": "end", "type": "end", "config": {"output": {"n": "{{trigger.n}}"}}}

MIX = (
    Kind(
        "a chain of effects and decisions",
        25,
        "waited for",
        (_task("register"), _GREETING, _note("welcome"), _SWITCH, _task("call_premium"), _task("call_free"), _END),
        "register>greeting greeting>welcome welcome>by_plan by_plan:premium>call_premium by_plan:free>call_free "
        "call_premium>end call_free>end",
        notes=("welcome",),
        tasks=("register", "call_premium", "call_free"),
    ),
    Kind(
        "a condition first, in v1",
        15,
        "in v1",
        (_CHECK, _task("call_premium"), _note("write_free"), _END),
        "check:true>call_premium check:false>write_free call_premium>end write_free>end",
        notes=("write_free",),
        tasks=("call_premium",),
    ),
    Kind(
        "a fork and its join",
        15,
        "polled",
        (_call("begin", "/ok"), _call("left", "/ok"), _call("right", "/ok"), _task("report"), _END),
        "begin>left begin>right left>report right>report report>end",
        calls=(("begin", (200,)), ("left", (200,)), ("right", (200,))),
        tasks=("report",),
    ),
    Kind(
        "decisions only",
        10,
        "waited for",
        (_CHECK, _GREETING, {**_SWITCH, "id": "again"}, _END),
        "check:true>greeting check:false>end greeting>again again:premium>end again:free>end",
    ),
    Kind(
        "waits",
        8,
        "polled",
        (_wait("short", 300), _wait("long", 1200), _note("after"), _END),
        "short>long long>after after>end",
        notes=("after",),
    ),
    Kind(
        "an effect that fails once and is retried",
        5,
        "polled",
        (_call("flaky", "/flaky", onError="retry"), _END),
        "flaky>end",
        calls=(("flaky", (503, 200)),),
    ),
    Kind(
        "an effect that fails for good",
        5,
        "waited for",
        (_call("broken", "/broken"), _task("never"), _END),
        "broken>never never>end",
        ends="FAILED",
        calls=(("broken", (500,)),),
    ),
    Kind(
        "cancelled half-way",
        5,
        "cancelled",
        (_call("begin", "/ok"), _wait("long", HOUR_MS), _task("never"), _END),
        "begin>long long>never never>end",
        ends="CANCELLED",
        calls=(("begin", (200,)),),
    ),
    Kind(
        "dry runs",
        5,
        "dry",
        (_call("begin", "/ok"), _wait("long", HOUR_MS), _task("report"), _END),
        "begin>long long>report report>end",
    ),
    Kind(
        "started three times under one key",
        5,
        "repeated",
        (_call("once", "/ok"), _note("told"), _END),
        "once>told told>end",
        calls=(("once", (200,)),),
        notes=("told",),
    ),
    Kind(
        "large outputs",
        2,
        "waited for",
        (_call("medium", f"/large/{MEDIUM}"), _call("large", f"/large/{LARGE}"), _END),
        "medium>large large>end",
        calls=(("medium", (200,)), ("large", (200,))),
    ),
)


def in_order(kinds: Iterable[Kind] = MIX) -> Callable[[int], Kind]:
    """Which kind the run with a number is of: every hundred in a row has each in its share, always in one order."""
    hundred = [kind for kind in kinds for _ in range(kind.share)]
    random.Random(1).shuffle(hundred)
    return lambda n: hundred[n % len(hundred)]


def _aimed(node: Json, target: str) -> Json:
    if node["type"] != "call_api":
        return node
    return {**node, "config": {**node["config"], "url": f"{target}{node['config']['url']}"}}


def _connections(arrows: str) -> Iterable[Json]:
    for arrow in arrows.split():
        source, to = arrow.split(">")
        name, _, port = source.partition(":")
        yield {"from": name, "to": to} | ({"fromPort": port} if port else {})
