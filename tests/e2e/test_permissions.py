"""Who may do what: roles, owners, grants, other tenants; and the order in which a request is checked."""

from typing import Any

import pytest

from tests.e2e.client import (
    ACME,
    COMMUNITY,
    IMPOSSIBLE,
    OTHER_COMMUNITY,
    UNKNOWN,
    USERS,
    V1,
    WS,
    Client,
    Workflow,
    error_of,
    execution_path,
    note,
)

DEFINITION = {"name": "Mine", "actions": [note()]}
EXECUTE = {"community_id": COMMUNITY}


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(note())


@pytest.fixture(scope="module")
def execution(admin: Client, workflow: Workflow) -> Any:
    return admin.run(workflow)


Requests = dict[str, tuple[str, str, Any]]


def of_view(workflow: Workflow, execution: Any) -> Requests:
    """Method, path and body of everything that needs can_view."""
    return {
        "v1 get": ("GET", workflow.v1, None),
        "v1 versions": ("GET", f"{workflow.v1}/versions", None),
        "v1 permissions": ("GET", f"{workflow.v1}/permissions", None),
        "v1 executions": ("GET", f"{workflow.v1}/executions?community_id={COMMUNITY}", None),
        "v1 execution": ("GET", f"{V1}/executions/{execution['id']}", None),
        "ws get": ("GET", workflow.ws, None),
        "ws versions": ("GET", f"{workflow.ws}/versions", None),
        "ws permissions": ("GET", f"{workflow.ws}/permissions", None),
        "ws executions": ("GET", f"{workflow.ws}/executions", None),
        "ws history": ("GET", f"{workflow.ws}/history", None),
        "ws execution": ("GET", execution_path(execution), None),
    }


def of_execute(workflow: Workflow) -> Requests:
    return {
        "v1 execute": ("POST", f"{workflow.v1}/execute", EXECUTE),
        "v1 test": ("POST", f"{workflow.v1}/test", EXECUTE),
        "ws execute": ("POST", f"{workflow.ws}/execute", {}),
        "ws dry run": ("POST", f"{workflow.ws}/execute", {"dryRun": True}),
    }


def of_edit(workflow: Workflow) -> Requests:
    return {
        "v1 put": ("PUT", workflow.v1, {**DEFINITION, **EXECUTE}),
        "ws put": ("PUT", workflow.ws, DEFINITION),
        "v1 delete": ("DELETE", workflow.v1, None),
        "ws delete": ("DELETE", workflow.ws, None),
    }


def statuses(client: Client, requests: Requests) -> set[int]:
    return {client.request(method, path, json=body).status_code for method, path, body in requests.values()}


def assert_forbidden(client: Client, requests: Requests) -> None:
    for name, (method, path, body) in requests.items():
        code = "PERMISSION_DENIED" if name.startswith("v1") else "FORBIDDEN"
        assert error_of(client.request(method, path, json=body)) == (403, code), name


def test_a_viewer_may_view_only(viewer: Client, workflow: Workflow, execution: Any) -> None:
    assert statuses(viewer, of_view(workflow, execution)) == {200}
    assert_forbidden(viewer, {**of_execute(workflow), **of_edit(workflow)})
    assert error_of(viewer.post(WS, json=DEFINITION)) == (403, "FORBIDDEN")
    assert error_of(viewer.post(V1, json={**DEFINITION, **EXECUTE})) == (403, "PERMISSION_DENIED")


def test_a_member_may_view_execute_and_create(member: Client, workflow: Workflow, execution: Any) -> None:
    assert statuses(member, of_view(workflow, execution)) == {200}
    assert statuses(member, of_execute(workflow)) <= {200, 202}
    assert_forbidden(member, of_edit(workflow))
    own = member.publish(note())
    assert member.put(own.ws, json=DEFINITION).status_code == 200
    assert member.get(own.ws).json()["workflow"]["ownerId"] == USERS["member"]
    assert member.delete(own.v1).status_code == 200


def test_an_admin_may_do_all_with_the_workflows_of_others(admin: Client, member: Client) -> None:
    theirs = member.publish(note())
    execution = admin.run(theirs)
    assert statuses(admin, of_view(theirs, execution)) == {200}
    grants = {"grants": [{"userId": USERS["viewer"], "canView": True, "canExecute": True, "canEdit": False}]}
    assert admin.put(f"{theirs.ws}/permissions", json=grants).status_code == 200
    assert statuses(admin, of_edit(theirs)) == {200}


def test_another_tenant_gets_403_on_what_exists(stranger: Client, workflow: Workflow, execution: Any) -> None:
    assert_forbidden(stranger, {**of_view(workflow, execution), **of_execute(workflow), **of_edit(workflow)})
    for path in (WS, f"{ACME}/tasks", f"{ACME}/notifications"):
        assert error_of(stranger.get(path)) == (403, "FORBIDDEN")
    assert error_of(stranger.get(f"{V1}?community_id={COMMUNITY}")) == (403, "PERMISSION_DENIED")
    assert error_of(stranger.post(V1, json={**DEFINITION, **EXECUTE})) == (403, "PERMISSION_DENIED")
    assert error_of(stranger.post(WS, json=DEFINITION)) == (403, "FORBIDDEN")


def test_a_workflow_of_one_workspace_is_not_found_in_another(
    stranger: Client, workflow: Workflow, execution: Any
) -> None:
    globex = "/api/workspaces/globex/workflows"
    assert error_of(stranger.get(f"{globex}/{workflow.wf}")) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(stranger.post(f"{globex}/{workflow.wf}/execute", json={})) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(stranger.get(f"{globex}/executions/{execution['id']}")) == (404, "EXECUTION_NOT_FOUND")
    assert error_of(stranger.delete(f"{globex}/executions/{execution['id']}")) == (404, "EXECUTION_NOT_FOUND")


def test_grants_give_what_they_say_and_a_put_replaces_all(admin: Client, viewer: Client, stranger: Client) -> None:
    workflow = admin.publish(note())
    execution = admin.run(workflow)
    grant = {"user_id": USERS["globex"], "can_view": True, "can_execute": True, "can_edit": False}
    answer = admin.put(f"{workflow.v1}/permissions", json={"grants": [grant]})
    assert answer.status_code == 200
    expected = {"owner_id": USERS["admin"], "grants": [grant]}
    assert expected.items() <= answer.json()["data"].items()
    assert expected.items() <= admin.get(f"{workflow.v1}/permissions").json()["data"].items()
    camel = {"userId": USERS["globex"], "canView": True, "canExecute": True, "canEdit": False}
    assert {"ownerId": USERS["admin"], "grants": [camel]}.items() <= admin.get(
        f"{workflow.ws}/permissions"
    ).json().items()
    assert statuses(stranger, of_view(workflow, execution)) == {200}
    assert statuses(stranger, of_execute(workflow)) <= {200, 202}
    assert_forbidden(stranger, of_edit(workflow))

    other = {"userId": USERS["viewer"], "canView": False, "canExecute": False, "canEdit": True}
    assert admin.put(f"{workflow.ws}/permissions", json={"grants": [other]}).status_code == 200
    assert_forbidden(stranger, {**of_view(workflow, execution), **of_execute(workflow)})
    assert viewer.put(workflow.ws, json=DEFINITION).status_code == 200
    assert_forbidden(viewer, of_execute(workflow))
    assert admin.put(f"{workflow.ws}/permissions", json={"grants": []}).json()["grants"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "grants"),
        ({"grants": {}}, "grants"),
        ({"grants": [{}]}, "grants[0].user_id"),
        ({"grants": [{"user_id": 5}]}, "grants[0].user_id"),
        ({"grants": [{"user_id": "u", "can_view": "yes"}]}, "grants[0].can_view"),
        ({"grants": [{"user_id": "u", "canView": True}]}, "grants[0].canView"),
    ],
)
def test_grants_that_cannot_be_meant_are_refused(admin: Client, workflow: Workflow, body: Any, field: str) -> None:
    answer = admin.put(f"{workflow.v1}/permissions", json=body)
    assert error_of(answer) == (400, "BAD_REQUEST")
    assert field in answer.json()["message"]


def test_a_viewer_cannot_grant(viewer: Client, member: Client, workflow: Workflow) -> None:
    for client in (viewer, member):
        assert error_of(client.put(f"{workflow.ws}/permissions", json={"grants": []})) == (403, "FORBIDDEN")


# -- the order of checks ----------------------------------------------------------------------------------------------


def test_the_key_is_checked_first(clients: dict[str, Client]) -> None:
    for path in (f"{V1}/{UNKNOWN}/execute", f"/api/workspaces/nowhere/workflows/{UNKNOWN}/execute"):
        assert error_of(clients["nobody"].post(path, content="{")) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("text", [UNKNOWN, *IMPOSSIBLE, "exec_" + "0" * 32])
def test_what_does_not_exist_is_404_before_anything_else(viewer: Client, stranger: Client, text: str) -> None:
    for client in (viewer, stranger):
        assert error_of(client.post(f"{V1}/{text}/execute", content="{")) == (404, "WORKFLOW_NOT_FOUND")
        assert error_of(client.put(f"{V1}/{text}", content="{")) == (404, "WORKFLOW_NOT_FOUND")
        assert error_of(client.get(f"{V1}/{text}/executions?page=0")) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(viewer.post(f"{WS}/{text}/execute", content="{")) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(viewer.get(f"{WS}/{text}/history?limit=0")) == (404, "WORKFLOW_NOT_FOUND")


@pytest.mark.parametrize("text", [UNKNOWN, *IMPOSSIBLE, "wf_" + "0" * 32])
def test_an_execution_that_cannot_exist_is_not_found(admin: Client, text: str) -> None:
    assert error_of(admin.get(f"{V1}/executions/{text}?include_logs=x")) == (404, "NOT_FOUND")
    assert error_of(admin.post(f"{V1}/executions/{text}/cancel")) == (404, "NOT_FOUND")
    assert error_of(admin.get(f"{WS}/executions/{text}")) == (404, "EXECUTION_NOT_FOUND")
    assert error_of(admin.delete(f"{WS}/executions/{text}")) == (404, "EXECUTION_NOT_FOUND")


@pytest.mark.parametrize("slug", ["nowhere", "ws_nowhere", "ACME", "ws_" + "0" * 32])
def test_an_unknown_workspace_is_not_found(admin: Client, workflow: Workflow, execution: Any, slug: str) -> None:
    base = f"/api/workspaces/{slug}"
    for path in (
        f"{base}/workflows",
        f"{base}/workflows/{workflow.wf}",
        f"{base}/tasks",
        f"{base}/workflows/executions/{execution['id']}",
    ):
        assert error_of(admin.get(path)) == (404, "WORKSPACE_NOT_FOUND"), path


def test_a_workspace_is_found_by_its_slug_and_its_id(admin: Client, workflow: Workflow) -> None:
    found = admin.get(workflow.ws).json()["workflow"]
    again = admin.get(f"/api/workspaces/{found['workspaceId']}/workflows/{workflow.wf}")
    assert again.json()["workflow"] == found


def test_permission_is_checked_before_the_body(viewer: Client, workflow: Workflow) -> None:
    large = b'"' + b"x" * 300_000
    for content, kind in [(b"{", "application/json"), (large, "application/json"), (b"<a/>", "text/xml")]:
        headers = {"Content-Type": kind}
        answer = viewer.post(f"{workflow.v1}/execute", content=content, headers=headers)
        assert error_of(answer) == (403, "PERMISSION_DENIED")
        answer = viewer.put(workflow.ws, content=content, headers=headers)
        assert error_of(answer) == (403, "FORBIDDEN")


def test_the_body_is_checked_before_the_community_and_that_before_the_state(admin: Client) -> None:
    archived = admin.publish(note())
    admin.delete(archived.ws)
    path = f"{archived.v1}/execute"
    assert error_of(admin.post(path, json={"community_id": OTHER_COMMUNITY, "variables": 1})) == (400, "BAD_REQUEST")
    assert error_of(admin.post(path, json={"community_id": OTHER_COMMUNITY})) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(admin.post(path, json=EXECUTE)) == (400, "WORKFLOW_INACTIVE")


def test_size_is_checked_before_the_type_and_that_before_the_json(admin: Client, workflow: Workflow) -> None:
    xml = {"Content-Type": "text/xml"}
    large, path = b"<" * 262_145, f"{workflow.ws}/execute"
    assert error_of(admin.post(path, content=large, headers=xml)) == (413, "PAYLOAD_TOO_LARGE")
    assert error_of(admin.post(path, content=b"<", headers=xml)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert error_of(admin.post(path, content=b"<")) == (400, "VALIDATION_ERROR")
