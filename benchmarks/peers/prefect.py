"""Prefect: a flow of five tasks behind an HTTP server, with Prefect's own server on SQLite."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import servers
from benchmarks.peers.peer import Connect, Peer, blocking, python_with


def find() -> list[str] | None:
    python = python_with("prefect")
    return [python] if python else None


@contextmanager
def serve(command: list[str], scratch: Path) -> Iterator[Connect]:
    api_port, port = servers.free_port(), servers.free_port()
    api, url = f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{port}"
    environment = {
        "PREFECT_HOME": str(scratch),
        "PREFECT_API_URL": f"{api}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    server = [*command, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(api_port)]
    app = [*command, "-m", "benchmarks.apps.prefect_app", str(port)]
    with (
        servers.serving(server, api, path="/api/health", environment=environment),
        servers.serving(app, url, environment=environment),
    ):
        yield blocking(url)


PEER = Peer("Prefect on SQLite", "one blocking call", find, serve)
