"""The check notices what would loosen the roles: in each test the stack's template is changed in one place."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.synthesis import template
from tests.permissions.by_aws import calls_by_aws
from tests.permissions.calls import Need
from tests.permissions.check import refused, too_wide, unused
from tests.permissions.patterns import PolicyUnreadable
from tests.permissions.recording import Call, read_kept
from tests.permissions.roles import Deployed
from tests.permissions.template import Unresolved

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    return template("dev", email_sender="workflows@example.com")


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return [*read_kept(), *calls_by_aws()]


def changed(document: Document, role: str, change: Callable[[Any], None]) -> Deployed:
    """The stack with the policy of a role changed."""
    copied = copy.deepcopy(document)
    place = Deployed(document).places(role)[0]
    change(copied["Resources"][place.policy]["Properties"]["PolicyDocument"]["Statement"])
    return Deployed(copied)


def allowing(action: str, resource: str) -> Callable[[Any], None]:
    statement = {"Sid": "More", "Effect": "Allow", "Action": action, "Resource": resource}
    return lambda statements: statements.append(statement)


def statement_with(sid: str, **elements: Any) -> Callable[[Any], None]:
    """A change of one statement's elements."""

    def change(statements: Any) -> None:
        (found,) = [statement for statement in statements if statement["Sid"] == sid]
        found.update(elements)

    return change


def test_a_call_that_nothing_allows_is_named_with_its_role(document: Document, calls: list[Call]) -> None:
    delete = Call("stream", Need("dynamodb:DeleteItem", "arn:aws:dynamodb:{region}:{account}:table/{TABLE_NAME}"))
    (fault,) = refused(Deployed(document), [*calls, delete])
    assert fault.startswith("stream may not call dynamodb:DeleteItem on arn:aws:dynamodb:us-east-1:123456789012:table/")
    assert fault.endswith("(implicit deny)")


def test_what_another_role_is_allowed_helps_nobody(document: Document) -> None:
    publish = Need("sns:Publish", "arn:aws:sns:{region}:{account}:x")
    deployed = changed(document, "action", allowing("sns:Publish", "arn:aws:sns:us-east-1:123456789012:x"))
    assert refused(deployed, [Call("action", publish)]) == []
    assert refused(deployed, [Call("api", publish)]) != []


def test_an_explicit_deny_of_a_role_refuses_what_it_allows(document: Document, calls: list[Call]) -> None:
    deny = {"Sid": "Deny", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    deployed = changed(document, "action", lambda statements: statements.append(deny))
    assert [fault.split()[4] for fault in refused(deployed, calls)] == ["s3:GetObject", "s3:PutObject"]
    assert all("explicit deny" in fault for fault in refused(deployed, calls))
    assert "action, Deny: it is a denial" in "\n".join(unused(deployed, calls))


def test_an_explicit_deny_of_the_bucket_refuses_what_a_role_allows(document: Document, calls: list[Call]) -> None:
    copied = copy.deepcopy(document)
    (policy,) = (
        each
        for each in copied["Resources"].values()
        if each["Type"] == "AWS::S3::BucketPolicy" and each["Properties"]["Bucket"] == {"Ref": "LargeBodies"}
    )
    del policy["Properties"]["PolicyDocument"]["Statement"][0]["Condition"]
    assert all("explicit deny" in fault for fault in refused(Deployed(copied), calls))
    assert {fault.split()[0] for fault in refused(Deployed(copied), calls)} == {"action", "api", "stream"}


@pytest.mark.parametrize(
    ("action", "resource", "named"),
    [
        ("dynamodb:DeleteItem", "arn:aws:dynamodb:us-east-1:123456789012:table/*", "is allowed, and never called"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/another", "never called on"),
        ("dynamodb:Get*", "*", "is a pattern of actions"),
        ("*", "*", "is a pattern of actions"),
    ],
)
def test_what_no_call_needs_is_named(
    document: Document, calls: list[Call], action: str, resource: str, named: str
) -> None:
    faults = unused(changed(document, "action", allowing(action, resource)), calls)
    assert faults
    assert all(fault.startswith("action, More: ") for fault in faults)
    assert named in "\n".join(faults)


def test_what_would_be_everything_but_something_is_refused_as_such(document: Document, calls: list[Call]) -> None:
    everything = {"Sid": "More", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert unused(changed(document, "api", lambda statements: statements.append(everything)), calls)


TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/workflow-execution-api-dev"
SECRETS = "arn:aws:secretsmanager:us-east-1:123456789012:secret:workflow-execution-api-dev"
ACCOUNTS_ROLES = "arn:aws:iam::123456789012:role/*"


@pytest.mark.parametrize(
    ("role", "sid", "elements"),
    [
        ("stream", "ReadRecords", {"Resource": "*"}),
        ("stream", "ReadRecords", {"Resource": "arn:aws:dynamodb:*:123456789012:table/workflow-execution-api-dev"}),
        ("stream", "ReadRecords", {"Resource": "arn:aws:dynamodb:us-east-1:*:table/workflow-execution-api-dev"}),
        ("stream", "ReadRecords", {"Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/*"}),
        ("action", "ReadLargeBodies", {"Resource": "arn:aws:s3:::*"}),
        ("action", "ReadLargeBodies", {"Resource": "arn:aws:s3:::largebodies/*"}),
        ("api", "ReadLists", {"Resource": f"{TABLE}/index/*"}),
        ("action", "ReadWorkspaceSecrets", {"Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:*"}),
        ("action", "ReadWorkspaceSecrets", {"Resource": f"{SECRETS}/*"}),
        ("action", "SendEmail", {"Condition": {}}),
        ("api", "GiveMachinesTheirRole", {"Condition": {}}),
        ("api", "GiveMachinesTheirRole", {"Resource": ACCOUNTS_ROLES}),
        ("api", "StartRuns", {"Resource": "arn:aws:states:*:*:stateMachine:*"}),
        ("api", "StartRuns", {"Resource": "arn:aws:states:us-east-1:123456789012:stateMachine:*"}),
        ("machine", "PerformActions", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:*"}),
        ("lifecycle", "TakeStatusEvents", {"Resource": "arn:aws:sqs:us-east-1:123456789012:*"}),
        ("lifecycle", "WriteLog", {"Resource": "arn:aws:logs:us-east-1:123456789012:log-group:*"}),
    ],
)
def test_a_statement_that_is_wider_than_its_calls_is_named(
    document: Document, calls: list[Call], role: str, sid: str, elements: Document
) -> None:
    faults = too_wide(changed(document, role, statement_with(sid, **elements)), calls)
    assert faults
    assert all(fault.startswith(f"{role} may also call ") for fault in faults)


def test_the_tickets_secret_is_no_workspaces(document: Document) -> None:
    """Both are below one prefix."""
    tickets = "arn:aws:secretsmanager:{region}:{account}:secret:{SECRETS_PREFIX}/tickets-{suffix}"
    assert refused(Deployed(document), [Call("action", Need("secretsmanager:GetSecretValue", tickets))]) != []


def test_without_a_sender_nobody_may_send_and_no_call_is_missed(calls: list[Call]) -> None:
    deployed = Deployed(template("dev"))
    assert not deployed.sends_email()
    assert refused(deployed, calls) == []
    assert not any(statement.names("ses:SendEmail") for statement in deployed.statements("action"))


def test_a_call_on_what_a_function_is_not_told_of_is_an_error(document: Document) -> None:
    bucket = Call("stream", Need("sns:Publish", "{NOTIFICATIONS_TOPIC_ARN}"))
    with pytest.raises(KeyError, match="NOTIFICATIONS_TOPIC_ARN"):
        refused(Deployed(document), [bucket])


@pytest.mark.parametrize(
    ("kind", "properties"),
    [("AWS::KMS::Key", {}), ("AWS::SecretsManager::ResourcePolicy", {}), ("AWS::IAM::ManagedPolicy", {})],
)
def test_a_resource_that_decides_in_another_way_is_an_error(document: Document, kind: str, properties: Any) -> None:
    resources = {**document["Resources"], "Other": {"Type": kind, "Properties": properties}}
    with pytest.raises(PolicyUnreadable, match="Other"):
        Deployed({**document, "Resources": resources})


@pytest.mark.parametrize("own", ["Policies", "ManagedPolicyArns"])
def test_a_role_with_policies_from_elsewhere_is_an_error(document: Document, own: str) -> None:
    copied = copy.deepcopy(document)
    copied["Resources"][Deployed(document).role("api")]["Properties"][own] = []
    with pytest.raises(PolicyUnreadable, match=own):
        Deployed(copied).statements("api")


def test_a_policy_that_refers_to_what_is_not_known_is_an_error(document: Document) -> None:
    odd = {"Fn::GetAtt": ["ApiFunction", "SnapStartResponse"]}
    with pytest.raises(Unresolved, match="SnapStartResponse"):
        changed(document, "api", statement_with("StartRuns", Resource=odd)).statements("api")
