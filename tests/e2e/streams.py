"""Streams as a client asks for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.client import V1, WS, Client, Workflow, node, note
from tests.event_stream import Event, events_of

Json = Any


def paths(execution: Json) -> tuple[str, str]:
    """An execution's streams in v1 and in workspaces."""
    text = execution["id"]
    return f"{V1}/executions/{text}/stream", f"{WS}/executions/{text}/stream"


@contextmanager
def opened(client: Client, url: str, **headers: str) -> Iterator[httpx.Response]:
    with client.http.stream("GET", url, headers=headers) as response:
        yield response


def read(client: Client, url: str, **headers: str) -> list[Event]:
    """Every event of a response that ends by itself, without `connected`."""
    with opened(client, url, **headers) as response:
        connected, *events = events_of(response)
    assert connected.type == "connected"
    return events


def begin(client: Client, workflow: Workflow, **body: Json) -> Json:
    answer = client.post(f"{workflow.ws}/execute", json=body, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202, answer.text
    return answer.json()["execution"]


def publish(client: Client) -> Workflow:
    """A workflow of three steps, the last of which is skipped unless the trigger says `go`."""
    return client.publish(
        note("first"),
        node("check", "condition", {"field": "trigger.go", "operator": "equals", "value": True}),
        node("task", "create_task", {"title": "{{trigger.title}}"}),
    )


def error_of_dialect(answer: httpx.Response) -> tuple[int, str]:
    """The status and code of an error of the function itself, in the fields of its dialect and no others."""
    body = answer.json()
    v1 = answer.request.url.path.startswith(V1)
    assert body.keys() == ({"success", "message", "error_code", "details"} if v1 else {"error", "message", "details"})
    assert answer.headers["X-Request-Id"]
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, body["error_code" if v1 else "error"]
