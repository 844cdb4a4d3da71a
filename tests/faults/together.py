"""Two branches whose ends meet: the one row of the matrix in which Tasks run side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.calls import Place
from tests.faults.scenarios import Executed
from tests.faults.world import World

BRANCH = "either branch"


@dataclass
class EndedTogether(Executed):
    """Whichever branch commits last ends the record: of the two, the calls have one name."""

    def rows(self, places: Sequence[Place]) -> list[Place]:
        """What only the last of them does, and the commit before it."""
        ends = [place for place in super().rows(places) if place.work == BRANCH]
        return [place for place in ends if "commit" in place.call or "Transact" in place.call]

    def act(self, world: World, name: str) -> None:
        world.injector.side_by_side = {"one": BRANCH, "two": BRANCH}
        super().act(world, name)
        world.injector.side_by_side = {}
