"""What a driver tells of a peer, and how its programs are found."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Connection, Unexpected
from benchmarks.samples import Run

Connect = Callable[[], Run]
"""Makes a client on a connection of its own, which runs five steps and returns when they have ended."""


@dataclass(frozen=True)
class Peer:
    """`find` gives the command that it is started by, or None; `serve` serves it in a scratch directory."""

    name: str
    waits: str
    find: Callable[[], list[str] | None]
    serve: Callable[[list[str], Path], AbstractContextManager[Connect]]


def program(name: str) -> str | None:
    """A program of the directories of `PEERS_BIN`, beside this Python, or of `PATH`."""
    places = [os.environ.get("PEERS_BIN", ""), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return shutil.which(name, path=os.pathsep.join(place for place in places if place))


def python_with(*modules: str) -> str | None:
    """A Python, of the directories of `PEERS_BIN` or this one, that has these modules."""
    found = [shutil.which("python", path=place) for place in os.environ.get("PEERS_BIN", "").split(os.pathsep) if place]
    check = f"import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, {modules!r})))"
    for python in [*filter(None, found), sys.executable]:
        if subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0:
            return python
    return None


def blocking(url: str, path: str = "/run") -> Connect:
    """Clients of a server that answers 200 to a POST when the run has ended."""

    def connect() -> Run:
        connection = Connection(url)

        def run() -> None:
            status, answer = connection.post(path, {})
            if status != 200:
                raise Unexpected(f"{status}: {str(answer)[:200]}")

        return run

    return connect
