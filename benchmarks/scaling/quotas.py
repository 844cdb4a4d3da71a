"""What AWS grants an account in a region by default, for what this service uses of it. One entry for each quota.

They differ by region, most of them can be raised on request, and new accounts begin with less: the console's Service
Quotas has what holds for an account.
"""

from collections.abc import Mapping
from typing import NamedTuple

AS_OF = "2026-11"
"""The month for which these were looked up."""
REGIONS = ("us-east-1", "others")
"""In us-east-1, us-west-2 and eu-west-1 (EventBridge: the first two) Step Functions grants more than elsewhere; the
others have the least that is granted anywhere."""


class Quota(NamedTuple):
    """A token bucket: `burst` units at once, `per_second` after that, in us-east-1 and where the least is granted."""

    what: str
    burst: float
    per_second: float
    least_burst: float
    least_per_second: float
    can_be_raised: bool
    source: str

    def of(self, region: str) -> tuple[float, float]:
        """Burst and rate."""
        large = region == REGIONS[0]
        return (self.burst, self.per_second) if large else (self.least_burst, self.least_per_second)


def _same(what: str, burst: float, per_second: float, can_be_raised: bool, source: str) -> Quota:
    return Quota(what, burst, per_second, burst, per_second, can_be_raised, source)


_DOCS = "https://docs.aws.amazon.com/"
_STEP_FUNCTIONS = f"{_DOCS}step-functions/latest/dg/service-quotas.html"
_GATEWAY = f"{_DOCS}apigateway/latest/developerguide/limits.html"
_LAMBDA = f"{_DOCS}lambda/latest/dg/gettingstarted-limits.html"
_PARTITION = f"{_DOCS}amazondynamodb/latest/developerguide/bp-partition-key-design.html"
_TABLE = f"{_DOCS}amazondynamodb/latest/developerguide/ServiceQuotas.html"
_ON_DEMAND = f"{_DOCS}amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
_EVENTS = f"{_DOCS}eventbridge/latest/userguide/eb-quota.html"
_S3 = f"{_DOCS}AmazonS3/latest/userguide/optimizing-performance.html"
_SECRETS = f"{_DOCS}secretsmanager/latest/userguide/reference_limits.html"
_LOGS = f"{_DOCS}AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"

QUOTAS: Mapping[str, Quota] = {
    "gateway": Quota("API Gateway: requests of an account", 5_000, 10_000, 1_250, 2_500, True, _GATEWAY),
    "start": Quota("Step Functions: StartExecution, Standard", 1_300, 300, 800, 150, True, _STEP_FUNCTIONS),
    "start_express": _same("Step Functions: StartExecution, Express", 6_000, 6_000, True, _STEP_FUNCTIONS),
    "transitions": Quota("Step Functions: state transitions, Standard", 5_000, 5_000, 800, 800, True, _STEP_FUNCTIONS),
    "describe": Quota("Step Functions: DescribeExecution", 300, 15, 250, 10, True, _STEP_FUNCTIONS),
    "create_machine": _same("Step Functions: CreateStateMachine", 100, 1, True, _STEP_FUNCTIONS),
    "concurrency": _same("Lambda: calls at one time", 1_000, 1_000, True, _LAMBDA),
    "calls": _same("Lambda: calls a second, ten for each at one time", 10_000, 10_000, True, _LAMBDA),
    "instances": _same(
        "Lambda: new instances of one function", 1_000, 100, False, f"{_DOCS}lambda/latest/dg/lambda-concurrency.html"
    ),
    "pollers": _same(
        "Lambda: batches of one queue at one time",
        1_000,
        1_000,
        False,
        f"{_DOCS}lambda/latest/dg/services-sqs-scaling.html",
    ),
    "partition_write": _same("DynamoDB: write units of a partition", 1_000, 1_000, False, _PARTITION),
    "partition_read": _same("DynamoDB: read units of a partition", 3_000, 3_000, False, _PARTITION),
    "new_table_write": _same("DynamoDB: write units of a new table or index", 4_000, 4_000, False, _ON_DEMAND),
    "new_table_read": _same("DynamoDB: read units of a new table or index", 12_000, 12_000, False, _ON_DEMAND),
    "table_write": _same("DynamoDB: write units of a table or index", 40_000, 40_000, True, _TABLE),
    "table_read": _same("DynamoDB: read units of a table or index", 40_000, 40_000, True, _TABLE),
    "events": Quota("EventBridge: events handed to targets", 18_750, 18_750, 750, 750, True, _EVENTS),
    "bodies": _same("S3: PUT requests below one prefix", 3_500, 3_500, False, _S3),
    "secrets": _same("Secrets Manager: GetSecretValue", 10_000, 10_000, False, _SECRETS),
    "logs": _same("CloudWatch Logs: PutLogEvents", 5_000, 5_000, True, _LOGS),
}

EXPRESS = f"{_DOCS}step-functions/latest/dg/choosing-workflow-type.html"
"""What Express machines guarantee, and what not."""
CONFLICTS = f"{_DOCS}amazondynamodb/latest/developerguide/transaction-apis.html"
"""When a transaction is refused since another one holds an item of it."""
HEAT = "https://aws.amazon.com/blogs/database/part-3-scaling-dynamodb-how-partitions-hot-keys-and-split-for-heat-impact-performance/"
"""How DynamoDB splits partitions that are hot, and which it cannot."""
BACK_PRESSURE = f"{_DOCS}amazondynamodb/latest/developerguide/gsi-throttling.html"
"""Why an index that is too slow holds up the writes of its table."""
