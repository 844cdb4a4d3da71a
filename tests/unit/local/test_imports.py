"""What the local service does not import. Each test asks a process of its own."""

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
