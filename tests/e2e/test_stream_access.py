"""Who may stream an execution: a key at the API's own path, a ticket at the stream URL; and what the log has of it."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from tests.e2e.client import COMMUNITY, KEYS, UNKNOWN, V1, WS, Client, Workflow, error_of, wait
from tests.e2e.service import ORIGIN, RunningService
from tests.e2e.streams import Json, begin, error_of_dialect, paths, publish, read


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return publish(admin)


@pytest.fixture(scope="module")
def ended(admin: Client, workflow: Workflow) -> Json:
    """An execution that completed."""
    return admin.run(workflow, triggerData={"go": True, "title": "T"})


def test_every_answer_with_an_execution_says_where_it_can_be_streamed(
    admin: Client, keyless: Client, workflow: Workflow
) -> None:
    body = {"triggerData": {"go": True}}
    execution = admin.run(workflow, triggerData=body["triggerData"])
    text = execution["id"]
    sleeping = admin.publish(wait(30_000))
    running = [begin(admin, sleeping)["id"] for _ in range(2)]
    v1_body = {"community_id": COMMUNITY}
    answers = {
        "ws execute": execution["streamUrl"],
        "ws dry run": admin.post(f"{workflow.ws}/execute", json=body | {"dryRun": True}).json()["execution"][
            "streamUrl"
        ],
        "ws get": admin.get(f"{WS}/executions/{text}").json()["execution"]["streamUrl"],
        "ws list": admin.get(f"{workflow.ws}/executions").json()["executions"][0]["streamUrl"],
        "ws history": admin.get(f"{workflow.ws}/history").json()["executions"][0]["streamUrl"],
        "ws one": admin.get(f"{workflow.ws}/history?executionId={text}").json()["execution"]["streamUrl"],
        "ws cancel": admin.post(f"{WS}/executions/{running[0]}").json()["execution"]["streamUrl"],
        "v1 execute": admin.post(f"{workflow.v1}/execute", json=v1_body).json()["data"]["stream_url"],
        "v1 waited": admin.post(f"{workflow.v1}/execute", json=v1_body, headers={"Prefer": "wait=10"}).json()["data"][
            "stream_url"
        ],
        "v1 test": admin.post(f"{workflow.v1}/test", json=v1_body).json()["data"]["stream_url"],
        "v1 get": admin.details(text)["stream_url"],
        "v1 list": admin.get(f"{workflow.v1}/executions?community_id={COMMUNITY}").json()["data"][0]["stream_url"],
        "v1 cancel": admin.post(f"{V1}/executions/{running[1]}/cancel").json()["data"]["stream_url"],
    }
    for name, url in answers.items():
        parts = urlsplit(url)
        assert parts.path.startswith(
            "/api/v1/workflows/executions/" if name.startswith("v1") else "/api/workspaces/ws_"
        )
        assert list(parse_qs(parts.query)) == ["ticket"]
        assert read(keyless, url)[-1].type == "complete", name


def test_a_stream_url_belongs_to_the_streaming_function(service: RunningService, ended: Json) -> None:
    assert ended["streamUrl"].startswith(f"{service.stream_url}/api/workspaces/")


def signed(service: RunningService, execution: Json, expiry: int, user: str = "user_admin") -> str:
    """A ticket as the service makes it, of any time."""
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=service.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    name = secrets.list_secrets()["SecretList"][0]["Name"]
    secret = secrets.get_secret_value(SecretId=name)["SecretString"].encode()
    secrets.close()
    content = f"{expiry}.{base64.urlsafe_b64encode(user.encode()).decode().rstrip('=')}"
    text = f"stream.{execution['id'].removeprefix('exec_')}.{content}".encode()
    digest = hmac.new(secret, text, hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_a_ticket_is_good_until_it_expires(service: RunningService, keyless: Client, ended: Json) -> None:
    base = f"{service.stream_url}{paths(ended)[0]}?ticket="
    now = int(time.time())
    assert read(keyless, base + signed(service, ended, now + 60))[-1].type == "complete"
    for expiry in (now - 1, now - 86_400, 0):
        answer = keyless.get(base + signed(service, ended, expiry))
        assert error_of_dialect(answer) == (401, "UNAUTHORIZED")


def test_tickets_that_were_tampered_with_or_are_anothers_are_refused(
    service: RunningService, keyless: Client, admin: Client, workflow: Workflow, ended: Json
) -> None:
    other = admin.run(workflow)
    (ticket,) = parse_qs(urlsplit(ended["streamUrl"]).query)["ticket"]
    expiry, user, signature = ticket.split(".")
    foreign = parse_qs(urlsplit(other["streamUrl"]).query)["ticket"][0]
    last = "A" if signature[-1] != "A" else "B"
    wrong = [
        "",
        "x",
        f"{int(expiry) + 1}.{user}.{signature}",
        f"{expiry}.{user}x.{signature}",
        f"{expiry}..{signature}",
    ]
    wrong += [f"{expiry}.{user}.{signature[:-1]}{last}", f"{expiry}.{user}.{signature}=", f"{expiry}.{user}", foreign]
    for path in paths(ended):
        for each in wrong:
            answer = keyless.get(f"{service.stream_url}{path}", params={"ticket": each})
            assert error_of_dialect(answer) == (401, "UNAUTHORIZED"), each
            assert (each not in answer.text) or not each.strip("x")


def test_at_the_stream_url_no_key_counts_and_nobody_says_for_himself_who_he_is(
    service: RunningService, keyless: Client, ended: Json
) -> None:
    context = json.dumps({"identity": {"apiKeyId": "any"}, "requestId": "forged"})
    for headers in ({}, {"X-API-Key": KEYS["admin"]}, {"X-Amzn-Request-Context": context}):
        for path in paths(ended):
            answer = keyless.get(f"{service.stream_url}{path}", headers=headers)
            assert error_of_dialect(answer) == (401, "UNAUTHORIZED")
            assert answer.headers["X-Request-Id"] != "forged"


def test_at_the_apis_own_path_a_key_is_needed_and_a_ticket_is_none(clients: dict[str, Client], ended: Json) -> None:
    query = urlsplit(ended["streamUrl"]).query
    for path in paths(ended):
        assert error_of(clients["nobody"].get(f"{path}?{query}")) == (401, "UNAUTHORIZED")


def test_permission_is_to_view_and_other_tenants_have_none(clients: dict[str, Client], ended: Json) -> None:
    for name in ("admin", "member", "viewer", "standard"):
        assert read(clients[name], paths(ended)[0])[-1].type == "complete"
    v1, workspaces = paths(ended)
    assert error_of_dialect(clients["globex"].get(v1)) == (403, "PERMISSION_DENIED")
    assert error_of_dialect(clients["globex"].get(workspaces)) == (403, "FORBIDDEN")


def test_a_stream_of_nothing_is_404_in_its_dialects_code(
    service: RunningService, admin: Client, keyless: Client, ended: Json
) -> None:
    for text in (UNKNOWN, f"exec_{UNKNOWN.replace('-', '')}", "nope", "exec_12"):
        assert error_of_dialect(admin.get(f"{V1}/executions/{text}/stream")) == (404, "NOT_FOUND")
        assert error_of_dialect(admin.get(f"{WS}/executions/{text}/stream")) == (404, "EXECUTION_NOT_FOUND")
    for slug, code in (("globex", "EXECUTION_NOT_FOUND"), ("nowhere", "WORKSPACE_NOT_FOUND")):
        path = f"/api/workspaces/{slug}/workflows/executions/{ended['id']}/stream"
        assert error_of_dialect(admin.get(path)) == (404, code)
        query = urlsplit(ended["streamUrl"]).query
        assert error_of_dialect(keyless.get(f"{service.stream_url}{path}?{query}")) == (404, code)
    answer = keyless.get(f"{service.stream_url}/api/v1/workflows")
    assert (answer.status_code, answer.json()["error"], answer.json()["error_code"]) == (404, "NOT_FOUND", "NOT_FOUND")


def test_a_slash_at_the_end_is_no_other_path(admin: Client, keyless: Client, ended: Json) -> None:
    assert read(admin, f"{paths(ended)[0]}/")[-1].type == "complete"
    parts = urlsplit(ended["streamUrl"])
    assert read(keyless, parts._replace(path=f"{parts.path}/").geturl())[-1].type == "complete"


# -- browsers ----------------------------------------------------------------------------------------------------------


def test_pages_of_the_configured_origin_may_read_streams_and_no_others(
    keyless: Client, admin: Client, ended: Json
) -> None:
    for client, url in ((keyless, ended["streamUrl"]), (admin, paths(ended)[1]), (keyless, f"{ended['streamUrl']}x")):
        answer = client.get(url, headers={"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers["Vary"]
        foreign = client.get(url, headers={"Origin": "https://evil.example.com"})
        assert "Access-Control-Allow-Origin" not in foreign.headers
        assert "Origin" in foreign.headers["Vary"]


def test_the_stream_url_answers_preflight_requests_itself(keyless: Client, ended: Json) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "last-event-id"}
    answer = keyless.request("OPTIONS", ended["streamUrl"], headers={"Origin": ORIGIN, **asked})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "last-event-id" in answer.headers["Access-Control-Allow-Headers"].lower()
    foreign = keyless.request("OPTIONS", ended["streamUrl"], headers={"Origin": "https://evil.example.com", **asked})
    assert "Access-Control-Allow-Origin" not in foreign.headers


# -- the log -----------------------------------------------------------------------------------------------------------


def test_who_streams_what_is_in_the_audit_trail(service: RunningService, viewer: Client, ended: Json) -> None:
    answer = viewer.get(paths(ended)[1])
    wanted = {"request_id": answer.headers["X-Request-Id"], "action": "stream_execution"}
    record = service.record_soon(**wanted)
    assert (record["event_type"], record["user"], record["community"]) == ("AUDIT", "user_viewer", COMMUNITY)
    assert record["execution_id"] == ended["id"].removeprefix("exec_")
    refused = viewer.http.get(f"{service.stream_url}{paths(ended)[1]}")
    denied = service.record_soon(request_id=refused.headers["X-Request-Id"])
    assert (denied["event_type"], denied["result"], denied["user"]) == ("AUTH", "DENIED", "-")


def test_a_stream_by_ticket_is_its_holders(
    service: RunningService, keyless: Client, viewer: Client, ended: Json
) -> None:
    url = viewer.get(f"{WS}/executions/{ended['id']}").json()["execution"]["streamUrl"]
    answer = keyless.get(url)
    record = service.record_soon(request_id=answer.headers["X-Request-Id"], event_type="AUDIT")
    assert (record["user"], record["action"]) == ("user_viewer", "stream_execution")


def test_no_ticket_is_in_any_log(service: RunningService, keyless: Client, admin: Client, ended: Json) -> None:
    parts = urlsplit(ended["streamUrl"])
    (ticket,) = parse_qs(parts.query)["ticket"]
    ids = [
        keyless.get(ended["streamUrl"]).headers["X-Request-Id"],
        keyless.get(f"{ended['streamUrl']}x").headers["X-Request-Id"],
        admin.get(f"{paths(ended)[1]}?{parts.query}").headers["X-Request-Id"],
    ]
    for each in ids:
        service.record_soon(request_id=each, event_type="AUTH")
    assert ticket.split(".")[2] not in service.output
    assert "ticket=" not in service.output
