"""What each role may do: one statement a purpose, on this stack's own resources and nothing wider.

Where a pattern must stand for names that are made at run time, its reason is beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.findings import accept

BODIES, LINKED = "executions/", "outputs/"
"""The folders of the bucket: bodies too large for the table, and outputs that an answer links to."""

_OBJECTS = "A body is named by its execution and its step, which are made at run time."
_RUN = "?" * 32
_MACHINE = f"{'?' * 32}-{'?' * 16}"
"""As `functions/engine.py` names machines, by a workflow and a digest: the narrowest that IAM's patterns can say."""


def report(role: iam.Role, log: logs.ILogGroup) -> None:
    """Every function writes its log and its traces."""
    _grant(role, "WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [log.log_group_arn])
    traces = _actions("xray", "PutTraceSegments", "PutTelemetryRecords")
    _grant(role, "WriteTraces", traces, ["*"], wide="These actions of X-Ray know no resources.")


def grant_api(
    role: iam.Role,
    *,
    table: dynamodb.ITable,
    bucket: s3.IBucket,
    machine_role: iam.IRole,
    ticket_secret: secretsmanager.ISecret,
) -> None:
    """`api` reads and writes records, publishes machines, starts and stops their runs, signs links and tickets."""
    objects = [bucket.arn_for_objects(f"{BODIES}*"), bucket.arn_for_objects(f"{LINKED}*")]
    indexes = _indexes(table, "executions_by_start", "executions_by_duration", "listing")
    _grant(role, "ReadRecords", _actions("dynamodb", "GetItem", "BatchGetItem", "Query"), [table.table_arn])
    _grant(role, "ReadLists", ["dynamodb:Query"], indexes)
    _grant(role, "WriteRecords", _actions("dynamodb", "PutItem", "UpdateItem", "BatchWriteItem"), [table.table_arn])
    _grant(role, "KeepLargeBodies", ["s3:PutObject"], objects, wide=_OBJECTS)
    # A link that is signed may do what its signer may.
    _grant(role, "ReadLargeBodiesAndSignLinks", ["s3:GetObject"], objects, wide=_OBJECTS)
    _grant(role, "PublishMachines", _actions("states", "CreateStateMachine", "TagResource"), [machines(role)])
    for_machines = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    _grant(role, "GiveMachinesTheirRole", ["iam:PassRole"], [machine_role.role_arn], for_machines)
    _grant(role, "StartRuns", ["states:StartExecution"], [machines(role)])
    _grant(role, "StopRuns", ["states:StopExecution"], [_runs(role)])
    _grant(role, "SignTickets", ["secretsmanager:GetSecretValue"], [ticket_secret.secret_arn])


def grant_action(
    role: iam.Role,
    *,
    table: dynamodb.ITable,
    bucket: s3.IBucket,
    topic: sns.ITopic,
    secrets_prefix: str,
    email_sender: str,
) -> None:
    """`action` reads and writes records, and has the effects that AWS has for it."""
    objects = [bucket.arn_for_objects(f"{BODIES}*")]
    secrets = [_arn(role, "secretsmanager", "secret", f"{secrets_prefix}/ws_*")]
    _grant(role, "ReadRecords", _actions("dynamodb", "GetItem", "BatchGetItem"), [table.table_arn])
    _grant(role, "WriteRecords", _actions("dynamodb", "PutItem", "UpdateItem"), [table.table_arn])
    _grant(role, "KeepLargeBodies", ["s3:PutObject"], objects, wide=_OBJECTS)
    _grant(role, "ReadLargeBodies", ["s3:GetObject"], objects, wide=_OBJECTS)
    _grant(role, "PublishNotifications", ["sns:Publish"], [topic.topic_arn])
    named = "Workspaces and their secrets are made at run time, all of them below this prefix."
    _grant(role, "ReadWorkspaceSecrets", ["secretsmanager:GetSecretValue"], secrets, wide=named)
    if email_sender:
        # SES goes by the identity that is verified: the address, or its domain.
        identities = [_arn(role, "ses", "identity", name, "/") for name in (email_sender, email_sender.split("@")[1])]
        _grant(role, "SendEmail", ["ses:SendEmail"], identities, {"StringEquals": {"ses:FromAddress": email_sender}})


def grant_lifecycle(role: iam.Role, *, table: dynamodb.ITable, queue: sqs.IQueue) -> None:
    """`lifecycle` hears of runs that ended, looks for strays, and makes records and runs agree."""
    taken = _actions("sqs", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    _grant(role, "TakeStatusEvents", taken, [queue.queue_arn])
    _grant(role, "ReadRecords", ["dynamodb:GetItem"], [table.table_arn])
    _grant(role, "FindWhatIsInFlight", ["dynamodb:Query"], _indexes(table, "in_flight"))
    _grant(role, "EndRecords", ["dynamodb:UpdateItem"], [table.table_arn])
    _grant(role, "StartRunsAgain", ["states:StartExecution"], [machines(role)])
    _grant(role, "LookAtRunsAndStopThem", _actions("states", "DescribeExecution", "StopExecution"), [_runs(role)])


def grant_stream(
    role: iam.Role, *, table: dynamodb.ITable, bucket: s3.IBucket, ticket_secret: secretsmanager.ISecret
) -> None:
    """`stream` reads, and does nothing else."""
    objects = [bucket.arn_for_objects(f"{BODIES}*")]
    _grant(role, "ReadRecords", _actions("dynamodb", "GetItem", "BatchGetItem"), [table.table_arn])
    _grant(role, "ReadLargeBodies", ["s3:GetObject"], objects, wide=_OBJECTS)
    _grant(role, "VerifyTickets", ["secretsmanager:GetSecretValue"], [ticket_secret.secret_arn])


def grant_machines(role: iam.Role, *, action: str) -> None:
    """The state machines call the function of this ARN."""
    _grant(role, "PerformActions", ["lambda:InvokeFunction"], [action])


def machines(scope: Construct) -> str:
    """The service's state machines, as a pattern of IAM's."""
    return _arn(scope, "states", "stateMachine", _MACHINE)


def _runs(scope: Construct) -> str:
    return _arn(scope, "states", "execution", f"{_MACHINE}:{_RUN}")


def _grant(
    role: iam.Role,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Any] | None = None,
    *,
    wide: str | None = None,
) -> None:
    """Adds one statement. `wide` is the reason for a `*` in its resources; without one, cdk-nag lets none pass."""
    role.add_to_policy(
        iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions)
    )
    for resource in resources if wide else ():
        found = _as_found(Stack.of(role).resolve(resource))
        accept(role, f"AwsSolutions-IAM5[Resource::{found}]", wide or "")


def _as_found(resource: Any) -> str:
    """A resource as cdk-nag writes it: `<Table.Arn>/index/*`."""
    if isinstance(resource, str):
        return resource
    ((kind, content),) = resource.items()
    if kind == "Fn::Join":
        return "".join(map(_as_found, content[1]))
    return f"<{content if kind == 'Ref' else '.'.join(content)}>"


def _actions(service: str, *names: str) -> list[str]:
    return [f"{service}:{name}" for name in names]


def _indexes(table: dynamodb.ITable, *names: str) -> list[str]:
    return [f"{table.table_arn}/index/{name}" for name in names]


def _arn(scope: Construct, service: str, kind: str, name: str, separator: str = ":") -> str:
    form = ArnFormat.SLASH_RESOURCE_NAME if separator == "/" else ArnFormat.COLON_RESOURCE_NAME
    return Stack.of(scope).format_arn(service=service, resource=kind, resource_name=name, arn_format=form)
