"""The same run of five trivial steps on what people use instead, where it is installed.

Nothing is installed here: a peer is looked for in the directories of `PEERS_BIN` (as in `PATH`), beside this Python,
and on `PATH`.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks import servers, throughput
from benchmarks.client import Unexpected
from benchmarks.peers import dbos, local_sfn, moto_server, prefect, restate
from benchmarks.peers.peer import Peer
from benchmarks.report import Report, milliseconds
from benchmarks.samples import Load, Samples, by_clients, one_by_one, timed
from benchmarks.servers import NotReady

PEERS = (local_sfn.PEER, restate.PEER, moto_server.PEER, dbos.PEER, prefect.PEER)

CLIENTS = 8
ONE_BY_ONE = 40
TOGETHER = 200
SECONDS = 6.0

HOW = """A run is five trivial steps in sequence, started over HTTP on this machine and waited for as each product
offers it. *First run* is from starting its processes to the end of the first run. The figures of what only keeps
its runs in memory say how quick an engine without a record is. `benchmarks/README.md` says how each is set up."""

HEADINGS = ("product (how the client waits)", "first run s", "p50 ms", "p95 ms", f"runs/s, {CLIENTS} clients")


def measure() -> Report:
    report = Report("Beside others", HOW, HEADINGS)
    _row(report, "this service (one blocking call)", *_ours())
    for peer in PEERS:
        print(f"  {peer.name}", file=sys.stderr, flush=True)
        name = f"{peer.name} ({peer.waits})"
        command = peer.find()
        if command is None:
            report.add(name, "not installed", "–", "–", "–")
            continue
        try:
            _row(report, name, *_theirs(peer, command))
        except (NotReady, Unexpected, OSError) as error:
            report.add(name, "did not run", "–", "–", "–")
            report.notes.append(f"{peer.name}: {error}")
    return report


def _ours() -> tuple[float, Samples, Load]:
    began = time.monotonic()
    with servers.local_service() as (url, _, _):
        connect = throughput.runner(url)
        run = connect()
        first = time.monotonic() - began
        alone = one_by_one(run, ONE_BY_ONE, SECONDS)
        return first, alone, by_clients(connect, CLIENTS, TOGETHER, SECONDS)


def _theirs(peer: Peer, command: list[str]) -> tuple[float, Samples, Load]:
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        peer.serve(command, Path(scratch)) as connect,
    ):
        run = connect()
        run()
        first = time.monotonic() - began
        timed(run)
        alone = one_by_one(run, ONE_BY_ONE, SECONDS)
        return first, alone, by_clients(connect, CLIENTS, TOGETHER, SECONDS)


def _row(report: Report, name: str, first: float, alone: Samples, load: Load) -> None:
    figures = milliseconds(alone.p50), milliseconds(alone.p95), f"{load.per_second:.1f}"
    report.add(name, f"{first:.1f}", *figures)
