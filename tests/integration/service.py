"""The service as its handlers: what the integration tests call, and what they look at."""

import json
import re
import time
from typing import Any

import boto3

from functions import clock
from functions.routes.table import ROUTES, Route
from functions.settings import settings
from functions.store import executions, keys, table
from functions.store.executions import Execution
from functions.store.members import add_key, set_role
from functions.store.tenants import Key, Role, Workspace, save_workspace
from local.aws import LocalAws

ACME = Workspace(id="ws_" + "a" * 32, slug="acme", name="Acme", community_id=123)
GLOBEX = Workspace(id="ws_" + "b" * 32, slug="globex", name="Globex", community_id=456)
WORKFLOWS = "/api/workspaces/acme/workflows"

Json = Any


def fill() -> None:
    """The workspaces and keys that the tests call with: each user has the key `key_<user>`."""
    for workspace in (ACME, GLOBEX):
        save_workspace(workspace)
    for user, role, workspace in (
        ("admin", Role.ADMIN, ACME),
        ("member", Role.MEMBER, ACME),
        ("viewer", Role.VIEWER, ACME),
        ("globex", Role.ADMIN, GLOBEX),
    ):
        set_role(workspace.id, user, role)
        add_key(Key(id=f"key_{user}", user=user, tier="premium", roles={}))


class Handlers:
    """Calls the handlers with the events of API Gateway, SQS and EventBridge."""

    def __init__(self, cloud: LocalAws) -> None:
        self.cloud = cloud
        self._dynamodb = boto3.client("dynamodb")  # its own, since tests make the service's calls fail

    def request(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        user: str = "admin",
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[int, Json]:
        """The status and body of one request."""
        answer = self.cloud.invoke("api", proxy_event(method, path, body, user, headers, query))
        return answer["statusCode"], json.loads(answer["body"])

    def publish(self, definition: Json) -> str:
        """The hex id of a new workflow."""
        status, answer = self.request("POST", WORKFLOWS, definition)
        assert status == 201, answer
        return str(answer["workflow"]["id"]).removeprefix("wf_")

    def execute(self, workflow_id: str, *, wait: int = 10, **headers: str) -> Json:
        """An execution, as it is when it has ended."""
        path = f"{WORKFLOWS}/wf_{workflow_id}/execute"
        _, answer = self.request("POST", path, {}, headers={"Prefer": f"wait={wait}", **headers})
        return answer["execution"]

    def repair(self) -> None:
        """What the schedule does, with everything in flight due for a look."""
        for item in executions.in_flight("9999"):
            self._dynamodb.update_item(
                TableName=settings().table_name,
                Key={name: {"S": value} for name, value in keys.execution(item["execution_id"]).items()},
                UpdateExpression="SET check_at = :now",
                ExpressionAttributeValues={":now": {"S": clock.now_iso()}},
            )
        self.cloud.invoke("lifecycle", {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})


def proxy_event(
    method: str,
    path: str,
    body: Json,
    user: str,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Json:
    """A request as API Gateway hands it on."""
    route, parameters = _matched(method, path)
    return {
        "resource": route.path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "queryStringParameters": query,
        "pathParameters": parameters or None,
        "requestContext": {"requestId": "request-1", "identity": {"apiKeyId": f"key_{user}"}},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def read(execution_id: str) -> Execution:
    """The head of an execution that exists."""
    found = executions.read(execution_id)
    assert found is not None
    return found


def tasks() -> list[Json]:
    """Every task of acme, as it is kept."""
    return list(table.query("pk = :pk", {":pk": keys.task(ACME.id, "")["pk"]}))


def notifications() -> list[Json]:
    """Every notification of acme, as it is kept."""
    return list(table.query("pk = :pk", {":pk": keys.notification(ACME.id, "")["pk"]}))


def until_ended(execution_id: str, seconds: float = 20) -> Execution:
    """The execution when it is terminal and in flight no more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        item = table.get(keys.execution(execution_id))
        if item and "in_flight" not in item and read(execution_id).status.is_terminal:
            return read(execution_id)
        time.sleep(0.02)
    raise AssertionError(f"{execution_id} did not end: {table.get(keys.execution(execution_id))}")


def _matched(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route in sorted(ROUTES, key=lambda route: route.path.count("{")):
        match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path), path)
        if match and route.method == method:
            return route, match.groupdict()
    raise AssertionError(f"There is no route for {method} {path}")
