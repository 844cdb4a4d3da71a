"""`python -m local` as a user starts it: a process of its own, with the real functions behind the gateway."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
ADMIN = {"X-API-Key": "local-acme-admin-premium-key"}


def start(**variables: str) -> subprocess.Popen[str]:
    """A service on free ports, unless `variables` say otherwise."""
    environment = {"PATH": "/usr/bin:/bin", "PORT": "0", "STREAM_PORT": "0", "AWS_PORT": "0"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


class Running:
    """A service that has printed its welcome."""

    def __init__(self) -> None:
        began = time.monotonic()
        self.process = start()
        assert self.process.stdout
        self.lines = self.process.stdout
        self.welcome = "".join(iter(self.lines.readline, "Run the example:\n"))
        self.seconds = time.monotonic() - began
        self.lines.readline()
        self.curl = shlex.split(self.lines.readline())
        (self.url,) = re.findall(r"API +(http://\S+)", self.welcome)
        self.client = httpx.Client(base_url=self.url, headers=ADMIN, timeout=20)

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def running() -> Iterator[Running]:
    running = Running()
    yield running
    running.close()


def publish(running: Running, duration_ms: int) -> str:
    """A workflow that waits; answers the path to execute it."""
    actions = [{"type": "wait", "config": {"durationMs": duration_ms}}]
    created = running.client.post("/api/workspaces/acme/workflows", json={"name": "Waits", "actions": actions})
    return f"/api/workspaces/acme/workflows/{created.json()['workflow']['id']}/execute"


def test_it_is_up_within_seconds_and_its_first_curl_works(running: Running) -> None:
    assert running.seconds < 8
    assert running.client.get("/health").status_code == 200
    command, *arguments = running.curl
    assert command == "curl"
    request = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    assert request["-X"] == "POST"
    answered = subprocess.run(running.curl, capture_output=True, text=True, timeout=20, check=True)
    execution = json.loads(answered.stdout)["execution"]
    assert execution["status"] == "COMPLETED"
    assert [step["actionId"] for step in execution["steps"]] == ["welcome", "is_premium", "personal_call"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_request_in_flight(running: Running, number: signal.Signals) -> None:
    path = publish(running, duration_ms=1500)
    with ThreadPoolExecutor(1) as clients:
        answer = clients.submit(running.client.post, path, json={}, headers={"Prefer": "wait=10"})
        time.sleep(0.7)
        running.process.send_signal(number)
        assert answer.result().json()["execution"]["status"] == "COMPLETED"
    code, _, err = ended(running.process)
    assert (code, err) == (0, "")


def test_open_streams_do_not_hold_up_the_end_and_end_in_good_order(running: Running) -> None:
    execution = running.client.post(publish(running, 60_000), json={}, headers={"Prefer": "wait=0"}).json()["execution"]
    at_the_api = f"/api/workspaces/acme/workflows/executions/{execution['id']}/stream"
    with ExitStack() as opened:
        lines = []
        for path in (at_the_api, execution["streamUrl"]):
            response = opened.enter_context(running.client.stream("GET", path))
            lines.append(response.iter_lines())
            assert next(lines[-1]) == "event: connected"
        running.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        for each in lines:
            assert not [line for line in each if line.startswith("event:")]
        assert time.monotonic() - began < 1
    code, _, err = ended(running.process)
    assert (code, err) == (0, "")


def test_a_second_signal_ends_it_at_once(running: Running) -> None:
    path = publish(running, duration_ms=20_000)
    with ThreadPoolExecutor(1) as clients:
        clients.submit(running.client.post, path, json={}, headers={"Prefer": "wait=20"})
        time.sleep(0.7)
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        running.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert ended(running.process)[0] == 128 + signal.SIGINT
        assert time.monotonic() - began < 1


@pytest.mark.parametrize("name", ["PORT", "STREAM_PORT", "AWS_PORT"])
def test_a_port_in_use_is_told_by_its_variable(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, out, err = ended(start(**{name: port}))
    assert (code, out) == (1, "")
    assert err.startswith(f"{name}={port} cannot be used on 127.0.0.1: address already in use.")
    assert "Traceback" not in err


def test_a_bad_port_is_told_by_its_variable() -> None:
    code, out, err = ended(start(PORT="http"))
    assert (code, out) == (1, "")
    assert err == "PORT must be a port number from 0 to 65535, not 'http'.\n"


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_told_by_its_variable(host: str) -> None:
    code, out, err = ended(start(HOST=host))
    assert (code, out) == (1, "")
    assert err.startswith(f"HOST={host} is not an address of this machine")


def test_a_key_made_through_the_aws_endpoint_is_accepted(running: Running) -> None:
    """What the admin command does: a key on a plan. It has no user yet, so that the function refuses it."""
    (endpoint,) = re.findall(r"AWS +(http://\S+)", running.welcome)
    script = f"""
import boto3
api = boto3.client("apigateway", endpoint_url="{endpoint}", region_name="us-east-1",
                   aws_access_key_id="local", aws_secret_access_key="local")
key = api.create_api_key(name="new", value="a-key-that-was-made-later", enabled=True)["id"]
plan = next(plan["id"] for plan in api.get_usage_plans()["items"] if plan["name"] == "standard")
api.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)
    headers = {"X-API-Key": "a-key-that-was-made-later"}
    refused = running.client.get("/api/v1/workflows?community_id=123", headers=headers)
    assert refused.headers["X-Request-Id"]
    running.process.send_signal(signal.SIGTERM)
    records = [json.loads(line) for line in running.lines if line.startswith("{")]
    (record,) = [r for r in records if r.get("requestId") == refused.headers["X-Request-Id"]]
    assert record["apiKeyId"] != "-"
