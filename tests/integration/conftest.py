"""The handlers on a local AWS, called with the events that AWS sends them."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from functions.store.members import add_key, set_role
from functions.store.tenants import Key, Role, save_workspace
from local.aws import LocalAws
from tests.integration.service import ACME, GLOBEX, Handlers
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
        _fill()
        yield started


@pytest.fixture(scope="module")
def handlers(cloud: LocalAws) -> Handlers:
    return Handlers(cloud)


def _fill() -> None:
    for workspace in (ACME, GLOBEX):
        save_workspace(workspace)
    for user, role, workspace in (
        ("admin", Role.ADMIN, ACME),
        ("member", Role.MEMBER, ACME),
        ("viewer", Role.VIEWER, ACME),
        ("globex", Role.ADMIN, GLOBEX),
    ):
        set_role(workspace.id, user, role)
        add_key(Key(id=f"key_{user}", user=user, tier="premium", roles={}))
