"""What IAM asks for when boto3 makes a call: the actions, each with its resource and the condition keys that matter.

Actions are not operations: a transaction needs the actions of its parts, a tag an action of its own. The source is
the Service Authorization Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/

Resources are written with the names of the functions' environment variables, and of what differs from call to call, in
braces, so that they are the same in every run and wherever the stack is: `…:table/{TABLE_NAME}/index/listing`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from functions.settings import Settings

Params = Mapping[str, Any]

HERE = "{region}:{account}"
UNMAPPED = "unmapped"
"""Stands in a recording where the action would, with what is the matter in the place of the resource."""


class Unmapped(Exception):
    """Raised when it is not known here what IAM asks for at a call."""


class Need(NamedTuple):
    """One action on one resource; `conditions` are the values of condition keys, sorted by key."""

    action: str
    resource: str
    conditions: tuple[tuple[str, str], ...] = ()


def needs_of(service: str, operation: str, params: Params, settings: Settings) -> list[Need]:
    """What a call needs, each need once. Raises Unmapped."""
    find = _NEEDS.get((service, operation))
    if find is None:
        raise Unmapped(f"{service}.{operation}: say in tests/permissions/calls.py what it needs")
    return list(dict.fromkeys(find(operation, params, settings)))


# -- DynamoDB -------------------------------------------------------------------------------------------------------


def _on_table(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    yield Need(f"dynamodb:{operation}", _table(params, settings))


def _on_table_or_index(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    yield Need(f"dynamodb:{operation}", _table(params, settings) + index)


def _batch(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    for name in params["RequestItems"]:
        yield Need(f"dynamodb:{operation}", _table({"TableName": name}, settings))


def _transaction(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
    for part in params["TransactItems"]:
        ((kind, arguments),) = part.items()
        yield Need(f"dynamodb:{actions[kind]}", _table(arguments, settings))


def _table(params: Params, settings: Settings) -> str:
    _same(params["TableName"], settings.table_name)
    return f"arn:aws:dynamodb:{HERE}:table/{{TABLE_NAME}}"


# -- Step Functions and Lambda --------------------------------------------------------------------------------------

_MACHINE = f"arn:aws:states:{HERE}:stateMachine:{{workflow}}-{{digest}}"
_RUN = f"arn:aws:states:{HERE}:execution:{{workflow}}-{{digest}}:{{execution}}"
_MACHINE_NAME = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}")
_MACHINE_ARN = re.compile(rf"arn:aws:states:[^:]+:\d{{12}}:stateMachine:{_MACHINE_NAME.pattern}")
_RUN_ARN = re.compile(rf"arn:aws:states:[^:]+:\d{{12}}:execution:{_MACHINE_NAME.pattern}:[0-9a-f]{{32}}")


def _create_machine(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    _matches(_MACHINE_NAME, params["name"])
    _same(params["roleArn"], settings.machine_role_arn)
    yield Need("states:CreateStateMachine", _MACHINE)
    if params.get("tags"):
        yield Need("states:TagResource", _MACHINE)
    yield Need("iam:PassRole", "{MACHINE_ROLE_ARN}", (("iam:PassedToService", "states.amazonaws.com"),))


def _on_machine(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    _matches(_MACHINE_ARN, params["stateMachineArn"])
    yield Need(f"states:{operation}", _MACHINE)


def _on_run(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    _matches(_RUN_ARN, params["executionArn"])
    yield Need(f"states:{operation}", _RUN)


def _invoke(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    _same(params["FunctionName"], settings.action_function_arn)
    yield Need("lambda:InvokeFunction", "{ACTION_FUNCTION_ARN}")


# -- S3, Secrets Manager, SNS, SES ----------------------------------------------------------------------------------


def _on_object(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    """A signed link needs, when it is used, what its signer may do:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
    """
    _same(params["Bucket"], settings.outputs_bucket)
    folder = _matches(re.compile(r"(executions|outputs)/[0-9a-f]{32}/.+\.json"), params["Key"])[1]
    yield Need(f"s3:{operation}", f"arn:aws:s3:::{{OUTPUTS_BUCKET}}/{folder}/{{execution}}/{{name}}.json")


def _on_secret(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    """Secrets Manager adds six characters of its own to a secret's ARN."""
    if params["SecretId"] == settings.ticket_secret:
        yield Need(f"secretsmanager:{operation}", "{TICKET_SECRET}")
        return
    _matches(re.compile(rf"{re.escape(settings.secrets_prefix)}/ws_[0-9a-f]{{32}}/.+"), params["SecretId"])
    name = "{SECRETS_PREFIX}/{workspace}/{name}-{suffix}"
    yield Need(f"secretsmanager:{operation}", f"arn:aws:secretsmanager:{HERE}:secret:{name}")


def _on_topic(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    _same(params["TopicArn"], settings.notifications_topic_arn)
    yield Need(f"sns:{operation}", "{NOTIFICATIONS_TOPIC_ARN}")


def _send_email(operation: str, params: Params, settings: Settings) -> Iterable[Need]:
    _same(params["Source"], settings.email_sender)
    identity = f"arn:aws:ses:{HERE}:identity/{{EMAIL_SENDER}}"
    yield Need(f"ses:{operation}", identity, (("ses:FromAddress", "{EMAIL_SENDER}"),))


def _same(given: str, expected: str) -> None:
    if given != expected:
        raise Unmapped(f"a call on {given!r}, which no function was told of")


def _matches(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise Unmapped(f"a call on {text!r}, which is not named as was expected")
    return match


_NEEDS: Mapping[tuple[str, str], Callable[[str, Params, Settings], Iterable[Need]]] = {
    ("dynamodb", "BatchGetItem"): _batch,
    ("dynamodb", "BatchWriteItem"): _batch,
    ("dynamodb", "GetItem"): _on_table,
    ("dynamodb", "PutItem"): _on_table,
    ("dynamodb", "Query"): _on_table_or_index,
    ("dynamodb", "TransactWriteItems"): _transaction,
    ("dynamodb", "UpdateItem"): _on_table,
    ("lambda", "Invoke"): _invoke,
    ("s3", "GetObject"): _on_object,
    ("s3", "PutObject"): _on_object,
    ("secretsmanager", "GetSecretValue"): _on_secret,
    ("ses", "SendEmail"): _send_email,
    ("sns", "Publish"): _on_topic,
    ("stepfunctions", "CreateStateMachine"): _create_machine,
    ("stepfunctions", "DescribeExecution"): _on_run,
    ("stepfunctions", "StartExecution"): _on_machine,
    ("stepfunctions", "StopExecution"): _on_run,
}
