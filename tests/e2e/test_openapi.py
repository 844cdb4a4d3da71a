"""The service does what its OpenAPI document says: on every route, and in its examples."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.routes.service import OPENAPI
from functions.routes.table import ROUTES
from openapi.all_routes import visit_all
from openapi.journey import Exchange
from tests.described import Description
from tests.e2e.client import Client
from tests.e2e.service import ROOT, RunningService

DESCRIPTION = Description(json.loads(OPENAPI.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def own_service() -> Iterator[RunningService]:
    """With the plans' limits, and nobody else's workflows."""
    with RunningService(THROTTLE="on") as service:
        yield service


@pytest.fixture(scope="module")
def exchanges(own_service: RunningService) -> list[Exchange]:
    return visit_all(own_service.url)


def test_every_answer_is_as_described(exchanges: list[Exchange]) -> None:
    faults = {
        f"{exchange.route.method} {exchange.route.path}, {exchange.name} ({exchange.status})": found
        for exchange in exchanges
        if (found := DESCRIPTION.faults(exchange))
    }
    assert faults == {}


def test_every_route_was_asked_for_all_that_it_answers_when_all_goes_well(exchanges: list[Exchange]) -> None:
    described = {
        (route.method, route.path, status)
        for route in ROUTES
        for status in DESCRIPTION.operation(route)["responses"]
        if status < "300"
    }
    seen = {(exchange.route.method, exchange.route.path, str(exchange.status)) for exchange in exchanges}
    assert described <= seen


def test_every_error_was_met_but_those_that_only_a_fault_of_ours_could_make(exchanges: list[Exchange]) -> None:
    described = {
        (name, code)
        for name, response in DESCRIPTION.document["components"]["responses"].items()
        for code in _codes(response)
        if not name.partition("-")[2].startswith("5")
    }
    refused = [exchange for exchange in exchanges if exchange.status >= 400]
    seen = {
        (_component(exchange), exchange.answer.get("error_code") or exchange.answer["error"]) for exchange in refused
    }
    # API Gateway's own word for a request that it cannot read, beside this service's for what it can.
    unread = {(name, code) for name, code in described if code == "BAD_REQUEST" and "V1-" not in name}
    unread |= {("V1-400-DEFAULT_4XX", "BAD_REQUEST")}
    assert described - seen == unread


def _codes(response: Any) -> list[str]:
    (field,) = response["content"]["application/json"]["schema"]["properties"].values()
    codes: list[str] = field["enum"]
    return codes


def _component(exchange: Exchange) -> str:
    reference: str = DESCRIPTION.operation(exchange.route)["responses"][str(exchange.status)]["$ref"]
    return reference.rpartition("/")[2]


def test_the_document_is_served_to_everybody_as_it_is_kept(clients: dict[str, Client]) -> None:
    answer = clients["nobody"].get("/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.content == OPENAPI.read_bytes()
    assert answer.headers["X-Request-Id"]


def test_the_page_is_served_to_everybody_where_it_runs_locally(
    service: RunningService, clients: dict[str, Client]
) -> None:
    answer = clients["nobody"].get("/docs")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"{service.url}/api/v1/workflows?community_id=123" in answer.text
    assert f"Docs     {service.url}/docs" in service.output
    assert clients["nobody"].post("/docs").status_code == 404


def test_no_plan_counts_who_reads_the_document(own_service: RunningService) -> None:
    key = {"X-API-Key": "local-acme-member-standard-key"}
    with httpx.Client(base_url=own_service.url, headers=key) as client:
        assert {client.get("/openapi.json").status_code for _ in range(120)} == {200}


def test_its_examples_are_what_the_service_answers_today(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    done = subprocess.run(
        [sys.executable, "-m", "openapi", str(made)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert made.read_text(encoding="utf-8") == OPENAPI.read_text(encoding="utf-8"), "run `make openapi`"
