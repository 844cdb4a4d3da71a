"""Around the state machines, which `api` makes at run time: their role, their status events, and the schedule."""

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.entries import LIFECYCLE
from infra import permissions

ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]

_TRIES = 5
_AT_ONCE = 5
"""How many batches of events are worked off side by side: what is late is not lost."""


class MachineRole(iam.Role):
    """What the state machines may do: call `action`. Its name is fixed, since they never change."""

    def __init__(self, scope: Construct, id: str, *, name: str, action: lambda_.IFunction) -> None:
        here = {"aws:SourceAccount": Aws.ACCOUNT_ID}
        machines = {"aws:SourceArn": permissions.machines(scope)}
        trusted = iam.ServicePrincipal("states.amazonaws.com", conditions={"StringEquals": here, "ArnLike": machines})
        super().__init__(scope, id, role_name=name, assumed_by=trusted)
        permissions.grant_machines(self, action=action.function_arn)


class StatusEvents(Construct):
    """The ends of runs, as EventBridge tells of them: kept in a queue until `lifecycle` has followed each.

    What cannot be followed after five tries, or not be put into the queue, is kept beside it for two weeks.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Six times the function's, as AWS advises: a batch is not given out again while it may be worked on.
            visibility_timeout=Duration.seconds(6 * LIFECYCLE.timeout),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_TRIES),
        )
        machines = Stack.of(self).format_arn(
            service="states", resource="stateMachine:", arn_format=ArnFormat.NO_RESOURCE_NAME
        )
        self.rule = events.Rule(
            self,
            "Rule",
            description="Runs of state machines that ended",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                # Patterns know no `?`, so events of other machines of the account come as well, and are passed over.
                detail={"status": ENDED, "stateMachineArn": events.Match.prefix(machines)},
            ),
            targets=[targets.SqsQueue(self.queue, dead_letter_queue=self.dead_letters)],
        )

    def follow_by(self, lifecycle: lambda_.Function) -> None:
        """Gives the events to `lifecycle`, and again those that it says it could not follow."""
        lifecycle.add_event_source(
            event_sources.SqsEventSource(
                self.queue, batch_size=10, report_batch_item_failures=True, max_concurrency=_AT_ONCE
            )
        )


class EveryMinute(events.Rule):
    """The schedule by which `lifecycle` looks at what is in flight. One that fails is not repeated: the next one is."""

    def __init__(self, scope: Construct, id: str, *, lifecycle: lambda_.Function) -> None:
        once = targets.LambdaFunction(lifecycle, retry_attempts=0, max_event_age=Duration.minutes(1))
        super().__init__(
            scope,
            id,
            description="Looks at what is in flight",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[once],
        )
        lifecycle.configure_async_invoke(retry_attempts=0, max_event_age=Duration.minutes(1))
