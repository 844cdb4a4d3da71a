"""What must hold of a run of the load; each check is a promise of the report, with what was counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import isclose

from benchmarks.load.clients import Run
from benchmarks.load.mix import MIX, Kind
from benchmarks.load.run import Outcome
from benchmarks.load.samples import Sample
from benchmarks.report import Target

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in MIX}

OWN_MB = 60.0
"""What the service's process may grow by, beside what the records take in memory."""
STEADY, STEADY_FROM = 1.5, 5_000
"""How much more a run of the last fifth may add than one of the second, where there are so many."""
SPARE = 2
"""Threads more than before the load that a pool may have come to."""


def judge(outcome: Outcome) -> list[Target]:
    """Every check, met or missed."""
    return [
        *_answers(outcome),
        *_executions(outcome),
        *_lists(outcome),
        *_effects(outcome),
        *_streams(outcome),
        *_memory(outcome),
    ]


def runs_of(outcome: Outcome) -> list[Run]:
    return [*outcome.warm.runs, *outcome.harvest.runs]


def growth(outcome: Outcome) -> float:
    """The MB that the process has at last, beyond those before the load."""
    return outcome.after.mb - outcome.baseline.mb


def measured_records_mb(outcome: Outcome) -> float:
    """What the records of the measured runs take: the rest are those of the warm-up, there before."""
    return outcome.records_mb * (1 - len(outcome.warm.runs) / max(1, len(outcome.accepted)))


def fifths(outcome: Outcome) -> list[float]:
    """The KB that a run of each fifth of the runs adds to the process."""
    ends = sorted(run.ended for run in outcome.harvest.runs)
    found, mb, before = [], outcome.baseline.mb, 0
    for fifth in range(1, 6):
        done = len(ends) * fifth // 5
        now = max((sample for sample in outcome.samples if sample.at <= ends[done - 1] + 1), key=lambda each: each.at)
        found.append((now.mb - mb) / max(1, done - before) * 1024)
        mb, before = now.mb, done
    return found


def _answers(outcome: Outcome) -> Iterator[Target]:
    requests, faults = len(outcome.harvest.requests), [*outcome.warm.faults, *outcome.harvest.faults]
    yield Target(f"{len(outcome.harvest.runs):,} of {outcome.plan.runs:,} runs came to their end", _all_ran(outcome))
    yield Target(f"{requests:,} requests, all answered as they must be{_first(faults)}", not faults)
    refused = outcome.refused.total()
    yield Target(f"{refused} answers of 500 or more in the access log{_first(outcome.errors)}", _no_faults(outcome))


def _executions(outcome: Outcome) -> Iterator[Target]:
    ids = [run.id for run in runs_of(outcome)]
    yield Target(f"{len(ids):,} execution ids, no two of them equal", len(set(ids)) == len(ids))
    wrong = [run for run in runs_of(outcome) if not _as_it_must(outcome, run)]
    yield Target(f"{len(wrong)} of them lost, or ended otherwise than they must when read again", not wrong)
    heads = Counter(outcome.kept.heads)
    strays, lost = heads.keys() - outcome.accepted, outcome.accepted - heads.keys()
    yield Target(f"{len(strays)} records that no client was told of, {len(lost)} missing", not strays and not lost)
    waiting = len(outcome.kept.in_flight)
    yield Target(f"{waiting} of {len(heads):,} records still in flight", waiting == 0)


def _lists(outcome: Outcome) -> Iterator[Target]:
    standing, wrong_lists, wrong_totals, wrong_statistics = outcome.standing, [], [], []
    for name, runs in _by_kind(runs_of(outcome)).items():
        if Counter(standing.listed[name]) != Counter(run.id for run in runs):
            wrong_lists.append(name)
        if standing.totals[name] != len(runs):
            wrong_totals.append(name)
        if not _adds_up(outcome, KINDS[name], runs):
            wrong_statistics.append(name)
    rows = sum(map(len, standing.listed.values()))
    yield Target(f"{rows:,} rows in the lists: each execution once, in its own{_first(wrong_lists)}", not wrong_lists)
    yield Target(f"the lists' totals are what the clients counted{_first(wrong_totals)}", not wrong_totals)
    yield Target(f"so are the statistics, with their averages{_first(wrong_statistics)}", not wrong_statistics)


def _effects(outcome: Outcome) -> Iterator[Target]:
    wanted = {
        f"{run.id}:{node}:0": list(answers)
        for run in runs_of(outcome)
        for node, answers in KINDS[run.kind].calls
        if KINDS[run.kind].takes(node, run.n)
    }
    wrong = [token for token in wanted.keys() | outcome.calls.keys() if wanted.get(token) != outcome.calls.get(token)]
    yield Target(f"{len(wanted):,} calls of the target, each once as far as it answered{_first(wrong)}", not wrong)
    left = Counter({place: count for place, count in outcome.standing.left.items() if place[0] in _ids(outcome)})
    expected = Counter((run.id, node) for run in runs_of(outcome) for node in _leaving(run))
    yield Target(f"{expected.total():,} tasks and notifications, each once", left == expected)


def _streams(outcome: Outcome) -> Iterator[Target]:
    told = outcome.told
    what = f"{told.streams:,} streams, {told.cuts:,} lost connections: each step once, and one end"
    yield Target(f"{what}{_first(told.faults)}", not told.faults and told.streams >= outcome.plan.streams)


def _memory(outcome: Outcome) -> Iterator[Target]:
    grown, records = growth(outcome), measured_records_mb(outcome)
    yield Target(
        f"{grown:.0f} MB more than before, of which the records take {records:.0f} by themselves: "
        f"{grown - records:.0f} beside them, at most {OWN_MB:.0f}",
        grown - records <= OWN_MB,
    )
    if len(outcome.harvest.runs) >= STEADY_FROM:
        _, second, *_, last = fifths(outcome)
        what = f"{last:.0f} KB more for each run of the last fifth, {second:.0f} in the second"
        yield Target(f"{what}: at most {STEADY:g} times as much", last <= STEADY * second)
    before, after = outcome.baseline, outcome.after
    yield Target(
        f"{after.threads} threads, {after.sockets} sockets and {after.files} files open at last; "
        f"{before.threads}, {before.sockets} and {before.files} before",
        _is_back(before, after),
    )


def _all_ran(outcome: Outcome) -> bool:
    return len(outcome.harvest.runs) == outcome.plan.runs and len(outcome.warm.runs) == outcome.plan.warm_up


def _no_faults(outcome: Outcome) -> bool:
    return not outcome.refused and not outcome.errors


def _is_back(before: Sample, after: Sample) -> bool:
    return (
        after.threads <= before.threads + SPARE
        and after.sockets <= before.sockets
        and after.files <= before.files + SPARE
    )


def _as_it_must(outcome: Outcome, run: Run) -> bool:
    found, kind = outcome.standing.executions.get(run.id), KINDS[run.kind]
    if found is None or found[0] != kind.ends:
        return False
    return kind.ends != "COMPLETED" or found[1] == {"n": run.n}


def _adds_up(outcome: Outcome, kind: Kind, runs: list[Run]) -> bool:
    """Whether the statistics of a kind are those of its runs as they were read one by one."""
    given, counted = outcome.standing.statistics[kind.name], len(runs) if kind.counts else 0
    wanted = {kind.ends: counted} if counted else {}
    if given["total"] != counted or given["byStatus"] != wanted:
        return False
    if kind.ends != "COMPLETED" or not counted:
        return bool(given["averageDurationMs"] is None and given["successRate"] == 0)
    took = [found[2] for run in runs if (found := outcome.standing.executions[run.id])]
    average = sum(took) / counted
    return bool(given["successRate"] == 100 and isclose(given["averageDurationMs"], average, abs_tol=0.51))


def _by_kind(runs: Iterable[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {name: [] for name in KINDS}
    for run in runs:
        found[run.kind].append(run)
    return found


def _ids(outcome: Outcome) -> set[str]:
    return {run.id for run in runs_of(outcome)}


def _leaving(run: Run) -> Iterator[str]:
    kind = KINDS[run.kind]
    yield from (node for node in (*kind.tasks, *kind.notes) if kind.takes(node, run.n))


def _first(faults: Iterable[str]) -> str:
    """The first faults, behind what they are against."""
    named = sorted(faults)[:3]
    return f" – but {'; '.join(named)}" if named else ""
