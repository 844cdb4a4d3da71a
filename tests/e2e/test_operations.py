"""Who follows docs/operations.md against the local service comes to a first answered call, with a key of their own."""

import subprocess
import sys

from tests.e2e.service import ROOT, RunningService
from tests.e2e.test_readme import BLOCK


def test_from_nothing_to_a_first_answered_call_with_a_key_of_ones_own(service: RunningService) -> None:
    blocks = BLOCK.findall((ROOT / "docs/operations.md").read_text())
    script = "\n".join(text for kind, text in blocks if kind == "bash")
    for documented, here in (
        (".venv/bin/python", sys.executable),
        ("http://localhost:8002", service.aws_url),
        ("http://localhost:8000", service.url),
    ):
        assert documented in script
        script = script.replace(documented, here)

    done = subprocess.run(
        ["/bin/bash", "-eu", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    (answer,) = (text for kind, text in blocks if kind == "text")
    assert done.stdout.endswith(answer)
