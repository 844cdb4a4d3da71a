"""No deployment replaces or deletes what holds data, addresses that were given out, or names that machines have."""

from typing import Any

import pytest

from tests.infra.data_resources import HOLDS, held, recorded
from tests.infra.synthesis import stages, template

HINT = (
    "CloudFormation would replace or delete {names}, and lose {lost}. If that is meant, or they are new: "
    "python -m tests.infra.data_resources"
)
STAGES = sorted(stages())


def check(stage: str, template: dict[str, Any]) -> None:
    before, after = recorded()[stage], held(template)
    differing = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    lost = {HOLDS[(before.get(name) or after[name])["type"]] for name in differing}
    assert differing == [], HINT.format(names=", ".join(differing), lost=", ".join(sorted(lost)))


@pytest.mark.parametrize("stage", STAGES)
def test_what_holds_data_stays_what_it_is(stage: str) -> None:
    check(stage, template(stage))


def test_every_stage_is_recorded() -> None:
    assert sorted(recorded()) == STAGES


class TestNoticing:
    """Each of these changes would lose something, and is noticed whatever resource it happens to."""

    PROD = "prod"

    @pytest.fixture
    def resources(self) -> dict[str, Any]:
        """All of the stack's, among them those that hold something."""
        return dict(template(self.PROD)["Resources"])

    def notices(self, resources: dict[str, Any], named: str, **changes: Any) -> None:
        """Checks the template with these resources in the place of the `named` one."""
        changed = {name: resource for name, resource in resources.items() if name != named} | changes
        with pytest.raises(AssertionError, match=named):
            check(self.PROD, {"Resources": changed})

    def test_a_resource_that_is_gone(self, resources: dict[str, Any]) -> None:
        for name in recorded()[self.PROD]:
            self.notices(resources, name)

    def test_another_logical_id(self, resources: dict[str, Any]) -> None:
        for name in recorded()[self.PROD]:
            self.notices(resources, name, Moved=resources[name])

    def test_its_deletion_with_the_stack(self, resources: dict[str, Any]) -> None:
        for name in [name for name, resource in recorded()[self.PROD].items() if resource["kept"]]:
            self.notices(resources, name, **{name: {**resources[name], "DeletionPolicy": "Delete"}})

    def test_a_property_that_it_can_only_be_created_with(self, resources: dict[str, Any]) -> None:
        for name, resource in recorded()[self.PROD].items():
            for fixed in resource["created_with"]:
                properties = {**resources[name]["Properties"], fixed: "other"}
                self.notices(resources, name, **{name: {**resources[name], "Properties": properties}})


@pytest.mark.parametrize("stage", STAGES)
def test_what_holds_data_outlives_the_stack(stage: str) -> None:
    always = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"}
    kept = {resource["type"] for resource in held(template(stage)).values() if resource["kept"]}
    assert always <= kept
    assert ("AWS::Logs::LogGroup" in kept) == (stage == "prod")
