"""The tables of docs/scaling.md that the simulation makes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.report import table
from benchmarks.scaling.buckets import Limit, Passage, bearable, simulate
from benchmarks.scaling.contention import contend
from benchmarks.scaling.demand import Demand
from benchmarks.scaling.limits import TRANSACTION_SECONDS, Setup, busy, limits
from benchmarks.scaling.quotas import QUOTAS

RATES = (10, 100, 1_000, 10_000)
SECONDS = 600.0
SHARDS = (1, 4, 16, 64, 256)
ENDS = (5, 10, 20, 40, 60, 80)

ALONE = Setup()
SPREAD = replace(ALONE, keys=100, workflows=100, workspaces=10)

_SETTINGS: dict[str, float | bool] = {"stage_rate": 10_000, "stage_burst": 5_000, "batches": 1_000, "warm": True}

STEPS: Sequence[tuple[str, Mapping[str, float | bool]]] = (
    ("as it is deployed", {}),
    ("keys on a plan of their own, the stage’s throttle and the batches raised, the table warmed", _SETTINGS),
    ("counters and busy partitions spread over 16", {"shards": 16}),
    ("quotas and the stage’s throttle raised tenfold", {"raised": 10, "stage_rate": 100_000, "stage_burst": 50_000}),
    ("Express machines for short workflows", {"express": True}),
    ("the same spread over 64", {"shards": 64}),
    ("a second account", {"accounts": 2}),
)
"""What is changed, one after the other, each beside what was changed before."""
_OWN_PLANS = 10_000
"""So many keys that their plans are no limit."""


def demands(demand: Demand) -> str:
    """What one start takes."""
    rows = [
        ["requests of the API (its start, one read)", f"{demand.requests}"],
        ["state transitions", f"{demand.transitions}"],
        *([f"calls of `{name}`", f"{calls}"] for name, calls in demand.calls.items()),
        ["write units of the table", f"{demand.table}"],
        ["write units of the index that takes most", f"{demand.index}"],
        ["read units", f"{demand.all_read}"],
        *([f"write units: {role}", f"{units}"] for role, units in demand.written.items()),
        *([f"read units: {role}", f"{units}"] for role, units in demand.read.items()),
    ]
    return table(("one start takes", "count"), rows)


def in_order(demand: Demand) -> str:
    """Every limit by itself, the lowest first."""
    found = sorted(limits(ALONE, demand), key=lambda limit: limit.starts)
    spread = {limit.name: limit for limit in limits(SPREAD, demand)}
    elsewhere = {limit.name: limit for limit in limits(replace(ALONE, region="others"), demand)}
    rows = []
    for limit in found:
        rows.append(
            [limit.name, f"{limit.each:.3g}", _bears(limit), _bears(spread[limit.name]), _bears(elsewhere[limit.name])]
        )
    headings = ("limit", "each start takes", "bears, one workflow", "bears, a hundred", "bears, elsewhere")
    return table(headings, rows)


def firsts(demand: Demand) -> str:
    """What gives first at each rate, where all starts are of one workflow, and where they are of a hundred."""
    rows = []
    for rate in RATES:
        cells = [_first(rate, setup, demand) for setup in (ALONE, SPREAD)]
        rows.append([f"{rate:,}", *(cell for pair in cells for cell in pair)])
    return table(("starts a second", "one workflow: gives first", "after", "a hundred: gives first", "after"), rows)


def at_rate(rate: float, demand: Demand) -> str:
    """Every limit that a rate passes, each by itself: whoever raises one comes to the next."""
    spread = {passage.limit.name: passage for passage in _short(rate, SPREAD, demand)}
    rows = []
    for passage in _short(rate, ALONE, demand):
        held = passage.refused + passage.waiting
        cells = _since(passage), _since(spread.get(passage.limit.name)), f"{held / (rate * SECONDS):.0%}"
        rows.append([passage.limit.name, *cells, "late" if passage.limit.waits else "refused", passage.limit.sees])
    headings = ("limit", "gives after", "a hundred workflows", "of ten minutes", "is", "what a client sees")
    return table(headings, rows)


def _first(rate: float, setup: Setup, demand: Demand) -> tuple[str, str]:
    short = _short(rate, setup, demand)
    return (short[0].limit.name, _since(short[0])) if short else ("nothing", "–")


def _short(rate: float, setup: Setup, demand: Demand) -> list[Passage]:
    """What the limits that a rate passes within ten minutes do to it, in the order in which they give."""
    found = [simulate([limit], rate, SECONDS)[0] for limit in limits(setup, demand)]
    short = [passage for passage in found if passage.short_at is not None]
    return sorted(short, key=lambda passage: (passage.short_at, passage.limit.starts))


def _since(passage: Passage | None) -> str:
    return "–" if passage is None or passage.short_at is None else _seconds(passage.short_at)


def conflicts() -> str:
    """What becomes of ends that all count in one item."""
    rows = []
    for rate in ENDS:
        found = contend(rate, TRANSACTION_SECONDS)
        rows.append([f"{rate}", f"{found.attempts:.1f}", f"{found.seconds * 1000:,.0f} ms", f"{found.given_up:.1%}"])
    return table(("ends of one workflow a second", "attempts", "until it is counted", "given up"), rows)


def changes(demand: Demand) -> str:
    """What each change bears, for one workflow and for a hundred, and what gives then."""
    rows, alone, spread = [], ALONE, SPREAD
    for n, (change, fields) in enumerate(STEPS):
        # A workflow belongs to one account.
        alone, spread = (
            replace(setup, **changed)  # type: ignore[arg-type]
            for setup, changed in ((alone, {**fields, "accounts": 1}), (spread, fields))
        )
        if n == 1:
            alone, spread = replace(alone, keys=_OWN_PLANS), replace(spread, keys=_OWN_PLANS)
        rows.append([change, *_borne(alone, demand), *_borne(spread, demand)])
    headings = ("change", "one workflow", "gives next", "a hundred", "gives next")
    return table(headings, rows)


def _borne(setup: Setup, demand: Demand) -> list[str]:
    found = limits(setup, demand)
    rate = bearable(found, SECONDS)
    next_one = min(found, key=lambda limit: (limit.lasts(rate * 1.05), limit.starts))
    return [f"{rate:,.0f}", next_one.name]


def shards(demand: Demand) -> str:
    """What a workflow, a workspace and the whole service bear by the number of partitions."""
    names = [limit.name for limit in limits(ALONE, demand) if limit.name.startswith(("a workflow’s", "index", "tasks"))]
    rows = []
    for count in SHARDS:
        found = {limit.name: limit for limit in limits(replace(ALONE, shards=count), demand)}
        rows.append([str(count), *(_bears(found[name]) for name in names)])
    return table(("partitions", *names), rows)


def instances(demand: Demand) -> str:
    """How many instances of a function a rate needs, and how soon Lambda has made them."""
    new = QUOTAS["instances"]
    rows = []
    for rate in RATES:
        needed = {name: rate * seconds for name, seconds in busy(ALONE, demand).items()}
        most = max(needed.values())
        cells = [f"{needed[name]:,.0f}" for name in needed]
        rows.append([f"{rate:,}", *cells, _seconds(max(0.0, (most - new.burst) / new.per_second))])
    names = [f"`{name}`" for name in busy(ALONE, demand)]
    return table(("starts a second", *names, "until they are there"), rows)


def quotas() -> str:
    """The quotas that were taken, with their sources."""
    rows = [
        [
            f"[{quota.what}]({quota.source})",
            f"{quota.burst:,.0f} / {quota.per_second:,.0f}",
            f"{quota.least_burst:,.0f} / {quota.least_per_second:,.0f}",
            "yes" if quota.can_be_raised else "no",
        ]
        for quota in QUOTAS.values()
    ]
    return table(("quota", "us-east-1: burst / a second", "least: burst / a second", "can be raised"), rows)


def sections(demand: Demand) -> dict[str, str]:
    """Every section that the page has of it, by name."""
    return {
        "demand": demands(demand),
        "order": in_order(demand),
        "first": firsts(demand),
        **{f"at {rate}": at_rate(rate, demand) for rate in RATES},
        "conflicts": conflicts(),
        "changes": changes(demand),
        "shards": shards(demand),
        "instances": instances(demand),
        "quotas": quotas(),
    }


def _bears(limit: Limit) -> str:
    if limit.most is not None and limit.most > limit.per_second:
        return f"{limit.starts:,.0f} → {limit.finally_starts:,.0f}"
    return f"{limit.starts:,.0f}" if limit.starts >= 10 else f"{limit.starts:.1f}"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 10 or seconds == 0 else f"{seconds:.1f} s"
