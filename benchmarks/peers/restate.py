"""Restate: its server (npm `@restatedev/restate-server`), and a service of five steps by its Python SDK."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import servers
from benchmarks.client import Connection, Unexpected
from benchmarks.peers.peer import Connect, Peer, blocking, program, python_with


def find() -> list[str] | None:
    server, python = program("restate-server"), python_with("restate", "hypercorn")
    return [server, python] if server and python else None


@contextmanager
def serve(command: list[str], scratch: Path) -> Iterator[Connect]:
    server, python = command
    ports = {name: servers.free_port() for name in ("ingress", "admin", "node", "app")}
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    environment = {
        "RESTATE_BASE_DIR": str(scratch),
        "RESTATE_BIND_ADDRESS": at["node"],
        "RESTATE_ADVERTISED_ADDRESS": f"http://{at['node']}/",
        "RESTATE_INGRESS__BIND_ADDRESS": at["ingress"],
        "RESTATE_ADMIN__BIND_ADDRESS": at["admin"],
        "RESTATE_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }
    app = [python, "-m", "benchmarks.apps.restate_app", at["app"]]
    admin = f"http://{at['admin']}"
    service = f"http://{at['app']}"
    with (
        servers.serving([server], admin, path="/health", environment=environment),
        servers.serving(app, service, path="/health"),
    ):
        status, answer = Connection(admin).post("/deployments", {"uri": service})
        if status != 201:
            raise Unexpected(f"the service was not registered: {answer}")
        yield blocking(f"http://{at['ingress']}", "/Five/run")


PEER = Peer("Restate, Python SDK", "one blocking call", find, serve)
