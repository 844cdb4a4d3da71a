"""Whole runs on the engine: waits, branches and joins of every kind come to the same as in a dry run."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions import action, clock
from local.aws import LocalAws
from tests.integration.service import WORKFLOWS, Handlers, Json
from tests.unit.functions.samples import chain, condition, graph, task, wait

A, B, C, D, E = map(task, "abcde")
PAUSE, MORE = wait("pause"), wait("more")
TEMPLATED = wait("pause", "{{ variables.ms }}")
YES, NO = condition("check"), condition("check", "not_exists")
FORK = ("begin>a", "begin>b", "a>c", "b>c")
VARIABLES = {"variables": {"ms": 1000}}
MAYBE = ("begin>x", "begin>y", "x.true>a", "y.true>b", "a>c", "b>c")
"""Two branches, each of which lives only where its condition is met."""


def branches(x: bool, y: bool, *nodes: Json) -> list[Json]:
    found = [condition(name, "exists" if met else "not_exists") for name, met in (("x", x), ("y", y))]
    return [*found, *nodes]


def assignment(node: str, **variables: Json) -> Json:
    return {"id": node, "type": "set_variables", "config": {"variables": variables}}


FLOWS: dict[str, Json] = {
    "a wait, then an effect": chain(A, PAUSE, B),
    "a wait, then a decision": chain(A, PAUSE, YES, B),
    "a wait, then an unmet decision": chain(A, PAUSE, NO, B),
    "a wait at the end": chain(A, PAUSE),
    "nothing but a wait": chain(PAUSE),
    "a wait, then a fork": graph([PAUSE, A, B, C], "begin>pause", "pause>a", "pause>b", "a>c", "b>c"),
    "a wait, then a fork of decisions": graph(
        [PAUSE, *branches(True, False, A, B, C)], "begin>pause", "pause>x", "pause>y", *MAYBE[2:]
    ),
    "a templated wait": chain(A, TEMPLATED, B, **VARIABLES),
    "a templated wait that cannot be known": chain(A, {**TEMPLATED, "onError": "continue"}, B),
    "a templated wait as a join": graph(
        [A, B, TEMPLATED, D], "begin>a", "begin>b", "a>pause", "b>pause", "pause>d", **VARIABLES
    ),
    "a wait as a join": graph([A, B, PAUSE, D], "begin>a", "begin>b", "a>pause", "b>pause", "pause>d"),
    "a wait as a join, then a decision": graph(
        [A, B, PAUSE, YES, D], "begin>a", "begin>b", "a>pause", "b>pause", "pause>check", "check.true>d"
    ),
    "a wait as a join at the end": graph([A, B, PAUSE], "begin>a", "begin>b", "a>pause", "b>pause"),
    "two waits in a row": chain(A, PAUSE, MORE, B),
    "two waits in a row, then a decision": chain(A, PAUSE, MORE, YES, B),
    "two waits at the end": chain(A, PAUSE, MORE),
    "two templated waits in a row": chain(A, TEMPLATED, wait("more", "{{ variables.ms }}"), B, **VARIABLES),
    "waits that join": graph([PAUSE, MORE, C], "begin>pause", "begin>more", "pause>c", "more>c"),
    "a wait before a fork and one in it": graph(
        [PAUSE, MORE, B, C, D], "begin>pause", "pause>more", "pause>b", "more>c", "c>d", "b>d"
    ),
    "a fork at the end": graph([A, B], "begin>a", "begin>b"),
    "a join of branches that may all die, with all dead": graph(branches(False, False, A, B, C), *MAYBE),
    "a join of branches that may all die, with one alive": graph(branches(False, True, A, B, C), *MAYBE),
    "a join of branches that may all die, with all alive": graph(branches(True, True, A, B, C), *MAYBE),
    "a checked join that is a decision": graph(
        branches(True, False, A, B, YES, C), *MAYBE[:4], "a>check", "b>check", "check.true>c"
    ),
    "a checked join that is a wait": graph(
        branches(True, False, A, B, PAUSE, C), *MAYBE[:4], "a>pause", "b>pause", "pause>c"
    ),
    "a checked join at the end of all": graph(branches(True, False, A, B, {"id": "c", "type": "end"}), *MAYBE),
    "forks in a fork": graph(
        [A, B, C, D, E, task("f"), task("g")],
        "begin>a", "begin>b", "a>c", "a>d", "c>e", "d>e", "e>g", "b>f", "f>g",
    ),
    "a checked fork in a branch": graph(
        [D, E, assignment("go", n=1), *branches(False, True, A, B, C)],
        "begin>d", "begin>go", "go>x", "go>y", *MAYBE[2:], "c>e", "d>e",
    ),
    "disabled nodes": chain(A, {**B, "enabled": False}, {**PAUSE, "enabled": False}, {**NO, "enabled": False}, C),
    "a disabled join": graph([A, B, {**C, "enabled": False}, D], *FORK, "c>d"),
    "waits before a disabled join": graph(
        [PAUSE, MORE, {**C, "enabled": False}, D], "begin>pause", "begin>more", "pause>c", "more>c", "c>d"
    ),
    "a disabled fork of decisions": graph([A, {**B, "enabled": False}, C], *FORK),
    "assignments in branches": graph(
        [
            A,
            B,
            assignment("one", n=1, left=True),
            assignment("two", n=2),
            {"id": "out", "type": "end", "config": {"output": "{{ variables }}"}},
        ],
        "begin>a", "begin>b", "a>one", "b>two", "one>out", "two>out",
    ),
    "nothing but decisions": graph(
        [YES, {"id": "out", "type": "end", "config": {"output": 1}}], "begin>check", "check.true>out"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOWS)
def test_a_run_comes_to_what_its_dry_run_came_to(
    handlers: Handlers, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The Wait states are a hundred times as fast: what they left of the time is not waited for.
    monkeypatch.setattr(action, "_sleep_until", lambda _: None)
    workflow = handlers.publish(FLOWS[name])
    _, dry = handlers.request("POST", f"{WORKFLOWS}/wf_{workflow}/execute", {"dryRun": True})
    ran = handlers.execute(workflow)
    assert summary(ran) == summary(dry["execution"])
    assert ran["status"] == "COMPLETED"


def summary(execution: Json) -> Json:
    steps = {step["actionId"]: (step["status"], step["actionType"]) for step in execution["steps"]}
    return {"steps": steps, **{name: execution[name] for name in ("status", "error", "variables")}}


@pytest.fixture(scope="module")
def in_real_time(cloud: LocalAws) -> Iterator[None]:
    """Waits take the time that they say."""
    from local.emulator import engine

    engine.time_scale, before = 1.0, engine.time_scale
    yield
    engine.time_scale = before


LONG_WAITS: dict[str, Json] = {
    "one": chain(A, wait("pause", 1500), B),
    "one at the end": chain(A, wait("pause", 1500)),
    "one under a second": chain(A, wait("pause", 900), B),
    "one behind another": chain(wait("more", 1000), wait("pause", 1500), B),
    "one behind a join": graph([A, B, wait("pause", 1500), D], "begin>a", "begin>b", "a>pause", "b>pause", "pause>d"),
    "one behind a join, before a decision": graph(
        [A, B, wait("pause", 1500), YES, D], "begin>a", "begin>b", "a>pause", "b>pause", "pause>check", "check.true>d"
    ),
    "one that is templated": chain(A, wait("pause", "{{ variables.ms }}"), B, variables={"ms": 1500}),
}


def test_waits_take_at_least_as_long_as_they_say(handlers: Handlers, in_real_time: None) -> None:
    """All at once, since each takes its time."""
    begun = {name: handlers.execute(handlers.publish(flow), wait=0) for name, flow in LONG_WAITS.items()}
    for name, execution in begun.items():
        after = ended(handlers, execution["id"])
        steps = {step["actionId"]: step for step in after["steps"]}
        wanted = {"one under a second": 900}.get(name, 1500)
        assert after["status"] == "COMPLETED", name
        assert wanted <= steps["pause"]["durationMs"] <= wanted + 200, name
        behind = [step for step in steps.values() if step["startedAt"] > steps["pause"]["startedAt"]]
        last = max([step["startedAt"] for step in behind if step["actionId"] in "bd"], default=after["completedAt"])
        assert clock.ms_between(steps["pause"]["startedAt"], last) >= wanted, name
        before = [step["completedAt"] for step in steps.values() if step["completedAt"] <= steps["pause"]["startedAt"]]
        assert clock.ms_between(max(before, default=after["startedAt"]), last) >= wanted, name


def ended(handlers: Handlers, execution_id: str) -> Json:
    deadline = time.monotonic() + 15
    answer: Any = {}
    while time.monotonic() < deadline:
        _, answer = handlers.request("GET", f"/api/workspaces/acme/workflows/executions/{execution_id}")
        if not answer["timing"]["isRunning"]:
            break
        time.sleep(0.05)
    return answer["execution"]
