"""What the local service holds at its start, from `demo.json`: usage plans, workspaces, keys and one workflow."""

import json
import uuid
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from functions import api_keys
from functions.deployment import Deployment
from functions.gateway import PLANS
from functions.routes.table import ROUTES
from functions.store.members import set_role
from functions.store.tenants import Key, Role, Workspace, save_workspace
from local.gateway import Invoke
from local.proxy import ProxyRequest
from local.resources import Resources

_DEMO = Path(__file__).with_name("demo.json")


class SeedFailed(Exception):
    """Raised when the API does not accept the example workflow; the text has its answer."""


class DemoKey(BaseModel):
    """`workspace` is the slug of the one workspace that the key has a role in."""

    model_config = ConfigDict(frozen=True)

    value: str
    user: str
    workspace: str
    role: Role
    tier: str


class Example(BaseModel):
    """A workflow, whose key publishes it, and trigger data to run it with."""

    model_config = ConfigDict(frozen=True)

    workspace: str
    key: str
    trigger_data: dict[str, Any]
    definition: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/api/workspaces/{self.workspace}/workflows"


class Demo(BaseModel):
    model_config = ConfigDict(frozen=True)

    workspaces: tuple[Workspace, ...]
    keys: tuple[DemoKey, ...]
    example: Example


def demo() -> Demo:
    return Demo.model_validate_json(_DEMO.read_bytes())


def create_plans(apigateway: Any) -> dict[str, str]:
    """Makes the usage plans. Answers their ids, as the stack on AWS has them among its outputs."""
    return {f"{tier.capitalize()}PlanId": _create_plan(apigateway, tier) for tier in PLANS}


def fill(demo: Demo, at: Deployment) -> dict[str, str]:
    """Makes workspaces, members and keys, as the admin command does. Answers the ids of the keys, by value."""
    workspace_ids = {workspace.slug: save_workspace(workspace).id for workspace in demo.workspaces}
    ids = {}
    for key in demo.keys:
        set_role(workspace_ids[key.workspace], key.user, key.role)
        made = api_keys.create(at, key.user, key.tier, "demo", _show_nobody, value=key.value)
        ids[key.value] = made.key.id
    return ids


def _show_nobody(key: Key, value: str) -> None:
    """The demo's values are known beforehand."""


def publish(example: Example, key_id: str, invoke: Invoke) -> str:
    """Publishes the example as its user would, through the API. Answers its id. Raises SeedFailed."""
    resource = Resources((route.method, route.path) for route in ROUTES).find(example.path)
    if resource is None:
        raise SeedFailed(f"there is no route {example.path}")
    request = ProxyRequest(
        method="POST",
        path=example.path,
        resource=resource,
        request_id=str(uuid.uuid4()),
        api_key=example.key,
        api_key_id=key_id,
        source_ip="127.0.0.1",
        headers=[("content-type", "application/json"), ("x-api-key", example.key)],
        body=json.dumps(example.definition).encode(),
    )
    answer: Any = invoke("api", request.event())
    if answer["statusCode"] != 201:
        raise SeedFailed(f"the example workflow was not accepted: {answer['body']}")
    workflow_id: str = json.loads(answer["body"])["workflow"]["id"]
    return workflow_id


def _create_plan(apigateway: Any, tier: str) -> str:
    plan = PLANS[tier]
    created = apigateway.create_usage_plan(name=tier, throttle={"rateLimit": plan.rate, "burstLimit": plan.burst})
    plan_id: str = created["id"]
    return plan_id
