"""A synthesised CloudFormation template, with what refers to other resources resolved as if it were deployed here.

Only the kinds of resources and functions that roles and policies meet are known; others are a loud error.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

REGION, ACCOUNT = "us-east-1", "123456789012"

Json = Any


class Unresolved(Exception):
    """Raised where a template refers to what is not known here."""


class Template:
    """A template's resources by their logical ids."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self.resources: Mapping[str, Json] = document["Resources"]
        self._parameters: Mapping[str, Json] = document.get("Parameters", {})

    def of_type(self, *types: str) -> Iterator[tuple[str, Json]]:
        """The logical ids and properties of the resources of these types."""
        for logical_id, resource in self.resources.items():
            if resource["Type"] in types:
                yield logical_id, resource.get("Properties", {})

    def resolve(self, value: Json) -> Json:
        """A value without intrinsic functions. Raises Unresolved."""
        if isinstance(value, list):
            return [self.resolve(part) for part in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (function := next(iter(value))) in ("Ref", *_FUNCTIONS):
            argument = value[function]
            return self._ref(argument) if function == "Ref" else _FUNCTIONS[function](self, argument)
        if any(key.startswith("Fn::") for key in value):
            raise Unresolved(f"{value}")
        return {key: self.resolve(part) for key, part in value.items()}

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource."""
        resource = self.resources[logical_id]
        if resource["Type"] not in _ARNS:
            raise Unresolved(f"the ARN of {logical_id}, a {resource['Type']}")
        return _ARNS[resource["Type"]].format(region=REGION, account=ACCOUNT, name=self.name(logical_id))

    def name(self, logical_id: str) -> str:
        """The name of a resource: the one that the template gives it, or one made up of its logical id."""
        resource = self.resources[logical_id]
        properties = resource.get("Properties", {})
        given = next((properties[key] for key in _NAMES if key in properties), None)
        if given is not None:
            return str(self.resolve(given))
        return logical_id.lower() if resource["Type"] == "AWS::S3::Bucket" else logical_id

    def _ref(self, target: str) -> Json:
        if target in _PSEUDO:
            return _PSEUDO[target]
        if target in self._parameters:
            return self._parameters[target].get("Default", target)
        kind = self.resources[target]["Type"]
        if kind in _REF_IS_ARN:
            return self.arn(target)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name(target)}"
        return self.name(target)

    def _get_att(self, argument: Json) -> Json:
        logical_id, _, attribute = (
            argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        )
        if attribute in ("Arn", "TopicArn"):
            return self.arn(logical_id)
        if attribute in ("QueueName", "TopicName", "TableName"):
            return self.name(logical_id)
        if attribute == "FunctionUrl":
            return f"https://{logical_id.lower()}.lambda-url.{REGION}.on.aws/"
        if attribute == "DomainName":
            return f"{logical_id.lower()}.cloudfront.net"
        raise Unresolved(f"the {attribute} of {logical_id}")

    def _join(self, argument: Json) -> str:
        separator, parts = argument
        return str(separator).join(map(str, self.resolve(parts)))

    def _sub(self, argument: Json) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in given:
                return str(self.resolve(given[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def _select(self, argument: Json) -> Json:
        index, values = argument
        return self.resolve(values)[int(index)]

    def _split(self, argument: Json) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)


_FUNCTIONS: Mapping[str, Callable[[Template, Json], Json]] = {
    "Fn::GetAtt": Template._get_att,
    "Fn::Join": Template._join,
    "Fn::Select": Template._select,
    "Fn::Split": Template._split,
    "Fn::Sub": Template._sub,
}
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}
_NAMES = ("BucketName", "FunctionName", "LogGroupName", "Name", "QueueName", "RoleName", "TableName", "TopicName")
_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
}
_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::SecretsManager::Secret")
