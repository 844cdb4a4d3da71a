"""The OpenAPI document: valid, whole, what the code says today, and of one mind with what the service accepts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.errors import WorkflowFaulty
from functions.publish import check
from functions.routes.service import OPENAPI
from functions.routes.table import ROUTES
from openapi.document import build, operation_id, references
from tests.described import Description

Json = Any

ROOT = Path(__file__).parents[3]
DOCUMENT: Json = json.loads(OPENAPI.read_text(encoding="utf-8"))
DESCRIPTION = Description(DOCUMENT)


def operations() -> Iterator[Json]:
    for methods in DOCUMENT["paths"].values():
        yield from methods.values()


def contents(part: Json) -> Iterator[Json]:
    """Every schema with its examples, of bodies and answers alike."""
    if isinstance(part, dict):
        if "schema" in part and "examples" in part:
            yield part
        for inner in part.values():
            yield from contents(inner)


def without_examples(part: Json) -> Json:
    """The document as it is before a journey: schemas keep the examples that they have in the code."""
    if isinstance(part, list):
        return [without_examples(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    holds_them = "schema" in part and isinstance(part.get("examples"), dict)
    return {name: without_examples(inner) for name, inner in part.items() if not (holds_them and name == "examples")}


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_it_is_what_the_code_says_today() -> None:
    assert without_examples(DOCUMENT) == build(), "run `make openapi`"


def test_it_has_every_route_and_no_other() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in ROUTES}
    assert [operation["operationId"] for operation in operations()] == list(
        dict.fromkeys(
            operation_id(route) for route in sorted(ROUTES, key=lambda r: list(DOCUMENT["paths"]).index(r.path))
        )
    )


def test_a_route_asks_for_a_key_as_the_gateway_does() -> None:
    assert DOCUMENT["security"] == [{"ApiKey": []}]
    open_to_all = {path for path, methods in DOCUMENT["paths"].items() for o in methods.values() if "security" in o}
    assert open_to_all == {route.path for route in ROUTES if not route.needs_key}


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    components = {
        (section, name)
        for section, found in DOCUMENT["components"].items()
        if section != "securitySchemes"
        for name in found
    }
    assert set(references(DOCUMENT)) == components


def test_every_parameter_of_a_path_is_described() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            found = [DESCRIPTION.resolved(parameter) for parameter in operation.get("parameters", ())]
            assert {p["name"] for p in found if p["in"] == "path"} == set(re.findall(r"{(\w+)}", path)), path


def test_every_example_is_as_its_schema_says() -> None:
    found = list(contents(DOCUMENT))
    values = [(part["schema"], example["value"]) for part in found for example in part["examples"].values()]
    assert len(values) > 100
    assert [fault for schema, value in values for fault in DESCRIPTION.invalid(schema, value)] == []


def test_every_operation_shows_an_answer_and_what_it_takes() -> None:
    for operation in operations():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        answers = [
            answer for status, answer in operation["responses"].items() if status < "300" and "content" in answer
        ]
        if operation["tags"] != ["service"]:
            for holder in (*bodies, *answers):
                assert all("examples" in content for content in holder["content"].values()), operation["operationId"]


# -- the language ------------------------------------------------------------------------------------------------------

DEFINITION: Json = {"$ref": "#/components/schemas/Definition"}


def is_accepted(definition: Json) -> bool:
    try:
        check(definition)
    except WorkflowFaulty:
        return False
    return True


@pytest.mark.parametrize(
    "path", sorted((ROOT / "state_machines/examples").glob("*.workflow.json")), ids=lambda p: p.stem
)
def test_every_workflow_of_the_examples_is_one(path: Path) -> None:
    definition = json.loads(path.read_text(encoding="utf-8"))
    assert DESCRIPTION.invalid(DEFINITION, definition) == []


def chain(*nodes: Json, **fields: Json) -> Json:
    return {"name": "w", "actions": list(nodes), **fields}


def of(kind: str, **config: Json) -> Json:
    return {"id": "n", "type": kind, "config": config}


NOTE = of("send_notification", message="m", recipient="r")
SOME = {"field": "trigger.x", "operator": "exists"}


@pytest.mark.parametrize(
    "definition",
    [
        chain(NOTE),
        chain(NOTE, nodes=None, connections=None),
        chain({"type": "send_notification", "config": NOTE["config"]}),
        chain(NOTE, id="wf_1", version=3, createdAt="x", community_id=1),
        {"name": "w", "nodes": [NOTE], "actions": None},
        {"name": "w", "nodes": [{**NOTE, "label": None, "enabled": False, "onError": "retry", "timeout": 1}]},
        chain(of("send_notification", message="{{trigger.m}}", recipient="{{trigger.r}}", title=None)),
        chain(of("create_task", title="t", priority="{{trigger.p}}", dueDate="2026-01-15T09:30:00+01:00")),
        chain(of("send_email", to="a@example.com", subject="s", body="b", cc=["b@example.com", "{{trigger.c}}"])),
        chain(
            of("call_api", url="{{trigger.url}}", headers={"X-A": "{{secrets.a}}"}, query={"a": [1, None]}, body=[1])
        ),
        chain(of("call_api", url="https://example.com", headers="{{trigger.headers}}")),
        chain(of("wait", durationMs="{{trigger.ms}}")),
        chain(of("set_variables", variables={"a": None})),
        chain(of("condition", onFalse="continue", **SOME), {**NOTE, "id": "m"}),
        chain(of("condition", all=[SOME, {"any": [{"not": SOME}]}])),
        chain(of("condition", field="trigger.x", operator="in", value="{{variables.list}}")),
        chain(of("switch", field="trigger", cases={"a": "b"})),
        chain({"id": "n", "type": "end"}),
    ],
    ids=lambda definition: json.dumps(definition)[:60],
)
def test_a_definition_of_the_right_shape_is_accepted_by_both(definition: Json) -> None:
    assert is_accepted(definition)
    assert DESCRIPTION.invalid(DEFINITION, definition) == []


@pytest.mark.parametrize(
    "definition",
    [
        {"name": "w"},
        {"name": "w", "actions": []},
        {"name": "", "actions": [NOTE]},
        {"name": "w" * 201, "actions": [NOTE]},
        chain(NOTE, nodes=[NOTE]),
        chain(NOTE, connections=[]),
        chain(NOTE, onEror="stop"),
        chain(NOTE, status="active"),
        chain(NOTE, timeoutSeconds=0),
        chain(NOTE, timeoutSeconds="60"),
        chain(NOTE, variables=[]),
        {"name": "w", "nodes": [{"type": "send_notification", "config": NOTE["config"]}]},
        {"name": "w", "nodes": [NOTE], "connections": [{"from": "n"}]},
        chain({**NOTE, "id": "a b"}),
        chain({**NOTE, "type": "send_sms"}),
        chain({**NOTE, "onError": "ignore"}),
        chain({**NOTE, "timeout": 840_001}),
        chain({**NOTE, "config": None}),
        chain(of("send_notification", message="m")),
        chain(of("send_notification", message="", recipient="r")),
        chain(of("send_notification", message="m", recipient="r", titel="{{trigger.t}}")),
        chain(of("create_task", title="t", priority="high")),
        chain(of("create_task", title="t", dueDate="tomorrow")),
        chain(of("create_task", title="t\nu")),
        chain(of("send_email", to=[], subject="s", body="b")),
        chain(of("send_email", to="ada", subject="s", body="b")),
        chain(of("call_api", url="ftp://example.com")),
        chain(of("call_api", url="https://example.com", method="FETCH")),
        chain(of("call_api", url="https://example.com", headers={"a b": "c"})),
        chain(of("call_api", url="https://example.com", headers={"a": 1})),
        chain(of("call_api", url="https://example.com", query={"a": {}})),
        chain(of("wait", durationMs=-1)),
        chain(of("wait", durationMs="soon")),
        chain(of("set_variables", variables={})),
        chain(of("end", output=1, more=2)),
        chain(of("condition")),
        chain(of("condition", field="secrets.x", operator="exists")),
        chain(of("condition", field="steps", operator="exists")),
        chain(of("condition", field="trigger.x", operator="equals")),
        chain(of("condition", field="trigger.x", operator="like", value=1)),
        chain(of("condition", field="trigger.x", operator="in", value=1)),
        chain(of("condition", onFalse="end", **SOME)),
        chain(of("condition", all=[])),
        chain(of("condition", **{"not": {**SOME, "onFalse": "stop"}})),
        chain(of("condition", all=[SOME], any=[SOME])),
        {"name": "w", "nodes": [of("condition", onFalse="stop", **SOME)]},
        chain(of("switch", field="trigger.x", cases={})),
        chain(of("switch", field="trigger.x", cases={"a": "{{trigger.p}}"})),
    ],
    ids=lambda definition: json.dumps(definition)[:60],
)
def test_a_definition_of_a_wrong_shape_is_refused_by_both(definition: Json) -> None:
    assert not is_accepted(definition)
    assert DESCRIPTION.invalid(DEFINITION, definition)
