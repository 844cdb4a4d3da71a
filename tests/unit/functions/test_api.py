"""The API's function: every fault becomes an answer, and none shows the inside."""

import json
from typing import Any

import pytest

from functions import api
from functions.routes import service
from functions.settings import settings
from functions.store.members import add_key, set_role
from functions.store.tenants import Key, Role, save_workspace
from local.aws import LocalAws
from tests.unit.functions.samples import ACME


@pytest.fixture(autouse=True)
def _acme(cloud: LocalAws) -> None:
    save_workspace(ACME)
    set_role(ACME.id, "user_1", Role.ADMIN)
    add_key(Key(id="key_1", user="user_1", tier="premium", roles={}))


def call(method: str, resource: str, *, key: str = "key_1", body: str | None = None, **fields: Any) -> Any:
    event = {
        "httpMethod": method,
        "resource": resource,
        "pathParameters": {"slug": "acme"},
        "requestContext": {"requestId": "request-1", "identity": {"apiKeyId": key}},
        "body": body,
        **fields,
    }
    answer = api.handler(event, None)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


WORKFLOWS = "/api/workspaces/{slug}/workflows"


def test_an_unknown_route_answers_in_both_dialects_fields() -> None:
    status, body, _ = call("GET", "/nowhere")
    assert (status, body["success"], body["error_code"], body["error"]) == (404, False, "NOT_FOUND", "NOT_FOUND")


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ("/api/v1/workflows", {"success", "message", "error_code", "details"}),
        (WORKFLOWS, {"error", "message", "details"}),
    ],
)
def test_an_error_has_the_fields_of_its_dialect(resource: str, fields: set[str]) -> None:
    status, body, _ = call("POST", resource, key="key_unknown")
    assert (status, set(body)) == (401, fields)


def test_every_answer_has_the_id_of_its_request_and_is_not_stored() -> None:
    for status, _, headers in (call("GET", WORKFLOWS), call("GET", "/nowhere"), call("GET", WORKFLOWS, key="x")):
        assert (headers["X-Request-Id"], headers["Cache-Control"]) == ("request-1", "no-store"), status


def test_a_fault_that_nobody_foresaw_shows_its_request_id_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("functions.routes.workspaces.open_workspace", fail)
    status, body, _ = call("GET", WORKFLOWS)
    assert (status, body["error"], body["details"]) == (500, "INTERNAL_ERROR", {"request_id": "request-1"})
    assert "the inside" not in json.dumps(body)


def test_only_a_configured_origin_may_read_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings().model_copy(update={"allowed_origins": "https://app.example"})
    monkeypatch.setattr(api, "settings", lambda: changed)
    _, _, headers = call("GET", WORKFLOWS, headers={"Origin": "https://app.example"})
    assert (headers["Access-Control-Allow-Origin"], headers["Vary"]) == ("https://app.example", "Origin")
    for origin in ("https://evil.example", "https://app.example.evil", "null", ""):
        _, _, headers = call("GET", WORKFLOWS, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in headers


def test_a_page_of_nothing_is_an_answer() -> None:
    status, body, _ = call("GET", WORKFLOWS)
    assert (status, body["workflows"], body["pagination"]["total"]) == (200, [], 0)


def test_the_openapi_document_is_for_everybody_and_sent_as_it_is_kept() -> None:
    event = {"httpMethod": "GET", "resource": "/openapi.json", "requestContext": {"requestId": "1", "identity": {}}}
    answer = api.handler(event, None)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "application/json")
    assert answer["body"] == service.OPENAPI.read_text(encoding="utf-8")
    assert len(answer["body"].encode()) < 1_000_000, "Lambda answers 6 MB at most"


def test_a_fault_where_no_dialect_is_spoken_has_the_fields_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError

    monkeypatch.setattr(service, "_openapi", fail)
    status, body, _ = call("GET", "/openapi.json")
    assert (status, body["success"], body["error_code"], body["error"]) == (
        500,
        False,
        "INTERNAL_ERROR",
        "INTERNAL_ERROR",
    )
