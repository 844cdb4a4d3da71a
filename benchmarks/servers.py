"""Servers in processes of their own: started on free ports, and ended by whoever started them."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from benchmarks.client import Connection

ROOT = Path(__file__).parents[1]


class NotReady(Exception):
    """Raised when a server ends, or does not answer in time; the text has the end of what it wrote."""


@contextmanager
def serving(
    command: Sequence[str],
    url: str,
    *,
    path: str = "/",
    environment: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
    within: float = 60,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers `path` without a fault of its own, as a process group that ends with the context."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=log or subprocess.DEVNULL,
        stderr=log or subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await(process, url, path, within)
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a server that was started here, and what it started: at first in good order."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return


@contextmanager
def local_service(
    log: IO[bytes] | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """`python -m local`, without its throttle: its URL, its process, and the seconds until it was ready."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {"PORT": str(port), "STREAM_PORT": "0", "AWS_PORT": "0", "THROTTLE": "off", **(environment or {})}
    began = time.monotonic()
    with serving([sys.executable, "-m", "local"], url, path="/health", environment=variables, log=log) as process:
        yield url, process, time.monotonic() - began


@contextmanager
def echo() -> Iterator[str]:
    """The URL of a server that answers at once, for `call_api`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving([sys.executable, "-m", "benchmarks.apps.echo", str(port)], url):
        yield url


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def resident_mb(pid: int) -> float:
    """The resident memory of a process, in MB."""
    answer = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(answer.stdout) / 1024


def _await(process: subprocess.Popen[bytes], url: str, path: str, within: float) -> None:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if process.poll() is not None:
            raise NotReady(f"ended with {process.returncode}")
        if _answers(url, path):
            return
        time.sleep(0.02)
    raise NotReady(f"no answer within {within:.0f} s")


def _answers(url: str, path: str) -> bool:
    connection = Connection(url)
    try:
        return connection.status(path) < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
