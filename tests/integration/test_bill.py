"""docs/costs.md counts what an execution really uses."""

import re
from pathlib import Path

import pytest

from benchmarks import bill

PAGE = (Path(__file__).parents[2] / "docs/costs.md").read_text()


def test_an_execution_uses_what_the_page_says() -> None:
    usage = bill.measure("chain")
    found = {
        "state transitions": usage.transitions,
        **{f"calls of `{entry.name}`": calls for entry, calls in usage.calls.items()},
        "DynamoDB write units": usage.written,
        "DynamoDB read units": usage.read,
    }
    assert found == {used: counted(used) for used in found}
    # A duration has a digit more or less.
    assert usage.kept_bytes == pytest.approx(counted("bytes kept in the table"), rel=0.01)
    assert usage.logged == pytest.approx(counted("bytes of logs"), rel=0.01)


def counted(used: str) -> int:
    """A count of the page's first table."""
    (found,) = re.findall(rf"^\| {re.escape(used)} +\| +([\d,]+) \|$", PAGE, re.MULTILINE)
    return int(found.replace(",", ""))
