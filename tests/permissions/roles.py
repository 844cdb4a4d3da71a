"""The roles of a synthesised stack: whose they are, what their policies say, and what their functions are told."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from functions.entries import ACTION, API, LIFECYCLE, STREAM
from tests.permissions.calls import Need
from tests.permissions.patterns import PolicyUnreadable
from tests.permissions.policy import Request, Statement, read_policy
from tests.permissions.recorder import MACHINE
from tests.permissions.template import ACCOUNT, REGION, Json, Template

ENTRIES = (API, ACTION, LIFECYCLE, STREAM)
ROLES = (*(entry.name for entry in ENTRIES), MACHINE)

SAMPLES = {
    "workflow": "01a203f290e07f0394a7bed97416d9f6",
    "digest": "0123456789abcdef",
    "execution": "01a203f2910e7c348dba57efb54e5dd9",
    "workspace": "ws_019ab0c4e5f07a1b8c2d3e4f50617283",
    "name": "fetch#0-0123456789abcdef",
    "suffix": "AbCdEf",
    "stream": "2026/11/22/[$LATEST]0123456789abcdef",
}
"""Values of what differs from call to call."""

_RESOURCE_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
_UNREADABLE = ("AWS::SecretsManager::ResourcePolicy", "AWS::KMS::Key", "AWS::IAM::ManagedPolicy")
"""Kinds of resources that decide about permissions too, and that nothing here knows how to read."""

Names = Mapping[str, str]


class Place(NamedTuple):
    """Where a statement of a role stands in the template: the policy's logical id, and the number in its list."""

    policy: str
    number: int


class Deployed:
    """A stack as if it were deployed. Raises PolicyUnreadable where it decides by what is not known here."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self.template = Template(document)
        if odd := [name for name, _ in self.template.of_type(*_UNREADABLE)]:
            raise PolicyUnreadable(f"{odd} decide about permissions in ways that are not known here")
        self._functions = {entry.name: self._function(entry.handler) for entry in ENTRIES}
        self.denials = tuple(self._denials())

    def function(self, name: str) -> str:
        """The logical id of a function."""
        return self._functions[name]

    def role(self, name: str) -> str:
        """The logical id of a function's role, or of the state machines'."""
        if name == MACHINE:
            return self._logical_id(self._environment(API.name)["MACHINE_ROLE_ARN"], "AWS::IAM::Role")
        arn = self.template.resolve(self._properties(name)["Role"])
        return self._logical_id(arn, "AWS::IAM::Role")

    def places(self, name: str) -> list[Place]:
        """Where the statements of a role are."""
        role = self.role(name)
        if own := self.template.resources[role]["Properties"].keys() & {"Policies", "ManagedPolicyArns"}:
            raise PolicyUnreadable(f"{role} has {own}: give it statements of its own")
        return [
            Place(policy, number)
            for policy, properties in self.template.of_type("AWS::IAM::Policy")
            if {"Ref": role} in properties["Roles"]
            for number in range(len(properties["PolicyDocument"]["Statement"]))
        ]

    def statements(self, name: str) -> list[Statement]:
        """What the policies of a role say."""
        return [self.statement(place) for place in self.places(name)]

    def statement(self, place: Place) -> Statement:
        """What one of them says."""
        document = self.template.resources[place.policy]["Properties"]["PolicyDocument"]
        return Statement.read(self.template.resolve(document["Statement"][place.number]))

    def request(self, name: str, need: Need, **other: str) -> Request:
        """A need of a role as a call to this stack, with `other` names in the place of its own. Raises KeyError."""
        names = {**self.names(name), **other}
        context = {key: value.format_map(names) for key, value in need.conditions}
        return Request(
            action=need.action,
            resource=need.resource.format_map(names),
            context={**context, "aws:SecureTransport": "true"},
            principal=("AWS", self.template.arn(self.role(name))),
        )

    def names(self, name: str) -> Names:
        """What the braces in a need of this role stand for in this stack."""
        function = API.name if name == MACHINE else name
        environment = self._environment(function)
        names = {**SAMPLES, **environment, "region": REGION, "account": ACCOUNT}
        if "EMAIL_SENDER" in environment:
            names["EMAIL_DOMAIN"] = environment["EMAIL_SENDER"].partition("@")[2]
        names["LOG_GROUP"] = self.template.resolve(self._properties(function)["LoggingConfig"]["LogGroup"])
        for _, properties in self.template.of_type("AWS::Lambda::EventSourceMapping"):
            if self.template.resolve(properties["FunctionName"]) == self.template.name(self.function(function)):
                names["QUEUE_ARN"] = self.template.resolve(properties["EventSourceArn"])
        return names

    def sends_email(self) -> bool:
        """Whether the stack has a sender: without one, `send_email` calls nobody."""
        return bool(self._environment(ACTION.name).get("EMAIL_SENDER"))

    def _environment(self, function: str) -> dict[str, str]:
        found: dict[str, str] = self.template.resolve(self._properties(function)["Environment"]["Variables"])
        return found

    def _properties(self, function: str) -> Json:
        return self.template.resources[self._functions[function]]["Properties"]

    def _function(self, handler: str) -> str:
        (found,) = [
            logical_id
            for logical_id, properties in self.template.of_type("AWS::Lambda::Function")
            if properties.get("Handler") == handler
        ]
        return found

    def _logical_id(self, arn: str, kind: str) -> str:
        (found,) = [logical_id for logical_id, _ in self.template.of_type(kind) if self.template.arn(logical_id) == arn]
        return found

    def _denials(self) -> Iterator[Statement]:
        """What the policies of buckets, topics and queues deny to everyone, whatever a role allows."""
        for _, properties in self.template.of_type(*_RESOURCE_POLICIES):
            document: Any = self.template.resolve(properties["PolicyDocument"])
            yield from (statement for statement in read_policy(document) if statement.effect == "Deny")
