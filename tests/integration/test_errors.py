"""The errors that only a fault inside can cause, as a client sees them over HTTP in both dialects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from functions import aws, dry_runs
from local.service import Service
from local.settings import LocalSettings

DEFINITION = {"name": "Tested", "actions": [{"type": "create_task", "config": {"title": "A task"}}]}
ACME = "/api/workspaces/acme/workflows"
V1 = "/api/v1/workflows"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with Service(LocalSettings(port=0, stream_port=0, aws_port=0, throttle=False)) as service:
        headers = {"X-API-Key": "local-acme-admin-premium-key"}
        with httpx.Client(base_url=service.url, headers=headers, timeout=30) as client:
            yield client


@contextmanager
def failing(client: Any, operation: str) -> Iterator[None]:
    """Lets every call of an operation be throttled."""
    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "secret inside"}}, operation)

    client.meta.events.register_first(event, fail)
    try:
        yield
    finally:
        client.meta.events.unregister(event, fail)


def published(client: httpx.Client) -> str:
    return str(client.post(ACME, json=DEFINITION).json()["workflow"]["id"])


def test_an_engine_that_takes_no_machine_is_an_execution_error(client: httpx.Client) -> None:
    with failing(aws.stepfunctions(), "CreateStateMachine"):
        v1 = client.post(V1, json={"community_id": 123, **DEFINITION})
        workspaces = client.post(ACME, json=DEFINITION)
    assert (v1.status_code, v1.json()["error_code"]) == (500, "EXECUTION_ERROR")
    assert (workspaces.status_code, workspaces.json()["error"]) == (500, "EXECUTION_FAILED")
    assert "secret inside" not in v1.text + workspaces.text


def test_an_engine_that_starts_nothing_now_loses_no_accepted_execution(client: httpx.Client) -> None:
    workflow_id = published(client)
    with failing(aws.stepfunctions(), "StartExecution"):
        answer = client.post(f"{ACME}/{workflow_id}/execute", json={}, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.json()["execution"]["status"]) == (202, "RUNNING")


def test_a_test_that_takes_too_long_is_a_timeout(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow_id = published(client)
    monkeypatch.setattr(dry_runs, "LONGEST_SECONDS", -1.0)
    v1 = client.post(f"{V1}/{workflow_id}/test", json={"community_id": 123})
    workspaces = client.post(f"{ACME}/{workflow_id}/execute", json={"dryRun": True})
    assert (v1.status_code, v1.json()["error_code"]) == (504, "EXECUTION_TIMEOUT")
    assert (workspaces.status_code, workspaces.json()["error"]) == (504, "EXECUTION_TIMEOUT")


def test_a_table_that_does_not_answer_is_an_internal_error_that_shows_nothing(client: httpx.Client) -> None:
    with failing(aws.dynamodb(), "BatchGetItem"):
        answer = client.get(ACME)
    assert (answer.status_code, answer.json()["error"]) == (500, "INTERNAL_ERROR")
    assert answer.json()["details"] == {"request_id": answer.headers["X-Request-Id"]}
    assert "secret inside" not in answer.text
