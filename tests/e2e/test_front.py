"""What every answer has, whoever made it: request ids, CORS, errors in both dialects' fields, the audit trail."""

import re
from typing import Any
from uuid import UUID

import boto3
import httpx
import pytest

from tests.e2e.client import COMMUNITY, KEYS, UNKNOWN, V1, WS, Client, Workflow, error_of, execution_path, note, wait
from tests.e2e.service import ORIGIN, RunningService

LINE = re.compile(
    r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] (INFO|WARNING|ERROR) (\w+):\d+\.\d+\.\d+ (AUTH|AUTHZ|AUDIT|ERROR|SYSTEM) "
    r"community=(\S+) user=(\S+) action=(\w+) result=(SUCCESS|DENIED|FAILURE)"
)


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(note())


def request_id(answer: httpx.Response) -> str:
    return str(answer.headers["X-Request-Id"])


def test_every_answer_has_a_request_id_of_its_own(
    admin: Client, clients: dict[str, Client], workflow: Workflow
) -> None:
    answers = [
        admin.get("/health"),
        admin.get(workflow.ws),
        admin.get(workflow.v1),
        admin.get("/nowhere"),
        admin.post(WS, content="{"),
        admin.get(f"{V1}/{UNKNOWN}"),
        admin.request("OPTIONS", WS),
        admin.request("OPTIONS", "/nowhere"),
        admin.post(f"{workflow.ws}/execute", content=b"x" * 300_000),
        clients["nobody"].get(WS),
        clients["viewer"].delete(workflow.ws),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 400, 404, 204, 404, 413, 401, 403]
    ids = [request_id(answer) for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(str(UUID(each)) == each for each in ids)


@pytest.mark.parametrize("key", [None, "", "wrong", KEYS["admin"] + "x", KEYS["admin"].upper(), "x" * 5000])
@pytest.mark.parametrize("path", [WS, f"{V1}?community_id=123", f"{V1}/executions/{UNKNOWN}"])
def test_a_missing_or_unknown_key_is_refused_in_both_dialects_fields(
    service: RunningService, key: str | None, path: str
) -> None:
    client = Client(service.url, key)
    assert error_of(client.get(path)) == (401, "UNAUTHORIZED")
    client.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/api/v2/workflows"),
        ("PATCH", V1),
        ("DELETE", WS),
        ("GET", f"{V1}/{UNKNOWN}/execute"),
        ("PUT", f"{V1}/executions/{UNKNOWN}"),
        ("GET", f"{WS}/{UNKNOWN}/executions/more"),
    ],
)
def test_an_unknown_route_is_404_in_both_dialects_fields(admin: Client, method: str, path: str) -> None:
    answer = admin.request(method, path)
    assert error_of(answer) == (404, "NOT_FOUND")
    assert {"error", "error_code"} <= answer.json().keys()


def test_health_needs_no_key(clients: dict[str, Client]) -> None:
    assert clients["nobody"].get("/health").status_code == 200


# -- CORS --------------------------------------------------------------------------------------------------------------


def test_the_configured_origin_may_read_every_answer(admin: Client, clients: dict[str, Client]) -> None:
    for answer in (
        admin.get(WS, headers={"Origin": ORIGIN}),
        admin.get(f"{V1}/{UNKNOWN}", headers={"Origin": ORIGIN}),
        admin.get("/nowhere", headers={"Origin": ORIGIN}),
        clients["nobody"].get(WS, headers={"Origin": ORIGIN}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]
        assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]


def test_a_preflight_tells_what_may_be_sent(clients: dict[str, Client], workflow: Workflow) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key,content-type,idempotency-key,prefer",
    }
    answer = clients["nobody"].request("OPTIONS", f"{workflow.ws}/execute", headers=headers)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert {"x-api-key", "content-type", "idempotency-key", "prefer"} <= set(allowed)


@pytest.mark.parametrize("origin", ["https://evil.example.com", ORIGIN + ".evil.com", ORIGIN.upper(), "null", "*"])
def test_a_foreign_origin_is_not_echoed(
    admin: Client, clients: dict[str, Client], workflow: Workflow, origin: str
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for answer in (
        admin.get(WS, headers=headers),
        admin.get("/nowhere", headers=headers),
        clients["nobody"].get(WS, headers=headers),
        admin.request("OPTIONS", f"{workflow.ws}/execute", headers=headers),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


# -- the audit trail ---------------------------------------------------------------------------------------------------


def audited(service: RunningService, answer: httpx.Response, **fields: Any) -> dict[str, Any]:
    """The one audit record of a request with these fields; its line says the same as its fields."""
    record = service.record_soon(request_id=request_id(answer), **fields)
    match = LINE.fullmatch(record["message"])
    assert match, record["message"]
    level, _, event, community, user, action, result = match.groups()
    assert (level, event, action, result) == (
        record["level"],
        record["event_type"],
        record["action"],
        record["result"],
    )
    assert user == record["user"]
    assert community == str(record.get("community") or "-")
    return record


def test_what_users_do_is_audited(service: RunningService, admin: Client) -> None:
    workflow = admin.publish(wait(60_000))
    started = admin.post(f"{workflow.v1}/execute", json={"community_id": COMMUNITY})
    uuid = started.json()["data"]["execution_id"]
    answers = {
        "create_workflow": admin.post(WS, json={"name": "x", "actions": [note()]}),
        "update_workflow": admin.put(workflow.ws, json={"name": "x", "actions": [wait(60_000)]}),
        "set_permissions": admin.put(f"{workflow.ws}/permissions", json={"grants": []}),
        "execute_workflow": started,
        "test_workflow": admin.post(f"{workflow.v1}/test", json={"community_id": COMMUNITY}),
        "view_execution": admin.get(f"{V1}/executions/{uuid}"),
        "list_executions": admin.get(f"{workflow.ws}/executions"),
        "cancel_execution": admin.delete(execution_path(uuid)),
        "delete_workflow": admin.delete(workflow.ws),
    }
    for action, answer in answers.items():
        assert answer.is_success, answer.text
        record = audited(service, answer, event_type="AUDIT")
        assert (record["action"], record["result"], record["level"]) == (action, "SUCCESS", "INFO")
        assert (record["community"], record["user"]) == (COMMUNITY, "user_admin")
        assert audited(service, answer, event_type="AUTH")["result"] == "SUCCESS"


def test_the_example_of_the_document_is_met_to_the_letter(
    service: RunningService, admin: Client, workflow: Workflow
) -> None:
    answer = admin.post(f"{workflow.v1}/execute", json={"community_id": COMMUNITY})
    message = audited(service, answer, event_type="AUDIT")["message"]
    assert re.fullmatch(
        r"\[\S+Z\] INFO \w+:1\.0\.0 AUDIT community=123 user=user_admin action=execute_workflow result=SUCCESS", message
    )


def test_denials_and_failures_are_audited(
    service: RunningService, viewer: Client, admin: Client, workflow: Workflow
) -> None:
    denied = audited(service, viewer.post(f"{workflow.ws}/execute", json={}), event_type="AUTHZ")
    assert (denied["action"], denied["result"], denied["user"]) == ("execute_workflow", "DENIED", "user_viewer")
    failed = audited(service, admin.post(f"{workflow.ws}/execute", content="{"), event_type="ERROR")
    assert (failed["action"], failed["result"], failed["level"]) == ("execute_workflow", "FAILURE", "ERROR")
    execution = admin.run(workflow)
    late = audited(service, admin.delete(execution_path(execution)), event_type="ERROR")
    assert (late["action"], late["result"], late["community"]) == ("cancel_execution", "FAILURE", COMMUNITY)


def test_a_refused_key_is_audited_and_not_shown(service: RunningService, clients: dict[str, Client]) -> None:
    client = Client(service.url, "not-a-key-of-ours")
    answer = client.get(WS)
    client.close()
    record = service.record_soon(requestId=request_id(answer))
    assert LINE.fullmatch(record["message"])
    assert (record["event_type"], record["result"], record["user"]) == ("AUTH", "DENIED", "-")
    assert "not-a-key-of-ours" not in service.output


def test_no_key_header_or_payload_is_in_the_log(service: RunningService, admin: Client, workflow: Workflow) -> None:
    body = {"triggerData": {"card": "4111-1111-tell-tale"}, "variables": {"v": "tell-tale-variable"}}
    headers = {"Idempotency-Key": "tell-tale-key", "X-Custom": "tell-tale-header", "User-Agent": "tell-tale-agent"}
    answer = admin.post(f"{workflow.ws}/execute?tell=tell-tale-query", json=body, headers=headers)
    assert answer.status_code == 200
    bad = admin.post(f"{workflow.ws}/execute", json={"triggerData": "tell-tale-bad"})
    for each in (answer, bad):
        service.record_soon(requestId=request_id(each))
    records = str(service.records())
    assert "tell-tale" not in records
    assert not any(key in records for key in KEYS.values())


@pytest.mark.parametrize(
    "text", ["x%0A[2025-12-09T12:00:00Z]%20INFO%20forged", "x%20result=SUCCESS%20forged", "%22,%22forged%22:%22"]
)
def test_nobody_forges_a_line_or_a_field(service: RunningService, admin: Client, text: str) -> None:
    answers = [
        admin.get(f"/api/workspaces/{text}/workflows"),
        admin.delete(f"{WS}/{text}"),
        admin.post(f"{V1}/executions/{text}/cancel"),
        admin.post(V1, json={"community_id": "1 user=forged", "name": "x\nforged"}),
    ]
    for answer in answers:
        service.record_soon(requestId=request_id(answer))
    assert "forged" not in service.output


# -- faults of our own -------------------------------------------------------------------------------------------------


def test_a_500_shows_nothing_of_the_inside_and_its_id_is_in_the_log(service: RunningService, admin: Client) -> None:
    workflow = admin.publish(note())
    table = boto3.client(
        "dynamodb",
        endpoint_url=service.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    table.update_item(
        TableName="workflows",
        Key={"pk": {"S": f"WF#{workflow.hex}"}, "sk": {"S": "CURRENT"}},
        UpdateExpression="SET #definition = :broken",
        ExpressionAttributeNames={"#definition": "definition"},
        ExpressionAttributeValues={":broken": {"S": "{broken"}},
    )
    table.close()
    for path in (workflow.v1, workflow.ws):
        answer = admin.get(path)
        assert error_of(answer) == (500, "INTERNAL_ERROR")
        assert answer.json()["details"] == {"request_id": request_id(answer)}
        assert not re.search(r"broken|Traceback|Error:|json|File|line", answer.text)
        found = service.records(request_id=request_id(answer), level="ERROR")
        assert any("JSONDecodeError" in str(record) for record in found)
