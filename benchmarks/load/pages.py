"""How a run of the load is shown: its picture, and its section of docs/scaling.md."""

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.load.checks import growth, measured_records_mb
from benchmarks.load.picture import Line, Spread, percentiles, picture, quantile
from benchmarks.load.run import Outcome
from benchmarks.report import table

STARTS = ("a start", "a repeated start")
SHOWN = ("a start", "a run to its end", "a read", "a list", "a cancellation", "a dry run")
FIFTHS = 5


def drawing(outcome: Outcome, machine: str) -> str:
    """The picture, as SVG."""
    began, until = outcome.began, _ended(outcome)
    starts = [(each.at - began, each.seconds * 1000) for each in outcome.harvest.requests if each.what in STARTS]
    spreads = [Spread(what, taken) for what in SHOWN if (taken := seconds_of(outcome, what))]
    spreads += [
        Spread("stream: its first event", outcome.told.first),
        Spread("stream: step to event", outcome.told.steps),
    ]
    runs, plan = len(outcome.harvest.runs), outcome.plan
    title = f"{runs:,} executions by {plan.clients} clients, beside {plan.streams} streams"
    day = datetime.fromtimestamp(began, UTC)
    under = f"{runs / (until - began):.0f} executions a second for {until - began:,.0f} s · {machine} · {day:%Y-%m-%d}"
    stretch = max(1.0, (until - began) / 60)
    return picture(title, under, percentiles(starts, stretch), spreads, memory(outcome))


def memory(outcome: Outcome) -> list[Line]:
    """The resident memory, and what the records would make of it by themselves, as they came to be."""
    began, until = outcome.began, _ended(outcome)
    resident = [(sample.at - began, sample.mb) for sample in outcome.samples if sample.at <= until]
    ends, records = sorted(run.ended - began for run in outcome.harvest.runs), measured_records_mb(outcome)
    every = max(1, len(ends) // 100)
    start = outcome.baseline.mb
    by_records = [(at, start + records * n / len(ends)) for n, at in enumerate(ends) if n % every == 0]
    return [Line("resident", "b", resident), Line("before, and the records", "a", by_records, dashed=True)]


def latencies(outcome: Outcome) -> str:
    """A row for each kind of request."""
    kinds = list(dict.fromkeys(each.what for each in outcome.harvest.requests))
    rows = [_row(what, seconds_of(outcome, what)) for what in kinds]
    rows.append(_row("stream: its first event", outcome.told.first))
    rows.append(_row("stream: step to event", outcome.told.steps))
    return table(("request", "count", "p50 ms", "p95 ms", "p99 ms", "slowest ms"), rows)


def by_fifths(outcome: Outcome) -> str:
    """How memory and speed go on, fifth by fifth of the runs."""
    ends = sorted(run.ended for run in outcome.harvest.runs)
    rows, before, mb = [], outcome.began, outcome.baseline.mb
    for fifth in range(1, FIFTHS + 1):
        done = len(ends) * fifth // FIFTHS
        at = ends[done - 1]
        now = max((sample for sample in outcome.samples if sample.at <= at + 1), key=lambda sample: sample.at)
        runs = done - len(ends) * (fifth - 1) // FIFTHS
        cells = f"{runs / (at - before):.1f}", f"{now.mb:.0f}", f"{(now.mb - mb) / runs * 1024:.1f}"
        rows.append([f"{done:,}", *cells, str(now.threads), str(now.sockets)])
        before, mb = at, now.mb
    headings = ("runs so far", "runs per second", "resident MB", "KB more for each run", "threads", "sockets")
    return table(headings, rows)


def weights(outcome: Outcome) -> str:
    """What a run leaves in memory, in words."""
    runs, kept = len(outcome.accepted), outcome.kept
    total = growth(outcome) / max(1, len(outcome.harvest.runs) + len(outcome.told.runs))
    return (
        f"A run leaves {kept.table_bytes / runs / 1024:.1f} KB in the table and its indexes, as DynamoDB counts them, "
        f"and {kept.bodies_bytes / runs / 1024:.1f} KB in S3.\nKept once more by a local AWS that does nothing else, "
        f"all of it takes {outcome.records_mb:.0f} MB of memory,\n{outcome.records_mb / runs * 1024:.1f} KB a run. The "
        f"process grew by {growth(outcome):.0f} MB, {total * 1024:.1f} KB a run, of which the records of these runs\n"
        f"are {measured_records_mb(outcome):.0f} MB."
    )


def seconds_of(outcome: Outcome, what: str) -> list[float]:
    return [each.seconds for each in outcome.harvest.requests if each.what == what]


def _row(what: str, seconds: Sequence[float]) -> list[str]:
    figures = [quantile(seconds, percent) for percent in (50, 95, 99)] + [max(seconds)]
    return [what, f"{len(seconds):,}", *(f"{figure * 1000:,.0f}" for figure in figures)]


def _ended(outcome: Outcome) -> float:
    return max(run.ended for run in outcome.harvest.runs)
