"""Alarms, metrics and queries fit what the functions and the gateway really write."""

import io
import json
import re
from collections.abc import Callable
from string import Template
from typing import Any

import pytest

from functions import audit, auth, endings
from functions.store.executions import Execution, Status
from tests.infra.synthesis import of_type, template

Json = Any

CONTEXT = {
    "requestId": "c1",
    "requestTime": "22/Nov/2026:14:32:00 +0000",
    "identity_sourceIp": "192.0.2.1",
    "httpMethod": "GET",
    "resourcePath": "/api/v1/workflows",
    "status": "401",
    "responseLatency": "3",
    "identity_apiKeyId": "-",
    "error_responseType": "INVALID_API_KEY",
}
"""API Gateway's variables, of a request with an unknown key; dots are underscores. None of them is a key or a path."""


@pytest.fixture(scope="module")
def stack() -> Json:
    return template("dev")


def properties(stack: Json, kind: str) -> list[Json]:
    return [resource["Properties"] for resource in of_type(stack, kind).values()]


def written(write: Callable[[], object]) -> Json:
    """The one record that `write` writes."""
    with audit.written_to(stream := io.StringIO()):
        write()
    (line,) = stream.getvalue().splitlines()
    return json.loads(line)


def ended(status: Status) -> Json:
    execution = Execution(
        id="e" * 32,
        workflow_id="f" * 32,
        workspace_id="ws_1",
        version=1,
        status=status,
        triggered_by="user_1",
        trigger_type="manual",
        started_at="2026-11-22T14:32:00.000Z",
        expires_at=0,
    )
    return written(lambda: endings.note(execution))


def denied() -> Json:
    return written(lambda: auth.refused({"requestContext": {"requestId": "c1"}}))


def access(**changes: str) -> Json:
    """A record of the access log, as API Gateway fills it in. Raises KeyError for a variable that is not known here."""
    (stage,) = properties(template("dev"), "AWS::ApiGateway::Stage")
    text = re.sub(
        r"\$context\.([\w.]+)", lambda found: "$" + found[1].replace(".", "_"), stage["AccessLogSetting"]["Format"]
    )
    return json.loads(Template(text).substitute(CONTEXT | changes))


def counts(stack: Json, record: Json) -> set[tuple[str, str]]:
    """The metrics that CloudWatch makes of a record: their names, and the value of their dimension."""
    found = set()
    for metric_filter in properties(stack, "AWS::Logs::MetricFilter"):
        pattern = re.fullmatch(r'{ \$\.(\w+) = "(\w+)" }', metric_filter["FilterPattern"])
        assert pattern
        if record.get(pattern[1]) == pattern[2]:
            (metric,) = metric_filter["MetricTransformations"]
            dimensions = [record[each["Value"].removeprefix("$.")] for each in metric.get("Dimensions", ())]
            found.add((metric["MetricName"], "".join(dimensions)))
    return found


class TestMetrics:
    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            pytest.param(lambda: ended(Status.FAILED), ("EndedExecutions", "FAILURE"), id="failed"),
            pytest.param(lambda: ended(Status.COMPLETED), ("EndedExecutions", "SUCCESS"), id="completed"),
            pytest.param(denied, ("Denials", "AUTH"), id="unknown-to-the-service"),
            pytest.param(access, ("RefusedKeys", ""), id="unknown-to-the-gateway"),
            pytest.param(lambda: access(error_responseType="THROTTLED"), ("ThrottledRequests", ""), id="throttled"),
        ],
    )
    def test_a_record_is_counted(self, stack: Json, record: Callable[[], Json], expected: tuple[str, str]) -> None:
        assert counts(stack, record()) == {expected}

    def test_a_request_that_passes_is_counted_nowhere(self, stack: Json) -> None:
        assert counts(stack, access(error_responseType="-", status="200")) == set()

    def test_a_refused_key_has_the_fields_of_the_audit_trail(self) -> None:
        record = access()
        assert {name: record[name] for name in ("event_type", "action", "community", "user", "result")} == {
            "event_type": "AUTH",
            "action": "authenticate",
            "community": "-",
            "user": "-",
            "result": "INVALID_API_KEY",
        }
        assert (record["status"], record["latency"]) == (401, 3)

    def test_every_log_of_a_function_that_ends_records_is_counted(self, stack: Json) -> None:
        logs = of_type(stack, "AWS::Logs::LogGroup")
        counted = {
            logs[each["LogGroupName"]["Ref"]]["Properties"]["LogGroupName"].rpartition("-")[2]
            for each in properties(stack, "AWS::Logs::MetricFilter")
            if "end_execution" in each["FilterPattern"]
        }
        assert counted == {"api", "action", "lifecycle"}


class TestAlarms:
    def test_there_is_one_for_everything_that_can_go_wrong(self, stack: Json) -> None:
        names = {alarm["AlarmName"].removeprefix("workflow-execution-api-dev-") for alarm in alarms(stack)}
        functions = ("api", "action", "lifecycle", "stream")
        assert names == {
            *("executions-failed", "api-5xx", "dead-letters", "events-late", "schedule-stopped", "streams-nearly-full"),
            *(f"{name}-throttled" for name in functions),
            *(f"{name}-failed" for name in functions if name != "action"),
        }

    def test_each_tells_the_topic_when_it_begins_and_when_it_is_over(self, stack: Json) -> None:
        topic = stack["Outputs"]["AlarmsTopicArn"]["Value"]
        assert all(alarm["AlarmActions"] == alarm["OKActions"] == [topic] for alarm in alarms(stack))

    def test_cloudwatch_may_publish_to_the_topic_which_has_a_policy_of_its_own(self, stack: Json) -> None:
        topic = stack["Outputs"]["AlarmsTopicArn"]["Value"]
        (policy,) = [each for each in properties(stack, "AWS::SNS::TopicPolicy") if each["Topics"] == [topic]]
        allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
        (publish,) = allowed
        assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert (publish["Action"], publish["Resource"]) == ("sns:Publish", topic)

    def test_silence_is_an_alarm_only_where_something_must_be_heard(self, stack: Json) -> None:
        breaching = [alarm["AlarmName"] for alarm in alarms(stack) if alarm["TreatMissingData"] == "breaching"]
        assert breaching == ["workflow-execution-api-dev-schedule-stopped"]

    def test_failed_executions_are_counted_by_a_metric_that_exists(self) -> None:
        stack = template("dev", failed_executions_alarm=3)
        (alarm,) = [each for each in alarms(stack) if each["AlarmName"].endswith("-executions-failed")]
        metrics = {
            (metric["MetricNamespace"], metric["MetricName"], metric["Dimensions"][0]["Key"])
            for each in properties(stack, "AWS::Logs::MetricFilter")
            for metric in each["MetricTransformations"]
            if "Dimensions" in metric
        }
        (dimension,) = alarm["Dimensions"]
        assert (alarm["Namespace"], alarm["MetricName"], dimension["Name"]) in metrics
        assert (dimension["Value"], alarm["Threshold"]) == ("FAILURE", 3)

    def test_an_operator_who_is_named_is_told(self, stack: Json) -> None:
        assert properties(stack, "AWS::SNS::Subscription") == []
        told = template("dev", alarm_email="operator@example.com")
        (subscription,) = properties(told, "AWS::SNS::Subscription")
        assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "operator@example.com")
        assert subscription["TopicArn"] == told["Outputs"]["AlarmsTopicArn"]["Value"]


def alarms(stack: Json) -> list[Json]:
    return properties(stack, "AWS::CloudWatch::Alarm")


class TestQueries:
    def test_each_looks_at_every_log(self, stack: Json) -> None:
        logs = of_type(stack, "AWS::Logs::LogGroup").keys()
        queries = properties(stack, "AWS::Logs::QueryDefinition")
        assert queries
        for query in queries:
            assert {each["Ref"] for each in query["LogGroupNames"]} == logs
            assert query["Name"].startswith("workflow-execution-api-dev/")

    def test_a_field_that_is_asked_for_is_one_that_is_written(self, stack: Json) -> None:
        # What api, action and lifecycle add to the records of errors and events.
        added = {"community", "workflow_id", "execution_id", "request_id", "operation", "error_type", "request"}
        written = (
            {"@timestamp", "@message", "@log"} | ended(Status.FAILED).keys() | denied().keys() | access().keys() | added
        )
        for query in properties(stack, "AWS::Logs::QueryDefinition"):
            first, *_ = query["QueryString"].splitlines()
            assert set(re.findall(r"@?\w+", first.removeprefix("fields"))) - {"coalesce", "as"} <= written


def test_the_dashboard_begins_with_every_alarm(stack: Json) -> None:
    (dashboard,) = properties(stack, "AWS::CloudWatch::Dashboard")
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    referred = [part["Fn::GetAtt"][0] for part in parts if isinstance(part, dict) and "Fn::GetAtt" in part]
    assert set(of_type(stack, "AWS::CloudWatch::Alarm")) <= set(referred)
    # Tokens are names of resources and of the region: with any in their places this is JSON.
    body = json.loads("".join(part if isinstance(part, str) else "x" for part in parts))
    assert body["widgets"][0]["properties"]["title"] == "Is it working?"
