"""The second, independent engine: npm's aws-local-stepfunctions, one process for as long as it is needed.

It reads Amazon States Language by itself; only what its Task states would ask Lambda for is asked here, over a port.
"""

import itertools
import json
import queue
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self

from functions.engine import MachineRun, MachineStatus

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_suffix(".mjs")

START_SECONDS = 20
RUN_SECONDS = 30

Task = Callable[[Mapping[str, Any]], Any]
"""Answers a Task's payload. Raises TaskFailed."""


class TaskFailed(Exception):
    """Raised when a Task's function fails; `error` is the name that the machine sees."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error


class EngineLost(Exception):
    """Raised when the engine does not start, or does not answer in time."""


class SecondRun(NamedTuple):
    """How a machine's run ended, and the names of its Task states in the order they were called."""

    run: MachineRun
    states: list[str]


class SecondEngine:
    """The engine's process, from here to `close`; its Tasks are answered by `task`, several at a time."""

    def __init__(self, task: Task, scale: float) -> None:
        self._task = task
        self._numbers = itertools.count()
        self._waiting: dict[int, queue.SimpleQueue[Mapping[str, Any]]] = {}
        self._writing = Lock()
        self._workers = ThreadPoolExecutor(8, thread_name_prefix="second-engine-task")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(START_SECONDS)
            command = [_node(), str(SCRIPT), str(listening.getsockname()[1]), str(scale)]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
            try:
                self._socket, _ = listening.accept()
            except TimeoutError:
                self._process.kill()
                raise EngineLost(f"Nothing came from {command[:2]}: npm ci installs what it needs") from None
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb")
        self._reader = Thread(target=self._read, name="second-engine", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, and then whatever waits for it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=5)
        self._reader.join(timeout=5)
        self._workers.shutdown()
        self._lines.close()
        self._socket.close()

    def run(self, machine: Mapping[str, Any], name: str, data: Any) -> SecondRun:
        """Runs a machine to its end. Raises EngineLost."""
        number = next(self._numbers)
        answers = self._waiting[number] = queue.SimpleQueue()
        self._send({"run": number, "machine": machine, "input": data, "name": name})
        try:
            answer = answers.get(timeout=RUN_SECONDS)
        except queue.Empty:
            raise EngineLost(f"A run did not end within {RUN_SECONDS} s") from None
        finally:
            del self._waiting[number]
        run = MachineRun(MachineStatus(answer["status"]), answer.get("error"), answer.get("cause"))
        return SecondRun(run, answer["states"])

    def _read(self) -> None:
        for line in self._lines:
            message = json.loads(line)
            if "task" in message:
                self._workers.submit(self._answer, message["task"], message["payload"])
            elif answers := self._waiting.get(message["run"]):
                answers.put(message)

    def _answer(self, number: int, payload: Mapping[str, Any]) -> None:
        try:
            self._send({"task": number, "output": self._task(payload)})
        except TaskFailed as failure:
            self._send({"task": number, "error": failure.error, "cause": str(failure)})

    def _send(self, message: Mapping[str, Any]) -> None:
        with self._writing:
            self._socket.sendall(json.dumps(message).encode() + b"\n")


def _node() -> str:
    """The project's own Node, else the one in the path."""
    own = ROOT / ".venv" / "bin" / "node"
    found = str(own) if own.exists() else shutil.which("node")
    if found is None:
        raise EngineLost("There is no Node here: requirements-dev.txt brings one")
    return found
