"""One run of the load: the service, what its workflows call, clients and streams, each in a process of its own."""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from benchmarks import servers
from benchmarks.client import Connection, Unexpected, Workspace
from benchmarks.load import records
from benchmarks.load.clients import Harvest, Order
from benchmarks.load.followers import Told, Watch, definition
from benchmarks.load.mix import MIX
from benchmarks.load.records import Kept
from benchmarks.load.samples import Sample, Sampler, settled
from benchmarks.load.standing import Standing, look

SETTLED_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """How much load. `warm_up` runs come first, as many at once, so that every pool has the size that it will have."""

    runs: int = 10_000
    clients: int = 50
    executions_followed: int = 100
    streams_each: int = 2
    pause_ms: int = 3_000
    warm_up: int = 300
    seconds: float = 3_000

    @property
    def streams(self) -> int:
        return self.executions_followed * self.streams_each


@dataclass(frozen=True)
class Outcome:
    """What was seen of one run, for `checks` to judge and `pages` to show. Times are seconds since the epoch."""

    plan: Plan
    began: float
    ended: float
    harvest: Harvest
    warm: Harvest
    told: Told
    workflows: dict[str, str]
    calls: dict[str, list[int]]
    """The statuses that the target answered to each idempotency token."""
    standing: Standing
    kept: Kept
    records_mb: float
    """What the records take, where nothing else goes on."""
    baseline: Sample
    samples: list[Sample]
    after: Sample
    refused: Counter[int]
    """The statuses from 500 on in the access log."""
    errors: list[str]
    """The first lines of the service's log that tell of a fault."""

    @property
    def accepted(self) -> set[str]:
        """The ids of all executions that anybody was given."""
        runs = (*self.warm.runs, *self.harvest.runs)
        return {run.id for run in runs} | set(self.told.runs)


def run(plan: Plan) -> Outcome:
    """Brings everything up, lets it run, and looks at what is left. Raises Unexpected, NotReady."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context((folder / "log").open("wb"))
        target = stack.enter_context(_target())
        aws_port = servers.free_port()
        environment = {"AWS_PORT": str(aws_port), "CALL_API_ALLOW": target.removeprefix("http://")}
        url, process, _ = stack.enter_context(servers.local_service(log, environment))
        with closing(Workspace(url)) as client:
            workflows = {kind.name: client.publish(kind.definition(target)) for kind in MIX}
            followed = client.publish(definition(plan.pause_ms))
        warm, warm_told = _load(plan, url, workflows, followed, first=0, runs=plan.warm_up)
        time.sleep(1)
        baseline = settled(process.pid, Sample(0, 0, 0, 0, 0), 2)
        began = time.time()
        with Sampler(process.pid) as sampler:
            harvest, told = _load(plan, url, workflows, followed, first=plan.warm_up, runs=plan.runs)
            ended = time.time()
            after = settled(process.pid, baseline, SETTLED_SECONDS)
        _join(told, warm_told)
        standing = look(url, workflows, [*warm.runs, *harvest.runs])
        with closing(Connection(target)) as connection:
            _, calls = connection.get("/calls")
        kept = records.read(f"http://127.0.0.1:{aws_port}", folder / "kept")
        refused, errors = _faults(folder / "log")
        weight = records.weight(folder / "kept")
        return Outcome(
            plan=plan,
            began=began,
            ended=ended,
            harvest=harvest,
            warm=warm,
            told=told,
            workflows=workflows,
            calls=calls,
            standing=standing,
            kept=kept,
            records_mb=weight,
            baseline=baseline,
            samples=sampler.samples,
            after=after,
            refused=refused,
            errors=errors,
        )


def _load(
    plan: Plan, url: str, workflows: dict[str, str], followed: str, *, first: int, runs: int
) -> tuple[Harvest, Told]:
    """So many runs by all clients, beside all streams."""
    order = Order(url, workflows, runs, plan.clients, plan.seconds, first)
    watch = Watch(url, followed, plan.executions_followed, plan.streams_each)
    with _worker("followers") as followers, _worker("clients") as clients:
        _tell(followers, asdict(watch))
        _tell(clients, asdict(order))
        harvest, _ = clients.communicate(timeout=plan.seconds + 300)
        told, _ = followers.communicate(timeout=300)
    return Harvest.from_json(harvest), Told(**json.loads(told))


@contextmanager
def _worker(name: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", f"benchmarks.load.{name}"]
    process = subprocess.Popen(
        command, cwd=servers.ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def _tell(process: subprocess.Popen[str], what: object) -> None:
    stdin: IO[str] | None = process.stdin
    if stdin is None:
        raise Unexpected("a process was started without an input")
    stdin.write(json.dumps(what) + "\n")
    stdin.flush()


@contextmanager
def _target() -> Iterator[str]:
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    with servers.serving([sys.executable, "-m", "benchmarks.load.target", str(port)], url):
        yield url


def _join(told: Told, warm: Told) -> None:
    """The executions that were followed before count as executions, and what went wrong with them as a fault."""
    told.runs += warm.runs
    told.faults += warm.faults


def _faults(path: Path) -> tuple[Counter[int], list[str]]:
    """The answers from 500 on, and the lines of faults, in the service's log."""
    refused: Counter[int] = Counter()
    errors: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.startswith("{"):
                errors += [line.strip()] if "Traceback" in line or "dead letter" in line else []
                continue
            record = json.loads(line)
            # While it starts, whoever asks for its health is answered 503.
            if record.get("resource") != "/health" and record.get("status", 0) in range(500, 600):
                refused[record["status"]] += 1
            # The audit trail's own ERROR is the mistake of a client, as are those that the load makes on purpose.
            if record.get("level") in ("ERROR", "CRITICAL") and "event_type" not in record:
                errors.append(line.strip()[:500])
    return refused, errors[:20]
