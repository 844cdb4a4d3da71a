"""One local AWS, without the engine, for each module of tests that asks for it, and an empty one for each test."""

from collections.abc import Iterator

import pytest

from local.aws import LocalAws


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalAws]:
    with LocalAws(engine=False, schedule=None, variables={"SECRETS_PREFIX": "secrets"}) as started:
        yield started


@pytest.fixture
def cloud(shared: LocalAws) -> LocalAws:
    """A local AWS in which nothing was done yet."""
    shared.fresh()
    return shared
