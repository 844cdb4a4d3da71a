"""A client of the workspaces API on a connection that stays open, with as little of its own as can be."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

WAITING = {"Prefer": "wait=25"}


class Unexpected(Exception):
    """Raised when a server answers something else than what is measured."""


class Connection:
    """One connection to a server on this machine, kept open from call to call."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Content-Type": "application/json", **(headers or {})}

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """The status and the JSON of the answer; the text of one that is none."""
        self._connection.request("POST", path, json.dumps(body), {**self._headers, **(headers or {})})
        response = self._connection.getresponse()
        content = response.read()
        return response.status, _document(content)

    def get(self, path: str) -> tuple[int, Any]:
        """The status and the JSON of the answer; the text of one that is none."""
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        content = response.read()
        return response.status, _document(content)

    def status(self, path: str) -> int:
        """The status of a GET."""
        return self.get(path)[0]

    def close(self) -> None:
        self._connection.close()


def _document(content: bytes) -> Any:
    try:
        return json.loads(content or b"null")
    except ValueError:
        return content.decode(errors="replace")[:500]


class Workspace:
    """The demo workspace of a local service, for its administrator."""

    _PATH = "/api/workspaces/acme/workflows"

    def __init__(self, url: str) -> None:
        self._connection = Connection(url, {"X-API-Key": "local-acme-admin-premium-key"})

    def close(self) -> None:
        self._connection.close()

    def publish(self, workflow: Json) -> str:
        """The id of a new workflow. Raises Unexpected."""
        status, answer = self._connection.post(self._PATH, workflow)
        if status != 201:
            raise Unexpected(f"the workflow was not accepted: {answer}")
        workflow_id: str = answer["workflow"]["id"]
        return workflow_id

    def start(self, workflow_id: str, trigger: Json | None = None) -> str:
        """The id of a new execution, not waited for. Raises Unexpected."""
        status, answer = self._execute(workflow_id, trigger, {"Prefer": "wait=0"})
        if status not in (200, 202):
            raise Unexpected(f"the execution was not started: {answer}")
        execution_id: str = answer["execution"]["id"]
        return execution_id

    def execution(self, execution_id: str) -> Json:
        """An execution as it is now, with its steps and where it can be streamed. Raises Unexpected."""
        status, answer = self._connection.get(f"{self._PATH}/executions/{execution_id}")
        if status != 200:
            raise Unexpected(f"the execution was not found: {answer}")
        execution: Json = answer["execution"]
        return execution

    def run(self, workflow_id: str, trigger: Json | None = None) -> None:
        """Starts an execution and waits for its end, in one request. Raises Unexpected unless it completes."""
        status, answer = self._execute(workflow_id, trigger, WAITING)
        if status != 200 or answer["execution"]["status"] != "COMPLETED":
            raise Unexpected(f"the execution did not complete: {answer}")

    def _execute(self, workflow_id: str, trigger: Json | None, headers: Mapping[str, str]) -> tuple[int, Any]:
        return self._connection.post(f"{self._PATH}/{workflow_id}/execute", {"triggerData": trigger or {}}, headers)
