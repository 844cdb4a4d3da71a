"""How long five effects take from the request to the answer, beside the least that such a machine can do."""

from statistics import median

from benchmarks import by_hand, in_process, servers
from benchmarks.client import Json, Workspace
from benchmarks.meter import Meter, total
from benchmarks.report import Report, milliseconds
from benchmarks.samples import Run, Samples, in_turns

PAIRS = 60
METERED = 20
RATIO = 1.6
LIMIT_MS = 100

HOW = """Five effects in a chain: `POST …/execute` with `Prefer: wait=25` over a connection that stays open, from
the request to the answer with the whole execution. The floor is a machine by hand on the same local Step Functions,
whose five Lambda Tasks each do one PutItem and one UpdateItem and nothing else; it is started by StartExecution
through boto3 in the same process, and the engine tells its end without polling. Runs are taken in turns. The last
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
            "five wait of 0 ms": chain("wait", {"durationMs": 0}),
            "five create_task": chain("create_task", {"title": "Call {{trigger.name}}"}),
            "five call_api": chain("call_api", {"url": f"{echo}/"}),
        }
        runs: dict[str, Run] = {"floor: machine by hand": floor.run}
        for name, workflow in workflows.items():
            runs[name] = _runner(client, client.publish(workflow))
        samples = dict(zip(runs, in_turns(list(runs.values()), PAIRS, in_process.settle), strict=True))
        for name, run in runs.items():
            _add(report, name, samples, _metered(run))
    _promise(report, samples["five wait of 0 ms"], samples["floor: machine by hand"])
    return report


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


def _add(report: Report, name: str, samples: dict[str, Samples], meters: list[Meter]) -> None:
    floor, taken = samples["floor: machine by hand"], samples[name]
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


def _promise(report: Report, ours: Samples, floor: Samples) -> None:
    ratio = ours.p50 / floor.p50
    report.promise(f"five trivial effects take {ratio:.2f} × the floor at p50, at most {RATIO}", ratio <= RATIO)
    took = milliseconds(ours.p50)
    report.promise(f"… and {took} ms, under {LIMIT_MS}", ours.p50 * 1000 < LIMIT_MS)
