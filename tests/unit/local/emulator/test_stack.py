"""CloudFormation knows the stack that the service would be deployed by, from the first question on."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.deployment import DEFAULT_STACK
from local.aws import LocalAws


def client(region: str = "us-east-1", **arguments: str) -> Any:
    return boto3.client("cloudformation", region_name=region, **arguments)  # type: ignore[call-overload]


def outputs(cloudformation: Any) -> dict[str, str]:
    (stack,) = cloudformation.describe_stacks(StackName=DEFAULT_STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_its_outputs_say_what_the_functions_are_told(cloud: LocalAws) -> None:
    assert outputs(client()) == cloud.outputs
    assert cloud.outputs["TableName"] == "workflows"
    assert cloud.outputs["NotificationsTopicArn"].startswith("arn:aws:sns:")


def test_an_output_that_comes_later_is_there_when_it_is_asked_for(cloud: LocalAws) -> None:
    before = outputs(client())
    cloud.outputs["ApiUrl"] = "http://127.0.0.1:8000"
    assert outputs(client()) == before | {"ApiUrl": "http://127.0.0.1:8000"}
    assert len(client().list_stacks()["StackSummaries"]) == 1


def test_it_is_there_again_where_all_began_again(cloud: LocalAws) -> None:
    cloud.outputs["ApiUrl"] = "http://127.0.0.1:8000"
    assert "ApiUrl" in outputs(client())
    cloud.fresh()
    assert "ApiUrl" not in outputs(client())


def test_other_stacks_can_be_made_beside_it(cloud: LocalAws) -> None:
    client().create_stack(StackName="other", TemplateBody='{"Resources": {}}')
    names = {stack["StackName"] for stack in client().describe_stacks()["Stacks"]}
    assert names == {DEFAULT_STACK, "other"}


def test_it_is_in_its_own_region_only(cloud: LocalAws) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        outputs(client("eu-west-1"))
