"""The calls of DynamoDB in these tests, in few words."""

from typing import Any

from functions import aws

TABLE = "workflows"


def key(pk: str, sk: str = "META") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(pk: str, sk: str = "META", **attributes: Any) -> None:
    aws.dynamodb().put_item(TableName=TABLE, Item={**key(pk, sk), **attributes})


def get(pk: str, sk: str = "META") -> dict[str, Any] | None:
    return aws.dynamodb().get_item(TableName=TABLE, Key=key(pk, sk), ConsistentRead=True).get("Item")


def update(pk: str, expression: str, values: Any = None, condition: str | None = None, **names: str) -> dict[str, Any]:
    """An UpdateItem whose `names` are the placeholders without their #."""
    arguments: dict[str, Any] = {"UpdateExpression": expression}
    if values:
        arguments["ExpressionAttributeValues"] = values
    if names:
        arguments["ExpressionAttributeNames"] = {f"#{name}": to for name, to in names.items()}
    if condition:
        arguments["ConditionExpression"] = condition
    return aws.dynamodb().update_item(TableName=TABLE, Key=key(pk), ReturnValues="ALL_NEW", **arguments)["Attributes"]


def query(pk: str, **arguments: Any) -> Any:
    values = {":p": {"S": pk}, **arguments.pop("values", {})}
    condition = "pk = :p" + arguments.pop("sort", "")
    return aws.dynamodb().query(
        TableName=TABLE, KeyConditionExpression=condition, ExpressionAttributeValues=values, **arguments
    )


def sort_keys(answer: Any) -> list[str]:
    return [item["sk"]["S"] for item in answer["Items"]]


def text(value: str) -> dict[str, str]:
    return {"S": value}


def listed(list_key: str, **arguments: Any) -> list[str]:
    answer = aws.dynamodb().query(
        TableName=TABLE,
        IndexName="executions_by_start",
        KeyConditionExpression="list_key = :k",
        ExpressionAttributeValues={":k": text(list_key)},
        **arguments,
    )
    return [item["pk"]["S"] for item in answer["Items"]]
