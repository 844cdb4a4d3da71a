"""What is installed is what was pinned, whichever of the sets it came with and wherever it is downloaded from."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETS = ["requirements", "requirements-local", "requirements-dev"]
FILES = [*SETS, "requirements-pip"]


@pytest.mark.parametrize(("smaller", "larger"), [SETS[:2], SETS[1:]])
def test_each_set_contains_the_smaller_one_unchanged(smaller: str, larger: str) -> None:
    assert pins(smaller).items() <= pins(larger).items()


@pytest.mark.parametrize("name", FILES)
def test_everything_asked_for_is_pinned(name: str) -> None:
    asked = re.findall(r"^([a-z0-9-]+)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
    assert asked
    assert {line for line in asked if not line.startswith("-")} <= {pin.split("==")[0] for pin in pins(name)}


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_hashes(name: str) -> None:
    assert all(hashes for hashes in pins(name).values())


@pytest.mark.parametrize("name", FILES)
def test_no_place_of_download_is_recorded(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", (ROOT / f"{name}.txt").read_text())


def pins(name: str) -> dict[str, frozenset[str]]:
    """The hashes of each `name==version; marker`."""
    text = re.sub(r"\s*#.*", "", (ROOT / f"{name}.txt").read_text())
    entries = [line.split(" --hash=") for line in text.replace("\\\n", "").splitlines() if line]
    return {pin.strip(): frozenset(hash.strip() for hash in hashes) for pin, *hashes in entries}
