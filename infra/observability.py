"""What says whether it works: alarms, which go to one topic, and one dashboard."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from functions.entries import ACTION, API, LIFECYCLE, STREAM
from infra.api import Api
from infra.audit_trail import PERIOD, AuditTrail
from infra.engine import StatusEvents
from infra.functions import ServiceFunction
from infra.stage import Stage

_NEARLY = 0.8
_MAY_FAIL = (API, LIFECYCLE, STREAM)
"""Not `action`: it raises wherever an action of a workflow fails, since that is how its machine learns of it."""


class Condition(NamedTuple):
    """When an alarm goes off, and what it then says: what is wrong, and where to look first."""

    name: str
    meaning: str
    metric: cloudwatch.IMetric
    threshold: float
    below: bool = False


class Observability(Construct):
    """Alarms, their topic, the dashboard and the audit trail; `functions` by their names."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        api: Api,
        functions: Mapping[str, ServiceFunction],
        events: StatusEvents,
    ) -> None:
        super().__init__(scope, id)
        self._stage, self._api, self._events = stage, api, events
        self._functions = {name: function.function for name, function in functions.items()}
        logs = {name: function.log for name, function in functions.items()}
        self._trail = AuditTrail(self, "AuditTrail", namespace=stage.stack_name, functions=logs, access=api.log)
        self.topic = _alarms_topic(self, stage.alarm_email)
        alarms = [self._alarm(condition) for condition in self._conditions()]
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=stage.stack_name)
        status = cloudwatch.AlarmStatusWidget(title="Is it working?", alarms=alarms, width=24, height=4)
        dashboard.add_widgets(status)
        for row in self._rows():
            dashboard.add_widgets(*row)
        console = f"https://{Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region={Aws.REGION}"
        self.dashboard_url = f"{console}#dashboards/dashboard/{stage.stack_name}"

    def _conditions(self) -> Iterator[Condition]:
        yield Condition(
            "executions-failed",
            "Many executions failed: by their workflows' own faults, or because what they call does not answer. The "
            "API lists them, with what each failed by (status=failed).",
            self._trail.ended("FAILURE"),
            self._stage.failed_executions_alarm,
        )
        yield Condition(
            "api-5xx",
            "The API answered with errors of its own. The saved query 'Errors with their request ids' has them.",
            self._api.rest_api.metric_server_error(statistic="Sum", period=PERIOD),
            5,
        )
        for name, function in self._functions.items():
            yield Condition(
                f"{name}-throttled",
                f"Lambda refused calls of {name}: its concurrency, or the account's, is used up.",
                function.metric_throttles(statistic="Sum", period=PERIOD),
                1,
            )
        for entry in _MAY_FAIL:
            yield Condition(
                f"{entry.name}-failed",
                f"The function {entry.name} crashed or ran out of time. Its log says where.",
                self._functions[entry.name].metric_errors(statistic="Sum", period=PERIOD),
                1,
            )
        yield from self._net()
        if self._stage.stream_concurrency:
            yield Condition(
                "streams-nearly-full",
                "Nearly all streams that may be open at once are. Further ones are refused: raise stream_concurrency.",
                self._streams(),
                _NEARLY * self._stage.stream_concurrency,
            )

    def _net(self) -> Iterator[Condition]:
        """The net under the executions must be whole before anybody falls."""
        yield Condition(
            "dead-letters",
            "The end of a run could not be followed after five tries. The schedule ends its record all the same; the "
            "message says which run, and lifecycle's log why.",
            self._events.dead_letters.metric_approximate_number_of_messages_visible(statistic="Maximum", period=PERIOD),
            1,
        )
        yield Condition(
            "events-late",
            "Ends of runs wait to be followed for ten minutes and longer: lifecycle does not keep up.",
            self._events.queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=PERIOD),
            600,
        )
        yield Condition(
            "schedule-stopped",
            "lifecycle was not called for five minutes, though its schedule does so every minute.",
            self._functions[LIFECYCLE.name].metric_invocations(statistic="Sum", period=PERIOD),
            1,
            below=True,
        )

    def _alarm(self, condition: Condition) -> cloudwatch.Alarm:
        below = condition.below
        operator = cloudwatch.ComparisonOperator
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            condition.name,
            alarm_name=f"{self._stage.stack_name}-{condition.name}",
            alarm_description=condition.meaning,
            metric=condition.metric,
            threshold=condition.threshold,
            evaluation_periods=1,
            comparison_operator=operator.LESS_THAN_THRESHOLD if below else operator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=missing.BREACHING if below else missing.NOT_BREACHING,
        )
        notify = actions.SnsAction(self.topic)
        alarm.add_alarm_action(notify)
        alarm.add_ok_action(notify)
        return alarm

    def _streams(self) -> cloudwatch.Metric:
        return self._functions[STREAM.name].metric(
            "ConcurrentExecutions", statistic="Maximum", period=PERIOD, label="open streams"
        )

    def _rows(self) -> Iterator[list[cloudwatch.IWidget]]:
        api, trail, events = self._api.rest_api, self._trail, self._events
        yield [
            _graph("Requests", api.metric_count(label="all"), api.metric_client_error(), api.metric_server_error()),
            _graph("Latency, ms", *(api.metric_latency(statistic=p, label=p) for p in ("p50", "p95", "p99"))),
            _graph("Ended executions", trail.ended("SUCCESS"), trail.ended("FAILURE")),
        ]
        functions = self._functions.items()
        yield [
            _graph("Errors", *(function.metric_errors(label=name) for name, function in functions)),
            _graph("Throttles", *(function.metric_throttles(label=name) for name, function in functions)),
            _graph("Duration, ms (p95)", *(f.metric_duration(statistic="p95", label=name) for name, f in functions)),
        ]
        yield [
            _graph(
                "Status events",
                events.queue.metric_number_of_messages_received(label="followed"),
                events.queue.metric_approximate_number_of_messages_visible(label="waiting"),
                events.dead_letters.metric_approximate_number_of_messages_visible(label="given up"),
            ),
            _graph("Actions and streams at once", self._at_once(ACTION.name), self._streams()),
            _graph("Refused", trail.refused_keys, trail.denied("AUTH"), trail.denied("AUTHZ"), trail.throttled),
        ]

    def _at_once(self, name: str) -> cloudwatch.Metric:
        return self._functions[name].metric(
            "ConcurrentExecutions", statistic="Maximum", period=PERIOD, label=f"running {name}s"
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)


def _alarms_topic(scope: Construct, email: str) -> sns.Topic:
    topic = sns.Topic(scope, "Alarms", enforce_ssl=True)
    # A topic with a policy of its own loses the default one, by which the account's alarms may publish.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsPublish",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    if email:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic
