"""The audit trail as an operator reads it: metrics made from the logs' records, and saved queries on them."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.entries import ACTION, API, LIFECYCLE, STREAM

PERIOD = Duration.minutes(5)

_ENDING = (API, ACTION, LIFECYCLE)
"""Who ends records, and notes it."""
_ASKED = (API, STREAM)
"""Who is asked by clients, and may deny it."""

_QUERIES = {
    "What a user did": (
        ["event_type", "action", "result", "community", "workflow_id", "execution_id", "request_id"],
        ['user = "USER_ID"', "ispresent(event_type)"],
        "@timestamp asc",
    ),
    "The trail of an execution": (
        ["event_type", "action", "result", "user", "level", "error_type", "request_id"],
        ['execution_id = "EXECUTION_ID_AS_32_HEX_DIGITS"'],
        "@timestamp asc",
    ),
    "Denials": (
        [
            "event_type",
            "action",
            "user",
            "community",
            "workflow_id",
            "ip",
            "coalesce(request_id, requestId) as request",
        ],
        ['result = "DENIED" or result = "INVALID_API_KEY"'],
        "@timestamp desc",
    ),
    "Errors with their request ids": (
        ["message", "action", "operation", "error_type", "execution_id", "request_id", "@log"],
        ['level = "ERROR" or @message like /Task timed out|Runtime\\.|errorType/'],
        "@timestamp desc",
    ),
    "A request by its id": (
        ["@message", "@log"],
        ['coalesce(request_id, requestId) = "REQUEST_ID"'],
        "@timestamp asc",
    ),
    "The slowest requests": (
        ["latency", "method", "resource", "status", "apiKeyId", "requestId"],
        ["ispresent(latency)"],
        "latency desc",
    ),
}
"""By name: the fields, the filters and the order. In capitals is what the reader puts in."""


class AuditTrail(Construct):
    """Metrics and queries on the functions' logs and on the access log, which alone knows of refused keys."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str,
        functions: Mapping[str, logs.ILogGroup],
        access: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, id)
        self._namespace = namespace
        for entry in _ENDING:
            pattern = '{ $.action = "end_execution" }'
            self._count(f"EndedBy-{entry.name}", functions[entry.name], pattern, "EndedExecutions", "result")
        for entry in _ASKED:
            self._count(
                f"DeniedBy-{entry.name}", functions[entry.name], '{ $.result = "DENIED" }', "Denials", "event_type"
            )
        self._count("Refused", access, '{ $.responseType = "INVALID_API_KEY" }', "RefusedKeys")
        self._count("Throttled", access, '{ $.responseType = "THROTTLED" }', "ThrottledRequests")
        for name, (fields, filters, order) in _QUERIES.items():
            logs.QueryDefinition(
                self,
                name.title().replace(" ", ""),
                query_definition_name=f"{namespace}/{name}",
                query_string=logs.QueryString(
                    fields=["@timestamp", *fields], filter_statements=filters, sort=order, limit=1000
                ),
                log_groups=[*functions.values(), access],
            )

    def ended(self, result: str) -> cloudwatch.Metric:
        """Executions that ended: `SUCCESS` for those that completed or were cancelled, or `FAILURE`."""
        return self._metric("EndedExecutions", {"result": result})

    def denied(self, event_type: str) -> cloudwatch.Metric:
        """Requests that a function refused: `AUTH` for the key, `AUTHZ` for what it may not do."""
        return self._metric("Denials", {"event_type": event_type})

    @property
    def refused_keys(self) -> cloudwatch.Metric:
        """Requests without a key that API Gateway knows."""
        return self._metric("RefusedKeys")

    @property
    def throttled(self) -> cloudwatch.Metric:
        """Requests over a usage plan's limit, or the stage's."""
        return self._metric("ThrottledRequests")

    def _count(self, id: str, log: logs.ILogGroup, pattern: str, metric: str, dimension: str | None = None) -> None:
        logs.MetricFilter(
            self,
            id,
            log_group=log,
            filter_pattern=logs.FilterPattern.literal(pattern),
            metric_namespace=self._namespace,
            metric_name=metric,
            metric_value="1",
            dimensions={dimension: f"$.{dimension}"} if dimension else None,
            # Without a dimension, so that an alarm or a graph has zeros where nothing happened.
            default_value=None if dimension else 0,
        )

    def _metric(self, name: str, dimensions: dict[str, str] | None = None) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            dimensions_map=dimensions or {},
            statistic="Sum",
            period=PERIOD,
        )
