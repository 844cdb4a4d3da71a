"""The local service in this process, where its functions can be metered and a machine by hand can run beside it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from local.emulator import functions
from local.service import Service
from local.settings import LocalSettings


@contextmanager
def service(reachable: str) -> Iterator[str]:
    """The URL of a service without its throttle, whose `call_api` may call the server at `reachable`."""
    settings = LocalSettings(port=0, stream_port=0, aws_port=0, throttle=False)
    with _environment(CALL_API_ALLOW=urlsplit(reachable).netloc), quiet(), Service(settings) as running:
        yield running.url


def settle() -> None:
    """Wait until no function runs any more: what follows an execution's end is not to fall on the next one."""
    time.sleep(0.01)
    running = functions.current()
    with running.changed:
        running.changed.wait_for(lambda: running.running == 0, timeout=5)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def quiet() -> Iterator[None]:
    """Lets the service's logs, which go to standard output, go nowhere, whoever holds that stream already."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
