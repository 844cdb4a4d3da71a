"""A service to hurt: the handlers on a local AWS, the client in front of it, the outside behind it."""

import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from functions import audit, aws
from functions.settings import settings
from functions.store import executions
from functions.store.executions import Execution
from local.aws import LocalAws
from local.emulator.functions import FunctionFailed
from tests.faults.injection import Injector
from tests.faults.records import Records
from tests.faults.reference import Outside
from tests.integration.service import ACME, WORKFLOWS, Handlers, fill, proxy_event, read

TIMES = 3
"""How often a client asks while it gets no answer, or a 5xx."""


@dataclass(frozen=True)
class Reply:
    """What a client was answered at last, and how often it asked; `status` 0 where nobody answered."""

    status: int
    body: Any
    asked: int

    @property
    def is_served(self) -> bool:
        return 0 < self.status < 500


class World:
    """The service, and what tests look at."""

    def __init__(self, cloud: LocalAws, outside: Outside, injector: Injector, records: Records, log: io.StringIO):
        self.cloud, self.outside, self.injector, self.records = cloud, outside, injector, records
        self.handlers = Handlers(cloud)
        self.lost_events: list[Any] | None = None
        self._log = log

    def publish(self, definition: Any) -> str:
        return self.handlers.publish(definition)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """What a client does that asks again with the same body and headers when it gets no answer, or a 5xx."""
        path, _, query = path.partition("?")
        pairs = dict(pair.split("=") for pair in query.split("&")) if query else None
        reply = Reply(0, None, 0)
        for n in range(1, TIMES + 1):
            try:
                answer = self.cloud.invoke("api", proxy_event(method, path, body, "admin", headers, pairs))
            except FunctionFailed:
                reply = Reply(0, None, n)
                continue
            reply = Reply(answer["statusCode"], json.loads(answer["body"]), n)
            if reply.is_served:
                break
        return reply

    def execute(self, workflow_id: str, key: str, trigger: Any = None) -> Reply:
        headers = {"Prefer": "wait=0", "Idempotency-Key": key}
        return self.ask("POST", f"{WORKFLOWS}/wf_{workflow_id}/execute", {"triggerData": trigger or {}}, **headers)

    def quiet(self, seconds: float = 60) -> None:
        """Waits until no machine, branch or function runs by itself and every event was delivered or given up."""
        deadline = time.monotonic() + seconds
        while self._is_at_work():
            assert time.monotonic() < deadline, "a machine does not come to its end"
            time.sleep(0.002)
        assert self.cloud.drain(seconds)

    def _is_at_work(self) -> bool:
        """Where a branch fails, its machine has ended, and what the other branches have begun goes on, as on AWS."""
        machines = any(not _sleeps_for_long(run) for run in self.cloud.executions.running())
        branches = any(thread.name.startswith("BranchWorker") for thread in threading.enumerate())
        return machines or branches or self.cloud.functions.running > 0

    def repair(self) -> None:
        """What the schedule does in the next hour; a call of it that fails is one of many."""
        with suppress(FunctionFailed):
            self.handlers.repair()
        self.quiet()

    def is_settled(self, execution: Execution) -> bool:
        """Whether an execution is terminal, and in flight no more."""
        in_flight = {item["execution_id"] for item in executions.in_flight("9999")}
        return read(execution.id).status.is_terminal and execution.id not in in_flight

    def end_lines(self, execution_id: str) -> int:
        """The audit lines that say that an execution has ended."""
        lines = [line for line in self._log.getvalue().splitlines() if execution_id in line]
        return sum(json.loads(line).get("action") in ("end_execution", "cancel_execution") for line in lines)

    def forget(self) -> None:
        """Lets go of what was logged and delivered in the trials before."""
        self.injector.deliveries.clear()
        self._log.seek(0)
        self._log.truncate()


@contextmanager
def world() -> Iterator[World]:
    """A service for many runs, whose engine waits next to no time, and whose schedule is called by hand."""
    outside, injector, records, log = Outside(), Injector(), Records(), io.StringIO()
    variables = {"CALL_API_ALLOW": outside.address, "STREAM_URL": "https://stream.example.com"}
    try:
        with LocalAws(schedule=None, time_scale=0.005, variables=variables) as cloud, audit.written_to(log):
            fill()
            aws.secretsmanager().create_secret(
                Name=f"{settings().secrets_prefix}/{ACME.id}/token", SecretString="s3cret"
            )
            with records.watched(), injector.installed():
                yield World(cloud, outside, injector, records, log)
    finally:
        outside.close()


def _sleeps_for_long(run: Any) -> bool:
    """Whether a machine is in the hour's wait of a workflow that runs until somebody stops it."""
    return bool(run.exec_worker) and run.exec_worker.env.next_state_name == "hour"
