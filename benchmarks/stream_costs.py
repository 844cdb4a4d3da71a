"""What the live stream takes: DynamoDB reads, while nothing happens and for each step, and memory."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import in_process, servers
from benchmarks.client import Workspace
from benchmarks.meter import Meter, requests_of_others
from benchmarks.report import Report
from benchmarks.stream import chain, note, wait
from benchmarks.subscriber import Subscriber
from functions.store import steps
from functions.store.recent import Recent

SUBSCRIBERS = 200
PAIRS = 10
PAUSE_MS, HOUR_MS = 500, 3_600_000
IDLE_SECONDS, SETTLED_SECONDS = 30.0, 12.0
LARGE = 2000

HOW = f"""*Reads* are the DynamoDB requests of the stream, counted in this process: of the head (GetItem, a unit each
where it has up to 4 KB) and of steps that are not kept in the head (BatchGetItem). A stream is idle when its execution
has been in a long wait for {SETTLED_SECONDS:.0f} s; it is counted for {IDLE_SECONDS:.0f} s. Reads per step are those
of a run of {2 * PAIRS} steps, in which waits of {PAUSE_MS} ms and notifications take turns, with one stream. Memory is
that of `python -m local` in a process of its own with {SUBSCRIBERS} executions in a long wait, before and while each is
streamed by one subscriber."""


def measure() -> Report:
    report = Report("What the live stream takes", HOW, ("what", "of the head", "of steps"))
    with servers.echo() as echo, in_process.service(echo) as url, Meter().running():
        client = Workspace(url)
        for streams, what in ((1, "1 stream"), (10, "10 streams of one execution")):
            _add(report, f"reads per idle minute, {what}", _idle(client, streams), IDLE_SECONDS / 60)
        for size, what in ((10, "outputs of a few bytes"), (LARGE, f"outputs of {LARGE:,} bytes")):
            _add(report, f"reads per step, {what}", _active(client, size), 2 * PAIRS)
    report.notes.append(_memory())
    return report


def _idle(client: Workspace, streams: int) -> Counter[str]:
    """The requests for an execution that does nothing."""
    execution = client.execution(client.start(client.publish(chain([wait(HOUR_MS)]))))
    subscribers = [Subscriber(execution["streamUrl"]) for _ in range(streams)]
    time.sleep(SETTLED_SECONDS)
    with requests_of_others() as found:
        time.sleep(IDLE_SECONDS)
    _leave(subscribers)
    return found


def _active(client: Workspace, size: int) -> Counter[str]:
    """The requests of one stream, for outputs of so many bytes, from its start to its end."""
    workflow_id = client.publish(chain([wait(PAUSE_MS), note(size)] * PAIRS))
    execution = client.execution(client.start(workflow_id))
    with _without_memory(), requests_of_others() as found:
        Subscriber(execution["streamUrl"]).ended(60)
    return found


@contextmanager
def _without_memory() -> Iterator[None]:
    """Lets no step stay in memory: on AWS the stream is a process of its own, which `action` leaves nothing in."""
    kept, steps._recent = steps._recent, Recent(0)
    try:
        yield
    finally:
        steps._recent = kept


def _memory() -> str:
    with servers.local_service() as (url, process, _):
        client = Workspace(url)
        workflow_id = client.publish(chain([*[note(10)] * 5, wait(HOUR_MS)]))
        executions = [client.execution(client.start(workflow_id)) for _ in range(SUBSCRIBERS)]
        time.sleep(SETTLED_SECONDS)
        before = servers.resident_mb(process.pid)
        subscribers = [Subscriber(execution["streamUrl"]) for execution in executions]
        time.sleep(SETTLED_SECONDS)
        after = servers.resident_mb(process.pid)
        _leave(subscribers)
    each = (after - before) / SUBSCRIBERS * 1024
    return f"Memory: {before:.0f} MB before, {after:.0f} MB with {SUBSCRIBERS} subscribers, so {each:.0f} KB for each."


def _leave(subscribers: list[Subscriber]) -> None:
    """Ends connections that were made and held."""
    for subscriber in subscribers:
        subscriber.connected()
        subscriber.close()


def _add(report: Report, what: str, found: Counter[str], per: float) -> None:
    others = found.total() - found["GetItem"]
    report.add(what, f"{found['GetItem'] / per:.1f}", f"{others / per:.1f}")
