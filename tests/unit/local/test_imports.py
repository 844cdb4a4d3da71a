"""What the local service does not import. Each test asks a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def asked(statements: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", statements], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return process.stdout.strip()


ENGINE = "import moto.stepfunctions.parser.asl.parse.asl_parser"


def test_the_engine_brings_ec2_unless_it_is_kept_out() -> None:
    """Fails when moto no longer does, and the stand-in can go."""
    assert asked(f"import sys; {ENGINE}; print('moto.ec2' in sys.modules)") == "True"


def test_the_engine_can_be_imported_without_batch() -> None:
    statements = f"""
import sys
from local.emulator.imports import without_batch
with without_batch():
    {ENGINE}
print([name for name in sys.modules if name.startswith(("moto.ec2", "moto.batch"))])
"""
    assert asked(statements) == "[]"


def test_batch_can_be_imported_afterwards() -> None:
    statements = f"""
from local.emulator.imports import without_batch
with without_batch():
    {ENGINE}
from moto.batch.utils import JobStatus
print(JobStatus.job_statuses())
"""
    assert "RUNNABLE" in asked(statements)


def test_nobody_who_does_not_ask_cloudformation_waits_for_it() -> None:
    """moto's imports every service that it can deploy, which takes a second."""
    statements = """
import sys
from local.aws import LocalAws
with LocalAws(schedule=None, port=0):
    print([name for name in sys.modules if name.startswith(("moto.cloudformation", "moto.ec2"))])
"""
    assert asked(statements) == "[]"


def test_cloudformation_needs_only_what_is_installed_for_running_locally() -> None:
    names = re.findall(r"^([\w.-]+)==", (ROOT / "requirements-local.txt").read_text(), re.MULTILINE)
    pinned = sorted(re.sub(r"[-_.]+", "-", name).lower() for name in names)
    statements = f"""
import importlib.metadata as metadata
import sys

class OnlyPinned:
    owners = metadata.packages_distributions()

    def find_spec(self, name, path=None, target=None):
        owned = {{owner.lower().replace("_", "-") for owner in self.owners.get(name.partition(".")[0], ())}}
        if owned and not owned & set({pinned!r}):
            raise ModuleNotFoundError(f"{{name}} is not installed locally", name=name)

sys.meta_path.insert(0, OnlyPinned())
import moto.cloudformation.urls
import moto.sts.urls
print("loaded")
"""
    assert asked(statements) == "loaded"
