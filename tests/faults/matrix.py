"""The matrix: every call that was recorded, and what came of each fault at it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tests.faults import reference
from tests.faults.calls import Place
from tests.faults.faults import Fault
from tests.faults.requests import Asked, Fixed, Followed, publishing, workflows_named
from tests.faults.scenarios import Cancelled, Executed, Scenario, Scheduled
from tests.faults.together import EndedTogether
from tests.faults.world import World, world

AS_A_CRASH = "n/a"
"""Only a machine goes by the error's name: for whoever else calls, a lost process is one that crashed."""

FUNCTIONS = ("api", "action", "lifecycle", "stream")

LOST = (Fault.LOST_BEFORE, Fault.LOST_AFTER)


class Row(NamedTuple):
    """A call under the scenario that makes it, and the outcome of each fault."""

    scenario: str
    place: Place
    outcomes: Mapping[Fault, str]


@dataclass
class CellFailed(Exception):
    """Raised when a promise is broken in one cell."""

    scenario: str
    place: Place
    fault: Fault
    why: str

    def __str__(self) -> str:
        return f"{self.scenario}, {self.place}, {self.fault}: {self.why}"


def waits(url: str) -> reference.Json:
    """The definition of a run that its status event ends."""
    return reference.ends_in_a_wait()


def hour(url: str) -> reference.Json:
    """The definition of a run that somebody must stop."""
    return reference.an_hour()


def runs() -> list[Scenario]:
    """What runs the reference workflow."""
    return [Executed("The reference workflow", ("api", "action", "lifecycle"), reference.reference)]


def others() -> list[Scenario]:
    """Other ends, the schedule, and the requests and streams around them."""
    fixed = Fixed()
    return [
        Executed("A run whose status event ends it", ("lifecycle",), waits),
        EndedTogether("Two branches that end together", ("action",), reference.branches_that_end_together),
        Executed("A run that is over when it is claimed", ("api",), lambda url: reference.decisions()),
        Executed("A run that a failure stops", ("action",), lambda url: reference.stops(), {"url": "http://10.0.0.1/"}),
        Cancelled("A run that is cancelled", ("api", "lifecycle"), hour),
        Scheduled("The schedule, and a start that was lost", ("lifecycle",), waits, left="a start that was lost"),
        Scheduled("The schedule, and a lost event", ("lifecycle",), waits, left="an end whose event was lost"),
        Scheduled("The schedule, and a stop that was lost", ("lifecycle",), hour, left="a stop that was lost"),
        Asked("A new workflow", ("api",), publishing, workflows_named),
        Asked("A new version", ("api",), fixed.changing, fixed.versions_made, fixed.prepare),
        Asked("New grants", ("api",), fixed.granting, fixed.granted, fixed.prepare),
        Asked("A dry run", ("api",), fixed.testing, fixed.tested, fixed.prepare),
        Asked("Reading an execution", ("api",), fixed.reading, fixed.read, fixed.prepare),
        Asked("Listing executions", ("api",), fixed.listing, lambda *_: "listed", fixed.prepare),
        Asked("Setting a task's status", ("api",), fixed.doing, fixed.done, fixed.prepare),
        Asked("Archiving a workflow", ("api",), fixed.archiving, lambda *_: "archived", fixed.prepare),
        Followed("Following a run by its key", ("stream",), by="key"),
        Followed("Following a run by a ticket", ("stream",), by="ticket"),
    ]


def rows(scenarios: Iterable[Scenario]) -> Iterator[Row]:
    """Each call of these scenarios with the outcome of each fault. Raises CellFailed."""
    with world() as hurt:
        for scenario in scenarios:
            for place in recorded(scenario, hurt):
                yield row(scenario, hurt, place)


def row(scenario: Scenario, hurt: World, place: Place) -> Row:
    """One call, and the outcome of each fault. Raises CellFailed."""
    return Row(scenario.name, place, {fault: _cell(scenario, hurt, place, fault) for fault in Fault})


def recorded(scenario: Scenario, hurt: World) -> list[Place]:
    """The calls of the scenario when nothing is hurt."""
    name = scenario.begin(hurt)
    hurt.injector.arm()
    scenario.act(hurt, name)
    places = scenario.rows(hurt.injector.places)
    scenario.finish(hurt, name)
    assert places, f"{scenario.name} makes no call"
    # Functions and branches run side by side: who was first differs from run to run.
    return sorted(places, key=lambda place: (FUNCTIONS.index(place.function), _order(place.work)))


def _order(work: str) -> int:
    works = (*reference.WORKS, "schedule", "event")
    return works.index(work) if work in works else -1


def _cell(scenario: Scenario, hurt: World, place: Place, fault: Fault) -> str:
    if fault in LOST and place.function != "action":
        return AS_A_CRASH
    name = scenario.begin(hurt)
    hurt.injector.arm(place, fault)
    scenario.act(hurt, name)
    was_hit = hurt.injector.was_hit
    hurt.injector.disarm()
    try:
        outcome = scenario.finish(hurt, name)
    except AssertionError as error:
        raise CellFailed(scenario.name, place, fault, str(error)) from error
    if not was_hit:
        raise CellFailed(scenario.name, place, fault, "the call was not made")
    return outcome


PARTS = {"runs": runs, "others": others}
"""The parts of the matrix, by their names in the document."""
