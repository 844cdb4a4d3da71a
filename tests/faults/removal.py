"""Takes a protection out of a copy of the sources, and sees whether its tests notice.

Nothing here touches the working tree: the copy is in a temporary folder, and so is what pytest writes.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SECONDS = 300
"""The longest that the tests of one protection take."""


class Protection(NamedTuple):
    """What keeps one thing from happening, and the text that is taken out; `tests` are those that should notice."""

    name: str
    file: str
    source: str
    replacement: str
    tests: tuple[str, ...]


def removed(name: str, file: str, source: str, replacement: str, *tests: str) -> Protection:
    """A protection, for the lists."""
    return Protection(name, file, source, replacement, tests)


class Unproven(Exception):
    """Raised when tests fail, or cannot run, with every protection in its place."""


def check_source(protection: Protection, root: Path = ROOT) -> None:
    """Raises ValueError unless the text that is to be taken out is there once."""
    count = (root / protection.file).read_text().count(protection.source)
    if count != 1:
        raise ValueError(f"{protection.name}: the text in {protection.file} is there {count} times")


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the project's files: what git has, or would have."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    with TemporaryDirectory(prefix="protections-") as folder:
        copy = Path(folder)
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, copy / name)
        yield copy


def prove(copy: Path, tests: Iterable[str]) -> None:
    """Raises Unproven unless these tests pass as things are."""
    code, output = _tested(copy, sorted(set(tests)))
    if code != 0:
        raise Unproven(f"These tests do not pass with every protection in its place:\n{output[-3000:]}")


def noticed(copy: Path, protection: Protection) -> str | None:
    """The test that fails without `protection`; None where none does."""
    place = copy / protection.file
    whole = place.read_text()
    check_source(protection, copy)
    place.write_text(whole.replace(protection.source, protection.replacement))
    try:
        code, output = _tested(copy, protection.tests)
    finally:
        place.write_text(whole)
    failed = re.search(r"^FAILED (\S+)", output, re.MULTILINE)
    # A test that cannot be collected says nothing about what was taken out.
    return failed[1] if code == 1 and failed else None


def _tested(copy: Path, tests: Iterable[str]) -> tuple[int, str]:
    """Pytest's exit code and what it wrote: it stops at the first failure."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return 1, f"FAILED {next(iter(tests))} (it does not end)"
    return ran.returncode, ran.stdout + ran.stderr
