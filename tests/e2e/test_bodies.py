"""Bodies: their size, type and JSON, and the values that must come back as they were sent."""

import json
from typing import Any

import pytest

from tests.e2e.client import COMMUNITY, Client, Workflow, error_of, node, note
from tests.e2e.target import Target

LIMIT = 256 * 1024


@pytest.fixture(scope="module")
def workflow(admin: Client) -> Workflow:
    return admin.publish(node("t", "trigger"), note(), node("e", "end", {"output": "{{trigger.value}}"}))


def sized(size: int, **fields: Any) -> bytes:
    """A body of exactly `size` bytes."""
    empty = json.dumps({**fields, "triggerData": {"x": ""}}).encode()
    return empty.replace(b'"x": ""', b'"x": "' + b"a" * (size - len(empty)) + b'"')


def test_256_kib_pass_and_one_byte_more_does_not(admin: Client, workflow: Workflow) -> None:
    path = f"{workflow.ws}/execute"
    body = sized(LIMIT, dryRun=True)
    assert len(body) == LIMIT
    assert admin.post(path, content=body).status_code == 200
    assert error_of(admin.post(path, content=body + b" ")) == (413, "PAYLOAD_TOO_LARGE")
    v1 = sized(LIMIT + 1, community_id=COMMUNITY)
    assert error_of(admin.post(f"{workflow.v1}/execute", content=v1)) == (413, "PAYLOAD_TOO_LARGE")
    assert error_of(admin.put(workflow.ws, content=v1)) == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_of_256_kib_really_runs_and_comes_back(admin: Client, workflow: Workflow) -> None:
    answer = admin.post(f"{workflow.ws}/execute", content=sized(LIMIT), headers={"Prefer": "wait=20"})
    execution = answer.json()["execution"]
    assert execution["status"] == "COMPLETED"
    assert len(execution["triggerData"]["x"]) > LIMIT - 100


def test_256_kib_are_counted_in_bytes(admin: Client, workflow: Workflow) -> None:
    body = json.dumps({"triggerData": {"x": "é" * 131_100}, "dryRun": True}, ensure_ascii=False).encode()
    assert len(body) > LIMIT
    assert error_of(admin.post(f"{workflow.ws}/execute", content=body)) == (413, "PAYLOAD_TOO_LARGE")


def test_more_than_the_gateway_takes_is_413_in_both_dialects_fields(admin: Client, workflow: Workflow) -> None:
    answer = admin.post(f"{workflow.ws}/execute", content=b"x" * (10 * 1024 * 1024 + 1))
    assert error_of(answer) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "text/plain", "text/plain;charset=UTF-8", None]
)
def test_json_is_taken_under_these_types(admin: Client, workflow: Workflow, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = admin.post(f"{workflow.ws}/execute", content=b'{"triggerData": {"value": "\xc3\xa9"}}', headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["execution"]["output"] == "é"


@pytest.mark.parametrize(
    "kind", ["application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "text/html"]
)
def test_other_types_are_refused(admin: Client, workflow: Workflow, kind: str) -> None:
    for path in (f"{workflow.ws}/execute", f"{workflow.v1}/execute"):
        answer = admin.post(path, content=b"{}", headers={"Content-Type": kind})
        assert error_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'"text"',
        b"5",
        b"null",
        b"{'a': 1}",
        b'{"triggerData": {"a": 1,}}',
        b'{"triggerData": {"a": NaN}}',
        b'{"triggerData": {"a": Infinity}}',
        b'{"triggerData": {"a": -Infinity}}',
        b'{"triggerData": {"a": 1e400}}',
        b'{"triggerData": {"a": -1e400}}',
        b'{"triggerData": {"a": "\xff"}}',
        b'{"triggerData": {"a": "\\ud800"}}',
        b'{"triggerData": {"\\udfff": 1}}',
        b'{"triggerData": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
        b'{"triggerData": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b"\xff\xfe{\x00}\x00",
        b"{} {}",
    ],
    ids=lambda content: content[:40].decode("latin-1"),
)
def test_what_is_no_json_object_is_refused(admin: Client, workflow: Workflow, content: bytes) -> None:
    assert error_of(admin.post(f"{workflow.ws}/execute", content=content)) == (400, "VALIDATION_ERROR")
    assert error_of(admin.post(f"{workflow.v1}/execute", content=content)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"triggerData": 5}, "triggerData"),
        ({"triggerData": []}, "triggerData"),
        ({"variables": "x"}, "variables"),
        ({"variables": None}, "variables"),
        ({"dryRun": "yes"}, "dryRun"),
        ({"dryRun": 1}, "dryRun"),
    ],
)
def test_a_wrong_type_is_refused_and_named(admin: Client, workflow: Workflow, body: Any, field: str) -> None:
    answer = admin.post(f"{workflow.ws}/execute", json=body)
    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert field in answer.json()["message"]


@pytest.mark.parametrize("field", ["variables", "metadata", "trigger_data"])
@pytest.mark.parametrize("value", ["x", 5, [], True])
def test_a_wrong_type_in_v1_is_refused_and_named(admin: Client, workflow: Workflow, field: str, value: Any) -> None:
    for operation in ("execute", "test"):
        answer = admin.post(f"{workflow.v1}/{operation}", json={"community_id": COMMUNITY, field: value})
        assert error_of(answer) == (400, "BAD_REQUEST")
        assert field in answer.json()["message"]


def test_every_bad_field_is_named_at_once(admin: Client, workflow: Workflow) -> None:
    answer = admin.post(f"{workflow.v1}/execute", json={"variables": 1, "metadata": 2})
    paths = {fault["path"] for fault in answer.json()["details"]["errors"]}
    assert paths == {"community_id", "variables", "metadata"}


VALUES = [
    "2",
    "2.5",
    "0.1",
    "-0.5",
    "1e-7",
    "9007199254740993",
    "-9007199254740993",
    "1234567890123456789012345678901234567890",
    "-" + "9" * 40,
    "1e100",
    "true",
    "null",
    '""',
    '"\\u0000 \\u2028 \\" \\\\ 😀"',
    '{"a_b": {"cD": [1, "2", null, {"E-f": {}}]}, "": [], "__proto__": 1, "N": "1", "$ref": "x"}',
]


@pytest.mark.parametrize("text", VALUES)
def test_values_come_back_as_they_were_sent(admin: Client, workflow: Workflow, text: str) -> None:
    sent = json.loads(text)
    answer = admin.post(f"{workflow.ws}/execute", content=f'{{"triggerData": {{"value": {text}}}}}'.encode())
    found = json.loads(answer.text)["execution"]
    assert found["status"] == "COMPLETED"
    for value in (found["triggerData"]["value"], found["output"], admin.details(found)["final_output"]):
        assert value == sent
        assert type(value) is type(sent)
        assert json.dumps(value) == json.dumps(sent)


def test_numbers_survive_definitions_variables_and_apis(admin: Client, target: Target) -> None:
    big, tenth = 10**39 + 7, 0.1
    call = node(
        "api", "call_api", {"url": f"{target.url}/echo/numbers", "method": "POST", "body": ["{{variables}}", big]}
    )
    workflow = admin.publish(
        call, node("set", "set_variables", {"variables": {"c": big}}), variables={"a": big, "b": tenth}
    )
    assert json.loads(admin.get(workflow.ws).text)["workflow"]["variables"] == {"a": big, "b": tenth}
    found = admin.ran(workflow, variables={"d": 2**53 + 1})
    assert found["node_states"]["api"]["output_data"]["result"]["data"]["body"]["body"] == [
        {"a": big, "b": tenth, "d": 2**53 + 1},
        big,
    ]
    assert found["final_variables"] == {"a": big, "b": tenth, "c": big, "d": 2**53 + 1}
    assert '"b":0.1' in json.dumps(found["final_variables"]).replace(" ", "")


def test_what_a_user_wrote_is_never_re_cased(admin: Client) -> None:
    trigger = {"user_id": {"camelCase": 1, "snake_case": 2}, "UPPER": [{"kebab-case": 3}]}
    workflow = admin.publish(
        node("e", "end", {"output": {"Re_Cased": "{{trigger}}"}}), variables={"my_var": 1, "myVar": 2}
    )
    execution = admin.run(workflow, triggerData=trigger, variables={"Other_Var": 3})
    assert (execution["triggerData"], execution["output"]) == (trigger, {"Re_Cased": trigger})
    found = admin.details(execution)
    assert found["final_variables"] == {"my_var": 1, "myVar": 2, "Other_Var": 3}
    assert found["final_output"] == {"Re_Cased": trigger}
