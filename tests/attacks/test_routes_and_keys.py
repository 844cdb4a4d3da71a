"""The matrix of who may do what, in the order of checks that the contract gives, and what a refusal leaves behind."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
import pytest

from functions.routes.table import ROUTES
from tests.attacks.matrix import Row, rows
from tests.attacks.people import DEFINITION, USERS, Belongings, People, Stock, aws, belongings, logged, people, sleeper
from tests.e2e.client import COMMUNITY, KEYS, UNKNOWN, Client, Workflow, error_of
from tests.e2e.commands import Admin
from tests.e2e.service import RunningService

Json = Any

V1 = "/api/v1/workflows"
WORKSPACE = "/api/workspaces/{slug}"

BODIES: Json = {
    ("POST", V1): [{**DEFINITION, "community_id": COMMUNITY}],
    ("POST", f"{V1}/validate"): [DEFINITION],
    ("PUT", f"{V1}/{{workflow_id}}"): [DEFINITION, {**DEFINITION, "community_id": COMMUNITY}],
    ("PUT", f"{V1}/{{workflow_id}}/permissions"): [{"grants": []}],
    ("POST", f"{V1}/{{workflow_id}}/execute"): [{"community_id": COMMUNITY}],
    ("POST", f"{V1}/{{workflow_id}}/test"): [{"community_id": COMMUNITY}],
    ("POST", f"{WORKSPACE}/workflows"): [DEFINITION],
    ("POST", f"{WORKSPACE}/workflows/validate"): [DEFINITION],
    ("PUT", f"{WORKSPACE}/workflows/{{workflow_id}}"): [DEFINITION],
    ("PUT", f"{WORKSPACE}/workflows/{{workflow_id}}/permissions"): [{"grants": []}],
    ("POST", f"{WORKSPACE}/workflows/{{workflow_id}}/execute"): [{}, {"dryRun": True}],
    ("PATCH", f"{WORKSPACE}/tasks/{{task_id}}"): [{"status": "TODO"}],
}
"""What each route that takes a body is sent."""

CANCELS = {("POST", f"{V1}/executions/{{execution_id}}/cancel")} | {
    (method, f"{WORKSPACE}/workflows/executions/{{execution_id}}") for method in ("POST", "DELETE")
}
ARCHIVES = {("DELETE", f"{V1}/{{workflow_id}}"), ("DELETE", f"{WORKSPACE}/workflows/{{workflow_id}}")}
IN_BODY = {("POST", V1), ("POST", f"{V1}/validate")}
"""Of these the body says for which community they are, or nothing does: it is read before anything is refused."""

ACTIONS = {
    *("create_workflow", "update_workflow", "delete_workflow", "set_permissions", "execute_workflow", "test_workflow"),
    *("cancel_execution", "view_execution", "list_executions", "stream_execution", "view_workflow", "view_permissions"),
    *("list_workflows", "validate_workflow", "list_notifications", "list_tasks", "view_task", "update_task"),
}
"""What can be denied: the contract's actions, and further ones."""

ROWS = rows()
KEYED = [row for row in ROWS if row.path != "/openapi.json"]
WITH_BODY = [row for row in ROWS if (row.method, row.path) in BODIES]
LARGE, BROKEN, XML = b"<" * 262_145, b'{"a": <', {"Content-Type": "text/xml"}
BAD: tuple[tuple[bytes, dict[str, str]], ...] = ((LARGE, XML), (BROKEN, XML), (BROKEN, {}), (b"[]", {}))


def name_of(row: Row) -> str:
    return f"{row.method} {row.path}"


@pytest.fixture(scope="module")
def everybody(service: RunningService, run: Admin) -> Iterator[People]:
    with people(service, run) as found:
        yield found


@pytest.fixture(scope="module")
def theirs(everybody: People) -> Belongings:
    return belongings(everybody)


@pytest.fixture(scope="module")
def stock(service: RunningService) -> Iterator[Stock]:
    found = Stock(service)
    yield found
    found.close()


def test_every_route_has_a_row_and_no_other_has() -> None:
    assert sorted((row.method, row.path) for row in ROWS) == sorted((route.method, route.path) for route in ROUTES)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_everybody_may_do_what_the_matrix_says_and_each_refusal_is_noted(
    row: Row, everybody: People, theirs: Belongings, service: RunningService
) -> None:
    if (row.method, row.path) in ARCHIVES:
        theirs = belongings(everybody)
    answers = {who: ask(row, who, everybody, theirs) for who in row.outcomes}
    assert {who: outcome(found) for who, found in answers.items()} == row.outcomes
    assert_noted(service, row, {who: answers[who] for who in row.refused})


def test_no_refusal_changes_anything(everybody: People, theirs: Belongings, stock: Stock) -> None:
    before = stock.settled()
    for row in ROWS:
        for who in row.refused:
            assert outcome(ask(row, who, everybody, theirs)) == row.outcomes[who]
    assert stock.taken() == before


def ask(row: Row, who: str, everybody: People, theirs: Belongings) -> list[httpx.Response]:
    """What `who` is answered on a route, with each of its bodies."""
    ended = (row.method, row.path) not in CANCELS
    if not ended and row.outcomes[who] == "ok":
        mine = "owner" if who not in theirs.workflows else who
        theirs.sleeping[mine] = sleeper(everybody["owner"], theirs.workflows[mine])  # type: ignore[index]
    query = {"community_id": str(COMMUNITY)} if row.dialect == "v1" else {}
    return [
        everybody[who].request(
            row.method, theirs.path(row.path, who, ended=ended), params=query, json=body, headers={"Prefer": "wait=20"}
        )
        for body in BODIES.get((row.method, row.path), [None])
    ]


def outcome(answers: list[httpx.Response]) -> str:
    """`ok`, or the one status of all refusals, each in the fields of its dialect and with its code."""
    if all(answer.is_success for answer in answers):
        return "ok"
    codes = {error_of(answer) for answer in answers}
    assert len(codes) == 1, codes
    ((status, code),) = codes
    assert code in {401: ("UNAUTHORIZED",), 403: ("PERMISSION_DENIED", "FORBIDDEN")}[status], answers[0].text
    return str(status)


def assert_noted(service: RunningService, row: Row, refused: dict[str, list[httpx.Response]]) -> None:
    """Each refusal is in the audit trail once, with who it was and what they asked for."""
    ids = {answer.headers["X-Request-Id"]: who for who, answers in refused.items() for answer in answers}
    records_of = logged(service, list(ids))
    for request_id, who in ids.items():
        denials = [record for record in records_of(request_id) if record.get("result") == "DENIED"]
        assert len(denials) == 1, denials
        event = "AUTHZ" if row.outcomes[who] == "403" else "AUTH"
        assert (denials[0]["event_type"], denials[0]["user"]) == (event, USERS.get(who, "-"))
        assert denials[0]["action"] in (ACTIONS if event == "AUTHZ" else {"authenticate"})


# -- the order of checks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", KEYED, ids=name_of)
def test_without_a_key_nothing_else_is_looked_at(row: Row, everybody: People) -> None:
    path = row.path.format(slug="nowhere", workflow_id="nope", execution_id="nope", task_id="nope")
    for who, (content, headers) in zip(("none", "unknown", "revoked", "none"), BAD, strict=True):
        answer = everybody[who].request(row.method, f"{path}?page=0&limit=0", content=content, headers=headers)
        assert error_of(answer) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("row", [row for row in KEYED if "{slug}" in row.path], ids=name_of)
def test_an_unknown_workspace_is_404_for_everybody_whatever_else_is_wrong(
    row: Row, everybody: People, theirs: Belongings
) -> None:
    for who, (content, headers) in zip(("other", "viewer", "admin", "view"), BAD, strict=True):
        path = theirs.path(row.path, who).replace("/acme/", "/nowhere/")
        answer = everybody[who].request(row.method, f"{path}?limit=0", content=content, headers=headers)
        assert error_of(answer) == (404, "WORKSPACE_NOT_FOUND")


@pytest.mark.parametrize("row", [row for row in KEYED if "_id}" in row.path], ids=name_of)
def test_what_does_not_exist_is_404_for_everybody_before_permission_and_body(row: Row, everybody: People) -> None:
    """But for tasks, which follow no workflow: there the role in the workspace comes first."""
    path = row.path.format(slug="acme", workflow_id=UNKNOWN, execution_id=UNKNOWN, task_id=UNKNOWN)
    anybody = ["member"] * 4 if "{task_id}" in row.path else ["other", "viewer", "admin", "exec"]
    for who, (content, headers) in zip(anybody, BAD, strict=True):
        answer = everybody[who].request(row.method, f"{path}?page=0&limit=0", content=content, headers=headers)
        status, code = error_of(answer)
        assert status == (400 if row.path.endswith("/test") else 404)
        assert code in ("WORKFLOW_NOT_FOUND", "EXECUTION_NOT_FOUND", "NOT_FOUND")


@pytest.mark.parametrize("row", [row for row in KEYED if (row.method, row.path) not in IN_BODY], ids=name_of)
def test_permission_is_checked_before_query_and_body(row: Row, everybody: People, theirs: Belongings) -> None:
    query = f"?community_id={COMMUNITY}&sort_by=x&sortBy=x&status=x&include_logs=x"
    for who, (content, headers) in zip(row.refused, cycle(BAD), strict=False):
        path = f"{theirs.path(row.path, who)}{query}"
        answer = everybody[who].request(row.method, path, content=content, headers=headers)
        assert str(answer.status_code) == row.outcomes[who]


@pytest.mark.parametrize("row", WITH_BODY, ids=name_of)
def test_a_bodys_size_is_checked_before_its_type_and_that_before_what_it_says(
    row: Row, everybody: People, theirs: Belongings
) -> None:
    path, bad_request = theirs.path(row.path, "owner"), "BAD_REQUEST" if row.dialect == "v1" else "VALIDATION_ERROR"
    refusals = [(413, "PAYLOAD_TOO_LARGE"), (415, "UNSUPPORTED_MEDIA_TYPE"), (400, bad_request), (400, bad_request)]
    for (content, headers), expected in zip(BAD, refusals, strict=True):
        answer = everybody["owner"].request(row.method, path, content=content, headers=headers)
        assert error_of(answer) == expected


# -- keys where no key belongs, and keys that are none ----------------------------------------------------------------


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(**DEFINITION)


KEY = KEYS["admin"]
ELSEWHERE: dict[str, Json] = {
    "in the query": {"params": {"X-API-Key": KEY, "x-api-key": KEY, "api_key": KEY, "apiKey": KEY, "key": KEY}},
    "in a cookie": {"headers": {"Cookie": f"X-API-Key={KEY}; x-api-key={KEY}; api_key={KEY}"}},
    "as a bearer token": {"headers": {"Authorization": f"Bearer {KEY}"}},
    "as basic credentials": {"auth": (KEY, KEY)},
    "in other headers": {"headers": {"API-Key": KEY, "X-Api-Token": KEY, "X_API_KEY": KEY, "X-API-Key-Id": "key"}},
    "in the request context": {
        "headers": {
            "X-Amzn-Request-Context": f'{{"identity": {{"apiKeyId": "{KEY}"}}}}',
            "X-Amzn-Apigateway-Api-Id": "local",
        }
    },
    "as a user": {"headers": {"X-User": "user_admin", "X-Forwarded-User": "user_admin", "X-Amzn-Oidc-Identity": "a"}},
    "in a ticket": {"params": {"ticket": KEY}},
}


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_key_counts_in_its_header_only(
    place: str, clients: dict[str, Client], workflow: Workflow, service: RunningService
) -> None:
    nobody = clients["nobody"]
    for method, path in (("GET", workflow.ws), ("GET", workflow.v1), ("DELETE", workflow.ws)):
        assert error_of(nobody.request(method, path, **ELSEWHERE[place])) == (401, "UNAUTHORIZED")
    assert KEY not in "\n".join(line for line in service.output.splitlines() if line.startswith("{"))


def test_a_key_in_the_body_is_no_key(clients: dict[str, Client], workflow: Workflow) -> None:
    body = {"X-API-Key": KEY, "apiKey": KEY, "community_id": COMMUNITY}
    for path in (f"{workflow.v1}/execute", f"{workflow.ws}/execute"):
        assert error_of(clients["nobody"].post(path, json=body)) == (401, "UNAUTHORIZED")
        assert error_of(clients["nobody"].post(path, data=body)) == (401, "UNAUTHORIZED")


NO_KEYS: dict[str, bytes] = {
    "empty": b"",
    "only part of one": KEY[:-1].encode(),
    "one and more": f"{KEY}x".encode(),
    "in capitals": KEY.upper().encode(),
    "quoted": f'"{KEY}"'.encode(),
    "two in one": f"{KEY}, {KEY}".encode(),
    "two in one, apart": f"{KEY};{KEY}".encode(),
    "encoded": KEY.replace("-", "%2d").encode(),
    "with a pattern": b"local-acme-admin-premium-%",
    "with a star": b"*",
    "very long": b"x" * 40_000,
    "not ASCII": "ключ".encode(),
    "Latin-1": b"\xe9\xff\x80",
    "the id of a user": b"user_admin",
    "of an injection": b"' OR 1=1 --",
}


@pytest.mark.parametrize("kind", NO_KEYS)
def test_what_is_no_key_opens_nothing_and_is_not_repeated(
    kind: str, clients: dict[str, Client], workflow: Workflow
) -> None:
    for path in (workflow.ws, workflow.v1):
        answer = clients["nobody"].get(path, headers={b"X-API-Key": NO_KEYS[kind]})
        assert error_of(answer) == (401, "UNAUTHORIZED")
        assert not NO_KEYS[kind] or NO_KEYS[kind] not in answer.content


@pytest.mark.parametrize("others", [[KEY], ["x"], [""], [KEYS["viewer"], KEYS["globex"]]])
def test_of_several_keys_none_counts(others: list[str], clients: dict[str, Client], workflow: Workflow) -> None:
    for values in ([KEY, *others], [*others, KEY]):
        headers = [("X-API-Key", value) for value in values]
        assert error_of(clients["nobody"].get(workflow.ws, headers=headers)) == (401, "UNAUTHORIZED")


def test_a_key_of_the_gateway_that_this_service_does_not_know_opens_nothing(
    service: RunningService,
) -> None:
    gateway = aws(service, "apigateway")
    (plan, *_) = gateway.get_usage_plans()["items"]
    made = gateway.create_api_key(name="by hand", value="k" * 30, enabled=True)
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=made["id"], keyType="API_KEY")
    gateway.close()
    client = Client(service.url, "k" * 30)
    answer = client.get("/api/workspaces/acme/workflows")
    client.close()
    assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED")
    denied = service.record_soon(request_id=answer.headers["X-Request-Id"])
    assert (denied["event_type"], denied["result"]) == ("AUTH", "DENIED")
