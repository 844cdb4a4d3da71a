"""How soon a step that has finished is told to those who follow its execution, and how soon they hear anything."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from benchmarks import servers
from benchmarks.client import Json, Workspace
from benchmarks.report import Report, milliseconds
from benchmarks.samples import Samples
from benchmarks.subscriber import Subscriber

P50_MS, P95_MS, FIRST_MS = 150, 400, 100
FEW, MANY = 8, 50
CONNECTIONS = 50
PATIENCE = 120.0

SHORT = (100, 250, 400, 600, 900)
"""Milliseconds that steps take, in turns."""
QUIET = (3, 10)
"""Seconds in which nothing happens."""

HOW = f"""`python -m local` in a process of its own (`THROTTLE=off`), clients in another one, each on a connection of
its own to the `streamUrl` of an execution. *Delay* is from a step's `completedAt`, which is noted before the step is
recorded, to the arrival of its `step` event, by the clock of this machine. Steps are waits of {SHORT[0]} to
{SHORT[-1]} ms in turns. The longer nothing happens, the less often the stream looks: the rows *after … s* are the
steps that end such a quiet time, on {FEW} streams. *First event* is from before the connection is made to the arrival
of `connected`, while the execution runs; one after the other."""


def measure() -> Report:
    report = Report("Delay of the live stream", HOW, ("what", "events", "p50 ms", "p95 ms"))
    with servers.local_service() as (url, _, _):
        client = Workspace(url)
        steps = client.publish(chain(wait(ms) for ms in SHORT * 6))
        subscribers = {
            "1 stream": [1],
            f"{MANY} streams of one execution": [MANY],
            f"{MANY} streams, an execution each": [1] * MANY,
        }
        for what, of_each in subscribers.items():
            delays = _followed(client, steps, of_each)
            _add(report, f"delay, {what}", delays)
            _promise(report, what, delays)
        for seconds in QUIET:
            quiet = client.publish(chain([wait(seconds * 1000), note(10)] * 3))
            _add(report, f"delay, after {seconds} s", _followed(client, quiet, [1] * FEW))
        taken = _connecting(client)
        _add(report, "first event", taken)
        first = milliseconds(taken.p50)
        report.promise(f"first event after {first} ms, under {FIRST_MS}", taken.p50 * 1000 < FIRST_MS)
    return report


def chain(actions: Iterable[Json]) -> Json:
    return {"name": "Followed", "actions": list(actions)}


def wait(milliseconds: int) -> Json:
    return {"type": "wait", "config": {"durationMs": milliseconds}}


def note(size: int) -> Json:
    """A step that takes no time, and whose output has a few bytes more than `size`."""
    return {"type": "send_notification", "config": {"recipient": "user_123", "message": "x" * size}}


def _followed(client: Workspace, workflow_id: str, subscribers: Sequence[int]) -> Samples:
    """The delays of all steps, of executions with so many subscribers each."""
    followed = []
    for count in subscribers:
        execution = client.execution(client.start(workflow_id))
        followed.append((execution["id"], [Subscriber(execution["streamUrl"]) for _ in range(count)]))
    delays: list[float] = []
    for execution_id, theirs in followed:
        for subscriber in theirs:
            subscriber.ended(PATIENCE)
        for step in client.execution(execution_id)["steps"]:
            finished = datetime.fromisoformat(step["completedAt"]).timestamp()
            delays += [subscriber.steps[step["actionId"]] - finished for subscriber in theirs]
    return Samples(delays)


def _connecting(client: Workspace) -> Samples:
    url = client.execution(client.start(client.publish(chain(wait(ms) for ms in SHORT * 6))))["streamUrl"]
    seconds = []
    for _ in range(CONNECTIONS):
        subscriber = Subscriber(url)
        subscriber.connected()
        seconds.append(subscriber.first)
        subscriber.close()
    return Samples(seconds)


def _add(report: Report, what: str, taken: Samples) -> None:
    report.add(what, str(len(taken.seconds)), milliseconds(taken.p50), milliseconds(taken.p95))


def _promise(report: Report, what: str, delays: Samples) -> None:
    p50, p95 = delays.p50 * 1000, delays.p95 * 1000
    report.promise(f"{what}: half of the steps within {p50:.0f} ms, at most {P50_MS}", p50 <= P50_MS)
    report.promise(f"… and 95 % within {p95:.0f} ms, at most {P95_MS}", p95 <= P95_MS)
