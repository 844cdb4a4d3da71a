"""What the service's process takes while the load goes on, as Linux tells of it in /proc."""

import threading
import time
from pathlib import Path
from typing import NamedTuple

EVERY = 1.0
"""Seconds between two samples."""


class Sample(NamedTuple):
    """At a time (seconds since the epoch): resident memory in MB, threads, open files, and sockets among them."""

    at: float
    mb: float
    threads: int
    files: int
    sockets: int


def sample(pid: int) -> Sample:
    """How a process stands now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    links = [_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    mb = int(status["VmRSS"].split()[0]) / 1024
    sockets = sum(target.startswith("socket:") for target in links)
    return Sample(time.time(), mb, int(status["Threads"]), len(links), sockets)


def settled(pid: int, baseline: Sample, seconds: float) -> Sample:
    """The last sample, once the process has no more threads and sockets than at first, or the time is up."""
    until = time.monotonic() + seconds
    while True:
        found = sample(pid)
        if (found.threads <= baseline.threads and found.sockets <= baseline.sockets) or time.monotonic() > until:
            return found
        time.sleep(0.25)


class Sampler:
    """Samples a process from the beginning of a context to its end."""

    def __init__(self, pid: int) -> None:
        self.samples: list[Sample] = []
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.is_set():
            self.samples.append(sample(self._pid))
            self._over.wait(EVERY)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
