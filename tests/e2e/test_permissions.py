"""Grants, and what does not exist. Who may do what on which route is in `tests/attacks/matrix.py`."""

from typing import Any

import pytest

from tests.e2e.client import (
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


def rights(view: bool, execute: bool, edit: bool) -> Any:
    return {"canView": view, "canExecute": execute, "canEdit": edit}


def test_a_workflow_says_what_the_caller_may_do_with_it(
    admin: Client, member: Client, viewer: Client, stranger: Client
) -> None:
    workflow = admin.publish(note())

    def seen_by(client: Client) -> Any:
        listed = [row for row in client.get(WS).json().get("workflows", []) if row["id"] == workflow.wf]
        read = client.get(workflow.ws).json()["workflow"]
        assert all(row["permissions"] == read["permissions"] for row in listed)
        v1 = client.get(workflow.v1).json()["data"]["permissions"]
        assert list(v1) == ["can_view", "can_execute", "can_edit"]
        assert list(v1.values()) == list(read["permissions"].values())
        return read["permissions"]

    assert seen_by(admin) == rights(True, True, True)
    assert seen_by(member) == rights(True, True, False)
    assert seen_by(viewer) == rights(True, False, False)
    grants = [
        {"userId": USERS["viewer"], "canView": True, "canExecute": True, "canEdit": True},
        {"userId": USERS["globex"], "canView": True},
    ]
    assert admin.put(f"{workflow.ws}/permissions", json={"grants": grants}).status_code == 200
    assert seen_by(viewer) == rights(True, True, True)
    assert seen_by(stranger) == rights(True, False, False)
    assert admin.put(workflow.ws, json=DEFINITION).json()["workflow"]["permissions"] == rights(True, True, True)


def test_a_list_of_workflows_says_whether_the_caller_may_publish_one(
    admin: Client, member: Client, viewer: Client
) -> None:
    for client, may in ((admin, True), (member, True), (viewer, False)):
        assert client.get(WS).json()["permissions"] == {"canCreate": may}
        v1 = client.get(f"{V1}?community_id={COMMUNITY}").json()["meta"]
        assert v1["permissions"] == {"can_create": may}


# -- the order of checks ----------------------------------------------------------------------------------------------


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


def test_the_body_is_checked_before_the_community_and_that_before_the_state(admin: Client) -> None:
    archived = admin.publish(note())
    admin.delete(archived.ws)
    path = f"{archived.v1}/execute"
    assert error_of(admin.post(path, json={"community_id": OTHER_COMMUNITY, "variables": 1})) == (400, "BAD_REQUEST")
    assert error_of(admin.post(path, json={"community_id": OTHER_COMMUNITY})) == (404, "WORKFLOW_NOT_FOUND")
    assert error_of(admin.post(path, json=EXECUTE)) == (400, "WORKFLOW_INACTIVE")
