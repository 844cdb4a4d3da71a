"""What both dialects' stories are about, and what happens in both alike."""

from typing import Any

from openapi.journey import Journey

Json = Any

WELCOME: Json = {
    "name": "Welcome",
    "description": "Greets a new user; for premium ones someone calls.",
    "variables": {"plan": "free"},
    "actions": [
        {
            "id": "greet",
            "type": "send_notification",
            "config": {
                "recipient": "{{trigger.userId}}",
                "message": "Hi {{trigger.name}}, you have the {{variables.plan}} plan",
            },
        },
        {
            "id": "is_premium",
            "type": "condition",
            "config": {"field": "variables.plan", "operator": "equals", "value": "premium"},
        },
        {
            "id": "call",
            "type": "create_task",
            "config": {"title": "Call {{trigger.name}}", "priority": "HIGH", "assignedTo": "user_sales"},
        },
    ],
}
"""A chain."""

SYNC: Json = {
    "name": "Sync a record",
    "timeoutSeconds": 3600,
    "nodes": [
        {"id": "start", "type": "trigger"},
        {
            "id": "fetch",
            "type": "call_api",
            "config": {"url": "https://api.example.com/records/{{trigger.id}}", "query": {"full": True}},
            "onError": "retry",
            "timeout": 10000,
        },
        {
            "id": "kind",
            "type": "switch",
            "config": {
                "field": "steps.fetch.output.body.kind",
                "cases": {"person": "person", "company": "company"},
                "default": "other",
            },
        },
        {"id": "mark", "type": "set_variables", "config": {"variables": {"seen": "{{steps.fetch.output.body.name}}"}}},
        {"id": "pause", "type": "wait", "config": {"durationMs": 5000}},
        {"id": "done", "type": "end", "config": {"output": {"kind": "{{steps.fetch.output.body.kind}}"}}},
    ],
    "connections": [
        {"from": "start", "to": "fetch"},
        {"from": "fetch", "to": "kind"},
        {"from": "kind", "fromPort": "person", "to": "mark"},
        {"from": "kind", "fromPort": "company", "to": "pause"},
        {"from": "kind", "fromPort": "other", "to": "done"},
        {"from": "mark", "to": "done"},
        {"from": "pause", "to": "done"},
    ],
}
"""A graph."""

FAULTY: Json = {
    "name": "Faulty",
    "actions": [
        {"type": "send_sms", "config": {"to": "+41 1"}},
        {"type": "wait", "config": {"durationMs": -1, "until": "noon"}},
    ],
}

LASTING: Json = {
    "name": "Reminder",
    "actions": [
        {"id": "pause", "type": "wait", "config": {"durationMs": 3_600_000}},
        {"id": "remind", "type": "send_notification", "config": {"recipient": "user_123", "message": "Still there?"}},
    ],
}
"""It waits for an hour before anything else."""

REFUSED: Json = {
    "name": "Call the inside",
    "actions": [{"id": "call", "type": "call_api", "config": {"url": "http://127.0.0.1:9/"}}],
}
"""It fails: `call_api` reaches public addresses only."""

INACTIVE: Json = {"name": "Asleep", "status": "INACTIVE", "actions": WELCOME["actions"][:1]}

SIGNUP: Json = {"userId": "user_123", "name": "Ada"}
FETCHED: Json = {
    "output": {"statusCode": 200, "contentType": "application/json", "body": {"kind": "person", "name": "Ada"}}
}
FAILING: Json = {"error": "the API is down"}

TOO_LARGE = b'{"name": "' + b"x" * 262_144 + b'"}'
XML = {"Content-Type": "application/xml"}


def refused_bodies(journey: Journey, operation: str, **parameters: str) -> None:
    """What is no body for any route: too large, of another type, or no JSON."""
    where: Json = {**parameters}
    journey.ask(operation, "too large", content=TOO_LARGE, status=413, **where)
    journey.ask(operation, "not JSON by its type", content=b"<x/>", headers=XML, status=415, **where)
    journey.ask(operation, "not JSON", content=b"{", status=400, **where)


def refused_callers(journey: Journey, operation: str, body: Json = None, **parameters: str) -> None:
    """Who has no key, and who has no role here."""
    where: Json = {**parameters}
    journey.ask(operation, "without a key", body, who="nobody", status=401, **where)
    journey.ask(operation, "without the permission", body, who="stranger", status=403, **where)
