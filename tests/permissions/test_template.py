"""What refers to other resources of a template stands for what these are called when deployed; the rest is an error."""

from typing import Any

import pytest

from tests.permissions.template import Template, Unresolved

HERE = "us-east-1:123456789012"


@pytest.fixture
def template() -> Template:
    resources = {
        "Records": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "Name"}}},
        "Bodies": {"Type": "AWS::S3::Bucket"},
        "Notes": {"Type": "AWS::SNS::Topic"},
        "Events": {"Type": "AWS::SQS::Queue"},
        "Tickets": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prefix/tickets"}},
        "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/api"}},
        "Url": {"Type": "AWS::Lambda::Url"},
    }
    return Template({"Resources": resources, "Parameters": {"Name": {"Default": "workflows"}}})


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("text", "text"),
        (5, 5),
        ([{"Ref": "Bodies"}, {"a": {"Ref": "Records"}}], ["bodies", {"a": "workflows"}]),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Notes"}, f"arn:aws:sns:{HERE}:Notes"),
        ({"Ref": "Events"}, "https://sqs.us-east-1.amazonaws.com/123456789012/Events"),
        ({"Ref": "Tickets"}, f"arn:aws:secretsmanager:{HERE}:secret:prefix/tickets-AbCdEf"),
        ({"Fn::GetAtt": ["Records", "Arn"]}, f"arn:aws:dynamodb:{HERE}:table/workflows"),
        ({"Fn::GetAtt": ["Bodies", "Arn"]}, "arn:aws:s3:::bodies"),
        ({"Fn::GetAtt": ["Events", "QueueName"]}, "Events"),
        ({"Fn::GetAtt": ["Log", "Arn"]}, f"arn:aws:logs:{HERE}:log-group:/aws/lambda/api:*"),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Records", "Arn"]}, "/*"]]}, f"arn:aws:dynamodb:{HERE}:table/workflows/*"),
        ({"Fn::Sub": "${Records.Arn}/${AWS::AccountId}"}, f"arn:aws:dynamodb:{HERE}:table/workflows/123456789012"),
        ({"Fn::Sub": ["${x}-${Bodies}", {"x": {"Ref": "Records"}}]}, "workflows-bodies"),
        (
            {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Url", "FunctionUrl"]}]}]},
            "url.lambda-url.us-east-1.on.aws",
        ),
    ],
)
def test_a_reference_stands_for_what_it_will_be(template: Template, value: Any, resolved: Any) -> None:
    assert template.resolve(value) == resolved


@pytest.mark.parametrize(
    "value",
    [
        {"Fn::If": ["IsProd", "a", "b"]},
        {"Fn::GetAtt": ["Records", "StreamArn"]},
        {"Fn::GetAtt": ["Url", "Arn"]},
        {"Fn::ImportValue": "x"},
    ],
)
def test_another_reference_is_an_error(template: Template, value: Any) -> None:
    with pytest.raises(Unresolved):
        template.resolve(value)
