"""The service as a user runs it: `python -m local` in a process of its own, on free ports."""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]

ORIGIN = "https://app.example.com"
"""The one origin that browsers may call from."""


_WATCHED = {"CALLS", "CANARY"}


class RunningService:
    """A service from its start to its end; `url`, `stream_url` and `aws_url` are where the API, streams and AWS listen.

    `variables` are its environment, beside free ports. As a context it is ended at last. Where the environment names a
    folder in CALLS, the service notes there what its functions call (`tests/permissions`), and where it names one in
    CANARY, whether it has shown what it must not (`tests/attacks/canary.py`).
    """

    def __init__(self, **variables: str) -> None:
        environment = {
            "PATH": "/usr/bin:/bin",
            "PORT": "0",
            "STREAM_PORT": "0",
            "AWS_PORT": "0",
            "THROTTLE": "off",
            "ALLOWED_ORIGINS": ORIGIN,
            **{name: os.environ[name] for name in ("CALLS", "CANARY") if name in os.environ},
            **variables,
        }
        self._looks_for_canaries = "CANARY" in environment
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.permissions.recorded" if _WATCHED & environment.keys() else "local"],
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lines: list[str] = []
        self._ready: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.get(timeout=120)
        welcome = "\n".join(self._lines)
        self.url = _found(r"API +(http://\S+)", welcome)
        self.stream_url = _found(r"Stream +(http://\S+)", welcome)
        self.aws_url = _found(r"AWS +(http://\S+)", welcome)
        self.example = _found(r"Example +(wf_\S+)", welcome)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._looks_for_canaries:
            # It looks through what it has kept when it ends.
            self._process.terminate()
        else:
            self._process.kill()
        code = self._process.wait(timeout=60)
        assert code == 0 or not self._looks_for_canaries, f"the service ended with {code}: {self.output[-2000:]}"
        self._reader.join(timeout=10)
        if self._process.stdout:
            self._process.stdout.close()

    @property
    def output(self) -> str:
        """What it wrote to its standard output until now."""
        return "\n".join(self._lines)

    def records(self, **wanted: Any) -> list[dict[str, Any]]:
        """The JSON records in its log that have all these fields."""
        found = [json.loads(line) for line in list(self._lines) if line.startswith("{")]
        return [record for record in found if wanted.items() <= record.items()]

    def record_soon(self, **wanted: Any) -> dict[str, Any]:
        """The one record with these fields, which may still be on its way."""
        deadline = time.monotonic() + 5
        while not (found := self.records(**wanted)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(found) == 1, f"{len(found)} records with {wanted}"
        return found[0]

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.append(line.rstrip("\n"))
            if line.startswith("Run the example"):
                self._ready.put(None)
        # It ended: whoever waits for it need wait no longer.
        self._ready.put(None)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, f"no {pattern} in {text!r}"
    return match[1]
