"""Each function in a process of its own, as on AWS: what another one keeps in memory, it has to read itself.

Locally all of them share one process, and so what they keep of secrets, versions and steps.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from functions import tickets
from functions.store import steps, workflows
from local.service import Service
from local.settings import LocalSettings

ACME = "/api/workspaces/acme/workflows"
TEXT = "x" * 150_000
"""More than the table holds of one step."""

WORKFLOW = {
    "name": "Large",
    "actions": [
        {"id": "task", "type": "create_task", "config": {"title": "A task"}},
        {"id": "keep", "type": "set_variables", "config": {"variables": {"text": "{{trigger.text}}"}}},
        {"id": "count", "type": "create_task", "config": {"title": "{{length(variables.text)}} characters"}},
    ],
}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with Service(LocalSettings(port=0, stream_port=0, aws_port=0, throttle=False)) as service:
        headers = {"X-API-Key": "local-acme-admin-premium-key"}
        with httpx.Client(base_url=service.url, headers=headers, timeout=30) as client:
            yield client


@pytest.fixture(scope="module")
def execution(client: httpx.Client) -> Any:
    """One that has ended, with a step and an input in S3."""
    workflow = client.post(ACME, json=WORKFLOW).json()["workflow"]
    body = {"triggerData": {"text": TEXT}}
    execution = client.post(f"{ACME}/{workflow['id']}/execute", json=body, headers={"Prefer": "wait=20"}).json()
    assert execution["execution"]["status"] == "COMPLETED", execution["execution"]["error"]
    return execution["execution"]


@pytest.fixture(autouse=True)
def _fresh(execution: Any) -> None:
    """Nothing is in memory of what was read before."""
    tickets.forget()
    workflows.read_version.cache_clear()
    steps._recent._values.clear()


def test_a_stream_verifies_its_ticket_and_tells_a_large_step_whole(execution: Any) -> None:
    with httpx.Client(timeout=20) as anybody, anybody.stream("GET", execution["streamUrl"]) as answer:
        assert answer.status_code == 200
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    data = [json.loads(line) for line in lines]
    (kept,) = [step for step in data if step.get("actionId") == "keep"]
    assert kept["output"] == {"text": TEXT}
    assert data[-1]["status"] == "COMPLETED"


def test_the_api_signs_a_ticket_and_shows_a_large_step_whole(client: httpx.Client, execution: Any) -> None:
    shown = client.get(f"{ACME}/executions/{execution['id']}").json()["execution"]
    assert shown["steps"][1]["output"] == {"text": TEXT}
    assert shown["triggerData"] == {"text": TEXT}
    assert "ticket=" in shown["streamUrl"]


def test_an_effect_reads_the_large_step_and_the_input_that_it_refers_to(execution: Any) -> None:
    assert execution["steps"][2]["output"]["title"] == "150000 characters"
