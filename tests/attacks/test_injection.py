"""Values of queries, bodies and cursors that mean something to a database: here they are values."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.attacks.people import DEFINITION
from tests.e2e.client import ACME, COMMUNITY, V1, Client, Workflow, error_of, faults_of

Json = Any


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(**DEFINITION)


INJECTIONS = (
    *("#pk", ":pk", ":first", "pk = :pk", "' OR '1'='1", '"; DROP TABLE workflows; --', "attribute_exists(pk)", "${x}"),
    *("{{7*7}}", "#status = :status", "$ne", '{"$gt": ""}', "\x00", "\u0000admin", "~", " ", "../..", "%00", "\ufeff"),
    *("é" * 300, "😀" * 300, "x" * 5_000, "a#b", "WF#", "EXEC#", "true", "NaN", "1e3", "-1", "9" * 5_000, "\u0661"),
)  # fmt: skip


@pytest.mark.parametrize("value", INJECTIONS, ids=lambda value: ascii(value)[:24])
def test_no_query_reaches_an_expression(admin: Client, workflow: Workflow, value: str) -> None:
    v1_list, ws_list = f"{workflow.v1}/executions?community_id={COMMUNITY}", f"{workflow.ws}/executions"
    queries = {
        v1_list: ("status", "from", "to", "sort_by", "sort_order", "include_tests", "page", "per_page", "cursor"),
        ws_list: ("status", "from", "to", "sortBy", "sortOrder", "includeTests", "offset", "limit", "cursor"),
        V1: ("community_id",),
        f"{V1}?community_id={COMMUNITY}": ("status", "cursor", "page"),
        f"{ACME}/tasks": ("status", "cursor"),
        f"{ACME}/notifications": ("cursor",),
    }
    for path, names in queries.items():
        for name in names:
            answer = admin.get(path + ("&" if "?" in path else "?") + str(httpx.QueryParams({name: value})))
            if answer.status_code != 200:
                assert answer.status_code == 400, (path, name, answer.text)
                assert name in faults_of(answer)
            else:
                assert (name, value) in (("include_tests", "true"), ("includeTests", "true")), (path, name)


@pytest.mark.parametrize("value", INJECTIONS, ids=lambda value: ascii(value)[:24])
def test_what_can_be_any_text_is_looked_for_as_it_is(admin: Client, workflow: Workflow, value: str) -> None:
    found = admin.get(f"{ACME}/notifications", params={"recipient": value})
    assert found.status_code == (200 if len(value) <= 256 else 400), found.text
    assert found.status_code == 400 or found.json()["pagination"]["total"] == 0
    history = admin.get(f"{workflow.ws}/history", params={"executionId": value})
    assert error_of(history) == (404, "EXECUTION_NOT_FOUND")
    grants = {"grants": [{"userId": value, "canView": True}]}
    granted = admin.put(f"{workflow.ws}/permissions", json=grants)
    assert granted.status_code in (200, 400), granted.text
    if granted.status_code == 200:
        assert admin.get(f"{workflow.ws}/permissions").json()["grants"][0]["userId"] == value


@pytest.mark.parametrize("number", [-1, 10**17 + 1, 10**40, 10**3_999, 0])
def test_a_community_of_any_size_is_one_that_does_not_exist(admin: Client, workflow: Workflow, number: int) -> None:
    body = json.dumps({**DEFINITION, "community_id": number})
    for answer in (admin.post(V1, content=body), admin.put(workflow.v1, content=body)):
        assert answer.status_code == 404
        assert len(answer.content) < 300


def cursor(*parts: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "key", ["", "x" * 201, "\ud800", "\x00", "é", "a b", 5, None, [], {"S": "x"}, True], ids=lambda key: ascii(key)[:20]
)
def test_a_cursor_holds_a_plain_key_or_is_refused(admin: Client, workflow: Workflow, key: Json) -> None:
    for _ in range(2):
        admin.run(workflow)
    answer = admin.get(f"{workflow.ws}/executions?limit=1").json()["pagination"]["nextCursor"]
    fingerprint, number, _ = json.loads(base64.urlsafe_b64decode(answer + "=="))
    for parts in ((fingerprint, number, key), (fingerprint, key, "x"), (key, number, "x"), (fingerprint, number)):
        found = admin.get(f"{workflow.ws}/executions", params={"limit": 1, "cursor": cursor(*parts)})
        assert error_of(found) == (400, "VALIDATION_ERROR"), parts
