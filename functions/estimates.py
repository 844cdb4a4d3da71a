"""What a run of a workflow will come to, before it runs: transitions, calls, writes, history events, and dollars.

Told as the least and the most that a run can come to that ends by itself with nothing tried again, and the most with
every retry that its machine allows. Whoever published it pays for the run, so `POST …/validate` tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.entries import ACTION, API, LIFECYCLE, Entry
from functions.prices import AS_OF, PRICES, REGION, SECONDS
from functions.store import executions
from state_machines.flow import DONE, Flow
from state_machines.folding import Bound, Folded, Folds
from state_machines.limits import EVENT_QUOTA
from state_machines.runs import Record, Tally, Walk, staged_units, units

ASSUMED_DATA = 1_000
"""Bytes that a step keeps of outputs and logs, and that an execution is given: a write unit more for each KB beyond."""

_INDEX_ROWS = 2
"""Rows of an execution in the indexes that lists are read from; where its status changes, each is put anew."""
_IN_FLIGHT = 1
"""The row of a running execution."""
_COUNTER = 2
"""Write units of a day's counter, in the transaction that ends a record."""
_AT_THE_END = 120
"""Bytes that the end adds to a head."""

_LEAST = Record(head=600, effects={"create_task": 2, "send_notification": 2})
_MOST = Record(
    head=1_000 + executions.SMALL_TOGETHER,
    data=ASSUMED_DATA,
    item=300,
    effects={"create_task": 4, "send_notification": 4},
)
"""Of a record without data, and of one with as much as is assumed: `tests/integration/test_estimates.py` counts."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one run comes to. `history_share` is of the 25,000 events that Step Functions keeps of a run."""

    transitions: int
    function_calls: int
    writes: int
    """DynamoDB's write units."""
    history_events: int
    history_share: float
    dollars: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run comes to: at least and at most with nothing tried again, and at most with every retry."""

    least: Cost
    most: Cost
    with_retries: Cost
    region: str = REGION
    prices_as_of: str = AS_OF


def estimate(flow: Flow, machine: Mapping[str, Any] | None) -> Estimate:
    """The estimate for `flow` and its state machine, if it needs one."""
    return Estimate(
        least=_cost(flow, machine, "least"),
        most=_cost(flow, machine, "most"),
        with_retries=_cost(flow, machine, "with_retries"),
    )


def _cost(flow: Flow, machine: Mapping[str, Any] | None, bound: Bound) -> Cost:
    record = _LEAST if bound == "least" else _MOST
    needs_none = machine is None or (bound == "least" and DONE in flow.outcomes(flow.entry, None))
    if needs_none:
        claimed = Folds(flow, bound).from_(flow.entry, None)
        return _priced(Tally(), _claim(record, claimed, units(record.head + claimed.lines), ends=True), {API: 1})
    assert machine is not None
    walk = Walk(flow, machine, bound, record)
    run = walk.run()
    head = units(record.head + walk.claimed.lines + walk.claimed.timers)
    writes = _claim(record, walk.claimed, head, ends=False) + run.ended + _end(units(run.head + _AT_THE_END))
    return _priced(run, writes, {API: 1, ACTION: run.calls, LIFECYCLE: 1})


def _claim(record: Record, claimed: Folded, head: int, ends: bool) -> int:
    """The write units of a new record; what does not fit into its head is put beside it, all in one transaction."""
    apart = 0
    if record.item:
        apart = 2 * units(record.item + record.data) + (2 * staged_units(record, claimed) if claimed.lines else 0)
    rows = _INDEX_ROWS + (0 if ends else _IN_FLIGHT)
    return (2 if apart or ends else 1) * head + apart + (_COUNTER if ends else 0) + rows


def _end(head: int) -> int:
    """The write units of ending a record, in one transaction, and of taking it out of what is in flight."""
    return 2 * head + _COUNTER + 2 * _INDEX_ROWS + head + _IN_FLIGHT


def _priced(run: Tally, writes: int, calls: Mapping[Entry, int]) -> Cost:
    return Cost(
        transitions=run.transitions,
        function_calls=sum(calls.values()),
        writes=writes,
        history_events=run.events,
        history_share=round(run.events / EVENT_QUOTA, 5),
        dollars=round(
            PRICES["api_gateway_request"].of(1)
            + PRICES["step_functions_transition"].of(run.transitions)
            + PRICES["dynamodb_write"].of(writes)
            + PRICES["lambda_request"].of(sum(calls.values()))
            + sum(
                PRICES["lambda_gb_second"].of(count * SECONDS[entry] * entry.memory / 1024)
                for entry, count in calls.items()
            ),
            9,
        ),
    )
