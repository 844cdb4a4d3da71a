"""What IAM asks for at each call, in names that are the same wherever the stack is."""

from typing import Any

import pytest

from functions.settings import Settings
from tests.permissions.calls import Need, Unmapped, needs_of

TOLD = Settings(
    table_name="workflows",
    action_function_arn="arn:aws:lambda:us-east-1:123456789012:function:action",
    machine_role_arn="arn:aws:iam::123456789012:role/machine",
    notifications_topic_arn="arn:aws:sns:us-east-1:123456789012:notifications",
    outputs_bucket="outputs",
    secrets_prefix="prefix",
    email_sender="workflows@example.com",
    ticket_secret="prefix/tickets",
)
TABLE = "arn:aws:dynamodb:{region}:{account}:table/{TABLE_NAME}"
MACHINE = "arn:aws:states:{region}:{account}:stateMachine:{workflow}-{digest}"
RUN = "arn:aws:states:{region}:{account}:execution:{workflow}-{digest}:{execution}"
NAME, ID = f"{'a' * 32}-{'b' * 16}", "c" * 32
STATES = "arn:aws:states:us-east-1:123456789012"
WORKSPACE = "ws_" + "d" * 32


def on(action: str, resource: str) -> list[Need]:
    return [Need(action, resource)]


@pytest.mark.parametrize(
    ("service", "operation", "params", "needs"),
    [
        ("dynamodb", "GetItem", {"TableName": "workflows"}, on("dynamodb:GetItem", TABLE)),
        ("dynamodb", "Query", {"TableName": "workflows"}, on("dynamodb:Query", TABLE)),
        (
            "dynamodb",
            "Query",
            {"TableName": "workflows", "IndexName": "listing"},
            on("dynamodb:Query", f"{TABLE}/index/listing"),
        ),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"workflows": {}}}, on("dynamodb:BatchGetItem", TABLE)),
        ("dynamodb", "BatchWriteItem", {"RequestItems": {"workflows": []}}, on("dynamodb:BatchWriteItem", TABLE)),
        (
            "stepfunctions",
            "StartExecution",
            {"stateMachineArn": f"{STATES}:stateMachine:{NAME}"},
            on("states:StartExecution", MACHINE),
        ),
        (
            "stepfunctions",
            "StopExecution",
            {"executionArn": f"{STATES}:execution:{NAME}:{ID}"},
            on("states:StopExecution", RUN),
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": TOLD.action_function_arn},
            on("lambda:InvokeFunction", "{ACTION_FUNCTION_ARN}"),
        ),
        (
            "s3",
            "GetObject",
            {"Bucket": "outputs", "Key": f"outputs/{ID}/a#0.json"},
            on("s3:GetObject", "arn:aws:s3:::{OUTPUTS_BUCKET}/outputs/{execution}/{name}.json"),
        ),
        (
            "s3",
            "PutObject",
            {"Bucket": "outputs", "Key": f"executions/{ID}/input.json"},
            on("s3:PutObject", "arn:aws:s3:::{OUTPUTS_BUCKET}/executions/{execution}/{name}.json"),
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": "prefix/tickets"},
            on("secretsmanager:GetSecretValue", "{TICKET_SECRET}"),
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": f"prefix/{WORKSPACE}/token"},
            on(
                "secretsmanager:GetSecretValue",
                "arn:aws:secretsmanager:{region}:{account}:secret:{SECRETS_PREFIX}/{workspace}/{name}-{suffix}",
            ),
        ),
        ("sns", "Publish", {"TopicArn": TOLD.notifications_topic_arn}, on("sns:Publish", "{NOTIFICATIONS_TOPIC_ARN}")),
    ],
)
def test_a_call_needs_its_action_on_its_resource(service: str, operation: str, params: Any, needs: list[Need]) -> None:
    assert needs_of(service, operation, params, TOLD) == needs


def test_a_transaction_needs_the_actions_of_its_parts_each_once() -> None:
    parts = ["Put", "Update", "Put", "ConditionCheck", "Delete"]
    params = {"TransactItems": [{part: {"TableName": "workflows"}} for part in parts]}
    actions = [need.action for need in needs_of("dynamodb", "TransactWriteItems", params, TOLD)]
    assert actions == [f"dynamodb:{name}" for name in ("PutItem", "UpdateItem", "ConditionCheckItem", "DeleteItem")]


def test_a_new_machine_needs_its_tag_and_its_role_too() -> None:
    params = {"name": NAME, "roleArn": TOLD.machine_role_arn, "tags": [{"key": "workflow", "value": "x"}]}
    assert needs_of("stepfunctions", "CreateStateMachine", params, TOLD) == [
        Need("states:CreateStateMachine", MACHINE),
        Need("states:TagResource", MACHINE),
        Need("iam:PassRole", "{MACHINE_ROLE_ARN}", (("iam:PassedToService", "states.amazonaws.com"),)),
    ]


def test_an_email_needs_its_senders_identity_and_address() -> None:
    assert needs_of("ses", "SendEmail", {"Source": "workflows@example.com"}, TOLD) == [
        Need(
            "ses:SendEmail",
            "arn:aws:ses:{region}:{account}:identity/{EMAIL_SENDER}",
            (("ses:FromAddress", "{EMAIL_SENDER}"),),
        )
    ]


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("dynamodb", "Scan", {"TableName": "workflows"}),
        ("dynamodb", "GetItem", {"TableName": "another"}),
        ("s3", "GetObject", {"Bucket": "another", "Key": f"outputs/{ID}/a.json"}),
        ("s3", "GetObject", {"Bucket": "outputs", "Key": "elsewhere.json"}),
        ("s3", "DeleteObject", {"Bucket": "outputs", "Key": f"outputs/{ID}/a.json"}),
        ("secretsmanager", "GetSecretValue", {"SecretId": "another/tickets"}),
        ("stepfunctions", "CreateStateMachine", {"name": NAME, "roleArn": "arn:aws:iam::123456789012:role/admin"}),
        ("stepfunctions", "StartExecution", {"stateMachineArn": f"{STATES}:stateMachine:another"}),
        ("stepfunctions", "DescribeExecution", {"executionArn": f":{ID}"}),
        ("lambda", "Invoke", {"FunctionName": "api"}),
        ("sns", "Publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:another"}),
        ("ses", "SendEmail", {"Source": "ceo@example.com"}),
    ],
)
def test_what_is_not_known_is_an_error(service: str, operation: str, params: Any) -> None:
    with pytest.raises(Unmapped):
        needs_of(service, operation, params, TOLD)
