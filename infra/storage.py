"""What is kept outside of the table: bodies too large for it, and the secret that the tickets of streams are signed by.

Their logical ids are fixed, so that they stay what they are wherever the constructs move in the stack.
"""

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IConstruct

from infra.findings import accept
from infra.permissions import BODIES, LINKED
from infra.stage import Stage

_LONGEST_RUN_DAYS = 365
"""The longest `timeoutSeconds` that a workflow may have."""
_SPARE_DAYS = 2
"""DynamoDB deletes what has expired within days, and nothing that it still refers to may be gone before."""


class LargeBodies(s3.Bucket):
    """Bodies too large for the table, for as long as a record can refer to one; links' copies, for a day.

    A record is kept from the end of the longest that its run may take; S3 knows only when a body was written. So a body
    may outlive its record, by a year at most, and is never gone before it.
    """

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        kept = Duration.days(stage.retention_days + _LONGEST_RUN_DAYS + _SPARE_DAYS)
        super().__init__(
            scope,
            id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(id="bodies", prefix=BODIES, expiration=kept),
                s3.LifecycleRule(id="links", prefix=LINKED, expiration=Duration.days(1)),
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        _name(self, "LargeBodies")
        accept(
            self,
            "AwsSolutions-S1",
            "Only the functions' roles reach this bucket, and who holds a link of theirs, which lasts an hour. Their "
            "requests are in the audit trail; S3's own logs would name the same roles again.",
        )


class TicketSecret(secretsmanager.Secret):
    """Random text, made by Secrets Manager: nobody has seen it."""

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        super().__init__(
            scope,
            id,
            secret_name=name,
            description="Signs the tickets by which browsers read streams",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN,
        )
        _name(self, "StreamTickets")
        accept(
            self,
            "AwsSolutions-SMG4",
            "A ticket lasts 24 hours, and is good under the secret before as well: putting a new value is all that "
            "a rotation takes, by hand or by schedule. A function that does it would be one more that can read it.",
        )


def _name(construct: IConstruct, logical_id: str) -> None:
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)
    resource.override_logical_id(logical_id)
