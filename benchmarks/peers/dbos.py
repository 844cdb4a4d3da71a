"""DBOS Transact: a Python library; a workflow of five steps on SQLite behind an HTTP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import servers
from benchmarks.peers.peer import Connect, Peer, blocking, python_with


def find() -> list[str] | None:
    python = python_with("dbos")
    return [python, "-m", "benchmarks.apps.dbos_app"] if python else None


@contextmanager
def serve(command: list[str], scratch: Path) -> Iterator[Connect]:
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    with servers.serving([*command, str(port), f"sqlite:///{scratch}/dbos.sqlite"], url):
        yield blocking(url)


PEER = Peer("DBOS on SQLite", "one blocking call", find, serve)
