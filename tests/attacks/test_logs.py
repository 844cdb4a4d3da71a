"""No value of a client begins another line or field of a log: each line is one record of known fields."""

import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.client import ACME, KEYS, V1, WS, Client, execution_path, node, note
from tests.e2e.service import RunningService

LINE = re.compile(
    r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] (INFO|WARNING|ERROR) workflow_execution_api:1\.0\.0 "
    r"(AUTH|AUTHZ|AUDIT|ERROR|SYSTEM) community=(-|123|456) user=(-|user_\w+) action=[a-z_]+ "
    r"result=(SUCCESS|DENIED|FAILURE)"
)
EVENT = {"level", "message", "event_type", "user", "action", "result"}
OF_EVENTS = EVENT | {"timestamp", "service", "community", "workflow_id", "execution_id", "request_id", "status"}
ACCESS = {"level", "timestamp", "requestId", "ip", "method", "resource", "status", "latency", "apiKeyId"}

MARK = "f0rg3d"
FORGED = (
    f"{MARK} result=SUCCESS",
    f"{MARK} user=user_admin action=delete_workflow result=SUCCESS",
    f'{MARK}","user":"root","x":"',
    f'{MARK}"}}\n{{"level":"INFO","event_type":"AUDIT","user":"root"}}',
    f"{MARK}\r\n[2026-01-01T00:00:00Z] INFO workflow_execution_api:1.0.0 AUTH user=root",
    f"{MARK}\x1b[2J\x1b[1;31mall is well\x1b]0;title\x07",
    f"{MARK}\x00\x08\x7f\x85\x9b31m",
    f"{MARK}\u2028\u2029\x0b\x0c\x1c\x1d\x1e",
    f"{MARK}\u202eSSECCUS=tluser\u2066\ufeff",
    f"{MARK}%s%n%d{{0}}{{user}}$(id)`id`${{jndi:ldap://127.0.0.1/x}}",
    f"{MARK}%0d%0a%1b%E2%80%A8",
    f"{MARK}\\n\\u000a\\x1b\\",
    f"{MARK}<script>alert(1)</script>=cmd|' /C calc'!A0",
    f"{MARK}" + "x" * 5_000,
)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What a service logged of everything that can hold a value of a client's."""
    with RunningService() as service:
        admin, viewer = Client(service.url), Client(service.url, KEYS["viewer"])
        for value in FORGED:
            _attack(admin, value)
            _attack(viewer, value)
            _attack_without_key(service, value)
        admin.close()
        viewer.close()
    # It has ended, so there is no more to come; what it says before it serves is for people.
    return [line for line in service.output.split("\n") if MARK in line or line.startswith("{")]


def _attack(client: Client, value: str) -> None:
    quoted = "/" + quote(value, safe="")
    headers = {"User-Agent": value, "Idempotency-Key": value, "Prefer": value, "Last-Event-ID": value, "Origin": value}
    headers |= {"X-Request-Id": value, "X-Amzn-Trace-Id": value, "X-Forwarded-For": value, "X-Api-Gateway-Id": value}
    sent = {name.encode(): _as_header(text) for name, text in headers.items()}
    definition = {"name": value[:200], "description": value, "actions": [note(message=value, title=MARK)]}
    published = client.post(WS, json=definition)
    client.post(WS, json={**definition, value: value, "actions": [node(value, value, {value: value})]})
    client.post(f"{WS}/validate", json={"name": value, "actions": value})
    client.get(f"{WS}{quoted}", headers=sent)
    client.get(f"/api/workspaces{quoted}/workflows", headers=sent)
    client.get(quoted, headers=sent, params={value: value})
    client.get(f"{V1}{quoted}", params={"community_id": value})
    client.post(f"{V1}{quoted}/execute", json={"community_id": value, "trigger_data": {value: value}})
    client.get(f"{ACME}/notifications", params={"recipient": value, value: value})
    client.post(f"{ACME}{quoted}", content=value.encode())
    if published.status_code == 201:
        path = f"{WS}/{published.json()['workflow']['id']}"
        client.post(f"{path}/execute", json={"triggerData": {value: value}, "variables": {value: value}}, headers=sent)
        ran = client.post(
            f"{path}/execute", json={"triggerData": {value: value}, "mocks": {value: value}, "dryRun": True}
        )
        assert ran.status_code == 400
        done = client.post(f"{path}/execute", json={"triggerData": {value: value}})
        client.post(f"{execution_path(done.json()['execution'])}/cancel", content=value.encode(), headers=sent)
        grants = {"grants": [{"userId": value[:200], "canView": True, "canExecute": False, "canEdit": False}]}
        client.put(f"{path}/permissions", json=grants)


def _attack_without_key(service: RunningService, value: str) -> None:
    for url in (service.url, service.stream_url):
        with httpx.Client(base_url=url, timeout=10) as nobody:
            nobody.get(WS, headers={b"X-API-Key": _as_header(value)})
            nobody.get(f"{WS}/executions/x/stream", params={"ticket": value, "lastEventId": value})


def _as_header(text: str) -> bytes:
    """The text without what HTTP allows in no header, which the server refuses by itself."""
    return re.sub(r"[\x00-\x1f\x7f]|[^\x00-\xff]", "~", text).strip()[:4000].encode("latin-1")


def test_every_line_is_one_record(lines: list[str]) -> None:
    assert len(lines) > 500
    for line in lines:
        record = json.loads(line)
        assert line.startswith("{")
        assert line.isprintable(), ascii(line)
        assert isinstance(record, dict)


def test_every_record_has_the_fields_of_its_kind_and_no_other(lines: list[str]) -> None:
    for record in map(json.loads, lines):
        if "requestId" in record:
            assert record.keys() in (ACCESS, ACCESS | EVENT | {"community"})
        else:
            assert EVENT <= record.keys() <= OF_EVENTS, record


def test_every_event_has_the_documented_line_and_says_the_same_as_its_fields(lines: list[str]) -> None:
    events: list[Any] = [record for record in map(json.loads, lines) if "message" in record]
    assert {record["event_type"] for record in events} == {"AUTH", "AUTHZ", "AUDIT", "ERROR", "SYSTEM"}
    for record in events:
        match = LINE.fullmatch(record["message"])
        assert match, record
        assert (match[1], match[2], match[4]) == (record["level"], record["event_type"], record["user"])
        assert match[3] == str(record.get("community") or "-")
        assert record["message"].count("=") == 4


def test_no_value_of_a_client_is_in_any_line(lines: list[str]) -> None:
    assert [line for line in lines if MARK in line] == []


def test_ids_in_the_log_are_the_services_own(lines: list[str]) -> None:
    for record in map(json.loads, lines):
        for name in ("workflow_id", "execution_id"):
            assert re.fullmatch(r"[0-9a-f]{32}", record.get(name, "0" * 32)), record
        assert re.fullmatch(r"[0-9a-f-]{36}", record.get("request_id", record.get("requestId", "0" * 36))), record
