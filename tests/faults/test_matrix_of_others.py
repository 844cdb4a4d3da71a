"""Other ends, the schedule, and the requests and streams around them: every call of each, hurt in every way."""

from collections.abc import Iterator

import pytest

from tests.faults.document import kept, kept_rows, row_line
from tests.faults.matrix import others, recorded, row
from tests.faults.scenarios import Scenario
from tests.faults.world import World, world

SCENARIOS = others()


@pytest.fixture(scope="module")
def hurt() -> Iterator[World]:
    with world() as made:
        yield made


def test_the_document_has_every_scenario_and_no_other() -> None:
    names = [line.strip("*") for line in kept("others").splitlines() if line.startswith("**")]
    assert names == [scenario.name for scenario in SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_cell_holds_and_is_as_the_document_says(hurt: World, scenario: Scenario) -> None:
    """What differs is written anew by `make faults`."""
    found = [row_line(row(scenario, hurt, place)) for place in recorded(scenario, hurt)]
    assert found == list(kept_rows("others", scenario.name).values())
