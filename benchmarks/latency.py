"""How long five effects take from the request to the answer, beside the least that such a machine can do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from benchmarks import by_hand, in_process, servers
from benchmarks.client import Json, Workspace
from benchmarks.meter import Meter, total
from benchmarks.report import Report, milliseconds
from benchmarks.samples import Run, Samples, in_turns
from functions import aws

PAIRS = 60
METERED = 20
RATIO = 1.6
LIMIT_MS = 100
SLOWER_MS = 5

Pair = tuple[Samples, Samples]

FLOOR, TRIVIAL = "floor: machine by hand", "five wait of 0 ms"

HOW = """Five effects in a chain: `POST …/execute` with `Prefer: wait=25` over a connection that stays open, from
the request to the answer with the whole execution. The floor is a machine by hand on the same local Step Functions,
whose five Lambda Tasks each do one PutItem and one UpdateItem and nothing else; it is started by StartExecution
through boto3 in the same process, and the engine tells its end without polling. Runs are taken in turns. The
emulated DynamoDB answers in a third of a millisecond, so on this machine the floor is mostly the engine, and what ours
adds is mostly HTTP, the key and the claim; two rows let each request take 5 ms longer for both, about what moto's own
DynamoDB takes and a real one does over a network: there the requests decide. The last
three columns come from further runs with a meter, as medians: DynamoDB requests of all functions (with the reads of
whoever waits), and the milliseconds inside the functions of the Tasks, and inside boto3 and the emulated DynamoDB
for these."""


def chain(kind: str, config: Json) -> Json:
    """Five actions of one kind."""
    return {"name": f"Five {kind}", "actions": [{"type": kind, "config": config} for _ in range(5)]}


def measure() -> Report:
    report = Report(
        "Latency of five effects",
        HOW,
        ("run", "p50 ms", "p95 ms", "p50 / floor", "DynamoDB requests", "in Tasks ms", "in their requests ms"),
    )
    with servers.echo() as echo, in_process.service(echo) as url, by_hand.installed():
        client = Workspace(url)
        floor = by_hand.Machine("floor")
        workflows = {
            TRIVIAL: chain("wait", {"durationMs": 0}),
            "five create_task": chain("create_task", {"title": "Call {{trigger.name}}"}),
            "five call_api": chain("call_api", {"url": f"{echo}/"}),
        }
        runs: dict[str, Run] = {FLOOR: floor.run}
        for name, workflow in workflows.items():
            runs[name] = _runner(client, client.publish(workflow))
        samples = dict(zip(runs, in_turns(list(runs.values()), PAIRS, in_process.settle), strict=True))
        meters = {name: _metered(run) for name, run in runs.items()}
        with _slower_requests():
            slow = in_turns([runs[FLOOR], runs[TRIVIAL]], PAIRS, in_process.settle)
        for name in runs:
            _add(report, name, samples[name], samples[FLOOR], meters[name])
        for name, taken in zip((FLOOR, TRIVIAL), slow, strict=True):
            _add(report, f"{name}, requests {SLOWER_MS} ms longer", taken, slow[0], meters[name])
    _promise(report, (samples[TRIVIAL], samples[FLOOR]), (slow[1], slow[0]))
    return report


@contextmanager
def _slower_requests() -> Iterator[None]:
    """Lets every DynamoDB request of this process take longer."""
    events = aws.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", _be_slower)
    try:
        yield
    finally:
        events.unregister("before-parameter-build.dynamodb", _be_slower)


def _be_slower(**_: object) -> None:
    time.sleep(SLOWER_MS / 1000)


def _runner(client: Workspace, workflow_id: str) -> Run:
    return lambda: client.run(workflow_id, {"name": "Ada"})


def _metered(run: Run) -> list[Meter]:
    meters = []
    for _ in range(METERED):
        with Meter().running() as meter:
            run()
            in_process.settle()
        meters.append(meter)
    return meters


def _add(report: Report, name: str, taken: Samples, floor: Samples, meters: list[Meter]) -> None:
    tasks = "floor" if name.startswith("floor") else "action"
    report.add(
        name,
        milliseconds(taken.p50),
        milliseconds(taken.p95),
        f"{taken.p50 / floor.p50:.2f}",
        f"{median(total(meter.requests) for meter in meters):.0f}",
        milliseconds(median(meter.seconds[tasks] for meter in meters)),
        milliseconds(median(meter.request_seconds[tasks] for meter in meters)),
    )


def _promise(report: Report, as_it_is: Pair, slower: Pair) -> None:
    """The targets, for pairs of ours and the floor."""
    for what, (taken, least) in {"": as_it_is, f" where a request takes {SLOWER_MS} ms longer": slower}.items():
        ratio = taken.p50 / least.p50
        report.promise(
            f"five trivial effects take {ratio:.2f} × the floor at p50{what}, at most {RATIO}", ratio <= RATIO
        )
    took = as_it_is[0].p50
    report.promise(f"… and {milliseconds(took)} ms, under {LIMIT_MS}", took * 1000 < LIMIT_MS)
