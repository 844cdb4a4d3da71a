"""The local AWS as a whole: what it brings, what it keeps out, and how it ends."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from functions import aws
from functions.deployment import DEFAULT_STACK
from functions.settings import settings
from local.aws import LocalAws
from local.emulator.calls import CallLeftTheProcess
from local.emulator.functions import FunctionFailed, Handler, Refused

KEY: Any = {"pk": {"S": "a"}, "sk": {"S": "META"}}


def nothing(event: Any, context: Any) -> None:
    return None


def local_aws(**arguments: Any) -> LocalAws:
    handlers: dict[str, Handler] = {"action": nothing, "api": nothing, "lifecycle": nothing}
    return LocalAws(**{"handlers": handlers, "engine": False, "schedule": None, **arguments})


@pytest.fixture
def cloud() -> Iterator[LocalAws]:
    with local_aws() as started:
        yield started


def put() -> None:
    aws.dynamodb().put_item(TableName=settings().table_name, Item=KEY)


def stored() -> bool:
    return "Item" in aws.dynamodb().get_item(TableName=settings().table_name, Key=KEY)


@pytest.mark.usefixtures("cloud")
class TestResources:
    def test_the_functions_find_what_they_are_told_of(self) -> None:
        put()
        told = settings()
        aws.sns().publish(TopicArn=told.notifications_topic_arn, Message="m")
        aws.s3().put_object(Bucket=told.outputs_bucket, Key="k", Body=b"b")
        body: Any = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
        aws.ses().send_email(Source=told.email_sender, Destination={"ToAddresses": ["a@example.com"]}, Message=body)
        role = told.machine_role_arn.rsplit("/", 1)[1]
        assert boto3.client("iam").get_role(RoleName=role)["Role"]["Arn"] == told.machine_role_arn
        arn = boto3.client("lambda").get_function(FunctionName="action")["Configuration"]["FunctionArn"]
        assert arn == told.action_function_arn

    def test_secrets_can_be_kept(self) -> None:
        aws.secretsmanager().create_secret(Name="n", SecretString="s")
        assert aws.secretsmanager().get_secret_value(SecretId="n")["SecretString"] == "s"


def test_without_the_engine_an_execution_keeps_running() -> None:
    with local_aws(engine=True):
        """The engine's replacements are there from now on, and must not be in the way."""
    with local_aws():
        client = aws.stepfunctions()
        machine = client.create_state_machine(name="m", definition="{}", roleArn=settings().machine_role_arn)
        arn = client.start_execution(stateMachineArn=machine["stateMachineArn"], name="n")["executionArn"]
        assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        client.stop_execution(executionArn=arn)
        assert client.describe_execution(executionArn=arn)["status"] == "ABORTED"


class TestEnvironment:
    def test_nothing_of_the_users_leaks_in(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in (
            "AWS_PROFILE",
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_SESSION_TOKEN",
            "AWS_ROLE_ARN",
        ):
            monkeypatch.setenv(name, "of-the-user")
        (tmp_path / "config").write_text("[default]\nendpoint_url = https://of-the-user.example\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        with local_aws():
            assert "of-the-user" not in os.environ.values()
            put()
            assert boto3.session.Session().profile_name == "default"
        assert os.environ["AWS_PROFILE"] == "of-the-user"

    def test_it_is_afterwards_what_it_was(self) -> None:
        before = dict(os.environ)
        with local_aws(variables={"CALL_API_ALLOW": "localhost:1"}):
            assert settings().call_api_allow == "localhost:1"
        assert dict(os.environ) == before

    def test_a_start_that_fails_leaves_nothing_behind(self) -> None:
        before = dict(os.environ)
        with pytest.raises(CallLeftTheProcess):
            local_aws(variables={"AWS_ENDPOINT_URL": "https://elsewhere.example"}).start()
        assert dict(os.environ) == before
        with local_aws():
            put()


class TestFresh:
    def test_fresh_data_have_the_resources_and_nothing_else(self, cloud: LocalAws) -> None:
        put()
        aws.s3().put_object(Bucket=settings().outputs_bucket, Key="k", Body=b"b")
        cloud.fresh()
        assert not stored()
        assert "Contents" not in aws.s3().list_objects_v2(Bucket=settings().outputs_bucket)

    def test_one_follows_another_in_one_process(self) -> None:
        for _ in range(3):
            with local_aws():
                assert not stored()
                put()


class TestInvoke:
    def test_a_function_is_called_as_by_lambda(self) -> None:
        with local_aws(handlers={"api": lambda event, context: {"got": event, "name": context.function_name}}) as cloud:
            assert cloud.invoke("api", {"a": 1}) == {"got": {"a": 1}, "name": "api"}

    def test_a_failing_function_raises_its_document(self) -> None:
        with (
            local_aws(handlers={"api": "no_such_module.handler"}) as cloud,
            pytest.raises(FunctionFailed, match="ModuleNotFoundError"),
        ):
            cloud.invoke("api", {})

    def test_the_schedule_calls_lifecycle(self) -> None:
        called = threading.Event()
        with local_aws(handlers={"lifecycle": lambda event, context: called.set()}, schedule=0.01):
            assert called.wait(5)


class TestStop:
    def test_a_call_afterwards_goes_nowhere(self) -> None:
        with local_aws():
            dynamodb, sqs = aws.dynamodb(), boto3.client("sqs")
        with pytest.raises(CallLeftTheProcess, match=r"dynamodb\.us-east-1\.amazonaws\.com"):
            dynamodb.list_tables()
        with pytest.raises(CallLeftTheProcess, match=r"dynamodb\.us-east-1\.amazonaws\.com"):
            dynamodb.get_item(TableName="workflows", Key=KEY)
        with pytest.raises(CallLeftTheProcess, match=r"sqs\.us-east-1\.amazonaws\.com"):
            sqs.list_queues()

    def test_a_call_to_an_address_that_moto_does_not_know_goes_nowhere(self, cloud: LocalAws) -> None:
        client = boto3.client("sqs", endpoint_url="https://elsewhere.example")
        with pytest.raises(CallLeftTheProcess, match=r"elsewhere\.example"):
            client.list_queues()

    def test_it_waits_for_a_running_handler(self) -> None:
        begun, ended = threading.Event(), threading.Event()

        def slow(event: Any, context: Any) -> None:
            begun.set()
            threading.Event().wait(0.2)
            put()
            ended.set()

        cloud = local_aws(handlers={"api": slow})
        cloud.start()
        threading.Thread(target=cloud.invoke, args=("api", {})).start()
        assert begun.wait(5)
        cloud.stop()
        assert ended.is_set()
        with pytest.raises(Refused):
            cloud.invoke("api", {})


class TestEndpoint:
    def test_it_serves_the_same_data_by_http(self) -> None:
        with local_aws(port=0) as cloud:
            put()
            client = boto3.client("dynamodb", endpoint_url=cloud.url, region_name="us-east-1")
            assert client.get_item(TableName=settings().table_name, Key=KEY)["Item"] == KEY
            client.delete_item(TableName=settings().table_name, Key=KEY)
            assert not stored()
            url = cloud.url
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)

    def test_it_serves_the_stack_as_it_is_by_then(self) -> None:
        def outputs() -> dict[str, str]:
            (stack,) = client.describe_stacks(StackName=DEFAULT_STACK)["Stacks"]
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

        with local_aws(port=0) as cloud:
            client = boto3.client("cloudformation", endpoint_url=cloud.url)
            assert outputs()["TableName"] == settings().table_name
            cloud.outputs["ApiUrl"] = "http://127.0.0.1:8000"
            assert outputs()["ApiUrl"] == "http://127.0.0.1:8000"
            cloud.fresh()
            assert "ApiUrl" not in outputs()
