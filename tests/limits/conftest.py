"""Whole runs at the limits of what may be published, on a local AWS."""

from collections.abc import Iterator

import pytest

from functions import action
from local.aws import LocalAws
from tests.integration.service import Handlers, fill


@pytest.fixture(scope="module")
def handlers() -> Iterator[Handlers]:
    """The service, whose Wait states and retries take a hundredth of their time, and its functions none for them."""
    with LocalAws(schedule=None, time_scale=0.01) as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setattr(action, "_sleep_until", lambda _: None)
        fill()
        yield Handlers(cloud)
