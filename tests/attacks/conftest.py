"""One service for all attacks of a process, and a client for each of those who attack it."""

from collections.abc import Iterator

import pytest

from tests.e2e.client import KEYS, Client
from tests.e2e.commands import Admin
from tests.e2e.service import RunningService
from tests.e2e.target import Target


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    target = Target()
    yield target
    target.close()


@pytest.fixture(scope="session")
def service(target: Target) -> Iterator[RunningService]:
    with RunningService(CALL_API_ALLOW=target.address) as service:
        yield service


@pytest.fixture(scope="session")
def run(service: RunningService) -> Admin:
    """The admin command, for users that the demo does not have."""
    return Admin(service.aws_url)


@pytest.fixture(scope="session")
def clients(service: RunningService) -> Iterator[dict[str, Client]]:
    """By the names of the demo's keys; `nobody` has none."""
    clients = {name: Client(service.url, key) for name, key in KEYS.items()}
    clients["nobody"] = Client(service.url, None)
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="session")
def admin(clients: dict[str, Client]) -> Client:
    return clients["admin"]


@pytest.fixture(scope="session")
def member(clients: dict[str, Client]) -> Client:
    return clients["member"]


@pytest.fixture(scope="session")
def stranger(clients: dict[str, Client]) -> Client:
    """The admin of another workspace."""
    return clients["globex"]
