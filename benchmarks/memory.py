"""How soon the local service is ready, what memory it takes, and how much more after many executions."""

from benchmarks import servers
from benchmarks.report import Report
from benchmarks.samples import by_clients
from benchmarks.throughput import CLIENTS, runner

READY_MB = 300
GROWTH_MB = 200
STEPS = 5
SECONDS = 300.0
"""For all executions together."""

HOW = f"""`python -m local` in a process of its own: the seconds until `GET /health` answers 200, and its resident
memory then and while {CLIENTS} clients run five effects (waits of 0 ms) again and again. The records stay: the
local table is in memory."""


def measure(executions: int) -> Report:
    report = Report("Start and memory", HOW, ("executions so far", "resident MB", "runs per second"))
    with servers.local_service() as (url, process, seconds):
        ready = servers.resident_mb(process.pid)
        report.add("0", f"{ready:.0f}", "–")
        connect, done, now = runner(url), 0, ready
        for _ in range(STEPS):
            load = by_clients(connect, CLIENTS, max(CLIENTS, executions // STEPS), SECONDS / STEPS)
            done, now = done + len(load.samples.seconds), servers.resident_mb(process.pid)
            report.add(str(done), f"{now:.0f}", f"{load.per_second:.1f}")
    report.notes.append(f"Ready after {seconds:.1f} s.")
    report.promise(f"{ready:.0f} MB when ready, at most {READY_MB}", ready <= READY_MB)
    report.promise(f"{now - ready:.0f} MB more after {done} executions, at most {GROWTH_MB}", now - ready <= GROWTH_MB)
    return report
