"""Whatever workflow is drawn, a dry run and two engines come to the same: `make soak` does it twenty times as long."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest

from functions import action, scope
from functions.engine import MachineStatus
from state_machines import translate
from tests.reference.agreement import differences
from tests.reference.drawn import Case
from tests.reference.features import EVERY
from tests.reference.search import Found, search
from tests.reference.world import World
from tests.workflows import Definition

SEEDS, CASES = range(101, 111), 50

Search = Callable[[int], Found]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as begun:
        yield begun


@pytest.fixture(scope="module")
def searched(world: World) -> Search:
    """What a seed's search came to; each is made once."""
    return cache(partial(_search, world))


def _search(world: World, seed: int) -> Found:
    return search(world, seed, CASES)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_workflows_come_to_the_same_in_a_dry_run_and_on_two_engines(searched: Search, seed: int) -> None:
    found = searched(seed)
    assert found.smallest is None, found.report()
    assert found.cases == CASES


def test_they_are_of_everything_that_the_language_has(searched: Search) -> None:
    tally: Counter[str] = sum((searched(seed).tally for seed in SEEDS), Counter())
    assert [feature for feature in EVERY if not tally[feature]] == []
    assert sum(searched(seed).machines for seed in SEEDS) > len(SEEDS) * CASES / 2


# -- what is compared can differ ------------------------------------------------------------------------------------

THREE_ERRORS = {"call": [*[{"error": "boom"}] * 3, {"output": {}}]}


def chain(*actions: Definition, mocks: Definition | None = None) -> Case:
    return Case({"name": "planted", "actions": list(actions)}, {"yes": True}, {}, mocks or {})


def echo(name: str, value: Any = 1, **fields: Any) -> Definition:
    return {"id": name, "type": "echo", "config": {"value": value}, **fields}


RETRIED = chain(echo("call", onError="retry"), echo("behind"), mocks=THREE_ERRORS)
WAITED = chain({"id": "pause", "type": "wait", "config": {"durationMs": 1000}}, echo("call", "{{steps.pause.output}}"))
CHOSEN = chain(
    echo("call"),
    {"id": "if", "type": "condition", "config": {"field": "trigger.yes", "operator": "equals", "value": True}},
    echo("then"),
)


def fewer_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    right = translate._Translation._retrier
    monkeypatch.setattr(translate._Translation, "_retrier", lambda *given: {**right(*given), "MaxAttempts": 2})


def fewer_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action, "ATTEMPTS", 2)


def forgotten_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "_noted_waits", lambda *given: {})


def other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    right = translate._Translation._choice

    def choice(*given: Any, **named: Any) -> Any:
        state = right(*given, **named)
        return {**state, "Choices": [{**rule, "StringEquals": "nothing"} for rule in state["Choices"]]}

    monkeypatch.setattr(translate._Translation, "_choice", choice)


@pytest.mark.parametrize(
    ("case", "plant"),
    [(RETRIED, fewer_retries), (RETRIED, fewer_attempts), (WAITED, forgotten_waits), (CHOSEN, other_ways)],
)
def test_a_planted_fault_is_seen_on_both_engines(
    world: World, monkeypatch: pytest.MonkeyPatch, case: Case, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    assert differences(case, world.run(case)) == []
    plant(monkeypatch)
    found = differences(case, world.run(case))
    assert {sentence.partition(":")[0] for sentence in found} >= {"moto", "aws-local-stepfunctions"}, found


def test_the_machines_end_as_the_runs_do(world: World) -> None:
    engines = world.run(RETRIED).engines.values()
    assert [outcome.machine and outcome.machine.status for outcome in engines] == [MachineStatus.SUCCEEDED] * 2
