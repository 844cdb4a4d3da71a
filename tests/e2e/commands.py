"""The admin command, as an operator runs it against a running service."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.e2e.service import ROOT

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
"""What a newcomer has: nothing of AWS's."""


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def trail(self) -> list[dict[str, Any]]:
        """The lines of the audit trail, which are all that a command that did well writes to its standard error."""
        return [json.loads(line) for line in self.err.splitlines()]


class Admin:
    """Runs commands against the AWS of a service."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, *arguments: str, out: int = subprocess.PIPE, **environment: str) -> Ran:
        command = [sys.executable, "-m", "functions.admin", "--endpoint-url", self.url, *arguments]
        env = ENVIRONMENT | environment
        ran = subprocess.run(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60)
        assert "Traceback" not in ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def json(self, line: str) -> Any:
        return self(*line.split(), "--json").document
