"""Who may take on a role, and whom functions, queues and topics obey: each only whom it is there for."""

from typing import Any

import pytest

from functions.entries import ACTION, API, LIFECYCLE, STREAM
from tests.infra.synthesis import template
from tests.permissions.policy import Decision, Request, evaluate, read_policy
from tests.permissions.recorder import MACHINE
from tests.permissions.roles import ROLES, SAMPLES, Deployed
from tests.permissions.template import ACCOUNT, REGION

SERVICES = ("apigateway", "cloudwatch", "events", "lambda", "s3", "scheduler", "sns", "states")
ELSEWHERE = "999999999999"


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    return Deployed(template("dev"))


def allowed(document: Any, action: str, resource: str, principal: tuple[str, str], **context: str) -> bool:
    keys = {"aws:SecureTransport": "true"} | {f"aws:{name}": value for name, value in context.items()}
    request = Request(action=action, resource=resource, principal=principal, context=keys)
    return evaluate(read_policy(document), request) == Decision.ALLOWED


def service(name: str) -> tuple[str, str]:
    return "Service", f"{name}.amazonaws.com"


def policies(deployed: Deployed, kind: str) -> dict[str, Any]:
    """The policies of queues or topics, by the ARN of what each is for."""
    found = {}
    for _, properties in deployed.template.of_type(kind):
        (target,) = properties.get("Queues") or properties["Topics"]
        found[deployed.template.arn(target["Ref"])] = deployed.template.resolve(properties["PolicyDocument"])
    return found


# -- roles ----------------------------------------------------------------------------------------------------------


def trust(deployed: Deployed, role: str) -> Any:
    return deployed.template.resolve(
        deployed.template.resources[deployed.role(role)]["Properties"]["AssumeRolePolicyDocument"]
    )


def machine(account: str) -> dict[str, str]:
    arn = f"arn:aws:states:{REGION}:{account}:stateMachine:{SAMPLES['workflow']}-{SAMPLES['digest']}"
    return {"SourceAccount": account, "SourceArn": arn}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_taken_on_by_its_own_service_only(deployed: Deployed, role: str) -> None:
    own = "states" if role == MACHINE else "lambda"
    document, whole = trust(deployed, role), {"action": "sts:AssumeRole", "resource": "*"}
    assuming = [name for name in SERVICES if allowed(document, principal=service(name), **whole, **machine(ACCOUNT))]
    assert assuming == [own]
    somebody = ("AWS", f"arn:aws:iam::{ACCOUNT}:role/somebody")
    assert not allowed(document, principal=somebody, **whole, **machine(ACCOUNT))


def test_the_machines_role_is_for_this_accounts_machines(deployed: Deployed) -> None:
    document, whole = trust(deployed, MACHINE), {"action": "sts:AssumeRole", "resource": "*"}
    assert not allowed(document, principal=service("states"), **whole, **machine(ELSEWHERE))
    other = machine(ACCOUNT) | {"SourceArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:another"}
    assert not allowed(document, principal=service("states"), **whole, **other)


def test_the_only_other_role_is_the_one_that_api_gateway_writes_logs_with(deployed: Deployed) -> None:
    """An account has one for each region, and API Gateway asks for AWS's own policy:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    roles = dict(deployed.template.of_type("AWS::IAM::Role"))
    (other,) = [roles[name] for name in roles.keys() - {deployed.role(role) for role in ROLES}]
    resolved = deployed.template.resolve({key: value for key, value in other.items() if key != "Tags"})
    assert resolved == {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}}
            ],
        },
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"],
    }


def test_a_role_has_the_policies_of_one_function_only(deployed: Deployed) -> None:
    assert len({deployed.role(role) for role in ROLES}) == len(ROLES)
    for _, properties in deployed.template.of_type("AWS::IAM::Policy"):
        assert len(properties["Roles"]) == 1
        assert not properties.keys() & {"Users", "Groups"}


# -- functions ------------------------------------------------------------------------------------------------------


def test_a_function_is_called_by_whom_it_is_there_for_and_nobody_else(deployed: Deployed) -> None:
    """`action` obeys the machines' role, by that role's own policy. Anybody may call `stream`, which asks for tickets,
    and only by its URL: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    (api,) = (name for name, _ in deployed.template.of_type("AWS::ApiGateway::RestApi"))
    (schedule,) = (
        name for name, rule in deployed.template.of_type("AWS::Events::Rule") if "ScheduleExpression" in rule
    )
    methods = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{deployed.template.resolve({'Ref': api})}/*/*/*"
    functions = {deployed.template.arn(deployed.function(role)): role for role in ROLES if role != MACHINE}
    found = []
    for _, properties in deployed.template.of_type("AWS::Lambda::Permission"):
        said = {key: str(value) for key, value in deployed.template.resolve(properties).items()}
        found.append((functions[said.pop("FunctionName")], tuple(sorted(said.items()))))
    invoke, url = "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"
    through_api = (("Action", invoke), ("Principal", "apigateway.amazonaws.com"), ("SourceArn", methods))
    by_schedule = ("SourceArn", deployed.template.arn(schedule))
    assert sorted(found) == sorted(
        [
            (API.name, through_api),
            (STREAM.name, through_api),
            (STREAM.name, (("Action", url), ("FunctionUrlAuthType", "NONE"), ("Principal", "*"))),
            (STREAM.name, (("Action", invoke), ("InvokedViaFunctionUrl", "True"), ("Principal", "*"))),
            (LIFECYCLE.name, (("Action", invoke), ("Principal", "events.amazonaws.com"), by_schedule)),
        ]
    )
    assert ACTION.name not in {function for function, _ in found}


def test_only_the_streaming_function_has_a_url(deployed: Deployed) -> None:
    (url,) = (properties for _, properties in deployed.template.of_type("AWS::Lambda::Url"))
    assert deployed.template.resolve(url["TargetFunctionArn"]) == deployed.template.arn(deployed.function(STREAM.name))


# -- queues and topics ----------------------------------------------------------------------------------------------


def test_only_the_rule_of_status_events_puts_messages_into_the_queues(deployed: Deployed) -> None:
    (rule,) = (name for name, rule in deployed.template.of_type("AWS::Events::Rule") if "EventPattern" in rule)
    own, other = deployed.template.arn(rule), f"arn:aws:events:{REGION}:{ACCOUNT}:rule/another"
    queues = policies(deployed, "AWS::SQS::QueuePolicy")
    assert len(queues) == len(dict(deployed.template.of_type("AWS::SQS::Queue"))) == 2
    for queue, document in queues.items():
        assert allowed(document, "sqs:SendMessage", queue, service("events"), SourceArn=own)
        assert not allowed(document, "sqs:SendMessage", queue, service("events"), SourceArn=other)
        assert not allowed(
            document, "sqs:SendMessage", queue, service("events"), SourceArn=own, SecureTransport="false"
        )
        assert not allowed(document, "sqs:ReceiveMessage", queue, service("events"), SourceArn=own)
        others = [name for name in SERVICES if name != "events"]
        assert not any(allowed(document, "sqs:SendMessage", queue, service(name), SourceArn=own) for name in others)


def test_only_this_accounts_alarms_publish_to_a_topic_by_its_own_policy(deployed: Deployed) -> None:
    topics = policies(deployed, "AWS::SNS::TopicPolicy")
    assert len(topics) == len(dict(deployed.template.of_type("AWS::SNS::Topic"))) == 2
    publishing = [
        (name, account)
        for topic, document in topics.items()
        for name in SERVICES
        for account in (ACCOUNT, ELSEWHERE)
        if allowed(document, "sns:Publish", topic, service(name), SourceAccount=account)
    ]
    assert publishing == [("cloudwatch", ACCOUNT)]
