"""Where the environment names a folder in CANARY, every process of a run looks for canaries (`tests/attacks`)."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.attacks.watching import Watch

_watching = ExitStack()
_watches: "list[Watch]" = []


def pytest_sessionstart(session: pytest.Session) -> None:
    if "CANARY" in os.environ:
        # Imported only here: moto takes a second.
        from tests.attacks.watching import folder, watching

        path = folder()
        assert path
        _watches.append(_watching.enter_context(watching(path)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What a test that passed has printed and logged; one that fails may show the values that it compares."""
    for watch in _watches:
        for _, text in report.sections if report.passed else ():
            watch.look("log", text)


def pytest_sessionfinish() -> None:
    _watching.close()


@pytest.fixture(autouse=True, scope="session")
def _files_without_canaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    for watch in _watches:
        for path in tmp_path_factory.getbasetemp().rglob("*"):
            # What has canary in its name is of the tests that plant one.
            if path.is_file() and not path.is_symlink() and "canary" not in str(path):
                watch.look("file", path.read_bytes())
