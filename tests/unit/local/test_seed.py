"""What `demo.json` makes of an empty local AWS."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions import aws
from functions.deployment import Deployment
from functions.gateway import PLANS
from functions.store import keys, members, table, tenants
from local import seed
from local.aws import LocalAws
from local.seed import Demo
from local.usage_plans import list_keys


@pytest.fixture(scope="module")
def demo() -> Demo:
    return seed.demo()


@pytest.fixture(scope="module")
def key_ids(demo: Demo) -> Iterator[dict[str, str]]:
    with LocalAws(engine=False, schedule=None):
        yield seed.fill(demo, Deployment("stack", seed.create_plans(aws.apigateway())))


def test_each_key_is_on_the_plan_of_its_tier(demo: Demo, key_ids: dict[str, str]) -> None:
    listed = list_keys(boto3.client("apigateway"))
    assert {value: key.plan for value, key in listed.items()} == {key.value: PLANS[key.tier] for key in demo.keys}
    assert {value: key.id for value, key in listed.items()} == key_ids


@pytest.mark.parametrize(
    ("value", "user", "slug", "role", "tier"),
    [
        ("local-acme-admin-premium-key", "user_admin", "acme", "admin", "premium"),
        ("local-acme-member-premium-key", "user_member", "acme", "member", "premium"),
        ("local-acme-viewer-premium-key", "user_viewer", "acme", "viewer", "premium"),
        ("local-acme-member-standard-key", "user_standard", "acme", "member", "standard"),
        ("local-globex-admin-premium-key", "user_globex", "globex", "admin", "premium"),
    ],
)
def test_a_key_belongs_to_its_user(
    key_ids: dict[str, str], value: str, user: str, slug: str, role: str, tier: str
) -> None:
    key = tenants.Key.from_item(table.get(keys.api_key(key_ids[value])) or {})
    workspace = tenants.Workspace.from_item(table.get(tenants.workspace_key(slug)) or {})
    assert (key.user, key.tier, key.roles) == (user, tier, {workspace.id: role})


def test_the_members_and_the_keys_of_the_demo_are_listed(key_ids: dict[str, str]) -> None:
    acme = tenants.find_workspace("acme")
    assert acme
    roles = {member.user: member.role for member in members.members_of(acme.id)}
    assert roles == {"user_admin": "admin", "user_member": "member", "user_viewer": "viewer", "user_standard": "member"}
    assert {key.id for key in members.all_keys()} == set(key_ids.values())


@pytest.mark.parametrize(("slug", "community_id"), [("acme", 123), ("globex", 456)])
def test_a_workspace_is_found_by_its_community(key_ids: dict[str, str], slug: str, community_id: int) -> None:
    workspace = tenants.find_community(community_id)
    assert workspace is not None
    assert workspace.slug == slug
    assert re.fullmatch(r"ws_[0-9a-f]{32}", workspace.id)


def test_the_example_is_published_by_its_key_through_the_api(demo: Demo) -> None:
    events = []

    def api(function: str, event: dict[str, Any]) -> object:
        events.append((function, event))
        return {"statusCode": 201, "body": json.dumps({"workflow": {"id": "wf_1"}})}

    assert seed.publish(demo.example, "key-id", api) == "wf_1"
    ((function, event),) = events
    assert (function, event["httpMethod"]) == ("api", "POST")
    assert event["resource"] == "/api/workspaces/{slug}/workflows"
    assert event["pathParameters"] == {"slug": "acme"}
    assert event["requestContext"]["identity"]["apiKeyId"] == "key-id"
    assert json.loads(event["body"])["name"] == "User Onboarding"


def test_a_refused_example_is_not_passed_over(demo: Demo) -> None:
    refusal = {"statusCode": 400, "body": '{"error": "WORKFLOW_INVALID"}'}
    with pytest.raises(seed.SeedFailed, match="WORKFLOW_INVALID"):
        seed.publish(demo.example, "key-id", lambda function, event: refusal)
