"""What one start takes of everything that is limited, measured in local mode and not assumed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks import bill
from benchmarks.bill import Usage
from functions.entries import ACTION, API, LIFECYCLE

WORKFLOW = "chain"
"""Of benchmarks/machines: five effects, all of them tasks in one workspace, and four decisions."""

_ROLES = (
    ("table: EXEC#", "the execution's own items"),
    ("table: WF#", "its workflow's items, the day's counter among them"),
    ("table: TASK#", "the tasks of its workspace"),
    ("listing: TASK#", "the open tasks of its workspace, in the index `listing`"),
    ("executions_by_start: WF#", "its workflow's executions of a status, in `executions_by_start`"),
    ("executions_by_duration: WF#", "its workflow's executions of a status, in `executions_by_duration`"),
    ("in_flight: 1", "all executions in flight, in the index `in_flight`"),
    ("table: KEY#", "the caller's key"),
    ("table: WORKSPACE#", "the workspace"),
)
"""The kinds of partitions, by how their names begin."""


@dataclass(frozen=True)
class Demand:
    """What one start takes until its end: `written` and `read` are units of the hottest partition of each kind, `table`
    and `index` those of the whole table and of the index that takes most."""

    requests: int
    transitions: int
    calls: Mapping[str, int]
    table: int
    index: int
    all_read: int
    written: Mapping[str, int] = field(default_factory=dict)
    read: Mapping[str, int] = field(default_factory=dict)


def measure() -> Demand:
    """Runs the workflow in local mode, with every request counted."""
    return of(bill.measure(WORKFLOW))


def of(usage: Usage) -> Demand:
    """The demand of a run that used so much."""
    by_index: Counter[str] = Counter()
    for place, units in usage.places.items():
        by_index[place.partition(":")[0]] += units
    return Demand(
        requests=usage.requests,
        transitions=usage.transitions,
        calls={entry.name: usage.calls[entry] for entry in (API, ACTION, LIFECYCLE)},
        table=by_index.pop("table"),
        index=max(by_index.values()),
        all_read=usage.read,
        written=_hottest(usage.places),
        read=_hottest(usage.places_read),
    )


def _hottest(places: Mapping[str, int]) -> dict[str, int]:
    """The units of the partition of each kind that takes most of them."""
    found: dict[str, int] = {}
    for place, units in places.items():
        role = next((role for start, role in _ROLES if place.startswith(start)), place)
        found[role] = max(found.get(role, 0), units)
    return dict(sorted(found.items()))
