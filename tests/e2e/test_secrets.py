"""Secrets: read from the workspace's own prefix in Secrets Manager, sent, and shown nowhere."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.attacks.canary import SECRET
from tests.e2e.client import WS, Client, Workflow, execution_path, node
from tests.e2e.service import RunningService
from tests.e2e.target import Target

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FOREIGN = "globex-secret-55e1"
PREFIX = "workflow-execution-api"


@pytest.fixture(scope="module")
def secrets(service: RunningService) -> Iterator["SecretsManagerClient"]:
    """As `aws --endpoint-url` talks to the local AWS."""
    client: SecretsManagerClient = boto3.client(
        "secretsmanager",
        endpoint_url=service.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    yield client
    client.close()


@pytest.fixture(scope="module")
def execution(admin: Client, stranger: Client, secrets: "SecretsManagerClient", target: Target) -> Any:
    """An API that tells the secret back, in a body, in a header's echo, and in the text of an error."""
    acme, globex = (
        client.get(f"/api/workspaces/{slug}/workflows").json()
        for client, slug in ((admin, "acme"), (stranger, "globex"))
    )
    assert globex["pagination"]["total"] == 0
    workspace = acme["workflows"][0]["workspaceId"]
    secrets.create_secret(Name=f"{PREFIX}/{workspace}/token", SecretString=SECRET)
    secrets.create_secret(Name=f"{PREFIX}/ws_019ab0c4e5f17b2c9d3e4f5061728394/token2", SecretString=FOREIGN)
    say = {"value": "{{secrets.token}}", "text": "Bearer {{secrets.token}}!"}
    config = {"url": f"{target.url}/echo/secret", "method": "POST", "body": say, "query": {"q": "{{secrets.token}}"}}
    workflow = admin.publish(
        node("told", "call_api", config),
        node("kept", "set_variables", {"variables": {"stolen": "{{steps.told.output}}"}}),
        node(
            "fails",
            "call_api",
            {"url": f"{target.url}/status/400?q=1", "body": "{{secrets.token}}"},
            onError="continue",
        ),
        node("bad", "call_api", {"url": "{{secrets.token}}"}, onError="continue"),
    )
    return admin.run(workflow)


def test_the_api_is_sent_the_secret(execution: Any, target: Target) -> None:
    assert execution["steps"][0]["status"] == "success", execution
    (seen,) = target.seen("/echo/secret")
    assert seen.body.count('tok/en \\"kv-zq3xk') == 2
    assert "kv-zq3xk" in seen.path


def test_the_secret_is_in_no_record_and_no_log(admin: Client, service: RunningService, execution: Any) -> None:
    workflow = Workflow(execution["workflowId"])
    answers = [
        admin.get(execution_path(execution)),
        admin.get(f"/api/v1/workflows/executions/{execution['id']}?include_metrics=true"),
        admin.get(f"{workflow.ws}/executions"),
        admin.get(f"{workflow.ws}/history?executionId={execution['id']}"),
        admin.get(workflow.ws),
    ]
    for text in [str(execution), *(answer.text for answer in answers)]:
        assert "kv-zq3xk" not in text
    time.sleep(0.2)
    assert "kv-zq3xk" not in service.output


def test_what_was_not_secret_stays(execution: Any) -> None:
    body = execution["steps"][0]["output"]["body"]
    assert body["method"] == "POST"
    assert body["body"]["text"].startswith("Bearer ")
    assert body["body"]["text"].endswith("!")
    assert execution["variables"]["stolen"]["statusCode"] == 200
    assert [step["status"] for step in execution["steps"]] == ["success", "success", "failed", "failed"]


@pytest.mark.parametrize("name", ["nope", "token2"])
def test_a_secret_of_nobody_or_of_another_workspace_cannot_be_read(
    admin: Client, target: Target, execution: Any, name: str
) -> None:
    call = {"url": f"{target.url}/echo/{name}", "headers": {"X-Secret": f"{{{{secrets.{name}}}}}"}}
    found = admin.ran(admin.publish(node("api", "call_api", call)))
    assert found["status"] == "failed"
    assert name in found["error_message"]
    assert FOREIGN not in str(found)
    assert target.seen(f"/echo/{name}") == []


@pytest.mark.parametrize(
    "config", [{"url": "http://{{secrets}}/"}, {"url": "http://a.b/", "body": "{{ secrets.token | length(@) }}"}]
)
def test_secrets_are_used_by_name_only(admin: Client, config: Any) -> None:
    answer = admin.post(f"{WS}/validate", json={"name": "x", "actions": [node("api", "call_api", config)]})
    assert answer.status_code == 400
