"""A valid workflow with one thing wrong is refused with the fault at its place, or is valid after all and runs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from functions.errors import WorkflowFaulty
from functions.publish import check
from state_machines.workflow import Workflow
from tests.reference.agreement import differences
from tests.reference.drawn import Case, definitions
from tests.reference.mutations import CHANGES, MUTATORS, Mutant, any_mutants, mutants
from tests.reference.values import trigger_data
from tests.reference.world import World
from tests.workflows import Definition


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as begun:
        yield begun


def drawn(number: int, count: int) -> Callable[[Any], Any]:
    """Hypothesis with this seed: it prints what it failed at, and the seed is here."""
    quick = settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    return lambda test: seed(number)(quick(test))


@pytest.mark.parametrize("number", range(201, 251))
def test_a_mutant_is_refused_at_its_fault(world: World, number: int) -> None:
    @drawn(number, 10)
    @given(any_mutants(MUTATORS))
    def run(mutant: Mutant) -> None:
        faults = faults_of(mutant.definition)
        assert mutant.paths & faults.keys(), f"{mutant.kind}: {faults}, not at {sorted(mutant.paths)}"
        assert [path for path in faults if not leads_somewhere(path, mutant.definition)] == []

    run()


@pytest.fixture(scope="module")
def seen() -> Iterator[Counter[bool]]:
    """How many changes were refused, and how many were not."""
    counted: Counter[bool] = Counter()
    yield counted
    assert not counted or min(counted[True], counted[False]) > 0, counted


@pytest.mark.parametrize("number", range(301, 311))
def test_a_change_is_refused_or_runs_the_same_everywhere(world: World, seen: Counter[bool], number: int) -> None:
    @drawn(number, 10)
    @given(any_mutants(CHANGES), trigger_data())
    def run(mutant: Mutant, trigger: dict[str, Any]) -> None:
        faults = faults_of(mutant.definition)
        seen[bool(faults)] += 1
        if faults:
            assert [path for path in faults if not leads_somewhere(path, mutant.definition)] == []
            assert mutant.unless_valid or mutant.paths & faults.keys()
        else:
            assert mutant.unless_valid, f"{mutant.kind}: it was taken"
            case = Case(mutant.definition, trigger, {}, {})
            assert differences(case, world.run(case)) == []

    run()


def test_every_mutation_can_be_made(world: World) -> None:
    """None is passed over because no drawn workflow has what it changes."""
    every = (*MUTATORS, *CHANGES)
    made: Counter[str] = Counter()

    @drawn(1, 30)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        definition, _ = data.draw(definitions())
        made.update(mutator.__name__ for mutator in every if data.draw(mutants(definition, mutator)))

    draw()
    assert {mutator.__name__ for mutator in every} == made.keys()


def faults_of(definition: Definition) -> dict[str, str]:
    """The paths of a definition's faults, each with its sentence."""
    try:
        check(definition)
    except WorkflowFaulty as error:
        return {fault["path"]: fault["message"] for fault in error.details["errors"]}
    return {}


def leads_somewhere(path: str, definition: Definition) -> bool:
    """Whether a path begins with a part that the definition has, or with a field of its top."""
    part = re.match(r"(nodes|actions|connections)\[(\d+)\](\.|$)", path)
    if part:
        return int(part[2]) < len(definition[part[1]])
    return path in {"", *definition, *(field.alias or name for name, field in Workflow.model_fields.items())}
