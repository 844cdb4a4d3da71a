"""The limits that starts come by, in their order, for a deployment and a load, and what each start takes of them."""

from dataclasses import dataclass, replace

from benchmarks.scaling.buckets import Limit
from benchmarks.scaling.contention import calm
from benchmarks.scaling.demand import Demand
from benchmarks.scaling.quotas import QUOTAS, REGIONS
from functions.entries import ACTION, API, LIFECYCLE
from functions.gateway import PLANS
from functions.prices import SECONDS
from infra.stage import Stage

TRANSACTION_SECONDS = 0.015
"""Assumed: how long the transaction that ends a run holds the day's counter of its workflow; another one that comes
meanwhile is refused and tried again, so one counter takes one after the other (`contention`)."""
BETWEEN_TASKS = 0.05
"""Assumed: seconds that Step Functions takes from a Task's end to the next one's start."""
BATCHES_AT_ONCE = 5
"""How many batches of status events `lifecycle` works off side by side, as `infra/engine.py` has it."""

_LATE = "nothing at once: its run is late"
_LOST = "500 at the start; Tasks are tried again for a minute, what an effect came to is written down within 20 s"


@dataclass(frozen=True)
class Setup:
    """A deployment and its load, as evenly spread over keys, workflows and workspaces as these numbers say.

    `shards` is over how many partitions each counter and each busy partition of an index is spread; `raised` is by what
    the quotas that can be raised are more than AWS's defaults.
    """

    region: str = REGIONS[0]
    keys: int = 1
    workflows: int = 1
    workspaces: int = 1
    stage_rate: float = Stage.model_fields["throttle_rate"].default
    stage_burst: float = Stage.model_fields["throttle_burst"].default
    streams: int = Stage.model_fields["stream_concurrency"].default
    batches: int = BATCHES_AT_ONCE
    waits: bool = True
    warm: bool = False
    shards: int = 1
    raised: float = 1
    express: bool = False
    accounts: int = 1


def limits(setup: Setup, demand: Demand) -> list[Limit]:
    """Every limit, in the order in which a start comes to it."""
    found = [*_gateway(setup, demand), *_functions(setup, demand), *_table(setup, demand)]
    found += [*_partitions(setup, demand), *_engine(setup, demand), *_ends(setup, demand)]
    return [_times(limit, setup.accounts) if limit.name != _PLAN else limit for limit in found]


def busy(setup: Setup, demand: Demand) -> dict[str, float]:
    """The seconds of each function that one start takes; `api` waits for the end where its client does."""
    effects = demand.calls[ACTION.name]
    run = effects * (SECONDS[ACTION] + BETWEEN_TASKS)
    return {
        API.name: demand.calls[API.name] * SECONDS[API] + (run if setup.waits else 0),
        ACTION.name: effects * SECONDS[ACTION],
        LIFECYCLE.name: demand.calls[LIFECYCLE.name] * SECONDS[LIFECYCLE],
    }


_PLAN = "the key’s usage plan (premium)"


def _gateway(setup: Setup, demand: Demand) -> list[Limit]:
    plan = PLANS["premium"]
    return [
        Limit(_PLAN, setup.keys * plan.burst, setup.keys * plan.rate, demand.requests, False, "429, `Retry-After`"),
        Limit("the stage’s own throttle", setup.stage_burst, setup.stage_rate, demand.requests, False, "429"),
        _quota("gateway", setup, demand.requests, "429"),
    ]


def _functions(setup: Setup, demand: Demand) -> list[Limit]:
    calls = sum(demand.calls.values())
    free = QUOTAS["concurrency"].per_second * setup.raised - setup.streams
    sees = "500 of API Gateway; Tasks are tried again for a minute"
    return [
        _quota("calls", setup, calls, sees),
        Limit(QUOTAS["concurrency"].what, free, free, sum(busy(setup, demand).values()), False, sees),
    ]


def _table(setup: Setup, demand: Demand) -> list[Limit]:
    most = QUOTAS["table_write"].per_second * setup.raised
    first = most if setup.warm else QUOTAS["new_table_write"].per_second
    most_read = QUOTAS["table_read"].per_second * setup.raised
    first_read = most_read if setup.warm else QUOTAS["new_table_read"].per_second
    return [
        Limit("DynamoDB: writes of the table", first, first, demand.table, False, _LOST, most),
        Limit("DynamoDB: writes of its busiest index", first, first, demand.index, False, _LOST, most),
        Limit("DynamoDB: reads", first_read, first_read, demand.all_read, False, "500", most_read),
    ]


def _partitions(setup: Setup, demand: Demand) -> list[Limit]:
    write, read = QUOTAS["partition_write"].per_second, QUOTAS["partition_read"].per_second
    by_workflow, by_workspace = setup.workflows * setup.shards, setup.workspaces * setup.shards

    def partition(name: str, units: int, count: int) -> Limit:
        return Limit(name, write * count, write * count, units, False, _LOST)

    own = demand.read["its workflow's items, the day's counter among them"]
    reads = Limit("reads of a workflow’s items", read * setup.workflows, read * setup.workflows, own, False, "500")
    running = demand.written["its workflow's executions of a status, in `executions_by_start`"]
    return [
        reads,
        partition(
            "index `in_flight`: one partition for all",
            demand.written["all executions in flight, in the index `in_flight`"],
            setup.shards,
        ),
        partition("index `executions_by_start`: what runs of a workflow", running, by_workflow),
        partition("tasks of a workspace", demand.written["the tasks of its workspace"], by_workspace),
    ]


def _engine(setup: Setup, demand: Demand) -> list[Limit]:
    if setup.express:
        return [_quota("start_express", setup, 1, _LATE, waits=True)]
    started = "202, and a late start: the schedule starts 15 a second"
    return [
        _quota("start", setup, 1, started, waits=True),
        _quota("transitions", setup, demand.transitions, _LATE, waits=True),
    ]


def _ends(setup: Setup, demand: Demand) -> list[Limit]:
    counters = setup.workflows * setup.shards
    write = QUOTAS["partition_write"].per_second * counters
    units = demand.written["its workflow's items, the day's counter among them"]
    turns = float(counters * calm(TRANSACTION_SECONDS))
    ends = [
        Limit("a workflow’s counter of the day: conflicts", turns, turns, 1, False, _UNENDED),
        Limit("a workflow’s counter of the day: units", write, write, units, False, _UNENDED),
    ]
    if setup.express:
        # They send no status events: nothing comes to the queue.
        return ends
    batches = setup.batches / SECONDS[LIFECYCLE]
    late = "nothing: `lifecycle` lets go of ended runs later"
    return [
        *ends,
        _quota("events", setup, demand.calls[LIFECYCLE.name], late, waits=True),
        Limit("`lifecycle`: batches at one time", batches, batches, demand.calls[LIFECYCLE.name], True, late),
    ]


_UNENDED = "a late end: tried for some 20 s, after which `lifecycle` ends the run, as failed"


def _quota(name: str, setup: Setup, each: float, sees: str, waits: bool = False) -> Limit:
    quota = QUOTAS[name]
    burst, rate = quota.of(setup.region)
    factor = setup.raised if quota.can_be_raised else 1
    return Limit(quota.what, burst * factor, rate * factor, each, waits, sees)


def _times(limit: Limit, accounts: int) -> Limit:
    """The same limit in so many accounts, over which the load is spread evenly."""
    most = limit.most * accounts if limit.most is not None else None
    return replace(limit, burst=limit.burst * accounts, per_second=limit.per_second * accounts, most=most)
