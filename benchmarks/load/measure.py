"""The load as a measurement: its checks are the targets, its picture and its tables go into docs/."""

import os
import platform

from benchmarks.load.checks import judge
from benchmarks.load.pages import by_fifths, drawing, latencies, weights
from benchmarks.load.run import Outcome, Plan, run
from benchmarks.report import Report
from benchmarks.sections import put_section
from benchmarks.servers import ROOT

WHOLE = Plan()
PICTURE = ROOT / "docs" / "load.svg"
PAGE = ROOT / "docs" / "scaling.md"

HOW = """`python -m local` in a process of its own (`THROTTLE=off`), {clients} clients and {streams} streams in two
others, and in a fourth the server that `call_api` reaches. {warm_up} runs went before, so that every pool has its size.
What a run may be, and how often, is in [benchmarks/load/mix.py](../benchmarks/load/mix.py): chains, forks with a join,
conditions, waits, effects that fail once or for good, large outputs, runs without any effect, runs cancelled half-way,
dry runs, and runs started three times under one Idempotency-Key; some in v1. Beside them {executions} executions at a
time are streamed, by {each} streams each; a stream loses its connection up to twice and goes on by `Last-Event-ID`.
All of it shares the {cores} cores of one machine, whose load average was {load} before: what else it did is in the
times."""


def measure(runs: int) -> Report:
    """Runs the load. What is found goes into docs/ where it was the whole of it."""
    load = f"{os.getloadavg()[0]:.1f}"
    outcome = run(Plan(runs=runs))
    report = _report(outcome, load)
    if outcome.plan == WHOLE:
        PICTURE.write_text(drawing(outcome, machine()), encoding="utf-8")
        put_section(PAGE, "load", _section(report))
    return report


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _report(outcome: Outcome, load: str) -> Report:
    plan = outcome.plan
    how = HOW.format(
        clients=plan.clients,
        streams=plan.streams,
        executions=plan.executions_followed,
        each=plan.streams_each,
        warm_up=plan.warm_up,
        cores=os.cpu_count(),
        load=load,
    )
    report = Report(f"What {plan.runs:,} executions come to", how, ())
    report.targets = judge(outcome)
    report.notes = [latencies(outcome), by_fifths(outcome), weights(outcome)]
    return report


def _section(report: Report) -> str:
    """The report without its title, which the page has itself."""
    return report.markdown().partition("\n\n")[2]
