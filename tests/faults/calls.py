"""What a call to AWS is named in the matrix: who makes it, for what, and what it asks for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from functions.routes.table import ROUTES

Params = Mapping[str, Any]

_PARTITIONS = {
    "WORKSPACE": "workspace",
    "WORKSPACE_ID": "workspace",
    "COMMUNITY": "workspace",
    "KEY": "key",
    "IDEM": "idempotency key",
    "NOTE": "notification",
    "TASK": "task",
}
_OF_WORKFLOW = {"META": "workflow", "CURRENT": "current version", "V": "version", "STATS": "counters"}
_OF_EXECUTION = {"META": "head", "INPUT": "input", "STEP": "step", "OUT": "step's body"}


class Place(NamedTuple):
    """One call: the function, what it works on (a route, a node, an event), the call, and which of its kind it is."""

    function: str
    work: str
    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.function} {self.work}: {self.call}" + (f" (no. {self.number})" if self.number > 1 else "")


def work_of(function: str, event: Mapping[str, Any]) -> str:
    """What an invocation is about."""
    if function == "api":
        return next(r.operation for r in ROUTES if (r.method, r.path) == (event["httpMethod"], event["resource"]))
    if function == "action":
        what = {"from": " (fold)", "behind": " (fold behind)"}.get(event.get("fold", ""), "")
        return f"{event['node']}{what}{' (crashed)' if event.get('crashed') else ''}"
    return "event" if "Records" in event else "schedule"


def name_of(service: str, operation: str, params: Params) -> str:
    """The call in a few words: `UpdateItem head: commit`."""
    if service != "dynamodb":
        return {"GetSecretValue": f"GetSecretValue {_secret(params)}"}.get(operation, operation)
    if operation == "TransactWriteItems":
        parts = [next(iter(part.values())) for part in params["TransactItems"]]
        return f"TransactWriteItems {_listed(_item(part.get('Key') or part['Item']) for part in parts)}"
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return f"{operation} {_listed(_batched(params))}"
    if operation == "Query":
        return f"Query {params.get('IndexName') or _queried(params)}"
    kind = _item(params.get("Key") or params["Item"])
    return f"{operation} {kind}{_purpose(params) if (operation, kind) == ('UpdateItem', 'head') else ''}"


def _purpose(params: Params) -> str:
    expression = params["UpdateExpression"]
    if "in_flight" in expression:
        return ": landed"
    if "check_at" in expression:
        return ": look put off"
    return ": attempt begins" if "started = " in expression else ": commit"


def _batched(params: Params) -> list[str]:
    (asked,) = params["RequestItems"].values()
    keys = asked["Keys"] if isinstance(asked, dict) else [write["PutRequest"]["Item"] for write in asked]
    return [_item(key) for key in keys]


def _queried(params: Params) -> str:
    values = [value["S"] for value in params["ExpressionAttributeValues"].values() if "S" in value]
    return _item({"pk": {"S": values[0]}, "sk": {"S": values[1]}}).removesuffix("s") + "s"


def _item(key: Params) -> str:
    """The kind of item under a key."""
    partition = key["pk"]["S"].partition("#")[0]
    sort = key["sk"]["S"].partition("#")[0]
    if partition == "WF":
        return _OF_WORKFLOW[sort]
    return _OF_EXECUTION[sort] if partition == "EXEC" else _PARTITIONS[partition]


def _listed(kinds: Any) -> str:
    return " + ".join(dict.fromkeys(kinds))


def _secret(params: Params) -> str:
    return "of tickets" if "VersionStage" in params else "of the workspace"
