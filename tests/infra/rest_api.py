"""A template's REST API as API Gateway would read it: routes, preflights, answers of its own, usage plans."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.infra.synthesis import of_type

REQUEST_ID = "<request id>"


class Method(NamedTuple):
    """What answers a method on a path: the function by its name without the stack's, and how."""

    function: str
    needs_key: bool
    streamed: bool
    seconds: float


class Answer(NamedTuple):
    """An answer of the gateway's own; header names in lower case."""

    status: int
    headers: dict[str, str]
    content: Any


class Plan(NamedTuple):
    """A usage plan's token bucket."""

    rate: float
    burst: int


@dataclass(frozen=True)
class RestApi:
    """The one REST API of a template."""

    template: dict[str, Any]

    @property
    def methods(self) -> dict[tuple[str, str], Method]:
        """By method and path."""
        found = self._methods()
        return {place: self._method(properties) for place, properties in found.items() if place[0] != "OPTIONS"}

    @property
    def preflights(self) -> dict[str, Answer]:
        """The answers to OPTIONS, by path."""
        found = self._methods().items()
        return {path: _mocked(properties) for (method, path), properties in found if method == "OPTIONS"}

    @property
    def answers(self) -> dict[str, Answer]:
        """Its own answers, by API Gateway's name for what happened."""
        found = [
            resource["Properties"] for resource in of_type(self.template, "AWS::ApiGateway::GatewayResponse").values()
        ]
        return {
            properties["ResponseType"]: Answer(
                int(properties["StatusCode"]),
                {"content-type": "application/json"} | _headers(properties["ResponseParameters"]),
                json.loads(properties["ResponseTemplates"]["application/json"]),
            )
            for properties in found
        }

    @property
    def plans(self) -> dict[str, Plan]:
        """By the last word of their names."""
        found = [resource["Properties"] for resource in of_type(self.template, "AWS::ApiGateway::UsagePlan").values()]
        return {
            properties["UsagePlanName"].rpartition("-")[2]: Plan(
                properties["Throttle"]["RateLimit"], properties["Throttle"]["BurstLimit"]
            )
            for properties in found
        }

    def _methods(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = [resource["Properties"] for resource in of_type(self.template, "AWS::ApiGateway::Method").values()]
        return {(each["HttpMethod"], self._path(each["ResourceId"])): each for each in found}

    def _path(self, reference: dict[str, Any]) -> str:
        if "Fn::GetAtt" in reference:
            assert reference["Fn::GetAtt"][1] == "RootResourceId"
            return ""
        properties = self.template["Resources"][reference["Ref"]]["Properties"]
        return f"{self._path(properties['ParentId'])}/{properties['PathPart']}"

    def _method(self, properties: dict[str, Any]) -> Method:
        integration = properties["Integration"]
        assert integration["Type"] == "AWS_PROXY"
        (function,) = [part["Fn::GetAtt"][0] for part in integration["Uri"]["Fn::Join"][1] if "Fn::GetAtt" in part]
        name = self.template["Resources"][function]["Properties"]["FunctionName"]
        return Method(
            name.rpartition("-")[2],
            properties["ApiKeyRequired"],
            integration.get("ResponseTransferMode") == "STREAM",
            integration["TimeoutInMillis"] / 1000,
        )


def _mocked(properties: dict[str, Any]) -> Answer:
    """What a MOCK integration answers, if API Gateway lets anybody ask and every header pass."""
    integration = properties["Integration"]
    (answer,), (declared,) = integration["IntegrationResponses"], properties["MethodResponses"]
    assert (integration["Type"], properties["ApiKeyRequired"], properties["AuthorizationType"]) == (
        "MOCK",
        False,
        "NONE",
    )
    assert declared["ResponseParameters"].keys() == answer["ResponseParameters"].keys()
    assert json.loads(integration["RequestTemplates"]["application/json"]) == {"statusCode": int(answer["StatusCode"])}
    assert answer["StatusCode"] == declared["StatusCode"]
    return Answer(int(answer["StatusCode"]), _headers(answer["ResponseParameters"]), None)


def _headers(mappings: dict[str, str]) -> dict[str, str]:
    """The headers that API Gateway makes of its mappings: texts in quotes, and the request's id."""
    values = {name.split(".header.")[1].lower(): value for name, value in mappings.items()}
    return {name: _value(value) for name, value in values.items()}


def _value(mapping: str) -> str:
    if mapping == "context.requestId":
        return REQUEST_ID
    assert mapping.startswith("'")
    assert mapping.endswith("'")
    return mapping[1:-1]
