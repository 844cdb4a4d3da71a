"""The deployed table is the one that local mode and the tests create, and CloudFormation cannot lose it."""

from pathlib import Path
from typing import Any

import pytest

from functions.store.definition import TIME_TO_LIVE, create_table_arguments

NAME = "workflows-test"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return synthesise(tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="module")
def table(template: dict[str, Any]) -> dict[str, Any]:
    resource: dict[str, Any] = template["Resources"]["WorkflowTable"]
    return resource


def test_the_stack_holds_one_table_and_nothing_else(template: dict[str, Any]) -> None:
    assert [resource["Type"] for resource in template["Resources"].values()] == ["AWS::DynamoDB::Table"]


def test_keys_indexes_and_billing_are_those_of_the_definition(table: dict[str, Any]) -> None:
    defined = create_table_arguments(NAME)
    deployed = {key: table["Properties"][key] for key in defined}
    assert by_name(deployed) == by_name(defined)


def test_nothing_beyond_the_definition_but_what_protects_the_data(table: dict[str, Any]) -> None:
    beyond = {k: v for k, v in table["Properties"].items() if k not in create_table_arguments(NAME)}
    assert beyond == {
        "TimeToLiveSpecification": {"AttributeName": TIME_TO_LIVE, "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "DeletionProtectionEnabled": True,
    }


def test_the_table_survives_the_stack_and_a_replacement(table: dict[str, Any]) -> None:
    assert table["DeletionPolicy"] == "Retain"
    assert table["UpdateReplacePolicy"] == "Retain"


def test_a_change_that_needs_another_table_is_refused_since_this_one_has_a_name(table: dict[str, Any]) -> None:
    assert table["Properties"]["TableName"] == NAME


def test_moving_the_construct_keeps_the_table(template: dict[str, Any], tmp_path: Path) -> None:
    assert synthesise(tmp_path, construct_id="Elsewhere")["Resources"].keys() == template["Resources"].keys()


def synthesise(outdir: Path, construct_id: str = "Data") -> dict[str, Any]:
    # The CDK takes seconds to import: only where the tests run, not in every process that collects them.
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template

    from infra.tables import WorkflowTable

    stack = Stack(App(outdir=str(outdir)), "Test")
    WorkflowTable(stack, construct_id, table_name=NAME)
    return dict(Template.from_stack(stack).to_json())


def by_name(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same table in one order, since attributes and indexes come in any."""
    attributes = sorted(arguments["AttributeDefinitions"], key=lambda a: a["AttributeName"])
    indexes = sorted(arguments["GlobalSecondaryIndexes"], key=lambda i: i["IndexName"])
    return arguments | {"AttributeDefinitions": attributes, "GlobalSecondaryIndexes": indexes}
