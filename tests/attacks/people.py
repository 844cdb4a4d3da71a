"""Everybody who might ask for something, and what of acme's they ask for."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from tests.e2e.client import KEYS, WS, Client, Workflow, node, note, until
from tests.e2e.commands import Admin
from tests.e2e.service import RunningService
from tests.e2e.streams import begin

Json = Any
People = Mapping[str, Client]

DEFINITION: Json = {
    "name": "Payroll",
    "actions": [
        node("pause", "wait", {"durationMs": "{{trigger.ms || `0`}}"}),
        node("todo", "create_task", {"title": "Look at it"}),
        note(recipient="user_member"),
    ],
}
"""Ends at once, unless the trigger says otherwise."""

GRANTED = {"view": "can_view", "exec": "can_execute", "edit": "can_edit"}
"""What is granted to whom."""
USERS = {
    "other": "user_globex",
    "viewer": "user_viewer",
    "member": "user_member",
    "owner": "user_standard",
    "admin": "user_admin",
    **dict.fromkeys(GRANTED, "guest"),
}
"""Whose keys the people of the matrix hold."""


@contextmanager
def people(service: RunningService, run: Admin) -> Iterator[People]:
    """A client for each column of the matrix."""
    guest = run.json("keys create --user guest --tier premium --name laptop")["value"]
    keys = {
        "none": None,
        "unknown": "x" * 30,
        "revoked": _revoked(service, run),
        "other": KEYS["globex"],
        "viewer": KEYS["viewer"],
        "member": KEYS["member"],
        "owner": KEYS["standard"],
        "admin": KEYS["admin"],
        **dict.fromkeys(GRANTED, guest),
    }
    found = {name: Client(service.url, key) for name, key in keys.items()}
    yield found
    for client in found.values():
        client.close()


def _revoked(service: RunningService, run: Admin) -> str:
    """The value of a key that was good, and is no longer."""
    made = run.json("keys create --user user_admin --tier premium --name lost")
    client = Client(service.url, made["value"])
    assert client.get(WS).status_code == 200
    run.json(f"keys revoke {made['key_id']}")
    until(lambda: client.get(WS).status_code == 401)
    client.close()
    return str(made["value"])


@dataclass(frozen=True)
class Belongings:
    """What of acme's there is to ask for, by whose it is: each granted user has a workflow that grants one thing."""

    workflows: Mapping[str, Workflow]
    ended: Mapping[str, str]
    sleeping: Mapping[str, str]
    task: str

    def path(self, template: str, who: str, *, ended: bool = True) -> str:
        """A route's path with the ids of what `who` asks for."""
        executions = self.ended if ended else self.sleeping
        mine = who if who in GRANTED else "owner"
        names = {"workflow_id": self.workflows[mine].wf, "execution_id": executions[mine], "task_id": self.task}
        return template.format(slug="acme", **names)


def belongings(everybody: People) -> Belongings:
    """New ones, published by the owner, who grants what is to be granted."""
    owner = everybody["owner"]
    workflows = {name: owner.publish(**DEFINITION) for name in ("owner", *GRANTED)}
    for name, granted in GRANTED.items():
        grant = {each: each == granted for each in GRANTED.values()}
        answer = owner.put(f"{workflows[name].v1}/permissions", json={"grants": [{"user_id": "guest", **grant}]})
        assert answer.status_code == 200, answer.text
    ended = {name: owner.run(workflow)["id"] for name, workflow in workflows.items()}
    sleeping = {name: sleeper(owner, workflow) for name, workflow in workflows.items()}
    (task, *_) = owner.get("/api/workspaces/acme/tasks").json()["tasks"]
    return Belongings(workflows, ended, sleeping, task["id"])


def sleeper(owner: Client, workflow: Workflow) -> str:
    """The id of a new execution that only a cancel ends."""
    return str(begin(owner, workflow, triggerData={"ms": 3_600_000})["id"])


def as_uuid(text: str) -> str:
    """An id as v1 spells it."""
    return str(uuid.UUID(text.partition("_")[2]))


class Stock:
    """All that the service keeps: the items of its table, and its state machines."""

    def __init__(self, service: RunningService) -> None:
        self._clients = {name: aws(service, name) for name in ("dynamodb", "stepfunctions")}

    def taken(self) -> Json:
        """Everything there is now, to be compared with what there was."""
        pages = self._clients["dynamodb"].get_paginator("scan").paginate(TableName="workflows")
        items = {(item["pk"]["S"], item["sk"]["S"]): _without_looks(item) for page in pages for item in page["Items"]}
        machines = self._clients["stepfunctions"].list_state_machines()["stateMachines"]
        return items, sorted(machine["name"] for machine in machines)

    def settled(self) -> Json:
        """The same, once nothing changes any more."""
        return until(lambda: (found := self.taken()) == self.taken() and found)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def aws(service: RunningService, name: Json) -> Json:
    """A client of the service's AWS, as `aws --endpoint-url` talks to it."""
    return boto3.client(
        name,
        endpoint_url=service.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def _without_looks(item: Json) -> Json:
    """An item without what the schedule notes of its looks at what runs."""
    return {name: value for name, value in item.items() if name not in ("check_at", "checks")}


def logged(service: RunningService, ids: list[str]) -> Callable[[str], list[Json]]:
    """What the log has of each of these requests, by its id. The gateway's own record is the last of a request."""

    def by_id() -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        ended = set()
        for record in service.records():
            ended.add(record.get("requestId"))
            found.setdefault(record.get("request_id") or record.get("requestId") or "", []).append(record)
        return found if ended >= set(ids) else {}

    found = until(by_id) if ids else {}
    return lambda request_id: found[request_id]
