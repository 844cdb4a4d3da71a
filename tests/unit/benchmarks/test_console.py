"""What a browser has to load before it shows the console."""

import os

import pytest

from benchmarks.console import BUILT, BUNDLE_KB, compressed


def test_all_files_of_the_console_are_less_than_300_kilobytes_as_they_are_sent() -> None:
    if not (BUILT / "index.html").exists():
        message = "The console is not built: run make console"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    assert compressed(BUILT) < BUNDLE_KB * 1000
