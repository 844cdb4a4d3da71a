"""The streaming function as Lambda starts it: `stream.sh` at the root of the asset, with what the adapter sets."""

import itertools
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from functions.entries import CONTEXT_HEADER, STREAM
from functions.store.executions import Status
from functions.store.members import add_key, set_role
from functions.store.tenants import Key, Role, save_workspace
from local.aws import REGION, LocalAws, environment
from tests.event_stream import Event, Reader, events_of
from tests.integration.live import Live, shown
from tests.integration.service import ACME

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalAws]:
    with LocalAws(engine=False, schedule=None, port=0) as started:
        save_workspace(ACME)
        set_role(ACME.id, "admin", Role.ADMIN)
        add_key(Key(id="key_admin", user="admin", tier="premium", roles={}))
        yield started


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked asset, but for the packages, which the interpreter has."""
    root = tmp_path_factory.mktemp("asset")
    for package in ("functions", "state_machines"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "functions" / "stream.sh", root / STREAM.handler)
    return root


class Started:
    """The script in a process of its own, from another folder, as the adapter's wrapper starts it. It is ready."""

    def __init__(self, asset: Path, **variables: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [str(asset / STREAM.handler)],
            cwd="/",
            env={
                "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
                "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
                "AWS_LWA_INVOKE_MODE": "response_stream",
                "AWS_LWA_PORT": str(port),
                **variables,
            },
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 20
        while not self._is_ready():
            assert self.process.poll() is None, self.end()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def _is_ready(self) -> bool:
        with suppress(httpx.ConnectError):
            return httpx.get(self.url).status_code == 200
        return False

    def end(self) -> str:
        """Everything it wrote, when it has ended."""
        self.process.terminate()
        output, _ = self.process.communicate(timeout=10)
        return output


def test_it_says_that_it_is_ready_with_the_adapters_variables_alone_and_logs_no_request(asset: Path) -> None:
    with Started(asset) as started:
        began = time.monotonic()
        assert httpx.get(f"{started.url}/?ticket=private").status_code == 200
        assert time.monotonic() - began < 0.2
        assert started.end() == ""


def test_another_process_goes_on_behind_an_id_where_the_one_before_was_killed(asset: Path, cloud: LocalAws) -> None:
    live = Live("a", "b")
    live.finish("a")
    reader = Reader()

    def follow(started: Started, most: int) -> list[Event]:
        headers = {CONTEXT_HEADER: json.dumps({"identity": {"apiKeyId": "key_admin"}, "requestId": "1"})}
        if reader.last_event_id:
            headers["Last-Event-ID"] = reader.last_event_id
        with httpx.stream("GET", started.url + live.path, headers=headers, timeout=10) as response:
            events = events_of(response, reader)
            assert next(events).id == headers.get("Last-Event-ID")
            return list(itertools.islice(events, most))

    variables = environment() | {"AWS_ENDPOINT_URL": cloud.url, "AWS_DEFAULT_REGION": REGION}
    with Started(asset, **variables) as started:
        seen = follow(started, 1)
    live.finish("b", output="x" * 3000, in_head=False)
    live.end(Status.COMPLETED)
    with Started(asset, **variables) as started:
        seen += follow(started, 100)
        log = started.end().splitlines()
    assert shown(seen) == ["step a", "progress 50", "step b", "progress 100", "complete completed"]
    # Nothing but the audit trail: no access log, and nothing of the server's own.
    assert [json.loads(line)["action"] for line in log] == ["authenticate", "stream_execution"]
