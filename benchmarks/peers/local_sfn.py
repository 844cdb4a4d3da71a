"""aws-local-stepfunctions (npm): an interpreter of Amazon States Language, in memory, behind an HTTP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import servers
from benchmarks.peers.peer import Connect, Peer, blocking, program

APP = servers.ROOT / "benchmarks" / "apps" / "local_sfn.mjs"


def find() -> list[str] | None:
    cli, node = program("local-sfn"), program("node")
    if not cli or not node:
        return None
    package = Path(cli).resolve().parents[1]
    return [node, str(APP), str(package / "build" / "main.node.esm.js")]


@contextmanager
def serve(command: list[str], scratch: Path) -> Iterator[Connect]:
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    with servers.serving([*command, str(port)], url):
        yield blocking(url)


PEER = Peer("aws-local-stepfunctions, no record", "one blocking call", find, serve)
