"""Ids of another tenant, everywhere an id fits: the answer is that of an id which does not exist, and nothing leaks.

`globex`'s admin attacks. Where the contract lets an attacker know that something exists, it says 403, and no more.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from functions.routes.table import ROUTES, Route
from tests.attacks.people import DEFINITION, as_uuid, aws
from tests.e2e.client import COMMUNITY, OTHER_COMMUNITY, UNKNOWN, USERS, V1, Client, Workflow, error_of, node
from tests.e2e.service import RunningService
from tests.e2e.streams import read
from tests.e2e.target import Target

Json = Any

ACME, GLOBEX = "/api/workspaces/acme", "/api/workspaces/globex"
NOWHERE = 999
SECRET_NAME = "Merger with Initech"
"""What acme's workflow is called, which nobody else is to learn."""


@dataclass(frozen=True)
class Tenant:
    """What one tenant has."""

    client: Client
    base: str
    workspace: str
    community: int
    workflow: Workflow
    execution: Json
    task: str
    notification: str

    @property
    def ids(self) -> dict[str, str]:
        """By the names of path parameters."""
        return {"workflow_id": self.workflow.wf, "execution_id": self.execution["id"], "task_id": self.task}

    def get(self, path: str, **query: str) -> Json:
        answer = self.client.get(f"{self.base}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def tenant(client: Client, slug: str, community: int, name: str) -> Tenant:
    base = f"/api/workspaces/{slug}"
    found = client.post(f"{base}/workflows", json={**DEFINITION, "name": name}).json()["workflow"]
    workflow = Workflow(found["id"])
    path = f"{base}/workflows/{workflow.wf}/execute"
    execution = client.post(path, json={"triggerData": {"name": name}}, headers={"Prefer": "wait=20"}).json()
    task = client.get(f"{base}/tasks").json()["tasks"][0]["id"]
    note = client.get(f"{base}/notifications").json()["notifications"][0]["id"]
    return Tenant(client, base, found["workspaceId"], community, workflow, execution["execution"], task, note)


@pytest.fixture(scope="module")
def acme(admin: Client) -> Tenant:
    return tenant(admin, "acme", COMMUNITY, SECRET_NAME)


@pytest.fixture(scope="module")
def globex(stranger: Client) -> Tenant:
    return tenant(stranger, "globex", OTHER_COMMUNITY, "Attack")


def told(answer: httpx.Response) -> tuple[int, Json]:
    """All that an answer says: its status and its body."""
    return answer.status_code, answer.json()


def assert_tells_nothing(answer: httpx.Response, acme: Tenant) -> None:
    """No word of what is acme's, but what the attacker knew."""
    assert answer.status_code >= 400, answer.text
    for word in (SECRET_NAME, acme.workspace, str(COMMUNITY), "user_admin", "COMPLETED", acme.notification):
        assert word not in answer.text


# -- in the path ------------------------------------------------------------------------------------------------------

WITH_ID = [route for route in ROUTES if "_id}" in route.path]
IN_WORKSPACE = [route for route in WITH_ID if route.dialect == "workspaces"]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def body_of(route: Route, community: int) -> Json:
    """A body that is good on a route, for this community."""
    if route.operation == "set_permissions":
        return {"grants": [{"user_id": USERS["globex"], "can_edit": True}]}
    if route.operation == "update_task":
        return {"status": "DONE"}
    if route.operation == "update_workflow":
        return DEFINITION
    return {"community_id": community} if route.dialect == "v1" else {}


@pytest.mark.parametrize("route", IN_WORKSPACE, ids=name_of)
@pytest.mark.parametrize("spelling", ["prefixed", "uuid", "in capitals"])
def test_in_the_attackers_own_workspace_anothers_id_is_one_that_does_not_exist(
    route: Route, spelling: str, acme: Tenant, globex: Tenant
) -> None:
    spells: dict[str, Callable[[str], str]] = {"prefixed": str, "uuid": as_uuid, "in capitals": str.upper}
    spell = spells[spelling]
    for slug in ("globex", globex.workspace):
        theirs = {name: spell(text) for name, text in acme.ids.items()}
        unknown = {name: spell(f"{text.partition('_')[0]}_{'0' * 32}") for name, text in acme.ids.items()}
        found, expected = (
            globex.client.request(route.method, route.path.format(slug=slug, **ids), json=body_of(route, COMMUNITY))
            for ids in (theirs, unknown)
        )
        assert told(found) == told(expected)
        assert found.status_code == 404
        assert_tells_nothing(found, acme)


@pytest.mark.parametrize("route", WITH_ID, ids=name_of)
@pytest.mark.parametrize("community", [COMMUNITY, OTHER_COMMUNITY])
def test_at_its_own_address_it_is_forbidden_and_nothing_more_is_said(
    route: Route, community: int, acme: Tenant, globex: Tenant
) -> None:
    for slug in ("acme", acme.workspace):
        path = route.path.format(slug=slug, **acme.ids)
        query = {"community_id": str(community)} if route.dialect == "v1" else {}
        found = globex.client.request(route.method, path, params=query, json=body_of(route, community))
        code = "PERMISSION_DENIED" if route.dialect == "v1" else "FORBIDDEN"
        assert error_of(found) == (403, code)
        assert_tells_nothing(found, acme)
        assert found.json()["details"] == {}


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_whether_a_task_exists_is_not_told_to_another_tenant(method: str, acme: Tenant, globex: Tenant) -> None:
    answers = [
        globex.client.request(method, f"{ACME}/tasks/{text}", json={"status": "DONE"})
        for text in (acme.task, f"task_{'0' * 32}", "nope")
    ]
    assert len({answer.text for answer in answers}) == 1
    assert error_of(answers[0]) == (403, "FORBIDDEN")


def test_an_id_of_one_kind_is_no_id_of_another(acme: Tenant) -> None:
    bare = acme.workflow.hex
    for text in (f"exec_{bare}", f"task_{bare}", f"ws_{bare}", f"wf_wf_{bare}", f"_{bare}"):
        assert error_of(acme.client.get(f"{V1}/{text}")) == (404, "WORKFLOW_NOT_FOUND")
    execution = acme.execution["id"].removeprefix("exec_")
    assert error_of(acme.client.get(f"{V1}/{execution}")) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(acme.client.get(f"{V1}/executions/{bare}")) == (404, "NOT_FOUND")


# -- in bodies and queries --------------------------------------------------------------------------------------------


def test_nobody_publishes_or_lists_in_anothers_community(acme: Tenant, globex: Tenant) -> None:
    before = acme.get("/workflows")["pagination"]["total"]
    found = globex.client.post(V1, json={**DEFINITION, "community_id": COMMUNITY})
    listed = globex.client.get(V1, params={"community_id": COMMUNITY})
    for answer in (found, listed):
        assert error_of(answer) == (403, "PERMISSION_DENIED")
        assert SECRET_NAME not in answer.text
    assert acme.get("/workflows")["pagination"]["total"] == before


def test_a_community_does_not_make_a_workflow_anothers(acme: Tenant, globex: Tenant) -> None:
    own = globex.workflow.v1
    asks: dict[str, Callable[[int], httpx.Response]] = {
        "execute": lambda community: globex.client.post(f"{own}/execute", json={"community_id": community}),
        "test": lambda community: globex.client.post(f"{own}/test", json={"community_id": community}),
        "update": lambda community: globex.client.put(own, json={**DEFINITION, "community_id": community}),
        "list": lambda community: globex.client.get(f"{own}/executions", params={"community_id": community}),
    }
    for ask in asks.values():
        found, expected = ask(COMMUNITY), ask(NOWHERE)
        assert told(found) == told(expected)
        assert error_of(found) == (404, "WORKFLOW_NOT_FOUND")


def test_what_the_server_says_of_a_workflow_nobody_else_says(acme: Tenant, globex: Tenant) -> None:
    forged = {"id": acme.workflow.wf, "workspaceId": acme.workspace, "community_id": COMMUNITY, "ownerId": "user_admin"}
    answer = globex.client.post(f"{GLOBEX}/workflows", json={**DEFINITION, **forged, "owner_id": "user_admin"})
    made = answer.json()["workflow"]
    assert (made["workspaceId"], made["ownerId"]) == (globex.workspace, USERS["globex"])
    assert made["id"] != acme.workflow.wf
    assert acme.get(f"/workflows/{acme.workflow.wf}")["workflow"]["name"] == SECRET_NAME


def test_a_history_has_no_execution_of_another_workflow(acme: Tenant, globex: Tenant, admin: Client) -> None:
    for client, workflow in ((globex.client, globex.workflow), (admin, admin.publish(**DEFINITION))):
        slug = GLOBEX if client is globex.client else ACME
        path = f"{slug}/workflows/{workflow.wf}/history"
        for text in (acme.execution["id"], as_uuid(acme.execution["id"])):
            found = client.get(path, params={"executionId": text})
            assert told(found) == told(client.get(path, params={"executionId": UNKNOWN}))
            assert error_of(found) == (404, "EXECUTION_NOT_FOUND")


def test_a_cursor_of_anothers_list_is_as_good_as_none(acme: Tenant, globex: Tenant) -> None:
    for client in (acme, globex):
        for _ in range(2):
            client.client.post(f"{client.base}/workflows", json=DEFINITION)
            client.client.post(f"{client.base}/workflows/{client.workflow.wf}/execute", json={})
    for path in ("/workflows", "/workflows/{}/executions", "/tasks", "/notifications"):
        cursor = acme.get(path.format(acme.workflow.wf), limit="1")["pagination"]["nextCursor"]
        own = f"{GLOBEX}{path.format(globex.workflow.wf)}"
        found = globex.client.get(own, params={"limit": 1, "cursor": cursor})
        assert error_of(found) == (400, "VALIDATION_ERROR")
        assert told(found) == told(globex.client.get(own, params={"limit": 1, "cursor": "x"}))


def test_a_position_in_anothers_stream_is_a_position_in_ones_own(globex: Tenant, acme: Tenant) -> None:
    path = f"{GLOBEX}/workflows/executions/{globex.execution['id']}/stream"
    numbers = [event.id for event in read(globex.client, path)]
    for text in (acme.execution["id"], "999999999", "-1", "1e3", "0x1", f"{acme.execution['id']}:2"):
        for found in (
            read(globex.client, f"{path}?lastEventId={text}"),
            read(globex.client, path, **{"Last-Event-ID": text}),
        ):
            assert [event.id for event in found] == numbers


def test_an_idempotency_key_is_its_users_own(acme: Tenant, member: Client, admin: Client) -> None:
    key, path = {"Idempotency-Key": f"order-{uuid.uuid4()}"}, f"{ACME}/workflows/{acme.workflow.wf}/execute"
    first = admin.post(path, json={}, headers=key).json()["execution"]["id"]
    assert admin.post(path, json={}, headers=key).json()["execution"]["id"] == first
    others = member.post(path, json={"triggerData": {"another": "body"}}, headers=key)
    assert others.is_success, "another user's key is no conflict, which would tell of the first"
    assert others.json()["execution"]["id"] != first
    sibling = admin.publish(**DEFINITION)
    assert admin.post(f"{sibling.ws}/execute", json={}, headers=key).json()["execution"]["id"] != first


@pytest.mark.parametrize("recipient", ["user_member", "#", "*", "ws_019ab0c4e5f07a1b8c2d3e4f50617283#user_member", "%"])
def test_a_recipient_is_looked_for_in_the_attackers_workspace_only(
    recipient: str, acme: Tenant, globex: Tenant
) -> None:
    assert acme.get("/notifications", recipient="user_member")["pagination"]["total"] > 0
    found = globex.get("/notifications", recipient=recipient)
    own = [note["id"] for note in globex.get("/notifications", limit="100")["notifications"]]
    assert {note["id"] for note in found["notifications"]} <= set(own)
    assert acme.notification not in str(found)


# -- lists, counts and statistics -------------------------------------------------------------------------------------


def test_lists_totals_and_statistics_are_a_tenants_own(acme: Tenant, globex: Tenant) -> None:
    lists = {
        "/workflows": "workflows",
        f"/workflows/{acme.workflow.wf}/executions": "executions",
        f"/workflows/{acme.workflow.wf}/versions": "versions",
        "/tasks": "tasks",
        "/notifications": "notifications",
    }
    before = {path: acme.get(path, limit="100") for path in lists}
    run = globex.client.post(f"{GLOBEX}/workflows/{globex.workflow.wf}/execute", json={}, headers={"Prefer": "wait=20"})
    assert run.status_code == 200
    globex.client.post(f"{GLOBEX}/workflows", json=DEFINITION)
    for path, name in lists.items():
        after = acme.get(path, limit="100")
        assert after["pagination"]["total"] == before[path]["pagination"]["total"]
        assert after.get("statistics") == before[path].get("statistics")
        assert [row.get("id", row.get("version")) for row in after[name]] == [
            row.get("id", row.get("version")) for row in before[path][name]
        ]


def test_include_flags_show_nothing_of_another_tenant(acme: Tenant, globex: Tenant) -> None:
    acme.client.post(f"{ACME}/workflows/{acme.workflow.wf}/execute", json={"dryRun": True})
    found = globex.get(f"/workflows/{globex.workflow.wf}/executions", includeTests="true", limit="100")
    assert {row["workflowId"] for row in found["executions"]} == {globex.workflow.wf}
    v1 = globex.client.get(
        f"{V1}/executions/{acme.execution['id']}", params={"include_metrics": "true", "include_logs": "true"}
    )
    assert error_of(v1) == (403, "PERMISSION_DENIED")


# -- grants, tickets and secrets --------------------------------------------------------------------------------------


def test_a_grant_to_another_tenants_user_opens_one_workflow_and_no_list(admin: Client, globex: Tenant) -> None:
    shared, sibling = admin.publish(**DEFINITION), admin.publish(**DEFINITION)
    grant = {"user_id": USERS["globex"], "can_view": True, "can_execute": True, "can_edit": True}
    assert admin.put(f"{shared.v1}/permissions", json={"grants": [grant]}).status_code == 200
    assert globex.client.get(shared.ws).status_code == 200
    assert error_of(globex.client.get(sibling.ws)) == (403, "FORBIDDEN")
    assert error_of(globex.client.get(f"{ACME}/workflows")) == (403, "FORBIDDEN")
    assert error_of(globex.client.get(f"{GLOBEX}/workflows/{shared.wf}")) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(globex.client.put(f"{shared.ws}/permissions", json={"grants": []})) == (403, "FORBIDDEN")
    assert shared.wf not in globex.client.get(f"{GLOBEX}/workflows?limit=100").text


@pytest.mark.parametrize(
    "user",
    ["*", "user_*", "user_glob", "user_globex ", " user_globex", "USER_GLOBEX", "user_globex\n", "USER#user_globex",
     "user_globex\u0000", "user_g\u200blobex", "ws_019ab0c4e5f17b2c9d3e4f5061728394", "admin", "null", "user_globex,x"],
)  # fmt: skip
def test_a_grant_is_to_the_user_of_exactly_that_id(user: str, admin: Client, globex: Tenant) -> None:
    workflow = admin.publish(**DEFINITION)
    answer = admin.put(f"{workflow.v1}/permissions", json={"grants": [{"user_id": user, "can_view": True}]})
    assert answer.status_code in (200, 400), answer.text
    assert error_of(globex.client.get(workflow.v1)) == (403, "PERMISSION_DENIED")


def test_a_ticket_opens_its_own_execution_only(acme: Tenant, globex: Tenant, clients: dict[str, Client]) -> None:
    own, theirs = globex.execution["streamUrl"], acme.execution["streamUrl"]
    (ticket,) = parse_qs(urlsplit(own).query)["ticket"]
    forged = urlsplit(theirs)._replace(query=f"ticket={ticket}").geturl()
    assert read(clients["nobody"], own)[-1].type == "complete"
    answer = clients["nobody"].get(forged)
    assert answer.status_code == 401
    assert_tells_nothing(answer, acme)
    twice = urlsplit(theirs)._replace(query=f"ticket={ticket}&ticket={ticket}").geturl()
    assert clients["nobody"].get(twice).status_code == 401


def test_no_secret_of_another_workspace_has_a_name(
    acme: Tenant, globex: Tenant, target: Target, service: RunningService
) -> None:
    secrets = aws(service, "secretsmanager")
    secrets.create_secret(Name=f"workflow-execution-api/{acme.workspace}/vault", SecretString="of acme only")
    secrets.close()
    path = f"{GLOBEX}/workflows"
    for name in (f"../{acme.workspace}/vault", f"/{acme.workspace}/vault", f"{acme.workspace}/vault", "vault"):
        for reference in (f"secrets.{name}", f'secrets."{name}"'):
            call = {"url": f"{target.url}/echo/stolen", "headers": {"X-Secret": f"{{{{{reference}}}}}"}}
            made = globex.client.post(path, json={"name": "Thief", "actions": [node("a", "call_api", call)]})
            if reference != "secrets.vault":
                assert error_of(made) == (400, "WORKFLOW_INVALID"), reference
                continue
            execute = f"{path}/{made.json()['workflow']['id']}/execute"
            found = globex.client.post(execute, json={}, headers={"Prefer": "wait=20"}).json()["execution"]
            assert found["status"] == "FAILED"
            assert "of acme only" not in str(found)
    assert target.seen("/echo/stolen") == []
