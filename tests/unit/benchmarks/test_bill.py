"""docs/costs.md counts what an execution really uses, and says what that comes to."""

import re
from pathlib import Path

import pytest

from benchmarks.bill import ALARMS, Usage, measure, page
from functions.entries import PYTHON_ENTRIES
from tests.infra.synthesis import template

PAGE = (Path(__file__).parents[3] / "docs/costs.md").read_text()


def test_the_page_is_what_its_counts_and_the_prices_come_to() -> None:
    calls = {entry: counted(f"calls of `{entry.name}`") for entry in PYTHON_ENTRIES}
    usage = Usage(
        requests=2,
        transitions=counted("state transitions"),
        calls={entry: calls[entry] for entry in sorted(calls, key=lambda entry: PAGE.index(f"`{entry.name}` "))},
        written=counted("DynamoDB write units"),
        read=counted("DynamoDB read units"),
        kept_bytes=counted("bytes kept in the table"),
        by_hand=int(re.findall(r"enters (\d+) states", PAGE)[0]),
    )
    usage.log_bytes = counted("bytes of logs") - usage.logged
    assert page(usage, "chain") == PAGE


def test_an_execution_uses_what_the_page_says() -> None:
    usage = measure("chain")
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


def test_its_alarms_are_those_of_the_stack() -> None:
    types = [resource["Type"] for resource in template()["Resources"].values()]
    assert types.count("AWS::CloudWatch::Alarm") == ALARMS


def counted(used: str) -> int:
    """A count of the page's first table."""
    found = re.findall(rf"^\| {re.escape(used)} +\| +([\d,]+) \|$", PAGE, re.MULTILINE)
    assert len(found) == 1
    return int(found[0].replace(",", ""))
