"""One service for all end-to-end tests of a process, a client for each of its users, and a server for `call_api`."""

from collections.abc import Iterator

import pytest

from tests.e2e.client import KEYS, Client
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
def clients(service: RunningService) -> Iterator[dict[str, Client]]:
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
def viewer(clients: dict[str, Client]) -> Client:
    return clients["viewer"]


@pytest.fixture(scope="session")
def keyless() -> Iterator[Client]:
    """Who has no key, as a browser: what counts is in the address."""
    client = Client("http://browser.invalid", None)
    yield client
    client.close()


@pytest.fixture(scope="session")
def stranger(clients: dict[str, Client]) -> Client:
    """The admin of another workspace."""
    return clients["globex"]
