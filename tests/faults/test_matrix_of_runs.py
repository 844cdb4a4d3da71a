"""Every call of the reference workflow's run, hurt in every way: what comes of it is what the document says."""

from collections.abc import Iterator

import pytest

from tests.faults import reference
from tests.faults.calls import Place
from tests.faults.document import kept_rows, row_line
from tests.faults.matrix import recorded, row, runs
from tests.faults.scenarios import Scenario
from tests.faults.world import World, world

WORKS = ("execute_workflow", *reference.WORKS, "event")


@pytest.fixture(scope="module")
def hurt() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture(scope="module")
def run() -> Scenario:
    (scenario,) = runs()
    return scenario


@pytest.fixture(scope="module")
def places(hurt: World, run: Scenario) -> list[Place]:
    return recorded(run, hurt)


def test_the_document_has_every_call_and_no_other(places: list[Place], run: Scenario) -> None:
    assert [str(place) for place in places] == list(kept_rows("runs", run.name))
    assert {place.work for place in places} == set(WORKS)


@pytest.mark.parametrize("work", WORKS)
def test_every_cell_holds_and_is_as_the_document_says(
    hurt: World, run: Scenario, places: list[Place], work: str
) -> None:
    """What differs is written anew by `make faults`."""
    said = kept_rows("runs", run.name)
    chosen = [place for place in places if place.work == work]
    assert [row_line(row(run, hurt, place)) for place in chosen] == [said[str(place)] for place in chosen]
