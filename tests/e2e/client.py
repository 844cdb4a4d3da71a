"""A client of both dialects, as black as the box: it knows paths, keys and how ids are spelt."""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

Json = Any
Result = TypeVar("Result")

COMMUNITY, OTHER_COMMUNITY = 123, 456
KEYS = {
    "admin": "local-acme-admin-premium-key",
    "member": "local-acme-member-premium-key",
    "viewer": "local-acme-viewer-premium-key",
    "standard": "local-acme-member-standard-key",
    "globex": "local-globex-admin-premium-key",
}
USERS = {name: f"user_{name}" for name in KEYS}

V1 = "/api/v1/workflows"
ACME = "/api/workspaces/acme"
WS = f"{ACME}/workflows"

UNKNOWN = "01890000-0000-7000-8000-000000000000"
"""An id that could exist and does not."""
IMPOSSIBLE = ("nope", "wf_", "exec_12", "0" * 31, "g" * 32, "wf_" + "z" * 32, "550e8400e29b41d4a71644665544000-")


class Workflow:
    """A published workflow: its paths in both dialects."""

    def __init__(self, text: str) -> None:
        self.hex = text.removeprefix("wf_").replace("-", "")
        self.wf = f"wf_{self.hex}"
        self.uuid = str(uuid.UUID(self.hex))
        self.v1 = f"{V1}/{self.uuid}"
        self.ws = f"{WS}/{self.wf}"


class Client:
    """One key's user. Every request method is httpx's own, on the service's paths."""

    def __init__(self, url: str, key: str | None = KEYS["admin"]) -> None:
        headers = {} if key is None else {"X-API-Key": key}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=40, limits=httpx.Limits(max_connections=40))
        self.get, self.post, self.put = self.http.get, self.http.post, self.http.put
        self.delete, self.patch, self.request = self.http.delete, self.http.patch, self.http.request

    def close(self) -> None:
        self.http.close()

    def publish(self, *actions: Json, **fields: Json) -> Workflow:
        """A new workflow: a chain of `actions`, or what `fields` say."""
        definition = {"name": "Tested", **({"actions": list(actions)} if actions else {}), **fields}
        answer = self.post(WS, json=definition)
        assert answer.status_code == 201, answer.text
        return Workflow(answer.json()["workflow"]["id"])

    def run(self, workflow: Workflow, wait: int = 25, **body: Json) -> Json:
        """The execution that `body` started, as workspaces shows it when it has ended or `wait` is over."""
        answer = self.post(f"{workflow.ws}/execute", json=body, headers={"Prefer": f"wait={wait}"})
        assert answer.status_code == (200 if is_over(answer.json()["execution"]["status"]) else 202), answer.text
        return answer.json()["execution"]

    def details(self, execution: Json, **query: str) -> Json:
        """An execution as v1 shows it, with its metrics."""
        text = execution if isinstance(execution, str) else execution["id"]
        answer = self.get(f"{V1}/executions/{text}", params={"include_metrics": "true", **query})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def ran(self, workflow: Workflow, **body: Json) -> Json:
        """What v1 shows of an execution that has ended."""
        return self.details(self.run(workflow, **body))

    def tested(self, workflow: Workflow, **body: Json) -> Json:
        """What v1's test answers."""
        answer = self.post(f"{workflow.v1}/test", json={"community_id": COMMUNITY, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def is_over(status: str) -> bool:
    return status.lower() in ("completed", "failed", "cancelled")


def execution_path(execution: Json) -> str:
    """Of an execution in workspaces; POST and DELETE cancel it."""
    return f"{WS}/executions/{execution['id'] if isinstance(execution, dict) else execution}"


def all_at_once(calls: Iterable[Callable[[], Result]], threads: int = 16) -> list[Result]:
    """The results of calls made in parallel, in their order."""
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def until(probe: Callable[[], Result], seconds: float = 10.0) -> Result:
    """What `probe` gives once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := probe()) and time.monotonic() < deadline:
        time.sleep(0.03)
    assert found, "it did not become true in time"
    return found


def node(name: str, kind: str, config: Mapping[str, Json] | None = None, **fields: Json) -> Json:
    return {"id": name, "type": kind, "config": dict(config or {}), **fields}


def note(name: str = "note", **config: Json) -> Json:
    """A step that does little."""
    return node(name, "send_notification", {"message": "Hello", "recipient": "user_123", **config})


def wait(milliseconds: Json, name: str = "wait") -> Json:
    return node(name, "wait", {"durationMs": milliseconds})


def arrows(*texts: str) -> list[Json]:
    """`"a > b"`, or `"a:true > b"` for a port, as connections."""
    found = []
    for text in texts:
        source, target = text.split(" > ")
        name, _, port = source.partition(":")
        found.append({"from": name, "to": target} | ({"fromPort": port} if port else {}))
    return found


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an error, whose body has exactly the fields of its dialect, or of both."""
    body = answer.json()
    v1, workspaces = {"success", "message", "error_code", "details"}, {"error", "message", "details"}
    if answer.status_code in (401, 429) or ("error_code" in body and "error" in body):
        assert v1 | workspaces == body.keys(), body
        assert body["error"] == body["error_code"]
    elif answer.request.url.path.startswith(V1):
        assert v1 == body.keys(), body
    else:
        assert workspaces == body.keys(), body
    assert body["message"]
    assert isinstance(body["message"], str)
    assert isinstance(body["details"], dict)
    assert body.get("success", False) is False
    assert answer.headers["X-Request-Id"]
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, str(body.get("error_code", body.get("error")))


def faults_of(answer: httpx.Response) -> dict[str, str]:
    """The faults of a 400, path → sentence."""
    return {fault["path"]: fault["message"] for fault in answer.json()["details"]["errors"]}
