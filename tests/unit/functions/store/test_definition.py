"""The table as plain data, as CreateTable takes it."""

from typing import Any

from functions.store.definition import INDEXES, create_table_arguments


def test_every_key_of_the_table_and_its_indexes_is_defined_once_as_a_string() -> None:
    arguments: Any = create_table_arguments("workflows")
    names = [defined["AttributeName"] for defined in arguments["AttributeDefinitions"]]
    schemas = [arguments["KeySchema"], *(index["KeySchema"] for index in arguments["GlobalSecondaryIndexes"])]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    assert sorted(used) == names
    assert {defined["AttributeType"] for defined in arguments["AttributeDefinitions"]} == {"S"}


def test_an_index_copies_what_it_names_or_everything() -> None:
    arguments: Any = create_table_arguments("workflows")
    projections = {index["IndexName"]: index["Projection"] for index in arguments["GlobalSecondaryIndexes"]}
    assert projections["listing"] == {"ProjectionType": "ALL"}
    assert projections["in_flight"]["NonKeyAttributes"] == ["execution_id", "checks", "machine_arn"]
    assert set(projections) == {index.name for index in INDEXES}


def test_it_is_billed_by_request() -> None:
    assert create_table_arguments("workflows")["BillingMode"] == "PAY_PER_REQUEST"
