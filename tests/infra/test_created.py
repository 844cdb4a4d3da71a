"""The template is created, as far as moto knows its types, and what it created serves a request from end to end."""

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from starlette.types import Receive, Scope, Send

from functions import api_keys, aws, tickets
from functions.deployment import Deployment
from functions.entries import ENVIRONMENT
from functions.settings import Settings, settings
from functions.store.members import set_role
from functions.store.tenants import Role, Workspace, save_workspace
from local.aws import LocalAws, environment
from local.emulator.functions import Function, handler_of
from local.gateway import Backend, Gateway
from local.server import Server, listener
from local.usage_plans import ApiKeys, list_keys
from tests.infra.moto_stack import create, known_part
from tests.infra.synthesis import of_type, template

WORKFLOWS = "/api/workspaces/acme/workflows"
STREAM_URL = "https://stream.example.com"
SECRET = "what tickets are signed with"
Json = Any


class Deployed:
    """What moto created of the template, wired as AWS would: the REST API's methods call the functions they name."""

    def __init__(self, cloud: LocalAws, whole: Json) -> None:
        self._cloud = cloud
        self.whole = whole
        apigateway = boto3.client("apigateway")
        self.outputs = create("deployed", known_part(whole, self._by_hand()))
        self.variables = self._add_functions()
        self._methods = _methods(apigateway, self.outputs["ApiUrl"].split("//")[1].split(".")[0])
        self.deployment = Deployment("deployed", self.outputs)

    def _by_hand(self) -> dict[str, str]:
        """What moto's CloudFormation does not know and others refer to, made by hand with the same properties."""
        (secret,) = of_type(self.whole, "AWS::SecretsManager::Secret").items()
        made = boto3.client("secretsmanager").create_secret(Name=secret[1]["Properties"]["Name"], SecretString=SECRET)
        values = {secret[0]: made["ARN"]}
        for name, plan in of_type(self.whole, "AWS::ApiGateway::UsagePlan").items():
            throttle = plan["Properties"]["Throttle"]
            made_plan = boto3.client("apigateway").create_usage_plan(
                name=plan["Properties"]["UsagePlanName"],
                throttle={"rateLimit": throttle["RateLimit"], "burstLimit": throttle["BurstLimit"]},
            )
            values[name] = made_plan["id"]
        (stage,) = of_type(self.whole, "AWS::ApiGateway::Stage").items()
        (url,) = of_type(self.whole, "AWS::Lambda::Url")
        alarms = {
            name: each["Properties"]["AlarmName"]
            for name, each in of_type(self.whole, "AWS::CloudWatch::Alarm").items()
        }
        return values | alarms | {stage[0]: stage[1]["Properties"]["StageName"], url: f"{STREAM_URL}/"}

    def _add_functions(self) -> dict[str, str]:
        """Lets moto's Lambda run what the created functions name; what all of them are told, which must not differ."""
        told: dict[str, str] = {}
        for found in boto3.client("lambda").get_paginator("list_functions").paginate().build_full_result()["Functions"]:
            if not found["FunctionName"].startswith("workflow-execution-api-dev-"):
                continue
            variables = found["Environment"]["Variables"]
            assert all(told.get(name, value) == value for name, value in variables.items())
            told |= variables
            if found["Handler"].startswith("functions."):
                handler = handler_of(found["Handler"])
                self._cloud.functions.add(
                    Function(found["FunctionName"], handler, found["FunctionArn"], timeout=found["Timeout"])
                )
        return told

    def invoke(self, function: str, event: Json) -> Json:
        """What API Gateway does with a request: calls the function that the matched method's integration names."""
        uri = self._methods[event["httpMethod"], event["resource"]]
        return self._cloud.invoke(uri.split("/functions/")[1].split("/")[0], event)

    def happen(self, event: Json) -> None:
        """An event of Step Functions on EventBridge: moto's SQS and Lambda bring it on at once, as they were told."""
        events = boto3.client("events")
        for rule in events.list_rules()["Rules"]:
            if "ScheduleExpression" in rule:
                # moto takes a rule without a pattern for one that every event matches.
                events.remove_targets(Rule=rule["Name"], Ids=["Target0"])
        entry: Json = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        events.put_events(Entries=[entry])


def _methods(apigateway: Any, rest_api_id: str) -> dict[tuple[str, str], str]:
    """The functions of the created REST API's methods, by method and path."""
    resources = apigateway.get_resources(restApiId=rest_api_id, limit=500)["items"]
    found = {}
    for resource in resources:
        for method in resource.get("resourceMethods", {}):
            answered = apigateway.get_method(restApiId=rest_api_id, resourceId=resource["id"], httpMethod=method)
            found[method, resource["path"]] = answered["methodIntegration"].get("uri", "")
    return found


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with LocalAws(schedule=None, time_scale=0.01) as cloud:
        found = Deployed(cloud, template("dev", console=False, allowed_origin="https://app.example.com"))
        for name in environment().keys() & {field.upper() for field in Settings.model_fields}:
            # What the local AWS made for itself: the service must be told by the stack alone.
            del os.environ[name]
        os.environ.update(found.variables)
        settings.cache_clear()
        tickets.forget()
        yield found


async def _no_streams(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("no stream is asked for here")


@pytest.fixture(scope="module")
def client(deployed: Deployed) -> Iterator[httpx.Client]:
    """A client with a key that was made as an operator makes one, at the local gateway before the created functions."""
    workspace = save_workspace(Workspace(id="ws_" + "a" * 32, slug="acme", name="Acme", community_id=123))
    set_role(workspace.id, "user_1", Role.ADMIN)
    shown: list[str] = []
    api_keys.create(deployed.deployment, "user_1", "premium", "test", lambda key, value: shown.append(value))
    gateway = Gateway(log=lambda access: None)
    keys = ApiKeys(lambda: list_keys(aws.apigateway()))
    gateway.open(Backend(invoke=deployed.invoke, stream=_no_streams, keys=keys, throttle=None))
    server = Server(gateway, listener("127.0.0.1", 0))
    server.start()
    with httpx.Client(base_url=server.url, headers={"X-API-Key": shown[0]}, timeout=30) as client:
        yield client
    server.stop()


def publish(client: httpx.Client, *actions: Json) -> str:
    answer = client.post(WORKFLOWS, json={"name": "Deployed", "actions": actions})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["workflow"]["id"])


NOTIFY = {"id": "greet", "type": "send_notification", "config": {"recipient": "{{trigger.who}}", "message": "Hello"}}
TASK = {"id": "task", "type": "create_task", "config": {"title": "Call {{trigger.who}}"}}
HOUR = {"id": "hour", "type": "wait", "config": {"durationMs": 3_600_000}}


def test_an_execution_runs_through_the_created_machine_functions_table_and_topic(
    deployed: Deployed, client: httpx.Client
) -> None:
    inbox = boto3.client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    topic = deployed.outputs["NotificationsTopicArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:inbox")
    workflow = publish(client, NOTIFY, TASK)

    answer = client.post(
        f"{WORKFLOWS}/{workflow}/execute", json={"triggerData": {"who": "ada"}}, headers={"Prefer": "wait=20"}
    )

    execution = answer.json()["execution"]
    assert (answer.status_code, execution["status"]) == (200, "COMPLETED"), answer.text
    assert [step["status"] for step in execution["steps"]] == ["success", "success"]
    (message,) = boto3.client("sqs").receive_message(QueueUrl=inbox)["Messages"]
    assert json.loads(json.loads(message["Body"])["Message"])["recipient"] == "ada"
    (machine,) = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
    described = boto3.client("stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])
    role = described["roleArn"].rpartition("/")[2]
    assert role == boto3.client("iam").get_role(RoleName="workflow-execution-api-dev-machines")["Role"]["RoleName"]


def test_a_body_too_large_for_the_table_goes_through_the_created_bucket(
    deployed: Deployed, client: httpx.Client
) -> None:
    workflow = publish(client, TASK)
    large = {"who": "ada", "text": "x" * 150_000}
    answer = client.post(f"{WORKFLOWS}/{workflow}/execute", json={"triggerData": large}, headers={"Prefer": "wait=20"})
    assert answer.json()["execution"]["triggerData"] == large
    kept = boto3.client("s3").list_objects_v2(Bucket=deployed.outputs["OutputsBucket"])["Contents"]
    assert [each["Key"].split("/")[0] for each in kept] == ["executions"]


def test_an_answer_has_a_stream_url_of_the_created_function_with_a_ticket_by_the_created_secret(
    client: httpx.Client,
) -> None:
    workflow = publish(client, TASK)
    answer = client.post(f"{WORKFLOWS}/{workflow}/execute", json={}, headers={"Prefer": "wait=20"})
    execution = answer.json()["execution"]
    url = httpx.URL(execution["streamUrl"])
    assert str(url).startswith(f"{STREAM_URL}/api/workspaces/")
    assert tickets.holder(url.params["ticket"], execution["id"].removeprefix("exec_")) == "user_1"


def test_the_created_rule_and_queue_bring_the_end_of_a_run_to_the_created_lifecycle(
    deployed: Deployed, client: httpx.Client
) -> None:
    workflow = publish(client, HOUR, TASK)
    answer = client.post(f"{WORKFLOWS}/{workflow}/execute", json={}, headers={"Prefer": "wait=0"})
    started = answer.json()["execution"]
    machines = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
    (arn,) = [each["stateMachineArn"] for each in machines if each["name"].startswith(workflow.removeprefix("wf_"))]
    detail = {"stateMachineArn": arn, "name": started["id"].removeprefix("exec_"), "status": "ABORTED"}
    event = {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}

    deployed.happen({**event, "detail": {**detail, "status": "RUNNING"}})
    deployed.happen({**event, "source": "somebody.else"})
    assert read(client, started)["status"] == "RUNNING"
    deployed.happen(event)

    assert (read(client, started)["status"], read(client, started)["error"]) == ("CANCELLED", "Stopped from outside")


def read(client: httpx.Client, execution: Json) -> Json:
    return client.get(f"{WORKFLOWS}/executions/{execution['id']}").json()["execution"]


def test_what_the_functions_are_told_is_what_their_settings_know(deployed: Deployed) -> None:
    known = {name.upper() for name in Settings.model_fields}
    own = {name for name in deployed.variables if not name.startswith("AWS_")} - ENVIRONMENT.keys()
    # Local mode alone reaches private addresses; how long a stream lasts has a default.
    assert own == known - {"CALL_API_ALLOW", "STREAM_SECONDS"}
