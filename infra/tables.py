"""The one table, with the keys and indexes of `functions/store/definition.py`."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from functions.store.definition import INDEXES, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE, Index


class WorkflowTable(Construct):
    """On demand, restorable to any second of the last 35 days, and kept whatever happens to the stack.

    CloudFormation answers a change of the keys by a new, empty table. Three things stand in its way: the name is fixed,
    and a table with a name of its own cannot be replaced; so is the logical id, wherever the construct moves in the
    stack; and DynamoDB refuses to delete it.
    """

    def __init__(self, scope: Construct, id: str, *, table_name: str) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=table_name,
            partition_key=_string(PARTITION_KEY),
            sort_key=_string(SORT_KEY),
            time_to_live_attribute=TIME_TO_LIVE,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for index in INDEXES:
            self._add(index)
        _resource(self.table).override_logical_id("WorkflowTable")

    def _add(self, index: Index) -> None:
        self.table.add_global_secondary_index(
            index_name=index.name,
            partition_key=_string(index.partition_key),
            sort_key=_string(index.sort_key),
            projection_type=dynamodb.ProjectionType.INCLUDE if index.copies else dynamodb.ProjectionType.ALL,
            non_key_attributes=list(index.copies) or None,
        )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _resource(table: dynamodb.Table) -> dynamodb.CfnTable:
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)
    return resource
