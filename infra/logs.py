"""Log groups, which hold the audit trail."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.stage import LogDays, Stage

_RETENTION: dict[LogDays, logs.RetentionDays] = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


class Log(logs.LogGroup):
    """A log group that is kept for as long as the stage says, and that outlives the stack where the stage says so."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, name: str) -> None:
        super().__init__(
            scope,
            id,
            log_group_name=name,
            retention=_RETENTION[stage.log_retention_days],
            removal_policy=RemovalPolicy.RETAIN if stage.keep_logs else RemovalPolicy.DESTROY,
        )
