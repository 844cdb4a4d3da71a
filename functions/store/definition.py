"""The table as plain data: what `infra/tables.py`, local mode and the tests create it from.

Every item's key is (`pk`, `sk`); the kinds of items are drawn in `functions/store/keys.py`. An index row exists
only for items that carry both of the index's keys, so each index is sparse by nature.
"""

from dataclasses import dataclass

PARTITION_KEY = "pk"
SORT_KEY = "sk"
TIME_TO_LIVE = "expires_at"
"""Seconds since the epoch; DynamoDB deletes within days of it, so readers filter expired items themselves."""


@dataclass(frozen=True)
class Index:
    """A global secondary index: its keys (strings) and, unless it projects everything, the attributes it copies."""

    name: str
    partition_key: str
    sort_key: str
    copies: tuple[str, ...]


_EXECUTION_ROW = (
    "workflow_id",
    "workspace_id",
    "version",
    "status",
    "is_test",
    "started_at",
    "ended_at",
    "duration_ms",
    "nodes_executed",
    "error",
    "triggered_by",
    "trigger_type",
    "expires_at",
)

INDEXES = (
    Index("executions_by_start", "list_key", "start_key", _EXECUTION_ROW),
    Index("executions_by_duration", "list_key", "duration_key", _EXECUTION_ROW),
    Index("listing", "listing", "listed_at", ()),
    Index("in_flight", "in_flight", "check_at", ("execution_id", "checks", "machine_arn")),
)
"""`listing` holds workflows, tasks and notifications (by workspace and status or recipient), workspaces and keys, and
copies all of them."""


def create_table_arguments(table_name: str) -> dict[str, object]:
    """The arguments of DynamoDB's CreateTable (on demand) for this definition."""
    keys = {PARTITION_KEY, SORT_KEY} | {k for i in INDEXES for k in (i.partition_key, i.sort_key)}
    return {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": k, "AttributeType": "S"} for k in sorted(keys)],
        "KeySchema": _key_schema(PARTITION_KEY, SORT_KEY),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema(index.partition_key, index.sort_key),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.copies)}
                if index.copies
                else {"ProjectionType": "ALL"},
            }
            for index in INDEXES
        ],
    }


def _key_schema(partition_key: str, sort_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition_key, "KeyType": "HASH"},
        {"AttributeName": sort_key, "KeyType": "RANGE"},
    ]
