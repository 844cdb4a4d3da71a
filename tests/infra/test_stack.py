"""What the stack must hold to, whatever it is made of: safe, sized for its limits, and wired as the picture."""

import json
import re
from typing import Any

import pytest

from functions.entries import ACTION, API, LIFECYCLE, PYTHON_ENTRIES, STREAM
from state_machines.workflow import Workflow
from tests.infra.synthesis import of_type, stages, template

ENTRIES = (*PYTHON_ENTRIES, STREAM)
OUTPUTS = {
    *("ApiUrl", "StreamUrl", "TableName", "StandardPlanId", "PremiumPlanId", "OutputsBucket"),
    *("NotificationsTopicArn", "AlarmsTopicArn", "TicketSecret", "DashboardUrl", "ConsoleUrl"),
}
Json = Any


@pytest.fixture(scope="module", params=sorted(stages()))
def stack(request: pytest.FixtureRequest) -> Json:
    return template(request.param)


@pytest.fixture(scope="module")
def dev() -> Json:
    return template("dev")


def function(stack: Json, name: str) -> tuple[str, Json]:
    """A function's logical id and properties, by its name without the stack's."""
    ((id, resource),) = [
        (id, resource)
        for id, resource in of_type(stack, "AWS::Lambda::Function").items()
        if resource["Properties"]["FunctionName"].endswith(f"-{name}")
    ]
    return id, resource["Properties"]


def one(stack: Json, kind: str) -> Json:
    ((_, resource),) = of_type(stack, kind).items()
    return resource["Properties"]


def statements(stack: Json) -> list[Json]:
    """Those of every policy that a role has."""
    policies = of_type(stack, "AWS::IAM::Policy").values()
    return [each for policy in policies for each in policy["Properties"]["PolicyDocument"]["Statement"]]


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


class TestLimits:
    def test_the_template_is_far_from_cloudformations_limits(self, stack: Json) -> None:
        assert len(stack["Resources"]) < 400  # of 500
        assert len(json.dumps(stack)) < 700_000  # of 1 MB

    def test_every_functions_resource_policy_is_far_from_lambdas_limit(self, stack: Json) -> None:
        sizes: dict[str, int] = {}
        for permission in of_type(stack, "AWS::Lambda::Permission").values():
            properties = permission["Properties"]
            (name,) = properties["FunctionName"]["Fn::GetAtt"][:1]
            # As Lambda writes one, with longer names for everything than there are.
            sizes[name] = sizes.get(name, 0) + len(json.dumps(properties)) + 500
        assert set(sizes) == {function(stack, entry.name)[0] for entry in (API, LIFECYCLE, STREAM)}
        assert max(sizes.values()) < 5_000  # of 20,480


class TestFunctions:
    def test_each_is_as_its_entry_says_on_arm_from_the_one_asset(self, stack: Json) -> None:
        assert len(of_type(stack, "AWS::Lambda::Function")) == len(ENTRIES)
        code = function(stack, API.name)[1]["Code"]
        for entry in ENTRIES:
            properties = function(stack, entry.name)[1]
            deployed = properties["Handler"], properties["Timeout"], properties["MemorySize"]
            assert deployed == (entry.handler, entry.timeout, entry.memory)
            assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
            assert (properties["Code"], properties["TracingConfig"]) == (code, {"Mode": "Active"})

    def test_each_has_a_role_and_a_log_of_its_own(self, stack: Json) -> None:
        deployed = [function(stack, entry.name)[1] for entry in ENTRIES]
        roles = {properties["Role"]["Fn::GetAtt"][0] for properties in deployed}
        logs = {properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in deployed}
        assert len(roles) == len(logs) == len(ENTRIES)
        assert logs <= of_type(stack, "AWS::Logs::LogGroup").keys()
        assert roles <= of_type(stack, "AWS::IAM::Role").keys()

    def test_a_function_waits_for_its_permissions(self, stack: Json) -> None:
        for name, resource in of_type(stack, "AWS::Lambda::Function").items():
            role = resource["Properties"]["Role"]["Fn::GetAtt"][0]
            policies = [
                policy
                for policy, each in of_type(stack, "AWS::IAM::Policy").items()
                if {"Ref": role} in each["Properties"]["Roles"]
            ]
            assert set(policies) <= set(resource["DependsOn"]), name

    def test_every_log_is_kept_for_as_long_as_the_stage_says(self) -> None:
        for name, settings in stages().items():
            logs = of_type(template(name), "AWS::Logs::LogGroup").values()
            assert {log["Properties"]["RetentionInDays"] for log in logs} == {settings["log_retention_days"]}


class TestPermissions:
    def test_every_statement_says_what_it_is_for_and_names_its_actions(self, stack: Json) -> None:
        for statement in statements(stack):
            assert re.fullmatch(r"([A-Z][a-z]+)+", statement["Sid"]), statement
            assert statement["Effect"] == "Allow"
            assert not [action for action in as_list(statement["Action"]) if "*" in action or "?" in action]

    def test_only_traces_are_on_every_resource(self, stack: Json) -> None:
        wide = {statement["Sid"] for statement in statements(stack) if "*" in as_list(statement["Resource"])}
        assert wide == {"WriteTraces"}

    def test_no_function_has_a_managed_policy(self, stack: Json) -> None:
        roles = of_type(stack, "AWS::IAM::Role").items()
        assert [name for name, role in roles if "ManagedPolicyArns" in role["Properties"]] == [
            "RestRestApiCloudWatchRole3261439F"
        ]

    def test_machines_may_call_the_action_function_alone_and_only_for_this_account(self, stack: Json) -> None:
        ((name, role),) = [
            item for item in of_type(stack, "AWS::IAM::Role").items() if "RoleName" in item[1]["Properties"]
        ]
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "states.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        (policy,) = [
            policy["Properties"]["PolicyDocument"]["Statement"]
            for policy in of_type(stack, "AWS::IAM::Policy").values()
            if policy["Properties"]["Roles"] == [{"Ref": name}]
        ]
        action = {"Fn::GetAtt": [function(stack, ACTION.name)[0], "Arn"]}
        assert [(each["Action"], each["Resource"]) for each in policy] == [("lambda:InvokeFunction", action)]

    def test_email_is_sent_only_where_there_is_a_sender_and_only_from_it(self, dev: Json) -> None:
        assert "SendEmail" not in {statement["Sid"] for statement in statements(dev)}
        (email,) = [
            each for each in statements(template("dev", email_sender="a@example.com")) if each["Sid"] == "SendEmail"
        ]
        assert email["Condition"] == {"StringEquals": {"ses:FromAddress": "a@example.com"}}
        names = [resource["Fn::Join"][1][-1].rpartition("/")[2] for resource in email["Resource"]]
        assert names == ["a@example.com", "example.com"]


class TestNet:
    def test_an_event_is_given_out_again_only_after_six_times_the_functions_time(self, stack: Json) -> None:
        (queue,) = [
            each["Properties"]
            for each in of_type(stack, "AWS::SQS::Queue").values()
            if "RedrivePolicy" in each["Properties"]
        ]
        assert queue["VisibilityTimeout"] == 6 * LIFECYCLE.timeout
        assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in of_type(stack, "AWS::SQS::Queue")

    def test_only_what_failed_of_a_batch_comes_again(self, stack: Json) -> None:
        mapping = one(stack, "AWS::Lambda::EventSourceMapping")
        assert mapping["FunctionName"] == {"Ref": function(stack, LIFECYCLE.name)[0]}
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def test_the_schedule_calls_lifecycle_every_minute_and_repeats_no_call(self, stack: Json) -> None:
        (rule,) = [
            each["Properties"]
            for each in of_type(stack, "AWS::Events::Rule").values()
            if "ScheduleExpression" in each["Properties"]
        ]
        (target,) = rule["Targets"]
        assert rule["ScheduleExpression"] == "rate(1 minute)"
        assert target["Arn"] == {"Fn::GetAtt": [function(stack, LIFECYCLE.name)[0], "Arn"]}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert one(stack, "AWS::Lambda::EventInvokeConfig")["MaximumRetryAttempts"] == 0

    def test_queues_and_topics_are_encrypted_or_refuse_what_is_not(self, stack: Json) -> None:
        assert all(each["Properties"]["SqsManagedSseEnabled"] for each in of_type(stack, "AWS::SQS::Queue").values())
        policies = [
            *of_type(stack, "AWS::SQS::QueuePolicy").values(),
            *of_type(stack, "AWS::SNS::TopicPolicy").values(),
        ]
        assert len(policies) == 4
        for policy in policies:
            assert denies_plain_http(policy["Properties"]["PolicyDocument"])


def denies_plain_http(policy: Json) -> bool:
    denied = {"Bool": {"aws:SecureTransport": "false"}}
    return any(each["Effect"] == "Deny" and each["Condition"] == denied for each in policy["Statement"])


class TestStream:
    def test_it_is_a_web_server_behind_the_adapter_and_answers_as_a_stream(self, stack: Json) -> None:
        name, properties = function(stack, STREAM.name)
        (layer,) = properties["Layers"]
        assert layer["Fn::Join"][1][-1] == ":753240598075:layer:LambdaAdapterLayerArm64:27"
        variables = properties["Environment"]["Variables"]
        assert (variables["AWS_LAMBDA_EXEC_WRAPPER"], variables["AWS_LWA_INVOKE_MODE"]) == (
            "/opt/bootstrap",
            "response_stream",
        )
        url = one(stack, "AWS::Lambda::Url")
        assert (url["AuthType"], url["InvokeMode"]) == ("NONE", "RESPONSE_STREAM")
        assert url["TargetFunctionArn"] == {"Fn::GetAtt": [name, "Arn"]}
        assert "Cors" not in url

    def test_anybody_may_call_it_by_its_url_and_by_nothing_else(self, stack: Json) -> None:
        anybody = [
            (
                each["Properties"]["Action"],
                each["Properties"].get("FunctionUrlAuthType"),
                each["Properties"].get("InvokedViaFunctionUrl"),
            )
            for each in of_type(stack, "AWS::Lambda::Permission").values()
            if each["Properties"]["Principal"] == "*"
        ]
        assert sorted(anybody) == [("lambda:InvokeFunction", None, True), ("lambda:InvokeFunctionUrl", "NONE", None)]

    @pytest.mark.parametrize(("asked", "reserved"), [(120, 120), (0, None)])
    def test_it_may_take_as_much_of_the_account_as_the_stage_says(self, asked: int, reserved: int | None) -> None:
        stack = template("dev", stream_concurrency=asked)
        assert function(stack, STREAM.name)[1].get("ReservedConcurrentExecutions") == reserved
        alarms = [each["Properties"] for each in of_type(stack, "AWS::CloudWatch::Alarm").values()]
        nearly = [alarm["Threshold"] for alarm in alarms if alarm["AlarmName"].endswith("-streams-nearly-full")]
        assert nearly == ([0.8 * asked] if asked else [])


class TestStorage:
    def test_every_bucket_is_private_encrypted_and_asks_for_tls(self, stack: Json) -> None:
        buckets = of_type(stack, "AWS::S3::Bucket")
        for bucket in (each["Properties"] for each in buckets.values()):
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        policies = [each["Properties"] for each in of_type(stack, "AWS::S3::BucketPolicy").values()]
        assert {policy["Bucket"]["Ref"] for policy in policies} == buckets.keys()
        assert all(denies_plain_http(policy["PolicyDocument"]) for policy in policies)

    @pytest.mark.parametrize("retention", [1, 400])
    def test_no_body_is_deleted_before_the_last_record_that_can_refer_to_it(self, retention: int) -> None:
        buckets = of_type(template("dev", retention_days=retention), "AWS::S3::Bucket")
        rules = buckets["LargeBodies"]["Properties"]["LifecycleConfiguration"]["Rules"]
        days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
        (longest,) = [each.le for each in Workflow.model_fields["timeout_seconds"].metadata if hasattr(each, "le")]
        assert days["executions/"] > retention + longest / 86_400
        assert days["outputs/"] == 1

    def test_the_secret_is_random_text_that_nobody_wrote_down(self, stack: Json) -> None:
        secret = one(stack, "AWS::SecretsManager::Secret")
        assert secret["GenerateSecretString"]["PasswordLength"] == 64
        assert "SecretString" not in secret


class TestApi:
    def test_it_is_regional_traced_and_throttled_as_the_stage_says(self) -> None:
        stack = template("dev", throttle_rate=7.5, throttle_burst=9)
        assert one(stack, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
        stage = one(stack, "AWS::ApiGateway::Stage")
        (settings,) = stage["MethodSettings"]
        assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7.5, 9)
        assert (settings["DataTraceEnabled"], stage["TracingEnabled"]) == (False, True)


def test_the_outputs_are_what_operators_and_the_admin_command_read(stack: Json) -> None:
    # The CDK's own, by which the stack that fills the console's bucket refers to this one, are no one else's.
    assert {name for name in stack["Outputs"] if not name.startswith("ExportsOutput")} == OUTPUTS
    for name in ("ApiUrl", "StreamUrl"):
        assert not json.dumps(stack["Outputs"][name]["Value"]).endswith('/"]]}')


def test_what_can_be_tagged_is_tagged_with_the_service_and_the_stage(stack: Json) -> None:
    stage = {each["Properties"]["StageName"] for each in of_type(stack, "AWS::ApiGateway::Stage").values()}.pop()
    tagged = {
        name: {tag["Key"]: tag["Value"] for tag in each["Properties"]["Tags"]}
        for name, each in stack["Resources"].items()
        if "Tags" in each["Properties"]
    }
    expected = {"service": "workflow-execution-api", "stage": stage}
    assert [name for name, tags in tagged.items() if not expected.items() <= tags.items()] == []
    kinds = {stack["Resources"][name]["Type"] for name in tagged}
    assert kinds >= {"AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::ApiGateway::Stage"}
