"""How many runs of five effects the local service completes with several clients."""

from collections.abc import Callable

from benchmarks import servers
from benchmarks.client import Workspace
from benchmarks.latency import chain
from benchmarks.report import Report, milliseconds
from benchmarks.samples import Run, by_clients, one_by_one

CLIENTS = 8
COUNT = 400
SECONDS = 15.0

HOW = f"""`python -m local` in a process of its own (`THROTTLE=off`), clients in another one; a run is five waits of
0 ms, started and waited for with `Prefer: wait=25`. At most {COUNT} runs, begun within {SECONDS:.0f} s."""


def measure() -> Report:
    report = Report("Throughput", HOW, ("clients", "runs per second", "p50 ms", "p95 ms"))
    with servers.local_service() as (url, _, _):
        connect = runner(url)
        alone = one_by_one(connect(), COUNT // CLIENTS, SECONDS)
        report.add("1", f"{1 / alone.p50:.1f}", milliseconds(alone.p50), milliseconds(alone.p95))
        load = by_clients(connect, CLIENTS, COUNT, SECONDS)
        cells = milliseconds(load.samples.p50), milliseconds(load.samples.p95)
        report.add(str(CLIENTS), f"{load.per_second:.1f}", *cells)
    return report


def runner(url: str) -> Callable[[], Run]:
    """Makes clients of a service, each on a connection of its own, whose runs are five trivial effects."""
    workflow_id = Workspace(url).publish(chain("wait", {"durationMs": 0}))

    def connect() -> Run:
        client = Workspace(url)
        client.run(workflow_id)
        return lambda: client.run(workflow_id)

    return connect
