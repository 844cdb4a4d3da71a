"""The AWS clients: how long each waits, and how often it tries."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions import aws
from local.aws import LocalAws

SERVED = {
    aws.dynamodb: ("dynamodb", 5, 3),
    aws.stepfunctions: ("stepfunctions", 5, 3),
    aws.sns: ("sns", 5, 3),
    aws.s3: ("s3", 5, 3),
    aws.secretsmanager: ("secretsmanager", 5, 3),
    # What knows no idempotency token is tried once.
    aws.ses: ("ses", 5, 1),
    # For a person, who waits longer than a function does.
    aws.apigateway: ("apigateway", 20, 8),
    aws.cloudformation: ("cloudformation", 20, 3),
    aws.sts: ("sts", 20, 3),
}


@pytest.fixture(scope="module", autouse=True)
def _cloud() -> Iterator[None]:
    with LocalAws(engine=False, schedule=None):
        yield


@pytest.mark.parametrize("make", SERVED, ids=[name for name, *_ in SERVED.values()])
def test_each_has_its_bounds_and_is_made_once(make: Callable[[], Any]) -> None:
    client, (name, seconds, attempts) = make(), SERVED[make]
    assert make() is client
    assert client.meta.service_model.service_name == name
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, seconds)
    assert (config.retries["mode"], config.retries["total_max_attempts"]) == ("standard", attempts)
    assert config.max_pool_connections == 50
