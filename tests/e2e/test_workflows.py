"""Workflows in both dialects: create, read, change, archive, list, versions, and every fault at once."""

from typing import Any

import pytest

from tests.e2e.client import (
    COMMUNITY,
    UNKNOWN,
    V1,
    WS,
    Client,
    Workflow,
    all_at_once,
    arrows,
    error_of,
    faults_of,
    node,
    note,
    wait,
)
from tests.e2e.shapes import ISO, UUID, WF, assert_shape
from tests.e2e.shapes import WS as WS_ID

DEFINITION = {
    "name": "User Onboarding",
    "description": "",
    "status": "ACTIVE",
    "trigger": {"type": "manual"},
    "variables": {"plan": "free"},
    "timeoutSeconds": 3600,
    "actions": [
        {
            "id": "action-1",
            "type": "send_notification",
            "config": {"message": "Hi {{trigger.name}}", "recipient": "{{trigger.userId}}"},
        },
        {
            "id": "action-2",
            "type": "call_api",
            "config": {"url": "https://api.example.com/"},
            "onError": "retry",
            "timeout": 30000,
        },
    ],
}

GRAPH = {
    "name": "A graph",
    "nodes": [
        {"id": "start", "type": "trigger"},
        {
            "id": "is_premium",
            "type": "condition",
            "config": {"field": "trigger.userType", "operator": "equals", "value": "premium"},
        },
        {"id": "notify", "type": "send_notification", "config": {"message": "m", "recipient": "r"}},
        {"id": "done", "type": "end", "config": {"output": {"message": "Workflow completed"}}},
    ],
    "connections": [
        {"from": "start", "to": "is_premium"},
        {"from": "is_premium", "fromPort": "true", "to": "notify"},
        {"from": "is_premium", "fromPort": "false", "to": "done"},
        {"from": "notify", "to": "done"},
    ],
}


@pytest.mark.parametrize("definition", [DEFINITION, GRAPH], ids=["chain", "graph"])
def test_v1_creates_reads_changes_and_archives(admin: Client, definition: Any) -> None:
    created = admin.post(V1, json={"community_id": COMMUNITY, **definition})
    assert created.status_code == 201
    data = created.json()["data"]
    expected = {
        "workflow_id": UUID,
        "version": 1,
        "status": "ACTIVE",
        "owner_id": "user_admin",
        "community_id": COMMUNITY,
        "created_at": ISO,
        "updated_at": ISO,
        **definition,
    }
    assert_shape(created.json(), {"success": True, "message": str, "data": expected})
    path = f"{V1}/{data['workflow_id']}"
    assert admin.get(path).json()["data"] == data
    changed = admin.put(path, json={"community_id": COMMUNITY, **definition, "name": "Renamed"})
    assert changed.status_code == 200
    assert_shape(
        changed.json()["data"], {**expected, "version": 2, "name": "Renamed", "created_at": data["created_at"]}
    )
    assert admin.get(path).json()["data"] == changed.json()["data"]
    archived = admin.delete(path)
    assert (archived.status_code, archived.json()["data"]["status"]) == (200, "ARCHIVED")
    assert admin.get(path).json()["data"]["status"] == "ARCHIVED"


@pytest.mark.parametrize("definition", [DEFINITION, GRAPH], ids=["chain", "graph"])
def test_workspaces_creates_reads_changes_and_archives(admin: Client, definition: Any) -> None:
    created = admin.post(WS, json=definition)
    assert created.status_code == 201
    workflow = created.json()["workflow"]
    assert_shape(workflow, {"id": WF, "workspaceId": WS_ID, "version": 1, "status": "ACTIVE", **definition})
    path = f"{WS}/{workflow['id']}"
    assert admin.get(path).json() == created.json()
    changed = admin.put(path, json={**definition, "status": "INACTIVE"}).json()["workflow"]
    assert (changed["version"], changed["status"], changed["id"]) == (2, "INACTIVE", workflow["id"])
    archived = admin.delete(path)
    assert (archived.status_code, archived.json()["workflow"]["status"]) == (200, "ARCHIVED")


def test_what_was_read_can_be_sent_back(admin: Client) -> None:
    workflow = admin.publish(note())
    assert admin.put(workflow.ws, json=admin.get(workflow.ws).json()["workflow"]).json()["workflow"]["version"] == 2
    assert admin.put(workflow.v1, json=admin.get(workflow.v1).json()["data"]).json()["data"]["version"] == 3


def test_missing_ids_are_filled_in_by_place(admin: Client) -> None:
    first, second, third = note(), wait(1, "named"), note()
    del first["id"], third["id"]
    workflow = admin.publish(first, second, third)
    actions = admin.get(workflow.ws).json()["workflow"]["actions"]
    assert [action["id"] for action in actions] == ["action-1", "named", "action-3"]
    assert all((action["onError"], action["timeout"]) == ("stop", 30000) for action in actions)


def test_every_put_makes_a_version_even_at_once(admin: Client) -> None:
    workflow = admin.publish(note())
    answers = all_at_once([lambda: admin.put(workflow.ws, json=DEFINITION)] * 6, 6)
    assert sorted(answer.json()["workflow"]["version"] for answer in answers) == [2, 3, 4, 5, 6, 7]
    versions = admin.get(f"{workflow.ws}/versions").json()
    assert_shape(versions["versions"], [{"version": int, "createdAt": ISO, "createdBy": "user_admin"}] * 7)
    assert sorted(each["version"] for each in versions["versions"]) == [1, 2, 3, 4, 5, 6, 7]
    v1 = admin.get(f"{workflow.v1}/versions?per_page=3").json()
    assert_shape(v1["data"], [{"version": int, "created_at": ISO, "created_by": "user_admin"}] * 3)
    assert v1["meta"]["pagination"]["total"] == 7


def test_any_version_can_be_read_as_it_was_published(admin: Client) -> None:
    workflow = admin.publish(note("first"), name="Before")
    admin.put(workflow.ws, json={"name": "After", "status": "INACTIVE", "actions": [note("second")]})
    for path, of in ((workflow.ws, "workflow"), (workflow.v1, "data")):
        first, second = (admin.get(path, params={"version": number}).json()[of] for number in (1, 2))
        assert (first["version"], first["name"], [step["id"] for step in first["actions"]]) == (1, "Before", ["first"])
        assert (second["version"], second["name"], second["actions"][0]["id"]) == (2, "After", "second")
        assert first["status"] == second["status"] == "INACTIVE"
        assert admin.get(path).json()[of] == second


def test_a_version_that_there_is_not_is_not_found(admin: Client) -> None:
    workflow = admin.publish(note())
    for path in (workflow.ws, workflow.v1):
        assert error_of(admin.get(path, params={"version": "2"})) == (404, "WORKFLOW_NOT_FOUND")


@pytest.mark.parametrize("number", ["0", "-1", "one", "", "1000000"])
def test_a_version_that_cannot_be_is_refused(admin: Client, number: str) -> None:
    workflow = admin.publish(note())
    for path in (workflow.ws, workflow.v1):
        answer = admin.get(path, params={"version": number})
        assert answer.status_code == 400
        assert faults_of(answer).keys() == {"version"}


def test_workflow_lists_page_as_execution_lists_do(admin: Client, member: Client) -> None:
    made = [member.publish(note()).hex for _ in range(5)]
    v1 = admin.get(f"{V1}?community_id={COMMUNITY}&per_page=3").json()
    assert {"page": 1, "per_page": 3, "has_next": True}.items() <= v1["meta"]["pagination"].items()
    assert_shape(v1["data"][0], {"workflow_id": UUID, "version": int, "status": str, "owner_id": str, "name": str})
    found, cursor = [], None
    while True:
        query = {"limit": "4", **({"cursor": cursor} if cursor else {})}
        page = admin.get(WS, params=query).json()
        found += [row["id"].removeprefix("wf_") for row in page["workflows"]]
        cursor = page["pagination"]["nextCursor"]
        if not cursor:
            break
    assert len(found) == len(set(found)) == page["pagination"]["total"]
    assert set(made) <= set(found)
    assert admin.get(f"{WS}?offset=100000").status_code == 400
    assert admin.get(f"{WS}?offset=9000").json()["workflows"] == []


@pytest.mark.parametrize("query", ["per_page=0", "page=0", "status=ARCHIVE", "cursor=x", ""])
def test_a_bad_list_of_workflows_is_refused(admin: Client, query: str) -> None:
    community = f"community_id={COMMUNITY}&" if query else ""
    assert error_of(admin.get(f"{V1}?{community}{query}")) == (400, "BAD_REQUEST")


def test_validate_stores_nothing(admin: Client) -> None:
    before = admin.get(WS).json()["pagination"]["total"]
    assert admin.post(f"{WS}/validate", json=DEFINITION).status_code == 200
    assert admin.post(f"{V1}/validate", json=DEFINITION).status_code == 200
    assert admin.post(f"{V1}/validate", json={"community_id": COMMUNITY, **DEFINITION}).status_code == 200
    assert admin.get(WS).json()["pagination"]["total"] == before


def test_validate_tells_what_a_run_will_come_to_in_both_dialects(admin: Client) -> None:
    cost = {"transitions": int, "writes": int, "dollars": float}
    v1 = admin.post(f"{V1}/validate", json=DEFINITION).json()["data"]
    ws = admin.post(f"{WS}/validate", json=DEFINITION).json()
    assert (v1["valid"], v1["errors"]) == (ws["valid"], ws["errors"]) == (True, [])
    for there, here in (("least", "least"), ("most", "most"), ("with_retries", "withRetries")):
        shape = cost | {"function_calls": int, "history_events": int, "history_share": float}
        assert_shape(v1["estimate"][there], shape)
        assert list(v1["estimate"][there].values()) == list(ws["estimate"][here].values())
        shape = cost | {"functionCalls": int, "historyEvents": int, "historyShare": float}
        assert_shape(ws["estimate"][here], shape)
    told = ws["estimate"]
    assert (told["region"], told["pricesAsOf"]) == (v1["estimate"]["region"], v1["estimate"]["prices_as_of"])
    assert told["least"]["dollars"] <= told["most"]["dollars"] < told["withRetries"]["dollars"]


def test_what_cannot_run_whole_is_refused_by_validate_as_by_publishing(admin: Client) -> None:
    """A chain whose record would be full before its end, if everything had to be tried again and again."""
    definition = chain(*(note(f"n{i}".ljust(64, "x")) for i in range(600))) | {"name": "x"}
    for answer in (admin.post(f"{WS}/validate", json=definition), admin.post(WS, json=definition)):
        assert error_of(answer) == (400, "WORKFLOW_INVALID")
        (fault,) = answer.json()["details"]["errors"]
        assert fault["path"] == "actions"
        assert "may have at most 409,600 bytes, not " in fault["message"]
        assert "estimate" not in answer.json()


def graph(*connections: str, **kinds: str) -> dict[str, Any]:
    """Nodes that only wait, or are of the given kinds, connected as told."""
    names = dict.fromkeys(name.partition(":")[0] for text in connections for name in text.split(" > "))
    config: dict[str, Any] = {
        "condition": {"field": "trigger.a", "operator": "exists"},
        "wait": {"durationMs": 1},
    }
    nodes = [node(name, kinds.get(name, "wait"), config.get(kinds.get(name, "wait"), {})) for name in names]
    return {"nodes": nodes, "connections": arrows(*connections)}


def chain(*actions: Any) -> dict[str, Any]:
    return {"actions": list(actions)}


FAULTS: dict[str, tuple[Any, str]] = {
    "no name": ({"name": None, **chain(note())}, "name"),
    "unknown field": (chain(note()) | {"colour": "red"}, "colour"),
    "neither form": ({}, ""),
    "no action": (chain(), "actions"),
    "bad status": (chain(note()) | {"status": "active"}, "status"),
    "negative time": (chain(note()) | {"timeoutSeconds": -1}, "timeoutSeconds"),
    "too long": (chain(note()) | {"timeoutSeconds": 31_536_001}, "timeoutSeconds"),
    "type of variables": (chain(note()) | {"variables": []}, "variables"),
    "unknown type": (chain(node("a", "send_letter")), "actions[0].type"),
    "bad config": (chain(node("a", "wait", {})), "actions[0].config.durationMs"),
    "bad id": (chain(note("a b")), "actions[0].id"),
    "long id": (chain(note("a" * 65)), "actions[0].id"),
    "duplicate id": (chain(note("a"), note("a")), "actions[1].id"),
    "negative timeout": (chain(note() | {"timeout": -1}), "actions[0].timeout"),
    "text as timeout": (chain(note() | {"timeout": "30000"}), "actions[0].timeout"),
    "unknown reference": (chain(note(message="{{steps.nope.output}}")), "actions[0].config.message"),
    "later reference": (chain(note("a", message="{{steps.b.output}}"), note("b")), "actions[0].config.message"),
    "unknown root": (chain(note(message="{{nowhere.x}}")), "actions[0].config.message"),
    "bad JMESPath": (chain(note(message="{{ trigger.[ }}")), "actions[0].config.message"),
    "open template": (chain(note(message="{{trigger.x")), "actions[0].config.message"),
    "bad method": (chain(node("a", "call_api", {"url": "https://a.b", "method": "GO"})), "actions[0].config.method"),
    "secret in a message": (chain(note(message="{{secrets.x}}")), "actions[0].config.message"),
    "unknown port": (graph("a:true > b"), "connections[0].fromPort"),
    "unknown node": ({"nodes": [note("a")], "connections": arrows("a > b")}, "connections[0].to"),
    "several entries": (graph("a > c", "b > c"), "nodes"),
    "no entry": (graph("a > b", "b > a"), "nodes"),
    "a cycle": (graph("s > a", "a > b", "b > a"), "nodes[1]"),
    "unreachable": (graph("t > a", "b > a", t="trigger"), "nodes[2]"),
    "an end inside": (
        graph("s > a", "s > c", "c:true > j", "c:false > e", "a > j", c="condition", e="end"),
        "nodes[4]",
    ),
    "a join in part": (graph("s > a", "s > b", "s > c", "a > j", "b > j", "b > k", "c > k"), "nodes[0]"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_definition_is_refused_with_a_path_and_a_sentence(admin: Client, name: str) -> None:
    fields, path = FAULTS[name]
    definition = {name: value for name, value in {"name": "Bad", **fields}.items() if value is not None}
    for answer in (admin.post(f"{WS}/validate", json=definition), admin.post(WS, json=definition)):
        assert error_of(answer) == (400, "WORKFLOW_INVALID")
        found = faults_of(answer)
        assert path in found, found
        assert all(len(message.split()) > 1 for message in found.values())
    v1 = admin.post(V1, json={"community_id": COMMUNITY, **definition})
    assert error_of(v1) == (400, "WORKFLOW_INVALID")
    assert faults_of(v1) == found


def test_every_fault_is_told_at_once(admin: Client) -> None:
    definition = {
        "name": "",
        "status": "off",
        "actions": [node("a", "nothing"), note("b", message="{{steps.nope.output}}{{ [ }}"), wait(-1, "c")],
    }
    answer = admin.post(WS, json=definition)
    assert error_of(answer) == (400, "WORKFLOW_INVALID")
    paths = {"name", "status", "actions[0].type", "actions[1].config.message", "actions[2].config.durationMs"}
    assert paths <= faults_of(answer).keys()


def test_a_bad_put_changes_nothing(admin: Client) -> None:
    workflow: Workflow = admin.publish(note())
    before = admin.get(workflow.ws).json()
    assert error_of(admin.put(workflow.ws, json={"name": "x"})) == (400, "WORKFLOW_INVALID")
    assert admin.get(workflow.ws).json() == before
    assert error_of(admin.put(f"{WS}/{UNKNOWN}", json=DEFINITION)) == (404, "WORKFLOW_NOT_FOUND")


def test_a_community_is_needed_and_must_exist(admin: Client) -> None:
    answer = admin.post(V1, json=DEFINITION)
    assert error_of(answer) == (400, "BAD_REQUEST")
    assert "community_id" in answer.json()["message"]
    assert admin.post(V1, json={"community_id": 99_999, **DEFINITION}).status_code == 404
