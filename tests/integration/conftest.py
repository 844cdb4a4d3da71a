"""The handlers on a local AWS, called with the events that AWS sends them."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from local.aws import LocalAws
from tests.integration.service import Handlers, fill
from tests.permissions.recorder import call_file, recording


@pytest.fixture(scope="module", autouse=True)
def recorded() -> Iterator[None]:
    """Notes what the functions call, where the environment names a folder for that in CALLS."""
    file = call_file()
    with recording(file) if file else nullcontext():
        yield


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalAws]:
    """A local AWS with its engine, whose waits and retries are a hundred times as fast; no schedule calls by itself."""
    with LocalAws(schedule=None, time_scale=0.01) as started:
        fill()
        yield started


@pytest.fixture(scope="module")
def handlers(cloud: LocalAws) -> Handlers:
    return Handlers(cloud)
