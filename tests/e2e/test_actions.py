"""The built-in actions, with what they leave behind, and templates in their configs."""

import re
from typing import Any

import pytest

from tests.e2e.client import ACME, Client, arrows, node, note, wait
from tests.e2e.shapes import TASK, assert_shape, seconds_between
from tests.e2e.target import Target


def api(target: Target, path: str, name: str = "api", /, **config: Any) -> Any:
    return node(name, "call_api", {"url": target.url + path, **config})


def output_of(found: Any, name: str) -> Any:
    return found["node_states"][name]["output_data"]["result"]["data"]


def test_send_notification_reaches_the_inbox(admin: Client) -> None:
    found = admin.ran(admin.publish(note(recipient="user_inbox", message="Welcome to the platform!")))
    output = output_of(found, "note")
    expected = {"notificationSent": True, "message": "Welcome to the platform!", "recipient": "user_inbox"}
    assert_shape(output, expected)
    (kept,) = admin.get(f"{ACME}/notifications?recipient=user_inbox").json()["notifications"]
    assert (kept["message"], kept["recipient"]) == (expected["message"], "user_inbox")


def test_create_task_leaves_an_open_task(admin: Client) -> None:
    config = {
        "title": "Complete onboarding",
        "description": "Fill out your profile",
        "priority": "HIGH",
        "assignedTo": "user_123",
    }
    output = output_of(admin.ran(admin.publish(node("t", "create_task", config))), "t")
    assert_shape(output, {"taskId": TASK, "title": "Complete onboarding", "status": "TODO"})
    task = admin.get(f"{ACME}/tasks/{output['taskId']}").json()["task"]
    assert {name: task[name] for name in config} == config
    assert (task["id"], task["status"]) == (output["taskId"], "TODO")


def test_call_api_sends_what_is_configured_and_parses_json(admin: Client, target: Target) -> None:
    config = {
        "method": "POST",
        "headers": {"Authorization": "Bearer token"},
        "body": {"event": "user_signup", "data": {"n": 2**53 + 1, "f": 0.1, "list": [None, True]}},
    }
    output = output_of(admin.ran(admin.publish(api(target, "/echo/post", **config))), "api")
    assert (output["statusCode"], output["contentType"]) == (200, "application/json")
    assert (output["body"]["method"], output["body"]["body"]) == ("POST", config["body"])
    (seen,) = target.seen("/echo/post")
    assert seen.headers["authorization"] == "Bearer token"
    assert seen.headers["content-type"] == "application/json"


def test_call_api_gives_text_as_text_and_gets_by_default(admin: Client, target: Target) -> None:
    output = output_of(admin.ran(admin.publish(api(target, "/text"))), "api")
    assert output == {"statusCode": 200, "contentType": "text/plain; charset=utf-8", "body": "just text – no JSON"}
    assert target.seen("/text")[0].method == "GET"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_answer_that_is_not_2xx_fails_the_step(admin: Client, target: Target, status: int) -> None:
    found = admin.ran(admin.publish(api(target, f"/status/{status}")))
    assert (found["status"], found["error_node_id"]) == ("failed", "api")
    assert str(status) in found["error_message"]
    assert f"it was {status}" in found["error_message"]
    assert found["node_states"]["api"]["error"] in found["error_message"]
    assert found["node_states"]["api"]["error_type"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost/", "http://169.254.169.254/latest/meta-data", "http://[::1]/"]
)
def test_call_api_reaches_no_private_address(admin: Client, url: str) -> None:
    found = admin.ran(admin.publish(node("api", "call_api", {"url": url})))
    assert found["status"] == "failed"
    assert found["node_states"]["api"]["error_type"] == "AddressNotAllowed"


def test_an_answer_over_a_megabyte_fails_and_names_the_limit(admin: Client, target: Target) -> None:
    found = admin.ran(admin.publish(api(target, "/large/1000100")))
    assert found["status"] == "failed"
    assert "1,000,000" in found["error_message"]


def test_a_timeout_ends_an_attempt(admin: Client, target: Target) -> None:
    found = admin.ran(admin.publish(api(target, "/slow/4000") | {"timeout": 300}))
    assert found["status"] == "failed"
    assert re.search("300 ms|in time", found["error_message"])
    assert found["execution_time_seconds"] < 3


def test_wait_takes_its_time(admin: Client) -> None:
    found = admin.ran(
        admin.publish(note(), wait(350, "short"), wait("{{trigger.ms}}", "given")), triggerData={"ms": 1200}
    )
    for name, ms in (("short", 350), ("given", 1200)):
        state = found["node_states"][name]
        assert output_of(found, name) == {"durationMs": ms}
        assert ms / 1000 <= seconds_between(state["started_at"], state["completed_at"]) < ms / 1000 + 1


def test_a_bad_value_in_a_template_fails_the_step_that_needs_it(admin: Client) -> None:
    found = admin.ran(admin.publish(wait("{{trigger.ms}}")), triggerData={"ms": "soon"})
    assert (found["status"], found["error_node_id"]) == ("failed", "wait")


def test_templates_keep_types_and_render_text(admin: Client, target: Target) -> None:
    body = {
        "whole": "{{trigger.n}}",
        "tenth": "{{ trigger.tenth }}",
        "list": "{{trigger.list}}",
        "text": "n={{trigger.n}} flag={{trigger.flag}} list={{trigger.list}}",
        "missing": "{{trigger.nope}}",
        "hole": "a{{trigger.nope}}b",
        "jmespath": "{{ trigger.people[?age > `30`].name | [0] }}",
        "count": "{{ length(trigger.list) }}",
        "ids": ["{{execution.id}}", "{{workflow.id}}"],
        "var": "{{variables.plan}}",
        "camelCase_and_snake": {"userId": "{{trigger.user_id}}"},
    }
    workflow = admin.publish(api(target, "/echo/templates", method="POST", body=body), variables={"plan": "free"})
    trigger = {
        "n": 2**53 + 1,
        "tenth": 0.1,
        "flag": True,
        "list": [1, {"a": None}],
        "people": [{"name": "Bo", "age": 20}, {"name": "Ada", "age": 36}],
        "user_id": "u",
    }
    found = admin.ran(workflow, triggerData=trigger)
    sent = output_of(found, "api")["body"]["body"]
    assert sent == {
        "whole": 2**53 + 1,
        "tenth": 0.1,
        "list": trigger["list"],
        "text": 'n=9007199254740993 flag=true list=[1,{"a":null}]',
        "missing": None,
        "hole": "ab",
        "jmespath": "Ada",
        "count": 2,
        "ids": [found["execution_id"], workflow.uuid],
        "var": "free",
        "camelCase_and_snake": {"userId": "u"},
    }
    assert any("trigger.nope" in line for line in found["node_states"]["api"]["logs"])


def test_templates_read_the_outputs_of_earlier_steps(admin: Client, target: Target) -> None:
    workflow = admin.publish(
        api(target, '/raw?body={"user":{"id":7,"tags":["a","b"]}}', "fetch.user"),
        node("keep", "set_variables", {"variables": {"tag": "{{steps.fetch.user.output.body.user.tags[1]}}"}}),
        note(message="{{steps.fetch.user.output.body.user.id}} is {{variables.tag}}"),
        api(target, "/echo/steps", "again", method="POST", body="{{steps.note.output}}"),
    )
    found = admin.ran(workflow)
    assert found["status"] == "completed", found["error_message"]
    assert output_of(found, "note")["message"] == "7 is b"
    assert output_of(found, "again")["body"]["body"] == output_of(found, "note")
    assert found["final_variables"] == {"tag": "b"}


def test_variables_override_the_workflows_defaults(admin: Client) -> None:
    setter = node("set", "set_variables", {"variables": {"c": "{{variables.b}}"}})
    workflow = admin.publish(note(), setter, variables={"a": 1, "b": 1, "c": 1})
    found = admin.ran(workflow, variables={"b": 2, "d": {"deep": [2]}})
    assert found["final_variables"] == {"a": 1, "b": 2, "c": 2, "d": {"deep": [2]}}


def test_the_output_is_the_ends_or_the_last_completed_nodes(admin: Client) -> None:
    end = node("end", "end", {"output": {"said": "{{steps.note.output.message}}"}})
    workflow = admin.publish(nodes=[note(), end], connections=arrows("note > end"))
    assert admin.ran(workflow)["final_output"] == {"said": "Hello"}
    assert admin.ran(admin.publish(note(), wait(1)))["final_output"] == {"durationMs": 1}
    failed = admin.ran(admin.publish(wait(1), node("api", "call_api", {"url": "http://127.0.0.1:9"})))
    assert failed["final_output"] == {"durationMs": 1}


@pytest.mark.parametrize(
    "action",
    [
        node("a", "send_notification", {"message": "no recipient"}),
        node("a", "create_task", {"title": 5}),
        node("a", "create_task", {"title": "t", "priority": "SOON"}),
        node("a", "call_api", {"url": "ftp://example.com"}),
        node("a", "call_api", {"url": "http://example.com", "method": "FETCH"}),
        node("a", "wait", {"durationMs": -1}),
        node("a", "wait", {"durationMs": "5000"}),
        node("a", "set_variables", {}),
        node("a", "note", {}),
    ],
)
def test_a_config_that_does_not_fit_its_type_is_refused(admin: Client, action: Any) -> None:
    answer = admin.post(f"{ACME}/workflows/validate", json={"name": "Bad", "actions": [action]})
    assert (answer.status_code, answer.json()["error"]) == (400, "WORKFLOW_INVALID")
    (fault,) = answer.json()["details"]["errors"]
    assert fault["path"].startswith(("actions[0].config", "actions[0].type"))


def test_a_large_output_goes_through_the_whole_run(admin: Client, target: Target) -> None:
    keep = node("keep", "set_variables", {"variables": {"text": "{{steps.api.output.body}}"}})
    count = note(message="{{length(variables.text)}} of {{length(steps.api.output.body)}}")
    found = admin.ran(admin.publish(api(target, "/large/400000"), keep, count))
    assert output_of(found, "note")["message"] == "400000 of 400000"
    assert output_of(found, "api")["body"] == found["final_variables"]["text"] == "x" * 400_000


def test_an_answer_over_five_megabytes_carries_links_to_its_largest_outputs(admin: Client, target: Target) -> None:
    chain = [api(target, f"/large/990000/{n}", f"api{n}") for n in range(6)]
    execution = admin.run(admin.publish(*chain, note()))
    assert execution["status"] == "COMPLETED"
    linked = [step["output"] for step in execution["steps"] if step["output"].get("truncated")]
    assert linked
    assert all(output.keys() == {"truncated", "size", "url"} and output["size"] > 990_000 for output in linked)
    assert len(str(execution)) < 5_000_000
    assert execution["steps"][-1]["output"]["message"] == "Hello"
