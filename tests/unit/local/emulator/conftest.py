"""One local AWS for each module of tests, and fresh data for each test."""

from collections.abc import Iterator

import pytest

from local.aws import LocalAws


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalAws]:
    with LocalAws(handlers=dict.fromkeys(("action", "api", "lifecycle"), _nothing), schedule=None) as aws:
        yield aws


@pytest.fixture
def cloud(shared: LocalAws) -> LocalAws:
    shared.fresh()
    return shared


def _nothing(event: object, context: object) -> None:
    return None
