"""What AWS's own services do with a role, or check for it, and no recording can see: each with its reason.

All that a role may do is either here or was seen in a test.
"""

from collections.abc import Iterator
from typing import NamedTuple

from functions.entries import ACTION, API, LIFECYCLE, STREAM
from tests.permissions.calls import HERE, Need
from tests.permissions.recording import Call


class ByAws(NamedTuple):
    """Actions on one resource, as `Need` writes it, by each of some roles."""

    reason: str
    roles: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    conditions: tuple[tuple[str, str], ...] = ()


_FUNCTIONS = (API.name, ACTION.name, LIFECYCLE.name, STREAM.name)

BY_AWS = (
    ByAws(
        "Lambda writes to its log what a function prints: "
        "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
        _FUNCTIONS,
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        f"arn:aws:logs:{HERE}:log-group:{{LOG_GROUP}}:log-stream:{{stream}}",
    ),
    ByAws(
        "Lambda sends the traces of a function: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html",
        _FUNCTIONS,
        ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        "*",
    ),
    ByAws(
        "Lambda takes messages out of the queue: "
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        (LIFECYCLE.name,),
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        "{QUEUE_ARN}",
    ),
    ByAws(
        "SES goes by the identity that is verified: the sender's address, as in the local service, or its domain: "
        "https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html",
        (ACTION.name,),
        ("ses:SendEmail",),
        f"arn:aws:ses:{HERE}:identity/{{EMAIL_DOMAIN}}",
        (("ses:FromAddress", "{EMAIL_SENDER}"),),
    ),
)


def calls_by_aws() -> Iterator[Call]:
    """Each of them as a call of a role."""
    for entry in BY_AWS:
        for role in entry.roles:
            yield from (Call(role, Need(action, entry.resource, entry.conditions)) for action in entry.actions)
