"""What Schemathesis is told beside the OpenAPI document: how it spells streams, and what no schema can say."""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure

Json = Any


class Rule(NamedTuple):
    """A finding that is the contract's word: which check makes it, why it is right, and how the answer shows it."""

    failure: str
    why: str
    holds: Callable[[Json], bool]


_REJECTED = "RejectedPositiveData"
_OF_SHAPE = re.compile(r"(Input|String|List|Dictionary|Value) should|Field required|Extra inputs|Unable to")
"""How pydantic words what a schema could have said: found in an answer to what fits the schema, it is a finding."""


def _errors(body: Json) -> list[Json]:
    errors: list[Json] = body["details"].get("errors", [])
    return errors


def _is_about_meaning(body: Json) -> bool:
    return not any(_OF_SHAPE.match(error["message"]) for error in _errors(body))


def _code(body: Json) -> str:
    return str(body.get("error_code", body.get("error")))


RULES = (
    Rule(
        "UnsupportedMethodResponse",
        "API Gateway answers an unknown method like an unknown path: the contract's 404 in both dialects' fields",
        lambda body: body.get("error") == body.get("error_code") == "NOT_FOUND",
    ),
    Rule(
        _REJECTED,
        "what the parts of a definition mean to each other, and whether a text is an expression or a date",
        lambda body: _code(body) == "WORKFLOW_INVALID" and _is_about_meaning(body),
    ),
    Rule(
        _REJECTED,
        "a cursor is one that an answer gave, and stands in the place of a page number",
        lambda body: bool(_errors(body)) and all("cursor" in error["message"] for error in _errors(body)),
    ),
    Rule(
        _REJECTED,
        "mocks are by the ids of a workflow's nodes",
        lambda body: bool(_errors(body)) and all(error["path"].startswith("mocks.") for error in _errors(body)),
    ),
    Rule(
        _REJECTED,
        "what has been archived does not run, and what has ended cannot be cancelled",
        lambda body: _code(body) == "WORKFLOW_INACTIVE" or "only running ones can be cancelled" in body["message"],
    ),
    Rule(
        _REJECTED,
        "v1's document gives 400 where the workflow of a test does not exist",
        lambda body: (_code(body), body.get("success")) == ("WORKFLOW_NOT_FOUND", False),
    ),
)


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a finding is one: whether no rule has it."""
    found = [rule for rule in RULES if rule.failure == type(failure).__name__]
    return not found or not any(rule.holds(response.json()) for rule in found)


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: Any) -> None:
    """Puts what the document says of a stream's events where Schemathesis looks for it, in OpenAPI 3.2's keyword."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            stream = operation["responses"].get("200", {}).get("content", {}).get("text/event-stream")
            if stream:
                stream["itemSchema"] = stream.pop("schema")["contentSchema"]["items"]


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Makes every other definition that fits the schema one that is good: few would be by chance."""
    if case.meta is None or not case.meta.generation.mode.is_positive or not _takes_definition(case):
        return case
    text = json.dumps(case.body, sort_keys=True, default=str).encode()
    if zlib.crc32(text) % 2:
        case.body = _GOOD[zlib.crc32(text) % len(_GOOD)]
    else:
        case.body = _without_fractions(case.body)
    return case


def _takes_definition(case: Case[Any]) -> bool:
    return bool(re.search(r"(create|update|validate)_workflow$", case.operation.definition.raw["operationId"]))


_NOTE: Json = {"type": "send_notification", "config": {"message": "Hi {{trigger.name}}", "recipient": "user_123"}}
_GOOD: list[Json] = [
    {
        "name": "A chain",
        "community_id": 123,
        "actions": [_NOTE, {"type": "create_task", "config": {"title": "{{trigger.title}}"}}],
    },
    {
        "name": "A wait",
        "community_id": 123,
        "actions": [{"type": "wait", "config": {"durationMs": 50}}],
    },
    {
        "name": "A graph",
        "community_id": 123,
        "nodes": [
            {"id": "t", "type": "trigger"},
            {"id": "c", "type": "condition", "config": {"field": "trigger.n", "operator": "equals", "value": 1}},
            {"id": "e", "type": "end", "config": {"output": {"n": "{{trigger.n}}"}}},
        ],
        "connections": [{"from": "t", "to": "c"}, {"from": "c", "fromPort": "true", "to": "e"}],
    },
]


def _without_fractions(value: Json) -> Json:
    """1.0 is an integer to JSON Schema, which cannot say otherwise, and none to this service."""
    if isinstance(value, dict):
        return {name: _without_fractions(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_fractions(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
